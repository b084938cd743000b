//! What `NestedMap` and maps in maps take of memory. Every reading is made in a process of its own.

use tophash_bench::cli::Options;
use tophash_bench::counting::Counting;
use tophash_bench::nested::PEERS;
use tophash_bench::nested::readings::{self, Reading};
use tophash_bench::{child, sys};

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
    if let Some(question) = child::question() {
        return child::answer(readings::answer(&question).expect("a question about a nested map"));
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
            print_reading(&source, &names, peer);
        }
    }
}

/// The line of one peer.
fn print_reading(source: &str, names: &str, peer: &str) {
    let read = Reading::ask(source, names, peer, true).unwrap_or_else(|error| panic!("{error}"));
    println!(
        "{peer:<11}{:>12}{:>10.2}{:>10.2}{:>10}{:>12.1}{:>8.3}",
        read.entries,
        read.rss / read.entries,
        read.bytes / read.entries,
        read.calls,
        read.entries / read.calls.max(1.0),
        read.creep,
    );
}
