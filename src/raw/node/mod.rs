//! A map in eight bytes: the node of a nested map.
//!
//! A [`Node`] is a pointer whose lowest three bits say what it points at: nothing, one bare entry, a block of tag
//! bytes and 2 to 16 slots, or something wide. The latter is a block of groups ([`wide`]) or, above [`MOST_WIDE`]
//! entries, a [`RawTable`] in a block of its own. Like the table a node is unmanaged: hashes, closures and the arena
//! come from the owner.
//!
//! # Invariants
//! - **N1** The block of a node has the layout of its representation (`KINDS`, `Wide::layout`, `TableBlock`), which is
//!   aligned to 8 at least, and is from its arena. A wide block begins with its number of groups, a table's block with
//!   a 0 of that size.
//! - **N2** Entries fill the slots from the first on; a slot is initialised exactly if its tag byte is not 0. The
//!   slot of a bare entry is always initialised.
//! - **N3** A node that is not null has an entry, but for one that room was reserved in.
//! - **N4** A wide block has no more than [`MOST_WIDE`] entries, rounded up to what whole groups hold.
//! - **N5** User code (hashing, comparing, predicates) runs only while N1 and N2 hold.

#[cfg(any(test, tophash_check))]
mod check;
mod extract;
mod grow;
mod iter;
mod shrink;
mod wide;

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

use allocator_api2::alloc::Allocator;

pub(crate) use extract::Sift;
pub(crate) use iter::{Cursor, Lanes, NodeIter};

use self::wide::Wide;
use super::group::{Group, TagBytes};
use super::table::{Loc, RawTable};
use super::tag::Tag;
use crate::TryReserveError;
use crate::arena::{Arena, Kind};

const NULL: usize = 0;
const BARE: usize = 1;
const MANY: usize = 7;
const REP: usize = 7;
/// Slots of each representation that is one block.
const SLOTS: [usize; MANY] = [0, 1, 2, 4, 8, 12, 16];
/// Entries of the largest block.
const MOST: usize = SLOTS[MANY - 1];
/// Entries of the largest wide block: an insertion may move them all.
const MOST_WIDE: usize = if cfg!(tophash_quantum_1) { 64 } else { 1 << 14 };
const LANES_PER_WORD: usize = 8;

/// What the node of a table points at. Without an alignment of its own the lowest bits of its address would not be free
/// for the representation, where pointers have 32 bits.
#[repr(C, align(8))]
struct TableBlock<T> {
    /// Where a wide block has its number of groups.
    groups: u32,
    table: RawTable<T>,
}

/// What a node of many entries is.
enum Many<'a, T> {
    Wide(Wide<T>),
    Table(&'a RawTable<T>),
}

/// See the module's documentation.
pub struct Node<T> {
    bits: *mut u8,
    owns: PhantomData<T>,
}

