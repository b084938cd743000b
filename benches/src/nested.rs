//! Maps with keys of three parts: `NestedMap` against maps in maps.

pub mod keys;
pub mod peers;
pub mod readings;

use std::rc::Rc;

use crate::pairs::{Lap, Plan, Subject, Turn, Versus, interleave};
use crate::sys::{FreedMemory, begin_build, set_freed_memory};
use keys::Keys;
use peers::{Flat, InHashbrown, InStd, Nest, Ours, Value};

/// Look-ups per unit of work at most; larger maps are read a window at a time.
const WINDOW: usize = 1 << 17;

/// A task of the comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Task {
    /// From empty, in the order of the keys; freed memory goes back to the system between rounds.
    Build,
    /// The same; the C allocator keeps freed memory.
    BuildRecycled,
    /// From empty, in random order; else as `Build`.
    BuildMixed,
    /// Look present keys up in random order.
    Present,
    /// Look absent keys up: a third of them lacks each part.
    Absent,
    /// Sum all entries, in a `for` loop.
    Iterate,
    /// Sum all entries, by `for_each`.
    Fold,
    /// Drop the map.
    Drop,
    /// Remove a tenth of the first parts with all that is below.
    RemovePrefix,
}

impl Task {
    /// All tasks, in the order of the tables.
    pub const ALL: [Self; 9] = [
        Self::Build,
        Self::BuildRecycled,
        Self::BuildMixed,
        Self::Present,
        Self::Absent,
        Self::Iterate,
        Self::Fold,
        Self::Drop,
        Self::RemovePrefix,
    ];

    /// As it is named on the command line and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::BuildRecycled => "build-recycled",
            Self::BuildMixed => "build-mixed",
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Iterate => "iterate",
            Self::Fold => "fold",
            Self::Drop => "drop",
            Self::RemovePrefix => "remove-prefix",
        }
    }

    /// The ratio to maps in maps of hashbrown that `NestedMap` was built to reach; `narrow` is for maps whose
    /// innermost maps have two entries at most.
    pub fn target(self, narrow: bool) -> f64 {
        match self {
            Self::Build | Self::BuildRecycled | Self::BuildMixed if narrow => 0.5,
            Self::Build | Self::BuildRecycled | Self::BuildMixed => 0.8,
            Self::Present if narrow => 0.6,
            Self::Present | Self::Absent => 0.85,
            Self::Iterate | Self::Fold => 0.7,
            Self::Drop => 0.05,
            Self::RemovePrefix => 0.5,
        }
    }

    /// Whether each repetition needs a map that is built outside of the clock, so that a turn had better be one.
    pub fn has_fresh_maps(self) -> bool {
        matches!(self, Self::Drop | Self::RemovePrefix)
    }

    /// Sets how the C allocator treats the memory of this task.
    pub fn prepare_memory(self) {
        set_freed_memory(match self {
            Self::Build | Self::BuildMixed => FreedMemory::Fresh,
            _ => FreedMemory::Recycled,
        });
    }
}

/// Names of the peers that are compared to maps in maps of hashbrown.
pub const PEERS: [&str; 3] = ["nested", "std", "flat"];

/// The keys of one map, shared by all subjects.
pub struct Input<V> {
    /// In the order in which they are inserted; the log has keys several times.
    pub order: Rc<Keys<V>>,
    /// Each once, in random order.
    pub present: Rc<Keys<V>>,
    absent: Rc<Keys<V>>,
    prefixes: Rc<[String]>,
}

impl<V: Value> Input<V> {
    /// Makes all that the tasks need.
    pub fn new(order: Keys<V>) -> Self {
        let present = order.shuffled();
        Self {
            absent: present.absent().into(),
            prefixes: order.tenth_of_prefixes().into(),
            present: present.into(),
            order: order.into(),
        }
    }

    /// Number of entries of the map.
    pub fn leaves(&self) -> usize {
        self.present.len()
    }

