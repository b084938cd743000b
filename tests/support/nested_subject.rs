//! A `NestedMap` of each arity, all behind one trait, with parts of every kind at every level.

use tophash::nested_map::Entry;
use tophash::{KeyPart, NestedMap, Str};

use super::hashers::{Build, Kind as Hashes};
use super::nested_ops::{Entries, Key};

/// A part that a digit stands for.
trait Kind {
    type Part: KeyPart<Owned = Self::Owned>;
    type Owned: Clone + Eq + std::fmt::Debug;
    /// What the part is read and looked up as.
    type Seen: ?Sized;

    fn of(digit: u8) -> Self::Owned;
    fn seen(owned: &Self::Owned) -> &Self::Seen;
    fn digit(seen: &Self::Seen) -> u8;
}

/// A kind of parts that are stored as they are.
macro_rules! kind {
    ($name:ident: $part:ty, $of:expr, $digit:expr) => {
        struct $name;
        impl Kind for $name {
            type Part = $part;
            type Owned = $part;
            type Seen = $part;
            fn of(digit: u8) -> $part {
                ($of)(digit)
            }
            fn seen(owned: &$part) -> &$part {
                owned
            }
            fn digit(seen: &$part) -> u8 {
                let read: fn(&$part) -> u8 = $digit;
                read(seen)
            }
        }
    };
}

kind!(Byte: u8, |digit| digit, |part| *part);
kind!(Long: i64, |digit| -1_000_003 * i64::from(digit), |part| (part / -1_000_003) as u8);
kind!(Text: String, text, |part| read_text(part));
kind!(Pair: (u8, String), |digit| (digit / 3, text(digit)), |part| read_text(&part.1));
kind!(Big: Wide, |digit| Wide([u64::from(digit); 5]), |part| part.0[4] as u8);

/// A part that is large, and aligned more than most.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[repr(align(32))]
struct Wide([u64; 5]);

struct Name;

impl Kind for Name {
    type Part = Str;
    type Owned = String;
    type Seen = str;
    fn of(digit: u8) -> String {
        text(digit)
    }
    fn seen(owned: &String) -> &str {
        owned
    }
    fn digit(seen: &str) -> u8 {
        read_text(seen)
    }
}

/// A string of a length that depends on the digit, up to the sizes of several classes.
fn text(digit: u8) -> String {
    format!("{digit:>width$}", width = usize::from(digit) % 41)
}

fn read_text(text: &str) -> u8 {
    text.trim_start().parse().unwrap()
}

/// What has left a map.
pub enum Taken {
    Entries(Entries),
    Keys(Vec<Key>),
    Values(Vec<u32>),
}

/// A map whose keys are digits.
pub trait Subject {
    fn len(&self) -> usize;
    fn get(&self, key: &Key) -> Option<u32>;
    fn set(&mut self, key: &Key, value: u32) -> bool;
    fn insert(&mut self, key: &Key, value: u32) -> Option<u32>;
    fn try_insert(&mut self, key: &Key, value: u32) -> bool;
    /// The value afterwards.
    fn entry(&mut self, key: &Key, value: u32, variant: u8) -> Option<u32>;
    fn remove(&mut self, key: &Key) -> Option<u32>;
    fn remove_prefix(&mut self, key: &Key, depth: usize) -> usize;
    /// The first `count` of what is drained; the rest is dropped.
    fn drain_prefix(&mut self, key: &Key, depth: usize, count: usize) -> Entries;
    fn view(&self, key: &Key, depth: usize) -> Entries;
    fn children(&self, key: &Key, depth: usize) -> Vec<(u8, usize)>;
    /// Changes these keys through a view, and says what each was before.
    fn inside(
        &mut self,
        key: &Key,
        depth: usize,
        keys: &[Key],
        clear: bool,
    ) -> Option<Vec<Option<u32>>>;
    fn prefix_entry(&mut self, key: &Key, depth: usize, value: u32, clear: bool);
    fn retain(&mut self, keep: &mut dyn FnMut(&Key, &mut u32) -> bool);
    /// The first `count` of what is extracted; then the iterator is dropped, or forgotten.
    fn extract(
        &mut self,
        pred: &mut dyn FnMut(&Key, &mut u32) -> bool,
        count: usize,
        forget: bool,
    ) -> Entries;
    fn each_mut(&mut self, change: &mut dyn FnMut(&mut u32));
    fn limit(&mut self, more: Option<usize>);
    fn compact(&mut self);
    fn become_clone(&mut self);
    /// The first `count` entries, by value; the map is empty afterwards, with the shape that it had.
    fn rebuild(&mut self, count: usize) -> Entries;
    /// The first `count` of everything, by one of three ways; the map is empty afterwards.
    fn renew(&mut self, count: usize, by: u8) -> Taken;
    fn clear(&mut self);
    fn entries_of_levels(&self) -> Vec<usize>;
    fn check(&self);
}

