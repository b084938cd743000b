//! Hash maps whose memory comes back and whose cost never jumps.
//!
//! [`HashMap`] and [`HashSet`] take the place of std's: the same methods, traits and module paths. Behind them
//! stands a table that grows and shrinks a few groups at a time, in place, and leaves no tombstones:
//!
//! - no single insertion rehashes the map, and no second table ever stands beside the first;
//! - removal gives memory back, and never less is kept than `with_capacity` or `reserve` asked for;
//! - iteration takes time in proportion to what is there, not to what was there before it was removed.
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
//! # Which type to choose
//!
//! | you have | take |
//! |---|---|
//! | keys and values, or members only | [`HashMap`], [`HashSet`] |
//! | a key of several parts, always known in full | [`HashMap`] with a tuple key, read by borrowed [`Parts`] |
//! | maps in maps, walked or removed by prefix | [`NestedMap`], with [`Str`] for strings: see the [guide] |
//! | many threads that read and write | [`ShardedMap`], one lock per shard, used by closures and owned values |
//! | maps in maps that many threads write to | [`ShardedNestedMap`] |
//! | many keys to look up at once | [`get_many`](HashMap::get_many), [`get_each`](HashMap::get_each) |
//! | memory that counts for more than speed | [`GrowthPolicy::Paced`] |
//! | an allocator of your own | [`HashMap::new_in`] |
//!
//! Beyond std there are also look-ups through [`Equivalent`], [`entry_ref`](HashMap::entry_ref),
//! [`try_insert`](HashMap::try_insert), and the [bytes](HashMap::allocation_size) that a map holds.
//!
//! # What it costs
//!
//! | | time | memory |
//! |---|---|---|
//! | look up | O(1) expected | none |
//! | insert | O(1) expected, each time: at most one bounded step of growth | grows in place, in small steps |
//! | remove | O(1) expected, with at most one bounded step of shrinking | goes back to the allocator |
//! | iterate, `retain` | O(entries that are there, or that room is kept for) | `retain` gives back, as removal does |
//! | `clear`, `drain` | the same | kept until later removals or `shrink_to_fit` |
//! | an empty map | | nothing on the heap |
//!
//! An entry takes its key and value, one byte of tag and its share of the empty slots of its group of 16. In a
//! [`NestedMap`] a look-up has one probe for each part of the key, and an insertion may move one node, of at most
//! 16,384 entries, as a whole.
//!
//! # What differs from std
//!
//! - A map is taken to use its keys and values when it is dropped: a borrow that they hold lasts until then. Where
//!   std's map would compile and this one does not, end its block or call `drop(map)`.
//! - The argument of a look-up has to have a known type: `map.get(&text.parse::<u32>()?)`, not `text.parse()?`.
//! - `get_disjoint_unchecked_mut`, which is unsafe, is missing.
//! - `capacity` drops when entries are removed, though never below what was asked for.
//!
//! # Features
//!
//! - `std` (default): `ShardedMap`, conversions from and to std's maps, run-time keys for the default hasher.
//!   Without it the crate is `no_std` and needs `alloc` only.
//! - `default-hasher` (default): a hasher for the maps that name none.
//! - `serde`: `Serialize` and `Deserialize`, for all collections.
//! - `rayon`: parallel iterators of `HashMap`, `HashSet` and `ShardedMap`.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
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
mod keyed;
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
#[cfg(loom)]
#[doc(hidden)]
pub use sync::Modelled;

/// [`HashMap`], its entries and its iterators, under the names of `std::collections::hash_map`.
///
/// ```
/// use tophash::hash_map::{Entry, HashMap};
///
/// let mut stock = HashMap::from([("tea", 3)]);
/// if let Entry::Occupied(mut tea) = stock.entry("tea") {
///     *tea.get_mut() -= 1;
/// }
/// assert_eq!(stock["tea"], 2);
/// ```
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
///
/// ```
/// use tophash::hash_set::{HashSet, Intersection};
///
/// let (ann, ben) = (HashSet::from(["tea", "milk"]), HashSet::from(["tea"]));
/// let both: Intersection<'_, &str, _> = ann.intersection(&ben);
/// assert_eq!(both.count(), 1);
/// ```
pub mod hash_set {
    pub use crate::set::{
        ContainsEach, Difference, Drain, ExtractIf, HashSet, Intersection, IntoIter, Iter,
        SymmetricDifference, Union,
    };
}

/// [`ShardedMap`], its iterators, and what [`compute`](ShardedMap::compute) is told to do.
///
/// ```
/// use tophash::sharded_map::{Change, ShardedMap};
///
/// let stock = ShardedMap::from([("tea", 1)]);
/// stock.compute("tea", |left| match left {
///     Some(left) if *left > 1 => Change::Put(*left - 1),
///     _ => Change::Remove,
/// });
/// assert!(!stock.contains_key("tea"));
/// ```
#[cfg(feature = "std")]
pub mod sharded_map {
    #[cfg(feature = "rayon")]
    pub use crate::rayon::{ParIntoIter, ParSnapshot};
    pub use crate::sharded::{Change, IntoIter, ShardedMap, Snapshot};
}

/// [`ShardedNestedMap`] and its iterator.
///
/// ```
/// use tophash::sharded_nested_map::ShardedNestedMap;
///
/// let map: ShardedNestedMap<(u8, u8), char> = ShardedNestedMap::from([((1, 2), 'x')]);
/// assert_eq!(map.into_iter().count(), 1);
/// ```
#[cfg(feature = "std")]
pub mod sharded_nested_map {
    pub use crate::sharded::{NestedIntoIter as IntoIter, ShardedNestedMap};
}

/// [`NestedMap`], its entries, views and iterators.
///
/// ```
/// use tophash::Str;
/// use tophash::nested_map::{Entry, NestedMap};
///
/// let mut stock = NestedMap::<(Str, Str), u32>::from_iter([(("north", "tea"), 3)]);
/// match stock.entry(("north", "tea")) {
///     Entry::Occupied(tea) => assert_eq!(tea.remove(), 3),
///     Entry::Vacant(_) => unreachable!(),
/// }
/// assert!(stock.is_empty());
/// ```
pub mod nested_map {
    pub use crate::error::TryInsertError;
    // For error messages that name them without a path.
    pub use crate::nested::{
        Children, Drain, Entry, ExtractIf, FromNested, IntoIter, IntoKeys, IntoValues, Iter,
        IterMut, Keys, LevelStats, NestedMap, NestedStats, OccupiedEntry, Prefix, PrefixEntry,
        PrefixMut, ToNested, VacantEntry, VacantPrefix, Values, ValuesMut,
    };
    #[doc(hidden)]
    pub use crate::raw::tree::{Branch, DebugLevel, Inner, Leaf, LookUp};
}

/// The example of the README, as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
