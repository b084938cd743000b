//! [`ShardedNestedMap`]: nested maps behind locks, sharded by the first part of the key.

mod traits;

use core::hash::BuildHasher;
use core::mem;
use std_alloc::boxed::Box;
use std_alloc::vec::Vec;

use super::held::Held;
use super::route::{self, Router};
use super::{DefaultHashBuilder, Lock, SHARDS_PER_THREAD, parallelism};
use crate::MemoryStats;
use crate::nested::{Prefix, Root, fail};
use crate::raw::tree::{
    Detached, FullKey, MakePath, NestedKey, NewKey, PrefixKey, PrefixPath, Routed, Suffix, Tree,
};

pub use traits::IntoIter;

/// A [`NestedMap`](crate::NestedMap) that many threads use at once, through a shared reference.
///
/// The first part of a key chooses the shard, a nested map with an arena of its own behind a lock of its own. So
/// everything that begins with one first part is in one shard: a prefix is read or removed in one step. Entries
/// whose keys all begin with the same part are all behind one lock.
///
/// All that [`ShardedMap`](crate::ShardedMap) says of closures, panics and what threads see holds here as well: no
/// lock outlives a call, a closure that calls its own map panics instead of waiting for itself, and a panic leaves the
/// map usable. What removal drops is dropped under the lock of its shard, but for values that are returned.
///
/// A shard takes no memory before its first entry, and then at least 8 KiB: for few entries take few shards.
///
/// ```
/// use tophash::{ShardedNestedMap, Str};
///
/// let lines: ShardedNestedMap<(Str, Str), u32> = ShardedNestedMap::new();
/// std::thread::scope(|threads| {
///     for (author, file) in [("ann", "a.rs"), ("ann", "b.rs"), ("ben", "a.rs")] {
///         let lines = &lines;
///         threads.spawn(move || lines.upsert((author, file), || 0, |n| *n += 1));
///     }
/// });
/// assert_eq!(lines.read_prefix(("ann",), |files| files.len()), 2);
/// assert_eq!(lines.remove_prefix(("ann",)), 2);
/// assert_eq!(lines.len(), 1);
/// ```
pub struct ShardedNestedMap<K: NestedKey, V, S = DefaultHashBuilder> {
    shards: Box<[Shard<K, V>]>,
    router: Router,
    hasher: S,
}

pub(crate) type Levels<K, V> = Tree<Root<K, V>>;

/// A tree that shares no cache line with another, nor the pair of lines that processors fetch together.
#[repr(align(128))]
struct Shard<K: NestedKey, V>(Lock<Levels<K, V>>);

#[cfg(feature = "default-hasher")]
impl<K: NestedKey, V> ShardedNestedMap<K, V> {
    /// An empty map, with a number of shards that suits the threads this machine can run at once.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map: ShardedNestedMap<(u8, u8), char> = ShardedNestedMap::new();
    /// assert!(map.is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_hasher(DefaultHashBuilder::default())
    }

    /// An empty map of so many shards, at least 1 and at most 512.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map: ShardedNestedMap<(u8, u8), char> = ShardedNestedMap::with_shards(8);
    /// assert_eq!(map.shards(), 8);
    /// ```
    #[must_use]
    pub fn with_shards(shards: usize) -> Self {
        Self::with_shards_and_hasher(shards, DefaultHashBuilder::default())
    }
}

impl<K: NestedKey, V, S> ShardedNestedMap<K, V, S> {
    /// An empty map that hashes with `hasher`.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::{ShardedNestedMap, hash_map::RandomState};
    /// let map = ShardedNestedMap::<(u8, u8), char, _>::with_hasher(RandomState::new());
    /// assert!(map.is_empty());
    /// ```
    #[must_use]
    pub fn with_hasher(hasher: S) -> Self {
        Self::with_shards_and_hasher(SHARDS_PER_THREAD * parallelism(), hasher)
    }

    /// An empty map of so many shards, at least 1 and at most 512, that hashes with `hasher`.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::{ShardedNestedMap, hash_map::RandomState};
    /// let map = ShardedNestedMap::<(u8, u8), char, _>::with_shards_and_hasher(1, RandomState::new());
    /// assert_eq!(map.shards(), 1);
    /// ```
    #[must_use]
    pub fn with_shards_and_hasher(shards: usize, hasher: S) -> Self {
        let shards = shards.clamp(1, route::MOST);
        Self {
            shards: (0..shards).map(|_| Shard(Lock::new(Tree::new()))).collect(),
            router: Router::new(shards),
            hasher,
        }
    }

