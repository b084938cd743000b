//! `NestedMap` against maps in maps of std.

#![cfg(feature = "default-hasher")]

mod support;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use support::hashers::Random;
use support::nested_ops;
use tophash::{NestedMap, Str};

/// The model: what `NestedMap<(Str, String, i64), u32>` takes the place of.
type InMaps = BTreeMap<String, BTreeMap<String, BTreeMap<i64, u32>>>;

#[derive(Clone, Debug)]
enum Op {
    Insert(u8, u8, u16, u32),
    Entry(u8, u8, u16, u32),
    Remove(u8, u8, u16),
    RemoveFirst(u8),
    RemoveSecond(u8, u8),
    DrainSecond(u8, u8),
    Retain(u32),
    Compact,
    Clone,
    Clear,
}

/// Parts from narrow ranges, so that they meet; the last one from a range that fills tables.
fn op() -> impl Strategy<Value = Op> {
    let key = || (0..5_u8, 0..20_u8, 0..60_u16);
    prop_oneof![
        40 => (key(), any::<u32>()).prop_map(|((a, b, c), v)| Op::Insert(a, b, c, v)),
        20 => (key(), 0..100_u32).prop_map(|((a, b, c), v)| Op::Entry(a, b, c, v)),
        30 => key().prop_map(|(a, b, c)| Op::Remove(a, b, c)),
        2 => (0..5_u8).prop_map(Op::RemoveFirst),
        2 => (0..5_u8, 0..20_u8).prop_map(|(a, b)| Op::RemoveSecond(a, b)),
        2 => (0..5_u8, 0..20_u8).prop_map(|(a, b)| Op::DrainSecond(a, b)),
        1 => (1..5_u32).prop_map(Op::Retain),
        1 => Just(Op::Compact),
        1 => Just(Op::Clone),
        1 => Just(Op::Clear),
    ]
}

fn s(n: u8) -> String {
    "x".repeat(usize::from(n % 7)) + &n.to_string()
}

/// A map, and maps in maps that the same is done to.
#[derive(Default)]
struct Both {
    map: NestedMap<(Str, String, i64), u32>,
    model: InMaps,
}

impl Both {
    fn step(&mut self, op: Op) {
        let Both { map, model } = self;
        match op {
            Op::Insert(a, b, c, v) => {
                let inner = model.entry(s(a)).or_default().entry(s(b)).or_default();
                let old = map.insert((s(a).as_str(), s(b), i64::from(c)), v);
                assert_eq!(old, inner.insert(c.into(), v));
            }
            Op::Entry(a, b, c, v) => {
                let inner = model.entry(s(a)).or_default().entry(s(b)).or_default();
                *inner.entry(c.into()).or_insert(7) ^= v;
                *map.entry((s(a), s(b).as_str(), i64::from(c))).or_insert(7) ^= v;
            }
            Op::Remove(a, b, c) => {
                let inner = model.get_mut(&s(a)).and_then(|m| m.get_mut(&s(b)));
                let old = map.remove((s(a).as_str(), s(b).as_str(), i64::from(c)));
                assert_eq!(old, inner.and_then(|m| m.remove(&i64::from(c))));
            }
            Op::RemoveFirst(a) => {
                let gone = model.remove(&s(a)).unwrap_or_default();
                let gone = gone.values().map(BTreeMap::len).sum();
                assert_eq!(map.remove_prefix((s(a).as_str(),)), gone);
            }
            Op::RemoveSecond(a, b) => {
                let gone = model.get_mut(&s(a)).and_then(|m| m.remove(&s(b)));
                let gone = gone.map_or(0, |inner| inner.len());
                assert_eq!(map.remove_prefix((s(a).as_str(), s(b).as_str())), gone);
            }
            Op::DrainSecond(a, b) => {
                let gone = model.get_mut(&s(a)).and_then(|m| m.remove(&s(b)));
                let drained = map.drain_prefix((s(a).as_str(), s(b).as_str()));
                let drained: BTreeMap<_, _> = drained.map(|((c,), v)| (c, v)).collect();
                assert_eq!(drained, gone.unwrap_or_default());
            }
            Op::Retain(n) => self.retain(n as usize),
            Op::Compact => map.compact(),
            Op::Clone => {
                let copy = map.clone();
                assert_eq!(copy, *map);
                *map = copy;
            }
            Op::Clear => {
                map.clear();
                model.clear();
            }
        }
    }

