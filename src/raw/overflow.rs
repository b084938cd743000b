//! The pool of overflow nodes: a few slots each, linked by index, recycled through a free list.
//!
//! Knows nodes; which entry belongs in which chain is the business of [`super::chain`].

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem;
use core::ptr::{self, NonNull};

use allocator_api2::alloc::Allocator;

use super::batch::prefetch;
use super::block::{allocate, resize};
use super::group::BitMask;
use super::pace::GrowthPolicy;
use super::storage::{Header, MOST_BYTES, NO_NODE, Storage};
use super::tag::Tag;
use crate::TryReserveError;

/// The index of a node in its pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NodeIndex(pub(super) u32);

/// What a node holds in front of its slots.
#[repr(C)]
struct NodeHead {
    tags: NodeTags,
    /// The next node of the chain, or of the free list.
    next: u32,
    /// The group that the chain belongs to; in a free node, the previous node of the free list.
    home: u32,
    /// While a group is being split: the lanes whose entries will move.
    movers: u32,
}

const MAX_LANES: usize = 4;

/// The tag bytes of a node, lane 0 lowest. Entries take the first lanes; a free node has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(super) struct NodeTags(u32);

impl NodeTags {
    const NONE: Self = NodeTags(0);

    /// The number of entries.
    #[inline]
    pub(super) fn count(self) -> usize {
        MAX_LANES - self.0.leading_zeros() as usize / 8
    }

    #[inline]
    pub(super) fn any(self) -> bool {
        self.0 != 0
    }

    #[inline]
    pub(super) fn byte(self, lane: usize) -> u8 {
        (self.0 >> (8 * lane)) as u8
    }

    #[inline]
    pub(super) fn with_byte(self, lane: usize, byte: u8) -> Self {
        NodeTags(self.0 & !(0xFF << (8 * lane)) | u32::from(byte) << (8 * lane))
    }

    /// The lanes whose tag is `tag`.
    #[inline]
    pub(super) fn match_tag(self, tag: Tag) -> BitMask {
        zero_lanes(self.0 ^ spread(tag.byte()))
    }

    /// The bits of a filter that stand for these entries.
    #[inline]
    pub(super) fn filter(self) -> u32 {
        self.entries()
            .fold(0, |filter, (_, tag)| filter | tag.filter())
    }

    /// The lanes that hold entries, with their tags.
    #[inline]
    pub(super) fn entries(self) -> impl DoubleEndedIterator<Item = (usize, Tag)> {
        (0..self.count()).map(move |lane| (lane, Tag::from_byte(self.byte(lane))))
    }
}

#[inline]
fn spread(byte: u8) -> u32 {
    u32::from_ne_bytes([byte; MAX_LANES])
}

/// The bytes that are zero; exact, no carry crosses a byte.
#[inline]
fn zero_lanes(bytes: u32) -> BitMask {
    let low = spread(0x7F);
    let zero = !(((bytes & low) + low) | bytes | low);
    // The product gathers the high bits: that of byte `i` comes to bit 24 + i.
    BitMask::from_bits(((zero >> 7).wrapping_mul(0x0102_0408) >> 24) as u16 & 0xF)
}

/// How many nodes ahead trimming asks for what it will touch.
const TRIM_AHEAD: u32 = 8;

/// Nodes of a pool that is new.
const FIRST_NODES: u32 = 4;

/// A reference to one node of a pool; what it allows is up to who made it.
pub(super) struct Node<T> {
    head: NonNull<NodeHead>,
    slots: PhantomData<NonNull<T>>,
}

impl<T> Clone for Node<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Node<T> {}

impl<T> Node<T> {
    /// Slots in a node: few, because most chains hold one or two entries; fewer where entries are large.
    pub(super) const LANES: usize = match size_of::<T>() {
        0..=64 => MAX_LANES,
        65..=256 => 2,
        _ => 1,
    };

