//! Runs of minutes, which show that nothing creeps: bytes and chains stay as they were, and no operation gets slow.
//!
//!     RUSTFLAGS='--cfg tophash_check' cargo test --release --test long -- --ignored --nocapture --test-threads=1
//!
//! Times are printed and never asserted. One operation in seven is timed: on Linux by the processor time of the thread,
//! so that pauses of the machine are not in it. Without the `--cfg` the lengths of chains are not known.
#![cfg(feature = "default-hasher")]

mod support;

use std::collections::VecDeque;
use std::time::Duration;

use support::hashers::{Random, mix};
use tophash::{GrowthPolicy, HashMap, NestedMap};

/// A map of numbers.
trait Long {
    fn put(&mut self, key: u64);
    fn take(&mut self, key: u64) -> bool;
    fn has(&self, key: u64) -> bool;
    fn bytes(&self) -> usize;
    /// Entries in the longest overflow chain.
    fn chain(&self) -> usize;
}

impl Long for HashMap<u64, u64> {
    fn put(&mut self, key: u64) {
        assert_eq!(self.insert(key, key), None);
    }

    fn take(&mut self, key: u64) -> bool {
        self.remove(&key) == Some(key)
    }

    fn has(&self, key: u64) -> bool {
        self.contains_key(&key)
    }

    fn bytes(&self) -> usize {
        self.allocation_size()
    }

    fn chain(&self) -> usize {
        #[cfg(tophash_check)]
        return self.longest_chain();
        #[cfg(not(tophash_check))]
        0
    }
}

/// About two entries below each first part, and a thousand below a few: nodes of every kind.
fn parts(key: u64) -> (u64, u64) {
    let first = if key % 8 == 0 {
        key % 1024
    } else {
        mix(key) % 50_000
    };
    (first, key)
}

impl Long for NestedMap<(u64, u64), u64> {
    fn put(&mut self, key: u64) {
        assert_eq!(self.insert(parts(key), key), None);
    }

    fn take(&mut self, key: u64) -> bool {
        self.remove(parts(key)) == Some(key)
    }

    fn has(&self, key: u64) -> bool {
        self.contains_key(parts(key))
    }

    fn bytes(&self) -> usize {
        self.memory().reserved
    }

    fn chain(&self) -> usize {
        #[cfg(tophash_check)]
        return self.longest_chain();
        #[cfg(not(tophash_check))]
        0
    }
}

/// Processor time of the thread, the kernel's work for it included.
#[cfg(target_os = "linux")]
fn now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// Time since the first call, pauses of the machine included.
#[cfg(not(target_os = "linux"))]
fn now() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// How long operations took: how many of each order of magnitude, and the longest.
struct Times {
    turn: u64,
    by_log: [u64; 64],
    worst: u64,
}

/// Asking for processor time costs as much as an operation.
const TIMED: u64 = 7;

impl Default for Times {
    fn default() -> Self {
        Times {
            turn: 0,
            by_log: [0; 64],
            worst: 0,
        }
    }
}

impl Times {
    fn time(&mut self, operation: impl FnOnce()) {
        self.turn += 1;
        if self.turn % TIMED != 0 {
            return operation();
        }
        let start = now();
        operation();
        let nanos = (now() - start).as_nanos() as u64;
        self.by_log[nanos.max(1).ilog2() as usize] += 1;
        self.worst = self.worst.max(nanos);
    }

    /// What all but one in ten thousand stay below, to a power of two, in microseconds.
    fn most(&self) -> f64 {
        let mut above = self.by_log.iter().sum::<u64>() / 10_000;
        let bucket = (0..64).rev().find(|&log| {
            let over = self.by_log[log] > above;
            above = above.saturating_sub(self.by_log[log]);
            over
        });
        2_f64.powi(bucket.unwrap_or(0) as i32 + 1) / 1e3
    }
}

/// What is seen at an interval.
#[derive(Clone, Copy, Default, Debug)]
struct Seen {
    len: usize,
    bytes: usize,
    chain: usize,
}

/// The figures of one run: the first `WARM` set the mark for the others.
struct Log {
    name: String,
    first: Seen,
    lines: usize,
    times: Times,
}

const WARM: usize = 2;

impl Log {
    fn new(name: &str) -> Self {
        println!(
            "\n{name}\n{:>12}{:>10}{:>10}{:>7}{:>12}{:>12}",
            "operations", "entries", "KiB", "chain", "most, µs", "worst, µs"
        );
        Log {
            name: name.to_string(),
            first: Seen::default(),
            lines: 0,
            times: Times::default(),
        }
    }

    fn print(&mut self, operations: u64, now: Seen) {
        let times = std::mem::take(&mut self.times);
        println!(
            "{operations:>12}{:>10}{:>10}{:>7}{:>12.1}{:>12.1}",
            now.len,
            now.bytes / 1024,
            now.chain,
            times.most(),
            times.worst as f64 / 1e3
        );
    }

    fn line(&mut self, operations: u64, now: Seen) {
        self.print(operations, now);
        self.lines += 1;
        let Seen { bytes, chain, .. } = self.first;
        if self.lines <= WARM {
            self.first = Seen {
                len: now.len,
                bytes: bytes.max(now.bytes),
                chain: chain.max(now.chain),
            };
        } else {
            assert!(
                now.bytes <= bytes + bytes / 10,
                "{}: {} bytes, {bytes} at first",
                self.name,
                now.bytes
            );
            // The longest of thousands varies by chance.
            assert!(
                now.chain <= 2 * chain + 4,
                "{}: a chain of {}, {chain} at first",
                self.name,
                now.chain
            );
        }
    }
}

