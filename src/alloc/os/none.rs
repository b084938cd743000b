//! No ranges: every block is passed to the global allocator.

use super::Discarded;
use core::ptr::NonNull;

/// Whether ranges can be reserved at all.
pub(in crate::alloc) const AVAILABLE: bool = false;

pub(in crate::alloc) fn reserve(_len: usize) -> Option<NonNull<u8>> {
    None
}

pub(in crate::alloc) unsafe fn release(_base: NonNull<u8>, _len: usize) {}

pub(in crate::alloc) unsafe fn commit(_part: NonNull<u8>, _len: usize) -> bool {
    false
}

/// No way to ask.
pub(in crate::alloc) unsafe fn ask_for_huge_pages(_base: NonNull<u8>, _len: usize) {}

pub(in crate::alloc) unsafe fn populate(_part: NonNull<u8>, _len: usize) {}

pub(in crate::alloc) unsafe fn discard(_part: NonNull<u8>, _len: usize) -> Discarded {
    Discarded::Kept
}

/// Whether `enlarge` can succeed.
pub(in crate::alloc) const ENLARGES: bool = false;

pub(in crate::alloc) unsafe fn enlarge(
    _base: NonNull<u8>,
    _len: usize,
    _new_len: usize,
    _end: usize,
) -> Option<NonNull<u8>> {
    None
}
