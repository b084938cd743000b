//! Threads that each own a range of keys and know what must be in it, and share some counters.

use super::*;

const THREADS: u64 = 4;
const STEPS: u64 = if cfg!(debug_assertions) {
    40_000
} else {
    300_000
};
const COUNTERS: u64 = 8;

/// What one thread does to its own keys, with an oracle of its own; returns its additions to each counter.
fn work(map: &ShardedMap<u64, u64>, thread: u64) -> [u64; COUNTERS as usize] {
    let mut random = Random(thread + 1);
    let mut oracle = BTreeMap::new();
    let mut added = [0; COUNTERS as usize];
    for step in 0..STEPS {
        let breathes = step / (STEPS / 8) % 2 == 0;
        let key = (thread + 1) << 32 | random.below(if breathes { 8000 } else { 300 });
        match random.below(12) {
            0..=3 => assert_eq!(map.insert(key, step), oracle.insert(key, step)),
            4..=6 => assert_eq!(map.remove(&key), oracle.remove(&key)),
            7 => assert_eq!(map.get(&key), oracle.get(&key).copied()),
            8 => {
                let there = oracle.get_mut(&key).map(add_one);
                assert_eq!(map.update(&key, add_one), there);
            }
            9 => {
                let keys: [u64; 20] = std::array::from_fn(|i| key + i as u64);
                let found = map.get_many(keys.each_ref());
                assert_eq!(found, keys.map(|k| oracle.get(&k).copied()));
            }
            _ => {
                let counter = random.below(COUNTERS);
                map.upsert(counter, || 0, |n| *n += 1);
                added[counter as usize] += 1;
            }
        }
        // Bulk calls of one thread among the small calls of the others.
        match step % 20_000 {
            9_000 => map.shrink_to_fit(),
            14_000 => {
                map.retain(|k, _| k >> 32 != thread + 1 || k % 3 != 0);
                oracle.retain(|k, _| k % 3 != 0);
            }
            _ => {}
        }
    }
    // What the map has of this thread's keys is what the oracle has.
    let mine: BTreeMap<_, _> = map
        .snapshot()
        .filter(|(k, _)| k >> 32 == thread + 1)
        .collect();
    assert_eq!(mine, oracle);
    added
}

#[test]
fn own_ranges_and_shared_counters() {
    for shards in [1, 16] {
        let map = ShardedMap::with_shards(shards);
        let added: Vec<_> = thread::scope(|s| {
            let map = &map;
            let threads: Vec<_> = (0..THREADS)
                .map(|t| s.spawn(move || work(map, t)))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        #[cfg(tophash_check)]
        map.check_invariants();
        for counter in 0..COUNTERS {
            let sum: u64 = added.iter().map(|added| added[counter as usize]).sum();
            assert_eq!(map.get(&counter), Some(sum));
        }
        assert_eq!(map.len(), map.snapshot().count());
    }
}

/// However many threads ask for a key at once, its value is made once.
#[test]
fn values_are_made_once() {
    let (map, made, start) = (ShardedMap::new(), AtomicUsize::new(0), Barrier::new(4));
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                start.wait();
                for key in 0..20_000_u32 {
                    let value = map.upsert(key, || made.fetch_add(1, Relaxed), |v| *v);
                    assert_eq!(map.get(&key), Some(value));
                }
            });
        }
    });
    assert_eq!((map.len(), made.into_inner()), (20_000, 20_000));
}

/// Entries that are drained are drained once, while others come.
#[test]
fn draining_while_inserting() {
    let (map, taken) = (ShardedMap::new(), AtomicUsize::new(0));
    thread::scope(|s| {
        let writers: Vec<_> = (0..3_u64)
            .map(|t| {
                let map = &map;
                s.spawn(move || (0..30_000).for_each(|n| drop(map.insert(n * 3 + t, ()))))
            })
            .collect();
        while !writers.iter().all(|w| w.is_finished()) {
            taken.fetch_add(map.drain().count(), Relaxed);
        }
    });
    taken.fetch_add(map.drain().count(), Relaxed);
    assert_eq!(taken.into_inner(), 90_000);
}

/// A writer gets through although readers never leave the shard alone, and before they have read very often.
#[test]
fn writers_are_not_starved() {
    /// Reads at which a reader ends, so that the test does.
    const READS: usize = 1_000_000;
    let (map, done) = (ShardedMap::with_shards(1), AtomicBool::new(false));
    let reads = [const { AtomicUsize::new(0) }; 3];
    let counts = || reads.each_ref().map(|reads| reads.load(Relaxed));
    map.insert(0, 0);
    let mut waited = 0;
    thread::scope(|s| {
        let (map, done) = (&map, &done);
        for reads in &reads {
            s.spawn(move || {
                let look = |v: &u32| (0..20_000).for_each(|_| drop(std::hint::black_box(*v)));
                while !done.load(Relaxed) && reads.fetch_add(1, Relaxed) < READS {
                    map.read(&0, look);
                }
            });
        }
        for n in 1..=200 {
            // All of them are at it when the writer comes.
            let seen = counts();
            while (0..3).any(|i| reads[i].load(Relaxed) < READS.min(seen[i] + 3)) {
                thread::yield_now();
            }
            let before: usize = counts().iter().sum();
            assert_eq!(map.update(&0, |v| std::mem::replace(v, n)), Some(n - 1));
            waited += counts().iter().sum::<usize>() - before;
        }
        done.store(true, Relaxed);
    });
    assert_eq!(map.get(&0), Some(200));
    println!("200 writes waited for {waited} reads");
    assert!(waited < 600_000, "200 writes waited for {waited} reads");
}
