//! `ShardedNestedMap`: what each call does, what closures may not do, what many threads leave behind.

use super::*;
use tophash::{ShardedNestedMap, Str};

type Map = ShardedNestedMap<(Str, u32, u32), u64>;

fn name(n: u64) -> String {
    format!("n{n}")
}

fn check<K: tophash::NestedKey, V>(map: &ShardedNestedMap<K, V>) {
    #[cfg(tophash_check)]
    map.check_invariants();
    let _ = map;
}

type Oracle = BTreeMap<(String, u32, u32), u64>;

/// Random operations of one thread on its own first parts, against an ordered map.
fn work(map: &Map, thread: u64, steps: u64) -> Oracle {
    let mut random = Random(thread + 1);
    let mut oracle = BTreeMap::new();
    for step in 0..steps {
        let a = name(thread * 100 + random.below(6));
        let (b, c) = (random.below(9) as u32, random.below(60) as u32);
        let key = (a.as_str(), b, c);
        let full = (a.clone(), b, c);
        match random.below(40) {
            0..=15 => assert_eq!(map.insert(key, step), oracle.insert(full, step)),
            16..=25 => assert_eq!(map.remove(key), oracle.remove(&full)),
            26..=29 => assert_eq!(map.get(key), oracle.get(&full).copied()),
            30..=33 => {
                let there = add_one(oracle.entry(full).or_insert(7));
                assert_eq!(map.upsert(key, || 7, add_one), there);
            }
            34 => {
                let there = oracle.get_mut(&full).map(|v| *v += 2);
                assert_eq!(map.update(key, |v| *v += 2), there);
            }
            39 if step % 100 == 0 => {
                let mine: HashSet<_> = (0..6).map(|n| name(thread * 100 + n)).collect();
                map.retain(|(x, _, c), _| !mine.contains(x) || c % 5 != 0);
                oracle.retain(|(_, _, c), _| c % 5 != 0);
            }
            // What goes below a first part is a large part of all: now and then only.
            38 if step % 50 != 0 => {}
            which => by_prefix(map, &mut oracle, &a, b, which),
        }
        if step % 700 == 0 {
            check(map);
        }
    }
    oracle
}

/// Reads or removes what begins with `a`, or with `a` and `b`.
fn by_prefix(map: &Map, oracle: &mut Oracle, a: &str, b: u32, which: u64) {
    let before = oracle.len();
    match which {
        35 | 36 => {
            let there: Vec<_> = oracle
                .iter()
                .filter(|((x, y, _), _)| *x == a && *y == b)
                .collect();
            map.read_prefix((a, b), |view| {
                assert_eq!(view.len(), there.len());
                assert!(there.iter().all(|((_, _, c), v)| view.get((c,)) == Some(v)));
            });
            assert_eq!(map.contains_prefix((a, b)), !there.is_empty());
        }
        37 => {
            oracle.retain(|(x, y, _), _| *x != a || *y != b);
            assert_eq!(map.remove_prefix((a, b)), before - oracle.len());
        }
        38 => {
            oracle.retain(|(x, _, _), _| *x != a);
            assert_eq!(map.remove_prefix((a,)), before - oracle.len());
        }
        _ => {}
    }
}

fn contents(map: &Map) -> Oracle {
    let mut all = BTreeMap::new();
    map.for_each(|(a, b, c), value| {
        assert!(all.insert((a.to_string(), *b, *c), *value).is_none());
    });
    all
}

#[test]
fn one_thread_agrees_with_an_ordered_map() {
    for shards in [1, 5, 32] {
        let map = Map::with_shards(shards);
        let oracle = work(&map, 0, 20_000);
        assert_eq!(
            (map.len(), map.is_empty()),
            (oracle.len(), oracle.is_empty())
        );
        assert_eq!(contents(&map), oracle);
        map.compact();
        check(&map);
        assert_eq!(contents(&map), oracle);
        let memory = map.memory();
        assert!(memory.live > 0 && memory.live <= memory.reserved);
        map.clear();
        assert_eq!((map.len(), map.memory().live), (0, 0));
    }
}

