//! Walking the entries of a node.
//!
//! All representations look alike to a walk: lanes of slots that lie one after another, then the next such lanes. So what
//! is done for each entry asks for none of them. Nothing here hands out a pointer to a cursor, so that a compiler
//! can keep it in registers.
//!
//! What lost, in a `for` loop over wide nodes: a call by value for the next lanes took 1.12 of the time. Asking for the
//! slots two steps ahead took 0.96 of it, but 1.03 in `for_each`.

use core::ptr::NonNull;

use super::wide::{LANES_TOGETHER, Tags};
use super::{BARE, MANY, Many, NULL, Node};
use crate::arena::Arena;
use crate::raw::batch::prefetch;
use crate::raw::table::RawTable;

impl<T> Node<T> {
    /// Walks all entries.
    ///
    /// # Safety
    /// The node outlives the iterator and does not change while it is used.
    #[inline]
    pub(crate) unsafe fn iter(&self) -> NodeIter<T> {
        NodeIter {
            // SAFETY: the caller's promise is the same.
            cursor: unsafe { self.cursor() },
            left: self.len(),
        }
    }

    /// Asks for the memory that the first entries are in, and for that which freeing it touches.
    #[inline]
    pub(crate) fn ask(&self, to_free: bool) {
        prefetch(self.block());
        if to_free {
            prefetch(Arena::address_of_run(self.block()));
        }
    }

    /// The entry, if it is a bare one.
    #[inline]
    pub(crate) fn bare(&self) -> Option<NonNull<T>> {
        // SAFETY: the entry of a bare node (N2).
        (self.rep() == BARE).then(|| unsafe { self.slot_behind(0, 0) })
    }

    /// A cursor in front of the first entry.
    ///
    /// # Safety
    /// As for [`Self::iter`].
    #[inline]
    pub(crate) unsafe fn cursor(&self) -> Cursor<T> {
        // SAFETY: the representation says so; the rest is the caller's promise.
        unsafe {
            match self.rep() {
                NULL => Cursor::none(),
                BARE => Cursor {
                    lanes: Lanes::first(1),
                    slots: self.slot_behind(0, 0),
                    further: Further::Nothing,
                },
                MANY => match self.many() {
                    Many::Wide(wide) => {
                        let (mut tags, slots) = wide.tags_of();
                        Cursor {
                            lanes: tags.read(),
                            slots,
                            further: Further::Wide(tags),
                        }
                    }
                    Many::Table(table) => Cursor {
                        further: Further::Table(NonNull::from(table), 0),
                        ..Cursor::none()
                    },
                },
                rep => Cursor {
                    lanes: Lanes::first(self.len_of_block(rep)),
                    slots: self.slot_behind(Self::words(rep), 0),
                    further: Further::Nothing,
                },
            }
        }
    }
}

/// One bit for each of up to 63 slots that lie one after another: those that have an entry.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lanes(u64);

impl Lanes {
    #[inline]
    pub(super) fn from_bits(bits: u64) -> Self {
        Lanes(bits)
    }

    /// The first `count` lanes.
    #[inline]
    fn first(count: usize) -> Self {
        Lanes((1 << count) - 1)
    }

    #[inline]
    fn any(self) -> bool {
        self.0 != 0
    }

    /// Takes off the first lanes that follow one another, which are a run, and returns how many slots are skipped in
    /// front of it and how long it is. The lanes that are left count from behind it.
    #[inline]
    fn take_run(&mut self) -> (usize, usize) {
        let skipped = self.0.trailing_zeros() as usize;
        let rest = self.0 >> skipped;
        let run = rest.trailing_ones() as usize;
        self.0 = rest >> run;
        (skipped, run)
    }
}

impl Iterator for Lanes {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let lane = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(lane)
    }
}

/// Where a walk over the entries of a node is.
pub struct Cursor<T> {
    /// Lanes from `slots` on that are still to come.
    lanes: Lanes,
    slots: NonNull<T>,
    further: Further<T>,
}

/// What comes after the lanes.
enum Further<T> {
    Nothing,
    /// The slots of the next groups follow those of the lanes.
    Wide(Tags),
    /// The table, and how many of its groups and overflow nodes were looked at.
    Table(NonNull<RawTable<T>>, usize),
}

impl<T> Clone for Cursor<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Cursor<T> {}

impl<T> Clone for Further<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Further<T> {}

impl<T> Cursor<T> {
    #[inline]
    pub(crate) fn none() -> Self {
        Cursor {
            lanes: Lanes::default(),
            slots: NonNull::dangling(),
            further: Further::Nothing,
        }
    }

