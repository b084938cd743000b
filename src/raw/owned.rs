//! A table with its allocator: the safe interface that the maps are built on.

use core::mem;
use core::ptr;

use allocator_api2::alloc::{Allocator, handle_alloc_error};

use super::batch::BATCH;
use super::consume::{Drain, ExtractIf, IntoIter};
use super::iter::{Iter, IterMut};
use super::pace::GrowthPolicy;
use super::table::{Loc, RawTable};
use crate::TryReserveError;

/// A hash table of `T` that knows neither keys nor hashers: hashes and closures come in.
pub(crate) struct Table<T, A: Allocator> {
    raw: RawTable<T>,
    alloc: A,
}

/// The panic, or the call of the allocation error handler, of the infallible calls.
#[cold]
#[inline(never)]
fn fail(error: TryReserveError) -> ! {
    match error {
        TryReserveError::CapacityOverflow => panic!("Hash table capacity overflow"),
        TryReserveError::AllocError { layout } => handle_alloc_error(layout),
    }
}

impl<T, A: Allocator> Table<T, A> {
    #[inline]
    pub(crate) const fn new_in(policy: GrowthPolicy, alloc: A) -> Self {
        Table {
            raw: RawTable::new(policy),
            alloc,
        }
    }

    pub(crate) fn with_capacity_in(capacity: usize, policy: GrowthPolicy, alloc: A) -> Self {
        let mut table = Self::new_in(policy, alloc);
        table.reserve(capacity, |_| 0);
        table
    }

    #[inline]
    pub(crate) fn allocator(&self) -> &A {
        &self.alloc
    }

