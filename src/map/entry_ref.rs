//! A borrowed key's place in the map.

use core::fmt;

use super::OccupiedEntry;
use crate::DefaultAllocator;
use crate::alloc::Allocator;
use crate::raw;

/// The place of one borrowed key in a map, filled or not; see [`HashMap::entry_ref`](crate::HashMap::entry_ref).
///
/// ```
/// use tophash::{HashMap, hash_map::EntryRef};
/// let mut map: HashMap<String, i32> = HashMap::new();
/// match map.entry_ref("a") {
///     EntryRef::Occupied(_) => unreachable!(),
///     EntryRef::Vacant(entry) => assert_eq!(entry.insert(1), &1),
/// }
/// ```
pub enum EntryRef<'a, 'q, K, Q: ?Sized, V, A: Allocator = DefaultAllocator> {
    /// The key has a value.
    Occupied(OccupiedEntry<'a, K, V, A>),
    /// The key has no value.
    Vacant(VacantEntryRef<'a, 'q, K, Q, V, A>),
}

impl<'a, 'q, K, Q: ?Sized, V, A: Allocator> EntryRef<'a, 'q, K, Q, V, A> {
    /// Changes the value if there is one.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map = HashMap::from([(String::from("a"), 1)]);
    /// map.entry_ref("a").and_modify(|value| *value += 1).or_insert(0);
    /// assert_eq!(map["a"], 2);
    /// ```
    #[inline]
    pub fn and_modify<F: FnOnce(&mut V)>(mut self, f: F) -> Self {
        if let Self::Occupied(entry) = &mut self {
            f(entry.get_mut());
        }
        self
    }
}

impl<'a, 'q, K, Q: ?Sized, V, A: Allocator> EntryRef<'a, 'q, K, Q, V, A>
where
    K: From<&'q Q>,
{
    /// The value, after inserting `default` if there was none.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<String, i32> = HashMap::new();
    /// *map.entry_ref("a").or_insert(1) += 1;
    /// assert_eq!(map["a"], 2);
    /// ```
    #[inline]
    pub fn or_insert(self, default: V) -> &'a mut V {
        self.or_insert_with(|| default)
    }

    /// The value, after inserting what `default` makes if there was none.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<String, Vec<i32>> = HashMap::new();
    /// map.entry_ref("a").or_insert_with(Vec::new).push(1);
    /// assert_eq!(map["a"], [1]);
    /// ```
    #[inline]
    pub fn or_insert_with<F: FnOnce() -> V>(self, default: F) -> &'a mut V {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => entry.insert(default()),
        }
    }

    /// The value, after inserting what `default` makes of the borrowed key if there was none.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<String, usize> = HashMap::new();
    /// assert_eq!(map.entry_ref("abc").or_insert_with_key(str::len), &3);
    /// ```
    #[inline]
    pub fn or_insert_with_key<F: FnOnce(&Q) -> V>(self, default: F) -> &'a mut V {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => {
                let value = default(entry.key());
                entry.insert(value)
            }
        }
    }

    /// The value, after inserting its type's default if there was none.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<String, u32> = HashMap::new();
    /// assert_eq!(map.entry_ref("a").or_default(), &0);
    /// ```
    #[inline]
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }

    /// Sets the value, and returns the entry that now has it.
    ///
    /// ```
    /// use tophash::HashMap;
    /// let mut map: HashMap<String, i32> = HashMap::new();
    /// assert_eq!(map.entry_ref("a").insert_entry(1).key(), "a");
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
}

impl<K, Q, V, A> fmt::Debug for EntryRef<'_, '_, K, Q, V, A>
where
    K: fmt::Debug,
    Q: fmt::Debug + ?Sized,
    V: fmt::Debug,
    A: Allocator,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vacant(entry) => f.debug_tuple("EntryRef").field(entry).finish(),
            Self::Occupied(entry) => f.debug_tuple("EntryRef").field(entry).finish(),
        }
    }
}

/// The place of a borrowed key that has no value; part of [`EntryRef`].
///
/// ```
/// use tophash::{HashMap, hash_map::EntryRef};
/// let mut map: HashMap<String, i32> = HashMap::new();
/// let EntryRef::Vacant(entry) = map.entry_ref("a") else { unreachable!() };
/// assert_eq!(entry.key(), "a");
/// ```
pub struct VacantEntryRef<'a, 'q, K, Q: ?Sized, V, A: Allocator = DefaultAllocator> {
    key: &'q Q,
    entry: raw::VacantEntry<'a, (K, V), A>,
}

impl<'a, 'q, K, Q: ?Sized, V, A: Allocator> VacantEntryRef<'a, 'q, K, Q, V, A> {
    #[inline]
    pub(super) fn new(key: &'q Q, entry: raw::VacantEntry<'a, (K, V), A>) -> Self {
        Self { key, entry }
    }

    /// The key that was given.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::EntryRef};
    /// let mut map: HashMap<String, i32> = HashMap::new();
    /// let EntryRef::Vacant(entry) = map.entry_ref("a") else { unreachable!() };
    /// assert_eq!(entry.key(), "a");
    /// ```
    #[inline]
    pub fn key(&self) -> &'q Q {
        self.key
    }

    /// Makes an owned key and inserts the value.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::EntryRef};
    /// let mut map: HashMap<String, i32> = HashMap::new();
    /// if let EntryRef::Vacant(entry) = map.entry_ref("a") {
    ///     entry.insert(1);
    /// }
    /// assert_eq!(map["a"], 1);
    /// ```
    #[inline]
    pub fn insert(self, value: V) -> &'a mut V
    where
        K: From<&'q Q>,
    {
        &mut self.entry.insert((K::from(self.key), value)).1
    }

    /// Makes an owned key, inserts the value, and returns the entry that now has it.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::EntryRef};
    /// let mut map: HashMap<String, i32> = HashMap::new();
    /// let EntryRef::Vacant(entry) = map.entry_ref("a") else { unreachable!() };
    /// assert_eq!(entry.insert_entry(1).get(), &1);
    /// ```
    #[inline]
    pub fn insert_entry(self, value: V) -> OccupiedEntry<'a, K, V, A>
    where
        K: From<&'q Q>,
    {
        OccupiedEntry::new(self.entry.insert_entry((K::from(self.key), value)))
    }
}

impl<K, Q: fmt::Debug + ?Sized, V, A: Allocator> fmt::Debug for VacantEntryRef<'_, '_, K, Q, V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VacantEntryRef").field(&self.key()).finish()
    }
}
