//! The iterators over a map.

use core::fmt;
use core::iter::FusedIterator;

use crate::DefaultAllocator;
use crate::alloc::Allocator;
use crate::raw;

/// Makes an iterator of one that it wraps: `$item` is what becomes of each of the inner items.
macro_rules! iterator {
    ([$($generics:tt)*] $name:ty => $item:ty, $entry:pat_param => $made:expr) => {
        impl<$($generics)*> Iterator for $name {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                match self.inner.next() {
                    Some($entry) => Some($made),
                    None => None,
                }
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.inner.size_hint()
            }

            #[inline]
            fn count(self) -> usize {
                self.inner.len()
            }

            #[inline]
            fn fold<B, F: FnMut(B, $item) -> B>(self, init: B, mut f: F) -> B {
                self.inner.fold(init, |acc, $entry| f(acc, $made))
            }
        }

        impl<$($generics)*> ExactSizeIterator for $name {
            #[inline]
            fn len(&self) -> usize {
                self.inner.len()
            }
        }

        impl<$($generics)*> core::iter::FusedIterator for $name {}
    };
}

/// Clones the iterator that is wrapped.
macro_rules! cloned {
    ([$($generics:tt)*] $name:ty) => {
        impl<$($generics)*> Clone for $name {
            #[inline]
            fn clone(&self) -> Self {
                Self {
                    inner: self.inner.clone(),
                }
            }
        }
    };
}

/// The default of an iterator: one over nothing.
macro_rules! empty {
    ([$($generics:tt)*] $name:ty) => {
        impl<$($generics)*> Default for $name {
            /// An iterator over nothing.
            #[inline]
            fn default() -> Self {
                Self {
                    inner: Default::default(),
                }
            }
        }
    };
}

/// Shows the entries that are left, or a part of each.
macro_rules! debug {
    ([$($generics:tt)*] $name:ty, $entry:pat_param => $shown:expr) => {
        impl<$($generics)*> fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.entries().map(|$entry| $shown)).finish()
            }
        }
    };
}

pub(crate) use {cloned, empty, iterator};

/// The entries of a map; see [`HashMap::iter`](crate::HashMap::iter).
///
/// ```
/// use tophash::{HashMap, hash_map::Iter};
/// let map = HashMap::from([(1, 10)]);
/// let mut iter: Iter<'_, i32, i32> = map.iter();
/// assert_eq!(iter.next(), Some((&1, &10)));
/// assert_eq!(iter.next(), None);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Iter<'a, K, V> {
    inner: raw::Iter<'a, (K, V)>,
}

impl<'a, K, V> Iter<'a, K, V> {
    #[inline]
    pub(super) fn new(inner: raw::Iter<'a, (K, V)>) -> Self {
        Self { inner }
    }

    /// The entries that are left.
    pub(crate) fn entries(&self) -> raw::Iter<'_, (K, V)> {
        self.inner.clone()
    }
}

