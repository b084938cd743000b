//! The map for many threads, against others.

use std::time::Duration;

use super::Page;
use super::markdown::{Table, bytes, count, number, ratio, spread};
use crate::loads::Load;
use crate::pairs::{Plan, Versus};
use crate::readings;
use crate::shared::{Dash, Flurry, Locked, Papaya, Scc, Shared, Tophash};

const BASE: &str = Dash::NAME;
const PEERS: [&str; 5] = [
    Tophash::NAME,
    Scc::NAME,
    Papaya::NAME,
    Flurry::NAME,
    Locked::NAME,
];

/// The loads, and the time as a ratio to that of the best peer at which the target is met: as a ratio of throughput it
/// is 1, 1.1 or 1.3.
const LOADS: [(Load, f64); 5] = [
    (Load::Read, 1.0),
    (Load::Mixed, 0.91),
    (Load::Exchange, 0.91),
    (Load::Grow, 0.77),
    (Load::Count, 1.0),
];

/// Rounds and laps of threads that work together.
pub(super) fn plan(page: &Page) -> Plan {
    Plan {
        rounds: page.scale.pick(11, 5, 2),
        limit: Duration::from_millis(page.scale.pick(500, 250, 50)),
        lap_ns: page.scale.pick(20_000_000, 4_000_000, 100_000),
    }
}

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "`u64` to `u64`; the ratios are of time on the wall, from the first thread's start to the last one's end. \
         `read` is 98 % get, 1 % insert, 1 % remove; `mixed` 50 % get, 20 % insert, 20 % remove, 10 % update; \
         `exchange` 10, 40, 40 and 10 %; `grow` fills an empty map; `count` adds to counters that a Zipf distribution \
         chooses. `rwlock` is one lock around hashbrown. `of the best` is tophash's time as a ratio to that of the \
         peer that took least, which may be the base; a target that is missed is bold. On a machine with fewer free \
         cores than threads the threads take turns, and the figures say little about contention.",
    );
    let sizes: Vec<usize> = page
        .scale
        .pick(vec![10_000, 1_000_000], vec![10_000], vec![1_000]);
    let threads = page.scale.pick(vec![1, 2, 4], vec![2], vec![2]);
    for (load, target) in LOADS {
        let cells: Vec<(usize, usize)> = sizes
            .iter()
            .flat_map(|&size| threads.iter().map(move |&threads| (size, threads)))
            .collect();
        let label = |&(size, threads): &(usize, usize)| format!("{} / {threads}", count(size));
        let mut columns = vec![format!("{}, entries / threads", load.name())];
        columns.push(format!("{BASE}: CPU, ns/op"));
        columns.push("null".to_owned());
        columns.extend(PEERS.map(String::from));
        columns.extend(["of the best", "target"].map(String::from));
        let mut table = Table::new(columns);
        for cell in page.each(cells, |cell| format!("{}, {}", load.name(), label(cell))) {
            let measured = load.measure(cell.0, cell.1, plan(page), BASE, &PEERS);
            let first = [label(&cell), number(measured[0].base_ns)];
            let ratios = measured.iter().map(|it| spread(it.wall));
            let last = [of_the_best(&measured, target), format!("{target:.2}")];
            table.row(first.into_iter().chain(ratios).chain(last));
        }
        page.add(table.to_string());
    }
    memory(page)
}

/// tophash's time by that of the best peer, which is named; bold where the target is missed.
fn of_the_best(measured: &[Versus], target: f64) -> String {
    let time = |name: &str| {
        measured
            .iter()
            .find(|it| it.name == name)
            .map(|it| it.wall.median)
    };
    let ours = time(PEERS[0]).unwrap_or(f64::NAN);
    let peers = PEERS[1..]
        .iter()
        .filter_map(|&name| Some((name, time(name)?)));
    let best = peers.fold(
        (BASE, 1.0),
        |best, peer| if peer.1 < best.1 { peer } else { best },
    );
    let ratio_to_best = ours / best.1;
    let text = ratio(ratio_to_best);
    match ratio_to_best > target {
        true => format!("**{text}** ({})", best.0),
        false => format!("{text} ({})", best.0),
    }
}

fn memory(page: &mut Page) -> Result<(), String> {
    let entries = page.scale.pick(4_000_000, 1_000_000, 10_000);
    let maps = [Tophash::NAME, Dash::NAME, Scc::NAME, Papaya::NAME];
    let cells = page.each(maps.to_vec(), |map| format!("memory, {map}"));
    let mut table = Table::new([
        "resident",
        "full",
        "bytes per entry",
        "99.9 % removed",
        "against fresh",
    ]);
    for map in cells {
        let numbers = readings::read("shared", map, entries)?;
        let [full, removed] = [0, 1].map(|i| numbers.get(i).copied().unwrap_or(f64::NAN));
        let fresh = readings::read("shared", map, entries / 1000)?;
        let fresh = fresh.first().copied().filter(|&bytes| bytes > 0.0);
        let fresh = removed / fresh.unwrap_or(f64::NAN);
        let per_entry = full / entries as f64;
        let cells = [
            bytes(full),
            number(per_entry),
            bytes(removed),
            number(fresh),
        ];
        table.row([map.to_owned()].into_iter().chain(cells));
    }
    page.add(format!(
        "With {} entries, and after removing most of them, also as a ratio to a fresh map of what is left (target: tophash \
         at most 0.9 of dashmap's when full, 3.0 against fresh):",
        count(entries as usize)
    ));
    page.add(table.to_string());
    Ok(())
}
