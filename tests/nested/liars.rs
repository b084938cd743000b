//! Traits that lie: answers may be wrong, but nothing is dropped twice, leaked, or read that is not there.

use std::cell::Cell;
use std::hash::{BuildHasher, Hash, Hasher};

use super::support::evil;
use super::support::hashers::Random;
use super::*;
use tophash::Equivalent;

fn right_under(kind: Kind) {
    for shape in SHAPES {
        let mut map = Map::with_hasher(Build(kind));
        let mut ids = BTreeSet::new();
        // More than a byte can count.
        for id in 0..400 {
            assert!(shape.insert(&mut map, id) && ids.insert(id));
            assert!(!shape.insert(&mut map, id / 2));
            if id % 8 == 0 {
                check(&map);
            }
        }
        assert_eq!(shape.ids(&map), ids);
        for id in (0..400).filter(|id| id % 5 != 0) {
            assert!(shape.remove(&mut map, id) && ids.remove(&id) && !shape.remove(&mut map, id));
            if id % 8 == 0 {
                check(&map);
            }
        }
        assert_eq!(shape.ids(&map), ids);
        drop(map);
        assert_eq!(evil::live(), 0);
    }
}

#[test]
fn constant_hash() {
    right_under(Kind::Constant);
}

#[test]
fn only_high_bits() {
    right_under(Kind::HighBits);
}

#[test]
fn only_low_bits() {
    right_under(Kind::LowBits);
}

#[test]
fn equal_tags() {
    right_under(Kind::EqualTags);
}

thread_local! { static DICE: Cell<u64> = const { Cell::new(1) }; }

fn dice(below: u64) -> u64 {
    let mut random = Random(DICE.get());
    let number = random.below(below);
    DICE.set(random.0);
    number
}

/// A hasher whose answers vary.
#[derive(Clone, Default)]
struct Fickle;

impl BuildHasher for Fickle {
    type Hasher = FickleState;

    fn build_hasher(&self) -> FickleState {
        FickleState
    }
}

struct FickleState;

impl Hasher for FickleState {
    fn write(&mut self, _: &[u8]) {}

    fn finish(&self) -> u64 {
        dice(4) << 56 | dice(1 << 20)
    }
}

/// A part that is equal to any other as the dice will have it, never, or always.
#[derive(Clone, Debug)]
struct Liar(Evil, u64);

impl PartialEq for Liar {
    fn eq(&self, _: &Self) -> bool {
        match self.1 {
            0 => false,
            1 => true,
            odds => dice(odds) == 0,
        }
    }
}

impl Eq for Liar {}

impl Hash for Liar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

struct AnyLiar(u64);

impl Hash for AnyLiar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(dice(40) as u32);
    }
}

impl Equivalent<Liar> for AnyLiar {
    fn equivalent(&self, _: &Liar) -> bool {
        dice(self.0) == 0
    }
}

/// All that can be done, with parts that lie; at the end nothing is left but what was meant to be.
fn survives<S: BuildHasher + Clone + Default>(odds: u64) {
    let liar = |n: u64| Liar(Evil::new(n as u32), odds);
    let mut map: NestedMap<(Liar, Str, Liar), Evil, S> = NestedMap::default();
    for step in 0..6_000 {
        let (a, b, c) = (dice(3), format!("name {}", dice(3)), dice(40));
        match dice(100) {
            0..60 => drop(map.insert((liar(a), b, liar(c)), Evil::new(1))),
            60..75 => drop(map.remove((&AnyLiar(2), b.as_str(), &AnyLiar(2)))),
            75..85 => drop(map.get((&liar(a), b.as_str(), &liar(c)))),
            85..94 => {
                map.entry((liar(a), b, liar(c)))
                    .or_insert_with(|| Evil::new(2));
            }
            94 => drop(map.remove_prefix((&AnyLiar(2),))),
            95 => drop(map.drain_prefix((&AnyLiar(2), b.as_str())).next()),
            96 => map.retain(|_, _| dice(8) != 0),
            97 => map.compact(),
            98 => drop(map == map.clone()),
            _ if step % 7 == 0 => map = map.clone(),
            _ => drop(map.prefix((&liar(a),)).children(()).count()),
        }
        if step % 50 == 0 {
            assert_eq!(map.iter().count(), map.len());
            assert_eq!(map.values().map(Evil::id).filter(|&v| v < 1).count(), 0);
        }
    }
    assert_eq!(map.iter().count(), map.len());
    map.clear();
    map.compact();
    assert_eq!((map.memory().live, map.stats().strings), (0, 0));
    drop(map);
    assert_eq!(evil::live(), 0);
}

#[test]
fn hash_that_varies() {
    survives::<Fickle>(1);
    survives::<Fickle>(3);
}

