//! The k-th allocation is refused, for every k: what can fail says so, and nothing is lost.
#![cfg(feature = "default-hasher")]

mod support;

use std::collections::BTreeSet;

use support::evil;
use support::fuse;
use support::hashers::{Build, Kind};
use support::memory::{Meter, Refusal, Which};
use support::subject::{End, POLICIES, Subject};
use tophash::{GrowthPolicy, HashMap, HashSet, TryReserveError};

for_map_and_set! {
    try_reserve_refused_at_every_call,
    infallible_calls_under_a_panicking_allocator,
    nothing_is_freed_twice,
    removal_survives_any_refusal,
    refused_merging_waits,
    reserve_and_shrink_around_the_current_size,
    too_much_capacity_is_an_error,
}

const SIZES: [u32; 7] = [0, 3, 16, 17, 40, 150, 700];

fn try_reserve_refused_at_every_call<S: Subject>() {
    let mut failures = 0;
    for policy in POLICIES {
        for kind in [Kind::Uniform, Kind::LowBits] {
            for size in SIZES {
                for additional in [1, 13, 200, 3_000] {
                    for k in 0.. {
                        let meter = Meter::default();
                        let mut subject = S::empty(policy, kind, &meter);
                        (0..size).for_each(|id| assert!(subject.insert(id)));
                        meter.refuse(Which::One(k), Refusal::Null);
                        let answer = subject.try_reserve(additional);
                        let refused = meter.refused() > 0;
                        meter.relent();
                        assert_eq!(answer.is_err(), refused, "{answer:?}");
                        subject.agrees(&(0..size).collect());
                        assert_eq!(subject.bytes(), meter.live(), "a block was lost");
                        if !refused {
                            break;
                        }
                        failures += 1;
                        assert!(matches!(answer, Err(TryReserveError::AllocError { .. })));
                        // Asked again, it is granted.
                        subject.try_reserve(additional).expect("memory");
                        assert!(subject.capacity() >= size as usize + additional);
                        subject.agrees(&(0..size).collect());
                    }
                }
            }
        }
    }
    assert!(failures > 100);
}

/// An allocator may panic. The call then did not happen, and the map goes on.
fn infallible_calls_under_a_panicking_allocator<S: Subject>() {
    type Act<S> = fn(&mut S, u32);
    let acts: [Act<S>; 5] = [
        |s, size| (size..size + 60).for_each(|id| assert!(s.insert(id))),
        |s, size| s.extend(size..size + 60),
        |s, _| s.reserve(500),
        |s, size| drop((s.clone(), size)),
        |s, size| (0..size).for_each(|id| assert!(s.remove(id))),
    ];
    for policy in POLICIES {
        for kind in [Kind::Uniform, Kind::Constant] {
            for size in [0, 5, 16, 40, 300] {
                for act in acts {
                    for k in 0.. {
                        let meter = Meter::default();
                        let mut subject = S::empty(policy, kind, &meter);
                        (0..size).for_each(|id| assert!(subject.insert(id)));
                        meter.refuse(Which::One(k), Refusal::Panic);
                        let blown = fuse::caught(|| act(&mut subject, size));
                        meter.relent();
                        let mut ids: BTreeSet<u32> = subject.ids().into_iter().collect();
                        subject.agrees(&ids);
                        assert_eq!(evil::live(), S::PARTS * ids.len());
                        assert_eq!(subject.bytes(), meter.live(), "a block was lost");
                        if !blown {
                            break;
                        }
                        ids.extend(9_000..9_050);
                        (9_000..9_050).for_each(|id| assert!(subject.insert(id)));
                        subject.agrees(&ids);
                        drop(subject);
                        assert_eq!(meter.live(), 0);
                    }
                }
            }
        }
    }
}

/// An allocator may panic once it has freed a block. No block is freed again, and no entry is lost.
fn nothing_is_freed_twice<S: Subject>() {
    type Act<S> = fn(&mut S, u32);
    let acts: [Act<S>; 5] = [
        |s, size| (size..size + 60).for_each(|id| assert!(s.insert(id))),
        |s, size| (0..size).for_each(|id| assert!(s.remove(id))),
        |s, _| s.shrink_to(0),
        |s, _| {
            s.clear();
            s.reserve(2_000);
        },
        |s, _| {
            s.clear();
            s.shrink_to(0);
        },
    ];
    for policy in POLICIES {
        for kind in [Kind::Uniform, Kind::Constant] {
            for size in [5, 16, 40, 300] {
                for act in acts {
                    for k in 0.. {
                        let meter = Meter::default();
                        let mut subject = S::empty(policy, kind, &meter);
                        (0..size).for_each(|id| assert!(subject.insert(id)));
                        meter.panic_at_free(k);
                        let blown = fuse::caught(|| act(&mut subject, size));
                        meter.relent();
                        let ids: BTreeSet<u32> = subject.ids().into_iter().collect();
                        subject.agrees(&ids);
                        assert_eq!(evil::live(), S::PARTS * ids.len());
                        if !blown {
                            break;
                        }
                    }
                }
            }
        }
    }
}

