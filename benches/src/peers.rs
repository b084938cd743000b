//! The maps that are compared, behind one interface and with one hasher.

use std::hash::Hash;

use tophash::alloc::HugePages;
use tophash::{DefaultAllocator, GrowthPolicy};

/// The hasher of every peer: fixed seeds, so that a key has the same hash in all of them.
pub type Hasher = ahash::RandomState;

/// The one instance that every map is built with.
pub fn hasher() -> Hasher {
    Hasher::with_seeds(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344)
}

/// What the benchmarks ask of a map.
pub trait Map<K, V> {
    /// Inserts, returning the value that was there.
    fn insert(&mut self, key: K, value: V) -> Option<V>;
    /// Looks one key up.
    fn get(&self, key: &K) -> Option<&V>;
    /// Looks a batch up; one by one where the map has no better way.
    fn get_many<'a, const N: usize>(&'a self, keys: [&K; N]) -> [Option<&'a V>; N]
    where
        K: 'a,
    {
        keys.map(|key| self.get(key))
    }
    /// Removes one key.
    fn remove(&mut self, key: &K) -> Option<V>;
    /// All entries, in the map's own order.
    fn iter<'a>(&'a self) -> impl Iterator<Item = (&'a K, &'a V)>
    where
        K: 'a,
        V: 'a;
    /// How many entries there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The bytes allocated, where the map knows.
    fn bytes(&self) -> Option<usize>;
    /// Gives back what the map can do without.
    fn shrink_to_fit(&mut self);
}

/// A kind of map, generic over what it holds.
pub trait Peer: 'static {
    /// As it is named on the command line and in tables.
    const NAME: &'static str;
    /// The map itself.
    type Map<K: Hash + Eq + 'static, V: 'static>: Map<K, V> + 'static;
    /// An empty map.
    fn new<K: Hash + Eq + 'static, V: 'static>() -> Self::Map<K, V> {
        Self::with_capacity(0)
    }
    /// A map with room for `capacity` entries.
    fn with_capacity<K: Hash + Eq + 'static, V: 'static>(capacity: usize) -> Self::Map<K, V>;
}

/// Implements [`Map`] by the methods of the same name. `$remove` and `$bytes` are what the peers disagree on;
/// methods given at the end replace provided ones.
macro_rules! adapt {
    ($map:ty, $remove:ident, $bytes:expr $(, $method:item)*) => {
        impl<K: Hash + Eq, V> Map<K, V> for $map {
            #[inline]
            fn insert(&mut self, key: K, value: V) -> Option<V> {
                self.insert(key, value)
            }
            #[inline]
            fn get(&self, key: &K) -> Option<&V> {
                self.get(key)
            }
            $($method)*
            #[inline]
            fn remove(&mut self, key: &K) -> Option<V> {
                self.$remove(key)
            }
            #[inline]
            fn iter<'a>(&'a self) -> impl Iterator<Item = (&'a K, &'a V)>
            where
                K: 'a,
                V: 'a,
            {
                self.iter()
            }
            #[inline]
            fn len(&self) -> usize {
                self.len()
            }
            fn bytes(&self) -> Option<usize> {
                let bytes: fn(&Self) -> Option<usize> = $bytes;
                bytes(self)
            }
            fn shrink_to_fit(&mut self) {
                self.shrink_to_fit();
            }
        }
    };
}

