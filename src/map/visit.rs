//! Going over all entries. None of this hashes a key, so none of it bounds one.

use super::{
    Drain, ExtractIf, HashMap, IntoKeys, IntoValues, Iter, IterMut, Keys, Values, ValuesMut,
};
use crate::alloc::Allocator;
use crate::raw;

impl<K, V, S, A: Allocator> HashMap<K, V, S, A> {
    /// The entries, in arbitrary order.
    ///
    /// Going over all of them, by this or any other iterator, takes time in proportion to the entries that are there
    /// or that room is kept for: what was reserved and, until the next removals, what [`clear`](Self::clear) or
    /// [`drain`](Self::drain) has left.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let map = HashMap::from([(1, 10), (2, 20)]);
    /// assert_eq!(map.iter().map(|(k, v)| k * v).sum::<i32>(), 50);
    /// ```
    #[inline]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(self.table.iter())
    }

    /// The entries, in arbitrary order, with values that can be changed.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([(1, 10), (2, 20)]);
    /// for (key, value) in map.iter_mut() {
    ///     *value += key;
    /// }
    /// assert_eq!(map, HashMap::from([(1, 11), (2, 22)]));
    /// ```
    #[inline]
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut::new(self.table.iter_mut())
    }

    /// The keys, in arbitrary order.
    ///
    /// ```
    /// use tophash::HashMap;
    /// assert_eq!(HashMap::from([(1, 10), (2, 20)]).keys().sum::<i32>(), 3);
    /// ```
    #[inline]
    pub fn keys(&self) -> Keys<'_, K, V> {
        Keys::new(self.iter())
    }

    /// The values, in arbitrary order.
    ///
    /// ```
    /// use tophash::HashMap;
    /// assert_eq!(HashMap::from([(1, 10), (2, 20)]).values().sum::<i32>(), 30);
    /// ```
    #[inline]
    pub fn values(&self) -> Values<'_, K, V> {
        Values::new(self.iter())
    }

    /// The values, in arbitrary order, to be changed.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([(1, 10), (2, 20)]);
    /// map.values_mut().for_each(|value| *value += 1);
    /// assert_eq!(map[&2], 21);
    /// ```
    #[inline]
    pub fn values_mut(&mut self) -> ValuesMut<'_, K, V> {
        ValuesMut::new(self.iter_mut())
    }

    /// The keys by value, in arbitrary order; the map is gone.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let keys: Vec<i32> = HashMap::from([(1, 10)]).into_keys().collect();
    /// assert_eq!(keys, [1]);
    /// ```
    #[inline]
    pub fn into_keys(self) -> IntoKeys<K, V, A> {
        IntoKeys::new(self.into_iter())
    }

    /// The values by value, in arbitrary order; the map is gone.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let values: Vec<i32> = HashMap::from([(1, 10)]).into_values().collect();
    /// assert_eq!(values, [10]);
    /// ```
    #[inline]
    pub fn into_values(self) -> IntoValues<K, V, A> {
        IntoValues::new(self.into_iter())
    }

    /// Removes all entries and returns them, in arbitrary order; the map keeps its memory, as with
    /// [`clear`](Self::clear).
    ///
    /// Entries that are not taken from the iterator are dropped with it.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([(1, 10), (2, 20)]);
    /// assert_eq!(map.drain().count(), 2);
    /// assert!(map.is_empty());
    /// ```
    #[inline]
    pub fn drain(&mut self) -> Drain<'_, K, V, A> {
        Drain::new(self.table.drain())
    }

    /// Removes and returns the entries for which `pred` is true, as the iterator is driven.
    ///
    /// Entries that the iterator has not come to when it is dropped stay in the map. The memory of those that are
    /// removed goes back when the iterator is dropped.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<i32, i32> = (0..8).map(|n| (n, n * n)).collect();
    /// let even: HashMap<i32, i32> = map.extract_if(|key, _| key % 2 == 0).collect();
    /// assert_eq!((even.len(), map.len()), (4, 4));
    /// ```
    #[inline]
    pub fn extract_if<F>(&mut self, pred: F) -> ExtractIf<'_, K, V, F, A>
    where
        F: FnMut(&K, &mut V) -> bool,
    {
        ExtractIf::new(self.extract_if_raw(), pred)
    }

    /// What [`extract_if`](Self::extract_if) drives, its predicate still to come.
    #[inline]
    pub(crate) fn extract_if_raw(&mut self) -> raw::ExtractIf<'_, (K, V), A> {
        self.table.extract_if()
    }

    /// Keeps the entries for which `keep` is true, and drops the others, whose memory goes back.
    ///
    /// Takes time in proportion to the entries that were there.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<i32, i32> = (0..8).map(|n| (n, n * n)).collect();
    /// map.retain(|key, _| key % 2 == 0);
    /// assert_eq!(map.len(), 4);
    /// ```
    #[inline]
    pub fn retain<F>(&mut self, mut keep: F)
    where
        F: FnMut(&K, &mut V) -> bool,
    {
        self.table.retain(|(key, value)| keep(key, value));
    }

    /// Removes all entries; the map keeps its memory.
    ///
    /// Later removals give it back step by step, and [`shrink_to_fit`](Self::shrink_to_fit) gives it back at once.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([(1, 10)]);
    /// map.clear();
    /// assert!(map.is_empty());
    /// ```
    #[inline]
    pub fn clear(&mut self) {
        self.table.clear();
    }
}