    const ALIGN: usize = if align_of::<T>() > align_of::<NodeHead>() {
        align_of::<T>()
    } else {
        align_of::<NodeHead>()
    };
    const SLOTS_AT: usize = size_of::<NodeHead>().next_multiple_of(Self::ALIGN);
    /// Bytes of a node.
    pub(super) const SIZE: usize =
        (Self::SLOTS_AT + Self::LANES * size_of::<T>()).next_multiple_of(Self::ALIGN);

    /// # Safety
    /// `index` is below the capacity of the pool that `header` describes, and the pool is one of `T`.
    #[inline]
    pub(super) unsafe fn at(header: &Header, index: NodeIndex) -> Self {
        // SAFETY: the pool is an array of nodes of `SIZE` bytes (I5).
        let head = unsafe { header.nodes.byte_add(index.0 as usize * Self::SIZE) };
        Node {
            head: head.cast(),
            slots: PhantomData,
        }
    }

    /// # Safety
    /// The node has been handed out (I5), as for every call below; those that write need `&mut`
    /// access to its table.
    #[inline]
    pub(super) unsafe fn tags(self) -> NodeTags {
        // SAFETY: the head is initialised (I5).
        unsafe { (*self.head.as_ptr()).tags }
    }

    #[inline]
    pub(super) unsafe fn set_tags(self, tags: NodeTags) {
        // SAFETY: the head is initialised (I5), and the caller may write.
        unsafe { (*self.head.as_ptr()).tags = tags }
    }

    #[inline]
    pub(super) unsafe fn next(self) -> NodeIndex {
        // SAFETY: the head is initialised (I5).
        NodeIndex(unsafe { (*self.head.as_ptr()).next })
    }

    #[inline]
    pub(super) unsafe fn set_next(self, next: NodeIndex) {
        // SAFETY: the head is initialised (I5), and the caller may write.
        unsafe { (*self.head.as_ptr()).next = next.0 }
    }

    /// The group that the chain of this node belongs to.
    #[inline]
    pub(super) unsafe fn home(self) -> u32 {
        // SAFETY: the head is initialised (I5).
        unsafe { (*self.head.as_ptr()).home }
    }

    #[inline]
    pub(super) unsafe fn set_home(self, home: u32) {
        // SAFETY: the head is initialised (I5), and the caller may write.
        unsafe { (*self.head.as_ptr()).home = home }
    }

    #[inline]
    pub(super) unsafe fn movers(self) -> u32 {
        // SAFETY: the head is initialised (I5).
        unsafe { (*self.head.as_ptr()).movers }
    }

    #[inline]
    pub(super) unsafe fn set_movers(self, movers: u32) {
        // SAFETY: the head is initialised (I5), and the caller may write.
        unsafe { (*self.head.as_ptr()).movers = movers }
    }

    /// Asks for the node, which may take two cache lines.
    #[inline]
    pub(super) fn prefetch(self) {
        let head = self.head.as_ptr();
        prefetch(head);
        prefetch(head.wrapping_byte_add(64));
    }

    /// # Safety
    /// `lane < LANES`.
    #[inline]
    pub(super) unsafe fn slot(self, lane: usize) -> NonNull<T> {
        debug_assert!(lane < Self::LANES);
        // SAFETY: the slots lie behind the head, inside of the node.
        unsafe { self.head.byte_add(Self::SLOTS_AT).cast::<T>().add(lane) }
    }
}

fn pool_layout<T>(nodes: u32) -> Result<Layout, TryReserveError> {
    Node::<T>::SIZE
        .checked_mul(nodes as usize)
        .and_then(|size| Layout::from_size_align(size, Node::<T>::ALIGN).ok())
        .ok_or(TryReserveError::CapacityOverflow)
}

/// The pool, as operations on the header that holds its fields.
impl<T> Storage<T> {
    /// How many nodes a pool that stays in its place gains or loses at most at once.
    const NODE_STEP: u32 = match MOST_BYTES / Node::<T>::SIZE {
        0 => 1,
        nodes => nodes as u32,
    };