/// Declares a [`Peer`]; `$new` makes a map from a capacity.
macro_rules! peer {
    ($(#[$doc:meta])* $peer:ident, $name:literal, $map:ident, $new:expr) => {
        $(#[$doc])*
        pub struct $peer;

        impl Peer for $peer {
            const NAME: &'static str = $name;
            type Map<K: Hash + Eq + 'static, V: 'static> = $map<K, V>;
            fn with_capacity<K: Hash + Eq + 'static, V: 'static>(capacity: usize) -> $map<K, V> {
                let new: fn(usize) -> $map<K, V> = $new;
                new(capacity)
            }
        }
    };
}

type HashbrownMap<K, V> = hashbrown::HashMap<K, V, Hasher>;
type StdMap<K, V> = std::collections::HashMap<K, V, Hasher>;
type GriddleMap<K, V> = griddle::HashMap<K, V, Hasher>;
type IndexMap<K, V> = indexmap::IndexMap<K, V, Hasher>;
type Tophash<K, V> = tophash::HashMap<K, V, Hasher>;
type TophashHuge<K, V> = tophash::HashMap<K, V, Hasher, HugePages>;

adapt!(HashbrownMap<K, V>, remove, |map| Some(map.allocation_size()));
adapt!(
    Tophash<K, V>,
    remove,
    |map| Some(map.allocation_size()),
    #[inline]
    fn get_many<'a, const N: usize>(&'a self, keys: [&K; N]) -> [Option<&'a V>; N]
    where
        K: 'a,
    {
        self.get_many(keys)
    }
);
adapt!(
    TophashHuge<K, V>,
    remove,
    |map| Some(map.allocation_size()),
    #[inline]
    fn get_many<'a, const N: usize>(&'a self, keys: [&K; N]) -> [Option<&'a V>; N]
    where
        K: 'a,
    {
        self.get_many(keys)
    }
);
adapt!(StdMap<K, V>, remove, |_| None);
adapt!(GriddleMap<K, V>, remove, |_| None);
adapt!(IndexMap<K, V>, swap_remove, |_| None);

peer!(
    /// tophash with its default growth policy.
    Burst, "tophash", Tophash, |n| Tophash::with_capacity_and_hasher(n, hasher())
);
peer!(
    /// tophash that spreads its splits over all inserts.
    Paced,
    "paced",
    Tophash,
    |n| {
        let mut map =
            Tophash::with_growth_policy_and_hasher_in(GrowthPolicy::Paced, hasher(), DefaultAllocator);
        map.reserve(n);
        map
    }
);
peer!(
    /// tophash with huge pages behind its long blocks.
    Huge,
    "huge",
    TophashHuge,
    |n| TophashHuge::with_capacity_and_hasher_in(n, hasher(), HugePages)
);
peer!(
    /// The baseline of every comparison.
    Hashbrown, "hashbrown", HashbrownMap, |n| HashbrownMap::with_capacity_and_hasher(n, hasher())
);
peer!(
    /// The standard library's map.
    Std, "std", StdMap, |n| StdMap::with_capacity_and_hasher(n, hasher())
);
peer!(
    /// The map that moves a few entries of the old table per insert.
    Griddle, "griddle", GriddleMap, |n| GriddleMap::with_capacity_and_hasher(n, hasher())
);
peer!(
    /// The map that keeps its entries in a vector; removal is `swap_remove`.
    Indexmap, "indexmap", IndexMap, |n| IndexMap::with_capacity_and_hasher(n, hasher())
);

/// The names that [`with_peer!`](crate::with_peer) knows.
pub const NAMES: [&str; 7] = [
    Burst::NAME,
    Paced::NAME,
    Hashbrown::NAME,
    Std::NAME,
    Griddle::NAME,
    Indexmap::NAME,
    Huge::NAME,
];

/// Those of them that the report shows everywhere.
pub const REPORTED: [&str; 6] = [
    Burst::NAME,
    Paced::NAME,
    Hashbrown::NAME,
    Std::NAME,
    Griddle::NAME,
    Indexmap::NAME,
];

/// Evaluates an expression with the type `$P` bound to the peer of that name.
///
/// Panics if no peer has the name: check it against [`NAMES`](crate::peers::NAMES) first.
#[macro_export]
macro_rules! with_peer {
    ($name:expr, $P:ident => $body:expr) => {{
        use $crate::peers;
        macro_rules! bind {
            ($peer:ident) => {{
                type $P = peers::$peer;
                $body
            }};
        }
        match $name {
            "tophash" => bind!(Burst),
            "paced" => bind!(Paced),
            "huge" => bind!(Huge),
            "hashbrown" => bind!(Hashbrown),
            "std" => bind!(Std),
            "griddle" => bind!(Griddle),
            "indexmap" => bind!(Indexmap),
            name => panic!("no peer is called {name:?}"),
        }
    }};
}
