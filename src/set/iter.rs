//! The iterators over a set, and over what two sets make.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::iter::{Chain, FusedIterator};

use equivalent::Equivalent;

use super::HashSet;
use crate::DefaultAllocator;
use crate::alloc::Allocator;
use crate::map::{self, Batch, HashMap, cloned, empty, iterator};
use crate::raw;

/// The elements of a set; see [`HashSet::iter`].
///
/// ```
/// use tophash::{HashSet, hash_set::Iter};
/// let set = HashSet::from([1]);
/// let mut iter: Iter<'_, i32> = set.iter();
/// assert_eq!((iter.next(), iter.next()), (Some(&1), None));
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Iter<'a, T> {
    inner: map::Keys<'a, T, ()>,
}

impl<'a, T> Iter<'a, T> {
    #[inline]
    pub(super) fn new(inner: map::Keys<'a, T, ()>) -> Self {
        Self { inner }
    }
}

iterator! { ['a, T] Iter<'a, T> => &'a T, element => element }
cloned! { [T] Iter<'_, T> }
empty! { [T] Iter<'_, T> }

impl<T: fmt::Debug> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// The elements of a set by value; made by its [`IntoIterator`].
///
/// ```
/// use tophash::{HashSet, hash_set::IntoIter};
/// let iter: IntoIter<i32> = HashSet::from([1]).into_iter();
/// assert_eq!(iter.collect::<Vec<_>>(), [1]);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct IntoIter<T, A: Allocator = DefaultAllocator> {
    inner: map::IntoKeys<T, (), A>,
}

impl<T, A: Allocator> IntoIter<T, A> {
    #[inline]
    pub(super) fn new(inner: map::IntoKeys<T, (), A>) -> Self {
        Self { inner }
    }
}

iterator! { [T, A: Allocator] IntoIter<T, A> => T, element => element }
empty! { [T, A: Allocator + Default] IntoIter<T, A> }

impl<T: fmt::Debug, A: Allocator> fmt::Debug for IntoIter<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// The elements that leave a set; see [`HashSet::drain`].
///
/// ```
/// use tophash::{HashSet, hash_set::Drain};
/// let mut set = HashSet::from([1]);
/// let drain: Drain<'_, i32> = set.drain();
/// assert_eq!(drain.collect::<Vec<_>>(), [1]);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Drain<'a, T, A: Allocator = DefaultAllocator> {
    inner: map::Drain<'a, T, (), A>,
}

impl<'a, T, A: Allocator> Drain<'a, T, A> {
    #[inline]
    pub(super) fn new(inner: map::Drain<'a, T, (), A>) -> Self {
        Self { inner }
    }
}

iterator! { ['a, T, A: Allocator] Drain<'a, T, A> => T, (element, ()) => element }

impl<T: fmt::Debug, A: Allocator> fmt::Debug for Drain<'_, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.inner.entries().map(|(element, ())| element))
            .finish()
    }
}

/// The elements that leave a set because a predicate wants them; see [`HashSet::extract_if`].
///
/// ```
/// use tophash::HashSet;
/// let mut set = HashSet::from([1, 2]);
/// let mut odd = set.extract_if(|n| n % 2 == 1);
/// assert_eq!((odd.next(), odd.next()), (Some(1), None));
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed; `retain` drops what it removes"]
pub struct ExtractIf<'a, T, F, A: Allocator = DefaultAllocator> {
    inner: raw::ExtractIf<'a, (T, ()), A>,
    pred: F,
}

impl<'a, T, F, A: Allocator> ExtractIf<'a, T, F, A> {
    #[inline]
    pub(super) fn new(inner: raw::ExtractIf<'a, (T, ()), A>, pred: F) -> Self {
        Self { inner, pred }
    }
}

impl<T, F: FnMut(&T) -> bool, A: Allocator> Iterator for ExtractIf<'_, T, F, A> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        let (element, ()) = self.inner.next(|(element, ())| (self.pred)(element))?;
        Some(element)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.inner.remaining()))
    }
}

impl<T, F: FnMut(&T) -> bool, A: Allocator> FusedIterator for ExtractIf<'_, T, F, A> {}

impl<T, F, A: Allocator> fmt::Debug for ExtractIf<'_, T, F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtractIf").finish_non_exhaustive()
    }
}

/// Whether a set has each of the values that an iterator gives; see [`HashSet::contains_each`].
///
/// ```
/// use tophash::HashSet;
/// let set = HashSet::from([1]);
/// let there: Vec<bool> = set.contains_each(&[0, 1]).collect();
/// assert_eq!(there, [false, true]);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct ContainsEach<'a, T, S, I, A: Allocator = DefaultAllocator> {
    map: &'a HashMap<T, (), S, A>,
    batch: Batch<'a, T, (), I>,
}

impl<'a, T, S, I, A: Allocator> ContainsEach<'a, T, S, I, A> {
    pub(super) fn new(map: &'a HashMap<T, (), S, A>, batch: Batch<'a, T, (), I>) -> Self {
        Self { map, batch }
    }
}

impl<'q, T, Q, S, I, A> Iterator for ContainsEach<'_, T, S, I, A>
where
    T: Eq + Hash,
    Q: Hash + Equivalent<T> + ?Sized + 'q,
    S: BuildHasher,
    I: Iterator<Item = &'q Q>,
    A: Allocator,
{
    type Item = bool;

    #[inline]
    fn next(&mut self) -> Option<bool> {
        self.batch.next(self.map).map(|found| found.is_some())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.batch.size_hint()
    }
}

impl<'q, T, Q, S, I, A> ExactSizeIterator for ContainsEach<'_, T, S, I, A>
where
    T: Eq + Hash,
    Q: Hash + Equivalent<T> + ?Sized + 'q,
    S: BuildHasher,
    I: ExactSizeIterator<Item = &'q Q>,
    A: Allocator,
{
}

