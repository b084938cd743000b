//! `NestedMap` under abuse: user code that panics or lies, memory that is refused, and what happens over time.
#![cfg(feature = "default-hasher")]

#[path = "../support/mod.rs"]
mod support;

mod dynamics;
mod liars;
mod memory;
mod panics;
mod sizes;

use std::collections::BTreeSet;

use support::evil::{Evil, Id};
use support::hashers::{Build, Kind};
use tophash::{NestedMap, Str};

type Map = NestedMap<(Evil, Str, Evil), Evil, Build>;

/// The level that entries with different numbers differ at.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Shape {
    First,
    Second,
    Last,
    /// At all three.
    Mixed,
}

const SHAPES: [Shape; 4] = [Shape::First, Shape::Second, Shape::Last, Shape::Mixed];

/// On both sides of each form that a node takes: bare, blocks of 2, 4, 8, 12 and 16, table; and of splits.
const SIZES: [u32; 9] = [1, 2, 3, 4, 8, 12, 16, 17, 30];

/// Every invariant of a map: after anything but a panicking destructor, which leaves strings and blocks behind.
fn check(map: &Map) {
    #[cfg(tophash_check)]
    map.check_invariants();
    let _ = map;
}

impl Shape {
    fn parts(self, id: u32) -> (u32, String, u32) {
        let (a, b, c) = match self {
            Shape::First => (id, 0, 0),
            Shape::Second => (0, id, 0),
            Shape::Last => (0, 0, id),
            Shape::Mixed => (id % 3, id % 5, id),
        };
        (a, format!("name {b}"), c)
    }

    fn insert(self, map: &mut Map, id: u32) -> bool {
        let (a, b, c) = self.parts(id);
        map.insert((Evil::new(a), b, Evil::new(c)), Evil::new(id))
            .is_none()
    }

    fn get(self, map: &Map, id: u32) -> Option<u32> {
        let (a, b, c) = self.parts(id);
        map.get((&Id(a), b.as_str(), &Id(c))).map(Evil::id)
    }

    fn remove(self, map: &mut Map, id: u32) -> bool {
        let (a, b, c) = self.parts(id);
        map.remove((&Id(a), b.as_str(), &Id(c))).is_some()
    }

    fn of(self, kind: Kind, ids: impl IntoIterator<Item = u32>) -> Map {
        let mut map = Map::with_hasher(Build(kind));
        ids.into_iter()
            .for_each(|id| assert!(self.insert(&mut map, id)));
        map
    }

    /// What is in the map; and that every entry can be found.
    fn ids(self, map: &Map) -> BTreeSet<u32> {
        let ids: BTreeSet<u32> = map.values().map(Evil::id).collect();
        assert_eq!((map.len(), map.iter().len()), (ids.len(), ids.len()));
        assert!(ids.iter().all(|&id| self.get(map, id) == Some(id)));
        assert!((5_000..5_010).all(|id| self.get(map, id).is_none()));
        ids
    }

    /// As many strings as the entries have.
    fn strings(self, ids: &BTreeSet<u32>) -> usize {
        let names: BTreeSet<String> = ids.iter().map(|&id| self.parts(id).1).collect();
        names.len()
    }
}
