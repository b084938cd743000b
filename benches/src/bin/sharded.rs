//! The concurrent map against its peers: throughput of mixes, the worst insert, memory.

use std::process::exit;
use std::time::Instant;

use tophash_bench::cli::Options;
use tophash_bench::loads::{Load, Worst, worst_insert, worst_write};
use tophash_bench::pairs::{Plan, Spread, Versus};
use tophash_bench::shared::{BY_SHARDS, NAMES};
use tophash_bench::{child, readings, sys, with_shared};

const USAGE: &str = "\
sharded: ShardedMap against concurrent peers, u64 -> u64

  --phases   loads,worst,memory
  --peers    dashmap,scc,papaya,flurry,rwlock  (also: tophash and, by the number of its shards,
             16 shards,32 shards,64 shards)
  --base     tophash  the map that the peers of the loads are compared with
  --loads    read,mixed,exchange,grow,count
  --sizes    10_000,1_000_000  entries, for the loads
  --threads  1,2,4             for the loads; 2 for worst, one number
  --rounds   15  turns of each map in a cell
  --lap-ms   50  CPU time of a turn at least
  --entries  5_000_000 for worst, 4_000_000 for memory
  --repeat   5   for worst

Ratios are of the time that the peer takes to that of the base: of throughput, the base's to the peer's.";

fn main() {
    if let Some(question) = child::question() {
        return child::answer(readings::answer(&question).expect("a phase"));
    }
    let options = Options::read(USAGE);
    let peers = peers(&options);
    println!("{}", sys::machine());
    let phases = options.list::<String>("phases");
    let phases = phases.unwrap_or_else(|| ["loads", "worst", "memory"].map(String::from).to_vec());
    for phase in phases {
        match phase.as_str() {
            "loads" => loads(&options, &peers),
            "worst" => worst(&options, &peers),
            "memory" => memory_table(&options, &peers),
            _ => options.fail("--phases: no such phase"),
        }
    }
}

fn peers(options: &Options) -> Vec<&'static str> {
    let Some(names) = options.list::<String>("peers") else {
        return NAMES[1..].to_vec();
    };
    match names.iter().map(|name| known(name)).collect() {
        Some(peers) => peers,
        None => options.fail(format!("--peers: choose from {}", NAMES.join(","))),
    }
}

fn known(name: &str) -> Option<&'static str> {
    let mut maps = NAMES.iter().chain(&BY_SHARDS).copied();
    maps.find(|map| *map == name)
}

