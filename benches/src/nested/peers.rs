//! Maps with keys of three parts, `(string, string, i64)`, behind one interface and with one hasher.

use std::hash::BuildHasher;

use tophash::{NestedMap, Parts, Str};

use super::keys::Key;

/// The hasher of every level of every map. A type without fields, so that an inner map of a peer carries none of it:
/// the least memory that maps in maps can have.
#[derive(Clone, Copy, Default)]
pub struct Seeded;

impl BuildHasher for Seeded {
    type Hasher = ahash::AHasher;

    #[inline]
    fn build_hasher(&self) -> ahash::AHasher {
        const SEEDED: ahash::RandomState =
            ahash::RandomState::with_seeds(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344);
        SEEDED.build_hasher()
    }
}

/// What is counted below a key.
pub trait Value: Copy + Default + 'static {
    /// Adds what another record of the same key has.
    fn add(&mut self, other: Self);
    /// Something that depends on all of it.
    fn digest(&self) -> u64;
}

impl Value for () {
    #[inline]
    fn add(&mut self, (): ()) {}

    #[inline]
    fn digest(&self) -> u64 {
        1
    }
}

/// Changes, lines added and lines removed, as `git log --numstat` counts them.
impl Value for [u64; 3] {
    #[inline]
    fn add(&mut self, other: Self) {
        for (sum, more) in self.iter_mut().zip(other) {
            *sum += more;
        }
    }

    #[inline]
    fn digest(&self) -> u64 {
        self[0] ^ self[1] ^ self[2]
    }
}