/// Does something for the prefix of a depth that is only known when it runs. A part is `(name kind index)`.
macro_rules! at_depth {
    ($depth:expr, $then:ident $arguments:tt $($parts:tt)+) => {
        at_depth!(@ $depth, 0, $then $arguments [] [$($parts)+])
    };
    (@ $depth:expr, $at:expr, $then:ident $arguments:tt [$($done:tt)*] []) => {
        unreachable!("no such depth")
    };
    (@ $depth:expr, $at:expr, $then:ident $arguments:tt [$($done:tt)*] [$first:tt $($rest:tt)*]) => {
        if $depth == $at {
            $then!($arguments [$($done)*] [$first $($rest)*])
        } else {
            at_depth!(@ $depth, $at + 1, $then $arguments [$($done)* $first] [$($rest)*])
        }
    };
}

macro_rules! remove_prefix {
    (($map:expr, $key:expr) [$(($p:ident $kind:ident $i:tt))*] $rest:tt) => {{
        $(let $p = $kind::of($key[$i]);)*
        $map.remove_prefix(($($kind::seen(&$p),)*))
    }};
}

macro_rules! drain_prefix {
    (($map:expr, $key:expr, $count:expr)
        [$(($p:ident $kind:ident $i:tt))*] [$(($q:ident $below:ident $j:tt))+]) => {{
        $(let $p = $kind::of($key[$i]);)*
        let drained = $map.drain_prefix(($($kind::seen(&$p),)*));
        let entries = drained.take($count).map(|(($($q,)+), value)| {
            let mut key = *$key;
            $(key[$j] = $below::digit($below::seen(&$q));)+
            (key, value)
        });
        entries.collect()
    }};
}

macro_rules! view {
    (($map:expr, $key:expr) [$(($p:ident $kind:ident $i:tt))*] [$(($q:ident $below:ident $j:tt))+]) => {{
        $(let $p = $kind::of($key[$i]);)*
        let view = $map.prefix(($($kind::seen(&$p),)*));
        let entries: Entries = view.iter().map(|(($($q,)+), value)| {
            let mut key = *$key;
            $(key[$j] = $below::digit($q);)+
            assert_eq!(view.get(($($q,)+)), Some(value));
            (key, *value)
        }).collect();
        assert_eq!((view.len(), view.is_empty()), (entries.len(), entries.is_empty()));
        assert_eq!($map.contains_prefix(($($kind::seen(&$p),)*)), !entries.is_empty());
        entries
    }};
}

macro_rules! children {
    (($map:expr, $key:expr) $done:tt [$last:tt]) => {{
        let _ = $key;
        Vec::new()
    }};
    (($map:expr, $key:expr) [$(($p:ident $kind:ident $i:tt))*] [($q:ident $below:ident $j:tt) $($rest:tt)+]) => {{
        $(let $p = $kind::of($key[$i]);)*
        let children = $map.children(($($kind::seen(&$p),)*));
        children.map(|(part, below)| ($below::digit(part), below.len())).collect()
    }};
}

macro_rules! inside {
    (($map:expr, $key:expr, $keys:expr, $clear:expr)
        [$(($p:ident $kind:ident $i:tt))*] [$(($q:ident $below:ident $j:tt))+]) => {{
        $(let $p = $kind::of($key[$i]);)*
        let mut view = $map.prefix_mut(($($kind::seen(&$p),)*))?;
        let mut said = Vec::new();
        for (n, key) in $keys.iter().enumerate() {
            if $clear && n == 9 {
                view.clear();
            }
            $(let $q = $below::of(key[$j]);)+
            said.push(view.get(($($below::seen(&$q),)+)).copied());
            match n % 5 {
                0 => _ = view.insert(($($q,)+), n as u32),
                1 => _ = view.remove(($($below::seen(&$q),)+)),
                2 => if let Entry::Occupied(entry) = view.entry(($($q,)+)) {
                    entry.remove();
                },
                3 => *view.entry(($($q,)+)).or_insert(7) ^= 1,
                _ => _ = view.get_mut(($($below::seen(&$q),)+)).map(|here| *here ^= 2),
            }
            assert_eq!(view.len(), view.iter().count());
        }
        Some(said)
    }};
}

