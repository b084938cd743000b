//! The memory that the collections use unless they are told otherwise.
//!
//! [`Reserving`] is an [`Allocator`] under which a large block grows where it stands. A table of tophash is a
//! few contiguous arrays that grow by a little at a time; with any other allocator each of these steps may
//! copy the whole array, and the copy is the pause that the table was built to avoid.
//!
//! The module hands on the names that a user of the `*_in` constructors needs ([`Allocator`], [`AllocError`],
//! [`Global`], [`Layout`]), so that they need not be imported from the crate `allocator-api2` in the version
//! that fits.
//!
//! ```
//! use tophash::alloc::{Global, Reserving};
//! use allocator_api2::{boxed::Box, vec::Vec};
//!
//! // Either serves whatever takes an allocator; `Reserving` where something large grows.
//! let mut journal = Vec::with_capacity_in(100, Reserving);
//! let title = Box::new_in("entries", Global);
//! journal.extend(0..100_000);
//! assert_eq!(format!("{} {title}", journal.len()), "100000 entries");
//! ```
//!
//! # How a block lives
//! A **small** block is one below [`Reserving::LARGE_BLOCK`], or one whose alignment exceeds 4096. It is passed
//! on to [`Global`], and this module adds nothing to it. But one of at most 64 KiB that loses a quarter or more
//! moves to a new block: cut short where it is, each of many blocks would keep pages of its own.
//!
//! A **large** block lives alone in a **range** of addresses reserved from the operating system, longer than
//! the block:
//!
//! ```text
//! base      offset            offset + size   committed                        len
//! | header | padding | the block   ...    | tail  |  reads as zero, costs nothing |
//! ```
//!
//! - **Growth** within the range commits further pages and returns the same pointer. A modest step is
//!   populated with one system call, since a page fault for each of its pages costs more; so is a block of up to 1 MiB
//!   that has grown out of [`Global`].
//! - **Growth past the range** asks for a longer range. Linux extends the old one where it stands, or hangs up
//!   its page tables elsewhere: the pointer may change, but no byte is copied. Elsewhere it is copied.
//! - **Shrinking** gives back the pages behind the block and keeps the addresses. A block that becomes small
//!   moves to [`Global`], and its range goes the way of a freed block's, with 132 KiB of touched pages at most
//!   (header included; more only where it had found them in the cache); that of a block of a `ShardedMap` goes back.
//! - **Zeroed** memory is free of charge: fresh pages are zero, and only what an earlier and longer life of the
//!   block, or an earlier block in the range, may have written to has to be cleared.
//! - **Freed**, a block leaves its range in a cache if the range is an ordinary one (16 to 256 MiB of addresses)
//!   and the cache, common to all threads, holds less than four. The first 4 MiB keep their pages; the rest is
//!   given back. The next block of up to 4 MiB, header included, finds the range and its pages there, where a
//!   fresh range costs system calls and a page fault per page. Behind a shorter block than the last one the
//!   touched pages stay for it to grow into, but behind four blocks at most. So no more than 16 MiB in the cache
//!   and 16 MiB behind blocks stay resident unused. [`Reserving::release_cached`] empties the cache, as does a
//!   refused range.
//! - **Large pages** are left to the system's own setting. Advice for them was measured: look-ups among 11
//!   million entries became 10 to 15 % faster, but building the table took 1.3 to 1.6 times as long, and the
//!   first touch of 2 MiB up to 9 ms on a virtual machine that hands free memory back to its host (0.2 ms where
//!   the memory is backed; 0.06 ms for a page of 4 KiB). This allocator is there to keep
//!   the longest pause short. Where the setting is "always", a table of 128 KiB may take 2 MiB. A program that
//!   wants the look-ups and can wait for the pages uses [`HugePages`].
//!
//! How much to reserve: 64 times the size asked for, at least 16 MiB, at most 4 GiB more than asked for. So a
//! small table leaves its range behind at every sixth doubling, and one of gigabytes every 4 GiB, while ten
//! thousand tables of 64 MiB fit into the 128 TiB of a 47-bit address space. Far longer ranges would never be left
//! behind, but `ulimit -v`, strict overcommit and checkers such as valgrind refuse them. Where a range is refused,
//! shorter ones are tried, down to the block itself; where that is refused as well, the block **falls back** to
//! [`Global`], header and all, and stays there: slower to grow, no different to use.
//!
//! Under strict overcommit (`vm.overcommit_memory = 2`) Linux counts the reserved range, not the touched pages,
//! towards its limit. There [`Global`] may be the better choice for a program of many large tables.
#![allow(unsafe_code)]

// # Invariants
// Every `unsafe` block of this module is argued from these.
//
// - **A1** A block is large if and only if its layout says so (`Policy::is_large`), and every slice handed
//   out has exactly the length asked for. So whatever layout fits a block classifies it as the layout did
//   with which it was last resized.
// - **A2** A large block starts `offset = max(64, align)` bytes behind its base, the base is aligned to
//   `offset`, and a valid `Header` lies at the base.
// - **A3** `Header::len == 0` says that the block fell back: its base is a block of `Global` with the layout
//   `padded(layout)`.
// - **A4** Otherwise `base .. base + len` is a range from `os::reserve` or `os::enlarge` that belongs to this
//   block alone; `len` and `committed` are multiples of `os::PAGE`; and
//   `offset + size <= committed <= len`.
// - **A5** `base .. base + committed` can be read and written. From there on, every byte that is committed
//   later reads as zero.
// - **A6** Nobody but this module touches the bytes of a range outside of the block, so a block that its owner
//   gives up leaves no pointer into the range behind.
// - **A7** A range in the cache belongs to no block, and a valid `Header` with `len != 0` lies at its base. What
//   A4 and A5 say of ranges holds of it. Who takes it out owns it alone.

