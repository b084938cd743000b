//! Many keys in one call: each shard is locked once, where that pays.

use core::hash::{BuildHasher, Hash};
use core::mem;
use std_alloc::{vec, vec::Vec};

use equivalent::Equivalent;

use super::ShardedMap;
use super::route::MOST;
use crate::keyed::{is_key, rehash};
use crate::raw::Entry;

/// How many keys of one shard are looked up together,
const BATCH: usize = 32;
/// unless they are fewer than this: then there is little to overlap.
const FEW: usize = 4;

/// Keys for each shard up to which a batch is a row of single calls: sorting them by shard would cost more than it
/// saves.
const SPARSE: usize = 2;

/// Entries that `extend` gathers before it locks shards.
const GATHER: usize = 1024;

/// No key, as the number of one.
const NONE: usize = usize::MAX;

/// One key of a batch.
#[derive(Clone, Copy)]
struct Place {
    hash: u64,
    /// The number of the next key of the same shard.
    next: usize,
}

impl Place {
    const NEW: Self = Place {
        hash: 0,
        next: NONE,
    };
}

/// The number of the first key of each shard.
type Firsts = [usize; MOST];

impl<K, V, S> ShardedMap<K, V, S>
where
    K: Eq + Hash,
    S: BuildHasher,
{
    /// Whether a batch of so many keys is looked up faster by single calls.
    #[inline]
    fn is_sparse(&self, keys: usize) -> bool {
        keys <= SPARSE * self.shards.len()
    }

    /// Links the keys of each shard, in their order. `key` gives the key of a number.
    fn link<'q, Q>(&self, places: &mut [Place], key: impl Fn(usize) -> Option<&'q Q>) -> Firsts
    where
        Q: Hash + ?Sized + 'q,
    {
        let mut firsts = [NONE; MOST];
        for (index, place) in places.iter_mut().enumerate().rev() {
            if let Some(key) = key(index) {
                let hash = self.hasher.hash_one(key);
                let first = &mut firsts[self.router.shard(hash)];
                *place = Place { hash, next: *first };
                *first = index;
            }
        }
        firsts
    }

    /// Clones of the values of `N` keys, each at its key's place.
    ///
    /// With more than two keys for each shard of the map, each shard is locked once, and its keys are looked up
    /// together, so that their waits for memory overlap. Fewer keys are looked up one after another: that is faster
    /// then. A key may occur more than once. Allocates nothing.
    ///
    /// O(shards + N) expected.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, 'a'), (2, 'b')]);
    /// assert_eq!(map.get_many([&2, &3, &1]), [Some('b'), None, Some('a')]);
    /// ```
    pub fn get_many<Q, const N: usize>(&self, keys: [&Q; N]) -> [Option<V>; N]
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        if self.is_sparse(N) {
            return keys.map(|key| self.get(key));
        }
        let mut places = [Place::NEW; N];
        let firsts = self.link(&mut places, |index| Some(keys[index]));
        let mut values = [const { None }; N];
        self.find_places(&keys, &places, &firsts, &mut values);
        values
    }

    /// Clones of the values of any number of keys, in the order of the keys, looked up as
    /// [`get_many`](Self::get_many) does.
    ///
    /// O(shards + keys) expected.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let price = ShardedMap::from([("tea", 3), ("cake", 5)]);
    /// let order = vec!["cake", "tea", "soup"];
    /// assert_eq!(price.get_each(&order), [Some(5), Some(3), None]);
    /// ```
    pub fn get_each<'q, Q>(&self, keys: impl IntoIterator<Item = &'q Q>) -> Vec<Option<V>>
    where
        Q: Hash + Equivalent<K> + ?Sized + 'q,
        V: Clone,
    {
        let keys: Vec<&Q> = keys.into_iter().collect();
        if self.is_sparse(keys.len()) {
            return keys.into_iter().map(|key| self.get(key)).collect();
        }
        let mut places = vec![Place::NEW; keys.len()];
        let firsts = self.link(&mut places, |index| Some(keys[index]));
        let mut values = Vec::new();
        values.resize_with(keys.len(), || None);
        self.find_places(&keys, &places, &firsts, &mut values);
        values
    }

    fn find_places<Q>(
        &self,
        keys: &[&Q],
        places: &[Place],
        firsts: &Firsts,
        values: &mut [Option<V>],
    ) where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        for (shard, &first) in firsts[..self.shards.len()].iter().enumerate() {
            if first == NONE {
                continue;
            }
            self.read_shard(shard, |table| {
                let mut next = first;
                while next != NONE {
                    let (mut hashes, mut indices, mut n) = ([0; BATCH], [0; BATCH], 0);
                    while n < BATCH && next != NONE {
                        (hashes[n], indices[n]) = (places[next].hash, next);
                        (next, n) = (places[next].next, n + 1);
                    }
                    if n < FEW {
                        for (&hash, &index) in hashes[..n].iter().zip(&indices) {
                            let entry = table.find(hash, is_key(keys[index]));
                            values[index] = entry.map(|(_, value)| value.clone());
                        }
                        continue;
                    }
                    table.find_batch(
                        &hashes[..n],
                        |i, (key, _)| keys[indices[i]].equivalent(key),
                        |i, entry| values[indices[i]] = entry.map(|(_, value)| value.clone()),
                    );
                }
            });
        }
    }

    /// Inserts entries, and returns the value that each one's key had before, in the order of the entries.
    ///
    /// Each shard is locked once. Of entries that share a key the last one stays.
    ///
    /// O(shards + entries) expected.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures, or if the size overflows.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::from([(1, 'a')]);
    /// assert_eq!(map.insert_many([(1, 'b'), (2, 'c'), (2, 'd')]), [Some('a'), None, Some('c')]);
    /// assert_eq!(map.get(&2), Some('d'));
    /// ```
    pub fn insert_many(&self, entries: impl IntoIterator<Item = (K, V)>) -> Vec<Option<V>> {
        let mut entries: Vec<_> = entries.into_iter().map(Some).collect();
        self.insert_places(&mut entries);
        entries
            .into_iter()
            .map(|left| left.map(|(_, old)| old))
            .collect()
    }

    /// Inserts entries; a key that is already there gets the new value.
    ///
    /// The entries are gathered, up to 1024 at a time, and each shard is locked once for those of them that are its
    /// own. No lock is held while `entries` makes the next ones.
    ///
    /// O(entries) expected, and O(shards) for each 1,024 of them.
    ///
    /// # Panics
    ///
    /// If called from inside of one of this map's closures, or if the size overflows.
    ///
    /// ```
    /// use tophash::ShardedMap;
    /// let map = ShardedMap::new();
    /// map.extend((0..10).map(|n| (n, n * n)));
    /// assert_eq!(map.get(&9), Some(81));
    /// ```
    pub fn extend(&self, entries: impl IntoIterator<Item = (K, V)>) {
        let mut entries = entries.into_iter();
        let mut gathered = Vec::new();
        loop {
            gathered.extend(entries.by_ref().take(GATHER).map(Some));
            self.insert_places(&mut gathered);
            if gathered.len() < GATHER {
                return;
            }
            gathered.clear();
        }
    }

    /// Takes the entries whose keys are new, and leaves the others with the value that their key had before: what
    /// is left is dropped by the caller, when no lock is held.
    fn insert_places(&self, entries: &mut [Option<(K, V)>]) {
        let mut places = vec![Place::NEW; entries.len()];
        let firsts = self.link(&mut places, |index| {
            entries[index].as_ref().map(|(key, _)| key)
        });
        for (shard, &first) in firsts[..self.shards.len()].iter().enumerate() {
            if first == NONE {
                continue;
            }
            self.write_shard(shard, |table| {
                let mut next = first;
                while let Some(&place) = places.get(next) {
                    let index = mem::replace(&mut next, place.next);
                    let Some((key, mut value)) = entries[index].take() else {
                        continue;
                    };
                    match table.entry(place.hash, is_key(&key), rehash(&self.hasher)) {
                        Entry::Vacant(room) => {
                            room.insert((key, value));
                        }
                        Entry::Occupied(mut entry) => {
                            mem::swap(&mut entry.get_mut().1, &mut value);
                            entries[index] = Some((key, value));
                        }
                    }
                }
            });
        }
    }
}
