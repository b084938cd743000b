//! What the allocator asks of the operating system: the only place with system calls.
//!
//! Each back end offers the same functions. `part` is the start of a piece of a range and a multiple of
//! [`PAGE`] away from its base; every length is a multiple of [`PAGE`].
//!
//! | function | what it does |
//! |---|---|
//! | `reserve(len)` | a new range of `len` bytes that reads as zero, or `None` |
//! | `release(base, len)` | gives a whole range back |
//! | `commit(part, len)` | makes the piece accessible; `false`, and nothing changed, where refused |
//! | `populate(part, len)` | a hint: these committed pages are about to be written |
//! | `ask_for_huge_pages(base, len)` | a hint: huge pages would serve this whole range |
//! | `discard(part, len)` | gives the pages of a piece back, not its addresses: [`Discarded`] |
//! | `enlarge(base, len, new_len, end)` | a longer range with the same pages, committed up to `end`, perhaps at another address; `None`, and the range as it was, where refused |
#![cfg_attr(miri, allow(dead_code))]

#[cfg(all(unix, target_pointer_width = "64", not(miri)))]
mod unix;
#[cfg(all(unix, target_pointer_width = "64", not(miri)))]
pub(super) use unix::*;

#[cfg(all(windows, target_pointer_width = "64", not(miri)))]
mod windows;
#[cfg(all(windows, target_pointer_width = "64", not(miri)))]
pub(super) use windows::*;

#[cfg(any(miri, not(target_pointer_width = "64"), not(any(unix, windows))))]
mod none;
#[cfg(any(miri, not(target_pointer_width = "64"), not(any(unix, windows))))]
pub(super) use none::*;

/// The step of all range arithmetic: a multiple of the page size of every system the target may run on.
pub(super) const PAGE: usize = if cfg!(any(windows, target_arch = "x86_64")) {
    4 << 10
} else if cfg!(target_vendor = "apple") {
    16 << 10
} else {
    64 << 10
};

/// What became of pages that were given back. No system knows all three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(dead_code)]
pub(super) enum Discarded {
    /// They read as zero, once committed again.
    Zero,
    /// The system refused: they are committed and hold what they held.
    Kept,
    /// The system refused halfway: their addresses are no longer part of the range.
    Lost,
}
