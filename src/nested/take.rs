//! Entries that leave a map, by value.

use core::fmt;
use core::hash::BuildHasher;
use core::iter::FusedIterator;

use super::{NestedMap, Root};
use crate::raw::tree::{
    Detached, NestedKey, OwnedSuffix, PrefixKey, Sifted, Suffix, TakenPart, TakenTree, Tree,
};

/// Entries by value; from `into_iter` of a [`NestedMap`](super::NestedMap).
///
/// Parts that several keys share are copied, for all of these keys but the last, which gets the part itself.
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.into_iter().next(), Some(((1, 2), 'x')));
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct IntoIter<L: OwnedSuffix>(pub(super) TakenTree<L>);

/// Full keys by value; from [`NestedMap::into_keys`](super::NestedMap::into_keys).
///
/// ```
/// use tophash::{NestedMap, nested_map::IntoKeys};
/// let keys: IntoKeys<_> = NestedMap::<(u8, u8), char>::from([((1, 2), 'x')]).into_keys();
/// assert_eq!(keys.collect::<Vec<_>>(), [(1, 2)]);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct IntoKeys<L: OwnedSuffix>(TakenTree<L>);

/// Values by value; from [`NestedMap::into_values`](super::NestedMap::into_values).
///
/// ```
/// use tophash::{NestedMap, nested_map::IntoValues};
/// let values: IntoValues<_> = NestedMap::<(u8, u8), char>::from([((1, 2), 'x')]).into_values();
/// assert_eq!(values.collect::<Vec<_>>(), ['x']);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct IntoValues<L: Suffix>(TakenTree<L>);

/// Entries that leave the map; from [`NestedMap::drain`](super::NestedMap::drain) and
/// [`NestedMap::drain_prefix`](super::NestedMap::drain_prefix).
///
/// What is not taken from it is dropped with it. If it is forgotten, what is left stays in memory as long as the map.
///
/// ```
/// use tophash::NestedMap;
/// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// assert_eq!(map.drain_prefix((1,)).next(), Some(((2,), 'x')));
/// ```
pub struct Drain<'a, L: OwnedSuffix>(Option<TakenPart<'a, L>>);

/// Entries that leave the map because a predicate wants them; from
/// [`NestedMap::extract_if`](super::NestedMap::extract_if).
///
/// ```
/// use tophash::NestedMap;
/// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x'), ((1, 3), 'y')]);
/// let mut odd = map.extract_if(|(_, b), _| b % 2 == 1);
/// assert_eq!(odd.next(), Some(((1, 3), 'y')));
/// assert_eq!(odd.next(), None);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed; `retain` drops what it removes"]
pub struct ExtractIf<'a, L: OwnedSuffix, S: BuildHasher, F> {
    sifted: Sifted<'a, L, S>,
    pred: F,
}

impl<K: NestedKey, V, S> NestedMap<K, V, S> {
    /// Takes the map apart for its full keys. O(entries) for all of them.
    ///
    /// Keys are copied as by `into_iter`.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, u8), char>::from([(("a", 1), 'x')]);
    /// assert_eq!(map.into_keys().collect::<Vec<_>>(), [("a".to_string(), 1)]);
    /// ```
    pub fn into_keys(self) -> IntoKeys<Root<K, V>>
    where
        Root<K, V>: OwnedSuffix,
    {
        IntoKeys(self.tree.into_taken())
    }

    /// Takes the map apart for its values. O(entries) for all of them.
    ///
    /// No part is copied, and none needs `Clone`.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, u8), String>::from([(("a", 1), "x".to_string())]);
    /// assert_eq!(map.into_values().collect::<Vec<_>>(), ["x"]);
    /// ```
    pub fn into_values(self) -> IntoValues<Root<K, V>> {
        IntoValues(self.tree.into_taken())
    }

    /// Removes all entries, and hands them out. O(entries).
    ///
    /// They are out of the map at once; those that the iterator is not asked for are dropped with it. The memory goes
    /// back to the map's arena as the iterator goes on, for what is inserted next. Keys are copied as by `into_iter`.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map = NestedMap::<(Str, u8), char>::from([(("a", 1), 'x'), (("b", 1), 'y')]);
    /// let mut gone: Vec<_> = map.drain().collect();
    /// gone.sort();
    /// assert_eq!(gone, [(("a".to_string(), 1), 'x'), (("b".to_string(), 1), 'y')]);
    /// assert!(map.is_empty());
    /// ```
    pub fn drain(&mut self) -> Drain<'_, Root<K, V>>
    where
        Root<K, V>: OwnedSuffix,
    {
        Drain(Some(self.tree.detach_all().into_taken()))
    }
}

