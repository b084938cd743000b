//! What can be done to a `HashMap`, as data, and done to std's at the same time.

use std::collections::HashMap as Std;

use tophash::hash_map::{Entry, EntryRef};

use super::evil::{self, Evil, Id};
use super::fuse;
use super::hashers::{Build, Kind};
use super::memory::{Meter, Refusal, Which};
use super::subject::{End, Map, POLICIES};
use super::tape::Tape;

/// One operation. Keys are numbers below a bound that the run chooses.
#[derive(Clone, Debug)]
pub enum Op {
    Insert(u32, u32),
    InsertMany(u32, usize),
    TryInsert(u32, u32),
    Remove(u32),
    RemoveMany(u32, usize),
    /// By the number of the entry variant.
    Entry(u32, u32, u8),
    EntryRef(u32, u32, u8),
    Get(u32),
    GetMut(u32, u32),
    GetDisjoint([u32; 3]),
    GetMany([u32; 4]),
    GetEach(u32, usize),
    Retain(u32),
    Extract(u32, usize, End),
    Drain(usize, End),
    Consume(usize, End),
    Clear,
    Reserve(usize),
    TryReserve(usize, Which, Refusal),
    /// Removals while the allocator refuses everything.
    RemoveRefused(u32, usize),
    /// An insertion that may end in a panic of the allocator.
    InsertRefused(u32, usize),
    ShrinkTo(usize),
    Clone,
    CloneFrom,
    Swap,
    Extend(u32, usize),
    Iter,
    IterMut(u32),
    /// Starts over with another policy, hasher and entries.
    Renew(u8, Kind, u32, usize),
}

impl Op {
    /// Reads one. `None`: the tape is at its end.
    pub fn read(tape: &mut Tape<'_>, keys: u32) -> Option<Self> {
        let end = [End::Drop, End::Forget];
        let which = |k: usize| {
            if k % 2 == 0 {
                Which::One(k / 2)
            } else {
                Which::From(k / 2)
            }
        };
        let how = [Refusal::Null, Refusal::Panic];
        Some(match tape.byte()? {
            0..40 => Op::Insert(key(tape, keys)?, value(tape)?),
            40..56 => Op::InsertMany(key(tape, keys)?, tape.count()?),
            56..62 => Op::TryInsert(key(tape, keys)?, value(tape)?),
            62..98 => Op::Remove(key(tape, keys)?),
            98..114 => Op::RemoveMany(key(tape, keys)?, tape.count()?),
            114..130 => Op::Entry(key(tape, keys)?, value(tape)?, tape.byte()?),
            130..140 => Op::EntryRef(key(tape, keys)?, value(tape)?, tape.byte()?),
            140..148 => Op::Get(key(tape, keys)?),
            148..152 => Op::GetMut(key(tape, keys)?, value(tape)?),
            152..158 => Op::GetDisjoint([key(tape, keys)?, key(tape, keys)?, key(tape, keys)?]),
            158..162 => Op::GetMany([
                key(tape, keys)?,
                key(tape, keys)?,
                key(tape, keys)?,
                key(tape, keys)?,
            ]),
            162..166 => Op::GetEach(key(tape, keys)?, tape.count()?),
            166..172 => Op::Retain(u32::from(tape.byte()?)),
            172..184 => Op::Extract(u32::from(tape.byte()?), tape.count()?, tape.pick(&end)?),
            184..187 => Op::Drain(tape.count()?, tape.pick(&end)?),
            187..189 => Op::Consume(tape.count()?, tape.pick(&end)?),
            189..191 => Op::Clear,
            191..196 => Op::Reserve(tape.count()?),
            196..204 => Op::TryReserve(tape.count()?, which(tape.count()?), tape.pick(&how)?),
            204..212 => Op::RemoveRefused(key(tape, keys)?, tape.count()?),
            212..218 => Op::InsertRefused(key(tape, keys)?, tape.count()?),
            218..226 => Op::ShrinkTo(tape.count()?),
            226..230 => Op::Clone,
            230..234 => Op::CloneFrom,
            234..238 => Op::Swap,
            238..244 => Op::Extend(key(tape, keys)?, tape.count()?),
            244..247 => Op::Iter,
            247..250 => Op::IterMut(value(tape)?),
            250..=255 => Op::Renew(
                tape.byte()?,
                tape.pick(&Kind::ALL)?,
                key(tape, keys)?,
                tape.count()?,
            ),
        })
    }
}

