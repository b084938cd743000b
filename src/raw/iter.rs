//! Walking all entries: first the groups in order, then the pool of overflow nodes.

use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::group::{BitMask, Group, LANES, TagBytes};
use super::overflow::{Node, NodeIndex};
use super::storage::Header;
use super::table::RawTable;

/// Walks the slots that hold entries.
pub(crate) struct RawIter<T> {
    /// Lanes of the current group or node that are still to come.
    lanes: BitMask,
    /// The first slot of the current group or node.
    slots: NonNull<T>,
    first_tags: NonNull<TagBytes>,
    first_slot: NonNull<T>,
    /// The next group, and how many there are.
    group: usize,
    groups: usize,
    header: NonNull<Header>,
    /// The next node of the pool.
    node: u32,
    left: usize,
}

impl<T> RawIter<T> {
    /// # Safety
    /// The table outlives the iterator and does not change while it is used.
    #[inline]
    pub(super) unsafe fn new(table: &RawTable<T>) -> Self {
        RawIter {
            lanes: BitMask::default(),
            slots: NonNull::dangling(),
            first_tags: table.storage.first_tags(),
            first_slot: table.storage.first_slot(),
            group: 0,
            groups: table.groups(),
            header: NonNull::from(table.storage.header()),
            node: 0,
            left: table.len,
        }
    }

    /// An iterator over nothing.
    fn none() -> Self {
        // SAFETY: the table is empty, so nothing of it is looked at.
        unsafe { RawTable::new(super::GrowthPolicy::Burst).iter() }
    }

    /// Goes on to the next group or node that has entries; there is one, as `left` says.
    #[inline]
    fn advance(&mut self) {
        while self.group < self.groups {
            let group = self.group;
            self.group += 1;
            // SAFETY: a group of the table, and its slots (I1, I2).
            unsafe {
                let tags = self.first_tags.add(group);
                self.lanes = Group::load(tags.as_ref()).match_empty().not();
                self.slots = self.first_slot.add(group * LANES);
            }
            if self.lanes.any() {
                return;
            }
        }
        self.advance_node();
    }

    #[cold]
    fn advance_node(&mut self) {
        loop {
            // SAFETY: entries are left and all groups are done, so a node further on holds one:
            // the index is below `node_used` (I5, I7).
            unsafe {
                let node = Node::<T>::at(self.header.as_ref(), NodeIndex(self.node));
                self.node += 1;
                self.lanes = BitMask::from_bits((1 << node.tags().count()) - 1);
                self.slots = node.slot(0);
            }
            if self.lanes.any() {
                return;
            }
        }
    }
}

impl<T> Iterator for RawIter<T> {
    type Item = NonNull<T>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<T>> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        loop {
            if let Some(lane) = self.lanes.next() {
                // SAFETY: a lane of the current group or node, whose slots are in one block.
                return Some(unsafe { self.slots.add(lane) });
            }
            self.advance();
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
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
