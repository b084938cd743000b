//! User code that panics at its k-th call, for every k: the map stays whole, usable and droppable.

mod support;

use std::collections::BTreeSet;

use support::evil::{self, Evil, Id};
use support::fuse::{self, Point, tick};
use support::hashers::{Build, Kind};
use support::memory::Meter;
use support::subject::{End, Map, POLICIES, Subject};
use tophash::GrowthPolicy;

for_map_and_set! {
    hash_panics_in_insert_and_split,
    hash_panics_in_reserve,
    hash_panics_in_extend,
    hash_panics_then_clear_and_remove,
    hash_panics_when_merging_turns_to_splitting,
    build_hasher_panics,
    eq_panics_in_chain_search,
    drop_panics_in_remove,
    drop_panics_in_overwrite,
    drop_panics_in_clear,
    drop_panics_in_into_iter,
    drop_panics_in_drain,
    drop_panics_in_map_drop,
    drop_panics_in_retain,
    clone_panics_in_clone,
    clone_panics_in_clone_from,
    predicate_panics_in_retain,
    predicate_panics_in_extract_if,
    iterator_panics_in_extend,
}

/// What a panic may cost.
#[derive(Clone, Copy, PartialEq)]
enum Cost {
    /// Nothing: every entry is in the map, or was dropped.
    Nothing,
    /// Entries whose destructor did not run.
    Leaks,
}

/// Sizes on both sides of the first split boundaries of either policy.
const SIZES: [u32; 8] = [1, 4, 15, 16, 17, 28, 30, 57];

/// Lets call number `k` of `point` panic in `act`, for every `k` that it comes to, on a map of `0..size`.
/// What the map holds afterwards must be what `legal` allows.
fn at_every_call<S: Subject>(
    point: Point,
    cost: Cost,
    kind: Kind,
    act: impl Fn(&mut S, u32),
    legal: impl Fn(u32, &BTreeSet<u32>) -> bool,
) {
    let mut blown = 0;
    for policy in POLICIES {
        for size in SIZES {
            for k in 0.. {
                let meter = Meter::default();
                let mut subject = S::empty(policy, kind, &meter);
                (0..size).for_each(|id| assert!(subject.insert(id)));
                if !fuse::blows(point, k, || act(&mut subject, size)) {
                    break;
                }
                blown += 1;
                survives(&mut subject, |ids| legal(size, ids));
                drop(subject);
                assert_eq!(meter.live(), 0, "blocks were lost");
                match cost {
                    Cost::Nothing => assert_eq!(evil::live(), 0, "entries were lost"),
                    Cost::Leaks => evil::write_off(),
                }
            }
        }
    }
    assert!(blown > 0, "{point:?} was never called");
}

/// The map is whole, and everything can still be done with it.
fn survives<S: Subject>(subject: &mut S, legal: impl Fn(&BTreeSet<u32>) -> bool) {
    let mut ids: BTreeSet<u32> = subject.ids().into_iter().collect();
    assert!(legal(&ids), "{ids:?}");
    subject.agrees(&ids);
    for id in 1_000..1_040 {
        assert!(subject.insert(id) && ids.insert(id));
    }
    subject.agrees(&ids);
    while let Some(id) = ids.pop_first() {
        assert!(subject.remove(id));
        if ids.len() % 8 == 0 {
            subject.check();
        }
    }
    subject.agrees(&ids);
}

fn whole(size: u32, ids: &BTreeSet<u32>) -> bool {
    ids.iter().copied().eq(0..size)
}

/// All that was there, and a part of `size..size + more`, from its start.
fn grown(more: u32) -> impl Fn(u32, &BTreeSet<u32>) -> bool {
    move |size, ids| {
        let len = ids.len() as u32;
        (size..=size + more).contains(&len) && whole(len, ids)
    }
}