iterator! { ['a, K, V] Iter<'a, K, V> => (&'a K, &'a V), (key, value) => (key, value) }
debug! { [K: fmt::Debug, V: fmt::Debug] Iter<'_, K, V>, entry => entry }
cloned! { [K, V] Iter<'_, K, V> }
empty! { [K, V] Iter<'_, K, V> }

/// The entries of a map, their values to be changed; see [`HashMap::iter_mut`](crate::HashMap::iter_mut).
///
/// ```
/// use tophash::{HashMap, hash_map::IterMut};
/// let mut map = HashMap::from([(1, 10)]);
/// let iter: IterMut<'_, i32, i32> = map.iter_mut();
/// iter.for_each(|(key, value)| *value += key);
/// assert_eq!(map[&1], 11);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct IterMut<'a, K, V> {
    inner: raw::IterMut<'a, (K, V)>,
}

impl<'a, K, V> IterMut<'a, K, V> {
    #[inline]
    pub(super) fn new(inner: raw::IterMut<'a, (K, V)>) -> Self {
        Self { inner }
    }

    /// The entries that are left.
    pub(crate) fn entries(&self) -> raw::Iter<'_, (K, V)> {
        self.inner.iter()
    }
}

iterator! { ['a, K, V] IterMut<'a, K, V> => (&'a K, &'a mut V), (key, value) => (&*key, value) }
debug! { [K: fmt::Debug, V: fmt::Debug] IterMut<'_, K, V>, entry => entry }
empty! { [K, V] IterMut<'_, K, V> }

/// The entries of a map by value; made by its [`IntoIterator`].
///
/// ```
/// use tophash::{HashMap, hash_map::IntoIter};
/// let iter: IntoIter<i32, i32> = HashMap::from([(1, 10)]).into_iter();
/// assert_eq!(iter.collect::<Vec<_>>(), [(1, 10)]);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct IntoIter<K, V, A: Allocator = DefaultAllocator> {
    inner: raw::IntoIter<(K, V), A>,
}

impl<K, V, A: Allocator> IntoIter<K, V, A> {
    #[inline]
    pub(super) fn new(inner: raw::IntoIter<(K, V), A>) -> Self {
        Self { inner }
    }

    /// The entries that are left.
    pub(crate) fn entries(&self) -> raw::Iter<'_, (K, V)> {
        self.inner.iter()
    }
}

iterator! { [K, V, A: Allocator] IntoIter<K, V, A> => (K, V), entry => entry }
debug! { [K: fmt::Debug, V: fmt::Debug, A: Allocator] IntoIter<K, V, A>, entry => entry }
empty! { [K, V, A: Allocator + Default] IntoIter<K, V, A> }

/// The keys of a map; see [`HashMap::keys`](crate::HashMap::keys).
///
/// ```
/// use tophash::{HashMap, hash_map::Keys};
/// let map = HashMap::from([(1, 10)]);
/// let mut keys: Keys<'_, i32, i32> = map.keys();
/// assert_eq!(keys.next(), Some(&1));
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Keys<'a, K, V> {
    inner: Iter<'a, K, V>,
}

impl<'a, K, V> Keys<'a, K, V> {
    #[inline]
    pub(super) fn new(inner: Iter<'a, K, V>) -> Self {
        Self { inner }
    }

    /// The entries that are left.
    pub(crate) fn entries(&self) -> raw::Iter<'_, (K, V)> {
        self.inner.entries()
    }
}

iterator! { ['a, K, V] Keys<'a, K, V> => &'a K, (key, _) => key }
debug! { [K: fmt::Debug, V] Keys<'_, K, V>, (key, _) => key }
cloned! { [K, V] Keys<'_, K, V> }
empty! { [K, V] Keys<'_, K, V> }

/// The values of a map; see [`HashMap::values`](crate::HashMap::values).
///
/// ```
/// use tophash::{HashMap, hash_map::Values};
/// let map = HashMap::from([(1, 10)]);
/// let mut values: Values<'_, i32, i32> = map.values();
/// assert_eq!(values.next(), Some(&10));
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Values<'a, K, V> {
    inner: Iter<'a, K, V>,
}

impl<'a, K, V> Values<'a, K, V> {
    #[inline]
    pub(super) fn new(inner: Iter<'a, K, V>) -> Self {
        Self { inner }
    }

    /// The entries that are left.
    pub(crate) fn entries(&self) -> raw::Iter<'_, (K, V)> {
        self.inner.entries()
    }
}

iterator! { ['a, K, V] Values<'a, K, V> => &'a V, (_, value) => value }
debug! { [K, V: fmt::Debug] Values<'_, K, V>, (_, value) => value }
cloned! { [K, V] Values<'_, K, V> }
empty! { [K, V] Values<'_, K, V> }

/// The values of a map, to be changed; see [`HashMap::values_mut`](crate::HashMap::values_mut).
///
/// ```
/// use tophash::{HashMap, hash_map::ValuesMut};
/// let mut map = HashMap::from([(1, 10)]);
/// let values: ValuesMut<'_, i32, i32> = map.values_mut();
/// values.for_each(|value| *value += 1);
/// assert_eq!(map[&1], 11);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct ValuesMut<'a, K, V> {
    inner: IterMut<'a, K, V>,
}

impl<'a, K, V> ValuesMut<'a, K, V> {
    #[inline]
    pub(super) fn new(inner: IterMut<'a, K, V>) -> Self {
        Self { inner }
    }

    /// The entries that are left.
    pub(crate) fn entries(&self) -> raw::Iter<'_, (K, V)> {
        self.inner.entries()
    }
}

iterator! { ['a, K, V] ValuesMut<'a, K, V> => &'a mut V, (_, value) => value }
debug! { [K, V: fmt::Debug] ValuesMut<'_, K, V>, (_, value) => value }
empty! { [K, V] ValuesMut<'_, K, V> }

/// The keys of a map by value; see [`HashMap::into_keys`](crate::HashMap::into_keys).
///
/// ```
/// use tophash::{HashMap, hash_map::IntoKeys};
/// let keys: IntoKeys<i32, i32> = HashMap::from([(1, 10)]).into_keys();
/// assert_eq!(keys.collect::<Vec<_>>(), [1]);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct IntoKeys<K, V, A: Allocator = DefaultAllocator> {
    inner: IntoIter<K, V, A>,
}

impl<K, V, A: Allocator> IntoKeys<K, V, A> {
    #[inline]
    pub(super) fn new(inner: IntoIter<K, V, A>) -> Self {
        Self { inner }
    }

    /// The entries that are left.
    pub(crate) fn entries(&self) -> raw::Iter<'_, (K, V)> {
        self.inner.entries()
    }
}

iterator! { [K, V, A: Allocator] IntoKeys<K, V, A> => K, (key, _) => key }
debug! { [K: fmt::Debug, V, A: Allocator] IntoKeys<K, V, A>, (key, _) => key }
empty! { [K, V, A: Allocator + Default] IntoKeys<K, V, A> }

/// The values of a map by value; see [`HashMap::into_values`](crate::HashMap::into_values).
///
/// ```
/// use tophash::{HashMap, hash_map::IntoValues};
/// let values: IntoValues<i32, i32> = HashMap::from([(1, 10)]).into_values();
/// assert_eq!(values.collect::<Vec<_>>(), [10]);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct IntoValues<K, V, A: Allocator = DefaultAllocator> {
    inner: IntoIter<K, V, A>,
}

impl<K, V, A: Allocator> IntoValues<K, V, A> {
    #[inline]
    pub(super) fn new(inner: IntoIter<K, V, A>) -> Self {
        Self { inner }
    }

    /// The entries that are left.
    pub(crate) fn entries(&self) -> raw::Iter<'_, (K, V)> {
        self.inner.entries()
    }
}

iterator! { [K, V, A: Allocator] IntoValues<K, V, A> => V, (_, value) => value }
debug! { [K, V: fmt::Debug, A: Allocator] IntoValues<K, V, A>, (_, value) => value }
empty! { [K, V, A: Allocator + Default] IntoValues<K, V, A> }

/// The entries that leave a map; see [`HashMap::drain`](crate::HashMap::drain).
///
/// ```
/// use tophash::{HashMap, hash_map::Drain};
/// let mut map = HashMap::from([(1, 10)]);
/// let drain: Drain<'_, i32, i32> = map.drain();
/// assert_eq!(drain.collect::<Vec<_>>(), [(1, 10)]);
/// assert!(map.is_empty());
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Drain<'a, K, V, A: Allocator = DefaultAllocator> {
    inner: raw::Drain<'a, (K, V), A>,
}

impl<'a, K, V, A: Allocator> Drain<'a, K, V, A> {
    #[inline]
    pub(super) fn new(inner: raw::Drain<'a, (K, V), A>) -> Self {
        Self { inner }
    }

    /// The entries that are left.
    pub(crate) fn entries(&self) -> raw::Iter<'_, (K, V)> {
        self.inner.iter()
    }
}

iterator! { ['a, K, V, A: Allocator] Drain<'a, K, V, A> => (K, V), entry => entry }
debug! { [K: fmt::Debug, V: fmt::Debug, A: Allocator] Drain<'_, K, V, A>, entry => entry }

/// The entries that leave a map because a predicate wants them; see [`HashMap::extract_if`](crate::HashMap::extract_if).
///
/// ```
/// use tophash::HashMap;
/// let mut map = HashMap::from([(1, 10), (2, 20)]);
/// let mut odd = map.extract_if(|key, _| key % 2 == 1);
/// assert_eq!(odd.next(), Some((1, 10)));
/// assert_eq!(odd.next(), None);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed; `retain` drops what it removes"]
pub struct ExtractIf<'a, K, V, F, A: Allocator = DefaultAllocator> {
    inner: raw::ExtractIf<'a, (K, V), A>,
    pred: F,
}

impl<'a, K, V, F, A: Allocator> ExtractIf<'a, K, V, F, A> {
    #[inline]
    pub(super) fn new(inner: raw::ExtractIf<'a, (K, V), A>, pred: F) -> Self {
        Self { inner, pred }
    }
}

impl<K, V, F, A: Allocator> Iterator for ExtractIf<'_, K, V, F, A>
where
    F: FnMut(&K, &mut V) -> bool,
{
    type Item = (K, V);

    #[inline]
    fn next(&mut self) -> Option<(K, V)> {
        self.inner.next(|(key, value)| (self.pred)(key, value))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.inner.remaining()))
    }
}

impl<K, V, F, A: Allocator> FusedIterator for ExtractIf<'_, K, V, F, A> where
    F: FnMut(&K, &mut V) -> bool
{
}

impl<K, V, F, A: Allocator> fmt::Debug for ExtractIf<'_, K, V, F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtractIf").finish_non_exhaustive()
    }
}
