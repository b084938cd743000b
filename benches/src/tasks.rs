//! The tasks that are timed, each written once for every peer.

use std::hash::Hash;
use std::rc::Rc;

use crate::keys::{distinct, shuffled, string};
use crate::pairs::{Lap, NULL, Plan, Subject, Turn, Versus, interleave};
use crate::peers::{Hashbrown, Map, Peer};
use crate::sys::{FreedMemory, begin_build, set_freed_memory};
use crate::with_peer;

/// Keys per batched lookup.
pub const BATCH: usize = 32;

/// Lookups per unit of work at most: larger tables are read a window at a time, and every window is read in turn.
const WINDOW: usize = 1 << 20;

/// The length of the equal windows that a sequence is cut into.
fn window(len: usize) -> usize {
    len / len.div_ceil(WINDOW).max(1)
}

/// A task of the comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Task {
    /// Insert all keys into an empty map; freed memory goes back to the system between rounds.
    BuildFresh,
    /// The same; the C allocator keeps freed memory.
    BuildRecycled,
    /// Look present keys up in random order.
    Hit,
    /// Look absent keys up.
    Miss,
    /// Remove the oldest entry and insert a new one.
    Churn,
    /// Remove all entries in random order.
    Remove,
    /// Sum all keys and values.
    Iterate,
    /// Build with keys that are strings of 16 characters.
    StringBuild,
    /// Look such strings up in random order.
    StringHit,
    /// Look present keys up, 32 at a time, against single lookups in the baseline.
    Batch,
    /// Insert in the iteration order of a map with the same hasher, against shuffled order in the same peer.
    Order,
}

impl Task {
    /// All tasks, in the order of the tables.
    pub const ALL: [Self; 11] = [
        Self::BuildFresh,
        Self::BuildRecycled,
        Self::Hit,
        Self::Miss,
        Self::Churn,
        Self::Remove,
        Self::Iterate,
        Self::StringBuild,
        Self::StringHit,
        Self::Batch,
        Self::Order,
    ];

    /// As it is named on the command line and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::BuildFresh => "build-fresh",
            Self::BuildRecycled => "build-recycled",
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Churn => "churn",
            Self::Remove => "remove",
            Self::Iterate => "iterate",
            Self::StringBuild => "string-build",
            Self::StringHit => "string-hit",
            Self::Batch => "batch",
            Self::Order => "order",
        }
    }

    /// Whether it looks keys up in a table at rest, so that it is averaged over several loads.
    pub fn is_lookup(self) -> bool {
        matches!(self, Self::Hit | Self::Miss | Self::StringHit | Self::Batch)
    }

    /// Operations per repetition at `size` entries.
    pub fn unit(self, size: usize) -> usize {
        if self.is_lookup() { window(size) } else { size }
    }

    /// Measures the task at a size, in turns with hashbrown: the null test first, then a peer each.
    pub fn measure(self, size: usize, plan: Plan, peers: &[&'static str]) -> Vec<Versus> {
        self.prepare_memory();
        let input = Input::new(self, size);
        if self == Self::Order {
            return measure_order(plan, &input, peers);
        }
        let base = |name| Subject {
            name,
            turn: input.base_turn::<Hashbrown>(self),
        };
        let mut subjects = vec![base(Hashbrown::NAME), base(NULL)];
        for &name in peers {
            let turn = with_peer!(name, P => input.turn::<P>(self));
            subjects.push(Subject { name, turn });
        }
        interleave(plan, &mut subjects)
    }

    /// Sets how the C allocator treats the memory of this task.
    pub fn prepare_memory(self) {
        set_freed_memory(match self {
            Self::BuildRecycled | Self::StringBuild | Self::Order => FreedMemory::Recycled,
            _ => FreedMemory::Fresh,
        });
    }
}

