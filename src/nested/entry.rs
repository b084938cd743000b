//! Entries by full key.

use core::fmt;
use core::hash::BuildHasher;

use super::fail;
use super::memory::Watch;
use crate::error::TryInsertError;
use crate::raw::tree::{Found, Gap, Level, MakePath, NewKey};

/// The entry of a full key; from [`NestedMap::entry`](super::NestedMap::entry).
///
/// It holds the key **as it was given**, such as `("ann", 7)` in a map of `(Str, u32)`. That is what `key` shows and
/// what `into_key` and `remove_entry` return: parts in the map belong to other entries, too, so an entry that is there
/// has no key of its own to give away.
///
/// ```
/// use tophash::NestedMap;
/// use tophash::nested_map::Entry;
/// let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
/// assert!(matches!(map.entry((1, 1)), Entry::Occupied(entry) if *entry.get() == 10));
/// assert!(matches!(map.entry((1, 2)), Entry::Vacant(_)));
/// ```
pub enum Entry<'a, L: Level, Q: NewKey<L>, S> {
    /// It is there.
    Occupied(OccupiedEntry<'a, L, Q, S>),
    /// It is not there.
    Vacant(VacantEntry<'a, L, Q, S>),
}

/// An entry that is there.
///
/// ```
/// use tophash::NestedMap;
/// use tophash::nested_map::Entry;
/// let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
/// if let Entry::Occupied(entry) = map.entry((1, 1)) {
///     assert_eq!(entry.remove(), 10);
/// }
/// assert!(map.is_empty());
/// ```
pub struct OccupiedEntry<'a, L: Level, Q: NewKey<L>, S> {
    found: Found<'a, L>,
    key: Q,
    hasher: &'a S,
}

/// An entry that is not there.
///
/// ```
/// use tophash::NestedMap;
/// use tophash::nested_map::Entry;
/// let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
/// if let Entry::Vacant(entry) = map.entry((1, 1)) {
///     *entry.insert(10) += 1;
/// }
/// assert_eq!(map[(1, 1)], 11);
/// ```
pub struct VacantEntry<'a, L: Level, Q: NewKey<L>, S> {
    gap: Gap<'a, L>,
    key: Q,
    hasher: &'a S,
    watch: &'a mut Watch,
}

impl<'a, L: Level, Q: NewKey<L>, S: BuildHasher> Entry<'a, L, Q, S> {
    #[inline]
    pub(super) fn new(
        place: Result<Found<'a, L>, Gap<'a, L>>,
        path: Q::Path,
        hasher: &'a S,
        watch: &'a mut Watch,
    ) -> Self {
        let key = Q::from_path(path);
        match place {
            Ok(found) => Self::Occupied(OccupiedEntry { found, key, hasher }),
            Err(gap) => Self::Vacant(VacantEntry {
                gap,
                key,
                hasher,
                watch,
            }),
        }
    }

    /// The value; `default` if there is none yet.
    ///
    /// # Panics
    /// Memory cannot be had; so for all that insert.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
    /// *map.entry((1, 1)).or_insert(5) += 1;
    /// assert_eq!(map[(1, 1)], 6);
    /// ```
    #[inline]
    pub fn or_insert(self, default: L::Value) -> &'a mut L::Value {
        self.or_insert_with(|| default)
    }

    /// The value; what `default` makes if there is none yet.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map: NestedMap<(u8, u8), String> = NestedMap::new();
    /// map.entry((1, 1)).or_insert_with(|| "a".to_string()).push('b');
    /// assert_eq!(map[(1, 1)], "ab");
    /// ```
    #[inline]
    pub fn or_insert_with(self, default: impl FnOnce() -> L::Value) -> &'a mut L::Value {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => entry.insert(default()),
        }
    }

    /// The value; what `default` makes of the key if there is none yet.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map: NestedMap<(Str, u32), usize> = NestedMap::new();
    /// assert_eq!(map.entry(("abc", 1)).or_insert_with_key(|(name, _)| name.len()), &3);
    /// ```
    #[inline]
    pub fn or_insert_with_key(self, default: impl FnOnce(&Q) -> L::Value) -> &'a mut L::Value {
        match self {
            Self::Occupied(entry) => entry.into_mut(),
            Self::Vacant(entry) => {
                let value = default(&entry.key);
                entry.insert(value)
            }
        }
    }

    /// The value; the default one if there is none yet.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
    /// *map.entry((1, 1)).or_default() += 1;
    /// assert_eq!(map[(1, 1)], 1);
    /// ```
    #[inline]
    pub fn or_default(self) -> &'a mut L::Value
    where
        L::Value: Default,
    {
        self.or_insert_with(Default::default)
    }

    /// Changes the value, if there is one.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// map.entry((1, 1)).and_modify(|n| *n += 1).or_insert(0);
    /// assert_eq!(map[(1, 1)], 11);
    /// ```
    #[must_use]
    pub fn and_modify(mut self, change: impl FnOnce(&mut L::Value)) -> Self {
        if let Self::Occupied(entry) = &mut self {
            change(entry.get_mut());
        }
        self
    }

    /// Sets the value, and returns the entry that now has it.
    ///
    /// The map takes the parts of the key that are not there yet, and the entry has a key as well, so it has to be
    /// `Clone`; [`or_insert`](Self::or_insert) asks for none.
    ///
    /// # Panics
    /// Memory cannot be had.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map: NestedMap<(Str, u32), char> = NestedMap::new();
    /// let entry = map.entry(("a", 1)).insert_entry('x');
    /// assert_eq!((*entry.key(), *entry.get()), (("a", 1), 'x'));
    /// ```
    pub fn insert_entry(self, value: L::Value) -> OccupiedEntry<'a, L, Q, S>
    where
        Q: Clone,
    {
        match self {
            Self::Occupied(mut entry) => {
                entry.insert(value);
                entry
            }
            Self::Vacant(entry) => entry.insert_entry(value),
        }
    }
}