    /// The lanes that are still to come, and the slot that they count from.
    #[inline]
    pub(in crate::raw) fn lanes(self) -> (Lanes, NonNull<T>) {
        (self.lanes, self.slots)
    }

    /// The next lanes that have entries.
    #[inline]
    pub(in crate::raw) fn next_lanes(&mut self) -> Option<(Lanes, NonNull<T>)> {
        if !self.lanes.any() && !self.advance() {
            return None;
        }
        let lanes = self.lanes();
        self.lanes = Lanes::default();
        Some(lanes)
    }

    /// Whether the next entry is among these lanes.
    #[inline]
    pub(in crate::raw) fn is_here(self) -> bool {
        self.lanes.any()
    }

    /// Goes on to further lanes with entries. `false`: there are none.
    #[inline]
    pub(crate) fn advance(&mut self) -> bool {
        self.lanes = Lanes::default();
        match self.further {
            Further::Nothing => {}
            Further::Wide(mut tags) => {
                while !self.lanes.any() && !tags.is_empty() {
                    // SAFETY: groups follow, so those before were as many as are looked at together.
                    self.slots = unsafe { self.slots.add(LANES_TOGETHER) };
                    self.lanes = tags.read();
                }
                self.further = Further::Wide(tags);
            }
            Further::Table(table, seen) => {
                // SAFETY: the table is live, as who made the cursor has promised.
                let (seen, lanes, slots) = unsafe { RawTable::lanes_from(table, seen) };
                self.further = Further::Table(table, seen);
                self.lanes = Lanes::from_bits(lanes.bits().into());
                self.slots = slots;
            }
        }
        self.lanes.any()
    }
}

impl<T> Iterator for Cursor<T> {
    type Item = NonNull<T>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<T>> {
        if !self.lanes.any() && !self.advance() {
            return None;
        }
        let lane = self.lanes.next()?;
        // SAFETY: the lanes are of slots that lie one after another.
        Some(unsafe { self.slots.add(lane) })
    }

    /// The same as calling `next` again and again, with less to remember between two entries. Lanes that follow one
    /// another, as all of a group do that nothing was taken out of, are counted: to look for each takes longer.
    #[inline]
    fn fold<B, F: FnMut(B, NonNull<T>) -> B>(mut self, init: B, mut f: F) -> B {
        let mut sum = init;
        loop {
            let (mut lanes, mut slots) = self.lanes();
            while lanes.any() {
                let (skipped, run) = lanes.take_run();
                // SAFETY: as in `next`; what is left counts from one past the run.
                unsafe {
                    slots = slots.add(skipped);
                    for lane in 0..run {
                        sum = f(sum, slots.add(lane));
                    }
                    slots = slots.add(run);
                }
            }
            if !self.advance() {
                return sum;
            }
        }
    }
}

/// Walks the entries of a node, and knows how many are left.
pub(crate) struct NodeIter<T> {
    cursor: Cursor<T>,
    left: usize,
}

impl<T> NodeIter<T> {
    #[inline]
    pub(crate) fn none() -> Self {
        NodeIter {
            cursor: Cursor::none(),
            left: 0,
        }
    }
}

impl<T> Clone for NodeIter<T> {
    fn clone(&self) -> Self {
        NodeIter { ..*self }
    }
}

impl<T> Iterator for NodeIter<T> {
    type Item = NonNull<T>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<T>> {
        let entry = self.cursor.next()?;
        self.left -= 1;
        Some(entry)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    #[inline]
    fn fold<B, F: FnMut(B, NonNull<T>) -> B>(self, init: B, f: F) -> B {
        self.cursor.fold(init, f)
    }
}

impl<T> ExactSizeIterator for NodeIter<T> {}

#[cfg(test)]
mod tests {
    use std_alloc::vec::Vec;

    use super::Lanes;

    #[test]
    fn runs_have_the_same_lanes() {
        for bits in [0, 1, 0b1011, 0xFF00_F00F_0001, (1 << 56) - 1, 1 << 62] {
            let (mut lanes, mut at, mut seen) = (Lanes(bits), 0, Vec::new());
            while lanes.any() {
                let (skipped, run) = lanes.take_run();
                seen.extend(at + skipped..at + skipped + run);
                at += skipped + run;
            }
            assert_eq!(seen, Lanes(bits).collect::<Vec<_>>(), "{bits:#b}");
        }
    }
}