/// Every peer is its own baseline here; hashbrown comes along for scale, and its null test stands for all.
fn measure_order(plan: Plan, input: &Input, peers: &[&'static str]) -> Vec<Versus> {
    let mut rows = Vec::new();
    for &peer in [Hashbrown::NAME].iter().chain(peers) {
        let subject = |name, turn| Subject { name, turn };
        let mut subjects = with_peer!(peer, P => [
            subject("base", input.base_turn::<P>(Task::Order)),
            subject(NULL, input.base_turn::<P>(Task::Order)),
            subject(peer, input.turn::<P>(Task::Order)),
        ]);
        let measured = interleave(plan, &mut subjects);
        rows.extend(&measured[usize::from(!rows.is_empty())..]);
    }
    rows
}

/// The keys of one task and size, shared by all subjects.
pub struct Input {
    present: Rc<[u64]>,
    /// What is looked up, removed or inserted, in order of use.
    sequence: Rc<[u64]>,
    strings: Rc<[String]>,
    string_sequence: Rc<[String]>,
}

impl Input {
    /// Makes what `task` needs at `size`.
    pub fn new(task: Task, size: usize) -> Self {
        let present = distinct(size, 0);
        let sequence = match task {
            Task::Miss => distinct(size, 1),
            Task::Churn => distinct(3 * size, 0),
            _ => shuffled(&present, 7),
        };
        let (strings, string_sequence) = match task {
            Task::StringBuild | Task::StringHit => {
                let strings: Vec<String> = present.iter().map(|&key| string(key)).collect();
                let sequence = shuffled(&strings, 7);
                (strings, sequence)
            }
            _ => Default::default(),
        };
        Self {
            present: present.into(),
            sequence: sequence.into(),
            strings: strings.into(),
            string_sequence: string_sequence.into(),
        }
    }

    /// The turn of peer `P` at `task`.
    pub fn turn<P: Peer>(&self, task: Task) -> Turn {
        match task {
            Task::BuildFresh | Task::BuildRecycled => build_from::<P>(self.sequence.clone()),
            Task::Hit => lookup::<P, _>(&self.present, &self.sequence, true),
            Task::Miss => lookup::<P, _>(&self.present, &self.sequence, false),
            Task::Churn => self.churn::<P>(),
            Task::Remove => self.remove::<P>(),
            Task::Iterate => self.iterate::<P>(),
            Task::StringBuild => self.string_build::<P>(),
            Task::StringHit => lookup::<P, _>(&self.strings, &self.string_sequence, true),
            Task::Batch => self.batch::<P>(),
            Task::Order => self.in_iteration_order::<P>(),
        }
    }

    /// The turn of the baseline `P` at `task`: `P` itself at the task, save where a task is its own yardstick.
    pub fn base_turn<P: Peer>(&self, task: Task) -> Turn {
        match task {
            Task::Batch => lookup::<P, _>(&self.present, &self.sequence, true),
            Task::Order => build_from::<P>(self.sequence.clone()),
            _ => self.turn::<P>(task),
        }
    }

    fn in_iteration_order<P: Peer>(&self) -> Turn {
        let source = filled::<P, _>(&self.present);
        let order: Vec<u64> = source.iter().map(|(&key, _)| key).collect();
        build_from::<P>(order.into())
    }

    fn churn<P: Peer>(&self) -> Turn {
        let (size, sequence) = (self.present.len(), self.sequence.clone());
        let mut map = filled::<P, _>(&sequence[..size]);
        let mut oldest = 0;
        Box::new(move |reps| {
            let mut lap = Lap::default();
            let ops = size * reps as usize;
            oldest = lap.time(ops, || churn_loop(&mut map, &sequence, oldest, ops));
            assert_eq!(map.len(), size, "churn changed the length");
            lap
        })
    }

    fn remove<P: Peer>(&self) -> Turn {
        let (present, sequence) = (self.present.clone(), self.sequence.clone());
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                let mut map = filled::<P, _>(&present);
                lap.time(sequence.len(), || remove_loop(&mut map, &sequence));
                assert!(map.is_empty(), "an entry stayed behind");
            }
            lap
        })
    }

    fn iterate<P: Peer>(&self) -> Turn {
        let map = filled::<P, _>(&self.present);
        let expected = (0u64..)
            .zip(&*self.present)
            .fold(0, |sum: u64, (value, key)| sum.wrapping_add(key ^ value));
        Box::new(move |reps| {
            let mut lap = Lap::default();
            lap.time(map.len() * reps as usize, || {
                for _ in 0..reps {
                    assert_eq!(sum_loop(&map), expected, "iteration missed an entry");
                }
            });
            lap
        })
    }

    fn string_build<P: Peer>(&self) -> Turn {
        let keys = self.string_sequence.clone();
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                let owned: Vec<String> = keys.to_vec();
                let map = lap.time(keys.len(), || string_build_loop::<P>(owned));
                assert_eq!(map.len(), keys.len());
            }
            lap
        })
    }

    fn batch<P: Peer>(&self) -> Turn {
        let (map, sequence) = (filled::<P, _>(&self.present), self.sequence.clone());
        windows(sequence, move |window| batch_loop(&map, window))
    }
}

/// Work on windows of a sequence, one a repetition, going round.
fn windows<T: 'static>(sequence: Rc<[T]>, mut work: impl FnMut(&[T]) + 'static) -> Turn {
    let window = window(sequence.len());
    let mut start = 0;
    Box::new(move |reps| {
        let mut lap = Lap::default();
        lap.time(window * reps as usize, || {
            for _ in 0..reps {
                work(&sequence[start..start + window]);
                start += window;
                if start + window > sequence.len() {
                    start = 0;
                }
            }
        });
        lap
    })
}

