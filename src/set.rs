//! [`HashSet`]: a map whose values are nothing.

mod access;
mod iter;
mod ops;
mod traits;

use core::hash::{BuildHasher, Hash};

use crate::alloc::Allocator;
use crate::map::HashMap;
use crate::raw::GrowthPolicy;
use crate::{DefaultAllocator, DefaultHashBuilder, TryReserveError};

pub use iter::{
    ContainsEach, Difference, Drain, ExtractIf, Intersection, IntoIter, Iter, SymmetricDifference,
    Union,
};

/// A hash set that takes the place of [`std::collections::HashSet`].
///
/// It is a [`HashMap`] whose values are `()`, and behaves as that does in everything: requirements on the elements,
/// growth, shrinking, and order.
///
/// # Type parameters
///
/// `S` hashes the elements, and `A` provides the memory. An empty set allocates nothing.
///
/// # Examples
///
/// ```
/// use tophash::HashSet;
///
/// let mut seen = HashSet::new();
/// assert!(seen.insert("a"));
/// assert!(!seen.insert("a"));
/// let both = &seen & &HashSet::from(["a", "b"]);
/// assert_eq!(both, seen);
/// ```
pub struct HashSet<T, S = DefaultHashBuilder, A: Allocator = DefaultAllocator> {
    pub(crate) map: HashMap<T, (), S, A>,
}

#[cfg(feature = "default-hasher")]
impl<T> HashSet<T, DefaultHashBuilder> {
    /// An empty set. Allocates nothing.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let set: HashSet<&str> = HashSet::new();
    /// assert_eq!((set.len(), set.allocation_size()), (0, 0));
    /// ```
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self {
            map: HashMap::new(),
        }
    }

    /// An empty set with room for `capacity` elements, below which it never shrinks by itself.
    ///
    /// # Panics
    ///
    /// If the size overflows. If the memory is refused, the program ends as for any failed allocation.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let set: HashSet<&str> = HashSet::with_capacity(10);
    /// assert!(set.capacity() >= 10);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            map: HashMap::with_capacity(capacity),
        }
    }

    /// An empty set that grows by `policy`. Allocates nothing.
    ///
    /// ```
    /// use tophash::{GrowthPolicy, HashSet};
    /// let set: HashSet<u8> = HashSet::with_growth_policy(GrowthPolicy::Paced);
    /// assert_eq!(set.growth_policy(), GrowthPolicy::Paced);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_growth_policy(policy: GrowthPolicy) -> Self {
        Self {
            map: HashMap::with_growth_policy(policy),
        }
    }
}

#[cfg(feature = "default-hasher")]
impl<T, A: Allocator> HashSet<T, DefaultHashBuilder, A> {
    /// An empty set whose memory will come from `alloc`. Allocates nothing.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let arena = bumpalo::Bump::new();
    /// let mut set = HashSet::new_in(&arena);
    /// assert!(set.insert("a"));
    /// ```
    #[inline]
    #[must_use]
    pub fn new_in(alloc: A) -> Self {
        Self {
            map: HashMap::new_in(alloc),
        }
    }

    /// An empty set with room for `capacity` elements, in memory from `alloc`.
    ///
    /// # Panics
    ///
    /// As [`with_capacity`](HashSet::with_capacity).
    ///
    /// ```
    /// use tophash::{HashSet, alloc::Global};
    /// let set: HashSet<u8, _, _> = HashSet::with_capacity_in(10, Global);
    /// assert!(set.capacity() >= 10);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_capacity_in(capacity: usize, alloc: A) -> Self {
        Self {
            map: HashMap::with_capacity_in(capacity, alloc),
        }
    }
}

impl<T, S> HashSet<T, S> {
    /// An empty set that hashes with `hasher`. Allocates nothing.
    ///
    /// ```
    /// use tophash::{HashSet, hash_map::RandomState};
    /// let mut set = HashSet::with_hasher(RandomState::new());
    /// set.insert(1);
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_hasher(hasher: S) -> Self {
        Self {
            map: HashMap::with_hasher(hasher),
        }
    }

    /// An empty set with room for `capacity` elements that hashes with `hasher`.
    ///
    /// # Panics
    ///
    /// As [`with_capacity`](HashSet::with_capacity).
    ///
    /// ```
    /// use tophash::{HashSet, hash_map::RandomState};
    /// let set: HashSet<u8> = HashSet::with_capacity_and_hasher(10, RandomState::new());
    /// assert!(set.capacity() >= 10);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        Self {
            map: HashMap::with_capacity_and_hasher(capacity, hasher),
        }
    }
}

