//! Blocks too large for a run: each comes from the system's allocator alone, in a list of its own.

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::{self, NonNull};

use allocator_api2::alloc::{AllocError, Allocator};

use super::Arena;
use crate::alloc::Reserving;

/// What stands right in front of a large block.
struct Head {
    next: *mut Head,
    prev: *mut Head,
    layout: Layout,
}

/// Bytes in front of a block, and the layout of the whole.
pub(super) fn whole(layout: Layout) -> Result<(usize, Layout), AllocError> {
    let align = layout.align().max(align_of::<Head>());
    let front = size_of::<Head>().next_multiple_of(align);
    let size = layout.size().checked_add(front).ok_or(AllocError)?;
    let whole = Layout::from_size_align(size, align).map_err(|_| AllocError)?;
    Ok((front, whole))
}

/// The large blocks of an arena.
pub(super) struct Large {
    first: Cell<*mut Head>,
}

impl Large {
    pub(super) const fn new() -> Self {
        Large {
            first: Cell::new(ptr::null_mut()),
        }
    }

    /// Puts a block whose head has to be written into the list.
    ///
    /// # Safety
    /// `start` begins a block of `whole`, which has `front` bytes for the head.
    unsafe fn link(&self, start: NonNull<u8>, front: usize, whole: Layout) -> NonNull<u8> {
        // SAFETY: the head ends where the block begins; `front` is a multiple of its alignment.
        unsafe {
            let block = start.add(front);
            let head = block.cast::<Head>().as_ptr().sub(1);
            head.write(Head {
                next: self.first.get(),
                prev: ptr::null_mut(),
                layout: whole,
            });
            if let Some(next) = self.first.get().as_mut() {
                next.prev = head;
            }
            self.first.set(head);
            block
        }
    }

    /// # Safety
    /// `block` is in the list.
    unsafe fn unlink(&self, block: NonNull<u8>) -> Layout {
        // SAFETY: heads in the list are live, and so are their neighbours.
        unsafe {
            let head = block.cast::<Head>().as_ptr().sub(1).read();
            match head.prev.as_mut() {
                Some(prev) => prev.next = head.next,
                None => self.first.set(head.next),
            }
            if let Some(next) = head.next.as_mut() {
                next.prev = head.prev;
            }
            head.layout
        }
    }

    pub(super) fn allocate(&self, layout: Layout, zeroed: bool) -> Result<NonNull<u8>, AllocError> {
        let (front, whole) = whole(layout)?;
        let start = if zeroed {
            Reserving.allocate_zeroed(whole)?
        } else {
            Reserving.allocate(whole)?
        };
        // SAFETY: allocated for just that.
        Ok(unsafe { self.link(start.cast(), front, whole) })
    }

    /// Gives a block another size, where it stands if that can be.
    ///
    /// # Safety
    /// `block` is in the list and has the layout `old`; `new` is as large a block with the same alignment.
    pub(super) unsafe fn resize(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<u8>, AllocError> {
        let ((front, whole_old), (_, whole_new)) = (whole(old)?, whole(new)?);
        // SAFETY: the block is out of the list while it may move, and goes back whatever happens.
        unsafe {
            let start = block.sub(front);
            self.unlink(block);
            let resized = if new.size() >= old.size() {
                Reserving.grow(start, whole_old, whole_new)
            } else {
                Reserving.shrink(start, whole_old, whole_new)
            };
            match resized {
                Ok(moved) => Ok(self.link(moved.cast(), front, whole_new)),
                Err(error) => {
                    self.link(start, front, whole_old);
                    Err(error)
                }
            }
        }
    }

    /// # Safety
    /// `block` is in the list, has this layout, and is not used again.
    pub(super) unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if let Ok((front, whole)) = whole(layout) {
            // SAFETY: allocated with this layout.
            unsafe {
                self.unlink(block);
                Reserving.deallocate(block.sub(front), whole);
            }
        }
    }

    /// Checks the list, and hands out the bytes of each block.
    #[cfg(any(test, tophash_check))]
    pub(super) fn check(&self, each: &mut dyn FnMut(usize)) {
        let (mut head, mut previous) = (self.first.get(), ptr::null_mut::<Head>());
        // SAFETY: heads in the list are live.
        while let Some(this) = unsafe { head.as_ref() } {
            assert_eq!(this.prev, previous, "back link of a large block");
            each(this.layout.size());
            (previous, head) = (head, this.next);
        }
    }

    /// Frees every block.
    ///
    /// # Safety
    /// None is used again.
    pub(super) unsafe fn free_all(&self) {
        let mut head = self.first.replace(ptr::null_mut());
        while let Some(this) = NonNull::new(head) {
            // SAFETY: a live head, in front of which the rest of `front` lies.
            unsafe {
                let Head { next, layout, .. } = this.read();
                head = next;
                let front = size_of::<Head>().next_multiple_of(layout.align());
                let start = this.add(1).cast::<u8>().sub(front);
                Reserving.deallocate(start, layout);
            }
        }
    }
}

impl Arena {
    #[cold]
    #[inline(never)]
    pub(super) fn allocate_large(
        &self,
        layout: Layout,
        zeroed: bool,
    ) -> Result<NonNull<u8>, AllocError> {
        let bytes = whole(layout)?.1.size();
        self.check_limit(bytes)?;
        let block = self.large.allocate(layout, zeroed)?;
        self.system_blocks.set(self.system_blocks.get() + 1);
        self.add_reserved(bytes);
        self.count(layout.size(), bytes);
        Ok(block)
    }

    /// # Safety
    /// As for `Allocator::deallocate`; the block is large.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn deallocate_large(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: as the caller vouches.
        unsafe { self.large.deallocate(block, layout) };
        let bytes = whole(layout).map_or(0, |whole| whole.1.size());
        self.system_blocks.set(self.system_blocks.get() - 1);
        self.reserved.set(self.reserved.get() - bytes);
        self.discount(layout.size(), bytes);
    }
}
