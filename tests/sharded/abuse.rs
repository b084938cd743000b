//! User code that panics at its k-th call or lies, sizes at the edge, and what happens over time.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use super::support::evil::{self, Evil, Id};
use super::support::fuse::{self, Point, tick};
use super::support::hashers::{Build, Kind, Random};
use super::*;

type Map = ShardedMap<Evil, Evil, Build>;

const SIZES: [u32; 4] = [1, 16, 17, 30];
const BOTH: [Kind; 2] = [Kind::Uniform, Kind::Constant];

fn put(map: &Map, id: u32) -> bool {
    map.insert(Evil::new(id), Evil::new(id)).is_none()
}

fn take(map: &Map, id: u32) -> bool {
    map.remove(&Id(id)).is_some()
}

fn of(kind: Kind, ids: impl IntoIterator<Item = u32>) -> Map {
    let map = Map::with_shards_and_hasher(2, Build(kind));
    ids.into_iter().for_each(|id| assert!(put(&map, id)));
    map
}

/// What is in the map; that it is whole, and that every entry can be found.
fn ids(map: &Map) -> BTreeSet<u32> {
    #[cfg(tophash_check)]
    map.check_invariants();
    let mut ids = BTreeSet::new();
    map.for_each(|key, value| assert!(key.id() == value.id() && ids.insert(key.id())));
    assert_eq!(map.len(), ids.len());
    assert!(ids.iter().all(|&id| map.contains_key(&Id(id))));
    assert!((5_000..5_010).all(|id| !map.contains_key(&Id(id))));
    ids
}

/// Lets call number `k` of `point` panic in `act`, for every `k` that it comes to, on a map of `0..size`, and uses
/// the map from another thread afterwards. `leaks`: entries that have left the map may not be dropped.
fn at_every_call(
    point: Point,
    leaks: bool,
    act: fn(&Map, u32),
    legal: fn(u32, &BTreeSet<u32>) -> bool,
) {
    let mut blown = 0;
    for kind in BOTH {
        for size in SIZES {
            for k in 0.. {
                let map = of(kind, 0..size);
                if !fuse::blows(point, k, || act(&map, size)) {
                    break;
                }
                blown += 1;
                let left = ids(&map);
                assert!(
                    legal(size, &left),
                    "{point:?} {k} {kind:?} {size}: {left:?}"
                );
                // No lock is held.
                thread::scope(|s| assert_eq!(s.spawn(|| map.len()).join().unwrap(), left.len()));
                (1_000..1_020).for_each(|id| assert!(put(&map, id)));
                left.iter().for_each(|&id| assert!(take(&map, id)));
                assert_eq!(ids(&map), (1_000..1_020).collect());
                drop(map);
                match leaks {
                    false => assert_eq!(evil::live(), 0, "{point:?} {k}: entries were lost"),
                    true => evil::write_off(),
                }
            }
        }
    }
    assert!(blown > 0, "{point:?} was never called");
}

fn whole(size: u32, ids: &BTreeSet<u32>) -> bool {
    ids.iter().copied().eq(0..size)
}

fn grown(size: u32, ids: &BTreeSet<u32>) -> bool {
    (0..size).all(|id| ids.contains(&id)) && ids.iter().all(|&id| id < size + 20)
}

fn fewer(size: u32, ids: &BTreeSet<u32>) -> bool {
    ids.iter().all(|&id| id < size)
}

fn insert(map: &Map, size: u32) {
    (size..size + 3).for_each(|id| assert!(put(map, id)));
    map.upsert(Evil::new(size + 3), || Evil::new(size + 3), |_| ());
    map.compute(Evil::new(size + 4), |_| Change::Put(Evil::new(size + 4)));
}

fn insert_at_once(map: &Map, size: u32) {
    map.insert_many((size..size + 10).map(|id| (Evil::new(id), Evil::new(id))));
    map.extend((size + 10..size + 20).map(|id| {
        tick(Point::Iterator);
        (Evil::new(id), Evil::new(id))
    }));
}

fn remove(map: &Map, size: u32) {
    (0..size).for_each(|id| assert!(take(map, id)));
}

#[test]
fn hash_and_eq_panic() {
    for point in [Point::Hash, Point::BuildHasher] {
        at_every_call(point, false, insert, grown);
        at_every_call(point, false, insert_at_once, grown);
        at_every_call(point, false, remove, fewer);
    }
    at_every_call(Point::Eq, false, insert, grown);
    at_every_call(Point::Eq, false, insert_at_once, grown);
    at_every_call(Point::Eq, false, remove, fewer);
    let look = |map: &Map, size: u32| {
        let keys: Vec<Id> = (0..size).map(Id).collect();
        assert!(map.get_each(&keys).iter().all(Option::is_some));
        map.reserve(200);
    };
    for point in [Point::Hash, Point::Eq, Point::Clone] {
        at_every_call(point, false, look, whole);
    }
}

