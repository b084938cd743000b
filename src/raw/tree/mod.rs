//! Trees of [`Node`]s in one arena: what a nested map is made of, behind a safe interface.
//!
//! A tree owns its memory alone. Everything that allocates or frees goes through an exclusive borrow of it, so that a
//! node never meets another tree's arena; what is taken out of a tree (a [`Detached`] node) borrows it.

#[cfg(any(test, tophash_check))]
mod check;
mod keys;
mod level;
mod part;
mod path;
mod strings;
mod walk;

use core::hash::BuildHasher;
use core::marker::PhantomData;
use core::mem;
use core::ptr::NonNull;

pub use keys::{FullKey, NestedKey, NewKey, PrefixKey};
pub(crate) use keys::{OwnedSuffix, Suffix};
pub(crate) use level::{Branch, CloneLevel, Leaf, Level};
pub(crate) use part::Give;
pub use part::{ClonePart, IntoPart, KeyPart, Str};
pub(crate) use path::{MakePath, Path, PrefixPath};
use strings::Store;
#[cfg(feature = "serde")]
pub(crate) use strings::Symbol;
pub(crate) use walk::{Children, Leaves, LeavesMut};

use crate::TryReserveError;
use crate::arena::{Arena, MemoryStats};
pub(crate) use crate::raw::node::{Node, NodeCounts};

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
        // SAFETY: the value is in the tree, which is borrowed exclusively.
        path.locate(root, hasher)
            .ok()
            .map(|mut value| unsafe { value.as_mut() })
    }

    pub(crate) fn remove<Q: Path<L>, S: BuildHasher>(
        &mut self,
        path: &Q,
        hasher: &S,
    ) -> Option<L::Value> {
        let mut tidy = Tidy::new(self, hasher);
        // SAFETY: the store is the root's.
        let removed = unsafe { path.remove(tidy.root, tidy.store, hasher) };
        tidy.done = true;
        removed
    }

    /// The value at the end of a path, or the place where it would be.
    #[inline]
    pub(crate) fn locate<Q: Path<L>, S: BuildHasher>(
        &mut self,
        path: &Q,
        hasher: &S,
    ) -> Result<Found<'_, L>, Gap<'_, L>> {
        let tree = NonNull::from(self);
        // SAFETY: the tree is borrowed for as long as what comes back; a field of it is not null.
        let root = unsafe { NonNull::new_unchecked(&raw mut (*tree.as_ptr()).root) };
        match path.locate(root, hasher) {
            Ok(value) => Ok(Found {
                value,
                tree,
                borrow: PhantomData,
            }),
            Err(spot) => Err(Gap {
                spot,
                tree,
                borrow: PhantomData,
            }),
        }
    }

    /// Takes out the node at the end of a path.
    pub(crate) fn detach<Q: PrefixPath<L>, S: BuildHasher>(
        &mut self,
        path: &Q,
        hasher: &S,
    ) -> Option<Detached<'_, Q::Sub>> {
        let mut tidy = Tidy::new(self, hasher);
        // SAFETY: the store is the root's.
        let detached = unsafe { path.detach(tidy.root, tidy.store, hasher) };
        tidy.done = true;
        detached
    }

    pub(crate) fn retain<S: BuildHasher>(
        &mut self,
        hasher: &S,
        mut keep: impl FnMut(L::Ref<'_>, &mut L::Value) -> bool,
    ) where
        L: Suffix,
    {
        let mut tidy = Tidy::new(self, hasher);
        // SAFETY: the store is the root's; the keys are alive while `keep` runs.
        unsafe {
            L::retain(tidy.root, tidy.store, hasher, &mut |keys, value| {
                keep(L::pack(keys), value)
            });
        }
        tidy.done = true;
    }

    pub(crate) fn clear(&mut self) {
        self.store.len.set(0);
        let root = mem::replace(&mut self.root, Node::new());
        // SAFETY: the store is the root's.
        unsafe { L::consume(root, &self.store, &mut |_, value| drop(value)) }
    }

    /// Makes room for so many entries in the root node, if it is empty, and in the nodes that will be made.
    pub(crate) fn reserve(&mut self, shape: &[usize]) -> Result<(), TryReserveError> {
        for (level, &room) in shape.iter().enumerate().take(L::DEPTH).skip(1) {
            let room = u32::try_from(room).map_err(|_| TryReserveError::CapacityOverflow)?;
            self.store.set_room(L::DEPTH - level, room);
        }
        match shape.first() {
            // SAFETY: null, and the arena is the root's.
            Some(&room) if self.root.is_null() => unsafe {
                self.root.reserve(room, &self.store.arena)
            },
            _ => Ok(()),
        }
    }

    pub(crate) fn compact<S: BuildHasher>(&mut self, hasher: &S) {
        // SAFETY: the store is the root's.
        unsafe { L::compact(&mut self.root, &self.store, hasher) };
        self.store.compact();
    }

    /// Copies all entries of another tree; this one is empty.
    pub(crate) fn clone_from<S: BuildHasher>(
        &mut self,
        other: &Self,
        hasher: &S,
    ) -> Result<(), TryReserveError>
    where
        L: CloneLevel,
    {
        debug_assert!(self.root.is_null());
        // SAFETY: the store is the root's.
        unsafe { L::clone_to(&other.root, &mut self.root, &self.store, hasher) }
    }

    /// All leaves.
    pub(crate) fn leaves(&self) -> Leaves<'_, L> {
        Leaves::new(Some(&self.root))
    }

    /// All leaves, with values that may be changed.
    pub(crate) fn leaves_mut(&mut self) -> LeavesMut<'_, L> {
        LeavesMut::new(&mut self.root)
    }

    /// Takes everything out.
    pub(crate) fn detach_all(&mut self) -> Detached<'_, L> {
        Detached::new(mem::replace(&mut self.root, Node::new()), &self.store)
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
    fn new(tree: &'a mut Tree<L>, hasher: &'h S) -> Self {
        let Tree { root, store } = tree;
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

/// A value in a tree that is borrowed exclusively.
pub(crate) struct Found<'a, L: Level> {
    value: NonNull<L::Value>,
    tree: NonNull<Tree<L>>,
    borrow: PhantomData<&'a mut Tree<L>>,
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
        let arena = unsafe { &(*self.tree.as_ptr()).store.arena };
        arena.take_crossed().then(|| arena.stats())
    }

    /// The tree, once the value is not needed any more.
    pub(crate) fn into_tree(mut self) -> &'a mut Tree<L> {
        // SAFETY: the tree is borrowed exclusively, and `self` is gone.
        unsafe { self.tree.as_mut() }
    }
}

