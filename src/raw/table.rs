//! The table itself: look-up, insertion, removal. Growing and shrinking are in [`super::rehash`].

use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;

use super::batch::prefetch;
use super::group::LANES;
use super::iter::RawIter;
use super::overflow::{Node, NodeIndex};
use super::pace::GrowthPolicy;
use super::storage::Storage;
use super::tag::Tag;
use crate::TryReserveError;

/// A table without hasher and allocator: its owner passes them in.
///
/// "Position" is always the index of the first slot of a group, a multiple of 16.
pub(crate) struct RawTable<T> {
    pub(super) storage: Storage<T>,
    /// Position of the last group at the last completed doubling.
    pub(super) mask: usize,
    /// Groups below this position have been split since; 0 at rest.
    pub(super) extra: usize,
    pub(super) len: usize,
    /// An insertion that finds this many entries makes room first. Small: the number of slots.
    pub(super) grow_at: usize,
    /// A removal that leaves fewer entries than this gives room back.
    pub(super) shrink_at: usize,
}

/// Where an entry lies.
pub(crate) struct Loc<T> {
    pub(super) ptr: NonNull<T>,
    /// The index of the slot, or `CHAIN` and the index of a lane in the pool of overflow nodes.
    pub(super) index: usize,
}

impl<T> Clone for Loc<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loc<T> {}

const CHAIN: usize = 1 << (usize::BITS - 1);

impl<T> Loc<T> {
    #[inline]
    pub(super) fn in_group(index: usize, ptr: NonNull<T>) -> Self {
        Loc { ptr, index }
    }

    #[inline]
    pub(super) fn in_chain(node: NodeIndex, lane: usize, ptr: NonNull<T>) -> Self {
        Loc {
            ptr,
            index: CHAIN | (node.0 as usize * 4 + lane),
        }
    }

    /// The node and lane of an entry in a chain.
    #[inline]
    fn chained(self) -> Option<(NodeIndex, usize)> {
        let index = self.index & !CHAIN;
        (self.index & CHAIN != 0).then_some((NodeIndex((index / 4) as u32), index % 4))
    }
}