impl<T, S, A: Allocator> HashSet<T, S, A> {
    /// An empty set that hashes with `hasher`, in memory from `alloc`. Allocates nothing.
    ///
    /// ```
    /// use tophash::{HashSet, alloc::Global, hash_map::RandomState};
    /// let mut set = HashSet::with_hasher_in(RandomState::new(), Global);
    /// set.insert(1);
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_hasher_in(hasher: S, alloc: A) -> Self {
        Self {
            map: HashMap::with_hasher_in(hasher, alloc),
        }
    }

    /// An empty set with room for `capacity` elements that hashes with `hasher`, in memory from `alloc`.
    ///
    /// # Panics
    ///
    /// As [`with_capacity`](HashSet::with_capacity).
    ///
    /// ```
    /// use tophash::{HashSet, alloc::Global, hash_map::RandomState};
    /// let set: HashSet<u8, _, _> =
    ///     HashSet::with_capacity_and_hasher_in(10, RandomState::new(), Global);
    /// assert!(set.capacity() >= 10);
    /// ```
    #[inline]
    #[must_use]
    pub fn with_capacity_and_hasher_in(capacity: usize, hasher: S, alloc: A) -> Self {
        Self {
            map: HashMap::with_capacity_and_hasher_in(capacity, hasher, alloc),
        }
    }

    /// An empty set that grows by `policy` and hashes with `hasher`, in memory from `alloc`. Allocates nothing.
    ///
    /// ```
    /// use tophash::{GrowthPolicy, HashSet, alloc::Global, hash_map::RandomState};
    /// let policy = GrowthPolicy::Paced;
    /// let mut set =
    ///     HashSet::with_growth_policy_and_hasher_in(policy, RandomState::new(), Global);
    /// set.insert(1);
    /// ```
    #[inline]
    #[must_use]
    pub const fn with_growth_policy_and_hasher_in(
        policy: GrowthPolicy,
        hasher: S,
        alloc: A,
    ) -> Self {
        Self {
            map: HashMap::with_growth_policy_and_hasher_in(policy, hasher, alloc),
        }
    }

    /// The allocator that the set's memory comes from.
    ///
    /// ```
    /// use tophash::{HashSet, alloc::Global};
    /// let set: HashSet<u8, _, _> = HashSet::new_in(Global);
    /// let _: &Global = set.allocator();
    /// ```
    #[inline]
    pub fn allocator(&self) -> &A {
        self.map.allocator()
    }

    /// The hasher builder of the set.
    ///
    /// ```
    /// use tophash::{HashSet, hash_map::RandomState};
    /// let set: HashSet<u8> = HashSet::new();
    /// let _: &RandomState = set.hasher();
    /// ```
    #[inline]
    pub fn hasher(&self) -> &S {
        self.map.hasher()
    }

    /// The policy by which the set grows.
    ///
    /// ```
    /// use tophash::{GrowthPolicy, HashSet};
    /// assert_eq!(HashSet::<u8>::new().growth_policy(), GrowthPolicy::Burst);
    /// ```
    #[inline]
    pub fn growth_policy(&self) -> GrowthPolicy {
        self.map.growth_policy()
    }

    /// The number of elements. O(1).
    ///
    /// ```
    /// use tophash::HashSet;
    /// assert_eq!(HashSet::from([1, 2]).len(), 2);
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether the set has no element.
    ///
    /// ```
    /// use tophash::HashSet;
    /// assert!(HashSet::<u8>::new().is_empty());
    /// ```
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The number of elements that the set can hold before it asks for memory; never less than [`len`](Self::len).
    ///
    /// ```
    /// use tophash::HashSet;
    /// let set: HashSet<u8> = HashSet::with_capacity(100);
    /// assert!(set.capacity() >= 100);
    /// ```
    #[inline]
    pub fn capacity(&self) -> usize {
        self.map.capacity()
    }

    /// The memory that the set holds, in bytes, without what its elements own elsewhere. O(1).
    ///
    /// ```
    /// use tophash::HashSet;
    /// assert!(HashSet::from([1_u64]).allocation_size() >= 8);
    /// ```
    #[inline]
    pub fn allocation_size(&self) -> usize {
        self.map.allocation_size()
    }

