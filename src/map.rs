//! [`HashMap`]: keys and hashers brought to the table, which knows neither.

mod access;
mod batch;
mod entry;
mod entry_ref;
mod iter;
mod traits;
mod visit;

use core::hash::{BuildHasher, Hash};

use crate::alloc::Allocator;
use crate::keyed::rehash;
use crate::raw::{GrowthPolicy, Table};
use crate::{DefaultAllocator, DefaultHashBuilder, TryReserveError};

pub use batch::GetEach;
pub(crate) use batch::{BATCH, Batch};
pub use entry::{Entry, OccupiedEntry, OccupiedError, VacantEntry};
pub use entry_ref::{EntryRef, VacantEntryRef};
pub use iter::{
    Drain, ExtractIf, IntoIter, IntoKeys, IntoValues, Iter, IterMut, Keys, Values, ValuesMut,
};
pub(crate) use iter::{cloned, empty, iterator};

/// A hash map that takes the place of [`std::collections::HashMap`].
///
/// It grows and shrinks a few groups of slots at a time, in place: no single call rehashes the map, no second
/// table ever stands beside the first, and what removal frees goes back to the allocator. The map never shrinks
/// below what [`with_capacity`](Self::with_capacity) or [`reserve`](Self::reserve) asked for.
///
/// As in std, the keys need [`Eq`] and [`Hash`], which must agree (`a == b` means equal hashes), and a key must not
/// change its hash while it is in the map. Breaking this gives wrong answers or panics, never undefined behaviour.
/// The order of iteration is arbitrary.
///
/// Unlike std's, the map is taken to use its keys and values when it is dropped: what they borrow may not be changed,
/// moved or dropped before. Where that is in the way, end the map's block or call `drop(map)`.
///
/// Look-up, insertion and removal are O(1) expected. An insertion or removal does at most one bounded step of growing
/// or shrinking, so this holds for each call and not only on average.
///
/// # Type parameters
///
/// `S` hashes the keys. The low bits of a hash name the group of an entry, and its top byte tells entries of a group
/// apart: a hasher that gives many keys the same low bits makes every operation slow, one that gives them the same top
/// byte makes look-ups compare more keys.
///
/// `A` provides the memory. An empty map allocates nothing. With an allocator that cannot grow a block where it stands,
/// the map's arrays are copied each time they double.
///
/// # Examples
///
/// ```
/// use tophash::HashMap;
///
/// let mut ages = HashMap::from([("Ann", 31), ("Ben", 27)]);
/// ages.insert("Cem", 45);
/// *ages.entry("Ann").or_insert(0) += 1;
/// assert_eq!(ages["Ann"], 32);
/// assert_eq!(ages.remove("Ben"), Some(27));
/// assert_eq!(ages.len(), 2);
/// ```
pub struct HashMap<K, V, S = DefaultHashBuilder, A: Allocator = DefaultAllocator> {
    hasher: S,
    table: Table<(K, V), A>,
}

#[cfg(feature = "default-hasher")]
impl<K, V> HashMap<K, V, DefaultHashBuilder> {
    /// An empty map. Allocates nothing.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let map: HashMap<&str, i32> = HashMap::new();
    /// assert_eq!((map.len(), map.allocation_size()), (0, 0));
    /// ```
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self::with_hasher(DefaultHashBuilder::default())
    }

    /// An empty map with room for `capacity` entries, below which it never shrinks by itself.
    ///
    /// # Panics
    ///
    /// If the size overflows. If the memory is refused, the program ends as for any failed allocation.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let map: HashMap<&str, i32> = HashMap::with_capacity(10);
    /// assert!(map.capacity() >= 10);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity_and_hasher(capacity, DefaultHashBuilder::default())
    }

    /// An empty map that grows by `policy`. Allocates nothing.
    ///
    /// ```
    /// use tophash::{GrowthPolicy, HashMap};
    /// let mut map = HashMap::with_growth_policy(GrowthPolicy::Paced);
    /// map.insert(1, 2);
    /// assert_eq!(map.growth_policy(), GrowthPolicy::Paced);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_growth_policy(policy: GrowthPolicy) -> Self {
        let hasher = DefaultHashBuilder::default();
        Self::with_growth_policy_and_hasher_in(policy, hasher, DefaultAllocator)
    }
}

