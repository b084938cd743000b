//! Hash maps whose memory comes back and whose cost never jumps.
//!
//! [`HashMap`] and [`HashSet`] take the place of std's: the same methods, traits and module paths. Behind them
//! stands a table that grows and shrinks a few groups at a time, in place, and leaves no tombstones:
//!
//! - no single insertion rehashes the map, and no second table ever stands beside the first;
//! - removal gives memory back, and never less is kept than `with_capacity` or `reserve` asked for;
//! - iteration takes time in proportion to what is there, not to what once was.
//!
//! ```
//! use tophash::HashMap;
//!
//! let mut visits: HashMap<String, u32> = HashMap::new();
//! for page in ["/", "/about", "/"] {
//!     *visits.entry_ref(page).or_insert(0) += 1;
//! }
//! assert_eq!(visits["/"], 2);
//! ```
//!
//! Beyond std: look-ups through [`Equivalent`], composite keys read by their borrowed [`Parts`],
//! [`entry_ref`](HashMap::entry_ref), [`try_insert`](HashMap::try_insert), batched look-ups
//! ([`get_many`](HashMap::get_many), [`get_each`](HashMap::get_each)), any
//! [allocator](HashMap::new_in), a [`GrowthPolicy`], and the [bytes](HashMap::allocation_size) that a map holds.
//!
//! [`ShardedMap`] is for many threads at once: the same table behind one lock per shard, used through `&self` by
//! closures and owned values.
//!
//! [`NestedMap`] takes the place of maps in maps: keys of several parts, views and removal by prefix, and one arena
//! for all that is inside; the [guide] shows the way from the one to the other. [`ShardedNestedMap`] is the same for
//! many threads.
//!
//! # Features
//!
//! - `std` (default): `ShardedMap`, conversions from and to std's maps, run-time keys for the default hasher.
//!   Without it the crate is `no_std` and needs `alloc` only.
//! - `default-hasher` (default): a hasher for the maps that name none.
//! - `serde`: `Serialize` and `Deserialize`.
//! - `rayon`: parallel iterators.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
// The docs link to std's types and to the constructors that the default hasher brings.
#![cfg_attr(
    not(all(feature = "std", feature = "default-hasher")),
    allow(rustdoc::broken_intra_doc_links)
)]

extern crate alloc as std_alloc;

pub mod alloc;
#[allow(unsafe_code)]
mod arena;
mod error;
pub mod guide;
mod hasher;
mod map;
#[cfg(doctest)]
mod misuse;
mod nested;
mod parts;
#[allow(unsafe_code)]
mod raw;
#[cfg(feature = "rayon")]
mod rayon;
#[cfg(feature = "serde")]
mod serde;
mod set;
#[cfg(feature = "std")]
mod sharded;
#[cfg(feature = "std")]
mod sync;

pub use alloc::Reserving as DefaultAllocator;
pub use arena::MemoryStats;
pub use equivalent::Equivalent;
pub use error::{NestedError, TryReserveError};
pub use hasher::DefaultHashBuilder;
pub use map::HashMap;
pub use nested::NestedMap;
pub use parts::{Part, Parts};
pub use raw::GrowthPolicy;
pub use raw::tree::{
    ClonePart, FullKey, IntoPart, KeyPart, NestedKey, NewKey, NewPrefix, PrefixKey, Str,
};
pub use set::HashSet;
#[cfg(feature = "std")]
pub use sharded::{ShardedMap, ShardedNestedMap};

/// [`HashMap`], its entries and its iterators, under the names of `std::collections::hash_map`.
pub mod hash_map {
    #[cfg(feature = "default-hasher")]
    pub use crate::hasher::{DefaultHasher, RandomState};
    pub use crate::map::{
        Drain, Entry, EntryRef, ExtractIf, GetEach, HashMap, IntoIter, IntoKeys, IntoValues, Iter,
        IterMut, Keys, OccupiedEntry, OccupiedError, VacantEntry, VacantEntryRef, Values,
        ValuesMut,
    };
}

/// [`HashSet`] and its iterators, under the names of `std::collections::hash_set`.
pub mod hash_set {
    pub use crate::set::{
        ContainsEach, Difference, Drain, ExtractIf, HashSet, Intersection, IntoIter, Iter,
        SymmetricDifference, Union,
    };
}

/// What belongs to [`ShardedMap`].
#[cfg(feature = "std")]
pub mod sharded_map {
    #[cfg(feature = "rayon")]
    pub use crate::rayon::{ParIntoIter, ParSnapshot};
    pub use crate::sharded::{Change, IntoIter, ShardedMap, Snapshot};
}

/// [`NestedMap`], its entries, views and iterators.
pub mod nested_map {
    pub use crate::nested::{
        Children, DrainPrefix, Entry, FromNested, IntoIter, Iter, IterMut, Keys, LevelStats,
        NestedMap, NestedStats, OccupiedEntry, Prefix, PrefixEntry, PrefixMut, ToNested,
        TryInsertError, VacantEntry, VacantPrefix, Values, ValuesMut,
    };
}

/// The example of the README, as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
