//! From nested maps to [`NestedMap`](crate::NestedMap).
//!
//! There are two usual ways to look something up by several keys: maps in maps, and one map with tuples as keys. This
//! page shows what changes when maps in maps become a `NestedMap`, and when to take a [`HashMap`](crate::HashMap) with
//! tuple keys instead.
//!
//! # Before and after
//! Counting, with maps in maps. Every level is made by hand, and `entry` wants a `String` of its own for every part
//! that is one, also if it is there already:
//! ```
//! use std::collections::HashMap;
//!
//! let mut lines: HashMap<String, HashMap<String, HashMap<i64, u32>>> = HashMap::new();
//! *lines
//!     .entry("ann".to_string())
//!     .or_default()
//!     .entry("src/lib.rs".to_string())
//!     .or_default()
//!     .entry(2026)
//!     .or_default() += 12;
//!
//! let found = lines.get("ann").and_then(|files| files.get("src/lib.rs")).and_then(|years| years.get(&2026));
//! assert_eq!(found, Some(&12));
//!
//! let total: usize = lines.values().flat_map(|files| files.values()).map(|years| years.len()).sum();
//! assert_eq!(total, 1);
//!
//! // Removing the last entry of an inner map leaves the empty map behind.
//! lines.get_mut("ann").unwrap().get_mut("src/lib.rs").unwrap().remove(&2026);
//! assert!(lines.contains_key("ann"));
//! ```
//! The same with a `NestedMap`:
//! ```
//! use tophash::{NestedMap, Str};
//!
//! let mut lines: NestedMap<(Str, Str, i64), u32> = NestedMap::new();
//! *lines.entry(("ann", "src/lib.rs", 2026)).or_default() += 12;
//!
//! assert_eq!(lines.get(("ann", "src/lib.rs", 2026)), Some(&12));
//! assert_eq!(lines.len(), 1);
//!
//! lines.remove(("ann", "src/lib.rs", 2026));
//! assert!(!lines.contains_prefix(("ann",)));
//! ```
//!
//! | maps in maps | `NestedMap` |
//! |---|---|
//! | `m[a][b][&c]` | `m[(a, b, c)]` |
//! | `m.get(a)?.get(b)?.get(&c)` | `m.get((a, b, c))` |
//! | `m.entry(a).or_default().entry(b).or_default()…` | `m.entry((a, b, c))` |
//! | `for (b, inner) in &m[a]` | `for (b, inner) in m.children((a,))` |
//! | three loops, one in the other | `for ((a, b, c), value) in &m` |
//! | `m.remove(a)` | `m.remove_prefix((a,))`, or `drain_prefix` to have what was there |
//! | `retain` in `retain` in `retain` | `m.retain(\|(a, b, c), value\| …)`, or `extract_if` to have what goes |
//! | the sum of all inner `len()`s | `m.len()` |
//! | `let inner = &m[a]` | `let inner = m.prefix((a,))`: empty, if there is nothing |
//! | `let inner = m.get_mut(a)?` | `let inner = m.prefix_mut((a,))?` |
//! | `with_capacity(n)` at every level | [`with_shape`](crate::NestedMap::with_shape)`(&[100, 100, 10])`: the mean of each level |
//! | `shrink_to_fit` at every level | [`compact`](crate::NestedMap::compact) |
//!
//! Keys are tuples everywhere, also where one part is left: `(a,)` has a comma. Parts may be `&str` for `String` and
//! [`Str`](crate::Str), other references, and numbers by value; [`Part`](crate::Part) adds small types of your own.
//!
//! An [`Entry`](crate::nested_map::Entry) has the methods that std's has. Its `key` is the one that was given, since the
//! parts in the map are those of other entries, too; `insert_entry` asks for a key that is `Clone`. There is no
//! `remove_entry` but that of an entry.
//!
//! [`from_nested`](crate::NestedMap::from_nested) and [`to_nested`](crate::NestedMap::to_nested) convert from and to
//! maps in maps. With the feature `serde`, a `NestedMap` is written and read as maps in maps are, so what was saved
//! before can be read after.
//!
//! # Strings
//! `String` works as a part, but [`Str`](crate::Str) is nearly always better: the map keeps one copy of each string,
//! with its hash, and 8 bytes in each entry that has it as a part. Readers are given `&str`, and what is taken out is
//! `String`. `Str` gains nothing where a string is hardly ever shared *and* is at hand as a `String` already.
//!
//! # Lists
//! A `Vec` for a value is a block of its own for each key, however short the list. Two ways lead around it. With
//! `SmallVec` (of the crate `smallvec`) a short list lies in the table, beside its key:
//! ```
//! use smallvec::SmallVec;
//! use tophash::{NestedMap, Str};
//!
//! let mut owners: NestedMap<(Str, Str), SmallVec<[u32; 4]>> = NestedMap::new();
//! owners.entry(("src", "lib.rs")).or_default().push(7);
//! assert_eq!(owners[("src", "lib.rs")][..], [7]);
//! ```
//! And where a list has each element once, in no order, the element is one more part of the key, and the list what
//! begins with the others:
//! ```
//! use tophash::{NestedMap, Str};
//!
//! let mut owners: NestedMap<(Str, Str, u32), ()> = NestedMap::new();
//! owners.insert(("src", "lib.rs", 7), ());
//! assert!(owners.prefix(("src", "lib.rs")).keys().eq([(&7,)]));
//! assert_eq!(owners.remove(("src", "lib.rs", 7)), Some(())); // without a search through the list
//! ```
//! With a million numbers in lists of three, `SmallVec` took half of the time of `Vec` to build, and 0.7 of the memory;
//! the last part of a key took 0.55 of the memory, but twice the time to build, and 2.4 times to sum the lists up
//! (`benches/RESULTS.md`, "Lists of values").
//!
//! # Level by level
//! A [`Prefix`](crate::nested_map::Prefix) is a view of what one inner map used to be:
//! ```
//! use tophash::{NestedMap, Str};
//!
//! let lines = NestedMap::<(Str, Str, i64), u32>::from_iter([
//!     (("ann", "src/lib.rs", 2025), 12),
//!     (("ann", "src/lib.rs", 2026), 7),
//!     (("ann", "README.md", 2026), 3),
//! ]);
//! for (author, files) in lines.children(()) {
//!     for (file, years) in files.children(()) {
//!         println!("{author} {file}: {} in {} years", years.values().sum::<u32>(), years.len());
//!     }
//! }
//! let ann = lines.prefix(("ann",));
//! assert_eq!((ann.len(), ann.get(("README.md", 2026))), (3, Some(&3)));
//! ```
//!
//! # When tuple keys are the better choice
//! A look-up by full key goes down one node for each part: as many probes, and as many cache misses in a large map.
//! `HashMap<(A, B, C), V>` has one probe, whatever the number of parts. With 100,000 entries of two or three numbers, a
//! look-up in a `NestedMap` took 1.8 to 2.3 times as long as one by a tuple; a sum over all that begins with one first
//! part took less than a fifteenth of the time (`benches/RESULTS.md`, "One choice against another").
//!
//! Take tuple keys, and read them through [`Parts`](crate::Parts),
//!
//! - if nothing ever asks for a prefix: no walk by level, no removal of a group;
//! - if the first parts hardly ever repeat. With one entry below every prefix there is nothing to share, and each entry
//!   takes a slot at every level: numbers as parts take less memory as a tuple.
//!
//! Take a `NestedMap`
//!
//! - if prefixes are walked, counted or removed: with tuple keys that looks at every entry of the map;
//! - if many keys have the same first parts, or if parts are strings that repeat: tuples store these again and again, a
//!   `NestedMap` stores them once.
//!
//! An insertion into a `HashMap` does at most one bounded step of growth. One into a `NestedMap` may move a node of up
//! to 16,384 entries as a whole.
//!
//! # When maps in maps are the better choice
//! Where there are few inner maps, and each has thousands of entries, maps in maps have little to lose: with ten times
//! ten inner maps of 10,000 numbers each, a `NestedMap` took three quarters of the memory of maps in maps of hashbrown,
//! but 0.9 of the time to build, and 1.2 where keys came in random order. With many small inner maps it took 0.2 to 0.7
//! of the memory, and in most measurements less time (`benches/RESULTS.md`, "NestedMap against maps in maps").
//!
//! Inner maps that are handed to different owners, or whose references are held two at a time, stay maps in maps: a
//! [`prefix_mut`](crate::NestedMap::prefix_mut) borrows the whole map.
//!
//! # Memory
//! [`memory`](crate::NestedMap::memory) has the bytes at any time,
//! [`set_memory_limit`](crate::NestedMap::set_memory_limit) bounds them, and
//! [`compact`](crate::NestedMap::compact) packs a map that has lost many entries here and there. Blocks that nodes
//! grow out of are used again, also for blocks of other sizes, once all of their page (2 KiB) is free.
//!
//! # Many threads
//! [`ShardedNestedMap`](crate::ShardedNestedMap) is a `NestedMap` behind each of many locks, chosen by the first part
//! of the key: what begins with one first part is read or removed in one step.