#[cfg(feature = "default-hasher")]
impl<K, V, A: Allocator> HashMap<K, V, DefaultHashBuilder, A> {
    /// An empty map whose memory will come from `alloc`. Allocates nothing.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let arena = bumpalo::Bump::new();
    /// let mut map = HashMap::new_in(&arena);
    /// map.insert("a", 1);
    /// assert_eq!(map["a"], 1);
    /// ```
    #[inline]
    #[must_use]
    pub fn new_in(alloc: A) -> Self {
        Self::with_hasher_in(DefaultHashBuilder::default(), alloc)
    }

    /// An empty map with room for `capacity` entries, in memory from `alloc`.
    ///
    /// # Panics
    ///
    /// As [`with_capacity`](HashMap::with_capacity).
    ///
    /// ```
    /// use tophash::{HashMap, alloc::Global};
    /// let map: HashMap<u8, u8, _, _> = HashMap::with_capacity_in(10, Global);
    /// assert!(map.capacity() >= 10);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_capacity_in(capacity: usize, alloc: A) -> Self {
        Self::with_capacity_and_hasher_in(capacity, DefaultHashBuilder::default(), alloc)
    }
}

impl<K, V, S> HashMap<K, V, S> {
    /// An empty map that hashes with `hasher`. Allocates nothing.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::RandomState};
    /// let mut map = HashMap::with_hasher(RandomState::new());
    /// map.insert(1, 2);
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_hasher(hasher: S) -> Self {
        Self::with_hasher_in(hasher, DefaultAllocator)
    }

    /// An empty map with room for `capacity` entries that hashes with `hasher`.
    ///
    /// # Panics
    ///
    /// As [`with_capacity`](HashMap::with_capacity).
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::RandomState};
    /// let map: HashMap<u8, u8> = HashMap::with_capacity_and_hasher(10, RandomState::new());
    /// assert!(map.capacity() >= 10);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        Self::with_capacity_and_hasher_in(capacity, hasher, DefaultAllocator)
    }
}

impl<K, V, S, A: Allocator> HashMap<K, V, S, A> {
    /// An empty map that hashes with `hasher`, in memory from `alloc`. Allocates nothing.
    ///
    /// ```
    /// use tophash::{HashMap, alloc::Global, hash_map::RandomState};
    /// let mut map = HashMap::with_hasher_in(RandomState::new(), Global);
    /// map.insert(1, 2);
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_hasher_in(hasher: S, alloc: A) -> Self {
        Self::with_growth_policy_and_hasher_in(GrowthPolicy::Burst, hasher, alloc)
    }

    /// An empty map with room for `capacity` entries that hashes with `hasher`, in memory from `alloc`.
    ///
    /// # Panics
    ///
    /// As [`with_capacity`](HashMap::with_capacity).
    ///
    /// ```
    /// use tophash::{HashMap, alloc::Global, hash_map::RandomState};
    /// let map: HashMap<u8, u8, _, _> =
    ///     HashMap::with_capacity_and_hasher_in(10, RandomState::new(), Global);
    /// assert!(map.capacity() >= 10);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_capacity_and_hasher_in(capacity: usize, hasher: S, alloc: A) -> Self {
        Self {
            hasher,
            table: Table::with_capacity_in(capacity, GrowthPolicy::Burst, alloc),
        }
    }

    /// An empty map that grows by `policy` and hashes with `hasher`, in memory from `alloc`. Allocates nothing.
    ///
    /// ```
    /// use tophash::{GrowthPolicy, HashMap, alloc::Global, hash_map::RandomState};
    /// let policy = GrowthPolicy::Paced;
    /// let mut map =
    ///     HashMap::with_growth_policy_and_hasher_in(policy, RandomState::new(), Global);
    /// map.insert(1, 2);
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_growth_policy_and_hasher_in(
        policy: GrowthPolicy,
        hasher: S,
        alloc: A,
    ) -> Self {
        Self {
            hasher,
            table: Table::new_in(policy, alloc),
        }
    }

    /// The allocator that the map's memory comes from.
    ///
    /// ```
    /// use tophash::{HashMap, alloc::Global};
    /// let map: HashMap<u8, u8, _, _> = HashMap::new_in(Global);
    /// let _: &Global = map.allocator();
    /// ```
    #[inline]
    pub fn allocator(&self) -> &A {
        self.table.allocator()
    }

    /// The hasher builder of the map.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::RandomState};
    /// let map: HashMap<u8, u8> = HashMap::new();
    /// let _: &RandomState = map.hasher();
    /// ```
    #[inline]
    pub fn hasher(&self) -> &S {
        &self.hasher
    }

    /// The policy by which the map grows.
    ///
    /// ```
    /// use tophash::{GrowthPolicy, HashMap};
    /// assert_eq!(HashMap::<u8, u8>::new().growth_policy(), GrowthPolicy::Burst);
    /// ```
    #[inline]
    pub fn growth_policy(&self) -> GrowthPolicy {
        self.table.policy()
    }

    /// The number of entries. O(1).
    ///
    /// ```
    /// use tophash::HashMap;
    /// assert_eq!(HashMap::from([(1, 'a'), (2, 'b')]).len(), 2);
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether the map has no entry.
    ///
    /// ```
    /// use tophash::HashMap;
    /// assert!(HashMap::<u8, u8>::new().is_empty());
    /// ```
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of entries that the map can hold before it asks for memory; never less than [`len`](Self::len).
    ///
    /// ```
    /// use tophash::HashMap;
    /// let map: HashMap<u8, u8> = HashMap::with_capacity(100);
    /// assert!(map.capacity() >= 100);
    /// ```
    #[inline]
    pub fn capacity(&self) -> usize {
        self.table.capacity()
    }

    /// The memory that the map holds, in bytes, without what its keys and values own elsewhere. O(1).
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// assert_eq!(map.allocation_size(), 0);
    /// map.insert(1_u64, 2_u64);
    /// assert!(map.allocation_size() >= 16);
    /// ```
    #[inline]
    pub fn allocation_size(&self) -> usize {
        self.table.allocation_size()
    }
}