/// A place where a value would be, in a tree that is borrowed exclusively.
pub(crate) struct Gap<'a, L: Level> {
    spot: L::Spot,
    tree: NonNull<Tree<L>>,
    borrow: PhantomData<&'a mut Tree<L>>,
}

impl<'a, L: Level> Gap<'a, L> {
    /// Puts a value in. `path` is the one that was looked for.
    pub(crate) fn fill<Q: MakePath<L>, S: BuildHasher>(
        self,
        path: Q,
        value: L::Value,
        hasher: &S,
    ) -> Result<Found<'a, L>, (TryReserveError, L::Value)> {
        // SAFETY: the tree is borrowed exclusively since the place was found; the store lies beside the root.
        let value = unsafe {
            let store = &(*self.tree.as_ptr()).store;
            path.put(self.spot, value, store, hasher)?
        };
        Ok(Found {
            value,
            tree: self.tree,
            borrow: PhantomData,
        })
    }
}

/// A node that has left its tree.
pub struct Detached<'a, L: Level> {
    node: Node<L>,
    leaves: usize,
    store: &'a Store,
}

impl<'a, L: Level> Detached<'a, L> {
    fn new(node: Node<L>, store: &'a Store) -> Self {
        let leaves = L::count(&node);
        store.len.set(store.len.get() - leaves);
        Detached {
            node,
            leaves,
            store,
        }
    }

    pub(crate) fn leaves(&self) -> usize {
        self.leaves
    }

    /// Hands out all entries.
    pub(crate) fn take(mut self, mut out: impl FnMut(L::Owned, L::Value))
    where
        L: OwnedSuffix,
    {
        let node = mem::replace(&mut self.node, Node::new());
        // SAFETY: the node was in the tree of this store; the keys are alive while the closure runs.
        unsafe {
            L::consume(node, self.store, &mut |keys, value| {
                out(L::to_owned(keys), value);
            });
        }
    }
}

impl<L: Level> Drop for Detached<'_, L> {
    fn drop(&mut self) {
        let node = mem::replace(&mut self.node, Node::new());
        // SAFETY: the node was in the tree of this store.
        unsafe { L::consume(node, self.store, &mut |_, value| drop(value)) };
    }
}
