//! A map with keys of several parts, kept as a tree with one level for each part.

mod access;
mod convert;
mod entry;
mod iter;
mod memory;
mod prefix;
mod prefix_mut;
mod take;
mod traits;

use core::hash::BuildHasher;

#[cfg(feature = "serde")]
pub(crate) use convert::Given;
pub use convert::{FromNested, ToNested};
pub use entry::{Entry, OccupiedEntry, VacantEntry};
pub use iter::{Iter, IterMut, Keys, Values, ValuesMut};
use memory::Watch;
pub use memory::{LevelStats, NestedStats};
pub use prefix::{Children, Prefix};
pub use prefix_mut::{PrefixEntry, PrefixMut, VacantPrefix};
pub use take::{Drain, ExtractIf, IntoIter, IntoKeys, IntoValues};

#[cfg(feature = "default-hasher")]
use crate::DefaultHashBuilder;
use crate::NestedError;
use crate::raw::tree::{NestedKey, Suffix, Tree};

/// The levels of a map.
pub(crate) type Root<K, V> = <K as NestedKey>::Tree<V>;

macro_rules! define {
    ($($default:tt)*) => {
        /// A map from keys of several parts to values, in place of maps in maps.
        ///
        /// `NestedMap<(A, B, C), V>` does what `HashMap<A, HashMap<B, HashMap<C, V>>>` does. Each part but the last
        /// leads to a node that takes 8 bytes and what its entries take; all nodes and all [`Str`](crate::Str) parts
        /// lie in one arena of the map. An inner node is made when its first entry comes and goes with its last:
        /// there are no empty inner maps.
        ///
        /// - **Full keys**: [`get`](Self::get), [`insert`](Self::insert), [`remove`](Self::remove),
        ///   [`entry`](Self::entry), with [borrowed parts](crate::FullKey).
        /// - **Prefixes**: [`prefix`](Self::prefix) is a view of all that begins with some parts,
        ///   [`children`](Self::children) goes level by level, [`remove_prefix`](Self::remove_prefix) and
        ///   [`drain_prefix`](Self::drain_prefix) touch only what they remove.
        /// - **All entries**: [`iter`](Self::iter), [`retain`](Self::retain), [`extract_if`](Self::extract_if),
        ///   [`drain`](Self::drain), as a `HashMap` has them, with tuples of parts for keys.
        /// - **Memory**: [`memory`](Self::memory) and [`stats`](Self::stats) say what the map takes,
        ///   [`set_memory_limit`](Self::set_memory_limit) bounds it, [`compact`](Self::compact) gives back what
        ///   churn has scattered.
        ///
        /// A look-up takes one probe for each part, O(parts) expected. Where prefixes are never asked for,
        /// [`HashMap`](crate::HashMap) with tuple keys finds with one probe and is the better choice; the
        /// [guide](crate::guide) weighs the two.
        ///
        /// An insertion is O(parts) expected and amortised: a node of up to 16,384 entries is one block, and the
        /// insertion for which it has no room moves all of its entries to a longer one. Above that a node is a table
        /// like that of [`HashMap`](crate::HashMap), which grows by bounded steps.
        ///
        /// An insertion, `entry` and `get_mut` begin where the last of them went: parts that come again and again, as
        /// they do where keys are in some order, are compared with what was found last, and are not hashed.
        ///
        /// ```
        /// use tophash::{NestedMap, Str};
        ///
        /// let mut lines: NestedMap<(Str, Str, i64), u32> = NestedMap::new();
        /// *lines.entry(("ann", "src/lib.rs", 2025)).or_default() += 12;
        /// *lines.entry(("ann", "src/lib.rs", 2026)).or_default() += 7;
        /// *lines.entry(("ben", "README.md", 2026)).or_default() += 3;
        ///
        /// assert_eq!(lines.get(("ann", "src/lib.rs", 2026)), Some(&7));
        /// assert_eq!(lines.prefix(("ann",)).values().sum::<u32>(), 19);
        /// assert_eq!(lines.remove_prefix(("ann", "src/lib.rs")), 2);
        /// assert!(!lines.contains_prefix(("ann",))); // nothing empty stays behind
        /// ```
        pub struct NestedMap<K: NestedKey, V, S $($default)*> {
            tree: Tree<Root<K, V>>,
            hasher: S,
            watch: Watch,
        }
    };
}

#[cfg(feature = "default-hasher")]
define!(= DefaultHashBuilder);
#[cfg(not(feature = "default-hasher"))]
define!(= crate::DefaultHashBuilder);

