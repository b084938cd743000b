//! The latency of single operations while a map grows from empty and is drained again.

use std::hint::black_box;
use std::time::Instant;

use tophash_bench::cli::Options;
use tophash_bench::keys::scramble;
use tophash_bench::pairs::Spread;
use tophash_bench::peers::{Map, Peer};
use tophash_bench::{sys, with_peer};

const USAGE: &str = "\
tail: latency of every single insert while growing to N entries, and of every removal while draining

  --entries  10_000_000
  --repeat   5
  --peers    tophash,paced,hashbrown,griddle  (also: std,indexmap)";

/// A reading that only rises, in nanoseconds.
trait Clock {
    const NAME: &'static str;
    fn start() -> Self;
    fn now(&self) -> u64;
}

struct Wall(Instant);

impl Clock for Wall {
    const NAME: &'static str = "wall";
    fn start() -> Self {
        Self(Instant::now())
    }
    #[inline]
    fn now(&self) -> u64 {
        self.0.elapsed().as_nanos() as u64
    }
}

/// Leaves out the time in which other processes had the core, but takes a system call to read.
struct Cpu;

impl Clock for Cpu {
    const NAME: &'static str = "cpu";
    fn start() -> Self {
        Self
    }
    #[inline]
    fn now(&self) -> u64 {
        sys::thread_cpu_ns()
    }
}

/// The repetitions of one series of operations. The keys are the same each time and so is the hasher: operation
/// `i` does the same work in every repetition, and what is slow only once was not the map's doing.
struct Series {
    laps: Vec<u32>,
    fastest: Vec<u32>,
    /// p50, p99.9, p99.99, p99.9999, worst; of each repetition.
    marks: Vec<[f64; 5]>,
}

impl Series {
    fn new(entries: usize) -> Self {
        // Written to, so that its own pages are no part of the latency.
        Self {
            laps: vec![1; entries],
            fastest: vec![u32::MAX; entries],
            marks: Vec::new(),
        }
    }

    /// Times `operation(i)` for every `i`. The clock is read once per operation.
    #[inline]
    fn record<C: Clock>(&mut self, clock: &C, mut operation: impl FnMut(u64)) {
        let mut before = clock.now();
        for (i, lap) in self.laps.iter_mut().enumerate() {
            operation(i as u64);
            let after = clock.now();
            *lap = u32::try_from(after - before).unwrap_or(u32::MAX);
            before = after;
        }
        self.evaluate();
    }

    fn evaluate(&mut self) {
        for (fastest, &lap) in self.fastest.iter_mut().zip(&self.laps) {
            *fastest = lap.min(*fastest);
        }
        self.laps.sort_unstable();
        let last = self.laps.len() - 1;
        let at = |q: f64| f64::from(self.laps[(q * last as f64) as usize]);
        self.marks
            .push([at(0.5), at(0.999), at(0.9999), at(0.999_999), at(1.0)]);
    }

    fn print(&self, clock: &str, phase: &str, peer: &str) {
        let median =
            |which: usize| Spread::of(self.marks.iter().map(|marks| marks[which]).collect()).median;
        let least = self
            .marks
            .iter()
            .map(|marks| marks[4])
            .fold(f64::INFINITY, f64::min);
        let same_operation = self.fastest.iter().max().copied().unwrap_or(0);
        println!(
            "{clock:<6}{phase:<7}{peer:<11}{:>8.0}{:>10.0}{:>10.0}{:>12.0}{:>14.0}{least:>14.0}{same_operation:>14}",
            median(0),
            median(1),
            median(2),
            median(3),
            median(4),
        );
    }
}

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
    measure::<Wall>(entries, repeat, &peers);
    measure::<Cpu>(entries, repeat, &peers);
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
    idle.print(C::NAME, "-", "clock only");
    control.print(C::NAME, "touch", "control");
    for &peer in peers {
        let (mut grow, mut drain) = (Series::new(entries), Series::new(entries));
        for _ in 0..repeat {
            with_peer!(peer, P => grow_and_drain::<P, C>(&mut grow, &mut drain));
        }
        grow.print(C::NAME, "grow", peer);
        drain.print(C::NAME, "drain", peer);
    }
}

/// The control: writes 20 bytes of fresh memory an operation, about what a growing map takes, and nothing else.
#[inline(never)]
fn touch_memory<C: Clock>(series: &mut Series) {
    let mut fresh: Vec<[u32; 5]> = Vec::with_capacity(series.laps.len());
    series.record(&C::start(), |i| fresh.push([i as u32; 5]));
    black_box(fresh);
}

#[inline(never)]
fn grow_and_drain<P: Peer, C: Clock>(grow: &mut Series, drain: &mut Series) {
    let mut map = P::new::<u64, u64>();
    grow.record(&C::start(), |i| _ = black_box(map.insert(scramble(i), i)));
    assert_eq!(map.len(), grow.laps.len(), "an insert was lost");
    drain.record(&C::start(), |i| _ = black_box(map.remove(&scramble(i))));
    assert!(map.is_empty(), "an entry stayed behind");
}