    /// Bytes of the pool.
    pub(super) fn pool_size(&self) -> usize {
        self.header().node_cap as usize * Node::<T>::SIZE
    }

    /// Nodes that can be taken without a call to the allocator.
    #[inline]
    pub(super) fn spare_nodes(&self) -> u32 {
        let header = self.header();
        header.node_cap - header.node_live
    }

    /// Makes sure that `count` nodes can be taken without a call to the allocator.
    ///
    /// # Safety
    /// Large, all blocks from `alloc`.
    #[inline]
    pub(super) unsafe fn reserve_nodes<A: Allocator>(
        &mut self,
        alloc: &A,
        count: u32,
    ) -> Result<(), TryReserveError> {
        if self.spare_nodes() >= count {
            return Ok(());
        }
        // SAFETY: as the caller vouches.
        unsafe { self.grow_pool(alloc, count) }
    }

    #[cold]
    unsafe fn grow_pool<A: Allocator>(
        &mut self,
        alloc: &A,
        count: u32,
    ) -> Result<(), TryReserveError> {
        let header = self.header();
        let (live, old_cap) = (header.node_live, header.node_cap);
        let need = live
            .checked_add(count)
            .filter(|&need| need < NODE_LIMIT)
            .ok_or(TryReserveError::CapacityOverflow)?;
        let most = if header.in_place {
            Self::NODE_STEP
        } else {
            u32::MAX
        };
        let step = (old_cap / 4).min(most).max(FIRST_NODES);
        let cap = need.max(old_cap.saturating_add(step).min(NODE_LIMIT));
        // SAFETY: the new capacity is not below the old one.
        unsafe { self.resize_pool(alloc, cap) }
    }

    /// # Safety
    /// As for `reserve_nodes`; no node at `cap` or above has been handed out.
    unsafe fn resize_pool<A: Allocator>(
        &mut self,
        alloc: &A,
        cap: u32,
    ) -> Result<(), TryReserveError> {
        // SAFETY: the caller vouches that the storage is large.
        let header = unsafe { self.header_mut() };
        let (old, new) = (pool_layout::<T>(header.node_cap)?, pool_layout::<T>(cap)?);
        if cap == 0 {
            let nodes = mem::replace(&mut header.nodes, NonNull::dangling());
            header.node_cap = 0;
            // SAFETY: the pool has the old layout (I5), and there is one: `cap` differs.
            unsafe { alloc.deallocate(nodes, old) };
        } else if header.node_cap == 0 {
            header.nodes = allocate(alloc, new, false)?;
        } else {
            // SAFETY: the pool has the old layout (I5).
            header.nodes = unsafe { resize(alloc, header.nodes, old, new)? };
        }
        header.node_cap = cap;
        Ok(())
    }

    /// Takes a node: empty, at the front of a chain that goes on with `next`.
    ///
    /// # Safety
    /// Large; `reserve_nodes` has vouched for it.
    pub(super) unsafe fn take_node(&mut self, home: u32, next: NodeIndex) -> NodeIndex {
        // SAFETY: the caller vouches that the storage is large.
        let header = unsafe { self.header_mut() };
        let index = if header.node_free == NO_NODE {
            header.node_used += 1;
            NodeIndex(header.node_used - 1)
        } else {
            let index = NodeIndex(header.node_free);
            // SAFETY: a node of the free list (I5).
            unsafe { self.unlink_free(index) };
            index
        };
        // SAFETY: the storage is large, as the caller vouches, and nothing else of it is borrowed.
        let header = unsafe { self.header_mut() };
        debug_assert!(header.node_used <= header.node_cap);
        header.node_live += 1;
        // SAFETY: below `node_used`, hence inside of the pool.
        unsafe {
            let node = Node::<T>::at(header, index);
            node.head.write(NodeHead {
                tags: NodeTags::NONE,
                next: next.0,
                home,
                movers: 0,
            });
        }
        index
    }

