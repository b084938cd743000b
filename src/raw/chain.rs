//! Overflow chains: the entries of a group beyond its sixteen slots.
//!
//! A chain exists only while its group is full, and all of its nodes but the first are full (I4).

use allocator_api2::alloc::Allocator;

use super::group::{BitMask, LANES};
use super::overflow::{Node, NodeIndex};
use super::storage::NO_NODE;
use super::table::{Loc, RawTable};
use super::tag::Tag;
use crate::TryReserveError;

/// Filters of chains with more nodes than this are not narrowed on removal.
const NARROW_UP_TO: usize = 4;

impl<T> RawTable<T> {
    /// The nodes of the chain of a group, first to last.
    ///
    /// # Safety
    /// The group has a chain, which nobody changes but between the step to a node and the next.
    pub(super) unsafe fn chain(&self, pos: usize) -> Chain<'_, T> {
        Chain {
            table: self,
            // SAFETY: a group with a chain has a head (I4).
            next: NodeIndex(unsafe { *self.storage.head(pos) }),
        }
    }

    /// # Safety
    /// The group has a chain.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn find_in_chain(
        &self,
        pos: usize,
        tag: Tag,
        mut eq: impl FnMut(&T) -> bool,
    ) -> Option<Loc<T>> {
        // SAFETY: the group has a chain, and `&self` keeps it as it is.
        unsafe {
            for (index, node) in self.chain(pos) {
                for lane in node.match_tag(tag) {
                    let slot = node.slot(lane);
                    if eq(slot.as_ref()) {
                        return Some(Loc::in_chain(index, lane, slot));
                    }
                }
            }
        }
        None
    }

    /// Moves the bits of an entry into the chain of a full group.
    ///
    /// # Safety
    /// The table is large, the group full, `entry` readable and from then on owned by the table;
    /// a node can be taken.
    pub(super) unsafe fn push_to_chain(&mut self, pos: usize, tag: Tag, entry: *const T) -> Loc<T> {
        // SAFETY: a chain exists exactly where a filter bit is set (I4); writes stay in the node.
        unsafe {
            let chained = self.storage.group(pos).filter().any();
            let head = self.storage.head(pos);
            let first = if chained {
                NodeIndex(*head)
            } else {
                NodeIndex(NO_NODE)
            };
            let room = chained
                .then(|| Node::<T>::at(self.storage.header(), first).find_lane(|byte| byte == 0))
                .flatten();
            let (index, lane) = match room {
                Some(lane) => (first, lane),
                None => {
                    let index = self.storage.take_node((pos / LANES) as u32, first);
                    *self.storage.head(pos) = index.0;
                    (index, 0)
                }
            };
            let node = Node::<T>::at(self.storage.header(), index);
            node.slot(lane).as_ptr().copy_from_nonoverlapping(entry, 1);
            node.set_tag_byte(lane, tag.byte());
            self.set_filter(pos, tag);
            Loc::in_chain(index, lane, node.slot(lane))
        }
    }

    /// # Safety
    /// The group is full and has, or is about to have, an entry with this tag in its chain.
    unsafe fn set_filter(&mut self, pos: usize, tag: Tag) {
        // SAFETY: a group of this table; bit 0 of a full lane belongs to the filter (I4).
        unsafe { *self.storage.tag_byte(pos + tag.class()) |= Tag::FILTER_BIT };
    }

    /// # Safety
    /// The group is full.
    #[inline]
    pub(super) unsafe fn clear_filter(&mut self, pos: usize) {
        // SAFETY: a group of this table.
        unsafe {
            let tags = self.storage.tags(pos);
            (*tags).0 = (*tags).0.map(|byte| byte & Tag::MASK);
        }
    }

    /// Moves one entry from the chain into a lane of its group that has just been vacated.
    ///
    /// # Safety
    /// The group has a chain; the slot of `lane` is vacant, its tag byte still set.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn refill(&mut self, pos: usize, lane: usize) {
        // SAFETY: the first node of a chain is never empty (I5).
        unsafe {
            let first = NodeIndex(*self.storage.head(pos));
            let node = Node::<T>::at(self.storage.header(), first);
            let Some((from, tag)) = node.lanes().last() else {
                return;
            };
            let slot = self.storage.slot(pos + lane).as_ptr();
            slot.copy_from_nonoverlapping(node.slot(from).as_ptr(), 1);
            let byte = self.storage.tag_byte(pos + lane);
            *byte = (*byte & Tag::FILTER_BIT) | tag.byte();
            self.vacate(pos, first, from);
        }
    }

    /// Closes the gap that an entry leaves in a chain: the first node pays for it.
    ///
    /// # Safety
    /// The lane is live in a node of the chain of this group, and its slot has been read.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn remove_from_chain(&mut self, index: NodeIndex, lane: usize) {
        // SAFETY: a live node names its home (I5); the first node of a chain is never empty.
        unsafe {
            let node = Node::<T>::at(self.storage.header(), index);
            let pos = node.home() as usize * LANES;
            let first = NodeIndex(*self.storage.head(pos));
            if index == first {
                return self.vacate(pos, first, lane);
            }
            let source = Node::<T>::at(self.storage.header(), first);
            let Some((from, tag)) = source.lanes().last() else {
                return;
            };
            node.slot(lane)
                .as_ptr()
                .copy_from_nonoverlapping(source.slot(from).as_ptr(), 1);
            node.set_tag_byte(lane, tag.byte());
            self.vacate(pos, first, from);
        }
    }

    /// Marks a lane of the first node as empty, frees the node if it was the last, narrows the filter.
    ///
    /// # Safety
    /// `first` heads the chain of this group, the lane is live and its entry has been moved away.
    unsafe fn vacate(&mut self, pos: usize, first: NodeIndex, lane: usize) {
        // SAFETY: as the caller vouches.
        unsafe {
            let node = Node::<T>::at(self.storage.header(), first);
            node.set_tag_byte(lane, 0);
            if node.find_lane(|byte| byte != 0).is_none() {
                let next = node.next();
                *self.storage.head(pos) = next.0;
                self.storage.free_node(first);
                if next.0 == NO_NODE {
                    return self.clear_filter(pos);
                }
            }
            self.narrow_filter(pos);
        }
    }

    /// # Safety
    /// The group has a chain.
    unsafe fn narrow_filter(&mut self, pos: usize) {
        // SAFETY: the group has a chain, whose links nobody changes here.
        unsafe {
            let mut index = NodeIndex(*self.storage.head(pos));
            if self.chain(pos).nth(NARROW_UP_TO).is_some() {
                return;
            }
            self.clear_filter(pos);
            while index.0 != NO_NODE {
                let node = Node::<T>::at(self.storage.header(), index);
                for (_, tag) in node.lanes() {
                    self.set_filter(pos, tag);
                }
                index = node.next();
            }
        }
    }

    /// Puts the bits of an entry into a group, or into its chain if the group is full.
    ///
    /// # Safety
    /// As for [`Self::push_to_chain`], but the group need not be full.
    pub(super) unsafe fn place(&mut self, pos: usize, tag: Tag, entry: *const T) {
        // SAFETY: the lane is empty, so its slot may be written.
        unsafe {
            match self.storage.group(pos).match_empty().lowest() {
                Some(lane) => {
                    let slot = self.storage.slot(pos + lane).as_ptr();
                    slot.copy_from_nonoverlapping(entry, 1);
                    *self.storage.tag_byte(pos + lane) = tag.byte();
                }
                None => {
                    self.push_to_chain(pos, tag, entry);
                }
            }
        }
    }

    /// Hands the chain of group `from` to group `to`.
    ///
    /// # Safety
    /// Both are groups of this large table, `from` has a chain, `to` is full; a node can be taken.
    pub(super) unsafe fn splice_chain(&mut self, from: usize, to: usize) {
        // SAFETY: nodes of live chains (I5); each link is set to a node of one of the two chains.
        unsafe {
            let first = NodeIndex(*self.storage.head(from));
            let node = Node::<T>::at(self.storage.header(), first);
            let rest = node.next();
            if rest.0 != NO_NODE {
                self.append_full_nodes(from, to, rest);
            }
            for (lane, tag) in node.lanes() {
                self.push_to_chain(to, tag, node.slot(lane).as_ptr());
                node.set_tag_byte(lane, 0);
            }
            self.storage.free_node(first);
            self.clear_filter(from);
        }
    }

    /// # Safety
    /// `rest` starts a list of full nodes in the chain of `from`; `to` is full.
    unsafe fn append_full_nodes(&mut self, from: usize, to: usize, rest: NodeIndex) {
        // SAFETY: as in `splice_chain`.
        unsafe {
            let classes = self.storage.group(from).filter();
            let mut index = rest;
            let last = loop {
                let node = Node::<T>::at(self.storage.header(), index);
                node.set_home((to / LANES) as u32);
                if node.next().0 == NO_NODE {
                    break node;
                }
                index = node.next();
            };
            if self.storage.group(to).filter().any() {
                let head = Node::<T>::at(self.storage.header(), NodeIndex(*self.storage.head(to)));
                last.set_next(head.next());
                head.set_next(rest);
            } else {
                *self.storage.head(to) = rest.0;
            }
            self.add_classes(to, classes);
        }
    }

    /// # Safety
    /// The group is full and has a chain.
    unsafe fn add_classes(&mut self, pos: usize, classes: BitMask) {
        for class in classes {
            // SAFETY: a group of this table.
            unsafe { *self.storage.tag_byte(pos + class) |= Tag::FILTER_BIT };
        }
    }

    /// Makes sure that an insertion into this full group finds a node.
    ///
    /// # Safety
    /// Large, all blocks from `alloc`.
    pub(super) unsafe fn reserve_for_push<A: Allocator>(
        &mut self,
        alloc: &A,
    ) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches.
        unsafe { self.storage.reserve_nodes(alloc, 1) }
    }
}

/// Walks the nodes of one chain.
pub(super) struct Chain<'a, T> {
    table: &'a RawTable<T>,
    next: NodeIndex,
}

impl<T> Iterator for Chain<'_, T> {
    type Item = (NodeIndex, Node<T>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next.0 == NO_NODE {
            return None;
        }
        let index = self.next;
        // SAFETY: links of a chain name live nodes (I5).
        unsafe {
            let node = Node::at(self.table.storage.header(), index);
            self.next = node.next();
            Some((index, node))
        }
    }
}
