//! Time per operation: curves over size, and single tasks at few sizes.

use super::Page;
use super::markdown::{Row, Time, count, ratios};
use super::plots::{Axis, Marks, Plot, Unit};
use crate::peers::{Burst, Griddle, Hashbrown, Indexmap, Paced, Peer, Std};
use crate::tasks::Task;

/// Everyone but the base.
pub(super) const PEERS: [&str; 5] = [
    Burst::NAME,
    Paced::NAME,
    Std::NAME,
    Griddle::NAME,
    Indexmap::NAME,
];

/// The tasks that are shown over size: file, title.
const CURVES: [(Task, &str, &str); 4] = [
    (Task::Hit, "hit", "Look up a key that is there"),
    (Task::Miss, "miss", "Look up a key that is not there"),
    (Task::BuildFresh, "build", "Insert into an empty map"),
    (Task::Churn, "churn", "Remove one entry and insert another"),
];

/// Sizes from 1,000 to at least this many, so many to a factor of ten.
fn sizes(most: f64, per_decade: f64) -> Vec<usize> {
    let size = |step: i32| 10_f64.powf(3.0 + f64::from(step) / per_decade);
    let sizes = (0..).map(size).take_while(|&size| size < 1.01 * most);
    sizes.map(|size| size.round() as usize).collect()
}

pub(super) fn curves(page: &mut Page) -> Result<(), String> {
    page.add(
        "`u64` keys and values. `build` gets all its large blocks from the system; one operation of `churn` is a \
         removal of the oldest entry and an insertion.",
    );
    let sizes = page
        .scale
        .pick(sizes(1e7, 2.0), sizes(4e5, 2.0), vec![300, 1000]);
    for (task, file, title) in CURVES {
        let cells = page.each(sizes.clone(), |size| format!("{file}, {}", count(*size)));
        let rows: Vec<Row> = cells
            .map(|size| Row {
                label: count(size),
                measured: task.measure(size, page.scale.plan(size), &PEERS),
            })
            .collect();
        page.plot(
            file,
            &format!("{title}: time over size"),
            &plot(title, &sizes, &rows),
        )?;
        page.add(ratios(
            &format!("{file}, entries"),
            Hashbrown::NAME,
            Time::Cpu,
            &rows,
        ));
    }
    Ok(())
}

/// A line for each peer, hashbrown behind tophash's.
fn plot(title: &str, sizes: &[usize], rows: &[Row]) -> Plot {
    let line = |name, read: &dyn Fn(&Row) -> f64| {
        let points = sizes.iter().zip(rows);
        let points = points.map(|(&size, row)| (size as f64, read(row)));
        (name, points.collect())
    };
    let mut lines: Vec<_> = (0..PEERS.len())
        .map(|who| line(PEERS[who], &|row| row.measured[who + 1].ns))
        .collect();
    lines.insert(2, line(Hashbrown::NAME, &|row| row.measured[0].base_ns));
    Plot {
        title: title.to_owned(),
        x: Axis {
            label: "entries",
            unit: Unit::Count,
            logarithmic: true,
        },
        y: Axis {
            label: "ns per operation (CPU time)",
            unit: Unit::Plain,
            logarithmic: true,
        },
        marks: Marks::Lines(lines),
    }
}

pub(super) fn tasks(page: &mut Page) -> Result<(), String> {
    page.add(
        "`u64` keys and values, or 16-character strings; `build-recycled` finds its memory in the process (tophash's \
         default allocator keeps up to 4 MiB of a block); `batch` is 32 keys at once in tophash against single look-ups \
         in hashbrown; `order` inserts in the iteration order of a full map of the same kind and hasher, and its base \
         is the same map with shuffled keys.",
    );
    let sizes: Vec<usize> = page.scale.pick(
        vec![6_000, 100_000, 1_500_000],
        vec![6_000, 100_000],
        vec![500],
    );
    let shown = |task: &Task| !CURVES.iter().any(|(curve, _, _)| curve == task);
    for task in Task::ALL.into_iter().filter(shown) {
        let peers = match task {
            Task::Batch => &PEERS[..2],
            _ => &PEERS,
        };
        let cells = page.each(sizes.clone(), |size| {
            format!("{}, {}", task.name(), count(*size))
        });
        let rows: Vec<Row> = cells
            .map(|size| Row {
                label: count(size),
                measured: task.measure(size, page.scale.plan(size), peers),
            })
            .collect();
        let base = match task {
            Task::Order => "hashbrown, shuffled",
            _ => Hashbrown::NAME,
        };
        page.add(ratios(
            &format!("{}, entries", task.name()),
            base,
            Time::Cpu,
            &rows,
        ));
    }
    Ok(())
}