/// A run over each map, as tests of their own.
macro_rules! for_each_map {
    ($run:ident) => {
        mod $run {
            use super::*;

            fn table(policy: GrowthPolicy) {
                let mut map: HashMap<u64, u64> = HashMap::with_growth_policy(policy);
                super::$run(
                    &mut map,
                    Log::new(&format!("{}, {policy:?}", stringify!($run))),
                );
                #[cfg(tophash_check)]
                map.check_invariants();
            }

            #[test]
            #[ignore = "takes minutes"]
            fn burst() {
                table(GrowthPolicy::Burst);
            }

            #[test]
            #[ignore = "takes minutes"]
            fn paced() {
                table(GrowthPolicy::Paced);
            }

            #[test]
            #[ignore = "takes minutes"]
            fn nested() {
                let mut map: NestedMap<(u64, u64), u64> = NestedMap::new();
                super::$run(&mut map, Log::new(concat!(stringify!($run), ", nested")));
                #[cfg(tophash_check)]
                map.check_invariants();
            }
        }
    };
}

/// What the clock shows when nothing is timed: the other runs' worst times are no better known than that.
#[test]
#[ignore = "takes a minute"]
fn nothing() {
    let mut log = Log::new("nothing");
    for interval in 1..=10 {
        const EACH: u64 = 10_000_000;
        (0..EACH).for_each(|id| {
            log.times.time(|| {
                std::hint::black_box(mix(id));
            })
        });
        log.line(interval * EACH, Seen::default());
    }
}

for_each_map!(churn_at_constant_size);
for_each_map!(fill_and_drain);
for_each_map!(days_of_a_cache);

/// The oldest of 100,000 entries goes and a new one comes, a hundred million times.
fn churn_at_constant_size(map: &mut dyn Long, mut log: Log) {
    const SIZE: u64 = 100_000;
    const PAIRS: u64 = 100_000_000;
    (0..SIZE).for_each(|id| map.put(mix(id)));
    for id in 0..PAIRS {
        log.times.time(|| {
            assert!(map.take(mix(id)));
            map.put(mix(id + SIZE));
        });
        if (id + 1) % (PAIRS / 10) == 0 {
            let len = SIZE as usize;
            log.line(
                id + 1,
                Seen {
                    len,
                    bytes: map.bytes(),
                    chain: map.chain(),
                },
            );
        }
    }
}

/// Ten thousand times from nothing to 5,000 entries and back, in another order each time.
fn fill_and_drain(map: &mut dyn Long, mut log: Log) {
    const SIZE: u64 = 5_000;
    const CYCLES: u64 = 10_000;
    let mut emptied = 0;
    for cycle in 0..CYCLES {
        let first = cycle * SIZE;
        (first..first + SIZE).for_each(|id| log.times.time(|| map.put(mix(id))));
        let full = Seen {
            len: SIZE as usize,
            bytes: map.bytes(),
            chain: map.chain(),
        };
        // From the oldest or from the youngest on.
        let order = |n| first + if cycle % 2 == 0 { n } else { SIZE - 1 - n };
        (0..SIZE).for_each(|n| log.times.time(|| assert!(map.take(mix(order(n))))));
        if cycle < 10 {
            emptied = emptied.max(map.bytes());
        }
        assert!(
            map.bytes() <= emptied,
            "{} bytes when empty, {emptied} at first",
            map.bytes()
        );
        if (cycle + 1) % (CYCLES / 10) == 0 {
            log.line((cycle + 1) * 2 * SIZE, full);
        }
    }
    println!("empty again: {emptied} bytes at most");
}

/// Three days of a cache, second by second: requests after Zipf, whose popular keys change with the hour, more of them
/// by day than by night, and entries that live for an hour. The third day is like the second.
fn days_of_a_cache(map: &mut dyn Long, mut log: Log) {
    const DAY: u64 = 86_400;
    const LIFE: u64 = 3_600;
    const KEYS: f64 = 2e6;
    let mut random = Random(5);
    let mut queue = VecDeque::new();
    let (mut operations, mut hits) = (0_u64, 0_u64);
    let mut day_before = [Seen::default(); 24];
    for second in 0..3 * DAY {
        let hour = second % DAY / 3600;
        // 20 a second at night, 116 at noon.
        let requests = 20 + 8 * hour.min(24 - hour);
        while queue.front().is_some_and(|&(due, _)| due <= second) {
            let (_, key) = queue.pop_front().expect("an entry");
            log.times.time(|| assert!(map.take(key)));
            operations += 1;
        }
        for _ in 0..requests {
            // By rank, with the logarithm of the rank uniform; what is popular moves on all the time.
            let rank = KEYS.powf(random.next() as f64 / u64::MAX as f64) as u64;
            let key = mix(rank.wrapping_add(second / 60 * 400));
            operations += 1;
            let mut found = false;
            log.times.time(|| found = map.has(key));
            if found {
                hits += 1;
            } else {
                log.times.time(|| map.put(key));
                queue.push_back((second + LIFE, key));
            }
        }
        if second % 3600 == 1800 {
            let now = Seen {
                len: queue.len(),
                bytes: map.bytes(),
                chain: map.chain(),
            };
            let before = std::mem::replace(&mut day_before[hour as usize], now);
            if second >= 2 * DAY {
                let flat = now.bytes <= before.bytes * 5 / 4 && now.chain <= 2 * before.chain + 4;
                assert!(flat, "hour {hour}: {now:?}, {before:?} the day before");
            }
            if hour % 6 == 0 {
                log.print(operations, now);
            }
        }
    }
    println!("{:.0} % hits", 100.0 * hits as f64 / operations as f64);
}