impl<'a, L: Level, Q: NewKey<L>, S> Entry<'a, L, Q, S> {
    /// The key as it was given.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map: NestedMap<(Str, u32), char> = NestedMap::new();
    /// assert_eq!(map.entry(("a", 1)).key(), &("a", 1));
    /// ```
    #[inline]
    pub fn key(&self) -> &Q {
        match self {
            Self::Occupied(entry) => &entry.key,
            Self::Vacant(entry) => &entry.key,
        }
    }
}

impl<'a, L: Level, Q: NewKey<L>, S: BuildHasher> OccupiedEntry<'a, L, Q, S> {
    /// The key as it was given. The parts that the map holds are equal to it.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// # let Entry::Occupied(entry) = map.entry((1, 1)) else { panic!() };
    /// assert_eq!(entry.key(), &(1, 1));
    /// ```
    #[inline]
    pub fn key(&self) -> &Q {
        &self.key
    }

    /// Removes the entry, and returns the key as it was given and the value. The key is looked up once more for that.
    ///
    /// # Panics
    /// The key does not hash or compare as it did before.
    ///
    /// ```
    /// use tophash::{NestedMap, nested_map::Entry};
    /// let mut map = NestedMap::<(String, u8), u32>::from([(("a", 1), 10)]);
    /// let Entry::Occupied(entry) = map.entry(("a", 1)) else { panic!() };
    /// assert_eq!(entry.remove_entry(), (("a", 1), 10));
    /// assert!(map.is_empty());
    /// ```
    pub fn remove_entry(self) -> (Q, L::Value) {
        let path = self.key.new_path();
        let removed = self.found.remove(&path, self.hasher);
        let value = removed.expect("the key hashes and compares as before");
        (Q::from_path(path), value)
    }

    /// The value.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// # let Entry::Occupied(entry) = map.entry((1, 1)) else { panic!() };
    /// assert_eq!(*entry.get(), 10);
    /// ```
    #[inline]
    pub fn get(&self) -> &L::Value {
        self.found.get()
    }

    /// The value, to be changed.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// # let Entry::Occupied(mut entry) = map.entry((1, 1)) else { panic!() };
    /// *entry.get_mut() += 1;
    /// assert_eq!(*entry.get(), 11);
    /// ```
    #[inline]
    pub fn get_mut(&mut self) -> &mut L::Value {
        self.found.get_mut()
    }

    /// The value, for as long as the map is borrowed.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// # let Entry::Occupied(entry) = map.entry((1, 1)) else { panic!() };
    /// let value: &mut u32 = entry.into_mut();
    /// assert_eq!(*value, 10);
    /// ```
    #[inline]
    pub fn into_mut(self) -> &'a mut L::Value {
        self.found.into_mut()
    }

    /// Sets the value, and returns the one before.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// # let Entry::Occupied(mut entry) = map.entry((1, 1)) else { panic!() };
    /// assert_eq!(entry.insert(20), 10);
    /// ```
    #[inline]
    pub fn insert(&mut self, value: L::Value) -> L::Value {
        core::mem::replace(self.get_mut(), value)
    }

    /// Removes the entry, and returns its value. The key is looked up once more for that.
    ///
    /// # Panics
    /// The key does not hash or compare as it did before.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// # let Entry::Occupied(entry) = map.entry((1, 1)) else { panic!() };
    /// assert_eq!(entry.remove(), 10);
    /// ```
    pub fn remove(self) -> L::Value {
        self.remove_entry().1
    }
}

