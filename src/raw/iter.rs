//! Walking all entries: first the groups in order, then the pool of overflow nodes.

use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::group::{BitMask, Group, LANES, TagBytes};
use super::overflow::{Node, NodeIndex};
use super::storage::Header;
use super::table::RawTable;

/// Groups that are looked at together: no predictor knows how many entries a group has, so a loop over
/// the entries of one group mistakes its end, and a loop over those of four does so a quarter as often.
const STRETCH: usize = 4;

/// Walks the slots that hold entries.
pub(crate) struct RawIter<T> {
    /// Entries still to come in the current stretch of groups, or the current node: a bit for each slot.
    lanes: u64,
    /// Entries behind those. Counted a stretch at a time, so that one test per entry is enough.
    behind: usize,
    /// The first slot of this stretch or node.
    slots: NonNull<T>,
    /// Groups behind this stretch, a multiple of `STRETCH`, with their tags and slots.
    groups: usize,
    tags: NonNull<TagBytes>,
    further: *const T,
    header: NonNull<Header>,
    /// The next node of the pool.
    node: u32,
}

/// The lanes of the first `groups` groups from `tags` on that hold entries.
///
/// # Safety
/// These are tags of groups in use, and no more than `STRETCH` groups.
#[inline]
unsafe fn lanes_of(tags: NonNull<TagBytes>, groups: usize) -> u64 {
    (0..groups).fold(0, |lanes, group| {
        // SAFETY: tag bytes of a group in use are initialised (I2).
        let tags = unsafe { Group::load(tags.add(group).as_ref()) };
        lanes | u64::from(tags.match_empty().not().bits()) << (group * LANES)
    })
}

/// The next node of the pool that has entries: their lanes, its slots, and the index behind it.
///
/// By value, so that the iterator itself can live in registers.
///
/// # Safety
/// `header` is that of a large table in which a node from `node` on has entries.
#[cold]
#[inline(never)]
unsafe fn next_node<T>(header: NonNull<Header>, mut node: u32) -> (u64, NonNull<T>, u32) {
    loop {
        // SAFETY: a node with entries is to come, so the index is below `node_used` (I5).
        let (count, slots) = unsafe {
            let node = Node::<T>::at(header.as_ref(), NodeIndex(node));
            (node.tags().count(), node.slot(0))
        };
        node += 1;
        if count > 0 {
            return ((1 << count) - 1, slots, node);
        }
    }
}

impl<T> RawIter<T> {
    /// # Safety
    /// The table outlives the iterator and does not change while it is used.
    #[inline]
    pub(super) unsafe fn new(table: &RawTable<T>) -> Self {
        let (tags, slots) = (table.storage.first_tags(), table.storage.first_slot());
        let small = table.storage.is_small();
        // The odd groups come first, so that all other stretches are whole.
        let odd = if small { 1 } else { table.groups() % STRETCH };
        // SAFETY: the first groups of the table.
        let (lanes, tags) = unsafe { (lanes_of(tags, odd), tags.add(odd)) };
        RawIter {
            lanes,
            // All entries of a small table are in its one group (I8).
            behind: if small {
                0
            } else {
                table.len - lanes.count_ones() as usize
            },
            slots,
            groups: table.groups() - odd,
            tags,
            // Small tables may have fewer slots than lanes, and nothing further.
            further: slots.as_ptr().wrapping_add(odd * LANES),
            header: NonNull::from(table.storage.header()),
            node: 0,
        }
    }

    /// An iterator over nothing.
    fn none() -> Self {
        // SAFETY: the table is empty, so nothing of it is looked at.
        unsafe { RawTable::new(super::GrowthPolicy::Burst).iter() }
    }

    /// Goes on to the next stretch or node; there is one, as entries are left.
    #[inline]
    fn advance(&mut self) {
        if self.groups == 0 {
            // SAFETY: the groups are done, so the entries that are left are in nodes.
            (self.lanes, self.slots, self.node) = unsafe { next_node(self.header, self.node) };
        } else {
            // SAFETY: a stretch of groups in use, with all their slots (I1).
            unsafe {
                self.lanes = lanes_of(self.tags, STRETCH);
                self.tags = self.tags.add(STRETCH);
                self.slots = NonNull::new_unchecked(self.further.cast_mut());
                self.further = self.further.add(STRETCH * LANES);
            }
            self.groups -= STRETCH;
        }
        self.behind -= self.lanes.count_ones() as usize;
    }
}

