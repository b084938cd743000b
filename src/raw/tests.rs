//! The raw table against a model.
use super::GrowthPolicy;
use super::owned::{Entry, Table};
use allocator_api2::alloc::Global;
use std::collections::HashMap;
use std::vec::Vec;

type Hasher = fn(u64) -> u64;

/// Miri takes a hundred times as long.
const LESS: usize = if cfg!(miri) { 8 } else { 1 };

fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

const HASHERS: [(&str, Hasher); 6] = [
    ("uniform", mix),
    ("sequential", |x| x),
    ("constant", |_| 42),
    ("low bits", |x| mix(x) & 0xFF0),
    ("high bits", |x| mix(x) << 48),
    ("equal tags", |x| mix(x) >> 8),
];

struct Rng(u64);
impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0) % n
    }
}

fn run(name: &str, hash: Hasher, policy: GrowthPolicy, keys: u64, ops: usize) {
    let mut rng = Rng(keys ^ 7);
    let mut table: Table<(u64, u64), Global> = Table::new_in(policy, Global);
    let mut model: HashMap<u64, u64> = HashMap::new();
    let hasher = |e: &(u64, u64)| hash(e.0);
    for op in 0..ops {
        // Phases of growth and of shrinking.
        let insert_share = if (op / (ops / 6).max(1)) % 2 == 0 {
            75
        } else {
            20
        };
        let key = rng.below(keys);
        if rng.below(100) < insert_share {
            match table.entry(hash(key), |e| e.0 == key, hasher) {
                Entry::Occupied(mut e) => {
                    assert_eq!(model.get(&key), Some(&e.get().1));
                    e.get_mut().1 = op as u64;
                }
                Entry::Vacant(e) => {
                    assert!(!model.contains_key(&key), "{name}: lost {key}");
                    e.insert((key, op as u64));
                }
            }
            model.insert(key, op as u64);
        } else {
            assert_eq!(
                table.remove(hash(key), |e| e.0 == key).map(|e| e.1),
                model.remove(&key),
                "{name}"
            );
        }
        if op % 97 == 0 || keys < 200 {
            table.check_invariants(hasher);
        }
        assert_eq!(table.len(), model.len());
    }
    let mut all: Vec<_> = table.iter().copied().collect();
    all.sort_unstable();
    let mut want: Vec<_> = model.into_iter().collect();
    want.sort_unstable();
    assert_eq!(all, want, "{name}");
}

#[test]
fn random_operations_agree_with_std() {
    for policy in [GrowthPolicy::Burst, GrowthPolicy::Paced] {
        for (name, hash) in HASHERS {
            run(name, hash, policy, 64, 3000 / LESS);
            run(name, hash, policy, 1000, 6000 / LESS);
        }
        run("uniform", mix, policy, 20_000, 200_000 / LESS / LESS);
    }
}

#[test]
fn extraction_sees_every_entry_once() {
    for policy in [GrowthPolicy::Burst, GrowthPolicy::Paced] {
        for (name, hash) in HASHERS {
            let n = 500 / LESS as u64;
            for modulus in [3, 1, 2, 7].into_iter().take(4_usize.div_ceil(LESS)) {
                let mut table: Table<(u64, u64), Global> = Table::new_in(policy, Global);
                let hasher = |e: &(u64, u64)| hash(e.0);
                for key in 0..n {
                    if let Entry::Vacant(entry) = table.entry(hash(key), |e| e.0 == key, hasher) {
                        entry.insert((key, 0));
                    }
                }
                let mut seen = Vec::new();
                table.retain(|entry| {
                    seen.push(entry.0);
                    entry.0 % modulus != 0
                });
                seen.sort_unstable();
                assert!(seen.iter().copied().eq(0..n), "{name} {modulus}: {seen:?}");
                assert!(
                    table.iter().all(|entry| entry.0 % modulus != 0),
                    "{name} {modulus}"
                );
                assert_eq!(table.len(), (0..n).filter(|key| key % modulus != 0).count());
                table.check_invariants(hasher);
            }
        }
    }
}

/// Equal hashes until no index is left for a further overflow node; the limit is low under test.
#[test]
fn no_more_nodes_than_indices() {
    for policy in [GrowthPolicy::Burst, GrowthPolicy::Paced] {
        let hasher = |_: &u64| 42;
        let mut table: Table<u64, Global> = Table::new_in(policy, Global);
        let insert =
            |table: &mut Table<u64, Global>, key: u64| match table.entry(42, |_| false, hasher) {
                Entry::Vacant(entry) => drop(entry.insert(key)),
                Entry::Occupied(_) => unreachable!("nothing is equal"),
            };
        let most = 16 + 4 * super::overflow::NODE_LIMIT as u64;
        let refused = (0..=most).find(|&key| {
            let insert = std::panic::AssertUnwindSafe(|| insert(&mut table, key));
            std::panic::catch_unwind(insert).is_err()
        });
        let held = refused.expect("an end") as usize;
        assert!(held > 1000 && held == table.len());
        table.check_invariants(hasher);
        // Not even reserving helps, and removing does.
        assert!(table.try_reserve(usize::MAX / 64, hasher).is_err());
        for key in 0..100 {
            assert_eq!(table.remove(42, |&there| there == key), Some(key));
        }
        (0..90).for_each(|key| insert(&mut table, key));
        table.check_invariants(hasher);
        assert_eq!(table.len(), held - 10);
    }
}
