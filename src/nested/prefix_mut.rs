//! Entries by prefix: views of what begins with it, to be changed.

use core::fmt;
use core::hash::BuildHasher;

use super::memory::Watch;
use super::{Entry, Iter, IterMut, NestedMap, Prefix, Root, ValuesMut, fail};
use crate::error::TryInsertError;
use crate::raw::tree::{
    Below, DebugLevel, Detached, FullKey, Leaves, Level, MakePrefix, NestedKey, NewKey, NewPrefix,
    PrefixKey, PrefixPath, Suffix, Tree,
};

/// The entries whose keys begin with a prefix, to be changed; from
/// [`NestedMap::prefix_mut`](super::NestedMap::prefix_mut).
///
/// It is what `&mut` of an inner map is in maps in maps. It may be emptied and filled again while it is there; if it
/// is empty when it is dropped, the inner node goes. (A view that is emptied and then forgotten leaves an empty node,
/// which the next [`retain`](super::NestedMap::retain) takes along.)
///
/// ```
/// use tophash::{NestedMap, Str};
/// let mut map = NestedMap::<(Str, Str), u32>::from_iter([(("ann", "a.rs"), 1), (("ann", "b.rs"), 2)]);
/// let mut ann = map.prefix_mut(("ann",)).unwrap();
/// *ann.entry(("c.rs",)).or_default() += 3;
/// ann.remove(("a.rs",));
/// assert_eq!(ann.len(), 2);
/// ```
pub struct PrefixMut<'a, L: Level, P: PrefixPath<L>, S: BuildHasher> {
    below: Below<'a, L, P, S>,
    watch: &'a mut Watch,
}

/// A prefix, with entries that begin with it or without; from
/// [`NestedMap::prefix_entry`](super::NestedMap::prefix_entry).
///
/// ```
/// use tophash::NestedMap;
/// use tophash::nested_map::PrefixEntry;
/// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
/// assert!(matches!(map.prefix_entry((1,)), PrefixEntry::Occupied(view) if view.len() == 1));
/// assert!(matches!(map.prefix_entry((2,)), PrefixEntry::Vacant(_)));
/// ```
pub enum PrefixEntry<'a, L: Level, P: NewPrefix<L>, S: BuildHasher> {
    /// Some keys begin with it.
    Occupied(PrefixMut<'a, L, P::Path, S>),
    /// No key begins with it.
    Vacant(VacantPrefix<'a, L, P, S>),
}

/// A prefix that no key begins with.
///
/// ```
/// use tophash::NestedMap;
/// use tophash::nested_map::PrefixEntry;
/// let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
/// if let PrefixEntry::Vacant(prefix) = map.prefix_entry((1,)) {
///     *prefix.insert((2,), 10) += 1;
/// }
/// assert_eq!(map[(1, 2)], 11);
/// ```
pub struct VacantPrefix<'a, L: Level, P: NewPrefix<L>, S: BuildHasher> {
    tree: &'a mut Tree<L>,
    path: P::Path,
    hasher: &'a S,
    watch: &'a mut Watch,
}

/// A refused entry with its prefix and the rest of its key.
type RefusedBelow<L, P, Q> = TryInsertError<(P, Q), <L as Level>::Value>;

/// What a prefix leads to.
type SubOf<L, Q> = <Q as PrefixPath<L>>::Sub;

impl<K: NestedKey, V, S: BuildHasher> NestedMap<K, V, S> {
    /// A view of the entries whose keys begin with `prefix`, to be changed; `None` if there are none. O(parts)
    /// expected.
    ///
    /// In place of `get_mut` of an inner map: the parts of the prefix are looked up once for all that is done.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map = NestedMap::<(Str, u8, u8), char>::from_iter([(("a", 1, 1), 'x')]);
    /// if let Some(mut a1) = map.prefix_mut(("a", 1)) {
    ///     a1.insert((2,), 'y');
    /// }
    /// assert_eq!(map.len(), 2);
    /// assert!(map.prefix_mut(("b",)).is_none());
    /// ```
    pub fn prefix_mut<Q: PrefixKey<Root<K, V>>>(
        &mut self,
        prefix: Q,
    ) -> Option<PrefixMut<'_, Root<K, V>, Q::Path, S>> {
        let watch = &mut self.watch;
        let below = self.tree.below_mut(prefix.prefix_path(), &self.hasher);
        below.ok().map(|below| PrefixMut { below, watch })
    }

    /// The entries whose keys begin with `prefix`, there or not. O(parts) expected.
    ///
    /// For what shall differ by whether something is there. To insert whether or not, [`entry`](Self::entry) of the
    /// full key is enough: it makes what is missing.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut best: NestedMap<(Str, Str), u32> = NestedMap::new();
    /// for (game, player, points) in [("go", "ann", 3), ("go", "ben", 5), ("chess", "ann", 1)] {
    ///     best.prefix_entry((game,))
    ///         .and_modify(|players| {
    ///             players.retain(|_, there| *there > points);
    ///             players.insert((player,), points);
    ///         })
    ///         .or_insert((player,), points);
    /// }
    /// assert_eq!(best.len(), 2);
    /// assert_eq!(best[("go", "ben")], 5);
    /// ```
    pub fn prefix_entry<Q: NewPrefix<Root<K, V>>>(
        &mut self,
        prefix: Q,
    ) -> PrefixEntry<'_, Root<K, V>, Q, S> {
        let (watch, hasher) = (&mut self.watch, &self.hasher);
        match self.tree.below_mut(prefix.new_prefix(), hasher) {
            Ok(below) => PrefixEntry::Occupied(PrefixMut { below, watch }),
            Err((tree, path)) => PrefixEntry::Vacant(VacantPrefix {
                tree,
                path,
                hasher,
                watch,
            }),
        }
    }
}

