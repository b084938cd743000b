//! What the types promise by their traits, checked by the compiler.
#![cfg(feature = "default-hasher")]

#[path = "support/has.rs"]
mod has;

use std::cell::Cell;
use std::fmt::Debug;
use std::iter::FusedIterator;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use has::has;
use tophash::hash_map::{self, RandomState};
use tophash::hash_set;
use tophash::{HashMap, HashSet};

fn send<T: Send>() {}
fn sync<T: Sync>() {}
fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
fn shared<T: Clone + Default + Debug>() {}
fn owned<T: Default + Debug>() {}
fn exact<T: ExactSizeIterator + FusedIterator + Debug>() {}
fn fused<T: FusedIterator + Debug>() {}

type Map = HashMap<String, i32>;
type Set = HashSet<String>;
type Predicate = fn(&String, &mut i32) -> bool;
type SetPredicate = fn(&String) -> bool;

#[test]
fn threads() {
    macro_rules! both {
        ($($t:ty),* $(,)?) => {$( send::<$t>(); sync::<$t>(); )*};
    }
    both!(
        Map,
        Set,
        hash_map::Iter<'_, String, i32>,
        hash_map::IterMut<'_, String, i32>,
        hash_map::IntoIter<String, i32>,
        hash_map::Drain<'_, String, i32>,
        hash_map::Entry<'_, String, i32>,
        hash_map::ExtractIf<'_, String, i32, Predicate>,
        hash_set::Iter<'_, String>,
        hash_set::Union<'_, String, RandomState>,
    );
    // A cell may be sent, but not shared.
    send::<HashMap<u8, Cell<u8>>>();
    send::<hash_map::IterMut<'_, u8, Cell<u8>>>();
}

