//! The same source, compiled against std and against this crate: what compiles and holds for one does for the other.
#![cfg(feature = "default-hasher")]

/// Everything a program may do with std's set, by the names that std gives it.
macro_rules! drop_in {
    ($suite:ident, $($root:tt)*) => {
        mod $suite {
            use std::fmt::Debug;

            use $($root)*::HashSet;
            use $($root)*::hash_map::RandomState;
            use $($root)*::hash_set::{
                Difference, Drain, ExtractIf, Intersection, IntoIter, Iter, SymmetricDifference,
                Union,
            };

            fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
                let mut items: Vec<T> = items.into_iter().collect();
                items.sort();
                items
            }

            #[test]
            fn construction() {
                assert_eq!(HashSet::<i32>::new().capacity(), 0);
                assert!(HashSet::<i32>::with_capacity(10).capacity() >= 10);
                let mut set = HashSet::with_hasher(RandomState::new());
                set.insert(1);
                let mut set: HashSet<i32> =
                    HashSet::with_capacity_and_hasher(10, set.hasher().clone());
                assert!(set.capacity() >= 10);
                set.shrink_to(5);
                assert!(set.capacity() >= 5);
                set.shrink_to_fit();
                assert_eq!(set.capacity(), 0);
                set.reserve(10);
                assert!(set.capacity() >= 10 && set.try_reserve(usize::MAX).is_err());
                assert_eq!(HashSet::from([1, 2, 1]), [2, 1].into_iter().collect());
                assert_eq!(HashSet::<u8>::default().len(), 0);
            }

            #[test]
            fn elements() {
                let mut set: HashSet<String> = HashSet::new();
                assert!(set.insert("a".into()));
                assert!(!set.insert("a".into()));
                assert!(set.contains("a") && !set.contains("b"));
                assert_eq!(set.get("a").map(String::as_str), Some("a"));
                let mut roomy = String::with_capacity(100);
                roomy.push('a');
                assert!(set.replace(roomy).is_some());
                assert!(set.get("a").unwrap().capacity() >= 100);
                assert_eq!(set.replace("b".into()), None);
                assert_eq!(set.take("a"), Some("a".into()));
                assert_eq!(set.take("a"), None);
                assert!(set.remove("b") && !set.remove("b"));
                assert!(set.is_empty());
            }

            #[test]
            fn many_elements() {
                let mut set: HashSet<i32> = (0..1000).collect();
                set.extend([1000, 1001, 0]);
                set.extend(&[1002]);
                assert_eq!(set.len(), 1003);
                set.retain(|n| n % 2 == 0);
                assert_eq!(set.len(), 502);
                let gone: ExtractIf<'_, i32, _> = set.extract_if(|n| *n < 500);
                assert_eq!(sorted(gone).len(), 250);
                assert_eq!(sorted(set.iter().copied())[..2], [500, 502]);
                let mut copy = set.clone();
                assert_eq!(copy, set);
                copy.remove(&500);
                assert_ne!(copy, set);
                copy.clone_from(&set);
                assert_eq!(copy, set);
                set.clear();
                assert!(set.is_empty() && copy.contains(&500));
            }

            struct Two {
                a: HashSet<i32>,
                b: HashSet<i32>,
            }

            impl Two {
                fn iter(&self) -> Iter<'_, i32> { self.a.iter() }
                fn drain(&mut self) -> Drain<'_, i32> { self.a.drain() }
                fn into_iter(self) -> IntoIter<i32> { self.a.into_iter() }
                fn union(&self) -> Union<'_, i32, RandomState> { self.a.union(&self.b) }
                fn intersection(&self) -> Intersection<'_, i32, RandomState> {
                    self.a.intersection(&self.b)
                }
                fn difference(&self) -> Difference<'_, i32, RandomState> {
                    self.a.difference(&self.b)
                }
                fn symmetric(&self) -> SymmetricDifference<'_, i32, RandomState> {
                    self.a.symmetric_difference(&self.b)
                }
            }

            fn two() -> Two {
                Two { a: (0..30).collect(), b: (20..40).collect() }
            }

            #[test]
            fn algebra() {
                let mut two = two();
                assert!(sorted(two.union().copied()).into_iter().eq(0..40));
                assert!(sorted(two.intersection().copied()).into_iter().eq(20..30));
                assert!(sorted(two.difference().copied()).into_iter().eq(0..20));
                assert!(sorted(two.symmetric().copied()).into_iter().eq((0..20).chain(30..40)));
                assert_eq!(two.union().clone().count(), 40);
                let (low, high) = two.difference().size_hint();
                assert!(low <= 20 && high >= Some(20));
                let Two { a, b } = &two;
                assert_eq!(a | b, two.union().copied().collect());
                assert_eq!(a & b, two.intersection().copied().collect());
                assert_eq!(a ^ b, two.symmetric().copied().collect());
                assert_eq!(a - b, two.difference().copied().collect());
                assert!(!a.is_disjoint(b) && (a - b).is_disjoint(b));
                assert!((a & b).is_subset(a) && a.is_superset(&(a & b)) && !a.is_subset(b));
                assert_eq!(two.iter().len(), 30);
                assert_eq!(two.drain().len(), 30);
                assert_eq!(two.iter().next(), None);
                assert_eq!(self::two().into_iter().len(), 30);
                assert_eq!((&two.b).into_iter().count(), 20);
            }

            fn shown(value: impl Debug) -> String {
                format!("{value:?}")
            }

            #[test]
            fn debug() {
                let mut a = HashSet::from([1]);
                let b = HashSet::from([2]);
                assert_eq!(shown(&a), "{1}");
                assert_eq!(shown(a.iter()), "[1]");
                assert_eq!(shown(a.clone().into_iter()), "[1]");
                assert_eq!(shown(a.union(&a)), "[1]");
                assert_eq!(shown(a.difference(&b)), "[1]");
                assert_eq!(shown(a.intersection(&b)), "[]");
                assert_eq!(shown(a.symmetric_difference(&a)), "[]");
                assert_eq!(shown(a.drain()), "[1]");
            }
        }
    };
}

