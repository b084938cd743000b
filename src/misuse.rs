//! Programs that must not compile, as tests of the documentation.
//!
//! A reference does not outlive its map, and the map does not change under it:
//!
//! ```compile_fail,E0505
//! let map = tophash::HashMap::from([(1, String::new())]);
//! let value = map.get(&1);
//! drop(map);
//! println!("{value:?}");
//! ```
//! ```compile_fail,E0502
//! let mut map = tophash::HashMap::from([(1, String::new())]);
//! let value = map.get(&1);
//! map.clear();
//! println!("{value:?}");
//! ```
//! ```compile_fail,E0502
//! let mut set = tophash::HashSet::from([1]);
//! for element in &set {
//!     set.remove(element);
//! }
//! ```
//! ```compile_fail,E0499
//! let mut map = tophash::HashMap::from([(1, 2)]);
//! let (one, other) = (map.get_mut(&1), map.get_mut(&1));
//! println!("{one:?} {other:?}");
//! ```
//! ```compile_fail,E0505
//! let mut map = tophash::HashMap::from([(1, 2)]);
//! let drain = map.drain();
//! drop(map);
//! drop(drain);
//! ```
//! ```compile_fail,E0505
//! let mut map = tophash::HashMap::from([(1, 2)]);
//! let entry = map.entry(1);
//! drop(map);
//! drop(entry);
//! ```
//!
//! What a map holds outlives it:
//!
//! ```compile_fail,E0597
//! let mut map = tophash::HashMap::new();
//! {
//!     let short = String::from("short");
//!     map.insert(1, short.as_str());
//! }
//! println!("{:?}", map.get(&1));
//! ```
//!
//! So does its allocator:
//!
//! ```compile_fail,E0505
//! let arena = bumpalo::Bump::new();
//! let mut map = tophash::HashMap::new_in(&arena);
//! map.insert(1, 2);
//! drop(arena);
//! println!("{:?}", map.get(&1));
//! ```
//!
//! A mutable iterator cannot be made to hand out longer borrows than it has:
//!
//! ```compile_fail
//! fn longer<'a>(iter: tophash::hash_map::IterMut<'a, u8, &'static str>) -> tophash::hash_map::IterMut<'a, u8, &'a str> {
//!     iter
//! }
//! ```
//!
//! Nothing crosses to another thread that may not:
//!
//! ```compile_fail,E0277
//! fn send<T: Send>(_: T) {}
//! send(tophash::HashMap::<u8, std::rc::Rc<u8>>::new());
//! ```
//! ```compile_fail,E0277
//! fn send<T: Send>(_: T) {}
//! send(tophash::HashSet::<std::rc::Rc<u8>>::new().into_iter());
//! ```
//! ```compile_fail,E0277
//! fn sync<T: Sync>(_: T) {}
//! sync(tophash::HashMap::<u8, std::cell::Cell<u8>>::new());
//! ```
//! ```compile_fail,E0277
//! fn send<T: Send>(_: T) {}
//! send(tophash::HashMap::<u8, std::cell::Cell<u8>>::new().iter());
//! ```
//! ```compile_fail,E0277
//! fn send<T: Send>(_: T) {}
//! let arena = bumpalo::Bump::new();
//! send(tophash::HashMap::<u8, u8, _, _>::new_in(&arena));
//! ```
