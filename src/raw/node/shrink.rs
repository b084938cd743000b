//! Giving memory back: smaller representations, and taking out many entries at once.

use core::alloc::Layout;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;

use super::wide::{Wide, groups_for};
use super::{BARE, MANY, MOST, MOST_WIDE, Many, NULL, Node, SLOTS, TableBlock};
use crate::TryReserveError;
use crate::arena::Arena;
use crate::raw::block::allocate;
use crate::raw::tag::Tag;

/// A removal that leaves this many entries or fewer moves them to the next smaller block.
const SHRINK_AT: [usize; MANY + 1] = [0, 0, 0, 1, 3, 6, 9, 10];

impl<T> Node<T> {
    /// Gives back what removals have left over. Where the arena refuses, the entries stay where they are.
    ///
    /// So they do where the smaller block would take a new chunk: the page of the old one may be held by others, and
    /// a map that loses entries all over would reserve more than a full one. A later removal tries again.
    ///
    /// # Safety
    /// `arena` is the arena of this node.
    pub(super) unsafe fn settle(&mut self, arena: &Arena, hasher: impl Fn(&T) -> u64) {
        // SAFETY: as the caller vouches.
        unsafe {
            let (mut rep, len) = (self.rep(), self.len());
            if rep == NULL {
                return;
            }
            if len > SHRINK_AT[rep] {
                if rep == MANY {
                    self.settle_many(len, arena, &hasher);
                }
                return;
            }
            if len == 0 {
                return self.free(arena);
            }
            while rep > BARE && len <= SHRINK_AT[rep] {
                // From four slots one entry goes straight to a bare one.
                rep = if rep == 3 { BARE } else { rep - 1 };
            }
            let at_hand = Self::kind(rep).is_ok_and(|kind| arena.is_at_hand(kind.layout));
            if at_hand || self.is_large() {
                // What cannot be had does not have to be.
                drop(self.become_block(rep, len, arena, &hasher));
            }
        }
    }

    /// Gives back what bulk removal has left over: a table's groups as well, which single removals give back one
    /// by one.
    ///
    /// # Safety
    /// `arena` is the arena of this node.
    pub(crate) unsafe fn settle_all(&mut self, arena: &Arena, hasher: impl Fn(&T) -> u64) {
        // SAFETY: as the caller vouches; the table's allocator is the arena.
        unsafe {
            if self.rep() == MANY && matches!(self.many(), Many::Table(_)) {
                self.table_mut().settle(arena);
            }
            self.settle(arena, hasher);
        }
    }

    /// As [`Self::settle`], for a node that has `len` entries, too many for a block.
    ///
    /// # Safety
    /// The node is of many entries; `arena` is the arena of this node.
    #[inline]
    unsafe fn settle_many(&mut self, len: usize, arena: &Arena, hasher: &impl Fn(&T) -> u64) {
        // SAFETY: as the caller vouches.
        unsafe {
            let groups = match self.many() {
                Many::Wide(wide) => wide.fewer_groups().filter(|&groups| {
                    wide.is_large()
                        || Wide::<T>::layout(groups).is_ok_and(|layout| arena.is_at_hand(layout))
                }),
                Many::Table(_) => (len <= MOST_WIDE / 4).then(|| groups_for(len * 3 / 2)),
            };
            if let Some(groups) = groups {
                // What cannot be had does not have to be.
                drop(self.become_wide(groups, arena, hasher));
            }
        }
    }

    /// Whether the block is no arena page's, and leaves nothing behind.
    fn is_large(&self) -> bool {
        // SAFETY: the representation says so.
        self.rep() == MANY
            && match unsafe { self.many() } {
                Many::Wide(wide) => wide.is_large(),
                Many::Table(_) => true,
            }
    }

    /// # Safety
    /// `arena` is the arena of this node; `rep` is a block with room for the `len` entries, of which there is one.
    unsafe fn become_block(
        &mut self,
        rep: usize,
        len: usize,
        arena: &Arena,
        hasher: &impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches; the hasher runs before anything changes (N5).
        unsafe {
            if self.rep() != MANY {
                let tags = self.tags();
                return self.move_to(rep, len, tags, arena);
            }
            let mut tags = [0; MOST];
            for (tag, entry) in tags.iter_mut().zip(self.iter()) {
                *tag = Tag::of(hasher(entry.as_ref())).byte();
            }
            let mut new = Self::new_block(rep, arena)?;
            new.set_tags(&tags);
            for (lane, entry) in self.iter().enumerate() {
                new.slot(lane).copy_from_nonoverlapping(entry, 1);
            }
            self.free(arena);
            *self = new;
            Ok(())
        }
    }

    /// Moves the entries to the smallest memory that holds them, into new blocks even where these are no smaller.
    ///
    /// Where the arena refuses, they stay where they are.
    ///
    /// # Safety
    /// `arena` is the arena of this node.
    pub(crate) unsafe fn compact(
        &mut self,
        arena: &Arena,
        hasher: impl Fn(&T) -> u64,
    ) -> Result<(), TryReserveError> {
        let len = self.len();
        // SAFETY: as the caller vouches.
        unsafe {
            if len == 0 {
                self.free(arena);
                return Ok(());
            }
            if len > MOST {
                return match self.many() {
                    Many::Table(_) if len > MOST_WIDE => self.compact_table(len, arena),
                    _ => self.become_wide(groups_for(len), arena, &hasher),
                };
            }
            match (BARE..MANY).find(|&rep| len <= SLOTS[rep]) {
                Some(rep) => self.become_block(rep, len, arena, &hasher),
                None => Ok(()),
            }
        }
    }

    /// # Safety
    /// The node is a table with `len` entries, and `arena` its arena.
    unsafe fn compact_table(&mut self, len: usize, arena: &Arena) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches; the table moves from one block to the other.
        unsafe {
            let table = self.table_mut();
            table.shrink_to(len, arena);
            table.renew(arena)?;
            let layout = Layout::new::<TableBlock<T>>();
            let (old, new) = (self.block(), allocate(arena, layout, false)?);
            new.cast::<TableBlock<T>>()
                .copy_from_nonoverlapping(NonNull::new_unchecked(old.cast()), 1);
            *self = Self::of(new, MANY);
            arena.deallocate(NonNull::new_unchecked(old), layout);
            Ok(())
        }
    }
}
