//! Taking some entries out of a tree, one after another.
//!
//! A node that loses its last entry goes at once, with the branch that leads to it. So the tree is whole after every
//! step, also if the walk is forgotten: then nodes are merely larger than they need be.

use core::hash::BuildHasher;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::keys::OwnedSuffix;
use super::level::{Branch, Keep, Leaf, Level};
use super::part::{ClonePart, KeyPart};
use super::strings::Store;
use super::take::TakeKeys;
use super::{Node, Tree};
use crate::raw::node::Sift;

/// Levels out of which entries can be taken one by one.
///
/// # Safety
/// Only for [`Leaf`] and [`Branch`].
pub unsafe trait SiftLevel: TakeKeys {
    /// How far it is.
    type Sifting;

    /// A walk that has not begun.
    fn sift() -> Self::Sifting;

    /// Takes out the next entry for which `wanted` holds. At the end, gives back what is left over.
    ///
    /// # Safety
    /// `store` is the node's, and since the first call nothing but the walk has changed the node.
    unsafe fn next_of<S: BuildHasher>(
        walk: &mut Self::Sifting,
        node: &mut Node<Self>,
        store: &Store,
        hasher: &S,
        wanted: Keep<'_, Self::Keys, Self::Value>,
    ) -> Option<(Self::List, Self::Value)>;

    /// Ends the walk where it is, and gives back what is left over.
    ///
    /// # Safety
    /// As for `next_of`, which is not called again.
    unsafe fn stop<S: BuildHasher>(
        walk: &mut Self::Sifting,
        node: &mut Node<Self>,
        store: &Store,
        hasher: &S,
    );
}

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: KeyPart, V> SiftLevel for Leaf<P, V> {
    /// `None`: the end was reached.
    type Sifting = Option<Sift<Self>>;

    fn sift() -> Self::Sifting {
        Some(Sift::start())
    }

    unsafe fn next_of<S: BuildHasher>(
        walk: &mut Self::Sifting,
        node: &mut Node<Self>,
        store: &Store,
        hasher: &S,
        wanted: Keep<'_, Self::Keys, V>,
    ) -> Option<(Self::List, V)> {
        let at = walk.as_mut()?;
        // SAFETY: as the caller vouches; the node is whole while user code runs, and each part is read once.
        unsafe {
            while let Some(mut entry) = node.step(at) {
                let leaf = entry.as_mut();
                if wanted((P::raw(&leaf.part), ()), &mut leaf.value) {
                    let Leaf { part, value } = node.pick(at, &store.arena);
                    store.len.set(store.len.get() - 1);
                    if node.len() == 0 {
                        *walk = None;
                        node.free(&store.arena);
                    }
                    return Some(((P::into_owned(part, store), ()), value));
                }
            }
            Self::stop(walk, node, store, hasher);
        }
        None
    }

    unsafe fn stop<S: BuildHasher>(
        walk: &mut Self::Sifting,
        node: &mut Node<Self>,
        store: &Store,
        hasher: &S,
    ) {
        if walk.take().is_some() {
            // SAFETY: as the caller vouches.
            unsafe { node.settle_all(&store.arena, |leaf| leaf.hash(hasher)) };
        }
    }
}

/// The branch that a walk is below, and how far it is there.
type Place<P, L> = (NonNull<Branch<P, L>>, <L as SiftLevel>::Sifting);

