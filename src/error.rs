//! The errors of the fallible calls.

use core::alloc::Layout;
use core::fmt;

/// Why memory for more entries could not be had.
///
/// Returned by the `try_*` calls; the map is then as it was before the call.
///
/// ```
/// use tophash::TryReserveError;
/// assert!(TryReserveError::CapacityOverflow.to_string().contains("capacity"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TryReserveError {
    /// The number of entries asked for exceeds what any table can hold.
    CapacityOverflow,
    /// The allocator refused a block of this layout (sizes in bytes).
    AllocError {
        /// What was asked of the allocator.
        layout: Layout,
    },
}

impl fmt::Display for TryReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CapacityOverflow => {
                f.write_str("the requested capacity exceeds what a table can hold")
            }
            Self::AllocError { layout } => {
                write!(
                    f,
                    "the allocator refused a block of {} bytes",
                    layout.size()
                )
            }
        }
    }
}

impl core::error::Error for TryReserveError {}

/// Why a [`NestedMap`](crate::NestedMap) could not be made, or could not take an entry.
///
/// Returned by the `try_*` calls and by `with_shape`; the map is then as it was before the call. `Display` says what
/// can be done about it.
///
/// ```
/// use tophash::{NestedError, NestedMap, Str};
///
/// let mut map: NestedMap<(Str, u32), u64> = NestedMap::new();
/// map.set_memory_limit(Some(50_000));
/// map.insert(("a", 1), 10);
///
/// let long = "a".repeat(60_000);
/// let refused = map.try_insert((long.as_str(), 1), 10).unwrap_err();
/// assert_eq!(refused.error, NestedError::PartTooLong { bytes: 60_000, limit: Some(50_000) });
///
/// let refused = (0..).find_map(|n| map.try_insert(("a", n), 10).err()).unwrap();
/// assert!(matches!(refused.error, NestedError::LimitReached { limit: 50_000, .. }));
/// println!("{refused}");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NestedError {
    /// The numbers of a shape ask for more entries than there can be.
    ShapeOverflow {
        /// The level whose number is too large, or with which the product is; 0 is the outermost.
        level: usize,
    },
    /// The map is empty, and its limit does not even allow for the first entry.
    LimitTooSmall {
        /// The limit, in bytes.
        limit: usize,
        /// What the map would have to reserve, in bytes.
        needed: usize,
    },
    /// One more entry would take the map beyond its limit.
    LimitReached {
        /// The limit, in bytes.
        limit: usize,
        /// What the map would have to reserve, in bytes.
        needed: usize,
    },
    /// A string part is longer than the limit allows for at all, or has 4 GiB or more.
    PartTooLong {
        /// The length of the string, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: Option<usize>,
    },
    /// A node would have more entries, or a string more uses, than can be counted.
    CapacityOverflow,
    /// The system refused a block of this layout (sizes in bytes).
    AllocError {
        /// What was asked for.
        layout: Layout,
    },
}

impl fmt::Display for NestedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShapeOverflow { level } => write!(
                f,
                "the shape asks for more entries than there can be, from level {level} on: pass the mean number of \
                 entries in one node of each level, not their sum"
            ),
            Self::LimitTooSmall { limit, needed } => write!(
                f,
                "the limit of {limit} bytes is too small for the first entry: set one of {needed} bytes or more"
            ),
            Self::LimitReached { limit, needed } => write!(
                f,
                "the limit of {limit} bytes is reached: remove entries, call `compact`, or raise the limit to {needed} \
                 bytes or more"
            ),
            Self::PartTooLong {
                bytes,
                limit: Some(limit),
            } => write!(
                f,
                "a string part of {bytes} bytes is longer than the limit of {limit} bytes allows for: shorten the \
                 part, or raise the limit"
            ),
            Self::PartTooLong { bytes, limit: None } => write!(
                f,
                "a string part of {bytes} bytes is too long: parts have less than 4 GiB"
            ),
            Self::CapacityOverflow => f.write_str(
                "a node or a string of the map cannot count any further: use several maps",
            ),
            Self::AllocError { layout } => write!(
                f,
                "the system refused a block of {} bytes: free memory, or set a limit below what there is",
                layout.size()
            ),
        }
    }
}

impl core::error::Error for NestedError {}

/// An entry that could not be made, with the key and the value that it would have had.
///
/// From the `try_insert` of a [`NestedMap`](crate::NestedMap), of its entries and of its views. The key is what was
/// given for it: parts given by value come back as well.
///
/// ```
/// use tophash::{NestedMap, Str};
///
/// let mut map: NestedMap<(String, Str), Vec<u8>> = NestedMap::new();
/// map.set_memory_limit(Some(0));
/// let refused = map.try_insert((String::from("owned"), "b"), vec![1, 2]).unwrap_err();
/// assert_eq!(refused.key, (String::from("owned"), "b"));
/// assert_eq!(refused.value, [1, 2]);
///
/// map.set_memory_limit(None);
/// map.insert(refused.key, refused.value);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TryInsertError<K, V> {
    /// The key that was given.
    pub key: K,
    /// The value that was to be inserted.
    pub value: V,
    /// Why not.
    pub error: NestedError,
}

impl<K, V> TryInsertError<K, V> {
    /// The same with what the caller gave for the key.
    #[cold]
    pub(crate) fn of_path<Q>(self, given: impl FnOnce(K) -> Q) -> TryInsertError<Q, V> {
        TryInsertError {
            key: given(self.key),
            value: self.value,
            error: self.error,
        }
    }
}

impl<K, V> fmt::Debug for TryInsertError<K, V> {
    /// Without key and value, which need not have `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryInsertError")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<K, V> fmt::Display for TryInsertError<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl<K, V> core::error::Error for TryInsertError<K, V> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
