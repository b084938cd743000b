//! The levels of a tree. A node of one level holds [`Branch`]es, each with a node of the level below; the last
//! level's nodes hold [`Leaf`]s. Everything that goes down the levels is a recursion over these two types.

mod branch;
mod leaf;

use core::fmt;
use core::hash::BuildHasher;
use core::ptr::NonNull;

pub use branch::Branch;
pub use leaf::Leaf;

#[cfg(any(test, tophash_check))]
use super::check::Census;
#[cfg(any(test, tophash_check))]
use super::near::Near;
use super::part::KeyPart;
use super::strings::{Moving, Store};
use crate::TryReserveError;
use crate::raw::node::{Node, NodeCounts};

/// The parts of a path as a walk remembers them, outermost first.
pub(super) type Cons<P, R> = (<P as KeyPart>::Raw, R);

/// What decides whether an entry stays.
pub(super) type Keep<'f, K, V> = &'f mut dyn FnMut(K, &mut V) -> bool;

/// One level of a tree and all below it.
///
/// # Safety
/// Only for [`Leaf`] and [`Branch`].
pub unsafe trait Level: Sized {
    /// The part that this level is searched by.
    type Part: KeyPart;
    /// The values of the tree.
    type Value;
    /// The parts from this level down.
    type Keys: Copy;
    /// A walk over all leaves.
    type Walk: Clone;
    /// Levels, this one included.
    const DEPTH: usize;
    /// Whether a part or a value has a destructor.
    const NEEDS_DROP: bool;
    /// Whether the map keeps what some part is.
    const IS_KEPT: bool;

    /// The part of this entry.
    fn part(&self) -> &<Self::Part as KeyPart>::Stored;

    /// The hash of the part.
    #[inline]
    fn hash<S: BuildHasher>(&self, hasher: &S) -> u64 {
        Self::Part::hash_stored(self.part(), hasher)
    }

    /// Number of leaves.
    fn count(node: &Node<Self>) -> usize;

    /// Runs the destructors of parts and values, and leaves the memory to the arena.
    ///
    /// # Safety
    /// Nothing of the node is used again, but its memory.
    unsafe fn drop_entries(node: &mut Node<Self>);

    /// Gives back the memory and the strings of a node whose parts and values have no destructor. Returns how many
    /// leaves there were.
    ///
    /// # Safety
    /// `store` is the node's.
    unsafe fn discard(node: Node<Self>, store: &Store) -> usize;

    /// Hands out all values, and gives back the memory and the strings.
    ///
    /// # Safety
    /// `store` is the node's; `out` does not keep the keys.
    unsafe fn consume(
        node: Node<Self>,
        store: &Store,
        out: &mut dyn FnMut(Self::Keys, Self::Value),
    );

    /// Asks for the memory that is read next when a walk comes to an entry, or touched when it is freed.
    ///
    /// # Safety
    /// The entry is live.
    unsafe fn ask(entry: NonNull<Self>, to_free: bool);

    /// A walk over a node, or one that is at its end.
    ///
    /// # Safety
    /// While the walk is used, the tree is there and does not change.
    unsafe fn walk(node: Option<&Node<Self>>) -> Self::Walk;

    /// # Safety
    /// As for [`Self::walk`].
    unsafe fn next(walk: &mut Self::Walk) -> Option<(Self::Keys, NonNull<Self::Value>)>;

    /// Walks to the end.
    ///
    /// # Safety
    /// As for [`Self::walk`].
    unsafe fn each(walk: Self::Walk, f: &mut impl FnMut(Self::Keys, NonNull<Self::Value>));

    /// Takes out the leaves that `keep` is false for, and the branches that have none left.
    ///
    /// # Safety
    /// `store` is the node's.
    unsafe fn retain<S: BuildHasher>(
        node: &mut Node<Self>,
        store: &Store,
        hasher: &S,
        keep: Keep<'_, Self::Keys, Self::Value>,
    );

    /// Whether two nodes hold equal parts and values; `hasher` is that of `other`.
    fn equal<S: BuildHasher>(
        node: &Node<Self>,
        other: &Node<Self>,
        hasher: &S,
        values: &mut dyn FnMut(&Self::Value, &Self::Value) -> bool,
    ) -> bool;

    /// Adds the nodes of each level to its counts.
    fn tally(node: &Node<Self>, counts: &mut [NodeCounts]);

    /// Tells all parts that what the map keeps is moved.
    fn follow(node: &mut Node<Self>, moving: &mut Moving<'_>);

    /// Moves all nodes into the smallest memory that holds them. `false`: some had to stay.
    ///
    /// # Safety
    /// `store` is the node's.
    unsafe fn compact<S: BuildHasher>(node: &mut Node<Self>, store: &Store, hasher: &S) -> bool;

    /// Checks every node, and counts what they hold.
    #[cfg(any(test, tophash_check))]
    fn check<S: BuildHasher>(node: &Node<Self>, hasher: &S, census: &mut Census);

    /// Checks what counts of `near` from a node on.
    #[cfg(any(test, tophash_check))]
    fn check_near(_: &Node<Self>, _: &Near) {}
}

/// A level whose entries can be copied.
///
/// # Safety
/// As for [`Level`].
pub unsafe trait CloneLevel: Level {
    /// Copies all entries into an empty node of another tree. What is copied when something fails stays there.
    ///
    /// # Safety
    /// `store` is that of `to`.
    unsafe fn clone_to<S: BuildHasher>(
        from: &Node<Self>,
        to: &mut Node<Self>,
        store: &Store,
        hasher: &S,
    ) -> Result<(), TryReserveError>;
}

/// A level whose entries can be shown.
#[diagnostic::on_unimplemented(
    message = "the map cannot be shown: a part of its keys or its value has no `Debug`",
    label = "has an entry without `Debug`"
)]
pub trait DebugLevel: Sized {
    /// Writes a node as maps in maps would.
    #[doc(hidden)]
    fn fmt_node(node: &Node<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<L: DebugLevel> fmt::Debug for Node<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        L::fmt_node(self, f)
    }
}