/// See [`SiftLevel::Sifting`].
pub struct SiftingBranches<P: KeyPart, L: SiftLevel> {
    here: Option<Sift<Branch<P, L>>>,
    below: Option<Place<P, L>>,
}

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: ClonePart, L: SiftLevel> SiftLevel for Branch<P, L> {
    type Sifting = SiftingBranches<P, L>;

    fn sift() -> Self::Sifting {
        SiftingBranches {
            here: Some(Sift::start()),
            below: None,
        }
    }

    unsafe fn next_of<S: BuildHasher>(
        walk: &mut Self::Sifting,
        node: &mut Node<Self>,
        store: &Store,
        hasher: &S,
        wanted: Keep<'_, Self::Keys, L::Value>,
    ) -> Option<(Self::List, L::Value)> {
        // SAFETY: as the caller vouches; the branch is live until it is picked, which nothing follows that uses it.
        unsafe {
            while let Some(at) = &mut walk.here {
                if let Some((branch, further)) = &mut walk.below {
                    let branch = branch.as_mut();
                    let part = P::raw(&branch.part);
                    let mut wanted = |keys, value: &mut L::Value| wanted((part, keys), value);
                    let found = L::next_of(further, &mut branch.child, store, hasher, &mut wanted);
                    if !branch.child.is_null() {
                        if let Some((rest, value)) = found {
                            return Some(((P::make_owned(&branch.part), rest), value));
                        }
                        walk.below = None;
                    } else {
                        walk.below = None;
                        let part = node.pick(at, &store.arena).part;
                        if node.len() == 0 {
                            walk.here = None;
                            node.free(&store.arena);
                        }
                        match found {
                            Some((rest, value)) => {
                                return Some(((P::into_owned(part, store), rest), value));
                            }
                            // A view that was emptied and then forgotten has left it.
                            None => P::release(part, store),
                        }
                    }
                } else if let Some(branch) = node.step(at) {
                    walk.below = Some((branch, L::sift()));
                } else {
                    Self::stop(walk, node, store, hasher);
                }
            }
        }
        None
    }

    unsafe fn stop<S: BuildHasher>(
        walk: &mut Self::Sifting,
        node: &mut Node<Self>,
        store: &Store,
        hasher: &S,
    ) {
        // SAFETY: as the caller vouches; the branch is live, as it was not picked.
        unsafe {
            if let Some((mut branch, mut further)) = walk.below.take() {
                L::stop(&mut further, &mut branch.as_mut().child, store, hasher);
            }
            if walk.here.take().is_some() {
                node.settle_all(&store.arena, |branch| branch.hash(hasher));
            }
        }
    }
}

/// A walk that takes some entries out of a tree.
pub(crate) struct Sifted<'a, L: SiftLevel, S: BuildHasher> {
    walk: L::Sifting,
    /// Entries that were not looked at.
    left: usize,
    /// Used through this only.
    tree: NonNull<Tree<L>>,
    hasher: &'a S,
    borrow: PhantomData<&'a mut Tree<L>>,
}

impl<L: SiftLevel> Tree<L> {
    /// A walk that takes out what its caller wants.
    pub(crate) fn sifted<'a, S: BuildHasher>(&'a mut self, hasher: &'a S) -> Sifted<'a, L, S> {
        self.store.near.forget::<L>();
        Sifted {
            walk: L::sift(),
            left: self.len(),
            tree: NonNull::from(self),
            hasher,
            borrow: PhantomData,
        }
    }
}

impl<L: OwnedSuffix, S: BuildHasher> Sifted<'_, L, S> {
    /// Takes out the next entry for which `wanted` holds.
    pub(crate) fn next(
        &mut self,
        mut wanted: impl FnMut(L::Ref<'_>, &mut L::Value) -> bool,
    ) -> Option<(L::Owned, L::Value)> {
        // SAFETY: the tree is borrowed exclusively, and changed by the walk only; the keys are alive while `wanted`
        // runs.
        unsafe {
            let Tree { root, store } = self.tree.as_mut();
            let left = &mut self.left;
            let wanted = &mut |keys, value: &mut L::Value| {
                *left -= 1;
                wanted(L::pack(keys), value)
            };
            let (list, value) = L::next_of(&mut self.walk, root, store, self.hasher, wanted)?;
            Some((L::tuple(list), value))
        }
    }

    /// Entries that were not looked at.
    pub(crate) fn left(&self) -> usize {
        self.left
    }
}

impl<L: SiftLevel, S: BuildHasher> Drop for Sifted<'_, L, S> {
    fn drop(&mut self) {
        // SAFETY: as in `next`; nothing follows.
        unsafe {
            let Tree { root, store } = self.tree.as_mut();
            L::stop(&mut self.walk, root, store, self.hasher);
        }
    }
}

// SAFETY: stands for an exclusive borrow of a tree and a shared one of a hasher.
unsafe impl<L: SiftLevel + Send, S: BuildHasher + Sync> Send for Sifted<'_, L, S> where
    L::Value: Send
{
}
// SAFETY: a shared one gives out nothing.
unsafe impl<L: SiftLevel + Sync, S: BuildHasher + Sync> Sync for Sifted<'_, L, S> where
    L::Value: Sync
{
}
