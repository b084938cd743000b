//! Walks over trees and parts of trees, behind references.

use core::hash::BuildHasher;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::keys::{FullKey, PrefixKey, Suffix};
use super::level::{Branch, Level};
use super::part::KeyPart;
use super::path::{Path, PrefixPath};
use crate::raw::node::{Node, NodeIter};

impl<L: Level> Node<L> {
    /// The value at the end of a path.
    #[inline]
    pub(crate) fn value<Q: FullKey<L>, S: BuildHasher>(
        &self,
        key: Q,
        hasher: &S,
    ) -> Option<&L::Value> {
        self.value_at(&key.path(), hasher)
    }

    /// The same, by the path itself.
    #[inline]
    pub(crate) fn value_at<P: Path<L>, S: BuildHasher>(
        &self,
        path: &P,
        hasher: &S,
    ) -> Option<&L::Value> {
        // SAFETY: the value is below this node, which is borrowed.
        path.get(self, hasher)
            .map(|value| unsafe { value.as_ref() })
    }

    /// The key as it is stored, and the value.
    pub(crate) fn key_value<Q: FullKey<L>, S: BuildHasher>(
        &self,
        key: Q,
        hasher: &S,
    ) -> Option<(L::Ref<'_>, &L::Value)>
    where
        L: Suffix,
    {
        let (keys, value) = key.path().entry(self, hasher)?;
        // SAFETY: key and value are below this node, which is borrowed.
        unsafe { Some((L::pack(keys), value.as_ref())) }
    }

    /// The node at the end of a path.
    #[inline]
    pub(crate) fn below<Q: PrefixKey<L>, S: BuildHasher>(
        &self,
        key: Q,
        hasher: &S,
    ) -> Option<&Node<Q::Sub>> {
        key.prefix_path().descend(self, hasher)
    }

    /// Number of leaves.
    pub(crate) fn leaves(&self) -> usize {
        L::count(self)
    }
}

// SAFETY: a node owns its entries.
unsafe impl<L: Send> Send for Node<L> {}
// SAFETY: shared access to a node gives shared access to its entries.
unsafe impl<L: Sync> Sync for Node<L> {}

/// All leaves below a node.
pub(crate) struct Leaves<'a, L: Level> {
    raw: L::Walk,
    borrow: PhantomData<&'a L>,
}

impl<'a, L: Level> Leaves<'a, L> {
    pub(crate) fn new(node: Option<&'a Node<L>>) -> Self {
        Leaves {
            // SAFETY: the tree is borrowed for `'a`.
            raw: unsafe { L::walk(node) },
            borrow: PhantomData,
        }
    }
}

impl<L: Level> Clone for Leaves<'_, L> {
    fn clone(&self) -> Self {
        Leaves {
            raw: self.raw.clone(),
            borrow: PhantomData,
        }
    }
}

impl<'a, L: Suffix> Iterator for Leaves<'a, L> {
    type Item = (L::Ref<'a>, &'a L::Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // SAFETY: the tree is borrowed for `'a`, and with it all that is in it.
        unsafe {
            let (keys, value) = L::next(&mut self.raw)?;
            Some((L::pack(keys), value.as_ref()))
        }
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
        let mut sum = Some(init);
        // SAFETY: as above. The sum is there again when the closure has returned.
        unsafe {
            L::each(self.raw, &mut |keys, value| {
                let before = sum.take().unwrap_unchecked();
                sum = Some(f(before, (L::pack(keys), value.as_ref())));
            });
            sum.unwrap_unchecked()
        }
    }
}

/// All leaves below a node, with values that may be changed.
pub(crate) struct LeavesMut<'a, L: Level> {
    raw: L::Walk,
    borrow: PhantomData<&'a mut L>,
}

impl<'a, L: Level> LeavesMut<'a, L> {
    pub(super) fn new(node: &'a mut Node<L>) -> Self {
        LeavesMut {
            // SAFETY: the tree is borrowed for `'a`.
            raw: unsafe { L::walk(Some(node)) },
            borrow: PhantomData,
        }
    }

