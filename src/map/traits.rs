//! The traits of the map as a whole.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::ops::Index;

use equivalent::Equivalent;

use super::{HashMap, IntoIter, Iter, IterMut};
use crate::alloc::Allocator;
#[cfg(feature = "default-hasher")]
use crate::{DefaultAllocator, DefaultHashBuilder};

impl<K: Clone, V: Clone, S: Clone, A: Allocator + Clone> Clone for HashMap<K, V, S, A> {
    fn clone(&self) -> Self {
        Self {
            hasher: self.hasher.clone(),
            table: self.table.clone(),
        }
    }

    /// Reuses the memory of `self`.
    fn clone_from(&mut self, source: &Self) {
        // The hasher changes while there is no entry: a panic in any clone leaves a hasher and a table that belong
        // together.
        let hasher = source.hasher.clone();
        self.table.clear();
        self.hasher = hasher;
        self.table.clone_from(&source.table);
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S, A: Allocator> fmt::Debug for HashMap<K, V, S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K, V, S: Default, A: Allocator + Default> Default for HashMap<K, V, S, A> {
    /// An empty map. Allocates nothing.
    #[inline]
    fn default() -> Self {
        Self::with_hasher_in(S::default(), A::default())
    }
}

impl<K, V, S, A> PartialEq for HashMap<K, V, S, A>
where
    K: Eq + Hash,
    V: PartialEq,
    S: BuildHasher,
    A: Allocator,
{
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, value)| other.get(key).is_some_and(|v| value == v))
    }
}

impl<K, V, S, A> Eq for HashMap<K, V, S, A>
where
    K: Eq + Hash,
    V: Eq,
    S: BuildHasher,
    A: Allocator,
{
}

impl<K, Q, V, S, A> Index<&Q> for HashMap<K, V, S, A>
where
    K: Eq + Hash,
    Q: Hash + Equivalent<K> + ?Sized,
    S: BuildHasher,
    A: Allocator,
{
    type Output = V;

    /// The value of `key`.
    ///
    /// # Panics
    ///
    /// If the key is not in the map.
    #[inline]
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("no entry found for key")
    }
}

impl<K, V, S, A> Extend<(K, V)> for HashMap<K, V, S, A>
where
    K: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// Inserts every entry; a key that is already there gets the new value.
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        let entries = entries.into_iter();
        // Into a map that has entries, half of the new keys are taken to be known.
        let low = entries.size_hint().0;
        let new = if self.is_empty() {
            low
        } else {
            low.div_ceil(2)
        };
        self.expect(new);
        entries.for_each(|(key, value)| {
            self.insert(key, value);
        });
    }
}

impl<'a, K, V, S, A> Extend<(&'a K, &'a V)> for HashMap<K, V, S, A>
where
    K: Eq + Hash + Copy,
    V: Copy,
    S: BuildHasher,
    A: Allocator,
{
    fn extend<I: IntoIterator<Item = (&'a K, &'a V)>>(&mut self, entries: I) {
        self.extend(entries.into_iter().map(|(key, value)| (*key, *value)));
    }
}

impl<K, V, S, A> FromIterator<(K, V)> for HashMap<K, V, S, A>
where
    K: Eq + Hash,
    S: BuildHasher + Default,
    A: Allocator + Default,
{
    /// A map of the entries; of those that share a key the last one stays.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

#[cfg(feature = "default-hasher")]
impl<K: Eq + Hash, V, const N: usize> From<[(K, V); N]>
    for HashMap<K, V, DefaultHashBuilder, DefaultAllocator>
{
    /// A map of the entries; of those that share a key the last one stays.
    fn from(entries: [(K, V); N]) -> Self {
        Self::from_iter(entries)
    }
}

#[cfg(all(feature = "std", feature = "default-hasher"))]
impl<K: Eq + Hash, V, S> From<std::collections::HashMap<K, V, S>> for HashMap<K, V> {
    /// Moves the entries out of std's map.
    fn from(map: std::collections::HashMap<K, V, S>) -> Self {
        Self::from_iter(map)
    }
}

#[cfg(feature = "std")]
impl<K: Eq + Hash, V, S, A: Allocator> From<HashMap<K, V, S, A>>
    for std::collections::HashMap<K, V>
{
    /// Moves the entries into std's map.
    fn from(map: HashMap<K, V, S, A>) -> Self {
        Self::from_iter(map)
    }
}

impl<'a, K, V, S, A: Allocator> IntoIterator for &'a HashMap<K, V, S, A> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    #[inline]
    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<'a, K, V, S, A: Allocator> IntoIterator for &'a mut HashMap<K, V, S, A> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    #[inline]
    fn into_iter(self) -> IterMut<'a, K, V> {
        self.iter_mut()
    }
}

impl<K, V, S, A: Allocator> IntoIterator for HashMap<K, V, S, A> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V, A>;

    #[inline]
    fn into_iter(self) -> IntoIter<K, V, A> {
        IntoIter::new(self.table.into_iter())
    }
}

// The table's pointers would ask for more than std does.
impl<K, V, S, A> core::panic::UnwindSafe for HashMap<K, V, S, A>
where
    K: core::panic::UnwindSafe,
    V: core::panic::UnwindSafe,
    S: core::panic::UnwindSafe,
    A: Allocator + core::panic::UnwindSafe,
{
}

impl<K, V, S, A> core::panic::RefUnwindSafe for HashMap<K, V, S, A>
where
    K: core::panic::RefUnwindSafe,
    V: core::panic::RefUnwindSafe,
    S: core::panic::RefUnwindSafe,
    A: Allocator + core::panic::RefUnwindSafe,
{
}
