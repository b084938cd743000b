//! [`Reserving`](super::Reserving) with huge pages for long blocks.

use super::policy::Policy;
use super::{AllocError, Layout};
use core::ptr::NonNull;

/// [`Reserving`](super::Reserving), asking for huge pages behind blocks of more than 4 MiB.
///
/// A huge page (2 MiB on most systems) needs one entry of the processor's address cache where 512 ordinary pages need
/// as many, so scattered look-ups in a table of many megabytes wait less. In return the first touch of each takes as
/// long as clearing it, which an insertion that makes the table grow waits for; and each block takes up to one huge page
/// more than it needs. So this is for large maps that are read much more than they grow.
///
/// The request is a hint, made on Linux (`madvise`, `MADV_HUGEPAGE`), and honoured where
/// `/sys/kernel/mm/transparent_hugepage/enabled` says `madvise` or `always`. Elsewhere, and wherever the system has no
/// huge page to give, everything is as with `Reserving`, without notice. What a block has touched before it exceeds
/// 4 MiB stays in ordinary pages. The ranges of such blocks are not cached when they are freed.
///
/// All values of this type are one and the same allocator.
///
/// # Examples
/// ```
/// use tophash::HashMap;
/// use tophash::alloc::HugePages;
///
/// let mut squares = HashMap::new_in(HugePages);
/// squares.extend((0..200_000_u64).map(|n| (n, n * n)));
/// assert_eq!(squares[&1_000], 1_000_000);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
pub struct HugePages;

super::allocator!(HugePages, _this => Policy::HUGE);
