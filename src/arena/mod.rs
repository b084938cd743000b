//! The memory of one [`NestedMap`](crate::NestedMap): blocks of many sizes that all go at once.
//!
//! A **chunk** (8 to 64 KiB, from the global allocator) is divided into **pages** of 2 KiB. Some pages that lie
//! together make a **run**, from which blocks of one size class are cut; once all of its blocks are free it is no run
//! any more, and its pages serve any class again. That is the point of it: nodes that grow from class to class in step
//! leave whole pages behind, and free lists for each class would strand them. But a class's last run of one page stays,
//! **idle**, until another one has a free block or pages are wanting, because nodes that grow one after another would
//! make and end it each time. A chunk without a used block goes back to the system, but for one that is kept at hand.
//!
//! A block's chunk is known by its address, the block's run by a byte for each page in the chunk's header; a block
//! itself has no header. Blocks above 8 KiB are **large**: they come from [`Reserving`](crate::alloc::Reserving), in
//! which a table grows where it stands, and are kept in a list so that they too go when the arena goes.
//!
//! A bump allocator as the source of the chunks would save nothing, because chunks are few, and could not give a
//! single chunk back.
//!
//! # Invariants
//! - **C1** Every chunk is in the list of its fit or in that of closed ones, live, starts at a multiple of
//!   `CHUNK_ALIGN`, and has its bits of `free_pages` clear for exactly the pages of runs. At most one has no run, and
//!   `spare` says whether there is one; each of the others has a used block.
//! - **C2** Each page of a run knows the run's first page; the run is described there.
//! - **C3** A run's free list holds blocks of the run that are not handed out; each has the next one's offset in it.
//! - **C4** A class's list holds exactly the runs of the class that are not full, but for those of closed chunks; each
//!   has `used > 0`, or is the only one. A run of a closed chunk has `used > 0`.
//! - **C5** No chunk points at the arena, so the arena may move.

mod account;
#[cfg(any(test, tophash_check))]
mod check;
mod chunk;
mod class;
mod close;
mod large;
mod pages;
mod stats;
#[cfg(test)]
mod tests;

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::{self, NonNull};

use allocator_api2::alloc::{AllocError, Allocator, Global};

use crate::alloc::allocator;

use chunk::{Chunk, FITS, Run};
pub(crate) use class::Kind;
use class::{CLASSES, Class};
use large::Large;
pub use stats::MemoryStats;

/// Where runs and pages are found.
struct Lists {
    /// For each class, the runs that are not full.
    runs: [Cell<*mut Run>; CLASSES],
    /// The chunks by their fit, then the closed ones.
    chunks: [Cell<*mut Chunk>; FITS + 1],
}

/// An allocator whose blocks go when it goes.
pub(crate) struct Arena {
    /// Null while there is no chunk.
    lists: Cell<*mut Lists>,
    large: Large,
    /// Whether there is a chunk without a run, kept although nobody needs it.
    spare: Cell<bool>,
    /// Bytes of closed chunks.
    closed: Cell<usize>,
    reserved: Cell<usize>,
    system_blocks: Cell<usize>,
    /// Bytes asked for, and bytes in the blocks that were handed out for them.
    asked: Cell<usize>,
    handed_out: Cell<usize>,
    high_water: Cell<usize>,
    limit: Cell<usize>,
    /// `reserved` at which somebody wants to be told, and whether it was reached.
    mark: Cell<usize>,
    crossed: Cell<bool>,
    /// Bytes that the limit has refused last; 0 when that was asked for, or never happened.
    refused: Cell<usize>,
}

impl Arena {
    pub(crate) const fn new() -> Self {
        Arena {
            lists: Cell::new(ptr::null_mut()),
            large: Large::new(),
            spare: Cell::new(false),
            closed: Cell::new(0),
            reserved: Cell::new(0),
            system_blocks: Cell::new(0),
            asked: Cell::new(0),
            handed_out: Cell::new(0),
            high_water: Cell::new(0),
            limit: Cell::new(usize::MAX),
            mark: Cell::new(usize::MAX),
            crossed: Cell::new(false),
            refused: Cell::new(0),
        }
    }

