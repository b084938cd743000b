//! Parallel iterators of the concurrent map: its shards are worked on in parallel, and nothing is gathered first.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use std_alloc::vec::Vec;

use ::rayon::iter::plumbing::UnindexedConsumer;
use ::rayon::iter::{FromParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator};

use crate::ShardedMap;
use crate::alloc::ForShards;
use crate::raw::Table;

/// The entries of a map by value, its shards in parallel.
///
/// ```
/// use rayon::prelude::*;
/// use tophash::ShardedMap;
/// let map = ShardedMap::from([(1, 10), (2, 20)]);
/// assert_eq!(map.into_par_iter().map(|(key, value)| key * value).sum::<i32>(), 50);
/// ```
pub struct ParIntoIter<K, V> {
    tables: Vec<Table<(K, V), ForShards>>,
}

impl<K: Send, V: Send> ParallelIterator for ParIntoIter<K, V> {
    type Item = (K, V);

    fn drive_unindexed<C: UnindexedConsumer<(K, V)>>(self, consumer: C) -> C::Result {
        let entries = self.tables.into_par_iter().flat_map_iter(|table| table);
        entries.drive_unindexed(consumer)
    }
}

impl<K, V> fmt::Debug for ParIntoIter<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParIntoIter").finish_non_exhaustive()
    }
}

/// Clones of the entries of a map, its shards in parallel. Each shard is cloned when its turn comes, as in
/// [`ShardedMap::snapshot`], and no lock is held while the clones are worked on.
///
/// ```
/// use rayon::prelude::*;
/// use tophash::ShardedMap;
/// let map = ShardedMap::from([(1, 10), (2, 20)]);
/// map.par_iter().for_each(|(key, value)| {
///     map.insert(key, value + 1);
/// });
/// assert_eq!(map.get(&1), Some(11));
/// ```
pub struct ParSnapshot<'a, K, V, S> {
    map: &'a ShardedMap<K, V, S>,
}

impl<K, V, S> ParallelIterator for ParSnapshot<'_, K, V, S>
where
    K: Clone + Send + Sync,
    V: Clone + Send + Sync,
    S: Sync,
{
    type Item = (K, V);

    fn drive_unindexed<C: UnindexedConsumer<(K, V)>>(self, consumer: C) -> C::Result {
        let shards = (0..self.map.shards()).into_par_iter();
        let entries = shards.flat_map_iter(|shard| self.map.snapshot_of(shard));
        entries.drive_unindexed(consumer)
    }
}

impl<K, V, S> fmt::Debug for ParSnapshot<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParSnapshot").finish_non_exhaustive()
    }
}

impl<K: Send, V: Send, S> IntoParallelIterator for ShardedMap<K, V, S> {
    type Item = (K, V);
    type Iter = ParIntoIter<K, V>;

    fn into_par_iter(self) -> ParIntoIter<K, V> {
        ParIntoIter {
            tables: self.into_tables(),
        }
    }
}

impl<'a, K, V, S> IntoParallelIterator for &'a ShardedMap<K, V, S>
where
    K: Clone + Send + Sync,
    V: Clone + Send + Sync,
    S: Sync,
{
    type Item = (K, V);
    type Iter = ParSnapshot<'a, K, V, S>;

    fn into_par_iter(self) -> ParSnapshot<'a, K, V, S> {
        ParSnapshot { map: self }
    }
}

impl<K, V, S> ParallelExtend<(K, V)> for &ShardedMap<K, V, S>
where
    K: Eq + Hash + Send + Sync,
    V: Send + Sync,
    S: BuildHasher + Sync,
{
    /// Makes the entries and inserts them in parallel. Of those that share a key, any may be the one that stays.
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        let map: &ShardedMap<K, V, S> = self;
        entries.into_par_iter().for_each(|(key, value)| {
            map.insert(key, value);
        });
    }
}

impl<K, V, S> ParallelExtend<(K, V)> for ShardedMap<K, V, S>
where
    K: Eq + Hash + Send + Sync,
    V: Send + Sync,
    S: BuildHasher + Sync,
{
    /// Makes the entries and inserts them in parallel. Of those that share a key, any may be the one that stays.
    fn par_extend<I: IntoParallelIterator<Item = (K, V)>>(&mut self, entries: I) {
        (&*self).par_extend(entries);
    }
}

impl<K, V, S> FromParallelIterator<(K, V)> for ShardedMap<K, V, S>
where
    K: Eq + Hash + Send + Sync,
    V: Send + Sync,
    S: BuildHasher + Default + Sync,
{
    /// A map of the entries. Of those that share a key, any may be the one that stays.
    fn from_par_iter<I: IntoParallelIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.par_extend(entries);
        map
    }
}
