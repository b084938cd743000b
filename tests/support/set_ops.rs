//! What can be done to a `HashSet`, as data, and done to std's at the same time.

use std::collections::HashSet as Std;

use super::evil::{self, Evil, Id};
use super::hashers::{Build, Kind};
use super::memory::Meter;
use super::subject::{End, POLICIES, Set};
use super::tape::Tape;

/// One operation.
#[derive(Clone, Debug)]
pub enum Op {
    Insert(u32),
    InsertMany(u32, usize),
    Replace(u32),
    GetOrInsert(u32),
    Remove(u32),
    RemoveMany(u32, usize),
    Take(u32),
    Contains([u32; 4]),
    Retain(u32),
    Extract(u32, usize, End),
    Drain(usize, End),
    Clear,
    Reserve(usize),
    ShrinkTo(usize),
    Clone,
    CloneFrom,
    Swap,
    Extend(u32, usize),
    /// All of the algebra with the other set.
    Algebra,
}

impl Op {
    /// Reads one. `None`: the tape is at its end.
    pub fn read(tape: &mut Tape<'_>, keys: u32) -> Option<Self> {
        let end = [End::Drop, End::Forget];
        let key = |tape: &mut Tape<'_>| Some(u32::from(tape.word()?) % keys);
        Some(match tape.byte()? {
            0..50 => Op::Insert(key(tape)?),
            50..70 => Op::InsertMany(key(tape)?, tape.count()?),
            70..80 => Op::Replace(key(tape)?),
            80..90 => Op::GetOrInsert(key(tape)?),
            90..125 => Op::Remove(key(tape)?),
            125..145 => Op::RemoveMany(key(tape)?, tape.count()?),
            145..155 => Op::Take(key(tape)?),
            155..165 => Op::Contains([key(tape)?, key(tape)?, key(tape)?, key(tape)?]),
            165..173 => Op::Retain(u32::from(tape.byte()?)),
            173..188 => Op::Extract(u32::from(tape.byte()?), tape.count()?, tape.pick(&end)?),
            188..193 => Op::Drain(tape.count()?, tape.pick(&end)?),
            193..195 => Op::Clear,
            195..203 => Op::Reserve(tape.count()?),
            203..213 => Op::ShrinkTo(tape.count()?),
            213..219 => Op::Clone,
            219..225 => Op::CloneFrom,
            225..233 => Op::Swap,
            233..243 => Op::Extend(key(tape)?, tape.count()?),
            243..=255 => Op::Algebra,
        })
    }
}

struct Pair {
    set: Set,
    model: Std<u32>,
}

/// Reads a whole run from a tape and does it.
pub fn run(bytes: &[u8], kind: Option<Kind>) {
    let mut tape = Tape(bytes);
    let header = (|| {
        let keys = tape.pick(&[48, 300, 2_000, 20_000])?;
        let policy = tape.byte()?;
        Some((keys, policy, kind.or(tape.pick(&Kind::ALL))?))
    })();
    let Some((keys, policy, kind)) = header else {
        return;
    };
    let meter = Meter::default();
    let (mut now, mut other) = (
        Pair::new(policy, kind, &meter),
        Pair::new(policy / 2, Kind::Uniform, &meter),
    );
    let mut leaked = false;
    while let Some(op) = Op::read(&mut tape, keys) {
        leaked |= matches!(op, Op::Drain(_, End::Forget));
        now.step(&op, &mut other);
        assert_eq!(now.set.len(), now.model.len());
        #[cfg(tophash_check)]
        now.set.check_invariants();
    }
    now.compare();
    other.compare();
    drop((now, other));
    if leaked {
        evil::write_off();
    }
    assert_eq!(evil::live(), 0);
    assert!(leaked || meter.live() == 0);
}

fn sorted<'a>(ids: impl Iterator<Item = &'a Evil>) -> Vec<u32> {
    let mut ids: Vec<_> = ids.map(Evil::id).collect();
    ids.sort_unstable();
    ids
}

fn model<'a>(ids: impl Iterator<Item = &'a u32>) -> Vec<u32> {
    let mut ids: Vec<_> = ids.copied().collect();
    ids.sort_unstable();
    ids
}

impl Pair {
    fn new(policy: u8, kind: Kind, meter: &Meter) -> Self {
        let policy = POLICIES[usize::from(policy) % 2];
        Pair {
            set: Set::with_growth_policy_and_hasher_in(policy, Build(kind), meter.clone()),
            model: Std::new(),
        }
    }

