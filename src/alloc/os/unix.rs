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
pub(in crate::alloc) use pages::{ENLARGES, ask_for_huge_pages, discard, enlarge, populate};

/// Whether ranges can be reserved at all.
pub(in crate::alloc) const AVAILABLE: bool = true;

const ACCESS: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

/// Where a system promises swap for every private page, this declines it: only touched pages count.
#[cfg(any(target_os = "linux", target_os = "android"))]
const PRIVATE: MapFlags = MapFlags::PRIVATE.union(MapFlags::NORESERVE);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const PRIVATE: MapFlags = MapFlags::PRIVATE;

pub(in crate::alloc) fn reserve(len: usize) -> Option<NonNull<u8>> {
    // SAFETY: no address is asked for, so the mapping takes the place of no other.
    let base = unsafe { mmap_anonymous(ptr::null_mut(), len, ACCESS, PRIVATE) };
    NonNull::new(base.ok()?.cast())
}

/// A refusal (the limit on the number of mappings) leaks the addresses, which cost nothing, but not the pages.
pub(in crate::alloc) unsafe fn release(base: NonNull<u8>, len: usize) {
    // SAFETY: the caller owns the range and gives it up.
    unsafe {
        if munmap(raw(base), len).is_err() {
            discard(base, len);
        }
    }
}

/// Nothing to do: the mapping is readable and writable from the start.
pub(in crate::alloc) unsafe fn commit(_part: NonNull<u8>, _len: usize) -> bool {
    true
}

fn raw(part: NonNull<u8>) -> *mut c_void {
    part.as_ptr().cast()
}
