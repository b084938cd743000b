//! Reading, inserting and removing by key.

use core::hash::{BuildHasher, Hash};
use core::mem;

use equivalent::Equivalent;

use super::{Entry, EntryRef, HashMap, OccupiedEntry, OccupiedError, VacantEntry, VacantEntryRef};
use crate::alloc::Allocator;
use crate::keyed::{is_key, rehash};
use crate::raw;

impl<K, V, S, A> HashMap<K, V, S, A>
where
    K: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// The value of `key`. O(1) expected.
    ///
    /// The key may be any form of the map's key type that hashes and compares like it: `&str` for `String`,
    /// [`Parts`](crate::Parts) for a tuple.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let map = HashMap::from([(String::from("a"), 1)]);
    /// assert_eq!(map.get("a"), Some(&1));
    /// assert_eq!(map.get("b"), None);
    /// ```
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.find(key).map(|(_, value)| value)
    }

    /// The entry of `key`: the key as it is stored, and its value. O(1) expected.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let map = HashMap::from([(1, 'a')]);
    /// assert_eq!(map.get_key_value(&1), Some((&1, &'a')));
    /// ```
    #[inline]
    pub fn get_key_value<Q>(&self, key: &Q) -> Option<(&K, &V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.find(key).map(|(key, value)| (key, value))
    }

    /// The value of `key`, to be changed. O(1) expected.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([(1, 'a')]);
    /// if let Some(value) = map.get_mut(&1) {
    ///     *value = 'b';
    /// }
    /// assert_eq!(map[&1], 'b');
    /// ```
    #[inline]
    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        self.table
            .find_mut(hash, is_key(key))
            .map(|(_, value)| value)
    }

    /// The values of `N` keys at once, to be changed.
    ///
    /// One look-up for each key, and one comparison for each pair, to find keys that are the same.
    ///
    /// # Panics
    ///
    /// If two keys are the same and in the map.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([("a", 1), ("b", 2)]);
    /// if let [Some(a), Some(b), None] = map.get_disjoint_mut(["a", "b", "c"]) {
    ///     std::mem::swap(a, b);
    /// }
    /// assert_eq!(map["a"], 2);
    /// ```
    #[inline]
    pub fn get_disjoint_mut<Q, const N: usize>(&mut self, keys: [&Q; N]) -> [Option<&mut V>; N]
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hashes = keys.map(|key| self.hasher.hash_one(key));
        self.table
            .find_disjoint_mut(hashes, |i, (key, _)| keys[i].equivalent(key))
            .map(|entry| entry.map(|(_, value)| value))
    }

    /// Whether the map has an entry for `key`. O(1) expected.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let map = HashMap::from([(1, 'a')]);
    /// assert!(map.contains_key(&1));
    /// assert!(!map.contains_key(&2));
    /// ```
    #[inline]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.find(key).is_some()
    }

    /// The entry of `key`.
    #[inline]
    pub(super) fn find<Q>(&self, key: &Q) -> Option<&(K, V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.table.find(self.hasher.hash_one(key), is_key(key))
    }

    /// Gives `key` a value, and returns the value it had.
    ///
    /// O(1) expected, each time and not only on average: at most one bounded step of growth. A key that is already
    /// there stays as it is stored.
    ///
    /// # Panics
    ///
    /// If the table cannot grow any more. If memory is refused, the program ends as for any failed allocation.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// assert_eq!(map.insert("a", 1), None);
    /// assert_eq!(map.insert("a", 2), Some(1));
    /// ```
    #[inline]
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let hash = self.hasher.hash_one(&key);
        match self.table.entry(hash, is_key(&key), rehash(&self.hasher)) {
            raw::Entry::Occupied(entry) => Some(mem::replace(&mut entry.into_mut().1, value)),
            raw::Entry::Vacant(entry) => {
                entry.insert((key, value));
                None
            }
        }
    }

    /// Gives `key` a value unless it has one. O(1) expected.
    ///
    /// # Errors
    ///
    /// If the key is there: the entry, and the value that was not inserted.
    ///
    /// # Panics
    ///
    /// As [`insert`](Self::insert).
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// assert_eq!(map.try_insert("a", 1).unwrap(), &1);
    /// let error = map.try_insert("a", 2).unwrap_err();
    /// assert_eq!((*error.entry.get(), error.value), (1, 2));
    /// ```
    #[inline]
    pub fn try_insert(&mut self, key: K, value: V) -> Result<&mut V, OccupiedError<'_, K, V, A>> {
        match self.entry(key) {
            Entry::Occupied(entry) => Err(OccupiedError { entry, value }),
            Entry::Vacant(entry) => Ok(entry.insert(value)),
        }
    }

    /// Removes the entry of `key`, and returns its value. O(1) expected, with at most one bounded step of shrinking.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([(1, 'a')]);
    /// assert_eq!(map.remove(&1), Some('a'));
    /// assert_eq!(map.remove(&1), None);
    /// ```
    #[inline]
    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.remove_entry(key).map(|(_, value)| value)
    }

    /// Removes the entry of `key`, and returns the key as it was stored with its value.
    ///
    /// O(1) expected, with at most one bounded step of shrinking.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([(1, 'a')]);
    /// assert_eq!(map.remove_entry(&1), Some((1, 'a')));
    /// ```
    #[inline]
    pub fn remove_entry<Q>(&mut self, key: &Q) -> Option<(K, V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        self.table.remove(hash, is_key(key))
    }

    /// The place of `key` in the map, to be read, filled or emptied with no second look-up. O(1) expected.
    ///
    /// Room for a key that is not there is made at once, and stays if nothing is inserted.
    ///
    /// # Panics
    ///
    /// As [`insert`](Self::insert).
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut letters = HashMap::new();
    /// for letter in "abracadabra".chars() {
    ///     *letters.entry(letter).or_insert(0) += 1;
    /// }
    /// assert_eq!(letters[&'a'], 5);
    /// ```
    #[inline]
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V, A> {
        let hash = self.hasher.hash_one(&key);
        match self.table.entry(hash, is_key(&key), rehash(&self.hasher)) {
            raw::Entry::Occupied(entry) => Entry::Occupied(OccupiedEntry::new(entry)),
            raw::Entry::Vacant(entry) => Entry::Vacant(VacantEntry::new(key, entry)),
        }
    }

    /// The place of a borrowed `key` in the map. An owned key is made only if one is inserted.
    ///
    /// Insertion asks for `K: From<&Q>`: `&str` becomes `String`, `Box<str>` or `Arc<str>`, `&[T]` a `Vec<T>`,
    /// and [`Parts`](crate::Parts) a tuple. O(1) expected.
    ///
    /// # Panics
    ///
    /// As [`insert`](Self::insert).
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut words: HashMap<Box<str>, u32> = HashMap::new();
    /// for word in "to be or not to be".split(' ') {
    ///     *words.entry_ref(word).or_insert(0) += 1;
    /// }
    /// assert_eq!(words["be"], 2);
    /// ```
    #[inline]
    pub fn entry_ref<'a, 'q, Q>(&'a mut self, key: &'q Q) -> EntryRef<'a, 'q, K, Q, V, A>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        match self.table.entry(hash, is_key(key), rehash(&self.hasher)) {
            raw::Entry::Occupied(entry) => EntryRef::Occupied(OccupiedEntry::new(entry)),
            raw::Entry::Vacant(entry) => EntryRef::Vacant(VacantEntryRef::new(key, entry)),
        }
    }

    /// The key equivalent to `key`, after inserting what `make` makes of it, with the default value, if there was none.
    #[inline]
    pub(crate) fn key_or_insert_with<Q, F>(&mut self, key: &Q, make: F) -> &K
    where
        Q: Hash + Equivalent<K> + ?Sized,
        F: FnOnce(&Q) -> K,
        V: Default,
    {
        let hash = self.hasher.hash_one(key);
        match self.table.entry(hash, is_key(key), rehash(&self.hasher)) {
            raw::Entry::Occupied(entry) => &entry.into_mut().0,
            raw::Entry::Vacant(entry) => &entry.insert((make(key), V::default())).0,
        }
    }

    /// Inserts the entry; a key that is already there is replaced and returned.
    #[inline]
    pub(crate) fn replace_key(&mut self, key: K, value: V) -> Option<K> {
        let hash = self.hasher.hash_one(&key);
        match self.table.entry(hash, is_key(&key), rehash(&self.hasher)) {
            raw::Entry::Occupied(entry) => Some(mem::replace(entry.into_mut(), (key, value)).0),
            raw::Entry::Vacant(entry) => {
                entry.insert((key, value));
                None
            }
        }
    }
}
