//! How maps behave over time: boundaries, churn, growth and shrinking, by facts and never by times.
#![cfg(feature = "default-hasher")]

mod support;

use std::collections::BTreeSet;

use support::fuse::{self, Point};
use support::hashers::{Build, Kind, Random};
use support::memory::Meter;
use support::subject::{Map, POLICIES, Subject};
use tophash::hash_map::RandomState;
use tophash::{GrowthPolicy, HashMap, HashSet};

for_map_and_set! {
    toggling_at_any_size_settles,
    churn_at_constant_size_stays_flat,
    fill_and_drain_cycles_stay_flat,
    order_of_one_map_into_another_stays_linear,
    clone_outlives_its_original,
    merging_a_chain_into_an_empty_group_finds_a_node,
    shrinking_by_hand_does_not_pin_memory,
    reserved_room_survives_removals,
    constant_hashes_cost_no_more_memory,
}

/// One entry comes and goes at each size on the way up and on the way down: after a while without any call to
/// the allocator.
fn toggling_at_any_size_settles<S: Subject>() {
    for policy in POLICIES {
        let meter = Meter::default();
        let mut subject = S::empty(policy, Kind::Uniform, &meter);
        let sizes: Vec<u32> = (1..400).chain((1..400).rev()).collect();
        for size in sizes {
            while subject.len() < size as usize {
                assert!(subject.insert(subject.len() as u32));
            }
            while subject.len() > size as usize {
                assert!(subject.remove(subject.len() as u32 - 1));
            }
            // What a burst of splits or merges has begun, it may finish.
            let toggle = |subject: &mut S, times: u32| {
                for other in 0..times {
                    assert!(subject.insert(10_000 + other));
                    assert!(subject.remove(10_000 + other));
                }
            };
            toggle(&mut subject, 40);
            subject.check();
            let calls = meter.calls();
            toggle(&mut subject, 40);
            assert_eq!(meter.calls(), calls, "{policy:?} at {size}");
        }
    }
}

fn churn_at_constant_size_stays_flat<S: Subject>() {
    for (policy, n) in [(POLICIES[0], 3_000), (POLICIES[1], 2_000)] {
        let meter = Meter::default();
        let mut subject = S::empty(policy, Kind::Uniform, &meter);
        (0..n).for_each(|id| assert!(subject.insert(id)));
        let mut most = (0, 0, 0);
        for id in n..40 * n {
            assert!(subject.remove(id - n));
            assert!(subject.insert(id));
            if id % n == 0 {
                let before = fuse::calls(Point::Eq);
                (id - n + 1..=id).for_each(|id| assert!(subject.contains(id)));
                let compared = fuse::calls(Point::Eq) - before;
                let now = (subject.bytes(), subject.capacity(), compared);
                // Rounds 1 and 2 may still finish a burst.
                if id <= 3 * n {
                    most = (now.0.max(most.0), now.1.max(most.1), now.2.max(most.2));
                } else {
                    assert!(now.0 <= most.0 * 11 / 10, "bytes {now:?} {most:?}");
                    assert!(now.1 <= most.1, "capacity {now:?} {most:?}");
                    assert!(now.2 <= most.2 * 11 / 10, "comparisons {now:?} {most:?}");
                }
            }
        }
        subject.check();
        assert_eq!(subject.bytes(), meter.live());
    }
}

fn fill_and_drain_cycles_stay_flat<S: Subject>() {
    for policy in POLICIES {
        let meter = Meter::default();
        let mut subject = S::empty(policy, Kind::Uniform, &meter);
        let (mut full, mut empty) = (0, 0);
        for round in 0..60 {
            let ids = round * 1_000..round * 1_000 + 700;
            ids.clone().for_each(|id| assert!(subject.insert(id)));
            let filled = meter.live();
            ids.for_each(|id| assert!(subject.remove(id)));
            subject.check();
            let drained = meter.live();
            // Almost all of it goes back.
            assert!(drained * 8 < filled, "{drained} of {filled} bytes");
            if round == 0 {
                (full, empty) = (filled, drained);
            }
            assert!(filled <= full * 12 / 10 && drained <= empty * 12 / 10);
        }
    }
}

