//! The same source, compiled against std and against this crate: what compiles and holds for one does for the other.
#![cfg(feature = "default-hasher")]

/// Everything a program may do with std's map, by the names that std gives it.
macro_rules! drop_in {
    ($suite:ident, $($root:tt)*) => {
        mod $suite {
            use std::borrow::Borrow;
            use std::fmt::Debug;
            use std::hash::{BuildHasher, Hash, Hasher};

            use $($root)*::HashMap;
            use $($root)*::hash_map::{
                self, DefaultHasher, Drain, Entry, ExtractIf, IntoIter, IntoKeys, IntoValues, Iter,
                IterMut, Keys, OccupiedEntry, RandomState, VacantEntry, Values, ValuesMut,
            };

            fn squares(n: i32) -> HashMap<i32, i32> {
                (0..n).map(|k| (k, k * k)).collect()
            }

            fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
                let mut items: Vec<T> = items.into_iter().collect();
                items.sort();
                items
            }

            #[test]
            fn construction() {
                assert_eq!(HashMap::<i32, i32>::new().capacity(), 0);
                let state = RandomState::new();
                let mut map = HashMap::with_capacity_and_hasher(10, state.clone());
                assert!(map.capacity() >= 10);
                map.insert(1, 'a');
                assert_eq!(map.hasher().hash_one(7), state.hash_one(7));
                const MAP: HashMap<u8, u8, std::hash::BuildHasherDefault<DefaultHasher>> =
                    HashMap::with_hasher(std::hash::BuildHasherDefault::new());
                assert!(MAP.is_empty());
                let pairs = [("a", 1), ("b", 2), ("a", 3)];
                let map = HashMap::from(pairs);
                assert_eq!(map, pairs.into_iter().collect());
                assert_eq!(map["a"], 3);
                let map: HashMap<_, _> = [(1, 2)].into();
                assert_eq!(map.len(), 1);
                let (mut a, mut b) = (DefaultHasher::new(), DefaultHasher::default());
                ("x", 1).hash(&mut a);
                ("x", 1).hash(&mut b);
                assert_eq!(a.finish(), b.finish());
            }

            #[test]
            fn capacity() {
                let mut map: HashMap<u64, String> = HashMap::with_capacity(100);
                assert!(map.capacity() >= 100);
                map.insert(1, "one".into());
                map.shrink_to(50);
                assert!(map.capacity() >= 50);
                map.shrink_to_fit();
                assert!(map.capacity() < 50 && map[&1] == "one");
                map.reserve(200);
                assert!(map.capacity() >= 201);
                assert!(map.try_reserve(300).is_ok());
                assert!(map.capacity() >= 301);
                assert!(map.try_reserve(usize::MAX).is_err());
                assert_eq!(map.len(), 1);
            }

            #[test]
            fn reading() {
                let mut map = HashMap::from([("a".to_string(), 1), ("b".to_string(), 2)]);
                assert_eq!(map.get("a"), Some(&1));
                assert_eq!(map.get(&"b".to_string()), Some(&2));
                assert_eq!(map.get("c"), None);
                assert_eq!(map.get_key_value("a"), Some((&"a".to_string(), &1)));
                assert!(map.contains_key("b") && !map.contains_key("c"));
                *map.get_mut("a").unwrap() += 10;
                assert_eq!(map["a"], 11);
                let [a, c, b] = map.get_disjoint_mut(["a", "c", "b"]);
                assert_eq!(c, None);
                std::mem::swap(a.unwrap(), b.unwrap());
                assert_eq!((map["a"], map["b"]), (2, 11));
            }

            #[test]
            #[should_panic(expected = "no entry found for key")]
            fn missing_index() {
                let _ = HashMap::from([(1, 2)])[&3];
            }

            #[test]
            #[should_panic]
            fn duplicate_disjoint() {
                HashMap::from([(1, 2)]).get_disjoint_mut([&1, &1]);
            }

            #[test]
            fn writing() {
                let mut map = squares(100);
                assert_eq!(map.insert(3, 0), Some(9));
                assert_eq!(map.remove(&3), Some(0));
                assert_eq!(map.remove(&3), None);
                assert_eq!(map.remove_entry(&4), Some((4, 16)));
                map.retain(|key, value| {
                    *value += 1;
                    key % 2 == 0
                });
                assert_eq!(map.len(), 49);
                assert_eq!(map[&10], 101);
                let gone: ExtractIf<'_, i32, i32, _> = map.extract_if(|key, _| *key >= 50);
                assert_eq!(sorted(gone).first(), Some(&(50, 2501)));
                assert_eq!(map.len(), 24);
                map.extract_if(|_, _| true).next();
                assert_eq!(map.len(), 23);
                map.clear();
                assert!(map.is_empty());
                map.extend([(1, 2), (3, 4)]);
                map.extend(&HashMap::from([(3, 5)]));
                assert_eq!(map, HashMap::from([(1, 2), (3, 5)]));
                assert_ne!(map, HashMap::from([(1, 2), (3, 6)]));
                assert_ne!(map, HashMap::from([(1, 2)]));
            }

            #[test]
            fn entries() {
                let mut map: HashMap<String, Vec<u8>> = HashMap::new();
                map.entry("a".into()).or_default().push(1);
                map.entry("a".into()).and_modify(|v| v.push(2)).or_insert_with(Vec::new);
                map.entry("b".into()).or_insert_with_key(|k| k.clone().into_bytes());
                assert_eq!(map["a"], [1, 2]);
                assert_eq!(map["b"], b"b");
                assert_eq!(map.entry("c".into()).key(), "c");
                let mut entry: OccupiedEntry<'_, _, _> = map.entry("c".into()).insert_entry(vec![3]);
                assert_eq!(entry.insert(vec![4]), [3]);
                entry.get_mut().push(5);
                assert_eq!((entry.key().as_str(), entry.get().as_slice()), ("c", &[4, 5][..]));
                entry.into_mut().push(6);
                match map.entry("c".into()) {
                    Entry::Occupied(entry) => assert_eq!(entry.remove_entry().1, [4, 5, 6]),
                    Entry::Vacant(_) => panic!("the entry is lost"),
                }
                match map.entry("c".into()) {
                    Entry::Occupied(_) => panic!("the entry is still there"),
                    Entry::Vacant(entry) => assert_eq!(entry.into_key(), "c"),
                }
                assert_eq!(map.len(), 2);
            }

            // No bound is needed to fill a vacant entry.
            fn fill<'a, K, V>(entry: VacantEntry<'a, K, V>, value: V) -> &'a mut V {
                entry.insert(value)
            }

            fn take<K, V>(entry: OccupiedEntry<'_, K, V>) -> V {
                entry.remove()
            }

            fn toggle<K: Hash + Eq, V, S: BuildHasher>(map: &mut HashMap<K, V, S>, key: K, value: V) {
                match map.entry(key) {
                    hash_map::Entry::Occupied(entry) => drop(take(entry)),
                    hash_map::Entry::Vacant(entry) => drop(fill(entry, value)),
                }
            }

            #[test]
            fn entries_in_signatures() {
                let mut map = HashMap::new();
                toggle(&mut map, 1, 'a');
                assert_eq!(map.get(&1), Some(&'a'));
                toggle(&mut map, 1, 'b');
                assert!(map.is_empty());
            }

            struct Index {
                map: HashMap<u32, String>,
            }

            impl Index {
                fn iter(&self) -> Iter<'_, u32, String> { self.map.iter() }
                fn iter_mut(&mut self) -> IterMut<'_, u32, String> { self.map.iter_mut() }
                fn keys(&self) -> Keys<'_, u32, String> { self.map.keys() }
                fn values(&self) -> Values<'_, u32, String> { self.map.values() }
                fn values_mut(&mut self) -> ValuesMut<'_, u32, String> { self.map.values_mut() }
                fn into_keys(self) -> IntoKeys<u32, String> { self.map.into_keys() }
                fn into_values(self) -> IntoValues<u32, String> { self.map.into_values() }
                fn drain(&mut self) -> Drain<'_, u32, String> { self.map.drain() }
            }

            impl IntoIterator for Index {
                type Item = (u32, String);
                type IntoIter = IntoIter<u32, String>;
                fn into_iter(self) -> IntoIter<u32, String> { self.map.into_iter() }
            }

            fn index() -> Index {
                Index { map: (0..50).map(|n| (n, n.to_string())).collect() }
            }

            #[test]
            fn iterators() {
                let mut it = index();
                assert_eq!(it.iter().len(), 50);
                it.values_mut().for_each(|value| value.push('!'));
                it.iter_mut().for_each(|(key, value)| *value = format!("{key}{value}"));
                assert!(it.iter().all(|(key, value)| *value == format!("{key}{key}!")));
                assert!(sorted(it.keys().copied()).into_iter().eq(0..50));
                assert_eq!(it.values().clone().count(), 50);
                for (_, value) in &mut it.map {
                    value.clear();
                }
                assert!((&it.map).into_iter().all(|(_, value)| value.is_empty()));
                assert_eq!(it.drain().len(), 50);
                assert!(it.map.is_empty());
                assert!(sorted(index().into_keys()).into_iter().eq(0..50));
                assert!(index().into_values().any(|value| value == "49"));
                let mut rest = index().into_iter();
                let first = rest.next().unwrap();
                assert_eq!(rest.len(), 49);
                assert!(!rest.any(|entry| entry == first));
                assert_eq!((rest.size_hint(), rest.next()), ((0, Some(0)), None));
            }

            #[test]
            fn clones() {
                let map = squares(1000);
                let mut copy = map.clone();
                assert_eq!(map, copy);
                copy.remove(&1);
                copy.insert(-1, 7);
                assert_ne!(map, copy);
                copy.clone_from(&map);
                assert_eq!(map, copy);
                assert_eq!(copy[&999], 998_001);
                drop(map);
                assert_eq!(copy.remove(&10), Some(100));
            }

            fn look_up<'m, K, Q, V, S>(map: &'m HashMap<K, V, S>, key: &Q) -> Option<&'m V>
            where
                K: Borrow<Q> + Eq + Hash,
                Q: Eq + Hash + ?Sized,
                S: BuildHasher,
            {
                map.get(key)
            }

            #[derive(Clone, Debug, Default, PartialEq)]
            struct Config {
                names: HashMap<String, u8>,
                rest: Option<HashMap<u8, Vec<u8>>>,
            }

            /// The types that std's own signatures let a program leave out may be left out.
            #[test]
            fn inference() {
                let mut map = HashMap::new();
                map.insert("a", 1);
                let more = HashMap::from([("b", 2)]);
                map.extend(more);
                let turned = map.iter().map(|(k, v)| (*v, *k)).collect::<HashMap<_, _>>();
                assert_eq!(look_up(&turned, &1), Some(&"a"));
                assert_eq!(look_up(&HashMap::from([("x".to_string(), 1)]), "x"), Some(&1));
                let (low, high): (HashMap<_, _>, HashMap<_, _>) =
                    turned.into_iter().partition(|(key, _)| *key < 2);
                assert_eq!((low.len(), high.len()), (1, 1));
                let mut config = Config { names: HashMap::default(), ..Default::default() };
                config.names = HashMap::from_iter([("n".to_string(), 7)]);
                let names = std::mem::take(&mut config.names);
                assert_eq!((names["n"], config == Config::default()), (7, true));
                config.rest.get_or_insert_default().entry(1).or_default().push(2);
                let nested = HashMap::from([("outer", HashMap::from([("inner", 3)]))]);
                assert_eq!(nested["outer"]["inner"], 3);
                let parsed: Result<HashMap<_, i32>, _> =
                    ["1", "2"].iter().map(|s| s.parse().map(|n: i32| (*s, n))).collect();
                assert_eq!(parsed.unwrap()["2"], 2);
            }

            fn shown(value: impl Debug) -> String {
                format!("{value:?}")
            }

            #[test]
            fn debug() {
                let mut map = HashMap::from([(1, "a")]);
                assert_eq!(shown(&map), r#"{1: "a"}"#);
                assert_eq!(shown(map.iter()), r#"[(1, "a")]"#);
                assert_eq!(shown(map.iter_mut()), r#"[(1, "a")]"#);
                assert_eq!(shown(map.keys()), "[1]");
                assert_eq!(shown(map.values()), r#"["a"]"#);
                assert_eq!(shown(map.values_mut()), r#"["a"]"#);
                assert_eq!(shown(map.clone().into_iter()), r#"[(1, "a")]"#);
                assert_eq!(shown(map.clone().into_keys()), "[1]");
                assert_eq!(shown(map.clone().into_values()), r#"["a"]"#);
                assert_eq!(shown(map.clone().drain()), r#"[(1, "a")]"#);
                assert_eq!(
                    shown(map.entry(1)),
                    r#"Entry(OccupiedEntry { key: 1, value: "a", .. })"#
                );
                assert_eq!(shown(map.entry(2)), "Entry(VacantEntry(2))");
                assert!(shown(map.extract_if(|_, _| true)).starts_with("ExtractIf"));
            }
        }
    };
}

drop_in!(on_std, std::collections);
drop_in!(on_tophash, tophash);

/// What std has not.
mod beyond {
    use std::hash::Hash;
    use std::sync::Arc;

    use tophash::alloc::Global;
    use tophash::{Equivalent, GrowthPolicy, HashMap, Parts};

    #[derive(Hash)]
    struct Folded<'a>(&'a str);

    impl Equivalent<String> for Folded<'_> {
        fn equivalent(&self, key: &String) -> bool {
            self.0 == key
        }
    }

    #[test]
    fn equivalent_keys() {
        let mut map = HashMap::from([("a".to_string(), 1)]);
        assert_eq!(map.get(&Folded("a")), Some(&1));
        assert!(map.contains_key(&Folded("a")));
        assert_eq!(map[&Folded("a")], 1);
        assert_eq!(map.get_disjoint_mut([&Folded("a")]), [Some(&mut 1)]);
        assert_eq!(map.remove(&Folded("a")), Some(1));
    }

    #[test]
    fn borrowed_entries_of_any_owner() {
        fn count<K: Hash + Eq + for<'q> From<&'q str>>() -> usize
        where
            str: Equivalent<K>,
        {
            let mut map: HashMap<K, usize> = HashMap::new();
            for word in ["a", "b", "a"] {
                *map.entry_ref(word).or_insert(0) += 1;
            }
            *map.get("a").unwrap()
        }
        assert_eq!(count::<String>(), 2);
        assert_eq!(count::<Box<str>>(), 2);
        assert_eq!(count::<Arc<str>>(), 2);
        let mut map: HashMap<Vec<u8>, u8> = HashMap::new();
        assert_eq!(map.entry_ref(&b"ab"[..]).insert_entry(1).key(), b"ab");
    }

    #[test]
    fn parts_of_every_arity() {
        macro_rules! check {
            ($($owned:expr => $part:expr),*) => {
                let mut map = HashMap::from([(($($owned,)*), 1)]);
                assert_eq!(map.get(&Parts(($($part,)*))), Some(&1));
                *map.entry_ref(&Parts(($($part,)*))).or_insert(0) += 1;
                assert_eq!((map.len(), map.remove(&Parts(($($part,)*)))), (1, Some(2)));
                assert_eq!(map.get(&Parts(($($part,)*))), None);
                map.entry_ref(&Parts(($($part,)*))).or_insert(3);
                assert_eq!(map.get(&($($owned,)*)), Some(&3));
            };
        }
        let s = |s: &str| s.to_string();
        check!(s("a") => "a", 1_i64 => 1);
        check!(s("a") => "a", s("b") => "b", 7_i64 => 7);
        check!('x' => 'x', true => true, s("c") => "c", vec![1, 2] => &[1, 2][..]);
        check!(1_u8 => 1, 2_u16 => 2, 3_u32 => 3, 4_u64 => 4, 5_u128 => 5);
        check!(1_i8 => 1, 2_i16 => 2, 3_i32 => 3, 4_i64 => 4, 5_i128 => 5, 6_isize => 6);
        check!(1 => 1, 2 => 2, 3 => 3, 4 => 4, 5 => 5, 6 => 6, s("g") => "g");
        check!(1 => 1, 2 => 2, 3 => 3, 4 => 4, 5 => 5, 6 => 6, 7 => 7, s("h") => "h");
    }

    #[test]
    fn parts_differ_in_each_place() {
        let map = HashMap::from([(("a".to_string(), "b".to_string(), 1_i64), ())]);
        assert!(map.contains_key(&Parts(("a", "b", 1))));
        for parts in [("x", "b", 1), ("a", "x", 1), ("a", "b", 2), ("b", "a", 1)] {
            assert!(!map.contains_key(&Parts(parts)), "{parts:?}");
        }
    }

    #[test]
    fn batches_of_any_length() {
        let map: HashMap<u32, u32> = (0..1000).map(|n| (2 * n, n)).collect();
        for len in [0, 1, 31, 32, 33, 64, 65, 1000] {
            let keys: Vec<u32> = (0..len).map(|n| n * 7 % 2500).collect();
            let mut each = map.get_each(&keys);
            assert_eq!(each.len(), keys.len());
            for (done, key) in keys.iter().enumerate() {
                assert_eq!(each.next(), Some(map.get(key)), "key {key}");
                assert_eq!(each.len(), keys.len() - done - 1);
            }
            assert_eq!((each.next(), each.next()), (None, None));
        }
        let keys: [u32; 100] = std::array::from_fn(|n| n as u32 * 25);
        let keys: [&u32; 100] = std::array::from_fn(|n| &keys[n]);
        assert_eq!(map.get_many(keys), keys.map(|key| map.get(key)));
        assert_eq!(map.get_many::<u32, 0>([]), []);
        let words = HashMap::from([("a".to_string(), 1)]);
        assert_eq!(words.get_many(["a", "b", "a"]), [Some(&1), None, Some(&1)]);
        assert_eq!(words.get_each("a b".split(' ')).flatten().count(), 1);
        assert_eq!(HashMap::<u8, u8>::new().get_many([&1]), [None]);
    }

    #[test]
    fn arenas_and_policies() {
        let arena = bumpalo::Bump::new();
        let mut map = HashMap::with_capacity_in(10, &arena);
        map.extend((0..1000).map(|n| (n, n)));
        assert_eq!(map.clone(), map);
        assert!(arena.allocated_bytes() >= map.allocation_size() && map.allocation_size() >= 8000);
        let hasher = tophash::hash_map::RandomState::new();
        let map: HashMap<u8, u8, _, _> =
            HashMap::with_growth_policy_and_hasher_in(GrowthPolicy::Paced, hasher, Global);
        assert_eq!(
            (map.growth_policy(), map.allocation_size()),
            (GrowthPolicy::Paced, 0)
        );
        assert_eq!(map.clone().growth_policy(), GrowthPolicy::Paced);
    }

    #[test]
    fn refused_insertions() {
        let mut map = HashMap::new();
        *map.try_insert("a", 1).unwrap() += 1;
        let error = map.try_insert("a", 9).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"failed to insert 9: key "a" has value 2"#
        );
        assert_eq!((error.value, error.entry.remove()), (9, 2));
    }

    #[cfg(feature = "std")]
    #[test]
    fn conversions() {
        let map: HashMap<i32, i32> = (0..100).map(|n| (n, -n)).collect();
        let std = std::collections::HashMap::from(map.clone());
        assert_eq!(std[&99], -99);
        assert_eq!(HashMap::from(std), map);
    }
}
