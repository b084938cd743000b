//! The memory of a table: where the bytes lie, and how the blocks grow and shrink.
//!
//! Knows the allocator; knows nothing of hashes, entries or chains.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem;
use core::ptr::{self, NonNull};

use allocator_api2::alloc::Allocator;

use super::block::{Fresh, Joined, allocate, heads_layout, resize, tags_layout};
use super::group::{Group, LANES, TagBytes};
use super::pace::{Direction, GrowthPolicy};
use crate::TryReserveError;

/// What a table of several groups keeps beside its hot fields, in front of its chain heads.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Header {
    /// The pool of overflow nodes, see [`super::overflow`].
    pub(super) nodes: NonNull<u8>,
    pub(super) node_cap: u32,
    /// Nodes below this index have been handed out at least once.
    pub(super) node_used: u32,
    /// First node of the free list, or `NO_NODE`.
    pub(super) node_free: u32,
    /// Nodes that are in a chain.
    pub(super) node_live: u32,
    /// Groups that each block has room for, or its part of a joined block.
    tags_cap: u32,
    slots_cap: u32,
    heads_cap: u32,
    /// Groups that merging leaves alone, because somebody asked for the room.
    pub(super) floor: u32,
    pub(super) policy: GrowthPolicy,
    pub(super) direction: Direction,
    /// Whether the slots stayed where they were when their block last grew.
    pub(super) in_place: bool,
    /// Whether tags, heads and slots are in one block.
    joined: bool,
}

/// "No node" in a link.
pub(super) const NO_NODE: u32 = u32::MAX;

impl Header {
    const fn new(policy: GrowthPolicy) -> Self {
        Header {
            nodes: NonNull::dangling(),
            node_cap: 0,
            node_used: 0,
            node_free: NO_NODE,
            node_live: 0,
            tags_cap: 0,
            slots_cap: 0,
            heads_cap: 0,
            floor: 0,
            policy,
            direction: Direction::Rest,
            in_place: false,
            joined: false,
        }
    }

    /// Whether the table is between the first and the last step of a burst.
    fn is_in_burst(&self) -> bool {
        self.policy == GrowthPolicy::Burst && self.direction != Direction::Rest
    }
}

/// What a group knows of its overflow chain.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Head {
    /// Bit `c` is set when an entry of class `c` may be in the chain; no bit: no chain.
    pub(super) filter: u32,
    /// The first node, where there is a chain.
    pub(super) first: u32,
}

impl Head {
    pub(super) const NONE: Self = Head {
        filter: 0,
        first: NO_NODE,
    };
}

/// What a small table has for a header: shared, read-only, its one group without a chain.
#[repr(C)]
struct SmallHeader(Header, Head);

impl SmallHeader {
    const fn new(policy: GrowthPolicy) -> Self {
        SmallHeader(Header::new(policy), Head::NONE)
    }
}

// SAFETY: never written; a shared reference hands out plain reads only.
unsafe impl Sync for SmallHeader {}

static NO_TAGS: TagBytes = TagBytes([0; LANES]);
static SMALL_BURST: SmallHeader = SmallHeader::new(GrowthPolicy::Burst);
static SMALL_PACED: SmallHeader = SmallHeader::new(GrowthPolicy::Paced);

/// The blocks of a table.
///
/// *Empty*: nothing is allocated. *Small*: one block, 16 tag bytes and up to 16 slots behind them,
/// `header` is a shared static. *Large*: a block of tag bytes, one of slots, one of the header and
/// the chain heads, all three in one *joined* block while they are short, and (from the first overflow
/// on) one of overflow nodes.
pub(super) struct Storage<T> {
    tags: NonNull<TagBytes>,
    slots: NonNull<T>,
    header: NonNull<Header>,
    owns: PhantomData<T>,
}

/// Slots for this many bytes are added at least when a block that grows in place grows.
const STEP_BYTES: usize = 64 << 10;
/// And no more than these, nor is more given back at once: each page takes the system a third of a microsecond or more.
pub(super) const MOST_BYTES: usize = 256 << 10;
/// Blocks of slots of no more than so many steps are shrunk once in a burst of merges.
const FEW_STEPS: usize = 4;

impl<T> Storage<T> {
    /// Bytes from the start of a small block to its slots.
    const SMALL_SLOTS_AT: usize = if align_of::<T>() > LANES {
        align_of::<T>()
    } else {
        LANES
    };