    #[inline]
    fn list(&self, class: Class) -> Option<&Cell<*mut Run>> {
        // SAFETY: the lists live as long as the arena, once there are any.
        unsafe { self.lists.get().as_ref() }.map(|lists| &lists.runs[class.index()])
    }

    #[inline(never)]
    fn take(&self, class: Class) -> Result<NonNull<u8>, AllocError> {
        let run = match self.list(class).and_then(|list| NonNull::new(list.get())) {
            Some(run) => run,
            None => self.new_run(class)?,
        };
        // SAFETY: runs in the list are live and not full (C4).
        unsafe {
            let block = Run::take(run);
            if run.as_ref().is_full() {
                self.unlink(run, class);
            }
            Ok(block)
        }
    }

    /// # Safety
    /// `block` was handed out for this class, and is not used again.
    #[inline]
    unsafe fn give_back(&self, block: NonNull<u8>, class: Class) {
        // SAFETY: the block is handed out, so its run is live (C1, C2).
        unsafe {
            let run = Chunk::run_of(block);
            debug_assert_eq!(run.as_ref().class(), class);
            let was_full = run.as_ref().is_full();
            Run::give_back(run, block);
            // Nodes that grow one after another take one block and give it back, again and again.
            let idles = || class.pages() == 1 && Chunk::may_idle(run);
            if was_full || run.as_ref().is_unused() && !idles() {
                self.relist(run, class, was_full);
            }
        }
    }

    /// Lists a run that is full no more, and ends runs that need not be kept.
    ///
    /// # Safety
    /// `run` is a live run of `class`, and has a free block; it is in the list, unless `was_full` or its chunk is
    /// closed.
    #[inline(never)]
    unsafe fn relist(&self, run: NonNull<Run>, class: Class, was_full: bool) {
        // SAFETY: as the caller vouches; runs in the list are live (C4).
        unsafe {
            if (*Chunk::of(run)).closed {
                if run.as_ref().is_unused() {
                    self.free_run(run);
                }
                return;
            }
            if was_full {
                let first = self.list(class).and_then(|list| NonNull::new(list.get()));
                self.link(run, class);
                if let Some(idle) = first.filter(|first| first.as_ref().is_unused()) {
                    self.end_run(idle);
                }
            }
            if run.as_ref().is_unused() {
                self.retire(run, class);
            }
        }
    }

    /// Ends a run, unless it may idle; with it those that idle in a chunk of which nothing is used any more.
    ///
    /// # Safety
    /// As for `end_run`; the run is of `class`, and its chunk is open.
    #[inline]
    unsafe fn retire(&self, run: NonNull<Run>, class: Class) {
        // SAFETY: as the caller vouches; unused runs of an open chunk are in their lists (C4). The chunk goes with the
        // last of them at the earliest.
        unsafe {
            let chunk = NonNull::new_unchecked(Chunk::of(run));
            if !chunk.as_ref().is_used() {
                Chunk::for_each_run(chunk, |other| {
                    if other != run {
                        self.end_run(other);
                    }
                });
                self.end_run(run);
            } else if class.pages() != 1 || !run.as_ref().is_alone() {
                self.end_run(run);
            }
        }
    }

    /// # Safety
    /// `run` is live and in no list.
    unsafe fn link(&self, run: NonNull<Run>, class: Class) {
        let Some(list) = self.list(class) else { return };
        // SAFETY: runs in the list are live (C4).
        unsafe {
            let first = list.replace(run.as_ptr());
            (*run.as_ptr()).next = first;
            (*run.as_ptr()).prev = ptr::null_mut();
            if let Some(first) = first.as_mut() {
                first.prev = run.as_ptr();
            }
        }
    }

