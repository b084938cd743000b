//! What maps take of memory, by resident bytes, each reading in a process of its own.

use super::Page;
use super::markdown::{Table, bytes, count, number, short};
use super::plots::{Axis, Marks, Plot, Unit};
use crate::peers::REPORTED;
use crate::readings::{self, STEPS};

/// std's curves would hide hashbrown's, whose table it is.
const UNPLOTTED: &str = "std";

const MIB: f64 = 1024.0 * 1024.0;

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "Anonymous resident bytes (`/proc/self/smaps_rollup`) beyond those before the map existed, `u64` to `u64`; \
         each reading is made in a process of its own. Where the system does not tell, there is a dash.",
    );
    doubling(page)?;
    life(page)?;
    grow(page)
}

fn read(page: &Page, phase: &str, entries: u64) -> Result<Vec<(&'static str, Vec<f64>)>, String> {
    let peers = page.each(REPORTED.to_vec(), |peer| format!("{phase}, {peer}"));
    let readings = peers.map(|peer| Ok((peer, readings::read(phase, peer, entries)?)));
    readings.collect()
}

fn doubling(page: &mut Page) -> Result<(), String> {
    // The doubling of a table of a power of two lies in the middle.
    let entries = page.scale.pick(5_000_000, 1_250_000, 10_000);
    let read = read(page, "doubling", entries)?;
    let resident = |numbers: &[f64]| numbers.iter().step_by(3).copied().collect::<Vec<f64>>();
    let mut table = Table::new(["bytes per entry", "mean", "least", "most", "most / least"]);
    let mut lines = Vec::new();
    for (peer, numbers) in &read {
        let resident = resident(numbers);
        let [mean, least, most] = readings::summary(resident.iter().copied());
        let cells = [mean, least, most, most / least].map(number);
        table.row([(*peer).to_owned()].into_iter().chain(cells));
        let sizes = readings::doubling_sizes(entries).map(|size| size as f64);
        if *peer != UNPLOTTED {
            lines.push((*peer, sizes.zip(resident).collect()));
        }
    }
    let alt = "Bytes per entry while a map doubles";
    let plot = Plot {
        title: format!(
            "Resident bytes per entry from {} to {} entries",
            count(entries as usize),
            count(2 * entries as usize)
        ),
        x: Axis {
            label: "entries in the map",
            unit: Unit::Count,
            logarithmic: true,
        },
        y: Axis {
            label: "bytes per entry (key and value: 16)",
            unit: Unit::Plain,
            logarithmic: false,
        },
        marks: Marks::Lines(lines),
    };
    page.plot("doubling", alt, &plot)?;
    page.add(table.to_string());
    page.add("The mean is over equal steps of the logarithm of the size.");
    Ok(())
}

fn life(page: &mut Page) -> Result<(), String> {
    let entries = page.scale.pick(4_000_000, 1_000_000, 10_000);
    let read = read(page, "life", entries)?;
    let steps = STEPS as usize;
    let mut table = Table::new(["resident", "full", "drained", "full again", "most"]);
    let mut lines = Vec::new();
    for (peer, numbers) in &read {
        let most = numbers.iter().copied().fold(f64::NAN, f64::max);
        let ends =
            [1, 2, 3].map(|phase| numbers.get(phase * steps - 1).copied().unwrap_or(f64::NAN));
        let cells = ends.into_iter().chain([most]).map(bytes);
        table.row([(*peer).to_owned()].into_iter().chain(cells));
        let millions = |step: usize| (step + 1) as f64 / steps as f64 * entries as f64;
        let points = numbers.iter().enumerate();
        let points = points.map(|(step, bytes)| (millions(step), bytes / MIB));
        if *peer != UNPLOTTED {
            lines.push((*peer, points.collect()));
        }
    }
    let plot = Plot {
        title: format!(
            "Resident memory: grow to {}, drain to a thousandth, refill",
            short(entries as f64)
        ),
        x: Axis {
            label: "operations",
            unit: Unit::Count,
            logarithmic: false,
        },
        y: Axis {
            label: "resident MiB",
            unit: Unit::Plain,
            logarithmic: false,
        },
        marks: Marks::Lines(lines),
    };
    page.plot(
        "life",
        "Resident memory through growing, draining and refilling",
        &plot,
    )?;
    page.add(table.to_string());
    Ok(())
}

fn grow(page: &mut Page) -> Result<(), String> {
    let entries = page.scale.pick(10_000_000, 2_000_000, 10_000);
    let read = read(page, "grow", entries)?;
    let columns = ["bytes per entry", "most", "in the end", "most / end"];
    let mut table = Table::new(columns);
    for (peer, numbers) in &read {
        let [most, end] = [0, 1].map(|i| numbers.get(i).copied().unwrap_or(f64::NAN));
        let entries = entries as f64;
        let cells = [most / entries, end / entries, most / end].map(number);
        table.row([(*peer).to_owned()].into_iter().chain(cells));
    }
    page.add(format!(
        "While growing from empty to {} entries:",
        count(entries as usize)
    ));
    page.add(table.to_string());
    Ok(())
}
