//! A key's place in the map.

use core::{fmt, mem};

use crate::DefaultAllocator;
use crate::alloc::Allocator;
use crate::raw;

/// The place of one key in a map, filled or not; see [`HashMap::entry`](crate::HashMap::entry).
///
/// ```
/// use tophash::{HashMap, hash_map::Entry};
/// let mut map = HashMap::from([("a", 1)]);
/// match map.entry("a") {
///     Entry::Occupied(entry) => assert_eq!(entry.remove(), 1),
///     Entry::Vacant(_) => unreachable!(),
/// }
/// ```
pub enum Entry<'a, K, V, A: Allocator = DefaultAllocator> {
    /// The key has a value.
    Occupied(OccupiedEntry<'a, K, V, A>),
    /// The key has no value.
    Vacant(VacantEntry<'a, K, V, A>),
}

impl<'a, K, V, A: Allocator> Entry<'a, K, V, A> {
    /// The value, after inserting `default` if there was none.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// *map.entry("a").or_insert(1) += 1;
    /// assert_eq!(map["a"], 2);
    /// ```
    #[inline]
    pub fn or_insert(self, default: V) -> &'a mut V {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => entry.insert(default),
        }
    }

    /// The value, after inserting what `default` makes if there was none.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// map.entry("a").or_insert_with(Vec::new).push(1);
    /// assert_eq!(map["a"], [1]);
    /// ```
    #[inline]
    pub fn or_insert_with<F: FnOnce() -> V>(self, default: F) -> &'a mut V {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => entry.insert(default()),
        }
    }

    /// The value, after inserting what `default` makes of the key if there was none.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// assert_eq!(map.entry("abc").or_insert_with_key(|key| key.len()), &3);
    /// ```
    #[inline]
    pub fn or_insert_with_key<F: FnOnce(&K) -> V>(self, default: F) -> &'a mut V {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => {
                let value = default(entry.key());
                entry.insert(value)
            }
        }
    }

    /// The key: as it is stored, or as it was given if it has no value.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<&str, i32> = HashMap::new();
    /// assert_eq!(map.entry("a").key(), &"a");
    /// ```
    #[inline]
    pub fn key(&self) -> &K {
        match self {
            Self::Occupied(entry) => entry.key(),
            Self::Vacant(entry) => entry.key(),
        }
    }

    /// Changes the value if there is one.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([("a", 1)]);
    /// map.entry("a").and_modify(|value| *value += 1).or_insert(0);
    /// assert_eq!(map["a"], 2);
    /// ```
    #[inline]
    pub fn and_modify<F: FnOnce(&mut V)>(mut self, f: F) -> Self {
        if let Self::Occupied(entry) = &mut self {
            f(entry.get_mut());
        }
        self
    }

    /// Sets the value, and returns the entry that now has it.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// let entry = map.entry("a").insert_entry(1);
    /// assert_eq!((*entry.key(), *entry.get()), ("a", 1));
    /// ```
    #[inline]
    pub fn insert_entry(self, value: V) -> OccupiedEntry<'a, K, V, A> {
        match self {
            Self::Occupied(mut entry) => {
                entry.insert(value);
                entry
            }
            Self::Vacant(entry) => entry.insert_entry(value),
        }
    }

    /// The value, after inserting its type's default if there was none.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<&str, Option<u32>> = HashMap::new();
    /// assert_eq!(map.entry("a").or_default(), &None);
    /// ```
    #[inline]
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => entry.insert(V::default()),
        }
    }
}

impl<K: fmt::Debug, V: fmt::Debug, A: Allocator> fmt::Debug for Entry<'_, K, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vacant(entry) => f.debug_tuple("Entry").field(entry).finish(),
            Self::Occupied(entry) => f.debug_tuple("Entry").field(entry).finish(),
        }
    }
}

/// An entry that is in the map; part of [`Entry`] and [`EntryRef`](super::EntryRef).
///
/// Removing it may do one bounded step of shrinking, as [`HashMap::remove`](crate::HashMap::remove).
///
/// ```
/// use tophash::{HashMap, hash_map::{Entry, OccupiedEntry}};
/// let mut map = HashMap::from([("a", 1)]);
/// let entry: OccupiedEntry<'_, &str, i32> = map.entry("a").insert_entry(2);
/// assert_eq!(entry.get(), &2);
/// ```
pub struct OccupiedEntry<'a, K, V, A: Allocator = DefaultAllocator> {
    entry: raw::OccupiedEntry<'a, (K, V), A>,
}

impl<'a, K, V, A: Allocator> OccupiedEntry<'a, K, V, A> {
    #[inline]
    pub(super) fn new(entry: raw::OccupiedEntry<'a, (K, V), A>) -> Self {
        Self { entry }
    }

    /// The key as it is stored.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// assert_eq!(map.entry("a").insert_entry(1).key(), &"a");
    /// ```
    #[inline]
    pub fn key(&self) -> &K {
        &self.entry.get().0
    }

    /// Removes the entry, and returns its key and value.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// assert_eq!(map.entry("a").insert_entry(1).remove_entry(), ("a", 1));
    /// assert!(map.is_empty());
    /// ```
    #[inline]
    pub fn remove_entry(self) -> (K, V) {
        self.entry.remove()
    }

    /// The value.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// assert_eq!(map.entry("a").insert_entry(1).get(), &1);
    /// ```
    #[inline]
    pub fn get(&self) -> &V {
        &self.entry.get().1
    }