drop_in!(on_std, std::collections);
drop_in!(on_tophash, tophash);

/// What std has not.
mod beyond {
    use tophash::alloc::Global;
    use tophash::{GrowthPolicy, HashMap, HashSet, Parts};

    #[test]
    fn elements_made_on_demand() {
        let mut set: HashSet<String> = HashSet::new();
        assert_eq!(set.get_or_insert_with("a", str::to_owned), "a");
        assert_eq!(set.get_or_insert_with("a", |_| unreachable!()), "a");
        assert_eq!(set.len(), 1);
    }

    #[test]
    fn an_element_that_does_not_fit_is_refused() {
        let mut set: HashSet<String> = HashSet::new();
        let call = std::panic::AssertUnwindSafe(|| {
            set.get_or_insert_with("a", |_| "b".to_owned());
        });
        assert!(std::panic::catch_unwind(call).is_err());
        assert!(set.is_empty() && set.insert("a".into()) && set.contains("a"));
    }

    #[test]
    fn assigning_operators() {
        let (a, b): (HashSet<i32>, HashSet<i32>) = ((0..30).collect(), (20..50).collect());
        for (a, b) in [(&a, &b), (&b, &a), (&a, &a), (&a, &HashSet::from([1]))] {
            let with = |f: fn(&mut HashSet<i32>, &HashSet<i32>)| {
                let mut set = a.clone();
                f(&mut set, b);
                set
            };
            assert_eq!(with(|a, b| *a |= b), a | b);
            assert_eq!(with(|a, b| *a &= b), a & b);
            assert_eq!(with(|a, b| *a ^= b), a ^ b);
            assert_eq!(with(|a, b| *a -= b), a - b);
        }
    }

    #[test]
    fn sets_in_an_arena() {
        let arena = bumpalo::Bump::new();
        let mut a = HashSet::new_in(&arena);
        a.extend(0..100);
        let mut b = HashSet::with_capacity_in(100, &arena);
        b.extend(50..150);
        assert_eq!((&a | &b).len(), 150);
        assert!(arena.allocated_bytes() >= a.allocation_size());
        let set: HashSet<u8, _, _> =
            HashSet::with_hasher_in(tophash::hash_map::RandomState::new(), Global);
        assert_eq!(set.growth_policy(), GrowthPolicy::Burst);
    }

    #[test]
    fn batches_and_parts() {
        let set: HashSet<u32> = (0..100).map(|n| 3 * n).collect();
        let values: Vec<u32> = (0..333).collect();
        let there: Vec<bool> = set.contains_each(&values).collect();
        assert!(
            there
                .iter()
                .zip(&values)
                .all(|(there, value)| *there == set.contains(value))
        );
        let values: [&u32; 40] = std::array::from_fn(|n| &values[n]);
        assert_eq!(
            set.contains_many(values),
            values.map(|value| set.contains(value))
        );
        let pairs = HashSet::from([("a".to_string(), 1_u8)]);
        assert!(pairs.contains(&Parts(("a", 1))) && !pairs.contains(&Parts(("a", 2))));
    }

    #[test]
    fn keys_become_a_set() {
        let map: HashMap<i32, ()> = HashMap::from([(1, ())]);
        assert_eq!(HashSet::from(map), HashSet::from([1]));
    }

    #[cfg(feature = "std")]
    #[test]
    fn conversions() {
        let set: HashSet<i32> = (0..100).collect();
        let std = std::collections::HashSet::from(set.clone());
        assert!(std.contains(&99));
        assert_eq!(HashSet::from(std), set);
    }
}
