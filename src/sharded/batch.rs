//! Many keys in one call: each shard is locked once.

use core::hash::{BuildHasher, Hash};
use core::mem;
use std_alloc::vec::Vec;

use equivalent::Equivalent;

use super::{ShardedMap, is_key, rehash};
use crate::raw::Entry;

/// How many keys of one shard are looked up together.
const BATCH: usize = 32;

/// Entries that `extend` gathers before it locks shards.
const GATHER: usize = 1024;

/// Where the key number `index` of a batch belongs.
#[derive(Clone, Copy)]
struct Place {
    hash: u64,
    shard: usize,
    index: usize,
}

impl Place {
    const NONE: Self = Place {
        hash: 0,
        shard: 0,
        index: 0,
    };
}

/// The places, shard by shard. Those of one shard stay in order, so that the last of equal keys comes last.
fn by_shard(places: &mut [Place]) -> impl Iterator<Item = &[Place]> {
    places.sort_unstable_by_key(|place| (place.shard, place.index));
    places.chunk_by(|a, b| a.shard == b.shard)
}

impl<K, V, S> ShardedMap<K, V, S>
where
    K: Eq + Hash,
    S: BuildHasher,
{
    #[inline]
    fn place<Q: Hash + ?Sized>(&self, index: usize, key: &Q) -> Place {
        let hash = self.hasher.hash_one(key);
        Place {
            hash,
            shard: self.router.shard(hash),
            index,
        }
    }

    /// Clones of the values of `N` keys, each at its key's place.
    ///
    /// Each shard is locked once, and its keys are looked up together, so that their waits for memory overlap. The
    /// values of one shard are of one moment. A key may occur more than once. Allocates nothing.
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
        let mut places = [Place::NONE; N];
        for (index, key) in keys.iter().enumerate() {
            places[index] = self.place(index, *key);
        }
        let mut values = [const { None }; N];
        self.find_places(&keys, &mut places, &mut values);
        values
    }

    /// Clones of the values of any number of keys, in the order of the keys, looked up as
    /// [`get_many`](Self::get_many) does.
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
        let mut places: Vec<Place> = keys
            .iter()
            .enumerate()
            .map(|(index, key)| self.place(index, *key))
            .collect();
        let mut values = Vec::new();
        values.resize_with(keys.len(), || None);
        self.find_places(&keys, &mut places, &mut values);
        values
    }

    fn find_places<Q>(&self, keys: &[&Q], places: &mut [Place], values: &mut [Option<V>])
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        for run in by_shard(places) {
            self.read_shard(run[0].shard, |table| {
                for batch in run.chunks(BATCH) {
                    let mut hashes = [0; BATCH];
                    for (hash, place) in hashes.iter_mut().zip(batch) {
                        *hash = place.hash;
                    }
                    table.find_batch(
                        &hashes[..batch.len()],
                        |i, (key, _)| keys[batch[i].index].equivalent(key),
                        |i, entry| {
                            values[batch[i].index] = entry.map(|(_, value)| value.clone());
                        },
                    );
                }
            });
        }
    }

    /// Inserts entries, and returns the value that each one's key had before, in the order of the entries.
    ///
    /// Each shard is locked once. Of entries that share a key the last one stays.
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
        let mut places: Vec<Place> = entries
            .iter()
            .flatten()
            .enumerate()
            .map(|(index, (key, _))| self.place(index, key))
            .collect();
        for run in by_shard(&mut places) {
            self.write_shard(run[0].shard, |table| {
                for place in run {
                    let Some((key, mut value)) = entries[place.index].take() else {
                        continue;
                    };
                    match table.entry(place.hash, is_key(&key), rehash(&self.hasher)) {
                        Entry::Vacant(room) => {
                            room.insert((key, value));
                        }
                        Entry::Occupied(mut entry) => {
                            mem::swap(&mut entry.get_mut().1, &mut value);
                            entries[place.index] = Some((key, value));
                        }
                    }
                }
            });
        }
    }
}
