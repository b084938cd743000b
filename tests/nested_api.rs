//! What `NestedMap` offers beyond keys and values: views to be changed, entries by value, errors, loose look-ups.

#![cfg(feature = "default-hasher")]

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use tophash::nested_map::PrefixEntry;
use tophash::{NestedError, NestedMap, Str};

fn check<K: tophash::NestedKey, V>(map: &NestedMap<K, V>) {
    #[cfg(tophash_check)]
    map.check_invariants();
    let _ = map;
}

/// What maps in maps of std are as well: a closure that uses one can be caught.
#[test]
fn unwinding() {
    fn both<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>(_: &T) {}
    let mut map = NestedMap::<(Str, String, u32), Vec<u8>>::from([(("a", "b", 1), vec![1])]);
    both(&map);
    assert!(catch_unwind(|| map[("a", "b", &2)].len()).is_err());
    map.on_watermark(|_| ());
    both(&map);
}

#[test]
fn a_view_is_emptied_and_filled_again() {
    let mut map =
        NestedMap::<(Str, Str, u32), u32>::from_iter((0..300).map(|n| (("a", "b", n), n)));
    map.insert(("c", "d", 0), 7);
    for round in 0..3 {
        let mut view = map.prefix_mut(("a", "b")).unwrap();
        view.clear();
        assert_eq!(
            (view.len(), view.is_empty(), view.iter().count()),
            (0, true, 0)
        );
        assert_eq!(view.insert((round,), round), None);
        *view.entry((round + 1,)).or_default() += 5;
        assert_eq!(view.remove((round,)), Some(round));
        assert_eq!(view.as_prefix().values().sum::<u32>(), 5);
        assert_eq!(format!("{view:?}"), format!("{{{}: 5}}", round + 1));
        drop(view);
        check(&map);
        assert_eq!(map.len(), 2);
    }
    map.prefix_mut(("a",)).unwrap().retain(|(_, _), _| false);
    check(&map);
    assert!(!map.contains_prefix(("a",)) && map.prefix_mut(("a", "b")).is_none());
    assert_eq!((map.children(()).count(), map.stats().strings), (1, 2));

    let mut all = map.prefix_mut(()).unwrap();
    assert_eq!(all.remove_prefix(("c", "d")), 1);
    drop(all);
    check(&map);
    assert!(map.prefix_mut(()).is_none() && map.is_empty());
}

#[test]
fn an_entry_of_a_prefix_makes_it_exist() {
    let mut map: NestedMap<(String, Str, u8), u32> = NestedMap::new();
    map.prefix_entry(()).or_insert(("a", "b", 1), 1);
    map.prefix_entry(("a",))
        .and_modify(|view| view.clear())
        .or_insert(("c", 2), 2);
    assert_eq!(
        map.iter().collect::<Vec<_>>(),
        [((&"a".to_string(), "c", &2), &2)]
    );
    let PrefixEntry::Vacant(prefix) = map.prefix_entry((String::from("x"), "y")) else {
        panic!("there is one");
    };
    *prefix.insert((3,), 3) += 1;
    assert_eq!(map[("x", "y", 3)], 4);
    map.set_memory_limit(Some(0));
    let PrefixEntry::Vacant(prefix) = map.prefix_entry(("z".repeat(10_000),)) else {
        panic!("there is one");
    };
    let long = "y".repeat(40_000);
    let refused = prefix.try_insert((long, 3), 9).unwrap_err();
    assert_eq!(refused.value, 9);
    check(&map);
    assert_eq!(map.len(), 2);
}

/// Counts its copies.
#[derive(PartialEq, Eq, Hash, Debug)]
struct Part(u32);

thread_local! { static COPIES: Cell<usize> = const { Cell::new(0) }; }

impl Clone for Part {
    fn clone(&self) -> Self {
        COPIES.set(COPIES.get() + 1);
        Part(self.0)
    }
}

