//! Bytes per leaf of `NestedMap`, against maps in maps of std, by a counting allocator.

#![cfg(feature = "default-hasher")]
#![allow(unsafe_code, reason = "a global allocator is unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashMap as StdMap;
use std::hash::{BuildHasher, BuildHasherDefault};

use tophash::{NestedMap, Str};

struct Counting;

std::thread_local! {
    static BYTES: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.set(BYTES.get().wrapping_add(layout.size()));
        PEAK.set(PEAK.get().max(BYTES.get()));
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get().wrapping_sub(layout.size()));
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Fixed keys, so that the figures are the same every time on one machine.
type Fixed = BuildHasherDefault<tophash::hash_map::DefaultHasher>;
type Ours = NestedMap<(Str, Str, i64), (), Fixed>;
type Theirs = StdMap<String, StdMap<String, StdMap<i64, ()>>>;

/// All keys of a shape, innermost fastest. The names of the second part are the same below each first part, or not.
fn keys(shape: [usize; 3], shared: bool) -> impl Iterator<Item = (String, String, i64)> {
    let [outer, middle, inner] = shape;
    (0..outer).flat_map(move |a| {
        (0..middle).flat_map(move |b| {
            let name = if shared { b } else { a * middle + b };
            (0..inner).map(move |c| (format!("u{a}"), format!("r{name}"), c as i64))
        })
    })
}

/// What the map takes: the heap's blocks and, in ranges of their own, those that the heap does not see.
fn measured(build: impl FnOnce() -> Ours) -> (Ours, usize, usize) {
    drop(Ours::default()); // what the hasher allocates once
    let (bytes, calls) = (BYTES.get(), CALLS.get());
    let map = build();
    let (bytes, calls) = (BYTES.get().wrapping_sub(bytes), CALLS.get() - calls);
    let memory = map.memory();
    assert!(memory.reserved >= bytes, "{bytes} on the heap\n{memory}");
    (map, memory.reserved, calls)
}

fn std_bytes(shape: [usize; 3], shared: bool) -> usize {
    let before = BYTES.get();
    let mut map = Theirs::new();
    for (a, b, c) in keys(shape, shared) {
        map.entry(a.into_boxed_str().into_string())
            .or_default()
            .entry(b.into_boxed_str().into_string())
            .or_default()
            .insert(c, ());
    }
    let after = BYTES.get();
    drop(map);
    after.wrapping_sub(before)
}

const SHAPES: [([usize; 3], f64); 4] = [
    ([100, 100, 10], 17.0),
    ([1000, 100, 1], 42.0),
    ([100_000, 1, 1], 85.0),
    ([10, 10, 10_000], 14.8),
];

/// Builds a shape in the order of its levels, or with the innermost part outermost.
fn build(shape: [usize; 3], shared: bool, in_step: bool) -> (Ours, usize, usize) {
    let [outer, middle, inner] = shape;
    let mut texts: Vec<_> = keys([outer, middle, 1], shared).collect();
    texts.shrink_to_fit();
    measured(|| {
        let mut map = Ours::default();
        if in_step {
            for c in 0..inner {
                for (a, b, _) in &texts {
                    map.insert((a.as_str(), b.as_str(), c as i64), ());
                }
            }
        } else {
            for (a, b, _) in &texts {
                for c in 0..inner {
                    map.insert((a.as_str(), b.as_str(), c as i64), ());
                }
            }
        }
        map
    })
}

#[test]
fn bytes_per_leaf() {
    println!("shape, order, names            std nested   NestedMap   must   calls");
    for (shape, must) in SHAPES {
        for (shared, in_step) in [(true, false), (true, true), (false, false)] {
            let leaves = shape.iter().product::<usize>();
            if leaves > 100_000 && (in_step || !shared) {
                continue; // ten strings make no difference, and the test is long enough
            }
            let (map, bytes, calls) = build(shape, shared, in_step);
            assert_eq!(map.len(), leaves);
            let theirs = std_bytes(shape, shared) as f64 / leaves as f64;
            let ours = bytes as f64 / leaves as f64;
            let order = if in_step { "in step" } else { "in turn" };
            let names = if shared { "shared" } else { "unique" };
            println!(
                "{:<18}{order:<9}{names}  {theirs:>8.1}{ours:>12.1}{must:>7}{calls:>8}",
                format!("{shape:?}"),
            );
            // Splitting one group at a time leaves other free pieces behind than splitting two.
            if cfg!(tophash_quantum_1) {
                continue;
            }
            if shared {
                assert!(ours <= must, "{}", map.stats());
            }
            assert!(ours <= theirs, "{}", map.stats());
        }
    }
}

/// A debug build tries the shapes of a million leaves and most of the rounds not: `cargo test --release` does.
const SHORT: bool = cfg!(debug_assertions);

/// One leaf of so many, all over the map.
fn kept(a: &str, b: &str, c: i64, every: u64) -> bool {
    Fixed::default().hash_one((a, b, c)) % every == 0
}

/// What a map takes from the system at a time, at most.
const CHUNK: usize = 64 << 10;

/// A chunk more for tables, of which there are many where they split one group at a time; and where pointers have
/// 32 bits, for strings, which then take more of the pages and are not moved.
const SLACK: usize = if cfg!(any(tophash_quantum_1, target_pointer_width = "32")) {
    64 << 10
} else {
    0
};

