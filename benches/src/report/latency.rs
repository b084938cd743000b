//! How long single insertions take while maps grow.

use super::Page;
use super::markdown::{Table, count, duration};
use super::plots::{Axis, Marks, Plot, Unit};
use crate::peers::REPORTED;
use crate::tail::{Mark, Series, Wall, grow, touch_memory};
use crate::with_peer;

/// std's curve would hide hashbrown's, whose table it is.
const PLOTTED: [&str; 5] = ["tophash", "paced", "hashbrown", "griddle", "indexmap"];

/// Intervals of the plot.
const INTERVALS: usize = 250;

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    let entries = page.scale.pick(10_000_000, 2_000_000, 20_000);
    let repeat = page.scale.pick(2, 2, 1);
    let mut series: Vec<Series> = REPORTED.map(|_| Series::new(entries)).into();
    let mut control = Series::new(entries);
    let turns = (1..=repeat).flat_map(|round| REPORTED.map(|peer| (round, peer)));
    let label = |(round, peer): &(usize, &str)| format!("repetition {round}, {peer}");
    for ((_, peer), who) in page
        .each(turns.collect(), label)
        .zip((0..REPORTED.len()).cycle())
    {
        if who == 0 {
            touch_memory::<Wall>(&mut control);
        }
        with_peer!(peer, P => drop(grow::<P, Wall>(&mut series[who])));
    }
    page.add(format!(
        "Each map grows from empty to {} entries, `u64` to `u64`, {repeat} time(s), in turns with the others; the clock \
         on the wall is read after every insertion. The plot shows the longest insertion of each of {INTERVALS} \
         intervals, each insertion taken at its fastest repetition: hash and keys are the same every time, so what is \
         slow only once was not the map's doing.",
        count(entries)
    ));
    let lines = REPORTED
        .iter()
        .zip(&series)
        .map(|(&peer, series)| (peer, longest(series)));
    let lines = lines.filter(|(peer, _)| PLOTTED.contains(peer)).collect();
    page.plot(
        "latency",
        "Longest insertion over the growth of a map",
        &plot(entries, lines),
    )?;
    page.add(table(&series, &control));
    Ok(())
}

/// The longest operation of each interval.
fn longest(series: &Series) -> Vec<(f64, f64)> {
    let fastest = series.fastest();
    let length = fastest.len().div_ceil(INTERVALS).max(1);
    let intervals = fastest.chunks(length).enumerate();
    intervals
        .map(|(number, interval)| {
            let most = interval.iter().max().copied().unwrap_or(0);
            (((number + 1) * length) as f64, f64::from(most))
        })
        .collect()
}

fn plot(entries: usize, lines: Vec<(&'static str, Vec<(f64, f64)>)>) -> Plot {
    Plot {
        title: format!(
            "Longest insertion while growing to {} entries",
            count(entries)
        ),
        x: Axis {
            label: "entries in the map",
            unit: Unit::Count,
            logarithmic: false,
        },
        y: Axis {
            label: "longest insertion of an interval",
            unit: Unit::Time,
            logarithmic: true,
        },
        marks: Marks::Lines(lines),
    }
}

fn table(series: &[Series], control: &Series) -> String {
    let mut table = Table::new([
        "map",
        "p50",
        "p99.9",
        "p99.99",
        "p99.9999",
        "worst: median",
        "worst: least",
        "same operation",
    ]);
    let rows = REPORTED.iter().copied().zip(series);
    for (name, series) in rows.chain([("control: touches as much memory, no map", control)]) {
        let marks = [
            Mark::P50,
            Mark::P999,
            Mark::P9999,
            Mark::P999999,
            Mark::Worst,
        ];
        let same = f64::from(series.fastest().iter().max().copied().unwrap_or(0));
        let figures = marks.map(|mark| series.median(mark)).into_iter();
        let figures = figures.chain([series.least_worst(), same]).map(duration);
        table.row([name.to_owned()].into_iter().chain(figures));
    }
    format!(
        "{table}\n\nMedians over the repetitions, the clock's own cost included. *Worst* is that of a repetition, its \
         median and its least over the repetitions; *same operation* takes every insertion at its fastest repetition."
    )
}