    fn retain(&mut self, n: usize) {
        let keeps = |a: &str, c: i64| (c as usize + a.len()) % n != 0;
        self.map.retain(|(a, _, c), _| keeps(a, *c));
        for (a, inner) in &mut self.model {
            for inner in inner.values_mut() {
                inner.retain(|c, _| keeps(a, *c));
            }
        }
    }

    /// Compares level by level. An empty inner map is nothing that a `NestedMap` has.
    fn check(&mut self) {
        for inner in self.model.values_mut() {
            inner.retain(|_, inner| !inner.is_empty());
        }
        self.model.retain(|_, inner| !inner.is_empty());
        let Both { map, model } = &*self;
        #[cfg(tophash_check)]
        map.check_invariants();
        let inner = model.values().flat_map(BTreeMap::values);
        let leaves: usize = inner.map(BTreeMap::len).sum();
        assert_eq!((map.len(), map.iter().count()), (leaves, leaves));
        assert_eq!(map.children(()).len(), model.len());
        for (a, below) in map.children(()) {
            assert_eq!(below.children(()).len(), model[a].len());
            for (b, below) in below.children(()) {
                assert_eq!(below.len(), model[a][b].len());
                assert!(below.iter().all(|((c,), v)| model[a][b][c] == *v));
            }
        }
        assert_eq!(map.stats().strings, model.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 2 } else { 60 }, failure_persistence: None, ..Default::default() })]

    #[test]
    fn maps_in_maps(ops in proptest::collection::vec(op(), 1..400)) {
        let mut both = Both::default();
        for op in ops {
            both.step(op);
            both.check();
        }
    }

    /// Here proptest shortens what fails.
    #[test]
    fn all_levels(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        nested_ops::run(&bytes);
    }
}

/// One node through every representation and back, at both levels.
#[test]
fn a_node_takes_every_form_and_returns() {
    for step in [1_u32, 3] {
        let mut map: NestedMap<(u32, u32), u32> = NestedMap::new();
        for size in [1, 2, 3, 4, 5, 8, 9, 12, 13, 16, 17, 40, 300, 3000] {
            for (a, b) in [(7, None), (0, Some(9000))] {
                for n in 0..size {
                    map.insert((b.map_or(a, |_| n), b.unwrap_or(n)), n * step);
                }
            }
            for n in 0..size {
                assert_eq!(map.get((7, n)), Some(&(n * step)), "{size}");
                assert!(map.contains_key((n, 9000)));
            }
            assert_eq!(map.get((7, size + 10)), None);
            let mut left = map.prefix((7,)).len();
            for n in (0..size).rev().chain([size + 1]) {
                if n % step == 0 && map.remove((7, n)).is_some() {
                    left -= 1;
                    assert_eq!(map.prefix((7,)).iter().count(), left);
                }
            }
            map.clear();
        }
    }
}

/// All operations at every arity, with levels of every width at every place.
#[test]
fn every_arity_agrees_with_an_ordered_map() {
    let mut random = Random(0x5EED);
    for arity in 0..7 {
        for widths in 0..8 {
            for long in [60, 700] {
                let mut bytes = vec![arity, widths];
                bytes.extend(random.bytes(if cfg!(miri) { 40 } else { long }));
                nested_ops::run(&bytes);
            }
        }
    }
}

/// Values that are borrowed together, in nodes of every form.
#[test]
fn several_values_at_once() {
    let mut map: NestedMap<(Str, u32), String> = NestedMap::new();
    let key = |n: u32| (["none", "bare", "block", "wide"][n as usize % 4], n / 4);
    let there = |n: u32| n / 4 < [0, 1, 10, 300][n as usize % 4];
    for n in (0..1200).filter(|&n| there(n)) {
        map.insert(key(n), n.to_string());
    }
    let mut random = Random(5);
    for _ in 0..if cfg!(miri) { 20 } else { 2000 } {
        let at: [u32; 5] = std::array::from_fn(|_| random.below(80) as u32);
        let repeats = |i: usize| there(at[i]) && at[..i].contains(&at[i]);
        let keys = at.map(|n| (key(n).0, n / 4));
        if (0..5).any(repeats) {
            let said = catch_unwind(AssertUnwindSafe(|| _ = map.get_disjoint_mut(keys)));
            assert!(said.is_err(), "{at:?}");
            continue;
        }
        let values = map.get_disjoint_mut(keys);
        assert_eq!(values.each_ref().map(Option::is_some), at.map(there));
        let mut values: Vec<_> = values.into_iter().flatten().collect();
        values.iter_mut().for_each(|value| value.push('x'));
        let wanted = at.into_iter().filter(|&n| there(n));
        for (value, n) in values.into_iter().zip(wanted) {
            assert_eq!(value.trim_end_matches('x'), n.to_string());
            value.truncate(n.to_string().len());
        }
    }
    let mut members = NestedMap::<(u8, ()), ()>::from_iter([((1, ()), ()), ((2, ()), ())]);
    let found = members.get_disjoint_mut([(1, &()), (1, &()), (2, &()), (3, &())]);
    assert_eq!(found.map(|it| it.is_some()), [true, true, true, false]);
}

