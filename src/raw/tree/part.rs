//! The parts of a key: how they are stored, read and looked for.

use core::alloc::Layout;
use core::hash::{BuildHasher, Hash};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::{mem, slice, str};
use std_alloc::borrow::Cow;
use std_alloc::boxed::Box;
use std_alloc::rc::Rc;
use std_alloc::string::String;
use std_alloc::sync::Arc;

use super::strings::{self, Moving, Store, Symbol};
use crate::{Equivalent, Part, TryReserveError};

/// One part of the key of a [`NestedMap`](crate::NestedMap): any type with `Hash` and `Eq`, or [`Str`].
///
/// It is implemented for all of them, and cannot be implemented otherwise.
///
/// ```
/// use tophash::{KeyPart, Str};
/// fn is_part<P: KeyPart>() {}
/// is_part::<String>();
/// is_part::<(u8, char)>();
/// is_part::<Str>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of the key of a `NestedMap`",
    label = "a part needs `Hash` and `Eq`",
    note = "`Str` is the part for strings that are stored once in the map"
)]
pub trait KeyPart: Sized {
    /// What a reader of the map is given: `&K`, or `&str` for [`Str`].
    type Ref<'a>: Copy
    where
        Self: 'a;

    /// What is given out when entries are taken out: `K`, or `String` for [`Str`].
    type Owned;

    /// What lies in the slot of an entry.
    #[doc(hidden)]
    type Stored;

    /// Whether [`Self::release`] has something to do.
    #[doc(hidden)]
    const RELEASES: bool;

    /// Whether the map keeps what the part is, so that [`Self::follow`] has something to do.
    #[doc(hidden)]
    const IS_KEPT: bool = false;

    /// Tells a part that what the map keeps for it is moved.
    #[doc(hidden)]
    fn follow(_: &mut Self::Stored, _: &mut Moving<'_>) {}

    /// The hash that a table works with, of that which a hasher has given.
    #[doc(hidden)]
    #[inline]
    fn refine(hash: u64) -> u64 {
        hash
    }

    #[doc(hidden)]
    fn hash_stored<S: BuildHasher>(stored: &Self::Stored, hasher: &S) -> u64;

    /// The hash under another map's hasher.
    #[doc(hidden)]
    fn hash_anew<S: BuildHasher>(stored: &Self::Stored, hasher: &S) -> u64;

    #[doc(hidden)]
    fn same(stored: &Self::Stored, other: &Self::Stored) -> bool;

    /// Asks for the memory that [`Self::raw`] will read besides the slot.
    #[doc(hidden)]
    #[inline]
    fn ask(_: &Self::Stored) {}

    /// Asks for the memory that [`Self::release`] will touch besides that.
    #[doc(hidden)]
    #[inline]
    fn ask_to_release(_: &Self::Stored, _: &Store) {}

    #[doc(hidden)]
    fn read<'a>(stored: &'a Self::Stored) -> Self::Ref<'a>
    where
        Self: 'a;

    /// What a walk remembers of a part: all that a reader is given, so that the part is read once for all leaves
    /// below it.
    #[doc(hidden)]
    type Raw: Copy;

    /// What a walk remembers before there is a part.
    #[doc(hidden)]
    const NO_PART: Self::Raw;

    #[doc(hidden)]
    fn raw(stored: &Self::Stored) -> Self::Raw;

    /// # Safety
    /// The part is alive and unchanged for `'a`.
    #[doc(hidden)]
    unsafe fn read_raw<'a>(raw: Self::Raw) -> Self::Ref<'a>
    where
        Self: 'a;

    /// Gives up a part that leaves the map.
    ///
    /// # Safety
    /// `stored` is of the map that `store` belongs to, and is not used again.
    #[doc(hidden)]
    unsafe fn release(stored: Self::Stored, store: &Store);

    /// What is given out for a part that leaves the map.
    ///
    /// # Safety
    /// As for [`Self::release`].
    #[doc(hidden)]
    unsafe fn into_owned(stored: Self::Stored, store: &Store) -> Self::Owned;

    /// The string that this part is, if strings are kept by the map.
    #[cfg(any(test, tophash_check))]
    #[doc(hidden)]
    fn symbol(_: &Self::Stored) -> Option<&Symbol> {
        None
    }
}

