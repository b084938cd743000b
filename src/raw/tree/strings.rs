//! Strings that live once in the arena of a map.
//!
//! To compare short ones by words, without a call, was within 3 % of the time of a build, and no clear gain.

mod moving;

use core::alloc::Layout;
use core::borrow::Borrow;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::mem::offset_of;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;

use crate::arena::Arena;
use crate::raw::batch::prefetch;
use crate::raw::block::allocate;
use crate::raw::pace::GrowthPolicy;
use crate::raw::table::RawTable;
use crate::{NestedError, TryReserveError};

use super::near::Near;
pub(super) use moving::Moving;

/// What stands in front of a string's bytes, without its padding.
#[repr(C)]
struct Head {
    /// Parts that are this string; 0 while strings are moved: see [`moving`].
    uses: u32,
    /// See [`fold`].
    hash: u32,
    /// The length. If it is [`LONG`], a `u32` follows that has it.
    short: u8,
}

/// Bytes of a head.
const HEAD: usize = offset_of!(Head, short) + 1;
const LONG: u8 = u8::MAX;

/// What is kept of a string's hash.
#[inline]
pub(super) fn fold(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

/// The hash that tables of string parts work with: a function of what is kept.
#[inline]
pub(super) fn refine(hash: u64) -> u64 {
    unfold(fold(hash))
}

/// Spreads 32 bits over 64, so that both ends are of use.
#[inline]
fn unfold(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(FACTOR)
}

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// What [`unfold`] was given.
#[inline]
pub(super) fn refold(hash: u64) -> u32 {
    // The inverse of the factor, modulo 2 to the 32nd.
    const INVERSE: u32 = {
        let (factor, mut inverse, mut round) = (FACTOR as u32, 1_u32, 0);
        while round < 5 {
            inverse = inverse.wrapping_mul(2_u32.wrapping_sub(factor.wrapping_mul(inverse)));
            round += 1;
        }
        inverse
    };
    (hash as u32).wrapping_mul(INVERSE)
}

/// A string of the arena: eight bytes in a slot.
///
/// Not `Clone`, and given out by reference only: each one counts as a use of its string, and lives no longer than
/// the arena.
pub struct Symbol(NonNull<Head>);

impl Symbol {
    #[inline]
    pub(crate) fn hash(&self) -> u64 {
        unfold(self.kept())
    }

    #[inline]
    pub(super) fn kept(&self) -> u32 {
        // SAFETY: a symbol's head is live.
        unsafe { (*self.0.as_ptr()).hash }
    }

    /// Asks for the head.
    #[inline]
    pub(super) fn ask(&self) {
        prefetch(self.0.as_ptr());
    }

    #[inline]
    pub(crate) fn text(&self) -> &str {
        // SAFETY: the head is live, and as many bytes of UTF-8 follow it and what belongs to it.
        unsafe {
            let behind = self.0.as_ptr().cast::<u8>().add(HEAD);
            let (bytes, len) = match (*self.0.as_ptr()).short {
                LONG => {
                    let len = behind.cast::<u32>();
                    (behind.add(size_of::<u32>()), len.read_unaligned() as usize)
                }
                short => (behind, usize::from(short)),
            };
            core::str::from_utf8_unchecked(core::slice::from_raw_parts(bytes, len))
        }
    }

    /// Writes a string with one use.
    ///
    /// # Safety
    /// The block has the layout of this length, which is that of the text.
    unsafe fn write(block: NonNull<u8>, kept: u32, text: &str, len: u32) -> Self {
        let short = u8::try_from(len).unwrap_or(LONG);
        // SAFETY: the block has room for head, length and bytes, one after another.
        unsafe {
            block.cast::<Head>().write(Head {
                uses: 1,
                hash: kept,
                short,
            });
            let mut behind = block.add(HEAD);
            if short == LONG {
                behind.cast::<u32>().write_unaligned(len);
                behind = behind.add(size_of::<u32>());
            }
            let bytes = NonNull::from(text.as_bytes()).cast::<u8>();
            behind.copy_from_nonoverlapping(bytes, text.len());
        }
        Symbol(block.cast())
    }

    /// The layout of a string of so many bytes: that of a head at least.
    fn layout(len: usize) -> Result<Layout, TryReserveError> {
        let front = match len < usize::from(LONG) {
            true => HEAD,
            false => HEAD + size_of::<u32>(),
        };
        len.checked_add(front)
            .map(|size| size.max(size_of::<Head>()))
            .and_then(|size| Layout::from_size_align(size, align_of::<Head>()).ok())
            .ok_or(TryReserveError::CapacityOverflow)
    }
}

impl Borrow<str> for Symbol {
    #[inline]
    fn borrow(&self) -> &str {
        self.text()
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text(), f)
    }
}

