//! Traits that lie: answers may be wrong, but nothing is dropped twice, leaked, or read that is not there.

mod support;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash, Hasher};

use support::evil::{self, Evil, Id};
use support::hashers::{Build, Kind, Random};
use support::memory::Meter;
use support::subject::{POLICIES, Subject};
use tophash::{Equivalent, HashMap, HashSet, Parts};

for_map_and_set! {
    constant_hash,
    only_high_bits,
    only_low_bits,
    equal_tags,
    lying_size_hint,
}

fn right_under<S: Subject>(kind: Kind) {
    for policy in POLICIES {
        let mut subject = S::empty(policy, kind, &Meter::default());
        let mut ids = BTreeSet::new();
        for id in 0..400 {
            assert!(subject.insert(id) && ids.insert(id));
            assert!(!subject.insert(id / 2));
        }
        subject.agrees(&ids);
        for id in (0..400).filter(|id| id % 5 != 0) {
            assert!(subject.remove(id) && ids.remove(&id) && !subject.remove(id));
        }
        subject.agrees(&ids);
        drop(subject);
        assert_eq!(evil::live(), 0);
    }
}

fn constant_hash<S: Subject>() {
    right_under::<S>(Kind::Constant);
}

fn only_high_bits<S: Subject>() {
    right_under::<S>(Kind::HighBits);
}

fn only_low_bits<S: Subject>() {
    right_under::<S>(Kind::LowBits);
}

fn equal_tags<S: Subject>() {
    right_under::<S>(Kind::EqualTags);
}

/// Hints below and above the truth; only an absurd one is refused, with std's panic.
fn lying_size_hint<S: Subject>() {
    struct Liar<I>(I, (usize, Option<usize>));
    impl<I: Iterator> Iterator for Liar<I> {
        type Item = I::Item;
        fn next(&mut self) -> Option<I::Item> {
            self.0.next()
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            self.1
        }
    }
    for policy in POLICIES {
        for hint in [(0, Some(0)), (0, None), (5_000, Some(1)), (100, Some(50))] {
            let mut subject = S::empty(policy, Kind::Uniform, &Meter::default());
            subject.extend(Liar(0..100, hint));
            subject.agrees(&(0..100).collect());
            subject.extend(Liar(0..150, hint));
            subject.agrees(&(0..150).collect());
        }
        let mut subject = S::of(policy, Kind::Uniform, 0..20);
        let absurd = std::panic::AssertUnwindSafe(|| {
            subject.extend(Liar(0..10, (usize::MAX, None)));
        });
        let panic = std::panic::catch_unwind(absurd).expect_err("no such capacity");
        let message = panic.downcast_ref::<&str>().expect("a message");
        assert!(message.contains("capacity overflow"), "{message}");
    }
}

thread_local! {
    static LIES: Cell<u64> = const { Cell::new(0) };
}

/// A different number each time.
fn lie() -> u64 {
    let mut random = Random(LIES.get());
    let number = random.next();
    LIES.set(random.0);
    number
}

/// What lies.
#[derive(Clone, Copy, PartialEq, Debug)]
enum About {
    Hash,
    Eq,
    NeverEqual,
    AlwaysEqual,
    Changed,
}

/// A key that lies about itself. The payload keeps the ledger.
#[derive(Clone)]
struct Liar {
    about: About,
    id: Cell<u32>,
    payload: Evil,
}

impl Liar {
    fn new(about: About, id: u32) -> Self {
        Liar {
            about,
            id: Cell::new(id),
            payload: Evil::new(id),
        }
    }
}

impl Hash for Liar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.about == About::Hash {
            state.write(&lie().to_ne_bytes());
        } else {
            state.write_u32(self.id.get());
        }
    }
}

impl PartialEq for Liar {
    fn eq(&self, other: &Self) -> bool {
        match self.about {
            About::Eq => lie() % 2 == 0,
            About::NeverEqual => false,
            About::AlwaysEqual => true,
            About::Hash | About::Changed => self.id == other.id,
        }
    }
}

