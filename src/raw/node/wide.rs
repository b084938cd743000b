//! The representation of some dozen to some thousand entries: groups of 14 slots in one block, the tags of all of them
//! in front, so that a look-up of what is not there touches a ninth of the block at most.
//!
//! A small node wants fewer bytes than a [`RawTable`](crate::raw::table::RawTable) and a look-up that knows nothing of
//! splits; it may move all of its entries to grow, since they are few. The number of groups is any number, so that
//! growth by three eighths wastes less than doubling.
//!
//! An entry's **home** is the group at its hash's place among all hashes; entries move in order when groups are added.
//! One that finds its home full goes to the next group with an empty slot. Each group on the way counts it, and has a
//! filter of 8 bits of which one says that an entry with such a tag went by; so few look-ups of what is not there go on:
//!
//! ```text
//! groups, len | 14 tags, count, filter | 14 tags, count, filter | ... | 14 slots | 14 slots | ...
//! ```
//!
//! With 11 entries a group at most instead of 12.5, and steps of a half, a build of 10 x 10 x 10000 took 0.88 of the time,
//! but `for_each` 1.27, since a loop over the entries of each group ends more often, and a leaf 13.1 bytes instead of 10.9
//! (on average over sizes 14.3 instead of 12.0, maps of hashbrown 14.9). With 12.5 and steps of a half the build took 0.96.
//!
//! # Invariants
//! - **W1** The block has the layout of its number of groups, which is not 0; `len` entries are in it.
//! - **W2** A slot is initialised exactly if its tag is not 0, and then the tag is that of its hash.
//! - **W3** A group counts at least the entries that passed it and are still there; a count of 255 means any number, and
//!   stays. The filter has the bits of those entries, and none when the count is 0. `len` is below the number of slots.

#[cfg(any(test, tophash_check))]
mod check;

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{self, MaybeUninit};
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;

use super::iter::Lanes;
use crate::TryReserveError;
use crate::arena::Arena;
use crate::raw::batch::prefetch;
use crate::raw::block::allocate;
use crate::raw::group::{BitMask, Group, TagBytes};
use crate::raw::table::Loc;
use crate::raw::tag::Tag;

/// Slots of a group. Tags and count take 16 bytes, and entries of 8 bytes make it two cache lines.
const LANES: usize = 14;
const ALL_LANES: BitMask = BitMask::from_bits((1 << LANES) - 1);
/// Lanes that a [`Loc`] counts for each group.
const LOC_LANES: usize = 16;
const TAG_BYTES: usize = size_of::<TagBytes>();
/// Groups that a walk looks at together: their slots lie one after another, and a loop over the entries of one group
/// alone would end where no predictor can tell.
const TOGETHER: usize = 4;
/// Bytes of a cache line, and how many are asked for at most before they are needed.
const LINE: usize = 64;
const MOST_LINES: usize = 4;
/// No block has so many groups.
const MOST_GROUPS: usize = 2048;

/// The start of the block.
#[repr(C)]
struct Head {
    groups: u32,
    len: u32,
}

/// The block of a wide node: a pointer, which its node owns.
pub(super) struct Wide<T> {
    head: NonNull<Head>,
    points: PhantomData<*const T>,
}

impl<T> Clone for Wide<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Wide<T> {}

/// Entries that so many groups hold before more are made: 12.5 for each.
const fn limit(groups: usize) -> usize {
    groups * 25 / 2
}

/// Groups for so many entries.
pub(super) const fn groups_for(entries: usize) -> usize {
    match (entries * 2).div_ceil(25) {
        ..2 => 2,
        groups => groups,
    }
}

const _: () = assert!(TOGETHER * LANES < u64::BITS as usize);
const _: () = assert!(MOST_GROUPS > groups_for(super::MOST_WIDE) * 11 / 8);