// SAFETY: what a symbol points at is written only while its map is borrowed exclusively.
unsafe impl Send for Symbol {}
// SAFETY: as above.
unsafe impl Sync for Symbol {}

/// Levels of the deepest tree.
pub(super) const MOST_LEVELS: usize = 8;

/// The memory of a tree: an arena, and the strings in it.
///
/// Its methods take `&self` so that closures can share it; a tree hands it out only where it is borrowed exclusively.
pub struct Store {
    pub(crate) arena: Arena,
    strings: RefCell<RawTable<Symbol>>,
    /// What a new node has room for, by the number of levels from it down, less one.
    rooms: Cell<[u32; MOST_LEVELS]>,
    /// Where the last search went.
    pub(super) near: Near,
    /// Leaves of the tree.
    pub(crate) len: Cell<usize>,
    /// Bytes of the last string that was too long for a map; 0: none was.
    too_long: Cell<usize>,
}

impl Store {
    pub(crate) const fn new() -> Self {
        Store {
            arena: Arena::new(),
            strings: RefCell::new(RawTable::new(GrowthPolicy::Paced)),
            rooms: Cell::new([0; MOST_LEVELS]),
            near: Near::new(),
            len: Cell::new(0),
            too_long: Cell::new(0),
        }
    }

    /// What a new node with so many levels from it down has room for.
    #[inline]
    pub(super) fn room(&self, depth: usize) -> usize {
        self.rooms.get()[depth - 1] as usize
    }

    pub(super) fn set_room(&self, depth: usize, room: u32) {
        let mut rooms = self.rooms.get();
        rooms[depth - 1] = room;
        self.rooms.set(rooms);
    }

    /// A further use of a string, which is stored if it is new.
    pub(super) fn intern(&self, text: &str, kept: u32) -> Result<Symbol, TryReserveError> {
        let mut strings = self.strings.borrow_mut();
        let hash = unfold(kept);
        if let Some(loc) = strings.find(hash, |symbol| symbol.text() == text) {
            // SAFETY: symbols in the table are live, and nobody holds a reference to the head.
            unsafe {
                let head = loc.ptr.as_ref().0;
                let uses = &raw mut (*head.as_ptr()).uses;
                *uses = (*uses)
                    .checked_add(1)
                    .ok_or(TryReserveError::CapacityOverflow)?;
                return Ok(Symbol(head));
            }
        }
        let layout = Symbol::layout(text.len())?;
        let len = u32::try_from(text.len()).ok();
        let Some(len) = len.filter(|_| layout.size() <= self.arena.limit().unwrap_or(usize::MAX))
        else {
            self.too_long.set(text.len());
            return Err(TryReserveError::AllocError { layout });
        };
        // SAFETY: the table's allocator is the arena; the hasher cannot panic; the block holds head and bytes.
        unsafe {
            if strings.len >= strings.grow_at {
                strings.make_room(&self.arena, Symbol::hash)?;
            }
            let block = allocate(&self.arena, layout, false)?;
            let symbol = Symbol::write(block, kept, text, len);
            match strings.insert(hash, Symbol(symbol.0), &self.arena) {
                Ok(_) => Ok(symbol),
                Err((error, _)) => {
                    self.arena.deallocate(block, layout);
                    Err(error)
                }
            }
        }
    }

    /// Why something could not be had, as seen from outside.
    #[cold]
    pub(super) fn explain(&self, error: TryReserveError) -> NestedError {
        let (limit, refused) = (self.arena.limit(), self.arena.take_refused());
        let bytes = self.too_long.replace(0);
        if bytes > 0 {
            return NestedError::PartTooLong { bytes, limit };
        }
        match (error, limit, refused) {
            (TryReserveError::AllocError { .. }, Some(limit), Some(more)) => {
                let needed = self.arena.stats().reserved.saturating_add(more);
                if self.len.get() == 0 {
                    NestedError::LimitTooSmall { limit, needed }
                } else {
                    NestedError::LimitReached { limit, needed }
                }
            }
            (TryReserveError::AllocError { layout }, ..) => NestedError::AllocError { layout },
            (TryReserveError::CapacityOverflow, ..) => NestedError::CapacityOverflow,
        }
    }

