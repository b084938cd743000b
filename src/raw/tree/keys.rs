//! Tuples: keys, what they are looked up by, and what readers are given, for two to eight parts.

use super::level::{Branch, Leaf, Level};
use super::make::{MakePath, MakePrefix};
use super::part::{ClonePart, Give, IntoPart, KeyPart, Look, LookUp};
use super::path::{Path, PrefixPath};
use super::sift::SiftLevel;
use super::take::TakeLevel;

/// The key of a [`NestedMap`](crate::NestedMap): a tuple of two to eight [`KeyPart`]s.
///
/// ```
/// use tophash::{NestedKey, Str};
/// fn is_key<K: NestedKey>() {}
/// is_key::<(Str, u64)>();
/// is_key::<(Str, Str, i64, Vec<u8>)>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a `NestedMap`",
    label = "expected a tuple of two to eight parts",
    note = "each part is a type with `Hash` and `Eq`, or `Str`"
)]
pub trait NestedKey {
    /// The levels of a map with values `V`.
    #[doc(hidden)]
    type Tree<V>: Suffix<Value = V>;
}

/// The levels of a map, or those below a prefix: says what their keys look like.
#[doc(hidden)]
pub trait Suffix: TakeLevel {
    /// The key as a reader is given it: a tuple of `&K` and `&str`.
    type Ref<'a>: Copy
    where
        Self: 'a;

    /// The key as it is taken out: a tuple of `K` and `String`.
    type Owned;

    /// # Safety
    /// The parts are alive and unchanged for `'a`.
    unsafe fn pack<'a>(keys: Self::Keys) -> Self::Ref<'a>
    where
        Self: 'a;
}

/// Levels whose keys can be taken out.
#[doc(hidden)]
pub trait OwnedSuffix: Suffix + SiftLevel {
    fn tuple(list: Self::List) -> Self::Owned;
}

/// Stands for a full key in look-ups: a tuple with, for each part, a reference to what is
/// [`Equivalent`](crate::Equivalent) to it, or a number, `char` or `bool` by value (see [`Part`](crate::Part)).
///
/// ```
/// use tophash::{NestedMap, Str};
/// let map = NestedMap::<(Str, i64), char>::from_iter([(("a", 1), 'x')]);
/// assert_eq!(map.get(("a", 1)), Some(&'x'));
/// assert_eq!(map.get(("a", &1)), Some(&'x'));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a full key of this map",
    label = "expected a tuple with one element for each part of the key",
    note = "each element is a reference to what stands for the part (`&str` for `Str` and `String`), or a number, \
            `char` or `bool` by value"
)]
pub trait FullKey<L: Level> {
    #[doc(hidden)]
    type Path: Path<L>;

    #[doc(hidden)]
    fn path(self) -> Self::Path;
}

/// Stands for a full key where an entry may have to be made: a tuple of [`IntoPart`]s.
///
/// ```
/// use tophash::{NestedMap, Str};
/// let mut map: NestedMap<(Str, i64), char> = NestedMap::new();
/// map.insert(("a", 1), 'x');
/// map.insert((String::from("a"), 2), 'y');
/// assert_eq!(map.len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a full key of this map",
    label = "expected a tuple with one element for each part of the key",
    note = "each element is the part itself, or what it can be made of (`&str` for `Str` and `String`)"
)]
pub trait NewKey<L: Level>: Sized {
    #[doc(hidden)]
    type Path: MakePath<L>;

    #[doc(hidden)]
    fn new_path(self) -> Self::Path;

    /// The key that the path was made of.
    #[doc(hidden)]
    fn from_path(path: Self::Path) -> Self;
}

/// Stands for the first parts of a key, at least one too few: a tuple like a [`FullKey`], or `()`.
///
/// ```
/// use tophash::{NestedMap, Str};
/// let map = NestedMap::<(Str, u8, u8), char>::from_iter([(("a", 1, 1), 'x'), (("a", 2, 1), 'y')]);
/// assert_eq!(map.prefix(("a",)).len(), 2);
/// assert_eq!(map.prefix(("a", 2)).len(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a prefix of this map's keys",
    label = "expected a tuple with the first parts of the key, such as `(\"a\",)`",
    note = "a prefix leaves out at least the last part"
)]
pub trait PrefixKey<L: Level> {
    /// The levels below the prefix.
    #[doc(hidden)]
    type Sub: Suffix<Value = L::Value>;
    #[doc(hidden)]
    type Path: PrefixPath<L, Sub = Self::Sub>;

