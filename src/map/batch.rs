//! Look-ups of many keys at once, whose waits for memory overlap.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::iter::FusedIterator;

use equivalent::Equivalent;

use super::HashMap;
use crate::DefaultAllocator;
use crate::alloc::Allocator;

/// How many keys are looked up together: enough to hide memory latency, little enough for the stack.
pub(crate) const BATCH: usize = 32;

impl<K, V, S, A> HashMap<K, V, S, A>
where
    K: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// The values of `N` keys, each at its key's place.
    ///
    /// The keys are looked up 32 at a time: first the table's tags for all of them are requested from memory, then
    /// the slots, so that their waits overlap. In a map larger than the caches this is faster than a
    /// [`get`](Self::get) per key. A key may occur more than once. Allocates nothing.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let map = HashMap::from([(1, 'a'), (2, 'b')]);
    /// assert_eq!(map.get_many([&2, &3, &1]), [Some(&'b'), None, Some(&'a')]);
    /// ```
    pub fn get_many<Q, const N: usize>(&self, keys: [&Q; N]) -> [Option<&V>; N]
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let mut values = [None; N];
        for (keys, values) in keys.chunks(BATCH).zip(values.chunks_mut(BATCH)) {
            self.find_chunk(keys, |i, entry| values[i] = entry.map(|(_, value)| value));
        }
        values
    }

    /// The values of any number of keys, in the order of the keys, looked up as [`get_many`](Self::get_many) does.
    ///
    /// The iterator reads 32 keys ahead. It allocates nothing.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let price = HashMap::from([("tea", 3), ("cake", 5)]);
    /// let order = vec!["cake", "tea", "cake", "soup"];
    /// let total: u32 = price.get_each(&order).flatten().sum();
    /// assert_eq!(total, 13);
    /// ```
    pub fn get_each<'a, 'q, Q, I>(&'a self, keys: I) -> GetEach<'a, K, V, S, I::IntoIter, A>
    where
        Q: Hash + Equivalent<K> + ?Sized + 'q,
        I: IntoIterator<Item = &'q Q>,
    {
        GetEach {
            map: self,
            batch: Batch::new(keys.into_iter()),
        }
    }

    /// Looks up at most [`BATCH`] keys together, or one by one where there is no wait to overlap.
    pub(crate) fn find_chunk<'a, Q>(
        &'a self,
        keys: &[&Q],
        mut found: impl FnMut(usize, Option<&'a (K, V)>),
    ) where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        if self.table.is_short() {
            for (i, key) in keys.iter().enumerate() {
                found(i, self.find(*key));
            }
            return;
        }
        let mut hashes = [0; BATCH];
        for (hash, key) in hashes.iter_mut().zip(keys) {
            *hash = self.hasher.hash_one(*key);
        }
        let equal = |i: usize, (key, _): &(K, V)| keys[i].equivalent(key);
        self.table.find_batch(&hashes[..keys.len()], equal, found);
    }
}

/// The batch an iterator is in the middle of: keys still to be read, and the entries found for those read ahead.
pub(crate) struct Batch<'a, K, V, I> {
    keys: I,
    found: [Option<&'a (K, V)>; BATCH],
    next: usize,
    len: usize,
}

impl<'a, 'q, K, V, Q, I> Batch<'a, K, V, I>
where
    Q: Hash + Equivalent<K> + ?Sized + 'q,
    K: Eq + Hash,
    I: Iterator<Item = &'q Q>,
{
    pub(crate) fn new(keys: I) -> Self {
        Self {
            keys,
            found: [None; BATCH],
            next: 0,
            len: 0,
        }
    }

    /// What `map` has for the next key; `None` when there is no further key.
    #[inline]
    pub(crate) fn next<S, A>(&mut self, map: &'a HashMap<K, V, S, A>) -> Option<Option<&'a (K, V)>>
    where
        S: BuildHasher,
        A: Allocator,
    {
        if self.next == self.len && !self.refill(map) {
            return None;
        }
        self.next += 1;
        Some(self.found[self.next - 1])
    }

    /// Reads the next keys and looks them up. Returns whether there was one.
    fn refill<S, A>(&mut self, map: &'a HashMap<K, V, S, A>) -> bool
    where
        S: BuildHasher,
        A: Allocator,
    {
        (self.next, self.len) = (0, 0);
        let Some(first) = self.keys.next() else {
            return false;
        };
        let mut keys = [first; BATCH];
        let mut len = 1;
        for (place, key) in keys[1..].iter_mut().zip(self.keys.by_ref()) {
            *place = key;
            len += 1;
        }
        map.find_chunk(&keys[..len], |i, entry| self.found[i] = entry);
        self.len = len;
        true
    }

    pub(crate) fn size_hint(&self) -> (usize, Option<usize>) {
        let (low, high) = self.keys.size_hint();
        let ready = self.len - self.next;
        (
            low.saturating_add(ready),
            high.and_then(|high| high.checked_add(ready)),
        )
    }
}

/// The values of the keys that an iterator gives; see [`HashMap::get_each`].
///
/// ```
/// use tophash::HashMap;
/// let map = HashMap::from([(1, 'a')]);
/// let keys = [0, 1];
/// let values: Vec<_> = map.get_each(&keys).collect();
/// assert_eq!(values, [None, Some(&'a')]);
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct GetEach<'a, K, V, S, I, A: Allocator = DefaultAllocator> {
    map: &'a HashMap<K, V, S, A>,
    batch: Batch<'a, K, V, I>,
}

impl<'a, 'q, K, V, Q, S, I, A> Iterator for GetEach<'a, K, V, S, I, A>
where
    K: Eq + Hash,
    Q: Hash + Equivalent<K> + ?Sized + 'q,
    S: BuildHasher,
    I: Iterator<Item = &'q Q>,
    A: Allocator,
{
    type Item = Option<&'a V>;

    #[inline]
    fn next(&mut self) -> Option<Option<&'a V>> {
        let found = self.batch.next(self.map)?;
        Some(found.map(|(_, value)| value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.batch.size_hint()
    }
}

impl<'q, K, V, Q, S, I, A> ExactSizeIterator for GetEach<'_, K, V, S, I, A>
where
    K: Eq + Hash,
    Q: Hash + Equivalent<K> + ?Sized + 'q,
    S: BuildHasher,
    I: ExactSizeIterator<Item = &'q Q>,
    A: Allocator,
{
}

impl<'q, K, V, Q, S, I, A> FusedIterator for GetEach<'_, K, V, S, I, A>
where
    K: Eq + Hash,
    Q: Hash + Equivalent<K> + ?Sized + 'q,
    S: BuildHasher,
    I: FusedIterator<Item = &'q Q>,
    A: Allocator,
{
}

impl<K, V, S, I, A: Allocator> fmt::Debug for GetEach<'_, K, V, S, I, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetEach").finish_non_exhaustive()
    }
}
