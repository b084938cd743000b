//! The chunks of an arena, and the pages in them that belong to no run.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use allocator_api2::alloc::{AllocError, Allocator, Global};

use super::Arena;
use super::chunk::{CLOSED, Chunk, MOST_PAGES};
use super::class::PAGE;

/// Pages of the first chunk.
const FIRST_PAGES: usize = 4;

impl Arena {
    /// The chunks of one fit.
    ///
    /// # Safety
    /// There are lists, as there are once there is a chunk.
    #[inline]
    pub(super) unsafe fn chunks(&self, fit: usize) -> &Cell<*mut Chunk> {
        // SAFETY: the lists live as long as the arena.
        unsafe { &(*self.lists.get()).chunks[fit] }
    }

    /// Calls `each` with every chunk; it may take that one out.
    pub(super) fn for_each_chunk(&self, mut each: impl FnMut(NonNull<Chunk>)) {
        // SAFETY: the lists live as long as the arena, and chunks in them are live (C1).
        unsafe {
            let Some(lists) = self.lists.get().as_ref() else {
                return;
            };
            for list in &lists.chunks {
                let mut next = list.get();
                while let Some(chunk) = NonNull::new(next) {
                    next = chunk.as_ref().next;
                    each(chunk);
                }
            }
        }
    }

    /// Free pages that lie together, for a run to be made there at once: those that there are, or a new chunk's, or what
    /// idle runs give up. The latter comes first while the arena is so small that they are a large part of it.
    pub(super) fn get_pages(&self, count: usize) -> Result<(NonNull<Chunk>, usize), AllocError> {
        if let Some(found) = self.reuse_pages(count) {
            return Ok(found);
        }
        if self.reserved.get() >= MOST_PAGES * PAGE {
            if let Ok(made) = self.new_chunk(count) {
                return Ok(made);
            }
        }
        self.end_idle();
        match self.reuse_pages(count) {
            Some(found) => {
                self.refused.set(0);
                Ok(found)
            }
            None => self.new_chunk(count),
        }
    }

    /// As `find_pages`; the chunk is spare no more.
    fn reuse_pages(&self, count: usize) -> Option<(NonNull<Chunk>, usize)> {
        let found = self.find_pages(count)?;
        // SAFETY: chunks in the lists are live (C1).
        if unsafe { found.0.as_ref().is_free() } {
            self.spare.set(false);
        }
        Some(found)
    }

    /// Free pages that lie together, in a chunk where they fit best.
    pub(super) fn find_pages(&self, count: usize) -> Option<(NonNull<Chunk>, usize)> {
        // SAFETY: the lists live as long as the arena, and chunks in them are live (C1).
        unsafe {
            let lists = self.lists.get().as_ref()?;
            let mut fits = lists.chunks[count..CLOSED].iter();
            let chunk = fits.find_map(|list| NonNull::new(list.get()))?;
            // A chunk without a run may be too small.
            let page = chunk.as_ref().find_pages(count)?;
            Some((chunk, page))
        }
    }

    /// A chunk that has `count` free pages together, and the first of these.
    fn new_chunk(&self, count: usize) -> Result<(NonNull<Chunk>, usize), AllocError> {
        // As much again as there is, so that small maps stay small.
        let grown = ((self.reserved.get() - self.closed.get()) / PAGE).next_power_of_two();
        let pages = grown
            .clamp(FIRST_PAGES, MOST_PAGES)
            .max((count + 1).next_power_of_two());
        let layout = Chunk::layout(pages);
        self.check_limit(layout.size())?;
        let block = Global.allocate(layout)?;
        // SAFETY: fresh and of that layout.
        let chunk = unsafe { Chunk::init(block.cast(), pages) };
        self.system_blocks.set(self.system_blocks.get() + 1);
        self.add_reserved(layout.size());
        // SAFETY: the chunk is live and in no list.
        unsafe {
            self.link_chunk(chunk);
            let page = chunk.as_ref().find_pages(count).ok_or(AllocError)?;
            Ok((chunk, page))
        }
    }

    /// Gives back the chunk that is kept at hand.
    pub(crate) fn trim(&self) {
        self.end_idle();
        self.for_each_chunk(|chunk| {
            // SAFETY: the chunk is live (C1); one without a run has no block either.
            unsafe {
                if chunk.as_ref().is_free() {
                    self.unlink_chunk(chunk);
                    self.free_chunk(chunk);
                }
            }
        });
        self.spare.set(false);
    }

    /// # Safety
    /// The chunk is live, in no list, and no block of it is used again.
    pub(super) unsafe fn free_chunk(&self, chunk: NonNull<Chunk>) {
        // SAFETY: allocated with this layout.
        unsafe {
            let layout = Chunk::layout(chunk.as_ref().pages as usize);
            if chunk.as_ref().closed {
                self.closed.set(self.closed.get() - layout.size());
            }
            Global.deallocate(chunk.cast(), layout);
            self.reserved.set(self.reserved.get() - layout.size());
            self.system_blocks.set(self.system_blocks.get() - 1);
        }
    }

    /// # Safety
    /// The chunk is live and in no list.
    pub(super) unsafe fn link_chunk(&self, chunk: NonNull<Chunk>) {
        // SAFETY: chunks in the list are live (C1).
        unsafe {
            let first = self.chunks(chunk.as_ref().fit()).replace(chunk.as_ptr());
            (*chunk.as_ptr()).next = first;
            (*chunk.as_ptr()).prev = ptr::null_mut();
            if let Some(first) = first.as_mut() {
                first.prev = chunk.as_ptr();
            }
        }
    }

    /// # Safety
    /// The chunk is in the list of its fit.
    pub(super) unsafe fn unlink_chunk(&self, chunk: NonNull<Chunk>) {
        // SAFETY: chunks in the list are live (C1).
        unsafe {
            let Chunk { next, prev, .. } = *chunk.as_ptr();
            match prev.as_mut() {
                Some(prev) => prev.next = next,
                None => self.chunks(chunk.as_ref().fit()).set(next),
            }
            if let Some(next) = next.as_mut() {
                next.prev = prev;
            }
        }
    }
}
