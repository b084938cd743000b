//! Incremental rehash: splits, merges, and what makes them happen.

use core::mem;

use allocator_api2::alloc::Allocator;

use super::group::{BitMask, LANES};
use super::overflow::{Node, NodeIndex};
use super::pace::{self, Direction, GrowthPolicy};
use super::storage::{Head, NO_NODE, Storage};
use super::table::RawTable;
use super::tag::Tag;
use crate::TryReserveError;

/// How far ahead of a split the chains are asked for, which lie anywhere: 8 groups.
const AHEAD: usize = 8 * LANES;

impl<T> RawTable<T> {
    /// Does this insertion's share of growing; to be called when `len >= grow_at`.
    ///
    /// # Errors
    /// The allocator refused; no entry has moved.
    ///
    /// # Safety
    /// `alloc` is the allocator of this table (I9).
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn make_room<A: Allocator>(
        &mut self,
        alloc: &A,
        hasher: impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches.
        unsafe {
            if self.storage.is_small() {
                let slots = self.grow_at;
                if slots < LANES {
                    let more = if slots < 4 { 4 } else { (slots * 2).min(LANES) };
                    return self.resize_small(alloc, more);
                }
                self.become_large(alloc, 2)?;
            } else if self.policy() == GrowthPolicy::Burst
                && self.storage.header().direction == Direction::Merging
                && self.len < pace::burst_start(self.base()) * 3 / 4
            {
                // Still emptying: this insertion counts against the next step of merging.
                self.shrink_at = self.shrink_at.saturating_add(1).min(self.len + 1);
                return Ok(());
            }
            let quantum = match self.policy() {
                GrowthPolicy::Burst => pace::QUANTUM,
                GrowthPolicy::Paced => pace::PACED_QUANTUM,
            };
            self.grow_blocks(alloc, quantum)?;
            self.storage.header_mut().direction = Direction::Splitting;
            for _ in 0..quantum {
                self.split_next(alloc, &hasher)?;
                if self.extra == 0 {
                    self.storage.header_mut().direction = Direction::Rest;
                    self.storage.shrink_pool(alloc, false);
                    break;
                }
            }
            self.storage.lower_pool(alloc);
            self.set_limits();
        }
        Ok(())
    }

    /// Does this removal's share of giving room back; to be called when `len < shrink_at`.
    ///
    /// # Safety
    /// `alloc` is the allocator of this table (I9).
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn give_room_back<A: Allocator>(&mut self, alloc: &A) {
        // SAFETY: `shrink_at` is 0 in a small table, so this one is large.
        unsafe {
            if self.storage.header().direction == Direction::Splitting
                && self.policy() == GrowthPolicy::Burst
                && self.len >= pace::merge_below(self.base())
            {
                // Still growing: this removal counts towards the next step of splitting, so that
                // a table whose size stands still finishes its burst.
                // A hasher that panicked at the first step has left `grow_at` at 0.
                self.grow_at = self.grow_at.saturating_sub(1).max(self.len);
                return;
            }
            let floor = (self.storage.header().floor as usize).max(1);
            if self.groups() <= floor {
                // One group is left, or a hasher has panicked at the first step of growing.
                self.storage.header_mut().direction = Direction::Rest;
                self.set_limits();
                if self.groups() == 1 && self.len <= LANES / 2 {
                    self.become_small(alloc);
                }
                return;
            }
            let quantum = match self.policy() {
                GrowthPolicy::Burst => pace::QUANTUM,
                GrowthPolicy::Paced => pace::PACED_QUANTUM,
            };
            self.storage.header_mut().direction = Direction::Merging;
            for _ in 0..quantum {
                let merged = self.merge_last(alloc);
                if self.extra == 0 || merged.is_err() || self.groups() <= floor {
                    // Without memory for an overflow node, merging waits for the next burst.
                    self.storage.header_mut().direction = Direction::Rest;
                    break;
                }
            }
            self.storage.trim_nodes(2 * quantum);
            self.storage.shrink_pool(alloc, false);
            let groups = self.groups();
            if self.storage.worth_shrinking(groups) {
                self.storage.shrink(alloc, groups);
            }
            self.set_limits();
            if groups == 1 && self.len <= LANES / 2 {
                self.become_small(alloc);
            }
        }
    }