impl<T> RawTable<T> {
    /// The lanes that hold entries, and the first slot, of the first group or overflow node after `seen` of them that
    /// has any; and how many were seen then. No lane: there is none.
    ///
    /// By value, so that who walks needs not be in memory.
    ///
    /// # Safety
    /// The table is live and does not change meanwhile.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn lanes_from(
        table: NonNull<Self>,
        mut seen: usize,
    ) -> (usize, BitMask, NonNull<T>) {
        // SAFETY: as the caller vouches; groups of the table (I1, I2), then nodes below `node_used` (I5).
        unsafe {
            let table = table.as_ref();
            let (storage, groups) = (&table.storage, table.groups());
            while seen < groups {
                let tags = storage.first_tags().add(seen);
                let lanes = Group::load(tags.as_ref()).match_empty().not();
                let slots = storage.first_slot().add(seen * LANES);
                seen += 1;
                if lanes.any() {
                    return (seen, lanes, slots);
                }
            }
            let header = storage.header();
            while seen - groups < header.node_used as usize {
                let node = Node::<T>::at(header, NodeIndex((seen - groups) as u32));
                seen += 1;
                if node.tags().any() {
                    return (seen, BitMask::first(node.tags().count()), node.slot(0));
                }
            }
        }
        (seen, BitMask::default(), NonNull::dangling())
    }
}

impl<T> Iterator for RawIter<T> {
    type Item = NonNull<T>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<T>> {
        while self.lanes == 0 {
            if self.behind == 0 {
                return None;
            }
            self.advance();
        }
        let lane = self.lanes.trailing_zeros() as usize;
        self.lanes &= self.lanes - 1;
        // SAFETY: a lane of the current stretch or node, whose slots are in one block.
        Some(unsafe { self.slots.add(lane) })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.behind + self.lanes.count_ones() as usize;
        (left, Some(left))
    }
}

impl<T> Clone for RawIter<T> {
    #[inline]
    fn clone(&self) -> Self {
        RawIter { ..*self }
    }
}

/// Shared references to all entries.
pub(crate) struct Iter<'a, T> {
    raw: RawIter<T>,
    borrows: PhantomData<&'a T>,
}

/// Exclusive references to all entries.
pub(crate) struct IterMut<'a, T> {
    raw: RawIter<T>,
    borrows: PhantomData<&'a mut T>,
}

impl<'a, T> Iter<'a, T> {
    #[inline]
    pub(super) fn new(table: &'a RawTable<T>) -> Self {
        Iter {
            // SAFETY: the borrow keeps the table alive and unchanged.
            raw: unsafe { table.iter() },
            borrows: PhantomData,
        }
    }

    /// # Safety
    /// For `'a`, the entries that are left stay alive and are not borrowed mutably.
    pub(super) unsafe fn over(raw: RawIter<T>) -> Self {
        Iter {
            raw,
            borrows: PhantomData,
        }
    }
}

impl<'a, T> IterMut<'a, T> {
    #[inline]
    pub(super) fn new(table: &'a mut RawTable<T>) -> Self {
        IterMut {
            // SAFETY: the borrow keeps the table alive, and nobody else looks at it.
            raw: unsafe { table.iter() },
            borrows: PhantomData,
        }
    }

    /// The entries that are still to come.
    pub(crate) fn iter(&self) -> Iter<'_, T> {
        // SAFETY: entries that are to come have not been handed out, and `self` is borrowed.
        unsafe { Iter::over(self.raw.clone()) }
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    #[inline]
    fn next(&mut self) -> Option<&'a T> {
        // SAFETY: the entry is live, and shared for `'a`.
        self.raw.next().map(|entry| unsafe { entry.as_ref() })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.raw.size_hint()
    }
}

impl<'a, T> Iterator for IterMut<'a, T> {
    type Item = &'a mut T;

    #[inline]
    fn next(&mut self) -> Option<&'a mut T> {
        // SAFETY: the entry is live, exclusive for `'a`, and yielded once.
        self.raw.next().map(|mut entry| unsafe { entry.as_mut() })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.raw.size_hint()
    }
}

impl<T> Clone for Iter<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        Iter {
            raw: self.raw.clone(),
            borrows: PhantomData,
        }
    }
}

impl<T> Default for Iter<'_, T> {
    fn default() -> Self {
        Iter {
            raw: RawIter::none(),
            borrows: PhantomData,
        }
    }
}

impl<T> Default for IterMut<'_, T> {
    fn default() -> Self {
        IterMut {
            raw: RawIter::none(),
            borrows: PhantomData,
        }
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}
impl<T> ExactSizeIterator for IterMut<'_, T> {}
impl<T> FusedIterator for Iter<'_, T> {}
impl<T> FusedIterator for IterMut<'_, T> {}

// SAFETY: stands for `&'a T`s.
unsafe impl<T: Sync> Send for Iter<'_, T> {}
// SAFETY: stands for references, which any thread may have if the entries are `Sync`.
unsafe impl<T: Sync> Sync for Iter<'_, T> {}
// SAFETY: stands for `&'a mut T`s.
unsafe impl<T: Send> Send for IterMut<'_, T> {}
// SAFETY: as above; a shared `IterMut` gives out shared references only.
unsafe impl<T: Sync> Sync for IterMut<'_, T> {}
