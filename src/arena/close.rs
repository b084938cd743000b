//! Closing all chunks for a while: blocks that are made meanwhile go to fresh ones, so that those that are moved leave
//! whole chunks behind, and not pages here and there.

use core::ptr::{self, NonNull};

use super::chunk::{CLOSED, Chunk};
use super::{Arena, Lists};

/// Opens the chunks again that are closed when it goes, and still have blocks.
pub(crate) struct Closed<'a> {
    arena: &'a Arena,
    /// Whether the mark had been crossed before. What is moved is there twice for a moment, and that does not count.
    crossed: bool,
}

impl Arena {
    /// Closes all chunks that there are: they only take blocks back, and go when they have none left.
    ///
    /// A block in one of them that is resized moves, whatever its size, if it is not a large one.
    pub(crate) fn close(&self) -> Closed<'_> {
        self.trim();
        // SAFETY: the lists live as long as the arena.
        if let Some(Lists { runs, .. }) = unsafe { self.lists.get().as_ref() } {
            runs.iter().for_each(|list| list.set(ptr::null_mut()));
        }
        self.for_each_chunk(|chunk| {
            // SAFETY: chunks in the lists are live (C1). One that is met again is closed already.
            unsafe {
                if !chunk.as_ref().closed {
                    self.unlink_chunk(chunk);
                    (*chunk.as_ptr()).closed = true;
                    self.link_chunk(chunk);
                    self.closed.set(self.closed.get() + chunk.as_ref().size());
                }
            }
        });
        Closed {
            arena: self,
            crossed: self.crossed.get(),
        }
    }

    /// Whether a block lies in a closed chunk.
    ///
    /// # Safety
    /// The block is not a large one, and its chunk is live.
    #[inline]
    pub(super) unsafe fn is_closed(block: NonNull<u8>) -> bool {
        // SAFETY: as the caller vouches.
        unsafe { (*Chunk::of(block)).closed }
    }
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        let arena = self.arena;
        arena.crossed.set(self.crossed);
        arena.closed.set(0);
        // SAFETY: the lists live as long as the arena; chunks in them are live (C1), and so are their runs (C4).
        unsafe {
            if arena.lists.get().is_null() {
                return;
            }
            arena.end_idle();
            while let Some(chunk) = NonNull::new(arena.chunks(CLOSED).get()) {
                arena.unlink_chunk(chunk);
                (*chunk.as_ptr()).closed = false;
                arena.link_chunk(chunk);
                Chunk::for_each_run(chunk, |run| {
                    if !run.as_ref().is_full() {
                        arena.link(run, run.as_ref().class());
                    }
                });
            }
        }
    }
}
