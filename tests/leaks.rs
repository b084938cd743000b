//! Iterators and entries that are forgotten, references that would alias, and a ledger of every byte and drop.

mod support;

use std::mem;

use support::evil::{self, Evil, Id};
use support::hashers::{Build, Kind};
use support::memory::Meter;
use support::subject::{End, Map, POLICIES, Set, Subject};
use tophash::HashMap;

for_map_and_set! {
    forgotten_drain,
    forgotten_into_iter,
    forgotten_extract_if,
    nothing_is_left_after_clear_and_drop,
    delete_all_leaves_little,
    growing_believes_no_fresh_byte,
}

const SIZES: [u32; 6] = [0, 1, 16, 17, 60, 300];

fn forgotten_drain<S: Subject>() {
    for policy in POLICIES {
        for kind in [Kind::Uniform, Kind::Constant] {
            for size in SIZES {
                for take in [0, 1, size as usize / 2, size as usize] {
                    let mut subject = S::of(policy, kind, 0..size);
                    let taken = subject.drain(take, End::Forget);
                    assert_eq!(taken.len(), take.min(size as usize));
                    subject.agrees(&Default::default());
                    (0..40).for_each(|id| assert!(subject.insert(id)));
                    subject.agrees(&(0..40).collect());
                    drop(subject);
                    // What was not taken is leaked; nothing else, and nothing twice.
                    assert_eq!(evil::live(), S::PARTS * (size as usize - taken.len()));
                    evil::write_off();
                }
            }
        }
    }
}

fn forgotten_into_iter<S: Subject>() {
    for size in SIZES {
        for take in [0, 1, size as usize / 2] {
            let subject = S::of(POLICIES[0], Kind::LowBits, 0..size);
            let taken = subject.consume(take, End::Forget);
            assert_eq!(evil::live(), S::PARTS * (size as usize - taken.len()));
            evil::write_off();
        }
    }
}

fn forgotten_extract_if<S: Subject>() {
    for policy in POLICIES {
        for kind in [Kind::Uniform, Kind::Constant, Kind::Homes] {
            for size in SIZES {
                for take in [0, 1, 7, size as usize] {
                    let mut subject = S::of(policy, kind, 0..size);
                    let taken = subject.extract(|id| id % 2 == 0, take, End::Forget);
                    let mut ids: std::collections::BTreeSet<u32> = (0..size).collect();
                    taken.iter().for_each(|id| assert!(ids.remove(id)));
                    subject.agrees(&ids);
                    (500..540).for_each(|id| assert!(subject.insert(id) && ids.insert(id)));
                    subject.agrees(&ids);
                    drop(subject);
                    assert_eq!(evil::live(), 0);
                }
            }
        }
    }
}

#[test]
fn forgotten_entries() {
    for policy in POLICIES {
        for size in SIZES {
            let mut map = Map::of(policy, Kind::LowBits, 0..size);
            for id in 0..size + 20 {
                End::Forget.of(map.entry_ref(&Id(id)));
            }
            map.agrees(&(0..size).collect());
            // The key that the entry holds goes with it.
            evil::forget(map.entry(Evil::new(size)));
            map.agrees(&(0..size).collect());
            drop(map);
            assert_eq!(evil::live(), 1);
            evil::write_off();
        }
    }
}

/// Two references to one entry must not exist; for each pair of places, in the group and in the chain.
#[test]
fn duplicate_keys_in_get_disjoint_mut() {
    for kind in [Kind::Uniform, Kind::Constant] {
        let mut map = Map::of(POLICIES[0], kind, 0..60);
        for id in 0..60 {
            let (a, b, c) = (Id(id), Id((id + 1) % 60), Id(id));
            let twice = std::panic::AssertUnwindSafe(|| {
                let _ = map.get_disjoint_mut([&a, &b, &c]);
            });
            let panic = std::panic::catch_unwind(twice).expect_err("one entry twice");
            assert_eq!(panic.downcast_ref(), Some(&"duplicate keys found"));
            let [one, other] = map.get_disjoint_mut([&a, &b]).map(|v| v.expect("there"));
            assert!(!std::ptr::eq(one, other));
            mem::swap(one, other);
            mem::swap(one, other);
            // Keys that are not there may be named twice.
            assert!(
                map.get_disjoint_mut([&Id(99), &Id(99)])
                    .iter()
                    .all(Option::is_none)
            );
        }
        map.agrees(&(0..60).collect());
    }
}

