//! Every part and value is dropped once, and a panic in user code leaves a map that can be used.

#![cfg(feature = "default-hasher")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use tophash::{NestedMap, Str};

thread_local! {
    static LIVE: RefCell<BTreeSet<u64>> = const { RefCell::new(BTreeSet::new()) };
    static NEXT: Cell<u64> = const { Cell::new(0) };
    /// Counts down to a panic at the calls that are armed.
    static FUSE: Cell<Option<(Call, u32)>> = const { Cell::new(None) };
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Call {
    Hash,
    Eq,
    Clone,
    Drop,
}

fn tick(call: Call) {
    if let Some((armed, left)) = FUSE.get() {
        if armed == call {
            FUSE.set((left > 0).then(|| (call, left.wrapping_sub(1))));
            assert!(left > 0, "the fuse has burnt down");
        }
    }
}

/// A value or part that is in the ledger for as long as it lives.
#[derive(Debug)]
struct Tracked {
    id: u64,
    content: u32,
}

impl Tracked {
    fn new(content: u32) -> Self {
        let id = NEXT.replace(NEXT.get() + 1);
        LIVE.with_borrow_mut(|live| live.insert(id));
        Tracked { id, content }
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        let was_live = LIVE.with_borrow_mut(|live| live.remove(&self.id));
        assert!(was_live, "dropped twice");
        if !std::thread::panicking() {
            tick(Call::Drop);
        }
    }
}

impl Clone for Tracked {
    fn clone(&self) -> Self {
        tick(Call::Clone);
        Tracked::new(self.content)
    }
}

impl PartialEq for Tracked {
    fn eq(&self, other: &Self) -> bool {
        tick(Call::Eq);
        self.content == other.content
    }
}

impl Eq for Tracked {}

impl Hash for Tracked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        tick(Call::Hash);
        self.content.hash(state);
    }
}

type Map = NestedMap<(Tracked, Str, Tracked), Tracked>;

fn t(content: u32) -> Tracked {
    Tracked::new(content)
}

/// Keys that fill nodes of every kind.
fn build(leaves: u32) -> Map {
    let mut map = Map::new();
    for n in 0..leaves {
        map.insert((t(n % 5), format!("s{}", n % 30), t(n * n % 97)), t(n));
    }
    map
}

fn live() -> usize {
    LIVE.with_borrow(BTreeSet::len)
}

#[test]
fn nothing_leaks_and_nothing_is_dropped_twice() {
    let map = build(3000);
    assert!(live() > map.len());
    drop(map);
    assert_eq!(live(), 0);

    let mut map = build(3000);
    map.retain(|(_, _, c), _| c.content % 3 == 0);
    for b in 0..30 {
        let (name, gone) = (format!("s{b}"), t(b % 5));
        map.remove_prefix((&gone, name.as_str()));
    }
    map.compact();
    let copy = map.clone();
    assert!(copy == map);
    let taken: Vec<_> = copy.into_iter().collect();
    assert_eq!(taken.len(), map.len());
    drop(taken);
    drop(map.drain_prefix((&t(1),)));
    for c in 0..97 {
        map.remove((&t(2), "s2", &t(c)));
    }
    map.clear();
    assert_eq!(live(), 0);
    map.insert((t(1), "a", t(2)), t(3));
    map.set_memory_limit(Some(0));
    let mut refused = 0;
    for n in 0..20_000 {
        refused += usize::from(map.try_insert((t(n), "a", t(n)), t(n)).is_err());
    }
    assert!(refused > 0 && map.len() + refused >= 20_000);
    drop(map);
    assert_eq!(live(), 0);
}

/// Whether the map is whole: what it yields can be found, and as many entries as it says.
fn check(map: &Map) {
    let mut leaves = 0;
    for ((a, b, c), value) in map {
        assert!(
            map.get((a, b, c))
                .is_some_and(|found| std::ptr::eq(found, value))
        );
        leaves += 1;
    }
    assert_eq!(map.len(), leaves);
    for (a, below) in map.children(()) {
        assert!(!below.is_empty(), "{a:?} is empty");
        assert!(below.children(()).all(|(_, below)| !below.is_empty()));
    }
}

#[test]
fn panics_leave_a_usable_map() {
    type Step = fn(&mut Map);
    let steps: [(&str, Step); 7] = [
        ("insert", |map| {
            for n in 0..400 {
                map.insert((t(n % 6), format!("s{}", n % 40), t(n)), t(n));
            }
        }),
        ("remove", |map| {
            for n in 0..97 {
                map.remove((&t(n % 5), format!("s{}", n % 30).as_str(), &t(n)));
            }
        }),
        ("retain", |map| {
            map.retain(|(_, _, c), _| c.content % 7 == 0)
        }),
        ("remove_prefix", |map| {
            map.remove_prefix((&t(3),));
        }),
        ("drain_prefix", |map| drop(map.drain_prefix((&t(2),)))),
        ("compact", NestedMap::compact),
        ("clone", |map| *map = map.clone()),
    ];
    let mut panics = 0;
    for (name, step) in steps {
        for call in [Call::Hash, Call::Eq, Call::Clone, Call::Drop] {
            for fuse in [0, 1, 2, 5, 17, 60, 200] {
                let mut map = build(600);
                FUSE.set(Some((call, fuse)));
                let result = catch_unwind(AssertUnwindSafe(|| step(&mut map)));
                FUSE.set(None);
                panics += usize::from(result.is_err());
                check(&map);
                map.insert((t(1), "new", t(1)), t(1));
                assert!(map.contains_key((&t(1), "new", &t(1))), "{name}, {call:?}");
                check(&map);
                drop(map);
            }
        }
    }
    assert!(panics > 40, "{panics}");
}

#[test]
fn an_insertion_that_is_refused_changes_nothing() {
    let mut refused = [0; 3];
    for limit in (0..120_000).step_by(1500) {
        let mut map = build(0);
        map.set_memory_limit(Some(limit));
        for n in 0..1500 {
            // New at the first level, at the second, at the last.
            let (which, a, b, c) = match n % 3 {
                0 => (0, n, 0, 0),
                1 => (1, 0, n, 0),
                _ => (2, 0, 0, n),
            };
            let before = (map.len(), map.stats().strings, live());
            let name = format!("a rather long name {b}");
            match map.try_insert((t(a), name.clone(), t(c)), t(n)) {
                Ok(old) => assert!(old.is_none() || n == 0),
                Err(error) => {
                    let key = (error.key.0.content, &error.key.1, error.key.2.content);
                    assert_eq!((key, error.value.content), ((a, &name, c), n));
                    assert_eq!(live(), before.2 + 3);
                    drop(error);
                    refused[which] += 1;
                    assert_eq!((map.len(), map.stats().strings, live()), before);
                }
            }
        }
        assert!(map.memory().reserved <= limit);
        check(&map);
        drop(map);
        assert_eq!(live(), 0);
    }
    assert!(refused.iter().all(|&count| count > 500), "{refused:?}");
}