    #[doc(hidden)]
    fn prefix_path(self) -> Self::Path;
}

/// Stands for the first parts of a key where entries may have to be made: a tuple of [`IntoPart`]s, or `()`.
///
/// ```
/// use tophash::{NestedMap, Str};
/// let mut map: NestedMap<(Str, u8, u8), char> = NestedMap::new();
/// map.prefix_entry(("a",)).or_insert((1, 1), 'x');
/// map.prefix_entry((String::from("a"), 1)).or_insert((1,), 'y');
/// assert_eq!(map.len(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a prefix of this map's keys",
    label = "expected a tuple with the first parts of the key, such as `(\"a\",)`",
    note = "a prefix leaves out at least the last part; each element is the part itself, or what it can be made of \
            (`&str` for `Str` and `String`)"
)]
pub trait NewPrefix<L: Level>: Sized {
    /// The levels below the prefix.
    #[doc(hidden)]
    type Sub: Suffix<Value = L::Value>;
    #[doc(hidden)]
    type Path: MakePrefix<L, Sub = Self::Sub>;

    #[doc(hidden)]
    fn new_prefix(self) -> Self::Path;

    /// The prefix that the path was made of.
    #[doc(hidden)]
    fn from_path(path: Self::Path) -> Self;
}

impl<L: Suffix> NewPrefix<L> for () {
    type Sub = L;
    type Path = ();

    fn new_prefix(self) {}

    fn from_path((): ()) {}
}

impl<L: Suffix> PrefixKey<L> for () {
    type Sub = L;
    type Path = ();

    fn prefix_path(self) {}
}

/// The entry type of the outermost level.
macro_rules! entry {
    ($value:ident; $part:ident) => { Leaf<$part, $value> };
    ($value:ident; $part:ident $($rest:ident)+) => { Branch<$part, entry!($value; $($rest)+)> };
}

/// The levels above a given one.
macro_rules! above {
    ($sub:ident;) => { $sub };
    ($sub:ident; $part:ident $($rest:ident)*) => { Branch<$part, above!($sub; $($rest)*)> };
}

/// A tuple as a list, as type, pattern or expression.
macro_rules! list {
    () => { () };
    ($first:tt $($rest:tt)*) => { ($first, list!($($rest)*)) };
}

/// A list of wrapped types.
macro_rules! wrapped {
    ($wrapper:ident;) => { () };
    ($wrapper:ident; $first:ident $($rest:ident)*) => { ($wrapper<$first>, wrapped!($wrapper; $($rest)*)) };
}

/// A list of wrapped elements of a tuple, as expression or pattern.
macro_rules! wrap {
    ($wrapper:ident;) => { () };
    ($wrapper:ident; $first:ident $($rest:ident)*) => { ($wrapper($first), wrap!($wrapper; $($rest)*)) };
}

macro_rules! suffix {
    ($($part:ident $name:ident),+) => {
        impl<$($part: KeyPart,)+ V> Suffix for entry!(V; $($part)+) {
            type Ref<'a> = ($($part::Ref<'a>,)+) where Self: 'a;
            type Owned = ($($part::Owned,)+);

            #[inline]
            unsafe fn pack<'a>(list!($($name)+): Self::Keys) -> Self::Ref<'a>
            where
                Self: 'a,
            {
                // SAFETY: as the caller vouches.
                unsafe { ($($part::read_raw($name),)+) }
            }
        }
    };
}

/// The last part needs not be copied.
macro_rules! owned {
    ($last:ident $last_name:ident; $($part:ident $name:ident),*) => {
        impl<$($part: ClonePart,)* $last: KeyPart, V> OwnedSuffix for entry!(V; $($part)* $last) {
            #[inline]
            fn tuple(list!($($name)* $last_name): Self::List) -> Self::Owned {
                ($($name,)* $last_name,)
            }
        }
    };
}

