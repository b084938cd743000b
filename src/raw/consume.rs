//! Taking entries out in bulk: `IntoIter`, `Drain`, `ExtractIf`.

use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::{self, ManuallyDrop};
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;

use super::group::LANES;
use super::iter::{Iter, RawIter};
use super::overflow::{Node, NodeIndex};
use super::owned::Table;
use super::storage::NO_NODE;
use super::table::{Loc, RawTable};

/// All entries of a table, by value.
pub(crate) struct IntoIter<T, A: Allocator> {
    raw: RawIter<T>,
    /// Owns the blocks and the entries that are left.
    table: RawTable<T>,
    alloc: A,
}

impl<T, A: Allocator> IntoIter<T, A> {
    pub(super) fn new(table: Table<T, A>) -> Self {
        let (table, alloc) = table.into_parts();
        IntoIter {
            // SAFETY: the blocks go along with the iterator, and do not change.
            raw: unsafe { table.iter() },
            table,
            alloc,
        }
    }

    /// The entries that are still to come.
    pub(crate) fn iter(&self) -> Iter<'_, T> {
        // SAFETY: entries that are to come are still in the blocks, and `self` is borrowed.
        unsafe { Iter::over(self.raw.clone()) }
    }
}

impl<T, A: Allocator> Iterator for IntoIter<T, A> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        // SAFETY: the entry is live, and yielded once.
        self.raw.next().map(|entry| unsafe { entry.read() })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.raw.size_hint()
    }
}

impl<T, A: Allocator> Drop for IntoIter<T, A> {
    fn drop(&mut self) {
        // Frees also when a destructor panics: the entries after it are leaked.
        struct Free<'a, T, A: Allocator>(&'a mut IntoIter<T, A>);
        impl<T, A: Allocator> Drop for Free<'_, T, A> {
            fn drop(&mut self) {
                // SAFETY: the allocator is the table's, and no entry is used again.
                unsafe { self.0.table.free(&self.0.alloc) };
            }
        }
        let free = Free(self);
        if mem::needs_drop::<T>() {
            free.0.by_ref().for_each(drop);
        }
    }
}

impl<T, A: Allocator + Default> Default for IntoIter<T, A> {
    fn default() -> Self {
        Table::new_in(super::GrowthPolicy::Burst, A::default()).into_iter()
    }
}

impl<T, A: Allocator> ExactSizeIterator for IntoIter<T, A> {}
impl<T, A: Allocator> FusedIterator for IntoIter<T, A> {}

// SAFETY: owns its entries and the allocator, as the table did.
unsafe impl<T: Send, A: Allocator + Send> Send for IntoIter<T, A> {}
// SAFETY: owns the entries; shared access gives out shared references only.
unsafe impl<T: Sync, A: Allocator + Sync> Sync for IntoIter<T, A> {}

/// All entries of a table, which keeps its blocks.
pub(crate) struct Drain<'a, T, A: Allocator> {
    raw: RawIter<T>,
    /// The table's content, until it goes back; the table itself is empty meanwhile, so that
    /// forgetting the drain leaks but does no harm.
    taken: ManuallyDrop<RawTable<T>>,
    /// An exclusive borrow, as a pointer so that the drain is covariant in `T`.
    table: NonNull<RawTable<T>>,
    borrow: PhantomData<(&'a T, &'a A)>,
}

impl<'a, T, A: Allocator> Drain<'a, T, A> {
    pub(super) fn new(table: &'a mut RawTable<T>) -> Self {
        let taken = mem::replace(table, RawTable::new(table.policy()));
        Drain {
            // SAFETY: the drain holds the blocks and does not change them.
            raw: unsafe { taken.iter() },
            taken: ManuallyDrop::new(taken),
            table: NonNull::from(table),
            borrow: PhantomData,
        }
    }

    /// The entries that are still to come.
    pub(crate) fn iter(&self) -> Iter<'_, T> {
        // SAFETY: entries that are to come are still in the blocks, and `self` is borrowed.
        unsafe { Iter::over(self.raw.clone()) }
    }
}

impl<T, A: Allocator> Iterator for Drain<'_, T, A> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        // SAFETY: the entry is live, and yielded once.
        self.raw.next().map(|entry| unsafe { entry.read() })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.raw.size_hint()
    }
}

impl<T, A: Allocator> Drop for Drain<'_, T, A> {
    fn drop(&mut self) {
        // Hands the blocks back also when a destructor panics: the entries after it are leaked.
        struct PutBack<'d, 'a, T, A: Allocator>(&'d mut Drain<'a, T, A>);
        impl<T, A: Allocator> Drop for PutBack<'_, '_, T, A> {
            fn drop(&mut self) {
                self.0.taken.forget_entries();
                // SAFETY: taken once, here; the table is borrowed, and is empty and owns nothing;
                // what goes back holds no entry, whatever lifetimes `T` has shed meanwhile.
                unsafe { self.0.table.write(ManuallyDrop::take(&mut self.0.taken)) };
            }
        }
        let put_back = PutBack(self);
        if mem::needs_drop::<T>() {
            put_back.0.by_ref().for_each(drop);
        }
    }
}