    /// The elements, in arbitrary order.
    ///
    /// Takes time in proportion to the elements that are there or that room is kept for: what was reserved and, until
    /// the next removals, what [`clear`](Self::clear) or [`drain`](Self::drain) has left.
    ///
    /// ```
    /// use tophash::HashSet;
    /// assert_eq!(HashSet::from([1, 2]).iter().sum::<i32>(), 3);
    /// ```
    #[inline]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self.map.keys())
    }

    /// Removes all elements and returns them, in arbitrary order; the set keeps its memory, as with
    /// [`clear`](Self::clear).
    ///
    /// Elements that are not taken from the iterator are dropped with it.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::from([1, 2]);
    /// assert_eq!(set.drain().sum::<i32>(), 3);
    /// assert!(set.is_empty());
    /// ```
    #[inline]
    pub fn drain(&mut self) -> Drain<'_, T, A> {
        Drain::new(self.map.drain())
    }

    /// Removes and returns the elements for which `pred` is true, as the iterator is driven.
    ///
    /// Elements that the iterator has not come to when it is dropped stay in the set. The memory of those that are
    /// removed goes back when the iterator is dropped.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set: HashSet<i32> = (0..8).collect();
    /// let even: HashSet<i32> = set.extract_if(|n| n % 2 == 0).collect();
    /// assert_eq!((even.len(), set.len()), (4, 4));
    /// ```
    #[inline]
    pub fn extract_if<F>(&mut self, pred: F) -> ExtractIf<'_, T, F, A>
    where
        F: FnMut(&T) -> bool,
    {
        ExtractIf::new(self.map.extract_if_raw(), pred)
    }

    /// Keeps the elements for which `keep` is true, and drops the others, whose memory goes back.
    ///
    /// Takes time in proportion to the elements that were there.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set: HashSet<i32> = (0..8).collect();
    /// set.retain(|n| n % 2 == 0);
    /// assert_eq!(set.len(), 4);
    /// ```
    #[inline]
    pub fn retain<F>(&mut self, mut keep: F)
    where
        F: FnMut(&T) -> bool,
    {
        self.map.retain(|element, ()| keep(element));
    }

    /// Removes all elements; the set keeps its memory.
    ///
    /// Later removals give it back step by step, and [`shrink_to_fit`](Self::shrink_to_fit) gives it back at once.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::from([1]);
    /// set.clear();
    /// assert!(set.is_empty());
    /// ```
    #[inline]
    pub fn clear(&mut self) {
        self.map.clear();
    }
}

impl<T, S, A> HashSet<T, S, A>
where
    T: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// Makes room for `additional` more elements, and never shrinks below that by itself.
    ///
    /// Takes time in proportion to the elements that are moved and the room that is made.
    ///
    /// # Panics
    ///
    /// If the size overflows. If the memory is refused, the program ends as for any failed allocation.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set: HashSet<&str> = HashSet::new();
    /// set.reserve(10);
    /// assert!(set.capacity() >= 10);
    /// ```
    #[inline]
    pub fn reserve(&mut self, additional: usize) {
        self.map.reserve(additional);
    }

    /// Makes room for `additional` more elements, or leaves the set as it was.
    ///
    /// # Errors
    ///
    /// If the size overflows or the allocator refuses the memory.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set: HashSet<u64> = HashSet::new();
    /// assert!(set.try_reserve(10).is_ok());
    /// assert!(set.try_reserve(usize::MAX).is_err());
    /// ```
    #[inline]
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), TryReserveError> {
        self.map.try_reserve(additional)
    }

    /// Gives back as much memory as possible, and forgets what was reserved.
    ///
    /// Takes time in proportion to what is moved, at most to the number of elements.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set: HashSet<i32> = HashSet::with_capacity(100);
    /// set.insert(1);
    /// set.shrink_to_fit();
    /// assert!(set.capacity() < 100);
    /// ```
    #[inline]
    pub fn shrink_to_fit(&mut self) {
        self.map.shrink_to_fit();
    }

    /// Gives back memory, but keeps room for the elements there are and for `min_capacity` in all.
    ///
    /// Does nothing if the capacity is already smaller.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set: HashSet<i32> = HashSet::with_capacity(1000);
    /// set.shrink_to(10);
    /// assert!(set.capacity() >= 10 && set.capacity() < 1000);
    /// ```
    #[inline]
    pub fn shrink_to(&mut self, min_capacity: usize) {
        self.map.shrink_to(min_capacity);
    }

    /// Makes room for elements that a format announces; unlike `reserve`, nobody asked to keep it.
    #[cfg(feature = "serde")]
    pub(crate) fn expect(&mut self, additional: usize) {
        self.map.expect(additional);
    }

    /// Checks every invariant of the table.
    ///
    /// # Panics
    /// One of them does not hold; the message names it.
    #[cfg(tophash_check)]
    #[doc(hidden)]
    pub fn check_invariants(&self) {
        self.map.check_invariants();
    }
}