impl<T> RawTable<T> {
    pub(crate) const fn new(policy: GrowthPolicy) -> Self {
        RawTable {
            storage: Storage::empty(policy),
            mask: 0,
            extra: 0,
            len: 0,
            grow_at: 0,
            shrink_at: 0,
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn policy(&self) -> GrowthPolicy {
        self.storage.header().policy
    }

    /// Groups at the last completed doubling.
    #[inline]
    pub(super) fn base(&self) -> usize {
        self.mask / LANES + 1
    }

    /// All groups.
    #[inline]
    pub(super) fn groups(&self) -> usize {
        (self.mask + self.extra) / LANES + 1
    }

    /// Bytes that the blocks of this table take.
    pub(crate) fn allocation_size(&self) -> usize {
        self.storage.size(self.grow_at) + self.storage.pool_size()
    }

    /// The position of the group that an entry with this hash lives in.
    #[inline]
    pub(super) fn home(&self, hash: u64) -> usize {
        let pos = hash as usize & self.mask;
        if pos < self.extra {
            hash as usize & (self.mask + self.mask + LANES)
        } else {
            pos
        }
    }

    /// The entry with this hash for which `eq` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut eq: impl FnMut(&T) -> bool) -> Option<Loc<T>> {
        let pos = hash as usize & self.mask;
        // SAFETY: `pos` is a group of this table (I2); a matching lane is not empty, so its slot
        // is initialised (I3).
        unsafe {
            let mut matches = self.storage.group(pos).match_hash(hash);
            let first = self.storage.slot(pos);
            if matches.any() {
                // The processor comes here by prediction, before the tags do; so the wait for an entry, or for the
                // address of its page, begins beside that for its tag. A miss does not pay for it.
                prefetch(first.as_ptr());
            }
            while let Some(lane) = matches.lowest() {
                let slot = first.add(lane);
                if eq(slot.as_ref()) {
                    return Some(Loc::in_group(pos + lane, slot));
                }
                matches = matches.without_lowest();
            }
            // Two cold calls, so that each condition is one compare and one branch.
            if pos < self.extra {
                return self.find_while_splitting(hash, eq);
            }
            // From here on only what is compared, and in place: a miss is as long as this.
            let (group, top) = (pos / LANES, Tag::top_of(hash));
            if self.may_be_chained(group, top) {
                return self.find_in_chain(group, top, eq);
            }
        }
        None
    }

    /// Whether an entry that is not among the slots of its first group may still be in the table.
    #[inline]
    pub(super) fn may_lie_further(&self, pos: usize, hash: u64) -> bool {
        // SAFETY: `pos` is masked, so it is a group of this table.
        pos < self.extra || unsafe { self.may_be_chained(pos / LANES, Tag::top_of(hash)) }
    }

    /// What the filter of a group says of hashes with this top byte.
    ///
    /// # Safety
    /// A group of this table.
    #[inline]
    unsafe fn may_be_chained(&self, group: usize, top: u8) -> bool {
        // SAFETY: the heads of groups in use are initialised (I2).
        unsafe { Tag::passes((*self.storage.head(group * LANES)).filter, top) }
    }

    /// Goes on where `find` found nothing in a group that has been split since the last doubling.
    #[cold]
    #[inline(never)]
    fn find_while_splitting(&self, hash: u64, mut eq: impl FnMut(&T) -> bool) -> Option<Loc<T>> {
        let home = self.home(hash);
        // SAFETY: as in `find`; a set filter bit means that there is a chain (I4).
        unsafe {
            if home != hash as usize & self.mask {
                for lane in self.storage.group(home).match_hash(hash) {
                    let slot = self.storage.slot(home + lane);
                    if eq(slot.as_ref()) {
                        return Some(Loc::in_group(home + lane, slot));
                    }
                }
            }
            let (group, top) = (home / LANES, Tag::top_of(hash));
            if self.may_be_chained(group, top) {
                return self.find_in_chain(group, top, eq);
            }
        }
        None
    }

    /// Puts an entry in whose key is not there yet.
    ///
    /// # Safety
    /// `make_room` has run since the last insertion (so that `len < grow_at` for a small table);
    /// `alloc` is the allocator of this table (I9).
    #[inline]
    pub(crate) unsafe fn insert<A: Allocator>(
        &mut self,
        hash: u64,
        value: T,
        alloc: &A,
    ) -> Result<Loc<T>, (TryReserveError, T)> {
        // SAFETY: as the caller vouches; the slot is written at once.
        match unsafe { self.claim(hash, alloc) } {
            Ok(loc) => {
                // SAFETY: as above.
                unsafe { loc.ptr.write(value) };
                Ok(loc)
            }
            Err(error) => Err((error, value)),
        }
    }

    /// The slot for a new entry whose key is not there yet. It counts as taken.
    ///
    /// # Safety
    /// As for `insert`. The slot is written before anybody looks at the table.
    #[inline]
    pub(crate) unsafe fn claim<A: Allocator>(
        &mut self,
        hash: u64,
        alloc: &A,
    ) -> Result<Loc<T>, TryReserveError> {
        let pos = self.home(hash);
        // SAFETY: `pos` is a group of this table (I2); the slot of an empty lane may be written.
        // In a small table one of the first `grow_at` lanes is empty, and the lowest is taken (I8).
        unsafe {
            let Some(lane) = self.storage.group(pos).match_empty().lowest() else {
                return self.claim_in_chain(pos, hash, alloc);
            };
            *self.storage.tag_byte(pos + lane) = Tag::of(hash).byte();
            self.len += 1;
            Ok(Loc::in_group(pos + lane, self.storage.slot(pos + lane)))
        }
    }

    /// # Safety
    /// As for `claim`; the group is full.
    #[cold]
    #[inline(never)]
    unsafe fn claim_in_chain<A: Allocator>(
        &mut self,
        pos: usize,
        hash: u64,
        alloc: &A,
    ) -> Result<Loc<T>, TryReserveError> {
        // SAFETY: a full group with `len < grow_at` is in a large table.
        unsafe {
            self.reserve_for_push(alloc)?;
            let loc = self.claim_lane(pos, Tag::of(hash));
            self.len += 1;
            Ok(loc)
        }
    }

    /// Takes an entry out.
    ///
    /// # Safety
    /// `loc` is of a live entry of this table, `alloc` its allocator (I9).
    #[inline]
    pub(crate) unsafe fn remove<A: Allocator>(&mut self, loc: Loc<T>, alloc: &A) -> T {
        // SAFETY: as the caller vouches.
        let value = unsafe { self.take(loc) };
        if self.len < self.shrink_at {
            // SAFETY: as the caller vouches.
            unsafe { self.give_room_back(alloc) };
        }
        value
    }

    /// Resizes all blocks to what they are, so that an allocator that moves blocks can do so.
    ///
    /// # Safety
    /// `alloc` is the allocator of this table (I9).
    pub(crate) unsafe fn renew<A: Allocator>(&mut self, alloc: &A) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches; an empty table has no block.
        unsafe {
            if self.storage.is_small() {
                return match self.grow_at {
                    0 => Ok(()),
                    slots => self.resize_small(alloc, slots),
                };
            }
            let groups = self.groups();
            self.storage.renew(alloc, groups)?;
            self.storage.renew_pool(alloc)?;
            self.set_limits();
        }
        Ok(())
    }