mod cache;
mod huge;
mod interface;
mod os;
mod policy;
mod range;
#[cfg(test)]
mod tests;

pub use huge::HugePages;

pub use allocator_api2::alloc::{AllocError, Allocator, Global, Layout};

pub(crate) use interface::allocator;

use core::ptr::NonNull;
use policy::Policy;

/// An allocator under which large blocks grow in place and shrink page by page.
///
/// Blocks below [`LARGE_BLOCK`](Self::LARGE_BLOCK) are passed on to [`Global`]. A larger one gets a range of
/// reserved addresses with room to grow; see the [module](self) for how. On a system without such ranges (any
/// but 64-bit Unix and Windows), and wherever the system refuses one, blocks come from [`Global`] instead.
///
/// All values of this type are one and the same allocator: a block that one allocated may be freed by another,
/// on any thread.
///
/// # Complexity
/// Growing a large block in place costs time for the pages added, whatever the size of the block. Growing it past its
/// range, which happens once per 64-fold growth or every 4 GiB, costs time for the page tables on Linux (a few bytes
/// per page) and a copy elsewhere. Allocating a block of up to 4 MiB in a cached range costs some atomic operations
/// (and, if zeroed, time for the bytes to clear); any other large block costs one or more system calls to allocate and
/// one to free, so a program that allocates and frees long blocks all the time is better served by [`Global`].
///
/// # Examples
/// ```
/// use tophash::alloc::Reserving;
/// use allocator_api2::vec::Vec;
///
/// let mut squares = Vec::new_in(Reserving);
/// let mut moves = 0;
/// let mut place = squares.as_ptr();
/// for n in 0..1_000_000_u64 {
///     squares.push(n * n);
///     moves += usize::from(place != squares.as_ptr());
///     place = squares.as_ptr();
/// }
/// assert_eq!(squares[999_999], 999_999 * 999_999);
/// // A Vec doubles, so it asked for more than a dozen larger blocks. Where ranges can be reserved, it stood
/// // still from the first large one on.
/// println!("the elements moved {moves} times");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub struct Reserving;

impl Reserving {
    /// The size in bytes from which on a block gets a range of its own: 128 KiB.
    ///
    /// ```
    /// use tophash::alloc::Reserving;
    /// // A block of four bytes per page is not worth a range.
    /// assert_eq!(Reserving::LARGE_BLOCK, 128 * 1024);
    /// ```
    pub const LARGE_BLOCK: usize = 128 << 10;

    /// How many ranges this process has reserved at the moment, and how long they are. Cached ones count.
    ///
    /// O(1). With several threads at work, the two figures may be of slightly different moments.
    ///
    /// ```
    /// use tophash::alloc::Reserving;
    /// use allocator_api2::vec::Vec;
    ///
    /// let block = Vec::<u8, _>::with_capacity_in(Reserving::LARGE_BLOCK, Reserving);
    /// let stats = Reserving::stats();
    /// // No range at all, where the system has none to give.
    /// assert!(stats.ranges == 0 || stats.reserved >= block.capacity());
    /// ```
    #[must_use]
    pub fn stats() -> Stats {
        range::stats()
    }

    /// Gives the cached ranges back to the system, and returns how many bytes of address space they spanned.
    ///
    /// The cache holds at most four ranges of freed blocks, each with at most 4 MiB of touched pages, for blocks
    /// to come. Nothing else gives them back, so this is for a program that has dropped its tables and will
    /// not soon make others. Blocks in use are not touched. Ranges that other threads free meanwhile may or
    /// may not be among those given back.
    ///
    /// A system call for each range, which takes time for its touched pages.
    ///
    /// ```
    /// use tophash::alloc::Reserving;
    /// use allocator_api2::vec::Vec;
    ///
    /// drop(Vec::<u8, _>::with_capacity_in(1 << 20, Reserving));
    /// let before = Reserving::stats().reserved;
    /// let released = Reserving::release_cached();
    /// assert_eq!(Reserving::stats().reserved, before - released);
    /// assert_eq!(Reserving::release_cached(), 0);
    /// ```
    pub fn release_cached() -> usize {
        range::release_cached()
    }
}

/// The ranges that a process has reserved: see [`Reserving::stats`].
///
/// ```
/// let tophash::alloc::Stats { ranges, reserved, .. } = tophash::alloc::Reserving::stats();
/// println!("{ranges} large blocks, {} MiB of addresses", reserved >> 20);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// The number of ranges: that of the large blocks that did not fall back to [`Global`], and at most four
    /// cached ones.
    pub ranges: usize,
    /// The bytes of address space that the ranges span. The memory in use is only what was touched of it.
    pub reserved: usize,
}

/// [`Reserving`] for one of many tables that drain together: what a block that became small leaves behind goes back at
/// once. Four tables would else have 128 KiB each in the cache, for whoever comes next.
#[cfg(any(feature = "std", test))]
#[derive(Clone, Copy)]
pub(crate) struct ForShards;

// Each stands for the one policy: a value and its copies are the same allocator.
allocator!(Reserving, _this => Policy::STANDARD);
#[cfg(any(feature = "std", test))]
allocator!(ForShards, _this => Policy::FOR_SHARDS);
