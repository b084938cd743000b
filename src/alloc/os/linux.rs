//! Pages on Linux.

use super::super::Discarded;
use super::{raw, reserve};
use core::ptr::NonNull;
use rustix::mm::{Advice, MremapFlags, madvise, mremap, mremap_fixed};

pub(in crate::alloc) unsafe fn populate(part: NonNull<u8>, len: usize) {
    // SAFETY: the piece is the caller's. Populating changes no byte. Kernels before 5.14 refuse it, and the
    // pages then come one by one.
    let _ = unsafe { madvise(raw(part), len, Advice::LinuxPopulateWrite) };
}

pub(in crate::alloc) unsafe fn advise_huge(base: NonNull<u8>, len: usize, wanted: bool) {
    let advice = if wanted {
        Advice::LinuxHugepage
    } else {
        Advice::LinuxNoHugepage
    };
    // SAFETY: the range is the caller's. The advice changes no byte, and may be refused.
    let _ = unsafe { madvise(raw(base), len, advice) };
}

/// Refused only while the pages are locked (`mlockall`).
pub(in crate::alloc) unsafe fn discard(part: NonNull<u8>, len: usize) -> Discarded {
    // SAFETY: the piece is the caller's, who gives up what it holds. Private anonymous pages come back as zero.
    match unsafe { madvise(raw(part), len, Advice::LinuxDontNeed) } {
        Ok(()) => Discarded::Zero,
        Err(_) => Discarded::Kept,
    }
}

/// Moves no byte: the mapping grows where it stands, or its page tables are hung up elsewhere.
///
/// A range is one mapping to the kernel as well: advice is given to whole ranges only, and a move fills the
/// whole of the new range. So `mremap`, which takes single mappings only, accepts it again and again.
pub(in crate::alloc) unsafe fn enlarge(
    base: NonNull<u8>,
    len: usize,
    new_len: usize,
    _end: usize,
) -> Option<NonNull<u8>> {
    // SAFETY: the range is the caller's. Without a flag, it stays where it is and is extended into free
    // addresses, or nothing happens.
    if unsafe { mremap(raw(base), len, new_len, MremapFlags::empty()) }.is_ok() {
        return Some(base);
    }
    let new = match reserve(new_len) {
        // SAFETY: both ranges are the caller's, and distinct. The move puts the old one, extended, in the
        // place of the new one. When it fails, the old range is as it was; whether the new one is still
        // mapped is not known, so it is left alone: at worst, untouched addresses are lost.
        Some(new) => unsafe {
            mremap_fixed(raw(base), len, new_len, MremapFlags::MAYMOVE, raw(new))
        },
        // SAFETY: no room for two ranges (`ulimit -v`), so the kernel chooses a place for this one, which is
        // the caller's, or leaves it as it was.
        None => unsafe { mremap(raw(base), len, new_len, MremapFlags::MAYMOVE) },
    };
    NonNull::new(new.ok()?.cast())
}
