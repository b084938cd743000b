//! An allocator that counts, checks what it is told, and refuses when it is asked to.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic;
use std::ptr::NonNull;
use std::rc::Rc;

use tophash::alloc::{AllocError, Allocator, Layout, Reserving};

use super::fuse::Blown;

/// How an allocator says no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    Null,
    Panic,
}

/// Which calls are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    None,
    /// This many pass, and one is refused.
    One(usize),
    /// This many pass, and all others are refused.
    From(usize),
}

/// Clones are the same allocator.
#[derive(Clone, Default)]
pub struct Meter(Rc<State>);

struct State {
    /// Every live block: what comes back must have the layout that went out.
    blocks: RefCell<BTreeMap<usize, Layout>>,
    live: Cell<usize>,
    calls: Cell<usize>,
    which: Cell<Which>,
    how: Cell<Refusal>,
    refused: Cell<usize>,
    /// Calls that free a block until one panics.
    frees: Cell<Option<usize>>,
}

impl Default for State {
    fn default() -> Self {
        State {
            blocks: RefCell::default(),
            live: Cell::new(0),
            calls: Cell::new(0),
            which: Cell::new(Which::None),
            how: Cell::new(Refusal::Null),
            refused: Cell::new(0),
            frees: Cell::new(None),
        }
    }
}

impl Meter {
    /// Bytes in live blocks.
    pub fn live(&self) -> usize {
        self.0.live.get()
    }

    /// Calls so far, frees left out.
    pub fn calls(&self) -> usize {
        self.0.calls.get()
    }

    /// Calls that were refused since the last `refuse`.
    pub fn refused(&self) -> usize {
        self.0.refused.get()
    }

    pub fn refuse(&self, which: Which, how: Refusal) {
        self.0.which.set(which);
        self.0.how.set(how);
        self.0.refused.set(0);
    }

    /// Panics in the `k`-th call from now on that frees a block, once it is free.
    pub fn panic_at_free(&self, k: usize) {
        self.0.frees.set(Some(k));
    }

    pub fn relent(&self) {
        self.0.which.set(Which::None);
        self.0.frees.set(None);
    }

    fn call(&self) -> Result<(), AllocError> {
        let state = &*self.0;
        state.calls.set(state.calls.get() + 1);
        let (refused, next) = match state.which.get() {
            Which::One(0) => (true, Which::None),
            Which::From(0) => (true, Which::From(0)),
            Which::One(k) => (false, Which::One(k - 1)),
            Which::From(k) => (false, Which::From(k - 1)),
            Which::None => (false, Which::None),
        };
        state.which.set(next);
        if !refused {
            return Ok(());
        }
        state.refused.set(state.refused.get() + 1);
        match state.how.get() {
            Refusal::Null => Err(AllocError),
            Refusal::Panic => panic::panic_any(Blown),
        }
    }

    fn add(&self, block: NonNull<[u8]>, layout: Layout) -> NonNull<[u8]> {
        if layout.size() != 0 {
            let address = block.cast::<u8>().addr().get();
            let known = self.0.blocks.borrow_mut().insert(address, layout);
            assert_eq!(known, None, "two blocks at one place");
        }
        self.0.live.set(self.0.live.get() + layout.size());
        block
    }

    fn take(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() != 0 {
            let known = self.0.blocks.borrow_mut().remove(&block.addr().get());
            assert_eq!(known, Some(layout), "a block with another layout");
        }
        self.0.live.set(self.0.live.get() - layout.size());
    }
}

/// Fills memory that nobody may rely on.
///
/// # Safety
/// The bytes from `from` on are writable and not in use.
unsafe fn spoil(block: NonNull<[u8]>, from: usize) {
    let Some(count) = block.len().checked_sub(from).filter(|&count| count != 0) else {
        return;
    };
    // SAFETY: within the block, as the caller vouches.
    unsafe { block.cast::<u8>().add(from).write_bytes(0xA5, count) };
}

// SAFETY: passes everything on to `Reserving`, whose blocks outlive the meter.
unsafe impl Allocator for Meter {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        self.call()?;
        let block = Reserving.allocate(layout)?;
        // SAFETY: the block is fresh.
        unsafe { spoil(block, 0) };
        Ok(self.add(block, layout))
    }

    fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        self.call()?;
        Ok(self.add(Reserving.allocate_zeroed(layout)?, layout))
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        self.take(block, layout);
        // SAFETY: the caller's promise is the same.
        unsafe { Reserving.deallocate(block, layout) }
        let left = self.0.frees.get();
        self.0.frees.set(left.and_then(|k| k.checked_sub(1)));
        if left == Some(0) {
            panic::panic_any(Blown);
        }
    }

    unsafe fn grow(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        self.call()?;
        self.take(block, old);
        // SAFETY: the caller's promise is the same; what is added is not in use.
        unsafe {
            let grown = Reserving.grow(block, old, new);
            match grown {
                Ok(block) => spoil(block, old.size()),
                Err(_) => panic!("out of memory"),
            }
            Ok(self.add(grown?, new))
        }
    }

    unsafe fn shrink(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        self.call()?;
        self.take(block, old);
        // SAFETY: the caller's promise is the same.
        let shrunk = unsafe { Reserving.shrink(block, old, new) };
        Ok(self.add(shrunk?, new))
    }
}
