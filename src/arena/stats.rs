//! What an arena can say about its memory.

use core::fmt;

/// The memory of a [`NestedMap`](crate::NestedMap), in bytes.
///
/// `reserved = live + free_listed + free_pages + wasted` at any time.
///
/// ```
/// use tophash::NestedMap;
///
/// let map = NestedMap::<(u32, u32), u64>::from_iter((0..1000).map(|n| ((n % 10, n), 1)));
/// let memory = map.memory();
/// assert!(memory.live > 0 && memory.live < memory.reserved);
/// assert!(memory.high_water >= memory.reserved);
/// println!("{memory}");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct MemoryStats {
    /// What was had from the system.
    pub reserved: usize,
    /// The part of it that belongs to blocks in use or to pages that hold some.
    pub committed: usize,
    /// What was asked for by nodes, tables and strings.
    pub live: usize,
    /// Free blocks in pages that also hold used ones.
    pub free_listed: usize,
    /// Pages without a used block, which any size can have.
    pub free_pages: usize,
    /// Rounding to sizes, ends of pages, and headers.
    pub wasted: usize,
    /// The largest piece of `free_pages` that lies together.
    pub largest_free: usize,
    /// The most that `reserved` has ever been.
    pub high_water: usize,
    /// What `reserved` may become; `None`: no limit.
    pub limit: Option<usize>,
    /// Pieces of memory that were had from the system and not given back.
    pub system_blocks: usize,
}

impl MemoryStats {
    /// The memory of two arenas. The high water is the sum of both, which they need not have had at the same time.
    #[cfg(feature = "std")]
    pub(crate) fn plus(self, other: &Self) -> Self {
        MemoryStats {
            reserved: self.reserved + other.reserved,
            committed: self.committed + other.committed,
            live: self.live + other.live,
            free_listed: self.free_listed + other.free_listed,
            free_pages: self.free_pages + other.free_pages,
            wasted: self.wasted + other.wasted,
            largest_free: self.largest_free.max(other.largest_free),
            high_water: self.high_water + other.high_water,
            limit: None,
            system_blocks: self.system_blocks + other.system_blocks,
        }
    }

    /// How scattered the free memory is: `1 - largest_free / (free_listed + free_pages)`, 0 where none is free.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map: NestedMap<(u32, u32), u64> = NestedMap::new();
    /// assert_eq!(map.memory().fragmentation(), 0.0);
    /// ```
    #[must_use]
    pub fn fragmentation(&self) -> f64 {
        match self.free_listed + self.free_pages {
            0 => 0.0,
            free => 1.0 - self.largest_free as f64 / free as f64,
        }
    }
}

impl fmt::Display for MemoryStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, bytes) in [
            ("reserved", self.reserved),
            ("committed", self.committed),
            ("live", self.live),
            ("free-listed", self.free_listed),
            ("free pages", self.free_pages),
            ("wasted", self.wasted),
            ("high water", self.high_water),
        ] {
            writeln!(f, "{name:<14}{bytes:>14} B")?;
        }
        if let Some(limit) = self.limit {
            writeln!(f, "{:<14}{limit:>14} B", "limit")?;
        }
        write!(f, "{:<14}{:>14.2}", "fragmentation", self.fragmentation())
    }
}