impl<T> Wide<T> {
    const ALIGN: usize = if align_of::<T>() > TAG_BYTES {
        align_of::<T>()
    } else {
        TAG_BYTES
    };
    /// Cache lines of a group's slots to ask for at once.
    const LINES: usize = match size_of::<T>().saturating_mul(LANES).div_ceil(LINE) {
        lines @ ..MOST_LINES => lines,
        _ => MOST_LINES,
    };

    /// Bytes in front of the slots.
    #[inline]
    const fn front(groups: usize) -> usize {
        (TAG_BYTES + groups * TAG_BYTES).next_multiple_of(Self::ALIGN)
    }

    pub(super) fn layout(groups: usize) -> Result<Layout, TryReserveError> {
        groups
            .checked_mul(LANES)
            .and_then(|slots| slots.checked_mul(size_of::<T>()))
            .and_then(|bytes| bytes.checked_add(Self::front(groups)))
            .and_then(|bytes| Layout::from_size_align(bytes, Self::ALIGN).ok())
            .ok_or(TryReserveError::CapacityOverflow)
    }

    /// # Safety
    /// The block of a wide node.
    #[inline]
    pub(super) unsafe fn at(block: NonNull<u8>) -> Self {
        Wide {
            head: block.cast(),
            points: PhantomData,
        }
    }

    pub(super) fn block(self) -> NonNull<u8> {
        self.head.cast()
    }

    #[inline]
    fn groups(self) -> usize {
        // SAFETY: the block is live (W1).
        unsafe { (*self.head.as_ptr()).groups as usize }
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        // SAFETY: the block is live (W1).
        unsafe { (*self.head.as_ptr()).len as usize }
    }

    /// Bytes of the block.
    pub(super) fn size(self) -> usize {
        Self::layout(self.groups()).map_or(0, |layout| layout.size())
    }

    /// Whether the block is one that goes back to the system by itself.
    pub(super) fn is_large(self) -> bool {
        Self::layout(self.groups()).is_ok_and(Arena::is_large)
    }

    /// Whether an insertion wants more groups first.
    #[inline]
    pub(super) fn is_full(self) -> bool {
        self.len() >= limit(self.groups())
    }

    /// Groups for the next size up: twice as many while a node is small, since moving all entries often is what
    /// costs then, and later three eighths more.
    pub(super) fn more_groups(self) -> usize {
        match self.groups() {
            groups @ ..8 => 2 * groups,
            groups => groups + groups * 3 / 8,
        }
    }

    /// Groups to go down to, if so few entries are left that it pays.
    pub(super) fn fewer_groups(self) -> Option<usize> {
        let fewer = groups_for(self.len() * 3 / 2);
        (self.len() < 4 * self.groups() && fewer < self.groups()).then_some(fewer)
    }

    /// The home of a hash. Weak hashes are spread first: the place is decided by the upper bits.
    #[inline]
    fn home(hash: u64, groups: usize) -> usize {
        let place = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        ((place * groups as u64) >> 32) as usize
    }

    #[inline]
    fn after(group: usize, groups: usize) -> usize {
        if group + 1 == groups { 0 } else { group + 1 }
    }

    /// # Safety
    /// `group` is one of the block's, or one past the last.
    #[inline]
    unsafe fn group(self, group: usize) -> NonNull<u8> {
        // SAFETY: the groups' tags follow the head (W1).
        unsafe { self.block().add(TAG_BYTES + group * TAG_BYTES) }
    }

    /// # Safety
    /// `group` is one of the block's.
    #[inline]
    unsafe fn tags(self, group: usize) -> Group {
        // SAFETY: a group begins with its tags.
        unsafe { Group::load(self.group(group).cast::<TagBytes>().as_ref()) }
    }

    /// Counts an entry that passes a group.
    ///
    /// # Safety
    /// `group` is one of the block's.
    #[inline]
    unsafe fn pass(self, group: usize, hash: u64) {
        // SAFETY: count and filter follow the tags.
        unsafe {
            let [count, filter] = self.group(group).add(LANES).cast::<[u8; 2]>().as_mut();
            *count = count.saturating_add(1);
            *filter |= Self::bit(hash);
        }
    }