    /// Asks for what the end of a use touches besides the head, if it is the last one.
    #[inline]
    pub(super) fn ask_to_release(&self, symbol: &Symbol) {
        // SAFETY: a symbol's head is live.
        if unsafe { (*symbol.0.as_ptr()).uses } == 1 {
            self.strings.borrow().prefetch_removal(symbol.hash());
            prefetch(Arena::address_of_run(symbol.0.as_ptr().cast()));
        }
    }

    /// Ends a use of a string, which goes with its last use.
    ///
    /// # Safety
    /// The symbol is of this store, and is not used again.
    pub(super) unsafe fn release(&self, symbol: Symbol) {
        let head = symbol.0.as_ptr();
        // SAFETY: the head is live, and nobody holds a reference to it; the last use frees it.
        unsafe {
            (*head).uses -= 1;
            if (*head).uses > 0 {
                return;
            }
            let mut strings = self.strings.borrow_mut();
            if let Some(loc) = strings.find(unfold((*head).hash), |other| other.0 == symbol.0) {
                strings.remove(loc, &self.arena);
            }
            if let Ok(layout) = Symbol::layout(symbol.text().len()) {
                self.arena.deallocate(symbol.0.cast(), layout);
            }
        }
    }

    /// Number of strings, and the bytes of the table that finds them.
    pub(super) fn strings(&self) -> (usize, usize) {
        let strings = self.shared();
        (strings.len(), strings.allocation_size())
    }

    /// The table of strings, for calls that share the tree.
    fn shared(&self) -> &RawTable<Symbol> {
        // SAFETY: the table changes only in calls that borrow the tree exclusively. A `borrow` would write, and
        // other threads may be here as well.
        unsafe { &*self.strings.as_ptr() }
    }

    /// Makes the table of strings as small as it can be. `false`: it could not be moved.
    pub(super) fn compact(&self) -> bool {
        let mut strings = self.strings.borrow_mut();
        let len = strings.len();
        // SAFETY: the table's allocator is the arena.
        unsafe {
            strings.shrink_to(len, &self.arena);
            strings.renew(&self.arena).is_ok()
        }
    }

    /// Checks the table of strings against the uses that were counted in the nodes; returns the bytes of both.
    #[cfg(any(test, tophash_check))]
    pub(super) fn check(&self, uses: &std_alloc::collections::BTreeMap<usize, u32>) -> usize {
        let strings = self.shared();
        strings.check_invariants(Symbol::hash);
        assert_eq!(
            strings.len(),
            uses.len(),
            "T3: strings that no entry has, or the other way round"
        );
        let mut bytes = strings.allocation_size();
        // SAFETY: symbols in the table are live; the table is borrowed.
        for symbol in unsafe { strings.iter() } {
            // SAFETY: as above; nobody writes to the head.
            let (symbol, times) = unsafe { (symbol.as_ref(), (*symbol.as_ref().0.as_ptr()).uses) };
            let counted = uses.get(&symbol_key(symbol));
            assert_eq!(counted, Some(&times), "T3: uses of a string");
            bytes += Symbol::layout(symbol.text().len()).map_or(0, |layout| layout.size());
        }
        bytes
    }

    /// Whether a node may have more slots than its entries need.
    #[cfg(any(test, tophash_check))]
    pub(super) fn roomy(&self) -> bool {
        self.rooms.get() != [0; MOST_LEVELS] || self.arena.limit().is_some()
    }
}

/// What tells a string from all others.
#[cfg(any(test, tophash_check))]
pub(super) fn symbol_key(symbol: &Symbol) -> usize {
    symbol.0.addr().get()
}

#[cfg(test)]
mod tests {
    use super::{refold, unfold};

    #[test]
    fn a_kept_hash_comes_back() {
        for kept in [0, 1, 2, 0x1234_5678, u32::MAX / 3, u32::MAX - 1, u32::MAX] {
            assert_eq!(refold(unfold(kept)), kept);
        }
    }
}
