//! Moving all strings to fresh memory, in the order in which a walk over the tree comes to them.
//!
//! The first part that is a string has it copied, and the old one leads to the copy from then on: it has no uses, and
//! a pointer behind that. All parts and the table are told before anybody looks at a string again.

use core::mem::offset_of;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;
use std_alloc::vec::Vec;

use super::{Head, Store, Symbol};
use crate::raw::block::allocate;

/// Where the pointer to the copy is. A head is followed by the text or by padding, and overwritten with it.
const COPY: usize = offset_of!(Head, hash);
const _: () = assert!(offset_of!(Head, uses) < COPY);
const _: () = assert!(COPY + size_of::<NonNull<Head>>() <= size_of::<Head>());

/// The move of the strings of a tree.
pub struct Moving<'a> {
    store: &'a Store,
    /// Strings that have a copy.
    old: Vec<Symbol>,
    /// No memory was left for another copy: what has none by now stays.
    refused: bool,
}

impl Store {
    /// Begins to move the strings; `None`: there is none, or no memory to note the old ones.
    pub(in crate::raw::tree) fn move_strings(&self) -> Option<Moving<'_>> {
        let strings = self.strings.borrow().len();
        let mut old = Vec::new();
        old.try_reserve_exact(strings).ok()?;
        (strings > 0).then_some(Moving {
            store: self,
            old,
            refused: false,
        })
    }
}

impl Symbol {
    /// Where the pointer to the copy is, once there is one.
    fn link(&self) -> NonNull<NonNull<Head>> {
        // SAFETY: a string's block has room for a head.
        unsafe { self.0.byte_add(COPY).cast() }
    }

    /// The copy, where there is one.
    fn copy(&self) -> Option<NonNull<Head>> {
        // SAFETY: a symbol's head is live; in one without uses there is a pointer to the copy.
        unsafe { ((*self.0.as_ptr()).uses == 0).then(|| self.link().read_unaligned()) }
    }
}

impl Moving<'_> {
    /// Has a part be the copy of its string.
    pub(in crate::raw::tree) fn follow(&mut self, symbol: &mut Symbol) {
        if symbol.copy().is_none() && !self.refused {
            self.refused = self.make_copy(symbol).is_none();
        }
        if let Some(copy) = symbol.copy() {
            symbol.0 = copy;
        }
    }

    fn make_copy(&mut self, symbol: &Symbol) -> Option<()> {
        // SAFETY: the head is live, as many bytes follow it, and nobody holds a reference to it.
        unsafe {
            let layout = Symbol::layout(symbol.text().len()).ok()?;
            let block = allocate(&self.store.arena, layout, false).ok()?;
            block.copy_from_nonoverlapping(symbol.0.cast(), layout.size());
            (*symbol.0.as_ptr()).uses = 0;
            symbol.link().write_unaligned(block.cast());
        }
        self.old.push(Symbol(symbol.0));
        Some(())
    }

    /// Gives back the old strings.
    ///
    /// # Safety
    /// All parts of the tree have been to [`Self::follow`].
    pub(in crate::raw::tree) unsafe fn finish(self) {
        let strings = self.store.strings.borrow_mut();
        // SAFETY: the table is borrowed; a symbol that leads to its copy is told, as all parts have been.
        unsafe {
            for mut symbol in strings.iter() {
                let symbol = symbol.as_mut();
                if let Some(copy) = symbol.copy() {
                    symbol.0 = copy;
                }
            }
            for old in &self.old {
                let copy = Symbol(old.link().read_unaligned());
                if let Ok(layout) = Symbol::layout(copy.text().len()) {
                    self.store.arena.deallocate(old.0.cast(), layout);
                }
            }
        }
    }
}