macro_rules! key {
    ($($part:ident $query:ident $name:ident),+) => {
        impl<$($part: KeyPart),+> NestedKey for ($($part,)+) {
            type Tree<V> = entry!(V; $($part)+);
        }

        impl<$($part: KeyPart, $query: LookUp<$part>,)+ V> FullKey<entry!(V; $($part)+)>
            for ($($query,)+)
        {
            type Path = wrapped!(Look; $($query)+);

            #[inline]
            fn path(self) -> Self::Path {
                let ($($name,)+) = self;
                wrap!(Look; $($name)+)
            }
        }

        impl<$($part: KeyPart, $query: IntoPart<$part>,)+ V> NewKey<entry!(V; $($part)+)>
            for ($($query,)+)
        {
            type Path = wrapped!(Give; $($query)+);

            #[inline]
            fn new_path(self) -> Self::Path {
                let ($($name,)+) = self;
                wrap!(Give; $($name)+)
            }

            fn from_path(wrap!(Give; $($name)+): Self::Path) -> Self {
                ($($name,)+)
            }
        }
    };
}

macro_rules! prefix {
    ($($part:ident $query:ident $name:ident),+) => {
        impl<$($part: KeyPart, $query: LookUp<$part>,)+ L: Suffix>
            PrefixKey<above!(L; $($part)+)> for ($($query,)+)
        {
            type Sub = L;
            type Path = wrapped!(Look; $($query)+);

            #[inline]
            fn prefix_path(self) -> Self::Path {
                let ($($name,)+) = self;
                wrap!(Look; $($name)+)
            }
        }

        impl<$($part: KeyPart, $query: IntoPart<$part>,)+ L: Suffix> NewPrefix<above!(L; $($part)+)>
            for ($($query,)+)
        {
            type Sub = L;
            type Path = wrapped!(Give; $($query)+);

            fn new_prefix(self) -> Self::Path {
                let ($($name,)+) = self;
                wrap!(Give; $($name)+)
            }

            fn from_path(wrap!(Give; $($name)+): Self::Path) -> Self {
                ($($name,)+)
            }
        }
    };
}

suffix!(A a);
suffix!(A a, B b);
suffix!(A a, B b, C c);
suffix!(A a, B b, C c, D d);
suffix!(A a, B b, C c, D d, E e);
suffix!(A a, B b, C c, D d, E e, F f);
suffix!(A a, B b, C c, D d, E e, F f, G g);
suffix!(A a, B b, C c, D d, E e, F f, G g, H h);

owned!(A a; );
owned!(B b; A a);
owned!(C c; A a, B b);
owned!(D d; A a, B b, C c);
owned!(E e; A a, B b, C c, D d);
owned!(F f; A a, B b, C c, D d, E e);
owned!(G g; A a, B b, C c, D d, E e, F f);
owned!(H h; A a, B b, C c, D d, E e, F f, G g);

key!(A Qa a, B Qb b);
key!(A Qa a, B Qb b, C Qc c);
key!(A Qa a, B Qb b, C Qc c, D Qd d);
key!(A Qa a, B Qb b, C Qc c, D Qd d, E Qe e);
key!(A Qa a, B Qb b, C Qc c, D Qd d, E Qe e, F Qf f);
key!(A Qa a, B Qb b, C Qc c, D Qd d, E Qe e, F Qf f, G Qg g);
key!(A Qa a, B Qb b, C Qc c, D Qd d, E Qe e, F Qf f, G Qg g, H Qh h);

// Below a prefix one part may be left, so a view takes keys of one part as well.
impl<A: KeyPart, Q: LookUp<A>, V> FullKey<Leaf<A, V>> for (Q,) {
    type Path = (Look<Q>, ());

    #[inline]
    fn path(self) -> Self::Path {
        (Look(self.0), ())
    }
}

impl<A: KeyPart, Q: IntoPart<A>, V> NewKey<Leaf<A, V>> for (Q,) {
    type Path = (Give<Q>, ());

    #[inline]
    fn new_path(self) -> Self::Path {
        (Give(self.0), ())
    }

    fn from_path((Give(part), ()): Self::Path) -> Self {
        (part,)
    }
}

prefix!(A Qa a);
prefix!(A Qa a, B Qb b);
prefix!(A Qa a, B Qb b, C Qc c);
prefix!(A Qa a, B Qb b, C Qc c, D Qd d);
prefix!(A Qa a, B Qb b, C Qc c, D Qd d, E Qe e);
prefix!(A Qa a, B Qb b, C Qc c, D Qd d, E Qe e, F Qf f);
prefix!(A Qa a, B Qb b, C Qc c, D Qd d, E Qe e, F Qf f, G Qg g);