#[test]
fn parts_of_every_size_and_alignment() {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    #[repr(align(32))]
    struct Wide(u8);
    #[derive(Clone, PartialEq, Eq, Hash, Debug)]
    #[repr(align(256))]
    struct Huge([u8; 300]);

    let mut map: NestedMap<(Wide, (), u128), [u8; 3]> = NestedMap::new();
    for n in 0..3000_u32 {
        map.insert((Wide(n as u8), (), u128::from(n)), [n as u8; 3]);
    }
    for n in 0..3000_u32 {
        assert_eq!(map[(&Wide(n as u8), &(), u128::from(n))], [n as u8; 3]);
    }
    let mut map: NestedMap<(u8, Huge), ()> = NestedMap::new();
    for n in 0..100 {
        map.insert((n % 3, Huge([n; 300])), ());
    }
    assert!((0..100).all(|n| map.contains_key((n % 3, &Huge([n; 300])))));
    assert_eq!(map.remove_prefix((1,)), 33);
    assert_eq!(map.iter().count(), 67);
    let mut map: NestedMap<((), ()), ()> = NestedMap::new();
    assert_eq!(
        (map.insert(((), ()), ()), map.insert(((), ()), ())),
        (None, Some(()))
    );
    assert_eq!(map.len(), 1);
}

#[test]
fn debug_and_equality_are_those_of_nested_maps() {
    let map = NestedMap::<(Str, u8), char>::from_iter([(("a", 1), 'x')]);
    assert_eq!(format!("{map:?}"), r#"{"a": {1: 'x'}}"#);
    assert_eq!(format!("{:?}", map.prefix(("a",))), "{1: 'x'}");
    let other = NestedMap::<(Str, u8), char>::from_iter([(("a", 1), 'x'), (("b", 1), 'x')]);
    assert_ne!(map, other);
    assert_eq!(other, other.clone());
}

#[test]
fn deleting_and_rebuilding_does_not_creep() {
    let build = |map: &mut NestedMap<(Str, u32, u32), u64>| {
        for n in 0..60_000_u32 {
            let name = format!("user{}", n % 300);
            map.insert((name, n % 7, n), 1);
        }
    };
    let mut map = NestedMap::new();
    build(&mut map);
    let first = map.memory().reserved;
    for round in 0..10 {
        map.retain(|(_, _, n), _| n % 100 == round);
        assert_eq!(map.len(), 600);
        build(&mut map);
        let now = map.memory().reserved;
        assert!(
            now <= first + first / 10,
            "round {round}: {now} after {first}"
        );
    }
}

#[test]
fn a_shape_fits_what_it_was_taken_from() {
    let build = |map: &mut NestedMap<(u32, u32, u32), u32>| {
        for n in 0..6000 {
            map.insert((n % 20, n % 300, n), n);
        }
    };
    let mut first = NestedMap::new();
    build(&mut first);
    let shape = first.shape();
    assert_eq!(shape, [20, 15, 20]);
    let mut again = NestedMap::with_shape(&shape).unwrap();
    build(&mut again);
    assert_eq!(first, again);
    assert_eq!(again.remove_prefix((3,)), 300);
    again.retain(|(_, _, n), _| n % 2 == 0);
    first.retain(|(a, _, n), _| *a != 3 && n % 2 == 0);
    again.compact();
    assert_eq!(first, again);
    for shape in [
        &[usize::MAX][..],
        &[usize::MAX >> 12, usize::MAX >> 12],
        &[2, usize::MAX / 2],
        #[cfg(target_pointer_width = "64")]
        &[2, 1 << 33],
        #[cfg(target_pointer_width = "64")]
        &[1 << 50, 1],
    ] {
        assert!(
            NestedMap::<(u32, u32, u32), u32>::with_shape(shape).is_err(),
            "{shape:?}"
        );
    }
}

#[test]
fn threads_share_and_send_maps() {
    fn both<T: Send + Sync>(_: &T) {}
    let map =
        NestedMap::<(Str, u32), u64>::from_iter((0..5000).map(|n| ((format!("{}", n % 9), n), 1)));
    both(&map);
    both(&map.iter());
    both(&map.prefix(("1",)));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                assert_eq!(map.stats().strings, 9);
                assert_eq!(map.values().sum::<u64>(), 5000);
                assert_eq!(map.prefix(("4",)).keys().count(), map.prefix(("4",)).len());
            });
        }
    });
    let moved = std::thread::spawn(move || map.clone().into_iter().count());
    assert_eq!(moved.join().unwrap(), 5000);
    let empty = NestedMap::<(Str, u32), u64>::new().clone();
    assert_eq!((empty.memory().reserved, empty.len()), (0, 0));
}

