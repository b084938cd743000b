//! After the map benchmarks of Go's runtime: the latency of growth, and iteration at low load.

use super::{PEERS, Workload, rows, table};
use crate::keys::scramble;
use crate::pairs::{Lap, Turn};
use crate::peers::{Hashbrown, Map, Peer};
use crate::report::Page;
use crate::report::markdown::{Table, count, duration};
use crate::tail::{Mark, Series, Wall, grow};
use crate::tasks::sum_loop;
use crate::with_peer;

/// Iterates over a map of one entry.
struct LowLoad {
    size: usize,
    /// Whether it had `size` entries and all but one were removed, or was only made for so many.
    drained: bool,
}

impl Workload for LowLoad {
    fn label(&self) -> String {
        let size = count(self.size);
        match self.drained {
            true => format!("one entry left of {size}"),
            false => format!("one entry, room for {size}"),
        }
    }

    fn size(&self) -> usize {
        self.size
    }

    fn turn<P: Peer>(&self) -> Turn {
        let map = if self.drained {
            let mut map = P::new::<u64, u64>();
            for i in 0..self.size as u64 {
                map.insert(scramble(i), i);
            }
            for i in 1..self.size as u64 {
                map.remove(&scramble(i));
            }
            map
        } else {
            let mut map = P::with_capacity::<u64, u64>(self.size);
            map.insert(scramble(0), 0);
            map
        };
        Box::new(move |reps| {
            let mut lap = Lap::default();
            lap.time(reps as usize, || {
                for _ in 0..reps {
                    assert_eq!(sum_loop(&map), scramble(0));
                }
            });
            lap
        })
    }
}

fn latency(page: &mut Page, size: usize, repeat: usize) {
    let mut table = Table::new(["map", "p50", "p99.9", "p99.99", "worst", "same operation"]);
    let peers = [&[Hashbrown::NAME], &PEERS[..]].concat();
    let mut series: Vec<Series> = peers.iter().map(|_| Series::new(size)).collect();
    for _ in page.each((0..repeat).collect(), |_| {
        format!("Go: growth to {}", count(size))
    }) {
        for (peer, series) in peers.iter().zip(&mut series) {
            with_peer!(*peer, P => drop(grow::<P, Wall>(series)));
        }
    }
    for (peer, series) in peers.iter().zip(&series) {
        let marks = [Mark::P50, Mark::P999, Mark::P9999, Mark::Worst];
        let same = f64::from(series.fastest().iter().max().copied().unwrap_or(0));
        let figures = marks.map(|mark| duration(series.median(mark)));
        let name = [(*peer).to_owned()].into_iter();
        table.row(name.chain(figures).chain([duration(same)]));
    }
    page.add(format!(
        "MapAssignGrowLatency, growing to {} entries:",
        count(size)
    ));
    page.add(table.to_string());
}

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "### Go: latency of growth, iteration at low load\n\nThe first reads the clock after every insertion into a \
         growing map: medians over the repetitions; *same operation* is the longest when each insertion is taken at its \
         fastest repetition. The second iterates over a map that holds one entry; time is per iteration. Go's has room \
         for many from the start; the one that was emptied is added here.",
    );
    let sizes = page.scale.pick(
        vec![(64, 1_000), (1 << 16, 50), (1 << 22, 2)],
        vec![(64, 1_000), (1 << 16, 20)],
        vec![(64, 2)],
    );
    for (size, repeat) in sizes {
        latency(page, size, repeat);
    }
    let sizes = page.scale.pick(
        vec![64, 1 << 12, 1 << 16, 1 << 20],
        vec![64, 1 << 12, 1 << 16],
        vec![64],
    );
    let work = [false, true].into_iter().flat_map(|drained| {
        let sizes = sizes.clone().into_iter();
        sizes.map(move |size| LowLoad { size, drained })
    });
    let all = rows(page, "Go", work.collect());
    page.add("MapIterLowLoad:");
    page.add(table("map", &all));
    Ok(())
}
