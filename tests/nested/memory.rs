//! Memory that is refused, and a ledger of every block.
#![allow(unsafe_code, reason = "a global allocator is unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::any::Any;
use std::cell::Cell;
use std::ops::Range;
use std::ptr;

use super::support::{evil, fuse};
use super::*;
use tophash::NestedError;
use tophash::nested_map::{Entry, PrefixEntry};

/// Refuses one allocation or growth of this thread, on demand, and counts the bytes of the thread. A map that is refused
/// a chunk may still find pages that idle: then the call succeeds.
struct Refusing;

thread_local! {
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    static REFUSED: Cell<bool> = const { Cell::new(false) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

fn count(added: usize, gone: usize) {
    let _ = BYTES.try_with(|bytes| bytes.set(bytes.get().wrapping_add(added).wrapping_sub(gone)));
}

/// Runs `act`, in which allocation number `k` is refused. What it returned, and whether it came that far.
fn refusing<R>(k: usize, act: impl FnOnce() -> R) -> (std::thread::Result<R>, bool) {
    REFUSED.set(false);
    let answer = fuse::muted(|| {
        LEFT.set(Some(k));
        act()
    });
    LEFT.set(None);
    (answer, REFUSED.get())
}

/// The panic of a map that may not grow, and no other.
fn is_refusal(panic: &(dyn Any + Send)) -> bool {
    let said = panic.downcast_ref::<String>();
    said.is_some_and(|said| said.starts_with("a nested map cannot grow"))
}

fn refused() -> bool {
    let left = LEFT.try_with(Cell::get).unwrap_or(None);
    let Some(left) = left else { return false };
    LEFT.set(left.checked_sub(1));
    REFUSED.set(left == 0);
    left == 0
}

// SAFETY: hands everything on to the system's allocator, or refuses it.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if refused() {
            return ptr::null_mut();
        }
        count(layout.size(), 0);
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if refused() {
            return ptr::null_mut();
        }
        count(size, layout.size());
        // SAFETY: the caller's promise is the same.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static REFUSING: Refusing = Refusing;

type Plain = NestedMap<(u32, Str, u32), u32, Build>;

fn parts(shape: Shape, id: u32, name: &mut String) -> (u32, u32) {
    let (a, b, c) = shape.parts(id);
    *name = b;
    (a, c)
}

fn plain(shape: Shape, size: u32) -> Plain {
    let mut map = Plain::with_hasher(Build(Kind::Uniform));
    for id in 0..size {
        let (a, b, c) = shape.parts(id);
        assert_eq!(map.insert((a, b, c), id), None);
    }
    map
}

/// Exactly these, and as many strings.
fn agrees(map: &Plain, shape: Shape, ids: impl Iterator<Item = u32>) {
    let ids: BTreeSet<u32> = ids.collect();
    assert_eq!(map.values().copied().collect::<BTreeSet<_>>(), ids);
    #[cfg(tophash_check)]
    map.check_invariants();
    assert_eq!(map.len(), ids.len());
    assert_eq!(map.stats().strings, shape.strings(&ids));
    for &id in &ids {
        let (a, b, c) = shape.parts(id);
        assert_eq!(map.get((a, b.as_str(), c)), Some(&id));
    }
}

/// The arena's own allocator refuses its k-th call: nothing has happened, and asked again it is granted.
#[test]
fn insert_refused_at_every_call() {
    let mut failures = 0;
    for shape in SHAPES {
        // The arena asks seldom; these sizes are where it does.
        let mut map = plain(shape, 0);
        for id in 0..3_000 {
            let mut name = String::new();
            let (a, c) = parts(shape, id, &mut name);
            for k in 0.. {
                LEFT.set(Some(k));
                REFUSED.set(false);
                let answer = map.try_insert((a, name.as_str(), c), id);
                LEFT.set(None);
                match answer {
                    Ok(old) => {
                        assert_eq!(old, None);
                        break;
                    }
                    Err(refusal) => {
                        assert_eq!(refusal.value, id);
                        assert!(matches!(refusal.error, NestedError::AllocError { .. }));
                        assert!(REFUSED.get());
                        failures += 1;
                        agrees(&map, shape, 0..id);
                    }
                }
            }
        }
        agrees(&map, shape, 0..3_000);
        // A removal needs nothing: what it would move to gets no memory, and stays where it is.
        for id in 0..2_990 {
            let mut name = String::new();
            let (a, c) = parts(shape, id, &mut name);
            LEFT.set(Some(0));
            let removed = map.remove((a, name.as_str(), c));
            LEFT.set(None);
            assert_eq!(removed, Some(id));
        }
        agrees(&map, shape, 2_990..3_000);
        map.compact();
        agrees(&map, shape, 2_990..3_000);
    }
    assert!(failures > 40, "{failures}");
}

/// Parts of each kind: made of `&str`, stored in the map, and given as they are.
type Owning = NestedMap<(String, Str, Box<str>, Evil, Str), Evil, Build>;
type OwningKey<'a> = (&'a str, String, Box<str>, Evil, String);
/// A refusal, if it is one.
type Answer<'a> = Option<(NestedError, OwningKey<'a>, Evil)>;