#[test]
fn shared_parts_are_copied_for_all_but_the_last_key() {
    /// Cannot be copied, and need not be.
    #[derive(PartialEq, Eq, Hash, Debug)]
    struct Last(u32);
    let build = || {
        NestedMap::<(Part, Part, Last), u32>::from_iter(
            (0..120).map(|n| ((Part(n % 2), Part(n % 6), Last(n)), n)),
        )
    };
    let mut taken: Vec<_> = build().into_iter().collect();
    // 120 keys of 2 first parts and 6 second ones.
    assert_eq!(COPIES.replace(0), 118 + 114);
    taken.sort_by_key(|(_, value)| *value);
    for (n, ((a, b, c), value)) in (0..).zip(taken) {
        assert_eq!((a.0, b.0, c.0, value), (n % 2, n % 6, n, n));
    }
    let mut map = build();
    let mut drained = map.drain_prefix((&Part(1), &Part(3)));
    assert_eq!(drained.len(), 20);
    assert_eq!(drained.by_ref().take(5).count(), 5);
    assert_eq!(drained.len(), 15);
    drop(drained);
    check(&map);
    assert_eq!((map.len(), COPIES.get()), (100, 0));
    let mut iter = map.into_iter();
    assert!(iter.next().is_some());
    assert_eq!(iter.len(), 99);
}

#[test]
fn a_forgotten_drain_is_out_of_the_map() {
    let mut map = NestedMap::<(Str, Str), u32>::from_iter(
        (0..50).map(|n| ((format!("{}", n % 3), format!("{n}")), n)),
    );
    let mut drain = map.drain_prefix(("1",));
    drain.next();
    std::mem::forget(drain);
    assert_eq!((map.len(), map.contains_prefix(("1",))), (33, false));
    map.insert(("1", "1"), 1);
    assert_eq!(map.drain_prefix(()).count(), 34);
}

#[test]
fn errors_tell_what_to_do() {
    type Map = NestedMap<(Str, Str), u64>;
    let said = |error: &NestedError| error.to_string();

    let error = Map::with_shape(&[100, usize::MAX]).unwrap_err();
    assert_eq!(error, NestedError::ShapeOverflow { level: 1 });
    let error = Map::with_shape(&[usize::MAX >> 12, usize::MAX >> 12]).unwrap_err();
    assert_eq!(error, NestedError::ShapeOverflow { level: 1 });
    assert!(said(&error).contains("mean number"));
    assert!(matches!(
        Map::with_shape(&[usize::MAX / 2]),
        Err(NestedError::ShapeOverflow { level: 0 })
    ));

    let mut map = Map::new();
    map.set_memory_limit(Some(100));
    let refused = map.try_insert(("a", "b"), 1).unwrap_err();
    let NestedError::LimitTooSmall { limit: 100, needed } = refused.error else {
        panic!("{refused:?}");
    };
    assert!(said(&refused.error).contains(&format!("set one of {needed} bytes or more")));
    assert_eq!((refused.value, map.len(), map.memory().reserved), (1, 0, 0));

    map.set_memory_limit(Some(needed + 20_000));
    assert_eq!(map.try_insert(("a", "b"), 1), Ok(None));
    let long = "x".repeat(30_000);
    let refused = map.try_insert(("a", long.as_str()), 2).unwrap_err();
    let limit = Some(needed + 20_000);
    assert_eq!(
        refused.error,
        NestedError::PartTooLong {
            bytes: 30_000,
            limit
        }
    );
    assert!(said(&refused.error).contains("shorten the part"));
    assert_eq!(refused.to_string(), said(&refused.error));

    let refused = (0..)
        .find_map(|n: u64| map.try_insert((n.to_string(), "b"), n).err())
        .unwrap();
    let NestedError::LimitReached { limit, needed } = refused.error else {
        panic!("{refused:?}");
    };
    assert!(limit < needed && said(&refused.error).contains("raise the limit"));
    assert_eq!(refused.value + 1, map.len() as u64);
    check(&map);

    let text = |error: Box<dyn std::any::Any + Send>| *error.downcast::<String>().unwrap();
    let before = map.len();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        (0..1000).for_each(|n| _ = map.insert(("c", n.to_string()), n));
    }));
    assert!(text(panic.unwrap_err()).contains("raise the limit to"));
    assert!(map.len() >= before && map.len() < before + 1000);
    check(&map);
    map.set_memory_limit(None);
    map.insert(("a", long), 2);
    check(&map);
}