    /// Sets the sizes at which splitting and merging go on.
    pub(super) fn set_limits(&mut self) {
        let (base, split) = (self.base(), self.extra / LANES);
        let header = self.storage.header();
        let floor = (header.floor as usize).max(1);
        let may_merge = |groups: usize, after: usize| groups > 1 && after >= floor;
        if base + split == 1 && header.direction != Direction::Splitting {
            // What is left to do is to become small.
            (self.grow_at, self.shrink_at) = (pace::PACED_START, LANES / 2 + 1);
            return;
        }
        (self.grow_at, self.shrink_at) = match (header.policy, header.direction) {
            (GrowthPolicy::Paced, _) => {
                let limit = pace::paced_limit(base, split);
                let groups = base + split;
                let below = if may_merge(groups, groups - 1) {
                    pace::paced_merge_below(groups, limit)
                } else {
                    0
                };
                (limit, below)
            }
            (GrowthPolicy::Burst, Direction::Splitting) => {
                (self.len + pace::BURST_STRIDE, usize::MAX)
            }
            (GrowthPolicy::Burst, Direction::Merging) => {
                (0, (self.len + 1).saturating_sub(pace::BURST_STRIDE).max(1))
            }
            (GrowthPolicy::Burst, Direction::Rest) => {
                let below = if may_merge(base, base / 2) {
                    pace::merge_below(base)
                } else {
                    0
                };
                (pace::burst_start(base), below)
            }
        };
    }

