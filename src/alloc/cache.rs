//! The few ranges that wait for the next block instead of going back to the system.
//!
//! A cached range belongs to no block. Whoever takes it out of its slot owns it, and only then looks at its
//! header; so nothing but the pointers in the slots is shared.

use core::ptr::{self, NonNull};
use core::sync::atomic::{
    AtomicPtr, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

/// How many ranges wait at most, and how many blocks hold a surplus at most.
pub(super) const MOST: usize = 4;

static SLOTS: [AtomicPtr<u8>; MOST] = [const { AtomicPtr::new(ptr::null_mut()) }; MOST];

/// Puts the base of a range, its header up to date, into an empty slot. `false`: there is none.
///
/// Ranges with `many` touched pages are taken out first: of the blocks that a table needs, the longest is the first to
/// become large.
pub(super) fn put(base: NonNull<u8>, many: bool) -> bool {
    let into = |slot: &AtomicPtr<u8>| {
        // `Release`: whoever takes the range finds its header.
        slot.compare_exchange(ptr::null_mut(), base.as_ptr(), Release, Relaxed)
            .is_ok()
    };
    if many {
        SLOTS.iter().any(into)
    } else {
        SLOTS.iter().rev().any(into)
    }
}

/// Takes a range out, which is the caller's from then on.
pub(super) fn take() -> Option<NonNull<u8>> {
    SLOTS.iter().find_map(|slot| {
        // The look ahead keeps threads that find nothing from passing the cache line around.
        if slot.load(Relaxed).is_null() {
            return None;
        }
        NonNull::new(slot.swap(ptr::null_mut(), Acquire))
    })
}

/// How many blocks hold a surplus: touched pages behind them that an earlier block left in their range.
static SURPLUSES: AtomicUsize = AtomicUsize::new(0);

/// Whether one more block may hold a surplus. If so, [`drop_surplus`] is due.
pub(super) fn hold_surplus() -> bool {
    SURPLUSES
        .fetch_update(Relaxed, Relaxed, |n| (n < MOST).then_some(n + 1))
        .is_ok()
}

pub(super) fn drop_surplus() {
    SURPLUSES.fetch_sub(1, Relaxed);
}
