//! One way of doing things against another, both measured in the same run.

mod keys;
mod lists;
mod rebuild;
mod values;

use super::Page;
use super::markdown::{Row, Time, ratios};
use super::sharded;
use crate::keys::{distinct, shuffled};
use crate::loads::Load;
use crate::pairs::{Lap, NULL, Plan, Subject, Turn, interleave};
use crate::peers::{Burst, Hashbrown, Huge, Map, Peer};
use crate::sys::begin_build;
use crate::tasks::Task;

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    keys::run(page)?;
    capacity(page);
    rebuild::run(page)?;
    locks(page);
    values::run(page)?;
    lists::run(page)?;
    huge_pages(page);
    Ok(())
}

/// A row of subjects that are made by the name they are given; the first is the base.
fn row(label: String, plan: Plan, named: &[&'static str], turn: impl Fn(&str) -> Turn) -> Row {
    let subject = |name, what| Subject {
        name,
        turn: turn(what),
    };
    let mut subjects = vec![subject(named[0], named[0]), subject(NULL, named[0])];
    subjects.extend(named[1..].iter().map(|name| subject(name, name)));
    Row {
        label,
        measured: interleave(plan, &mut subjects),
    }
}

const EMPTY: &str = "from empty";
const PRESET: &str = "preset";

/// Growing from empty against room for all from the start.
fn capacity(page: &mut Page) {
    let sizes = page
        .scale
        .pick(vec![10_000, 1_000_000], vec![10_000, 300_000], vec![1_000]);
    let cells = page.each(sizes, |size| format!("capacity, {size}"));
    let rows: Vec<Row> = cells
        .flat_map(|size| {
            let plan = page.scale.plan(size);
            [preset::<Burst>(size, plan), preset::<Hashbrown>(size, plan)]
        })
        .collect();
    page.add("### Growing from empty, or with a preset capacity\n\n`u64` to `u64`, per insertion.");
    page.add(ratios("map, entries", EMPTY, Time::Cpu, &rows));
}

fn preset<P: Peer>(size: usize, plan: Plan) -> Row {
    let label = format!("{}, {}", P::NAME, super::markdown::count(size));
    row(label, plan, &[EMPTY, PRESET], |which| {
        let capacity = if which == PRESET { size } else { 0 };
        let keys = shuffled(&distinct(size, 0), 7);
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                begin_build();
                let map = lap.time(keys.len(), || {
                    let mut map = P::with_capacity::<u64, u64>(capacity);
                    for &key in &keys {
                        map.insert(key, key);
                    }
                    map
                });
                assert_eq!(map.len(), keys.len(), "an insert was lost");
            }
            lap
        })
    })
}

/// Huge pages behind the blocks of a large table, or ordinary ones.
fn huge_pages(page: &mut Page) {
    let size = page.scale.pick(10_000_000, 1_000_000, 1_000);
    let tasks = vec![Task::Hit, Task::Miss, Task::Churn, Task::BuildFresh];
    let cells = page.each(tasks, |task| format!("huge pages, {}", task.name()));
    let rows: Vec<Row> = cells
        .map(|task| Row {
            label: format!("{}, {}", task.name(), super::markdown::count(size)),
            measured: task.measure(size, page.scale.plan(size), &[Burst::NAME, Huge::NAME]),
        })
        .collect();
    page.add(
        "### Huge pages\n\n`u64` to `u64`; `huge` is tophash with the allocator `HugePages`. What the system charges for \
         a huge page shows in the build.",
    );
    page.add(ratios("task, entries", Hashbrown::NAME, Time::Cpu, &rows));
}

/// Many locks against one.
fn locks(page: &mut Page) {
    let cells: Vec<(Load, usize)> = [Load::Read, Load::Mixed]
        .into_iter()
        .flat_map(|load| {
            page.scale
                .pick(vec![2, 4], vec![2], vec![2])
                .into_iter()
                .map(move |n| (load, n))
        })
        .collect();
    let size = page.scale.pick(100_000, 10_000, 1_000);
    let cells = page.each(cells, |(load, threads)| {
        format!("locks, {}, {threads}", load.name())
    });
    let rows: Vec<Row> = cells
        .map(|(load, threads)| Row {
            label: format!("{}, {threads}", load.name()),
            measured: load.measure(
                size,
                threads,
                sharded::plan(page),
                "rwlock",
                &["16 shards", "32 shards"],
            ),
        })
        .collect();
    page.add(format!(
        "### 16 and 32 shards against one lock\n\n`ShardedMap` with so many shards against an `RwLock` around \
         hashbrown, {} entries, time on the wall; the loads are those of the section on `ShardedMap`.",
        super::markdown::count(size)
    ));
    page.add(ratios("load, threads", "rwlock: CPU", Time::Wall, &rows));
}
