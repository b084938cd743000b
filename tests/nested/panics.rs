//! User code that panics at its k-th call, for every k, at every boundary of a node's form.

use super::support::evil;
use super::support::fuse::{self, Point, tick};
use super::*;
use tophash::nested_map::Entry;

/// What a panic may cost besides the call that it ends.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Cost {
    /// Nothing.
    Nothing,
    /// Entries that have left the map are not dropped, and their strings stay.
    Leaks,
}

/// Nothing empty below any part.
fn no_empty_nodes(map: &Map) -> bool {
    map.children(())
        .all(|(_, below)| !below.is_empty() && below.children(()).all(|(_, last)| !last.is_empty()))
}

/// Lets call number `k` of `point` panic in `act`, for every `k` that it comes to, on a map of `0..size`.
fn at_every_call(
    point: Point,
    cost: Cost,
    kinds: &[Kind],
    act: impl Fn(Shape, &mut Map, u32),
    legal: impl Fn(u32, &BTreeSet<u32>) -> bool,
) {
    let mut blown = 0;
    for &kind in kinds {
        for shape in SHAPES {
            for size in SIZES {
                for k in 0.. {
                    let mut map = shape.of(kind, 0..size);
                    if !fuse::blows(point, k, || act(shape, &mut map, size)) {
                        break;
                    }
                    blown += 1;
                    let at = format!("{point:?} {k} {kind:?} {shape:?} {size}");
                    let ids = shape.ids(&map);
                    assert!(legal(size, &ids), "{at}: {ids:?}");
                    survives(shape, &mut map, ids, cost, &at);
                    drop(map);
                    match cost {
                        Cost::Nothing => assert_eq!(evil::live(), 0, "{at}: entries were lost"),
                        Cost::Leaks => evil::write_off(),
                    }
                }
            }
        }
    }
    assert!(blown > 0, "{point:?} was never called");
}

/// Everything can still be done with the map, and nothing is left when all entries have gone.
fn survives(shape: Shape, map: &mut Map, mut ids: BTreeSet<u32>, cost: Cost, at: &str) {
    assert!(no_empty_nodes(map), "{at}: an empty node");
    if cost == Cost::Nothing {
        check(map);
        assert_eq!(map.stats().strings, shape.strings(&ids), "{at}: strings");
    }
    for id in 1_000..1_009 {
        assert!(shape.insert(map, id) && ids.insert(id));
    }
    assert_eq!(shape.ids(map), ids);
    while let Some(id) = ids.pop_first() {
        assert!(shape.remove(map, id), "{at}: {id}");
    }
    assert!(map.is_empty() && map.children(()).len() == 0, "{at}");
    map.compact();
    if cost == Cost::Nothing {
        check(map);
        assert_eq!(map.memory().live, 0, "{at}: blocks were lost");
    }
}

fn whole(size: u32, ids: &BTreeSet<u32>) -> bool {
    ids.iter().copied().eq(0..size)
}

/// All that was there, and a part of `size..size + more`, from its start.
fn grown(more: u32) -> impl Fn(u32, &BTreeSet<u32>) -> bool {
    move |size, ids| {
        let len = ids.len() as u32;
        (size..=size + more).contains(&len) && whole(len, ids)
    }
}

fn any(size: u32, ids: &BTreeSet<u32>) -> bool {
    ids.iter().all(|&id| id < size)
}

fn none(_: u32, ids: &BTreeSet<u32>) -> bool {
    ids.is_empty()
}

const BOTH: [Kind; 2] = [Kind::Uniform, Kind::Constant];

fn insert_two(shape: Shape, map: &mut Map, size: u32) {
    (size..size + 2).for_each(|id| assert!(shape.insert(map, id)));
}

#[test]
fn hash_panics_in_insert() {
    at_every_call(Point::Hash, Cost::Nothing, &BOTH, insert_two, grown(2));
}

/// With room that was asked for, a new node hashes its first entry, too.
#[test]
fn hash_panics_in_a_shaped_map() {
    for k in 0..12 {
        let build = Build(Kind::Uniform);
        let mut map = Map::with_shape_and_hasher(&[4, 4, 4], build).expect("memory");
        let room = map.memory().live;
        fuse::blows(Point::Hash, k, || insert_two(Shape::First, &mut map, 0));
        let ids = Shape::First.ids(&map);
        assert_eq!(map.stats().strings, Shape::First.strings(&ids));
        ids.iter()
            .for_each(|&id| assert!(Shape::First.remove(&mut map, id)));
        map.compact();
        assert!(map.memory().live <= room);
        assert_eq!((map.len(), map.stats().strings), (0, 0));
        drop(map);
        assert_eq!(evil::live(), 0);
    }
}

