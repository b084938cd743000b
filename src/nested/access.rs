//! Access by full key.

use core::hash::BuildHasher;
use core::mem;

use super::{Entry, NestedMap, Root, entry, fail};
use crate::error::TryInsertError;
use crate::raw::tree::{FullKey, MakePath, NestedKey, NewKey, Suffix};

impl<K: NestedKey, V, S: BuildHasher> NestedMap<K, V, S> {
    /// The value of a full key. O(parts) expected.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, i64), char>::from_iter([(("a", 1), 'x')]);
    /// assert_eq!(map.get(("a", 1)), Some(&'x'));
    /// assert_eq!(map.get(("b", 1)), None);
    /// ```
    #[inline]
    pub fn get<Q: FullKey<Root<K, V>>>(&self, key: Q) -> Option<&V> {
        self.tree.root().value(key, &self.hasher)
    }

    /// The key as it is stored, and the value of a full key. O(parts) expected.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let map = NestedMap::<(Str, i64), char>::from_iter([(("a", 1), 'x')]);
    /// assert_eq!(map.get_key_value((&String::from("a"), 1)), Some((("a", &1), &'x')));
    /// ```
    pub fn get_key_value<Q: FullKey<Root<K, V>>>(
        &self,
        key: Q,
    ) -> Option<(<Root<K, V> as Suffix>::Ref<'_>, &V)> {
        self.tree.root().key_value(key, &self.hasher)
    }

    /// The value of a full key, to be changed. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// *map.get_mut((1, 1)).unwrap() += 1;
    /// assert_eq!(map[(1, 1)], 11);
    /// ```
    #[inline]
    pub fn get_mut<Q: FullKey<Root<K, V>>>(&mut self, key: Q) -> Option<&mut V> {
        self.tree.get_mut(&key.path(), &self.hasher)
    }

    /// The values of `N` full keys at once, to be changed. O(N x parts) expected, and one comparison for each pair.
    ///
    /// # Panics
    /// Two keys are the same and in the map; where values have no size, this is not looked for.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map = NestedMap::<(Str, i64), u32>::from_iter([(("a", 1), 10), (("b", 1), 20)]);
    /// if let [Some(a), Some(b), None] = map.get_disjoint_mut([("a", 1), ("b", 1), ("c", 1)]) {
    ///     std::mem::swap(a, b);
    /// }
    /// assert_eq!(map[("a", 1)], 20);
    /// ```
    pub fn get_disjoint_mut<Q: FullKey<Root<K, V>>, const N: usize>(
        &mut self,
        keys: [Q; N],
    ) -> [Option<&mut V>; N] {
        self.tree.get_disjoint_mut(keys.map(Q::path), &self.hasher)
    }

    /// Whether there is an entry with this full key. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let map = NestedMap::<(u8, u8), u32>::from_iter([((1, 1), 10)]);
    /// assert!(map.contains_key((1, 1)) && !map.contains_key((1, 2)));
    /// ```
    #[inline]
    pub fn contains_key<Q: FullKey<Root<K, V>>>(&self, key: Q) -> bool {
        self.get(key).is_some()
    }

    /// Sets the value of a key, and returns the one that it had. O(parts) expected.
    ///
    /// Parts that are there already are kept, and nothing is allocated for them.
    ///
    /// # Panics
    /// Memory cannot be had, or the [limit](Self::set_memory_limit) is reached; the message is that of the
    /// [`NestedError`](crate::NestedError), and the map is as before.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut map: NestedMap<(Str, u8), char> = NestedMap::new();
    /// assert_eq!(map.insert(("a", 1), 'x'), None);
    /// assert_eq!(map.insert(("a", 1), 'y'), Some('x'));
    /// ```
    #[inline]
    pub fn insert<Q: NewKey<Root<K, V>>>(&mut self, key: Q, value: V) -> Option<V> {
        match self.try_insert(key, value) {
            Ok(old) => old,
            Err(refused) => fail(refused.error),
        }
    }

    /// Like [`insert`](Self::insert), but says so when memory cannot be had.
    ///
    /// # Errors
    /// The system refuses, the [limit](Self::set_memory_limit) is reached or too small, or a string is too long for it
    /// or has 4 GiB or more: [`NestedError`](crate::NestedError) tells these apart. The map is as before, and key and
    /// value come back.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map: NestedMap<(u8, u8), char> = NestedMap::new();
    /// assert_eq!(map.try_insert((1, 1), 'x')?, None);
    /// # Ok::<(), tophash::nested_map::TryInsertError<(u8, u8), char>>(())
    /// ```
    pub fn try_insert<Q: NewKey<Root<K, V>>>(
        &mut self,
        key: Q,
        value: V,
    ) -> Result<Option<V>, TryInsertError<Q, V>> {
        // As with `entry`, which would be built and taken apart again.
        let path = key.new_path();
        match self.tree.locate(&path, &self.hasher) {
            Ok(mut found) => Ok(Some(mem::replace(found.get_mut(), value))),
            Err(gap) => match entry::put(gap, path, value, &self.hasher, &mut self.watch) {
                Ok(_) => Ok(None),
                Err(refused) => Err(refused.of_path(Q::from_path)),
            },
        }
    }

    /// The entry of a full key, there or not. O(parts) expected.
    ///
    /// Nothing is allocated before a value is inserted, and nothing at all for parts that are there already.
    ///
    /// ```
    /// use tophash::{NestedMap, Str};
    /// let mut hits: NestedMap<(Str, Str), u32> = NestedMap::new();
    /// for (host, page) in [("a", "/"), ("a", "/x"), ("a", "/")] {
    ///     *hits.entry((host, page)).or_default() += 1;
    /// }
    /// assert_eq!(hits[("a", "/")], 2);
    /// ```
    #[inline]
    pub fn entry<Q: NewKey<Root<K, V>>>(&mut self, key: Q) -> Entry<'_, Root<K, V>, Q, S> {
        let path = key.new_path();
        Entry::new(
            self.tree.locate(&path, &self.hasher),
            path,
            &self.hasher,
            &mut self.watch,
        )
    }

    /// Inserts by a list of parts.
    pub(crate) fn put<Q: MakePath<Root<K, V>>>(&mut self, path: Q, value: V) {
        match self.tree.locate(&path, &self.hasher) {
            Ok(mut found) => *found.get_mut() = value,
            Err(gap) => {
                if let Err((error, ..)) = gap.fill(path, value, &self.hasher) {
                    fail(error);
                }
            }
        }
    }

    /// Removes the entry of a full key, and returns its value. O(parts) expected.
    ///
    /// ```
    /// use tophash::NestedMap;
    /// let mut map = NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
    /// assert_eq!(map.remove((1, 1)), Some('x'));
    /// assert!(map.is_empty() && !map.contains_prefix((1,)));
    /// ```
    pub fn remove<Q: FullKey<Root<K, V>>>(&mut self, key: Q) -> Option<V> {
        self.tree.remove(&key.path(), &self.hasher)
    }
}