fn hash_panics_in_insert_and_split<S: Subject>() {
    for kind in [Kind::Uniform, Kind::Identity, Kind::Homes] {
        let act = |s: &mut S, size| {
            (size..size + 4).for_each(|id| assert!(s.insert(id)));
        };
        at_every_call(Point::Hash, Cost::Nothing, kind, act, grown(4));
    }
    // Chains are split as well.
    let act = |s: &mut S, size| assert!(s.insert(size));
    at_every_call(Point::Hash, Cost::Nothing, Kind::Constant, act, grown(1));
    at_every_call(Point::Hash, Cost::Nothing, Kind::LowBits, act, grown(1));
}

fn hash_panics_in_reserve<S: Subject>() {
    for kind in [Kind::Uniform, Kind::Constant] {
        let act = |s: &mut S, size: u32| s.reserve(2 * size as usize);
        at_every_call(Point::Hash, Cost::Nothing, kind, act, whole);
        let act = |s: &mut S, size: u32| s.try_reserve(2 * size as usize).expect("memory");
        at_every_call(Point::Hash, Cost::Nothing, kind, act, whole);
    }
}

fn hash_panics_in_extend<S: Subject>() {
    let act = |s: &mut S, size| s.extend(size..size + 30);
    at_every_call(Point::Hash, Cost::Nothing, Kind::Uniform, act, grown(30));
}

/// A panic in the very first split leaves one group: nothing may merge it away.
fn hash_panics_then_clear_and_remove<S: Subject>() {
    let act = |s: &mut S, size| assert!(s.insert(size));
    for policy in POLICIES {
        for size in SIZES {
            for k in 0.. {
                let mut subject = S::of(policy, Kind::Uniform, 0..size);
                if !fuse::blows(Point::Hash, k, || act(&mut subject, size)) {
                    break;
                }
                subject.clear();
                subject.check();
                assert!(subject.insert(7) && subject.remove(7));
                survives(&mut subject, BTreeSet::is_empty);
                drop(subject);
                assert_eq!(evil::live(), 0);
            }
        }
    }
}

/// A map that was shrinking and grows again: the panic comes with the first step of splitting.
fn hash_panics_when_merging_turns_to_splitting<S: Subject>() {
    let mut blown = 0;
    for keep in [560, 580, 600] {
        for k in [1, 2, 12, 20, 60, 120] {
            let mut subject = S::of(GrowthPolicy::Burst, Kind::Uniform, 0..1000);
            (keep..1000).for_each(|id| assert!(subject.remove(id)));
            let mut ids: BTreeSet<u32> = (0..keep).collect();
            for id in 1000..1600 {
                if fuse::blows(Point::Hash, k, || assert!(subject.insert(id))) {
                    blown += 1;
                    break;
                }
                ids.insert(id);
            }
            subject.agrees(&ids);
            for _ in 0..20 {
                let id = ids.pop_last().expect("more entries");
                assert!(subject.remove(id));
                subject.check();
            }
            ids.extend(2000..4000);
            (2000..4000).for_each(|id| assert!(subject.insert(id)));
            subject.agrees(&ids);
            // It went on growing: the chains are short.
            assert!(subject.capacity() > ids.len());
        }
    }
    assert!(blown > 0);
}

fn build_hasher_panics<S: Subject>() {
    let act = |s: &mut S, size| {
        assert!(s.insert(size));
        assert!(s.contains(0));
        assert!(s.remove(size));
        s.reserve(40);
        s.extend(size..size + 9);
    };
    let legal = grown(9);
    at_every_call(Point::BuildHasher, Cost::Nothing, Kind::Uniform, act, legal);
}

fn eq_panics_in_chain_search<S: Subject>() {
    let act = |s: &mut S, size| {
        assert!(s.contains(size / 2));
        assert!(!s.contains(size));
        assert!(s.insert(size));
        assert!(!s.insert(0));
        assert!(s.remove(size));
    };
    at_every_call(Point::Eq, Cost::Nothing, Kind::Constant, act, grown(1));
    at_every_call(Point::Eq, Cost::Nothing, Kind::Uniform, act, grown(1));
}

/// The compiler leaks a value that is about to be returned when a local variable's destructor panics.
const RETURNED: Cost = Cost::Leaks;

fn fewer(size: u32, ids: &BTreeSet<u32>) -> bool {
    ids.iter().all(|&id| id < size)
}