impl<L: Suffix, P: PrefixPath<L>, S: BuildHasher> PrefixMut<'_, L, P, S>
where
    P::Sub: Suffix,
{
    /// The same view, to be read: with all that [`Prefix`] has. O(1).
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8, u8), char>::from_iter([((1, 2, 3), 'x')]);
    /// let view = map.prefix_mut((1,)).unwrap();
    /// assert_eq!(view.as_prefix().children(()).count(), 1);
    /// ```
    #[must_use]
    pub fn as_prefix(&self) -> Prefix<'_, P::Sub, S> {
        Prefix::new(Some(self.below.node()), self.below.hasher())
    }

    /// Number of entries. At the last level O(1), above it O(parts that lead there), as [`Prefix::len`].
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix_mut((1,)).unwrap().len(), 1);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.below.node().leaves()
    }

    /// Whether everything has been removed. O(1).
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// let mut view = map.prefix_mut((1,)).unwrap();
    /// assert!(!view.is_empty());
    /// view.clear();
    /// assert!(view.is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.below.node().len() == 0
    }

    /// The value of the key that has these parts after the prefix. O(parts) expected.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix_mut((1,)).unwrap().get((2,)), Some(&'x'));
    /// ```
    #[must_use]
    pub fn get<Q: FullKey<P::Sub>>(&self, key: Q) -> Option<&L::Value> {
        self.below.node().value(key, self.below.hasher())
    }

    /// The value, to be changed. O(parts) expected.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// *map.prefix_mut((1,)).unwrap().get_mut((2,)).unwrap() = 'y';
    /// assert_eq!(map[(1, 2)], 'y');
    /// ```
    #[must_use]
    pub fn get_mut<Q: FullKey<P::Sub>>(&mut self, key: Q) -> Option<&mut L::Value> {
        self.below.get_mut(&key.path())
    }

    /// Whether there is a key that has these parts after the prefix. O(parts) expected.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert!(map.prefix_mut((1,)).unwrap().contains_key((2,)));
    /// ```
    #[must_use]
    pub fn contains_key<Q: FullKey<P::Sub>>(&self, key: Q) -> bool {
        self.get(key).is_some()
    }

    /// The entry of the key that has these parts after the prefix. O(parts) expected.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 2), 10)]);
    /// let mut view = map.prefix_mut((1,)).unwrap();
    /// *view.entry((2,)).or_default() += 1;
    /// *view.entry((3,)).or_default() += 1;
    /// drop(view);
    /// assert_eq!((map[(1, 2)], map[(1, 3)]), (11, 1));
    /// ```
    pub fn entry<Q: NewKey<P::Sub>>(&mut self, key: Q) -> Entry<'_, P::Sub, Q, S> {
        let path = key.new_path();
        let (place, hasher) = self.below.locate(&path);
        Entry::new(place, path, hasher, self.watch)
    }

    /// Sets the value of the key that has these parts after the prefix, and returns the one that it had. O(parts)
    /// expected.
    ///
    /// # Panics
    /// As [`NestedMap::insert`](super::NestedMap::insert): memory cannot be had, or the limit is reached.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// let mut view = map.prefix_mut((1,)).unwrap();
    /// assert_eq!(view.insert((2,), 'y'), Some('x'));
    /// assert_eq!(view.insert((3,), 'z'), None);
    /// ```
    pub fn insert<Q: NewKey<P::Sub>>(&mut self, key: Q, value: L::Value) -> Option<L::Value> {
        match self.try_insert(key, value) {
            Ok(old) => old,
            Err(refused) => fail(refused.error),
        }
    }

    /// Like [`insert`](Self::insert), but says so when memory cannot be had.
    ///
    /// # Errors
    /// As for [`NestedMap::try_insert`](super::NestedMap::try_insert): the parts after the prefix and the value come
    /// back.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix_mut((1,)).unwrap().try_insert((2,), 'y'), Ok(Some('x')));
    /// ```
    pub fn try_insert<Q: NewKey<P::Sub>>(
        &mut self,
        key: Q,
        value: L::Value,
    ) -> Result<Option<L::Value>, TryInsertError<Q, L::Value>> {
        match self.entry(key) {
            Entry::Occupied(mut entry) => Ok(Some(entry.insert(value))),
            Entry::Vacant(entry) => entry.try_insert(value).map(|_| None),
        }
    }

    /// Removes the entry of the key that has these parts after the prefix, and returns its value. O(parts) expected.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix_mut((1,)).unwrap().remove((2,)), Some('x'));
    /// assert!(map.prefix_mut((1,)).is_none());
    /// ```
    pub fn remove<Q: FullKey<P::Sub>>(&mut self, key: Q) -> Option<L::Value> {
        self.below.remove(&key.path())
    }

    /// Removes all entries whose keys have these parts after the prefix, and returns how many they were. O(parts)
    /// expected, and O(1) for each entry and each inner node that is removed.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8, u8), char>::from_iter([((1, 2, 3), 'x')]);
    /// assert_eq!(map.prefix_mut((1,)).unwrap().remove_prefix((2,)), 1);
    /// assert!(map.is_empty());
    /// ```
    pub fn remove_prefix<Q: PrefixKey<P::Sub>>(&mut self, prefix: Q) -> usize {
        self.below
            .detach(&prefix.prefix_path())
            .map_or(0, Detached::discard)
    }

    /// Removes all entries of the view. O(entries).
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x'), ((2, 2), 'y')]);
    /// map.prefix_mut((1,)).unwrap().clear();
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn clear(&mut self) {
        drop(self.below.detach(&()));
    }

    /// Keeps the entries of the view for which `keep` is true. O(entries).
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x'), ((1, 3), 'y')]);
    /// map.prefix_mut((1,)).unwrap().retain(|(b,), _| *b > 2);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn retain(
        &mut self,
        keep: impl FnMut(<SubOf<L, P> as Suffix>::Ref<'_>, &mut L::Value) -> bool,
    ) {
        self.below.retain(keep);
    }

    /// All entries; keys are tuples of the parts that follow the prefix. O(entries) for all of them.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix_mut((1,)).unwrap().iter().next(), Some(((&2,), &'x')));
    /// ```
    pub fn iter(&self) -> Iter<'_, P::Sub> {
        Iter::new(Leaves::new(Some(self.below.node())), self.len())
    }

    /// All entries, with values that may be changed. O(entries) for all of them.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 2), 10)]);
    /// for ((b,), n) in map.prefix_mut((1,)).unwrap().iter_mut() {
    ///     *n += u32::from(*b);
    /// }
    /// assert_eq!(map[(1, 2)], 12);
    /// ```
    pub fn iter_mut(&mut self) -> IterMut<'_, P::Sub> {
        let len = self.len();
        IterMut::new(self.below.leaves_mut(), len)
    }

    /// All values, to be changed. O(entries) for all of them.
    ///
    /// ```
    /// # use tophash::NestedMap;
    /// # let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 2), 10)]);
    /// map.prefix_mut((1,)).unwrap().values_mut().for_each(|n| *n += 1);
    /// assert_eq!(map[(1, 2)], 11);
    /// ```
    pub fn values_mut(&mut self) -> ValuesMut<'_, P::Sub> {
        ValuesMut(self.iter_mut())
    }
}