impl Eq for Liar {}

/// Everything that a map can do, with keys that lie; what comes out is counted, never believed.
fn do_it_all(about: About, kind: Kind) {
    for policy in POLICIES {
        let meter = Meter::default();
        let mut map: HashMap<Liar, Evil, Build, Meter> =
            HashMap::with_growth_policy_and_hasher_in(policy, Build(kind), meter.clone());
        let mut random = Random(11);
        for step in 0..3_000_u32 {
            let id = random.below(300) as u32;
            match random.below(12) {
                0..5 => drop(map.insert(Liar::new(about, id), Evil::new(step))),
                5..8 => drop(map.remove(&Liar::new(about, id))),
                8 => drop(map.entry(Liar::new(about, id)).or_insert(Evil::new(step))),
                9 => {
                    let (a, b) = (Liar::new(about, id), Liar::new(about, id + 1));
                    // Twice the same entry is a panic, as in std.
                    let twice = std::panic::AssertUnwindSafe(|| {
                        if let [Some(a), Some(b)] = map.get_disjoint_mut([&a, &b]) {
                            assert!(!std::ptr::eq(a, b));
                            std::mem::swap(a, b);
                        }
                    });
                    drop(std::panic::catch_unwind(twice));
                }
                10 if about == About::Changed => map.keys().for_each(|key| {
                    key.id.set(key.id.get() ^ lie() as u32 & 3);
                }),
                _ if step % 50 == 0 => map.retain(|key, _| key.payload.id() % 3 != 0),
                _ if step % 50 == 1 => map.shrink_to_fit(),
                _ if step % 50 == 2 => map.reserve(200),
                _ if step % 50 == 3 => map = map.clone(),
                _ => drop(map.get(&Liar::new(about, id))),
            }
            if step % 64 == 0 {
                assert_eq!(map.iter().count(), map.len());
                assert_eq!(evil::live(), 2 * map.len());
            }
        }
        let len = map.len();
        let taken = map.extract_if(|key, _| key.payload.id() % 2 == 0).count();
        assert_eq!(map.len(), len - taken);
        assert_eq!(map.drain().count(), len - taken);
        drop(map);
        assert_eq!((evil::live(), meter.live()), (0, 0));
    }
}

/// Panics of `get_disjoint_mut` are part of this: no need to see each.
fn silently(act: impl FnOnce()) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref() != Some(&"duplicate keys found") {
            usual(info);
        }
    }));
    act();
}

#[test]
fn hash_that_varies() {
    silently(|| {
        do_it_all(About::Hash, Kind::Uniform);
        do_it_all(About::Hash, Kind::LowBits);
    });
}

#[test]
fn eq_that_varies() {
    silently(|| {
        do_it_all(About::Eq, Kind::Uniform);
        do_it_all(About::Eq, Kind::Constant);
    });
}

#[test]
fn eq_that_is_never_true() {
    do_it_all(About::NeverEqual, Kind::Uniform);
    do_it_all(About::NeverEqual, Kind::Constant);
}

#[test]
fn eq_that_is_always_true() {
    silently(|| do_it_all(About::AlwaysEqual, Kind::Constant));
}

#[test]
fn keys_changed_through_a_cell() {
    silently(|| {
        do_it_all(About::Changed, Kind::Uniform);
        do_it_all(About::Changed, Kind::Homes);
    });
}

