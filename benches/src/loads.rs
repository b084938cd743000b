//! What threads do to a map that they share: mixes of operations, growth from empty, hot counters.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use crate::keys::scramble;
use crate::pairs::{Lap, NULL, Plan, Subject, Turn, Versus, interleave};
use crate::shared::Shared;
use crate::sys::{begin_build, pin, thread_cpu_ns};
use crate::with_shared;

/// A load, named as on the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    /// 98 % get, 1 % insert, 1 % remove.
    Read,
    /// 50 % get, 20 % insert, 20 % remove, 10 % update.
    Mixed,
    /// 10 % get, 40 % insert, 40 % remove, 10 % update.
    Exchange,
    /// 5 % get, 80 % insert of a new key, 5 % remove, 10 % update, from an empty map to the size.
    Grow,
    /// Counters of a Zipf distribution (exponent 0.99) over as many keys as the size.
    Count,
}

/// Operations of one thread in one unit of a turn.
const UNIT: usize = 4096;

impl Load {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Mixed,
        Self::Exchange,
        Self::Grow,
        Self::Count,
    ];

    /// The name on the command line and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Mixed => "mixed",
            Self::Exchange => "exchange",
            Self::Grow => "grow",
            Self::Count => "count",
        }
    }

    /// Of 100 operations, how many are gets, inserts and removals; the rest are updates.
    fn shares(self) -> (u64, u64, u64) {
        match self {
            Self::Read => (98, 1, 1),
            Self::Mixed => (50, 20, 20),
            Self::Exchange => (10, 40, 40),
            Self::Grow => (5, 80, 5),
            Self::Count => (0, 0, 0),
        }
    }

    /// A turn of this load by `threads` threads on a map of its own of `size` entries.
    pub fn turn<M: Shared>(self, size: usize, threads: usize) -> Turn {
        match self {
            Self::Grow => Box::new(move |reps| {
                let mut lap = Lap::default();
                for _ in 0..reps {
                    begin_build();
                    let map = M::new();
                    together(&mut lap, &mut vec![(); threads], |id, ()| {
                        grow(&map, size / threads, id as u64)
                    });
                    assert!(
                        map.len() >= size / threads * threads / 2,
                        "entries are lost"
                    );
                }
                lap
            }),
            Self::Count => {
                let map = M::new();
                let ranks = zipf(size);
                let mut states: Vec<u64> = (0..threads as u64).map(|id| id << 40).collect();
                let mut total = 0;
                let mut counters = ranks.clone();
                counters.sort();
                counters.dedup();
                Box::new(move |reps| {
                    let mut lap = Lap::default();
                    together(&mut lap, &mut states, |_, state| {
                        for _ in 0..reps as usize * UNIT {
                            *state += 1;
                            map.count(ranks[scramble(*state) as usize % ranks.len()]);
                        }
                        reps as usize * UNIT
                    });
                    total += lap.ops;
                    let counted = counters.iter().filter_map(|key| map.get(*key));
                    assert_eq!(counted.sum::<u64>(), total, "counts are lost");
                    lap
                })
            }
            _ => {
                let map = M::new();
                // Half of the keys are there: inserting as many as are removed leaves it so.
                for i in 0..size as u64 {
                    map.insert(scramble(2 * i), i);
                }
                let mut states: Vec<u64> = (0..threads as u64).map(|id| id << 40).collect();
                Box::new(move |reps| {
                    let mut lap = Lap::default();
                    together(&mut lap, &mut states, |_, state| {
                        self.mix(&map, size, reps as usize * UNIT, state)
                    });
                    assert!(map.len() <= 2 * size, "entries out of nowhere");
                    lap
                })
            }
        }
    }

    /// Measures a map and `base` in turns; the first of the two is `base` against itself.
    ///
    /// One pair at a time: what one map leaves behind in the common heap, another would pay for.
    pub fn pair(
        self,
        size: usize,
        threads: usize,
        plan: Plan,
        base: &'static str,
        peer: &'static str,
    ) -> [Versus; 2] {
        let subject = |name, map: &'static str| Subject {
            name,
            turn: with_shared!(map, M => self.turn::<M>(size, threads)),
        };
        let mut subjects = [
            subject(base, base),
            subject(NULL, base),
            subject(peer, peer),
        ];
        let rows = interleave(plan, &mut subjects);
        [rows[0], rows[1]]
    }

    /// Measures maps against `base`, pair by pair; the first row is `base` against itself, in the first pair.
    pub fn measure(
        self,
        size: usize,
        threads: usize,
        plan: Plan,
        base: &'static str,
        peers: &[&'static str],
    ) -> Vec<Versus> {
        let mut rows = Vec::new();
        for peer in peers {
            let [null, row] = self.pair(size, threads, plan, base, peer);
            if rows.is_empty() {
                rows.push(null);
            }
            rows.push(row);
        }
        rows
    }

    /// Operations on uniformly random keys, of which half are there.
    fn mix<M: Shared>(self, map: &M, size: usize, ops: usize, state: &mut u64) -> usize {
        let (get, insert, remove) = self.shares();
        let mut found = 0;
        for _ in 0..ops {
            *state += 1;
            let random = scramble(!*state);
            let index = (u128::from(random) * (2 * size as u128)) >> 64;
            let key = scramble(index as u64);
            // Other bits than those that chose the key.
            let dice = ((random & 0xFFFF_FFFF) * 100) >> 32;
            found += usize::from(if dice < get {
                map.get(key).is_some()
            } else if dice < get + insert {
                map.insert(key, random)
            } else if dice < get + insert + remove {
                map.remove(key)
            } else {
                map.update(key)
            });
        }
        black_box(found);
        ops
    }
}