    pub(super) const fn empty(policy: GrowthPolicy) -> Self {
        let header = match policy {
            GrowthPolicy::Burst => (&raw const SMALL_BURST).cast::<Header>(),
            GrowthPolicy::Paced => (&raw const SMALL_PACED).cast::<Header>(),
        };
        // SAFETY: pointers to statics are not null.
        let (tags, header) = unsafe {
            (
                NonNull::new_unchecked((&raw const NO_TAGS).cast_mut()),
                NonNull::new_unchecked(header.cast_mut()),
            )
        };
        Storage {
            tags,
            slots: NonNull::dangling(),
            header,
            owns: PhantomData,
        }
    }

    /// The tag bytes of the group whose first slot is `pos`.
    ///
    /// # Safety
    /// `pos` is the first slot of a group below the capacity. Writes: the storage is not empty.
    #[inline]
    pub(super) unsafe fn tags(&self, pos: usize) -> *mut TagBytes {
        // SAFETY: inside of the block of tag bytes (I1); 16 slots answer to 16 bytes.
        unsafe { self.tags.as_ptr().byte_add(pos) }
    }

    /// # Safety
    /// As for [`Self::tags`]; the bytes are initialised (I2).
    #[inline]
    pub(super) unsafe fn group(&self, pos: usize) -> Group {
        // SAFETY: readable and initialised, as the caller vouches.
        unsafe { Group::load(&*self.tags(pos)) }
    }

    /// The tag byte of one slot.
    ///
    /// # Safety
    /// As for [`Self::tags`].
    #[inline]
    pub(super) unsafe fn tag_byte(&self, index: usize) -> *mut u8 {
        // SAFETY: inside of the block of tag bytes (I1).
        unsafe { self.tags.as_ptr().cast::<u8>().add(index) }
    }

    /// # Safety
    /// `index` is below the number of slots.
    #[inline]
    pub(super) unsafe fn slot(&self, index: usize) -> NonNull<T> {
        // SAFETY: inside of the block of slots (I1), which does not lie at the null address.
        unsafe {
            let slot = self.slots.as_ptr().add(index);
            NonNull::new_unchecked(slot)
        }
    }

    /// What the group whose first slot is `pos` knows of its chain.
    ///
    /// # Safety
    /// `pos` is the first slot of a group below the capacity. Writes: the storage is large.
    #[inline]
    pub(super) unsafe fn head(&self, pos: usize) -> *mut Head {
        // SAFETY: the heads follow the header in its block (I1); a small table has one, too.
        unsafe { self.header.as_ptr().add(1).cast::<Head>().add(pos / LANES) }
    }

    /// Whether the group whose first slot is `pos` has a chain.
    ///
    /// # Safety
    /// A group in use.
    #[inline]
    pub(super) unsafe fn has_chain(&self, pos: usize) -> bool {
        // SAFETY: the heads of groups in use are initialised (I2).
        unsafe { (*self.head(pos)).filter != 0 }
    }

    #[inline]
    pub(super) fn header(&self) -> &Header {
        // SAFETY: points at a static or at the block that this storage owns (I1).
        unsafe { self.header.as_ref() }
    }

    /// # Safety
    /// The storage is large: the header of a small one is shared and read-only.
    #[inline]
    pub(super) unsafe fn header_mut(&mut self) -> &mut Header {
        debug_assert!(!self.is_small());
        // SAFETY: the block is owned by this storage, and borrowed mutably with it.
        unsafe { self.header.as_mut() }
    }

    /// Whether the table is empty or one group in one block.
    #[inline]
    pub(super) fn is_small(&self) -> bool {
        self.header().tags_cap == 0
    }

    /// The start of the tag bytes, for iteration.
    #[inline]
    pub(super) fn first_tags(&self) -> NonNull<TagBytes> {
        self.tags
    }

    #[inline]
    pub(super) fn first_slot(&self) -> NonNull<T> {
        self.slots
    }

    /// Groups that all blocks have room for.
    pub(super) fn group_cap(&self) -> usize {
        let header = self.header();
        header.tags_cap.min(header.slots_cap).min(header.heads_cap) as usize
    }

