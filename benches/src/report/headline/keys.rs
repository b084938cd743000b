//! Maps in maps against one map with keys of several parts.

use std::rc::Rc;

use tophash::NestedMap;

use super::row;
use crate::keys::{scramble, shuffle};
use crate::nested::peers::Seeded;
use crate::pairs::{Lap, Turn};
use crate::report::Page;
use crate::report::markdown::{Row, Time, ratios};
use crate::sys::begin_build;

type Multi<K> = hashbrown::HashMap<K, u64, Seeded>;
type MultiTophash<K> = tophash::HashMap<K, u64, Seeded>;
type Nested2 = hashbrown::HashMap<u32, hashbrown::HashMap<u32, u64, Seeded>, Seeded>;
type Nested3 = hashbrown::HashMap<u32, Nested2, Seeded>;

const MULTI: &str = "multi-key hashbrown";
const TOPHASH: &str = "multi-key tophash";
const NESTED: &str = "nested hashbrown";
const OURS: &str = "NestedMap";
const NAMES: [&str; 4] = [MULTI, TOPHASH, NESTED, OURS];

/// A map with keys of several parts.
trait Parts<K>: Default + 'static {
    fn add(&mut self, key: K, value: u64);
    fn value(&self, key: K) -> Option<u64>;
    /// The sum of all values below a first part.
    fn sum(&self, first: u32) -> u64;
}

/// A key whose first part is asked for.
trait First: Copy + Eq + std::hash::Hash + 'static {
    fn first(&self) -> u32;
}

impl First for (u32, u32) {
    fn first(&self) -> u32 {
        self.0
    }
}

impl First for (u32, u32, u32) {
    fn first(&self) -> u32 {
        self.0
    }
}

/// One map: a sum has to look at every entry.
macro_rules! multi {
    ($map:ident) => {
        impl<K: First> Parts<K> for $map<K> {
            fn add(&mut self, key: K, value: u64) {
                self.insert(key, value);
            }
            fn value(&self, key: K) -> Option<u64> {
                self.get(&key).copied()
            }
            fn sum(&self, first: u32) -> u64 {
                let below = self.iter().filter(|(key, _)| key.first() == first);
                below.map(|(_, value)| value).sum()
            }
        }
    };
}

multi!(Multi);
multi!(MultiTophash);

/// Keys of these parts in `NestedMap`.
macro_rules! ours {
    ($key:ty) => {
        impl Parts<$key> for NestedMap<$key, u64, Seeded> {
            fn add(&mut self, key: $key, value: u64) {
                self.insert(key, value);
            }
            fn value(&self, key: $key) -> Option<u64> {
                self.get(key).copied()
            }
            fn sum(&self, first: u32) -> u64 {
                self.prefix((first,)).values().sum()
            }
        }
    };
}

ours!((u32, u32));
ours!((u32, u32, u32));

impl Parts<(u32, u32)> for Nested2 {
    fn add(&mut self, (a, b): (u32, u32), value: u64) {
        self.entry(a).or_default().insert(b, value);
    }
    fn value(&self, (a, b): (u32, u32)) -> Option<u64> {
        self.get(&a)?.get(&b).copied()
    }
    fn sum(&self, first: u32) -> u64 {
        self.get(&first)
            .into_iter()
            .flat_map(|inner| inner.values())
            .sum()
    }
}

impl Parts<(u32, u32, u32)> for Nested3 {
    fn add(&mut self, (a, b, c): (u32, u32, u32), value: u64) {
        self.entry(a).or_default().add((b, c), value);
    }
    fn value(&self, (a, b, c): (u32, u32, u32)) -> Option<u64> {
        self.get(&a)?.value((b, c))
    }
    fn sum(&self, first: u32) -> u64 {
        let middle = self
            .get(&first)
            .into_iter()
            .flat_map(|middle| middle.values());
        middle.flat_map(|inner| inner.values()).sum()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Task {
    Build,
    Get,
    Sum,
}

/// A turn of a map at a task, with keys in order.
fn turn<K: First, M: Parts<K>>(task: Task, keys: &Rc<[K]>) -> Turn {
    let (keys, firsts) = (
        keys.clone(),
        keys.iter().map(First::first).max().unwrap_or(0) + 1,
    );
    let mut order: Vec<u32> = (0..keys.len() as u32).collect();
    shuffle(&mut order, 7);
    let build = move |keys: &[K]| {
        let mut map = M::default();
        for (&key, value) in keys.iter().zip(0..) {
            map.add(key, value);
        }
        map
    };
    let map = build(&keys);
    let mut state = 0;
    Box::new(move |reps| {
        let mut lap = Lap::default();
        match task {
            Task::Build => {
                for _ in 0..reps {
                    begin_build();
                    drop(lap.time(keys.len(), || build(&keys)));
                }
            }
            Task::Get => lap.time(keys.len() * reps as usize, || {
                for _ in 0..reps {
                    for &number in &order {
                        let value = map.value(keys[number as usize]);
                        assert_eq!(value, Some(u64::from(number)));
                    }
                }
            }),
            Task::Sum => lap.time(reps as usize, || {
                let mut sum = 0_u64;
                for _ in 0..reps {
                    state += 1;
                    sum += map.sum((scramble(state) % u64::from(firsts)) as u32);
                }
                assert!(sum > 0, "a subtree is empty");
                std::hint::black_box(sum);
            }),
        }
        lap
    })
}

/// Rows of one set of keys.
fn rows<K: First + Shape>(page: &Page, shape: &str, keys: Vec<K>, all: &mut Vec<Row>) {
    let keys: Rc<[K]> = keys.into();
    let tasks = [
        (Task::Build, "build"),
        (Task::Get, "get"),
        (Task::Sum, "sum below a first part"),
    ];
    for (task, name) in page.each(tasks.to_vec(), |task| format!("{shape}, {}", task.1)) {
        let plan = page.scale.plan(keys.len());
        all.push(row(
            format!("{shape}, {name}"),
            plan,
            &NAMES,
            |which| match which {
                MULTI => turn::<K, Multi<K>>(task, &keys),
                TOPHASH => turn::<K, MultiTophash<K>>(task, &keys),
                NESTED => turn::<K, K::Nested>(task, &keys),
                _ => turn::<K, K::Ours>(task, &keys),
            },
        ));
    }
}

/// The maps in maps of a key.
trait Shape: Sized {
    type Nested: Parts<Self>;
    type Ours: Parts<Self>;
}

impl Shape for (u32, u32) {
    type Nested = Nested2;
    type Ours = NestedMap<Self, u64, Seeded>;
}

impl Shape for (u32, u32, u32) {
    type Nested = Nested3;
    type Ours = NestedMap<Self, u64, Seeded>;
}

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    let [a, b, c] = page.scale.pick([100, 100, 10], [100, 100, 10], [5, 5, 5]);
    let [d, e] = page.scale.pick([10_000, 10], [10_000, 10], [20, 5]);
    let three = (0..a).flat_map(|x| (0..b).flat_map(move |y| (0..c).map(move |z| (x, y, z))));
    let two = (0..d).flat_map(|x| (0..e).map(move |y| (x, y)));
    let mut all = Vec::new();
    rows(page, &format!("{a} x {b} x {c}"), three.collect(), &mut all);
    rows(page, &format!("{d} x {e}"), two.collect(), &mut all);
    page.add(
        "### Maps in maps against one map with keys of several parts\n\n`u32` parts, `u64` values; `build` and `get` are \
         per entry, a sum is one operation, and one map has to look at every entry for it.",
    );
    page.add(ratios("shape", MULTI, Time::Cpu, &all));
    Ok(())
}
