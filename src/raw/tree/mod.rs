//! Trees of [`Node`]s in one arena: what a nested map is made of, behind a safe interface.
//!
//! A tree owns its memory alone. Everything that allocates or frees goes through an exclusive borrow of it, so that a
//! node never meets another tree's arena; what is taken out of a tree (a [`Detached`] node) borrows it.

#[cfg(any(test, tophash_check))]
mod check;
mod keys;
mod level;
mod make;
mod near;
mod part;
mod path;
mod sift;
mod strings;
mod take;
mod view;
mod walk;

use core::hash::BuildHasher;
use core::marker::PhantomData;
use core::mem;
use core::ptr::NonNull;

pub use keys::{FullKey, NestedKey, NewKey, NewPrefix, PrefixKey};
pub(crate) use keys::{OwnedSuffix, Suffix};
pub use level::{Branch, DebugLevel, Leaf};
pub(crate) use level::{CloneLevel, Level};
pub(crate) use make::{MakePath, MakePrefix};
pub(crate) use part::Give;
pub use part::{ClonePart, IntoPart, KeyPart, LookUp, Str};
#[cfg(feature = "std")]
pub(crate) use path::Routed;
use path::Spot;
pub(crate) use path::{Path, PrefixPath};
pub(crate) use sift::Sifted;
use strings::Store;
#[cfg(feature = "serde")]
pub(crate) use strings::Symbol;
pub(crate) use take::{TakenPart, TakenTree};
pub(crate) use view::Below;
pub use walk::Inner;
pub(crate) use walk::{Children, Leaves, LeavesMut};

use crate::arena::{Arena, MemoryStats};
pub(crate) use crate::raw::node::{Node, NodeCounts};
use crate::{NestedError, TryReserveError};

/// A tree whose root node has entries `L`.
pub(crate) struct Tree<L: Level> {
    root: Node<L>,
    store: Store,
}

// SAFETY: owns its entries, strings and memory.
unsafe impl<L: Level> Send for Tree<L>
where
    L: Send,
    L::Value: Send,
{
}
// SAFETY: through a shared tree nothing is written: not the arena, nor the uses of a string.
unsafe impl<L: Level> Sync for Tree<L>
where
    L: Sync,
    L::Value: Sync,
{
}

impl<L: Level> Tree<L> {
    pub(crate) const fn new() -> Self {
        Tree {
            root: Node::new(),
            store: Store::new(),
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.store.len.get()
    }

    #[inline]
    pub(crate) fn root(&self) -> &Node<L> {
        &self.root
    }

    #[inline]
    pub(crate) fn arena(&self) -> &Arena {
        &self.store.arena
    }

    /// Number of strings, and the bytes of the table that finds them.
    pub(crate) fn strings(&self) -> (usize, usize) {
        self.store.strings()
    }

    #[inline]
    pub(crate) fn get_mut<Q: Path<L>, S: BuildHasher>(
        &mut self,
        path: &Q,
        hasher: &S,
    ) -> Option<&mut L::Value> {
        let root = NonNull::from(&mut self.root);
        // SAFETY: the tree is borrowed exclusively, and so is the value in it.
        unsafe {
            let located = path.locate_near(root, &self.store.near, hasher);
            located.ok().map(|mut value| value.as_mut())
        }
    }

    /// The values at the ends of several paths.
    ///
    /// # Panics
    /// Two paths lead to the same value, which has a size: those without one may share an address.
    pub(crate) fn get_disjoint_mut<Q: Path<L>, S: BuildHasher, const N: usize>(
        &mut self,
        paths: [Q; N],
        hasher: &S,
    ) -> [Option<&mut L::Value>; N] {
        let root = NonNull::from(&mut self.root);
        let found = paths.map(|path| path.locate(root, hasher).ok());
        for (i, one) in found.iter().enumerate() {
            let same = one.is_some() && found[..i].contains(one);
            assert!(!same || size_of::<L::Value>() == 0, "duplicate keys found");
        }
        // SAFETY: the values are in the tree, which is borrowed exclusively, and lie apart or have no size.
        found.map(|value| value.map(|mut value| unsafe { value.as_mut() }))
    }

    pub(crate) fn remove<Q: Path<L>, S: BuildHasher>(
        &mut self,
        path: &Q,
        hasher: &S,
    ) -> Option<L::Value> {
        self.place().remove(path, hasher)
    }

    /// The value at the end of a path, or the place where it would be.
    #[inline]
    pub(crate) fn locate<Q: Path<L>, S: BuildHasher>(
        &mut self,
        path: &Q,
        hasher: &S,
    ) -> Result<Found<'_, L>, Gap<'_, L>> {
        let at = self.place();
        // SAFETY: the node is the root, and the tree is borrowed exclusively.
        match unsafe { path.locate_near(at.node, &at.store.as_ref().near, hasher) } {
            Ok(value) => Ok(Found { value, at }),
            Err(spot) => Err(Gap { spot, at }),
        }
    }

    /// The root, as the place that everything is in.
    #[inline]
    pub(super) fn place(&mut self) -> Place<'_, L> {
        Place {
            node: NonNull::from(&mut self.root),
            store: NonNull::from(&mut self.store),
            borrow: PhantomData,
        }
    }

