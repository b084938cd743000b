//! Maps in maps and the map in place of them: time and bytes on four shapes.

use std::hash::BuildHasher;
use std::hint::black_box;
use std::rc::Rc;

use tophash::{NestedMap, Str};

use super::Page;
use super::markdown::{Row, Table, Time, count, number, ratios};
use super::plots::{Axis, Marks, Plot, Unit};
use crate::child;
use crate::keys::shuffle;
use crate::pairs::{Lap, NULL, Subject, Turn, interleave};
use crate::peers;
use crate::readings::Before;

/// The hasher of all, without state: maps in maps would hold a copy of it each.
#[derive(Clone, Copy, Default)]
pub(super) struct Fixed;

impl BuildHasher for Fixed {
    type Hasher = <peers::Hasher as BuildHasher>::Hasher;
    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        peers::hasher().build_hasher()
    }
}

/// What is asked of a tree of names, names and numbers.
trait Tree: Default + 'static {
    const NAME: &'static str;
    fn add(&mut self, a: &str, b: &str, c: i64);
    fn has(&self, a: &str, b: &str, c: i64) -> bool;
    /// The sum of all numbers.
    fn sum(&self) -> i64;
}

type Ours = NestedMap<(Str, Str, i64), (), Fixed>;
type Std<K, V> = std::collections::HashMap<K, V, Fixed>;
type Hashbrown<K, V> = hashbrown::HashMap<K, V, Fixed>;

impl Tree for Ours {
    const NAME: &'static str = "NestedMap";
    fn add(&mut self, a: &str, b: &str, c: i64) {
        self.insert((a, b, c), ());
    }
    fn has(&self, a: &str, b: &str, c: i64) -> bool {
        self.contains_key((a, b, c))
    }
    fn sum(&self) -> i64 {
        self.keys().map(|(_, _, c)| *c).sum()
    }
}

/// No name is copied that is there already.
macro_rules! nested {
    ($map:ident, $name:literal) => {
        impl Tree for $map<String, $map<String, $map<i64, ()>>> {
            const NAME: &'static str = $name;
            fn add(&mut self, a: &str, b: &str, c: i64) {
                let middle = match self.get_mut(a) {
                    Some(middle) => middle,
                    None => self.entry(a.to_owned()).or_default(),
                };
                let inner = match middle.get_mut(b) {
                    Some(inner) => inner,
                    None => middle.entry(b.to_owned()).or_default(),
                };
                inner.insert(c, ());
            }
            fn has(&self, a: &str, b: &str, c: i64) -> bool {
                self.get(a)
                    .and_then(|middle| middle.get(b))
                    .is_some_and(|inner| inner.contains_key(&c))
            }
            fn sum(&self) -> i64 {
                let inner = self.values().flat_map(|middle| middle.values());
                inner.flat_map(|inner| inner.keys()).sum()
            }
        }
    };
}

nested!(Std, "nested std");
nested!(Hashbrown, "nested hashbrown");

type NestedStd = Std<String, Std<String, Std<i64, ()>>>;
type NestedHashbrown = Hashbrown<String, Hashbrown<String, Hashbrown<i64, ()>>>;

const NAMES: [&str; 3] = [NestedStd::NAME, NestedHashbrown::NAME, Ours::NAME];

/// How many first parts there are, second parts below each, and third parts below each of these.
type Shape = [usize; 3];

const SHAPES: [Shape; 4] = [
    [100, 100, 10],
    [1000, 100, 1],
    [100_000, 1, 1],
    [10, 10, 10_000],
];

fn label(shape: Shape) -> String {
    shape.map(count).join(" x ")
}

/// The names of a shape, the numbers of which are counted.
struct Keys {
    names: Vec<(String, String)>,
    inner: usize,
    /// All leaves in random order.
    order: Vec<u32>,
}

impl Keys {
    fn new([outer, middle, inner]: Shape) -> Self {
        let names = (0..outer).flat_map(|a| (0..middle).map(move |b| (a, b)));
        let names = names.map(|(a, b)| (format!("u{a}"), format!("r{b}")));
        let mut order: Vec<u32> = (0..(outer * middle * inner) as u32).collect();
        shuffle(&mut order, 7);
        Self {
            names: names.collect(),
            inner,
            order,
        }
    }

    fn leaf(&self, number: u32) -> (&str, &str, i64) {
        let (a, b) = &self.names[number as usize / self.inner];
        (a, b, (number as usize % self.inner) as i64)
    }

    fn build<T: Tree>(&self) -> T {
        let mut tree = T::default();
        for (a, b) in &self.names {
            for c in 0..self.inner {
                tree.add(a, b, c as i64);
            }
        }
        tree
    }

    fn sum(&self) -> i64 {
        let inner = self.inner as i64;
        self.names.len() as i64 * inner * (inner - 1) / 2
    }
}

/// What is timed, per leaf.
#[derive(Clone, Copy, PartialEq)]
enum Task {
    Build,
    Get,
    Iterate,
    Drop,
}

const TASKS: [(Task, &str); 4] = [
    (Task::Build, "build"),
    (Task::Get, "get, in random order"),
    (Task::Iterate, "iterate"),
    (Task::Drop, "drop"),
];