/// A [`KeyPart`] that can be copied: `K: Clone`, or [`Str`].
///
/// ```
/// use tophash::{ClonePart, Str};
/// fn can_be_copied<P: ClonePart>() {}
/// can_be_copied::<Str>();
/// ```
#[diagnostic::on_unimplemented(
    message = "parts of type `{Self}` cannot be copied",
    label = "a part that several keys share has to be `Clone` here"
)]
pub trait ClonePart: KeyPart {
    #[doc(hidden)]
    fn make_owned(stored: &Self::Stored) -> Self::Owned;

    #[doc(hidden)]
    fn copy_part(stored: &Self::Stored, store: &Store) -> Result<Self::Stored, TryReserveError>;
}

/// What may be given for a [`KeyPart`] when an entry is made: the part itself, or what it can be made of.
///
/// Nothing is made of it while the part is there already. For [`Str`] it is `&str`, `String`, `Box<str>`, `Cow<str>`
/// or a reference to one of these; for `String` and
/// `Box<str>` it may also be `&str`.
///
/// ```
/// use tophash::NestedMap;
///
/// let mut map: NestedMap<(String, u32), u32> = NestedMap::new();
/// *map.entry(("a", 1)).or_default() += 1; // makes a `String`
/// *map.entry(("a", 2)).or_default() += 1; // makes none
/// assert_eq!(map.len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "a part of type `{P}` cannot be made of `{Self}`",
    label = "this stands for a part of type `{P}`",
    note = "a part of type `Str` is made of any string, one of type `String` or `Box<str>` also of `&str`"
)]
pub trait IntoPart<P: KeyPart> {
    #[doc(hidden)]
    fn hash_part<S: BuildHasher>(&self, hasher: &S) -> u64;

    #[doc(hidden)]
    fn is_stored(&self, stored: &P::Stored) -> bool;

    /// Makes of the part what memory can be refused for; `hash` is what `hash_part` says.
    #[doc(hidden)]
    fn lay(&self, store: &Store, hash: u64) -> Result<MaybeUninit<P::Stored>, TryReserveError>;

    /// Makes the part of what `lay` has made. Runs no user code.
    #[doc(hidden)]
    fn fill(self, laid: &mut MaybeUninit<P::Stored>);

    /// Gives back what `lay` has made.
    ///
    /// # Safety
    /// It was made for this store, and is not used again.
    #[doc(hidden)]
    unsafe fn lift(laid: MaybeUninit<P::Stored>, store: &Store);
}

/// A string part of the key of a [`NestedMap`](crate::NestedMap) that the map stores once.
///
/// It stands in the type only, as in `NestedMap<(Str, u32), V>`. The map keeps one copy of each string, however many
/// entries it is part of, together with its hash; each of the entries has a handle of 8 bytes. It is looked up
/// and inserted by `&str`, `String`, `Box<str>`, `Cow<str>` or a reference to one of these, read as `&str` and taken
/// out as `String`. When the last entry with the string goes, the string goes.
///
/// ```
/// use tophash::{NestedMap, Str};
///
/// let mut sizes: NestedMap<(Str, Str), u64> = NestedMap::new();
/// sizes.insert(("src", "lib.rs"), 2_959);
/// assert_eq!(sizes.get(("src", "lib.rs")), Some(&2_959));
/// for ((folder, file), size) in &sizes {
///     println!("{folder}/{file}: {size}");
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Str {}

#[diagnostic::do_not_recommend]
impl<K: Hash + Eq> KeyPart for K {
    type Ref<'a>
        = &'a K
    where
        K: 'a;
    type Owned = K;
    type Stored = K;
    const RELEASES: bool = mem::needs_drop::<K>();

    #[inline]
    fn hash_stored<S: BuildHasher>(stored: &K, hasher: &S) -> u64 {
        hasher.hash_one(stored)
    }

    fn hash_anew<S: BuildHasher>(stored: &K, hasher: &S) -> u64 {
        hasher.hash_one(stored)
    }

    fn same(stored: &K, other: &K) -> bool {
        stored == other
    }

    #[inline]
    fn read<'a>(stored: &'a K) -> &'a K
    where
        K: 'a,
    {
        stored
    }

    type Raw = NonNull<K>;
    const NO_PART: NonNull<K> = NonNull::dangling();

    #[inline]
    fn raw(stored: &K) -> NonNull<K> {
        NonNull::from(stored)
    }

    #[inline]
    unsafe fn read_raw<'a>(raw: NonNull<K>) -> &'a K
    where
        K: 'a,
    {
        // SAFETY: as the caller vouches.
        unsafe { raw.as_ref() }
    }

    unsafe fn release(_: K, _: &Store) {}

    #[inline]
    unsafe fn into_owned(stored: K, _: &Store) -> K {
        stored
    }
}

