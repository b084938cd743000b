//! After Jackson Allan's benchmark of C and C++ hash tables: single operations with N keys in the table.

use std::marker::PhantomData;
use std::rc::Rc;

use super::{Content, Ints, Text, Wide, Workload, rows, table};
use crate::keys::shuffled;
use crate::pairs::{Lap, Turn};
use crate::peers::{Map, Peer};
use crate::report::Page;
use crate::report::markdown::count;
use crate::sys::begin_build;

/// Keys per pass, as in the original.
const PASS: usize = 1000;

#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Insert,
    Replace,
    Erase,
    EraseAbsent,
    Find,
    FindAbsent,
}

const OPERATIONS: [(Operation, &str); 6] = [
    (Operation::Insert, "insert N new keys"),
    (Operation::Replace, "replace"),
    (Operation::Erase, "erase"),
    (Operation::EraseAbsent, "erase absent"),
    (Operation::Find, "look up"),
    (Operation::FindAbsent, "look up absent"),
];

struct Single<C: Content> {
    operation: Operation,
    name: &'static str,
    size: usize,
    /// The keys that are worked on, in random order.
    keys: Rc<[C::Key]>,
    content: PhantomData<C>,
}

impl<C: Content> Single<C> {
    fn new(operation: Operation, name: &'static str, size: usize) -> Self {
        let first = match operation {
            Operation::EraseAbsent | Operation::FindAbsent => size as u64,
            _ => 0,
        };
        let keys: Vec<C::Key> = (0..size as u64).map(|i| C::key(first + i)).collect();
        Self {
            operation,
            name,
            size,
            keys: shuffled(&keys, 7).into(),
            content: PhantomData,
        }
    }

    fn insert_all<P: Peer>(&self) -> Turn {
        let keys = self.keys.clone();
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                begin_build();
                let owned = keys.to_vec();
                let map = lap.time(owned.len(), || {
                    let mut map = P::new();
                    for (key, number) in owned.into_iter().zip(0..) {
                        map.insert(key, C::value(number));
                    }
                    map
                });
                assert_eq!(map.len(), keys.len(), "an insert was lost");
            }
            lap
        })
    }
}

/// Does the operation with each key; how many were there.
fn pass<C: Content>(
    operation: Operation,
    map: &mut impl Map<C::Key, C::Value>,
    keys: &[C::Key],
) -> usize {
    let done = keys.iter().filter(|key| match operation {
        Operation::Find | Operation::FindAbsent => map.get(key).is_some(),
        Operation::Replace => map.insert((*key).clone(), C::value(1)).is_some(),
        _ => map.remove(key).is_some(),
    });
    done.count()
}

impl<C: Content> Workload for Single<C> {
    fn label(&self) -> String {
        self.name.to_owned()
    }

    fn size(&self) -> usize {
        self.size
    }

    fn turn<P: Peer>(&self) -> Turn {
        if self.operation == Operation::Insert {
            return self.insert_all::<P>();
        }
        let (operation, keys) = (self.operation, self.keys.clone());
        let mut map = C::map::<P>(0..self.size as u64);
        let mut start = 0;
        Box::new(move |reps| {
            let mut lap = Lap::default();
            for _ in 0..reps {
                let end = (start + PASS).min(keys.len());
                let now = &keys[start..end];
                let found = lap.time(now.len(), || pass::<C>(operation, &mut map, now));
                let absent = matches!(operation, Operation::EraseAbsent | Operation::FindAbsent);
                assert_eq!(found, if absent { 0 } else { now.len() });
                if operation == Operation::Erase {
                    for key in now {
                        map.insert(key.clone(), C::value(1));
                    }
                }
                start = if end == keys.len() { 0 } else { end };
            }
            lap
        })
    }
}

fn content<C: Content>(page: &mut Page, size: usize) {
    let single = |&(operation, name): &(Operation, &'static str)| (operation, name);
    let mut all = Vec::new();
    // One at a time: the keys of all would take a lot of memory.
    for (operation, name) in OPERATIONS.iter().map(single) {
        all.extend(rows(
            page,
            "Allan",
            vec![Single::<C>::new(operation, name, size)],
        ));
    }
    page.add(table(&format!("{}, N = {}", C::NAME, count(size)), &all));
}

pub(super) fn run(page: &mut Page) -> Result<(), String> {
    page.add(
        "### Jackson Allan: single operations with N keys in the table\n\nIn passes of 1,000 random keys; what a pass \
         erases is inserted again outside of the clock. Keys are cloned by `replace`, as it needs one to insert.",
    );
    let sizes = page
        .scale
        .pick(vec![200_000, 1_000_000], vec![200_000], vec![2_000]);
    for size in sizes {
        content::<Ints>(page, size);
        content::<Wide>(page, size);
        content::<Text>(page, size);
    }
    Ok(())
}