    /// # Safety
    /// `run` is in the list of `class`.
    unsafe fn unlink(&self, run: NonNull<Run>, class: Class) {
        // SAFETY: neighbours in the list are live (C4).
        unsafe {
            let Run { next, prev, .. } = *run.as_ref();
            match prev.as_mut() {
                Some(prev) => prev.next = next,
                None => {
                    if let Some(list) = self.list(class) {
                        list.set(next);
                    }
                }
            }
            if let Some(next) = next.as_mut() {
                next.prev = prev;
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn new_run(&self, class: Class) -> Result<NonNull<Run>, AllocError> {
        if self.lists.get().is_null() {
            self.make_lists()?;
        }
        let (chunk, page) = self.get_pages(class.pages())?;
        // SAFETY: the chunk is live, and the pages were found free (C1).
        unsafe {
            self.unlink_chunk(chunk);
            let run = Chunk::start_run(chunk, page, class);
            self.link_chunk(chunk);
            self.link(run, class);
            Ok(run)
        }
    }

    fn make_lists(&self) -> Result<(), AllocError> {
        let layout = Layout::new::<Lists>();
        self.check_limit(layout.size())?;
        let block = Global.allocate(layout)?.cast::<Lists>();
        // SAFETY: fresh and of that layout.
        unsafe {
            block.write(Lists {
                runs: [const { Cell::new(ptr::null_mut()) }; CLASSES],
                chunks: [const { Cell::new(ptr::null_mut()) }; FITS + 1],
            })
        };
        self.lists.set(block.as_ptr());
        self.system_blocks.set(self.system_blocks.get() + 1);
        self.add_reserved(layout.size());
        Ok(())
    }

    /// What giving a block back touches besides the block, if it is not a large one.
    #[inline]
    pub(crate) fn address_of_run(block: *mut u8) -> *mut u8 {
        Chunk::address_of_run(block)
    }

    /// Whether such a block is large.
    pub(crate) fn is_large(layout: Layout) -> bool {
        Class::of(layout.size(), layout.align()).is_none()
    }

    /// Whether a block can be had without reserving more than is reserved, but for a large one.
    pub(crate) fn is_at_hand(&self, layout: Layout) -> bool {
        let Some(class) = Class::of(layout.size(), layout.align()) else {
            return true;
        };
        let open = self.list(class).is_some_and(|list| !list.get().is_null());
        open || self.find_pages(class.pages()).is_some()
    }

    /// Ends the runs that are idle.
    fn end_idle(&self) {
        // SAFETY: the lists live as long as the arena, and runs in them are live (C4). Only the first can be unused.
        unsafe {
            let lists = self.lists.get().as_ref();
            for list in lists.iter().flat_map(|lists| &lists.runs) {
                let first = NonNull::new(list.get());
                if let Some(idle) = first.filter(|first| first.as_ref().is_unused()) {
                    self.end_run(idle);
                }
            }
        }
    }

    /// # Safety
    /// None of the run's blocks is handed out, and it is in its class's list.
    #[cold]
    #[inline(never)]
    unsafe fn end_run(&self, run: NonNull<Run>) {
        // SAFETY: as the caller vouches.
        unsafe {
            self.unlink(run, run.as_ref().class());
            self.free_run(run);
        }
    }

    /// # Safety
    /// None of the run's blocks is handed out, and it is in no list.
    unsafe fn free_run(&self, run: NonNull<Run>) {
        // SAFETY: as the caller vouches; its chunk is in the list of chunks (C1).
        unsafe {
            let chunk = NonNull::new_unchecked(Chunk::of(run));
            self.unlink_chunk(chunk);
            Chunk::end_run(run);
            let closed = chunk.as_ref().closed;
            if chunk.as_ref().is_free() && (closed || self.spare.replace(true)) {
                self.free_chunk(chunk);
            } else {
                self.link_chunk(chunk);
            }
        }
    }

    /// A block for a layout whose class is known.
    #[inline]
    pub(crate) fn allocate_kind(&self, kind: Kind) -> Result<NonNull<u8>, AllocError> {
        match kind.class {
            Some(class) => {
                let block = self.take(class)?;
                self.count(kind.layout.size(), class.size());
                Ok(block)
            }
            None => self.allocate_large(kind.layout, false),
        }
    }

    /// Takes back a block for a layout whose class is known.
    ///
    /// # Safety
    /// As for `Allocator::deallocate`.
    #[inline]
    pub(crate) unsafe fn deallocate_kind(&self, block: NonNull<u8>, kind: Kind) {
        // SAFETY: the layout tells where the block is from; the rest is the caller's promise.
        unsafe {
            match kind.class {
                Some(class) => {
                    self.give_back(block, class);
                    self.discount(kind.layout.size(), class.size());
                }
                None => self.deallocate_large(block, kind.layout),
            }
        }
    }

    /// A block; with `zeroed`, it reads as zero.
    #[inline]
    fn allocate_any(&self, layout: Layout, zeroed: bool) -> Result<NonNull<u8>, AllocError> {
        let kind = Kind::of(layout);
        if kind.class.is_none() {
            return self.allocate_large(layout, zeroed);
        }
        let block = self.allocate_kind(kind)?;
        if zeroed {
            // SAFETY: the block has room for the layout.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        Ok(block)
    }

    /// Takes back a block.
    ///
    /// # Safety
    /// As for `Allocator::deallocate`.
    #[inline]
    unsafe fn free(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's promise is the same.
        unsafe { self.deallocate_kind(block, Kind::of(layout)) }
    }

    /// Grows or shrinks a block where it is, or else moves it. With `zeroed`, what is added reads as zero.
    ///
    /// # Safety
    /// As for `Allocator::grow` or `shrink`.
    unsafe fn resize(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
        zeroed: bool,
    ) -> Result<NonNull<u8>, AllocError> {
        let classes = (
            Class::of(old.size(), old.align()),
            Class::of(new.size(), new.align()),
        );
        let tail = new.size().saturating_sub(old.size());
        if let (None, None) = classes {
            if old.align() == new.align() {
                let (before, after) = (large::whole(old)?.1.size(), large::whole(new)?.1.size());
                self.check_limit(after.saturating_sub(before))?;
                // SAFETY: the block is large, and as the caller vouches.
                let block = unsafe { self.large.resize(block, old, new)? };
                if zeroed {
                    // SAFETY: what was added lies behind the old bytes.
                    unsafe { block.add(old.size()).write_bytes(0, tail) };
                }
                if after > before {
                    self.add_reserved(after - before);
                } else {
                    self.reserved.set(self.reserved.get() - (before - after));
                }
                self.discount(old.size(), before);
                self.count(new.size(), after);
                return Ok(block);
            }
        } else if classes.0 == classes.1 && classes.0.is_some() && {
            // SAFETY: a block of a class is in a chunk.
            unsafe { !Self::is_closed(block) }
        } {
            self.discount(old.size(), 0);
            self.count(new.size(), 0);
            if zeroed {
                // SAFETY: the block has room for the new layout.
                unsafe { block.add(old.size()).write_bytes(0, tail) };
            }
            return Ok(block);
        }
        let moved = self.allocate_any(new, zeroed)?;
        // SAFETY: two live blocks, each as long as its layout says; the old one is not used again.
        unsafe {
            moved.copy_from_nonoverlapping(block, old.size().min(new.size()));
            self.free(block, old);
        }
        Ok(moved)
    }
}

// SAFETY: a block stays where it is until it is given back or the arena goes; the arena cannot be cloned, and may
// move (C5).
allocator!(Arena, this => this);

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: chunks in the lists are live (C1), and neither list nor block is used again.
        self.for_each_chunk(|chunk| unsafe { self.free_chunk(chunk) });
        // SAFETY: no block is used again; the lists were allocated with this layout.
        unsafe {
            self.large.free_all();
            if let Some(lists) = NonNull::new(self.lists.get()) {
                Global.deallocate(lists.cast(), Layout::new::<Lists>());
            }
        }
    }
}

// SAFETY: owns its chunks and blocks, which are the same on every thread.
unsafe impl Send for Arena {}
