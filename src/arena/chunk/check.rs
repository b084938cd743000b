//! C1 to C3, as code.

use std_alloc::collections::BTreeSet;

use super::{Chunk, Run, UNIT, page_start};

impl Chunk {
    /// Checks all runs, and hands them out, each with whether it has a free block.
    /// `blocks` points at this chunk, and may be used for all of it.
    pub(in super::super) fn check(&self, blocks: *const u8, each: &mut dyn FnMut(&Run, bool)) {
        let spare = self.free_pages & !Self::all(self.pages as usize);
        assert_eq!(spare, 0, "C1: pages beyond the chunk");
        let mut page = 0;
        while page < self.pages as usize {
            if self.free_pages >> page & 1 != 0 {
                page += 1;
                continue;
            }
            let run = &self.runs[page];
            let end = page + run.class().pages();
            assert!(end <= self.pages as usize, "C2: a run beyond the chunk");
            for covered in page..end {
                assert_eq!(
                    self.free_pages >> covered & 1,
                    0,
                    "C1: a free page in a run"
                );
                assert_eq!(self.runs[covered].first as usize, page, "C2: first page");
            }
            each(run, self.check_run(run, page, blocks));
            page = end;
        }
    }

    fn check_run(&self, run: &Run, page: usize, blocks: *const u8) -> bool {
        let (start, end, size) = (page_start(page), run.end(self.pages), run.class().size());
        let whole = start + (end - start) / size * size;
        let fresh = match run.fresh as usize * UNIT {
            0 => whole,
            fresh => {
                assert!(start <= fresh && fresh < whole, "C3: what is fresh");
                fresh
            }
        };
        let cut = (fresh - start) / size;
        let mut free = BTreeSet::new();
        let mut next = run.free;
        while next != 0 {
            let offset = next as usize * UNIT;
            let inside = offset >= start && offset < fresh;
            assert!(
                inside && (offset - start) % size == 0,
                "C3: {offset} is no block"
            );
            assert!(free.insert(next), "C3: the free list is a circle");
            // SAFETY: a free block of this chunk holds the link to the next (C3).
            next = unsafe { blocks.add(offset).cast::<u16>().read() };
        }
        assert_eq!(
            cut,
            run.used as usize + free.len(),
            "C3: blocks used or free"
        );
        !free.is_empty() || fresh < whole
    }
}

impl Run {
    /// Bytes of the blocks that are handed out.
    pub(in super::super) fn in_use(&self) -> usize {
        self.used as usize * self.class().size()
    }
}
