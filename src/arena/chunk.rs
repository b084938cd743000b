//! Chunks, the pages in them, and the runs of pages that blocks of one class are cut from.

#[cfg(any(test, tophash_check))]
mod check;

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use super::class::{CHUNK_TAIL, Class, FIRST_PAGE_HEADER as HEADER, PAGE, UNIT};

/// Pages of a full-sized chunk.
pub(super) const MOST_PAGES: usize = 32;
/// Every chunk starts at a multiple of this, so that a block's address tells its chunk.
pub(super) const CHUNK_ALIGN: usize = MOST_PAGES * PAGE;
/// Pages of the longest run.
pub(super) const LONGEST_RUN: usize = 6;
/// The fit of a chunk without a run, and how many fits there are.
const FREE: usize = LONGEST_RUN + 1;
pub(super) const FITS: usize = FREE + 1;
/// What a closed chunk has for a fit: nothing fits in.
pub(super) const CLOSED: usize = FITS;

/// The run that starts at a page.
#[repr(C)]
pub(super) struct Run {
    /// Links of the class's list of runs that have a free block.
    pub(super) next: *mut Run,
    pub(super) prev: *mut Run,
    /// The first free block, in units from the chunk's start; 0: none.
    free: u16,
    /// What lies from here on was never a block, but has room for one; 0: all of the run is cut.
    fresh: u16,
    /// Blocks that are handed out.
    used: u16,
    class: u8,
    /// The first page of the run that this page belongs to: set for every page of a run.
    first: u8,
}

const NO_RUN: Run = Run {
    next: ptr::null_mut(),
    prev: ptr::null_mut(),
    free: 0,
    fresh: 0,
    used: 0,
    class: 0,
    first: 0,
};

/// What stands at the start of a chunk.
#[repr(C)]
pub(super) struct Chunk {
    pub(super) next: *mut Chunk,
    pub(super) prev: *mut Chunk,
    /// One bit for each page that belongs to no run.
    pub(super) free_pages: u32,
    pub(super) pages: u16,
    /// Whether blocks are only taken back, see [`super::close`].
    pub(super) closed: bool,
    runs: [Run; MOST_PAGES],
}

const _: () = assert!(size_of::<Chunk>() <= HEADER && HEADER % 64 == 0);

fn page_start(page: usize) -> usize {
    if page == 0 { HEADER } else { page * PAGE }
}

/// The end of the pages below `page`, in a chunk of so many.
#[inline]
fn page_end(page: usize, pages: u16) -> usize {
    (page * PAGE).min(pages as usize * PAGE - CHUNK_TAIL)
}

impl Chunk {
    pub(super) fn layout(pages: usize) -> Layout {
        match Layout::from_size_align(pages * PAGE - CHUNK_TAIL, CHUNK_ALIGN) {
            Ok(layout) => layout,
            Err(_) => unreachable!("a chunk is 64 KiB at most"),
        }
    }

    /// Makes a chunk of a fresh block.
    ///
    /// # Safety
    /// The block has `Self::layout(pages)`, with `2 <= pages <= MOST_PAGES`.
    pub(super) unsafe fn init(block: NonNull<u8>, pages: usize) -> NonNull<Chunk> {
        let chunk = block.cast::<Chunk>();
        // SAFETY: the header fits the first page.
        unsafe {
            chunk.write(Chunk {
                next: ptr::null_mut(),
                prev: ptr::null_mut(),
                free_pages: Self::all(pages),
                pages: pages as u16,
                closed: false,
                runs: [NO_RUN; MOST_PAGES],
            });
        }
        chunk
    }

    const fn all(pages: usize) -> u32 {
        u32::MAX >> (MOST_PAGES - pages)
    }

    pub(super) fn size(&self) -> usize {
        self.pages as usize * PAGE - CHUNK_TAIL
    }

    /// Whether no run is left.
    #[inline]
    pub(super) fn is_free(&self) -> bool {
        self.free_pages == Self::all(self.pages as usize)
    }

    /// The first of `count` free pages that lie together.
    #[inline]
    pub(super) fn find_pages(&self, count: usize) -> Option<usize> {
        // The first page is short, so only runs of one page begin there.
        let mut starts = self.free_pages & if count == 1 { !0 } else { !1 };
        for step in 1..count {
            starts &= self.free_pages >> step;
        }
        (starts != 0).then(|| starts.trailing_zeros() as usize)
    }