#[test]
fn string_parts_are_found_by_any_string() {
    let mut map: NestedMap<(Str, Str), u32> = NestedMap::new();
    let (owned, boxed): (String, Box<str>) = ("a".into(), "b".into());
    let cow = Cow::Borrowed("a");
    map.insert((&owned, &boxed), 1);
    map.insert((cow.clone(), boxed.clone()), 2);
    map.insert((&cow, Cow::Owned(String::from("b"))), 3);
    assert_eq!(map.len(), 1);
    assert_eq!(map.get(("a", "b")), Some(&3));
    assert_eq!(map.get((&"a", &boxed)), Some(&3));
    assert_eq!(map.get((&owned, &&*boxed)), Some(&3));
    assert_eq!(map.get((owned.clone(), boxed.clone())), Some(&3));
    assert_eq!(map.get((cow.clone(), Cow::Borrowed("b"))), Some(&3));
    assert_eq!(map.get((&cow, &Rc::<str>::from("b"))), Some(&3));
    assert_eq!(map.prefix((&Arc::<str>::from("a"),)).len(), 1);
    for name in &["a", "x"] {
        assert_eq!(map.contains_prefix((name,)), *name == "a");
    }
    assert_eq!(map.remove((&owned, &cow)), None);
    assert_eq!(map.remove_prefix((owned,)), 1);
    check(&map);
}

/// Panics when it is dropped and armed, once.
struct Loud;

thread_local! { static ARMED: Cell<bool> = const { Cell::new(false) }; }

impl Drop for Loud {
    fn drop(&mut self) {
        assert!(!ARMED.replace(false), "as planned");
    }
}

#[test]
fn a_panic_in_retain_leaves_no_empty_node() {
    for nodes in [1, 2, 17, 60] {
        for leaves in [1, 2, 5, 40] {
            for stop in [0, 1, leaves / 2, leaves - 1, leaves * nodes - 1] {
                if stop >= leaves * nodes {
                    continue;
                }
                let all = (0..nodes).flat_map(|a| (0..leaves).map(move |b| ((a, 1_u8, b), Loud)));
                let mut map = NestedMap::<(u32, u8, u32), Loud>::from_iter(all);
                // The destructor of a value panics when its node has lost everything, or nearly.
                let mut seen = 0;
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    map.retain(|_, _| {
                        ARMED.set(seen == stop);
                        seen += 1;
                        false
                    });
                }));
                assert!(caught.is_err());
                check(&map);
                assert_eq!(map.iter().count(), map.len());
                assert!(map.children(()).all(|(_, below)| !below.is_empty()));
                // The predicate panics.
                let (mut seen, before) = (0, map.len());
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    map.retain(|_, _| {
                        seen += 1;
                        assert!(seen <= stop);
                        false
                    });
                }));
                assert_eq!(caught.is_err(), before > stop as usize);
                check(&map);
                assert!(map.children(()).all(|(_, below)| !below.is_empty()));
            }
        }
    }
}

/// The length of a string is stored in one byte as far as that goes.
#[test]
fn strings_of_every_length_come_back() {
    let long = "0123456789".repeat(7_000);
    let lengths: Vec<usize> = (0..600).chain([65_535, 65_536, 70_000]).collect();
    let mut map: NestedMap<(Str, Str), usize> = NestedMap::new();
    for &length in &lengths {
        map.insert((&long[..length], "b"), length);
    }
    check(&map);
    for &length in &lengths {
        assert_eq!(map[(&long[..length], "b")], length);
    }
    assert!(map.iter().all(|((a, _), &length)| *a == long[..length]));
    for &length in lengths.iter().filter(|&&length| length % 2 == 0) {
        assert_eq!(map.remove((&long[..length], "b")), Some(length));
    }
    check(&map);
    assert_eq!((map.len(), map.stats().strings), (301, 302));
}

/// A node of more than 16,384 entries is a table, whose block lies side by side with those of other nodes.
#[test]
fn several_nodes_of_very_many_entries() {
    for each in [16_500, 21_000] {
        let entries = || (0..4 * each).map(|n: u32| (((n % 4) as u8, n), n));
        let mut map = NestedMap::<(u8, u32), u32>::from_iter(entries());
        check(&map);
        assert!(entries().all(|(key, n)| map.get(key) == Some(&n)));
        map.retain(|_, &mut n| n % 8 < 4);
        check(&map);
        assert_eq!(map.len(), 2 * each as usize);
        assert!(
            map.iter()
                .all(|((&a, &b), &n)| (u32::from(a), b) == (n % 4, n))
        );
    }
}
