//! Walking the entries of a node.

use core::ptr::NonNull;

use super::wide::Groups;
use super::{MANY, Many, NULL, Node};
use crate::raw::group::BitMask;
use crate::raw::iter::RawIter;

impl<T> Node<T> {
    /// Walks all entries.
    ///
    /// # Safety
    /// The node outlives the iterator and does not change while it is used.
    #[inline]
    pub(crate) unsafe fn iter(&self) -> NodeIter<T> {
        let left = self.len();
        // SAFETY: the representation says so; the rest is the caller's promise.
        unsafe {
            match self.rep() {
                NULL => NodeIter::none(),
                MANY => NodeIter {
                    lanes: BitMask::default(),
                    slots: NonNull::dangling(),
                    left,
                    further: match self.many() {
                        Many::Wide(wide) => Further::Wide(wide.groups_of()),
                        Many::Table(table) => Further::Table(table.iter()),
                    },
                },
                _ => NodeIter {
                    lanes: BitMask::first(left),
                    slots: self.slot(0),
                    left,
                    further: Further::Nothing,
                },
            }
        }
    }
}

/// Walks the entries of a node.
pub struct NodeIter<T> {
    /// Lanes from `slots` on that are still to come.
    lanes: BitMask,
    slots: NonNull<T>,
    left: usize,
    further: Further<T>,
}

/// What comes after the lanes.
enum Further<T> {
    Nothing,
    Wide(Groups<T>),
    Table(RawIter<T>),
}

impl<T> NodeIter<T> {
    #[inline]
    pub(crate) fn none() -> Self {
        NodeIter {
            lanes: BitMask::default(),
            slots: NonNull::dangling(),
            left: 0,
            further: Further::Nothing,
        }
    }

    /// Goes on to lanes with entries. `false`: there are none.
    #[inline]
    fn advance(&mut self) -> bool {
        let next = match &mut self.further {
            Further::Nothing => None,
            Further::Wide(groups) => groups.next().map(|(_, lanes, slots)| (lanes, slots)),
            Further::Table(raw) => raw.next().map(|slot| (BitMask::first(1), slot)),
        };
        let Some((lanes, slots)) = next else {
            return false;
        };
        (self.lanes, self.slots) = (lanes, slots);
        true
    }
}

impl<T> Clone for NodeIter<T> {
    fn clone(&self) -> Self {
        NodeIter {
            further: match &self.further {
                Further::Nothing => Further::Nothing,
                Further::Wide(groups) => Further::Wide(groups.clone()),
                Further::Table(raw) => Further::Table(raw.clone()),
            },
            ..*self
        }
    }
}

impl<T> Iterator for NodeIter<T> {
    type Item = NonNull<T>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<T>> {
        if !self.lanes.any() && !self.advance() {
            return None;
        }
        self.left -= 1;
        let lane = self.lanes.next()?;
        // SAFETY: the lanes are of slots that lie one after another.
        Some(unsafe { self.slots.add(lane) })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    /// The same as calling `next` again and again, with less to remember between two entries.
    #[inline]
    fn fold<B, F: FnMut(B, NonNull<T>) -> B>(mut self, init: B, mut f: F) -> B {
        let mut sum = init;
        loop {
            for lane in self.lanes {
                // SAFETY: as in `next`.
                sum = f(sum, unsafe { self.slots.add(lane) });
            }
            if !self.advance() {
                return sum;
            }
        }
    }
}

impl<T> ExactSizeIterator for NodeIter<T> {}
