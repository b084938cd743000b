//! Maps and sets to and from any format of serde.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::marker::PhantomData;

use serde_core::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_core::ser::{Serialize, Serializer};

use crate::alloc::Allocator;
use crate::{HashMap, HashSet};

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
        deserializer.deserialize_map(Entries(PhantomData))
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
