//! Models of `ShardedMap` under loom, which runs every interleaving of the threads at their locks.
//!
//! `RUSTFLAGS="--cfg loom --cfg tophash_quantum_1" cargo test --release --test loom`
//!
//! A thread is preempted at most four times in a run; `LOOM_MAX_PREEMPTIONS=6` takes minutes and no bound far longer.
//!
//! The table behind a lock has nothing that threads share without it, so the locks are all that loom has to know.
//! Most models put everything into one shard; a step of growth splits one group. The models of maps lock with loom's
//! mutex; those of the lock itself come first, with three threads at two preemptions.
#![cfg(loom)]

use std::hash::{BuildHasherDefault, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;
use tophash::sharded_map::Change;
use tophash::{Modelled as Lock, ShardedMap};

/// A hasher without random keys, so that each run of a model is like the one before.
#[derive(Clone, Copy, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u64(&mut self, word: u64) {
        let mixed = u128::from(self.0 ^ word ^ 0x9E37_79B9_7F4A_7C15) * 0xD6E8_FEB8_6659_FD93;
        self.0 = mixed as u64 ^ (mixed >> 64) as u64;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

type Map<V = u64> = ShardedMap<u64, V, BuildHasherDefault<Mix>>;

fn map<V>(shards: usize) -> Map<V> {
    Map::with_shards_and_hasher(shards, BuildHasherDefault::default())
}

/// A map in one shard with the keys `0..n`, each with itself for a value.
fn filled(n: u64) -> Map {
    let map = map(1);
    map.extend((0..n).map(|k| (k, k)));
    map
}

fn model(run: impl Fn() + Send + Sync + 'static) {
    check(4, run);
}

fn check(preemptions: usize, run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.max_branches = 20_000;
    builder.check(run);
}

/// Takes the lock in so many threads, this one among them, so many times each.
fn share_a_lock(threads: usize, times: usize) {
    let lock = Arc::new(Lock::new(0));
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let lock = lock.clone();
            thread::spawn(move || (0..times).for_each(|_| lock.write(|n| *n += 1)))
        })
        .collect();
    (0..times).for_each(|_| lock.write(|n| *n += 1));
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(lock.write(|n| *n), threads * times);
}

#[test]
fn one_thread_at_a_time_has_the_lock() {
    check(4, || share_a_lock(2, 1));
}

#[test]
fn the_lock_goes_back_and_forth() {
    check(3, || share_a_lock(2, 2));
}

/// Two wait, one of them in the queue behind the other, and a grant is for the first.
#[test]
fn those_who_wait_queue_up() {
    check(2, || share_a_lock(3, 1));
}

#[test]
fn a_panic_gives_the_lock_back() {
    check(3, || {
        let lock = Arc::new(Lock::new(0));
        let other = {
            let lock = lock.clone();
            thread::spawn(move || {
                let panics = || lock.write(|_| std::panic::panic_any(()));
                assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
                lock.write(|n| *n += 1);
            })
        };
        lock.write(|n| *n += 1);
        other.join().unwrap();
        assert_eq!(lock.write(|n| *n), 2);
    });
}

/// The entries at which two groups start to split.
const TWO_GROUPS: u64 = 28;

#[test]
fn readers_and_writers_during_a_split() {
    model(|| {
        let map = Arc::new(filled(TWO_GROUPS - 2));
        let bytes = map.allocation_size();
        let writers: Vec<_> = [100, 200]
            .map(|base| {
                let map = map.clone();
                thread::spawn(move || {
                    for k in base..base + 3 {
                        assert_eq!(map.insert(k, k), None);
                        assert_eq!(map.get(&k), Some(k));
                    }
                })
            })
            .into();
        for k in [0, 13, 25] {
            assert_eq!(map.get(&k), Some(k), "a split hides no entry");
        }
        assert_eq!(map.get(&1000), None);
        writers
            .into_iter()
            .for_each(|writer| writer.join().unwrap());
        assert!(map.allocation_size() > bytes, "the model has split nothing");
        assert_eq!(map.len() as u64, TWO_GROUPS - 2 + 6);
        assert!((0..TWO_GROUPS - 2).all(|k| map.read(&k, |v| *v == k) == Some(true)));
    });
}

#[test]
fn readers_and_writers_during_a_merge() {
    model(|| {
        // Four groups, which merge below 19 entries.
        let map = Arc::new(filled(60));
        let bytes = map.allocation_size();
        map.retain(|k, _| *k < 20);
        let writers: Vec<_> = [10, 14]
            .map(|base| {
                let map = map.clone();
                thread::spawn(move || {
                    for k in base..base + 3 {
                        assert_eq!(map.remove(&k), Some(k));
                        assert_eq!(map.get(&k), None);
                    }
                })
            })
            .into();
        for k in [0, 5, 19] {
            assert_eq!(map.get(&k), Some(k), "a merge hides no entry");
        }
        writers
            .into_iter()
            .for_each(|writer| writer.join().unwrap());
        assert!(
            map.allocation_size() < bytes,
            "the model has merged nothing"
        );
        assert_eq!(map.len(), 14);
        assert!([0, 9, 13, 17, 18, 19].iter().all(|k| map.contains_key(k)));
    });
}

