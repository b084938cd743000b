//! A map with keys of several parts, kept as a tree with one level for each part.

mod convert;
mod entry;
mod iter;
mod memory;
mod prefix;
mod prefix_mut;
mod traits;

use core::hash::BuildHasher;
use core::mem;

#[cfg(feature = "serde")]
pub(crate) use convert::Given;
pub use convert::{FromNested, ToNested};
pub use entry::{Entry, OccupiedEntry, VacantEntry};
pub use iter::{DrainPrefix, IntoIter, Iter, IterMut, Keys, Values, ValuesMut};
use memory::Watch;
pub use memory::{LevelStats, NestedStats};
pub use prefix::{Children, Prefix};
pub use prefix_mut::{PrefixEntry, PrefixMut, VacantPrefix};

#[cfg(feature = "default-hasher")]
use crate::DefaultHashBuilder;
use crate::error::{NestedError, TryInsertError};
use crate::raw::tree::Branch;
use crate::raw::tree::{
    Detached, FullKey, KeyPart, MakePath, NestedKey, NewKey, OwnedSuffix, PrefixKey, Suffix, Tree,
};

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
    /// An empty map. Allocates nothing.
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
    /// then. Levels for which the shape has no number, or 1, start small.
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
    /// An empty map that hashes with `hasher`. Allocates nothing.
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

    /// As [`with_shape`](NestedMap::with_shape), for a map that hashes with `hasher`.
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

    /// The hasher.
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

    /// All entries, in no particular order, but those with a common prefix together.
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

    /// All entries, with values that may be changed.
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

    /// All full keys.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, u8), ()>::from_iter([(("a", 1), ())]);
    /// assert_eq!(map.keys().next(), Some(("a", &1)));
    /// ```
    pub fn keys(&self) -> Keys<'_, Root<K, V>> {
        Keys(self.iter())
    }

    /// All values.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10), ((2, 2), 20)]);
    /// assert_eq!(map.values().sum::<u32>(), 30);
    /// ```
    pub fn values(&self) -> Values<'_, Root<K, V>> {
        Values(self.iter())
    }

    /// All values, to be changed.
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

    /// Removes all entries, and gives back all memory but a spare piece.
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
    /// The value of a full key. O(parts) expected.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, i64), char>::from_iter([(("a", 1), 'x')]);
    /// assert_eq!(map.get(("a", 1)), Some(&'x'));
    /// assert_eq!(map.get(("b", 1)), None);
    /// ```
    #[inline]
    pub fn get<Q: FullKey<Root<K, V>>>(&self, key: Q) -> Option<&V> {
        self.tree.root().value(key, &self.hasher)
    }

    /// The value of a full key, to be changed. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// *map.get_mut((1, 1)).unwrap() += 1;
    /// assert_eq!(map[(1, 1)], 11);
    /// ```
    #[inline]
    pub fn get_mut<Q: FullKey<Root<K, V>>>(&mut self, key: Q) -> Option<&mut V> {
        self.tree.get_mut(&key.path(), &self.hasher)
    }

    /// Whether there is an entry with this full key. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// assert!(map.contains_key((1, 1)) && !map.contains_key((1, 2)));
    /// ```
    #[inline]
    pub fn contains_key<Q: FullKey<Root<K, V>>>(&self, key: Q) -> bool {
        self.get(key).is_some()
    }

    /// Sets the value of a key, and returns the one that it had. O(parts) expected.
    ///
    /// Parts that are there already are kept, and nothing is allocated for them.
    ///
    /// # Panics
    /// Memory cannot be had, or the [limit](Self::set_memory_limit) is reached; the message is that of the
    /// [`NestedError`], and the map is as before.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map: NestedMap<(Str, u8), char> = NestedMap::new();
    /// assert_eq!(map.insert(("a", 1), 'x'), None);
    /// assert_eq!(map.insert(("a", 1), 'y'), Some('x'));
    /// ```
    #[inline]
    pub fn insert<Q: NewKey<Root<K, V>>>(&mut self, key: Q, value: V) -> Option<V> {
        match self.try_insert(key, value) {
            Ok(old) => old,
            Err(refused) => fail(refused.error),
        }
    }

    /// Like [`insert`](Self::insert), but says so when memory cannot be had.
    ///
    /// # Errors
    /// The system refuses, the [limit](Self::set_memory_limit) is reached or too small, or a string is too long for it
    /// or has 4 GiB or more: [`NestedError`] tells these apart. The map is as before, and key and value come back.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map: NestedMap<(u8, u8), char> = NestedMap::new();
    /// assert_eq!(map.try_insert((1, 1), 'x')?, None);
    /// # Ok::<(), tophash::nested_map::TryInsertError<(u8, u8), char>>(())
    /// ```
    pub fn try_insert<Q: NewKey<Root<K, V>>>(
        &mut self,
        key: Q,
        value: V,
    ) -> Result<Option<V>, TryInsertError<Q, V>> {
        // As with `entry`, which would be built and taken apart again.
        let path = key.new_path();
        match self.tree.locate(&path, &self.hasher) {
            Ok(mut found) => Ok(Some(mem::replace(found.get_mut(), value))),
            Err(gap) => match entry::fill(gap, path, value, &self.hasher, &mut self.watch) {
                Ok(_) => Ok(None),
                Err(refused) => Err(refused.of_path(Q::from_path)),
            },
        }
    }

    /// The entry of a full key, there or not. O(parts) expected.
    ///
    /// Nothing is allocated before a value is inserted, and nothing at all for parts that are there already.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut hits: NestedMap<(Str, Str), u32> = NestedMap::new();
    /// for (host, page) in [("a", "/"), ("a", "/x"), ("a", "/")] {
    ///     *hits.entry((host, page)).or_default() += 1;
    /// }
    /// assert_eq!(hits[("a", "/")], 2);
    /// ```
    #[inline]
    pub fn entry<Q: NewKey<Root<K, V>>>(&mut self, key: Q) -> Entry<'_, Root<K, V>, Q, S> {
        let path = key.new_path();
        Entry::new(
            self.tree.locate(&path, &self.hasher),
            path,
            &self.hasher,
            &mut self.watch,
        )
    }

    /// Inserts by a list of parts.
    pub(crate) fn put<Q: MakePath<Root<K, V>>>(&mut self, path: Q, value: V) {
        match self.tree.locate(&path, &self.hasher) {
            Ok(mut found) => *found.get_mut() = value,
            Err(gap) => {
                if let Err((error, ..)) = gap.fill(path, value, &self.hasher) {
                    fail(error);
                }
            }
        }
    }

    /// Removes the entry of a full key, and returns its value. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// assert_eq!(map.remove((1, 1)), Some('x'));
    /// assert!(map.is_empty() && !map.contains_prefix((1,)));
    /// ```
    pub fn remove<Q: FullKey<Root<K, V>>>(&mut self, key: Q) -> Option<V> {
        self.tree.remove(&key.path(), &self.hasher)
    }

    /// A view of the entries whose keys begin with `prefix`; empty if there are none. O(parts) expected.
    ///
    /// Keys in the view are tuples of the parts that are left.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, u8, u8), char>::from_iter([(("a", 1, 2), 'x'), (("b", 1, 2), 'y')]);
    /// let a = map.prefix(("a",));
    /// assert_eq!(a.get((1, 2)), Some(&'x'));
    /// assert_eq!(a.iter().next(), Some(((&1, &2), &'x')));
    /// assert!(map.prefix(("c",)).is_empty());
    /// ```
    #[inline]
    pub fn prefix<Q: PrefixKey<Root<K, V>>>(&self, prefix: Q) -> Prefix<'_, Q::Sub, S> {
        Prefix::new(self.tree.root().below(prefix, &self.hasher), &self.hasher)
    }

    /// Whether some key begins with `prefix`. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// assert!(map.contains_prefix((1,)) && !map.contains_prefix((2,)));
    /// ```
    pub fn contains_prefix<Q: PrefixKey<Root<K, V>>>(&self, prefix: Q) -> bool {
        !self.prefix(prefix).is_empty()
    }

    /// The next part of the keys that begin with `prefix`, each once, with a view of what is below it.
    ///
    /// Of the last level, where nothing is below, [`prefix`](Self::prefix) and [`Prefix::iter`] give the entries.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, u8, u8), u32>::from_iter([
    ///     (("a", 1, 1), 10),
    ///     (("a", 1, 2), 20),
    ///     (("a", 2, 1), 40),
    /// ]);
    /// for (b, below) in map.children(("a",)) {
    ///     assert_eq!(below.values().sum::<u32>(), if *b == 1 { 30 } else { 40 });
    /// }
    /// assert_eq!(map.children(()).count(), 1);
    /// ```
    pub fn children<Q, P, L>(&self, prefix: Q) -> Children<'_, P, L, S>
    where
        Q: PrefixKey<Root<K, V>, Sub = Branch<P, L>>,
        P: KeyPart,
        L: Suffix<Value = V>,
    {
        Children::new(self.tree.root().below(prefix, &self.hasher), &self.hasher)
    }

    /// Removes all entries whose keys begin with `prefix`, and returns how many they were.
    ///
    /// Takes time in proportion to what is removed.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x'), ((1, 2), 'y'), ((2, 1), 'z')]);
    /// assert_eq!(map.remove_prefix((1,)), 2);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn remove_prefix<Q: PrefixKey<Root<K, V>>>(&mut self, prefix: Q) -> usize {
        self.tree
            .detach(&prefix.prefix_path(), &self.hasher)
            .map_or(0, Detached::discard)
    }

    /// Removes all entries whose keys begin with `prefix`, and hands them out; keys are what is left of them.
    ///
    /// They are out of the map at once; those that the iterator is not asked for are dropped with it.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map = NestedMap::<(u8, Str), char>::from_iter([((1, "a"), 'x'), ((2, "b"), 'y')]);
    /// let gone: Vec<_> = map.drain_prefix((1,)).collect();
    /// assert_eq!(gone, [((String::from("a"),), 'x')]);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn drain_prefix<Q>(&mut self, prefix: Q) -> DrainPrefix<'_, Q::Sub>
    where
        Q: PrefixKey<Root<K, V>>,
        Q::Sub: OwnedSuffix,
    {
        let gone = self.tree.detach(&prefix.prefix_path(), &self.hasher);
        DrainPrefix(gone.map(|gone| gone.into_taken()))
    }

    /// Keeps the entries for which `keep` is true.
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
