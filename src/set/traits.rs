//! The traits of the set as a whole.

use core::fmt;
use core::hash::{BuildHasher, Hash};

use super::{HashSet, IntoIter, Iter};
use crate::alloc::Allocator;
use crate::map::HashMap;
#[cfg(feature = "default-hasher")]
use crate::{DefaultAllocator, DefaultHashBuilder};

impl<T: Clone, S: Clone, A: Allocator + Clone> Clone for HashSet<T, S, A> {
    fn clone(&self) -> Self {
        Self {
            map: self.map.clone(),
        }
    }

    /// Reuses the memory of `self`.
    fn clone_from(&mut self, source: &Self) {
        self.map.clone_from(&source.map);
    }
}

impl<T: fmt::Debug, S, A: Allocator> fmt::Debug for HashSet<T, S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl<T, S: Default, A: Allocator + Default> Default for HashSet<T, S, A> {
    /// An empty set. Allocates nothing.
    #[inline]
    fn default() -> Self {
        Self {
            map: HashMap::default(),
        }
    }
}

impl<T, S, A> PartialEq for HashSet<T, S, A>
where
    T: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.is_subset(other)
    }
}

impl<T, S, A> Eq for HashSet<T, S, A>
where
    T: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
}

impl<T, S, A> Extend<T> for HashSet<T, S, A>
where
    T: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// Adds every element that is not there.
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        self.map
            .extend(elements.into_iter().map(|element| (element, ())));
    }
}

impl<'a, T, S, A> Extend<&'a T> for HashSet<T, S, A>
where
    T: Eq + Hash + Copy + 'a,
    S: BuildHasher,
    A: Allocator,
{
    fn extend<I: IntoIterator<Item = &'a T>>(&mut self, elements: I) {
        self.extend(elements.into_iter().copied());
    }
}

impl<T, S, A> FromIterator<T> for HashSet<T, S, A>
where
    T: Eq + Hash,
    S: BuildHasher + Default,
    A: Allocator + Default,
{
    /// A set of the elements; of equal ones the first stays.
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        let mut set = Self::default();
        set.extend(elements);
        set
    }
}

#[cfg(feature = "default-hasher")]
impl<T: Eq + Hash, const N: usize> From<[T; N]>
    for HashSet<T, DefaultHashBuilder, DefaultAllocator>
{
    /// A set of the elements; of equal ones the first stays.
    fn from(elements: [T; N]) -> Self {
        Self::from_iter(elements)
    }
}

#[cfg(all(feature = "std", feature = "default-hasher"))]
impl<T: Eq + Hash, S> From<std::collections::HashSet<T, S>> for HashSet<T> {
    /// Moves the elements out of std's set.
    fn from(set: std::collections::HashSet<T, S>) -> Self {
        Self::from_iter(set)
    }
}

#[cfg(feature = "std")]
impl<T: Eq + Hash, S, A: Allocator> From<HashSet<T, S, A>> for std::collections::HashSet<T> {
    /// Moves the elements into std's set.
    fn from(set: HashSet<T, S, A>) -> Self {
        Self::from_iter(set)
    }
}

impl<T, S, A: Allocator> From<HashMap<T, (), S, A>> for HashSet<T, S, A> {
    /// The keys of the map as a set; moves no entry.
    #[inline]
    fn from(map: HashMap<T, (), S, A>) -> Self {
        Self { map }
    }
}

impl<'a, T, S, A: Allocator> IntoIterator for &'a HashSet<T, S, A> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    #[inline]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T, S, A: Allocator> IntoIterator for HashSet<T, S, A> {
    type Item = T;
    type IntoIter = IntoIter<T, A>;

    #[inline]
    fn into_iter(self) -> IntoIter<T, A> {
        IntoIter::new(self.map.into_keys())
    }
}