/// The order of a table is the order of its hashes: fed to another with the same hasher, it fills group by group.
fn order_of_one_map_into_another_stays_linear<S: Subject>() {
    for policy in POLICIES {
        let source = S::of(policy, Kind::Uniform, 0..20_000);
        let mut copy = S::empty(policy, Kind::Uniform, &Meter::default());
        let order = source
            .clone()
            .consume(usize::MAX, support::subject::End::Drop);
        let before = fuse::calls(Point::Eq);
        order.iter().for_each(|&id| assert!(copy.insert(id)));
        let compared = fuse::calls(Point::Eq) - before;
        // Equal tags bring one comparison in 127 candidates.
        assert!(compared < 20_000, "{compared} comparisons");
        copy.agrees(&(0..20_000).collect());
    }
}

fn clone_outlives_its_original<S: Subject>() {
    for policy in POLICIES {
        for kind in Kind::ALL {
            for size in [0, 1, 16, 17, 40, 300] {
                let original = S::of(policy, kind, 0..size);
                let mut copy = original.clone();
                let mut again = S::of(policy, Kind::Uniform, 900..930);
                again.clone_from(&original);
                drop(original);
                let mut ids: BTreeSet<u32> = (0..size).collect();
                copy.agrees(&ids);
                again.agrees(&ids);
                drop(again);
                ids.extend(size..2 * size);
                (size..2 * size).for_each(|id| assert!(copy.insert(id)));
                copy.agrees(&ids);
            }
        }
    }
}

/// A full group with a chain merges into an empty one: the chain changes its group, its first node needs another.
fn merging_a_chain_into_an_empty_group_finds_a_node<S: Subject>() {
    for policy in POLICIES {
        for chained in 17..70_u32 {
            let mut subject = S::empty(policy, Kind::Homes, &Meter::default());
            // Groups 0 to 14 first, and then the one whose entries stay.
            let mut others: Vec<u32> = (0..210).map(|n| n % 15 + n / 15 * 16).collect();
            others.iter().for_each(|&id| assert!(subject.insert(id)));
            (0..chained).for_each(|n| assert!(subject.insert(15 + 16 * n)));
            // Its sibling is empty before merging begins.
            others.sort_by_key(|id| id % 16 != 7);
            for id in others {
                assert!(subject.remove(id));
                subject.check();
            }
            subject.agrees(&(0..chained).map(|n| 15 + 16 * n).collect());
        }
    }
}

/// `shrink_to` names the room to keep now; it is no wish to keep it for ever.
fn shrinking_by_hand_does_not_pin_memory<S: Subject>() {
    for policy in POLICIES {
        for capacity in [0, 1_500] {
            let mut subject = S::of(policy, Kind::Uniform, 0..2_000);
            subject.shrink_to(capacity);
            let bytes = subject.bytes();
            (0..2_000).for_each(|id| assert!(subject.remove(id)));
            assert!(
                subject.bytes() * 8 < bytes,
                "{} of {bytes}",
                subject.bytes()
            );
        }
    }
}

fn reserved_room_survives_removals<S: Subject>() {
    for policy in POLICIES {
        let mut subject = S::empty(policy, Kind::Uniform, &Meter::default());
        subject.reserve(1_000);
        let (capacity, bytes) = (subject.capacity(), subject.bytes());
        assert!(capacity >= 1_000);
        for _ in 0..3 {
            (0..1_000).for_each(|id| assert!(subject.insert(id)));
            assert!(subject.capacity() >= capacity);
            (0..1_000).for_each(|id| assert!(subject.remove(id)));
            assert!(subject.capacity() >= capacity && subject.bytes() >= bytes * 9 / 10);
        }
        subject.shrink_to(0);
        assert_eq!((subject.capacity(), subject.bytes()), (0, 0));
    }
}

