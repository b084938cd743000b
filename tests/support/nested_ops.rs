//! What can be done to a `NestedMap`, as data, at every arity and with every kind of part, and done to an ordered map
//! of tuple keys at the same time.
//!
//! Keys are eight digits, of which a map of arity `n` uses the first `n`; the model has zeros for the rest.

use std::collections::BTreeMap;

use super::hashers::Kind;
use super::nested_subject::{self, MOST_PARTS, Subject, Taken};
use super::tape::Tape;

/// Digits, outermost first.
pub type Key = [u8; 8];
/// Digits and value of each entry.
pub type Entries = Vec<(Key, u32)>;

/// One operation. Depths are taken modulo the arity.
#[derive(Clone, Debug)]
pub enum Op {
    Insert(Key, u32),
    /// So many keys that differ at one level.
    InsertMany(Key, usize, usize),
    /// By the number of the entry variant.
    Entry(Key, u32, u8),
    Remove(Key),
    RemoveMany(Key, usize, usize),
    Get(Key),
    GetMut(Key, u32),
    RemovePrefix(Key, usize),
    DrainPrefix(Key, usize, usize),
    View(Key, usize),
    /// So many changes through a view, which may be cleared in between.
    Inside(Key, usize, usize, bool),
    /// An entry for a prefix that may have none; what is there may be cleared first.
    PrefixEntry(Key, usize, u32, bool),
    Retain(u32),
    /// As `Retain`, by `extract_if`: so much of it is taken, and the rest is left to `forget` or not.
    Extract(u32, usize, bool),
    IterMut(u32),
    /// Insertions under a limit that allows for so many bytes more.
    Limited(Key, usize, usize),
    Compact,
    Clone,
    /// Takes everything out, so much of it by hand, and puts it into a map of the same shape.
    Rebuild(usize),
    /// The same by `drain`, `into_keys` or `into_values`, as the number says, and into any map.
    Renew(usize, u8),
    Clear,
}

impl Op {
    /// Reads one. `None`: the tape is at its end.
    pub fn read(tape: &mut Tape<'_>, widths: &Key) -> Option<Self> {
        let mut key = || -> Option<Key> {
            let mut key = [0; 8];
            let bytes = tape.word()?;
            for (level, digit) in key.iter_mut().enumerate() {
                // Two bytes make eight digits: the fuzzer finds neighbours.
                let mixed = u64::from(bytes).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (8 * level);
                *digit = mixed as u8 % widths[level];
            }
            Some(key)
        };
        let key = key()?;
        Some(match tape.byte()? {
            0..60 => Op::Insert(key, value(tape)?),
            60..80 => Op::InsertMany(key, depth(tape)?, tape.count()?),
            80..100 => Op::Entry(key, value(tape)?, tape.byte()?),
            100..130 => Op::Remove(key),
            130..140 => Op::RemoveMany(key, depth(tape)?, tape.count()?),
            140..145 => Op::Get(key),
            145..150 => Op::GetMut(key, value(tape)?),
            150..170 => Op::RemovePrefix(key, depth(tape)?),
            170..185 => Op::DrainPrefix(key, depth(tape)?, tape.count()?),
            185..192 => Op::View(key, depth(tape)?),
            192..202 => Op::Inside(key, depth(tape)?, tape.count()?, tape.byte()? % 4 == 0),
            202..206 => Op::PrefixEntry(key, depth(tape)?, value(tape)?, tape.byte()? % 4 == 0),
            206..209 => Op::Retain(u32::from(tape.byte()?)),
            209..214 => Op::Extract(
                u32::from(tape.byte()?),
                tape.count()?,
                tape.byte()? % 2 == 0,
            ),
            214..218 => Op::IterMut(value(tape)?),
            218..230 => Op::Limited(key, depth(tape)?, tape.count()?),
            230..240 => Op::Compact,
            240..246 => Op::Clone,
            246..249 => Op::Rebuild(tape.count()?),
            249..253 => Op::Renew(tape.count()?, tape.byte()?),
            253..=255 => Op::Clear,
        })
    }
}

