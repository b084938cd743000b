//! The cached ranges: each for one block at a time, zero where zero is promised, and few.

use super::{Allocator, Layout, Random, Reserving, Watched, layout, pattern};
use core::ptr::NonNull;
use std::thread;
use std::vec::Vec;

/// Up to this size a cached range serves a block of alignment 8.
const SERVED: usize = (4 << 20) - 64;

/// A block that must read as zero all over.
fn zeroed(layout: Layout) -> NonNull<u8> {
    let block = Reserving.allocate_zeroed(layout).expect("memory");
    // SAFETY: the block is live, and zeroed memory is initialized.
    let at = unsafe { block.as_ref() }.iter().position(|&byte| byte != 0);
    assert_eq!(at, None, "{layout:?}");
    block.cast()
}

/// Four threads that hold two blocks each: the slots are full and empty in turn.
#[test]
fn threads_never_share_a_range() {
    const STEP: usize = 61;
    let work = |thread: usize| {
        let mut random = Random(0x5EED_0002 + thread as u64);
        let mut blocks: Vec<(NonNull<u8>, Layout, usize)> = Vec::new();
        for round in 0..400 {
            let layout = layout(Reserving::LARGE_BLOCK + random.below(300_000), 8);
            let block = Reserving.allocate_zeroed(layout).expect("memory");
            let (block, seed) = (block.cast::<u8>(), thread << 20 | round);
            for at in (0..layout.size()).step_by(STEP) {
                // SAFETY: within the block.
                unsafe {
                    assert_eq!(block.byte_add(at).read(), 0, "byte {at} of {layout:?}");
                    block.byte_add(at).write(pattern(seed, at));
                }
            }
            blocks.push((block, layout, seed));
            if blocks.len() > 1 {
                let (block, layout, seed) = blocks.swap_remove(random.below(2));
                for at in (0..layout.size()).step_by(STEP) {
                    // SAFETY: within the block, and written above.
                    assert_eq!(unsafe { block.byte_add(at).read() }, pattern(seed, at));
                }
                // SAFETY: the block is not used again.
                unsafe { Reserving.deallocate(block, layout) };
            }
        }
        for (block, layout, _) in blocks {
            // SAFETY: the block is not used again.
            unsafe { Reserving.deallocate(block, layout) };
        }
    };
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || work(thread));
        }
    });
}

/// What earlier blocks wrote, of whatever length, never shows in a zeroed one, nor where it grows.
#[test]
fn recycled_memory_is_cleared() {
    let sizes = [300_000, 1_500_001, SERVED];
    for dirty in sizes {
        for size in sizes {
            Watched::new(&Reserving, layout(dirty, 8), dirty).free(&Reserving);
            let mut block = Watched {
                block: zeroed(layout(size, 8)),
                layout: layout(size, 8),
                seed: size,
            };
            block.fill(0);
            block.resize(&Reserving, layout(size + 700_000, 8), true);
            block.resize(&Reserving, layout(size / 2 + 150_000, 8), false);
            block.resize(&Reserving, layout(size + 400_000, 8), true);
            block.free(&Reserving);
        }
    }
}

/// What needs a process of its own, since the cache and the figures are those of the process.
#[cfg(all(target_os = "linux", target_pointer_width = "64", not(miri)))]
mod process {
    use super::super::super::ForShards;
    use super::super::TINY;
    use super::super::process::{is, resident, run};
    use super::*;
    use crate::alloc::cache;
    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

    fn ranges() -> usize {
        Reserving::stats().ranges
    }

    fn block(size: usize) -> Watched {
        Watched::new(&Reserving, layout(size, 8), size)
    }

    #[test]
    fn ranges_are_reused() {
        run("cache::process::reuses", "true");
    }

