//! What `NestedMap` and maps in maps take of memory. Every reading is made in a process of its own.

use std::process::Command;

use tophash_bench::cli::Options;
use tophash_bench::counting::{self, Counting};
use tophash_bench::nested::keys::{Keys, Names, Shape, read_log};
use tophash_bench::nested::peers::{Flat, InHashbrown, InStd, Nest, Ours, Value};
use tophash_bench::nested::{PEERS, build_loop};
use tophash_bench::{memory, sys};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const USAGE: &str = "\
nested_memory: bytes of NestedMap<(Str, Str, i64), ()> and of maps in maps, per entry

  --shapes  100x100x10,1000x100x1,100000x1x1,10x10x10000 (outer x middle x inner); none: no shape
  --names   shared,unique: second parts are the same below each first part, or never
  --log     also the counts of a saved `git log --numstat`, compressed or not; values are three u64
  --peers   hashbrown,nested,std,flat

rss      anonymous resident bytes beyond those before the map existed
bytes    what was asked of the global allocator; of a NestedMap what it has reserved, which is no less
calls    requests to the global allocator while building, and entries per request
creep    NestedMap: bytes after ten times deleting 99 % and building again, by those before";

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, first, source, names, peer] = &args[..]
        && first == "child"
    {
        return child(source, names, peer);
    }
    let options = Options::read(USAGE);
    let mut sources: Vec<(String, String)> = Vec::new();
    let names = options
        .list::<String>("names")
        .unwrap_or_else(|| vec!["shared".into(), "unique".into()]);
    let shapes = options.list::<String>("shapes").unwrap_or_else(|| {
        ["100x100x10", "1000x100x1", "100000x1x1", "10x10x10000"]
            .map(String::from)
            .to_vec()
    });
    for name in &names {
        for shape in shapes.iter().filter(|shape| *shape != "none") {
            sources.push((shape.clone(), name.clone()));
        }
    }
    if let Some(log) = options.get::<String>("log") {
        sources.push((log, "log".to_owned()));
    }
    let peers = options.chosen(
        "peers",
        &["hashbrown", PEERS[0], PEERS[1], PEERS[2]],
        |it| it,
    );
    println!("{}", sys::machine());
    for (source, names) in sources {
        let title = if names == "log" { "" } else { source.as_str() };
        println!(
            "\n{title} {names}\n{:<11}{:>12}{:>10}{:>10}{:>10}{:>12}{:>8}",
            "peer", "entries", "rss", "bytes", "calls", "per call", "creep"
        );
        for peer in &peers {
            print!("{}", reading(&source, &names, peer));
        }
    }
}

/// The line that a child process prints for one peer.
fn reading(source: &str, names: &str, peer: &str) -> String {
    let program = std::env::current_exe().expect("the path of this program");
    let output = Command::new(program)
        .args(["child", source, names, peer])
        .output()
        .expect("a child process");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("a line")
}

fn child(source: &str, names: &str, peer: &str) {
    if names == "log" {
        return measure(&read_log(source).expect("a log"), peer);
    }
    let shape: Shape = source.parse().expect("AxBxC");
    let names: Names = names.parse().expect("shared or unique");
    measure(&shape.keys(names), peer);
}

fn measure<V: Value>(keys: &Keys<V>, peer: &str) {
    match peer {
        "hashbrown" => line::<V, InHashbrown<V>>(keys, |_, bytes| (bytes, f64::NAN)),
        "std" => line::<V, InStd<V>>(keys, |_, bytes| (bytes, f64::NAN)),
        "flat" => line::<V, Flat<V>>(keys, |_, bytes| (bytes, f64::NAN)),
        _ => line::<V, Ours<V>>(keys, |map, bytes| {
            let reserved = map.map().memory().reserved;
            assert!(reserved >= bytes, "{bytes} bytes on the heap");
            (reserved, creep(map, keys) as f64 / reserved as f64)
        }),
    }
}

/// Builds and prints; `bytes_of` is given the bytes that were asked for.
fn line<V: Value, P: Nest<V>>(
    keys: &Keys<V>,
    bytes_of: impl FnOnce(&mut P, usize) -> (usize, f64),
) {
    let (rss, live, calls) = (memory::anonymous(), counting::live(), counting::calls());
    let mut map: P = build_loop(keys);
    let (grown, calls) = (counting::live() - live, counting::calls() - calls);
    let rss = match (rss, memory::anonymous()) {
        (Some(before), Some(after)) => (after - before) as f64,
        _ => f64::NAN,
    };
    let entries = map.sum().1;
    let (bytes, creep) = bytes_of(&mut map, grown);
    println!(
        "{:<11}{entries:>12}{:>10.2}{:>10.2}{calls:>10}{:>12.1}{creep:>8.3}",
        P::NAME,
        rss / entries as f64,
        bytes as f64 / entries as f64,
        entries as f64 / calls.max(1) as f64,
    );
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