/// Changes the value, and says whether the entry stays.
fn kept(modulus: u32, key: &Key, value: &mut u32) -> bool {
    let sum: u32 = key.iter().map(|&digit| u32::from(digit)).sum();
    *value = value.wrapping_add(1);
    sum.wrapping_add(*value) % (modulus + 1) != 0
}

fn depth(tape: &mut Tape<'_>) -> Option<usize> {
    Some(usize::from(tape.byte()?))
}

fn value(tape: &mut Tape<'_>) -> Option<u32> {
    Some(u32::from(tape.word()?))
}

/// Runs the operations that `bytes` stand for; the first three choose arity, widths of the levels, and hasher.
pub fn run(bytes: &[u8]) {
    let mut tape = Tape(bytes);
    let (Some(arity), Some(widths), Some(hashes)) =
        (tape.byte(), tape.byte(), tape.pick(&Kind::ALL))
    else {
        return;
    };
    let mut run = Run::new(2 + usize::from(arity) % (MOST_PARTS - 1), widths, hashes);
    while let Some(op) = Op::read(&mut tape, &run.widths) {
        run.step(&op);
    }
    run.finish();
}

/// A map and its model.
pub struct Run {
    map: Box<dyn Subject>,
    model: BTreeMap<Key, u32>,
    arity: usize,
    /// Digits of each level are below these.
    pub widths: Key,
}

impl Run {
    /// With levels of widths that `widths` rotates.
    pub fn new(arity: usize, widths: u8, hashes: Kind) -> Self {
        let mut all = [3, 200, 2, 20, 1, 60, 4, 250];
        all.rotate_left(usize::from(widths) % 8);
        Run {
            map: nested_subject::of_arity(arity, hashes),
            model: BTreeMap::new(),
            arity,
            widths: all,
        }
    }

    /// The key with zeros for what the map has no level for.
    fn key(&self, mut key: Key) -> Key {
        key[self.arity..].fill(0);
        key
    }

    /// `count` keys that differ at one level.
    fn keys(&self, key: Key, level: usize, count: usize) -> impl Iterator<Item = Key> + use<> {
        let level = level % self.arity;
        let (first, key) = (usize::from(key[level]), self.key(key));
        (first..).take(count.min(256)).map(move |digit| {
            let mut key = key;
            key[level] = digit as u8;
            key
        })
    }

    /// The entries that begin like `key`.
    fn below(&self, key: &Key, depth: usize) -> Entries {
        let (mut from, mut to) = (*key, *key);
        from[depth..].fill(0);
        to[depth..].fill(u8::MAX);
        let range = self.model.range(from..=to);
        range.map(|(key, value)| (*key, *value)).collect()
    }

    pub fn step(&mut self, op: &Op) {
        match *op {
            Op::Insert(key, value) => self.insert(self.key(key), value),
            Op::InsertMany(key, level, count) => {
                for (n, key) in self.keys(key, level, count).enumerate() {
                    self.insert(key, n as u32);
                }
            }
            Op::Entry(key, value, variant) => self.entry(self.key(key), value, variant),
            Op::Remove(key) => self.remove(self.key(key)),
            Op::RemoveMany(key, level, count) => {
                self.keys(key, level, count)
                    .for_each(|key| self.remove(key));
            }
            Op::Get(key) => {
                let key = self.key(key);
                assert_eq!(self.map.get(&key), self.model.get(&key).copied());
            }
            Op::GetMut(key, value) => {
                let key = self.key(key);
                let there = self.model.get_mut(&key).map(|there| *there = value);
                assert_eq!(self.map.set(&key, value), there.is_some());
            }
            Op::RemovePrefix(key, depth) => self.remove_prefix(self.key(key), depth % self.arity),
            Op::DrainPrefix(key, depth, count) => {
                self.drain_prefix(self.key(key), depth % self.arity, count);
            }
            Op::View(key, depth) => self.view(&self.key(key), depth % self.arity),
            Op::Inside(key, depth, count, clear) => {
                self.inside(self.key(key), depth % self.arity, count, clear);
            }
            Op::PrefixEntry(key, depth, value, clear) => {
                let (key, depth) = (self.key(key), depth % self.arity);
                let there = self.below(&key, depth);
                self.map.prefix_entry(&key, depth, value, clear);
                if clear {
                    self.forget(&there);
                }
                if clear || there.is_empty() {
                    self.model.insert(key, value);
                }
            }
            Op::Limited(key, level, count) => self.limited(key, level, count),
            _ => self.whole(op),
        }
        self.check();
    }