impl<K, V, S, A> HashMap<K, V, S, A>
where
    K: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// Makes room for `additional` more entries, and never shrinks below that by itself.
    ///
    /// Takes time in proportion to the entries that are moved and the room that is made.
    ///
    /// # Panics
    ///
    /// If the size overflows. If the memory is refused, the program ends as for any failed allocation.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<&str, i32> = HashMap::new();
    /// map.reserve(10);
    /// assert!(map.capacity() >= 10);
    /// ```
    #[inline]
    pub fn reserve(&mut self, additional: usize) {
        self.table.reserve(additional, rehash(&self.hasher));
    }

    /// Makes room for `additional` more entries, or leaves the map as it was.
    ///
    /// # Errors
    ///
    /// If the size overflows or the allocator refuses the memory.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<u64, u64> = HashMap::new();
    /// assert!(map.try_reserve(10).is_ok());
    /// assert!(map.try_reserve(usize::MAX).is_err());
    /// ```
    #[inline]
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), TryReserveError> {
        self.table.try_reserve(additional, rehash(&self.hasher))
    }

    /// Gives back as much memory as possible, and forgets what was reserved.
    ///
    /// Takes time in proportion to what is moved, at most to the number of entries.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<i32, i32> = HashMap::with_capacity(100);
    /// map.insert(1, 2);
    /// map.shrink_to_fit();
    /// assert!(map.capacity() < 100);
    /// ```
    #[inline]
    pub fn shrink_to_fit(&mut self) {
        self.shrink_to(0);
    }

    /// Gives back memory, but keeps room for the entries there are and for `min_capacity` in all.
    ///
    /// Does nothing if the capacity is already smaller.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<i32, i32> = HashMap::with_capacity(1000);
    /// map.shrink_to(10);
    /// assert!(map.capacity() >= 10 && map.capacity() < 1000);
    /// ```
    #[inline]
    pub fn shrink_to(&mut self, min_capacity: usize) {
        self.table.shrink_to(min_capacity);
    }

    /// Makes room for entries that an iterator announces; unlike `reserve`, nobody asked to keep it.
    pub(crate) fn expect(&mut self, additional: usize) {
        self.table.expect(additional, rehash(&self.hasher));
    }

    /// Checks every invariant of the table.
    ///
    /// # Panics
    /// One of them does not hold; the message names it.
    #[cfg(tophash_check)]
    #[doc(hidden)]
    pub fn check_invariants(&self) {
        self.table.check_invariants(rehash(&self.hasher));
    }

    /// The most entries in any one overflow chain.
    #[cfg(tophash_check)]
    #[doc(hidden)]
    #[must_use]
    pub fn longest_chain(&self) -> usize {
        self.table.longest_chain()
    }
}
