//! Size classes: which sizes blocks come in, and how many pages a run of each class takes.

use core::alloc::Layout;

/// Bytes of a page, the unit that moves from class to class.
pub(super) const PAGE: usize = 2048;
/// Bytes at the start of a chunk that belong to no run.
pub(super) const FIRST_PAGE_HEADER: usize = 832;
/// Left off at the end of a chunk, so that chunks of 64 KiB follow one another in the heap of a C allocator. glibc puts
/// a header between two blocks: with less than 80 bytes for it, it leaves a gap of 64 KiB before each chunk, of which
/// it touches two pages, or maps each chunk by itself.
pub(super) const CHUNK_TAIL: usize = 96;
/// The largest block that is cut from a run.
pub(super) const MOST: usize = 8 << 10;
/// The largest alignment of such a block.
pub(super) const MOST_ALIGN: usize = 64;
/// Classes up to `EXACT` are a unit apart; above, eight of them make a doubling.
pub(super) const UNIT: usize = 4;
const EXACT: usize = 128;
/// Number of classes.
pub(super) const CLASSES: usize = EXACT / UNIT + 8 * (MOST / EXACT).ilog2() as usize;

/// A size class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Class(u8);

impl Class {
    /// The smallest class for blocks of `size` bytes at multiples of `align`.
    #[inline]
    pub(super) const fn of(size: usize, align: usize) -> Option<Self> {
        if size > MOST || align > MOST_ALIGN {
            return None;
        }
        if size <= EXACT && align <= UNIT {
            return Some(Self::of_size(if size == 0 { 1 } else { size }));
        }
        let mut class = Self::of_size(if size == 0 { 1 } else { size });
        // Alignments are powers of two, and a division would cost more than the rest.
        while class.size() & (align - 1) != 0 {
            class.0 += 1;
        }
        Some(class)
    }

    #[inline]
    const fn of_size(size: usize) -> Self {
        if size <= EXACT {
            return Class(size.div_ceil(UNIT) as u8 - 1);
        }
        // The doubling that `size` is in, and which eighth of it.
        let doubling = (size - 1).ilog2();
        let eighth = (size - 1) >> (doubling - 3) & 7;
        let index = EXACT / UNIT + 8 * (doubling - EXACT.ilog2()) as usize + eighth;
        Class(index as u8)
    }

    #[inline]
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }

    #[inline]
    pub(super) const fn from_index(index: u8) -> Self {
        Class(index)
    }

    /// Bytes of each block.
    #[inline]
    pub(super) const fn size(self) -> usize {
        SIZES[self.0 as usize] as usize
    }

    /// Pages of each run.
    #[inline]
    pub(super) const fn pages(self) -> usize {
        PAGES[self.0 as usize] as usize
    }
}

/// A layout, and where its blocks come from.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) layout: Layout,
    /// `None`: they are large.
    pub(super) class: Option<Class>,
}

impl Kind {
    #[inline]
    pub(crate) const fn of(layout: Layout) -> Self {
        Kind {
            layout,
            class: Class::of(layout.size(), layout.align()),
        }
    }
}

const fn size_of_class(index: usize) -> usize {
    let exact = EXACT / UNIT;
    if index < exact {
        return UNIT * (index + 1);
    }
    let (doubling, eighth) = ((index - exact) / 8, (index - exact) % 8);
    (EXACT << doubling) + (eighth + 1) * ((EXACT << doubling) / 8)
}

/// The fewest pages that leave at most a sixteenth of the run unused, or else as little as few pages can, and have room
/// for a block wherever they lie: the first page of a chunk begins with a header, the last ends early.
const fn pages_of_class(index: usize) -> usize {
    let size = size_of_class(index);
    let mut pages = if size <= PAGE - FIRST_PAGE_HEADER {
        1
    } else {
        let pages = (size + CHUNK_TAIL).div_ceil(PAGE);
        if pages < 2 { 2 } else { pages }
    };
    // Long runs find no place between others: rather a little more waste.
    let (mut best, longest) = (pages, if pages < 4 { 4 } else { pages + 1 });
    while pages <= longest {
        let (unused, least) = (pages * PAGE % size, best * PAGE % size);
        if unused * best < least * pages {
            best = pages;
        }
        if unused <= pages * PAGE / 16 {
            break;
        }
        pages += 1;
    }
    best
}

const SIZES: [u16; CLASSES] = {
    let mut table = [0; CLASSES];
    let mut index = 0;
    while index < CLASSES {
        table[index] = size_of_class(index) as u16;
        index += 1;
    }
    table
};

const PAGES: [u8; CLASSES] = {
    let mut table = [0; CLASSES];
    let mut index = 0;
    while index < CLASSES {
        table[index] = pages_of_class(index) as u8;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::super::chunk::LONGEST_RUN;
    use super::*;

    #[test]
    fn each_size_gets_the_tightest_class() {
        for size in 1..=MOST {
            let class = Class::of(size, 1).unwrap();
            assert!(class.size() >= size);
            if class.index() > 0 {
                assert!(Class(class.0 - 1).size() < size, "{size}");
            }
        }
        assert_eq!(Class::of(MOST + 1, 1), None);
        assert_eq!(Class::of(8, 2 * MOST_ALIGN), None);
    }

    #[test]
    fn alignment_is_kept_and_runs_stay_short() {
        for align in [4, 8, 16, 32, 64] {
            for size in (align..=MOST).step_by(align) {
                let class = Class::of(size, align).unwrap();
                assert_eq!(class.size() % align, 0);
            }
        }
        assert!(PAGES.iter().all(|&pages| usize::from(pages) <= LONGEST_RUN));
    }
}
