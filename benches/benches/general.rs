//! Criterion benches of the single tasks, for every peer.
//!
//! The figures of two peers are minutes apart here: to compare peers on a machine that is not idle, use the
//! `compare` binary, which interleaves them.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use tophash_bench::peers::NAMES;
use tophash_bench::tasks::{Input, Task};
use tophash_bench::with_peer;

const SIZES: [usize; 5] = [20, 300, 6_000, 100_000, 1_000_000];

/// Added to [`SIZES`] when the environment has `TOPHASH_BENCH_HUGE`.
const HUGE: usize = 11_000_000;

/// Everything but the tasks whose yardstick is another task.
const TASKS: [Task; 9] = [
    Task::BuildFresh,
    Task::BuildRecycled,
    Task::Hit,
    Task::Miss,
    Task::Churn,
    Task::Remove,
    Task::Iterate,
    Task::StringBuild,
    Task::StringHit,
];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let huge = std::env::var_os("TOPHASH_BENCH_HUGE").map(|_| HUGE);
    for task in TASKS {
        for size in SIZES.into_iter().chain(huge) {
            // No block is large enough to leave the process: nothing is fresh about it.
            if task == Task::BuildFresh && size < 6_000 {
                continue;
            }
            bench(&mut criterion, task, size);
        }
    }
    criterion.final_summary();
}

fn bench(criterion: &mut Criterion, task: Task, size: usize) {
    task.prepare_memory();
    let mut group = criterion.benchmark_group(task.name());
    group.throughput(Throughput::Elements(task.unit(size) as u64));
    if size >= 100_000 {
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
    }
    for peer in NAMES {
        group.bench_function(BenchmarkId::new(peer, size), |bencher| {
            let input = Input::new(task, size);
            let mut turn = with_peer!(peer, P => input.turn::<P>(task));
            bencher.iter_custom(|reps| Duration::from_nanos(black_box(turn(reps)).wall_ns));
        });
    }
    group.finish();
}