fn lookup<P: Peer, K: Key>(present: &[K], sequence: &Rc<[K]>, expect: bool) -> Turn {
    let map = filled::<P, K>(present);
    windows(sequence.clone(), move |window| {
        let found = lookup_loop(&map, window);
        assert_eq!(
            found,
            if expect { window.len() } else { 0 },
            "lookups went wrong"
        );
    })
}

fn build_from<P: Peer>(sequence: Rc<[u64]>) -> Turn {
    Box::new(move |reps| {
        let mut lap = Lap::default();
        for _ in 0..reps {
            begin_build();
            let map = lap.time(sequence.len(), || build_loop::<P>(&sequence));
            assert_eq!(map.len(), sequence.len(), "a build lost entries");
        }
        lap
    })
}

/// A key type of the comparison.
pub trait Key: Hash + Eq + Clone + 'static {}
impl Key for u64 {}
impl Key for String {}

/// A map of `keys`, grown from empty.
pub fn filled<P: Peer, K: Key>(keys: &[K]) -> P::Map<K, u64> {
    let mut map = P::new::<K, u64>();
    for (i, key) in keys.iter().enumerate() {
        map.insert(key.clone(), i as u64);
    }
    assert_eq!(map.len(), keys.len(), "a build lost entries");
    map
}

// The loops stand in functions of their own, so that each is aligned and compiled without regard to its caller.

/// Builds a map of `keys` from empty.
#[inline(never)]
pub fn build_loop<P: Peer>(keys: &[u64]) -> P::Map<u64, u64> {
    let mut map = P::new::<u64, u64>();
    for &key in keys {
        map.insert(key, key);
    }
    map
}

#[inline(never)]
fn string_build_loop<P: Peer>(keys: Vec<String>) -> P::Map<String, u64> {
    let mut map = P::new::<String, u64>();
    for (i, key) in keys.into_iter().enumerate() {
        map.insert(key, i as u64);
    }
    map
}

/// Looks `keys` up, reads what is found, and counts it.
#[inline(never)]
pub fn lookup_loop<K: Hash + Eq>(map: &impl Map<K, u64>, keys: &[K]) -> usize {
    let (mut found, mut sum) = (0, 0u64);
    for key in keys {
        if let Some(&value) = map.get(key) {
            found += 1;
            sum = sum.wrapping_add(value);
        }
    }
    std::hint::black_box(sum);
    found
}

#[inline(never)]
fn batch_loop(map: &impl Map<u64, u64>, keys: &[u64]) {
    let (mut found, mut sum) = (0, 0u64);
    let (batches, rest) = keys.split_at(keys.len() - keys.len() % BATCH);
    for batch in batches.chunks_exact(BATCH) {
        let batch: &[u64; BATCH] = batch.try_into().expect("a whole batch");
        for &value in map.get_many(batch.each_ref()).into_iter().flatten() {
            found += 1;
            sum = sum.wrapping_add(value);
        }
    }
    assert_eq!(found, batches.len(), "a batch missed keys");
    assert_eq!(lookup_loop(map, rest), rest.len());
    std::hint::black_box(sum);
}

/// Removes the oldest entry and inserts the next, `ops` times. The entries are `len` keys of the cyclic sequence
/// from `oldest` on; returns the new oldest.
#[inline(never)]
pub fn churn_loop(
    map: &mut impl Map<u64, u64>,
    sequence: &[u64],
    mut oldest: usize,
    ops: usize,
) -> usize {
    let mut next = (oldest + map.len()) % sequence.len();
    for _ in 0..ops {
        let gone = map.remove(&sequence[oldest]);
        debug_assert!(gone.is_some());
        map.insert(sequence[next], next as u64);
        oldest = if oldest + 1 == sequence.len() {
            0
        } else {
            oldest + 1
        };
        next = if next + 1 == sequence.len() {
            0
        } else {
            next + 1
        };
    }
    oldest
}

/// Removes `keys` one by one.
#[inline(never)]
pub fn remove_loop(map: &mut impl Map<u64, u64>, keys: &[u64]) {
    let mut sum = 0u64;
    for key in keys {
        sum = sum.wrapping_add(map.remove(key).unwrap_or(0));
    }
    std::hint::black_box(sum);
}

/// Sums all entries.
#[inline(never)]
pub fn sum_loop(map: &impl Map<u64, u64>) -> u64 {
    let mut sum = 0u64;
    for (key, value) in map.iter() {
        sum = sum.wrapping_add(key ^ value);
    }
    sum
}