    /// Pages of the longest run that fits in; a chunk without a run is apart, so that it is taken last.
    #[inline]
    pub(super) fn fit(&self) -> usize {
        if self.closed {
            return CLOSED;
        }
        if self.is_free() {
            return FREE;
        }
        let (mut starts, mut fit) = (self.free_pages & !1, 0);
        while starts != 0 && fit < LONGEST_RUN {
            fit += 1;
            starts &= self.free_pages >> fit;
        }
        fit.max(usize::from(self.free_pages != 0))
    }

    /// One bit for each page that has no used block.
    fn unused_pages(&self) -> u32 {
        let mut unused = self.free_pages;
        for page in 0..self.pages as usize {
            let run = &self.runs[self.runs[page].first as usize];
            if self.free_pages >> page & 1 == 0 && run.is_unused() {
                unused |= 1 << page;
            }
        }
        unused
    }

    /// Bytes of pages without a used block, and the longest piece of them that lies together.
    pub(super) fn free_space(&self) -> (usize, usize) {
        let unused = self.unused_pages();
        let (mut total, mut longest, mut page) = (0, 0, 0);
        while page < self.pages as usize {
            let mut bytes = 0;
            while page < self.pages as usize && unused >> page & 1 != 0 {
                bytes += page_end(page + 1, self.pages) - page_start(page);
                page += 1;
            }
            total += bytes;
            longest = longest.max(bytes);
            page += 1;
        }
        (total, longest)
    }

    /// Bytes of free blocks in runs that also have used ones.
    pub(super) fn free_blocks(&self) -> usize {
        let (mut bytes, mut page, unused) = (0, 0, self.unused_pages());
        while page < self.pages as usize {
            if unused >> page & 1 != 0 {
                page += 1;
                continue;
            }
            let (run, size) = (&self.runs[page], self.runs[page].class().size());
            let blocks = (run.end(self.pages) - page_start(page)) / size;
            bytes += (blocks - run.used as usize) * size;
            page += run.class().pages();
        }
        bytes
    }

    /// Makes a run of free pages.
    ///
    /// # Safety
    /// `chunk` is live, and `class.pages()` pages from `page` on are free.
    pub(super) unsafe fn start_run(
        chunk: NonNull<Chunk>,
        page: usize,
        class: Class,
    ) -> NonNull<Run> {
        // SAFETY: the chunk is live, and nobody else holds a reference to its header.
        let header = unsafe { &mut *chunk.as_ptr() };
        let start = page_start(page);
        for covered in page..page + class.pages() {
            header.free_pages &= !(1 << covered);
            header.runs[covered].first = page as u8;
        }
        header.runs[page] = Run {
            fresh: (start / UNIT) as u16,
            class: class.index() as u8,
            first: page as u8,
            ..NO_RUN
        };
        // SAFETY: points at a field of the header, through the pointer that the chunk is known by.
        unsafe { NonNull::new_unchecked(&raw mut (*chunk.as_ptr()).runs[page]) }
    }

    /// Calls `each` with every run.
    ///
    /// # Safety
    /// `chunk` is live.
    pub(super) unsafe fn for_each_run(chunk: NonNull<Chunk>, mut each: impl FnMut(NonNull<Run>)) {
        let mut page = 0;
        // SAFETY: as the caller vouches; a page that is not free begins a run or was stepped over with one (C2).
        unsafe {
            while page < (*chunk.as_ptr()).pages as usize {
                if (*chunk.as_ptr()).free_pages >> page & 1 != 0 {
                    page += 1;
                    continue;
                }
                let run = NonNull::new_unchecked(&raw mut (*chunk.as_ptr()).runs[page]);
                page += run.as_ref().class().pages();
                each(run);
            }
        }
    }

    /// The chunk that a block or run lies in.
    #[inline]
    pub(super) fn of<T>(inside: NonNull<T>) -> *mut Chunk {
        inside
            .as_ptr()
            .map_addr(|address| address & !(CHUNK_ALIGN - 1))
            .cast()
    }

    /// Where the run of a block's page is described, which may not be there.
    #[inline]
    pub(super) fn address_of_run(block: *mut u8) -> *mut u8 {
        let page = (block.addr() & (CHUNK_ALIGN - 1)) / PAGE;
        let run = core::mem::offset_of!(Chunk, runs) + page * size_of::<Run>();
        block.map_addr(|address| (address & !(CHUNK_ALIGN - 1)) + run)
    }