    /// Counts one less.
    ///
    /// # Safety
    /// `group` is one of the block's.
    #[inline]
    unsafe fn unpass(self, group: usize) {
        // SAFETY: as above.
        unsafe {
            let [count, filter] = self.group(group).add(LANES).cast::<[u8; 2]>().as_mut();
            match *count {
                u8::MAX => {}
                ..2 => (*count, *filter) = (0, 0),
                _ => *count -= 1,
            }
        }
    }

    /// Whether an entry with this hash may have passed a group.
    ///
    /// # Safety
    /// `group` is one of the block's.
    #[inline]
    unsafe fn may_have_passed(self, group: usize, hash: u64) -> bool {
        // SAFETY: the filter follows tags and count.
        unsafe { self.group(group).add(LANES + 1).read() & Self::bit(hash) != 0 }
    }

    /// The bit of a filter for a hash: a function of its tag.
    #[inline]
    fn bit(hash: u64) -> u8 {
        1 << (hash >> 61)
    }

    /// # Safety
    /// `group` is one of the block's, and `lane` of the group's.
    #[inline]
    unsafe fn slot(self, group: usize, lane: usize) -> NonNull<T> {
        // SAFETY: the slots follow the tags of all groups.
        unsafe {
            let slots = self.block().add(Self::front(self.groups())).cast::<T>();
            slots.add(group * LANES + lane)
        }
    }

    /// The entry with this hash for which `eq` holds.
    #[inline]
    pub(super) fn find(self, hash: u64, mut eq: impl FnMut(&T) -> bool) -> Option<Loc<T>> {
        let home = Self::home(hash, self.groups());
        // SAFETY: a group of the block, and its first slot.
        unsafe {
            // Which slot it is the tags will say; they may be as far away.
            let slots = self.slot(home, 0).cast::<u8>().as_ptr();
            for line in 0..Self::LINES {
                prefetch(slots.wrapping_add(line * LINE));
            }
            let found = self.find_in(home, hash, &mut eq);
            if found.is_some() || !self.may_have_passed(home, hash) {
                return found;
            }
        }
        self.find_beyond(home, hash, eq)
    }

    /// # Safety
    /// `group` is one of the block's.
    #[inline]
    unsafe fn find_in(
        self,
        group: usize,
        hash: u64,
        eq: &mut impl FnMut(&T) -> bool,
    ) -> Option<Loc<T>> {
        // SAFETY: a tag that matches is not 0, so the slot is initialised (W2).
        unsafe {
            let mut matches = self.tags(group).match_hash(hash).and(ALL_LANES);
            while let Some(lane) = matches.lowest() {
                let slot = self.slot(group, lane);
                if eq(slot.as_ref()) {
                    return Some(Loc::in_group(group * LOC_LANES + lane, slot));
                }
                matches = matches.without_lowest();
            }
        }
        None
    }

    /// Goes on where `find` found nothing in a home that entries have passed.
    #[cold]
    #[inline(never)]
    fn find_beyond(self, home: usize, hash: u64, mut eq: impl FnMut(&T) -> bool) -> Option<Loc<T>> {
        let groups = self.groups();
        let mut group = Self::after(home, groups);
        while group != home {
            // SAFETY: a group of the block.
            unsafe {
                let found = self.find_in(group, hash, &mut eq);
                if found.is_some() || !self.may_have_passed(group, hash) {
                    return found;
                }
            }
            group = Self::after(group, groups);
        }
        None
    }

