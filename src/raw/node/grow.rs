//! Larger representations, and room for entries to come.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::{mem, ptr};

use super::wide::{Wide, groups_for};
use super::{BARE, LANES_PER_WORD, MANY, MOST, MOST_WIDE, Many, NULL, Node, SLOTS, TableBlock};
use crate::TryReserveError;
use crate::arena::Arena;
use crate::raw::block::allocate;
use crate::raw::pace::GrowthPolicy;
use crate::raw::table::RawTable;
use crate::raw::tag::Tag;

// `grow` names the blocks that it makes larger.
const _: () = assert!(MANY == 7);

impl<T> Node<T> {
    /// Makes room for one entry more, so that putting it in runs no user code.
    ///
    /// # Safety
    /// `arena` is the arena of this node.
    pub(crate) unsafe fn make_room(
        &mut self,
        arena: &Arena,
        hasher: impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches; each call is for the representation that it expects (N1).
        unsafe {
            match self.rep() {
                NULL => Ok(()),
                MANY => match self.many() {
                    Many::Wide(wide) if wide.is_full() => self.grow_wide(wide, arena, &hasher),
                    Many::Table(table) if table.len >= table.grow_at => {
                        self.table_mut().make_room(arena, hasher)
                    }
                    _ => Ok(()),
                },
                rep if self.len() < SLOTS[rep] => Ok(()),
                _ => self.grow(arena, &hasher),
            }
        }
    }

    /// Makes room for `capacity` entries in a null node.
    ///
    /// # Safety
    /// Null; `arena` is the arena of this node.
    pub(crate) unsafe fn reserve(
        &mut self,
        capacity: usize,
        arena: &Arena,
    ) -> Result<(), TryReserveError> {
        if capacity <= 1 {
            return Ok(());
        }
        if capacity > MOST {
            // SAFETY: as the caller vouches; no entry is there to be hashed.
            return unsafe {
                match capacity <= MOST_WIDE {
                    true => self.become_wide(groups_for(capacity), arena, &|_| 0),
                    false => self.become_table(capacity, arena, &|_| 0),
                }
            };
        }
        let Some(rep) = (BARE + 1..MANY).find(|&rep| capacity <= SLOTS[rep]) else {
            return Ok(());
        };
        *self = Self::new_block(rep, arena)?;
        // SAFETY: a fresh block.
        unsafe { self.set_tags(&[0; MOST]) };
        Ok(())
    }

    /// Moves the entries of a node whose slots are all taken to the next larger representation.
    ///
    /// A null node becomes a bare one whose slot the caller fills at once.
    ///
    /// # Safety
    /// Not of many entries; `arena` is the arena of this node.
    pub(super) unsafe fn grow(
        &mut self,
        arena: &Arena,
        hasher: &impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches; the hasher runs before anything changes (N5).
        unsafe {
            match self.rep() {
                NULL => {
                    *self = Self::new_block(BARE, arena)?;
                    Ok(())
                }
                BARE => {
                    let tag = Tag::of(hasher(self.slot(0).as_ref()));
                    self.grow_from::<BARE>(arena)?;
                    *self.tag_byte(0) = tag.byte();
                    Ok(())
                }
                2 => self.grow_from::<2>(arena),
                3 => self.grow_from::<3>(arena),
                4 => self.grow_from::<4>(arena),
                5 => self.grow_from::<5>(arena),
                _ => self.become_wide(groups_for(MOST + 1), arena, hasher),
            }
        }
    }

    /// Moves the entries of a full block to one of the next size. A constant tells which, so that classes, lengths and
    /// places are constants as well.
    ///
    /// # Safety
    /// The node is a full block `FROM`, and `arena` its arena. The tag of a bare entry is the caller's to write.
    #[inline]
    unsafe fn grow_from<const FROM: usize>(
        &mut self,
        arena: &Arena,
    ) -> Result<(), TryReserveError> {
        let (had, has) = (Self::words(FROM), Self::words(FROM + 1));
        let old = Self::kind(FROM)?;
        let new = Self::new_block(FROM + 1, arena)?;
        // SAFETY: the blocks are live and distinct, and each begins with its words of tags (N1); the old one is given
        // back without looking at the entries.
        unsafe {
            let tags = new.block().cast::<u64>();
            tags.copy_from_nonoverlapping(self.block().cast(), had);
            tags.add(had).write_bytes(0, has - had);
            let slots = new.slot_behind(has, 0);
            slots.copy_from_nonoverlapping(self.slot_behind(had, 0), SLOTS[FROM]);
            arena.deallocate_kind(NonNull::new_unchecked(self.block()), old);
        }
        *self = new;
        Ok(())
    }

