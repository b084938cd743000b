//! The iterators of `NestedMap`: what they have of std's, and what becomes of the map while they take entries out.

#![cfg(feature = "default-hasher")]

use std::cell::Cell;
use std::fmt::Debug;
use std::iter::FusedIterator;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tophash::{NestedMap, Str};

fn check<K: tophash::NestedKey, V>(map: &NestedMap<K, V>) {
    #[cfg(tophash_check)]
    map.check_invariants();
    let _ = map;
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