    /// The slot for a new entry; its tag is set.
    ///
    /// # Safety
    /// Not full; the slot is written before anybody looks at it.
    #[inline]
    pub(super) unsafe fn place(self, hash: u64) -> NonNull<T> {
        let groups = self.groups();
        let mut group = Self::home(hash, groups);
        loop {
            // SAFETY: a group of the block. There are empty slots (W3), so the loop ends.
            unsafe {
                if let Some(lane) = self.tags(group).match_empty().and(ALL_LANES).lowest() {
                    (*self.head.as_ptr()).len += 1;
                    self.group(group).add(lane).write(Tag::of(hash).byte());
                    return self.slot(group, lane);
                }
                self.pass(group, hash);
            }
            group = Self::after(group, groups);
        }
    }

    /// Takes an entry out.
    ///
    /// # Safety
    /// `loc` is of a live entry with this hash.
    pub(super) unsafe fn take(self, loc: Loc<T>, hash: u64) -> T {
        let (at, groups) = (loc.index / LOC_LANES, self.groups());
        let mut group = Self::home(hash, groups);
        // SAFETY: groups of the block. A hash that lies makes counts wrong, and entries are not found then.
        unsafe {
            while group != at {
                self.unpass(group);
                group = Self::after(group, groups);
            }
            let lane = loc.index % LOC_LANES;
            self.take_lane(self.group(at), self.slot(at, 0), lane)
        }
    }

    /// Takes an entry out of a group; those that it passed go on counting it.
    ///
    /// # Safety
    /// The entry in the lane is live.
    #[inline]
    pub(super) unsafe fn take_lane(self, group: NonNull<u8>, slots: NonNull<T>, lane: usize) -> T {
        // SAFETY: the slot is initialised, and is empty afterwards.
        unsafe {
            group.add(lane).write(0);
            (*self.head.as_ptr()).len -= 1;
            slots.add(lane).read()
        }
    }

    /// A block without entries.
    pub(super) fn new(groups: usize, arena: &Arena) -> Result<Self, TryReserveError> {
        let block = allocate(arena, Self::layout(groups)?, false)?;
        // SAFETY: fresh, and long enough; tags and counts of all groups are set.
        unsafe {
            let wide = Self::at(block);
            wide.head.write(Head {
                groups: groups as u32,
                len: 0,
            });
            wide.group(0).write_bytes(0, groups * TAG_BYTES);
            Ok(wide)
        }
    }