#[diagnostic::do_not_recommend]
impl<K: Hash + Eq + Clone> ClonePart for K {
    fn make_owned(stored: &K) -> K {
        stored.clone()
    }

    fn copy_part(stored: &K, _: &Store) -> Result<K, TryReserveError> {
        Ok(stored.clone())
    }
}

impl KeyPart for Str {
    type Ref<'a> = &'a str;
    type Owned = String;
    type Stored = Symbol;
    const RELEASES: bool = true;

    #[inline]
    fn refine(hash: u64) -> u64 {
        strings::refine(hash)
    }

    #[inline]
    fn hash_stored<S: BuildHasher>(stored: &Symbol, _: &S) -> u64 {
        stored.hash()
    }

    fn hash_anew<S: BuildHasher>(stored: &Symbol, hasher: &S) -> u64 {
        Self::refine(hasher.hash_one(stored.text()))
    }

    fn same(stored: &Symbol, other: &Symbol) -> bool {
        stored.text() == other.text()
    }

    const IS_KEPT: bool = true;

    fn follow(stored: &mut Symbol, moving: &mut Moving<'_>) {
        moving.follow(stored);
    }

    #[inline]
    fn ask(stored: &Symbol) {
        stored.ask();
    }

    #[inline]
    fn ask_to_release(stored: &Symbol, store: &Store) {
        store.ask_to_release(stored);
    }

    #[inline]
    fn read<'a>(stored: &'a Symbol) -> &'a str
    where
        Self: 'a,
    {
        stored.text()
    }

    type Raw = (NonNull<u8>, usize);
    const NO_PART: Self::Raw = (NonNull::dangling(), 0);

    #[inline]
    fn raw(stored: &Symbol) -> Self::Raw {
        let text = stored.text();
        (NonNull::from(text.as_bytes()).cast(), text.len())
    }

    #[inline]
    unsafe fn read_raw<'a>((bytes, len): Self::Raw) -> &'a str
    where
        Self: 'a,
    {
        // SAFETY: the bytes of a text, as the caller vouches.
        unsafe { str::from_utf8_unchecked(slice::from_raw_parts(bytes.as_ptr(), len)) }
    }

    unsafe fn release(stored: Symbol, store: &Store) {
        // SAFETY: the caller's promise is the same.
        unsafe { store.release(stored) }
    }

    unsafe fn into_owned(stored: Symbol, store: &Store) -> String {
        let text = String::from(stored.text());
        // SAFETY: the caller's promise is the same.
        unsafe { store.release(stored) };
        text
    }

    #[cfg(any(test, tophash_check))]
    fn symbol(stored: &Symbol) -> Option<&Symbol> {
        Some(stored)
    }
}

impl ClonePart for Str {
    fn make_owned(stored: &Symbol) -> String {
        String::from(stored.text())
    }

    fn copy_part(stored: &Symbol, store: &Store) -> Result<Symbol, TryReserveError> {
        store.intern(stored.text(), stored.kept())
    }
}

#[diagnostic::do_not_recommend]
impl<K: Hash + Eq> IntoPart<K> for K {
    #[inline]
    fn hash_part<S: BuildHasher>(&self, hasher: &S) -> u64 {
        hasher.hash_one(self)
    }

    #[inline]
    fn is_stored(&self, stored: &K) -> bool {
        self == stored
    }

    #[inline]
    fn lay(&self, _: &Store, _: u64) -> Result<MaybeUninit<K>, TryReserveError> {
        Ok(MaybeUninit::uninit())
    }

    #[inline]
    fn fill(self, laid: &mut MaybeUninit<K>) {
        laid.write(self);
    }

    #[inline]
    unsafe fn lift(_: MaybeUninit<K>, _: &Store) {}
}

/// A string given for a part that is made of it.
macro_rules! into_part {
    ($($part:ty: $($from:ty),*;)*) => {$($(
        #[diagnostic::do_not_recommend]
        impl IntoPart<$part> for $from {
            #[inline]
            fn hash_part<S: BuildHasher>(&self, hasher: &S) -> u64 {
                let text: &str = self;
                <$part>::refine(hasher.hash_one(text))
            }

            #[inline]
            fn is_stored(&self, stored: &<$part as KeyPart>::Stored) -> bool {
                let (this, text): (&str, &str) = (self, core::borrow::Borrow::borrow(stored));
                this == text
            }

            #[inline]
            fn lay(
                &self,
                store: &Store,
                hash: u64,
            ) -> Result<MaybeUninit<<$part as KeyPart>::Stored>, TryReserveError> {
                <$part>::from_text(self, store, hash).map(MaybeUninit::new)
            }

            #[inline]
            fn fill(self, _: &mut MaybeUninit<<$part as KeyPart>::Stored>) {}

            unsafe fn lift(laid: MaybeUninit<<$part as KeyPart>::Stored>, store: &Store) {
                // SAFETY: `lay` makes the whole part; the rest is the caller's promise.
                unsafe { <$part>::release(laid.assume_init(), store) }
            }
        }
    )*)*};
}