/// The panic of the infallible calls.
#[cold]
#[inline(never)]
pub(crate) fn fail(error: NestedError) -> ! {
    panic!("a nested map cannot grow: {error}")
}

#[cfg(feature = "default-hasher")]
impl<K: NestedKey, V> NestedMap<K, V> {
    /// An empty map. O(1): allocates nothing.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map: NestedMap<(u8, u8), char> = NestedMap::new();
    /// assert!(map.is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_hasher(DefaultHashBuilder::default())
    }

    /// An empty map for so many entries in the node of each level, outermost first, and a fifth more: what
    /// [`shape`](Self::shape) says of a map like the one that is to be built.
    ///
    /// The root gets its room at once; an inner node gets it when its first entry comes, and does not have to grow
    /// then. Levels for which the shape has no number, or 1, start small. O(room of the root).
    ///
    /// # Errors
    /// The numbers, or their product, overflow ([`NestedError::ShapeOverflow`]), or the room cannot be had.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map: NestedMap<(u32, u32), u64> = NestedMap::with_shape(&[1000, 10])?;
    /// assert!(map.memory().reserved > 1000 * 12);
    /// map.insert((1, 1), 7);
    /// assert_eq!(map.stats().levels[1].blocks, 1); // with room for 12
    /// assert!(NestedMap::<(u32, u32), u64>::with_shape(&[usize::MAX, 3]).is_err());
    /// # Ok::<(), tophash::NestedError>(())
    /// ```
    pub fn with_shape(shape: &[usize]) -> Result<Self, NestedError> {
        Self::with_shape_and_hasher(shape, DefaultHashBuilder::default())
    }
}

impl<K: NestedKey, V, S> NestedMap<K, V, S> {
    /// An empty map that hashes with `hasher`. O(1): allocates nothing.
    ///
    /// ```
    /// use std::hash::{BuildHasherDefault, DefaultHasher};
    /// use tophash::NestedMap;
    /// let hasher = BuildHasherDefault::<DefaultHasher>::default();
    /// let map: NestedMap<(u8, u8), char, _> = NestedMap::with_hasher(hasher);
    /// assert!(map.is_empty());
    /// ```
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Self {
            tree: Tree::new(),
            hasher,
            watch: Watch::default(),
        }
    }

    /// As [`with_shape`](NestedMap::with_shape), for a map that hashes with `hasher`. O(room of the root).
    ///
    /// # Errors
    /// The numbers, or their product, overflow ([`NestedError::ShapeOverflow`]), or the room cannot be had.
    ///
    /// ```
    /// # use std::hash::{BuildHasherDefault, DefaultHasher};
    /// use tophash::NestedMap;
    /// let hasher = BuildHasherDefault::<DefaultHasher>::default();
    /// let map: NestedMap<(u8, u8), char, _> = NestedMap::with_shape_and_hasher(&[100, 2], hasher)?;
    /// assert!(map.is_empty() && map.memory().reserved > 0);
    /// # Ok::<(), tophash::NestedError>(())
    /// ```
    pub fn with_shape_and_hasher(shape: &[usize], hasher: S) -> Result<Self, NestedError> {
        let (mut rooms, mut product) = ([0; 8], 1_usize);
        for (level, (room, &mean)) in rooms.iter_mut().zip(shape).enumerate() {
            let overflow = NestedError::ShapeOverflow { level };
            *room = mean.checked_add(mean / 5).ok_or(overflow.clone())?;
            product = product.checked_mul((*room).max(1)).ok_or(overflow)?;
        }
        let mut map = Self::with_hasher(hasher);
        map.tree.reserve(&rooms)?;
        Ok(map)
    }

    /// The hasher. O(1).
    ///
    /// ```
    /// use tophash::{DefaultHashBuilder, NestedMap};
    /// let map: NestedMap<(u8, u8), char> = NestedMap::new();
    /// let _: &DefaultHashBuilder = map.hasher();
    /// ```
    pub fn hasher(&self) -> &S {
        &self.hasher
    }

    #[cfg(feature = "serde")]
    pub(crate) fn root(&self) -> &crate::raw::tree::Node<Root<K, V>> {
        self.tree.root()
    }

    /// Number of entries (full keys). O(1).
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'a'), ((1, 3), 'b')]);
    /// assert_eq!(map.len(), 2);
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there is no entry. O(1).
    ///
    /// ```
    /// use tophash::NestedMap;
    /// assert!(NestedMap::<(u8, u8), char>::new().is_empty());
    /// ```
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries, in no particular order, but those with a common prefix together. O(entries) for all of them.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, u8), u32>::from_iter([(("a", 1), 10), (("a", 2), 20)]);
    /// let sum: u32 = map.iter().map(|((_name, day), n)| u32::from(*day) * n).sum();
    /// assert_eq!(sum, 50);
    /// ```
    pub fn iter(&self) -> Iter<'_, Root<K, V>> {
        Iter::new(self.tree.leaves(), self.len())
    }

    /// All entries, with values that may be changed. O(entries) for all of them.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10), ((1, 2), 20)]);
    /// for ((_, b), n) in map.iter_mut() {
    ///     *n += u32::from(*b);
    /// }
    /// assert_eq!(map[(1, 2)], 22);
    /// ```
    pub fn iter_mut(&mut self) -> IterMut<'_, Root<K, V>> {
        let len = self.len();
        IterMut::new(self.tree.leaves_mut(), len)
    }

    /// All full keys. O(entries) for all of them.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, u8), ()>::from_iter([(("a", 1), ())]);
    /// assert_eq!(map.keys().next(), Some(("a", &1)));
    /// ```
    pub fn keys(&self) -> Keys<'_, Root<K, V>> {
        Keys(self.iter())
    }

    /// All values. O(entries) for all of them.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10), ((2, 2), 20)]);
    /// assert_eq!(map.values().sum::<u32>(), 30);
    /// ```
    pub fn values(&self) -> Values<'_, Root<K, V>> {
        Values(self.iter())
    }

    /// All values, to be changed. O(entries) for all of them.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// map.values_mut().for_each(|n| *n += 1);
    /// assert_eq!(map[(1, 1)], 11);
    /// ```
    pub fn values_mut(&mut self) -> ValuesMut<'_, Root<K, V>> {
        ValuesMut(self.iter_mut())
    }

    /// Removes all entries, and gives back all memory but two pieces of 64 KiB at most. O(entries).
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// map.clear();
    /// assert!(map.is_empty());
    /// ```
    pub fn clear(&mut self) {
        self.tree.clear();
    }
}