/// How many nodes of a kind there are, and what they hold.
#[derive(Clone, Copy, Default, Debug)]
pub struct NodeCounts {
    /// Nodes that are null, a bare entry, a block, wide.
    pub(crate) nodes: [usize; 4],
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

/// The lanes of eight tag bytes that hold `tag`: one bit for each, at the top of its byte.
#[inline]
fn match_word(word: u64, tag: Tag) -> u64 {
    const LOW: u64 = u64::from_ne_bytes([0x7F; 8]);
    let differ = word ^ u64::from_ne_bytes([tag.byte(); 8]);
    // Exact: no carry leaves a byte.
    !(((differ & LOW) + LOW) | differ | LOW)
}

impl<T> Node<T> {
    pub(crate) const fn new() -> Self {
        Node {
            bits: ptr::null_mut(),
            owns: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn is_null(&self) -> bool {
        self.bits.is_null()
    }

    #[inline]
    fn rep(&self) -> usize {
        self.bits.addr() & REP
    }

    #[inline]
    fn block(&self) -> *mut u8 {
        self.bits.map_addr(|bits| bits & !REP)
    }

    fn of(block: NonNull<u8>, rep: usize) -> Self {
        debug_assert!(block.addr().get() & REP == 0, "N1: alignment");
        Node {
            bits: block.as_ptr().map_addr(|address| address | rep),
            owns: PhantomData,
        }
    }

    /// Words of tag bytes in a block.
    #[inline]
    const fn words(rep: usize) -> usize {
        match rep {
            0 | 1 => 0,
            2..=4 => 1,
            _ => 2,
        }
    }

    #[inline]
    const fn slots_at(words: usize) -> usize {
        (words * LANES_PER_WORD).next_multiple_of(align_of::<T>())
    }

    /// The block of each representation that is one; `None` for the others, and where it would be too long.
    const KINDS: [Option<Kind>; MANY + 1] = {
        let (mut kinds, mut rep) = ([None; MANY + 1], BARE);
        while rep < MANY {
            let words = Self::words(rep);
            let tags = if words == 2 { 16 } else { 8 };
            let align = if tags > align_of::<T>() {
                tags
            } else {
                align_of::<T>()
            };
            if let Some(slots) = size_of::<T>().checked_mul(SLOTS[rep]) {
                if let Some(size) = slots.checked_add(Self::slots_at(words)) {
                    let size = if size == 0 { 1 } else { size };
                    if let Ok(layout) = Layout::from_size_align(size, align) {
                        kinds[rep] = Some(Kind::of(layout));
                    }
                }
            }
            rep += 1;
        }
        kinds
    };

    /// What a block of this representation is.
    #[inline]
    fn kind(rep: usize) -> Result<Kind, TryReserveError> {
        Self::KINDS[rep].ok_or(TryReserveError::CapacityOverflow)
    }

    /// A fresh block of this representation, with nothing in it.
    #[inline]
    fn new_block(rep: usize, arena: &Arena) -> Result<Self, TryReserveError> {
        let kind = Self::kind(rep)?;
        match arena.allocate_kind(kind) {
            Ok(block) => Ok(Self::of(block, rep)),
            Err(_) => Err(TryReserveError::AllocError {
                layout: kind.layout,
            }),
        }
    }

    /// # Safety
    /// The node is a block.
    #[inline]
    unsafe fn slot(&self, lane: usize) -> NonNull<T> {
        // SAFETY: as the caller vouches.
        unsafe { self.slot_behind(Self::words(self.rep()), lane) }
    }

    /// # Safety
    /// The node is a block with so many words of tags.
    #[inline]
    unsafe fn slot_behind(&self, words: usize, lane: usize) -> NonNull<T> {
        // SAFETY: the slots follow the tags in the block (N1).
        unsafe {
            let slots = self.block().add(Self::slots_at(words)).cast::<T>();
            NonNull::new_unchecked(slots.add(lane))
        }
    }

    /// # Safety
    /// The node is a block with tags.
    #[inline]
    unsafe fn word(&self, index: usize) -> u64 {
        // SAFETY: the tags begin the block (N1), which is aligned to 8.
        u64::from_le(unsafe { self.block().cast::<u64>().add(index).read() })
    }

    /// # Safety
    /// The node is a block with tags.
    #[inline]
    unsafe fn tag_byte(&mut self, lane: usize) -> *mut u8 {
        // SAFETY: the tags begin the block (N1).
        unsafe { self.block().add(lane) }
    }

    /// # Safety
    /// The node is of many entries.
    #[inline]
    unsafe fn many(&self) -> Many<'_, T> {
        // SAFETY: both begin with a number (N1); the table is borrowed with the node.
        unsafe {
            let block = NonNull::new_unchecked(self.block());
            if block.cast::<u32>().read() != 0 {
                Many::Wide(Wide::at(block))
            } else {
                Many::Table(&(*block.as_ptr().cast::<TableBlock<T>>()).table)
            }
        }
    }

    /// # Safety
    /// The node is a table.
    #[inline]
    unsafe fn table_mut(&mut self) -> &mut RawTable<T> {
        // SAFETY: the block is that of a table (N1), borrowed with the node.
        unsafe { &mut (*self.block().cast::<TableBlock<T>>()).table }
    }

    /// Number of entries.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self.rep() {
            NULL => 0,
            BARE => 1,
            // SAFETY: the representation says so.
            MANY => match unsafe { self.many() } {
                Many::Wide(wide) => wide.len(),
                Many::Table(table) => table.len(),
            },
            // SAFETY: a block with tags.
            rep => unsafe { self.len_of_block(rep) },
        }
    }

    /// # Safety
    /// The node is a block with tags.
    #[inline]
    unsafe fn len_of_block(&self, rep: usize) -> usize {
        let mut len = 0;
        for word in 0..Self::words(rep) {
            // SAFETY: the block has these words. Entries come first (N2).
            len += 8 - unsafe { self.word(word) }.leading_zeros() as usize / 8;
        }
        len
    }

