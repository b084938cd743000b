//! `ShardedMap`: what each call does, what closures may not do, and what many threads leave behind.
#![cfg(all(feature = "std", feature = "default-hasher"))]
// `drop` is there to say that a result does not matter.
#![allow(dropping_copy_types)]

#[path = "../support/has.rs"]
mod has;
#[path = "../support/mod.rs"]
mod support;

mod abuse;
mod api;
mod bounds;
mod nested;
mod re_entrancy;
mod stress;

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;

use support::hashers::Random;
use tophash::ShardedMap;
use tophash::sharded_map::{Change, IntoIter, Snapshot};

/// Random operations, against std's ordered map.
#[test]
fn model() {
    let mut random = Random(7);
    for shards in [1, 4, 33] {
        let (map, mut model) = (ShardedMap::with_shards(shards), BTreeMap::new());
        for step in 0..60_000 {
            // The span of keys breathes, so that shards split and merge.
            let key = random.below(if step / 10_000 % 2 == 0 { 3000 } else { 50 });
            model_step(&map, &mut model, key, step, &mut random);
            if step % 500 == 0 {
                #[cfg(tophash_check)]
                map.check_invariants();
                assert_eq!(map.len(), model.len());
                let keys: Vec<u64> = (0..3100).collect();
                let expected: Vec<_> = keys.iter().map(|k| model.get(k).copied()).collect();
                assert_eq!(map.get_each(&keys), expected);
            }
        }
        assert_eq!(map.into_iter().collect::<BTreeMap<_, _>>(), model);
    }
}

fn add_one(value: &mut u64) -> u64 {
    *value += 1;
    *value
}

fn model_step(
    map: &ShardedMap<u64, u64>,
    model: &mut BTreeMap<u64, u64>,
    key: u64,
    step: u64,
    random: &mut Random,
) {
    match random.below(9) {
        0..=2 => assert_eq!(map.insert(key, step), model.insert(key, step)),
        3 | 4 => assert_eq!(map.remove(&key), model.remove(&key)),
        5 => assert_eq!(map.get(&key), model.get(&key).copied()),
        6 => {
            let there = add_one(model.entry(key).or_insert(step));
            assert_eq!(map.upsert(key, || step, add_one), there);
        }
        7 if random.below(2) == 0 => {
            assert_eq!(map.compute(key, |_| Change::Remove), model.remove(&key));
        }
        7 => {
            let old = map.compute(key, |_| Change::Put(step));
            assert_eq!(old, model.insert(key, step));
        }
        _ if random.below(2000) == 0 => {
            map.retain(|k, _| k % 7 == 0);
            model.retain(|k, _| k % 7 == 0);
            map.shrink_to_fit();
        }
        _ => {
            let count = random.below(40);
            let entries: Vec<_> = (0..count).map(|i| (key + i % 9, step + i)).collect();
            let old: Vec<_> = entries.iter().map(|(k, v)| model.insert(*k, *v)).collect();
            assert_eq!(map.insert_many(entries), old);
        }
    }
}

/// A panic in a closure lets go of the lock and leaves the entry as it was left.
#[test]
fn closures_that_panic() {
    let map = ShardedMap::with_shards(1);
    map.extend((0..100).map(|n| (n, n)));
    fn caught(call: impl FnOnce()) {
        assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
    }
    caught(|| drop(map.read(&1, |_| panic!())));
    caught(|| {
        drop(map.update(&1, |v| {
            *v = 50;
            panic!()
        }))
    });
    assert_eq!(map.get(&1), Some(50));
    caught(|| map.upsert(200, || panic!(), |_| ()));
    assert_eq!(map.get(&200), None);
    caught(|| {
        map.upsert(
            200,
            || 1,
            |v| {
                *v = 2;
                panic!()
            },
        )
    });
    assert_eq!(map.get(&200), Some(2));
    caught(|| drop(map.compute(1, |_| panic!())));
    caught(|| drop(map.compute(300, |_| panic!())));
    caught(|| map.for_each(|_, _| panic!()));
    assert_eq!(map.len(), 101);
    let mut calls = 0;
    caught(|| {
        map.retain(|_, _| {
            calls += 1;
            assert!(calls < 30);
            calls % 2 == 0
        })
    });
    assert_eq!(map.len(), 101 - 15);
    caught(|| {
        map.extend((0..).map(|n| {
            assert!(n < 10);
            (n, n)
        }))
    });
    thread::scope(|s| drop(s.spawn(|| map.extend((0..500).map(|n| (n, n))))));
    assert_eq!(map.len(), 500);
    assert!((0..500).all(|n| map.remove(&n) == Some(n)));
}

/// Keys whose code panics at its k-th call, for every k.
#[test]
fn keys_that_panic() {
    thread_local! { static LEFT: Cell<usize> = const { Cell::new(usize::MAX) }; }
    fn tick() {
        LEFT.with(|left| {
            left.set(left.get() - 1);
            if left.get() == 0 {
                left.set(usize::MAX);
                panic!("as planned")
            }
        });
    }
    #[derive(Clone, Debug)]
    struct Key(u32);
    impl Hash for Key {
        fn hash<H: Hasher>(&self, state: &mut H) {
            tick();
            self.0.hash(state)
        }
    }
    impl PartialEq for Key {
        fn eq(&self, other: &Self) -> bool {
            tick();
            self.0 == other.0
        }
    }
    impl Eq for Key {}
    for k in 1..1200 {
        let map = ShardedMap::with_shards(2);
        LEFT.set(k);
        let _ = catch_unwind(AssertUnwindSafe(|| {
            (0..150).for_each(|n| drop(map.insert(Key(n), n)));
            map.insert_many((100..200).map(|n| (Key(n), n)));
            (0..150).for_each(|n| drop(map.remove(&Key(n))));
        }));
        LEFT.set(usize::MAX);
        #[cfg(tophash_check)]
        map.check_invariants();
        let len = map.len();
        assert_eq!(
            map.fold(0, |n, key, v| {
                assert_eq!(key.0, *v);
                n + 1
            }),
            len
        );
        for n in 0..300 {
            map.insert(Key(n), n);
        }
        assert_eq!(map.len(), 300);
    }
}

/// Destructors may use the map wherever a value leaves it by `clear`, `drain` or as a result.
#[test]
fn destructors_run_outside_of_the_lock() {
    thread_local! { static MAP: Rc<ShardedMap<u32, Value>> = Rc::new(ShardedMap::new()); }
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Value;
    impl Drop for Value {
        fn drop(&mut self) {
            MAP.with(|map| map.len());
            DROPS.fetch_add(1, Relaxed);
        }
    }
    let map = MAP.with(Rc::clone);
    map.extend((0..100).map(|n| (n, Value)));
    map.extend((0..10).map(|n| (n, Value)));
    drop((map.insert(10, Value), map.insert_many([(11, Value)])));
    drop((map.remove(&12), map.compute(13, |_| Change::Remove)));
    map.clear();
    assert_eq!((map.len(), DROPS.load(Relaxed)), (0, 112));
}
