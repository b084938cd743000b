//! Where the last search from the root went. Keys often come in order, or some of a kind one after another; a part that
//! is equal to the last one is found there with one comparison, and is not hashed.
//!
//! For each level but the last there is a pointer to a branch, or null. It **counts** if the one above it does. Only
//! when a branch was found twice in a row its lowest bit is set, and the next search compares with it; so keys
//! in no order pay for a comparison of pointers.
//!
//! # Invariant
//! **T5** What counts and is not null is a live entry: the outermost of the root, each of the others of the node below
//! the one above. So whoever moves or takes out entries of a node of branches, or takes out such a node, forgets
//! its level first, and nothing below counts any more.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::level::Level;
use super::strings::MOST_LEVELS;

/// Set in the address of a branch that was found twice in a row.
const AGAIN: usize = 1;

/// A branch of each level, by the number of levels from it down, less one.
pub struct Near([Cell<*mut u8>; MOST_LEVELS]);

impl Near {
    pub(super) const fn new() -> Self {
        Near([const { Cell::new(ptr::null_mut()) }; MOST_LEVELS])
    }

    /// The entry of a level to compare with, if all above were equal.
    #[inline]
    pub(super) fn at<L: Level>(&self) -> Option<NonNull<L>> {
        let last = self.0[L::DEPTH - 1].get();
        let again = last.addr() & AGAIN != 0;
        again.then(|| Self::entry(last)).flatten()
    }

    #[inline]
    fn entry<L>(last: *mut u8) -> Option<NonNull<L>> {
        NonNull::new(last.map_addr(|address| address & !AGAIN).cast())
    }

    /// Remembers a live entry, which is of the root or of the node below the one above.
    #[inline]
    pub(super) fn keep<L: Level>(&self, entry: NonNull<L>) {
        const { assert!(L::DEPTH > 1 && align_of::<L>() > AGAIN) };
        let (this, below) = (&self.0[L::DEPTH - 1], &self.0[L::DEPTH - 2]);
        let entry = entry.as_ptr().cast::<u8>();
        if this.get().map_addr(|address| address & !AGAIN) == entry {
            this.set(entry.map_addr(|address| address | AGAIN));
        } else {
            this.set(entry);
            below.set(ptr::null_mut());
        }
    }

    /// Forgets the entry of a level.
    #[inline]
    pub(super) fn forget<L: Level>(&self) {
        self.0[L::DEPTH - 1].set(ptr::null_mut());
    }

    /// The entry that was found last at a level.
    #[cfg(any(test, tophash_check))]
    pub(super) fn last<L: Level>(&self) -> Option<NonNull<L>> {
        Self::entry(self.0[L::DEPTH - 1].get())
    }
}
