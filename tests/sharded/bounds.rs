//! `Send` and `Sync` exactly where they are sound.

use super::*;
use has::has;

#[test]
fn threads() {
    assert!(has!(ShardedMap<String, String>: Send) && has!(ShardedMap<String, String>: Sync));
    // A cell may move to another thread with its map, but readers share what is inside.
    assert!(has!(ShardedMap<u8, Cell<u8>>: Send) && !has!(ShardedMap<u8, Cell<u8>>: Sync));
    assert!(!has!(ShardedMap<u8, Rc<u8>>: Send) && !has!(ShardedMap<u8, Rc<u8>>: Sync));
    assert!(!has!(ShardedMap<Rc<u8>, u8>: Send) && !has!(ShardedMap<Rc<u8>, u8>: Sync));
    // A guard of another lock may be shared but must not leave its thread: removing it would take it along.
    type Guard = std::sync::MutexGuard<'static, u8>;
    assert!(!has!(ShardedMap<u8, Guard>: Send) && !has!(ShardedMap<u8, Guard>: Sync));
    // Hashers are only ever shared.
    assert!(has!(ShardedMap<u8, u8, Cell<u8>>: Send) && !has!(ShardedMap<u8, u8, Cell<u8>>: Sync));
    assert!(has!(IntoIter<u8, Cell<u8>>: Send) && !has!(IntoIter<u8, Rc<u8>>: Send));
    assert!(
        has!(Snapshot<'static, u8, u8, u8>: Send)
            && !has!(Snapshot<'static, u8, Cell<u8>, u8>: Send)
    );
}

#[test]
fn threads_of_nested_maps() {
    use tophash::{ShardedNestedMap, Str};
    type Map<A, B, V, S = u8> = ShardedNestedMap<(A, B), V, S>;
    assert!(has!(Map<Str, String, String>: Send) && has!(Map<Str, String, String>: Sync));
    assert!(has!(Map<Str, u8, Cell<u8>>: Send) && !has!(Map<Str, u8, Cell<u8>>: Sync));
    assert!(!has!(Map<Str, u8, Rc<u8>>: Send) && !has!(Map<Str, u8, Rc<u8>>: Sync));
    assert!(!has!(Map<Rc<u8>, u8, u8>: Send) && !has!(Map<Rc<u8>, u8, u8>: Sync));
    assert!(!has!(Map<u8, Rc<u8>, u8>: Send) && !has!(Map<u8, Rc<u8>, u8>: Sync));
    type Guard = std::sync::MutexGuard<'static, u8>;
    assert!(!has!(Map<u8, u8, Guard>: Send) && !has!(Map<u8, u8, Guard>: Sync));
    assert!(has!(Map<u8, u8, u8, Cell<u8>>: Send) && !has!(Map<u8, u8, u8, Cell<u8>>: Sync));
}

#[test]
fn unwinding() {
    use std::panic::{RefUnwindSafe, UnwindSafe};
    assert!(
        has!(ShardedMap<u8, Cell<u8>>: UnwindSafe) && has!(ShardedMap<u8, Cell<u8>>: RefUnwindSafe)
    );
}

#[test]
fn no_bounds_where_nothing_is_hashed() {
    struct Opaque;
    let map: ShardedMap<Opaque, Opaque> = ShardedMap::new();
    map.retain(|_, _| true);
    map.for_each(|_, _| ());
    map.clear();
    assert_eq!(
        (map.len(), map.drain().len(), map.into_iter().len()),
        (0, 0, 0)
    );
}
