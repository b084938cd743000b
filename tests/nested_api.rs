//! What `NestedMap` offers beyond keys and values: views to be changed, entries by value, errors, loose look-ups.

#![cfg(feature = "default-hasher")]

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use tophash::nested_map::{Entry, PrefixEntry};
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

#[test]
fn an_entry_has_the_key_that_was_given() {
    let mut map: NestedMap<(Str, String), u32> = NestedMap::new();
    let entry = map.entry(("a", String::from("b")));
    assert_eq!(entry.key(), &("a", String::from("b")));
    assert_eq!(format!("{entry:?}"), r#"Entry(VacantEntry(("a", "b")))"#);
    let Entry::Vacant(entry) = entry else {
        panic!("there is none");
    };
    assert_eq!(entry.into_key(), ("a", String::from("b")));
    let mut entry = map.entry(("a", String::from("b"))).insert_entry(1);
    assert_eq!(entry.insert(2), 1);
    assert_eq!(
        format!("{entry:?}"),
        r#"OccupiedEntry { key: ("a", "b"), value: 2, .. }"#
    );
    assert_eq!(entry.remove_entry(), (("a", String::from("b")), 2));
    assert!(map.is_empty());
    let made = |(a, b): &(&str, &str)| (a.len() + b.len()) as u32;
    *map.entry(("aa", "bb")).or_insert_with_key(made) += 1;
    *map.entry(("aa", "bb")).or_insert_with_key(made) += 1;
    assert_eq!(
        map.get_key_value(("aa", "bb")),
        Some((("aa", &"bb".to_string()), &6))
    );
    assert_eq!(map.get_key_value(("aa", "b")), None);
    assert_eq!(map.get_key_value(("a", "bb")), None);
    map.set_memory_limit(Some(0));
    let entry = map.entry(("x".repeat(9_000), "c"));
    let said = catch_unwind(AssertUnwindSafe(|| drop(entry.insert_entry(1))));
    assert!(said.is_err() && map.len() == 1);
    check(&map);
}

#[test]
fn views_compare_and_walk() {
    let mut map = NestedMap::<(u8, u8, u8), u8>::from([
        ((1, 1, 1), 1),
        ((2, 1, 1), 1),
        ((3, 1, 2), 1),
        ((4, 1, 1), 2),
    ]);
    let one = map.prefix((1,));
    assert!(one == map.prefix((2,)) && one != map.prefix((3,)) && one != map.prefix((4,)));
    assert!(one != map.prefix((5,)) && map.prefix((5,)) != one);
    assert_eq!(one[(1, 1)], 1);
    assert!(catch_unwind(|| one[(1, 2)]).is_err());
    let mut view = map.prefix_mut((4,)).unwrap();
    for ((_, last), value) in &mut view {
        *value += last;
    }
    assert_eq!((&view).into_iter().next(), Some(((&1, &1), &3)));
    drop(view);
    for ((_, _, last), value) in &mut map {
        *value *= last;
    }
    assert_eq!(map[(3, 1, 2)], 2);
}

/// To and from maps in maps of std, of hashbrown and of this crate, in any mixture.
#[test]
fn maps_in_maps_of_every_kind() {
    use std::collections::{BTreeMap, HashMap};
    type Mixed = BTreeMap<String, hashbrown::HashMap<u8, HashMap<String, u32>>>;
    type Brown = hashbrown::HashMap<String, hashbrown::HashMap<u8, tophash::HashMap<String, u32>>>;
    let keys = || (0..300_u32).map(|n| (format!("{}", n % 5), (n % 30) as u8, n.to_string(), n));
    let map =
        NestedMap::<(Str, u8, String), u32>::from_iter(keys().map(|(a, b, c, n)| ((a, b, c), n)));
    let (mut mixed, mut brown) = (Mixed::new(), Brown::new());
    for (a, b, c, n) in keys() {
        let there = mixed.entry(a.clone()).or_default().entry(b).or_default();
        there.insert(c.clone(), n);
        brown
            .entry(a)
            .or_default()
            .entry(b)
            .or_default()
            .insert(c, n);
    }
    assert!(map.to_nested::<Mixed>() == mixed && map.to_nested::<Brown>() == brown);
    assert_eq!(map, NestedMap::from_nested(mixed));
    assert_eq!(map, NestedMap::from_nested(brown));
}

/// `Display` of the figures is a table with a line for each level and each figure of memory.
#[test]
fn figures_are_shown_as_a_table() {
    let map =
        NestedMap::<(Str, u8), char>::from([(("a", 1), 'x'), (("a", 2), 'y'), (("b", 1), 'z')]);
    let (stats, shown) = (map.stats(), map.stats().to_string());
    let lines: Vec<_> = shown.lines().collect();
    let words = |line: usize| lines[line].split_whitespace().collect::<Vec<_>>();
    assert_eq!(
        words(0),
        ["level", "entries", "bare", "blocks", "tables", "bytes"]
    );
    assert_eq!(words(1)[..5], ["1", "2", "0", "1", "0"]);
    assert_eq!(words(2)[..5], ["2", "3", "1", "1", "0"]);
    assert_eq!(words(3), ["strings", "2"]);
    for (word, figure) in [
        ("reserved", stats.memory.reserved),
        ("live", stats.memory.live),
    ] {
        let line = lines.iter().find(|line| line.contains(word)).unwrap();
        assert!(line.contains(&figure.to_string()), "{shown}");
    }
}