    /// The number of shards.
    ///
    /// O(1).
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// assert!(ShardedNestedMap::<(u8, u8), char>::new().shards() >= 1);
    /// ```
    #[must_use]
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// The hasher builder of the map.
    ///
    /// O(1).
    ///
    /// ```
    /// use tophash::{DefaultHashBuilder, ShardedNestedMap};
    /// let map: ShardedNestedMap<(u8, u8), char> = ShardedNestedMap::new();
    /// let _: &DefaultHashBuilder = map.hasher();
    /// ```
    pub fn hasher(&self) -> &S {
        &self.hasher
    }

    /// The number of entries: exact while no other thread writes, else the sum of what each shard had when its turn
    /// came. O(shards).
    ///
    /// # Panics
    /// If called from inside of one of this map's closures; so do all the calls below.
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x'), ((2, 1), 'y')]);
    /// assert_eq!(map.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        (0..self.shards.len())
            .map(|shard| self.read_shard(shard, Tree::len))
            .sum()
    }

    /// Whether the map has no entry, as exact as [`len`](Self::len).
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// assert!(ShardedNestedMap::<(u8, u8), char>::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        (0..self.shards.len()).all(|shard| self.read_shard(shard, Tree::len) == 0)
    }

    /// The memory of all shards together, in bytes, without what values and parts own elsewhere.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), char>::new();
    /// assert_eq!(map.memory().reserved, 0);
    /// map.insert((1, 1), 'x');
    /// assert!(map.memory().live > 0);
    /// ```
    pub fn memory(&self) -> MemoryStats {
        (0..self.shards.len())
            .map(|shard| self.read_shard(shard, |tree| tree.arena().stats()))
            .fold(MemoryStats::default(), |sum, one| sum.plus(&one))
    }

    /// Shows every entry to `look`, in arbitrary order, but those with a common prefix together.
    ///
    /// O(shards + entries).
    ///
    /// ```
    /// use tophash::{ShardedNestedMap, Str};
    /// let map = ShardedNestedMap::<(Str, u8), u32>::from_iter([(("a", 1), 10), (("b", 1), 20)]);
    /// let mut sum = 0;
    /// map.for_each(|(_name, _day), n| sum += n);
    /// assert_eq!(sum, 30);
    /// ```
    pub fn for_each(&self, mut look: impl FnMut(<Root<K, V> as Suffix>::Ref<'_>, &V)) {
        for shard in 0..self.shards.len() {
            self.read_shard(shard, |tree| {
                tree.leaves().for_each(|(key, value)| look(key, value));
            });
        }
    }

    /// Removes all entries, and gives back their memory. They are dropped when no lock is held any more.
    ///
    /// O(shards), and O(entries) without a lock to drop them.
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// map.clear();
    /// assert!(map.is_empty());
    /// ```
    pub fn clear(&self) {
        for shard in 0..self.shards.len() {
            drop(self.write_shard(shard, |tree| mem::replace(tree, Tree::new())));
        }
    }

    /// The trees, without locks.
    pub(crate) fn into_trees(self) -> Vec<Levels<K, V>> {
        let trees = self.shards.into_iter().map(|shard| shard.0.into_inner());
        trees.collect()
    }

    /// What this map is known by to [`Held`].
    #[inline]
    fn id(&self) -> usize {
        self.shards.as_ptr().addr()
    }

    #[inline]
    fn read_shard<R>(&self, shard: usize, work: impl FnOnce(&Levels<K, V>) -> R) -> R {
        self.write_shard(shard, |tree| work(tree))
    }

    #[inline]
    fn write_shard<R>(&self, shard: usize, work: impl FnOnce(&mut Levels<K, V>) -> R) -> R {
        let _held = Held::mark(self.id());
        self.shards[shard].0.write(work)
    }
}

impl<K: NestedKey, V, S: BuildHasher> ShardedNestedMap<K, V, S> {
    #[inline]
    fn shard_of(&self, path: &impl Routed<Root<K, V>>) -> usize {
        self.router.shard(path.first_hash(&self.hasher))
    }

    /// A clone of the value of a full key. O(parts) expected.
    ///
    /// ```
    /// use tophash::{ShardedNestedMap, Str};
    /// let map = ShardedNestedMap::<(Str, i64), char>::from_iter([(("a", 1), 'x')]);
    /// assert_eq!(map.get(("a", 1)), Some('x'));
    /// assert_eq!(map.get(("b", 1)), None);
    /// ```
    #[inline]
    pub fn get<Q>(&self, key: Q) -> Option<V>
    where
        Q: FullKey<Root<K, V>, Path: Routed<Root<K, V>>>,
        V: Clone,
    {
        self.read(key, V::clone)
    }