macro_rules! prefix_entry {
    (($map:expr, $key:expr, $value:expr, $clear:expr)
        [$(($p:ident $kind:ident $i:tt))*] [$(($q:ident $below:ident $j:tt))+]) => {{
        $(let $p = $kind::of($key[$i]);)*
        let entry = $map.prefix_entry(($($p,)*));
        let entry = entry.and_modify(|view| if $clear { view.clear() });
        entry.or_insert_with(|| (($($below::of($key[$j]),)+), $value));
    }};
}

macro_rules! arity {
    ($name:ident: $(($p:ident $kind:ident $i:tt))+) => {
        struct $name(NestedMap<($(<$kind as Kind>::Part,)+), u32, Build>);

        impl Subject for $name {
            fn len(&self) -> usize {
                self.0.len()
            }
            fn get(&self, key: &Key) -> Option<u32> {
                $(let $p = $kind::of(key[$i]);)+
                let found = self.0.get(($($kind::seen(&$p),)+)).copied();
                assert_eq!(self.0.contains_key(($($kind::seen(&$p),)+)), found.is_some());
                found
            }
            fn set(&mut self, key: &Key, value: u32) -> bool {
                $(let $p = $kind::of(key[$i]);)+
                self.0.get_mut(($($kind::seen(&$p),)+)).map(|here| *here = value).is_some()
            }
            fn insert(&mut self, key: &Key, value: u32) -> Option<u32> {
                self.0.insert(($($kind::of(key[$i]),)+), value)
            }
            fn try_insert(&mut self, key: &Key, value: u32) -> bool {
                match self.0.try_insert(($($kind::of(key[$i]),)+), value) {
                    Ok(_) => true,
                    Err(refused) => {
                        assert_eq!(refused.value, value);
                        false
                    }
                }
            }
            fn entry(&mut self, key: &Key, value: u32, variant: u8) -> Option<u32> {
                let entry = self.0.entry(($($kind::of(key[$i]),)+));
                assert_eq!(*entry.key(), ($($kind::of(key[$i]),)+));
                Some(match (variant % 7, entry) {
                    (0, entry) => *entry.or_insert(value),
                    (1, entry) => *entry.and_modify(|here| *here ^= value).or_insert(value),
                    (2, Entry::Occupied(entry)) => {
                        entry.remove();
                        return None;
                    }
                    (4, entry) => *entry.or_insert_with_key(|($($p,)+)| {
                        $(assert_eq!($kind::digit($kind::seen($p)), key[$i]);)+
                        value
                    }),
                    (5, entry) => *entry.insert_entry(value).get(),
                    (6, entry) => {
                        let removed = match entry {
                            Entry::Occupied(entry) => entry.remove_entry().0,
                            Entry::Vacant(entry) => entry.insert_entry(value).remove_entry().0,
                        };
                        assert_eq!(removed, ($($kind::of(key[$i]),)+));
                        return None;
                    }
                    (_, Entry::Occupied(mut entry)) => {
                        entry.insert(value);
                        *entry.into_mut()
                    }
                    (_, Entry::Vacant(entry)) => *entry.insert(value),
                })
            }
            fn remove(&mut self, key: &Key) -> Option<u32> {
                $(let $p = $kind::of(key[$i]);)+
                self.0.remove(($($kind::seen(&$p),)+))
            }
            fn remove_prefix(&mut self, key: &Key, depth: usize) -> usize {
                at_depth!(depth, remove_prefix (self.0, key) $(($p $kind $i))+)
            }
            fn drain_prefix(&mut self, key: &Key, depth: usize, count: usize) -> Entries {
                at_depth!(depth, drain_prefix (self.0, key, count) $(($p $kind $i))+)
            }
            fn view(&self, key: &Key, depth: usize) -> Entries {
                at_depth!(depth, view (self.0, key) $(($p $kind $i))+)
            }
            fn children(&self, key: &Key, depth: usize) -> Vec<(u8, usize)> {
                at_depth!(depth, children (self.0, key) $(($p $kind $i))+)
            }
            fn inside(&mut self, key: &Key, depth: usize, keys: &[Key], clear: bool) -> Option<Vec<Option<u32>>> {
                at_depth!(depth, inside (self.0, key, keys, clear) $(($p $kind $i))+)
            }
            fn prefix_entry(&mut self, key: &Key, depth: usize, value: u32, clear: bool) {
                at_depth!(depth, prefix_entry (self.0, key, value, clear) $(($p $kind $i))+)
            }
            fn retain(&mut self, keep: &mut dyn FnMut(&Key, &mut u32) -> bool) {
                self.0.retain(|($($p,)+), value| {
                    let mut key = [0; 8];
                    $(key[$i] = $kind::digit($p);)+
                    keep(&key, value)
                });
            }
            fn extract(
                &mut self,
                pred: &mut dyn FnMut(&Key, &mut u32) -> bool,
                count: usize,
                forget: bool,
            ) -> Entries {
                let mut gone = self.0.extract_if(|($($p,)+), value| {
                    let mut key = [0; 8];
                    $(key[$i] = $kind::digit($p);)+
                    pred(&key, value)
                });
                let entries = gone.by_ref().take(count).map(|(($($p,)+), value)| {
                    let mut key = [0; 8];
                    $(key[$i] = $kind::digit($kind::seen(&$p));)+
                    (key, value)
                });
                let entries = entries.collect();
                if forget {
                    std::mem::forget(gone);
                }
                entries
            }
            fn each_mut(&mut self, change: &mut dyn FnMut(&mut u32)) {
                self.0.values_mut().for_each(change);
            }
            fn limit(&mut self, more: Option<usize>) {
                let reserved = self.0.memory().reserved;
                self.0.set_memory_limit(more.map(|more| reserved + more));
            }
            fn compact(&mut self) {
                self.0.compact();
            }
            fn become_clone(&mut self) {
                let copy = self.0.clone();
                assert_eq!(self.0, copy);
                self.0 = copy;
            }
            fn rebuild(&mut self, count: usize) -> Entries {
                let again = NestedMap::with_shape_and_hasher(&self.0.shape(), self.0.hasher().clone()).unwrap();
                let all = std::mem::replace(&mut self.0, again).into_iter();
                let entries = all.take(count).map(|(($($p,)+), value)| {
                    let mut key = [0; 8];
                    $(key[$i] = $kind::digit($kind::seen(&$p));)+
                    (key, value)
                });
                entries.collect()
            }
            fn renew(&mut self, count: usize, by: u8) -> Taken {
                let digits = |($($p,)+): ($(<$kind as Kind>::Owned,)+)| {
                    let mut key = [0; 8];
                    $(key[$i] = $kind::digit($kind::seen(&$p));)+
                    key
                };
                if by % 3 == 0 {
                    let gone = self.0.drain().take(count);
                    return Taken::Entries(gone.map(|(key, value)| (digits(key), value)).collect());
                }
                let again = NestedMap::with_hasher(self.0.hasher().clone());
                let all = std::mem::replace(&mut self.0, again);
                match by % 3 {
                    1 => Taken::Keys(all.into_keys().take(count).map(digits).collect()),
                    _ => Taken::Values(all.into_values().take(count).collect()),
                }
            }
            fn clear(&mut self) {
                self.0.clear();
            }
            fn entries_of_levels(&self) -> Vec<usize> {
                self.0.stats().levels.iter().map(|level| level.entries).collect()
            }
            fn check(&self) {
                #[cfg(tophash_check)]
                self.0.check_invariants();
            }
        }
    };
}

