//! Iterators that own what they return.

use core::fmt;
use core::iter::FusedIterator;
use std_alloc::vec::{self, Vec};

use super::{Entries, ShardedMap};
use crate::alloc::ForShards;
use crate::raw;

/// The entries of a map, by value; see [`ShardedMap::drain`].
///
/// ```
/// use tophash::ShardedMap;
/// let map = ShardedMap::from([(1, 'a'), (2, 'b')]);
/// let entries = map.into_iter();
/// assert_eq!(entries.len(), 2);
/// ```
pub struct IntoIter<K, V> {
    current: Option<raw::IntoIter<(K, V), ForShards>>,
    tables: vec::IntoIter<Entries<K, V>>,
    left: usize,
}

impl<K, V> IntoIter<K, V> {
    pub(super) fn new(tables: Vec<Entries<K, V>>) -> Self {
        IntoIter {
            current: None,
            left: tables.iter().map(raw::Table::len).sum(),
            tables: tables.into_iter(),
        }
    }
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        loop {
            if let Some(entry) = self.current.as_mut().and_then(Iterator::next) {
                self.left -= 1;
                return Some(entry);
            }
            self.current = Some(self.tables.next()?.into_iter());
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K, V> ExactSizeIterator for IntoIter<K, V> {}
impl<K, V> FusedIterator for IntoIter<K, V> {}

impl<K, V> fmt::Debug for IntoIter<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// Clones of the entries of a map, shard by shard; see [`ShardedMap::snapshot`].
///
/// ```
/// use tophash::ShardedMap;
/// let map = ShardedMap::from([(1, 'a'), (2, 'b')]);
/// let mut entries: Vec<_> = map.snapshot().collect();
/// entries.sort();
/// assert_eq!(entries, [(1, 'a'), (2, 'b')]);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Snapshot<'a, K, V, S> {
    map: &'a ShardedMap<K, V, S>,
    current: vec::IntoIter<(K, V)>,
    next: usize,
}

impl<'a, K, V, S> Snapshot<'a, K, V, S> {
    pub(super) fn new(map: &'a ShardedMap<K, V, S>) -> Self {
        Snapshot {
            map,
            current: Vec::new().into_iter(),
            next: 0,
        }
    }
}

impl<K: Clone, V: Clone, S> Iterator for Snapshot<'_, K, V, S> {
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        loop {
            if let Some(entry) = self.current.next() {
                return Some(entry);
            }
            if self.next == self.map.shards() {
                return None;
            }
            self.current = self.map.snapshot_of(self.next).into_iter();
            self.next += 1;
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let ready = self.current.len();
        let last = self.next == self.map.shards();
        (ready, last.then_some(ready))
    }
}

impl<K: Clone, V: Clone, S> FusedIterator for Snapshot<'_, K, V, S> {}

impl<K, V, S> fmt::Debug for Snapshot<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("shards_left", &(self.map.shards() - self.next))
            .finish_non_exhaustive()
    }
}