#[test]
fn get_or_insert_is_exactly_once() {
    model(|| {
        let map = Arc::new(map::<usize>(2));
        let made = Arc::new(AtomicUsize::new(0));
        let ask = |map: Arc<Map<usize>>, made: Arc<AtomicUsize>| {
            move || map.upsert(7, || 10 + made.fetch_add(1, SeqCst), |v| *v)
        };
        let threads: Vec<_> = (0..2)
            .map(|_| thread::spawn(ask(map.clone(), made.clone())))
            .collect();
        assert_eq!(ask(map.clone(), made.clone())(), 10);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), 10);
        }
        assert_eq!((made.load(SeqCst), map.len()), (1, 1));
    });
}

#[test]
fn counters_lose_nothing() {
    model(|| {
        let map = Arc::new(map::<u64>(1));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let map = map.clone();
                thread::spawn(move || {
                    map.upsert(1, || 0, |n| *n += 1);
                    map.compute(1, |n| Change::Put(n.map_or(1, |n| *n + 1)));
                })
            })
            .collect();
        map.upsert(1, || 0, |n| *n += 1);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(map.get(&1), Some(5));
    });
}

#[test]
fn remove_against_read() {
    model(|| {
        let map = Arc::new(map::<Box<u64>>(1));
        map.insert(1, Box::new(1));
        let removers: Vec<_> = (0..2)
            .map(|_| {
                let map = map.clone();
                thread::spawn(move || map.remove(&1).map(|v| *v))
            })
            .collect();
        // The value is there as long as it is looked at, or not at all.
        for _ in 0..2 {
            let seen = map.read(&1, |v| **v);
            assert!(seen == Some(1) || seen.is_none());
        }
        let removed: Vec<_> = removers
            .into_iter()
            .filter_map(|r| r.join().unwrap())
            .collect();
        assert_eq!(removed, [1], "one of the two has removed it");
        assert_eq!(map.get(&1), None);
    });
}

#[test]
fn len_is_never_wrong_at_rest() {
    model(|| {
        let map = Arc::new(map::<u64>(2));
        map.extend((0..4).map(|k| (k, k)));
        let inserting = {
            let map = map.clone();
            thread::spawn(move || {
                map.insert(10, 0);
                map.insert_many([(11, 0), (0, 0)]);
            })
        };
        let removing = {
            let map = map.clone();
            thread::spawn(move || {
                map.remove(&1);
                map.retain(|k, _| *k != 2);
            })
        };
        // In between it is some length that fits what may have happened.
        assert!((2..=6).contains(&map.len()));
        inserting.join().unwrap();
        assert!((4..=6).contains(&map.len()));
        removing.join().unwrap();
        assert_eq!(
            (map.len(), map.is_empty(), map.snapshot().count()),
            (4, false, 4)
        );
    });
}

/// Keys in the two shards of a map, as their widths are.
fn of_both_shards(map: &Map) -> [u64; 2] {
    let hash = |k: u64| {
        let mut mix = Mix::default();
        mix.write_u64(k);
        mix.finish()
    };
    // The first shard has the lower three fifths of the bits that choose.
    let share = |k: &u64| (hash(*k) >> 40 & 0xFFFF) as f64 / 65_536.0;
    assert_eq!(map.shards(), 2);
    let low = (0..).find(|k| share(k) < 0.4).unwrap();
    [low, (0..).find(|k| share(k) > 0.8).unwrap()]
}

#[test]
fn calls_that_visit_two_shards_cannot_deadlock() {
    model(|| {
        let map = Arc::new(map::<u64>(2));
        let [a, b] = of_both_shards(&map);
        let forth = {
            let map = map.clone();
            thread::spawn(move || {
                map.insert_many([(a, 1), (b, 1)]);
                map.get_many([&a, &b])
            })
        };
        let back = {
            let map = map.clone();
            thread::spawn(move || {
                map.extend([(b, 1), (a, 1)]);
                map.get_many([&b, &a])
            })
        };
        let seen = map.fold(0, |n, _, v| n + v);
        assert!(seen <= 2);
        assert_eq!(forth.join().unwrap(), [Some(1); 2]);
        assert_eq!(back.join().unwrap(), [Some(1); 2]);
        assert_eq!(map.drain().count(), 2);
    });
}

