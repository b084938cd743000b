//! The traits of the map as a whole.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use std_alloc::boxed::Box;

use super::held::Held;
use super::{IntoIter, Shard, ShardedMap, Snapshot};
#[cfg(feature = "default-hasher")]
use crate::DefaultHashBuilder;
use crate::sync::Lock;

impl<K: Clone, V: Clone, S: Clone> Clone for ShardedMap<K, V, S> {
    /// Clones one shard after another, with the same number of shards.
    fn clone(&self) -> Self {
        let clone = |shard| Shard(Lock::new(self.read_shard(shard, Clone::clone)));
        Self {
            hasher: self.hasher.clone(),
            shards: (0..self.shards.len()).map(clone).collect::<Box<[_]>>(),
            router: self.router,
        }
    }
}

impl<K, V, S: Default> Default for ShardedMap<K, V, S> {
    /// An empty map.
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S> fmt::Debug for ShardedMap<K, V, S> {
    /// Shows the entries, or `<in use>` inside of one of the map's own closures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Held::is_marked(self.id()) {
            return f.write_str("<in use>");
        }
        let mut map = f.debug_map();
        self.for_each(|key, value| {
            map.entry(key, value);
        });
        map.finish()
    }
}

impl<K, V, S> Extend<(K, V)> for ShardedMap<K, V, S>
where
    K: Eq + Hash,
    S: BuildHasher,
{
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        ShardedMap::extend(self, entries);
    }
}

impl<K, V, S> Extend<(K, V)> for &ShardedMap<K, V, S>
where
    K: Eq + Hash,
    S: BuildHasher,
{
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        ShardedMap::extend(self, entries);
    }
}

impl<K, V, S> FromIterator<(K, V)> for ShardedMap<K, V, S>
where
    K: Eq + Hash,
    S: BuildHasher + Default,
{
    /// A map of the entries; of those that share a key the last one stays.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let map = Self::default();
        map.extend(entries);
        map
    }
}

#[cfg(feature = "default-hasher")]
impl<K: Eq + Hash, V, const N: usize> From<[(K, V); N]> for ShardedMap<K, V, DefaultHashBuilder> {
    /// A map of the entries; of those that share a key the last one stays.
    fn from(entries: [(K, V); N]) -> Self {
        Self::from_iter(entries)
    }
}

impl<K, V, S> IntoIterator for ShardedMap<K, V, S> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter::new(self.into_tables())
    }
}

impl<'a, K: Clone, V: Clone, S> IntoIterator for &'a ShardedMap<K, V, S> {
    type Item = (K, V);
    type IntoIter = Snapshot<'a, K, V, S>;

    /// Clones of the entries: see [`ShardedMap::snapshot`].
    fn into_iter(self) -> Snapshot<'a, K, V, S> {
        self.snapshot()
    }
}