    /// Takes out the node at the end of a path.
    pub(crate) fn detach<Q: PrefixPath<L>, S: BuildHasher>(
        &mut self,
        path: &Q,
        hasher: &S,
    ) -> Option<Detached<'_, Q::Sub>> {
        self.place().detach(path, hasher)
    }

    /// Takes out everything.
    pub(crate) fn detach_all(&mut self) -> Detached<'_, L> {
        self.store.near.forget::<L>();
        Detached::new(mem::replace(&mut self.root, Node::new()), &self.store)
    }

    pub(crate) fn retain<S: BuildHasher>(
        &mut self,
        hasher: &S,
        keep: impl FnMut(L::Ref<'_>, &mut L::Value) -> bool,
    ) where
        L: Suffix,
    {
        self.place().retain(hasher, keep);
    }

    pub(crate) fn clear(&mut self) {
        self.store.len.set(0);
        self.store.near.forget::<L>();
        let root = mem::replace(&mut self.root, Node::new());
        // SAFETY: the store is the root's.
        unsafe { L::consume(root, &self.store, &mut |_, value| drop(value)) }
    }

    /// Makes room for so many entries in the root node, if it is empty, and in the nodes that will be made.
    pub(crate) fn reserve(&mut self, shape: &[usize]) -> Result<(), NestedError> {
        for (level, &room) in shape.iter().enumerate().take(L::DEPTH).skip(1) {
            let room = u32::try_from(room).map_err(|_| NestedError::ShapeOverflow { level })?;
            self.store.set_room(L::DEPTH - level, room);
        }
        let reserved = match shape.first() {
            // SAFETY: null, and the arena is the root's.
            Some(&room) if self.root.is_null() => unsafe {
                self.root.reserve(room, &self.store.arena)
            },
            _ => Ok(()),
        };
        reserved.map_err(|error| match error {
            TryReserveError::CapacityOverflow => NestedError::ShapeOverflow { level: 0 },
            error => self.store.explain(error),
        })
    }

    pub(crate) fn compact<S: BuildHasher>(&mut self, hasher: &S) {
        let closed = self.store.arena.close();
        if let Some(mut moving) = self.store.move_strings() {
            L::follow(&mut self.root, &mut moving);
            // SAFETY: all parts have been told.
            unsafe { moving.finish() };
        }
        // SAFETY: the store is the root's.
        let moved = unsafe { L::compact(&mut self.root, &self.store, hasher) };
        let moved = self.store.compact() && moved;
        drop(closed);
        if !moved {
            // There was no memory for all of it once more. So nodes go where others have left gaps.
            // SAFETY: as above.
            unsafe { L::compact(&mut self.root, &self.store, hasher) };
            self.store.compact();
        }
        self.store.arena.trim();
    }

    /// Copies all entries of another tree; this one is empty.
    pub(crate) fn clone_from<S: BuildHasher>(
        &mut self,
        other: &Self,
        hasher: &S,
    ) -> Result<(), NestedError>
    where
        L: CloneLevel,
    {
        debug_assert!(self.root.is_null());
        // SAFETY: the store is the root's.
        let done = unsafe { L::clone_to(&other.root, &mut self.root, &self.store, hasher) };
        done.map_err(|error| self.store.explain(error))
    }

    /// All leaves.
    pub(crate) fn leaves(&self) -> Leaves<'_, L> {
        Leaves::new(Some(&self.root))
    }

    /// All leaves, with values that may be changed.
    pub(crate) fn leaves_mut(&mut self) -> LeavesMut<'_, L> {
        LeavesMut::new(&mut self.root)
    }
}