impl<K: NestedKey, V, S: BuildHasher> NestedMap<K, V, S> {
    /// Removes all entries whose keys begin with `prefix`, and hands them out; keys are what is left of them.
    ///
    /// They are out of the map at once; those that the iterator is not asked for are dropped with it. O(parts)
    /// expected, and O(1) for each entry and each inner node that is removed.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map = NestedMap::<(u8, Str), char>::from_iter([((1, "a"), 'x'), ((2, "b"), 'y')]);
    /// let gone: Vec<_> = map.drain_prefix((1,)).collect();
    /// assert_eq!(gone, [((String::from("a"),), 'x')]);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn drain_prefix<Q>(&mut self, prefix: Q) -> Drain<'_, Q::Sub>
    where
        Q: PrefixKey<Root<K, V>>,
        Q::Sub: OwnedSuffix,
    {
        let gone = self.tree.detach(&prefix.prefix_path(), &self.hasher);
        Drain(gone.map(Detached::into_taken))
    }

    /// Removes the entries for which `pred` is true, and hands them out one after another. O(entries) for all of
    /// them.
    ///
    /// Each call of `next` goes on until `pred` wants an entry. Those that it has not come to stay in the map, with
    /// the values that `pred` has left there. An inner node goes with its last entry, and nodes that have become
    /// too large are made smaller as the iterator passes them, or is dropped; if it is forgotten, they stay
    /// as they are. A key has copies of the parts that the map keeps for others.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut days = NestedMap::<(Str, i64), u32>::from([(("a", 1), 10), (("a", 2), 20), (("b", 1), 30)]);
    /// let mut old: Vec<_> = days.extract_if(|(_, day), _| *day < 2).collect();
    /// old.sort();
    /// assert_eq!(old, [(("a".to_string(), 1), 10), (("b".to_string(), 1), 30)]);
    /// assert_eq!(days.len(), 1);
    /// assert!(!days.contains_prefix(("b",)));
    /// ```
    pub fn extract_if<F>(&mut self, pred: F) -> ExtractIf<'_, Root<K, V>, S, F>
    where
        Root<K, V>: OwnedSuffix,
        F: FnMut(<Root<K, V> as Suffix>::Ref<'_>, &mut V) -> bool,
    {
        ExtractIf {
            sifted: self.tree.sifted(&self.hasher),
            pred,
        }
    }
}

/// An iterator over what is left in the field `$inner`.
macro_rules! taking {
    ([$($generics:tt)*] $name:ty => $item:ty, $this:ident: $next:expr, $left:expr) => {
        impl<$($generics)*> Iterator for $name {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                let $this = self;
                $next
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                let $this = self;
                ($left, Some($left))
            }
        }

        impl<$($generics)*> ExactSizeIterator for $name {}
        impl<$($generics)*> FusedIterator for $name {}
    };
}

taking! { [L: OwnedSuffix] IntoIter<L> => (L::Owned, L::Value), this: this.0.next(), this.0.left() }
taking! { [L: OwnedSuffix] IntoKeys<L> => L::Owned, this: this.0.next().map(|(key, _)| key), this.0.left() }
taking! { [L: Suffix] IntoValues<L> => L::Value, this: this.0.next_value(), this.0.left() }
taking! {
    [L: OwnedSuffix] Drain<'_, L> => (L::Owned, L::Value),
    this: this.0.as_mut()?.next(),
    this.0.as_ref().map_or(0, TakenPart::left)
}

impl<L: OwnedSuffix, S: BuildHasher, F> Iterator for ExtractIf<'_, L, S, F>
where
    F: FnMut(L::Ref<'_>, &mut L::Value) -> bool,
{
    type Item = (L::Owned, L::Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.sifted.next(&mut self.pred)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.sifted.left()))
    }
}

impl<L: OwnedSuffix, S: BuildHasher, F> FusedIterator for ExtractIf<'_, L, S, F> where
    F: FnMut(L::Ref<'_>, &mut L::Value) -> bool
{
}

/// An iterator over nothing, and one that shows how much is left.
macro_rules! of_tree {
    ($bound:ident: $($name:ident)*) => {$(
        impl<L: $bound> Default for $name<L> {
            /// An iterator over nothing.
            fn default() -> Self {
                $name(Tree::new().into_taken())
            }
        }

        impl<L: $bound> fmt::Debug for $name<L> {
            /// The number of entries that are left, not the entries.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("left", &self.0.left()).finish()
            }
        }
    )*};
}

of_tree! { OwnedSuffix: IntoIter IntoKeys }
of_tree! { Suffix: IntoValues }

impl<L: OwnedSuffix> fmt::Debug for Drain<'_, L> {
    /// The number of entries that are left, not the entries.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").field("left", &self.len()).finish()
    }
}

impl<L: OwnedSuffix, S: BuildHasher, F> fmt::Debug for ExtractIf<'_, L, S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtractIf").finish_non_exhaustive()
    }
}
