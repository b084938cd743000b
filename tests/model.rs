//! Random operations on a map and on std's, for every hasher and policy: both say the same.

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::hashers::{Kind, Random};
use support::subject::POLICIES;
use support::{map_ops, set_ops};

/// One run for each size of key space, policy and hasher; `long` in bytes of operations.
fn matrix(run: impl Fn(&[u8], Option<Kind>), long: usize) {
    let mut random = Random(0xABCD);
    for keys in 0..4 {
        for policy in 0..2 * POLICIES.len() as u8 {
            for kind in Kind::ALL {
                let mut bytes = vec![keys, policy];
                bytes.extend(random.bytes(long));
                run(&bytes, Some(kind));
            }
        }
    }
}

#[test]
fn map_agrees_with_std_for_every_hasher() {
    matrix(map_ops::run, 400);
}

#[test]
fn set_agrees_with_std_for_every_hasher() {
    matrix(set_ops::run, 400);
}

/// Long growth, then long shrinking, one entry at a time.
#[test]
fn map_agrees_with_std_all_the_way_up_and_down() {
    for policy in 0..POLICIES.len() as u8 {
        for kind in Kind::ALL {
            let mut run = map_ops::Run::new(policy, kind);
            let most = if kind == Kind::Uniform { 1_000 } else { 300 };
            (0..most).for_each(|key| run.step(&map_ops::Op::Insert(key, key)));
            (0..most).for_each(|key| run.step(&map_ops::Op::Remove(key * 7 % most)));
            run.finish();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Here proptest shortens what fails.
    #[test]
    fn map_agrees_with_std(bytes in vec(any::<u8>(), 0..400)) {
        map_ops::run(&bytes, None);
    }

    #[test]
    fn set_agrees_with_std(bytes in vec(any::<u8>(), 0..400)) {
        set_ops::run(&bytes, None);
    }
}
