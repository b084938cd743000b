//! Single blocks of a table: their layouts, and how they are had from the allocator.

use core::alloc::Layout;
use core::mem;
use core::ptr::NonNull;

use allocator_api2::alloc::Allocator;

use super::group::{LANES, TagBytes};
use super::storage::{Head, Header};
use crate::TryReserveError;

/// The most bytes of a joined block. It does not grow in place, so all of it is copied, to memory that may be fresh.
const JOINED: usize = 16 << 10;

/// Where the parts of a joined block lie, the tag bytes first.
pub(super) struct Joined {
    pub(super) layout: Layout,
    pub(super) header_at: usize,
    pub(super) slots_at: usize,
}

impl Joined {
    /// `None` if so many groups want blocks of their own.
    pub(super) fn of<T>(groups: usize) -> Option<Self> {
        let slots = Layout::array::<T>(groups.checked_mul(LANES)?).ok()?;
        let (heads, header_at) = tags_layout(groups)
            .ok()?
            .extend(heads_layout(groups).ok()?)
            .ok()?;
        let (layout, slots_at) = heads.extend(slots).ok()?;
        (layout.size() <= JOINED).then_some(Joined {
            layout,
            header_at,
            slots_at,
        })
    }
}

pub(super) fn tags_layout(groups: usize) -> Result<Layout, TryReserveError> {
    Layout::array::<TagBytes>(groups).map_err(|_| TryReserveError::CapacityOverflow)
}

pub(super) fn heads_layout(groups: usize) -> Result<Layout, TryReserveError> {
    let heads = Layout::array::<Head>(groups).map_err(|_| TryReserveError::CapacityOverflow)?;
    match Layout::new::<Header>().extend(heads) {
        Ok((layout, _)) => Ok(layout.pad_to_align()),
        Err(_) => Err(TryReserveError::CapacityOverflow),
    }
}

/// Grows or shrinks a block.
///
/// # Safety
/// `block` is a live block of `alloc` that has the layout `old`; `new` has the same alignment.
pub(super) unsafe fn resize<A: Allocator>(
    alloc: &A,
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Result<NonNull<u8>, TryReserveError> {
    let resized = if new.size() >= old.size() {
        // SAFETY: the caller passes a live block of `alloc` and the layout it has; it grows.
        unsafe { alloc.grow(block, old, new) }
    } else {
        // SAFETY: the block has the old layout, as the caller vouches; the new one is smaller.
        unsafe { alloc.shrink(block, old, new) }
    };
    match resized {
        Ok(block) => Ok(block.cast()),
        Err(_) => Err(TryReserveError::AllocError { layout: new }),
    }
}

pub(super) fn allocate<A: Allocator>(
    alloc: &A,
    layout: Layout,
    zeroed: bool,
) -> Result<NonNull<u8>, TryReserveError> {
    let block = if zeroed {
        alloc.allocate_zeroed(layout)
    } else {
        alloc.allocate(layout)
    };
    match block {
        Ok(block) => Ok(block.cast()),
        Err(_) => Err(TryReserveError::AllocError { layout }),
    }
}

/// A fresh block that goes back unless it is kept: the allocator may refuse the next one, or panic.
pub(super) struct Fresh<'a, A: Allocator> {
    block: NonNull<u8>,
    layout: Layout,
    alloc: &'a A,
}

impl<'a, A: Allocator> Fresh<'a, A> {
    pub(super) fn new(alloc: &'a A, layout: Layout, zeroed: bool) -> Result<Self, TryReserveError> {
        let block = allocate(alloc, layout, zeroed)?;
        Ok(Fresh {
            block,
            layout,
            alloc,
        })
    }

    pub(super) fn keep(self) -> NonNull<u8> {
        mem::ManuallyDrop::new(self).block
    }
}

impl<A: Allocator> Drop for Fresh<'_, A> {
    fn drop(&mut self) {
        // SAFETY: the block is of this allocator and layout, and nobody has it.
        unsafe { self.alloc.deallocate(self.block, self.layout) }
    }
}
