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
//! A key of a nested map has all parts, a prefix not all of them, and each is of its type:
//!
//! ```compile_fail,E0277
//! let map = tophash::NestedMap::<(tophash::Str, u8), char>::new();
//! map.get(("a",));
//! ```
//! ```compile_fail,E0277
//! let map = tophash::NestedMap::<(tophash::Str, u8), char>::new();
//! map.get(("a", "b"));
//! ```
//! ```compile_fail,E0277
//! let mut map = tophash::NestedMap::<(tophash::Str, u8), char>::new();
//! map.insert(("a", 1, 2), 'x');
//! ```
//! ```compile_fail,E0277
//! let mut map = tophash::NestedMap::<(tophash::Str, u8), char>::new();
//! map.insert((1, 1), 'x');
//! ```
//! ```compile_fail,E0277
//! let map = tophash::NestedMap::<(tophash::Str, u8), char>::new();
//! map.prefix(("a", 1));
//! ```
//! ```compile_fail,E0277
//! let mut map = tophash::NestedMap::<(tophash::Str, u8), char>::new();
//! map.prefix_entry((1,));
//! ```
//! ```compile_fail,E0277
//! let map: tophash::NestedMap<(u8,), char> = tophash::NestedMap::new();
//! ```
//!
//! A view of a nested map is alone with it:
//!
//! ```compile_fail,E0499
//! let mut map = tophash::NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x'), ((2, 1), 'y')]);
//! let (mut one, mut two) = (map.prefix_mut((1,)).unwrap(), map.prefix_mut((2,)).unwrap());
//! (one.clear(), two.clear());
//! ```
//! ```compile_fail,E0505
//! let mut map = tophash::NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x')]);
//! let gone = map.drain_prefix((1,));
//! drop(map);
//! drop(gone);
//! ```
//! ```compile_fail,E0499
//! let mut map = tophash::NestedMap::<(u8, u8), char>::from_iter([((1, 1), 'x'), ((1, 2), 'y')]);
//! let mut view = map.prefix_mut((1,)).unwrap();
//! let (one, two) = (view.get_mut((1,)), view.get_mut((2,)));
//! println!("{one:?} {two:?}");
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
