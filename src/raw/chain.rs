//! Overflow chains: the entries of a group beyond its sixteen slots.
//!
//! An entry goes to the chain only when its group is full. All nodes of a chain but the first are
//! full (I5).

use allocator_api2::alloc::Allocator;

use super::group::{BitMask, LANES};
use super::overflow::{Node, NodeIndex};
use super::storage::{Head, NO_NODE};
use super::table::{Loc, RawTable};
use super::tag::Tag;
use crate::TryReserveError;

impl<T> RawTable<T> {
    /// The nodes of the chain of a group, first to last.
    ///
    /// # Safety
    /// The group has a chain, which nobody changes but between the step to a node and the next.
    pub(super) unsafe fn chain(&self, pos: usize) -> Chain<'_, T> {
        Chain {
            table: self,
            // SAFETY: a group with a chain has a head (I4).
            next: NodeIndex(unsafe { (*self.storage.head(pos)).first }),
        }
    }

    /// Asks for the first node of the chain of a group that is about to be split, if it is one.
    #[inline]
    pub(super) fn prefetch_chain(&self, pos: usize) {
        if pos <= self.mask {
            // SAFETY: a group of this table (I2). Where there is a chain, `first` names a node (I4); elsewhere it is 0,
            // and the address that of the pool, if there is one. Nothing is read.
            unsafe {
                let head = *self.storage.head(pos);
                // Without a branch, which no predictor would know.
                let first = head.first & u32::from(head.filter == 0).wrapping_sub(1);
                self.node(NodeIndex(first)).prefetch();
            }
        }
    }

    /// # Safety
    /// The group has a chain.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn find_in_chain(
        &self,
        group: usize,
        top: u8,
        mut eq: impl FnMut(&T) -> bool,
    ) -> Option<Loc<T>> {
        // SAFETY: the group has a chain, and `&self` keeps it as it is.
        unsafe {
            for (index, node) in self.chain(group * LANES) {
                for lane in node.tags().match_tag(Tag::of_top(top)) {
                    let slot = node.slot(lane);
                    if eq(slot.as_ref()) {
                        return Some(Loc::in_chain(index, lane, slot));
                    }
                }
            }
        }
        None
    }

    /// Moves the bits of an entry into the chain of a group.
    ///
    /// # Safety
    /// The table is large, `entry` readable and from then on owned by the table;
    /// a node can be taken.
    pub(super) unsafe fn push_to_chain(&mut self, pos: usize, tag: Tag, entry: *const T) -> Loc<T> {
        // SAFETY: as the caller vouches; the slot is written at once.
        unsafe {
            let loc = self.claim_lane(pos, tag);
            loc.ptr.as_ptr().copy_from_nonoverlapping(entry, 1);
            loc
        }
    }

    /// The slot for a new entry of the chain of a group. It counts as taken.
    ///
    /// # Safety
    /// The table is large, and a node can be taken; the slot is written before anybody looks at it.
    pub(super) unsafe fn claim_lane(&mut self, pos: usize, tag: Tag) -> Loc<T> {
        // SAFETY: the group has a head, and a first node where it has a chain (I4); writes stay in
        // the node.
        unsafe {
            let head = self.storage.head(pos);
            let (held, next) = if self.storage.has_chain(pos) {
                let first = NodeIndex((*head).first);
                (self.node(first).tags().count(), first)
            } else {
                (Self::NODE_LANES, NodeIndex(NO_NODE))
            };
            let (index, lane) = if held < Self::NODE_LANES {
                (next, held)
            } else {
                (self.storage.take_node((pos / LANES) as u32, next), 0)
            };
            (*head).first = index.0;
            (*head).filter |= tag.filter();
            let node = self.node(index);
            node.set_tags(node.tags().with_byte(lane, tag.byte()));
            Loc::in_chain(index, lane, node.slot(lane))
        }
    }

    /// # Safety
    /// The node has been handed out (I5).
    #[inline]
    unsafe fn node(&self, index: NodeIndex) -> Node<T> {
        // SAFETY: as the caller vouches.
        unsafe { Node::at(self.storage.header(), index) }
    }

    /// Moves one entry from the chain of a group into this lane of the group, and no other: a walk
    /// that takes entries out looks at the lane again.
    ///
    /// # Safety
    /// The group has a chain, and the lane is empty.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn refill(&mut self, pos: usize, lane: usize) {
        // SAFETY: the slot of an empty lane is vacant.
        unsafe {
            let tag = self.pop_from_chain(pos, self.storage.slot(pos + lane).as_ptr());
            *self.storage.tag_byte(pos + lane) = tag.byte();
            self.narrow_filter(pos);
        }
    }

    /// Fills all empty lanes of a group from its chain, as far as that goes.
    ///
    /// # Safety
    /// A group of this table.
    pub(super) unsafe fn refill_all(&mut self, pos: usize) {
        // SAFETY: as the caller vouches.
        unsafe {
            for lane in self.storage.group(pos).match_empty() {
                if !self.storage.has_chain(pos) {
                    return;
                }
                self.refill(pos, lane);
            }
        }
    }

    /// Closes the gap that an entry leaves in a chain: the last entry of the first node fills it.
    ///
    /// # Safety
    /// The lane is live, and its slot has been read.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn remove_from_chain(&mut self, index: NodeIndex, lane: usize) {
        // SAFETY: a live node names its home (I5). Where the last entry of the first node is the
        // one that goes, it is copied onto itself, which changes nothing.
        unsafe {
            let node = self.node(index);
            let pos = node.home() as usize * LANES;
            let first = NodeIndex((*self.storage.head(pos)).first);
            let last = self.node(first).tags().count() - 1;
            if (index, lane) == (first, last) {
                self.drop_last(pos, first);
            } else {
                let tag = self.pop_from_chain(pos, node.slot(lane).as_ptr());
                node.set_tags(node.tags().with_byte(lane, tag.byte()));
            }
            self.narrow_filter(pos);
        }
    }

    /// Moves the last entry of the first node of a chain to `target`.
    ///
    /// # Safety
    /// The group has a chain; `target` is a vacant slot, and not that of this entry.
    #[inline]
    unsafe fn pop_from_chain(&mut self, pos: usize, target: *mut T) -> Tag {
        // SAFETY: the first node of a chain is never empty (I5).
        unsafe {
            let first = NodeIndex((*self.storage.head(pos)).first);
            let node = self.node(first);
            let last = node.tags().count() - 1;
            target.copy_from_nonoverlapping(node.slot(last).as_ptr(), 1);
            let tag = Tag::from_byte(node.tags().byte(last));
            self.drop_last(pos, first);
            tag
        }
    }

    /// Forgets the last entry of the first node of a chain, and the node with it if it was alone.
    ///
    /// # Safety
    /// `first` heads the chain of this group; what the slot held has been moved away.
    #[inline]
    unsafe fn drop_last(&mut self, pos: usize, first: NodeIndex) {
        // SAFETY: as the caller vouches. A node that goes is the first of its chain.
        unsafe {
            let node = self.node(first);
            let tags = node.tags();
            if tags.count() > 1 {
                return node.set_tags(tags.with_byte(tags.count() - 1, 0));
            }
            let next = node.next();
            self.storage.free_node(first);
            let head = self.storage.head(pos);
            (*head).first = next.0;
            if next.0 == NO_NODE {
                (*head).filter = 0;
            }
        }
    }

    /// Makes the filter of a group anew that an entry has left, if that is cheap.
    ///
    /// A bit may stay that no entry stands for any more: it costs a look at the chain, no more.
    ///
    /// # Safety
    /// A group of this large table.
    #[inline]
    unsafe fn narrow_filter(&mut self, pos: usize) {
        // SAFETY: as the caller vouches; where a bit is set there is a first node (I4).
        unsafe {
            let head = self.storage.head(pos);
            if (*head).filter == 0 {
                return;
            }
            let node = self.node(NodeIndex((*head).first));
            if node.next().0 == NO_NODE {
                (*head).filter = node.tags().filter();
            }
        }
    }

    /// Puts the bits of an entry into a lane of `room`, or into the chain of the group if none is left.
    ///
    /// The caller knows the room: to look at tag bytes that have just been written takes long.
    ///
    /// # Safety
    /// As for [`Self::push_to_chain`]; `room` is the empty lanes of the group.
    #[inline]
    pub(super) unsafe fn place(
        &mut self,
        pos: usize,
        room: &mut BitMask,
        tag: Tag,
        entry: *const T,
    ) {
        // SAFETY: the lane is empty, so its slot may be written.
        unsafe {
            let Some(lane) = room.next() else {
                self.push_to_chain(pos, tag, entry);
                return;
            };
            let slot = self.storage.slot(pos + lane).as_ptr();
            slot.copy_from_nonoverlapping(entry, 1);
            *self.storage.tag_byte(pos + lane) = tag.byte();
        }
    }

    /// Hands the chain of group `from` to group `to`.
    ///
    /// # Safety
    /// Both are groups of this large table, `from` has a chain; a node can be taken.
    pub(super) unsafe fn splice_chain(&mut self, from: usize, to: usize) {
        // SAFETY: nodes of live chains (I5); each link is set to a node of one of the two chains.
        unsafe {
            let first = NodeIndex((*self.storage.head(from)).first);
            let node = self.node(first);
            let rest = node.next();
            if rest.0 != NO_NODE {
                self.append_full_nodes(from, to, rest);
            }
            for (lane, tag) in node.tags().entries() {
                self.push_to_chain(to, tag, node.slot(lane).as_ptr());
            }
            self.storage.free_node(first);
            self.storage.head(from).write(Head::NONE);
        }
    }

    /// # Safety
    /// `rest` starts a list of full nodes in the chain of `from`.
    unsafe fn append_full_nodes(&mut self, from: usize, to: usize, rest: NodeIndex) {
        // SAFETY: as in `splice_chain`.
        unsafe {
            let mut index = rest;
            let last = loop {
                let node = self.node(index);
                node.set_home((to / LANES) as u32);
                if node.next().0 == NO_NODE {
                    break node;
                }
                index = node.next();
            };
            let classes = (*self.storage.head(from)).filter;
            let head = self.storage.head(to);
            if self.storage.has_chain(to) {
                let first = self.node(NodeIndex((*head).first));
                last.set_next(first.next());
                first.set_next(rest);
            } else {
                (*head).first = rest.0;
            }
            (*head).filter |= classes;
        }
    }

    /// Makes sure that an insertion into a full group finds a node.
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