    /// Bytes in the blocks, the pool of nodes left out.
    pub(super) fn size(&self, small_slots: usize) -> usize {
        if self.is_small() {
            return match small_slots {
                0 => 0,
                slots => Self::SMALL_SLOTS_AT + slots * size_of::<T>(),
            };
        }
        let header = self.header();
        if let Some(joined) = self.joined() {
            return joined.layout.size();
        }
        let heads = size_of::<Header>() + header.heads_cap as usize * size_of::<Head>();
        header.tags_cap as usize * LANES
            + header.slots_cap as usize * LANES * size_of::<T>()
            + heads.next_multiple_of(align_of::<Header>())
    }

    /// How the block of a large table lies, if it is a joined one.
    fn joined(&self) -> Option<Joined> {
        let header = self.header();
        match header.joined {
            true => Joined::of::<T>(header.tags_cap as usize),
            false => None,
        }
    }

    fn small_layout(slots: usize) -> Result<Layout, TryReserveError> {
        let size = size_of::<T>()
            .checked_mul(slots)
            .and_then(|bytes| bytes.checked_add(Self::SMALL_SLOTS_AT));
        size.and_then(|size| Layout::from_size_align(size, Self::SMALL_SLOTS_AT).ok())
            .ok_or(TryReserveError::CapacityOverflow)
    }

    fn slots_layout(groups: usize) -> Result<Layout, TryReserveError> {
        groups
            .checked_mul(LANES)
            .and_then(|slots| Layout::array::<T>(slots).ok())
            .ok_or(TryReserveError::CapacityOverflow)
    }

    /// Gives a small or empty storage room for `new` slots, `old` being what it has.
    ///
    /// # Safety
    /// Small with `old` slots (0: empty), all blocks from `alloc`; slots at `new` and above are empty.
    pub(super) unsafe fn resize_small<A: Allocator>(
        &mut self,
        alloc: &A,
        old: usize,
        new: usize,
    ) -> Result<(), TryReserveError> {
        let layout = Self::small_layout(new)?;
        let block = if old == 0 {
            let block = allocate(alloc, layout, false)?;
            // SAFETY: the block is fresh and holds at least the tag bytes.
            unsafe { block.cast::<TagBytes>().write(TagBytes([0; LANES])) };
            block
        } else {
            // SAFETY: the block and its layout are those of `old` slots, as the caller vouches.
            unsafe { resize(alloc, self.tags.cast(), Self::small_layout(old)?, layout)? }
        };
        self.tags = block.cast();
        // SAFETY: the layout has the slots at this offset.
        self.slots = unsafe { block.byte_add(Self::SMALL_SLOTS_AT) }.cast();
        Ok(())
    }

    /// A large storage of `groups` empty groups.
    pub(super) fn large<A: Allocator>(
        alloc: &A,
        groups: usize,
        policy: GrowthPolicy,
    ) -> Result<Self, TryReserveError> {
        let cap = u32::try_from(groups).map_err(|_| TryReserveError::CapacityOverflow)?;
        let fresh = Header {
            tags_cap: cap,
            slots_cap: cap,
            heads_cap: cap,
            ..Header::new(policy)
        };
        if let Some(joined) = Joined::of::<T>(groups) {
            let block = allocate(alloc, joined.layout, false)?;
            // SAFETY: the parts lie in the fresh block as the layout says; all zeros is no tag and no chain.
            return unsafe {
                block.write_bytes(0, joined.slots_at);
                let header = block.byte_add(joined.header_at).cast::<Header>();
                header.write(Header {
                    joined: true,
                    ..fresh
                });
                Ok(Storage {
                    tags: block.cast(),
                    slots: block.byte_add(joined.slots_at).cast(),
                    header,
                    owns: PhantomData,
                })
            };
        }
        let (tags_layout, slots_layout) = (tags_layout(groups)?, Self::slots_layout(groups)?);
        let heads_layout = heads_layout(groups)?;
        let tags = Fresh::new(alloc, tags_layout, true)?;
        let slots = Fresh::new(alloc, slots_layout, false)?;
        let header = allocate(alloc, heads_layout, true)?.cast::<Header>();
        // SAFETY: the fresh block has a header at its start.
        unsafe { header.write(fresh) };
        Ok(Storage {
            tags: tags.keep().cast(),
            slots: slots.keep().cast(),
            header,
            owns: PhantomData,
        })
    }

