//! `NestedMap` against maps in maps: the table of ratios.

use std::time::Duration;

use tophash_bench::cli::Options;
use tophash_bench::nested::keys::{Names, Shape, read_log};
use tophash_bench::nested::peers::Value;
use tophash_bench::nested::{Input, PEERS, Task};
use tophash_bench::pairs::{Plan, Versus};
use tophash_bench::sys;

const USAGE: &str = "\
nested: times of NestedMap<(Str, Str, i64), ()> as ratios to maps in maps of hashbrown, from interleaved pairs

  --shapes  100x100x10,1000x100x1,100000x1x1,10x10x10000 (outer x middle x inner); none: no shape
  --names   shared,unique: second parts are the same below each first part, or never
  --log     also the counts of a saved `git log --numstat`, compressed or not; values are three u64
  --tasks   build,build-recycled,build-mixed,present,absent,iterate,fold,drop,remove-prefix
  --peers   nested,std,flat
  --rounds  pairs per cell: 15 below half a million entries, 7 above
  --lap-ms  CPU time of a turn at least: 5; drop and remove-prefix take one map a turn";

struct Run {
    tasks: Vec<Task>,
    peers: Vec<&'static str>,
    rounds: Option<usize>,
    lap_ms: f64,
}

fn main() {
    let options = Options::read(USAGE);
    let shapes: Vec<Shape> = match options.get::<String>("shapes").as_deref() {
        Some("none") => Vec::new(),
        _ => options.list("shapes").unwrap_or_else(|| {
            ["100x100x10", "1000x100x1", "100000x1x1", "10x10x10000"]
                .map(|shape| shape.parse().expect("a shape"))
                .to_vec()
        }),
    };
    let names = options
        .list("names")
        .unwrap_or_else(|| vec![Names::Shared, Names::Unique]);
    let log = options
        .get::<String>("log")
        .map(|path| match read_log(&path) {
            Ok(keys) => Input::new(keys),
            Err(error) => options.fail(format!("--log: {path}: {error}")),
        });
    let run = Run {
        tasks: options.chosen("tasks", &Task::ALL, Task::name),
        peers: options.chosen("peers", &PEERS, |peer| peer),
        rounds: options.get("rounds"),
        lap_ms: options.get("lap-ms").unwrap_or(5.0),
    };
    println!("{}", sys::machine());
    println!(
        "CPU time of the thread; medians; [10th - 90th percentile] of the pairs; null: the baseline against itself"
    );
    for &names in &names {
        for shape in &shapes {
            let title = format!("{} {}", shape.name(), names.name());
            run.table(&title, &Input::new(shape.keys(names)), shape.is_narrow());
        }
    }
    if let Some(input) = log {
        let leaves = input.leaves();
        run.table(&format!("log of {leaves}"), &input, false);
    }
}

impl Run {
    fn table<V: Value>(&self, title: &str, input: &Input<V>, narrow: bool) {
        let heads = Versus::heads();
        println!("\n{title}\n{:<16}{:<8}{heads}  target", "task", "peer");
        for &task in &self.tasks {
            let plan = Plan {
                limit: Duration::MAX,
                rounds: self
                    .rounds
                    .unwrap_or(if input.leaves() < 500_000 { 15 } else { 7 }),
                lap_ns: match task.has_fresh_maps() {
                    true => 0,
                    false => (self.lap_ms * 1e6) as u64,
                },
            };
            let rows = input.compare(task, plan, &self.peers);
            for row in &rows[1..] {
                print_row(task, row, &rows[0], task.target(narrow));
            }
        }
    }
}

fn print_row(task: Task, it: &Versus, null: &Versus, target: f64) {
    let target = match (it.name, it.ratio.median <= target) {
        ("nested", true) => format!("{target:.2} met"),
        ("nested", false) => format!("{target:.2} MISSED"),
        _ => String::new(),
    };
    let columns = it.columns(null);
    println!("{:<16}{:<8}{columns}  {target}", task.name(), it.name);
}