impl<L: Level> Drop for Tree<L> {
    fn drop(&mut self) {
        if L::NEEDS_DROP {
            // SAFETY: nothing is used again, and the arena frees the memory.
            unsafe { L::drop_entries(&mut self.root) };
        }
    }
}

/// Takes out the nodes without entries that are left when a destructor panics while entries are taken out.
struct Tidy<'a, 'h, L: Level, S: BuildHasher> {
    root: &'a mut Node<L>,
    store: &'a Store,
    hasher: &'h S,
    done: bool,
}

impl<'a, 'h, L: Level, S: BuildHasher> Tidy<'a, 'h, L, S> {
    fn new(root: &'a mut Node<L>, store: &'a Store, hasher: &'h S) -> Self {
        Tidy {
            root,
            store,
            hasher,
            done: false,
        }
    }
}

impl<L: Level, S: BuildHasher> Drop for Tidy<'_, '_, L, S> {
    fn drop(&mut self) {
        if !self.done {
            // SAFETY: the store is the root's.
            unsafe { L::retain(self.root, self.store, self.hasher, &mut |_, _| true) }
        }
    }
}

/// A node of a tree that is borrowed exclusively, and the store of the tree.
pub(super) struct Place<'a, L: Level> {
    node: NonNull<Node<L>>,
    store: NonNull<Store>,
    borrow: PhantomData<&'a mut Tree<L>>,
}

impl<'a, L: Level> Place<'a, L> {
    /// The value at the end of a path, or the place where it would be.
    #[inline]
    fn locate<Q: Path<L>, S: BuildHasher>(
        self,
        path: &Q,
        hasher: &S,
    ) -> Result<Found<'a, L>, Gap<'a, L>> {
        match path.locate(self.node, hasher) {
            Ok(value) => Ok(Found { value, at: self }),
            Err(spot) => Err(Gap { spot, at: self }),
        }
    }

    /// Takes out the leaf at the end of a path, and the branches that have none left.
    fn remove<Q: Path<L>, S: BuildHasher>(mut self, path: &Q, hasher: &S) -> Option<L::Value> {
        // SAFETY: the tree is borrowed exclusively.
        let mut tidy = unsafe { Tidy::new(self.node.as_mut(), self.store.as_ref(), hasher) };
        // SAFETY: the store is the node's.
        let removed = unsafe { path.remove(tidy.root, tidy.store, hasher) };
        tidy.done = true;
        removed
    }

    /// Takes out the node at the end of a path, and the branches that have nothing left.
    fn detach<Q: PrefixPath<L>, S: BuildHasher>(
        mut self,
        path: &Q,
        hasher: &S,
    ) -> Option<Detached<'a, Q::Sub>> {
        // SAFETY: the tree is borrowed exclusively; the store is live for as long.
        let mut tidy = unsafe { Tidy::new(self.node.as_mut(), &*self.store.as_ptr(), hasher) };
        // SAFETY: the store is the node's.
        let detached = unsafe { path.detach(tidy.root, tidy.store, hasher) };
        tidy.done = true;
        detached
    }

    /// Takes out the leaves that `keep` is false for, and the branches that have none left.
    fn retain<S: BuildHasher>(
        mut self,
        hasher: &S,
        mut keep: impl FnMut(L::Ref<'_>, &mut L::Value) -> bool,
    ) where
        L: Suffix,
    {
        // SAFETY: the tree is borrowed exclusively, and the store is the node's.
        let mut tidy = unsafe { Tidy::new(self.node.as_mut(), self.store.as_ref(), hasher) };
        // SAFETY: the store is the node's; the keys are alive while `keep` runs.
        unsafe {
            L::retain(tidy.root, tidy.store, hasher, &mut |keys, value| {
                keep(L::pack(keys), value)
            });
        }
        tidy.done = true;
    }
}

