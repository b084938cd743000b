//! The traits of the map as a whole, and the iterator that owns what it returns.

use core::fmt;
use core::hash::BuildHasher;
use core::iter::FusedIterator;
use std_alloc::boxed::Box;
use std_alloc::vec::{self, Vec};

#[cfg(feature = "default-hasher")]
use super::super::DefaultHashBuilder;
use super::super::Lock;
use super::super::held::Held;
use super::{Shard, ShardedNestedMap};
use crate::nested::{Root, fail};
use crate::raw::tree::{
    CloneLevel, NestedKey, NewKey, OwnedSuffix, Routed, Suffix, TakenTree, Tree,
};

impl<K: NestedKey, V, S: Default> Default for ShardedNestedMap<K, V, S> {
    /// An empty map.
    fn default() -> Self {
        Self::with_hasher(S::default())
    }
}

impl<K: NestedKey, V, S> Clone for ShardedNestedMap<K, V, S>
where
    Root<K, V>: CloneLevel,
    S: BuildHasher + Clone,
{
    /// Clones one shard after another, with the same number of shards, into the smallest nodes that hold the entries.
    fn clone(&self) -> Self {
        let hasher = self.hasher.clone();
        let clone = |shard| {
            let mut copy = Tree::new();
            match self.read_shard(shard, |tree| copy.clone_from(tree, &hasher)) {
                Ok(()) => Shard(Lock::new(copy)),
                Err(error) => fail(error),
            }
        };
        Self {
            shards: (0..self.shards.len()).map(clone).collect::<Box<[_]>>(),
            router: self.router,
            hasher,
        }
    }
}

impl<K: NestedKey, V: fmt::Debug, S> fmt::Debug for ShardedNestedMap<K, V, S>
where
    for<'a> <Root<K, V> as Suffix>::Ref<'a>: fmt::Debug,
{
    /// Shows the entries, or `<in use>` inside of one of the map's own closures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if Held::is_marked(self.id()) {
            return f.write_str("<in use>");
        }
        let mut map = f.debug_map();
        self.for_each(|key, value| {
            map.entry(&key, value);
        });
        map.finish()
    }
}

impl<K, V, S, Q> Extend<(Q, V)> for ShardedNestedMap<K, V, S>
where
    K: NestedKey,
    S: BuildHasher,
    Q: NewKey<Root<K, V>, Path: Routed<Root<K, V>>>,
{
    fn extend<I: IntoIterator<Item = (Q, V)>>(&mut self, entries: I) {
        (&*self).extend(entries);
    }
}

impl<K, V, S, Q> Extend<(Q, V)> for &ShardedNestedMap<K, V, S>
where
    K: NestedKey,
    S: BuildHasher,
    Q: NewKey<Root<K, V>, Path: Routed<Root<K, V>>>,
{
    fn extend<I: IntoIterator<Item = (Q, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K, V, S, Q> FromIterator<(Q, V)> for ShardedNestedMap<K, V, S>
where
    K: NestedKey,
    S: BuildHasher + Default,
    Q: NewKey<Root<K, V>, Path: Routed<Root<K, V>>>,
{
    /// A map of the entries; of those that share a key the last one stays.
    fn from_iter<I: IntoIterator<Item = (Q, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

#[cfg(feature = "default-hasher")]
impl<K, V, Q, const N: usize> From<[(Q, V); N]> for ShardedNestedMap<K, V, DefaultHashBuilder>
where
    K: NestedKey,
    Q: NewKey<Root<K, V>, Path: Routed<Root<K, V>>>,
{
    /// A map of the entries; of those that share a key the last one stays.
    ///
    /// ```
    /// use tophash::{ShardedNestedMap, Str};
    /// let map: ShardedNestedMap<(Str, u8), char> = ShardedNestedMap::from([(("a", 1), 'x'), (("a", 2), 'y')]);
    /// assert_eq!(map.read_prefix(("a",), |days| days.len()), 2);
    /// ```
    fn from(entries: [(Q, V); N]) -> Self {
        Self::from_iter(entries)
    }
}

impl<K: NestedKey, V, S> IntoIterator for ShardedNestedMap<K, V, S>
where
    Root<K, V>: OwnedSuffix,
{
    type Item = (<Root<K, V> as Suffix>::Owned, V);
    type IntoIter = IntoIter<Root<K, V>>;

    /// All entries by value, one after another, with copies of the parts that several keys share.
    fn into_iter(self) -> Self::IntoIter {
        IntoIter::new(self.into_trees())
    }
}

/// Entries by value; from `into_iter` of a [`ShardedNestedMap`].
///
/// Parts that several keys share are copied, for all of these keys but the last, which gets the part itself.
///
/// ```
/// use tophash::{ShardedNestedMap, sharded_nested_map::IntoIter};
/// let map: ShardedNestedMap<(u8, u8), char> = ShardedNestedMap::from([((1, 2), 'x')]);
/// let mut entries: IntoIter<_> = map.into_iter();
/// assert_eq!(entries.len(), 1);
/// assert_eq!(entries.next(), Some(((1, 2), 'x')));
/// ```
pub struct IntoIter<L: OwnedSuffix> {
    current: Option<TakenTree<L>>,
    trees: vec::IntoIter<Tree<L>>,
    left: usize,
}

impl<L: OwnedSuffix> IntoIter<L> {
    fn new(trees: Vec<Tree<L>>) -> Self {
        IntoIter {
            current: None,
            left: trees.iter().map(Tree::len).sum(),
            trees: trees.into_iter(),
        }
    }
}

impl<L: OwnedSuffix> Iterator for IntoIter<L> {
    type Item = (L::Owned, L::Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.current.as_mut().and_then(TakenTree::next) {
                self.left -= 1;
                return Some(entry);
            }
            self.current = Some(self.trees.next()?.into_taken());
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<L: OwnedSuffix> ExactSizeIterator for IntoIter<L> {}
impl<L: OwnedSuffix> FusedIterator for IntoIter<L> {}

impl<L: OwnedSuffix> fmt::Debug for IntoIter<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
