//! [`ShardedMap`] to and from maps.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::marker::PhantomData;
use std_alloc::vec::Vec;

use serde_core::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_core::ser::{Serialize, Serializer};

use super::Entries;
use crate::ShardedMap;

/// From clones of the entries, made before the first one is written: the serializer holds up no other thread, and a
/// format that starts with the number of entries gets the right one.
impl<K, V, S> Serialize for ShardedMap<K, V, S>
where
    K: Serialize + Clone,
    V: Serialize + Clone,
{
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_map(self.snapshot().collect::<Vec<_>>())
    }
}

impl<'de, K, V, S> Deserialize<'de> for ShardedMap<K, V, S>
where
    K: Deserialize<'de> + Eq + Hash,
    V: Deserialize<'de>,
    S: BuildHasher + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries::<Self>(PhantomData))
    }
}

impl<'de, K, V, S> Visitor<'de> for Entries<ShardedMap<K, V, S>>
where
    K: Deserialize<'de> + Eq + Hash,
    V: Deserialize<'de>,
    S: BuildHasher + Default,
{
    type Value = ShardedMap<K, V, S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut entries: M) -> Result<Self::Value, M::Error> {
        let map = ShardedMap::default();
        while let Some((key, value)) = entries.next_entry()? {
            map.insert(key, value);
        }
        Ok(map)
    }
}
