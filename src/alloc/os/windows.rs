//! Ranges on Windows: reserved at first, committed as the block grows, decommitted as it shrinks.

use super::Discarded;
use core::ptr::{self, NonNull};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_DECOMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree,
};

/// Whether ranges can be reserved at all.
pub(in crate::alloc) const AVAILABLE: bool = true;

pub(in crate::alloc) fn reserve(len: usize) -> Option<NonNull<u8>> {
    // SAFETY: no address is asked for, so the range takes the place of no other.
    let base = unsafe { VirtualAlloc(ptr::null(), len, MEM_RESERVE, PAGE_READWRITE) };
    NonNull::new(base.cast())
}

pub(in crate::alloc) unsafe fn release(base: NonNull<u8>, _len: usize) {
    // SAFETY: the caller owns the range that starts at `base` and gives it up. A release takes the whole of a
    // reservation, and asks for a length of zero.
    unsafe { VirtualFree(base.as_ptr().cast(), 0, MEM_RELEASE) };
}

pub(in crate::alloc) unsafe fn commit(part: NonNull<u8>, len: usize) -> bool {
    // SAFETY: the piece lies in a range of the caller's. Committing changes no byte of a committed page.
    let start = unsafe { VirtualAlloc(part.as_ptr().cast(), len, MEM_COMMIT, PAGE_READWRITE) };
    !start.is_null()
}

/// No way to ask.
pub(in crate::alloc) unsafe fn ask_for_huge_pages(_base: NonNull<u8>, _len: usize) {}

/// No such hint.
pub(in crate::alloc) unsafe fn populate(_part: NonNull<u8>, _len: usize) {}

pub(in crate::alloc) unsafe fn discard(part: NonNull<u8>, len: usize) -> Discarded {
    // SAFETY: the piece is the caller's, who gives up what it holds.
    match unsafe { VirtualFree(part.as_ptr().cast(), len, MEM_DECOMMIT) } {
        0 => Discarded::Kept,
        _ => Discarded::Zero,
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
