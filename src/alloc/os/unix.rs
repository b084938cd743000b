//! Ranges on Unix: private anonymous mappings, whose pages come when they are touched.

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod pages;
#[cfg(not(target_os = "linux"))]
#[path = "posix.rs"]
mod pages;
pub(in crate::alloc) use pages::{advise_huge, discard, enlarge, populate};

/// Whether ranges can be reserved at all.
pub(in crate::alloc) const AVAILABLE: bool = true;

/// Ranges start at multiples of this, so that large pages fit and whole page tables can move.
const ALIGN: usize = 2 << 20;

const ACCESS: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

/// Private, and without a promise of swap where a system makes one: only touched pages count.
const PRIVATE: MapFlags = if cfg!(any(target_os = "linux", target_os = "android")) {
    MapFlags::PRIVATE.union(NO_SWAP_PROMISE)
} else {
    MapFlags::PRIVATE
};
#[cfg(any(target_os = "linux", target_os = "android"))]
const NO_SWAP_PROMISE: MapFlags = MapFlags::NORESERVE;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const NO_SWAP_PROMISE: MapFlags = MapFlags::empty();

pub(in crate::alloc) fn reserve(len: usize) -> Option<NonNull<u8>> {
    let whole = len.checked_add(ALIGN)?.checked_next_multiple_of(ALIGN)?;
    // SAFETY: no address is asked for, so the mapping takes the place of no other.
    let start = unsafe { mmap_anonymous(ptr::null_mut(), whole, ACCESS, PRIVATE) }.ok()?;
    let start = NonNull::new(start.cast::<u8>())?;
    let head = start.addr().get().wrapping_neg() % ALIGN;
    let tail = whole - head - len;
    // SAFETY: `head + len <= whole`, so both pieces lie in the mapping just made and outside of the range
    // returned. `head`, `len` and `tail` are multiples of the page size.
    unsafe {
        let base = start.byte_add(head);
        unmap(start, head);
        unmap(base.byte_add(len), tail);
        Some(base)
    }
}

pub(in crate::alloc) unsafe fn release(base: NonNull<u8>, len: usize) {
    // SAFETY: the caller owns the range and gives it up.
    unsafe { unmap(base, len) }
}

/// Nothing to do: the mapping is readable and writable from the start.
pub(in crate::alloc) unsafe fn commit(_part: NonNull<u8>, _len: usize) -> bool {
    true
}

/// Unmaps, or at least empties, a piece of a mapping.
///
/// # Safety
/// The piece belongs to the caller, who never uses it again.
unsafe fn unmap(part: NonNull<u8>, len: usize) {
    if len == 0 {
        return;
    }
    // SAFETY: as promised by the caller. A refusal (the limit on the number of mappings) leaks the addresses,
    // which cost nothing, but not the pages.
    unsafe {
        if munmap(raw(part), len).is_err() {
            discard(part, len);
        }
    }
}

fn raw(part: NonNull<u8>) -> *mut c_void {
    part.as_ptr().cast()
}