#[test]
fn drop_panics() {
    at_every_call(Point::Drop, true, remove, fewer);
    at_every_call(Point::Drop, true, |map, _| map.clear(), fewer);
    at_every_call(Point::Drop, true, |map, _| drop(map.drain()), fewer);
    let retain = |map: &Map, _: u32| map.retain(|key, _| key.id() % 3 == 0);
    at_every_call(Point::Drop, true, retain, fewer);
    let overwrite = |map: &Map, size: u32| {
        (0..size).for_each(|id| assert!(!put(map, id)));
        map.insert_many((0..size).map(|id| (Evil::new(id), Evil::new(id))));
    };
    at_every_call(Point::Drop, true, overwrite, whole);
}

#[test]
fn clone_panics() {
    at_every_call(Point::Clone, false, |map, _| drop(map.clone()), whole);
    at_every_call(
        Point::Clone,
        false,
        |map, _| drop(map.snapshot().count()),
        whole,
    );
    at_every_call(Point::Clone, false, |map, _| drop(map.get(&Id(0))), whole);
}

#[test]
fn closures_and_iterators_panic() {
    let retain = |map: &Map, _: u32| {
        map.retain(|key, _| {
            tick(Point::Closure);
            key.id() % 3 == 0
        });
    };
    at_every_call(Point::Closure, false, retain, fewer);
    let each = |map: &Map, size: u32| {
        map.upsert(
            Evil::new(size),
            || Evil::new(size),
            |_| tick(Point::Closure),
        );
        map.read(&Id(0), |_| tick(Point::Closure));
        map.update(&Id(0), |_| tick(Point::Closure));
        map.compute(Evil::new(0), |_| {
            tick(Point::Closure);
            Change::Keep
        });
        map.for_each(|_, _| tick(Point::Closure));
    };
    at_every_call(Point::Closure, false, each, grown);
    at_every_call(Point::Iterator, false, insert_at_once, grown);
}

/// Hashes of which little is of use: all are right, and no memory is lost to them.
#[test]
fn poor_hashes() {
    let good = of(Kind::Uniform, 0..600).allocation_size();
    for kind in Kind::ALL {
        let map = of(kind, 0..600);
        assert!((0..600).all(|id| !put(&map, id)));
        assert!(map.allocation_size() < 3 * good, "{kind:?}");
        (0..600)
            .filter(|id| id % 5 != 0)
            .for_each(|id| assert!(take(&map, id)));
        assert_eq!(ids(&map), (0..600).step_by(5).collect());
        drop(map);
        assert_eq!(evil::live(), 0);
    }
}

/// A hasher whose answers vary, so that even the shard of a key does; and keys that are equal now and then.
#[test]
fn hash_and_eq_that_vary() {
    thread_local! { static DICE: Cell<u64> = const { Cell::new(3) }; }
    fn dice(below: u64) -> u64 {
        let mut random = Random(DICE.get());
        let number = random.below(below);
        DICE.set(random.0);
        number
    }
    struct Fickle;
    struct State;
    impl BuildHasher for Fickle {
        type Hasher = State;
        fn build_hasher(&self) -> State {
            State
        }
    }
    impl Hasher for State {
        fn write(&mut self, _: &[u8]) {}
        fn finish(&self) -> u64 {
            dice(1 << 60)
        }
    }
    struct Liar(Evil);
    impl PartialEq for Liar {
        fn eq(&self, _: &Self) -> bool {
            dice(2) == 0
        }
    }
    impl Eq for Liar {}
    impl Hash for Liar {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }
    let liar = || Liar(Evil::new(7));
    let map = ShardedMap::with_shards_and_hasher(3, Fickle);
    for _ in 0..8_000 {
        match dice(10) {
            0..5 => drop(map.insert(liar(), Evil::new(7))),
            5..8 => drop(map.remove(&liar())),
            8 => drop(map.insert_many((0..9).map(|_| (liar(), Evil::new(7))))),
            _ => drop(map.compute(liar(), |_| Change::Remove)),
        }
    }
    let mut counted = 0;
    map.for_each(|key, value| counted += usize::from(key.0.id() == value.id()));
    assert_eq!((map.len(), evil::live()), (counted, 2 * counted));
    map.clear();
    assert_eq!(evil::live(), 0);
}

/// What is taken out is dropped by its iterator, or by nobody if that is forgotten; the map has let go of it.
#[test]
fn forgotten_iterators() {
    for taken in [0, 1, 30, 60] {
        let map = of(Kind::Uniform, 0..60);
        let mut snapshot = map.snapshot();
        assert!(
            snapshot
                .by_ref()
                .take(taken)
                .all(|(key, value)| key == value)
        );
        evil::forget(snapshot);
        drop(map);
        // Copies of the rest of a shard, at most.
        assert!(evil::live() <= 2 * (60 - taken));
        evil::write_off();
        let map = of(Kind::Uniform, 0..60);
        let mut drained = map.drain();
        assert_eq!(drained.by_ref().take(taken).count(), taken);
        evil::forget(drained);
        assert_eq!(evil::live(), 2 * (60 - taken));
        evil::write_off();
        (0..20).for_each(|id| assert!(put(&map, id)));
        assert_eq!(ids(&map), (0..20).collect());
        evil::forget(map.into_iter());
        evil::write_off();
    }
}