/// A value in a tree that is borrowed exclusively.
pub(crate) struct Found<'a, L: Level> {
    value: NonNull<L::Value>,
    at: Place<'a, L>,
}

impl<'a, L: Level> Found<'a, L> {
    #[inline]
    pub(crate) fn get(&self) -> &L::Value {
        // SAFETY: the tree is borrowed, and the value in it.
        unsafe { self.value.as_ref() }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self) -> &mut L::Value {
        // SAFETY: as above, exclusively.
        unsafe { self.value.as_mut() }
    }

    #[inline]
    pub(crate) fn into_mut(mut self) -> &'a mut L::Value {
        // SAFETY: as above, for as long as the tree is borrowed.
        unsafe { self.value.as_mut() }
    }

    /// Memory figures, if the mark has been crossed since they were last asked for.
    #[inline]
    pub(crate) fn crossed(&self) -> Option<MemoryStats> {
        // SAFETY: the tree is borrowed; its arena lies beside the root, and holds no reference to a value.
        let arena = unsafe { &(*self.at.store.as_ptr()).arena };
        arena.take_crossed().then(|| arena.stats())
    }

    /// Takes the leaf out that `path` leads to, which is this one if the key hashes and compares as it did.
    pub(crate) fn remove<Q: Path<L>, S: BuildHasher>(
        self,
        path: &Q,
        hasher: &S,
    ) -> Option<L::Value> {
        self.at.remove(path, hasher)
    }
}

/// What a path leads to.
pub(super) type Located<'a, L> = Result<Found<'a, L>, Gap<'a, L>>;

/// A place where a value would be, in a tree that is borrowed exclusively.
pub(crate) struct Gap<'a, L: Level> {
    spot: Spot,
    at: Place<'a, L>,
}

impl<'a, L: Level> Gap<'a, L> {
    /// Puts a value in. `path` is the one that was looked for. Where memory cannot be had both come back.
    #[inline]
    pub(crate) fn fill<Q: MakePath<L>, S: BuildHasher>(
        self,
        path: Q,
        value: L::Value,
        hasher: &S,
    ) -> Result<Found<'a, L>, (NestedError, Q, L::Value)> {
        // SAFETY: the tree is borrowed exclusively since the place was found; the store lies beside the root.
        // Nothing comes between the two steps.
        unsafe {
            let store = self.at.store.as_ref();
            match path.open(&self.spot, store, hasher) {
                Ok(slot) => Ok(Found {
                    value: path.fill(slot, self.spot.depth, value),
                    at: self.at,
                }),
                Err(error) => Err((store.explain(error), path, value)),
            }
        }
    }
}

/// A node that has left its tree, which still counts its leaves.
pub struct Detached<'a, L: Level> {
    node: Node<L>,
    store: &'a Store,
}

impl<'a, L: Level> Detached<'a, L> {
    fn new(node: Node<L>, store: &'a Store) -> Self {
        Detached { node, store }
    }

    /// Takes the node, and its leaves off the tree's number: before user code runs.
    fn leave(&mut self) -> (Node<L>, usize) {
        let node = mem::replace(&mut self.node, Node::new());
        let leaves = L::count(&node);
        self.store.len.set(self.store.len.get() - leaves);
        (node, leaves)
    }

    /// Drops all entries, and returns how many they were.
    pub(crate) fn discard(mut self) -> usize {
        if L::NEEDS_DROP {
            let (node, leaves) = self.leave();
            // SAFETY: the node was in the tree of this store.
            unsafe { L::consume(node, self.store, &mut |_, value| drop(value)) };
            return leaves;
        }
        let node = mem::replace(&mut self.node, Node::new());
        // SAFETY: as above. No user code runs.
        let leaves = unsafe { L::discard(node, self.store) };
        self.store.len.set(self.store.len.get() - leaves);
        leaves
    }
}

impl<L: Level> Drop for Detached<'_, L> {
    fn drop(&mut self) {
        if !self.node.is_null() {
            let (node, _) = self.leave();
            // SAFETY: the node was in the tree of this store.
            unsafe { L::consume(node, self.store, &mut |_, value| drop(value)) };
        }
    }
}
