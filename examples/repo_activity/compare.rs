//! Memory and time of the same job on each structure.

use std::any;
use std::hash::RandomState;
use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::counting::bytes_of;
use crate::keys::{DefaultHashBuilder, HashMap};
use crate::log::Log;
use crate::tally::{Flat, Nested, Tally, Tree};

const LEAST_ROUNDS: usize = 3;
const MOST_ROUNDS: usize = 15;
/// No further round starts after this long.
const ENOUGH: Duration = Duration::from_secs(3);

/// One structure's result.
pub(crate) struct Row {
    pub(crate) name: String,
    /// Heap bytes of the finished structure, strings included.
    pub(crate) bytes: usize,
    /// Median time to count every change, from empty.
    pub(crate) time: Duration,
}

/// The results, and what they rest on.
pub(crate) struct Comparison {
    pub(crate) rows: Vec<Row>,
    pub(crate) rounds: usize,
    /// Number of entries that each structure holds.
    pub(crate) entries: usize,
}

/// Counts `log` on each structure: once for the bytes, then in interleaved rounds for the time. `flat` is the
/// finished tally; the others must agree with it.
///
/// # Panics
///
/// If two structures count differently.
pub(crate) fn compare(log: &Log, flat: &Flat) -> Comparison {
    let map = any::type_name::<HashMap<(), ()>>();
    let ours = map.split("::").next().unwrap_or(map);
    let names = [
        format!("{ours}, NestedMap"),
        format!("{ours}, one map with tuple keys"),
        format!("std, three levels, the hasher of {ours}"),
        "std, three levels, the hasher of std".to_owned(),
    ];
    let bytes = [
        tree_bytes(log, flat),
        flat.bytes(),
        nested_bytes::<DefaultHashBuilder>(log, flat),
        nested_bytes::<RandomState>(log, flat),
    ];
    let contenders: [fn(&Log) -> Duration; 4] = [
        timed::<Tree>,
        timed::<Flat>,
        timed::<Nested<DefaultHashBuilder>>,
        timed::<Nested<RandomState>>,
    ];
    let mut times = [const { Vec::new() }; 4];
    let start = Instant::now();
    let mut rounds = 0;
    while rounds < LEAST_ROUNDS || rounds < MOST_ROUNDS && start.elapsed() < ENOUGH {
        // Each round starts with another one, so that none always follows the same neighbour's heap.
        for turn in 0..contenders.len() {
            let which = (rounds + turn) % contenders.len();
            times[which].push(contenders[which](log));
        }
        rounds += 1;
    }
    let rows = names.into_iter().zip(bytes).zip(times);
    Comparison {
        rows: rows
            .map(|((name, bytes), times)| Row {
                name,
                bytes,
                time: median(times),
            })
            .collect(),
        rounds,
        entries: flat.triples(),
    }
}

fn tree_bytes(log: &Log, flat: &Flat) -> usize {
    let tree = Tree::of(log.changes());
    assert_eq!(tree.triples(), flat.triples(), "the tallies disagree");
    for (author, path, month, stats) in flat.iter() {
        let other = tree.get(author, path, month);
        assert_eq!(other, Some(stats), "{author}, {path}, {month}");
    }
    tree.bytes()
}

fn nested_bytes<S>(log: &Log, flat: &Flat) -> usize
where
    Nested<S>: Tally,
    S: std::hash::BuildHasher + Default,
{
    let (bytes, nested) = bytes_of(|| Nested::<S>::of(log.changes()));
    assert_eq!(nested.triples(), flat.triples(), "the tallies disagree");
    for (author, path, month, stats) in flat.iter() {
        let other = nested.get(author, path, month);
        assert_eq!(other, Some(stats), "{author}, {path}, {month}");
    }
    bytes
}

/// Counting alone: dropping the structure is not timed.
fn timed<T: Tally>(log: &Log) -> Duration {
    let start = Instant::now();
    let tally = black_box(T::of(log.changes()));
    let time = start.elapsed();
    drop(tally);
    time
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let (low, high) = (times[(times.len() - 1) / 2], times[times.len() / 2]);
    (low + high) / 2
}