/// What the benchmark asks of a map.
pub trait Nest<V>: Default + 'static {
    /// As it is named in tables.
    const NAME: &'static str;
    /// Whether it can remove by prefix without a look at every entry.
    const HAS_PREFIXES: bool = true;
    /// Adds to the value of a key. Nothing is allocated for parts that are there.
    fn count(&mut self, key: Key<'_>, value: V);
    /// The value of a key.
    fn get(&self, key: Key<'_>) -> Option<&V>;
    /// A sum over all entries, and how many they are, in a `for` loop or nested ones.
    fn sum(&self) -> (u64, usize);
    /// The same, by `for_each` and its like.
    fn fold(&self) -> (u64, usize);
    /// Removes what begins with this part.
    fn remove_prefix(&mut self, part: &str);
}

/// What [`Nest::sum`] adds for one entry: it depends on every part and on the value.
#[inline]
fn digest<V: Value>(a: &str, b: &str, c: i64, value: &V) -> u64 {
    (a.len() as u64) ^ (b.len() as u64) ^ (c as u64) ^ value.digest()
}

type Brown<K, V> = hashbrown::HashMap<K, V, Seeded>;
type Std<K, V> = std::collections::HashMap<K, V, Seeded>;

/// Three levels of `hashbrown::HashMap`, the baseline.
#[derive(Default)]
pub struct InHashbrown<V>(Brown<String, Brown<String, Brown<i64, V>>>);

/// Three levels of `std::collections::HashMap`.
#[derive(Default)]
pub struct InStd<V>(Std<String, Std<String, Std<i64, V>>>);

/// [`NestedMap`].
#[derive(Default)]
pub struct Ours<V>(NestedMap<(Str, Str, i64), V, Seeded>);

/// One [`tophash::HashMap`] with tuple keys.
#[derive(Default)]
pub struct Flat<V>(tophash::HashMap<(String, String, i64), V, Seeded>);

/// The methods that maps in maps have in common.
macro_rules! in_maps {
    () => {
        #[inline]
        fn get(&self, (a, b, c): Key<'_>) -> Option<&V> {
            self.0.get(a)?.get(b)?.get(&c)
        }

        #[inline]
        fn sum(&self) -> (u64, usize) {
            let (mut sum, mut entries) = (0_u64, 0);
            for (a, below) in &self.0 {
                for (b, below) in below {
                    for (&c, value) in below {
                        sum = sum.wrapping_add(digest(a, b, c, value));
                        entries += 1;
                    }
                }
            }
            (sum, entries)
        }

        #[inline]
        fn fold(&self) -> (u64, usize) {
            let (mut sum, mut entries) = (0_u64, 0);
            self.0.iter().for_each(|(a, below)| {
                below.iter().for_each(|(b, below)| {
                    below.iter().for_each(|(&c, value)| {
                        sum = sum.wrapping_add(digest(a, b, c, value));
                        entries += 1;
                    });
                });
            });
            (sum, entries)
        }

        #[inline]
        fn remove_prefix(&mut self, part: &str) {
            self.0.remove(part);
        }
    };
}

impl<V: Value> Nest<V> for InHashbrown<V> {
    const NAME: &'static str = "hashbrown";

    #[inline]
    fn count(&mut self, (a, b, c): Key<'_>, value: V) {
        let below = self.0.entry_ref(a).or_default();
        let below = below.entry_ref(b).or_default();
        below.entry(c).or_default().add(value);
    }

    in_maps!();
}

impl<V: Value> Nest<V> for InStd<V> {
    const NAME: &'static str = "std";

    #[inline]
    fn count(&mut self, (a, b, c): Key<'_>, value: V) {
        let below = match self.0.get_mut(a) {
            Some(below) => below,
            None => self.0.entry(a.to_owned()).or_default(),
        };
        let below = match below.get_mut(b) {
            Some(below) => below,
            None => below.entry(b.to_owned()).or_default(),
        };
        below.entry(c).or_default().add(value);
    }

    in_maps!();
}

impl<V: Value> Nest<V> for Ours<V> {
    const NAME: &'static str = "nested";

    #[inline]
    fn count(&mut self, key: Key<'_>, value: V) {
        self.0.entry(key).or_default().add(value);
    }

    #[inline]
    fn get(&self, key: Key<'_>) -> Option<&V> {
        self.0.get(key)
    }

    #[inline]
    fn sum(&self) -> (u64, usize) {
        let (mut sum, mut entries) = (0_u64, 0);
        for ((a, b, &c), value) in &self.0 {
            sum = sum.wrapping_add(digest(a, b, c, value));
            entries += 1;
        }
        (sum, entries)
    }

    #[inline]
    fn fold(&self) -> (u64, usize) {
        let (mut sum, mut entries) = (0_u64, 0);
        self.0.iter().for_each(|((a, b, &c), value)| {
            sum = sum.wrapping_add(digest(a, b, c, value));
            entries += 1;
        });
        (sum, entries)
    }

    #[inline]
    fn remove_prefix(&mut self, part: &str) {
        self.0.remove_prefix((part,));
    }
}

impl<V> Ours<V> {
    /// The map itself.
    pub fn map(&self) -> &NestedMap<(Str, Str, i64), V, Seeded> {
        &self.0
    }

    /// The map itself.
    pub fn map_mut(&mut self) -> &mut NestedMap<(Str, Str, i64), V, Seeded> {
        &mut self.0
    }
}

impl<V: Value> Nest<V> for Flat<V> {
    const NAME: &'static str = "flat";
    const HAS_PREFIXES: bool = false;

    #[inline]
    fn count(&mut self, key: Key<'_>, value: V) {
        self.0.entry_ref(&Parts(key)).or_default().add(value);
    }

    #[inline]
    fn get(&self, key: Key<'_>) -> Option<&V> {
        self.0.get(&Parts(key))
    }

    #[inline]
    fn sum(&self) -> (u64, usize) {
        let (mut sum, mut entries) = (0_u64, 0);
        for ((a, b, c), value) in &self.0 {
            sum = sum.wrapping_add(digest(a, b, *c, value));
            entries += 1;
        }
        (sum, entries)
    }

    #[inline]
    fn fold(&self) -> (u64, usize) {
        let (mut sum, mut entries) = (0_u64, 0);
        self.0.iter().for_each(|((a, b, c), value)| {
            sum = sum.wrapping_add(digest(a, b, *c, value));
            entries += 1;
        });
        (sum, entries)
    }

    fn remove_prefix(&mut self, part: &str) {
        self.0.retain(|(a, _, _), _| a != part);
    }
}