    /// The value, to be changed while the entry is held.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// let mut entry = map.entry("a").insert_entry(1);
    /// *entry.get_mut() += 1;
    /// assert_eq!(entry.get(), &2);
    /// ```
    #[inline]
    pub fn get_mut(&mut self) -> &mut V {
        &mut self.entry.get_mut().1
    }

    /// The value, to be changed for as long as the map is borrowed.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// let value = map.entry("a").insert_entry(1).into_mut();
    /// *value += 1;
    /// assert_eq!(map["a"], 2);
    /// ```
    #[inline]
    pub fn into_mut(self) -> &'a mut V {
        &mut self.entry.into_mut().1
    }

    /// Sets the value, and returns the one there was.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// assert_eq!(map.entry("a").insert_entry(1).insert(2), 1);
    /// assert_eq!(map["a"], 2);
    /// ```
    #[inline]
    pub fn insert(&mut self, value: V) -> V {
        mem::replace(self.get_mut(), value)
    }

    /// Removes the entry, and returns its value.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::new();
    /// assert_eq!(map.entry("a").insert_entry(1).remove(), 1);
    /// assert!(map.is_empty());
    /// ```
    #[inline]
    pub fn remove(self) -> V {
        self.remove_entry().1
    }
}

impl<K: fmt::Debug, V: fmt::Debug, A: Allocator> fmt::Debug for OccupiedEntry<'_, K, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OccupiedEntry")
            .field("key", self.key())
            .field("value", self.get())
            .finish_non_exhaustive()
    }
}

/// The place of a key that has no value; part of [`Entry`]. The map has already made room for it.
///
/// ```
/// use tophash::{HashMap, hash_map::{Entry, VacantEntry}};
/// fn fill<'a>(entry: VacantEntry<'a, &str, i32>) -> &'a mut i32 {
///     entry.insert(7)
/// }
/// let mut map = HashMap::new();
/// if let Entry::Vacant(entry) = map.entry("a") {
///     fill(entry);
/// }
/// assert_eq!(map["a"], 7);
/// ```
pub struct VacantEntry<'a, K, V, A: Allocator = DefaultAllocator> {
    key: K,
    entry: raw::VacantEntry<'a, (K, V), A>,
}

impl<'a, K, V, A: Allocator> VacantEntry<'a, K, V, A> {
    #[inline]
    pub(super) fn new(key: K, entry: raw::VacantEntry<'a, (K, V), A>) -> Self {
        Self { key, entry }
    }

    /// The key that was given.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::Entry};
    /// let mut map: HashMap<&str, i32> = HashMap::new();
    /// let Entry::Vacant(entry) = map.entry("a") else { unreachable!() };
    /// assert_eq!(entry.key(), &"a");
    /// ```
    #[inline]
    pub fn key(&self) -> &K {
        &self.key
    }

    /// Takes the key back.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::Entry};
    /// let mut map: HashMap<String, i32> = HashMap::new();
    /// let Entry::Vacant(entry) = map.entry("a".to_owned()) else { unreachable!() };
    /// assert_eq!(entry.into_key(), "a");
    /// ```
    #[inline]
    pub fn into_key(self) -> K {
        self.key
    }

    /// Inserts the value.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::Entry};
    /// let mut map = HashMap::new();
    /// if let Entry::Vacant(entry) = map.entry("a") {
    ///     entry.insert(1);
    /// }
    /// assert_eq!(map["a"], 1);
    /// ```
    #[inline]
    pub fn insert(self, value: V) -> &'a mut V {
        &mut self.entry.insert((self.key, value)).1
    }

    /// Inserts the value, and returns the entry that now has it.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::Entry};
    /// let mut map = HashMap::new();
    /// let Entry::Vacant(entry) = map.entry("a") else { unreachable!() };
    /// assert_eq!(entry.insert_entry(1).get(), &1);
    /// ```
    #[inline]
    pub fn insert_entry(self, value: V) -> OccupiedEntry<'a, K, V, A> {
        OccupiedEntry::new(self.entry.insert_entry((self.key, value)))
    }
}

impl<K: fmt::Debug, V, A: Allocator> fmt::Debug for VacantEntry<'_, K, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VacantEntry").field(self.key()).finish()
    }
}

/// The error of [`HashMap::try_insert`](crate::HashMap::try_insert): the key has a value already.
///
/// ```
/// use tophash::HashMap;
/// let mut map = HashMap::from([("a", 1)]);
/// let error = map.try_insert("a", 2).unwrap_err();
/// assert_eq!(error.to_string(), r#"failed to insert 2: key "a" has value 1"#);
/// ```
pub struct OccupiedError<'a, K, V, A: Allocator = DefaultAllocator> {
    /// The entry that is in the map.
    pub entry: OccupiedEntry<'a, K, V, A>,
    /// The value that was not inserted.
    pub value: V,
}

impl<K: fmt::Debug, V: fmt::Debug, A: Allocator> fmt::Debug for OccupiedError<'_, K, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OccupiedError")
            .field("key", self.entry.key())
            .field("old_value", self.entry.get())
            .field("new_value", &self.value)
            .finish_non_exhaustive()
    }
}

impl<K: fmt::Debug, V: fmt::Debug, A: Allocator> fmt::Display for OccupiedError<'_, K, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (new, key, old) = (&self.value, self.entry.key(), self.entry.get());
        write!(f, "failed to insert {new:?}: key {key:?} has value {old:?}")
    }
}

impl<K: fmt::Debug, V: fmt::Debug, A: Allocator> core::error::Error for OccupiedError<'_, K, V, A> {}