    #[inline]
    pub(crate) fn policy(&self) -> GrowthPolicy {
        self.raw.policy()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }

    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.raw.capacity()
    }

    #[inline]
    pub(crate) fn allocation_size(&self) -> usize {
        self.raw.allocation_size()
    }

    pub(super) fn raw_mut(&mut self) -> &mut RawTable<T> {
        &mut self.raw
    }

    pub(super) fn into_parts(self) -> (RawTable<T>, A) {
        let this = mem::ManuallyDrop::new(self);
        // SAFETY: each field is read once, and `this` is not dropped.
        unsafe { (ptr::read(&this.raw), ptr::read(&this.alloc)) }
    }

    #[inline]
    pub(crate) fn find(&self, hash: u64, eq: impl FnMut(&T) -> bool) -> Option<&T> {
        // SAFETY: the entry is live as long as the table is borrowed.
        self.raw
            .find(hash, eq)
            .map(|loc| unsafe { loc.ptr.as_ref() })
    }

    #[inline]
    pub(crate) fn find_mut(&mut self, hash: u64, eq: impl FnMut(&T) -> bool) -> Option<&mut T> {
        let mut loc = self.raw.find(hash, eq)?;
        // SAFETY: the entry is live, and the table is borrowed exclusively.
        Some(unsafe { loc.ptr.as_mut() })
    }

    /// Takes the entry out; no hasher is needed, because merging needs none.
    #[inline]
    pub(crate) fn remove(&mut self, hash: u64, eq: impl FnMut(&T) -> bool) -> Option<T> {
        let loc = self.raw.find(hash, eq)?;
        // SAFETY: the entry has just been found, and the allocator is the table's.
        Some(unsafe { self.raw.remove(loc, &self.alloc) })
    }

    /// The entry, or the room for it: inserting into it needs no hasher any more.
    #[inline]
    pub(crate) fn entry(
        &mut self,
        hash: u64,
        eq: impl FnMut(&T) -> bool,
        hasher: impl Fn(&T) -> u64,
    ) -> Entry<'_, T, A> {
        match self.raw.find(hash, eq) {
            Some(loc) => Entry::Occupied(OccupiedEntry { loc, table: self }),
            None => {
                self.make_room(hasher);
                Entry::Vacant(VacantEntry { hash, table: self })
            }
        }
    }

    #[inline]
    fn make_room(&mut self, hasher: impl Fn(&T) -> u64) {
        if self.raw.len >= self.raw.grow_at {
            // SAFETY: the allocator is the table's.
            if let Err(error) = unsafe { self.raw.make_room(&self.alloc, hasher) } {
                fail(error)
            }
        }
    }

    /// To be called after `make_room`.
    #[inline]
    fn insert_with_room(&mut self, hash: u64, value: T) -> Loc<T> {
        // SAFETY: a vacant entry has made room while it held the exclusive borrow that it still
        // holds, and the allocator is the table's.
        match unsafe { self.raw.insert(hash, value, &self.alloc) } {
            Ok(loc) => loc,
            Err((error, _)) => fail(error),
        }
    }

    /// Has the memory that a call for this hash is going to look at brought near; a hint.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn prefetch(&self, hash: u64) {
        self.raw.prefetch(hash);
    }

    /// Whether [`find_batch`](Self::find_batch) has no waits for memory to overlap.
    #[inline]
    pub(crate) fn is_short(&self) -> bool {
        self.raw.is_short()
    }

    /// Looks many hashes up so that their cache misses overlap; `found` gets each index and entry.
    pub(crate) fn find_batch<'a>(
        &'a self,
        hashes: &[u64],
        mut eq: impl FnMut(usize, &T) -> bool,
        mut found: impl FnMut(usize, Option<&'a T>),
    ) {
        for (number, chunk) in hashes.chunks(BATCH).enumerate() {
            let first = number * BATCH;
            self.raw.find_batch(
                chunk,
                |index, entry| eq(first + index, entry),
                |index, entry| found(first + index, entry),
            );
        }
    }

    /// Exclusive references to several entries.
    ///
    /// # Panics
    /// Two of them are the same entry.
    pub(crate) fn find_disjoint_mut<const N: usize>(
        &mut self,
        hashes: [u64; N],
        mut eq: impl FnMut(usize, &T) -> bool,
    ) -> [Option<&mut T>; N] {
        let mut index = 0;
        let found = hashes.map(|hash| {
            let loc = self.raw.find(hash, |entry| eq(index, entry));
            index += 1;
            loc
        });
        for (i, one) in found.iter().enumerate() {
            for other in &found[..i] {
                if let (Some(one), Some(other)) = (one, other) {
                    assert!(one.index != other.index, "duplicate keys found");
                }
            }
        }
        // SAFETY: the entries are live and differ, and the table is borrowed exclusively.
        found.map(|loc| loc.map(|mut loc| unsafe { loc.ptr.as_mut() }))
    }

    /// Makes room, and keeps it from being given back unasked.
    ///
    /// # Errors
    /// Too many, or the allocator refused; no entry is lost.
    pub(crate) fn try_reserve(
        &mut self,
        additional: usize,
        hasher: impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        // SAFETY: the allocator is the table's.
        unsafe { self.raw.try_reserve(additional, &self.alloc, hasher)? };
        self.raw.keep_room(additional);
        Ok(())
    }

    pub(crate) fn reserve(&mut self, additional: usize, hasher: impl Fn(&T) -> u64) {
        if let Err(error) = self.try_reserve(additional, hasher) {
            fail(error)
        }
    }

    /// Makes room for entries that are about to come, on the word of an iterator: nobody asked
    /// for the room to be kept.
    pub(crate) fn expect(&mut self, additional: usize, hasher: impl Fn(&T) -> u64) {
        // SAFETY: the allocator is the table's.
        if let Err(error) = unsafe { self.raw.try_reserve(additional, &self.alloc, hasher) } {
            fail(error)
        }
    }

    pub(crate) fn shrink_to(&mut self, min_capacity: usize) {
        // SAFETY: the allocator is the table's.
        unsafe { self.raw.shrink_to(min_capacity, &self.alloc) }
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.raw.clear();
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        let mut gone = self.extract_if();
        while gone.next(|entry| !keep(entry)).is_some() {}
    }

    /// Gives back what a bulk removal has emptied.
    pub(super) fn settle(&mut self) {
        // SAFETY: the allocator is the table's.
        unsafe { self.raw.settle(&self.alloc) }
    }

    #[inline]
    pub(crate) fn iter(&self) -> Iter<'_, T> {
        Iter::new(&self.raw)
    }

    #[inline]
    pub(crate) fn iter_mut(&mut self) -> IterMut<'_, T> {
        IterMut::new(&mut self.raw)
    }

    pub(crate) fn drain(&mut self) -> Drain<'_, T, A> {
        Drain::new(&mut self.raw)
    }

    pub(crate) fn extract_if(&mut self) -> ExtractIf<'_, T, A> {
        ExtractIf::new(self)
    }

    /// # Panics
    /// The table is not what it should be.
    #[cfg(any(test, tophash_check))]
    pub(crate) fn check_invariants(&self, hasher: impl Fn(&T) -> u64) {
        self.raw.check_invariants(hasher);
    }

    /// The most entries in any one chain.
    #[cfg(tophash_check)]
    pub(crate) fn longest_chain(&self) -> usize {
        self.raw.longest_chain()
    }

    /// The shared part of `Clone` and `clone_from`: `self` is empty.
    fn fill_from(&mut self, source: &RawTable<T>)
    where
        T: Clone,
    {
        // SAFETY: the allocator is the table's, which is empty.
        if let Err(error) = unsafe { self.raw.clone_entries(source, &self.alloc) } {
            fail(error)
        }
    }
}