/// Removal merges and shrinks where it can. Where the allocator says no, the entry is gone all the same.
fn removal_survives_any_refusal<S: Subject>() {
    for policy in POLICIES {
        for kind in Kind::ALL {
            for which in [Which::From(0), Which::From(2), Which::One(0), Which::One(3)] {
                let meter = Meter::default();
                let mut subject = S::empty(policy, kind, &meter);
                let mut ids: BTreeSet<u32> = (0..600).collect();
                ids.iter().for_each(|&id| assert!(subject.insert(id)));
                meter.refuse(which, Refusal::Null);
                for id in 0..500 {
                    assert!(subject.remove(id) && ids.remove(&id));
                }
                subject.agrees(&ids);
                subject.retain(|id| id % 2 == 0);
                ids.retain(|id| id % 2 == 0);
                subject.agrees(&ids);
                for id in subject.extract(|id| id % 3 == 0, 9, End::Drop) {
                    assert!(ids.remove(&id));
                }
                // Down to where one small block would do.
                while ids.len() > 3 {
                    let id = ids.pop_last().expect("an entry");
                    assert!(subject.remove(id));
                }
                subject.agrees(&ids);
                subject.shrink_to(0);
                subject.agrees(&ids);
                subject.drain(2, End::Drop);
                subject.agrees(&BTreeSet::new());
                meter.relent();
                (0..300).for_each(|id| assert!(subject.insert(id)));
                subject.agrees(&(0..300).collect());
                assert_eq!(subject.bytes(), meter.live());
            }
        }
    }
}

/// Where merging needs memory and gets none, it waits: a removal asks a few times, not once for each group that it
/// would merge.
fn refused_merging_waits<S: Subject>() {
    let meter = Meter::default();
    let mut subject = S::empty(GrowthPolicy::Burst, Kind::Identity, &meter);
    // 14 entries in each of 64 groups, inserted so that no group ever had a chain.
    let group = |id: u32| id / 16;
    let ids = (0..14).flat_map(|lane| (0..64).map(move |group| group * 16 + lane));
    ids.clone().for_each(|id| assert!(subject.insert(id)));
    meter.refuse(Which::From(0), Refusal::Null);
    // What is left makes a chain wherever two groups are merged.
    let mut most = 0;
    for id in ids.filter(|&id| !matches!(group(id), 24..28 | 56..60)) {
        let before = meter.calls();
        assert!(subject.remove(id));
        most = most.max(meter.calls() - before);
    }
    assert!((1..=4).contains(&most), "{most} calls in one removal");
    subject.agrees(&(0..1024).filter(|&id| subject.contains(id)).collect());
    assert_eq!(subject.len(), 8 * 14);
}

fn reserve_and_shrink_around_the_current_size<S: Subject>() {
    for policy in POLICIES {
        for size in [0_u32, 1, 15, 16, 17, 28, 29, 113, 500] {
            let n = size as usize;
            for change in [0, 1, n.saturating_sub(1), n, n + 1, 3 * n + 20] {
                let ids: BTreeSet<u32> = (0..size).collect();
                let mut subject = S::of(policy, Kind::Uniform, ids.clone());
                subject.reserve(change);
                assert!(subject.capacity() >= n + change);
                subject.agrees(&ids);
                subject.shrink_to(change);
                assert!(subject.capacity() >= n.max(change));
                subject.agrees(&ids);
                let before = subject.capacity();
                subject.shrink_to(usize::MAX);
                assert_eq!(subject.capacity(), before);
                subject.shrink_to(0);
                assert!(subject.capacity() >= n && subject.capacity() <= 2 * n + 16);
                subject.agrees(&ids);
            }
        }
    }
}

fn too_much_capacity_is_an_error<S: Subject>() {
    for policy in POLICIES {
        for size in [0, 5, 100] {
            // The last: no more bytes than there are addresses, but more groups than there are numbers for.
            let absurd = [
                usize::MAX,
                usize::MAX / 2,
                isize::MAX as usize,
                usize::MAX >> 3,
                #[cfg(target_pointer_width = "64")]
                (1 << 40),
            ];
            for additional in absurd {
                let meter = Meter::default();
                let mut subject = S::empty(policy, Kind::Uniform, &meter);
                (0..size).for_each(|id| assert!(subject.insert(id)));
                // It is found out before memory is asked for.
                meter.refuse(Which::From(0), Refusal::Panic);
                let answer = subject.try_reserve(additional);
                assert!(matches!(answer, Err(TryReserveError::CapacityOverflow)));
                meter.relent();
                subject.agrees(&(0..size).collect());
            }
        }
    }
}