/// Every way to insert that can say no.
const TRIES: [for<'a> fn(&mut Owning, OwningKey<'a>, Evil) -> Answer<'a>; 3] = [
    |map, key, value| match map.try_insert(key, value) {
        Ok(_) => None,
        Err(refused) => Some((refused.error, refused.key, refused.value)),
    },
    |map, key, value| match map.entry(key) {
        Entry::Occupied(_) => panic!("it is new"),
        Entry::Vacant(entry) => match entry.try_insert(value) {
            Ok(_) => None,
            Err(refused) => Some((refused.error, refused.key, refused.value)),
        },
    },
    |map, (a, b, c, d, e), value| {
        if map.contains_prefix((a, b.as_str())) {
            let view = map.prefix_mut((a, b.as_str()));
            let answer = view.unwrap().try_insert((c, d, e), value);
            return match answer {
                Ok(_) => None,
                Err(refused) => {
                    let (c, d, e) = refused.key;
                    Some((refused.error, (a, b, c, d, e), refused.value))
                }
            };
        }
        let PrefixEntry::Vacant(prefix) = map.prefix_entry((a, b)) else {
            panic!("it is new");
        };
        match prefix.try_insert((c, d, e), value) {
            Ok(_) => None,
            Err(refused) => {
                let ((a, b), (c, d, e)) = refused.key;
                Some((refused.error, (a, b, c, d, e), refused.value))
            }
        }
    },
];

/// What was given by value is given back: the same strings, not others like them.
#[test]
fn a_refused_insertion_gives_everything_back() {
    for way in TRIES {
        for shape in SHAPES {
            let mut map = Owning::with_hasher(Build(Kind::Uniform));
            let mut failures = 0;
            for id in 0..1_500 {
                let (a, b, c) = shape.parts(id);
                let a = format!("a string that lies on the heap {a}");
                let last = c.to_string();
                let mut key = (a.as_str(), b, Box::<str>::from("same"), Evil::new(1), last);
                let mut value = Evil::new(id);
                for k in 0.. {
                    let marks = (key.1.as_ptr(), key.2.as_ptr(), key.4.as_ptr());
                    let before = (map.len(), map.stats().strings, evil::live());
                    LEFT.set(Some(k));
                    REFUSED.set(false);
                    let answer = way(&mut map, key, value);
                    LEFT.set(None);
                    assert!(answer.is_none() || REFUSED.get());
                    let Some((error, its_key, its_value)) = answer else {
                        break;
                    };
                    failures += 1;
                    assert!(matches!(error, NestedError::AllocError { .. }));
                    let (its_a, its_b, its_c, its_d, its_e) = &its_key;
                    assert_eq!((its_b.as_ptr(), its_c.as_ptr(), its_e.as_ptr()), marks);
                    assert_eq!((*its_a, its_d.id()), (a.as_str(), 1));
                    assert_eq!(its_value.id(), id);
                    let after = (map.len(), map.stats().strings, evil::live());
                    assert_eq!(after, before);
                    (key, value) = (its_key, its_value);
                }
            }
            assert!(failures > 4, "{failures}");
            assert_eq!(map.len(), 1_500);
            for id in 0..1_500 {
                let (a, b, c) = shape.parts(id);
                let a = format!("a string that lies on the heap {a}");
                let last = c.to_string();
                let key = (a.as_str(), b.as_str(), "same", &Id(1), last.as_str());
                assert_eq!(map.get(key).map(Evil::id), Some(id));
            }
            drop(map);
            assert_eq!(evil::live(), 0);
        }
    }
}

type Parts = (u32, String, u32);
type Act = fn(&mut Plain, &Parts, u32);