    /// How many groups to make room for when `need` are wanted now and `target` will be.
    ///
    /// Where the blocks grow in place, a little more than needed; elsewhere each growth may cost
    /// a copy, so take all that this doubling will want.
    pub(super) fn growth_goal(&self, need: usize, target: usize) -> usize {
        let header = self.header();
        let step = if header.in_place {
            (need / 32).clamp(Self::groups_in(STEP_BYTES), Self::groups_in(MOST_BYTES))
        } else if header.policy == GrowthPolicy::Paced {
            need / 4
        } else {
            return target.max(need);
        };
        (need + step.max(1)).min(target).max(need)
    }

    /// Groups whose slots take so many bytes.
    const fn groups_in(bytes: usize) -> usize {
        match LANES * size_of::<T>() {
            0 => bytes,
            size => bytes / size,
        }
    }

    /// Makes room for `groups` groups.
    ///
    /// # Safety
    /// Large, all blocks from `alloc`.
    pub(super) unsafe fn grow<A: Allocator>(
        &mut self,
        alloc: &A,
        groups: usize,
    ) -> Result<(), TryReserveError> {
        if groups <= self.group_cap() {
            return Ok(());
        }
        // SAFETY: as the caller vouches.
        unsafe { self.resize_blocks(alloc, groups, |cap| (cap as usize) < groups) }
    }

    /// Gives back what lies beyond `groups` groups. Where the allocator refuses, nothing changes.
    ///
    /// # Safety
    /// Large, all blocks from `alloc`, every group in use is below `groups`.
    pub(super) unsafe fn shrink<A: Allocator>(&mut self, alloc: &A, groups: usize) {
        // SAFETY: as the caller vouches.
        let shrunk = unsafe { self.resize_blocks(alloc, groups, |cap| cap as usize > groups) };
        // A block that the allocator would not shrink stays whole, and stays usable.
        drop(shrunk);
    }

    /// Resizes all blocks to `groups` groups, even those that have just these.
    ///
    /// # Safety
    /// As for [`Self::shrink`].
    pub(super) unsafe fn renew<A: Allocator>(
        &mut self,
        alloc: &A,
        groups: usize,
    ) -> Result<(), TryReserveError> {
        // SAFETY: the caller's promise is the same.
        unsafe { self.resize_blocks(alloc, groups, |_| true) }
    }

    /// Whether so much room is unused that shrinking to `groups` groups is worth a call.
    ///
    /// Blocks that grow in place give back in steps, the finer the longer they are; others when a third is unused.
    /// In a burst of merges short blocks wait for its end, which is near: each step might move them.
    pub(super) fn worth_shrinking(&self, groups: usize) -> bool {
        let header = self.header();
        let cap = header.slots_cap as usize;
        let steps = cap * LANES * size_of::<T>() / STEP_BYTES;
        if steps <= FEW_STEPS && header.is_in_burst() {
            return false;
        }
        let slack = match steps {
            64.. if header.in_place => (groups / 8).min(Self::groups_in(MOST_BYTES)).max(1),
            2.. if header.in_place => groups / 4,
            _ => groups / 2,
        };
        cap > groups + slack
    }

    /// Whether some block has room for more than `groups` groups.
    pub(super) fn any_cap_above(&self, groups: usize) -> bool {
        let header = self.header();
        header.tags_cap.max(header.slots_cap).max(header.heads_cap) as usize > groups
    }

    /// # Safety
    /// As for [`Self::grow`] or [`Self::shrink`]; `wanted` picks the blocks by their capacity.
    unsafe fn resize_blocks<A: Allocator>(
        &mut self,
        alloc: &A,
        groups: usize,
        wanted: impl Fn(u32) -> bool,
    ) -> Result<(), TryReserveError> {
        let cap = u32::try_from(groups).map_err(|_| TryReserveError::CapacityOverflow)?;
        let header = self.header();
        if header.joined || Joined::of::<T>(groups).is_some() {
            let caps = [header.tags_cap, header.slots_cap, header.heads_cap];
            if caps.into_iter().any(wanted) {
                // SAFETY: as the caller vouches.
                unsafe { self.move_all(alloc, groups)? };
            }
            return Ok(());
        }
        // SAFETY: the caller vouches that the storage is large.
        let header = unsafe { self.header.as_mut() };
        if wanted(header.slots_cap) {
            let (old, new) = (
                Self::slots_layout(header.slots_cap as usize)?,
                Self::slots_layout(groups)?,
            );
            // SAFETY: the block of slots has this layout (I1).
            let slots = unsafe { resize(alloc, self.slots.cast(), old, new)? }.cast();
            if new.size() > old.size() {
                header.in_place = slots == self.slots;
            }
            self.slots = slots;
            header.slots_cap = cap;
        }
        if wanted(header.tags_cap) {
            let (old, new) = (tags_layout(header.tags_cap as usize)?, tags_layout(groups)?);
            // SAFETY: the block of tag bytes has this layout (I1).
            self.tags = unsafe { resize(alloc, self.tags.cast(), old, new)? }.cast();
            header.tags_cap = cap;
        }
        if wanted(header.heads_cap) {
            let (old, new) = (
                heads_layout(header.heads_cap as usize)?,
                heads_layout(groups)?,
            );
            // SAFETY: the block of the header has this layout (I1).
            self.header = unsafe { resize(alloc, self.header.cast(), old, new)? }.cast();
            // SAFETY: the header moved along with its block.
            unsafe { self.header.as_mut() }.heads_cap = cap;
        }
        Ok(())
    }