impl Op {
    /// Reads one of those in which the allocator refuses, or of those that bring a map to where it matters.
    pub fn read_refused(tape: &mut Tape<'_>, keys: u32) -> Option<Self> {
        let how = [Refusal::Null, Refusal::Panic];
        Some(match tape.byte()? % 8 {
            0 => Op::InsertMany(key(tape, keys)?, tape.count()?),
            1 => Op::RemoveMany(key(tape, keys)?, tape.count()?),
            2 => Op::TryReserve(tape.count()?, Which::One(tape.count()?), tape.pick(&how)?),
            3 => Op::TryReserve(tape.count()?, Which::From(tape.count()?), tape.pick(&how)?),
            4 => Op::RemoveRefused(key(tape, keys)?, tape.count()?),
            5 => Op::InsertRefused(key(tape, keys)?, tape.count()?),
            6 => Op::ShrinkTo(tape.count()?),
            _ => return Op::read(tape, keys),
        })
    }

    /// Reads one of those that are left half done, or of those that show the harm.
    pub fn read_forgetful(tape: &mut Tape<'_>, keys: u32) -> Option<Self> {
        let end = [End::Drop, End::Forget];
        Some(match tape.byte()? % 8 {
            0 | 1 => Op::InsertMany(key(tape, keys)?, tape.count()?),
            2 | 3 => Op::Extract(u32::from(tape.byte()?), tape.count()?, tape.pick(&end)?),
            4 => Op::Drain(tape.count()?, tape.pick(&end)?),
            5 => Op::Consume(tape.count()?, tape.pick(&end)?),
            6 => Op::EntryRef(key(tape, keys)?, 0, tape.byte()?),
            _ => return Op::read(tape, keys),
        })
    }
}

fn key(tape: &mut Tape<'_>, keys: u32) -> Option<u32> {
    Some(u32::from(tape.word()?) % keys)
}

fn value(tape: &mut Tape<'_>) -> Option<u32> {
    tape.byte().map(u32::from)
}

/// A map and the model that it must agree with.
struct Pair {
    map: Map,
    model: Std<u32, u32>,
}

/// Two pairs, so that there is something to clone from and to swap with.
pub struct Run {
    now: Pair,
    other: Pair,
    meter: Meter,
    /// Something was forgotten on purpose.
    leaked: bool,
}

/// Reads a whole run from a tape and does it.
pub fn run(bytes: &[u8], kind: Option<Kind>) {
    run_of(Op::read, bytes, kind);
}