/// Every way to insert that cannot say no.
const WAYS: [Act; 4] = [
    |map, (a, b, c), id| assert_eq!(map.insert((*a, b.as_str(), *c), id), None),
    |map, (a, b, c), id| *map.entry((*a, b.as_str(), *c)).or_insert(0) += id,
    |map, (a, b, c), id| match map.prefix_entry((*a,)) {
        PrefixEntry::Occupied(mut view) => assert_eq!(view.insert((b.as_str(), *c), id), None),
        PrefixEntry::Vacant(place) => *place.insert((b.as_str(), *c), 0) += id,
    },
    |map, (a, b, c), id| map.extend([((*a, b.as_str(), *c), id)]),
];

/// Inserts the entries of `ids`, whose parts are all known, so that only the map allocates.
fn fill(map: &mut Plain, way: Act, all: &[Parts], ids: Range<u32>) {
    ids.for_each(|id| way(map, &all[id as usize], id));
}

/// The k-th allocation of a call that cannot say no: it panics, and the map is as it was before that entry.
#[test]
fn infallible_calls_refused_at_every_call() {
    let mut failures = 0;
    for way in WAYS {
        for shape in SHAPES {
            for size in [0, 300] {
                let all: Vec<Parts> = (0..size + 950).map(|id| shape.parts(id)).collect();
                for k in 0.. {
                    let mut map = plain(shape, size);
                    let (answer, refused) =
                        refusing(k, || fill(&mut map, way, &all, size..size + 900));
                    if !refused {
                        assert!(answer.is_ok());
                        break;
                    }
                    let Err(panic) = answer else {
                        agrees(&map, shape, 0..size + 900);
                        continue;
                    };
                    assert!(is_refusal(&*panic));
                    failures += 1;
                    let len = map.len() as u32;
                    assert!((size..size + 900).contains(&len));
                    agrees(&map, shape, 0..len);
                    fill(&mut map, way, &all, len..len + 50);
                    agrees(&map, shape, 0..len + 50);
                }
            }
        }
    }
    assert!(failures > 60, "{failures}");
}

/// What fails to be made leaves no byte behind, and what it was to be made of is as before.
#[test]
fn clones_shapes_and_compaction_refused_at_every_call() {
    let mut failures = 0;
    let _ = refusing(usize::MAX, || ()); // the hook for panics is set once
    for shape in SHAPES {
        for size in [1, 40, 1_000] {
            let mut map = plain(shape, size);
            for k in 0.. {
                let before = BYTES.get();
                let (answer, refused) = refusing(k, || map.clone());
                match answer {
                    Ok(copy) => agrees(&copy, shape, 0..size),
                    Err(panic) => assert!(refused && is_refusal(&*panic)),
                }
                if !refused {
                    break;
                }
                assert_eq!(BYTES.get(), before, "a clone left something behind");
                agrees(&map, shape, 0..size);
                failures += 1;
            }
            // It moves what it can.
            for k in 0.. {
                let (answer, refused) = refusing(k, || map.compact());
                assert!(answer.is_ok());
                agrees(&map, shape, 0..size);
                if !refused {
                    break;
                }
                failures += 1;
                // So that there is something to move again.
                map.retain(|_, id| *id % 2 == 0);
                let ids = (1..size).step_by(2);
                ids.for_each(|id| WAYS[0](&mut map, &shape.parts(id), id));
            }
        }
    }
    for means in [&[300, 3, 5][..], &[2, 2, 2], &[100_000]] {
        for k in 0.. {
            let before = BYTES.get();
            let build = Build(Kind::Uniform);
            let (answer, refused) = refusing(k, || Plain::with_shape_and_hasher(means, build));
            match answer.expect("no panic") {
                Err(error) => assert!(matches!(error, NestedError::AllocError { .. })),
                Ok(_) if !refused => break,
                Ok(_) => {}
            }
            assert!(refused);
            assert_eq!(BYTES.get(), before, "a shape left something behind");
            failures += 1;
        }
    }
    assert!(failures > 40, "{failures}");
}