    /// The entry with this hash for which `eq` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut eq: impl FnMut(&T) -> bool) -> Option<Loc<T>> {
        match self.rep() {
            NULL => None,
            BARE => {
                // SAFETY: the entry of a bare node (N2).
                let slot = unsafe { self.slot_behind(0, 0) };
                // SAFETY: as above.
                eq(unsafe { slot.as_ref() }).then(|| Loc::in_group(0, slot))
            }
            // SAFETY: the representation says so.
            MANY => match unsafe { self.many() } {
                Many::Wide(wide) => wide.find(hash, eq),
                Many::Table(table) => table.find(hash, eq),
            },
            rep if Self::words(rep) == 1 => {
                // SAFETY: the block has this word.
                let mut matches = match_word(unsafe { self.word(0) }, Tag::of(hash));
                while matches != 0 {
                    let lane = matches.trailing_zeros() as usize / 8;
                    // SAFETY: a tag that matches is not 0, so the slot is initialised (N2).
                    let slot = unsafe { self.slot_behind(1, lane) };
                    // SAFETY: as above.
                    if eq(unsafe { slot.as_ref() }) {
                        return Some(Loc::in_group(lane, slot));
                    }
                    matches &= matches - 1;
                }
                None
            }
            _ => {
                // SAFETY: the block begins with as many tags, aligned to 16.
                let tags = unsafe { &*self.block().cast::<TagBytes>() };
                let mut matches = Group::load(tags).match_hash(hash);
                while let Some(lane) = matches.lowest() {
                    // SAFETY: as above.
                    let slot = unsafe { self.slot_behind(2, lane) };
                    // SAFETY: as above.
                    if eq(unsafe { slot.as_ref() }) {
                        return Some(Loc::in_group(lane, slot));
                    }
                    matches = matches.without_lowest();
                }
                None
            }
        }
    }

    /// A node that has room for so many and one entry, whose slot the caller writes before anybody looks at it.
    #[inline]
    pub(crate) fn alone(
        hash: u64,
        room: usize,
        arena: &Arena,
    ) -> Result<(Self, NonNull<T>), TryReserveError> {
        if room <= 1 {
            let node = Self::new_block(BARE, arena)?;
            // SAFETY: the block has room for the entry.
            let slot = unsafe { node.slot_behind(0, 0) };
            return Ok((node, slot));
        }
        let mut node = Node::new();
        // SAFETY: null, then of this arena; should the entry be refused, nothing is in the node.
        unsafe {
            node.reserve(room, arena)?;
            match node.place(hash, arena, |_| hash) {
                Ok(slot) => Ok((node, slot)),
                Err(error) => {
                    node.free(arena);
                    Err(error)
                }
            }
        }
    }

    /// The slot of the only entry.
    ///
    /// # Safety
    /// The node has one.
    #[inline]
    pub(crate) unsafe fn only(&self) -> NonNull<T> {
        // SAFETY: as the caller vouches.
        unsafe {
            match self.rep() {
                BARE => self.slot_behind(0, 0),
                _ => self.iter().next().unwrap_unchecked(),
            }
        }
    }

    /// Puts an entry in whose key is not there yet.
    ///
    /// # Safety
    /// `arena` is the arena of this node.
    #[inline]
    pub(crate) unsafe fn insert(
        &mut self,
        hash: u64,
        value: T,
        arena: &Arena,
        hasher: impl Fn(&T) -> u64,
    ) -> Result<NonNull<T>, (TryReserveError, T)> {
        // SAFETY: as the caller vouches; the slot is written at once.
        match unsafe { self.place(hash, arena, hasher) } {
            Ok(slot) => {
                // SAFETY: as above.
                unsafe { slot.write(value) };
                Ok(slot)
            }
            Err(error) => Err((error, value)),
        }
    }

    /// The slot for a new entry whose key is not there yet. It counts as taken.
    ///
    /// # Safety
    /// `arena` is the arena of this node. The slot is written before anybody looks at the node.
    #[inline]
    pub(crate) unsafe fn place(
        &mut self,
        hash: u64,
        arena: &Arena,
        hasher: impl Fn(&T) -> u64,
    ) -> Result<NonNull<T>, TryReserveError> {
        // SAFETY: as the caller vouches; each call is for the representation that it expects.
        unsafe {
            let rep = self.rep();
            if rep != NULL && rep != BARE && rep != MANY {
                let len = self.len_of_block(rep);
                if len < SLOTS[rep] {
                    return Ok(self.push(len, Tag::of(hash)));
                }
            }
            if rep != MANY {
                self.grow(arena, &hasher)?;
                let rep = self.rep();
                if rep == BARE {
                    return Ok(self.slot(0));
                }
                if rep != MANY {
                    return Ok(self.push(SLOTS[rep - 1], Tag::of(hash)));
                }
            }
            if let Many::Wide(mut wide) = self.many() {
                if wide.is_full() {
                    self.grow_wide(wide, arena, &hasher)?;
                    match self.many() {
                        Many::Wide(grown) => wide = grown,
                        Many::Table(_) => return self.place_in_table(hash, arena, hasher),
                    }
                }
                return Ok(wide.place(hash));
            }
            self.place_in_table(hash, arena, hasher)
        }
    }

    /// # Safety
    /// As for `place`; the node is a table.
    unsafe fn place_in_table(
        &mut self,
        hash: u64,
        arena: &Arena,
        hasher: impl Fn(&T) -> u64,
    ) -> Result<NonNull<T>, TryReserveError> {
        // SAFETY: as the caller vouches.
        unsafe {
            let table = self.table_mut();
            if table.len >= table.grow_at {
                table.make_room(arena, hasher)?;
            }
            table.claim(hash, arena).map(|loc| loc.ptr)
        }
    }

    /// # Safety
    /// A block with tags that has `len` entries and room for one more, which is written before anybody looks at it.
    #[inline]
    unsafe fn push(&mut self, len: usize, tag: Tag) -> NonNull<T> {
        // SAFETY: the slot is free, and in the block.
        unsafe {
            *self.tag_byte(len) = tag.byte();
            self.slot(len)
        }
    }

    /// Takes an entry out.
    ///
    /// # Safety
    /// `loc` is of a live entry of this node with this hash, and `arena` its arena.
    #[inline]
    pub(crate) unsafe fn remove(
        &mut self,
        loc: Loc<T>,
        hash: u64,
        arena: &Arena,
        hasher: impl Fn(&T) -> u64,
    ) -> T {
        // SAFETY: as the caller vouches.
        unsafe {
            let value = match self.rep() {
                MANY => match self.many() {
                    Many::Wide(wide) => wide.take(loc, hash),
                    Many::Table(_) => self.table_mut().remove(loc, arena),
                },
                _ => self.take(loc.index, arena),
            };
            self.settle(arena, hasher);
            value
        }
    }

    /// Takes an entry out of a block; the last one fills the gap. A bare node becomes null.
    ///
    /// # Safety
    /// The node is a block of `arena`, and `lane` one of its entries.
    unsafe fn take(&mut self, lane: usize, arena: &Arena) -> T {
        // SAFETY: the slots are initialised (N2), and the last one's tag is cleared.
        unsafe {
            let value = self.slot(lane).read();
            if self.rep() == BARE {
                self.free(arena);
                return value;
            }
            let last = self.len() - 1;
            if lane != last {
                self.slot(lane).copy_from_nonoverlapping(self.slot(last), 1);
                *self.tag_byte(lane) = *self.tag_byte(last);
            }
            *self.tag_byte(last) = 0;
            value
        }
    }

    /// Frees the memory without dropping entries; the node is null afterwards.
    ///
    /// # Safety
    /// `arena` is the arena of this node.
    #[inline]
    pub(crate) unsafe fn free(&mut self, arena: &Arena) {
        let rep = self.rep();
        // SAFETY: the block and its layout (N1).
        unsafe {
            if rep == MANY {
                self.free_many(arena);
            } else if let (Some(block), Some(kind)) = (NonNull::new(self.block()), Self::KINDS[rep])
            {
                arena.deallocate_kind(block, kind);
            }
        }
        self.bits = ptr::null_mut();
    }

    /// # Safety
    /// The node is of many entries, and null afterwards; `arena` is its arena.
    #[cold]
    #[inline(never)]
    unsafe fn free_many(&mut self, arena: &Arena) {
        // SAFETY: as the caller vouches; the block and its layout (N1).
        unsafe {
            match self.many() {
                Many::Wide(wide) => wide.free(arena),
                Many::Table(_) => {
                    self.table_mut().free(arena);
                    let block = NonNull::new_unchecked(self.block());
                    arena.deallocate(block, Layout::new::<TableBlock<T>>());
                }
            }
        }
    }

    /// Adds this node to the counts.
    pub(crate) fn count(&self, counts: &mut NodeCounts) {
        let rep = self.rep();
        let (kind, bytes) = match rep {
            NULL => (0, 0),
            // SAFETY: the representation says so.
            MANY => match unsafe { self.many() } {
                Many::Wide(wide) => (3, wide.size()),
                Many::Table(table) => (3, size_of::<TableBlock<T>>() + table.allocation_size()),
            },
            _ => {
                let bytes = Self::kind(rep).map_or(0, |kind| kind.layout.size());
                (if rep == BARE { 1 } else { 2 }, bytes)
            }
        };
        counts.nodes[kind] += 1;
        counts.entries += self.len();
        counts.bytes += bytes;
    }
}