/// The same where the hash of a new inner part is user code.
#[test]
fn hash_panics_in_a_shaped_map_without_strings() {
    for k in 0..12 {
        let build = Build(Kind::Uniform);
        let shaped = NestedMap::with_shape_and_hasher(&[4, 4, 4], build);
        let mut map: NestedMap<(Evil, Evil, Evil), Evil, Build> = shaped.expect("memory");
        fuse::blows(Point::Hash, k, || {
            map.insert((Evil::new(1), Evil::new(2), Evil::new(3)), Evil::new(4));
        });
        assert_eq!(evil::live(), 4 * map.len(), "{k}");
        map.clear();
        map.compact();
        assert_eq!((map.memory().live, evil::live()), (0, 0));
    }
}

/// A string that is stored when the hasher panics at the next one.
#[test]
fn hash_panics_between_two_strings() {
    for k in 0.. {
        let mut map: NestedMap<(Str, Str), u32, Build> = NestedMap::with_hasher(Build::default());
        let blown = fuse::blows(Point::BuildHasher, k, || {
            map.insert(("a", "b"), 1);
        });
        if !blown {
            // Each string was hashed.
            assert!(k >= 2);
            break;
        }
        assert_eq!((map.len(), map.stats().strings), (0, 0));
        map.insert(("a", "b"), 1);
        assert_eq!((map.remove(("a", "b")), map.stats().strings), (Some(1), 0));
        map.compact();
        assert_eq!(map.memory().live, 0);
    }
}

#[test]
fn build_hasher_panics_in_insert() {
    at_every_call(
        Point::BuildHasher,
        Cost::Nothing,
        &BOTH,
        insert_two,
        grown(2),
    );
}

#[test]
fn eq_panics_in_insert() {
    at_every_call(Point::Eq, Cost::Nothing, &BOTH, insert_two, grown(2));
}

#[test]
fn drop_panics_in_insert_of_what_is_there() {
    // What a function returns is not dropped when it panics on the way out.
    let act = |shape: Shape, map: &mut Map, _| {
        shape.insert(map, 0);
    };
    at_every_call(Point::Drop, Cost::Leaks, &BOTH, act, whole);
}

#[test]
fn closures_of_an_entry_panic() {
    let act = |shape: Shape, map: &mut Map, size| {
        let (a, b, c) = shape.parts(size);
        map.entry((Evil::new(a), b, Evil::new(c)))
            .or_insert_with(|| {
                tick(Point::Closure);
                Evil::new(size)
            });
    };
    at_every_call(Point::Closure, Cost::Nothing, &BOTH, act, whole);
    let act = |shape: Shape, map: &mut Map, size| {
        let (a, b, c) = shape.parts(size);
        map.entry((Evil::new(a), b, Evil::new(c)))
            .or_insert_with_key(|(first, ..)| {
                tick(Point::Closure);
                Evil::new(first.id())
            });
    };
    at_every_call(Point::Closure, Cost::Nothing, &BOTH, act, whole);
    // A key that cannot be copied is not inserted.
    let act = |shape: Shape, map: &mut Map, size| {
        let (a, b, c) = shape.parts(size);
        let key = (Evil::new(a), b, Evil::new(c));
        drop(map.entry(key).insert_entry(Evil::new(size)).remove_entry());
    };
    at_every_call(Point::Clone, Cost::Nothing, &BOTH, act, whole);
}

/// Half of the entries one by one, which takes nodes back through their forms.
fn remove_some(shape: Shape, map: &mut Map, size: u32) {
    (size / 2..size).for_each(|id| assert!(shape.remove(map, id)));
}

#[test]
fn hash_panics_in_remove() {
    at_every_call(Point::Hash, Cost::Nothing, &BOTH, remove_some, any);
    at_every_call(Point::BuildHasher, Cost::Nothing, &BOTH, remove_some, any);
}

#[test]
fn eq_panics_in_remove() {
    at_every_call(Point::Eq, Cost::Nothing, &BOTH, remove_some, any);
}

#[test]
fn drop_panics_in_remove() {
    let act = |shape: Shape, map: &mut Map, size| {
        (0..size).for_each(|id| assert!(shape.remove(map, id)));
    };
    at_every_call(Point::Drop, Cost::Leaks, &[Kind::Uniform], act, any);
}