impl<T: Clone, A: Allocator + Clone> Clone for Table<T, A> {
    fn clone(&self) -> Self {
        let mut clone = Self::new_in(self.policy(), self.alloc.clone());
        clone.fill_from(&self.raw);
        clone
    }

    fn clone_from(&mut self, source: &Self) {
        self.clear();
        self.fill_from(&source.raw);
    }
}

impl<T, A: Allocator> IntoIterator for Table<T, A> {
    type Item = T;
    type IntoIter = IntoIter<T, A>;

    #[inline]
    fn into_iter(self) -> IntoIter<T, A> {
        IntoIter::new(self)
    }
}

impl<T, A: Allocator> Drop for Table<T, A> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the allocator is the table's, and neither is used again.
        unsafe { self.raw.drop_with(&self.alloc) }
    }
}

/// What [`Table::entry`] found.
pub(crate) enum Entry<'a, T, A: Allocator> {
    Occupied(OccupiedEntry<'a, T, A>),
    Vacant(VacantEntry<'a, T, A>),
}

/// An entry that is there.
pub(crate) struct OccupiedEntry<'a, T, A: Allocator> {
    loc: Loc<T>,
    table: &'a mut Table<T, A>,
}

/// Room for an entry that is not there.
pub(crate) struct VacantEntry<'a, T, A: Allocator> {
    hash: u64,
    table: &'a mut Table<T, A>,
}

impl<'a, T, A: Allocator> OccupiedEntry<'a, T, A> {
    #[inline]
    pub(crate) fn get(&self) -> &T {
        // SAFETY: the entry is live, and the table is borrowed with `self`.
        unsafe { self.loc.ptr.as_ref() }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut T {
        // SAFETY: as above, exclusively.
        unsafe { self.loc.ptr.as_mut() }
    }

    #[inline]
    pub(crate) fn into_mut(mut self) -> &'a mut T {
        // SAFETY: as above, for as long as the table is borrowed.
        unsafe { self.loc.ptr.as_mut() }
    }

    #[inline]
    pub(crate) fn remove(self) -> T {
        // SAFETY: the entry is live, and the allocator is the table's.
        unsafe { self.table.raw.remove(self.loc, &self.table.alloc) }
    }
}

impl<'a, T, A: Allocator> VacantEntry<'a, T, A> {
    #[inline]
    pub(crate) fn insert(self, value: T) -> &'a mut T {
        let mut loc = self.table.insert_with_room(self.hash, value);
        // SAFETY: the entry is live, and the table is borrowed exclusively.
        unsafe { loc.ptr.as_mut() }
    }

    #[inline]
    pub(crate) fn insert_entry(self, value: T) -> OccupiedEntry<'a, T, A> {
        let loc = self.table.insert_with_room(self.hash, value);
        OccupiedEntry {
            loc,
            table: self.table,
        }
    }
}

// SAFETY: an occupied entry is an exclusive borrow of its table; the pointer goes into that table.
unsafe impl<T: Send, A: Allocator + Send> Send for OccupiedEntry<'_, T, A> {}
// SAFETY: owns or borrows the table; shared access gives out shared references only.
unsafe impl<T: Sync, A: Allocator + Sync> Sync for OccupiedEntry<'_, T, A> {}