#[test]
fn not_for_threads() {
    assert!(has!(Map: Send));
    assert!(!has!(HashMap<Rc<u8>, u8>: Send));
    assert!(!has!(HashMap<u8, Rc<u8>>: Sync));
    assert!(!has!(HashMap<u8, Cell<u8>>: Sync));
    assert!(!has!(HashSet<Rc<u8>>: Send));
    assert!(!has!(hash_map::Iter<'_, u8, Cell<u8>>: Send));
    assert!(!has!(hash_map::IntoIter<u8, Rc<u8>>: Send));
    assert!(!has!(hash_map::Drain<'_, u8, Rc<u8>>: Send));
}

#[test]
fn unwinding() {
    unwind_safe::<Map>();
    unwind_safe::<Set>();
    assert!(!has!(HashMap<u8, &mut u8>: UnwindSafe));
    assert!(has!(HashMap<u8, Cell<u8>>: UnwindSafe));
    assert!(!has!(HashMap<u8, Cell<u8>>: RefUnwindSafe));
}

#[test]
fn collections() {
    shared::<Map>();
    shared::<Set>();
    shared::<RandomState>();
    shared::<hash_map::DefaultHasher>();
}

#[test]
fn iterators() {
    macro_rules! each {
        ($check:ident: $($t:ty),* $(,)?) => {$( $check::<$t>(); )*};
    }
    each!(shared:
        hash_map::Iter<'_, String, i32>, hash_map::Keys<'_, String, i32>,
        hash_map::Values<'_, String, i32>, hash_set::Iter<'_, String>,
    );
    each!(owned:
        hash_map::IterMut<'_, String, i32>, hash_map::ValuesMut<'_, String, i32>,
        hash_map::IntoIter<String, i32>, hash_map::IntoKeys<String, i32>,
        hash_map::IntoValues<String, i32>, hash_set::IntoIter<String>,
    );
    each!(exact:
        hash_map::Iter<'_, String, i32>, hash_map::IterMut<'_, String, i32>,
        hash_map::IntoIter<String, i32>, hash_map::Keys<'_, String, i32>,
        hash_map::Values<'_, String, i32>, hash_map::ValuesMut<'_, String, i32>,
        hash_map::IntoKeys<String, i32>, hash_map::IntoValues<String, i32>,
        hash_map::Drain<'_, String, i32>, hash_set::Iter<'_, String>,
        hash_set::IntoIter<String>, hash_set::Drain<'_, String>,
    );
    each!(fused:
        hash_map::ExtractIf<'_, String, i32, Predicate>, hash_set::ExtractIf<'_, String, SetPredicate>,
        hash_set::Union<'_, String, RandomState>, hash_set::Intersection<'_, String, RandomState>,
        hash_set::Difference<'_, String, RandomState>,
        hash_set::SymmetricDifference<'_, String, RandomState>,
    );
}

/// Shared iterators are cloned without asking anything of what they go over.
#[test]
fn clones_ask_for_nothing() {
    struct Opaque;
    let map: HashMap<u8, Opaque> = HashMap::from([(1, Opaque)]);
    let iter = map.iter();
    assert_eq!((iter.clone().count(), map.keys().clone().count()), (1, 1));
    assert_eq!((iter.count(), map.values().clone().count()), (1, 1));
    // Nor does anything that hashes no key.
    struct NoKey;
    let mut map: HashMap<NoKey, u8> = HashMap::new();
    map.retain(|_, _| true);
    map.clear();
    assert_eq!(map.drain().len(), 0);
    assert_eq!(map.extract_if(|_, _| true).count(), 0);
    assert_eq!(map.iter_mut().len(), 0);
    assert_eq!(map.into_keys().len(), 0);
}

#[test]
fn empty_iterators() {
    assert_eq!(hash_map::Iter::<u8, u8>::default().next(), None);
    assert_eq!(hash_map::IterMut::<u8, u8>::default().next(), None);
    assert_eq!(hash_map::IntoIter::<u8, u8>::default().next(), None);
    assert_eq!(hash_map::Keys::<u8, u8>::default().len(), 0);
    assert_eq!(hash_set::Iter::<u8>::default().len(), 0);
    assert_eq!(hash_set::IntoIter::<u8>::default().len(), 0);
}

/// A longer life may stand where a shorter one is asked for. That these compile is the test.
#[allow(dead_code)]
mod covariance {
    use super::*;

    fn map_key<'a>(v: HashMap<&'static str, u8>) -> HashMap<&'a str, u8> {
        v
    }
    fn map_value<'a>(v: HashMap<u8, &'static str>) -> HashMap<u8, &'a str> {
        v
    }
    fn set<'a>(v: HashSet<&'static str>) -> HashSet<&'a str> {
        v
    }
    fn iter<'a, 'b>(
        v: hash_map::Iter<'a, &'static str, &'static str>,
    ) -> hash_map::Iter<'a, &'b str, &'b str> {
        v
    }
    fn into_iter<'a>(
        v: hash_map::IntoIter<&'static str, &'static str>,
    ) -> hash_map::IntoIter<&'a str, &'a str> {
        v
    }
    fn keys<'a, 'b>(
        v: hash_map::Keys<'a, &'static str, &'static str>,
    ) -> hash_map::Keys<'a, &'b str, &'b str> {
        v
    }
    fn values<'a, 'b>(
        v: hash_map::Values<'a, &'static str, &'static str>,
    ) -> hash_map::Values<'a, &'b str, &'b str> {
        v
    }
    fn drain<'a>(
        v: hash_map::Drain<'static, &'static str, &'static str>,
    ) -> hash_map::Drain<'a, &'a str, &'a str> {
        v
    }
    fn set_iter<'a, 'b>(v: hash_set::Iter<'a, &'static str>) -> hash_set::Iter<'a, &'b str> {
        v
    }
    fn set_drain<'a>(v: hash_set::Drain<'static, &'static str>) -> hash_set::Drain<'a, &'a str> {
        v
    }
    fn union<'a, 'b>(
        v: hash_set::Union<'a, &'static str, RandomState>,
    ) -> hash_set::Union<'a, &'b str, RandomState> {
        v
    }
}
