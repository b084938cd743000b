//! [`ShardedMap`]: tables behind locks, for many threads.
//!
//! No call holds two locks of a map, and no lock is held when a call has returned. So threads that use one map
//! cannot wait for each other in a circle; the one circle left, a closure that calls its own map, is found by
//! [`Held`] before it waits.

mod access;
mod batch;
mod held;
mod iter;
mod nested;
mod route;
mod traits;
mod visit;

use core::hash::{BuildHasher, Hash};
use std_alloc::boxed::Box;

use crate::DefaultHashBuilder;
use crate::alloc::ForShards;
use crate::keyed::rehash;
use crate::raw::{GrowthPolicy, Table};
use crate::sync::{Lock, parallelism};

pub use access::Change;
use held::Held;
pub use iter::{IntoIter, Snapshot};
pub use nested::{IntoIter as NestedIntoIter, ShardedNestedMap};
use route::{Router, shares};

/// Shards for each thread that can run at the same time: enough that two threads seldom want the same one.
const SHARDS_PER_THREAD: usize = 16;

/// A hash map that many threads use at once, through a shared reference.
///
/// The entries are spread over shards, each of them a table of its own behind a lock of its own. A call locks the
/// shard of its key while it runs; nothing that it returns holds a lock. There are no guards to keep alive, so
/// threads that use one map cannot deadlock.
///
/// A shard grows and shrinks a few groups of slots at a time, like [`HashMap`](crate::HashMap): no lock is ever
/// held for a rehash. What removal frees goes back to the allocator.
///
/// # What a closure may do
///
/// The closures given to [`read`](Self::read), [`update`](Self::update), [`upsert`](Self::upsert) and the like run
/// while their shard is locked, so they should be short. A closure must not use the map that it was given to: that
/// would be a thread waiting for itself, and it panics instead. The same holds for the `Hash`, `Eq`, `Clone` and
/// `Drop` of keys and values. A closure may use other maps, up to 16 deep; if two threads use two maps inside of each
/// other's closures in opposite orders, they can deadlock, as with any two locks.
///
/// A panic in a closure leaves the map usable: nothing is poisoned, and the entry is as the closure left it.
///
/// # What threads see
///
/// Calls for one key happen one after another. What goes over the whole map ([`len`](Self::len),
/// [`fold`](Self::fold), [`retain`](Self::retain), [`snapshot`](Self::snapshot) ...) locks one shard after another:
/// it sees each shard at one moment, but not all shards at the same moment. While no other thread writes, it is
/// exact.
///
/// One thread at a time works on a shard, be it only to read: for short work such a lock is faster than one that lets
/// readers share. So a closure must not wait for another thread that uses the map. A thread that waits for a
/// shard may be overtaken, but not for long: after some microseconds the shard is reserved for whoever waits first. One
/// that is held for long is looked at again every millisecond at most.
///
/// # Hashing
///
/// The shard is chosen by bits 40 to 55 of the hash. With a hasher that does not spread keys over the high bits, such
/// as one that returns an integer as it is, all entries go to one shard: correct, but one at a time.
///
/// # Examples
///
/// ```
/// use tophash::ShardedMap;
///
/// let words: ShardedMap<String, u32> = ShardedMap::new();
/// std::thread::scope(|threads| {
///     for text in ["to be or not to be", "to see or not to see"] {
///         let words = &words;
///         threads.spawn(move || {
///             for word in text.split(' ') {
///                 words.upsert(word.to_owned(), || 0, |count| *count += 1);
///             }
///         });
///     }
/// });
/// assert_eq!(words.get("to"), Some(4));
/// assert_eq!(words.len(), 5);
/// ```
pub struct ShardedMap<K, V, S = DefaultHashBuilder> {
    shards: Box<[Shard<K, V>]>,
    router: Router,
    hasher: S,
}

type Entries<K, V> = Table<(K, V), ForShards>;

