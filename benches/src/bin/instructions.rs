//! Does one task and nothing else inside [`measured`], for callgrind to count; see `instructions.sh`.

use std::hint::black_box;

use tophash_bench::cli::Options;
use tophash_bench::keys::{distinct, shuffled};
use tophash_bench::peers::{Map, Peer};
use tophash_bench::shared::{NAMES, Shared};
use tophash_bench::tasks::{churn_loop, filled, lookup_loop, remove_loop};
use tophash_bench::{with_peer, with_shared};

const USAGE: &str = "\
instructions: one task for callgrind to count (--toggle-collect='*measured*'); prints the number of operations

  --peers    one of tophash,paced,hashbrown,std,griddle,indexmap
  --task     hit, miss, insert (from empty), churn or remove;
             shared-hit, shared-insert, shared-remove: by one thread, of a concurrent map
             (--peers: one of tophash,dashmap,scc,papaya,flurry,rwlock)
  --entries  6_000";

/// The tasks of concurrent maps.
const SHARED: &str = "shared-";

fn main() {
    let options = Options::read(USAGE);
    let entries = options.get("entries").unwrap_or(6_000);
    let task = options.get("task").unwrap_or_else(|| "hit".to_owned());
    if let Some(task) = task.strip_prefix(SHARED) {
        let [peer] = options.chosen("peers", &NAMES, |peer| peer)[..] else {
            options.fail("--peers: one, please");
        };
        if !["hit", "insert", "remove"].contains(&task) {
            options.fail("--task: no such task");
        }
        with_shared!(peer, M => run_shared::<M>(task, entries));
        return println!("{entries}");
    }
    let [peer] = options.peers(&["tophash"])[..] else {
        options.fail("--peers: one, please");
    };
    if !["hit", "miss", "insert", "churn", "remove"].contains(&task.as_str()) {
        options.fail("--task: no such task");
    }
    with_peer!(peer, P => run::<P>(&task, entries));
    println!("{entries}");
}

/// Every task does `entries` operations.
fn run<P: Peer>(task: &str, entries: usize) {
    let present = distinct(entries, 0);
    let keys = match task {
        "miss" => distinct(entries, 1),
        "churn" => distinct(2 * entries, 0),
        _ => shuffled(&present, 7),
    };
    let mut map = match task {
        "insert" => P::new::<u64, u64>(),
        _ => filled::<P, u64>(&present),
    };
    measured(task, &mut map, &keys);
    black_box(map);
}

/// What callgrind counts: this function and what it calls.
#[inline(never)]
fn measured(task: &str, map: &mut impl Map<u64, u64>, keys: &[u64]) {
    match task {
        "insert" => {
            for &key in keys {
                map.insert(key, key);
            }
        }
        "churn" => _ = churn_loop(map, keys, 0, keys.len() / 2),
        "remove" => remove_loop(map, keys),
        _ => _ = black_box(lookup_loop(map, keys)),
    }
}

/// The same for a concurrent map.
fn run_shared<M: Shared>(task: &str, entries: usize) {
    let present = distinct(entries, 0);
    let map = M::new();
    if task != "insert" {
        present.iter().for_each(|&key| _ = map.insert(key, key));
    }
    measured_shared(task, &map, &shuffled(&present, 7));
    black_box(map.len());
}

#[inline(never)]
fn measured_shared(task: &str, map: &impl Shared, keys: &[u64]) {
    match task {
        "insert" => keys.iter().for_each(|&key| _ = map.insert(key, key)),
        "remove" => keys.iter().for_each(|&key| _ = map.remove(key)),
        _ => {
            let found = keys.iter().filter(|&&key| map.get(key).is_some());
            assert_eq!(found.count(), keys.len());
        }
    }
}
