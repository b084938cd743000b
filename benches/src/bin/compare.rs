//! The table of ratios to hashbrown.

use tophash_bench::cli::Options;
use tophash_bench::pairs::{Plan, Versus, geometric_mean};
use tophash_bench::sys;
use tophash_bench::tasks::Task;

const USAGE: &str = "\
compare: times of tophash and its peers as ratios to hashbrown, from interleaved pairs

  --sizes   6_000,100_000,1_500_000,11_000_000
  --tasks   build-fresh,build-recycled,hit,miss,churn,remove,iterate,string-build,string-hit,batch,order
  --peers   tophash,paced  (also: huge,std,griddle,indexmap,hashbrown)
  --loads   each size times these: 1.0,1.2,1.4,1.6,1.8 for lookups, 1.0 for the other tasks;
            a list given here holds for all tasks
  --rounds  pairs per cell: 25 below a million entries, 9 below eight million, 5 above
  --lap-ms  CPU time of a turn at least: 5";

const LOOKUP_LOADS: [f64; 5] = [1.0, 1.2, 1.4, 1.6, 1.8];

struct Comparison {
    peers: Vec<&'static str>,
    rounds: Option<usize>,
    lap_ms: f64,
}

fn main() {
    let options = Options::read(USAGE);
    let sizes = options
        .list("sizes")
        .unwrap_or_else(|| vec![6_000, 100_000, 1_500_000, 11_000_000]);
    let loads = options.list::<f64>("loads");
    let tasks = options.chosen("tasks", &Task::ALL, Task::name);
    let comparison = Comparison {
        peers: options.peers(&["tophash", "paced"]),
        rounds: options.get("rounds"),
        lap_ms: options.get("lap-ms").unwrap_or(5.0),
    };
    println!("{}", sys::machine());
    println!(
        "CPU time of the thread; medians; [10th - 90th percentile] of the pairs; null: the baseline against itself"
    );
    for task in tasks {
        let loads = match &loads {
            Some(loads) => loads,
            None if task.is_lookup() => &LOOKUP_LOADS[..],
            None => &[1.0],
        };
        print_header(task);
        for &size in &sizes {
            comparison.cell(task, size, loads);
        }
    }
}

impl Comparison {
    /// Measures and prints one task at one size, a row per load and peer.
    fn cell(&self, task: Task, size: usize, loads: &[f64]) {
        let mut rows: Vec<Vec<Versus>> = Vec::new();
        for &load in loads {
            let size = ((size as f64 * load) as usize).max(1);
            let row = self.measure(task, size);
            for versus in &row[1..] {
                print_row(task, size, versus, &row[0]);
            }
            rows.push(row);
        }
        if rows.len() > 1 {
            for who in 1..rows[0].len() {
                print_mean(task, size, who, &rows);
            }
        }
    }

    fn measure(&self, task: Task, size: usize) -> Vec<Versus> {
        let rounds = self.rounds.unwrap_or(match size {
            0..1_000_000 => 25,
            1_000_000..8_000_000 => 9,
            _ => 5,
        });
        let plan = Plan {
            limit: std::time::Duration::MAX,
            rounds,
            lap_ns: (self.lap_ms * 1e6) as u64,
        };
        task.measure(size, plan, &self.peers)
    }
}

fn print_header(task: Task) {
    let base = match task {
        Task::Order => "shuffled",
        Task::Batch => "hashbrown, one by one",
        _ => "hashbrown",
    };
    println!("\n{} (base: {base})", task.name());
    println!(
        "{:<15}{:>11} {:<10}{}",
        "task",
        "entries",
        "peer",
        Versus::heads()
    );
}

fn print_row(task: Task, size: usize, it: &Versus, null: &Versus) {
    let columns = it.columns(null);
    println!("{:<15}{size:>11} {:<10}{columns}", task.name(), it.name);
}

/// The mean over the loads: arithmetic of times, geometric of ratios.
fn print_mean(task: Task, size: usize, who: usize, rows: &[Vec<Versus>]) {
    let mean = |read: fn(&Versus) -> f64| {
        rows.iter().map(|row| read(&row[who])).sum::<f64>() / rows.len() as f64
    };
    let ratio = |who: usize, read: fn(&Versus) -> f64| {
        geometric_mean(rows.iter().map(|row| read(&row[who])))
    };
    println!(
        "{:<15}{:>11} {:<10}{:>9.2}{:>9.2}{:>8.3}{:>8.3}  {:<15}{:>8.3}  {:.3}",
        task.name(),
        format!("{size} mean"),
        rows[0][who].name,
        mean(|it| it.ns),
        mean(|it| it.base_ns),
        ratio(who, |it| it.of_medians),
        ratio(who, |it| it.ratio.median),
        "over the loads",
        ratio(who, |it| it.wall.median),
        ratio(0, |it| it.ratio.median),
    );
}
