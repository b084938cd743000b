//! Walking the entries of a node.

use core::ptr::NonNull;

use super::{NULL, Node, TABLE};
use crate::raw::iter::RawIter;

impl<T> Node<T> {
    /// Walks all entries.
    ///
    /// # Safety
    /// The node outlives the iterator and does not change while it is used.
    #[inline]
    pub(crate) unsafe fn iter(&self) -> NodeIter<T> {
        match self.rep() {
            NULL => NodeIter::none(),
            // SAFETY: the representation says so; the rest is the caller's promise.
            TABLE => NodeIter::Table(unsafe { self.table().iter() }),
            _ => NodeIter::Block {
                // SAFETY: the node is a block.
                next: unsafe { self.slot(0) },
                left: self.len(),
            },
        }
    }
}

/// Walks the entries of a node.
pub enum NodeIter<T> {
    Block { next: NonNull<T>, left: usize },
    Table(RawIter<T>),
}

impl<T> NodeIter<T> {
    #[inline]
    pub(crate) const fn none() -> Self {
        NodeIter::Block {
            next: NonNull::dangling(),
            left: 0,
        }
    }
}

impl<T> Clone for NodeIter<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Block { next, left } => Self::Block {
                next: *next,
                left: *left,
            },
            Self::Table(raw) => Self::Table(raw.clone()),
        }
    }
}

impl<T> Iterator for NodeIter<T> {
    type Item = NonNull<T>;

    #[inline]
    fn next(&mut self) -> Option<NonNull<T>> {
        match self {
            Self::Block { left: 0, .. } => None,
            Self::Block { next, left } => {
                let entry = *next;
                // SAFETY: the slots of a block lie one after another; at most one past the last is pointed at.
                *next = unsafe { entry.add(1) };
                *left -= 1;
                Some(entry)
            }
            Self::Table(raw) => raw.next(),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Block { left, .. } => (*left, Some(*left)),
            Self::Table(raw) => raw.size_hint(),
        }
    }
}

impl<T> ExactSizeIterator for NodeIter<T> {}