    /// Compares the peers to maps in maps of hashbrown; the first row is the null test. Peers that cannot do the
    /// task are left out.
    pub fn compare(&self, task: Task, plan: Plan, peers: &[&'static str]) -> Vec<Versus> {
        task.prepare_memory();
        let base = |name| Subject {
            name,
            turn: self.turn::<InHashbrown<V>>(task),
        };
        let mut subjects = vec![base("hashbrown"), base("null")];
        for &name in peers {
            let turn = match name {
                "nested" => self.turn::<Ours<V>>(task),
                "std" => self.turn::<InStd<V>>(task),
                "flat" if task != Task::RemovePrefix => self.turn::<Flat<V>>(task),
                _ => continue,
            };
            subjects.push(Subject { name, turn });
        }
        interleave(plan, &mut subjects)
    }

    /// The turn of peer `P` at `task`.
    pub fn turn<P: Nest<V>>(&self, task: Task) -> Turn {
        match task {
            Task::Build | Task::BuildRecycled => self.build::<P>(&self.order),
            Task::BuildMixed => self.build::<P>(&self.present),
            Task::Present => self.look_up::<P>(&self.present, true),
            Task::Absent => self.look_up::<P>(&self.absent, false),
            Task::Iterate => self.iterate::<P>(sum_loop::<V, P>),
            Task::Fold => self.iterate::<P>(fold_loop::<V, P>),
            Task::Drop => self.drop::<P>(),
            Task::RemovePrefix => self.remove_prefix::<P>(),
        }
    }

    fn build<P: Nest<V>>(&self, keys: &Rc<Keys<V>>) -> Turn {
        let (keys, leaves) = (keys.clone(), self.leaves());
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                begin_build();
                let map = lap.time(keys.len(), || build_loop::<V, P>(&keys));
                assert_eq!(map.sum().1, leaves, "a build lost entries");
            }
            lap
        })
    }

    fn look_up<P: Nest<V>>(&self, keys: &Rc<Keys<V>>, expect: bool) -> Turn {
        let (map, keys) = (build_loop::<V, P>(&self.order), keys.clone());
        let window = keys.len() / keys.len().div_ceil(WINDOW).max(1);
        let mut start = 0;
        Box::new(move |reps| {
            let mut lap = Lap::default();
            let found = lap.time(window * reps as usize, || {
                let mut found = 0;
                for _ in 0..reps {
                    found += get_loop(&map, &keys, start, start + window);
                    start += window;
                    if start + window > keys.len() {
                        start = 0;
                    }
                }
                found
            });
            let expected = if expect { window * reps as usize } else { 0 };
            assert_eq!(found, expected, "look-ups went wrong");
            lap
        })
    }

    fn iterate<P: Nest<V>>(&self, work: fn(&P) -> (u64, usize)) -> Turn {
        let (map, leaves) = (build_loop::<V, P>(&self.order), self.leaves());
        let expected = map.sum().0;
        Box::new(move |reps| {
            let mut lap = Lap::default();
            lap.time(leaves * reps as usize, || {
                for _ in 0..reps {
                    assert_eq!(work(&map), (expected, leaves), "an entry was missed");
                }
            });
            lap
        })
    }

    fn drop<P: Nest<V>>(&self) -> Turn {
        let (keys, leaves) = (self.order.clone(), self.leaves());
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                let map = build_loop::<V, P>(&keys);
                lap.time(leaves, || drop(map));
            }
            lap
        })
    }

    fn remove_prefix<P: Nest<V>>(&self) -> Turn {
        let (keys, leaves) = (self.order.clone(), self.leaves());
        let prefixes = self.prefixes.clone();
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                let mut map = build_loop::<V, P>(&keys);
                lap.time(leaves / 10, || remove_loop::<V, P>(&mut map, &prefixes));
                assert!(map.sum().1 < leaves, "nothing was removed");
            }
            lap
        })
    }
}

// The loops stand in functions of their own, so that each is aligned and compiled without regard to its caller.

/// Builds a map from empty.
#[inline(never)]
pub fn build_loop<V: Value, P: Nest<V>>(keys: &Keys<V>) -> P {
    let mut map = P::default();
    for (key, value) in keys.iter() {
        map.count(key, value);
    }
    map
}

/// Looks keys up, reads what is found, and counts it.
#[inline(never)]
pub fn get_loop<V: Value, P: Nest<V>>(map: &P, keys: &Keys<V>, from: usize, to: usize) -> usize {
    let (mut found, mut sum) = (0, 0_u64);
    for (key, _) in keys.range(from, to) {
        if let Some(value) = map.get(key) {
            found += 1;
            sum = sum.wrapping_add(value.digest());
        }
    }
    std::hint::black_box(sum);
    found
}

/// Sums all entries.
#[inline(never)]
pub fn sum_loop<V, P: Nest<V>>(map: &P) -> (u64, usize) {
    map.sum()
}

#[inline(never)]
fn fold_loop<V, P: Nest<V>>(map: &P) -> (u64, usize) {
    map.fold()
}

/// Removes all that begins with one of these.
#[inline(never)]
pub fn remove_loop<V, P: Nest<V>>(map: &mut P, prefixes: &[String]) {
    for prefix in prefixes {
        map.remove_prefix(prefix);
    }
}
