use core::alloc::Layout;
use core::ptr::NonNull;
use std::collections::BTreeMap;
use std::vec::Vec;

use allocator_api2::alloc::Allocator;

use super::Arena;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

fn get(arena: &Arena, layout: Layout) -> NonNull<u8> {
    arena.allocate(layout).unwrap().cast()
}

/// A small generator, so that the tests are the same every time.
fn random(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn blocks_keep_what_is_written_and_never_overlap() {
    let arena = Arena::new();
    let mut seed = 7;
    let mut live = BTreeMap::<usize, (NonNull<u8>, Layout, u8)>::new();
    let mut asked = 0;
    // Miri takes a thousand times as long, most of it in the model.
    let (rounds, most_live, step) = if cfg!(miri) {
        (200_usize, 30, 50)
    } else {
        (40_000, 400, 1000)
    };
    for round in 0..rounds {
        if random(&mut seed) % 5 < 3 || live.is_empty() {
            let align = 1 << (random(&mut seed) % 8);
            let most = [40, 300, 3000, 30_000][random(&mut seed) % 4];
            let layout = layout(1 + random(&mut seed) % most, align);
            let block = get(&arena, layout);
            assert_eq!(block.addr().get() % align, 0);
            let start = block.addr().get();
            if let Some((&other, (_, before, _))) = live.range(..=start).next_back() {
                assert!(other + before.size() <= start);
            }
            if let Some((&other, _)) = live.range(start..).next() {
                assert!(start + layout.size() <= other);
            }
            // SAFETY: the block is as long as its layout.
            unsafe { block.write_bytes(round as u8, layout.size()) };
            live.insert(start, (block, layout, round as u8));
            asked += layout.size();
        } else {
            let nth = random(&mut seed) % live.len();
            let start = *live.keys().nth(nth).unwrap();
            let (block, old, byte) = live.remove(&start).unwrap();
            // SAFETY: the block is live and was filled with `byte`.
            unsafe {
                assert_eq!(block.read(), byte);
                assert_eq!(block.add(old.size() - 1).read(), byte);
                arena.deallocate(block, old);
            }
            asked -= old.size();
            if live.len() > most_live {
                for (_, (block, old, byte)) in std::mem::take(&mut live) {
                    // SAFETY: as above.
                    unsafe {
                        assert_eq!(block.read(), byte);
                        arena.deallocate(block, old);
                    }
                    asked -= old.size();
                }
            }
        }
        if round % step == 0 {
            arena.check_invariants();
            let stats = arena.stats();
            assert_eq!(stats.live, asked);
            assert!(stats.largest_free <= stats.free_pages);
            assert!(stats.high_water >= stats.reserved && stats.committed <= stats.reserved);
        }
    }
}

#[test]
fn pages_of_one_class_serve_another() {
    let arena = Arena::new();
    let bytes = if cfg!(miri) { 20_000 } else { 400_000 };
    let fill = |size: usize| -> Vec<NonNull<u8>> {
        (0..bytes / size)
            .map(|_| get(&arena, layout(size, 8)))
            .collect()
    };
    let mut blocks = fill(8);
    let first = arena.stats().reserved;
    for (old, new) in [(8, 40), (40, 72), (72, 136), (136, 1000), (1000, 24)] {
        for block in blocks.drain(..) {
            // SAFETY: the block is live.
            unsafe { arena.deallocate(block, layout(old, 8)) };
        }
        blocks = fill(new);
        arena.check_invariants();
        let now = arena.stats();
        assert!(now.reserved <= first + first / 8, "{new}: {now}");
        assert!(now.high_water <= first + first / 8, "{new}: {now}");
    }
}

#[test]
fn growing_keeps_the_bytes() {
    let arena = Arena::new();
    let mut size = 8;
    let mut block = get(&arena, layout(size, 8));
    // SAFETY: the layouts are those of the block.
    unsafe {
        block.write_bytes(1, size);
        while size < 1 << 20 {
            let more = size + size / 3 + 8;
            let grown = arena
                .grow_zeroed(block, layout(size, 8), layout(more, 8))
                .unwrap();
            block = grown.cast();
            for at in [0, size / 2, size - 1] {
                assert_eq!(block.add(at).read(), 1);
            }
            for at in [size, more - 1] {
                assert_eq!(block.add(at).read(), 0);
            }
            block.write_bytes(1, more);
            size = more;
        }
        while size > 8 {
            let less = size / 2;
            block = arena
                .shrink(block, layout(size, 8), layout(less, 8))
                .unwrap()
                .cast();
            assert_eq!(block.add(less - 1).read(), 1);
            size = less;
        }
    }
    assert_eq!(arena.stats().live, size);
}

#[test]
fn a_limit_holds_and_the_mark_is_seen_once() {
    let arena = Arena::new();
    arena.set_limit(Some(100_000));
    arena.set_mark(85_000);
    let mut blocks = Vec::new();
    let mut crossings = 0;
    while let Ok(block) = arena.allocate(layout(100, 8)) {
        blocks.push(block.cast());
        crossings += usize::from(arena.take_crossed());
    }
    assert!(arena.stats().reserved <= 100_000 && blocks.len() > 300);
    assert!(arena.allocate(layout(50_000, 8)).is_err());
    assert!(crossings <= 1);
    for block in blocks {
        // SAFETY: the block is live.
        unsafe { arena.deallocate(block, layout(100, 8)) };
    }
    arena.trim();
    let stats = arena.stats();
    assert_eq!((stats.live, stats.free_listed), (0, 0));
    assert!(stats.reserved < 1000);
}

#[test]
fn an_idle_run_gives_up_its_page() {
    let arena = Arena::new();
    let kept: Vec<_> = (0..40).map(|_| get(&arena, layout(40, 8))).collect();
    for size in [8, 24, 72] {
        // One after another, as by nodes that grow.
        let block = get(&arena, layout(size, 8));
        // SAFETY: the block is live.
        unsafe { arena.deallocate(block, layout(size, 8)) };
        arena.check_invariants();
    }
    let idle = arena.stats();
    assert_eq!(idle.live, 40 * kept.len());
    assert!(idle.free_pages >= 3 * 1000, "{idle}");
    arena.set_limit(Some(idle.reserved));
    while arena.allocate(layout(112, 8)).is_ok() {}
    arena.check_invariants();
    assert_eq!(arena.stats().free_pages, 0);
    assert_eq!(arena.stats().reserved, idle.reserved);
}
