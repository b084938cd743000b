//! A global allocator that counts the live bytes of each thread.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // Constant and without drop, so that reaching it never allocates.
    static LIVE: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, with each request added to the calling thread's count and each release taken off.
pub(crate) struct Counting;

/// Bytes that this thread holds. Only differences mean something, and only while the blocks stay in one thread.
pub(crate) fn live() -> usize {
    LIVE.get()
}

/// Bytes that `build`'s result holds on the heap: the sizes asked for, without the allocator's own overhead.
pub(crate) fn bytes_of<T>(build: impl FnOnce() -> T) -> (usize, T) {
    let before = live();
    let value = build();
    (live().wrapping_sub(before), value)
}

fn shift(taken: usize, released: usize) {
    LIVE.set(LIVE.get().wrapping_add(taken).wrapping_sub(released));
}

// SAFETY: every call is handed on to `System` unchanged, which keeps the contract; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            shift(layout.size(), 0);
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for.
        let block = unsafe { System.alloc_zeroed(layout) };
        if !block.is_null() {
            shift(layout.size(), 0);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        shift(0, layout.size());
        // SAFETY: `block` came from `System` with this layout, for all blocks do.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: `block` came from `System` with this layout; `size` is the caller's promise.
        let moved = unsafe { System.realloc(block, layout, size) };
        if !moved.is_null() {
            shift(size, layout.size());
        }
        moved
    }
}