    #[test]
    fn reuses() {
        if !is("cache::process::reuses") {
            return;
        }
        let first = block(1 << 20);
        let place = first.block;
        first.free(&Reserving);
        assert_eq!(ranges(), 1);
        // Another policy does not see it, nor does a block that is too long, nor are theirs cached.
        Watched::new(&TINY, layout(100_000, 8), 1).free(&TINY);
        block(40 << 20).free(&Reserving);
        let long = block(SERVED + 1);
        assert_ne!(long.block, place);
        assert_eq!(ranges(), 2);
        // Longer or shorter than before, the next one that fits gets it.
        for size in [SERVED, 300_000, 2 << 20] {
            let next = block(size);
            assert_eq!((next.block, ranges()), (place, 2));
            next.free(&Reserving);
        }
        // Four at most wait.
        let many: Vec<_> = (0..9).map(|_| block(300_000)).collect();
        assert_eq!(ranges(), 10);
        many.into_iter().for_each(|block| block.free(&Reserving));
        assert_eq!(ranges(), 5);
        let before = Reserving::stats().reserved;
        let released = Reserving::release_cached();
        assert!(released >= 4 * (16 << 20));
        assert_eq!(Reserving::stats().reserved, before - released);
        assert_eq!(ranges(), 1);
        assert_eq!(Reserving::release_cached(), 0);
        long.free(&Reserving);
    }

    #[test]
    fn slots_hand_out_once() {
        run("cache::process::hands_out", "true");
    }

    /// The slots alone, with flags in the place of ranges: nothing but their own care keeps threads apart.
    #[test]
    fn hands_out() {
        if !is("cache::process::hands_out") {
            return;
        }
        static TAKEN: [AtomicBool; 6] = [const { AtomicBool::new(false) }; 6];
        let fits = TAKEN
            .iter()
            .filter(|flag| cache::put(NonNull::from(*flag).cast(), false));
        assert_eq!(fits.count(), cache::MOST);
        let work = || {
            for _ in 0..300_000 {
                if let Some(base) = cache::take() {
                    // SAFETY: what was put in are such flags.
                    let flag = unsafe { base.cast::<AtomicBool>().as_ref() };
                    assert!(!flag.swap(true, Relaxed), "handed out twice");
                    flag.store(false, Relaxed);
                    assert!(cache::put(base, true), "a slot was empty");
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(work);
            }
        });
        assert_eq!((0..9).filter_map(|_| cache::take()).count(), cache::MOST);
        assert_eq!(cache::take(), None);
    }

    #[test]
    fn memory_is_bounded() {
        run("cache::process::bounds", "true");
    }

    #[test]
    fn bounds() {
        if !is("cache::process::bounds") {
            return;
        }
        let start = resident();
        let most = |size: usize| {
            let more = resident().saturating_sub(start);
            assert!(more < size + (1 << 20), "{more} bytes for {size}");
        };
        // One of many that become small gives all of it back,
        let mut shard = Watched::new(&ForShards, layout(3 << 20, 8), 1);
        shard.resize(&ForShards, layout(1_000, 8), false);
        assert_eq!(ranges(), 0);
        shard.free(&ForShards);
        // another one its memory, and its range to the next one.
        let mut shrinking = block(3 << 20);
        shrinking.resize(&Reserving, layout(1_000, 8), false);
        assert_eq!(ranges(), 1);
        most(Reserving::LARGE_BLOCK);
        shrinking.free(&Reserving);
        // Of a range, 4 MiB stay.
        let mut growing = block(300_000);
        growing.resize(&Reserving, layout(15 << 20, 8), false);
        growing.free(&Reserving);
        assert_eq!(ranges(), 1);
        most(4 << 20);
        // Short blocks, each in a range that a long one has left: not all keep what it touched.
        let short: Vec<_> = (0..30)
            .map(|_| {
                block(SERVED).free(&Reserving);
                block(Reserving::LARGE_BLOCK)
            })
            .collect();
        most((30 - 4) * Reserving::LARGE_BLOCK + 4 * (4 << 20));
        short.into_iter().for_each(|block| block.free(&Reserving));
        // Those four may again, and more: growing past what was touched, shrinking and freeing end a surplus.
        let mut held = Vec::new();
        for round in 0..15 {
            block(SERVED).free(&Reserving);
            let before = resident();
            let mut next = block(Reserving::LARGE_BLOCK + 50_000);
            assert!(resident() + (3 << 20) > before, "round {round}");
            match round % 3 {
                0 => next.resize(&Reserving, layout(SERVED + 9_999, 8), false),
                1 => next.resize(&Reserving, layout(Reserving::LARGE_BLOCK, 8), false),
                _ => {
                    next.free(&Reserving);
                    continue;
                }
            }
            held.push(next);
        }
        held.into_iter().for_each(|block| block.free(&Reserving));
        most(4 * (4 << 20));
        Reserving::release_cached();
        assert_eq!(ranges(), 0);
        most(0);
    }
}