    /// The tag bytes of a block, followed by zeros.
    ///
    /// # Safety
    /// The node is a block with tags.
    pub(super) unsafe fn tags(&self) -> [u8; MOST] {
        let mut tags = [0; MOST];
        // SAFETY: the block begins with the words that it has (N1). Lengths that are constants need no call.
        unsafe {
            match Self::words(self.rep()) {
                0 => {}
                1 => ptr::copy_nonoverlapping(self.block(), tags.as_mut_ptr(), LANES_PER_WORD),
                _ => ptr::copy_nonoverlapping(self.block(), tags.as_mut_ptr(), MOST),
            }
        }
        tags
    }

    /// Moves the `len` entries of a block to one of another size.
    ///
    /// # Safety
    /// The node is a block with `len` entries; the new one has room for them; `tags` are theirs, and 0 for the rest.
    pub(super) unsafe fn move_to(
        &mut self,
        rep: usize,
        len: usize,
        tags: [u8; MOST],
        arena: &Arena,
    ) -> Result<(), TryReserveError> {
        let mut new = Self::new_block(rep, arena)?;
        // SAFETY: the blocks are live and distinct; the old one is given back without looking at the entries.
        unsafe {
            new.set_tags(&tags);
            new.slot(0).copy_from_nonoverlapping(self.slot(0), len);
            self.free(arena);
        }
        *self = new;
        Ok(())
    }

    /// # Safety
    /// The node is a block, and has no reader.
    pub(super) unsafe fn set_tags(&mut self, tags: &[u8; MOST]) {
        // SAFETY: the tags begin the block (N1).
        unsafe {
            match Self::words(self.rep()) {
                0 => {}
                1 => ptr::copy_nonoverlapping(tags.as_ptr(), self.block(), LANES_PER_WORD),
                _ => ptr::copy_nonoverlapping(tags.as_ptr(), self.block(), MOST),
            }
        }
    }

    /// Makes a wide node larger, or a table of it.
    ///
    /// # Safety
    /// The node is `wide`, and `arena` its arena.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn grow_wide(
        &mut self,
        wide: Wide<T>,
        arena: &Arena,
        hasher: &impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches.
        unsafe {
            match wide.len() < MOST_WIDE {
                true => {
                    let groups = wide.more_groups().min(groups_for(MOST_WIDE));
                    self.become_wide(groups, arena, hasher)
                }
                false => self.become_table(wide.len() + 1, arena, hasher),
            }
        }
    }

    /// Moves the entries to a wide block of so many groups.
    ///
    /// # Safety
    /// The groups hold the entries; `arena` is the arena of this node.
    #[inline(never)]
    pub(super) unsafe fn become_wide(
        &mut self,
        groups: usize,
        arena: &Arena,
        hasher: &impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        // SAFETY: the entries are copied before their old memory is freed, and the hasher sees the old ones (N5).
        unsafe {
            let wide = Wide::of(self.iter(), groups, arena, hasher)?;
            self.free(arena);
            *self = Self::of(wide.block(), MANY);
        }
        Ok(())
    }

    /// Moves the entries to a table with room for `capacity`.
    ///
    /// # Safety
    /// Not a table; `arena` is the arena of this node.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn become_table(
        &mut self,
        capacity: usize,
        arena: &Arena,
        hasher: &impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        // Runs when the hasher panics or memory is refused: the copies are forgotten, and the node is as before.
        struct Undo<'a, T>(RawTable<T>, &'a Arena);
        impl<T> Drop for Undo<'_, T> {
            fn drop(&mut self) {
                // SAFETY: the arena is the table's.
                unsafe { self.0.free(self.1) };
            }
        }
        let mut undo = Undo(RawTable::new(GrowthPolicy::Paced), arena);
        // SAFETY: room for all is reserved before the first entry is copied; the copies are the entries once the
        // node has given up its own.
        unsafe {
            undo.0.try_reserve(capacity, arena, |_| 0)?;
            undo.0.keep_room(0);
            for entry in self.iter() {
                let hash = hasher(entry.as_ref());
                if let Err((error, copy)) = undo.0.insert(hash, entry.read(), arena) {
                    mem::forget(copy);
                    return Err(error);
                }
            }
            let block = allocate(arena, Layout::new::<TableBlock<T>>(), false)?;
            self.free(arena);
            let table = mem::replace(&mut undo.0, RawTable::new(GrowthPolicy::Paced));
            block.cast().write(TableBlock { groups: 0, table });
            *self = Self::of(block, MANY);
        }
        Ok(())
    }
}
