//! Taking all entries out of a node, one after another: parts that several keys share are copied, for all of these
//! but the last.

use core::borrow::Borrow;
use core::mem;
use core::ptr;

use super::keys::OwnedSuffix;
use super::level::{Branch, Leaf, Level};
use super::part::{ClonePart, KeyPart};
use super::strings::Store;
use super::{Detached, Node, Tree};
use crate::raw::node::NodeIter;

/// Levels whose entries can be taken out one after another.
///
/// # Safety
/// Only for [`Leaf`] and [`Branch`].
pub unsafe trait TakeLevel: Level {
    /// How far it is.
    type Taking;

    fn start(node: Node<Self>) -> Self::Taking;

    /// The next value. Its key goes.
    ///
    /// # Safety
    /// `store` is that of the node.
    unsafe fn take_value(taking: &mut Self::Taking, store: &Store) -> Option<Self::Value>;

    /// Whether there may be another entry.
    fn has_more(taking: &Self::Taking) -> bool;

    /// Drops what is left, and gives the memory back.
    ///
    /// # Safety
    /// As for [`Self::take_value`], and nothing is taken any more.
    unsafe fn finish(taking: &mut Self::Taking, store: &Store);
}

/// Levels whose keys can be taken out, too: all parts but the last can be copied.
///
/// # Safety
/// Only for [`Leaf`] and [`Branch`].
pub unsafe trait TakeKeys: TakeLevel {
    /// A key as a list of owned parts.
    type List;

    /// The next entry.
    ///
    /// # Safety
    /// `store` is that of the node.
    unsafe fn take(taking: &mut Self::Taking, store: &Store) -> Option<(Self::List, Self::Value)>;
}

/// See [`TakeLevel::Taking`].
pub struct TakingLeaves<L> {
    /// Entries that `left` has passed are not in it any more.
    node: Node<L>,
    left: NodeIter<L>,
}

/// See [`TakeLevel::Taking`].
pub struct TakingBranches<P: KeyPart, L: TakeLevel> {
    here: TakingLeaves<Branch<P, L>>,
    /// The part that leads to what is taken now.
    part: Option<P::Stored>,
    below: L::Taking,
}

impl<L> TakingLeaves<L> {
    fn start(node: Node<L>) -> Self {
        TakingLeaves {
            // SAFETY: the node goes along, and does not change.
            left: unsafe { node.iter() },
            node,
        }
    }

    #[inline]
    fn next(&mut self) -> Option<L> {
        // SAFETY: an entry that was not passed yet is live, and is read once.
        self.left.next().map(|entry| unsafe { entry.read() })
    }

    /// # Safety
    /// `store` is that of the node, and no entry is left.
    unsafe fn free(&mut self, store: &Store) {
        self.left = NodeIter::none();
        // SAFETY: as the caller vouches.
        unsafe { self.node.free(&store.arena) };
    }
}

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: KeyPart, V> TakeLevel for Leaf<P, V> {
    type Taking = TakingLeaves<Self>;

    fn start(node: Node<Self>) -> Self::Taking {
        TakingLeaves::start(node)
    }

    #[inline]
    unsafe fn take_value(taking: &mut Self::Taking, store: &Store) -> Option<V> {
        let Leaf { part, value } = taking.next()?;
        // SAFETY: the part is of this store, and was read once.
        unsafe { P::release(part, store) };
        Some(value)
    }

    #[inline]
    fn has_more(taking: &Self::Taking) -> bool {
        taking.left.len() > 0
    }

    unsafe fn finish(taking: &mut Self::Taking, store: &Store) {
        // SAFETY: as the caller vouches; each entry is read once.
        unsafe {
            while let Some(Leaf { part, value }) = taking.next() {
                drop(value);
                P::release(part, store);
            }
            taking.free(store);
        }
    }
}

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: KeyPart, V> TakeKeys for Leaf<P, V> {
    type List = (P::Owned, ());

    #[inline]
    unsafe fn take(taking: &mut Self::Taking, store: &Store) -> Option<(Self::List, V)> {
        let Leaf { part, value } = taking.next()?;
        // SAFETY: the part is of this store, and was read once.
        Some(((unsafe { P::into_owned(part, store) }, ()), value))
    }
}

impl<P: KeyPart, L: TakeLevel> TakingBranches<P, L> {
    /// Goes on to the next branch, once nothing is left of the one before. `None`: there is none.
    ///
    /// # Safety
    /// `store` is that of the node.
    unsafe fn advance(&mut self, store: &Store) -> Option<()> {
        // SAFETY: as the caller vouches; the child has left its branch.
        unsafe { self.leave(store) };
        let Branch { part, child } = self.here.next()?;
        self.part = Some(part);
        self.below = L::start(child);
        Some(())
    }