#[test]
fn set_of_liars() {
    for about in [
        About::Hash,
        About::Eq,
        About::NeverEqual,
        About::AlwaysEqual,
        About::Changed,
    ] {
        let mut set: HashSet<Liar, Build> = HashSet::with_hasher(Build(Kind::LowBits));
        for id in 0..2_000 {
            set.insert(Liar::new(about, id % 400));
            set.remove(&Liar::new(about, id % 37));
            drop(set.replace(Liar::new(about, id % 91)));
            if about == About::Changed {
                set.iter()
                    .take(3)
                    .for_each(|key| key.id.set(lie() as u32 % 400));
            }
        }
        assert_eq!(set.iter().count(), set.len());
        set.retain(|key| key.payload.id() % 2 == 0);
        assert_eq!(evil::live(), set.len());
        let copy = set.clone();
        assert!(set.union(&copy).count() >= set.len());
        drop((set, copy));
        assert_eq!(evil::live(), 0);
    }
}

/// Equivalence that answers as it likes.
struct Fickle;

impl Hash for Fickle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(7);
    }
}

impl Equivalent<Evil> for Fickle {
    fn equivalent(&self, _: &Evil) -> bool {
        lie() % 3 == 0
    }
}

impl Equivalent<(Evil, Evil)> for Fickle {
    fn equivalent(&self, _: &(Evil, Evil)) -> bool {
        lie() % 3 == 0
    }
}

#[test]
fn equivalent_that_varies() {
    let mut map: HashMap<Evil, Evil, Build> = HashMap::with_hasher(Build(Kind::Constant));
    for id in 0..500 {
        map.insert(Evil::new(id), Evil::new(id));
    }
    for step in 0..600 {
        let len = map.len();
        let gone = map.remove_entry(&Fickle);
        assert_eq!(map.len(), len - usize::from(gone.is_some()));
        // Whatever was found is an entry: both of its halves belong together.
        if let Some((key, value)) = gone {
            assert_eq!(key.id(), value.id());
            assert!(map.get(&Id(key.id())).is_none());
        }
        if step % 7 == 0 {
            let found = map.get_many([&Fickle, &Fickle, &Fickle]);
            assert!(found.into_iter().flatten().all(|v| v.id() < 500));
        }
    }
    assert_eq!(evil::live(), 2 * map.len());
}

#[test]
fn equivalent_that_varies_in_tuple_keys() {
    /// Stands for one part of a key, or not.
    #[derive(Clone, Copy)]
    struct Half;
    impl Hash for Half {
        fn hash<H: Hasher>(&self, state: &mut H) {
            state.write_u32(1);
        }
    }
    impl tophash::Part<Evil> for Half {
        fn is_part(&self, _: &Evil) -> bool {
            lie() % 2 == 0
        }
    }
    impl From<Half> for Evil {
        fn from(_: Half) -> Evil {
            Evil::new(1_000)
        }
    }
    let mut map: HashMap<(Evil, Evil), Evil, Build> = HashMap::with_hasher(Build(Kind::Constant));
    for id in 0..100 {
        map.insert((Evil::new(id), Evil::new(id)), Evil::new(id));
    }
    for _ in 0..300 {
        let len = map.len();
        map.entry_ref(&Parts((Half, Half)))
            .or_insert_with(|| Evil::new(0));
        assert!(map.len() == len || map.len() == len + 1);
        let gone = map.remove(&Parts((Half, Half))).is_some();
        assert!(gone || map.len() >= len);
    }
    assert_eq!(evil::live(), 3 * map.len());
}

/// A hasher builder that gives a different hasher each time.
#[test]
fn build_hasher_that_varies() {
    #[derive(Clone, Default)]
    struct Fickle;
    impl BuildHasher for Fickle {
        type Hasher = support::hashers::State;
        fn build_hasher(&self) -> Self::Hasher {
            Build(Kind::ALL[lie() as usize % Kind::ALL.len()]).build_hasher()
        }
    }
    let mut map: HashMap<Evil, Evil, Fickle> = HashMap::with_hasher(Fickle);
    for id in 0..2_000 {
        map.insert(Evil::new(id % 700), Evil::new(id));
        map.remove(&Id(id % 333));
    }
    assert_eq!(map.iter().count(), map.len());
    assert_eq!(evil::live(), 2 * map.len());
    assert_eq!(map.clone().into_iter().count(), map.len());
}
