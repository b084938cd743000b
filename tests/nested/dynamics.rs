//! How a map behaves over time, by facts and never by times.

use super::support::fuse::{self, Point};
use super::*;

/// The arena takes memory from the system in pieces of so much.
const CHUNK: usize = 64 << 10;

/// One entry comes and goes at each size and level, on the way up and down: after a while no byte more is taken.
#[test]
fn toggling_at_any_size_settles() {
    for shape in SHAPES {
        let mut map = Map::with_hasher(Build(Kind::Uniform));
        let sizes: Vec<u32> = (1..70).chain((1..70).rev()).collect();
        for size in sizes {
            while map.len() < size as usize {
                let id = map.len() as u32;
                assert!(shape.insert(&mut map, id));
            }
            while map.len() > size as usize {
                let id = map.len() as u32 - 1;
                assert!(shape.remove(&mut map, id));
            }
            let mut toggle = |times: u32| {
                for _ in 0..times {
                    assert!(shape.insert(&mut map, 10_000) && shape.remove(&mut map, 10_000));
                }
                let memory = map.memory();
                (memory.reserved, memory.live)
            };
            // What a step of growth has begun, it may finish.
            let settled = toggle(20);
            let hashed = fuse::calls(Point::Hash);
            assert_eq!(toggle(20), settled, "{shape:?} at {size}");
            // Nothing moves to another form and back: only the parts that are given are hashed.
            let each = (fuse::calls(Point::Hash) - hashed) / 20;
            assert!(each <= 8, "{shape:?} at {size}: {each} hashes");
        }
    }
}

#[test]
fn churn_at_constant_size_stays_flat() {
    for shape in SHAPES {
        let n = 1_000;
        let mut map = shape.of(Kind::Uniform, 0..n);
        let mut most = 0;
        for id in n..16 * n {
            assert!(shape.remove(&mut map, id - n) && shape.insert(&mut map, id));
            let reserved = map.memory().reserved;
            if id < 3 * n {
                most = most.max(reserved);
            } else {
                assert!(
                    reserved <= most + CHUNK,
                    "{shape:?}: {reserved}, {most} at first"
                );
            }
        }
        assert_eq!(map.len(), n as usize);
        check(&map);
        assert_eq!(
            map.stats().strings,
            shape.strings(&(15 * n..16 * n).collect())
        );
    }
}

#[test]
fn fill_and_drain_cycles_stay_flat() {
    for shape in SHAPES {
        let mut map = Map::with_hasher(Build(Kind::Uniform));
        let (mut full, mut empty) = (0, 0);
        for round in 0..18 {
            let ids = round * 1_000..round * 1_000 + 700;
            ids.clone()
                .for_each(|id| assert!(shape.insert(&mut map, id)));
            let filled = map.memory().reserved;
            match round % 3 {
                0 => ids.for_each(|id| assert!(shape.remove(&mut map, id))),
                1 => assert_eq!(map.remove_prefix(()), 700),
                _ => map.retain(|_, _| false),
            }
            assert!(map.is_empty() && map.children(()).len() == 0);
            check(&map);
            let drained = map.memory().reserved;
            if round < 3 {
                (full, empty) = (filled.max(full), drained.max(empty));
            }
            assert!(
                filled <= full + CHUNK,
                "{shape:?}: {filled}, {full} at first"
            );
            assert!(
                drained <= empty + CHUNK,
                "{shape:?}: {drained}, {empty} at first"
            );
        }
    }
}

#[test]
fn order_of_one_map_into_another_stays_linear() {
    let source = Shape::Last.of(Kind::Uniform, 0..5_000);
    let mut copy = Map::with_hasher(Build(Kind::Uniform));
    let order: Vec<u32> = source.values().map(Evil::id).collect();
    let before = fuse::calls(Point::Eq);
    order
        .iter()
        .for_each(|&id| assert!(Shape::Last.insert(&mut copy, id)));
    // Two for the parts above, and a few for tags that are equal by chance.
    let compared = fuse::calls(Point::Eq) - before;
    assert!(compared < 3 * 5_000, "{compared}");
}

#[test]
fn clone_outlives_its_original() {
    for shape in SHAPES {
        for kind in [Kind::Uniform, Kind::Constant] {
            for size in SIZES {
                let original = shape.of(kind, 0..size);
                let mut copy = original.clone();
                assert!(copy == original);
                drop(original);
                let mut ids: BTreeSet<u32> = (0..size).collect();
                assert_eq!(shape.ids(&copy), ids);
                ids.extend(size..2 * size);
                (size..2 * size).for_each(|id| assert!(shape.insert(&mut copy, id)));
                assert_eq!(shape.ids(&copy), ids);
                check(&copy);
                (0..2 * size).for_each(|id| assert!(shape.remove(&mut copy, id)));
                copy.compact();
                assert_eq!(copy.memory().live, 0);
            }
        }
    }
}

/// With hashes that are all the same a node is a list: slow, but neither deeper nor much larger than any other.
#[test]
fn constant_hashes_cost_no_more_memory_and_no_deep_stack() {
    let good = Shape::Last.of(Kind::Uniform, 0..4_000).memory().reserved;
    let work = move || {
        let mut map = Shape::Last.of(Kind::Constant, 0..4_000);
        assert!(map.memory().reserved < 3 * good);
        assert_eq!(map.clone().len(), 4_000);
        map.retain(|_, value| value.id() % 4 == 0);
        map.compact();
        assert_eq!(map.iter().count(), 1_000);
        assert_eq!(map.remove_prefix(()), 1_000);
    };
    let thread = std::thread::Builder::new().stack_size(32 << 10);
    thread.spawn(work).expect("a thread").join().expect("room");
}

/// What an observer of the order learns of one map says nothing of another, whose key is its own.
#[test]
fn order_depends_on_the_key() {
    let orders: BTreeSet<Vec<u32>> = (0..20)
        .map(|_| {
            let map: NestedMap<(u32, u32), ()> = (0..200).map(|n| ((1, n), ())).collect();
            map.keys().map(|(_, n)| *n).collect()
        })
        .collect();
    assert_eq!(orders.len(), 20);
}

/// What entries leave behind goes back although others of their node stay.
#[test]
fn nodes_shrink_with_their_entries() {
    for shape in [Shape::First, Shape::Second, Shape::Last] {
        let mut map = shape.of(Kind::Uniform, 0..3_000);
        let full = map.memory().live;
        (10..3_000).for_each(|id| assert!(shape.remove(&mut map, id)));
        let left = map.memory().live;
        assert!(left * 8 < full, "{shape:?}: {left} of {full} bytes");
    }
}
