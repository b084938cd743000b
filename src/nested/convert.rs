//! From maps in maps, and back.

use core::hash::BuildHasher;

use super::{NestedMap, Root};
use crate::raw::tree::{
    Branch, ClonePart, Give, IntoPart, KeyPart, Leaf, Level, MakePath, NestedKey, Node,
};

/// Levels whose keys can be given as owned parts.
pub trait Given: Level {
    /// The parts, outermost first.
    type Path: MakePath<Self>;
}

impl<P: KeyPart, V> Given for Leaf<P, V>
where
    P::Owned: IntoPart<P>,
{
    type Path = (Give<P::Owned>, ());
}

impl<P: KeyPart, L: Given> Given for Branch<P, L>
where
    P::Owned: IntoPart<P>,
{
    type Path = (Give<P::Owned>, L::Path);
}

/// Maps in maps that a [`NestedMap`] can be made of: whatever yields pairs of a part and, but for the last part, such
/// maps again.
///
/// ```
/// use std::collections::{BTreeMap, HashMap};
/// use tophash::{NestedMap, Str};
///
/// let maps = HashMap::from([("a".to_string(), BTreeMap::from([(1, 'x'), (2, 'y')]))]);
/// let map: NestedMap<(Str, u8), char> = NestedMap::from_nested(maps);
/// assert_eq!(map.len(), 2);
/// ```
pub trait FromNested<L: Given> {
    #[doc(hidden)]
    fn pour(self, put: &mut dyn FnMut(L::Path, L::Value));
}

impl<P, V, M> FromNested<Leaf<P, V>> for M
where
    P: KeyPart,
    P::Owned: IntoPart<P>,
    M: IntoIterator<Item = (P::Owned, V)>,
{
    fn pour(self, put: &mut dyn FnMut((Give<P::Owned>, ()), V)) {
        for (part, value) in self {
            put((Give(part), ()), value);
        }
    }
}

impl<P, L, X, M> FromNested<Branch<P, L>> for M
where
    P: KeyPart,
    P::Owned: IntoPart<P> + Clone,
    L: Given,
    X: FromNested<L>,
    M: IntoIterator<Item = (P::Owned, X)>,
{
    fn pour(self, put: &mut dyn FnMut((Give<P::Owned>, L::Path), L::Value)) {
        for (part, below) in self {
            below.pour(&mut |rest, value| put((Give(part.clone()), rest), value));
        }
    }
}

/// Maps in maps that can be made of a [`NestedMap`]: whatever can be collected from pairs.
///
/// ```
/// use std::collections::BTreeMap;
/// use tophash::{NestedMap, Str};
///
/// let map = NestedMap::<(Str, u8), char>::from_iter([(("a", 1), 'x'), (("a", 2), 'y')]);
/// let maps: BTreeMap<String, BTreeMap<u8, char>> = map.to_nested();
/// assert_eq!(maps["a"][&2], 'y');
/// ```
pub trait ToNested<L: Level> {
    #[doc(hidden)]
    fn gather(node: &Node<L>) -> Self;
}

impl<P, V, M> ToNested<Leaf<P, V>> for M
where
    P: ClonePart,
    V: Clone,
    M: FromIterator<(P::Owned, V)>,
{
    fn gather(node: &Node<Leaf<P, V>>) -> Self {
        let entries = node.leaves_here();
        entries
            .map(|(part, value)| (P::make_owned(part), value.clone()))
            .collect()
    }
}

impl<P, L, X, M> ToNested<Branch<P, L>> for M
where
    P: ClonePart,
    L: Level,
    X: ToNested<L>,
    M: FromIterator<(P::Owned, X)> + IntoIterator<Item = (P::Owned, X)>,
{
    fn gather(node: &Node<Branch<P, L>>) -> Self {
        let branches = node.branches_here();
        branches
            .map(|(part, below)| (P::make_owned(part), X::gather(below)))
            .collect()
    }
}

impl<K: NestedKey, V, S> NestedMap<K, V, S>
where
    Root<K, V>: Given,
{
    /// Makes a map of maps in maps, of std or any other: see [`FromNested`]. Empty inner maps leave nothing.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use tophash::NestedMap;
    ///
    /// let maps = HashMap::from([(1, HashMap::from([('a', "x")])), (2, HashMap::new())]);
    /// let map: NestedMap<(u8, char), &str> = NestedMap::from_nested(maps);
    /// assert_eq!((map.len(), map[(1, 'a')]), (1, "x"));
    /// ```
    pub fn from_nested<M: FromNested<Root<K, V>>>(maps: M) -> Self
    where
        S: BuildHasher + Default,
    {
        let mut map = Self::default();
        maps.pour(&mut |path, value| map.put(path, value));
        map
    }
}

impl<K: NestedKey, V, S> NestedMap<K, V, S> {
    /// Makes maps in maps, of std or any other, with copies of all parts and values: see [`ToNested`].
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use tophash::NestedMap;
    ///
    /// let map = NestedMap::<(u8, char), u32>::from_iter([((1, 'a'), 10)]);
    /// let maps: HashMap<u8, HashMap<char, u32>> = map.to_nested();
    /// assert_eq!(maps[&1][&'a'], 10);
    /// ```
    #[must_use]
    pub fn to_nested<M: ToNested<Root<K, V>>>(&self) -> M {
        M::gather(self.tree.root())
    }
}