    /// Puts an empty node, which no chain names any more, on the free list.
    ///
    /// # Safety
    /// As said; large.
    pub(super) unsafe fn free_node(&mut self, index: NodeIndex) {
        // SAFETY: the caller vouches that the storage is large, the node handed out and empty.
        unsafe {
            let header = self.header_mut();
            header.node_live -= 1;
            let second = header.node_free;
            header.node_free = index.0;
            let header = self.header();
            Node::<T>::at(header, index).head.write(NodeHead {
                tags: NodeTags::NONE,
                next: second,
                home: NO_NODE,
                movers: 0,
            });
            if second != NO_NODE {
                Node::<T>::at(header, NodeIndex(second)).set_home(index.0);
            }
        }
    }

    /// # Safety
    /// `index` is on the free list.
    unsafe fn unlink_free(&mut self, index: NodeIndex) {
        // SAFETY: links of the free list name nodes that have been handed out (I5).
        unsafe {
            let node = Node::<T>::at(self.header(), index);
            let (previous, next) = (node.home(), node.next());
            if previous == NO_NODE {
                self.header_mut().node_free = next.0;
            } else {
                Node::<T>::at(self.header(), NodeIndex(previous)).set_next(next);
            }
            if next.0 != NO_NODE {
                Node::<T>::at(self.header(), next).set_home(previous);
            }
        }
    }

    /// Trims the pool beside a split.
    ///
    /// A burst frees nearly all nodes, in an order that has nothing to do with theirs. Trimming all along would
    /// move each node that is to be freed soon; so it starts when few are left to move, and then takes larger steps.
    ///
    /// # Safety
    /// Large.
    pub(super) unsafe fn trim_while_splitting(&mut self) {
        let header = self.header();
        let steps = match header.policy {
            GrowthPolicy::Paced => 4,
            GrowthPolicy::Burst if header.node_live <= header.node_used / 8 => 16,
            GrowthPolicy::Burst => return,
        };
        // SAFETY: as the caller vouches.
        unsafe { self.trim_nodes(steps) }
    }

    /// Lowers `node_used` by up to `steps` nodes, moving the last live nodes into free ones.
    ///
    /// # Safety
    /// Large.
    pub(super) unsafe fn trim_nodes(&mut self, steps: usize) {
        for _ in 0..steps {
            let header = self.header();
            if header.node_used == header.node_live {
                return;
            }
            let last = NodeIndex(header.node_used - 1);
            self.prefetch_trim(NodeIndex(last.0.saturating_sub(TRIM_AHEAD)));
            // SAFETY: `last` has been handed out, and not all that were are live: one is free (I5).
            unsafe {
                let node = Node::<T>::at(header, last);
                if !node.tags().any() {
                    self.unlink_free(last);
                } else {
                    let free = NodeIndex(header.node_free);
                    self.unlink_free(free);
                    self.move_node(last, free);
                }
                self.header_mut().node_used -= 1;
            }
        }
    }

    /// Asks for what a step of trimming will touch besides the last node: its neighbours on the free list, or
    /// the head of its chain.
    #[inline]
    fn prefetch_trim(&self, index: NodeIndex) {
        let header = self.header();
        // SAFETY: a node that has been handed out (I5). What is asked for is only an address.
        unsafe {
            let node = Node::<T>::at(header, index);
            if node.tags().any() {
                prefetch(self.head(node.home() as usize * super::group::LANES));
            } else {
                // The end of the list leads nowhere.
                for link in [node.home(), node.next().0] {
                    prefetch(
                        header
                            .nodes
                            .as_ptr()
                            .wrapping_byte_add((link as usize).wrapping_mul(Node::<T>::SIZE)),
                    );
                }
            }
        }
    }