impl<'a, L: Level, Q: NewKey<L>, S: BuildHasher> VacantEntry<'a, L, Q, S> {
    /// The key as it was given.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
    /// # let Entry::Vacant(entry) = map.entry((1, 1)) else { panic!() };
    /// assert_eq!(entry.key(), &(1, 1));
    /// ```
    #[inline]
    pub fn key(&self) -> &Q {
        &self.key
    }

    /// Takes the key back.
    ///
    /// ```
    /// use tophash::{NestedMap, nested_map::Entry};
    /// let mut map: NestedMap<(String, u8), u32> = NestedMap::new();
    /// let Entry::Vacant(entry) = map.entry(("a".to_string(), 1)) else { panic!() };
    /// assert_eq!(entry.into_key(), ("a".to_string(), 1));
    /// ```
    #[inline]
    pub fn into_key(self) -> Q {
        self.key
    }

    /// Inserts a value, and returns the entry that now has it; the key is cloned for that.
    ///
    /// # Panics
    /// Memory cannot be had, or the limit is reached.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
    /// # let Entry::Vacant(entry) = map.entry((1, 1)) else { panic!() };
    /// assert_eq!(entry.insert_entry(10).remove(), 10);
    /// ```
    pub fn insert_entry(self, value: L::Value) -> OccupiedEntry<'a, L, Q, S>
    where
        Q: Clone,
    {
        let (key, hasher) = (self.key.clone(), self.hasher);
        match put(self.gap, self.key.new_path(), value, hasher, self.watch) {
            Ok(found) => OccupiedEntry { found, key, hasher },
            Err(refused) => fail(refused.error),
        }
    }

    /// Inserts a value.
    ///
    /// # Panics
    /// Memory cannot be had, or the limit is reached.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
    /// # let Entry::Vacant(entry) = map.entry((1, 1)) else { panic!() };
    /// assert_eq!(*entry.insert(10), 10);
    /// ```
    #[inline]
    pub fn insert(self, value: L::Value) -> &'a mut L::Value {
        match self.try_insert(value) {
            Ok(value) => value,
            Err(refused) => fail(refused.error),
        }
    }

    /// Inserts a value, or says why not.
    ///
    /// # Errors
    /// As for [`NestedMap::try_insert`](super::NestedMap::try_insert): key and value come back.
    ///
    /// ```
    /// # use tophash::{NestedMap, nested_map::Entry};
    /// # let mut map: NestedMap<(u8, u8), u32> = NestedMap::new();
    /// # let Entry::Vacant(entry) = map.entry((1, 1)) else { panic!() };
    /// assert_eq!(entry.try_insert(10), Ok(&mut 10));
    /// ```
    #[inline]
    pub fn try_insert(
        self,
        value: L::Value,
    ) -> Result<&'a mut L::Value, TryInsertError<Q, L::Value>> {
        let path = self.key.new_path();
        match put(self.gap, path, value, self.hasher, self.watch) {
            Ok(found) => Ok(found.into_mut()),
            Err(refused) => Err(refused.of_path(Q::from_path)),
        }
    }
}

/// Puts a value into its place, and tells who watches.
#[inline]
pub(super) fn put<'a, L: Level, P: MakePath<L>, S: BuildHasher>(
    gap: Gap<'a, L>,
    path: P,
    value: L::Value,
    hasher: &S,
    watch: &mut Watch,
) -> Result<Found<'a, L>, TryInsertError<P, L::Value>> {
    match gap.fill(path, value, hasher) {
        Ok(found) => {
            if let Some(stats) = found.crossed() {
                watch.tell(&stats);
            }
            Ok(found)
        }
        Err((error, key, value)) => Err(TryInsertError { key, value, error }),
    }
}

impl<L: Level, Q: NewKey<L> + fmt::Debug, S> fmt::Debug for Entry<'_, L, Q, S>
where
    L::Value: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entry = f.debug_tuple("Entry");
        match self {
            Self::Vacant(vacant) => entry.field(vacant).finish(),
            Self::Occupied(occupied) => entry.field(occupied).finish(),
        }
    }
}

impl<L: Level, Q: NewKey<L> + fmt::Debug, S> fmt::Debug for OccupiedEntry<'_, L, Q, S>
where
    L::Value: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OccupiedEntry")
            .field("key", &self.key)
            .field("value", self.found.get())
            .finish_non_exhaustive()
    }
}

impl<L: Level, Q: NewKey<L> + fmt::Debug, S> fmt::Debug for VacantEntry<'_, L, Q, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VacantEntry").field(&self.key).finish()
    }
}
