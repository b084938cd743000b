//! Views of what begins with a prefix.

use core::fmt;
use core::hash::BuildHasher;
use core::ops::Index;

use super::{Iter, Keys, NestedMap, Root, Values};
use crate::raw::tree::{
    self, DebugLevel, Detached, FullKey, Inner, KeyPart, Leaves, Level, NestedKey, Node, PrefixKey,
    Suffix,
};

/// The entries whose keys begin with a prefix; from [`NestedMap::prefix`](super::NestedMap::prefix).
///
/// A view is two pointers, and is `Copy`.
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
/// let ones = map.prefix((1,));
/// assert_eq!(ones.get((2,)), Some(&'x'));
/// ```
pub struct Prefix<'a, L: Level, S> {
    node: Option<&'a Node<L>>,
    hasher: &'a S,
}

/// The parts that follow a prefix, with views of what is below; from
/// [`NestedMap::children`](super::NestedMap::children).
///
/// ```
/// use tophash::NestedMap;
/// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x'), ((1, 3), 'y')]);
/// let (part, below) = map.children(()).next().unwrap();
/// assert_eq!((*part, below.len()), (1, 2));
/// ```
pub struct Children<'a, P: KeyPart, L: Level, S> {
    branches: tree::Children<'a, P, L>,
    hasher: &'a S,
}

/// The children in a node of level `B`.
type ChildrenOf<'a, B, S> = Children<'a, <B as Level>::Part, <B as Inner>::Below, S>;

impl<K: NestedKey, V, S: BuildHasher> NestedMap<K, V, S> {
    /// A view of the entries whose keys begin with `prefix`; empty if there are none. O(parts) expected.
    ///
    /// Keys in the view are tuples of the parts that are left.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, u8, u8), char>::from_iter([(("a", 1, 2), 'x'), (("b", 1, 2), 'y')]);
    /// let a = map.prefix(("a",));
    /// assert_eq!(a.get((1, 2)), Some(&'x'));
    /// assert_eq!(a.iter().next(), Some(((&1, &2), &'x')));
    /// assert!(map.prefix(("c",)).is_empty());
    /// ```
    #[inline]
    pub fn prefix<Q: PrefixKey<Root<K, V>>>(&self, prefix: Q) -> Prefix<'_, Q::Sub, S> {
        Prefix::new(self.tree.root().below(prefix, &self.hasher), &self.hasher)
    }

    /// Whether some key begins with `prefix`. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// assert!(map.contains_prefix((1,)) && !map.contains_prefix((2,)));
    /// ```
    pub fn contains_prefix<Q: PrefixKey<Root<K, V>>>(&self, prefix: Q) -> bool {
        !self.prefix(prefix).is_empty()
    }

    /// The next part of the keys that begin with `prefix`, each once, with a view of what is below it. O(parts)
    /// expected, and O(children) for all of them.
    ///
    /// Of the last level, where nothing is below, [`prefix`](Self::prefix) and [`Prefix::iter`] give the entries.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, u8, u8), u32>::from_iter([
    ///     (("a", 1, 1), 10),
    ///     (("a", 1, 2), 20),
    ///     (("a", 2, 1), 40),
    /// ]);
    /// for (b, below) in map.children(("a",)) {
    ///     assert_eq!(below.values().sum::<u32>(), if *b == 1 { 30 } else { 40 });
    /// }
    /// assert_eq!(map.children(()).count(), 1);
    /// ```
    pub fn children<'a, Q: PrefixKey<Root<K, V>>>(&'a self, prefix: Q) -> ChildrenOf<'a, Q::Sub, S>
    where
        Q::Sub: Inner + 'a,
    {
        Children::new(self.tree.root().below(prefix, &self.hasher), &self.hasher)
    }

    /// Removes all entries whose keys begin with `prefix`, and returns how many they were.
    ///
    /// O(parts) expected, and O(1) for each entry and each inner node that is removed; others are not touched.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x'), ((1, 2), 'y'), ((2, 1), 'z')]);
    /// assert_eq!(map.remove_prefix((1,)), 2);
    /// assert_eq!(map.len(), 1);
    /// ```
    pub fn remove_prefix<Q: PrefixKey<Root<K, V>>>(&mut self, prefix: Q) -> usize {
        self.tree
            .detach(&prefix.prefix_path(), &self.hasher)
            .map_or(0, Detached::discard)
    }
}

impl<L: Level, S> Clone for Prefix<'_, L, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: Level, S> Copy for Prefix<'_, L, S> {}

impl<L: Level, S> fmt::Debug for Prefix<'_, L, S>
where
    L: DebugLevel,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.node {
            Some(node) => node.fmt(f),
            None => f.debug_map().finish(),
        }
    }
}

impl<'a, L: Suffix, S> Prefix<'a, L, S> {
    #[inline]
    pub(crate) fn new(node: Option<&'a Node<L>>, hasher: &'a S) -> Self {
        Prefix { node, hasher }
    }

    /// Number of entries. At the last level O(1), above it O(parts that lead there), without a look at the entries.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix((1,)).len(), 1);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.node.map_or(0, Node::leaves)
    }

    /// Whether there is no such entry. O(1).
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::new();
    /// assert!(map.prefix((1,)).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.node.is_none_or(|node| node.len() == 0)
    }

    /// All entries; keys are tuples of the parts that follow the prefix. O(entries) for all of them.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix((1,)).iter().next(), Some(((&2,), &'x')));
    /// ```
    pub fn iter(&self) -> Iter<'a, L> {
        Iter::new(Leaves::new(self.node), self.len())
    }

    /// All keys. O(entries) for all of them.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix((1,)).keys().next(), Some((&2,)));
    /// ```
    pub fn keys(&self) -> Keys<'a, L> {
        Keys(self.iter())
    }

    /// All values. O(entries) for all of them.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix((1,)).values().next(), Some(&'x'));
    /// ```
    pub fn values(&self) -> Values<'a, L> {
        Values(self.iter())
    }
}