/// An entry gives back its value only, and drops the parts itself.
#[test]
fn drop_panics_in_remove_of_an_entry() {
    let act = |shape: Shape, map: &mut Map, size| {
        for id in 0..size {
            let (a, b, c) = shape.parts(id);
            match map.entry((Evil::new(a), b, Evil::new(c))) {
                Entry::Occupied(entry) => assert_eq!(entry.remove().id(), id),
                Entry::Vacant(_) => panic!("{id} has gone"),
            }
        }
    };
    at_every_call(Point::Drop, Cost::Leaks, &[Kind::Uniform], act, any);
}

#[test]
fn drop_panics_in_remove_below_a_prefix() {
    let act = |shape: Shape, map: &mut Map, size| {
        for id in 0..size {
            let (a, b, c) = shape.parts(id);
            let first = Id(a);
            let mut view = map.prefix_mut((&first,)).expect("entries");
            if id % 2 == 0 {
                assert!(view.remove((b.as_str(), &Id(c))).is_some());
            } else {
                assert!(view.remove_prefix((b.as_str(),)) > 0);
            }
        }
    };
    // Entries of a string that has gone are not there any more.
    let act = move |shape: Shape, map: &mut Map, size| match shape {
        Shape::First | Shape::Second => act(shape, map, size),
        Shape::Last | Shape::Mixed => act(shape, map, 1),
    };
    at_every_call(Point::Drop, Cost::Leaks, &[Kind::Uniform], act, any);
}

fn remove_by_prefix(shape: Shape, map: &mut Map, size: u32) {
    let (a, b, _) = shape.parts(size - 1);
    map.remove_prefix((&Id(a), b.as_str()));
    map.remove_prefix((&Id(0),));
}

#[test]
fn lookups_panic_in_remove_prefix() {
    at_every_call(Point::Hash, Cost::Nothing, &BOTH, remove_by_prefix, any);
    at_every_call(Point::Eq, Cost::Nothing, &BOTH, remove_by_prefix, any);
}

#[test]
fn drop_panics_in_remove_prefix() {
    let kinds = [Kind::Uniform];
    at_every_call(Point::Drop, Cost::Leaks, &kinds, remove_by_prefix, any);
}

#[test]
fn clone_panics_in_drain_prefix() {
    // Of the first part: for every key that is not the last with it.
    let all = |_: Shape, map: &mut Map, _| map.drain_prefix(()).for_each(drop);
    at_every_call(Point::Clone, Cost::Nothing, &[Kind::Uniform], all, none);
}

#[test]
fn drop_panics_in_drain_prefix() {
    let kinds = [Kind::Uniform];
    let all = |_: Shape, map: &mut Map, _| map.drain_prefix(()).for_each(drop);
    at_every_call(Point::Drop, Cost::Leaks, &kinds, all, none);
    let unread = |_: Shape, map: &mut Map, _| drop(map.drain_prefix((&Id(0),)));
    at_every_call(Point::Drop, Cost::Leaks, &kinds, unread, any);
    let some = |_: Shape, map: &mut Map, size| {
        map.drain_prefix(()).take(size as usize / 2).for_each(drop);
    };
    at_every_call(Point::Drop, Cost::Leaks, &kinds, some, none);
}

fn retain_some(_: Shape, map: &mut Map, _: u32) {
    map.retain(|_, value| {
        tick(Point::Closure);
        value.id() % 4 == 0
    });
}

#[test]
fn predicate_panics_in_retain() {
    at_every_call(Point::Closure, Cost::Nothing, &BOTH, retain_some, any);
    at_every_call(Point::Hash, Cost::Nothing, &BOTH, retain_some, any);
}

#[test]
fn drop_panics_in_retain() {
    at_every_call(Point::Drop, Cost::Leaks, &[Kind::Uniform], retain_some, any);
}

fn extract_some(_: Shape, map: &mut Map, _: u32) {
    let gone = map.extract_if(|_, value| {
        tick(Point::Closure);
        value.id() % 4 != 0
    });
    gone.for_each(drop);
}

/// The entry that is being taken is lost if a part of its key cannot be copied; it is dropped.
#[test]
fn user_code_panics_in_extract_if() {
    for point in [Point::Closure, Point::Hash, Point::Clone] {
        at_every_call(point, Cost::Nothing, &BOTH, extract_some, any);
    }
    let kinds = [Kind::Uniform];
    at_every_call(Point::Drop, Cost::Leaks, &kinds, extract_some, any);
}