    /// Takes an entry out and leaves the groups as they are.
    ///
    /// # Safety
    /// `loc` is of a live entry of this table.
    #[inline]
    pub(super) unsafe fn take(&mut self, loc: Loc<T>) -> T {
        // SAFETY: the entry is live, so its slot is initialised (I3), and is vacated right after.
        unsafe {
            let value = loc.ptr.read();
            if let Some((node, lane)) = loc.chained() {
                self.remove_from_chain(node, lane);
            } else {
                *self.storage.tag_byte(loc.index) = 0;
                // Only where the filter has a bit that stands for this lane, which is the more likely
                // the longer the chain is, does a removal look at the chain: that costs two cache
                // misses, and an insertion would fill the gap for nothing.
                let lane = loc.index % LANES;
                let pos = loc.index - lane;
                if (*self.storage.head(pos)).filter >> (2 * lane) & 1 != 0 {
                    self.refill(pos, lane);
                }
            }
            self.len -= 1;
            value
        }
    }

    /// Walks all entries.
    ///
    /// # Safety
    /// The table outlives the iterator and does not change while it is used.
    #[inline]
    pub(crate) unsafe fn iter(&self) -> RawIter<T> {
        // SAFETY: as the caller vouches.
        unsafe { RawIter::new(self) }
    }

    /// Drops all entries and keeps the room.
    pub(crate) fn clear(&mut self) {
        if self.len == 0 {
            return;
        }
        // Runs also when a destructor panics: what is not dropped then is leaked.
        struct Forget<'a, T>(&'a mut RawTable<T>);
        impl<T> Drop for Forget<'_, T> {
            fn drop(&mut self) {
                self.0.forget_entries();
            }
        }
        let forget = Forget(self);
        // SAFETY: the entries are forgotten before anyone can see them again.
        unsafe { forget.0.drop_entries() };
    }

    /// Marks all slots as empty, without dropping what they hold.
    pub(super) fn forget_entries(&mut self) {
        self.len = 0;
        if self.storage.is_small() {
            if self.grow_at != 0 {
                // SAFETY: a small table has one group (I8).
                unsafe { self.storage.clear_tags(1) };
            }
            return;
        }
        let groups = self.groups();
        // SAFETY: all groups of a large table (I2); no chain is left.
        unsafe {
            self.storage.clear_tags(groups);
            self.storage.clear_pool();
        }
        self.set_limits();
    }

    /// # Safety
    /// No entry is used again.
    pub(super) unsafe fn drop_entries(&mut self) {
        if core::mem::needs_drop::<T>() {
            // SAFETY: each entry is yielded once, and the table does not change meanwhile.
            unsafe {
                for entry in self.iter() {
                    entry.drop_in_place();
                }
            }
        }
    }

    /// Frees all memory without dropping entries; the table is empty afterwards.
    ///
    /// # Safety
    /// `alloc` is the allocator of this table (I9).
    pub(crate) unsafe fn free<A: Allocator>(&mut self, alloc: &A) {
        let empty = Self::new(self.policy());
        let mut old = core::mem::replace(self, empty);
        // SAFETY: the blocks are those of this table, which has forgotten them.
        unsafe {
            if !old.storage.is_small() {
                old.storage.free_pool(alloc);
            }
            old.storage.free(alloc, old.grow_at);
        }
    }

    /// Drops all entries and frees all memory.
    ///
    /// # Safety
    /// `alloc` is the allocator of this table (I9).
    pub(crate) unsafe fn drop_with<A: Allocator>(&mut self, alloc: &A) {
        // Frees also when a destructor panics: the entries after it are leaked.
        struct Free<'a, T, A: Allocator>(&'a mut RawTable<T>, &'a A);
        impl<T, A: Allocator> Drop for Free<'_, T, A> {
            fn drop(&mut self) {
                // SAFETY: the allocator is the table's, and no entry is used again.
                unsafe { self.0.free(self.1) };
            }
        }
        let free = Free(self, alloc);
        // SAFETY: the table is empty once the guard has run.
        unsafe { free.0.drop_entries() };
    }

    /// The node lanes of this table's entries, for walks over the pool.
    pub(super) const NODE_LANES: usize = Node::<T>::LANES;
}
