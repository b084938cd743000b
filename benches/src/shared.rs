//! The concurrent maps that are compared, `u64` to `u64`, behind one interface and with one hasher.

use std::sync::{PoisonError, RwLock};

use crate::peers::{Hasher, hasher};

/// What the benchmarks ask of a map that threads share.
pub trait Shared: Sync + Sized + 'static {
    /// As it is named on the command line and in tables.
    const NAME: &'static str;
    /// An empty map of the size that it has by default.
    fn new() -> Self;
    /// Reads a value.
    fn get(&self, key: u64) -> Option<u64>;
    /// Inserts or overwrites; whether the key was new.
    fn insert(&self, key: u64, value: u64) -> bool;
    /// Removes; whether the key was there.
    fn remove(&self, key: u64) -> bool;
    /// Adds 1 to a value that is there; whether it was.
    fn update(&self, key: u64) -> bool;
    /// Adds 1 to a value, which is 0 if it is not there.
    fn count(&self, key: u64);
    /// How many entries there are.
    fn len(&self) -> usize;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The peer of this name.
pub type Tophash = tophash::ShardedMap<u64, u64, Hasher>;
/// The peer of this name.
pub type Dash = dashmap::DashMap<u64, u64, Hasher>;
/// The peer of this name.
pub type Scc = scc::HashMap<u64, u64, Hasher>;
/// The peer of this name.
pub type Papaya = papaya::HashMap<u64, u64, Hasher>;
/// The peer of this name.
pub type Flurry = flurry::HashMap<u64, u64, Hasher>;
/// The peer of this name.
pub type Locked = RwLock<hashbrown::HashMap<u64, u64, Hasher>>;

impl Shared for Tophash {
    const NAME: &'static str = "tophash";
    fn new() -> Self {
        Self::with_hasher(hasher())
    }
    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.get(&key)
    }
    #[inline]
    fn insert(&self, key: u64, value: u64) -> bool {
        self.insert(key, value).is_none()
    }
    #[inline]
    fn remove(&self, key: u64) -> bool {
        self.remove(&key).is_some()
    }
    #[inline]
    fn update(&self, key: u64) -> bool {
        self.update(&key, |value| *value += 1).is_some()
    }
    #[inline]
    fn count(&self, key: u64) {
        self.upsert(key, || 0, |value| *value += 1);
    }
    fn len(&self) -> usize {
        self.len()
    }
}

impl Shared for Dash {
    const NAME: &'static str = "dashmap";
    fn new() -> Self {
        Self::with_hasher(hasher())
    }
    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.get(&key).map(|value| *value)
    }
    #[inline]
    fn insert(&self, key: u64, value: u64) -> bool {
        self.insert(key, value).is_none()
    }
    #[inline]
    fn remove(&self, key: u64) -> bool {
        self.remove(&key).is_some()
    }
    #[inline]
    fn update(&self, key: u64) -> bool {
        self.get_mut(&key).map(|mut value| *value += 1).is_some()
    }
    #[inline]
    fn count(&self, key: u64) {
        *self.entry(key).or_insert(0) += 1;
    }
    fn len(&self) -> usize {
        self.len()
    }
}

impl Shared for Scc {
    const NAME: &'static str = "scc";
    fn new() -> Self {
        Self::with_hasher(hasher())
    }
    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.read_sync(&key, |_, value| *value)
    }
    #[inline]
    fn insert(&self, key: u64, value: u64) -> bool {
        self.upsert_sync(key, value).is_none()
    }
    #[inline]
    fn remove(&self, key: u64) -> bool {
        self.remove_sync(&key).is_some()
    }
    #[inline]
    fn update(&self, key: u64) -> bool {
        self.update_sync(&key, |_, value| *value += 1).is_some()
    }
    #[inline]
    fn count(&self, key: u64) {
        *self.entry_sync(key).or_insert(0).get_mut() += 1;
    }
    fn len(&self) -> usize {
        self.len()
    }
}

/// Pinned for each operation, as a program does that cannot know what comes next.
impl Shared for Papaya {
    const NAME: &'static str = "papaya";
    fn new() -> Self {
        Self::with_hasher(hasher())
    }
    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.pin().get(&key).copied()
    }
    #[inline]
    fn insert(&self, key: u64, value: u64) -> bool {
        self.pin().insert(key, value).is_none()
    }
    #[inline]
    fn remove(&self, key: u64) -> bool {
        self.pin().remove(&key).is_some()
    }
    #[inline]
    fn update(&self, key: u64) -> bool {
        self.pin().update(key, |value| value + 1).is_some()
    }
    #[inline]
    fn count(&self, key: u64) {
        self.pin().update_or_insert(key, |value| value + 1, 1);
    }
    fn len(&self) -> usize {
        self.len()
    }
}