    fn insert(&mut self, key: Key, value: u32) {
        assert_eq!(self.map.insert(&key, value), self.model.insert(key, value));
    }

    fn remove(&mut self, key: Key) {
        assert_eq!(self.map.remove(&key), self.model.remove(&key));
    }

    fn entry(&mut self, key: Key, value: u32, variant: u8) {
        let old = self.model.get(&key).copied();
        let new = self.map.entry(&key, value, variant);
        match (variant % 7, old) {
            (0 | 4, Some(old)) => assert_eq!(new, Some(old)),
            (1, Some(old)) => assert_eq!(new, Some(old ^ value)),
            (2 | 6, Some(_)) | (6, None) => assert_eq!(new, None),
            (_, _) => assert_eq!(new, Some(value)),
        }
        match new {
            Some(new) => self.model.insert(key, new),
            None => self.model.remove(&key),
        };
    }

    fn remove_prefix(&mut self, key: Key, depth: usize) {
        let gone = self.below(&key, depth);
        assert_eq!(self.map.remove_prefix(&key, depth), gone.len());
        self.forget(&gone);
    }

    fn drain_prefix(&mut self, key: Key, depth: usize, count: usize) {
        let gone = self.below(&key, depth);
        let taken = self.map.drain_prefix(&key, depth, count);
        assert_eq!(taken.len(), gone.len().min(count));
        for (key, value) in &taken {
            assert_eq!(self.model.remove(key), Some(*value));
        }
        self.forget(&gone);
    }

    fn forget(&mut self, gone: &Entries) {
        for (key, _) in gone {
            self.model.remove(key);
        }
    }

    /// All that a view says.
    fn view(&self, key: &Key, depth: usize) {
        let below = self.below(key, depth);
        let mut seen = self.map.view(key, depth);
        seen.sort_unstable();
        assert_eq!(seen, below);
        if depth + 1 < self.arity {
            let mut children = BTreeMap::<u8, usize>::new();
            below
                .iter()
                .for_each(|(key, _)| *children.entry(key[depth]).or_default() += 1);
            let seen = self.map.children(key, depth);
            assert_eq!(seen.len(), children.len());
            assert_eq!(seen.into_iter().collect::<BTreeMap<_, _>>(), children);
        }
    }

    fn inside(&mut self, key: Key, depth: usize, count: usize, clear: bool) {
        let there = self.below(&key, depth);
        let keys: Vec<Key> = self.keys(key, self.arity - 1, count).collect();
        let said = self.map.inside(&key, depth, &keys, clear);
        assert_eq!(said.is_some(), !there.is_empty());
        let Some(said) = said else { return };
        for (n, (key, said)) in keys.into_iter().zip(said).enumerate() {
            if clear && n == 9 {
                let below = self.below(&key, depth);
                self.forget(&below);
            }
            let old = self.model.get(&key).copied();
            assert_eq!(said, old);
            match n % 5 {
                0 => _ = self.model.insert(key, n as u32),
                1 | 2 => _ = self.model.remove(&key),
                3 => *self.model.entry(key).or_insert(7) ^= 1,
                _ => _ = self.model.get_mut(&key).map(|here| *here ^= 2),
            }
        }
    }

    /// What is refused changes nothing.
    fn limited(&mut self, key: Key, level: usize, count: usize) {
        self.map.limit(Some(count * 16));
        for (n, key) in self.keys(key, level, 100).enumerate() {
            let value = n as u32;
            if self.map.try_insert(&key, value) {
                self.model.insert(key, value);
            } else {
                self.check();
            }
            if n % 3 == 0 {
                self.remove(key);
            }
        }
        self.map.limit(None);
        // Nodes that could not become smaller do so now.
        self.map.compact();
    }