#[test]
fn threads_keep_to_their_own_and_share_counters() {
    for shards in [1, 8] {
        let map = Map::with_shards(shards);
        let oracles: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|thread| {
                    let map = &map;
                    scope.spawn(move || {
                        for n in 0..2000 {
                            map.upsert(("shared", 0, n % 3), || 0, |v| *v += 1);
                        }
                        work(map, thread + 1, 8000)
                    })
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        check(&map);
        let shared: u64 = (0..3).map(|n| map.get(("shared", 0, n)).unwrap()).sum();
        assert_eq!((shared, map.remove_prefix(("shared",))), (8000, 3));
        let all: BTreeMap<_, _> = oracles.into_iter().flatten().collect();
        assert_eq!(contents(&map), all);
    }
}

#[test]
fn a_call_from_inside_panics() {
    let map = Map::with_shards(1);
    map.insert(("a", 1, 1), 1);
    let inner: [fn(&Map); 13] = [
        |map| drop(map.get(("a", 1, 1)).is_some()),
        |map| drop(map.contains_key(("b", 1, 1))),
        |map| drop(map.insert(("b", 1, 1), 1).is_some()),
        |map| map.upsert(("a", 1, 1), || 0, |_| ()),
        |map| drop(map.update(("a", 1, 1), |_| ()).is_some()),
        |map| drop(map.remove(("a", 1, 1)).is_some()),
        |map| drop(map.contains_prefix(("a",))),
        |map| drop(map.remove_prefix(("a",))),
        |map| map.for_each(|_, _| ()),
        |map| map.retain(|_, _| true),
        |map| drop(map.len()),
        |map| drop(map.memory()),
        |map| map.clear(),
    ];
    for inner in inner {
        let outer: [&dyn Fn(); 6] = [
            &|| drop(map.read(("a", 1, 1), |_| inner(&map)).is_some()),
            &|| map.upsert(("a", 1, 1), || 0, |_| inner(&map)),
            &|| drop(map.update(("a", 1, 1), |_| inner(&map)).is_some()),
            &|| map.read_prefix(("a",), |_| inner(&map)),
            &|| map.for_each(|_, _| inner(&map)),
            &|| {
                map.retain(|_, _| {
                    inner(&map);
                    true
                })
            },
        ];
        for outer in outer {
            let panic = catch_unwind(AssertUnwindSafe(outer)).expect_err("a call into its own map");
            let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
            let text = text
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap();
            assert!(text.contains("used again from inside"), "{text}");
            assert_eq!(map.get(("a", 1, 1)), Some(1));
        }
    }
    assert_eq!(
        map.read(("a", 1, 1), |_| format!("{map:?}")).unwrap(),
        "<in use>"
    );
    assert_eq!(format!("{map:?}"), r#"{("a", 1, 1): 1}"#);
    check(&map);
}

#[test]
fn closures_that_panic_leave_the_map_usable() {
    let map = Map::with_shards(1);
    map.insert(("a", 1, 1), 1);
    let caught = |call: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(call)).is_err());
    caught(&|| map.upsert(("b", 1, 1), || panic!("planned"), |_| ()));
    assert!(!map.contains_prefix(("b",)));
    caught(&|| {
        map.upsert(
            ("a", 1, 1),
            || 0,
            |v| {
                *v = 2;
                panic!("planned")
            },
        )
    });
    caught(&|| map.read_prefix(("a",), |_| panic!("planned")));
    caught(&|| map.retain(|_, _| panic!("planned")));
    check(&map);
    assert_eq!((map.len(), map.get(("a", 1, 1))), (1, Some(2)));
}

#[test]
fn clones_and_owned_entries_agree_with_an_ordered_map() {
    let map = Map::with_shards(5);
    let oracle = work(&map, 3, 2000);
    let mut copy = map.clone();
    assert_eq!(copy.shards(), 5);
    check(&copy);
    map.clear();
    assert_eq!(contents(&copy), oracle, "a clone is a map of its own");
    copy.extend([(("more", 1, 1), 1)]);
    (&copy).extend([(("more", 1, 2), 2)]);

    let mut entries = copy.into_iter();
    assert_eq!(entries.len(), oracle.len() + 2);
    let first = entries.next().expect("an entry");
    assert_eq!(entries.len(), oracle.len() + 1);
    let mut all: BTreeMap<_, _> = std::iter::once(first).chain(entries).collect();
    for last in [1, 2] {
        assert_eq!(all.remove(&("more".into(), 1, last)), Some(u64::from(last)));
    }
    let all: BTreeMap<_, _> = all
        .into_iter()
        .map(|((a, b, c), v)| ((a.to_string(), b, c), v))
        .collect();
    assert_eq!(all, oracle);
}

/// What an iterator does not return is dropped with it, and only once.
#[test]
fn an_iterator_that_is_left_drops_the_rest() {
    let counter = std::sync::Arc::new(());
    let value = || counter.clone();
    let entries = (0..100_u32).map(|n| ((n % 10, n), value()));
    let map: ShardedNestedMap<(u32, u32), std::sync::Arc<()>> = entries.collect();
    let copy = map.clone();
    let mut entries = map.into_iter();
    let taken: Vec<_> = entries.by_ref().take(7).collect();
    drop(entries);
    assert_eq!(std::sync::Arc::strong_count(&counter), 1 + 7 + 100);
    drop((taken, copy));
    assert_eq!(std::sync::Arc::strong_count(&counter), 1);
}

#[test]
fn a_clone_inside_of_a_closure_panics() {
    let map: Map = Map::from([(("a", 1, 1), 1)]);
    let clone = || map.read(("a", 1, 1), |_| map.clone());
    assert!(catch_unwind(AssertUnwindSafe(clone)).is_err());
    assert_eq!(map.clone().len(), 1);
}
