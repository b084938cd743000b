//! Pages on a Unix that promises no more than POSIX.

use super::super::Discarded;
use super::{ACCESS, PRIVATE, raw};
use core::ptr::NonNull;
use rustix::mm::{MapFlags, mmap_anonymous};

/// No way to ask.
pub(in crate::alloc) unsafe fn ask_for_huge_pages(_base: NonNull<u8>, _len: usize) {}

/// No such hint.
pub(in crate::alloc) unsafe fn populate(_part: NonNull<u8>, _len: usize) {}

/// Puts fresh pages in the place of the old ones.
pub(in crate::alloc) unsafe fn discard(part: NonNull<u8>, len: usize) -> Discarded {
    // SAFETY: the piece is the caller's, who gives up what it holds; so nothing else is replaced. A mapping
    // that is refused may already have unmapped some of the piece.
    match unsafe { mmap_anonymous(raw(part), len, ACCESS, PRIVATE.union(MapFlags::FIXED)) } {
        Ok(_) => Discarded::Zero,
        Err(_) => Discarded::Lost,
    }
}

/// Whether `enlarge` can succeed.
pub(in crate::alloc) const ENLARGES: bool = false;

/// Pages cannot be moved.
pub(in crate::alloc) unsafe fn enlarge(
    _base: NonNull<u8>,
    _len: usize,
    _new_len: usize,
    _end: usize,
) -> Option<NonNull<u8>> {
    None
}