impl<K: NestedKey, V, S: BuildHasher> NestedMap<K, V, S> {
    /// Keeps the entries for which `keep` is true. O(entries).
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map = NestedMap::<(Str, u8), u32>::from_iter([(("a", 1), 10), (("b", 2), 20)]);
    /// map.retain(|(name, day), n| name == "a" && *day == 1 && *n > 0);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn retain(&mut self, keep: impl FnMut(<Root<K, V> as Suffix>::Ref<'_>, &mut V) -> bool) {
        self.tree.retain(&self.hasher, keep);
    }

    /// Moves nodes and strings into the smallest memory that holds them, side by side, and gives back the memory that
    /// they leave.
    ///
    /// For a map that will not grow for a while, or that has lost many scattered entries. O(entries). While it runs, the
    /// map reserves at most what it did before and what it does afterwards together, and 8 bytes for each string.
    /// Where the limit or the system has no room for that, what is left of the nodes moves into gaps between others,
    /// or stays; nothing is lost. So it is if the hasher panics.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u32, u32), u64>::from_iter((0..10_000).map(|n| ((n % 1000, n), 1)));
    /// let before = map.memory().reserved;
    /// map.retain(|(_, n), _| n % 100 == 0);
    /// map.compact();
    /// assert!(map.memory().reserved < before / 4);
    /// ```
    pub fn compact(&mut self) {
        self.tree.compact(&self.hasher);
    }

    /// The mean number of entries in the nodes of each level, rounded up: what
    /// [`with_shape`](NestedMap::with_shape) takes. O(entries).
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u32, u32), u64>::from_iter((0..600).map(|n| ((n % 200, n), 1)));
    /// assert_eq!(map.shape(), [200, 3]);
    /// ```
    #[must_use]
    pub fn shape(&self) -> std_alloc::vec::Vec<usize> {
        self.stats()
            .levels
            .iter()
            .map(|level| level.entries.div_ceil(level.nodes().max(1)))
            .collect()
    }

    /// Checks every node, every string and the arena.
    ///
    /// # Panics
    /// An invariant does not hold; the message names it.
    #[cfg(any(test, tophash_check))]
    #[doc(hidden)]
    pub fn check_invariants(&self) {
        self.tree.check_invariants(&self.hasher);
    }
}
