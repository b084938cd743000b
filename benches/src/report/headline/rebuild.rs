//! What a rebuild is worth after most entries have been removed.

use std::rc::Rc;
use std::time::Instant;

use tophash::NestedMap;

use super::row;
use crate::keys::{distinct, shuffled};
use crate::nested::peers::Seeded;
use crate::pairs::{Lap, Turn};
use crate::peers::{Burst, Hashbrown, Map, Peer};
use crate::report::Page;
use crate::report::markdown::{Row, Table, Time, bytes, count, duration, number, ratios};
use crate::sys::begin_build;
use crate::tasks::{lookup_loop, remove_loop, sum_loop};

const AS_IT_IS: &str = "as it is";
const REBUILT: &str = "rebuilt";

/// Of so many entries one is left.
const LEFT: usize = 10;

#[derive(Clone, Copy, PartialEq)]
enum Task {
    Remove,
    Hit,
    Iterate,
}

/// The turn at a task of a map that lost most of its keys, rebuilt or not.
fn turn<P: Peer>(task: Task, keys: &Rc<[u64]>, rebuild: bool) -> Turn {
    let keys = keys.clone();
    let (left, gone) = (keys.len() / LEFT, keys.len() / LEFT..keys.len());
    let full = move |keys: &[u64]| {
        let mut map = P::new::<u64, u64>();
        for &key in keys {
            map.insert(key, key);
        }
        map
    };
    let empty_out = move |map: &mut P::Map<u64, u64>, keys: &[u64]| {
        remove_loop(map, &keys[gone.clone()]);
        if rebuild {
            map.shrink_to_fit();
        }
    };
    if task == Task::Remove {
        return Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                begin_build();
                let mut map = full(&keys);
                lap.time(keys.len() - left, || empty_out(&mut map, &keys));
                assert_eq!(map.len(), left, "an entry stayed behind");
            }
            lap
        });
    }
    let mut map = full(&keys);
    empty_out(&mut map, &keys);
    let sought = shuffled(&keys[..left], 5);
    Box::new(move |reps| {
        let mut lap = Lap::default();
        lap.time(left * reps as usize, || {
            for _ in 0..reps {
                match task {
                    Task::Hit => assert_eq!(lookup_loop(&map, &sought), left),
                    _ => _ = std::hint::black_box(sum_loop(&map)),
                }
            }
        });
        lap
    })
}

fn maps(page: &mut Page) {
    let sizes = page
        .scale
        .pick(vec![100_000, 2_000_000], vec![100_000], vec![2_000]);
    let tasks = [
        (Task::Remove, "remove nine in ten, per removal"),
        (Task::Hit, "look up what is left"),
        (Task::Iterate, "iterate, per entry left"),
    ];
    let cells: Vec<_> = sizes
        .into_iter()
        .flat_map(|size| tasks.map(move |(task, name)| (size, task, name)))
        .collect();
    let cells = page.each(cells, |(size, _, name)| format!("{name}, {size}"));
    let mut rows: Vec<Row> = Vec::new();
    for (size, task, name) in cells {
        let keys: Rc<[u64]> = shuffled(&distinct(size, 0), 7).into();
        let plan = page.scale.plan(size);
        let size = count(size);
        let names = [AS_IT_IS, REBUILT];
        rows.push(row(
            format!("tophash, {size}: {name}"),
            plan,
            &names,
            |which| turn::<Burst>(task, &keys, which == REBUILT),
        ));
        rows.push(row(
            format!("hashbrown, {size}: {name}"),
            plan,
            &names,
            |which| turn::<Hashbrown>(task, &keys, which == REBUILT),
        ));
    }
    page.add(
        "### After many removals, with a rebuild and without\n\nNine of ten entries are removed in random order, then \
         `shrink_to_fit` is called, or not; the row of the removals has the rebuild in its time.",
    );
    page.add(ratios("map, entries at first", AS_IT_IS, Time::Cpu, &rows));
}

/// The memory of a `NestedMap` before and after `compact`.
fn compact(page: &mut Page) {
    let [a, b, c] = page
        .scale
        .pick([1000, 100, 10], [300, 100, 10], [20, 10, 10]);
    let keys = (0..a).flat_map(|x| (0..b).flat_map(move |y| (0..c).map(move |z| (x, y, z))));
    let keys: Vec<(u32, u32, u32)> = keys.collect();
    let mut map: NestedMap<(u32, u32, u32), u64, Seeded> = NestedMap::default();
    for &key in &keys {
        map.insert(key, 1);
    }
    let mut table = Table::new([
        "NestedMap",
        "leaves",
        "reserved",
        "live",
        "fragmentation",
        "iterate, per leaf",
    ]);
    let mut show = |when: &str, map: &NestedMap<(u32, u32, u32), u64, Seeded>| {
        let memory = map.memory();
        let mut lap = Lap::default();
        for _ in 0..5 {
            let sum = lap.time(map.len(), || map.values().sum::<u64>());
            assert_eq!(sum, map.len() as u64, "a leaf is missing");
        }
        table.row([
            when.to_owned(),
            count(map.len()),
            bytes(memory.reserved as f64),
            bytes(memory.live as f64),
            number(memory.fragmentation()),
            duration(lap.ns_per_op()),
        ]);
    };
    show("full", &map);
    for &key in &shuffled(&keys, 7)[keys.len() / LEFT..] {
        map.remove(key);
    }
    show("nine in ten removed", &map);
    let start = Instant::now();
    map.compact();
    let taken = start.elapsed().as_nanos() as f64;
    show("after `compact`", &map);
    page.add(format!(
        "### Fragmentation after heavy deletion\n\n{a} x {b} x {c} `u32` parts, nine of ten leaves removed in random \
         order. Fragmentation is the part of the free memory that does not lie in its largest piece. `compact` took {}.",
        duration(taken)
    ));
    page.add(table.to_string());
}

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    maps(page);
    compact(page);
    Ok(())
}
