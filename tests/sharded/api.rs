//! What each call does.

use super::*;

fn squares(n: u64) -> ShardedMap<u64, u64> {
    (0..n).map(|k| (k, k * k)).collect()
}

#[test]
fn by_key() {
    let map = ShardedMap::new();
    assert_eq!(map.insert(String::from("a"), 1), None);
    assert_eq!(map.insert(String::from("a"), 2), Some(1));
    assert_eq!((map.get("a"), map.get("b")), (Some(2), None));
    assert!(map.contains_key("a") && !map.contains_key("b"));
    assert_eq!(map.read("a", |v| v + 1), Some(3));
    assert_eq!(map.update("a", |v| std::mem::replace(v, 5)), Some(2));
    assert_eq!(map.update("b", |v| *v = 9), None);
    assert_eq!((map.len(), map.is_empty()), (1, false));
    assert_eq!((map.remove("a"), map.remove("a")), (Some(5), None));
    assert!(map.is_empty());
}

#[test]
fn upsert() {
    let map = ShardedMap::new();
    for expected in 1..=3 {
        let count = map.upsert(
            "k",
            || 0,
            |n| {
                *n += 1;
                *n
            },
        );
        assert_eq!(count, expected);
    }
    assert_eq!(map.upsert("k", || unreachable!(), |n| *n), 3);
}

#[test]
fn compute() {
    let map = ShardedMap::with_shards(1);
    // A Keep on what is not there, as often as one likes, leaves no trace.
    for k in 0..100 {
        assert_eq!(
            map.compute(k, |v| {
                assert!(v.is_none());
                Change::Keep
            }),
            None
        );
        assert_eq!(map.compute(k, |_| Change::Remove), None);
    }
    assert_eq!(map.len(), 0);
    assert_eq!(map.compute(1, |_| Change::Put("a")), None);
    assert_eq!(
        map.compute(1, |v| Change::Put(if v == Some(&mut "a") {
            "b"
        } else {
            "?"
        })),
        Some("a")
    );
    assert_eq!(
        map.compute(1, |v| {
            *v.unwrap() = "c";
            Change::Keep
        }),
        None
    );
    assert_eq!(map.get(&1), Some("c"));
    assert_eq!(map.compute(1, |_| Change::Remove), Some("c"));
    assert!(map.is_empty());
}

#[test]
fn over_all() {
    let map = squares(10_000);
    assert_eq!(map.len(), 10_000);
    assert_eq!(map.fold(0, |sum, k, _| sum + k), 49_995_000);
    let mut seen = 0;
    map.for_each(|k, v| {
        assert_eq!(k * k, *v);
        seen += 1
    });
    assert_eq!(seen, 10_000);
    map.retain(|k, v| {
        *v += 1;
        k % 10 == 0
    });
    assert_eq!(
        (map.len(), map.get(&20), map.get(&21)),
        (1000, Some(401), None)
    );
    let keys: HashSet<u64> = map.snapshot().map(|(k, _)| k).collect();
    assert_eq!(keys, (0..1000).map(|k| k * 10).collect());
    let mut drained = map.drain();
    assert_eq!((map.len(), drained.len()), (0, 1000));
    drained.by_ref().take(300).for_each(drop);
    assert_eq!((drained.len(), drained.count()), (700, 700));
}

#[test]
fn whole_maps() {
    let map = squares(100);
    let copy = map.clone();
    map.clear();
    assert_eq!(
        (map.len(), copy.len(), copy.shards()),
        (0, 100, map.shards())
    );
    assert_eq!((&copy).into_iter().count(), 100);
    let mut entries: Vec<_> = copy.into_iter().collect();
    entries.sort();
    assert_eq!(entries[99], (99, 9801));
    let mut map: ShardedMap<_, _> = ShardedMap::from([(1, 2)]);
    Extend::extend(&mut map, [(2, 3)]);
    Extend::extend(&mut &map, [(2, 4)]);
    assert_eq!((map.len(), map.get(&2)), (2, Some(4)));
    map.remove(&2);
    assert_eq!(format!("{map:?}"), "{1: 2}");
    map.read(&1, |_| assert_eq!(format!("{map:?}"), "<in use>"));
    assert_eq!(ShardedMap::<u8, u8>::default().len(), 0);
}

#[test]
fn batches() {
    let map = squares(1000);
    let keys: Vec<u64> = (0..3000).rev().collect();
    let expected: Vec<_> = keys.iter().map(|k| (*k < 1000).then(|| k * k)).collect();
    assert_eq!(map.get_each(&keys), expected);
    let some: [&u64; 100] = std::array::from_fn(|i| &keys[i + 1950]);
    assert_eq!(map.get_many(some)[..], expected[1950..2050]);
    assert_eq!(map.get_many::<u64, 0>([]), []);

    // 2000 entries of 500 new and 500 known keys, each key twice.
    let entries: Vec<(u64, u64)> = (0..2000).map(|i| (500 + i % 1000, i)).collect();
    let old = map.insert_many(entries);
    assert!((0..500).all(|i| old[i] == Some((i as u64 + 500).pow(2))));
    assert!((500..1000).all(|i| old[i].is_none()));
    assert!((1000..2000).all(|i| old[i] == Some(i as u64 - 1000)));
    assert_eq!(
        (map.len(), map.get(&500), map.get(&1499)),
        (1500, Some(1000), Some(1999))
    );
    map.extend((0..5000).map(|k| (k, 0)));
    assert_eq!((map.len(), map.fold(0, |sum, _, v| sum + v)), (5000, 0));
}

#[test]
fn capacity() {
    let map: ShardedMap<u64, u64> = ShardedMap::with_capacity(100_000);
    let (capacity, bytes) = (map.capacity(), map.allocation_size());
    assert!(capacity >= 100_000);
    map.extend((0..100_000).map(|k| (k, k)));
    assert_eq!(map.capacity(), capacity, "what was reserved is enough");
    map.retain(|k, _| *k < 100);
    assert!(map.capacity() >= 100_000 / 2, "what was reserved is kept");
    map.shrink_to_fit();
    assert!(map.allocation_size() < bytes / 20);
    assert_eq!(map.len(), 100);
    for shards in [0, 1, 3, 512, 100_000] {
        let map: ShardedMap<u64, u64> = ShardedMap::with_shards(shards);
        assert_eq!(map.shards(), shards.clamp(1, 512));
        map.extend((0..5000).map(|k| (k, k)));
        assert!((0..5000).all(|k| map.get(&k) == Some(k)));
        map.reserve(1);
    }
}

/// What removal frees goes back without being asked for.
#[test]
fn memory_comes_back() {
    let map = squares(400_000);
    let full = map.allocation_size();
    for k in 400..400_000 {
        map.remove(&k);
    }
    assert!(
        map.allocation_size() < full / 20,
        "{} of {full}",
        map.allocation_size()
    );
    assert!((0..400).all(|k| map.get(&k) == Some(k * k)));
}

/// A hasher with which all keys meet in one shard, one group and one tag.
#[test]
fn colliding_keys() {
    #[derive(Default)]
    struct Zero;
    impl Hasher for Zero {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, _: &[u8]) {}
    }
    let map: ShardedMap<u32, u32, BuildHasherDefault<Zero>> = ShardedMap::default();
    map.extend((0..500).map(|k| (k, k)));
    assert!((0..500).all(|k| map.get(&k) == Some(k)));
    assert_eq!(map.get_each(&[3, 700, 3]), [Some(3), None, Some(3)]);
    (0..500).for_each(|k| assert_eq!(map.remove(&k), Some(k)));
    assert!(map.is_empty());
}