    /// Moves a live node and makes its chain follow.
    ///
    /// # Safety
    /// Large; `from` is live, `to` neither live nor on the free list.
    unsafe fn move_node(&mut self, from: NodeIndex, to: NodeIndex) {
        // SAFETY: both are inside of the pool and differ; the chain of the node's home leads to it (I5).
        unsafe {
            let header = self.header();
            let node = Node::<T>::at(header, from);
            let target = Node::<T>::at(header, to);
            ptr::copy_nonoverlapping(
                node.head.as_ptr().cast::<u8>(),
                target.head.as_ptr().cast::<u8>(),
                Node::<T>::SIZE,
            );
            let head = self.head(node.home() as usize * super::group::LANES);
            let first = (*head).first;
            if first == from.0 {
                (*head).first = to.0;
                return;
            }
            let mut before = Node::<T>::at(header, NodeIndex(first));
            while before.next() != from {
                before = Node::<T>::at(header, before.next());
            }
            before.set_next(to);
        }
    }

    /// Gives the unused end of the pool back where that is worth a call.
    ///
    /// # Safety
    /// Large, all blocks from `alloc`.
    pub(super) unsafe fn shrink_pool<A: Allocator>(&mut self, alloc: &A, exact: bool) {
        let header = self.header();
        let (cap, used) = (header.node_cap, header.node_used);
        let keep = if exact { used } else { used + used / 4 + 16 };
        if cap > keep && (exact || cap / 2 > keep) {
            // SAFETY: no node at `keep` or above has been handed out.
            let shrunk = unsafe { self.resize_pool(alloc, keep) };
            // A pool that the allocator would not shrink stays whole.
            drop(shrunk);
        }
    }

    /// Gives a little of the unused end of the pool back, where that moves nothing: between the steps of a burst, as
    /// all of it at its end takes a millisecond at ten million entries.
    ///
    /// # Safety
    /// Large, all blocks from `alloc`.
    pub(super) unsafe fn lower_pool<A: Allocator>(&mut self, alloc: &A) {
        let header = self.header();
        let (cap, used) = (header.node_cap, header.node_used);
        let goal = cap.saturating_sub(Self::NODE_STEP);
        if header.in_place && goal > used + used / 4 + Self::NODE_STEP {
            // SAFETY: no node at `goal` or above has been handed out.
            let lowered = unsafe { self.resize_pool(alloc, goal) };
            // A pool that the allocator would not shrink stays whole.
            drop(lowered);
        }
    }

    /// Resizes the pool to what it is.
    ///
    /// # Safety
    /// Large, all blocks from `alloc`.
    pub(super) unsafe fn renew_pool<A: Allocator>(
        &mut self,
        alloc: &A,
    ) -> Result<(), TryReserveError> {
        match self.header().node_cap {
            0 => Ok(()),
            // SAFETY: as the caller vouches.
            cap => unsafe { self.resize_pool(alloc, cap) },
        }
    }

    /// Forgets all nodes and what they hold.
    ///
    /// # Safety
    /// Large; no chain is looked at again.
    pub(super) unsafe fn clear_pool(&mut self) {
        // SAFETY: the caller vouches that the storage is large.
        let header = unsafe { self.header_mut() };
        header.node_used = 0;
        header.node_live = 0;
        header.node_free = NO_NODE;
    }

    /// Frees the pool.
    ///
    /// # Safety
    /// Large, all blocks from `alloc`; no chain is looked at again.
    pub(super) unsafe fn free_pool<A: Allocator>(&mut self, alloc: &A) {
        // SAFETY: as the caller vouches; after clearing, no node has been handed out.
        unsafe {
            self.clear_pool();
            self.shrink_pool(alloc, true);
        }
    }
}

/// The number of nodes that indices can name.
pub(super) const NODE_LIMIT: u32 = if cfg!(test) { 1 << 9 } else { NO_NODE - 1 };