/// The same with a choice of operations.
pub fn run_of(read: impl Fn(&mut Tape<'_>, u32) -> Option<Op>, bytes: &[u8], kind: Option<Kind>) {
    let mut tape = Tape(bytes);
    let header = (|| {
        let keys = tape.pick(&[48, 300, 2_000, 20_000])?;
        let policy = tape.byte()?;
        Some((keys, policy, kind.or(tape.pick(&Kind::ALL))?))
    })();
    let Some((keys, policy, kind)) = header else {
        return;
    };
    let mut run = Run::new(policy, kind);
    while let Some(op) = read(&mut tape, keys) {
        run.step(&op);
    }
    run.finish();
}

impl Run {
    pub fn new(policy: u8, kind: Kind) -> Self {
        let meter = Meter::default();
        Run {
            now: Pair::new(policy, kind, &meter),
            other: Pair::new(policy / 2, Kind::Uniform, &meter),
            meter,
            leaked: false,
        }
    }

    /// Does one operation to both maps and compares what they say.
    pub fn step(&mut self, op: &Op) {
        match *op {
            Op::Clone => {
                let map = self.now.map.clone();
                let model = self.now.model.clone();
                self.other = Pair { map, model };
            }
            Op::CloneFrom => {
                self.now.map.clone_from(&self.other.map);
                self.now.model.clone_from(&self.other.model);
            }
            Op::Swap => std::mem::swap(&mut self.now, &mut self.other),
            Op::Renew(policy, kind, first, count) => {
                self.now = Pair::new(policy, kind, &self.meter);
                self.now.insert_many(first, count);
            }
            Op::Drain(_, End::Forget) | Op::Consume(_, End::Forget) => {
                self.leaked = true;
                self.now.step(op, &self.meter);
            }
            _ => self.now.step(op, &self.meter),
        }
        self.now.compare_lightly();
        if !self.leaked {
            let bytes = self.now.map.allocation_size() + self.other.map.allocation_size();
            assert_eq!(bytes, self.meter.live(), "bytes after {op:?}");
        }
    }

    /// Compares all that is there, and looks for what was lost.
    pub fn finish(self) {
        self.now.compare();
        self.other.compare();
        let entries = self.now.map.len() + self.other.map.len();
        if !self.leaked {
            assert_eq!(evil::live(), 2 * entries);
        }
        drop((self.now, self.other));
        if self.leaked {
            evil::write_off();
        }
        assert_eq!(evil::live(), 0);
        assert!(self.leaked || self.meter.live() == 0);
    }
}

impl Pair {
    fn new(policy: u8, kind: Kind, meter: &Meter) -> Self {
        let policy = POLICIES[usize::from(policy) % 2];
        Pair {
            map: Map::with_growth_policy_and_hasher_in(policy, Build(kind), meter.clone()),
            model: Std::new(),
        }
    }

    fn step(&mut self, op: &Op, meter: &Meter) {
        match *op {
            Op::Insert(key, value) => self.insert(key, value),
            Op::InsertMany(first, count) => self.insert_many(first, count),
            Op::TryInsert(key, value) => {
                let done = self
                    .map
                    .try_insert(Evil::new(key), Evil::new(value))
                    .is_ok();
                assert_eq!(done, !self.model.contains_key(&key));
                self.model.entry(key).or_insert(value);
            }
            Op::Remove(key) => self.remove(key),
            Op::RemoveMany(first, count) => (first..).take(count).for_each(|key| self.remove(key)),
            Op::Entry(key, value, how) => self.entry(key, value, how),
            Op::EntryRef(key, value, how) => self.entry_ref(key, value, how),
            Op::Get(_) | Op::GetMut(..) | Op::GetDisjoint(_) | Op::GetMany(_) | Op::GetEach(..) => {
                self.look_up(op);
            }
            Op::Extend(first, count) => {
                let pairs = (first..).take(count).map(|key| (key, key ^ 1));
                self.map
                    .extend(pairs.clone().map(|(k, v)| (Evil::new(k), Evil::new(v))));
                self.model.extend(pairs);
            }
            Op::Reserve(_)
            | Op::TryReserve(..)
            | Op::RemoveRefused(..)
            | Op::InsertRefused(..)
            | Op::ShrinkTo(_) => self.with_memory(op, meter),
            _ => self.whole(op, meter),
        }
    }

    /// What concerns all entries.
    fn whole(&mut self, op: &Op, meter: &Meter) {
        match *op {
            Op::Retain(modulus) => {
                let keep = |key: u32| key % (modulus + 2) != 0;
                self.map.retain(|key, _| keep(key.id()));
                self.model.retain(|&key, _| keep(key));
            }
            Op::Extract(modulus, count, end) => self.extract(modulus, count, end),
            Op::Drain(count, end) => {
                let mut drain = self.map.drain();
                let taken: Vec<_> = drain.by_ref().take(count).collect();
                end.of(drain);
                self.took(taken, count);
                self.model.clear();
            }
            Op::Consume(count, end) => {
                let (policy, hasher) = (self.map.growth_policy(), self.map.hasher().clone());
                let fresh = Map::with_growth_policy_and_hasher_in(policy, hasher, meter.clone());
                let mut iter = std::mem::replace(&mut self.map, fresh).into_iter();
                let taken: Vec<_> = iter.by_ref().take(count).collect();
                end.of(iter);
                self.took(taken, count);
                self.model.clear();
            }
            Op::Clear => {
                self.map.clear();
                self.model.clear();
            }
            Op::Iter => self.compare(),
            Op::IterMut(add) => {
                self.map
                    .iter_mut()
                    .for_each(|(_, v)| v.set(v.id().wrapping_add(add)));
                self.model
                    .values_mut()
                    .for_each(|v| *v = v.wrapping_add(add));
            }
            _ => unreachable!("an operation on two maps, or on one entry"),
        }
    }

    fn insert(&mut self, key: u32, value: u32) {
        let old = self.map.insert(Evil::new(key), Evil::new(value));
        assert_eq!(old.map(|v| v.id()), self.model.insert(key, value));
    }

    fn insert_many(&mut self, first: u32, count: usize) {
        (first..).take(count).for_each(|key| self.insert(key, key));
    }

    fn remove(&mut self, key: u32) {
        let gone = self.map.remove_entry(&Id(key));
        let gone = gone.map(|(k, v)| (k.id(), v.id()));
        assert_eq!(gone, self.model.remove_entry(&key));
    }

    fn entry(&mut self, key: u32, value: u32, how: u8) {
        let entry = self.map.entry(Evil::new(key));
        let known = self.model.contains_key(&key);
        assert_eq!(matches!(entry, Entry::Occupied(_)), known);
        match (how % 6, entry) {
            (0, entry) => {
                let got = entry.or_insert_with(|| Evil::new(value)).id();
                assert_eq!(got, *self.model.entry(key).or_insert(value));
            }
            (1, entry) => {
                entry.and_modify(|v| v.set(value)).or_insert(Evil::new(7));
                self.model
                    .entry(key)
                    .and_modify(|v| *v = value)
                    .or_insert(7);
            }
            (2, entry) => {
                let mut entry = entry.insert_entry(Evil::new(value));
                entry.get_mut().set(value + 1);
                self.model.insert(key, value + 1);
            }
            (3, Entry::Occupied(entry)) => {
                let (k, v) = entry.remove_entry();
                assert_eq!(Some((k.id(), v.id())), self.model.remove_entry(&key));
            }
            (4, Entry::Occupied(mut entry)) => {
                let old = entry.insert(Evil::new(value)).id();
                assert_eq!(Some(old), self.model.insert(key, value));
            }
            (3, Entry::Vacant(entry)) => assert_eq!(entry.into_key().id(), key),
            // An entry that is dropped or forgotten changes nothing; it has a key of its own.
            (_, entry) => drop(entry),
        }
    }

    fn entry_ref(&mut self, key: u32, value: u32, how: u8) {
        let id = Id(key);
        let entry = self.map.entry_ref(&id);
        let known = self.model.contains_key(&key);
        assert_eq!(matches!(entry, EntryRef::Occupied(_)), known);
        match how % 3 {
            0 => {
                let got = entry.or_insert_with(|| Evil::new(value)).id();
                assert_eq!(got, *self.model.entry(key).or_insert(value));
            }
            1 => {
                entry.insert_entry(Evil::new(value));
                self.model.insert(key, value);
            }
            _ => End::Forget.of(entry),
        }
    }

    fn look_up(&mut self, op: &Op) {
        let model = &self.model;
        let plain = |found: Option<&Evil>| found.map(Evil::id);
        match *op {
            Op::Get(key) => {
                assert_eq!(plain(self.map.get(&Id(key))), model.get(&key).copied());
                let pair = self.map.get_key_value(&Evil::new(key));
                assert_eq!(pair.is_some(), model.contains_key(&key));
            }
            Op::GetMut(key, value) => {
                if let Some(found) = self.map.get_mut(&Id(key)) {
                    found.set(value);
                    self.model.insert(key, value);
                } else {
                    assert!(!model.contains_key(&key));
                }
            }
            Op::GetDisjoint([a, b, c]) if a != b && b != c && a != c => {
                let found = self.map.get_disjoint_mut([&Id(a), &Id(b), &Id(c)]);
                for (found, key) in found.into_iter().zip([a, b, c]) {
                    assert_eq!(plain(found.as_deref()), self.model.get(&key).copied());
                    if let Some(found) = found {
                        found.set(key);
                        self.model.insert(key, key);
                    }
                }
            }
            Op::GetMany(keys) => {
                let ids = keys.map(Id);
                let found = self.map.get_many(ids.each_ref());
                for (found, key) in found.into_iter().zip(keys) {
                    assert_eq!(plain(found), model.get(&key).copied());
                }
            }
            Op::GetEach(first, count) => {
                let ids: Vec<_> = (first..).take(count).map(Id).collect();
                let found: Vec<_> = self.map.get_each(&ids).map(plain).collect();
                let wanted = ids.iter().map(|id| model.get(&id.0).copied());
                assert!(found.into_iter().eq(wanted));
            }
            _ => {}
        }
    }

    fn extract(&mut self, modulus: u32, count: usize, end: End) {
        let mut seen = 0;
        let total = self.map.len();
        let mut iter = self.map.extract_if(|key, _| {
            seen += 1;
            key.id() % (modulus + 1) == 0
        });
        let taken: Vec<_> = iter.by_ref().take(count).collect();
        end.of(iter);
        assert!(seen <= total);
        let all = self.model.keys().filter(|&key| key % (modulus + 1) == 0);
        assert_eq!(taken.len(), all.count().min(count));
        for (key, value) in taken {
            assert_eq!(key.id() % (modulus + 1), 0);
            assert_eq!(self.model.remove(&key.id()), Some(value.id()));
        }
    }

    fn took(&mut self, taken: Vec<(Evil, Evil)>, count: usize) {
        assert_eq!(taken.len(), self.model.len().min(count));
        for (key, value) in taken {
            assert_eq!(self.model.remove(&key.id()), Some(value.id()));
        }
        assert!(self.map.is_empty());
    }

    fn with_memory(&mut self, op: &Op, meter: &Meter) {
        match *op {
            Op::Reserve(additional) => {
                self.map.reserve(additional);
                assert!(self.map.capacity() >= self.map.len() + additional);
            }
            Op::TryReserve(additional, which, how) => {
                meter.refuse(which, how);
                let mut done = false;
                let blown = fuse::caught(|| done = self.map.try_reserve(additional).is_ok());
                meter.relent();
                assert!(done || blown || meter.refused() > 0);
                assert!(!done || self.map.capacity() >= self.map.len() + additional);
                self.compare();
            }
            Op::RemoveRefused(first, count) => {
                meter.refuse(Which::From(0), Refusal::Null);
                (first..).take(count).for_each(|key| self.remove(key));
                self.map.retain(|key, _| key.id() % 7 != 1);
                self.map.shrink_to(0);
                meter.relent();
                self.model.retain(|key, _| key % 7 != 1);
                self.compare();
            }
            Op::InsertRefused(first, passing) => {
                meter.refuse(Which::One(passing / 8), Refusal::Panic);
                for key in (first..).take(40) {
                    let refused = fuse::caught(|| {
                        self.map.insert(Evil::new(key), Evil::new(key));
                    });
                    if !refused {
                        self.model.insert(key, key);
                    }
                    let gone = (first + 500 + key) % 1_000;
                    let refused = fuse::caught(|| {
                        self.map.remove(&Id(gone));
                    });
                    assert!(!refused || !self.map.contains_key(&Id(gone)));
                    self.model.remove(&gone);
                }
                meter.relent();
                self.compare();
            }
            Op::ShrinkTo(capacity) => {
                let before = self.map.capacity();
                self.map.shrink_to(capacity);
                assert!(self.map.capacity() >= self.map.len().max(capacity.min(before)));
            }
            _ => {}
        }
    }

    fn compare_lightly(&self) {
        assert_eq!(self.map.len(), self.model.len());
        assert!(self.map.capacity() >= self.map.len());
        #[cfg(tophash_check)]
        self.map.check_invariants();
    }

    fn compare(&self) {
        self.compare_lightly();
        let mut count = 0;
        for (key, value) in &self.map {
            assert_eq!(self.model.get(&key.id()), Some(&value.id()));
            count += 1;
        }
        assert_eq!(count, self.model.len());
        for (key, value) in &self.model {
            assert_eq!(self.map.get(&Id(*key)).map(Evil::id), Some(*value));
        }
    }
}
