//! `check_invariants` of an arena: C1 to C4 and the accounting, as code.

use std_alloc::collections::BTreeSet;

use super::chunk::{Chunk, Run};
use super::{Arena, Lists};

/// What the blocks and runs add up to.
#[derive(Default)]
struct Sums {
    reserved: usize,
    system_blocks: usize,
    handed_out: usize,
    /// Addresses of the runs that are not full.
    open: BTreeSet<usize>,
}

impl Arena {
    /// Walks all chunks, runs, free lists and large blocks.
    ///
    /// # Panics
    /// An invariant does not hold; the message names it.
    pub(crate) fn check_invariants(&self) {
        let mut sums = Sums::default();
        if !self.lists.get().is_null() {
            sums.reserved += size_of::<Lists>();
            sums.system_blocks += 1;
        }
        let (mut previous, mut before, mut free) = (core::ptr::null_mut(), 0, 0);
        self.for_each_chunk(|chunk| {
            // SAFETY: chunks in the lists are live (C1).
            let header = unsafe { chunk.as_ref() };
            if header.prev.is_null() {
                // SAFETY: there are lists, as there is a chunk.
                let first = unsafe { self.chunks(header.fit()).get() };
                assert_eq!(first, chunk.as_ptr(), "C1: the list of a chunk's fit");
            } else {
                assert_eq!(header.prev, previous, "C1: back link of a chunk");
                assert_eq!(header.fit(), before, "C1: fits in one list");
            }
            assert!(Chunk::of(chunk) == chunk.as_ptr(), "C1: where chunks start");
            free += usize::from(header.is_free());
            assert!(
                header.is_free() || header.is_used(),
                "C1: a chunk whose runs are all idle"
            );
            sums.reserved += Chunk::layout(header.pages as usize).size();
            sums.system_blocks += 1;
            header.check(chunk.as_ptr().cast(), &mut |run, open| {
                sums.handed_out += run.in_use();
                if open {
                    sums.open.insert(core::ptr::from_ref(run).addr());
                }
            });
            (previous, before) = (chunk.as_ptr(), header.fit());
        });
        assert_eq!(free, usize::from(self.spare.get()), "C1: spare chunks");
        self.check_lists(&mut sums.open);
        self.large.check(&mut |bytes| {
            sums.reserved += bytes;
            sums.handed_out += bytes;
            sums.system_blocks += 1;
        });
        assert_eq!(sums.reserved, self.reserved.get(), "reserved bytes");
        assert_eq!(sums.system_blocks, self.system_blocks.get(), "blocks");
        assert_eq!(sums.handed_out, self.handed_out.get(), "bytes handed out");
        assert!(self.asked.get() <= self.handed_out.get(), "bytes asked for");
        assert!(self.high_water.get() >= self.reserved.get(), "high water");
        let stats = self.stats();
        let parts = stats.live + stats.free_listed + stats.free_pages + stats.wasted;
        assert_eq!(parts, stats.reserved, "the sum of the statistics");
    }

    fn check_lists(&self, open: &mut BTreeSet<usize>) {
        // SAFETY: the lists live as long as the arena, and the runs in them are live (C4).
        unsafe {
            let lists = self.lists.get().as_ref();
            for (class, list) in lists.iter().flat_map(|lists| &lists.runs).enumerate() {
                let (mut run, mut previous) = (list.get(), core::ptr::null_mut::<Run>());
                while let Some(this) = run.as_ref() {
                    assert!(
                        open.remove(&run.addr()),
                        "C4: a full run in a list, or one twice"
                    );
                    assert_eq!(this.class().index(), class, "C4: class of a run");
                    assert_eq!(this.prev, previous, "C4: back link of a run");
                    assert!(
                        !this.is_unused() || this.is_alone(),
                        "C4: an unused run beside others"
                    );
                    (previous, run) = (run, this.next);
                }
            }
        }
        assert!(open.is_empty(), "C4: {} runs are in no list", open.len());
    }
}