/// The peers against the base, in pairs.
fn loads(options: &Options, peers: &[&'static str]) {
    let loads = match options.list::<String>("loads") {
        None => Load::ALL.to_vec(),
        Some(names) => {
            let known = |name: &String| Load::ALL.into_iter().find(|load| load.name() == name);
            let loads: Option<Vec<Load>> = names.iter().map(known).collect();
            loads.unwrap_or_else(|| options.fail("--loads: no such load"))
        }
    };
    let plan = Plan {
        limit: std::time::Duration::MAX,
        rounds: options.get("rounds").unwrap_or(15),
        lap_ns: (options.get::<f64>("lap-ms").unwrap_or(50.0) * 1e6) as u64,
    };
    let base: Option<String> = options.get("base");
    let base = known(base.as_deref().unwrap_or(NAMES[0]));
    let base = base.unwrap_or_else(|| options.fail("--base: no such map"));
    let sizes = options.list("sizes");
    let sizes: Vec<usize> = sizes.unwrap_or_else(|| vec![10_000, 1_000_000]);
    let threads: Vec<usize> = options.list("threads").unwrap_or_else(|| vec![1, 2, 4]);
    println!(
        "\n{:<9} {:>9} {:>7}  {:<8} {:>9} {:>9}  {:>6} [p10  - p90 ] {:>6} {:>6}",
        "load", "entries", "threads", "peer", "ns/op", base, "wall", "cpu", "null"
    );
    for load in loads {
        for &size in &sizes {
            for &threads in &threads {
                cell(load, size, threads, plan, base, peers);
            }
        }
    }
}

/// Each peer in a pair of its own: what one map leaves behind in the common heap, another would pay for.
fn cell(
    load: Load,
    size: usize,
    threads: usize,
    plan: Plan,
    base: &'static str,
    peers: &[&'static str],
) {
    let mut best: Option<(&str, f64)> = None;
    for peer in peers {
        let [null, row] = load.pair(size, threads, plan, base, peer);
        print_row(load, size, threads, &row, &null);
        let ratio = row.wall.median;
        if best.is_none_or(|(_, least)| ratio < least) {
            best = Some((peer, ratio));
        }
    }
    if let Some((peer, ratio)) = best {
        println!(
            "{:<9} {size:>9} {threads:>7}  best: {peer}, {ratio:.2}",
            load.name(),
        );
    }
}

fn print_row(load: Load, size: usize, threads: usize, row: &Versus, null: &Versus) {
    println!(
        "{:<9} {size:>9} {threads:>7}  {:<8} {:>9.1} {:>9.1}  {:>6.2} [{:.2} - {:.2}] {:>6.2} {:>6.2}",
        load.name(),
        row.name,
        row.ns,
        row.base_ns,
        row.wall.median,
        row.wall.p10,
        row.wall.p90,
        row.ratio.median,
        null.wall.median,
    );
}

/// The row of the worst that the machine does by itself.
const CONTROL: &str = "control";

fn one_worst(row: &str, entries: usize, threads: usize, clock: impl Fn() -> u64 + Sync) -> Worst {
    match row {
        CONTROL => worst_write(entries, threads, clock),
        map => with_shared!(map, M => worst_insert::<M>(entries, threads, clock)),
    }
}

/// The worst insert of each map, tophash's first.
fn worst(options: &Options, peers: &[&'static str]) {
    let entries = options.get("entries").unwrap_or(5_000_000);
    let threads = options.get("threads").unwrap_or(2);
    let repeat = options.get("repeat").unwrap_or(5_usize).max(1);
    println!(
        "\nworst insert while {threads} threads grow a map to {entries}, in microseconds; {repeat} runs each"
    );
    println!(
        "{:<9} {:>12} {:>12} {:>14} {:>12} {:>12}",
        "map", "wall median", "wall least", "over 100 us", "cpu median", "cpu least"
    );
    let mut rows: Vec<&str> = NAMES[..1].iter().chain(peers).copied().collect();
    rows.push(CONTROL);
    let mut runs: Vec<[Vec<Worst>; 2]> = rows.iter().map(|_| [vec![], vec![]]).collect();
    // In turns, so that a disturbance meets all of them alike.
    for _ in 0..repeat {
        for (row, [wall, cpu]) in rows.iter().zip(&mut runs) {
            let zero = Instant::now();
            let clock = || zero.elapsed().as_nanos() as u64;
            wall.push(one_worst(row, entries, threads, clock));
            cpu.push(one_worst(row, entries, threads, sys::thread_cpu_ns));
        }
    }
    let median =
        |runs: &[Worst], of: fn(&Worst) -> f64| Spread::of(runs.iter().map(of).collect()).median;
    let micros: fn(&Worst) -> f64 = |run| run.max as f64 / 1e3;
    let least = |runs: &[Worst]| runs.iter().map(micros).fold(f64::INFINITY, f64::min);
    for (map, [wall, cpu]) in rows.iter().zip(&runs) {
        println!(
            "{map:<9} {:>12.0} {:>12.0} {:>14.0} {:>12.0} {:>12.0}",
            median(wall, micros),
            least(wall),
            median(wall, |run| run.slow as f64),
            median(cpu, micros),
            least(cpu),
        );
    }
}

/// Anonymous resident bytes, each map in a process of its own.
fn memory_table(options: &Options, peers: &[&'static str]) {
    let entries = options.get("entries").unwrap_or(4_000_000_u64);
    println!(
        "\nresident MB of {entries} pairs, after removing 99.9 % of them, and of a fresh map of the rest"
    );
    println!(
        "{:<9} {:>10} {:>10} {:>10} {:>10} {:>12} {:>12}",
        "map", "full", "B/entry", "removed", "fresh", "rem./fresh", "full/tophash"
    );
    let mut base = f64::NAN;
    for map in NAMES[..1].iter().chain(peers) {
        let [full, removed] = readings(map, entries);
        let [fresh, _] = readings(map, entries / 1000);
        if base.is_nan() {
            base = full;
        }
        println!(
            "{map:<9} {:>10.2} {:>10.1} {:>10.3} {:>10.3} {:>12.2} {:>12.2}",
            full / 1e6,
            full / entries as f64,
            removed / 1e6,
            fresh / 1e6,
            removed / fresh,
            full / base
        );
    }
}

/// Bytes when full, and after removing 99.9 %.
fn readings(map: &str, entries: u64) -> [f64; 2] {
    let read = readings::read("shared", map, entries).and_then(|numbers| {
        let numbers: Result<[f64; 2], _> = numbers.try_into();
        numbers.map_err(|numbers| format!("{map}: {numbers:?}"))
    });
    read.unwrap_or_else(|error| {
        eprintln!("{error}");
        exit(1)
    })
}