/// Nodes that shrink leave blocks behind in pages that others hold.
#[test]
fn removing_reserves_nothing() {
    for (shape, _) in SHAPES {
        for shared in [true, false] {
            if shape[2] > 10 && (SHORT || !shared) {
                continue;
            }
            for every in [10, 100] {
                let (mut map, full, _) = build(shape, shared, false);
                for one_by_one in [true, false] {
                    if one_by_one {
                        let gone: Vec<_> = map
                            .keys()
                            .filter(|&(a, b, c)| c % 2 == 0 && !kept(a, b, *c, every))
                            .map(|(a, b, c)| (a.to_string(), b.to_string(), *c))
                            .collect();
                        for (a, b, c) in &gone {
                            assert!(map.remove((a.as_str(), b.as_str(), c)).is_some());
                        }
                    } else {
                        map.retain(|(a, b, c), ()| kept(a, b, *c, every));
                    }
                    let now = map.memory().reserved;
                    let most = full + SLACK;
                    assert!(now <= most, "{shape:?}, 1 of {every}: {now} of {most}");
                }
                map.compact();
                assert!(map.memory().reserved <= full + SLACK, "{}", map.stats());
            }
        }
    }
}

/// Pages of size classes that nobody uses any more keep no chunk: neither of many strings and nodes of every size.
#[test]
fn an_emptied_map_keeps_two_chunks_at_most() {
    type Map = NestedMap<(u64, Str, u64), [u8; 5], Fixed>;
    let part = |id: u64| id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let name = |id: u64| "x".repeat(part(id) as usize % 60) + &(part(id) % 40).to_string();
    let empty: [fn(&mut Map); 3] = [
        Map::clear,
        |map| map.retain(|_, _| false),
        |map| assert!(map.remove_prefix(()) > 0),
    ];
    for size in [1_000, 5_000] {
        for spread in [1, 64, 1_000, 100_000] {
            let mut map = Map::default();
            for round in 0..4 {
                let first = |id| part(id) % spread * (part(id) % 3);
                for id in 0..size {
                    map.insert((first(id), name(id), id), [0; 5]);
                }
                match empty.get(round) {
                    Some(empty) => empty(&mut map),
                    None => (0..size).for_each(|id| {
                        let gone = map.remove((&first(id), name(id).as_str(), &id));
                        assert!(gone.is_some());
                    }),
                }
                #[cfg(tophash_check)]
                map.check_invariants();
                let memory = map.memory();
                let most = 2 * CHUNK + 1024;
                assert!(
                    map.is_empty() && memory.reserved <= most,
                    "{size}, {spread}: {memory}"
                );
            }
        }
    }
}

/// The map's bytes, and those on the heap.
fn bytes(map: &Ours) -> (usize, usize) {
    (map.memory().reserved, BYTES.get())
}

#[test]
fn compacting_packs_whatever_was_removed() {
    for (shape, _) in SHAPES {
        for shared in [true, false] {
            if shape.iter().product::<usize>() > 100_000 && (SHORT || !shared) {
                continue;
            }
            for every in [2, 10, 100] {
                let (mut map, ..) = build(shape, shared, true);
                map.retain(|(a, b, c), ()| kept(a, b, *c, every));
                let expected = map.clone();
                let (before, heap) = bytes(&map);
                PEAK.set(heap);
                map.compact();
                let peak = PEAK.get() - heap;
                let memory = map.memory();
                // The old chunks and the new ones, and a pointer for each string.
                let room = memory.reserved + 8 * map.stats().strings;
                assert!(peak <= room, "{shape:?}, 1 of {every}: {peak} of {room}");
                assert!(heap - BYTES.get() <= before - memory.reserved, "{memory}");
                // A page or two for each size of block.
                let most = memory.live * 13 / 10 + (64 << 10);
                assert!(memory.reserved <= most, "{shape:?}, 1 of {every}\n{memory}");
                assert!(map == expected);
                #[cfg(tophash_check)]
                map.check_invariants();
            }
        }
    }
}

/// Where there is no room for all nodes twice, they move into gaps.
#[test]
fn compacting_under_a_limit_loses_nothing() {
    for shared in [true, false] {
        for spare in [0, 10_000, 70_000, 140_000, 300_000, 1_000_000] {
            let (mut map, full, _) = build([100, 50, 10], shared, true);
            map.retain(|(a, b, c), ()| kept(a, b, *c, 4));
            let expected = map.clone();
            map.set_memory_limit(Some(map.memory().reserved + spare));
            map.compact();
            let memory = map.memory();
            assert!(memory.high_water <= full + spare, "{memory}");
            assert!(map == expected);
            #[cfg(tophash_check)]
            map.check_invariants();
            if spare == 1_000_000 {
                assert!(memory.reserved <= memory.live * 13 / 10 + (64 << 10));
            }
        }
    }
}

#[test]
fn deleting_and_building_again_does_not_creep() {
    for (shape, _) in SHAPES {
        for shared in [true, false] {
            if shape[2] > 10 && (SHORT || !shared) {
                continue;
            }
            let (mut map, full, _) = build(shape, shared, false);
            for round in 0..if SHORT { 3 } else { 10 } {
                map.retain(|(a, b, c), ()| kept(a, b, *c + round, 100));
                for (a, b, c) in keys(shape, shared) {
                    map.insert((a.as_str(), b.as_str(), c), ());
                }
                let now = map.memory().reserved;
                let creep = now as f64 / full as f64;
                assert!(creep <= 1.1, "{shape:?}, round {round}: {creep}");
            }
        }
    }
}
