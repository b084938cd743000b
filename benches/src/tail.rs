//! The latency of single operations.

use std::hint::black_box;
use std::time::Instant;

use crate::keys::scramble;
use crate::pairs::Spread;
use crate::peers::{Map, Peer};
use crate::sys;

/// A reading that only rises, in nanoseconds.
pub trait Clock {
    /// As it is named in tables.
    const NAME: &'static str;
    /// Starts it.
    fn start() -> Self;
    /// Nanoseconds since some moment.
    fn now(&self) -> u64;
}

/// Time on the wall.
pub struct Wall(Instant);

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
pub struct Cpu;

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
pub struct Series {
    laps: Vec<u32>,
    fastest: Vec<u32>,
    /// p50, p99.9, p99.99, p99.9999, worst; of each repetition.
    marks: Vec<[f64; 5]>,
}

impl Series {
    /// A series of so many operations.
    pub fn new(entries: usize) -> Self {
        // Written to, so that its own pages are no part of the latency.
        Self {
            laps: vec![1; entries],
            fastest: vec![u32::MAX; entries],
            marks: Vec::new(),
        }
    }

    /// Times `operation(i)` for every `i`. The clock is read once per operation.
    #[inline]
    pub fn record<C: Clock>(&mut self, clock: &C, mut operation: impl FnMut(u64)) {
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

    /// A figure of all repetitions: the median.
    pub fn median(&self, mark: Mark) -> f64 {
        let values = self.marks.iter().map(|marks| marks[mark as usize]);
        Spread::of(values.collect()).median
    }

    /// The least of the worst of each repetition.
    pub fn least_worst(&self) -> f64 {
        let worst = self.marks.iter().map(|marks| marks[Mark::Worst as usize]);
        worst.fold(f64::INFINITY, f64::min)
    }

    /// What each operation took in its fastest repetition.
    pub fn fastest(&self) -> &[u32] {
        &self.fastest
    }
}

/// A figure of a repetition.
#[derive(Clone, Copy)]
pub enum Mark {
    /// The median.
    P50,
    /// One in 1,000 takes longer.
    P999,
    /// One in 10,000 takes longer.
    P9999,
    /// One in 1,000,000 takes longer.
    P999999,
    /// None takes longer.
    Worst,
}

/// The control: writes 20 bytes of fresh memory an operation, about what a growing map takes, and nothing else.
#[inline(never)]
pub fn touch_memory<C: Clock>(series: &mut Series) {
    let mut fresh: Vec<[u32; 5]> = Vec::with_capacity(series.laps.len());
    series.record(&C::start(), |i| fresh.push([i as u32; 5]));
    black_box(fresh);
}

/// Grows a map from empty.
#[inline(never)]
pub fn grow<P: Peer, C: Clock>(series: &mut Series) -> P::Map<u64, u64> {
    sys::begin_build();
    let mut map = P::new::<u64, u64>();
    series.record(&C::start(), |i| _ = black_box(map.insert(scramble(i), i)));
    assert_eq!(map.len(), series.laps.len(), "an insert was lost");
    map
}

/// Grows a map from empty and removes what came first first.
#[inline(never)]
pub fn grow_and_drain<P: Peer, C: Clock>(growing: &mut Series, draining: &mut Series) {
    let mut map = grow::<P, C>(growing);
    draining.record(&C::start(), |i| _ = black_box(map.remove(&scramble(i))));
    assert!(map.is_empty(), "an entry stayed behind");
}