fn turn<T: Tree>(task: Task, keys: &Rc<Keys>) -> Turn {
    let keys = keys.clone();
    let full: Option<T> = matches!(task, Task::Get | Task::Iterate).then(|| keys.build());
    let leaves = keys.order.len();
    Box::new(move |reps| {
        let mut lap = Lap::default();
        for _ in 0..reps {
            match (task, &full) {
                (Task::Get, Some(tree)) => lap.time(leaves, || {
                    let found = keys.order.iter().filter(|&&number| {
                        let (a, b, c) = keys.leaf(number);
                        tree.has(a, b, c)
                    });
                    assert_eq!(found.count(), leaves, "a leaf is missing");
                }),
                (Task::Iterate, Some(tree)) => {
                    let sum = lap.time(leaves, || tree.sum());
                    assert_eq!(sum, keys.sum(), "a leaf is missing");
                }
                (Task::Drop, _) => {
                    let tree: T = black_box(keys.build());
                    lap.time(leaves, || drop(tree));
                }
                _ => {
                    let tree: T = lap.time(leaves, || keys.build());
                    assert_eq!(tree.sum(), keys.sum(), "a leaf is missing");
                }
            }
        }
        lap
    })
}

fn subjects(task: Task, keys: &Rc<Keys>) -> Vec<Subject> {
    let base = |name| Subject {
        name,
        turn: turn::<NestedHashbrown>(task, keys),
    };
    vec![
        base(NestedHashbrown::NAME),
        base(NULL),
        Subject {
            name: Ours::NAME,
            turn: turn::<Ours>(task, keys),
        },
        Subject {
            name: NestedStd::NAME,
            turn: turn::<NestedStd>(task, keys),
        },
    ]
}

/// Resident bytes of a tree of a shape, if that was the question.
pub(super) fn answer(question: &[String]) -> Option<Vec<f64>> {
    let ["nested", name, shape @ ..] = &question.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let parts: Result<Vec<usize>, _> = shape.iter().map(|part| part.parse()).collect();
    let keys = Keys::new(parts.ok()?.try_into().ok()?);
    fn bytes<T: Tree>(keys: &Keys) -> f64 {
        let before = Before::now();
        let tree: T = keys.build();
        let bytes = before.rss();
        assert_eq!(tree.sum(), keys.sum(), "a leaf is missing");
        bytes
    }
    let bytes = match *name {
        Ours::NAME => bytes::<Ours>(&keys),
        NestedStd::NAME => bytes::<NestedStd>(&keys),
        NestedHashbrown::NAME => bytes::<NestedHashbrown>(&keys),
        _ => return None,
    };
    Some(vec![bytes])
}

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "Two names and a number lead to each leaf, `NestedMap<(Str, Str, i64), ()>` against maps in maps with `String` \
         keys and a hasher without state. A shape *a x b x c* has *a* first names, *b* second names below each, the \
         same ones everywhere, and *c* numbers below each of these. Times are per leaf.",
    );
    let shapes = match page.scale {
        super::Scale::Smoke => vec![[10, 5, 2], [20, 1, 1]],
        _ => SHAPES.to_vec(),
    };
    memory(page, &shapes)?;
    for (task, title) in TASKS {
        let cells = page.each(shapes.clone(), |shape| {
            format!("{title}, {}", label(*shape))
        });
        let rows: Vec<Row> = cells
            .map(|shape| {
                let keys = Rc::new(Keys::new(shape));
                let mut plan = page.scale.plan(keys.order.len());
                if task == Task::Drop {
                    // Once a turn: dropping may take a thousandth of the time of building what is dropped.
                    plan.lap_ns = 0;
                }
                Row {
                    label: label(shape),
                    measured: interleave(plan, &mut subjects(task, &keys)),
                }
            })
            .collect();
        page.add(ratios(title, NestedHashbrown::NAME, Time::Cpu, &rows));
    }
    Ok(())
}

fn memory(page: &mut Page, shapes: &[Shape]) -> Result<(), String> {
    let mut columns = vec!["resident bytes per leaf"];
    columns.extend(NAMES);
    let mut table = Table::new(columns);
    let mut groups = Vec::new();
    let cells = page.each(shapes.to_vec(), |shape| {
        format!("memory, {}", label(*shape))
    });
    for shape in cells {
        let parts = shape.map(|part| part.to_string());
        let leaves = shape.iter().product::<usize>() as f64;
        let mut bytes = Vec::new();
        for name in NAMES {
            let question: Vec<&str> = ["nested", name]
                .into_iter()
                .chain(parts.iter().map(String::as_str))
                .collect();
            let read = child::ask(&question)?.first().copied();
            bytes.push(read.unwrap_or(f64::NAN) / leaves);
        }
        table.row(
            [label(shape)]
                .into_iter()
                .chain(bytes.iter().map(|&it| number(it))),
        );
        groups.push((label(shape), bytes));
    }
    let plot = Plot {
        title: "Resident bytes per leaf".to_owned(),
        x: Axis {
            label: "first names x second names x numbers",
            unit: Unit::Count,
            logarithmic: false,
        },
        y: Axis {
            label: "bytes per leaf",
            unit: Unit::Plain,
            logarithmic: false,
        },
        marks: Marks::Bars {
            names: NAMES.to_vec(),
            groups,
        },
    };
    page.plot("nested", "Resident bytes per leaf of four shapes", &plot)?;
    page.add(table.to_string());
    Ok(())
}