impl<'q, T, Q, S, I, A> FusedIterator for ContainsEach<'_, T, S, I, A>
where
    T: Eq + Hash,
    Q: Hash + Equivalent<T> + ?Sized + 'q,
    S: BuildHasher,
    I: FusedIterator<Item = &'q Q>,
    A: Allocator,
{
}

impl<T, S, I, A: Allocator> fmt::Debug for ContainsEach<'_, T, S, I, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainsEach").finish_non_exhaustive()
    }
}

/// An iterator over the elements of `iter` that are, or are not, in another set.
macro_rules! filter {
    ($name:ident, $keep:expr, $low:expr) => {
        impl<'a, T, S, A: Allocator> $name<'a, T, S, A> {
            #[inline]
            pub(super) fn new(iter: Iter<'a, T>, other: &'a HashSet<T, S, A>) -> Self {
                Self { iter, other }
            }
        }

        impl<T, S, A: Allocator> Clone for $name<'_, T, S, A> {
            #[inline]
            fn clone(&self) -> Self {
                Self {
                    iter: self.iter.clone(),
                    other: self.other,
                }
            }
        }

        impl<'a, T, S, A> Iterator for $name<'a, T, S, A>
        where
            T: Eq + Hash,
            S: BuildHasher,
            A: Allocator,
        {
            type Item = &'a T;

            #[inline]
            fn next(&mut self) -> Option<&'a T> {
                self.iter
                    .by_ref()
                    .find(|element| self.other.contains(*element) == $keep)
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                let low: fn(usize, usize) -> usize = $low;
                (
                    low(self.iter.len(), self.other.len()),
                    Some(self.iter.len()),
                )
            }

            #[inline]
            fn fold<B, F: FnMut(B, &'a T) -> B>(self, init: B, f: F) -> B {
                self.iter
                    .filter(|element| self.other.contains(*element) == $keep)
                    .fold(init, f)
            }
        }
    };
}

/// What two sets make, but for the fields.
macro_rules! two_sets {
    ($($name:ident)*) => {$(
        impl<T, S, A> FusedIterator for $name<'_, T, S, A>
        where
            T: Eq + Hash,
            S: BuildHasher,
            A: Allocator,
        {
        }

        impl<T, S, A> fmt::Debug for $name<'_, T, S, A>
        where
            T: fmt::Debug + Eq + Hash,
            S: BuildHasher,
            A: Allocator,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.clone()).finish()
            }
        }
    )*};
}

two_sets!(Difference Intersection SymmetricDifference Union);

/// The elements of one set that are not in another; see [`HashSet::difference`].
///
/// ```
/// use tophash::HashSet;
/// let (a, b) = (HashSet::from([1, 2]), HashSet::from([2]));
/// assert_eq!(a.difference(&b).next(), Some(&1));
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Difference<'a, T, S, A: Allocator = DefaultAllocator> {
    iter: Iter<'a, T>,
    other: &'a HashSet<T, S, A>,
}

filter!(Difference, false, |len, other| len.saturating_sub(other));

/// The elements that are in both of two sets; see [`HashSet::intersection`].
///
/// ```
/// use tophash::HashSet;
/// let (a, b) = (HashSet::from([1, 2]), HashSet::from([2]));
/// assert_eq!(a.intersection(&b).next(), Some(&2));
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Intersection<'a, T, S, A: Allocator = DefaultAllocator> {
    iter: Iter<'a, T>,
    other: &'a HashSet<T, S, A>,
}

filter!(Intersection, true, |_, _| 0);

/// An iterator that chains two others.
macro_rules! chain {
    ($name:ident, $first:ty) => {
        impl<'a, T, S, A: Allocator> $name<'a, T, S, A>
        where
            T: Eq + Hash,
            S: BuildHasher,
        {
            #[inline]
            pub(super) fn new(first: $first, second: Difference<'a, T, S, A>) -> Self {
                Self {
                    iter: first.chain(second),
                }
            }
        }

        impl<T, S, A: Allocator> Clone for $name<'_, T, S, A> {
            #[inline]
            fn clone(&self) -> Self {
                Self {
                    iter: self.iter.clone(),
                }
            }
        }

        impl<'a, T, S, A> Iterator for $name<'a, T, S, A>
        where
            T: Eq + Hash,
            S: BuildHasher,
            A: Allocator,
        {
            type Item = &'a T;

            #[inline]
            fn next(&mut self) -> Option<&'a T> {
                self.iter.next()
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.iter.size_hint()
            }

            #[inline]
            fn fold<B, F: FnMut(B, &'a T) -> B>(self, init: B, f: F) -> B {
                self.iter.fold(init, f)
            }
        }
    };
}

/// The elements that are in just one of two sets; see [`HashSet::symmetric_difference`].
///
/// ```
/// use tophash::HashSet;
/// let (a, b) = (HashSet::from([1, 2]), HashSet::from([2]));
/// assert_eq!(a.symmetric_difference(&b).next(), Some(&1));
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct SymmetricDifference<'a, T, S, A: Allocator = DefaultAllocator> {
    iter: Chain<Difference<'a, T, S, A>, Difference<'a, T, S, A>>,
}

chain!(SymmetricDifference, Difference<'a, T, S, A>);

/// The elements that are in either of two sets; see [`HashSet::union`].
///
/// ```
/// use tophash::HashSet;
/// let (a, b) = (HashSet::from([1, 2]), HashSet::from([2]));
/// assert_eq!(a.union(&b).count(), 2);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Union<'a, T, S, A: Allocator = DefaultAllocator> {
    iter: Chain<Iter<'a, T>, Difference<'a, T, S, A>>,
}

chain!(Union, Iter<'a, T>);