    /// Moves from or to a joined block, with room for `groups` groups.
    ///
    /// # Safety
    /// As for [`Self::grow`] or [`Self::shrink`].
    unsafe fn move_all<A: Allocator>(
        &mut self,
        alloc: &A,
        groups: usize,
    ) -> Result<(), TryReserveError> {
        let header = *self.header();
        let mut fresh = Self::large(alloc, groups, header.policy)?;
        let common = groups.min(self.group_cap());
        // SAFETY: both storages are large with this many groups, and all that are in use are among them; the pool
        // of nodes goes with the header, and the old blocks are freed without looking at what was in them.
        unsafe {
            let (joined, cap) = (fresh.header().joined, fresh.header().tags_cap);
            *fresh.header_mut() = Header {
                tags_cap: cap,
                slots_cap: cap,
                heads_cap: cap,
                in_place: false,
                joined,
                ..header
            };
            fresh.tags.copy_from_nonoverlapping(self.tags, common);
            fresh.head(0).copy_from_nonoverlapping(self.head(0), common);
            fresh
                .slots
                .copy_from_nonoverlapping(self.slots, common * LANES);
            mem::replace(self, fresh).free(alloc, 0);
        }
        Ok(())
    }

    /// Frees the blocks (not the pool of nodes); what they held is forgotten.
    ///
    /// By value: a table gives its storage up first, so that nothing is freed twice when the allocator panics.
    ///
    /// # Safety
    /// All blocks from `alloc`, small with `small_slots` slots, or large. Nothing is used after.
    pub(super) unsafe fn free<A: Allocator>(self, alloc: &A, small_slots: usize) {
        if self.is_small() {
            if small_slots != 0 {
                let Ok(layout) = Self::small_layout(small_slots) else {
                    return;
                };
                // SAFETY: the block has this layout (I8).
                unsafe { alloc.deallocate(self.tags.cast(), layout) };
            }
        } else if let Some(joined) = self.joined() {
            // SAFETY: the block has this layout (I1), and the tag bytes are its first part.
            unsafe { alloc.deallocate(self.tags.cast(), joined.layout) };
        } else {
            let header = self.header();
            let layouts = (
                tags_layout(header.tags_cap as usize),
                Self::slots_layout(header.slots_cap as usize),
                heads_layout(header.heads_cap as usize),
            );
            let (Ok(tags), Ok(slots), Ok(heads)) = layouts else {
                return;
            };
            // SAFETY: the blocks have these layouts (I1).
            unsafe {
                alloc.deallocate(self.tags.cast(), tags);
                alloc.deallocate(self.slots.cast(), slots);
                alloc.deallocate(self.header.cast(), heads);
            }
        }
    }

    /// Marks the slots of `groups` groups as empty, and forgets their chains.
    ///
    /// # Safety
    /// The storage is not empty and has that many groups.
    pub(super) unsafe fn clear_tags(&mut self, groups: usize) {
        // SAFETY: the blocks are at least this long (I1); all zeros is no chain.
        unsafe {
            ptr::write_bytes(self.tags.as_ptr(), 0, groups);
            if !self.is_small() {
                ptr::write_bytes(self.head(0), 0, groups);
            }
        }
    }
}

// SAFETY: a storage owns what it points at, as `Box<[T]>` does; the shared statics are read-only.
unsafe impl<T: Send> Send for Storage<T> {}
// SAFETY: shared access to a storage only reads what it owns.
unsafe impl<T: Sync> Sync for Storage<T> {}