impl<T, A: Allocator> ExactSizeIterator for Drain<'_, T, A> {}
impl<T, A: Allocator> FusedIterator for Drain<'_, T, A> {}

// SAFETY: owns the entries and borrows the table exclusively.
unsafe impl<T: Send, A: Allocator + Send> Send for Drain<'_, T, A> {}
// SAFETY: owns the entries; shared access gives out shared references only.
unsafe impl<T: Sync, A: Allocator + Sync> Sync for Drain<'_, T, A> {}

/// A walk over all entries that takes some of them out.
///
/// A lender of sorts: the predicate comes with each call, so that callers can adapt it.
pub(crate) struct ExtractIf<'a, T, A: Allocator> {
    table: &'a mut Table<T, A>,
    walk: Extraction,
}

impl<'a, T, A: Allocator> ExtractIf<'a, T, A> {
    pub(super) fn new(table: &'a mut Table<T, A>) -> Self {
        ExtractIf {
            walk: Extraction::new(table.len()),
            table,
        }
    }

    /// Takes out the next entry for which `take` holds.
    pub(crate) fn next(&mut self, mut take: impl FnMut(&mut T) -> bool) -> Option<T> {
        let table = self.table.raw_mut();
        // SAFETY: the table is borrowed exclusively from the first step on; the entry is live.
        unsafe {
            while let Some(mut loc) = self.walk.step(table) {
                if take(loc.ptr.as_mut()) {
                    return Some(self.walk.take(table, loc));
                }
            }
        }
        None
    }

    /// Entries that have not been looked at.
    pub(crate) fn remaining(&self) -> usize {
        self.walk.left
    }
}

impl<T, A: Allocator> Drop for ExtractIf<'_, T, A> {
    fn drop(&mut self) {
        self.table.settle();
    }
}

/// How far a walk is that takes entries out of a table.
pub(super) struct Extraction {
    /// The current group, and the next lane to look at; the chain comes after lane 15.
    pos: usize,
    lane: usize,
    /// The current node of the chain, once the walk is there.
    node: Option<NodeIndex>,
    /// Entries that have not been looked at.
    left: usize,
}

impl Extraction {
    /// In front of the first of `len` entries.
    pub(super) fn new(len: usize) -> Self {
        Extraction {
            pos: 0,
            lane: 0,
            node: None,
            left: len,
        }
    }

    /// The next entry that has not been looked at.
    ///
    /// A group comes before its chain: what refills a lane of the group is then always new, and
    /// the walk looks at that lane again. What fills a gap in the chain is the last entry of the first
    /// node: new while the walk is in that node, and passed when the walk is further on.
    ///
    /// # Safety
    /// The table is always the same one, and since the first step nothing but the walk has changed it.
    pub(super) unsafe fn step<T>(&mut self, table: &mut RawTable<T>) -> Option<Loc<T>> {
        while self.left > 0 {
            // SAFETY: `pos` is a group of the table as long as entries are left (I2, I7).
            unsafe {
                if let Some(index) = self.node {
                    let node = Node::<T>::at(table.storage.header(), index);
                    if self.lane < node.tags().count() {
                        self.lane += 1;
                        self.left -= 1;
                        let slot = node.slot(self.lane - 1);
                        return Some(Loc::in_chain(index, self.lane - 1, slot));
                    }
                    let next = node.next();
                    self.lane = 0;
                    self.node = (next.0 != NO_NODE).then_some(next);
                    if self.node.is_none() {
                        self.pos += LANES;
                    }
                    continue;
                }
                while self.lane < LANES {
                    self.lane += 1;
                    let index = self.pos + self.lane - 1;
                    if *table.storage.tag_byte(index) != 0 {
                        self.left -= 1;
                        return Some(Loc::in_group(index, table.storage.slot(index)));
                    }
                }
                self.lane = 0;
                if table.storage.has_chain(self.pos) {
                    self.node = Some(NodeIndex((*table.storage.head(self.pos)).first));
                } else {
                    self.pos += LANES;
                }
            }
        }
        None
    }

    /// Takes out an entry.
    ///
    /// # Safety
    /// As for `step`, which has just named the entry.
    pub(super) unsafe fn take<T>(&mut self, table: &mut RawTable<T>, loc: Loc<T>) -> T {
        // SAFETY: the entry is live, and the walk knows how its going moves others.
        unsafe {
            let Some(index) = self.node else {
                let chained = table.storage.has_chain(self.pos);
                let value = table.take(loc);
                if chained {
                    self.lane -= 1;
                }
                return value;
            };
            let next = Node::<T>::at(table.storage.header(), index).next();
            let first = (*table.storage.head(self.pos)).first;
            let value = table.take(loc);
            if index.0 != first {
                return value;
            }
            // The first node has lost its last lane, or it was the last entry and the node is free.
            if table.storage.has_chain(self.pos) && (*table.storage.head(self.pos)).first == first {
                self.lane -= 1;
            } else {
                self.lane = 0;
                self.node = (next.0 != NO_NODE).then_some(next);
                if self.node.is_none() {
                    self.pos += LANES;
                }
            }
            value
        }
    }
}
