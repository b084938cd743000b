//! [`ShardedMap`] to and from maps, [`ShardedNestedMap`] to and from maps in maps.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::marker::PhantomData;
use std_alloc::vec::Vec;

use serde_core::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_core::ser::{Serialize, SerializeMap, Serializer};

use super::{Entries, Level, Readable};
use crate::nested::Given;
use crate::raw::tree::{Branch, CloneLevel, KeyPart, NestedKey, Node, Routed};
use crate::{ShardedMap, ShardedNestedMap};

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

/// A level of which one map is written for several nodes.
pub trait Mergeable {
    /// How many entries this node adds.
    fn width(&self) -> usize;
    /// Writes them.
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

impl<P: KeyPart, L> Mergeable for Node<Branch<P, L>>
where
    P::Stored: Serialize,
    Node<L>: Serialize,
{
    fn width(&self) -> usize {
        self.branches_here().len()
    }

    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let mut branches = self.branches_here();
        branches.try_for_each(|(part, below)| map.serialize_entry(part, below))
    }
}

/// As maps in maps, from a clone, which is made before the first entry is written.
impl<K: NestedKey, V, S> Serialize for ShardedNestedMap<K, V, S>
where
    K::Tree<V>: CloneLevel,
    Node<K::Tree<V>>: Mergeable,
    S: BuildHasher + Clone,
{
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let trees = self.clone().into_trees();
        let count = trees.iter().map(|tree| tree.root().width()).sum();
        let mut map = serializer.serialize_map(Some(count))?;
        for tree in &trees {
            tree.root().write(&mut map)?;
        }
        map.end()
    }
}

/// From maps in maps. Empty inner maps leave nothing.
impl<'de, K: NestedKey, V, S> Deserialize<'de> for ShardedNestedMap<K, V, S>
where
    K::Tree<V>: Readable<'de> + Given<Path: Routed<K::Tree<V>>>,
    S: BuildHasher + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Self::default();
        let level = Level::<K::Tree<V>> {
            put: &mut |path, value| drop(map.put(path, value)),
        };
        level.deserialize(deserializer)?;
        Ok(map)
    }
}
