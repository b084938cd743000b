//! Composite keys, read by their borrowed parts.

use equivalent::Equivalent;

/// The borrowed form of a tuple key: finds `(String, String, i64)` by `("ann", "src", 7)` and allocates nothing.
///
/// Each part is a reference to what may stand for the part of the key (`&str` for `String`), or a number, `char` or
/// `bool` by value: see [`Part`]. It hashes like the tuple. Tuples of two to eight parts are keys.
///
/// With [`entry_ref`](crate::HashMap::entry_ref) the owned key is made of the parts if it has to be inserted.
///
/// ```
/// use tophash::{HashMap, Parts};
///
/// let mut lines: HashMap<(String, String, i64), u32> = HashMap::new();
/// *lines.entry_ref(&Parts(("ann", "src/lib.rs", 2026))).or_insert(0) += 12;
///
/// assert_eq!(lines.get(&Parts(("ann", "src/lib.rs", 2026))), Some(&12));
/// assert_eq!(lines.get(&Parts(("ben", "src/lib.rs", 2026))), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Parts<T>(
    /// The parts, as a tuple.
    pub T,
);

/// One of [`Parts`]: stands for a part of type `K` of a tuple key.
///
/// A reference stands for whatever it is [`Equivalent`] to, and each primitive type for itself. Implement it for
/// small key types of your own, to pass them by value.
///
/// # Contract
///
/// Where [`is_part`](Self::is_part) is true, both must hash alike. Else look-ups miss what is there.
///
/// ```
/// use tophash::{HashMap, Part, Parts};
///
/// #[derive(Clone, Copy, PartialEq, Eq, Hash)]
/// struct User(u32);
///
/// impl Part<User> for User {
///     fn is_part(&self, key: &User) -> bool {
///         self == key
///     }
/// }
///
/// let map = HashMap::from([((User(1), String::from("/home")), 'x')]);
/// assert_eq!(map[&Parts((User(1), "/home"))], 'x');
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not stand for a part of type `{K}`",
    note = "a part is looked up by a reference to what is `Equivalent` to it (`&str` for `String` and `Str`), or, if \
            it is a number, `char` or `bool`, by value"
)]
pub trait Part<K: ?Sized> {
    /// Whether `key` is what this stands for.
    ///
    /// ```
    /// use tophash::Part;
    /// assert!("a".is_part(&String::from("a")));
    /// ```
    fn is_part(&self, key: &K) -> bool;
}

#[diagnostic::do_not_recommend]
impl<K: ?Sized, Q: Equivalent<K> + ?Sized> Part<K> for &Q {
    #[inline]
    fn is_part(&self, key: &K) -> bool {
        (**self).equivalent(key)
    }
}

macro_rules! by_value {
    ($($t:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Part<$t> for $t {
            #[inline]
            fn is_part(&self, key: &$t) -> bool {
                self == key
            }
        }
    )*};
}

by_value! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize char bool }

macro_rules! tuple {
    ($($key:ident $part:ident $index:tt),*) => {
        impl<$($key,)* $($part: Part<$key>),*> Equivalent<($($key,)*)> for Parts<($($part,)*)> {
            #[inline]
            fn equivalent(&self, key: &($($key,)*)) -> bool {
                $(self.0.$index.is_part(&key.$index))&&*
            }
        }

        impl<$($key: From<$part>,)* $($part: Copy),*> From<&Parts<($($part,)*)>> for ($($key,)*) {
            fn from(parts: &Parts<($($part,)*)>) -> Self {
                ($($key::from(parts.0.$index),)*)
            }
        }
    };
}

tuple!(K0 P0 0, K1 P1 1);
tuple!(K0 P0 0, K1 P1 1, K2 P2 2);
tuple!(K0 P0 0, K1 P1 1, K2 P2 2, K3 P3 3);
tuple!(K0 P0 0, K1 P1 1, K2 P2 2, K3 P3 3, K4 P4 4);
tuple!(K0 P0 0, K1 P1 1, K2 P2 2, K3 P3 3, K4 P4 4, K5 P5 5);
tuple!(K0 P0 0, K1 P1 1, K2 P2 2, K3 P3 3, K4 P4 4, K5 P5 5, K6 P6 6);
tuple!(K0 P0 0, K1 P1 1, K2 P2 2, K3 P3 3, K4 P4 4, K5 P5 5, K6 P6 6, K7 P7 7);
