//! The latency of single operations while a map grows from empty and is drained again.

use std::hint::black_box;

use tophash_bench::cli::Options;
use tophash_bench::tail::{Clock, Cpu, Mark, Series, Wall, grow_and_drain, touch_memory};
use tophash_bench::{sys, with_peer};

const USAGE: &str = "\
tail: latency of every single insert while growing to N entries, and of every removal while draining

  --entries  10_000_000
  --repeat   5
  --clocks   wall,cpu
  --peers    tophash,paced,hashbrown,griddle  (also: std,indexmap)";

fn main() {
    let options = Options::read(USAGE);
    let entries: usize = options.get("entries").unwrap_or(10_000_000);
    let repeat: usize = options.get("repeat").unwrap_or(5);
    if entries == 0 || repeat == 0 {
        options.fail("--entries and --repeat start at 1");
    }
    let peers = options.peers(&["tophash", "paced", "hashbrown", "griddle"]);
    // Every repetition gets its memory from the system, as the first one does.
    sys::set_freed_memory(sys::FreedMemory::Fresh);
    println!("{}", sys::machine());
    println!(
        "{entries} entries, {repeat} repetitions; nanoseconds, the clock's own cost included (see control)"
    );
    println!(
        "p..: median over the repetitions; worst: of a repetition, median and least over the repetitions;"
    );
    println!(
        "same op: the worst operation, each taken at its fastest repetition (deterministic work only)"
    );
    for clock in options.chosen("clocks", &[Wall::NAME, Cpu::NAME], |clock| clock) {
        match clock {
            Wall::NAME => measure::<Wall>(entries, repeat, &peers),
            _ => measure::<Cpu>(entries, repeat, &peers),
        }
    }
}

fn measure<C: Clock>(entries: usize, repeat: usize, peers: &[&'static str]) {
    println!(
        "\n{:<6}{:<7}{:<11}{:>8}{:>10}{:>10}{:>12}{:>14}{:>14}{:>14}",
        "clock",
        "phase",
        "peer",
        "p50",
        "p99.9",
        "p99.99",
        "p99.9999",
        "worst median",
        "worst least",
        "same op"
    );
    let mut control = Series::new(entries);
    let mut idle = Series::new(entries);
    for _ in 0..repeat {
        touch_memory::<C>(&mut control);
        idle.record(&C::start(), |i| _ = black_box(i));
    }
    print(&idle, C::NAME, "-", "clock only");
    print(&control, C::NAME, "touch", "control");
    for &peer in peers {
        let (mut grow, mut drain) = (Series::new(entries), Series::new(entries));
        for _ in 0..repeat {
            with_peer!(peer, P => grow_and_drain::<P, C>(&mut grow, &mut drain));
        }
        print(&grow, C::NAME, "grow", peer);
        print(&drain, C::NAME, "drain", peer);
    }
}

fn print(series: &Series, clock: &str, phase: &str, peer: &str) {
    let least = series.least_worst();
    let same_operation = series.fastest().iter().max().copied().unwrap_or(0);
    println!(
        "{clock:<6}{phase:<7}{peer:<11}{:>8.0}{:>10.0}{:>10.0}{:>12.0}{:>14.0}{least:>14.0}{same_operation:>14}",
        series.median(Mark::P50),
        series.median(Mark::P999),
        series.median(Mark::P9999),
        series.median(Mark::P999999),
        series.median(Mark::Worst),
    );
}
