//! Parallel iterators give what the sequential ones give.
#![cfg(all(feature = "rayon", feature = "default-hasher"))]

use rayon::prelude::*;
use tophash::{HashMap, HashSet, ShardedMap};

fn squares() -> HashMap<u64, u64> {
    (0..10_000).map(|n| (n, n * n)).collect()
}

#[test]
fn by_reference() {
    let mut map = squares();
    let sum: u64 = map.par_iter().map(|(key, value)| key + value).sum();
    assert_eq!(sum, map.iter().map(|(key, value)| key + value).sum());
    map.par_iter_mut().for_each(|(key, value)| *value -= key);
    assert!(map.iter().all(|(key, value)| key * key - key == *value));
    let set: HashSet<u64> = map.into_keys().collect();
    assert_eq!(set.par_iter().count(), 10_000);
    assert_eq!(set.into_par_iter().max(), Some(9_999));
}

#[test]
fn by_value() {
    let map: HashMap<u64, u64> = squares()
        .into_par_iter()
        .filter(|(key, _)| key % 2 == 0)
        .collect();
    assert_eq!(map.len(), 5_000);
    assert_eq!(map[&100], 10_000);
}

#[test]
fn extending() {
    let mut map = squares();
    map.par_extend((9_000..11_000_u64).into_par_iter().map(|n| (n, 0)));
    assert_eq!(
        (map.len(), map[&9_500], map[&8_999]),
        (11_000, 0, 8_999 * 8_999)
    );
    let other = squares();
    map.par_extend(&other);
    assert_eq!(map[&9_500], 9_500 * 9_500);
    let mut set: HashSet<u64> = (0..1000_u64).into_par_iter().collect();
    set.par_extend(&[1, 5000]);
    set.par_extend(vec![2, 5001]);
    assert_eq!(set.len(), 1002);
}

#[test]
fn sharded() {
    let map: ShardedMap<u64, u64> = (0..10_000_u64).into_par_iter().map(|n| (n, n)).collect();
    assert_eq!(map.len(), 10_000);
    // What works on the snapshot may write to the map.
    map.par_iter().for_each(|(key, value)| {
        map.insert(key, value * value);
    });
    let seen: HashSet<u64> = map.par_iter().map(|(key, _)| key).collect();
    assert_eq!(seen.len(), 10_000);
    (&map).par_extend((10_000..20_000_u64).into_par_iter().map(|n| (n, 0)));
    assert_eq!(map.len(), 20_000);
    let squares: HashMap<u64, u64> = map
        .into_par_iter()
        .filter(|(key, _)| *key < 10_000)
        .collect();
    assert_eq!(squares, (0..10_000).map(|n| (n, n * n)).collect());
}