    fn whole(&mut self, op: &Op) {
        match *op {
            Op::Retain(modulus) => {
                let keep = |key: &Key, value: &mut u32| kept(modulus, key, value);
                self.map.retain(&mut |key, value| keep(key, value));
                self.model.retain(keep);
            }
            Op::Extract(modulus, count, forget) => self.extract(modulus, count, forget),
            Op::IterMut(value) => {
                self.map.each_mut(&mut |here| *here ^= value);
                self.model.values_mut().for_each(|here| *here ^= value);
            }
            Op::Compact => self.map.compact(),
            Op::Clone => self.map.become_clone(),
            Op::Rebuild(count) => {
                let taken = self.map.rebuild(count);
                assert_eq!(taken.len(), self.model.len().min(count));
                for (key, value) in taken {
                    assert_eq!(self.model.get(&key), Some(&value));
                }
                self.refill();
            }
            Op::Renew(count, by) => {
                self.renew(count, by);
                self.check_empty();
                self.refill();
            }
            Op::Clear => {
                self.map.clear();
                self.model.clear();
            }
            _ => {}
        }
    }

    /// Those that the walk has come to are changed as by `retain`, and no others.
    fn extract(&mut self, modulus: u32, count: usize, forget: bool) {
        let mut seen = Vec::new();
        let pred = &mut |key: &Key, value: &mut u32| {
            seen.push(*key);
            !kept(modulus, key, value)
        };
        let taken = self.map.extract(pred, count, forget);
        let mut wanted = BTreeMap::new();
        for key in seen {
            let value = self.model.get_mut(&key).expect("it is there");
            if !kept(modulus, &key, value) {
                let value = self.model.remove(&key);
                assert_eq!(wanted.insert(key, value.unwrap()), None, "seen twice");
            }
        }
        assert_eq!(taken.len(), wanted.len());
        assert_eq!(taken.into_iter().collect::<BTreeMap<_, _>>(), wanted);
    }

    /// Everything is taken out of the map, and stays in the model.
    fn renew(&mut self, count: usize, by: u8) {
        let taken = self.map.renew(count, by);
        let most = self.model.len().min(count);
        match taken {
            Taken::Entries(entries) => {
                assert_eq!(entries.len(), most);
                for (key, value) in entries {
                    assert_eq!(self.model.get(&key), Some(&value));
                }
            }
            Taken::Keys(keys) => {
                assert_eq!(keys.len(), most);
                assert!(keys.iter().all(|key| self.model.contains_key(key)));
            }
            Taken::Values(mut values) => {
                assert_eq!(values.len(), most);
                let mut all: Vec<_> = self.model.values().copied().collect();
                values.sort_unstable();
                all.sort_unstable();
                if most == all.len() {
                    assert_eq!(values, all);
                }
                assert!(values.iter().all(|value| all.binary_search(value).is_ok()));
            }
        }
    }

    fn check_empty(&self) {
        assert_eq!(self.map.len(), 0);
        self.map.check();
    }

    /// Puts all that the model has into the map, which is empty.
    fn refill(&mut self) {
        for (key, value) in self.below(&[0; 8], 0) {
            assert_eq!(self.map.insert(&key, value), None);
        }
    }

    fn check(&self) {
        assert_eq!(self.map.len(), self.model.len());
        self.map.check();
    }

    /// Compares everything.
    pub fn finish(self) {
        self.view(&[0; 8], 0);
        let mut prefixes: Vec<usize> = Vec::new();
        for depth in 1..=self.arity {
            let mut keys: Vec<_> = self.model.keys().map(|key| &key[..depth]).collect();
            keys.dedup();
            prefixes.push(keys.len());
        }
        assert_eq!(self.map.entries_of_levels(), prefixes);
        for (key, value) in &self.model {
            assert_eq!(self.map.get(key), Some(*value));
        }
    }
}