    /// Shows the value of a full key to `look`, and returns what that returns; `None` if there is no such entry.
    ///
    /// O(parts) expected, besides the wait for the shard and what `look` takes.
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), String>::from_iter([((1, 1), String::from("one"))]);
    /// assert_eq!(map.read((1, 1), |name| name.len()), Some(3));
    /// ```
    #[inline]
    pub fn read<Q, R>(&self, key: Q, look: impl FnOnce(&V) -> R) -> Option<R>
    where
        Q: FullKey<Root<K, V>, Path: Routed<Root<K, V>>>,
    {
        let path = key.path();
        self.read_shard(self.shard_of(&path), |tree| {
            tree.root().value_at(&path, &self.hasher).map(look)
        })
    }

    /// Whether there is an entry with this full key.
    ///
    /// O(parts) expected, besides the wait for the shard.
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// assert!(map.contains_key((1, 1)) && !map.contains_key((1, 2)));
    /// ```
    #[inline]
    pub fn contains_key<Q>(&self, key: Q) -> bool
    where
        Q: FullKey<Root<K, V>, Path: Routed<Root<K, V>>>,
    {
        self.read(key, |_| ()).is_some()
    }

    /// Sets the value of a key, and returns the one that it had.
    ///
    /// O(parts) expected, besides the wait for the shard. A node that grows moves up to 16,384 entries.
    ///
    /// # Panics
    /// Memory cannot be had.
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map: ShardedNestedMap<(u8, u8), char> = ShardedNestedMap::new();
    /// assert_eq!(map.insert((1, 1), 'x'), None);
    /// assert_eq!(map.insert((1, 1), 'y'), Some('x'));
    /// ```
    pub fn insert<Q>(&self, key: Q, value: V) -> Option<V>
    where
        Q: NewKey<Root<K, V>, Path: Routed<Root<K, V>>>,
    {
        self.put(key.new_path(), value)
    }

    /// Inserts by a list of parts.
    pub(crate) fn put<Q>(&self, path: Q, value: V) -> Option<V>
    where
        Q: MakePath<Root<K, V>> + Routed<Root<K, V>>,
    {
        self.write_shard(self.shard_of(&path), |tree| {
            match tree.locate(&path, &self.hasher) {
                Ok(mut found) => Some(mem::replace(found.get_mut(), value)),
                Err(gap) => match gap.fill(path, value, &self.hasher) {
                    Ok(_) => None,
                    Err((error, ..)) => fail(error),
                },
            }
        })
    }

    /// Inserts what `new` makes if the key has no entry, then lets `change` change the value, new or not, and returns
    /// what that returns. One step for other threads.
    ///
    /// As [`insert`](Self::insert), and what the closures take.
    ///
    /// # Panics
    /// Memory cannot be had. If `new` panics, nothing is inserted; if `change` panics, the entry stays as it was left.
    ///
    /// ```
    /// use tophash::{ShardedNestedMap, Str};
    /// let hits: ShardedNestedMap<(Str, Str), u32> = ShardedNestedMap::new();
    /// for page in ["/", "/about", "/"] {
    ///     hits.upsert(("host", page), || 0, |count| *count += 1);
    /// }
    /// assert_eq!(hits.get(("host", "/")), Some(2));
    /// ```
    pub fn upsert<Q, R>(
        &self,
        key: Q,
        new: impl FnOnce() -> V,
        change: impl FnOnce(&mut V) -> R,
    ) -> R
    where
        Q: NewKey<Root<K, V>, Path: Routed<Root<K, V>>>,
    {
        let path = key.new_path();
        self.write_shard(self.shard_of(&path), |tree| {
            let found = match tree.locate(&path, &self.hasher) {
                Ok(found) => found,
                Err(gap) => match gap.fill(path, new(), &self.hasher) {
                    Ok(found) => found,
                    Err((error, ..)) => fail(error),
                },
            };
            change(found.into_mut())
        })
    }

    /// Lets `change` change the value of a full key, and returns what that returns; `None` if there is no such entry.
    ///
    /// O(parts) expected, besides the wait for the shard and what `change` takes.
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// assert_eq!(map.update((1, 1), |n| { *n += 1; *n }), Some(11));
    /// assert_eq!(map.update((1, 2), |n| *n += 1), None);
    /// ```
    pub fn update<Q, R>(&self, key: Q, change: impl FnOnce(&mut V) -> R) -> Option<R>
    where
        Q: FullKey<Root<K, V>, Path: Routed<Root<K, V>>>,
    {
        let path = key.path();
        self.write_shard(self.shard_of(&path), |tree| {
            tree.get_mut(&path, &self.hasher).map(change)
        })
    }

    /// Removes the entry of a full key, and returns its value.
    ///
    /// O(parts) expected, besides the wait for the shard. A node that shrinks moves its entries.
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// assert_eq!(map.remove((1, 1)), Some('x'));
    /// assert!(!map.contains_prefix((1,)));
    /// ```
    pub fn remove<Q>(&self, key: Q) -> Option<V>
    where
        Q: FullKey<Root<K, V>, Path: Routed<Root<K, V>>>,
    {
        let path = key.path();
        self.write_shard(self.shard_of(&path), |tree| {
            tree.remove(&path, &self.hasher)
        })
    }

    /// Whether some key begins with `prefix`, which has at least one part.
    ///
    /// O(parts) expected, besides the wait for the shard.
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// assert!(map.contains_prefix((1,)) && !map.contains_prefix((2,)));
    /// ```
    pub fn contains_prefix<Q>(&self, prefix: Q) -> bool
    where
        Q: PrefixKey<Root<K, V>, Path: Routed<Root<K, V>>>,
    {
        self.read_prefix(prefix, |view| !view.is_empty())
    }

    /// Shows a view of the entries whose keys begin with `prefix`, which may be none, to `look`, and returns what that
    /// returns. The prefix has at least one part.
    ///
    /// No other thread writes to these entries meanwhile: what the view shows is of one moment.
    ///
    /// O(parts) expected, besides the wait for the shard and what `look` takes.
    ///
    /// ```
    /// use tophash::{ShardedNestedMap, Str};
    /// let map = ShardedNestedMap::<(Str, u8), u32>::from_iter([(("a", 1), 10), (("a", 2), 20)]);
    /// assert_eq!(map.read_prefix(("a",), |days| days.values().sum::<u32>()), 30);
    /// assert_eq!(map.read_prefix(("b",), |days| days.len()), 0);
    /// ```
    pub fn read_prefix<Q, R>(&self, prefix: Q, look: impl FnOnce(Prefix<'_, Q::Sub, S>) -> R) -> R
    where
        Q: PrefixKey<Root<K, V>, Path: Routed<Root<K, V>>>,
    {
        let path = prefix.prefix_path();
        self.read_shard(self.shard_of(&path), |tree| {
            look(Prefix::new(
                path.descend(tree.root(), &self.hasher),
                &self.hasher,
            ))
        })
    }

    /// Removes all entries whose keys begin with `prefix`, in one step for other threads, and returns how many they
    /// were. The prefix has at least one part; [`clear`](Self::clear) is for the whole.
    ///
    /// O(parts + entries removed) expected, besides the wait for the shard.
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x'), ((1, 2), 'y'), ((2, 1), 'z')]);
    /// assert_eq!(map.remove_prefix((1,)), 2);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn remove_prefix<Q>(&self, prefix: Q) -> usize
    where
        Q: PrefixKey<Root<K, V>, Path: Routed<Root<K, V>>>,
    {
        let path = prefix.prefix_path();
        self.write_shard(self.shard_of(&path), |tree| {
            tree.detach(&path, &self.hasher)
                .map_or(0, Detached::discard)
        })
    }

    /// Keeps the entries for which `keep` is true. `keep` may change the values.
    ///
    /// O(shards + entries).
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10), ((2, 1), 20)]);
    /// map.retain(|(a, _), _| *a == 1);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(<Root<K, V> as Suffix>::Ref<'_>, &mut V) -> bool) {
        for shard in 0..self.shards.len() {
            self.write_shard(shard, |tree| tree.retain(&self.hasher, &mut keep));
        }
    }

    /// Moves the nodes of each shard into the smallest memory that holds them, and gives back what becomes free.
    ///
    /// Locks each shard for as long as that takes.
    ///
    /// O(shards + entries).
    ///
    /// ```
    /// use tophash::ShardedNestedMap;
    /// let map = ShardedNestedMap::<(u32, u32), u64>::from_iter((0..9000).map(|n| ((n % 900, n), 1)));
    /// map.retain(|(_, n), _| n % 100 == 0);
    /// let before = map.memory().reserved;
    /// map.compact();
    /// assert!(map.memory().reserved < before);
    /// ```
    pub fn compact(&self) {
        for shard in 0..self.shards.len() {
            self.write_shard(shard, |tree| tree.compact(&self.hasher));
        }
    }

    /// Checks every invariant of every shard.
    ///
    /// # Panics
    /// One of them does not hold.
    #[cfg(tophash_check)]
    #[doc(hidden)]
    pub fn check_invariants(&self) {
        for shard in 0..self.shards.len() {
            self.read_shard(shard, |tree| tree.check_invariants(&self.hasher));
        }
    }
}