#[test]
fn draining_takes_each_entry_once() {
    model(|| {
        let map = Arc::new(map::<u64>(2));
        map.insert(0, 0);
        let writer = {
            let map = map.clone();
            thread::spawn(move || (1..4).for_each(|k| assert_eq!(map.insert(k, k), None)))
        };
        let drainer = {
            let map = map.clone();
            thread::spawn(move || map.drain().count())
        };
        let mine = map.drain().count();
        writer.join().unwrap();
        assert_eq!(mine + drainer.join().unwrap() + map.len(), 4);
    });
}

#[test]
fn a_panic_under_a_lock_leaves_the_map_usable() {
    model(|| {
        let map = Arc::new(filled(3));
        let panics = {
            let map = map.clone();
            thread::spawn(move || {
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    map.update(&1, |v| {
                        *v = 10;
                        std::panic::panic_any(());
                    })
                }));
                assert!(caught.is_err());
                // The thread itself may go on as well: it is not taken to be inside of the map.
                map.update(&1, |v| *v += 1)
            })
        };
        let seen = map.update(&1, |v| *v).unwrap();
        assert!([1, 10, 11].contains(&seen), "{seen}");
        assert!(map.insert(5, 5).is_none());
        assert_eq!(panics.join().unwrap(), Some(()));
        assert_eq!((map.get(&1), map.len()), (Some(11), 4));
    });
}

#[test]
fn a_closure_that_calls_its_map_panics_and_waits_for_nobody() {
    model(|| {
        let map = Arc::new(filled(3));
        let other = {
            let map = map.clone();
            thread::spawn(move || map.insert(9, 9))
        };
        // Without the check, the second read would wait for the writer, which waits for the first read.
        let panic = catch_unwind(AssertUnwindSafe(|| map.read(&1, |_| map.get(&2)))).unwrap_err();
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .unwrap_or("another panic");
        assert!(text.contains("was used again"), "{text}");
        other.join().unwrap();
        assert_eq!(map.len(), 4);
    });
}

#[test]
fn the_last_thread_to_leave_drops_the_map() {
    model(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        struct Value(Arc<AtomicUsize>);
        impl Drop for Value {
            fn drop(&mut self) {
                self.0.fetch_add(1, SeqCst);
            }
        }
        let map = Arc::new(map::<Value>(1));
        let threads: Vec<_> = (0..2)
            .map(|k| {
                let (map, dropped) = (map.clone(), dropped.clone());
                thread::spawn(move || {
                    map.insert(k, Value(dropped.clone()));
                    drop(map.remove(&(1 - k)));
                })
            })
            .collect();
        map.insert(2, Value(dropped.clone()));
        drop(map);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(dropped.load(SeqCst), 3, "every value is dropped, once");
    });
}

type Nested = tophash::ShardedNestedMap<(u64, u64), u64, BuildHasherDefault<Mix>>;

/// A nested map in so many shards, with `n` entries below each of two first parts.
fn nested(shards: usize, n: u64) -> Arc<Nested> {
    let map = Nested::with_shards_and_hasher(shards, BuildHasherDefault::default());
    (&map).extend((0..2).flat_map(|a| (0..n).map(move |b| ((a, b), b))));
    Arc::new(map)
}

#[test]
fn nested_upserts_lose_nothing_and_readers_see_whole_nodes() {
    model(|| {
        // The node of the first part 0 turns from a block into a table.
        let map = nested(1, 15);
        let writers: Vec<_> = [0, 1]
            .map(|thread| {
                let map = map.clone();
                thread::spawn(move || {
                    map.upsert((0, 50 + thread), || 0, |n| *n += 1);
                    map.upsert((0, 60), || 0, |n| *n += 1);
                })
            })
            .into();
        assert_eq!(map.get((0, 14)), Some(14), "growth hides no entry");
        assert!((15..=18).contains(&map.read_prefix((0,), |view| {
            assert_eq!(view.len(), view.iter().count());
            view.len()
        })));
        writers
            .into_iter()
            .for_each(|writer| writer.join().unwrap());
        assert_eq!((map.get((0, 60)), map.len()), (Some(2), 33));
    });
}

#[test]
fn a_nested_prefix_goes_in_one_step() {
    model(|| {
        let map = nested(2, 3);
        let remover = {
            let map = map.clone();
            thread::spawn(move || map.remove_prefix((0,)))
        };
        let writer = {
            let map = map.clone();
            thread::spawn(move || {
                map.upsert((0, 9), || 9, |n| *n);
                map.get((1, 2))
            })
        };
        // All three are there, or none; the fourth may come before or after.
        let seen = map.read_prefix((0,), |view| view.keys().filter(|(b,)| **b < 3).count());
        assert!(seen == 0 || seen == 3, "{seen}");
        assert_eq!(writer.join().unwrap(), Some(2));
        let gone = remover.join().unwrap();
        assert!(gone == 3 || gone == 4, "{gone}");
        assert_eq!(map.len(), 3 + 4 - gone);
    });
}
