//! Read-only data in a sorted slice or a map; values in the table or behind a pointer.

use std::rc::Rc;

use super::row;
use crate::keys::{distinct, shuffled};
use crate::pairs::{Lap, Turn};
use crate::peers::{Burst, Hashbrown, Map, Peer};
use crate::report::Page;
use crate::report::markdown::{Row, Time, count, ratios};
use crate::sys::begin_build;
use crate::tasks::{filled, lookup_loop};

const SLICE: &str = "sorted slice";

/// Looks all keys up by binary search.
#[inline(never)]
fn search_loop(sorted: &[(u64, u64)], keys: &[u64]) -> usize {
    let (mut found, mut sum) = (0, 0_u64);
    for key in keys {
        if let Ok(place) = sorted.binary_search_by_key(key, |entry| entry.0) {
            found += 1;
            sum = sum.wrapping_add(sorted[place].1);
        }
    }
    std::hint::black_box(sum);
    found
}

fn repeated(keys: Vec<u64>, find: impl Fn(&[u64]) -> usize + 'static) -> Turn {
    Box::new(move |reps| {
        let mut lap = Lap::default();
        lap.time(keys.len() * reps as usize, || {
            for _ in 0..reps {
                assert_eq!(find(&keys), keys.len(), "lookups went wrong");
            }
        });
        lap
    })
}

fn slices(page: &mut Page) {
    let sizes = page.scale.pick(
        vec![10, 100, 10_000, 1_000_000],
        vec![10, 100, 10_000, 300_000],
        vec![10, 500],
    );
    let cells = page.each(sizes, |size| format!("sorted slice, {}", count(*size)));
    let rows: Vec<Row> = cells
        .map(|size| {
            let present = distinct(size, 0);
            let sought = || shuffled(&present, 7);
            let names = [SLICE, Hashbrown::NAME, Burst::NAME];
            row(
                count(size),
                page.scale.plan(size),
                &names,
                |which| match which {
                    SLICE => {
                        let mut sorted: Vec<(u64, u64)> =
                            present.iter().map(|&key| (key, key)).collect();
                        sorted.sort_unstable();
                        repeated(sought(), move |keys| search_loop(&sorted, keys))
                    }
                    Hashbrown::NAME => {
                        let map = filled::<Hashbrown, u64>(&present);
                        repeated(sought(), move |keys| lookup_loop(&map, keys))
                    }
                    _ => {
                        let map = filled::<Burst, u64>(&present);
                        repeated(sought(), move |keys| lookup_loop(&map, keys))
                    }
                },
            )
        })
        .collect();
    page.add(
        "### Read-only data: a sorted slice with binary search, or a map\n\n`u64` to `u64`, look-ups of present keys in \
         random order.",
    );
    page.add(ratios("entries", SLICE, Time::Cpu, &rows));
}

/// 56 bytes.
type Value = [u64; 7];

const INLINE: &str = "inline";
const BOXED: &str = "boxed";

/// A value in the table or behind a pointer.
trait Held: 'static {
    fn new(number: u64) -> Self;
    fn read(&self) -> u64;
}

impl Held for Value {
    fn new(number: u64) -> Self {
        [number; 7]
    }
    fn read(&self) -> u64 {
        self[3]
    }
}

impl Held for Box<Value> {
    fn new(number: u64) -> Self {
        Box::new([number; 7])
    }
    fn read(&self) -> u64 {
        self[3]
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Task {
    Build,
    Hit,
    Iterate,
}

fn turn<P: Peer, V: Held>(task: Task, keys: &Rc<[u64]>) -> Turn {
    let keys = keys.clone();
    let build = |keys: &[u64]| {
        let mut map = P::new::<u64, V>();
        for &key in keys {
            map.insert(key, V::new(key));
        }
        map
    };
    let map = build(&keys);
    let sought = shuffled(&keys, 5);
    let expected = keys.iter().copied().fold(0, u64::wrapping_add);
    Box::new(move |reps| {
        let mut lap = Lap::default();
        for _ in 0..reps {
            if task == Task::Build {
                begin_build();
                let built = lap.time(keys.len(), || build(&keys));
                assert_eq!(built.len(), keys.len(), "an insert was lost");
                continue;
            }
            let sum = lap.time(keys.len(), || match task {
                Task::Hit => {
                    let values = sought.iter().filter_map(|key| map.get(key));
                    values.map(Held::read).fold(0, u64::wrapping_add)
                }
                _ => {
                    let values = map.iter().map(|(_, value)| value.read());
                    values.fold(0, u64::wrapping_add)
                }
            });
            assert_eq!(sum, expected, "an entry is missing");
        }
        lap
    })
}

fn held<P: Peer>(task: Task, keys: &Rc<[u64]>, which: &str) -> Turn {
    match which {
        INLINE => turn::<P, Value>(task, keys),
        _ => turn::<P, Box<Value>>(task, keys),
    }
}

fn pointers(page: &mut Page) {
    let sizes = page
        .scale
        .pick(vec![10_000, 1_000_000], vec![10_000, 100_000], vec![1_000]);
    let tasks = [
        (Task::Build, "build"),
        (Task::Hit, "hit"),
        (Task::Iterate, "iterate"),
    ];
    let cells: Vec<_> = sizes
        .into_iter()
        .flat_map(|size| tasks.map(move |(task, name)| (size, task, name)))
        .collect();
    let cells = page.each(cells, |(size, _, name)| format!("boxed, {name}, {size}"));
    let mut rows = Vec::new();
    for (size, task, name) in cells {
        let keys: Rc<[u64]> = distinct(size, 0).into();
        let (plan, size) = (page.scale.plan(size), count(size));
        let names = [INLINE, BOXED];
        rows.push(row(
            format!("tophash, {size}: {name}"),
            plan,
            &names,
            |which| held::<Burst>(task, &keys, which),
        ));
        rows.push(row(
            format!("hashbrown, {size}: {name}"),
            plan,
            &names,
            |which| held::<Hashbrown>(task, &keys, which),
        ));
    }
    page.add("### Values behind a pointer against values in the table\n\nValues of 56 bytes, `u64` keys.");
    page.add(ratios("map, entries", INLINE, Time::Cpu, &rows));
}

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    slices(page);
    pointers(page);
    Ok(())
}
