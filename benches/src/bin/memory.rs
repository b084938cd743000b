//! What maps take of memory, and what they give back. Every reading is made in a process of its own.

use std::process::exit;

use tophash_bench::cli::Options;
use tophash_bench::counting::Counting;
use tophash_bench::readings::{self, SMALL, STEPS};
use tophash_bench::{child, peers, sys};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const USAGE: &str = "\
memory: resident, allocated and counted bytes of maps u64 -> u64

  --phases   grow,doubling,drain,churn,sparse,small
  --peers    tophash,paced,hashbrown,std,griddle,indexmap
  --entries  10_000_000 for grow, 4_000_000 for doubling, drain and sparse, 1_000_000 for churn

rss      anonymous resident bytes beyond those before the map existed: the authority
alloc    what the map's allocation_size() says; - where it has none
counted  bytes asked of the global allocator (memory mapped past it is not seen)";

fn main() {
    if let Some(question) = child::question() {
        return child::answer(readings::answer(&question).expect("a phase"));
    }
    let options = Options::read(USAGE);
    let peers = options.peers(&peers::NAMES);
    let entries = options.get::<u64>("entries");
    let phases = options.list::<String>("phases").unwrap_or_else(|| {
        ["grow", "doubling", "drain", "churn", "sparse", "small"]
            .map(String::from)
            .to_vec()
    });
    println!("{}", sys::machine());
    for phase in phases {
        match phase.as_str() {
            "grow" => grow_table(&peers, entries.unwrap_or(10_000_000)),
            "doubling" => doubling_table(&peers, entries.unwrap_or(4_000_000)),
            "drain" => drain_table(&peers, entries.unwrap_or(4_000_000)),
            "churn" => churn_table(&peers, entries.unwrap_or(1_000_000)),
            "sparse" => sparse_table(&peers, entries.unwrap_or(4_000_000)),
            "small" => small_table(&peers),
            _ => options.fail("--phases: no such phase"),
        }
    }
}

// The parent: tables.

/// The numbers of a phase. Ends the program if there are none.
fn readings(phase: &str, peer: &str, entries: u64) -> Vec<f64> {
    readings::read(phase, peer, entries).unwrap_or_else(|error| {
        eprintln!("{error}");
        exit(1)
    })
}

/// A number right-aligned in twelve columns, or a dash.
fn cell(value: f64, decimals: usize) -> String {
    match value.is_nan() {
        true => format!("{:>12}", "-"),
        false => format!("{value:>12.decimals$}"),
    }
}

fn header(title: &str, columns: &[&str]) {
    let columns: String = columns
        .iter()
        .map(|column| format!("{column:>12}"))
        .collect();
    println!("\n{title}\n{:<11}{columns}", "peer");
}

fn row(peer: &str, cells: impl IntoIterator<Item = (f64, usize)>) {
    let cells: String = cells
        .into_iter()
        .map(|(value, decimals)| cell(value, decimals))
        .collect();
    println!("{peer:<11}{cells}");
}

fn grow_table(peers: &[&str], entries: u64) {
    header(
        &format!("grow to {entries} entries: bytes per entry"),
        &[
            "rss peak",
            "rss final",
            "peak/final",
            "alloc",
            "counted",
            "count peak",
        ],
    );
    for peer in peers {
        let read = readings("grow", peer, entries);
        let per_entry = |i: usize| (read[i] / entries as f64, 2);
        row(
            peer,
            [
                per_entry(0),
                per_entry(1),
                (read[0] / read[1], 3),
                per_entry(2),
                per_entry(3),
                per_entry(4),
            ],
        );
    }
}

fn doubling_table(peers: &[&str], entries: u64) {
    header(
        &format!(
            "{entries} to {} entries in {STEPS} steps: bytes per entry, mean on a logarithmic scale",
            2 * entries
        ),
        &[
            "rss mean",
            "min",
            "max",
            "max/min",
            "alloc mean",
            "min",
            "max",
            "count mean",
            "min",
            "max",
        ],
    );
    for peer in peers {
        let read = readings("doubling", peer, entries);
        let column = |i| readings::summary(read.iter().skip(i).step_by(3).copied());
        let mut cells: Vec<(f64, usize)> =
            (0..3).flat_map(column).map(|value| (value, 2)).collect();
        cells.insert(3, (cells[2].0 / cells[1].0, 3));
        row(peer, cells);
    }
}

fn drain_table(peers: &[&str], entries: u64) {
    let left = entries - entries * 999 / 1000;
    header(
        &format!("{entries} entries, all but {left} removed, against a fresh map of {left}: KiB"),
        &[
            "rss full",
            "rss drained",
            "rss fresh",
            "ratio",
            "alloc",
            "fresh",
            "counted",
            "fresh",
        ],
    );
    for peer in peers {
        let drained = readings("drain", peer, entries);
        let fresh = readings("grow", peer, left);
        let kib = |bytes: f64| (bytes / 1024.0, 1);
        row(
            peer,
            [
                kib(drained[0]),
                kib(drained[1]),
                kib(fresh[1]),
                (drained[1] / fresh[1], 3),
                kib(drained[2]),
                kib(fresh[2]),
                kib(drained[3]),
                kib(fresh[3]),
            ],
        );
    }
}

fn churn_table(peers: &[&str], entries: u64) {
    header(
        &format!(
            "20 x {entries} times remove one, insert one, at {entries} entries: bytes per entry"
        ),
        &[
            "rss before",
            "after",
            "max",
            "max/before",
            "alloc bef.",
            "after",
            "max",
            "count bef.",
            "after",
            "max",
        ],
    );
    for peer in peers {
        let read = readings("churn", peer, entries);
        let mut cells: Vec<(f64, usize)> = read
            .iter()
            .map(|&bytes| (bytes / entries as f64, 2))
            .collect();
        cells.insert(3, (read[2] / read[0], 3));
        row(peer, cells);
    }
}

fn sparse_table(peers: &[&str], entries: u64) {
    let left = entries - entries * 99 / 100;
    header(
        &format!(
            "iterate {entries} entries after all but {left} were removed: CPU ns per entry that is left"
        ),
        &["full", "sparse", "fresh", "ratio"],
    );
    for peer in peers {
        let (read, fresh) = (
            readings("sparse", peer, entries),
            readings("iterate", peer, left)[0],
        );
        row(
            peer,
            [(read[0], 2), (read[1], 2), (fresh, 2), (read[1] / fresh, 2)],
        );
    }
}

fn small_table(peers: &[&str]) {
    let columns: Vec<String> = SMALL.iter().map(|n| format!("{n} entries")).collect();
    let columns: Vec<&str> = ["size_of"]
        .into_iter()
        .chain(columns.iter().map(String::as_str))
        .collect();
    header(
        "small maps: counted heap bytes (size_of: the map itself, hasher included)",
        &columns,
    );
    for peer in peers {
        row(
            peer,
            readings("small", peer, 0)
                .into_iter()
                .map(|bytes| (bytes, 0)),
        );
    }
}