#[test]
fn iterators_cloned_midway() {
    for policy in POLICIES {
        for kind in [Kind::Uniform, Kind::Constant, Kind::LowBits] {
            let map = Map::of(policy, kind, 0..200);
            let set = Set::of(policy, kind, 0..200);
            for stop in [0, 1, 15, 16, 17, 100, 199, 200] {
                let (mut iter, mut keys, mut values) = (map.iter(), map.keys(), map.values());
                let mut elements = set.iter();
                for _ in 0..stop {
                    assert!(iter.next().is_some() && keys.next().is_some());
                    assert!(values.next().is_some() && elements.next().is_some());
                }
                assert_eq!(iter.clone().count(), 200 - stop);
                assert!(
                    iter.clone()
                        .map(|(k, _)| k.id())
                        .eq(iter.map(|(k, _)| k.id()))
                );
                assert!(keys.clone().map(Evil::id).eq(keys.map(Evil::id)));
                assert!(values.clone().map(Evil::id).eq(values.map(Evil::id)));
                assert!(elements.clone().map(Evil::id).eq(elements.map(Evil::id)));
            }
        }
    }
    assert_eq!(evil::live(), 0);
}

fn nothing_is_left_after_clear_and_drop<S: Subject>() {
    for policy in POLICIES {
        for kind in Kind::ALL {
            for size in SIZES {
                let meter = Meter::default();
                let mut subject = S::empty(policy, kind, &meter);
                (0..size).for_each(|id| assert!(subject.insert(id)));
                assert_eq!(evil::live(), S::PARTS * size as usize);
                assert_eq!(subject.bytes(), meter.live());
                let bytes = meter.live();
                subject.clear();
                assert_eq!(evil::live(), 0);
                assert_eq!(meter.live(), bytes, "cleared maps keep their room");
                subject.shrink_to(0);
                assert_eq!(meter.live(), 0);
                (0..size).for_each(|id| assert!(subject.insert(id)));
                drop(subject);
                assert_eq!((evil::live(), meter.live()), (0, 0));
            }
        }
    }
}

fn delete_all_leaves_little<S: Subject>() {
    for policy in POLICIES {
        for kind in Kind::ALL {
            let meter = Meter::default();
            let mut subject = S::empty(policy, kind, &meter);
            (0..1_500).for_each(|id| assert!(subject.insert(id)));
            (0..1_500).rev().for_each(|id| assert!(subject.remove(id)));
            assert_eq!(evil::live(), 0);
            // One block of 16 slots.
            assert!(
                meter.live() <= 16 + 16 * S::PARTS * size_of::<Evil>(),
                "{kind:?} {}",
                meter.live()
            );
            subject.check();
        }
    }
}

/// The meter checks each block's layout and spoils what is new: nothing may take fresh memory for zeros.
fn growing_believes_no_fresh_byte<S: Subject>() {
    for policy in POLICIES {
        let meter = Meter::default();
        let mut subject = S::empty(policy, Kind::Uniform, &meter);
        for id in 0..20_000 {
            assert!(subject.insert(id));
        }
        subject.agrees(&(0..20_000).collect());
        subject.retain(|id| id % 16 == 0);
        subject.shrink_to(0);
        subject.agrees(&(0..20_000).step_by(16).collect());
        drop(subject);
        assert_eq!(meter.live(), 0);
    }
}

/// Bytes of a map are those that its allocator has handed out, at every step.
#[test]
fn allocation_size_is_exact() {
    let meter = Meter::default();
    let hasher = Build(Kind::LowBits);
    let mut map: HashMap<u32, [u8; 3], Build, Meter> =
        HashMap::with_hasher_in(hasher, meter.clone());
    for id in (0..2_000).chain(500..900).chain(0..3_000) {
        if id % 3 == 0 {
            map.remove(&(id / 2));
        } else {
            map.insert(id, [0; 3]);
        }
        assert_eq!(map.allocation_size(), meter.live());
    }
}
