//! What maps and sets have in common, so that one test tries both.

use std::cell::Cell;
use std::collections::BTreeSet;

use tophash::{GrowthPolicy, HashMap, HashSet, TryReserveError};

use super::evil::{self, Evil, Id};
use super::fuse::{Point, tick};
use super::hashers::{Build, Kind};
use super::memory::Meter;

pub type Map = HashMap<Evil, Evil, Build, Meter>;
pub type Set = HashSet<Evil, Build, Meter>;

pub const POLICIES: [GrowthPolicy; 2] = [GrowthPolicy::Burst, GrowthPolicy::Paced];

/// What becomes of an iterator that is not at its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Drop,
    Forget,
}

impl End {
    pub fn of<T>(self, iter: T) {
        match self {
            End::Drop => drop(iter),
            End::Forget => evil::forget(iter),
        }
    }
}

/// A map or set as a set of numbers.
pub trait Subject: Clone {
    /// [`Evil`]s per entry.
    const PARTS: usize;

    fn empty(policy: GrowthPolicy, kind: Kind, meter: &Meter) -> Self;
    fn insert(&mut self, id: u32) -> bool;
    fn remove(&mut self, id: u32) -> bool;
    fn contains(&self, id: u32) -> bool;
    fn ids(&self) -> Vec<u32>;
    fn len(&self) -> usize;
    fn bytes(&self) -> usize;
    fn capacity(&self) -> usize;
    fn clear(&mut self);
    fn reserve(&mut self, additional: usize);
    fn try_reserve(&mut self, additional: usize) -> Result<(), TryReserveError>;
    fn shrink_to(&mut self, capacity: usize);
    fn retain(&mut self, keep: impl FnMut(u32) -> bool);
    fn extract(&mut self, wanted: impl FnMut(u32) -> bool, take: usize, end: End) -> Vec<u32>;
    fn drain(&mut self, take: usize, end: End) -> Vec<u32>;
    fn consume(self, take: usize, end: End) -> Vec<u32>;
    fn extend(&mut self, ids: impl Iterator<Item = u32>);
    fn check(&self);

    /// With the numbers in it.
    fn of(policy: GrowthPolicy, kind: Kind, ids: impl IntoIterator<Item = u32>) -> Self {
        let mut subject = Self::empty(policy, kind, &Meter::default());
        ids.into_iter().for_each(|id| {
            subject.insert(id);
        });
        subject
    }

    /// Holds exactly these, finds each, and finds nothing else.
    fn agrees(&self, with: &BTreeSet<u32>) {
        self.check();
        assert_eq!(self.len(), with.len());
        assert!(self.ids().iter().eq(with), "{:?} {with:?}", self.ids());
        with.iter().for_each(|&id| assert!(self.contains(id)));
        assert!((5_000_000..5_000_040).all(|id| !self.contains(id)));
    }
}

/// Methods that maps and sets share to the letter.
macro_rules! shared {
    () => {
        fn len(&self) -> usize {
            self.len()
        }

        fn bytes(&self) -> usize {
            self.allocation_size()
        }

        fn capacity(&self) -> usize {
            self.capacity()
        }

        fn clear(&mut self) {
            self.clear();
        }

        fn reserve(&mut self, additional: usize) {
            self.reserve(additional);
        }

        fn try_reserve(&mut self, additional: usize) -> Result<(), TryReserveError> {
            self.try_reserve(additional)
        }

        fn shrink_to(&mut self, capacity: usize) {
            self.shrink_to(capacity);
        }

        fn check(&self) {
            #[cfg(tophash_check)]
            self.check_invariants();
        }
    };
}

/// What is stored beside a key.
fn value(id: u32) -> u32 {
    id ^ 0x5555
}

fn whole(key: &Evil, beside: &Evil) -> u32 {
    assert_eq!(beside.id(), value(key.id()));
    key.id()
}

impl Subject for Map {
    const PARTS: usize = 2;
    shared! {}

    fn empty(policy: GrowthPolicy, kind: Kind, meter: &Meter) -> Self {
        Map::with_growth_policy_and_hasher_in(policy, Build(kind), meter.clone())
    }

    fn insert(&mut self, id: u32) -> bool {
        self.insert(Evil::new(id), Evil::new(value(id))).is_none()
    }

    fn remove(&mut self, id: u32) -> bool {
        self.remove(&Id(id)).is_some()
    }

