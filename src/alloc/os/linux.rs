//! Pages on Linux.

use super::super::Discarded;
use super::raw;
use core::ptr::NonNull;
use rustix::mm::{Advice, MremapFlags, madvise, mremap};

pub(in crate::alloc) unsafe fn populate(part: NonNull<u8>, len: usize) {
    // SAFETY: the piece is the caller's. Populating changes no byte. Kernels before 5.14 refuse it, and the
    // pages then come one by one.
    let _ = unsafe { madvise(raw(part), len, Advice::LinuxPopulateWrite) };
}

pub(in crate::alloc) unsafe fn ask_for_huge_pages(base: NonNull<u8>, len: usize) {
    // SAFETY: the range is the caller's, and advice changes no byte. Refused where the kernel has no huge pages.
    let _ = unsafe { madvise(raw(base), len, Advice::LinuxHugepage) };
}

/// Refused only while the pages are locked (`mlockall`).
pub(in crate::alloc) unsafe fn discard(part: NonNull<u8>, len: usize) -> Discarded {
    // SAFETY: the piece is the caller's, who gives up what it holds. Private anonymous pages come back as zero.
    match unsafe { madvise(raw(part), len, Advice::LinuxDontNeed) } {
        Ok(()) => Discarded::Zero,
        Err(_) => Discarded::Kept,
    }
}

/// Whether `enlarge` can succeed.
pub(in crate::alloc) const ENLARGES: bool = true;

/// Moves no byte: the mapping grows where it stands, or its page tables are hung up elsewhere.
///
/// Since 6.7 the kernel puts a mapping of whole large pages at a multiple of them. Then large pages survive the
/// move; older kernels may have to split them.
///
/// A range is one mapping to the kernel as well, which is what `mremap` asks for: no call changes a lasting
/// property of a part of it.
pub(in crate::alloc) unsafe fn enlarge(
    base: NonNull<u8>,
    len: usize,
    new_len: usize,
    _end: usize,
) -> Option<NonNull<u8>> {
    // SAFETY: the range is the caller's. It is extended into free addresses or moved to such; where that is
    // refused, nothing has happened.
    let base = unsafe { mremap(raw(base), len, new_len, MremapFlags::MAYMOVE) };
    NonNull::new(base.ok()?.cast())
}
