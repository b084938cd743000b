//! Interleaved timing: the subjects take turns in one process, and only ratios of neighbours are believed.
//!
//! A shared machine drifts by a factor of two within minutes, so a figure on its own says little. Here every round
//! measures each subject once; a ratio is formed within a round, and the median over the rounds is reported with
//! its tenth and ninetieth percentile. The second subject is always a second instance of the first: its ratio, the
//! *null test*, ought to be 1 and tells how far the others can be trusted.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::sys::thread_cpu_ns;

/// What one turn of one subject took.
#[derive(Clone, Copy, Default, Debug)]
pub struct Lap {
    /// Operations done.
    pub ops: u64,
    /// CPU time of the thread.
    pub cpu_ns: u64,
    /// Time on the wall.
    pub wall_ns: u64,
}

impl Lap {
    /// Runs `work`, adding its time and `ops` operations to the lap.
    #[inline]
    pub fn time<T>(&mut self, ops: usize, work: impl FnOnce() -> T) -> T {
        // The cheap clock inside: the other takes a system call.
        let cpu = thread_cpu_ns();
        let wall = Instant::now();
        let result = black_box(work());
        self.wall_ns += wall.elapsed().as_nanos() as u64;
        self.cpu_ns += thread_cpu_ns() - cpu;
        self.ops += ops as u64;
        result
    }

    /// CPU nanoseconds per operation.
    pub fn ns_per_op(&self) -> f64 {
        self.cpu_ns as f64 / self.ops.max(1) as f64
    }

    fn wall_ns_per_op(&self) -> f64 {
        self.wall_ns as f64 / self.ops.max(1) as f64
    }
}

/// The name of the second instance of the baseline.
pub const NULL: &str = "null";

/// A turn: does its unit of work so many times and says what that took. Preparation is left out of the lap.
pub type Turn = Box<dyn FnMut(u64) -> Lap>;

/// A named turn.
pub struct Subject {
    /// For the table.
    pub name: &'static str,
    /// For the clock.
    pub turn: Turn,
}

/// Median, and the percentiles that hold the middle four fifths.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// Tenth percentile.
    pub p10: f64,
    /// Median.
    pub median: f64,
    /// Ninetieth percentile.
    pub p90: f64,
}

impl Spread {
    /// The spread of a sample.
    ///
    /// Panics if it is empty.
    pub fn of(mut sample: Vec<f64>) -> Self {
        sample.sort_by(f64::total_cmp);
        let at = |q: f64| {
            let place = q * (sample.len() - 1) as f64;
            let (low, high) = (
                sample[place.floor() as usize],
                sample[place.ceil() as usize],
            );
            low + (high - low) * place.fract()
        };
        Self {
            p10: at(0.1),
            median: at(0.5),
            p90: at(0.9),
        }
    }
}

/// One subject against the baseline.
#[derive(Clone, Copy, Debug)]
pub struct Versus {
    /// The subject's name.
    pub name: &'static str,
    /// Median CPU nanoseconds per operation.
    pub ns: f64,
    /// The same, of the baseline.
    pub base_ns: f64,
    /// `ns / base_ns`: the ratio of the medians.
    pub of_medians: f64,
    /// The ratios of neighbours, in CPU time.
    pub ratio: Spread,
    /// The ratios of neighbours, in wall time.
    pub wall: Spread,
}

impl Versus {
    /// The heads of the [`columns`](Self::columns).
    pub fn heads() -> String {
        format!(
            "{:>9}{:>9}{:>8}{:>8}  {:<15}{:>8}  {:<21}",
            "ns/op", "base", "med/med", "ratio", "[p10 - p90]", "wall", "null"
        )
    }

    /// The figures of one row of a table, with those of the null test at the end.
    pub fn columns(&self, null: &Self) -> String {
        let (ratio, null) = (self.ratio, null.ratio);
        format!(
            "{:>9.2}{:>9.2}{:>8.3}{:>8.3}  [{:.3} - {:.3}]{:>8.3}  {:.3} [{:.3} - {:.3}]",
            self.ns,
            self.base_ns,
            self.of_medians,
            ratio.median,
            ratio.p10,
            ratio.p90,
            self.wall.median,
            null.median,
            null.p10,
            null.p90
        )
    }
}

/// Rounds that are measured whatever time they take.
const LEAST_ROUNDS: usize = 3;

/// How long and how often to measure.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Turns of each subject.
    pub rounds: usize,
    /// CPU time that a turn of the baseline takes at least.
    pub lap_ns: u64,
    /// After so much time on the wall no round is begun, save the first three.
    pub limit: Duration,
}

/// Measures the subjects in turns and compares each to the first. The order never changes, so that every turn finds
/// the caches as another subject has left them.
pub fn interleave(plan: Plan, subjects: &mut [Subject]) -> Vec<Versus> {
    let begin = Instant::now();
    let reps = calibrate(plan.lap_ns, subjects);
    let mut laps: Vec<Vec<Lap>> = vec![Vec::with_capacity(plan.rounds); subjects.len()];
    for round in 0..plan.rounds.max(1) {
        if round >= LEAST_ROUNDS && begin.elapsed() > plan.limit {
            break;
        }
        for (subject, laps) in subjects.iter_mut().zip(&mut laps) {
            laps.push((subject.turn)(reps));
        }
    }
    let (base, others) = laps.split_first().expect("a baseline");
    others
        .iter()
        .zip(&subjects[1..])
        .map(|(laps, subject)| versus(subject.name, laps, base))
        .collect()
}

/// Finds the number of repetitions that fills a lap of the baseline. All subjects come along, so that all are
/// warmed up and have the same history.
fn calibrate(lap_ns: u64, subjects: &mut [Subject]) -> u64 {
    let mut reps = 1;
    loop {
        let taken = (subjects[0].turn)(reps).cpu_ns.max(1);
        for subject in &mut subjects[1..] {
            (subject.turn)(reps);
        }
        if taken * 4 >= lap_ns || reps >= 1 << 24 {
            return (reps * lap_ns).div_ceil(taken).max(1);
        }
        reps *= 2;
    }
}

fn versus(name: &'static str, laps: &[Lap], base: &[Lap]) -> Versus {
    let median = |laps: &[Lap]| Spread::of(laps.iter().map(Lap::ns_per_op).collect()).median;
    let pairs = |read: fn(&Lap) -> f64| {
        Spread::of(
            laps.iter()
                .zip(base)
                .map(|(a, b)| read(a) / read(b))
                .collect(),
        )
    };
    let (ns, base_ns) = (median(laps), median(base));
    Versus {
        name,
        ns,
        base_ns,
        of_medians: ns / base_ns,
        ratio: pairs(Lap::ns_per_op),
        wall: pairs(Lap::wall_ns_per_op),
    }
}

/// The mean of ratios that treats 1/2 and 2 alike.
pub fn geometric_mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0), |(sum, count), x| (sum + x.ln(), count + 1));
    (sum / f64::from(count)).exp()
}
