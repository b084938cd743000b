//! Lists of values, one for each key: in blocks of their own, inside of the table, or as the last part of a key.

use std::rc::Rc;

use smallvec::SmallVec;
use tophash::NestedMap;

use crate::keys::{scramble, shuffled};
use crate::nested::peers::Seeded;
use crate::pairs::{Lap, Turn};
use crate::readings::Before;
use crate::sys::begin_build;

/// A list that has up to four values where it stands, in the room of a `Vec`.
type Short = SmallVec<[u32; 4]>;
type InHashbrown<L> = hashbrown::HashMap<u32, L, Seeded>;
type InTophash<L> = tophash::HashMap<u32, L, Seeded>;
type AsParts = NestedMap<(u32, u32), (), Seeded>;

/// The ways, by name; the first is what the others are compared with.
pub const WAYS: [&str; 5] = [
    "Vec, hashbrown",
    "Vec, tophash",
    "SmallVec, hashbrown",
    "SmallVec, tophash",
    "NestedMap",
];

/// Lists that grow.
pub trait Lists: Default + 'static {
    /// Adds a value, which differs from all others of its list.
    fn push(&mut self, key: u32, value: u32);
    /// The sum of a list, 0 if there is none.
    fn sum(&self, key: u32) -> u64;
}

macro_rules! in_a_map {
    ($map:ident<$list:ty>) => {
        impl Lists for $map<$list> {
            #[inline]
            fn push(&mut self, key: u32, value: u32) {
                self.entry(key).or_default().push(value);
            }
            #[inline]
            fn sum(&self, key: u32) -> u64 {
                self.get(&key).map_or(0, |list| total(list))
            }
        }
    };
}

in_a_map!(InHashbrown<Vec<u32>>);
in_a_map!(InTophash<Vec<u32>>);
in_a_map!(InHashbrown<Short>);
in_a_map!(InTophash<Short>);

impl Lists for AsParts {
    #[inline]
    fn push(&mut self, key: u32, value: u32) {
        self.insert((key, value), ());
    }
    #[inline]
    fn sum(&self, key: u32) -> u64 {
        total(self.prefix((key,)).keys().map(|(value,)| value))
    }
}

fn total<'a>(list: impl IntoIterator<Item = &'a u32>) -> u64 {
    list.into_iter().map(|&value| u64::from(value)).sum()
}

/// Runs `$body` with `$L` for the type that one of the [`WAYS`] names.
macro_rules! with_lists {
    ($way:expr, $L:ident => $body:expr) => {{
        macro_rules! bind {
            ($lists:ty) => {{
                type $L = $lists;
                $body
            }};
        }
        match $way {
            "Vec, hashbrown" => bind!(InHashbrown<Vec<u32>>),
            "Vec, tophash" => bind!(InTophash<Vec<u32>>),
            "SmallVec, hashbrown" => bind!(InHashbrown<Short>),
            "SmallVec, tophash" => bind!(InTophash<Short>),
            "NestedMap" => bind!(AsParts),
            way => panic!("no way is called {way:?}"),
        }
    }};
}

/// So many values in random order, of lists with three values on average.
pub fn values(count: usize) -> Vec<(u32, u32)> {
    let keys = (count / 3).max(1) as u64;
    let value = |i| ((scramble(i) % keys) as u32, i as u32);
    (0..count as u64).map(value).collect()
}

fn build<L: Lists>(values: &[(u32, u32)]) -> L {
    let mut lists = L::default();
    for &(key, value) in values {
        lists.push(key, value);
    }
    lists
}

/// What is timed.
#[derive(Clone, Copy, PartialEq)]
pub enum Task {
    /// From empty, per value.
    Build,
    /// The sums of all lists in random order, per value.
    Sum,
}

/// A turn of one way at a task.
pub fn turn(way: &str, task: Task, values: &Rc<[(u32, u32)]>) -> Turn {
    with_lists!(way, L => turn_of::<L>(task, values.clone()))
}

fn turn_of<L: Lists>(task: Task, values: Rc<[(u32, u32)]>) -> Turn {
    let lists = build::<L>(&values);
    let mut keys: Vec<u32> = values.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    keys.dedup();
    let keys = shuffled(&keys, 7);
    let expected = total(values.iter().map(|(_, value)| value));
    Box::new(move |reps| {
        let mut lap = Lap::default();
        for _ in 0..reps {
            if task == Task::Build {
                begin_build();
                drop(lap.time(values.len(), || build::<L>(&values)));
                continue;
            }
            let sum: u64 = lap.time(values.len(), || {
                keys.iter().map(|&key| lists.sum(key)).sum()
            });
            assert_eq!(sum, expected, "a value is missing");
        }
        lap
    })
}

/// Resident bytes of so many values kept one way. For a process of its own.
pub fn resident(way: &str, count: usize) -> f64 {
    let values = values(count);
    let before = Before::now();
    with_lists!(way, L => {
        let lists = build::<L>(&values);
        let bytes = before.rss();
        drop(lists);
        bytes
    })
}
