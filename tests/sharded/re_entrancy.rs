//! Calls from inside of a closure end in a panic with a clear sentence, and the map works on.

use super::*;

type Map = ShardedMap<u32, u32>;

fn refused(call: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("a call into its own map");
    let text = panic.downcast_ref::<&str>().map(|s| String::from(*s));
    let text = text
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap();
    assert!(
        text.contains("used again from inside of one of its own closures"),
        "{text}"
    );
}

/// Each call that locks.
const INNER: [fn(&Map); 20] = [
    |map| drop(map.get(&1)),
    |map| drop(map.get(&2)),
    |map| drop(map.read(&1, |v| *v)),
    |map| drop(map.contains_key(&1)),
    |map| drop(map.insert(1, 1)),
    |map| drop(map.remove(&1)),
    |map| drop(map.update(&2, |v| *v += 1)),
    |map| map.upsert(3, || 1, |_| ()),
    |map| drop(map.compute(1, |_| Change::Keep)),
    |map| drop(map.len()),
    |map| drop(map.is_empty()),
    |map| map.retain(|_, _| true),
    |map| map.for_each(|_, _| ()),
    |map| drop(map.snapshot().count()),
    |map| drop(map.drain()),
    |map| map.clear(),
    |map| map.shrink_to_fit(),
    |map| map.reserve(5),
    |map| map.extend([(1, 1)]),
    |map| drop(map.get_many([&1])),
];

fn outer(map: &Map, inner: fn(&Map)) {
    refused(|| drop(map.read(&1, |_| inner(map))));
    refused(|| drop(map.update(&1, |_| inner(map))));
    refused(|| map.upsert(1, || 0, |_| inner(map)));
    refused(|| {
        map.upsert(
            77,
            || {
                inner(map);
                0
            },
            |_| (),
        )
    });
    refused(|| {
        drop(map.compute(1, |_| {
            inner(map);
            Change::Keep
        }))
    });
    refused(|| map.for_each(|_, _| inner(map)));
    refused(|| map.fold((), |(), _, _| inner(map)));
    refused(|| {
        map.retain(|_, _| {
            inner(map);
            true
        })
    });
}

#[test]
fn is_refused() {
    let map = Map::with_shards(4);
    map.extend((0..20).map(|n| (n, n)));
    for inner in INNER {
        outer(&map, inner);
        assert_eq!((map.len(), map.get(&1)), (20, Some(1)));
    }
    // The way out of a panic is the way out: nothing is left locked for other threads either.
    thread::scope(|s| drop(s.spawn(|| map.extend((0..100).map(|n| (n, 0))))));
    assert_eq!(map.len(), 100);
}

#[test]
fn between_calls_is_fine() {
    let map = Map::from([(1, 1), (2, 2)]);
    for (k, v) in &map {
        map.insert(k + 10, v);
        map.remove(&k);
    }
    for (k, _) in map.drain() {
        map.insert(k, 0);
    }
    assert_eq!(map.len(), 2);
}

#[test]
fn other_maps_are_fine() {
    let (a, b) = (Map::from([(1, 1)]), Map::from([(1, 1)]));
    let sum = a.read(&1, |x| b.read(&1, |y| x + y));
    assert_eq!(sum, Some(Some(2)));
    // But not the way back.
    refused(|| drop(a.read(&1, |_| b.update(&1, |_| a.len()))));
    assert_eq!((a.len(), b.len()), (1, 1));
    // As many as one likes, up to a point that is told.
    let maps: Vec<Map> = (0..17).map(|_| Map::from([(1, 1)])).collect();
    fn nest(maps: &[Map]) -> u32 {
        match maps {
            [] => 0,
            [first, rest @ ..] => first.read(&1, |v| v + nest(rest)).unwrap(),
        }
    }
    assert_eq!(nest(&maps[..16]), 16);
    assert!(catch_unwind(AssertUnwindSafe(|| nest(&maps))).is_err());
    assert_eq!(nest(&maps[1..]), 16);
}

/// Two threads in the same map at once are no re-entrancy, as long as they want different shards.
#[test]
fn other_threads_are_fine() {
    let map = Map::with_shards(8);
    map.extend((0..100).map(|n| (n, n)));
    // Of a hundred keys some are in another shard than the one that is locked.
    let inside = AtomicUsize::new(0);
    thread::scope(|s| {
        let look_up = |key| {
            let (map, inside) = (&map, &inside);
            s.spawn(move || {
                assert_eq!(map.get(&key), Some(key));
                inside.fetch_add(1, Relaxed);
            })
        };
        let threads = map.read(&1, |_| {
            let threads: Vec<_> = (0..100).map(look_up).collect();
            while inside.load(Relaxed) == 0 {
                thread::yield_now();
            }
            threads
        });
        for thread in threads.into_iter().flatten() {
            thread.join().unwrap();
        }
    });
    assert_eq!(inside.into_inner(), 100);
}

/// The code of keys and values runs inside of the lock as well.
#[test]
fn keys_and_values_are_refused_too() {
    thread_local! { static MAP: Rc<ShardedMap<Caller, u8>> = Rc::new(ShardedMap::with_shards(1)); }
    struct Caller(u8);
    impl Hash for Caller {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }
    impl PartialEq for Caller {
        fn eq(&self, other: &Self) -> bool {
            MAP.with(|map| map.len());
            self.0 == other.0
        }
    }
    impl Eq for Caller {}
    let map = MAP.with(Rc::clone);
    map.insert(Caller(1), 1);
    refused(|| drop(map.get(&Caller(1))));
    assert_eq!(map.len(), 1);
}
