//! The default hasher, under the names that std gives it.

#[cfg(feature = "default-hasher")]
use core::hash::{BuildHasher, Hasher};

/// The `S` of a map or set whose type names none: [`RandomState`].
///
/// ```
/// use tophash::{DefaultHashBuilder, HashMap};
/// let map: HashMap<&str, i32, DefaultHashBuilder> = HashMap::from([("a", 1)]);
/// assert_eq!(map["a"], 1);
/// ```
#[cfg(feature = "default-hasher")]
pub type DefaultHashBuilder = RandomState;

/// Stands where the default hasher would: the feature `default-hasher` is off, so every map names its own.
///
/// It has no value and hashes nothing, so a map that uses it cannot be built.
///
/// ```
/// use core::hash::BuildHasherDefault;
/// use std::hash::DefaultHasher;
/// use tophash::HashMap;
/// let mut map: HashMap<u8, u8, BuildHasherDefault<DefaultHasher>> = HashMap::default();
/// assert_eq!(map.insert(1, 2), None);
/// ```
#[cfg(not(feature = "default-hasher"))]
#[derive(Clone, Copy, Debug)]
pub enum DefaultHashBuilder {}

/// Builds the default hashers of one map, with keys that no other map has.
///
/// The hash function is aHash: fast, and keyed so that crafted input cannot be made to collide. With the
/// feature `std` the keys come from the operating system; without it they differ from program to program
/// at best, and offer no defence.
///
/// ```
/// use std::hash::BuildHasher;
/// use tophash::hash_map::RandomState;
/// let state = RandomState::new();
/// assert_eq!(state.hash_one("a"), state.hash_one(String::from("a")));
/// ```
#[cfg(feature = "default-hasher")]
#[derive(Clone)]
pub struct RandomState(ahash::RandomState);

#[cfg(feature = "default-hasher")]
impl RandomState {
    /// A state with fresh keys.
    ///
    /// ```
    /// use tophash::{HashMap, hash_map::RandomState};
    /// let map: HashMap<i32, i32> = HashMap::with_hasher(RandomState::new());
    /// assert!(map.is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self(ahash::RandomState::new())
    }
}

#[cfg(feature = "default-hasher")]
impl Default for RandomState {
    /// The same as [`RandomState::new`].
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "default-hasher")]
impl core::fmt::Debug for RandomState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RandomState").finish_non_exhaustive()
    }
}

#[cfg(feature = "default-hasher")]
impl BuildHasher for RandomState {
    type Hasher = DefaultHasher;

    #[inline]
    fn build_hasher(&self) -> DefaultHasher {
        DefaultHasher(self.0.build_hasher())
    }
}

/// The hasher that [`RandomState`] builds.
///
/// What it computes may differ between two versions of this crate and between two machines.
///
/// ```
/// use std::hash::{Hash, Hasher};
/// use tophash::hash_map::DefaultHasher;
/// let (mut a, mut b) = (DefaultHasher::new(), DefaultHasher::new());
/// "key".hash(&mut a);
/// "key".hash(&mut b);
/// assert_eq!(a.finish(), b.finish());
/// ```
#[cfg(feature = "default-hasher")]
#[derive(Clone)]
pub struct DefaultHasher(ahash::AHasher);

#[cfg(feature = "default-hasher")]
impl DefaultHasher {
    /// A hasher with fixed keys: all those that this call returns hash alike.
    ///
    /// ```
    /// use std::hash::Hasher;
    /// use tophash::hash_map::DefaultHasher;
    /// assert_eq!(DefaultHasher::new().finish(), DefaultHasher::default().finish());
    /// ```
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self(ahash::RandomState::with_seeds(1, 2, 3, 4).build_hasher())
    }
}

#[cfg(feature = "default-hasher")]
impl Default for DefaultHasher {
    /// The same as [`DefaultHasher::new`].
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "default-hasher")]
impl core::fmt::Debug for DefaultHasher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("DefaultHasher").finish_non_exhaustive()
    }
}

/// Passes each named call on to the wrapped hasher, which has a short cut for every width.
#[cfg(feature = "default-hasher")]
macro_rules! forward {
    ($($name:ident: $t:ty),* $(,)?) => {$(
        #[inline]
        fn $name(&mut self, value: $t) {
            self.0.$name(value);
        }
    )*};
}

#[cfg(feature = "default-hasher")]
impl Hasher for DefaultHasher {
    forward! {
        write: &[u8],
        write_u8: u8,
        write_u16: u16,
        write_u32: u32,
        write_u64: u64,
        write_u128: u128,
        write_usize: usize,
        write_i8: i8,
        write_i16: i16,
        write_i32: i32,
        write_i64: i64,
        write_i128: i128,
        write_isize: isize,
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0.finish()
    }
}
