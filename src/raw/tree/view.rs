//! A node below the root of a tree that is borrowed exclusively, to be changed.

use core::hash::BuildHasher;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::keys::Suffix;
use super::level::Level;
use super::path::{Path, PrefixPath};
use super::walk::LeavesMut;
use super::{Detached, Found, Located, Node, Place, Tree};

/// The node at the end of a path. While this lives it may be empty; afterwards its branch is gone, if it is.
pub(crate) struct Below<'a, L: Level, P: PrefixPath<L>, S: BuildHasher> {
    /// The tree is used through this only when nothing else of it is.
    tree: NonNull<Tree<L>>,
    node: NonNull<Node<P::Sub>>,
    path: P,
    hasher: &'a S,
    borrow: PhantomData<&'a mut Tree<L>>,
}

impl<L: Level> Tree<L> {
    /// The node at the end of a path, or the path if there is none.
    pub(crate) fn below_mut<'a, P: PrefixPath<L>, S: BuildHasher>(
        &'a mut self,
        path: P,
        hasher: &'a S,
    ) -> Result<Below<'a, L, P, S>, (&'a mut Self, P)> {
        let tree = NonNull::from(&mut *self);
        // SAFETY: the tree is borrowed for `'a`; a field of it is not null.
        let root = unsafe { NonNull::new_unchecked(&raw mut (*tree.as_ptr()).root) };
        match path.descend_mut(root, hasher) {
            // SAFETY: the root of an empty tree is live, but nothing begins with the empty prefix either.
            Some(node) if unsafe { node.as_ref() }.len() > 0 => Ok(Below {
                tree,
                node,
                path,
                hasher,
                borrow: PhantomData,
            }),
            _ => Err((self, path)),
        }
    }
}

impl<L: Level, P: PrefixPath<L>, S: BuildHasher> Below<'_, L, P, S> {
    #[inline]
    pub(crate) fn hasher(&self) -> &S {
        self.hasher
    }

    #[inline]
    pub(crate) fn node(&self) -> &Node<P::Sub> {
        // SAFETY: the branch stays as long as this lives, and is borrowed with it.
        unsafe { self.node.as_ref() }
    }

    #[inline]
    fn place(&mut self) -> Place<'_, P::Sub> {
        Place {
            node: self.node,
            // SAFETY: the tree is live; a field of it is not null.
            store: unsafe { NonNull::new_unchecked(&raw mut (*self.tree.as_ptr()).store) },
            borrow: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn get_mut<Q: Path<P::Sub>>(&mut self, path: &Q) -> Option<&mut L::Value> {
        let (place, hasher) = self.split();
        place.locate(path, hasher).ok().map(Found::into_mut)
    }

    /// The place and the hasher, borrowed together.
    #[inline]
    fn split(&mut self) -> (Place<'_, P::Sub>, &S) {
        let hasher = self.hasher;
        (self.place(), hasher)
    }

    #[inline]
    pub(crate) fn locate<Q: Path<P::Sub>>(&mut self, path: &Q) -> (Located<'_, P::Sub>, &S) {
        let (place, hasher) = self.split();
        (place.locate(path, hasher), hasher)
    }

    pub(crate) fn remove<Q: Path<P::Sub>>(&mut self, path: &Q) -> Option<L::Value> {
        let (place, hasher) = self.split();
        place.remove(path, hasher)
    }

    /// Takes out the node at the end of a further path.
    pub(crate) fn detach<Q: PrefixPath<P::Sub>>(
        &mut self,
        path: &Q,
    ) -> Option<Detached<'_, Q::Sub>> {
        let (place, hasher) = self.split();
        place.detach(path, hasher)
    }

    pub(crate) fn leaves_mut(&mut self) -> LeavesMut<'_, P::Sub> {
        // SAFETY: the node is borrowed exclusively with `self`.
        LeavesMut::new(unsafe { self.node.as_mut() })
    }

    pub(crate) fn retain(
        &mut self,
        keep: impl FnMut(<P::Sub as Suffix>::Ref<'_>, &mut L::Value) -> bool,
    ) where
        P::Sub: Suffix,
    {
        let (place, hasher) = self.split();
        place.retain(hasher, keep);
    }
}

impl<L: Level, P: PrefixPath<L>, S: BuildHasher> Drop for Below<'_, L, P, S> {
    fn drop(&mut self) {
        if self.node().len() == 0 {
            // SAFETY: the tree is borrowed exclusively, and the node is not used any more.
            let tree = unsafe { self.tree.as_mut() };
            drop(tree.detach(&self.path, self.hasher));
        }
    }
}

// SAFETY: stands for an exclusive borrow of a tree and for a shared one of a hasher.
unsafe impl<L: Level + Send, P: PrefixPath<L> + Send, S: BuildHasher + Sync> Send
    for Below<'_, L, P, S>
where
    L::Value: Send,
{
}
// SAFETY: a shared view gives out shared references.
unsafe impl<L: Level + Sync, P: PrefixPath<L> + Sync, S: BuildHasher + Sync> Sync
    for Below<'_, L, P, S>
where
    L::Value: Sync,
{
}
