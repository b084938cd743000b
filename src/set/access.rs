//! Reading, inserting and removing elements.

use core::hash::{BuildHasher, Hash};

use equivalent::Equivalent;

use super::{ContainsEach, HashSet};
use crate::alloc::Allocator;
use crate::map::{BATCH, Batch};

impl<T, S, A> HashSet<T, S, A>
where
    T: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// Whether the set has an element equivalent to `value`. O(1) expected.
    ///
    /// The value may be any form of the element type that hashes and compares like it, such as `&str` for `String`.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let set = HashSet::from([String::from("a")]);
    /// assert!(set.contains("a"));
    /// ```
    #[inline]
    pub fn contains<Q>(&self, value: &Q) -> bool
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.map.contains_key(value)
    }

    /// For each of `N` values, whether the set has it; looked up together, as by
    /// [`HashMap::get_many`](crate::HashMap::get_many).
    ///
    /// ```
    /// use tophash::HashSet;
    /// let set = HashSet::from([1, 2]);
    /// assert_eq!(set.contains_many([&2, &3]), [true, false]);
    /// ```
    pub fn contains_many<Q, const N: usize>(&self, values: [&Q; N]) -> [bool; N]
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        let mut there = [false; N];
        for (values, there) in values.chunks(BATCH).zip(there.chunks_mut(BATCH)) {
            self.map
                .find_chunk(values, |i, entry| there[i] = entry.is_some());
        }
        there
    }

    /// For each of any number of values, whether the set has it; looked up together, as by
    /// [`HashMap::get_each`](crate::HashMap::get_each).
    ///
    /// ```
    /// use tophash::HashSet;
    /// let known = HashSet::from([1, 2]);
    /// let values = vec![2, 3, 1, 2];
    /// assert_eq!(known.contains_each(&values).filter(|&there| there).count(), 3);
    /// ```
    pub fn contains_each<'a, 'q, Q, I>(
        &'a self,
        values: I,
    ) -> ContainsEach<'a, T, S, I::IntoIter, A>
    where
        Q: Hash + Equivalent<T> + ?Sized + 'q,
        I: IntoIterator<Item = &'q Q>,
    {
        ContainsEach::new(&self.map, Batch::new(values.into_iter()))
    }

    /// The element equivalent to `value`, as it is stored. O(1) expected.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let set = HashSet::from([String::from("a")]);
    /// let stored: Option<&String> = set.get("a");
    /// assert!(stored.is_some());
    /// ```
    #[inline]
    pub fn get<Q>(&self, value: &Q) -> Option<&T>
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.map.get_key_value(value).map(|(element, ())| element)
    }

    /// The element equivalent to `value`, after inserting what `make` makes of it if there was none. O(1) expected.
    ///
    /// # Panics
    ///
    /// If what `make` returns is not equivalent to `value`; the set is then unchanged. And as
    /// [`insert`](Self::insert).
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut names: HashSet<String> = HashSet::new();
    /// let name: &String = names.get_or_insert_with("a", str::to_owned);
    /// assert_eq!(name, "a");
    /// ```
    #[inline]
    pub fn get_or_insert_with<Q, F>(&mut self, value: &Q, make: F) -> &T
    where
        Q: Hash + Equivalent<T> + ?Sized,
        F: FnOnce(&Q) -> T,
    {
        self.map.key_or_insert_with(value, |value| {
            let element = make(value);
            assert!(value.equivalent(&element), "new value is not equivalent");
            element
        })
    }

    /// Adds `value` unless it is there. Returns whether it was added.
    ///
    /// O(1) expected, each time and not only on average: at most one bounded step of growth.
    ///
    /// # Panics
    ///
    /// If the table cannot grow any more. If memory is refused, the program ends as for any failed allocation.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::new();
    /// assert!(set.insert(1));
    /// assert!(!set.insert(1));
    /// ```
    #[inline]
    pub fn insert(&mut self, value: T) -> bool {
        self.map.insert(value, ()).is_none()
    }

    /// Adds `value` in place of the element that equals it, if there is one, and returns that. O(1) expected.
    ///
    /// # Panics
    ///
    /// As [`insert`](Self::insert).
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::from([Vec::<i32>::new()]);
    /// assert_eq!(set.get(&[][..]).unwrap().capacity(), 0);
    /// assert!(set.replace(Vec::with_capacity(10)).is_some());
    /// assert!(set.get(&[][..]).unwrap().capacity() >= 10);
    /// ```
    #[inline]
    pub fn replace(&mut self, value: T) -> Option<T> {
        self.map.replace_key(value, ())
    }

    /// Removes the element equivalent to `value`. Returns whether there was one.
    ///
    /// O(1) expected, with at most one bounded step of shrinking.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::from([1]);
    /// assert!(set.remove(&1));
    /// assert!(!set.remove(&1));
    /// ```
    #[inline]
    pub fn remove<Q>(&mut self, value: &Q) -> bool
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.map.remove(value).is_some()
    }

    /// Removes the element equivalent to `value`, and returns it.
    ///
    /// O(1) expected, with at most one bounded step of shrinking.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::from([String::from("a")]);
    /// assert_eq!(set.take("a"), Some(String::from("a")));
    /// ```
    #[inline]
    pub fn take<Q>(&mut self, value: &Q) -> Option<T>
    where
        Q: Hash + Equivalent<T> + ?Sized,
    {
        self.map.remove_entry(value).map(|(element, ())| element)
    }
}
