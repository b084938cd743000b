//! Iterators over all entries of a map or of a prefix, by reference.

use core::fmt;
use core::iter::FusedIterator;

use crate::raw::tree::{Leaves, LeavesMut, Suffix};

/// Entries by reference; from [`NestedMap::iter`](super::NestedMap::iter) and [`Prefix::iter`](super::Prefix::iter).
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.iter().next(), Some(((&1, &2), &'x')));
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
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
#[must_use = "iterators are lazy and do nothing unless consumed"]
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
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Keys<'a, L: Suffix>(pub(super) Iter<'a, L>);

/// Values; from [`NestedMap::values`](super::NestedMap::values).
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.values().len(), 1);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Values<'a, L: Suffix>(pub(super) Iter<'a, L>);

/// Values to be changed; from [`NestedMap::values_mut`](super::NestedMap::values_mut).
///
/// ```
/// use tophash::NestedMap;
/// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.values_mut().len(), 1);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct ValuesMut<'a, L: Suffix>(pub(super) IterMut<'a, L>);

impl<'a, L: Suffix> Iter<'a, L> {
    pub(super) fn new(leaves: Leaves<'a, L>, left: usize) -> Self {
        Iter { leaves, left }
    }
}

impl<'a, L: Suffix> IterMut<'a, L> {
    pub(super) fn new(leaves: LeavesMut<'a, L>, left: usize) -> Self {
        IterMut { leaves, left }
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

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    #[inline]
    fn count(self) -> usize {
        self.left
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

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    #[inline]
    fn count(self) -> usize {
        self.left
    }
}

/// An iterator over one half of the entries of another.
macro_rules! half {
    ($name:ident => $item:ty, $entry:pat => $half:expr) => {
        impl<'a, L: Suffix> Iterator for $name<'a, L> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                self.0.next().map(|$entry| $half)
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }

            #[inline]
            fn count(self) -> usize {
                self.0.count()
            }

            #[inline]
            fn fold<B, F: FnMut(B, $item) -> B>(self, init: B, mut f: F) -> B {
                self.0.fold(init, |sum, $entry| f(sum, $half))
            }
        }

        impl<L: Suffix> Default for $name<'_, L> {
            /// An iterator over nothing.
            fn default() -> Self {
                $name(Default::default())
            }
        }
    };
}

half! { Keys => L::Ref<'a>, (key, _) => key }
half! { Values => &'a L::Value, (_, value) => value }
half! { ValuesMut => &'a mut L::Value, (_, value) => value }

macro_rules! exact {
    ($($name:ident)*) => {$(
        impl<L: Suffix> ExactSizeIterator for $name<'_, L> {}
        impl<L: Suffix> FusedIterator for $name<'_, L> {}
    )*};
}

exact! { Iter IterMut Keys Values ValuesMut }

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

impl<L: Suffix> Default for Iter<'_, L> {
    /// An iterator over nothing.
    fn default() -> Self {
        Iter::new(Leaves::new(None), 0)
    }
}

impl<L: Suffix> Default for IterMut<'_, L> {
    /// An iterator over nothing.
    fn default() -> Self {
        IterMut::new(LeavesMut::none(), 0)
    }
}

impl<'a, L: Suffix> fmt::Debug for Iter<'a, L>
where
    L::Ref<'a>: fmt::Debug,
    L::Value: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a, L: Suffix> fmt::Debug for IterMut<'a, L>
where
    L::Ref<'a>: fmt::Debug,
    L::Value: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.leaves.rest()).finish()
    }
}

impl<'a, L: Suffix> fmt::Debug for Keys<'a, L>
where
    L::Ref<'a>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<L: Suffix> fmt::Debug for Values<'_, L>
where
    L::Value: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<L: Suffix> fmt::Debug for ValuesMut<'_, L>
where
    L::Value: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.0.leaves.rest().map(|(_, value)| value);
        f.debug_list().entries(values).finish()
    }
}