    fn contains(&self, id: u32) -> bool {
        self.get(&Id(id))
            .is_some_and(|found| found.id() == value(id))
    }

    fn ids(&self) -> Vec<u32> {
        let mut ids: Vec<_> = self
            .iter()
            .map(|(key, beside)| whole(key, beside))
            .collect();
        ids.sort_unstable();
        ids
    }

    fn retain(&mut self, mut keep: impl FnMut(u32) -> bool) {
        self.retain(|key, beside| {
            tick(Point::Closure);
            keep(whole(key, beside))
        });
    }

    fn extract(&mut self, mut wanted: impl FnMut(u32) -> bool, take: usize, end: End) -> Vec<u32> {
        let (len, seen) = (self.len(), Cell::new(0));
        let mut iter = self.extract_if(|key, beside| {
            seen.set(seen.get() + 1);
            assert!(seen.get() <= len, "an entry was looked at twice");
            tick(Point::Closure);
            wanted(whole(key, beside))
        });
        let taken = iter.by_ref().take(take).map(|(k, v)| whole(&k, &v));
        let taken = taken.collect();
        assert_eq!(iter.size_hint().1, Some(len - seen.get()));
        end.of(iter);
        taken
    }

    fn drain(&mut self, take: usize, end: End) -> Vec<u32> {
        let mut iter = self.drain();
        let taken = iter.by_ref().take(take).map(|(k, v)| whole(&k, &v));
        let taken = taken.collect();
        end.of(iter);
        taken
    }

    fn consume(self, take: usize, end: End) -> Vec<u32> {
        let mut iter = self.into_iter();
        let taken = iter.by_ref().take(take).map(|(k, v)| whole(&k, &v));
        let taken = taken.collect();
        end.of(iter);
        taken
    }

    fn extend(&mut self, ids: impl Iterator<Item = u32>) {
        Extend::extend(self, ids.map(|id| (Evil::new(id), Evil::new(value(id)))));
    }
}

impl Subject for Set {
    const PARTS: usize = 1;
    shared! {}

    fn empty(policy: GrowthPolicy, kind: Kind, meter: &Meter) -> Self {
        Set::with_growth_policy_and_hasher_in(policy, Build(kind), meter.clone())
    }

    fn insert(&mut self, id: u32) -> bool {
        self.insert(Evil::new(id))
    }

    fn remove(&mut self, id: u32) -> bool {
        self.remove(&Id(id))
    }

    fn contains(&self, id: u32) -> bool {
        self.contains(&Id(id))
    }

    fn ids(&self) -> Vec<u32> {
        let mut ids: Vec<_> = self.iter().map(Evil::id).collect();
        ids.sort_unstable();
        ids
    }

    fn retain(&mut self, mut keep: impl FnMut(u32) -> bool) {
        self.retain(|key| {
            tick(Point::Closure);
            keep(key.id())
        });
    }

    fn extract(&mut self, mut wanted: impl FnMut(u32) -> bool, take: usize, end: End) -> Vec<u32> {
        let (len, seen) = (self.len(), Cell::new(0));
        let mut iter = self.extract_if(|key| {
            seen.set(seen.get() + 1);
            assert!(seen.get() <= len, "an entry was looked at twice");
            tick(Point::Closure);
            wanted(key.id())
        });
        let taken = iter.by_ref().take(take).map(|key| key.id()).collect();
        assert_eq!(iter.size_hint().1, Some(len - seen.get()));
        end.of(iter);
        taken
    }

    fn drain(&mut self, take: usize, end: End) -> Vec<u32> {
        let mut iter = self.drain();
        let taken = iter.by_ref().take(take).map(|key| key.id()).collect();
        end.of(iter);
        taken
    }

    fn consume(self, take: usize, end: End) -> Vec<u32> {
        let mut iter = self.into_iter();
        let taken = iter.by_ref().take(take).map(|key| key.id()).collect();
        end.of(iter);
        taken
    }

    fn extend(&mut self, ids: impl Iterator<Item = u32>) {
        Extend::extend(self, ids.map(Evil::new));
    }
}

/// Stamps the tests named out for both: each is a function generic over [`Subject`].
#[macro_export]
macro_rules! for_map_and_set {
    ($($test:ident),* $(,)?) => {
        mod map {
            $(#[test] fn $test() { super::$test::<$crate::support::subject::Map>(); })*
        }
        mod set {
            $(#[test] fn $test() { super::$test::<$crate::support::subject::Set>(); })*
        }
    };
}