    /// A block with copies of some entries. The hasher may panic, and the memory is given back then.
    ///
    /// # Safety
    /// The entries are live, and forgotten where they are once this has succeeded; the groups hold them.
    pub(super) unsafe fn of(
        entries: impl Iterator<Item = NonNull<T>>,
        groups: usize,
        arena: &Arena,
        hasher: &impl Fn(&T) -> u64,
    ) -> Result<Self, TryReserveError> {
        struct Undo<'a, T>(Wide<T>, &'a Arena);
        impl<T> Drop for Undo<'_, T> {
            fn drop(&mut self) {
                // SAFETY: nobody else knows of the block.
                unsafe { self.0.free(self.1) };
            }
        }
        let undo = Undo(Self::new(groups, arena)?, arena);
        // SAFETY: as the caller vouches.
        unsafe { undo.0.fill(entries, hasher) };
        let wide = undo.0;
        mem::forget(undo);
        Ok(wide)
    }

    /// Copies entries into the empty block.
    ///
    /// # Safety
    /// As for `of`.
    unsafe fn fill(self, entries: impl Iterator<Item = NonNull<T>>, hasher: &impl Fn(&T) -> u64) {
        let (groups, mut len) = (self.groups(), 0);
        // How many slots of each group are taken. The tags know, but whoever asks them right after one of them was
        // written waits until it has reached the cache.
        let mut taken = [const { MaybeUninit::<u8>::uninit() }; MOST_GROUPS];
        taken[..groups].fill(MaybeUninit::new(0));
        let taken = taken.as_mut_ptr().cast::<u8>();
        // SAFETY: the first slot.
        let slots = unsafe { self.slot(0, 0) };
        // SAFETY: groups of the block, whose number in `taken` is set. There are empty slots, so the loop ends; each
        // is written once.
        entries.for_each(|entry| unsafe {
            let hash = hasher(entry.as_ref());
            let mut group = Self::home(hash, groups);
            while *taken.add(group) as usize == LANES {
                self.pass(group, hash);
                group = Self::after(group, groups);
            }
            let lane = *taken.add(group) as usize;
            *taken.add(group) += 1;
            self.group(group).add(lane).write(Tag::of(hash).byte());
            slots
                .add(group * LANES + lane)
                .copy_from_nonoverlapping(entry, 1);
            len += 1;
        });
        // SAFETY: the block is live.
        unsafe { (*self.head.as_ptr()).len = len };
    }

    /// # Safety
    /// `arena` is the block's; neither block nor entries are used again.
    pub(super) unsafe fn free(self, arena: &Arena) {
        if let Ok(layout) = Self::layout(self.groups()) {
            // SAFETY: as the caller vouches (W1).
            unsafe { arena.deallocate(self.block(), layout) };
        }
    }

    /// A walk over the tags, and the first slot.
    ///
    /// # Safety
    /// The block outlives the walk and does not change while it is used.
    #[inline]
    pub(super) unsafe fn tags_of(self) -> (Tags, NonNull<T>) {
        // SAFETY: the first group, and its first slot.
        let (next, slots) = unsafe { (self.group(0), self.slot(0, 0)) };
        let left = self.groups();
        (Tags { next, left }, slots)
    }

    /// A walk over the groups.
    ///
    /// # Safety
    /// The block outlives the walk and does not change while it is used.
    #[inline]
    pub(super) unsafe fn groups_of(self) -> Groups<T> {
        // SAFETY: the first group, and its first slot.
        let (next, slots) = unsafe { (self.group(0), self.slot(0, 0)) };
        Groups {
            next,
            slots,
            left: self.groups(),
        }
    }
}

/// Slots whose lanes are looked at together.
pub(super) const LANES_TOGETHER: usize = TOGETHER * LANES;

/// The groups that a walk over the entries has not looked at.
#[derive(Clone, Copy)]
pub(super) struct Tags {
    next: NonNull<u8>,
    left: usize,
}

impl Tags {
    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.left == 0
    }

    /// The lanes of the next groups that have entries: of [`LANES_TOGETHER`] slots, or of the last ones.
    #[inline]
    pub(super) fn read(&mut self) -> Lanes {
        let together = self.left.min(TOGETHER);
        let mut lanes = 0;
        // SAFETY: groups of the block; what comes next is one past the last at most.
        unsafe {
            for at in 0..together {
                let tags = self.next.cast::<TagBytes>().add(at);
                let used = Group::load(tags.as_ref())
                    .match_empty()
                    .not()
                    .and(ALL_LANES);
                lanes |= u64::from(used.bits()) << (at * LANES);
            }
            self.next = self.next.add(together * TAG_BYTES);
        }
        self.left -= together;
        Lanes::from_bits(lanes)
    }
}

/// A walk over the groups of a wide node.
pub(super) struct Groups<T> {
    next: NonNull<u8>,
    slots: NonNull<T>,
    left: usize,
}

impl<T> Groups<T> {
    /// The next group that has entries, their lanes, and the group's first slot.
    #[inline]
    pub(super) fn next(&mut self) -> Option<(NonNull<u8>, BitMask, NonNull<T>)> {
        while self.left > 0 {
            let (group, slots) = (self.next, self.slots);
            self.left -= 1;
            // SAFETY: a group of the block; what comes next is one past the last at most.
            let tags = unsafe {
                self.next = group.add(TAG_BYTES);
                self.slots = slots.add(LANES);
                Group::load(group.cast::<TagBytes>().as_ref())
            };
            let lanes = tags.match_empty().not().and(ALL_LANES);
            if lanes.any() {
                return Some((group, lanes, slots));
            }
        }
        None
    }
}