    /// A walk over nothing.
    pub(crate) fn none() -> Self {
        LeavesMut {
            // SAFETY: there is nothing.
            raw: unsafe { L::walk(None) },
            borrow: PhantomData,
        }
    }

    /// The leaves that are still to come.
    pub(crate) fn rest(&self) -> impl Iterator<Item = (L::Ref<'a>, &L::Value)>
    where
        L: Suffix,
    {
        let mut raw = self.raw.clone();
        // SAFETY: the tree is borrowed for `'a`, its keys to be read only; the values are lent with `self`.
        core::iter::from_fn(move || unsafe {
            let (keys, value) = L::next(&mut raw)?;
            Some((L::pack(keys), value.as_ref()))
        })
    }
}

impl<'a, L: Suffix> Iterator for LeavesMut<'a, L> {
    type Item = (L::Ref<'a>, &'a mut L::Value);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // SAFETY: the tree is borrowed exclusively for `'a`; each value is yielded once, and parts are only read.
        unsafe {
            let (keys, mut value) = L::next(&mut self.raw)?;
            Some((L::pack(keys), value.as_mut()))
        }
    }
}

/// A level with others below it.
#[diagnostic::on_unimplemented(
    message = "there are only values below this prefix",
    label = "this prefix leaves no part but the last",
    note = "`prefix(...)` and its `iter()` give the entries"
)]
pub trait Inner: Level {
    /// What is below.
    type Below: Suffix<Value = Self::Value>;

    /// The branches of a node.
    #[doc(hidden)]
    fn children(node: Option<&Node<Self>>) -> Children<'_, Self::Part, Self::Below>;
}

impl<P: KeyPart, L: Suffix> Inner for Branch<P, L> {
    type Below = L;

    fn children(node: Option<&Node<Self>>) -> Children<'_, P, L> {
        Children::new(node)
    }
}

/// The branches of one node, each with the node below it.
pub struct Children<'a, P: KeyPart, L: Level> {
    raw: NodeIter<Branch<P, L>>,
    borrow: PhantomData<&'a Branch<P, L>>,
}

impl<'a, P: KeyPart, L: Level> Children<'a, P, L> {
    pub(crate) fn new(node: Option<&'a Node<Branch<P, L>>>) -> Self {
        Children {
            // SAFETY: the tree is borrowed for `'a`.
            raw: node.map_or(NodeIter::none(), |node| unsafe { node.iter() }),
            borrow: PhantomData,
        }
    }
}

impl<P: KeyPart, L: Level> Clone for Children<'_, P, L> {
    fn clone(&self) -> Self {
        Children {
            raw: self.raw.clone(),
            borrow: PhantomData,
        }
    }
}

impl<'a, P: KeyPart, L: Level> Iterator for Children<'a, P, L> {
    type Item = (P::Ref<'a>, &'a Node<L>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let entry: NonNull<Branch<P, L>> = self.raw.next()?;
        // SAFETY: the tree is borrowed for `'a`.
        let entry: &'a Branch<P, L> = unsafe { &*entry.as_ptr() };
        Some((P::read(&entry.part), &entry.child))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.raw.size_hint()
    }
}

// SAFETY: stand for references to keys and values that are `Sync`.
unsafe impl<L: Level + Sync> Send for Leaves<'_, L> where L::Value: Sync {}
// SAFETY: as above.
unsafe impl<L: Level + Sync> Sync for Leaves<'_, L> where L::Value: Sync {}
// SAFETY: keys are shared, values are lent exclusively.
unsafe impl<L: Level + Sync> Send for LeavesMut<'_, L> where L::Value: Send {}
// SAFETY: a shared walk lends nothing exclusively.
unsafe impl<L: Level + Sync> Sync for LeavesMut<'_, L> where L::Value: Sync {}
// SAFETY: stand for references to branches.
unsafe impl<P: KeyPart, L: Level + Sync> Send for Children<'_, P, L> where P::Stored: Sync {}
// SAFETY: as above.
unsafe impl<P: KeyPart, L: Level + Sync> Sync for Children<'_, P, L> where P::Stored: Sync {}