    /// # Safety
    /// Small, `alloc` is the allocator of this table (I9), all slots from `slots` on are empty.
    pub(super) unsafe fn resize_small<A: Allocator>(
        &mut self,
        alloc: &A,
        slots: usize,
    ) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches.
        unsafe { self.storage.resize_small(alloc, self.grow_at, slots)? };
        self.grow_at = slots;
        Ok(())
    }

    /// Moves a small table's group into blocks that can take `cap` groups.
    ///
    /// # Safety
    /// Small; `alloc` is the allocator of this table (I9); `cap > 0`.
    unsafe fn become_large<A: Allocator>(
        &mut self,
        alloc: &A,
        cap: usize,
    ) -> Result<(), TryReserveError> {
        let large = Storage::large(alloc, cap, self.policy())?;
        let slots = self.grow_at;
        // SAFETY: a small table has one group of which `slots` slots exist (I8); the entries are
        // moved, and the old block is freed without looking at them.
        unsafe {
            if slots != 0 {
                *large.tags(0) = *self.storage.tags(0);
                let (from, to) = (self.storage.first_slot(), large.first_slot());
                to.copy_from_nonoverlapping(from, slots);
            }
            let small = mem::replace(&mut self.storage, large);
            self.set_limits();
            small.free(alloc, slots);
        }
        Ok(())
    }

    /// Moves the only group of a large table back into one small block, if the allocator has it.
    ///
    /// # Safety
    /// Large with one group and no more entries than fit into it; `alloc` is the allocator of this
    /// table (I9).
    unsafe fn become_small<A: Allocator>(&mut self, alloc: &A) {
        // SAFETY: all 16 slots exist on both sides; the entries are moved, then the blocks freed.
        unsafe {
            self.refill_all(0);
            let mut small = Storage::empty(self.policy());
            if small.resize_small(alloc, 0, LANES).is_err() {
                return;
            }
            *small.tags(0) = *self.storage.tags(0);
            let (from, to) = (self.storage.first_slot(), small.first_slot());
            to.copy_from_nonoverlapping(from, LANES);
            let mut large = mem::replace(&mut self.storage, small);
            (self.mask, self.extra) = (0, 0);
            (self.grow_at, self.shrink_at) = (LANES, 0);
            large.free_pool(alloc);
            large.free(alloc, 0);
        }
    }

    /// Makes sure that the next `quantum` splits find their groups in the blocks.
    ///
    /// # Safety
    /// Large; `alloc` is the allocator of this table (I9).
    unsafe fn grow_blocks<A: Allocator>(
        &mut self,
        alloc: &A,
        quantum: usize,
    ) -> Result<(), TryReserveError> {
        let target = 2 * self.base();
        let need = (self.groups() + quantum).min(target);
        if need > self.storage.group_cap() {
            let goal = self.storage.growth_goal(need, target);
            // SAFETY: as the caller vouches.
            unsafe { self.storage.grow(alloc, goal)? };
        }
        Ok(())
    }

    /// Splits the next group: the entries whose next hash bit is set go to its new sibling.
    ///
    /// # Errors
    /// No memory for overflow nodes; nothing has changed.
    ///
    /// # Safety
    /// Large, with room for one more group; `alloc` is the allocator of this table (I9).
    #[inline]
    unsafe fn split_next<A: Allocator>(
        &mut self,
        alloc: &A,
        hasher: &impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        let from = self.extra;
        let bit = self.mask + LANES;
        let to = from + bit;
        self.prefetch_chain(from + AHEAD);
        // SAFETY: `from` is a group, and `to` is within the capacity. The hasher runs before
        // anything changes, so a panic in it leaves the table as it was (I10).
        unsafe {
            let empty = self.storage.group(from).match_empty();
            let mut movers = 0_u16;
            for lane in empty.not() {
                let hash = hasher(self.storage.slot(from + lane).as_ref());
                movers |= u16::from(hash as usize & bit != 0) << lane;
            }
            let chained = self.storage.has_chain(from);
            if chained {
                self.storage.reserve_nodes(alloc, 2)?;
                self.mark_movers(from, bit, hasher);
            }
            self.storage
                .tags(to)
                .write(super::group::TagBytes([0; LANES]));
            self.storage.head(to).write(Head::NONE);
            let movers = BitMask::from_bits(movers);
            self.move_lanes(from, to, movers);
            if chained {
                let taken = BitMask::first(movers.count());
                self.split_chain([from, to], [empty.or(movers), taken.not()]);
            }
        }
        if to == self.mask + bit {
            self.mask += bit;
            self.extra = 0;
        } else {
            self.extra += LANES;
        }
        Ok(())
    }

    /// Moves lanes of one group to the first lanes of an empty one.
    ///
    /// # Safety
    /// `from` and `to` are groups within the capacity, `to` is empty, the lanes are not.
    #[inline]
    unsafe fn move_lanes(&mut self, from: usize, to: usize, movers: BitMask) {
        // SAFETY: the slots of these lanes are initialised, those of `to` are free to write (I3).
        unsafe {
            for (target, lane) in movers.enumerate() {
                let slot = self.storage.slot(to + target);
                slot.copy_from_nonoverlapping(self.storage.slot(from + lane), 1);
                let byte = self.storage.tag_byte(from + lane);
                *self.storage.tag_byte(to + target) = *byte;
                *byte = 0;
            }
        }
    }

    /// Notes which entries of a chain the split will move.
    ///
    /// # Safety
    /// The group has a chain.
    #[cold]
    unsafe fn mark_movers(&mut self, pos: usize, bit: usize, hasher: &impl Fn(&T) -> u64) {
        // SAFETY: as the caller vouches. When the hasher panics, some nodes have marks that nobody
        // reads before the next split writes them anew.
        unsafe {
            for (_, node) in self.chain(pos) {
                let mut movers = 0;
                for (lane, _) in node.tags().entries() {
                    let hash = hasher(node.slot(lane).as_ref());
                    movers |= u32::from(hash as usize & bit != 0) << lane;
                }
                node.set_movers(movers);
            }
        }
    }

    /// Distributes a chain whose movers are marked over two groups, of which `room` are the empty lanes.
    ///
    /// # Safety
    /// The group has a chain; two nodes can be taken: each of the two new chains has at most one
    /// node that is not full, and each node of the old one is freed as soon as it is empty.
    #[cold]
    unsafe fn split_chain(&mut self, groups: [usize; 2], mut room: [BitMask; 2]) {
        // SAFETY: nodes of the detached chain stay live until freed here; entries are moved once.
        unsafe {
            let mut index = NodeIndex((*self.storage.head(groups[0])).first);
            self.storage.head(groups[0]).write(Head::NONE);
            while index.0 != NO_NODE {
                let node = Node::<T>::at(self.storage.header(), index);
                let next = node.next();
                for (lane, tag) in node.tags().entries() {
                    // A coin flip: no branch.
                    let side = (node.movers() >> lane & 1) as usize;
                    let entry = node.slot(lane).as_ptr();
                    self.place(groups[side], &mut room[side], tag, entry);
                }
                self.storage.free_node(index);
                index = next;
            }
            self.storage.trim_while_splitting();
        }
    }

    /// Merges the last group into its sibling.
    ///
    /// # Errors
    /// No memory for overflow nodes; nothing has changed.
    ///
    /// # Safety
    /// Large, more than one group; `alloc` is the allocator of this table (I9).
    unsafe fn merge_last<A: Allocator>(&mut self, alloc: &A) -> Result<(), TryReserveError> {
        let (extra, mask) = match self.extra {
            0 => ((self.mask + LANES) / 2, (self.mask + LANES) / 2 - LANES),
            extra => (extra, self.mask),
        };
        let to = extra - LANES;
        let from = to + mask + LANES;
        // SAFETY: `from` is the last group, `to` the one it was split from; entries are moved once,
        // and no user code runs.
        unsafe {
            let entries = self.storage.group(from).match_empty().not();
            let mut room = self.storage.group(to).match_empty();
            // 16 lanes and the first node of a chain need at most this many nodes.
            let nodes = (LANES / Self::NODE_LANES + 2) as u32;
            if self.storage.spare_nodes() < nodes
                && (entries.count() > room.count() || self.storage.has_chain(from))
            {
                self.storage.reserve_nodes(alloc, nodes)?;
            }
            (self.extra, self.mask) = (to, mask);
            for lane in entries {
                let tag = Tag::from_byte(*self.storage.tag_byte(from + lane));
                let entry = self.storage.slot(from + lane);
                self.place(to, &mut room, tag, entry.as_ptr());
            }
            if self.storage.has_chain(from) {
                self.splice_chain(from, to);
            }
            // Asked only now: a load of all tags would have to wait for the bytes just stored.
            if room.any() && self.storage.has_chain(to) {
                self.refill_all(to);
            }
        }
        Ok(())
    }

    /// Makes room for `additional` more entries at once.
    ///
    /// # Errors
    /// Too many, or the allocator refused; no entry is lost.
    ///
    /// # Safety
    /// `alloc` is the allocator of this table (I9).
    pub(crate) unsafe fn try_reserve<A: Allocator>(
        &mut self,
        additional: usize,
        alloc: &A,
        hasher: impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        let need = self
            .len
            .checked_add(additional)
            .ok_or(TryReserveError::CapacityOverflow)?;
        // SAFETY: as the caller vouches.
        unsafe {
            if self.storage.is_small() {
                let slots = self.grow_at;
                if need <= slots {
                    return Ok(());
                }
                if need <= LANES {
                    return self.resize_small(alloc, need.max((2 * slots).min(LANES)));
                }
            }
            let goal = pace::groups_for(need, self.policy())
                .ok_or(TryReserveError::CapacityOverflow)?
                .max(2);
            if self.len == 0 && (self.storage.is_small() || goal > self.groups()) {
                self.start_with(alloc, goal)?;
            } else if self.storage.is_small() {
                self.become_large(alloc, goal)?;
            } else if goal > self.groups() {
                self.storage.grow(alloc, goal)?;
            }
            let nodes = pace::nodes_for(need, goal, Self::NODE_LANES);
            let nodes = u32::try_from(nodes).map_err(|_| TryReserveError::CapacityOverflow)?;
            self.storage.reserve_nodes(alloc, nodes)?;
            while self.groups() < goal {
                self.split_next(alloc, &hasher)?;
            }
            let header = self.storage.header_mut();
            header.direction = match self.extra {
                0 => Direction::Rest,
                _ => Direction::Splitting,
            };
        }
        self.set_limits();
        Ok(())
    }

    /// Has merging leave the room for `additional` more entries alone.
    pub(crate) fn keep_room(&mut self, additional: usize) {
        if !self.storage.is_small() {
            let goal = pace::groups_for(self.len + additional, self.policy());
            // SAFETY: the table is large.
            let header = unsafe { self.storage.header_mut() };
            header.floor = header.floor.max(goal.map_or(0, |groups| groups as u32));
            self.set_limits();
        }
    }

    /// Gives a table without entries fresh blocks of `goal` groups.
    ///
    /// # Safety
    /// No entries; `alloc` is the allocator of this table (I9).
    unsafe fn start_with<A: Allocator>(
        &mut self,
        alloc: &A,
        goal: usize,
    ) -> Result<(), TryReserveError> {
        let floor = self.storage.header().floor;
        let mut fresh = Storage::large(alloc, goal, self.policy())?;
        // SAFETY: the fresh storage is large; nothing is in the old blocks.
        unsafe {
            fresh.header_mut().floor = floor;
            self.free(alloc);
        }
        self.storage = fresh;
        let base = 1 << goal.ilog2();
        self.mask = (base - 1) * LANES;
        self.extra = (goal - base) * LANES;
        self.set_limits();
        Ok(())
    }

    /// Gives back all memory that `capacity` entries (or those that there are) do not need.
    ///
    /// # Safety
    /// `alloc` is the allocator of this table (I9).
    pub(crate) unsafe fn shrink_to<A: Allocator>(&mut self, capacity: usize, alloc: &A) {
        let need = self.len.max(capacity);
        // SAFETY: as the caller vouches; each call keeps what it needs.
        unsafe {
            if need == 0 {
                return self.free(alloc);
            }
            if self.storage.is_small() {
                return self.shrink_small(alloc, need);
            }
            let Some(goal) = pace::groups_for(need, self.policy()) else {
                return;
            };
            let goal = if need <= LANES { 1 } else { goal.max(2) };
            let asked = pace::groups_for(capacity, self.policy()).map_or(0, |groups| groups as u32);
            let header = self.storage.header_mut();
            header.floor = header.floor.min(asked);
            while self.groups() > goal && self.merge_last(alloc).is_ok() {}
            if self.policy() == GrowthPolicy::Burst && self.groups() <= goal {
                self.storage.header_mut().direction = match self.extra {
                    0 => Direction::Rest,
                    _ => Direction::Splitting,
                };
            }
            self.storage.trim_nodes(usize::MAX);
            self.storage.shrink_pool(alloc, true);
            let groups = self.groups();
            if self.storage.any_cap_above(groups) {
                self.storage.shrink(alloc, groups);
            }
            self.set_limits();
            if groups == 1 && need <= LANES {
                self.become_small(alloc);
                if self.storage.is_small() {
                    self.shrink_small(alloc, need);
                }
            }
        }
    }

    /// # Safety
    /// Small; `alloc` is the allocator of this table (I9); `slots` is at least 1 and at least `len`.
    unsafe fn shrink_small<A: Allocator>(&mut self, alloc: &A, slots: usize) {
        if slots >= self.grow_at {
            return;
        }
        // SAFETY: the entries are moved to the first lanes, so that all others are empty (I8).
        unsafe {
            for target in 0..self.len {
                let group = self.storage.group(0);
                if !group.match_empty().has(target) {
                    continue;
                }
                let Some(lane) = group.match_empty().not().last() else {
                    return;
                };
                let slot = self.storage.slot(target);
                slot.copy_from_nonoverlapping(self.storage.slot(lane), 1);
                let byte = self.storage.tag_byte(lane);
                *self.storage.tag_byte(target) = *byte;
                *byte = 0;
            }
            // Where the allocator refuses, the table stays as large as it is.
            drop(self.resize_small(alloc, slots));
        }
    }

    /// Merges as far as the load asks for, after entries have gone in bulk.
    ///
    /// # Safety
    /// `alloc` is the allocator of this table (I9).
    pub(super) unsafe fn settle<A: Allocator>(&mut self, alloc: &A) {
        while self.len < self.shrink_at {
            let groups = self.groups();
            // SAFETY: as the caller vouches.
            unsafe { self.give_room_back(alloc) };
            if self.groups() == groups || self.storage.is_small() {
                return;
            }
            if self.storage.header().direction == Direction::Merging {
                self.shrink_at = usize::MAX;
            }
        }
    }

    /// Entries that fit before the table grows again.
    pub(crate) fn capacity(&self) -> usize {
        if self.storage.is_small() {
            return self.grow_at;
        }
        let limit = match self.policy() {
            GrowthPolicy::Burst => pace::burst_start(self.groups()),
            GrowthPolicy::Paced => pace::paced_limit(self.base(), self.extra / LANES),
        };
        limit.max(self.len)
    }
}