#[test]
fn capacity_sizes_and_alignments_at_the_edge() {
    // With 32 bits there may be memory for a shard's part of any number.
    #[cfg(target_pointer_width = "64")]
    for capacity in [usize::MAX, usize::MAX / 2, 1 << 60] {
        let absurd = catch_unwind(|| drop(ShardedMap::<u64, u64>::with_capacity(capacity)));
        assert!(absurd.is_err());
        let map = ShardedMap::from([(1, 1)]);
        assert!(catch_unwind(AssertUnwindSafe(|| map.reserve(capacity))).is_err());
        assert_eq!((map.len(), map.get(&1)), (1, Some(1)));
    }
    let map: ShardedMap<(), ()> = ShardedMap::new();
    assert_eq!(
        (map.insert((), ()), map.insert((), ()), map.len()),
        (None, Some(()), 1)
    );
    #[derive(Clone, PartialEq, Debug)]
    #[repr(align(1024))]
    struct Aligned(u32);
    let map = ShardedMap::with_shards(2);
    map.extend((0..80).map(|n| (n, Aligned(n))));
    assert!((0..80).all(|n| map.read(&n, |v| std::ptr::from_ref(v).is_aligned()) == Some(true)));
    assert!((0..80).all(|n| map.remove(&n) == Some(Aligned(n))));
}

/// One entry comes and goes at each size, entries churn at one size, and the map fills and drains.
#[test]
fn memory_stays_flat() {
    let map = Map::with_shards_and_hasher(4, Build(Kind::Uniform));
    for size in (1..400).chain((1..400).rev()) {
        while map.len() < size {
            assert!(put(&map, map.len() as u32));
        }
        while map.len() > size {
            assert!(take(&map, map.len() as u32 - 1));
        }
        let toggle = || {
            (0..30)
                .for_each(|other| assert!(put(&map, 9_000 + other) && take(&map, 9_000 + other)));
            map.allocation_size()
        };
        // What removals have begun to merge, those of the first rounds end.
        for _ in 0..3 {
            toggle();
        }
        let settled = toggle();
        assert_eq!(toggle(), settled, "at {size}");
    }
    let (mut most, n) = (0, 2_000);
    let map = of(Kind::Uniform, 0..n);
    for id in n..30 * n {
        assert!(take(&map, id - n) && put(&map, id));
        if id % 100 == 0 {
            let bytes = map.allocation_size();
            most = if id < 3 * n { bytes.max(most) } else { most };
            assert!(bytes <= most * 11 / 10, "{bytes}, {most} at first");
        }
    }
    let (mut full, mut empty) = (0, 0);
    map.clear();
    for round in 0..40 {
        (0..700).for_each(|id| assert!(put(&map, round * 700 + id)));
        let filled = map.allocation_size();
        (0..700).for_each(|id| assert!(take(&map, round * 700 + id)));
        let drained = map.allocation_size();
        if round == 0 {
            (full, empty) = (filled, drained);
        }
        assert!(filled <= full * 12 / 10 && drained <= empty * 12 / 10 && drained * 4 < filled);
    }
}

#[test]
fn clone_outlives_its_original() {
    for kind in BOTH {
        for size in SIZES {
            let original = of(kind, 0..size);
            let copy = original.clone();
            drop(original);
            assert_eq!(ids(&copy), (0..size).collect());
            (size..2 * size).for_each(|id| assert!(put(&copy, id)));
            assert_eq!(ids(&copy), (0..2 * size).collect());
        }
    }
}

/// One map's order into another with the same hasher: comparisons stay linear.
#[test]
fn order_of_one_map_into_another_stays_linear() {
    let source = of(Kind::Uniform, 0..10_000);
    let copy = of(Kind::Uniform, []);
    let before = fuse::calls(Point::Eq);
    source
        .into_iter()
        .for_each(|(key, value)| drop(copy.insert(key, value)));
    let compared = fuse::calls(Point::Eq) - before;
    assert!(compared < 10_000, "{compared}");
    assert_eq!(copy.len(), 10_000);
}

/// Each map has a key of its own, and so an order of its own.
#[test]
fn order_depends_on_the_key() {
    let orders: BTreeSet<Vec<u32>> = (0..20)
        .map(|_| {
            (0..200)
                .map(|n| (n, ()))
                .collect::<ShardedMap<u32, ()>>()
                .into_iter()
        })
        .map(|order| order.map(|(n, ())| n).collect())
        .collect();
    assert_eq!(orders.len(), 20);
}
