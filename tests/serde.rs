//! Maps and sets through a format and back.
#![cfg(all(feature = "serde", feature = "default-hasher"))]

use tophash::{HashMap, HashSet};

#[test]
fn maps_come_back() {
    let map: HashMap<String, Vec<u32>> = (0..100).map(|n| (n.to_string(), vec![n; 2])).collect();
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(
        serde_json::from_str::<HashMap<String, Vec<u32>>>(&text).unwrap(),
        map
    );
    let std: std::collections::HashMap<String, Vec<u32>> = serde_json::from_str(&text).unwrap();
    assert_eq!(HashMap::from(std), map);
    assert_eq!(
        serde_json::to_string(&HashMap::from([("a", 1)])).unwrap(),
        r#"{"a":1}"#
    );
}

#[test]
fn sets_come_back() {
    let set: HashSet<u32> = (0..100).collect();
    let text = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<HashSet<u32>>(&text).unwrap(), set);
    assert_eq!(
        serde_json::from_str::<HashSet<u32>>("[1, 1]").unwrap(),
        HashSet::from([1])
    );
}

#[test]
fn the_last_of_equal_keys_stays() {
    let map: HashMap<String, u32> = serde_json::from_str(r#"{"a": 1, "a": 2}"#).unwrap();
    assert_eq!(map, HashMap::from([("a".to_string(), 2)]));
}

#[test]
fn other_shapes_are_refused() {
    let error = serde_json::from_str::<HashMap<String, u32>>("[1]").unwrap_err();
    assert!(error.to_string().contains("expected a map"), "{error}");
    let error = serde_json::from_str::<HashSet<u32>>("{}").unwrap_err();
    assert!(error.to_string().contains("expected a sequence"), "{error}");
    assert!(serde_json::from_str::<HashMap<String, u32>>(r#"{"a": 1, "b": "x"}"#).is_err());
}

#[cfg(feature = "std")]
#[test]
fn a_sharded_map_comes_back() {
    use std::collections::BTreeMap;
    use tophash::ShardedMap;

    let expected: BTreeMap<String, u32> = (0..500).map(|n| (n.to_string(), n)).collect();
    let map: ShardedMap<String, u32> = expected.clone().into_iter().collect();
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(
        serde_json::from_str::<BTreeMap<_, _>>(&text).unwrap(),
        expected
    );
    let back: ShardedMap<String, u32> = serde_json::from_str(&text).unwrap();
    assert_eq!(back.into_iter().collect::<BTreeMap<_, _>>(), expected);
    let error = serde_json::from_str::<ShardedMap<String, u32>>("[1]").unwrap_err();
    assert!(error.to_string().contains("expected a map"), "{error}");
}

#[test]
fn a_nested_map_is_maps_in_maps() {
    use std::collections::BTreeMap;
    use tophash::{NestedMap, Str};

    type Maps = BTreeMap<String, BTreeMap<String, BTreeMap<i64, u32>>>;
    let mut maps = Maps::new();
    for n in 0..500_u32 {
        let (a, b) = (format!("a{}", n % 3), format!("b{}", n % 20));
        maps.entry(a)
            .or_default()
            .entry(b)
            .or_default()
            .insert(n.into(), n);
    }
    let text = serde_json::to_string(&maps).unwrap();
    let map: NestedMap<(Str, String, i64), u32> = serde_json::from_str(&text).unwrap();
    assert_eq!(map, NestedMap::from_nested(maps.clone()));
    let back: Maps = serde_json::from_str(&serde_json::to_string(&map).unwrap()).unwrap();
    assert_eq!((&back, &map.to_nested::<Maps>()), (&maps, &maps));
    let one = NestedMap::<(Str, u8), char>::from_iter([(("a", 1), 'x')]);
    assert_eq!(serde_json::to_string(&one).unwrap(), r#"{"a":{"1":"x"}}"#);
    assert!(serde_json::from_str::<NestedMap<(Str, u8), char>>(r#"{"a":1}"#).is_err());
    let none: NestedMap<(Str, u8), char> = serde_json::from_str(r#"{"a":{}}"#).unwrap();
    assert!(none.is_empty());
}

#[cfg(feature = "std")]
#[test]
fn a_sharded_nested_map_is_maps_in_maps() {
    use std::collections::BTreeMap;
    use tophash::{ShardedNestedMap, Str};

    type Maps = BTreeMap<String, BTreeMap<i64, u32>>;
    type Map = ShardedNestedMap<(Str, i64), u32>;
    let mut maps = Maps::new();
    for n in 0..500_u32 {
        let inner = maps.entry(format!("a{}", n % 70)).or_default();
        inner.insert(n.into(), n);
    }
    let map: Map = serde_json::from_str(&serde_json::to_string(&maps).unwrap()).unwrap();
    assert_eq!(map.len(), 500);
    assert_eq!(map.get(("a3", 73)), Some(73));
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(serde_json::from_str::<Maps>(&text).unwrap(), maps);
    assert_eq!(serde_json::to_string(&Map::new()).unwrap(), "{}");
    assert!(serde_json::from_str::<Map>(r#"{"a":1}"#).is_err());
}