/// Every entry is looked at once, whatever the predicate does.
#[test]
fn extraction_goes_on_after_a_panic() {
    for shape in SHAPES {
        for size in SIZES {
            let mut map = shape.of(Kind::Uniform, 0..size);
            let (mut seen, mut taken) = (BTreeSet::new(), BTreeSet::new());
            let mut gone = map.extract_if(|_, value| {
                assert!(seen.insert(value.id()));
                tick(Point::Closure);
                value.id() % 2 == 0
            });
            let mut left = size as usize;
            while left > 0 {
                assert!(fuse::blows(Point::Closure, 0, || drop(gone.next())));
                assert_eq!(gone.size_hint(), (0, Some(left - 1)));
                let next = gone.next();
                taken.extend(next.map(|(_, value)| value.id()));
                left = gone.size_hint().1.expect("known");
            }
            assert!(gone.next().is_none());
            drop(gone);
            assert_eq!(seen.len(), size as usize);
            let kept = (0..size).filter(|id| !taken.contains(id)).collect();
            assert_eq!(shape.ids(&map), kept);
            survives(shape, &mut map, kept, Cost::Nothing, "after panics");
        }
    }
    assert_eq!(evil::live(), 0);
}

fn taken_from(map: &mut Map) -> Map {
    std::mem::replace(map, Map::with_hasher(Build::default()))
}

#[test]
fn user_code_panics_in_drain_and_into_keys_and_values() {
    let kinds = [Kind::Uniform];
    let drain = |_: Shape, map: &mut Map, _| map.drain().for_each(drop);
    let keys = |_: Shape, map: &mut Map, _| taken_from(map).into_keys().for_each(drop);
    let values = |_: Shape, map: &mut Map, _| taken_from(map).into_values().for_each(drop);
    let some = |_: Shape, map: &mut Map, _| taken_from(map).into_values().take(3).for_each(drop);
    at_every_call(Point::Clone, Cost::Nothing, &kinds, drain, none);
    at_every_call(Point::Clone, Cost::Nothing, &kinds, keys, none);
    at_every_call(Point::Drop, Cost::Leaks, &kinds, drain, none);
    at_every_call(Point::Drop, Cost::Leaks, &kinds, keys, none);
    at_every_call(Point::Drop, Cost::Leaks, &kinds, values, none);
    at_every_call(Point::Drop, Cost::Leaks, &kinds, some, none);
}

#[test]
fn drop_panics_in_clear_and_map_drop() {
    let act = |_: Shape, map: &mut Map, _| map.clear();
    at_every_call(Point::Drop, Cost::Leaks, &[Kind::Uniform], act, any);
    let act = |_: Shape, map: &mut Map, _| {
        drop(std::mem::replace(map, Map::with_hasher(Build::default())));
    };
    at_every_call(Point::Drop, Cost::Leaks, &[Kind::Uniform], act, any);
}

#[test]
fn clone_panics_in_clone() {
    let act = |_: Shape, map: &mut Map, _| drop(map.clone());
    let kinds = [Kind::Uniform];
    at_every_call(Point::Clone, Cost::Nothing, &kinds, act, whole);
    at_every_call(Point::Hash, Cost::Nothing, &kinds, act, whole);
    let act = |_: Shape, map: &mut Map, _| drop(map.clone().into_iter());
    at_every_call(Point::Clone, Cost::Leaks, &kinds, act, whole);
    at_every_call(Point::Drop, Cost::Leaks, &kinds, act, whole);
}

#[test]
fn hash_panics_in_compact() {
    let act = |shape: Shape, map: &mut Map, size| {
        remove_some(shape, map, size);
        map.compact();
    };
    at_every_call(Point::Hash, Cost::Nothing, &BOTH, act, any);
}

#[test]
fn equality_panics() {
    let act = |shape: Shape, map: &mut Map, size| {
        assert!(*map == shape.of(Kind::Uniform, 0..size));
    };
    at_every_call(Point::Eq, Cost::Nothing, &[Kind::Uniform], act, whole);
}

#[test]
fn iterator_panics_in_extend() {
    let act = |shape: Shape, map: &mut Map, size| {
        map.extend((size..size + 3).map(|id| {
            tick(Point::Iterator);
            let (a, b, c) = shape.parts(id);
            ((Evil::new(a), b, Evil::new(c)), Evil::new(id))
        }));
    };
    at_every_call(Point::Iterator, Cost::Nothing, &BOTH, act, grown(3));
    at_every_call(Point::Hash, Cost::Nothing, &BOTH, act, grown(3));
}