/// A value that takes an eighth of all addresses: a group of entries has more bytes than there are numbers.
#[test]
fn values_that_no_memory_holds() {
    struct Vast(#[allow(dead_code)] [u8; usize::MAX / 8 - 64]);
    for policy in POLICIES {
        let mut map: HashMap<u32, Vast> = HashMap::with_growth_policy(policy);
        assert!(map.get(&1).is_none() && map.iter().count() == 0);
        for additional in [8, 16, 1000, usize::MAX] {
            let answer = map.try_reserve(additional);
            assert!(matches!(answer, Err(TryReserveError::CapacityOverflow)));
        }
        map.clear();
        assert_eq!((map.capacity(), map.allocation_size()), (0, 0));
    }
}

/// Keys and values without a size: the number of entries is all that there is.
#[test]
fn zero_sized_keys_and_values() {
    let mut set: HashSet<()> = HashSet::new();
    assert!(set.insert(()) && !set.insert(()) && set.remove(&()));
    /// Equal to nothing, so that many fit in.
    #[derive(Clone)]
    struct Nothing;
    impl PartialEq for Nothing {
        fn eq(&self, _: &Self) -> bool {
            false
        }
    }
    impl Eq for Nothing {}
    impl std::hash::Hash for Nothing {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            state.write_u32(1);
        }
    }
    for policy in POLICIES {
        let mut map: HashMap<Nothing, (), Build> = HashMap::with_growth_policy_and_hasher_in(
            policy,
            Build(Kind::Uniform),
            Default::default(),
        );
        (0..3_000).for_each(|_| assert_eq!(map.insert(Nothing, ()), None));
        assert_eq!((map.len(), map.iter().count()), (3_000, 3_000));
        assert_eq!(map.clone().into_iter().count(), 3_000);
        map.reserve(2_000);
        let mut left = 0;
        map.retain(|_, ()| {
            left += 1;
            left % 3 == 0
        });
        assert_eq!(map.drain().count(), 1_000);
        map.shrink_to_fit();
        assert_eq!(map.allocation_size(), 0);
    }
}

macro_rules! aligned {
    ($($name:ident $align:literal $words:literal)*) => {$(
        #[repr(align($align))]
        #[derive(Clone)]
        struct $name([u64; $words]);

        impl $name {
            fn new(id: u32) -> Self {
                $name([u64::from(id); $words])
            }

            fn is(&self, id: u32) -> bool {
                let place: *const Self = self;
                place.is_aligned() && self.0.iter().all(|&word| word == u64::from(id))
            }
        }

        fn walk() -> fn() {
            || for policy in POLICIES {
                for kind in [Kind::Uniform, Kind::Constant] {
                    let meter = Meter::default();
                    let mut map = HashMap::with_growth_policy_and_hasher_in(policy, Build(kind), meter.clone());
                    for id in 0..150_u32 {
                        assert!(map.insert(id, $name::new(id)).is_none());
                    }
                    for id in 0..150 {
                        assert!(map[&id].is(id) && map.clone()[&id].is(id) || id % 50 != 0);
                    }
                    for id in (0..150).step_by(2) {
                        assert!(map.remove(&id).is_some_and(|v| v.is(id)));
                    }
                    map.shrink_to_fit();
                    assert!(map.iter().all(|(&id, v)| v.is(id)));
                    map.retain(|id, _| id % 3 == 0);
                    assert_eq!(map.drain().filter(|(id, v)| v.is(*id)).count(), 25);
                    drop(map);
                    assert_eq!(meter.live(), 0);
                }
            }
        }
    )*};
}

/// Over-aligned and large values lie where they must, in groups and in chains.
#[test]
fn over_aligned_and_large_values() {
    {
        aligned! { A64 64 8 }
        walk()();
    }
    {
        aligned! { A1024 1024 128 }
        walk()();
    }
    {
        aligned! { A4096 4096 512 }
        walk()();
    }
    {
        aligned! { Large 8 512 }
        walk()();
    }
}

/// With the memory of the process itself: a refusal of an infallible call ends it, by the usual handler.
#[test]
#[cfg(unix)]
fn refused_insert_aborts_like_any_allocation() {
    use std::process::Command;
    const ROLE: &str = "TOPHASH_TEST_REFUSED";
    if std::env::var_os(ROLE).is_some() {
        let meter = Meter::default();
        let hasher = Build(Kind::Uniform);
        let mut map: HashMap<u32, u32, Build, Meter> =
            HashMap::with_hasher_in(hasher, meter.clone());
        map.insert(1, 2);
        meter.refuse(Which::From(0), Refusal::Null);
        (0..100).for_each(|id| {
            map.insert(id, id);
        });
        println!("survived");
        return;
    }
    let exe = std::env::current_exe().expect("the test binary");
    let name = "refused_insert_aborts_like_any_allocation";
    let out = Command::new(exe)
        .args(["--exact", name, "--nocapture"])
        .env(ROLE, "1")
        .output()
        .expect("a process");
    let (said, wrote) = (
        String::from_utf8_lossy(&out.stderr),
        String::from_utf8_lossy(&out.stdout),
    );
    assert!(!out.status.success() && !wrote.contains("survived"));
    assert!(said.contains("memory allocation of"), "{said}");
}