    /// The run that a block was cut from.
    ///
    /// # Safety
    /// `block` is handed out.
    #[inline]
    pub(super) unsafe fn run_of(block: NonNull<u8>) -> NonNull<Run> {
        let chunk = Self::of(block);
        let page = (block.addr().get() & (CHUNK_ALIGN - 1)) / PAGE;
        // SAFETY: a block's page is one of its chunk's, and knows the first page of its run (C2).
        unsafe {
            let first = (*chunk).runs[page].first;
            NonNull::new_unchecked(&raw mut (*chunk).runs[first as usize])
        }
    }

    /// Frees the pages of a run whose blocks are all free.
    ///
    /// # Safety
    /// `run` is a run of a live chunk, in no list, and none of its blocks is handed out.
    pub(super) unsafe fn end_run(run: NonNull<Run>) {
        let chunk = Self::of(run);
        // SAFETY: the run lies in the header of its chunk, which is live.
        unsafe { (*chunk).free_pages |= run.as_ref().pages() };
    }

    /// Whether a run of one page may stay although it is unused: no other one is in its class's list, in which it is,
    /// and something in its chunk is used.
    ///
    /// # Safety
    /// `run` is a run of a live chunk.
    #[inline]
    pub(super) unsafe fn may_idle(run: NonNull<Run>) -> bool {
        // SAFETY: the run lies in the header of its chunk; both are only read.
        unsafe {
            let (chunk, run) = (&*Self::of(run), run.as_ref());
            run.is_alone() && !chunk.closed && chunk.is_used()
        }
    }

    /// Whether some block is used.
    #[inline]
    pub(super) fn is_used(&self) -> bool {
        let mut pages = !self.free_pages & Self::all(self.pages as usize);
        while pages != 0 {
            let page = &self.runs[pages.trailing_zeros() as usize];
            if !self.runs[page.first as usize].is_unused() {
                return true;
            }
            pages &= pages - 1;
        }
        false
    }
}

impl Run {
    #[inline]
    pub(super) fn class(&self) -> Class {
        Class::from_index(self.class)
    }

    #[inline]
    pub(super) fn is_unused(&self) -> bool {
        self.used == 0
    }

    /// Whether there is no other one in the class's list, in which this one is.
    #[inline]
    pub(super) fn is_alone(&self) -> bool {
        self.next.is_null() && self.prev.is_null()
    }

    /// One bit for each page.
    #[inline]
    fn pages(&self) -> u32 {
        Chunk::all(self.class().pages()) << self.first
    }

    /// Where this run ends, in a chunk of so many pages.
    #[inline]
    fn end(&self, pages: u16) -> usize {
        page_end(self.first as usize + self.class().pages(), pages)
    }

    /// Whether no block is free.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.free | self.fresh == 0
    }

    /// Hands out a block.
    ///
    /// # Safety
    /// `run` is a run of a live chunk that is not full.
    #[inline]
    pub(super) unsafe fn take(run: NonNull<Run>) -> NonNull<u8> {
        let chunk = Chunk::of(run);
        // SAFETY: a free block lies in its chunk, and holds the link to the next (C3); a fresh one lies
        // below the run's end. Of the chunk's header, which the run is in, only another field is read meanwhile.
        unsafe {
            let this = &mut *run.as_ptr();
            this.used += 1;
            let offset = match this.free {
                0 => this.cut((*chunk).pages),
                free => {
                    let next = chunk.byte_add(free as usize * UNIT).cast::<u16>().read();
                    core::mem::replace(&mut this.free, next)
                }
            };
            NonNull::new_unchecked(chunk.cast::<u8>().add(offset as usize * UNIT))
        }
    }

    /// Cuts a block off what is fresh, in a chunk of so many pages.
    #[inline]
    fn cut(&mut self, pages: u16) -> u16 {
        let (fresh, size) = (self.fresh, self.class().size());
        let next = fresh as usize * UNIT + size;
        self.fresh = match next + size <= self.end(pages) {
            true => (next / UNIT) as u16,
            false => 0,
        };
        fresh
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// `block` was handed out by `run`, which is one of a live chunk, and is not used again.
    #[inline]
    pub(super) unsafe fn give_back(run: NonNull<Run>, block: NonNull<u8>) {
        let offset = (block.addr().get() & (CHUNK_ALIGN - 1)) / UNIT;
        // SAFETY: the block is a unit at least and aligned to one, so it has room for the link.
        unsafe {
            let this = &mut *run.as_ptr();
            block.cast::<u16>().write(this.free);
            this.free = offset as u16;
            this.used -= 1;
        }
    }
}