into_part! {
    Str: &str, &&str, String, &String, Box<str>, &Box<str>, Cow<'_, str>, &Cow<'_, str>;
    String: &str;
    Box<str>: &str;
}

/// How a string part is made of a borrowed string.
trait FromText: KeyPart {
    /// Makes the part, which has this hash.
    fn from_text(text: &str, store: &Store, hash: u64) -> Result<Self::Stored, TryReserveError>;
}

impl FromText for Str {
    #[inline]
    fn from_text(text: &str, store: &Store, hash: u64) -> Result<Symbol, TryReserveError> {
        store.intern(text, strings::refold(hash))
    }
}

impl FromText for String {
    fn from_text(text: &str, _: &Store, _: u64) -> Result<Self, TryReserveError> {
        let mut string = String::new();
        if string.try_reserve_exact(text.len()).is_err() {
            // A text that is there is not longer than a layout can say.
            let layout = Layout::for_value(text);
            return Err(TryReserveError::AllocError { layout });
        }
        string.push_str(text);
        Ok(string)
    }
}

impl FromText for Box<str> {
    fn from_text(text: &str, store: &Store, hash: u64) -> Result<Self, TryReserveError> {
        String::from_text(text, store, hash).map(String::into_boxed_str)
    }
}

/// A kind of string that string parts are looked up by, and references to it.
macro_rules! equivalent {
    ($($text:ty),*) => {$(
        impl Equivalent<Symbol> for $text {
            #[inline]
            fn equivalent(&self, key: &Symbol) -> bool {
                let text: &str = self;
                text == key.text()
            }
        }
    )*};
}

equivalent! { &str, String, Box<str>, Cow<'_, str>, Rc<str>, Arc<str> }

/// Strings that may also be given by value.
macro_rules! by_value {
    ($($text:ty),*) => {$(
        impl Part<Symbol> for $text {
            #[inline]
            fn is_part(&self, key: &Symbol) -> bool {
                self.equivalent(key)
            }
        }
    )*};
}

by_value! { String, Box<str>, Cow<'_, str> }

/// What a [`KeyPart`] is looked up by: a [`Part`] of it that can be hashed. It is here for its error message, which
/// names the type of the part and not what lies in a slot for it.
#[diagnostic::on_unimplemented(
    message = "a part of type `{P}` cannot be looked up by `{Self}`",
    label = "this stands for a part of type `{P}`",
    note = "a part is looked up by a reference to what is `Equivalent` to it (`&str` for `String` and `Str`), or, if \
            it is a number, `char` or `bool`, by value"
)]
pub trait LookUp<P: KeyPart>: Part<P::Stored> + Hash {}

#[diagnostic::do_not_recommend]
impl<P: KeyPart, Q: Part<P::Stored> + Hash> LookUp<P> for Q {}

/// What a level of the tree is searched with.
pub trait Probe<P: KeyPart> {
    /// The hash of the part that is sought.
    fn hash<S: BuildHasher>(&self, hasher: &S) -> u64;
    /// Whether this is it.
    fn is(&self, stored: &P::Stored) -> bool;
}

/// A probe that only looks.
pub struct Look<Q>(pub Q);
/// A probe that a part can be made of.
pub struct Give<Q>(pub Q);

impl<P: KeyPart, Q: LookUp<P>> Probe<P> for Look<Q> {
    #[inline]
    fn hash<S: BuildHasher>(&self, hasher: &S) -> u64 {
        P::refine(hasher.hash_one(&self.0))
    }

    #[inline]
    fn is(&self, stored: &P::Stored) -> bool {
        self.0.is_part(stored)
    }
}

impl<P: KeyPart, Q: IntoPart<P>> Probe<P> for Give<Q> {
    #[inline]
    fn hash<S: BuildHasher>(&self, hasher: &S) -> u64 {
        self.0.hash_part(hasher)
    }

    #[inline]
    fn is(&self, stored: &P::Stored) -> bool {
        self.0.is_stored(stored)
    }
}