#[test]
fn eq_that_varies_or_is_never_true_or_always() {
    for odds in [0, 1, 2, 5] {
        survives::<Build>(odds);
    }
}

/// Parts whose content changes in the map are lost, and no more than that.
#[test]
fn keys_changed_through_a_cell() {
    let key = |n: u32| Cell::new(n);
    #[derive(PartialEq, Eq, Clone)]
    struct Moody(Cell<u32>);
    impl Hash for Moody {
        fn hash<H: Hasher>(&self, state: &mut H) {
            state.write_u32(self.0.get());
        }
    }
    let mut map: NestedMap<(Moody, Moody), Evil, Build> = NestedMap::default();
    for round in 0..40 {
        for n in 0..60 {
            let at = (Moody(key(n % 7)), Moody(key(n)));
            map.insert(at, Evil::new(round));
        }
        for ((a, b), _) in &map {
            a.0.set(a.0.get().wrapping_add(round));
            b.0.set(b.0.get().wrapping_mul(3));
        }
        for n in 0..60 {
            map.remove((&Moody(key(n % 7)), &Moody(key(n))));
        }
        assert_eq!(map.iter().count(), map.len());
        if round % 9 == 8 {
            map.retain(|_, value| value.id() % 2 == 0);
            map = map.clone();
            map.compact();
        }
    }
    drop(map);
    assert_eq!(evil::live(), 0);
}

/// Nothing is reserved for what an iterator promises.
#[test]
fn lying_size_hint() {
    struct Liar<I>(I, usize);
    impl<I: Iterator> Iterator for Liar<I> {
        type Item = I::Item;

        fn next(&mut self) -> Option<I::Item> {
            self.0.next()
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            (self.1, Some(self.1))
        }
    }
    for hint in [0, 5, 5_000, usize::MAX] {
        let mut map: NestedMap<(u32, u32), u32> = NestedMap::new();
        map.extend(Liar((0..100).map(|n| ((n % 7, n), n)), hint));
        assert_eq!(map.len(), 100);
    }
}

/// What is taken out is dropped by its iterator, or by nobody if that is forgotten; the map has let go of it.
#[test]
fn forgotten_iterators_and_entries() {
    for shape in SHAPES {
        for take in [0, 1, 7, 40] {
            let mut map = shape.of(Kind::Uniform, 0..40);
            let mut drained = map.drain_prefix(());
            let taken: BTreeSet<u32> = drained.by_ref().take(take).map(|(_, v)| v.id()).collect();
            evil::forget(drained);
            assert!(map.is_empty());
            // A last part and a value each, and the first parts that are still needed.
            let left = (0..40).filter(|id| !taken.contains(id));
            let firsts: BTreeSet<u32> = left.map(|id| shape.parts(id).0).collect();
            assert_eq!(evil::live(), 2 * (40 - taken.len()) + firsts.len());
            evil::write_off();
            (0..20).for_each(|id| assert!(shape.insert(&mut map, id)));
            evil::forget(map.entry((Evil::new(0), "name 0", Evil::new(9_999))));
            assert_eq!(shape.ids(&map), (0..20).collect());
            let mut gone = map.extract_if(|_, value| value.id() % 2 == 0);
            let taken = gone.by_ref().take(take);
            let taken: BTreeSet<u32> = taken.map(|(_, v)| v.id()).collect();
            evil::forget(gone);
            assert_eq!(taken.len(), take.min(10));
            let kept: BTreeSet<u32> = (0..20).filter(|id| !taken.contains(id)).collect();
            assert_eq!(shape.ids(&map), kept);
            map.extend((1_000..1_030).map(|id| {
                let (a, b, c) = shape.parts(id);
                ((Evil::new(a), b, Evil::new(c)), Evil::new(id))
            }));
            assert_eq!(map.len(), kept.len() + 30);
            let mut drained = map.drain();
            drop(drained.next());
            evil::forget(drained);
            assert!(map.is_empty());
            (0..20).for_each(|id| assert!(shape.insert(&mut map, id)));
            let mut all = map.into_iter();
            drop(all.next());
            evil::forget(all);
            evil::write_off();
        }
    }
}

/// A walk that is cloned goes on from where it was.
#[test]
fn iterators_cloned_midway() {
    let map = Shape::Mixed.of(Kind::Uniform, 0..40);
    for at in [0, 1, 20, 40] {
        let mut walk = map.values();
        walk.by_ref().take(at).for_each(drop);
        let (copy, rest) = (walk.clone(), walk.map(Evil::id).collect::<Vec<_>>());
        assert_eq!(copy.map(Evil::id).collect::<Vec<_>>(), rest);
        assert_eq!(rest.len(), 40 - at);
    }
}