/// One thread's part of growing: inserts until it has made `inserts` keys of its own, and now and then reads,
/// changes or removes one of them. Returns the number of operations.
fn grow<M: Shared>(map: &M, inserts: usize, id: u64) -> usize {
    let (get, insert, remove) = Load::Grow.shares();
    let key = |i: u64| scramble(id << 40 | i);
    let (mut made, mut ops, mut found) = (0, 0, 0);
    while made < inserts as u64 {
        ops += 1;
        let random = scramble(!(id << 40 | ops as u64));
        let dice = ((random & 0xFFFF_FFFF) * 100) >> 32;
        let old = ((u128::from(random) * u128::from(made)) >> 64) as u64;
        found += usize::from(if dice < get {
            map.get(key(old)).is_some()
        } else if dice < get + insert {
            made += 1;
            map.insert(key(made - 1), random)
        } else if dice < get + insert + remove {
            map.remove(key(old))
        } else {
            map.update(key(old))
        });
    }
    black_box(found);
    ops
}

/// Runs `work` in one thread per state, all started at once, each on a processor of its own as far as there are. Adds
/// the time from the first start to the last end on the wall, the CPU time of all threads, and the operations that they
/// return.
fn together<T: Send>(
    lap: &mut Lap,
    states: &mut [T],
    work: impl Fn(usize, &mut T) -> usize + Sync,
) {
    let start = Barrier::new(states.len());
    let runs: Vec<(Instant, Instant, u64, usize)> = thread::scope(|scope| {
        let threads: Vec<_> = states
            .iter_mut()
            .enumerate()
            .map(|(id, state)| {
                let (work, start) = (&work, &start);
                scope.spawn(move || {
                    pin(id);
                    start.wait();
                    let (begin, cpu) = (Instant::now(), thread_cpu_ns());
                    let ops = work(id, state);
                    (begin, Instant::now(), thread_cpu_ns() - cpu, ops)
                })
            })
            .collect();
        let join = |thread: thread::ScopedJoinHandle<_>| thread.join().expect("no panic");
        threads.into_iter().map(join).collect()
    });
    let first = runs.iter().map(|run| run.0).min().expect("a thread");
    let last = runs.iter().map(|run| run.1).max().expect("a thread");
    lap.wall_ns += (last - first).as_nanos() as u64;
    lap.cpu_ns += runs.iter().map(|run| run.2).sum::<u64>();
    lap.ops += runs.iter().map(|run| run.3 as u64).sum::<u64>();
}

/// Keys in proportion to `1 / rank^0.99`, 65,536 of them to draw from.
fn zipf(keys: usize) -> Vec<u64> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=keys)
        .map(|rank| {
            sum += (rank as f64).powf(-0.99);
            sum
        })
        .collect();
    (0..1 << 16)
        .map(|i| {
            let at = (i as f64 + 0.5) / 65_536.0 * sum;
            scramble(sums.partition_point(|&sum| sum < at) as u64)
        })
        .collect()
}

/// What single inserts took while threads grew a map.
pub struct Worst {
    /// The longest, in nanoseconds.
    pub max: u64,
    /// The number of inserts that took longer than 100 microseconds.
    pub slow: usize,
}

/// Times `step` for each of `size` numbers, shared out among `threads` threads, with `clock` read after every one.
/// Each thread has a state of its own, made by `state` from the number of its steps.
fn worst_step<T>(
    size: usize,
    threads: usize,
    clock: impl Fn() -> u64 + Sync,
    state: impl Fn(usize) -> T + Sync,
    step: impl Fn(&mut T, u64) + Sync,
) -> Worst {
    let mut states = vec![(0, 0); threads];
    together(&mut Lap::default(), &mut states, |id, (max, slow)| {
        let mut state = state(size / threads);
        let mut last = clock();
        for i in 0..(size / threads) as u64 {
            step(&mut state, (id as u64) << 40 | i);
            let now = clock();
            let taken = now - last;
            *max = taken.max(*max);
            *slow += usize::from(taken > 100_000);
            last = now;
        }
        size / threads
    });
    Worst {
        max: states.iter().map(|state| state.0).max().unwrap_or(0),
        slow: states.iter().map(|state| state.1).sum(),
    }
}

/// Grows a map from empty to `size` entries by `threads` threads.
pub fn worst_insert<M: Shared>(
    size: usize,
    threads: usize,
    clock: impl Fn() -> u64 + Sync,
) -> Worst {
    let map = M::new();
    let insert = |(): &mut (), i| {
        map.insert(scramble(i), i);
    };
    let worst = worst_step(size, threads, clock, |_| (), insert);
    assert_eq!(map.len(), size / threads * threads, "entries are lost");
    worst
}

/// What the machine adds: as many writes to fresh memory, 16 bytes each, and no map.
pub fn worst_write(size: usize, threads: usize, clock: impl Fn() -> u64 + Sync) -> Worst {
    let write = |fresh: &mut Vec<[u64; 2]>, i| fresh.push([scramble(i), i]);
    worst_step(size, threads, clock, Vec::with_capacity, write)
}