fn drop_panics_in_remove<S: Subject>() {
    let act = |s: &mut S, size| (0..size).for_each(|id| assert!(s.remove(id)));
    at_every_call(Point::Drop, RETURNED, Kind::Uniform, act, fewer);
    at_every_call(Point::Drop, RETURNED, Kind::Constant, act, fewer);
}

fn drop_panics_in_overwrite<S: Subject>() {
    let act = |s: &mut S, size| (0..size).for_each(|id| assert!(!s.insert(id)));
    at_every_call(Point::Drop, RETURNED, Kind::Uniform, act, whole);
}

fn drop_panics_in_clear<S: Subject>() {
    let act = |s: &mut S, _| s.clear();
    let none = |_, ids: &BTreeSet<u32>| ids.is_empty();
    at_every_call(Point::Drop, Cost::Leaks, Kind::Uniform, act, none);
    at_every_call(Point::Drop, Cost::Leaks, Kind::Constant, act, none);
}

fn drop_panics_in_into_iter<S: Subject>() {
    for take in [0, 1, 20] {
        let act = |s: &mut S, _| {
            let taken = std::mem::replace(s, S::of(GrowthPolicy::Burst, Kind::Uniform, []));
            taken.consume(take, End::Drop);
        };
        let none = |_, ids: &BTreeSet<u32>| ids.is_empty();
        at_every_call(Point::Drop, Cost::Leaks, Kind::Uniform, act, none);
    }
}

fn drop_panics_in_drain<S: Subject>() {
    for take in [0, 1, 20] {
        let act = |s: &mut S, _| {
            s.drain(take, End::Drop);
        };
        let none = |_, ids: &BTreeSet<u32>| ids.is_empty();
        at_every_call(Point::Drop, Cost::Leaks, Kind::Uniform, act, none);
        at_every_call(Point::Drop, Cost::Leaks, Kind::LowBits, act, none);
    }
}

fn drop_panics_in_map_drop<S: Subject>() {
    for kind in [Kind::Uniform, Kind::Constant] {
        let act = |s: &mut S, _| {
            drop(std::mem::replace(
                s,
                S::of(GrowthPolicy::Burst, Kind::Uniform, []),
            ));
        };
        let none = |_, ids: &BTreeSet<u32>| ids.is_empty();
        at_every_call(Point::Drop, Cost::Leaks, kind, act, none);
    }
}

fn drop_panics_in_retain<S: Subject>() {
    let act = |s: &mut S, _| s.retain(|id| id % 3 == 0);
    let kept = |size, ids: &BTreeSet<u32>| {
        fewer(size, ids) && (0..size).step_by(3).all(|id| ids.contains(&id))
    };
    at_every_call(Point::Drop, Cost::Nothing, Kind::Uniform, act, kept);
    at_every_call(Point::Drop, Cost::Nothing, Kind::Constant, act, kept);
}

fn clone_panics_in_clone<S: Subject>() {
    for kind in [Kind::Uniform, Kind::Constant] {
        let act = |s: &mut S, _| drop(s.clone());
        at_every_call(Point::Clone, Cost::Nothing, kind, act, whole);
    }
}

/// The two maps hash differently: what was cloned before the panic must still be found.
fn clone_panics_in_clone_from<S: Subject>() {
    for kind in [Kind::Uniform, Kind::Constant] {
        for own in [0, 20] {
            let act = |s: &mut S, size| {
                let mut target = S::of(GrowthPolicy::Burst, Kind::EqualTags, 500..500 + own);
                let done = fuse::caught(|| target.clone_from(s));
                survives(&mut target, |ids| !done || fewer(size, ids));
                if done {
                    std::panic::panic_any(fuse::Blown);
                }
            };
            at_every_call(Point::Clone, Cost::Nothing, kind, act, whole);
        }
    }
}

fn predicate_panics_in_retain<S: Subject>() {
    for kind in [Kind::Uniform, Kind::Constant, Kind::Homes] {
        let act = |s: &mut S, _| s.retain(|id| id % 2 == 0);
        let kept = |size, ids: &BTreeSet<u32>| {
            fewer(size, ids) && (0..size).step_by(2).all(|id| ids.contains(&id))
        };
        at_every_call(Point::Closure, Cost::Nothing, kind, act, kept);
    }
}

