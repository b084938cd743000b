//! What maps take of memory, and what they give back. Every reading is made in a process of its own.

use std::process::{Command, exit};
use std::str::FromStr;

use tophash_bench::cli::Options;
use tophash_bench::counting::{self, Counting};
use tophash_bench::keys::scramble;
use tophash_bench::pairs::{Lap, Spread};
use tophash_bench::peers::{Map, Peer};
use tophash_bench::tasks::sum_loop;
use tophash_bench::{memory, sys, with_peer};

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

const PEERS: [&str; 6] = [
    "tophash",
    "paced",
    "hashbrown",
    "std",
    "griddle",
    "indexmap",
];

const SMALL: [u64; 8] = [0, 1, 2, 3, 4, 7, 8, 16];

/// Readings per doubling, evenly spaced on a logarithmic scale.
const STEPS: u32 = 64;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|first| first == "child") {
        let [phase, peer, entries] = &args[2..] else {
            panic!("child PHASE PEER ENTRIES");
        };
        let entries = entries.parse().expect("a number of entries");
        with_peer!(peer.as_str(), P => child::<P>(phase, entries));
        return;
    }
    let options = Options::read(USAGE);
    let peers = options.peers(&PEERS);
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

/// Runs a phase in a child process; the numbers that it printed, NaN for what the child could not know.
fn readings(phase: &str, peer: &str, entries: u64) -> Vec<f64> {
    let program = std::env::current_exe().expect("the path of this program");
    let entries = entries.to_string();
    let output = Command::new(program)
        .args(["child", phase, peer, &entries])
        .output()
        .expect("a child process");
    if !output.status.success() {
        eprintln!(
            "{phase} of {peer} failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        exit(1);
    }
    let text = String::from_utf8(output.stdout).expect("numbers");
    text.split_whitespace()
        .map(|word| f64::from_str(word).expect("a number"))
        .collect()
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
        let mut cells: Vec<(f64, usize)> = read.iter().map(|&value| (value, 2)).collect();
        cells.insert(3, (read[2] / read[1], 3));
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

// The child: readings.

/// Does one phase and prints its numbers.
fn child<P: Peer>(phase: &str, entries: u64) {
    let numbers = match phase {
        "grow" => grow::<P>(entries),
        "doubling" => doubling::<P>(entries),
        "drain" => drain::<P>(entries),
        "churn" => churn::<P>(entries),
        "sparse" => sparse::<P>(entries),
        "iterate" => vec![iterate_ns(&filled::<P>(entries))],
        "small" => small::<P>(),
        _ => unreachable!("the parent knows the phases"),
    };
    for number in numbers {
        println!("{number}");
    }
}

/// What was in use before there was a map.
struct Before {
    anonymous: usize,
    resident: usize,
    counted: usize,
}

impl Before {
    fn now() -> Self {
        // The first reading allocates, so that the second does not.
        memory::anonymous();
        memory::reset_peak();
        counting::reset_peak();
        Self {
            anonymous: memory::anonymous().unwrap_or(0),
            resident: memory::resident().unwrap_or(0),
            counted: counting::live(),
        }
    }

    fn rss(&self) -> f64 {
        beyond(memory::anonymous(), self.anonymous)
    }

    fn rss_peak(&self) -> f64 {
        beyond(memory::peak(), self.resident)
    }

    fn counted(&self) -> f64 {
        beyond(Some(counting::live()), self.counted)
    }

    fn counted_peak(&self) -> f64 {
        beyond(Some(counting::peak()), self.counted)
    }

    /// Resident, allocated, counted.
    fn all(&self, map: &impl Map<u64, u64>) -> [f64; 3] {
        [self.rss(), beyond(map.bytes(), 0), self.counted()]
    }
}

fn beyond(reading: Option<usize>, before: usize) -> f64 {
    reading.map_or(f64::NAN, |bytes| bytes as f64 - before as f64)
}

fn extend(map: &mut impl Map<u64, u64>, entries: u64) {
    for i in map.len() as u64..entries {
        map.insert(scramble(i), i);
    }
    assert_eq!(map.len() as u64, entries, "an insert was lost");
}

fn filled<P: Peer>(entries: u64) -> P::Map<u64, u64> {
    let mut map = P::new::<u64, u64>();
    extend(&mut map, entries);
    map
}

/// Removes the oldest entries.
fn shrink(map: &mut impl Map<u64, u64>, count: u64) {
    for i in 0..count {
        assert!(map.remove(&scramble(i)).is_some(), "an entry was missing");
    }
}

fn grow<P: Peer>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let map = filled::<P>(entries);
    let (counted_peak, rss_peak) = (before.counted_peak(), before.rss_peak());
    let [rss, alloc, counted] = before.all(&map);
    // The system's peak is kept in larger steps than the exact reading, and holds the program's own pages.
    vec![rss_peak.max(rss), rss, alloc, counted, counted_peak]
}

fn doubling<P: Peer>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let mut map = P::new::<u64, u64>();
    let mut read: [Vec<f64>; 3] = Default::default();
    for step in 0..STEPS {
        let size = entries as f64 * (f64::from(step) / f64::from(STEPS)).exp2();
        extend(&mut map, size as u64);
        for (read, bytes) in read.iter_mut().zip(before.all(&map)) {
            read.push(bytes / size);
        }
    }
    let summary = |read: &Vec<f64>| {
        let mean = read.iter().sum::<f64>() / read.len() as f64;
        // NaN stays NaN: a reading is there at every step or at none.
        let least = read
            .iter()
            .copied()
            .reduce(|a, b| if b < a { b } else { a });
        let most = read
            .iter()
            .copied()
            .reduce(|a, b| if b > a { b } else { a });
        [mean, least.unwrap_or(f64::NAN), most.unwrap_or(f64::NAN)]
    };
    read.iter().flat_map(summary).collect()
}