/// Under a lock: the shard is as before, and not locked.
#[cfg(feature = "std")]
#[test]
fn sharded_insert_refused_at_every_call() {
    use tophash::ShardedNestedMap;
    let mut failures = 0;
    for shape in SHAPES {
        let all: Vec<Parts> = (0..900).map(|id| shape.parts(id)).collect();
        for k in 0.. {
            let build = Build(Kind::Uniform);
            let map: ShardedNestedMap<(u32, Str, u32), u32, Build> =
                ShardedNestedMap::with_shards_and_hasher(3, build);
            let insert = |ids: Range<u32>| {
                for id in ids {
                    let (a, b, c) = &all[id as usize];
                    assert_eq!(map.insert((*a, b.as_str(), *c), id), None);
                }
            };
            let (answer, refused) = refusing(k, || insert(0..800));
            if !refused {
                assert!(answer.is_ok());
                break;
            }
            let Err(panic) = answer else { continue };
            assert!(is_refusal(&*panic));
            failures += 1;
            // From another thread: no lock is held.
            let look = || {
                let mut ids = BTreeSet::new();
                map.for_each(|_, id| assert!(ids.insert(*id)));
                ids
            };
            let len = map.len() as u32;
            let ids = std::thread::scope(|scope| scope.spawn(look).join());
            assert!(ids.expect("no panic").into_iter().eq(0..len));
            insert(len..len + 50);
            #[cfg(tophash_check)]
            map.check_invariants();
        }
    }
    assert!(failures > 20, "{failures}");
}

/// A map of shards has no call that can say no: it ends the process, as `Box` does.
#[cfg(all(unix, feature = "std"))]
#[test]
fn sharded_map_aborts_like_any_allocation() {
    use std::process::Command;
    const ROLE: &str = "TOPHASH_TEST_REFUSED";
    if std::env::var_os(ROLE).is_some() {
        let map = tophash::ShardedMap::with_shards(2);
        LEFT.set(Some(5));
        (0..10_000).for_each(|id| assert_eq!(map.insert(id, id), None));
        println!("survived");
        return;
    }
    let name = "memory::sharded_map_aborts_like_any_allocation";
    let out = Command::new(std::env::current_exe().expect("the test binary"))
        .args(["--exact", name, "--nocapture"])
        .env(ROLE, "1")
        .output()
        .expect("a process");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(
        !out.status.success() && said.contains("memory allocation of"),
        "{said}"
    );
}

/// The limit is at every byte of what two insertions take, and a refused one changes nothing.
#[test]
fn limit_at_every_step() {
    for shape in SHAPES {
        for size in SIZES {
            let mut map = plain(shape, size);
            let mut id = size;
            let mut refused = 0;
            // From what there is up to where everything fits, in steps of 16 bytes.
            let mut limit = map.memory().reserved;
            while id < size + 400 {
                map.set_memory_limit(Some(limit));
                let (a, b, c) = shape.parts(id);
                let before = (map.len(), map.stats().strings, map.stats().memory.reserved);
                match map.try_insert((a, b, c), id) {
                    Ok(old) => {
                        assert_eq!(old, None);
                        id += 1;
                    }
                    Err(refusal) => {
                        assert_eq!(refusal.value, id);
                        let after = (map.len(), map.stats().strings, map.memory().reserved);
                        assert_eq!((before.0, before.1), (after.0, after.1));
                        refused += 1;
                        if refused % 16 == 1 {
                            let insert = || WAYS[refused / 16 % 4](&mut map, &shape.parts(id), id);
                            let panic = fuse::muted(insert);
                            assert!(is_refusal(&*panic.expect_err("beyond the limit")));
                            let after = (map.len(), map.stats().strings, map.memory().reserved);
                            assert_eq!((before.0, before.1), (after.0, after.1));
                        }
                        limit += 16;
                    }
                }
                assert!(map.memory().reserved <= limit);
            }
            assert!(refused > 10);
            map.set_memory_limit(None);
            agrees(&map, shape, 0..size + 400);
        }
    }
}

/// Every entry, every string and every block.
#[test]
fn nothing_is_left_after_clear_and_drop() {
    for shape in SHAPES {
        for size in SIZES {
            let mut map = shape.of(Kind::Uniform, 0..size);
            assert_eq!(evil::live(), 3 * size as usize - shared(shape, size));
            map.clear();
            map.compact();
            assert_eq!(
                (evil::live(), map.memory().live, map.stats().strings),
                (0, 0, 0)
            );
            map = shape.of(Kind::Uniform, 0..size);
            (0..size).for_each(|id| assert!(shape.remove(&mut map, id)));
            assert_eq!(
                (
                    evil::live(),
                    map.memory().live - map.stats().levels.iter().map(|l| l.bytes).sum::<usize>()
                ),
                (0, map.memory().live)
            );
            map.compact();
            assert_eq!(map.memory().live, 0);
        }
    }
}

/// Parts that entries share with others before them.
fn shared(shape: Shape, size: u32) -> usize {
    let first: BTreeSet<u32> = (0..size).map(|id| shape.parts(id).0).collect();
    size as usize - first.len()
}