impl<'a, L: Suffix, S: BuildHasher> Prefix<'a, L, S> {
    /// The value of the key that has these parts after the prefix. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix((1,)).get((2,)), Some(&'x'));
    /// ```
    #[must_use]
    pub fn get<Q: FullKey<L>>(&self, key: Q) -> Option<&'a L::Value> {
        self.node?.value(key, self.hasher)
    }

    /// Whether there is a key that has these parts after the prefix. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert!(map.prefix((1,)).contains_key((2,)));
    /// ```
    #[must_use]
    pub fn contains_key<Q: FullKey<L>>(&self, key: Q) -> bool {
        self.get(key).is_some()
    }

    /// A deeper view. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8, u8), char>::from_iter([((1, 2, 3), 'x')]);
    /// assert_eq!(map.prefix((1,)).prefix((2,)).get((3,)), Some(&'x'));
    /// ```
    #[must_use]
    pub fn prefix<Q: PrefixKey<L>>(&self, prefix: Q) -> Prefix<'a, Q::Sub, S> {
        let node = self.node.and_then(|node| node.below(prefix, self.hasher));
        Prefix::new(node, self.hasher)
    }

    /// The parts that follow `prefix` below this view, with views of what is below them. O(parts) expected, and
    /// O(children) for all of them.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8, u8), char>::from_iter([((1, 2, 3), 'x')]);
    /// let (part, below) = map.prefix((1,)).children(()).next().unwrap();
    /// assert_eq!((*part, below.get((3,))), (2, Some(&'x')));
    /// ```
    #[must_use]
    pub fn children<Q: PrefixKey<L>>(&self, prefix: Q) -> ChildrenOf<'a, Q::Sub, S>
    where
        Q::Sub: Inner + 'a,
    {
        let node = self.node.and_then(|node| node.below(prefix, self.hasher));
        Children::new(node, self.hasher)
    }
}

impl<L: Suffix, S: BuildHasher> PartialEq for Prefix<'_, L, S>
where
    L::Value: PartialEq,
{
    /// Whether both views have the same keys, without their prefixes, and equal values. O(entries) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x'), ((3, 2), 'x'), ((4, 2), 'y')]);
    /// assert_eq!(map.prefix((1,)), map.prefix((3,)));
    /// assert_ne!(map.prefix((1,)), map.prefix((4,)));
    /// assert_eq!(map.prefix((5,)), map.prefix((6,))); // both empty
    /// ```
    fn eq(&self, other: &Self) -> bool {
        match (self.node, other.node) {
            (Some(ours), Some(theirs)) => L::equal(ours, theirs, other.hasher, &mut |a, b| a == b),
            _ => self.is_empty() && other.is_empty(),
        }
    }
}

impl<L: Suffix, S: BuildHasher> Eq for Prefix<'_, L, S> where L::Value: Eq {}

impl<L: Suffix, S: BuildHasher, Q: FullKey<L>> Index<Q> for Prefix<'_, L, S> {
    type Output = L::Value;

    /// The value of the key that has these parts after the prefix.
    ///
    /// # Panics
    /// There is no such entry.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), char>::from_iter([((1, 2), 'x')]);
    /// assert_eq!(map.prefix((1,))[(2,)], 'x');
    /// ```
    fn index(&self, key: Q) -> &L::Value {
        self.get(key).expect("no entry found for key")
    }
}

impl<'a, L: Suffix, S> IntoIterator for Prefix<'a, L, S> {
    type Item = (L::Ref<'a>, &'a L::Value);
    type IntoIter = Iter<'a, L>;

    fn into_iter(self) -> Iter<'a, L> {
        self.iter()
    }
}

impl<'a, P: KeyPart, L: Level, S> Children<'a, P, L, S> {
    fn new<B>(node: Option<&'a Node<B>>, hasher: &'a S) -> Self
    where
        B: Inner<Part = P, Below = L>,
    {
        Children {
            branches: B::children(node),
            hasher,
        }
    }
}

impl<'a, P: KeyPart, L: Suffix, S> fmt::Debug for Children<'a, P, L, S>
where
    P::Ref<'a>: fmt::Debug,
    L: DebugLevel,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<P: KeyPart, L: Level, S> Clone for Children<'_, P, L, S> {
    fn clone(&self) -> Self {
        Children {
            branches: self.branches.clone(),
            hasher: self.hasher,
        }
    }
}

impl<'a, P: KeyPart, L: Suffix, S> Iterator for Children<'a, P, L, S> {
    type Item = (P::Ref<'a>, Prefix<'a, L, S>);

    fn next(&mut self) -> Option<Self::Item> {
        let (part, node) = self.branches.next()?;
        Some((part, Prefix::new(Some(node), self.hasher)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.branches.size_hint()
    }
}

impl<P: KeyPart, L: Suffix, S> ExactSizeIterator for Children<'_, P, L, S> {}
impl<P: KeyPart, L: Suffix, S> core::iter::FusedIterator for Children<'_, P, L, S> {}