fn predicate_panics_in_extract_if<S: Subject>() {
    for kind in [Kind::Uniform, Kind::Constant, Kind::Homes] {
        for end in [End::Drop, End::Forget] {
            let act = |s: &mut S, _| {
                s.extract(|id| id % 5 != 0, usize::MAX, end);
            };
            let kept = |size, ids: &BTreeSet<u32>| {
                fewer(size, ids) && (0..size).step_by(5).all(|id| ids.contains(&id))
            };
            at_every_call(Point::Closure, Cost::Nothing, kind, act, kept);
        }
    }
}

/// Whoever catches the panic may go on: an entry counts as looked at before the predicate runs.
#[test]
fn extraction_goes_on_after_a_panic() {
    for size in [1, 5, 16, 17, 100] {
        let mut map = Map::default();
        (0..size).for_each(|id| assert!(map.insert(Evil::new(id), Evil::new(id)).is_none()));
        let mut iter = map.extract_if(|key, _| {
            tick(Point::Closure);
            key.id() % 2 == 0
        });
        let (mut left, mut taken) = (size as usize, 0);
        while left > 0 {
            assert!(fuse::blows(Point::Closure, 0, || drop(iter.next())));
            left -= 1;
            assert_eq!(iter.size_hint(), (0, Some(left)));
            fuse::blows(Point::Closure, 1, || taken += iter.next().iter().len());
            left = iter.size_hint().1.expect("known");
        }
        drop(iter);
        assert_eq!(map.len(), size as usize - taken);
    }
}

fn iterator_panics_in_extend<S: Subject>() {
    let act = |s: &mut S, size| {
        s.extend((size..size + 50).inspect(|_| tick(Point::Iterator)));
    };
    at_every_call(
        Point::Iterator,
        Cost::Nothing,
        Kind::Uniform,
        act,
        grown(50),
    );
}

/// `from_iter` has no map to leave behind; what it had taken is dropped.
#[test]
fn iterator_panics_in_from_iter() {
    for k in 0..100 {
        let made = fuse::blows(Point::Iterator, k, || {
            let items = (0..90).map(|id| {
                tick(Point::Iterator);
                (Evil::new(id), Evil::new(id))
            });
            let map: tophash::HashMap<Evil, Evil, Build> = items.collect();
            assert_eq!(map.len(), 90);
        });
        assert_eq!(made, k < 90);
        assert_eq!(evil::live(), 0);
    }
}

/// The closures of an entry run while the room is already made.
#[test]
fn entry_closures_panic() {
    type Act = fn(&mut Map, u32);
    let acts: [Act; 6] = [
        |map, size| {
            map.entry(Evil::new(size)).or_insert_with(boom);
        },
        |map, size| {
            map.entry(Evil::new(size)).or_insert_with_key(|_| boom());
        },
        |map, _| {
            map.entry(Evil::new(0)).and_modify(|_| drop(boom()));
        },
        |map, size| {
            map.entry_ref(&Id(size)).or_insert_with(boom);
        },
        |map, size| {
            map.entry_ref(&Id(size)).or_insert_with_key(|_| boom());
        },
        |map, _| {
            map.entry_ref(&Id(0)).and_modify(|_| drop(boom()));
        },
    ];
    for act in acts {
        at_every_call(Point::Closure, Cost::Nothing, Kind::Uniform, act, whole);
        at_every_call(Point::Closure, Cost::Nothing, Kind::Constant, act, whole);
    }
}

fn boom() -> Evil {
    tick(Point::Closure);
    Evil::new(0)
}

#[test]
fn set_closure_panics_in_get_or_insert_with() {
    let act = |set: &mut support::subject::Set, size| {
        set.get_or_insert_with(&Id(size), |id| {
            tick(Point::Closure);
            Evil::from(id)
        });
    };
    at_every_call(Point::Closure, Cost::Nothing, Kind::Uniform, act, whole);
}
