//! What a map takes, and what it may take.

use core::fmt;

use std_alloc::boxed::Box;
use std_alloc::vec::Vec;

use super::{NestedMap, Root};
use crate::MemoryStats;
use crate::raw::tree::{Level, NestedKey, NodeCounts};

/// Per cent of the limit at which the watermark lies unless it is set.
const WATERMARK: usize = 85;

type Callback = Box<dyn FnMut(&MemoryStats) + Send + Sync>;

/// Who is told when the memory of a map crosses its watermark.
#[derive(Default)]
pub(super) struct Watch {
    callback: Option<Callback>,
    percent: Option<usize>,
}

impl Watch {
    #[cold]
    #[inline(never)]
    pub(super) fn tell(&mut self, stats: &MemoryStats) {
        if let Some(callback) = &mut self.callback {
            callback(stats);
        }
    }

    fn mark(&self, limit: Option<usize>) -> usize {
        let percent = self.percent.unwrap_or(WATERMARK);
        match limit {
            Some(limit) if self.callback.is_some() => {
                limit / 100 * percent + limit % 100 * percent / 100
            }
            _ => usize::MAX,
        }
    }
}

/// One level of a map: how many nodes of which kind it has. From [`NestedMap::stats`].
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x'), ((2, 2), 'y'), ((2, 3), 'z')]);
/// let last = map.stats().levels[1];
/// assert_eq!((last.entries, last.bare, last.blocks, last.tables), (3, 1, 1, 0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct LevelStats {
    /// Entries in all nodes of the level.
    pub entries: usize,
    /// Nodes that are one bare entry.
    pub bare: usize,
    /// Nodes that are one block of 2 to 16 slots.
    pub blocks: usize,
    /// Nodes of more than 16 entries: a block of groups, and above 16,384 entries a table like that of a
    /// [`HashMap`](crate::HashMap).
    pub tables: usize,
    /// Bytes that the nodes take.
    pub bytes: usize,
}

impl LevelStats {
    /// All nodes of the level.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x'), ((2, 2), 'y')]);
    /// assert_eq!(map.stats().levels[1].nodes(), 2);
    /// ```
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.bare + self.blocks + self.tables
    }
}

/// The levels and the memory of a map; from [`NestedMap::stats`]. `Display` prints a table.
///
/// ```
/// use tophash::{NestedMap, Str};
/// let map = NestedMap::<(Str, u8), char>::from_iter([(("a", 2), 'x'), (("b", 2), 'y')]);
/// let stats = map.stats();
/// assert_eq!(stats.strings, 2);
/// println!("{stats}");
/// ```
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct NestedStats {
    /// The levels, outermost first.
    pub levels: Vec<LevelStats>,
    /// Different strings that are [`Str`](crate::Str) parts.
    pub strings: usize,
    /// The memory of the whole.
    pub memory: MemoryStats,
}

impl fmt::Display for NestedStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "level     entries     bare   blocks   tables        bytes"
        )?;
        for (number, level) in self.levels.iter().enumerate() {
            writeln!(
                f,
                "{:<5}{:>12}{:>9}{:>9}{:>9}{:>13}",
                number + 1,
                level.entries,
                level.bare,
                level.blocks,
                level.tables,
                level.bytes
            )?;
        }
        writeln!(f, "strings {:>9}", self.strings)?;
        self.memory.fmt(f)
    }
}

impl<K: NestedKey, V, S> NestedMap<K, V, S> {
    /// The memory of the map, in bytes. Values' and parts' own heap memory is not in it. O(chunks of 64 KiB).
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::new();
    /// assert_eq!(map.memory().reserved, 0);
    /// ```
    #[must_use]
    pub fn memory(&self) -> MemoryStats {
        self.tree.arena().stats()
    }

    /// The levels and the memory of the map. O(entries).
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x'), ((1, 3), 'y')]);
    /// assert_eq!(map.stats().levels[0].entries, 1);
    /// ```
    #[must_use]
    pub fn stats(&self) -> NestedStats {
        let mut counts = [NodeCounts::default(); 8];
        Root::<K, V>::tally(self.tree.root(), &mut counts);
        let levels = counts[..Root::<K, V>::DEPTH]
            .iter()
            .map(|counts| LevelStats {
                entries: counts.entries,
                bare: counts.nodes[1],
                blocks: counts.nodes[2],
                tables: counts.nodes[3],
                bytes: counts.bytes,
            });
        NestedStats {
            levels: levels.collect(),
            strings: self.tree.strings().0,
            memory: self.memory(),
        }
    }

    /// The most entries in any one overflow chain. Checks the invariants on the way.
    #[cfg(tophash_check)]
    #[doc(hidden)]
    #[must_use]
    pub fn longest_chain(&self) -> usize
    where
        S: core::hash::BuildHasher,
    {
        self.tree.check_invariants(&self.hasher)
    }

    /// Sets how many bytes the map may reserve; `None`, as in a new map: as many as there are.
    ///
    /// When the limit is reached, `try_insert` returns an error and leaves the map as it was; `insert` panics. A
    /// limit below what is reserved already takes nothing away.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map: NestedMap<(u32, u32), u64> = NestedMap::new();
    /// map.set_memory_limit(Some(100_000));
    /// let refused = (0..).find(|&n| map.try_insert((n, n), 0).is_err()).unwrap();
    /// assert_eq!(map.len(), refused as usize);
    /// assert!(map.memory().reserved <= 100_000);
    /// ```
    pub fn set_memory_limit(&mut self, limit: Option<usize>) {
        self.tree.arena().set_limit(limit);
        self.tree.arena().set_mark(self.watch.mark(limit));
    }

    /// Has `callback` called when an insertion takes the reserved bytes past 85 % of the limit (or what
    /// [`set_watermark_percent`](Self::set_watermark_percent) says). Without a limit it is never called.
    ///
    /// It is called once each time the mark is crossed upwards, after the insertion. A node that grows has two blocks for
    /// a moment, and that counts: growing again might fail.
    ///
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
    /// use tophash::NestedMap;
    ///
    /// let calls = Arc::new(AtomicUsize::new(0));
    /// let mut map: NestedMap<(u32, u32), u64> = NestedMap::new();
    /// map.set_memory_limit(Some(1_000_000));
    /// map.on_watermark({
    ///     let calls = Arc::clone(&calls);
    ///     move |memory| {
    ///         assert!(memory.high_water >= 850_000);
    ///         calls.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// while map.try_insert((map.len() as u32, 0), 0).is_ok() {}
    /// assert!(calls.load(Ordering::Relaxed) >= 1);
    /// ```
    pub fn on_watermark(&mut self, callback: impl FnMut(&MemoryStats) + Send + Sync + 'static) {
        self.watch.callback = Some(Box::new(callback));
        let arena = self.tree.arena();
        arena.set_mark(self.watch.mark(arena.limit()));
    }

    /// Sets where the watermark lies, in per cent of the limit.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map: NestedMap<(u8, u8), char> = NestedMap::new();
    /// map.set_watermark_percent(50);
    /// ```
    pub fn set_watermark_percent(&mut self, percent: usize) {
        self.watch.percent = Some(percent.min(100));
        let arena = self.tree.arena();
        arena.set_mark(self.watch.mark(arena.limit()));
    }
}
