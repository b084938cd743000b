//! Iterators over all entries of a map or of a prefix.

use core::fmt;
use core::iter::FusedIterator;

use crate::raw::tree::{Leaves, LeavesMut, OwnedSuffix, Suffix, TakenPart, TakenTree};

/// Entries by reference; from [`NestedMap::iter`](super::NestedMap::iter) and [`Prefix::iter`](super::Prefix::iter).
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.iter().next(), Some(((&1, &2), &'x')));
/// ```
pub struct Iter<'a, L: Suffix> {
    leaves: Leaves<'a, L>,
    left: usize,
}

/// Entries with values to be changed; from [`NestedMap::iter_mut`](super::NestedMap::iter_mut).
///
/// ```
/// use tophash::NestedMap;
/// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.iter_mut().next(), Some(((&1, &2), &mut 'x')));
/// ```
pub struct IterMut<'a, L: Suffix> {
    leaves: LeavesMut<'a, L>,
    left: usize,
}

/// Full keys; from [`NestedMap::keys`](super::NestedMap::keys).
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.keys().len(), 1);
/// ```
pub struct Keys<'a, L: Suffix>(pub(super) Iter<'a, L>);

/// Values; from [`NestedMap::values`](super::NestedMap::values).
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.values().len(), 1);
/// ```
pub struct Values<'a, L: Suffix>(pub(super) Iter<'a, L>);

/// Values to be changed; from [`NestedMap::values_mut`](super::NestedMap::values_mut).
///
/// ```
/// use tophash::NestedMap;
/// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.values_mut().len(), 1);
/// ```
pub struct ValuesMut<'a, L: Suffix>(pub(super) IterMut<'a, L>);

/// Entries by value; from `into_iter` of a [`NestedMap`](super::NestedMap).
///
/// Parts that several keys share are copied, for all of these keys but the last, which gets the part itself.
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.into_iter().next(), Some(((1, 2), 'x')));
/// ```
pub struct IntoIter<L: OwnedSuffix>(pub(super) TakenTree<L>);

/// Entries that leave the map; from [`NestedMap::drain_prefix`](super::NestedMap::drain_prefix).
///
/// What is not taken from it is dropped with it. If it is forgotten, what is left stays in memory as long as the map.
///
/// ```
/// use tophash::NestedMap;
/// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.drain_prefix((1,)).next(), Some(((2,), 'x')));
/// ```
pub struct DrainPrefix<'a, L: OwnedSuffix>(pub(super) Option<TakenPart<'a, L>>);

impl<'a, L: Suffix> Iter<'a, L> {
    pub(super) fn new(leaves: Leaves<'a, L>, left: usize) -> Self {
        Iter { leaves, left }
    }
}

impl<'a, L: Suffix> IterMut<'a, L> {
    pub(super) fn new(leaves: LeavesMut<'a, L>, left: usize) -> Self {
        IterMut { leaves, left }
    }

    fn rest(&self) -> Iter<'_, L> {
        Iter::new(self.leaves.rest(), self.left)
    }
}

impl<L: Suffix> Clone for Iter<'_, L> {
    fn clone(&self) -> Self {
        Iter {
            leaves: self.leaves.clone(),
            left: self.left,
        }
    }
}

impl<L: Suffix> Clone for Keys<'_, L> {
    fn clone(&self) -> Self {
        Keys(self.0.clone())
    }
}

impl<L: Suffix> Clone for Values<'_, L> {
    fn clone(&self) -> Self {
        Values(self.0.clone())
    }
}

impl<'a, L: Suffix> Iterator for Iter<'a, L> {
    type Item = (L::Ref<'a>, &'a L::Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.leaves.next()?;
        self.left -= 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, f: F) -> B {
        self.leaves.fold(init, f)
    }
}

impl<'a, L: Suffix> Iterator for IterMut<'a, L> {
    type Item = (L::Ref<'a>, &'a mut L::Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.leaves.next()?;
        self.left -= 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<'a, L: Suffix> Iterator for Keys<'a, L> {
    type Item = L::Ref<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, _)| key)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
        self.0.fold(init, |sum, (key, _)| f(sum, key))
    }
}

impl<'a, L: Suffix> Iterator for Values<'a, L> {
    type Item = &'a L::Value;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(_, value)| value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
        self.0.fold(init, |sum, (_, value)| f(sum, value))
    }
}

impl<'a, L: Suffix> Iterator for ValuesMut<'a, L> {
    type Item = &'a mut L::Value;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(_, value)| value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<L: OwnedSuffix> Iterator for IntoIter<L> {
    type Item = (L::Owned, L::Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left(), Some(self.0.left()))
    }
}

impl<L: OwnedSuffix> Iterator for DrainPrefix<'_, L> {
    type Item = (L::Owned, L::Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.as_mut()?.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.0.as_ref().map_or(0, TakenPart::left);
        (left, Some(left))
    }
}

impl<L: Suffix> ExactSizeIterator for Iter<'_, L> {}
impl<L: Suffix> ExactSizeIterator for IterMut<'_, L> {}
impl<L: Suffix> ExactSizeIterator for Keys<'_, L> {}
impl<L: Suffix> ExactSizeIterator for Values<'_, L> {}
impl<L: Suffix> ExactSizeIterator for ValuesMut<'_, L> {}
impl<L: OwnedSuffix> ExactSizeIterator for IntoIter<L> {}
impl<L: OwnedSuffix> ExactSizeIterator for DrainPrefix<'_, L> {}
impl<L: Suffix> FusedIterator for Iter<'_, L> {}
impl<L: Suffix> FusedIterator for IterMut<'_, L> {}
impl<L: Suffix> FusedIterator for Keys<'_, L> {}
impl<L: Suffix> FusedIterator for Values<'_, L> {}
impl<L: Suffix> FusedIterator for ValuesMut<'_, L> {}
impl<L: OwnedSuffix> FusedIterator for IntoIter<L> {}
impl<L: OwnedSuffix> FusedIterator for DrainPrefix<'_, L> {}

impl<'a, L: Suffix> fmt::Debug for Iter<'a, L>
where
    L::Ref<'a>: fmt::Debug,
    L::Value: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<L: Suffix> fmt::Debug for IterMut<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterMut")
            .field("left", &self.rest().len())
            .finish()
    }
}

impl<L: OwnedSuffix> fmt::Debug for IntoIter<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter")
            .field("left", &self.len())
            .finish()
    }
}

impl<L: OwnedSuffix> fmt::Debug for DrainPrefix<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainPrefix")
            .field("left", &self.len())
            .finish()
    }
}
