//! What `NestedMap` offers beyond keys and values: views to be changed, entries by value, errors, loose look-ups.

#![cfg(feature = "default-hasher")]

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Debug;
use std::iter::FusedIterator;
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

/// A part that cannot be copied takes its entry along: the length that an iterator tells stays right.
#[test]
fn length_after_a_clone_that_panics() {
    #[derive(PartialEq, Eq, Hash)]
    struct Single;
    impl Clone for Single {
        fn clone(&self) -> Self {
            panic!("no copy")
        }
    }
    let entries = (0..2_u8).map(|n| ((Single, n), n));
    let mut left = NestedMap::<(Single, u8), u8>::from_iter(entries).into_iter();
    assert!(catch_unwind(AssertUnwindSafe(|| left.next())).is_err());
    assert_eq!((left.len(), left.count()), (1, 1));
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

/// The iterators have the traits that std's have.
#[test]
fn iterators_have_the_traits_of_std() {
    fn exact<I: ExactSizeIterator + FusedIterator + Debug>(mut iter: I) -> (usize, usize, String) {
        let said = (iter.len(), format!("{iter:?}"));
        let count = iter.by_ref().count();
        assert!(iter.next().is_none() && iter.len() == 0);
        (said.0, count, said.1)
    }
    fn both<T: Send + Sync>(iter: T) -> T {
        iter
    }
    fn nothing<I: Iterator + Default>(_: &I) {
        assert!(I::default().next().is_none());
    }
    type Map = NestedMap<(Str, u8), char>;
    let build = || Map::from([(("a", 1), 'x')]);
    let mut map = build();
    let (iter, keys, values) = (both(map.iter()), both(map.keys()), both(map.values()));
    nothing(&iter);
    nothing(&keys);
    nothing(&values);
    assert_eq!(exact(iter.clone()), (1, 1, r#"[(("a", 1), 'x')]"#.into()));
    assert_eq!(exact(keys.clone()), (1, 1, r#"[("a", 1)]"#.into()));
    assert_eq!(exact(values.clone()), (1, 1, "['x']".into()));
    assert_eq!(exact(both(map.children(()))).2, r#"[("a", {1: 'x'})]"#);
    let iter = both(map.iter_mut());
    nothing(&iter);
    assert_eq!(exact(iter), (1, 1, r#"[(("a", 1), 'x')]"#.into()));
    let values = both(map.values_mut());
    nothing(&values);
    assert_eq!(exact(values), (1, 1, "['x']".into()));
    assert_eq!(
        exact(both(map.drain_prefix(("b",)))),
        (0, 0, "Drain { left: 0 }".into())
    );
    assert_eq!(exact(both(map.drain())), (1, 1, "Drain { left: 1 }".into()));
    let mut map = build();
    let mut gone = both(map.extract_if(|_, _| true));
    assert_eq!(
        (gone.size_hint(), format!("{gone:?}")),
        ((0, Some(1)), "ExtractIf { .. }".into())
    );
    assert_eq!(
        (gone.by_ref().count(), gone.next(), gone.size_hint()),
        (1, None, (0, Some(0)))
    );
    drop(gone);
    let (all, keys, values) = (
        build().into_iter(),
        build().into_keys(),
        build().into_values(),
    );
    nothing(&all);
    nothing(&keys);
    nothing(&values);
    assert_eq!(exact(both(all)), (1, 1, "IntoIter { left: 1 }".into()));
    assert_eq!(exact(both(keys)), (1, 1, "IntoKeys { left: 1 }".into()));
    assert_eq!(exact(both(values)), (1, 1, "IntoValues { left: 1 }".into()));
}

/// What is left is shown, not what has been there.
#[test]
fn iterators_show_what_is_left() {
    let mut map = NestedMap::<(u8, u8), char>::from([((1, 1), 'x'), ((1, 2), 'x'), ((2, 1), 'x')]);
    let (mut iter, mut keys) = (map.iter(), map.keys());
    let (first, _) = (iter.next(), keys.next());
    let rest: Vec<_> = map.iter().filter(|entry| Some(*entry) != first).collect();
    assert_eq!(format!("{iter:?}"), format!("{rest:?}"));
    let said = format!("{rest:?}");
    assert_eq!(
        format!("{keys:?}"),
        format!("{:?}", Vec::from_iter(keys.clone()))
    );
    let mut iter = map.iter_mut();
    *iter.next().unwrap().1 = 'y';
    assert_eq!(format!("{iter:?}"), said);
    let mut values = map.values_mut();
    *values.nth(1).unwrap() = 'z';
    assert_eq!(format!("{values:?}"), "['x']");
}

/// Values leave without a copy of their keys, which need no `Clone`.
#[test]
fn values_leave_without_their_keys() {
    #[derive(PartialEq, Eq, Hash)]
    struct Whole(u32);
    let entries = (0..100).map(|n| ((Whole(n % 7), Whole(n)), n.to_string()));
    let map = NestedMap::<(Whole, Whole), String>::from_iter(entries);
    let mut values = map.into_values();
    let first: Vec<_> = values.by_ref().take(30).collect();
    assert_eq!((first.len(), values.len()), (30, 70));
    let mut all: Vec<u32> = first
        .into_iter()
        .chain(values)
        .map(|n| n.parse().unwrap())
        .collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..100));
}

#[test]
fn extraction_stops_and_goes_on_where_it_was() {
    let build = || {
        NestedMap::<(Part, u32, u32), u32>::from_iter(
            (0..400).map(|n| ((Part(n % 4), n % 40, n), n)),
        )
    };
    let mut map = build();
    let mut odd = map.extract_if(|(_, _, n), value| {
        assert_eq!(n, value);
        n % 2 == 1
    });
    let some: Vec<_> = odd.by_ref().take(7).collect();
    drop(odd);
    check(&map);
    assert_eq!((map.len(), map.iter().count()), (393, 393));
    for ((a, b, c), n) in some {
        assert_eq!((a.0, b, c, n % 2), (n % 4, n % 40, n, 1));
        assert!(!map.contains_key((&a, b, c)));
    }
    // All of it: each first part is copied for all of its keys but the last.
    COPIES.set(0);
    let mut map = build();
    assert_eq!(map.extract_if(|_, _| true).count(), 400);
    assert_eq!(
        (map.len(), map.children(()).len(), COPIES.get()),
        (0, 0, 396)
    );
    check(&map);
    let mut map = build();
    assert_eq!(map.extract_if(|_, _| false).count(), 0);
    assert_eq!(map, build());
}

/// A node that a forgotten view has left empty is taken along.
#[test]
fn extraction_takes_empty_nodes_along() {
    let mut map = NestedMap::<(Str, u8, u8), u8>::from([(("a", 1, 1), 1), (("b", 2, 2), 2)]);
    let mut view = map.prefix_mut(("a", 1)).unwrap();
    view.clear();
    std::mem::forget(view);
    assert_eq!((map.len(), map.children(()).len()), (1, 2));
    assert_eq!(map.extract_if(|_, _| false).count(), 0);
    check(&map);
    assert_eq!((map.children(()).len(), map.stats().strings), (1, 1));
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

/// Nodes become smaller when the walk leaves them: at their end, or where it is dropped.
#[test]
fn extraction_gives_memory_back() {
    let live_after = |count: usize, forget: bool| {
        let mut map = NestedMap::<(u8, u32), u64>::from_iter((0..9_000).map(|n| ((1, n), 0)));
        let full = map.memory().live;
        let mut gone = map.extract_if(|(_, n), _| n % 100 != 0);
        assert_eq!(gone.by_ref().take(count).count(), count.min(8_910));
        if forget {
            std::mem::forget(gone);
        } else {
            drop(gone);
        }
        check(&map);
        map.memory().live * 100 / full
    };
    let (all, most, forgotten) = (
        live_after(9_000, false),
        live_after(8_900, false),
        live_after(8_900, true),
    );
    assert!(
        all <= 5 && most <= 5 && forgotten >= 95,
        "{all} {most} {forgotten}"
    );
}
