//! What nested maps take of memory, each reading made in a process of its own.

use super::build_loop;
use super::keys::{Keys, Names, Shape, read_log};
use super::peers::{Flat, InHashbrown, InStd, Nest, Ours, Value};
use crate::{child, counting, memory};

/// The first word of the question.
const MARK: &str = "nested";

/// What one map takes. NaN stands for what is not known.
pub struct Reading {
    /// Entries of the map.
    pub entries: f64,
    /// Anonymous resident bytes beyond those before the map existed.
    pub rss: f64,
    /// Bytes that were asked of the global allocator, if it counts; of a `NestedMap` the bytes that it has reserved.
    pub bytes: f64,
    /// Requests to the global allocator, if it counts.
    pub calls: f64,
    /// Of a `NestedMap`: reserved bytes after ten times deleting 99 % and building again, by those before.
    pub creep: f64,
}

impl Reading {
    /// Asks another instance of this program for the map of `source`, a shape (with `names` `shared` or `unique`) or
    /// the path of a saved log (`names` is `log`). The last figure takes longer than all others.
    ///
    /// # Errors
    /// What the other instance had to say.
    pub fn ask(source: &str, names: &str, peer: &str, creep: bool) -> Result<Self, String> {
        let last = if creep { "creep" } else { "" };
        match child::ask(&[MARK, source, names, peer, last])?[..] {
            [entries, rss, bytes, calls, creep] => Ok(Self {
                entries,
                rss,
                bytes,
                calls,
                creep,
            }),
            _ => Err(format!("{peer}: not five numbers")),
        }
    }
}

/// The numbers of a [`Reading`], if that was the question.
///
/// # Panics
/// There is no such shape, log or peer.
pub fn answer(question: &[String]) -> Option<Vec<f64>> {
    let words: Vec<&str> = question.iter().map(String::as_str).collect();
    let [MARK, source, names, peer, last] = words[..] else {
        return None;
    };
    let creep = last == "creep";
    if names == "log" {
        return Some(measure(&read_log(source).expect("a log"), peer, creep));
    }
    let shape: Shape = source.parse().expect("AxBxC");
    let names: Names = names.parse().expect("shared or unique");
    Some(measure(&shape.keys(names), peer, creep))
}

fn measure<V: Value>(keys: &Keys<V>, peer: &str, with_creep: bool) -> Vec<f64> {
    match peer {
        "hashbrown" => read::<V, InHashbrown<V>>(keys, |_, bytes| (bytes, f64::NAN)),
        "std" => read::<V, InStd<V>>(keys, |_, bytes| (bytes, f64::NAN)),
        "flat" => read::<V, Flat<V>>(keys, |_, bytes| (bytes, f64::NAN)),
        "nested" => read::<V, Ours<V>>(keys, |map, bytes| {
            let reserved = map.map().memory().reserved;
            assert!(reserved >= bytes, "{bytes} bytes on the heap");
            let after = with_creep.then(|| creep(map, keys) as f64);
            (reserved, after.unwrap_or(f64::NAN) / reserved as f64)
        }),
        _ => panic!("{peer}: no such peer"),
    }
}

/// Builds and reads; `bytes_of` is given the bytes that were asked for.
fn read<V: Value, P: Nest<V>>(
    keys: &Keys<V>,
    bytes_of: impl FnOnce(&mut P, usize) -> (usize, f64),
) -> Vec<f64> {
    let (rss, live, calls) = (memory::anonymous(), counting::live(), counting::calls());
    let mut map: P = build_loop(keys);
    let (grown, calls) = (counting::live() - live, counting::calls() - calls);
    let rss = match (rss, memory::anonymous()) {
        (Some(before), Some(after)) => after as f64 - before as f64,
        _ => f64::NAN,
    };
    let entries = map.sum().1;
    let (bytes, creep) = bytes_of(&mut map, grown);
    vec![entries as f64, rss, bytes as f64, calls as f64, creep]
}

/// Reserved bytes after deleting 99 % of the entries, scattered, and building again, ten times over.
fn creep<V: Value>(map: &mut Ours<V>, keys: &Keys<V>) -> usize {
    for _ in 0..10 {
        let mut number = 0_u32;
        map.map_mut().retain(|_, _| {
            number += 1;
            number.is_multiple_of(100)
        });
        for (key, value) in keys.iter() {
            map.count(key, value);
        }
    }
    map.map().memory().reserved
}
