//! Reading, inserting, changing and removing by key.

use core::hash::{BuildHasher, Hash};
use core::mem;

use equivalent::Equivalent;

use super::{Entries, ShardedMap};
use crate::keyed::{is_key, rehash};
use crate::raw::Entry;

/// What [`ShardedMap::compute`] shall do with an entry.
///
/// ```
/// use tophash::{ShardedMap, sharded_map::Change};
/// let map = ShardedMap::from([("a", 1)]);
/// assert_eq!(map.compute("a", |_| Change::Remove), Some(1));
/// assert_eq!(map.compute("a", |_| Change::Put(2)), None);
/// assert_eq!(map.compute("a", |_| Change::Keep), None);
/// assert_eq!(map.get("a"), Some(2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change<V> {
    /// Leave it as it is, there or not.
    Keep,
    /// Insert this value, or replace the one that is there by it.
    Put(V),
    /// Remove it, if it is there.
    Remove,
}

impl<K, V, S> ShardedMap<K, V, S>
where
    K: Eq + Hash,
    S: BuildHasher,
{
    #[inline]
    fn read_at<R>(&self, hash: u64, work: impl FnOnce(&Entries<K, V>) -> R) -> R {
        self.write_at(hash, move |table| work(table))
    }

    /// Runs `work` on the shard of a hash. The lock keeps the processor from running ahead of it, so that the waits for
    /// memory of one call would come one after another if they were not begun together.
    #[inline]
    fn write_at<R>(&self, hash: u64, work: impl FnOnce(&mut Entries<K, V>) -> R) -> R {
        self.write_shard(self.router.shard(hash), move |table| {
            table.prefetch(hash);
            work(table)
        })
    }

    /// A clone of the value of `key`.
    ///
    /// The key may be any form of the map's key type that hashes and compares like it: `&str` for `String`,
    /// [`Parts`](crate::Parts) for a tuple. To read without cloning, use [`read`](Self::read).
    ///
    /// O(1) expected, besides the wait for the shard and the clone.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(String::from("a"), 1)]);
    /// assert_eq!(map.get("a"), Some(1));
    /// assert_eq!(map.get("b"), None);
    /// ```
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        self.read(key, V::clone)
    }

    /// Shows the value of `key` to `look`, and returns what that returns; `None` if there is no such entry.
    ///
    /// The shard is locked meanwhile, for readers, too.
    ///
    /// O(1) expected, besides the wait for the shard and what `look` takes.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, String::from("one"))]);
    /// assert_eq!(map.read(&1, |name| name.len()), Some(3));
    /// assert_eq!(map.read(&2, |name| name.len()), None);
    /// ```
    #[inline]
    pub fn read<Q, R>(&self, key: &Q, look: impl FnOnce(&V) -> R) -> Option<R>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        self.read_at(hash, move |table| {
            let (_, value) = table.find(hash, is_key(key))?;
            Some(look(value))
        })
    }

    /// Whether the map has an entry of `key`.
    ///
    /// O(1) expected, besides the wait for the shard.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, 'a')]);
    /// assert!(map.contains_key(&1) && !map.contains_key(&2));
    /// ```
    #[inline]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.read(key, |_| ()).is_some()
    }

    /// Inserts an entry, and returns the value that the key had before. The key that was there stays.
    ///
    /// O(1) expected, besides the wait for the shard; growing is shared out among the insertions.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures, or if the size overflows.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::new();
    /// assert_eq!(map.insert(1, 'a'), None);
    /// assert_eq!(map.insert(1, 'b'), Some('a'));
    /// ```
    #[inline]
    pub fn insert(&self, key: K, value: V) -> Option<V> {
        let hash = self.hasher.hash_one(&key);
        // The key that is not needed leaves the closure, so that it is dropped when the lock is gone.
        let (_, old) = self.write_at(hash, move |table| {
            match table.entry(hash, is_key(&key), rehash(&self.hasher)) {
                Entry::Occupied(mut entry) => {
                    Some((key, mem::replace(&mut entry.get_mut().1, value)))
                }
                Entry::Vacant(room) => {
                    room.insert((key, value));
                    None
                }
            }
        })?;
        Some(old)
    }

    /// Removes the entry of `key` and returns its value.
    ///
    /// O(1) expected, besides the wait for the shard; giving memory back is shared out among the removals.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, 'a')]);
    /// assert_eq!(map.remove(&1), Some('a'));
    /// assert_eq!(map.remove(&1), None);
    /// ```
    #[inline]
    pub fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let (_, value) = self.write_at(hash, move |table| table.remove(hash, is_key(key)))?;
        Some(value)
    }

    /// Lets `change` change the value of `key`, and returns what that returns; `None` if there is no such entry.
    ///
    /// O(1) expected, besides the wait for the shard and what `change` takes.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, vec!['a'])]);
    /// map.update(&1, |letters| letters.push('b'));
    /// assert_eq!(map.get(&1), Some(vec!['a', 'b']));
    /// assert_eq!(map.update(&2, |letters| letters.push('b')), None);
    /// ```
    #[inline]
    pub fn update<Q, R>(&self, key: &Q, change: impl FnOnce(&mut V) -> R) -> Option<R>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        self.write_at(hash, move |table| {
            let (_, value) = table.find_mut(hash, is_key(key))?;
            Some(change(value))
        })
    }

    /// Inserts what `new` makes if `key` has no entry, then lets `change` change the value, new or not, and returns
    /// what that returns.
    ///
    /// All of this is one step for other threads. `|| 0` and `|n| *n += 1` count; `|v| v.clone()` makes it a
    /// get-or-insert, in which `new` runs once however many threads ask for the key.
    ///
    /// O(1) expected, besides the wait for the shard and what the closures take.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures, or if the size overflows. If `new` panics, nothing is
    /// inserted; if `change` panics, the entry stays as it was left.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let hits = ShardedMap::new();
    /// for page in ["/", "/about", "/"] {
    ///     hits.upsert(page, || 0, |count| *count += 1);
    /// }
    /// assert_eq!(hits.get("/"), Some(2));
    ///
    /// let cache = ShardedMap::new();
    /// assert_eq!(cache.upsert(12, || 12 * 12, |square| *square), 144);
    /// assert_eq!(cache.upsert(12, || unreachable!(), |square| *square), 144);
    /// ```
    #[inline]
    pub fn upsert<R>(
        &self,
        key: K,
        new: impl FnOnce() -> V,
        change: impl FnOnce(&mut V) -> R,
    ) -> R {
        let hash = self.hasher.hash_one(&key);
        let (result, _unused_key) = self.write_at(hash, move |table| {
            match table.entry(hash, is_key(&key), rehash(&self.hasher)) {
                Entry::Occupied(entry) => (change(&mut entry.into_mut().1), Some(key)),
                Entry::Vacant(room) => (change(&mut room.insert((key, new())).1), None),
            }
        });
        result
    }

    /// Shows the value of `key`, or that there is none, to `decide`, and does what that says, all in one step.
    ///
    /// `decide` may also change the value in place. Returns the value that was replaced or removed.
    ///
    /// O(1) expected, besides the wait for the shard and what `decide` takes.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures, or if the size overflows. If `decide` panics, nothing
    /// is inserted or removed.
    ///
    /// ```
    /// use tophash::{ShardedMap, sharded_map::Change};
    /// let stock = ShardedMap::from([("tea", 2)]);
    /// let sell = |item| {
    ///     stock.compute(item, |left| match left {
    ///         None => Change::Keep,
    ///         Some(1) => Change::Remove,
    ///         Some(left) => Change::Put(*left - 1),
    ///     })
    /// };
    /// assert_eq!(sell("tea"), Some(2));
    /// assert_eq!(sell("tea"), Some(1));
    /// assert_eq!(sell("tea"), None);
    /// assert!(stock.is_empty());
    /// ```
    #[inline]
    pub fn compute(&self, key: K, decide: impl FnOnce(Option<&mut V>) -> Change<V>) -> Option<V> {
        let hash = self.hasher.hash_one(&key);
        let (old, _unused_keys) = self.write_at(hash, move |table| {
            match table.entry(hash, is_key(&key), rehash(&self.hasher)) {
                Entry::Occupied(mut entry) => match decide(Some(&mut entry.get_mut().1)) {
                    Change::Keep => (None, (Some(key), None)),
                    Change::Put(value) => {
                        let old = mem::replace(&mut entry.get_mut().1, value);
                        (Some(old), (Some(key), None))
                    }
                    Change::Remove => {
                        let (stored, old) = entry.remove();
                        (Some(old), (Some(key), Some(stored)))
                    }
                },
                Entry::Vacant(room) => match decide(None) {
                    Change::Keep | Change::Remove => (None, (Some(key), None)),
                    Change::Put(value) => {
                        room.insert((key, value));
                        (None, (None, None))
                    }
                },
            }
        });
        old
    }
}
