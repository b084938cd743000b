//! The map for many threads, against others.

use std::time::Duration;

use super::Page;
use super::markdown::{Row, Table, Time, bytes, count, number, ratios};
use crate::loads::Load;
use crate::pairs::Plan;
use crate::readings;
use crate::shared::{Dash, Papaya, Scc, Shared, Tophash};

const BASE: &str = Dash::NAME;
const PEERS: [&str; 3] = [Tophash::NAME, Scc::NAME, Papaya::NAME];

/// Rounds and laps of threads that work together.
pub(super) fn plan(page: &Page) -> Plan {
    Plan {
        rounds: page.scale.pick(11, 5, 2),
        limit: Duration::from_millis(page.scale.pick(1_000, 400, 100)),
        lap_ns: page.scale.pick(20_000_000, 4_000_000, 100_000),
    }
}

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "`u64` to `u64`; the ratios are of time on the wall, from the first thread's start to the last one's end. \
         `read` is 98 % get, 1 % insert, 1 % remove; `mixed` 50 % get, 20 % insert, 20 % remove, 10 % update; `grow` \
         fills an empty map; `count` adds to counters that a Zipf distribution chooses. On a machine with fewer free \
         cores than threads the threads take turns, and the figures say little about contention.",
    );
    let sizes: Vec<usize> = page
        .scale
        .pick(vec![10_000, 1_000_000], vec![10_000], vec![1_000]);
    let threads = page.scale.pick(vec![1, 2, 4], vec![2], vec![2]);
    for load in [Load::Read, Load::Mixed, Load::Grow, Load::Count] {
        let cells: Vec<(usize, usize)> = sizes
            .iter()
            .flat_map(|&size| threads.iter().map(move |&threads| (size, threads)))
            .collect();
        let label = |&(size, threads): &(usize, usize)| format!("{} / {threads}", count(size));
        let cells = page.each(cells, |cell| format!("{}, {}", load.name(), label(cell)));
        let rows: Vec<Row> = cells
            .map(|cell| Row {
                label: label(&cell),
                measured: load.measure(cell.0, cell.1, plan(page), BASE, &PEERS),
            })
            .collect();
        let what = format!("{}, entries / threads", load.name());
        page.add(ratios(&what, &format!("{BASE}: CPU"), Time::Wall, &rows));
    }
    memory(page)
}

fn memory(page: &mut Page) -> Result<(), String> {
    let entries = page.scale.pick(4_000_000, 1_000_000, 10_000);
    let maps = [Tophash::NAME, Dash::NAME, Scc::NAME, Papaya::NAME];
    let cells = page.each(maps.to_vec(), |map| format!("memory, {map}"));
    let mut table = Table::new(["resident", "full", "bytes per entry", "99.9 % removed"]);
    for map in cells {
        let numbers = readings::read("shared", map, entries)?;
        let [full, removed] = [0, 1].map(|i| numbers.get(i).copied().unwrap_or(f64::NAN));
        let cells = [bytes(full), number(full / entries as f64), bytes(removed)];
        table.row([map.to_owned()].into_iter().chain(cells));
    }
    page.add(format!(
        "With {} entries, and after removing most of them:",
        count(entries as usize)
    ));
    page.add(table.to_string());
    Ok(())
}
