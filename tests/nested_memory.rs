//! Bytes per leaf of `NestedMap`, against maps in maps of std, by a counting allocator.

#![cfg(feature = "default-hasher")]
#![allow(unsafe_code, reason = "a global allocator is unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashMap as StdMap;
use std::hash::BuildHasherDefault;

use tophash::{NestedMap, Str};

struct Counting;

std::thread_local! {
    static BYTES: Cell<usize> = const { Cell::new(0) };
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.set(BYTES.get().wrapping_add(layout.size()));
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