/// A table that shares no cache line with another, nor the pair of lines that processors fetch together.
#[repr(align(128))]
struct Shard<K, V>(Lock<Entries<K, V>>);

fn empty<K, V>() -> Entries<K, V> {
    Table::new_in(GrowthPolicy::Burst, ForShards)
}

#[cfg(feature = "default-hasher")]
impl<K, V> ShardedMap<K, V> {
    /// An empty map, with a number of shards that suits the threads this machine can run at once.
    ///
    /// Allocates the shards, 128 bytes each, but no room for entries.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map: ShardedMap<&str, i32> = ShardedMap::new();
    /// assert!(map.is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with_hasher(DefaultHashBuilder::default())
    }

    /// An empty map with room for about `capacity` entries.
    ///
    /// O(shards + capacity).
    ///
    /// # Panics
    ///
    /// If the size overflows. If the memory is refused, the program ends as for any failed allocation.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map: ShardedMap<u64, u64> = ShardedMap::with_capacity(1000);
    /// assert!(map.capacity() >= 1000);
    /// ```
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self
    where
        K: Eq + Hash,
    {
        Self::with_capacity_and_hasher(capacity, DefaultHashBuilder::default())
    }

    /// An empty map of so many shards, at least 1 and at most 512.
    ///
    /// More shards let more threads work at once; a map of few entries takes less memory with fewer.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map: ShardedMap<u64, u64> = ShardedMap::with_shards(8);
    /// assert_eq!(map.shards(), 8);
    /// ```
    #[must_use]
    pub fn with_shards(shards: usize) -> Self {
        Self::with_shards_and_hasher(shards, DefaultHashBuilder::default())
    }
}

impl<K, V, S> ShardedMap<K, V, S> {
    /// An empty map that hashes with `hasher`.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::{ShardedMap, hash_map::RandomState};
    /// let map = ShardedMap::with_hasher(RandomState::new());
    /// map.insert(1, 2);
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
    /// use tophash::{ShardedMap, hash_map::RandomState};
    /// let map: ShardedMap<u8, u8> = ShardedMap::with_shards_and_hasher(1, RandomState::new());
    /// assert_eq!(map.shards(), 1);
    /// ```
    #[must_use]
    pub fn with_shards_and_hasher(shards: usize, hasher: S) -> Self {
        let shards = shards.clamp(1, route::MOST);
        Self {
            shards: (0..shards).map(|_| Shard(Lock::new(empty()))).collect(),
            router: Router::new(shards),
            hasher,
        }
    }

    /// The number of shards.
    ///
    /// O(1).
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// assert!(ShardedMap::<u8, u8>::new().shards() >= 1);
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
    /// use tophash::{ShardedMap, hash_map::RandomState};
    /// let map: ShardedMap<u8, u8> = ShardedMap::new();
    /// let _: &RandomState = map.hasher();
    /// ```
    #[inline]
    pub fn hasher(&self) -> &S {
        &self.hasher
    }