    /// Gives back what the last part led to, once that has no entry left.
    ///
    /// # Safety
    /// `store` is that of the node.
    unsafe fn leave(&mut self, store: &Store) {
        // SAFETY: as the caller vouches.
        unsafe {
            L::finish(&mut self.below, store);
            if let Some(part) = self.part.take() {
                P::release(part, store);
            }
        }
    }
}

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: KeyPart, L: TakeLevel> TakeLevel for Branch<P, L> {
    type Taking = TakingBranches<P, L>;

    fn start(node: Node<Self>) -> Self::Taking {
        TakingBranches {
            here: TakingLeaves::start(node),
            part: None,
            below: L::start(Node::new()),
        }
    }

    unsafe fn take_value(taking: &mut Self::Taking, store: &Store) -> Option<L::Value> {
        // SAFETY: as the caller vouches.
        unsafe {
            loop {
                let value = L::take_value(&mut taking.below, store);
                if value.is_some() {
                    return value;
                }
                taking.advance(store)?;
            }
        }
    }

    fn has_more(taking: &Self::Taking) -> bool {
        taking.here.left.len() > 0 || L::has_more(&taking.below)
    }

    unsafe fn finish(taking: &mut Self::Taking, store: &Store) {
        // SAFETY: as the caller vouches; each entry is read once.
        unsafe {
            while taking.advance(store).is_some() {}
            taking.here.free(store);
        }
    }
}

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: ClonePart, L: TakeKeys> TakeKeys for Branch<P, L> {
    type List = (P::Owned, L::List);

    unsafe fn take(taking: &mut Self::Taking, store: &Store) -> Option<(Self::List, L::Value)> {
        // SAFETY: as the caller vouches.
        unsafe {
            loop {
                if let Some((rest, value)) = L::take(&mut taking.below, store) {
                    let part = match taking.part.take() {
                        Some(part) if !L::has_more(&taking.below) => P::into_owned(part, store),
                        part => P::make_owned(taking.part.insert(part?)),
                    };
                    return Some(((part, rest), value));
                }
                taking.advance(store)?;
            }
        }
    }
}

/// All entries of a node, by value. The store, `St`, is owned or borrowed.
pub(crate) struct Taken<L: TakeLevel, St: Borrow<Store>> {
    taking: L::Taking,
    left: usize,
    store: St,
}

/// Of a whole tree, whose memory goes along.
pub(crate) type TakenTree<L> = Taken<L, Store>;
/// Of a part of a tree.
pub(crate) type TakenPart<'a, L> = Taken<L, &'a Store>;

impl<L: TakeLevel, St: Borrow<Store>> Taken<L, St> {
    #[inline]
    pub(crate) fn next_value(&mut self) -> Option<L::Value> {
        // SAFETY: the node is of this store.
        let value = unsafe { L::take_value(&mut self.taking, self.store.borrow())? };
        self.left -= 1;
        Some(value)
    }

    #[inline]
    pub(crate) fn left(&self) -> usize {
        self.left
    }
}

impl<L: OwnedSuffix, St: Borrow<Store>> Taken<L, St> {
    #[inline]
    pub(crate) fn next(&mut self) -> Option<(L::Owned, L::Value)> {
        // Before a part is copied, which may panic: the entry is gone then.
        self.left = self.left.checked_sub(1)?;
        // SAFETY: the node is of this store.
        let (list, value) = unsafe { L::take(&mut self.taking, self.store.borrow())? };
        Some((L::tuple(list), value))
    }
}

impl<L: TakeLevel, St: Borrow<Store>> Drop for Taken<L, St> {
    fn drop(&mut self) {
        // SAFETY: the node is of this store, and nothing is taken any more.
        unsafe { L::finish(&mut self.taking, self.store.borrow()) };
    }
}

impl<L: TakeLevel> Tree<L> {
    /// All entries by value.
    pub(crate) fn into_taken(self) -> TakenTree<L> {
        let mut tree = mem::ManuallyDrop::new(self);
        let (left, root) = (tree.len(), mem::replace(&mut tree.root, Node::new()));
        Taken {
            taking: L::start(root),
            left,
            // SAFETY: the tree is not used again, nor dropped.
            store: unsafe { ptr::read(&raw const tree.store) },
        }
    }
}

impl<'a, L: TakeLevel> Detached<'a, L> {
    /// All entries by value.
    pub(crate) fn into_taken(mut self) -> TakenPart<'a, L> {
        let (node, left) = self.leave();
        Taken {
            taking: L::start(node),
            left,
            store: self.store,
        }
    }
}

// SAFETY: owns its entries, and owns or borrows, alone, the memory that they are in.
unsafe impl<L: TakeLevel + Send, St: Borrow<Store>> Send for Taken<L, St> where L::Value: Send {}
// SAFETY: a shared one gives out nothing.
unsafe impl<L: TakeLevel + Sync, St: Borrow<Store>> Sync for Taken<L, St> where L::Value: Sync {}
