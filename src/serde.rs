//! Maps and sets to and from any format of serde.

#[cfg(feature = "std")]
mod sharded;

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::marker::PhantomData;

use serde_core::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_core::ser::{Serialize, Serializer};

use crate::alloc::Allocator;
use crate::nested::Given;
use crate::raw::tree::{Branch, Give, IntoPart, KeyPart, Leaf, NestedKey, Node, Symbol};
use crate::{HashMap, HashSet, NestedMap};

/// How many entries to make room for on the word of the input: no more than a megabyte of them, whatever it claims.
fn cautious<T>(hint: Option<usize>) -> usize {
    const MAX_BYTES: usize = 1 << 20;
    hint.unwrap_or(0).min(MAX_BYTES / size_of::<T>().max(1))
}

impl<K: Serialize, V: Serialize, S, A: Allocator> Serialize for HashMap<K, V, S, A> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, K, V, S, A> Deserialize<'de> for HashMap<K, V, S, A>
where
    K: Deserialize<'de> + Eq + Hash,
    V: Deserialize<'de>,
    S: BuildHasher + Default,
    A: Allocator + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries::<Self>(PhantomData))
    }
}

struct Entries<M>(PhantomData<M>);

impl<'de, K, V, S, A> Visitor<'de> for Entries<HashMap<K, V, S, A>>
where
    K: Deserialize<'de> + Eq + Hash,
    V: Deserialize<'de>,
    S: BuildHasher + Default,
    A: Allocator + Default,
{
    type Value = HashMap<K, V, S, A>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut entries: M) -> Result<Self::Value, M::Error> {
        let mut map = HashMap::default();
        map.expect(cautious::<(K, V)>(entries.size_hint()));
        while let Some((key, value)) = entries.next_entry()? {
            map.insert(key, value);
        }
        Ok(map)
    }
}

impl<T: Serialize, S, A: Allocator> Serialize for HashSet<T, S, A> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de, T, S, A> Deserialize<'de> for HashSet<T, S, A>
where
    T: Deserialize<'de> + Eq + Hash,
    S: BuildHasher + Default,
    A: Allocator + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

struct Elements<M>(PhantomData<M>);

impl<'de, T, S, A> Visitor<'de> for Elements<HashSet<T, S, A>>
where
    T: Deserialize<'de> + Eq + Hash,
    S: BuildHasher + Default,
    A: Allocator + Default,
{
    type Value = HashSet<T, S, A>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<M: SeqAccess<'de>>(self, mut elements: M) -> Result<Self::Value, M::Error> {
        let mut set = HashSet::default();
        set.expect(cautious::<T>(elements.size_hint()));
        while let Some(element) = elements.next_element()? {
            set.insert(element);
        }
        Ok(set)
    }
}

impl Serialize for Symbol {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_str(self.text())
    }
}

/// A level that can be written as maps in maps.
pub trait Writable: Sized {
    /// Writes what a node holds.
    #[doc(hidden)]
    fn write<Z: Serializer>(node: &Node<Self>, serializer: Z) -> Result<Z::Ok, Z::Error>;
}

impl<P: KeyPart, V: Serialize> Writable for Leaf<P, V>
where
    P::Stored: Serialize,
{
    fn write<Z: Serializer>(node: &Node<Self>, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_map(node.leaves_here())
    }
}

impl<P: KeyPart, L: Writable> Writable for Branch<P, L>
where
    P::Stored: Serialize,
{
    fn write<Z: Serializer>(node: &Node<Self>, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_map(node.branches_here())
    }
}

impl<L: Writable> Serialize for Node<L> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        L::write(self, serializer)
    }
}

/// As maps in maps.
impl<K: NestedKey, V, S> Serialize for NestedMap<K, V, S>
where
    K::Tree<V>: Writable,
{
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.root().serialize(serializer)
    }
}

/// A level that can be read from maps in maps.
pub trait Readable<'de>: Given {
    /// Reads a map, and hands out all that is in it.
    fn read<M: MapAccess<'de>>(
        entries: M,
        put: &mut dyn FnMut(Self::Path, Self::Value),
    ) -> Result<(), M::Error>;
}

impl<'de, P: KeyPart, V: Deserialize<'de>> Readable<'de> for Leaf<P, V>
where
    P::Owned: Deserialize<'de> + IntoPart<P>,
{
    fn read<M: MapAccess<'de>>(
        mut entries: M,
        put: &mut dyn FnMut(Self::Path, V),
    ) -> Result<(), M::Error> {
        while let Some((part, value)) = entries.next_entry()? {
            put((Give(part), ()), value);
        }
        Ok(())
    }
}

impl<'de, P: KeyPart, L: Readable<'de>> Readable<'de> for Branch<P, L>
where
    P::Owned: Deserialize<'de> + IntoPart<P> + Clone,
{
    fn read<M: MapAccess<'de>>(
        mut entries: M,
        put: &mut dyn FnMut(Self::Path, L::Value),
    ) -> Result<(), M::Error> {
        while let Some(part) = entries.next_key::<P::Owned>()? {
            entries.next_value_seed(Level::<L> {
                put: &mut |rest, value| put((Give(part.clone()), rest), value),
            })?;
        }
        Ok(())
    }
}

/// Reads one map of a level.
struct Level<'f, L: Given> {
    put: &'f mut dyn FnMut(L::Path, L::Value),
}

impl<'de, L: Readable<'de>> DeserializeSeed<'de> for Level<'_, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, L: Readable<'de>> Visitor<'de> for Level<'_, L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<M: MapAccess<'de>>(self, entries: M) -> Result<(), M::Error> {
        L::read(entries, self.put)
    }
}

/// From maps in maps. Empty inner maps leave nothing.
impl<'de, K: NestedKey, V, S> Deserialize<'de> for NestedMap<K, V, S>
where
    K::Tree<V>: Readable<'de>,
    S: BuildHasher + Default,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = Self::default();
        let level = Level::<K::Tree<V>> {
            put: &mut |path, value| map.put(path, value),
        };
        level.deserialize(deserializer)?;
        Ok(map)
    }
}