    /// The number of entries: exact while no other thread writes, else the sum of what each shard had when its turn
    /// came.
    ///
    /// Takes time in proportion to the number of shards.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// assert_eq!(ShardedMap::from([(1, 'a'), (2, 'b')]).len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.sum(Table::len)
    }

    /// Whether the map has no entry, as exact as [`len`](Self::len).
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// assert!(ShardedMap::<u8, u8>::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        (0..self.shards.len()).all(|shard| self.read_shard(shard, Table::len) == 0)
    }

    /// The number of entries that the shards can hold together before one of them asks for memory.
    ///
    /// One of them may well ask earlier: they do not fill up at the same moment.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map: ShardedMap<u8, u8> = ShardedMap::with_capacity(100);
    /// assert!(map.capacity() >= 100);
    /// ```
    pub fn capacity(&self) -> usize {
        self.sum(Table::capacity)
    }

    /// The memory that the map holds, in bytes, without what its keys and values own elsewhere.
    ///
    /// O(shards).
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map: ShardedMap<u64, u64> = ShardedMap::with_shards(2);
    /// assert_eq!(map.allocation_size(), 2 * 128);
    /// map.insert(1, 2);
    /// assert!(map.allocation_size() > 2 * 128);
    /// ```
    pub fn allocation_size(&self) -> usize {
        size_of_val(&*self.shards) + self.sum(Table::allocation_size)
    }

    fn sum(&self, count: impl Fn(&Entries<K, V>) -> usize) -> usize {
        (0..self.shards.len())
            .map(|shard| self.read_shard(shard, &count))
            .sum()
    }

    /// What this map is known by to [`Held`].
    #[inline]
    fn id(&self) -> usize {
        self.shards.as_ptr().addr()
    }

    #[inline]
    fn read_shard<R>(&self, shard: usize, work: impl FnOnce(&Entries<K, V>) -> R) -> R {
        self.write_shard(shard, |table| work(table))
    }

    #[inline]
    fn write_shard<R>(&self, shard: usize, work: impl FnOnce(&mut Entries<K, V>) -> R) -> R {
        let _held = Held::mark(self.id());
        self.shards[shard].0.write(work)
    }
}

impl<K, V, S> ShardedMap<K, V, S>
where
    K: Eq + Hash,
    S: BuildHasher,
{
    /// An empty map with room for about `capacity` entries that hashes with `hasher`.
    ///
    /// O(shards + capacity).
    ///
    /// # Panics
    ///
    /// As [`with_capacity`](ShardedMap::with_capacity).
    ///
    /// ```
    /// use tophash::{ShardedMap, hash_map::RandomState};
    /// let map: ShardedMap<u8, u8> = ShardedMap::with_capacity_and_hasher(10, RandomState::new());
    /// assert!(map.capacity() >= 10);
    /// ```
    #[must_use]
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        let map = Self::with_hasher(hasher);
        if capacity > 0 {
            map.reserve(capacity);
        }
        map
    }

    /// Makes room for about `additional` more entries, and never shrinks below that by itself.
    ///
    /// Each shard gets room for its share and for as many more as chance is likely to bring it.
    ///
    /// O(shards + entries).
    ///
    /// # Panics
    ///
    /// If the size overflows. If the memory is refused, the program ends as for any failed allocation.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map: ShardedMap<&str, i32> = ShardedMap::new();
    /// map.reserve(10);
    /// assert!(map.capacity() >= 10);
    /// ```
    pub fn reserve(&self, additional: usize) {
        for (shard, share) in shares(self.shards.len()).enumerate() {
            let mean = additional as f64 * share;
            let most = (mean + 3.0 * mean.sqrt()).ceil() as usize;
            self.write_shard(shard, |table| {
                table.reserve(most.min(additional), rehash(&self.hasher));
            });
        }
    }

    /// Gives back as much memory as possible, and forgets what was reserved.
    ///
    /// Locks each shard for as long as moving its entries takes.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map: ShardedMap<i32, i32> = ShardedMap::with_capacity(100);
    /// map.insert(1, 2);
    /// let before = map.allocation_size();
    /// map.shrink_to_fit();
    /// assert!(map.allocation_size() < before);
    /// ```
    pub fn shrink_to_fit(&self) {
        for shard in 0..self.shards.len() {
            self.write_shard(shard, |table| table.shrink_to(0));
        }
    }

    /// Checks every invariant of every shard.
    ///
    /// # Panics
    /// One of them does not hold, or an entry is in the wrong shard.
    #[cfg(tophash_check)]
    #[doc(hidden)]
    pub fn check_invariants(&self) {
        for shard in 0..self.shards.len() {
            self.read_shard(shard, |table| {
                table.check_invariants(rehash(&self.hasher));
                for (key, _) in table.iter() {
                    assert_eq!(self.router.shard(self.hasher.hash_one(key)), shard);
                }
            });
        }
    }
}