    fn step(&mut self, op: &Op, other: &mut Self) {
        match *op {
            Op::Insert(key) => self.insert(key),
            Op::InsertMany(first, count) => (first..).take(count).for_each(|key| self.insert(key)),
            Op::Replace(key) => {
                let old = self.set.replace(Evil::new(key)).map(|e| e.id());
                assert_eq!(old, self.model.replace(key));
            }
            Op::GetOrInsert(key) => {
                let got = self.set.get_or_insert_with(&Id(key), |id| Evil::from(id));
                assert_eq!(got.id(), key);
                self.model.insert(key);
            }
            Op::Remove(key) => self.remove(key),
            Op::RemoveMany(first, count) => (first..).take(count).for_each(|key| self.remove(key)),
            Op::Take(key) => {
                let gone = self.set.take(&Id(key)).map(|e| e.id());
                assert_eq!(gone, self.model.take(&key));
            }
            Op::Contains(keys) => {
                let ids = keys.map(Id);
                let wanted = keys.map(|key| self.model.contains(&key));
                assert_eq!(ids.each_ref().map(|id| self.set.contains(id)), wanted);
                assert_eq!(self.set.contains_many(ids.each_ref()), wanted);
                assert!(self.set.contains_each(&ids).eq(wanted));
            }
            Op::Extend(first, count) => {
                self.set.extend((first..).take(count).map(Evil::new));
                self.model.extend((first..).take(count));
            }
            Op::Clone => {
                other.set = self.set.clone();
                other.model = self.model.clone();
            }
            Op::CloneFrom => {
                self.set.clone_from(&other.set);
                self.model.clone_from(&other.model);
            }
            Op::Swap => std::mem::swap(self, other),
            Op::Algebra => self.algebra(other),
            _ => self.whole(op),
        }
    }

    /// What concerns all members.
    fn whole(&mut self, op: &Op) {
        match *op {
            Op::Retain(modulus) => {
                self.set.retain(|key| key.id() % (modulus + 2) != 0);
                self.model.retain(|key| key % (modulus + 2) != 0);
            }
            Op::Extract(modulus, count, end) => {
                let mut iter = self.set.extract_if(|key| key.id() % (modulus + 1) == 0);
                let taken: Vec<_> = iter.by_ref().take(count).collect();
                end.of(iter);
                for key in &taken {
                    assert!(self.model.remove(&key.id()));
                }
                let left = self.model.iter().any(|key| key % (modulus + 1) == 0);
                assert!(taken.len() == count || !left);
            }
            Op::Drain(count, end) => {
                let mut drain = self.set.drain();
                let taken = drain.by_ref().take(count).map(|key| key.id());
                taken.for_each(|key| assert!(self.model.remove(&key)));
                end.of(drain);
                self.model.clear();
            }
            Op::Clear => {
                self.set.clear();
                self.model.clear();
            }
            Op::Reserve(additional) => self.set.reserve(additional),
            Op::ShrinkTo(capacity) => self.set.shrink_to(capacity),
            _ => unreachable!("one of those above"),
        }
    }

    fn insert(&mut self, key: u32) {
        assert_eq!(self.set.insert(Evil::new(key)), self.model.insert(key));
    }

    fn remove(&mut self, key: u32) {
        assert_eq!(self.set.remove(&Id(key)), self.model.remove(&key));
    }

    fn algebra(&self, other: &Self) {
        let (a, b, x, y) = (&self.set, &other.set, &self.model, &other.model);
        assert_eq!(sorted(a.union(b)), model(x.union(y)));
        assert_eq!(sorted(a.intersection(b)), model(x.intersection(y)));
        assert_eq!(sorted(a.difference(b)), model(x.difference(y)));
        assert_eq!(
            sorted(a.symmetric_difference(b)),
            model(x.symmetric_difference(y))
        );
        assert_eq!(a.is_subset(b), x.is_subset(y));
        assert_eq!(a.is_superset(b), x.is_superset(y));
        assert_eq!(a.is_disjoint(b), x.is_disjoint(y));
        assert_eq!(a == b, x == y);
    }

    fn compare(&self) {
        assert_eq!(sorted(self.set.iter()), model(self.model.iter()));
        for &key in &self.model {
            assert!(self.set.contains(&Id(key)));
        }
    }
}
