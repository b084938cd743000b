//! Going over all entries, one shard after another.

use core::mem;
use std_alloc::vec::Vec;

use super::{Entries, IntoIter, ShardedMap, Snapshot, empty};

impl<K, V, S> ShardedMap<K, V, S> {
    /// Shows every entry to `look`, in arbitrary order.
    ///
    /// O(shards + entries).
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, 10), (2, 20)]);
    /// let mut keys = Vec::new();
    /// map.for_each(|key, _| keys.push(*key));
    /// keys.sort();
    /// assert_eq!(keys, [1, 2]);
    /// ```
    pub fn for_each(&self, mut look: impl FnMut(&K, &V)) {
        self.fold((), |(), key, value| look(key, value));
    }

    /// Folds every entry into `init`, in arbitrary order.
    ///
    /// O(shards + entries).
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, 10), (2, 20)]);
    /// assert_eq!(map.fold(0, |sum, key, value| sum + key * value), 50);
    /// ```
    pub fn fold<B>(&self, init: B, mut fold: impl FnMut(B, &K, &V) -> B) -> B {
        (0..self.shards.len()).fold(init, |sum, shard| {
            self.read_shard(shard, |table| {
                table
                    .iter()
                    .fold(sum, |sum, (key, value)| fold(sum, key, value))
            })
        })
    }

    /// Keeps the entries for which `keep` is true, and drops the others. `keep` may change the values.
    ///
    /// O(shards + entries).
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map: ShardedMap<i32, i32> = (0..8).map(|n| (n, n * n)).collect();
    /// map.retain(|key, _| key % 2 == 0);
    /// assert_eq!(map.len(), 4);
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        for shard in 0..self.shards.len() {
            self.write_shard(shard, |table| {
                table.retain(|(key, value)| keep(key, value));
            });
        }
    }

    /// Removes all entries and returns them, in arbitrary order.
    ///
    /// Each shard gives its whole table away, which takes constant time, before the first entry is returned. The
    /// entries belong to the iterator, and so does the memory: what is not taken from it is dropped with it, and
    /// what was reserved is forgotten. Entries that other threads insert meanwhile are in the iterator or stay in
    /// the map, never both.
    ///
    /// O(shards).
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, 10), (2, 20)]);
    /// let entries = map.drain();
    /// assert!(map.is_empty());
    /// assert_eq!(entries.map(|(_, value)| value).sum::<i32>(), 30);
    /// ```
    pub fn drain(&self) -> IntoIter<K, V> {
        IntoIter::new(self.take())
    }

    /// Removes all entries and gives their memory back.
    ///
    /// Each shard is locked for constant time. The entries are dropped when no lock is held any more.
    ///
    /// O(shards), and O(entries) without a lock to drop them.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, 10)]);
    /// map.clear();
    /// assert!(map.is_empty());
    /// ```
    pub fn clear(&self) {
        drop(self.take());
    }

    /// Clones of all entries, in arbitrary order.
    ///
    /// A shard is cloned when the iterator comes to it: the entries of one shard are of one moment, those of another
    /// of a later one. No lock is held between two entries, so what runs in between may use the map. Needs memory
    /// for the entries of one shard.
    ///
    /// O(shards + entries) for all of it.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, 10), (2, 20)]);
    /// for (key, value) in map.snapshot() {
    ///     map.insert(key, value + 1);
    /// }
    /// assert_eq!(map.get(&2), Some(21));
    /// ```
    pub fn snapshot(&self) -> Snapshot<'_, K, V, S>
    where
        K: Clone,
        V: Clone,
    {
        Snapshot::new(self)
    }

    /// Clones of the entries of one shard.
    pub(crate) fn snapshot_of(&self, shard: usize) -> Vec<(K, V)>
    where
        K: Clone,
        V: Clone,
    {
        self.read_shard(shard, |table| {
            let mut entries = Vec::with_capacity(table.len());
            entries.extend(table.iter().cloned());
            entries
        })
    }

    fn take(&self) -> Vec<Entries<K, V>> {
        (0..self.shards.len())
            .map(|shard| self.write_shard(shard, |table| mem::replace(table, empty())))
            .collect()
    }

    /// The tables, without locks.
    pub(crate) fn into_tables(self) -> Vec<Entries<K, V>> {
        self.shards
            .into_iter()
            .map(|shard| shard.0.into_inner())
            .collect()
    }
}
