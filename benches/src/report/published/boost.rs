//! After the benchmarks of Boost.Unordered: running insertion and erasure, scattered look-ups.

use super::{PEERS, table};
use crate::report::Page;
use crate::report::markdown::{Row, count};
use crate::tasks::Task;

const WORKLOADS: [(Task, &str); 4] = [
    (Task::BuildFresh, "running insertion"),
    (Task::Remove, "running erasure"),
    (Task::Hit, "successful look-up"),
    (Task::Miss, "unsuccessful look-up"),
];

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "### Boost.Unordered: running insertion and erasure, scattered look-ups\n\nRandom `u64` keys: into an empty map \
         without reserving, out of a full one in random order, and looked up in random order.",
    );
    let sizes = page
        .scale
        .pick(vec![10_000, 300_000, 3_000_000], vec![50_000], vec![1_000]);
    let cells: Vec<(Task, &str, usize)> = WORKLOADS
        .iter()
        .flat_map(|&(task, name)| sizes.iter().map(move |&size| (task, name, size)))
        .collect();
    let cells = page.each(cells, |(_, name, size)| {
        format!("Boost: {name}, {}", count(*size))
    });
    let rows: Vec<Row> = cells
        .map(|(task, name, size)| Row {
            label: format!("{name}, {}", count(size)),
            measured: task.measure(size, page.scale.plan(size), &PEERS),
        })
        .collect();
    page.add(table("workload, entries", &rows));
    Ok(())
}