arity!(Two: (a Byte 0) (b Name 1));
arity!(Three: (a Name 0) (b Name 1) (c Long 2));
arity!(Four: (a Long 0) (b Text 1) (c Name 2) (d Byte 3));
arity!(Five: (a Pair 0) (b Byte 1) (c Text 2) (d Name 3) (e Big 4));
#[cfg(not(fuzzing))]
arity!(Six: (a Text 0) (b Pair 1) (c Long 2) (d Big 3) (e Name 4) (f Pair 5));
#[cfg(not(fuzzing))]
arity!(Seven: (a Byte 0) (b Long 1) (c Pair 2) (d Text 3) (e Byte 4) (f Text 5) (g Name 6));
#[cfg(not(fuzzing))]
arity!(Eight: (a Name 0) (b Big 1) (c Byte 2) (d Long 3) (e Pair 4) (f Name 5) (g Text 6) (h Text 7));

/// Keys have at most this many parts. A build for fuzzing takes minutes with eight, and finds no other code in them.
pub const MOST_PARTS: usize = if cfg!(fuzzing) { 5 } else { 8 };

/// An empty map.
pub fn of_arity(arity: usize, hashes: Hashes) -> Box<dyn Subject> {
    let hasher = Build(hashes);
    match arity {
        2 => Box::new(Two(NestedMap::with_hasher(hasher))),
        3 => Box::new(Three(NestedMap::with_hasher(hasher))),
        4 => Box::new(Four(NestedMap::with_hasher(hasher))),
        5 => Box::new(Five(NestedMap::with_hasher(hasher))),
        #[cfg(not(fuzzing))]
        6 => Box::new(Six(NestedMap::with_hasher(hasher))),
        #[cfg(not(fuzzing))]
        7 => Box::new(Seven(NestedMap::with_hasher(hasher))),
        #[cfg(not(fuzzing))]
        8 => Box::new(Eight(NestedMap::with_hasher(hasher))),
        _ => unreachable!("keys have two parts to the most"),
    }
}