impl<'v, L: Suffix, P: PrefixPath<L>, S: BuildHasher> IntoIterator for &'v PrefixMut<'_, L, P, S>
where
    P::Sub: Suffix,
{
    type Item = (<P::Sub as Suffix>::Ref<'v>, &'v L::Value);
    type IntoIter = Iter<'v, P::Sub>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'v, L: Suffix, P: PrefixPath<L>, S: BuildHasher> IntoIterator
    for &'v mut PrefixMut<'_, L, P, S>
where
    P::Sub: Suffix,
{
    type Item = (<P::Sub as Suffix>::Ref<'v>, &'v mut L::Value);
    type IntoIter = IterMut<'v, P::Sub>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<L: Level, P: PrefixPath<L>, S: BuildHasher> fmt::Debug for PrefixMut<'_, L, P, S>
where
    P::Sub: DebugLevel,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.below.node().fmt(f)
    }
}

impl<'a, L: Suffix, P: NewPrefix<L>, S: BuildHasher> PrefixEntry<'a, L, P, S> {
    /// Changes the entries, if there are any.
    ///
    /// What `change` empties is gone: [`or_insert`](Self::or_insert) after it finds nothing there.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// map.prefix_entry((1,)).and_modify(|ones| drop(ones.insert((2,), 'y'))).or_insert((1,), 'z');
    /// assert_eq!((map.len(), map[(1, 1)]), (2, 'x'));
    /// ```
    #[must_use]
    pub fn and_modify(mut self, change: impl FnOnce(&mut PrefixMut<'a, L, P::Path, S>)) -> Self {
        if let Self::Occupied(view) = &mut self {
            change(view);
        }
        self
    }

    /// Inserts this entry, if no key begins with the prefix.
    ///
    /// # Panics
    /// As [`NestedMap::insert`](super::NestedMap::insert).
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// map.prefix_entry((1,)).or_insert((2,), 'y');
    /// map.prefix_entry((2,)).or_insert((2,), 'z');
    /// assert_eq!(map.len(), 2);
    /// ```
    pub fn or_insert<Q: NewKey<P::Sub>>(self, key: Q, value: L::Value) {
        self.or_insert_with(|| (key, value));
    }

    /// Inserts the entry that `make` makes, if no key begins with the prefix.
    ///
    /// # Panics
    /// As [`NestedMap::insert`](super::NestedMap::insert).
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// map.prefix_entry((1,)).or_insert_with(|| -> ((u8,), char) { unreachable!() });
    /// map.prefix_entry((2,)).or_insert_with(|| ((2,), 'z'));
    /// assert_eq!(map[(2, 2)], 'z');
    /// ```
    pub fn or_insert_with<Q: NewKey<P::Sub>>(self, make: impl FnOnce() -> (Q, L::Value)) {
        match self {
            Self::Occupied(mut view) if view.is_empty() => {
                let (key, value) = make();
                view.insert(key, value);
            }
            Self::Occupied(_) => {}
            Self::Vacant(prefix) => {
                let (key, value) = make();
                prefix.insert(key, value);
            }
        }
    }
}

impl<'a, L: Suffix, P: NewPrefix<L>, S: BuildHasher> VacantPrefix<'a, L, P, S> {
    /// Inserts the first entry that begins with the prefix.
    ///
    /// # Panics
    /// As [`NestedMap::insert`](super::NestedMap::insert).
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::PrefixEntry};
    /// # let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
    /// # let PrefixEntry::Vacant(prefix) = map.prefix_entry((1,)) else { panic!() };
    /// assert_eq!(*prefix.insert((2,), 10), 10);
    /// ```
    pub fn insert<Q: NewKey<P::Sub>>(self, key: Q, value: L::Value) -> &'a mut L::Value {
        match self.try_insert(key, value) {
            Ok(value) => value,
            Err(refused) => fail(refused.error),
        }
    }

    /// Inserts the first entry that begins with the prefix, or says why not.
    ///
    /// # Errors
    /// As for [`NestedMap::try_insert`](super::NestedMap::try_insert): prefix, key and value come back, the first two
    /// as a pair.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::PrefixEntry};
    /// # let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
    /// # let PrefixEntry::Vacant(prefix) = map.prefix_entry((1,)) else { panic!() };
    /// assert_eq!(prefix.try_insert((2,), 10), Ok(&mut 10));
    ///
    /// let mut names: NestedMap<(String, String), u32> = NestedMap::new();
    /// names.set_memory_limit(Some(0));
    /// # let PrefixEntry::Vacant(prefix) = names.prefix_entry((String::from("a"),)) else { panic!() };
    /// let refused = prefix.try_insert((String::from("b"),), 10).unwrap_err();
    /// assert_eq!(refused.key, ((String::from("a"),), (String::from("b"),)));
    /// ```
    pub fn try_insert<Q: NewKey<P::Sub>>(
        self,
        key: Q,
        value: L::Value,
    ) -> Result<&'a mut L::Value, RefusedBelow<L, P, Q>> {
        let path = self.path.join(key.new_path());
        match self.tree.locate(&path, self.hasher) {
            Ok(mut found) => {
                // Only keys that do not hash or compare as they did a moment ago are found here.
                *found.get_mut() = value;
                Ok(found.into_mut())
            }
            Err(gap) => match super::entry::put(gap, path, value, self.hasher, self.watch) {
                Ok(found) => Ok(found.into_mut()),
                Err(refused) => Err(refused.of_path(|full| {
                    let (prefix, rest) = P::Path::split(full);
                    (P::from_path(prefix), Q::from_path(rest))
                })),
            },
        }
    }
}