fn drain<P: Peer>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let mut map = filled::<P>(entries);
    let full = before.rss();
    shrink(&mut map, entries * 999 / 1000);
    let [rss, alloc, counted] = before.all(&map);
    vec![full, rss, alloc, counted]
}

/// Before, after and most, of each reading.
fn churn<P: Peer>(entries: u64) -> Vec<f64> {
    let before = Before::now();
    let mut map = filled::<P>(entries);
    let first = before.all(&map);
    let (mut last, mut most) = (first, first);
    let stretch = (entries / 4).max(1);
    for i in 0..20 * entries {
        assert!(map.remove(&scramble(i)).is_some(), "an entry was missing");
        map.insert(scramble(i + entries), i);
        if (i + 1) % stretch == 0 {
            last = before.all(&map);
            for (most, now) in most.iter_mut().zip(last) {
                *most = now.max(*most);
            }
        }
    }
    (0..3).flat_map(|i| [first[i], last[i], most[i]]).collect()
}

fn sparse<P: Peer>(entries: u64) -> Vec<f64> {
    let mut map = filled::<P>(entries);
    let full = iterate_ns(&map);
    shrink(&mut map, entries * 99 / 100);
    vec![full, iterate_ns(&map)]
}

/// CPU nanoseconds per entry of an iteration: the median of several.
fn iterate_ns(map: &impl Map<u64, u64>) -> f64 {
    let pass = |_| {
        let mut lap = Lap::default();
        lap.time(map.len(), || sum_loop(map));
        lap.ns_per_op()
    };
    Spread::of((0..21).map(pass).collect()).median
}

fn small<P: Peer>() -> Vec<f64> {
    let size = size_of::<P::Map<u64, u64>>() as f64;
    let bytes = SMALL.map(|entries| {
        let before = counting::live();
        let map = filled::<P>(entries);
        let bytes = counting::live() - before;
        assert_eq!(map.len() as u64, entries);
        bytes as f64
    });
    [size].into_iter().chain(bytes).collect()
}