/// A search begins where the last one went; whatever has come between, it finds what is there.
#[test]
fn keys_in_order_find_their_way() {
    type Key = (u8, u8, u16);
    let mut random = Random(11);
    let mut map: NestedMap<(u8, Str, u16), u32> = NestedMap::new();
    let mut model: BTreeMap<Key, u32> = BTreeMap::new();
    for round in 0..if cfg!(miri) { 40 } else { 20_000 } {
        let (a, b) = (random.below(6) as u8, random.below(4) as u8);
        // Often enough for the next search to begin here.
        for c in 0..3 {
            let old = model.insert((a, b, c), round);
            assert_eq!(map.insert((a, s(b), c), round), old);
        }
        let (x, y) = match random.below(3) {
            0 => (a, b),
            1 => (a, random.below(4) as u8),
            _ => (random.below(30) as u8, random.below(4) as u8),
        };
        let below = |key: &Key| (key.0, key.1) == (x, y);
        match random.below(11) {
            0 => {
                model.retain(|key, _| key.0 != x);
                map.remove_prefix((x,));
            }
            1 => {
                model.retain(|key, _| !below(key));
                map.remove_prefix((x, &s(y)));
            }
            2 => {
                for c in 0..3 {
                    assert_eq!(map.remove((x, &s(y), c)), model.remove(&(x, y, c)));
                }
            }
            3 => {
                model.retain(|key, _| !below(key));
                map.retain(|(a, b, _), _| (*a, b) != (x, &s(y)));
            }
            4 => {
                model.retain(|key, _| !below(key));
                map.extract_if(|(a, b, _), _| (*a, b) == (x, &s(y)))
                    .for_each(drop);
            }
            5 => {
                model.insert((x, y, 9), round);
                map.insert((x, s(y), 9), round);
            }
            6 => {
                model.retain(|key, _| key.0 != x);
                drop(map.drain_prefix((x,)));
            }
            7 => map.compact(),
            8 if random.below(9) == 0 => {
                model.clear();
                match random.below(3) {
                    0 => map.clear(),
                    1 => drop(map.drain()),
                    _ => _ = map.remove_prefix(()),
                }
            }
            9 => {
                if let Some(mut view) = map.prefix_mut((x,)) {
                    if random.below(2) == 0 {
                        view.remove_prefix(());
                        model.retain(|key, _| key.0 != x);
                    } else {
                        view.remove_prefix((&s(y),));
                        model.retain(|key, _| !below(key));
                    }
                    view.insert((s(y + 1), 5), round);
                    model.insert((x, y + 1, 5), round);
                }
            }
            _ => map = std::mem::take(&mut map).into_iter().collect(),
        }
        *map.entry((a, s(b), 7)).or_insert(round) += 1;
        *model.entry((a, b, 7)).or_insert(round) += 1;
        assert_eq!(map.get_mut((a, &s(b), 1)), model.get_mut(&(a, b, 1)));
        #[cfg(tophash_check)]
        map.check_invariants();
        let here: BTreeMap<(u8, &str, u16), u32> =
            map.iter().map(|((a, b, c), v)| ((*a, b, *c), *v)).collect();
        assert_eq!((here.len(), map.len()), (model.len(), model.len()));
        assert!(model.iter().all(|(k, v)| here[&(k.0, &*s(k.1), k.2)] == *v));
    }
}