/// With hashes that are all the same a map is a list: slow, but neither deeper nor much larger than any other.
fn constant_hashes_cost_no_more_memory<S: Subject>() {
    for policy in POLICIES {
        let good = S::of(policy, Kind::Uniform, 0..1_500);
        for kind in [Kind::Constant, Kind::HighBits] {
            let mut bad = S::of(policy, kind, 0..1_500);
            assert!(bad.bytes() < 3 * good.bytes());
            bad.agrees(&(0..1_500).collect());
            bad.clone().agrees(&(0..1_500).collect());
            (0..1_500).for_each(|id| assert!(bad.remove(id)));
            assert!(bad.bytes() * 8 < good.bytes());
        }
    }
}

/// The stack that a map of equal hashes needs does not grow with its size.
#[test]
fn constant_hashes_need_no_deep_stack() {
    let work = || {
        let mut map: HashMap<u32, u32, Build> = HashMap::with_hasher(Build(Kind::Constant));
        (0..4_000).for_each(|id| assert_eq!(map.insert(id, id), None));
        assert_eq!(map.clone().len(), 4_000);
        map.retain(|id, _| id % 4 == 0);
        assert_eq!(map.iter().count(), 1_000);
        map.shrink_to_fit();
        assert_eq!(map.get(&400), Some(&400));
    };
    let thread = std::thread::Builder::new().stack_size(64 << 10);
    thread.spawn(work).expect("a thread").join().expect("room");
}

/// What an observer of the order learns of one map says nothing of another, whose key is its own.
#[test]
fn order_depends_on_the_key() {
    let orders: HashSet<Vec<u32>> = (0..20)
        .map(|_| (0..200).collect::<HashSet<u32>>().into_iter().collect())
        .collect();
    assert_eq!(orders.len(), 20);
    let one: HashSet<u32> = (0..200).collect();
    assert!(one.iter().eq(&one));
}

/// Keys that share a group and a tag under one key of the hasher are spread under another.
#[test]
fn collisions_of_one_key_are_none_of_another() {
    use std::hash::BuildHasher;
    let known = RandomState::new();
    // An attacker who knew this key would send these.
    let crafted: Vec<u64> = (0_u64..)
        .filter(|id| {
            let hash = known.hash_one(id);
            hash & 0xFF0 == 0 && hash >> 57 == 5
        })
        .take(200)
        .collect();
    let compared = |state: RandomState| {
        let mut map: HashMap<Counted, (), RandomState> = HashMap::with_hasher(state);
        let before = fuse::calls(Point::Eq);
        crafted
            .iter()
            .for_each(|&id| assert_eq!(map.insert(Counted(id), ()), None));
        fuse::calls(Point::Eq) - before
    };
    assert!(compared(known.clone()) > 2_000);
    for _ in 0..10 {
        assert!(compared(RandomState::new()) < 200);
    }
}

#[derive(Eq)]
struct Counted(u64);

impl std::hash::Hash for Counted {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        fuse::tick(Point::Eq);
        self.0 == other.0
    }
}

/// A cache whose popular keys drift: bytes per entry and chains stay as they were.
#[test]
fn drifting_cache_stays_flat() {
    let mut random = Random(7);
    let meter = Meter::default();
    let mut map = Map::empty(GrowthPolicy::Burst, Kind::Uniform, &meter);
    let mut queue = std::collections::VecDeque::new();
    let mut most = 0;
    for step in 0..120_000_u64 {
        // About Zipf: the logarithm of the rank is uniform.
        let rank = 1 << random.below(14);
        let id = (step / 200 + rank + random.below(rank)) as u32;
        if map.contains(id) {
            continue;
        }
        if queue.len() == 1_000 {
            assert!(Subject::remove(
                &mut map,
                queue.pop_front().expect("an entry")
            ));
        }
        queue.push_back(id);
        assert!(Subject::insert(&mut map, id));
        if step < 30_000 {
            most = most.max(meter.live());
        }
        assert!(meter.live() <= most * 11 / 10);
    }
    assert_eq!(map.len(), 1_000);
    map.check();
}
