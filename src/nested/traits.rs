//! The traits of the map as a whole.

use core::fmt;
use core::hash::BuildHasher;
use core::ops::Index;
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::{IntoIter, Iter, IterMut, NestedMap, Root, fail};
use crate::raw::tree::{
    CloneLevel, DebugLevel, FullKey, Level, NestedKey, NewKey, OwnedSuffix, Suffix,
};

impl<K: NestedKey, V, S: Default> Default for NestedMap<K, V, S> {
    /// An empty map. Allocates nothing.
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K: NestedKey, V, S> Clone for NestedMap<K, V, S>
where
    Root<K, V>: CloneLevel,
    S: BuildHasher + Clone,
{
    /// Copies all entries, into the smallest nodes that hold them. The limit is not copied, nor is the callback.
    fn clone(&self) -> Self {
        let mut map = Self::with_hasher(self.hasher.clone());
        match map.tree.clone_from(&self.tree, &map.hasher) {
            Ok(()) => map,
            Err(error) => fail(error),
        }
    }
}

impl<K: NestedKey, V, S> fmt::Debug for NestedMap<K, V, S>
where
    Root<K, V>: DebugLevel,
{
    /// Writes what maps in maps would write.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.root().fmt(f)
    }
}

impl<K: NestedKey, V: PartialEq, S: BuildHasher> PartialEq for NestedMap<K, V, S> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && Root::<K, V>::equal(
                self.tree.root(),
                other.tree.root(),
                &other.hasher,
                &mut |ours, theirs| ours == theirs,
            )
    }
}

impl<K: NestedKey, V: Eq, S: BuildHasher> Eq for NestedMap<K, V, S> {}

impl<K: NestedKey, V, S: BuildHasher, Q: FullKey<Root<K, V>>> Index<Q> for NestedMap<K, V, S> {
    type Output = V;

    /// The value of a full key.
    ///
    /// # Panics
    /// There is no such entry.
    fn index(&self, key: Q) -> &V {
        self.get(key).expect("no entry found for key")
    }
}

impl<K: NestedKey, V, S: BuildHasher, Q: NewKey<Root<K, V>>> Extend<(Q, V)> for NestedMap<K, V, S> {
    fn extend<I: IntoIterator<Item = (Q, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K, V, S, Q> FromIterator<(Q, V)> for NestedMap<K, V, S>
where
    K: NestedKey,
    S: BuildHasher + Default,
    Q: NewKey<Root<K, V>>,
{
    fn from_iter<I: IntoIterator<Item = (Q, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

impl<K, V, S, Q, const N: usize> From<[(Q, V); N]> for NestedMap<K, V, S>
where
    K: NestedKey,
    S: BuildHasher + Default,
    Q: NewKey<Root<K, V>>,
{
    /// ```
    /// use tophash::{NestedMap, Str};
    ///
    /// let map: NestedMap<(Str, u32), f64> = NestedMap::from([(("a", 1), 0.5), (("a", 2), 1.5)]);
    /// assert_eq!(map.prefix(("a",)).len(), 2);
    /// ```
    fn from(entries: [(Q, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<'a, K: NestedKey, V, S> IntoIterator for &'a NestedMap<K, V, S> {
    type Item = (<Root<K, V> as Suffix>::Ref<'a>, &'a V);
    type IntoIter = Iter<'a, Root<K, V>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, K: NestedKey, V, S> IntoIterator for &'a mut NestedMap<K, V, S> {
    type Item = (<Root<K, V> as Suffix>::Ref<'a>, &'a mut V);
    type IntoIter = IterMut<'a, Root<K, V>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<K: NestedKey, V, S> IntoIterator for NestedMap<K, V, S>
where
    Root<K, V>: OwnedSuffix,
{
    type Item = (<Root<K, V> as Suffix>::Owned, V);
    type IntoIter = IntoIter<Root<K, V>>;

    /// All entries by value, one after another, with copies of the parts that several keys share. The last part needs
    /// no `Clone`.
    fn into_iter(self) -> Self::IntoIter {
        IntoIter(self.tree.into_taken())
    }
}

// As for `HashMap`: nodes and strings are whole whenever user code runs.
impl<K, V, S> UnwindSafe for NestedMap<K, V, S>
where
    K: NestedKey + UnwindSafe,
    V: UnwindSafe,
    S: UnwindSafe,
{
}

impl<K, V, S> RefUnwindSafe for NestedMap<K, V, S>
where
    K: NestedKey + RefUnwindSafe,
    V: RefUnwindSafe,
    S: RefUnwindSafe,
{
}