/// Pinned for each operation, like papaya.
impl Shared for Flurry {
    const NAME: &'static str = "flurry";
    fn new() -> Self {
        Self::with_hasher(hasher())
    }
    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.pin().get(&key).copied()
    }
    #[inline]
    fn insert(&self, key: u64, value: u64) -> bool {
        self.pin().insert(key, value).is_none()
    }
    #[inline]
    fn remove(&self, key: u64) -> bool {
        self.pin().remove(&key).is_some()
    }
    #[inline]
    fn update(&self, key: u64) -> bool {
        let map = self.pin();
        map.compute_if_present(&key, |_, value| Some(value + 1))
            .is_some()
    }
    #[inline]
    fn count(&self, key: u64) {
        let map = self.pin();
        // It has no single step for this.
        while map
            .compute_if_present(&key, |_, value| Some(value + 1))
            .is_none()
            && map.try_insert(key, 1).is_err()
        {}
    }
    fn len(&self) -> usize {
        self.len()
    }
}

/// tophash with so many shards.
pub struct Sharded<const SHARDS: usize>(Tophash);

impl<const SHARDS: usize> Shared for Sharded<SHARDS> {
    const NAME: &'static str = match SHARDS {
        16 => "16 shards",
        32 => "32 shards",
        64 => "64 shards",
        _ => "shards",
    };
    fn new() -> Self {
        Self(Tophash::with_shards_and_hasher(SHARDS, hasher()))
    }
    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        Shared::get(&self.0, key)
    }
    #[inline]
    fn insert(&self, key: u64, value: u64) -> bool {
        Shared::insert(&self.0, key, value)
    }
    #[inline]
    fn remove(&self, key: u64) -> bool {
        Shared::remove(&self.0, key)
    }
    #[inline]
    fn update(&self, key: u64) -> bool {
        Shared::update(&self.0, key)
    }
    #[inline]
    fn count(&self, key: u64) {
        Shared::count(&self.0, key);
    }
    fn len(&self) -> usize {
        self.0.len()
    }
}

fn free<G>(locked: Result<G, PoisonError<G>>) -> G {
    locked.unwrap_or_else(PoisonError::into_inner)
}

impl Shared for Locked {
    const NAME: &'static str = "rwlock";
    fn new() -> Self {
        RwLock::new(hashbrown::HashMap::with_hasher(hasher()))
    }
    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        free(self.read()).get(&key).copied()
    }
    #[inline]
    fn insert(&self, key: u64, value: u64) -> bool {
        free(self.write()).insert(key, value).is_none()
    }
    #[inline]
    fn remove(&self, key: u64) -> bool {
        free(self.write()).remove(&key).is_some()
    }
    #[inline]
    fn update(&self, key: u64) -> bool {
        let mut map = free(self.write());
        map.get_mut(&key).map(|value| *value += 1).is_some()
    }
    #[inline]
    fn count(&self, key: u64) {
        *free(self.write()).entry(key).or_insert(0) += 1;
    }
    fn len(&self) -> usize {
        free(self.read()).len()
    }
}

/// The names that [`with_shared!`](crate::with_shared) knows.
pub const NAMES: [&str; 6] = [
    Tophash::NAME,
    Dash::NAME,
    Scc::NAME,
    Papaya::NAME,
    Flurry::NAME,
    Locked::NAME,
];

/// tophash by the number of its shards: it knows these names, too.
pub const BY_SHARDS: [&str; 3] = [
    Sharded::<16>::NAME,
    Sharded::<32>::NAME,
    Sharded::<64>::NAME,
];

/// The type of the map of a name; for [`with_shared!`](crate::with_shared) only.
#[doc(hidden)]
pub mod types {
    pub use super::{Dash, Flurry, Locked, Papaya, Scc, Tophash};
    pub type Sharded16 = super::Sharded<16>;
    pub type Sharded32 = super::Sharded<32>;
    pub type Sharded64 = super::Sharded<64>;
}

/// Evaluates an expression with the type `$M` bound to the map of that name.
///
/// Panics if no map has the name: check it against [`NAMES`](crate::shared::NAMES) first.
#[macro_export]
macro_rules! with_shared {
    ($name:expr, $M:ident => $body:expr) => {{
        macro_rules! bind {
            ($map:ident) => {{
                type $M = $crate::shared::types::$map;
                $body
            }};
        }
        match $name {
            "tophash" => bind!(Tophash),
            "dashmap" => bind!(Dash),
            "scc" => bind!(Scc),
            "papaya" => bind!(Papaya),
            "flurry" => bind!(Flurry),
            "rwlock" => bind!(Locked),
            "16 shards" => bind!(Sharded16),
            "32 shards" => bind!(Sharded32),
            "64 shards" => bind!(Sharded64),
            name => panic!("no map is called {name:?}"),
        }
    }};
}
