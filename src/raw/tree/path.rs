//! Paths down the levels: lists of probes, outermost first, as in `(a, (b, (c, ())))`.

use core::hash::BuildHasher;
use core::ptr::NonNull;

use super::Detached;
use super::level::{Branch, Leaf, Level};
use super::near::Near;
use super::part::{KeyPart, Probe};
use super::strings::Store;
use crate::raw::node::Node;

/// The place of an entry that is not there.
pub struct Spot {
    /// The node that it would be in. Not typed, so that what is found is handed up through all levels as it is.
    pub(super) node: NonNull<u8>,
    pub(super) hash: u64,
    /// Levels from that node down, which tells its type.
    pub(super) depth: usize,
}

impl Spot {
    #[inline]
    fn of<L: Level>(node: NonNull<Node<L>>, hash: u64) -> Self {
        Spot {
            node: node.cast(),
            hash,
            depth: L::DEPTH,
        }
    }
}

/// A key in a tree, and its value.
pub(super) type Entry<L> = (<L as Level>::Keys, NonNull<<L as Level>::Value>);

/// A path to a leaf.
///
/// # Safety
/// The pointers that come back are into the node.
pub unsafe trait Path<L: Level> {
    /// The value at the end of the path.
    fn get<S: BuildHasher>(&self, node: &Node<L>, hasher: &S) -> Option<NonNull<L::Value>>;

    /// The parts that the path leads over, as a walk remembers them, and the value.
    fn entry<S: BuildHasher>(&self, node: &Node<L>, hasher: &S) -> Option<Entry<L>>;

    /// The value at the end of the path, or the place where it would begin to be.
    fn locate<S: BuildHasher>(
        &self,
        node: NonNull<Node<L>>,
        hasher: &S,
    ) -> Result<NonNull<L::Value>, Spot>;

    /// The same from the root on, by way of what is near.
    ///
    /// # Safety
    /// `near` is of the node's tree; the node is the root, or below the last branch that counts.
    unsafe fn locate_near<S: BuildHasher>(
        &self,
        node: NonNull<Node<L>>,
        near: &Near,
        hasher: &S,
    ) -> Result<NonNull<L::Value>, Spot>;

    /// Takes out the leaf at the end of the path, and the branches that have none left.
    ///
    /// # Safety
    /// `store` is the node's.
    unsafe fn remove<S: BuildHasher>(
        &self,
        node: &mut Node<L>,
        store: &Store,
        hasher: &S,
    ) -> Option<L::Value>;
}

/// A path to a node.
///
/// # Safety
/// As for [`Path`].
pub unsafe trait PrefixPath<L: Level> {
    /// The level that the path leads to.
    type Sub: Level<Value = L::Value>;

    /// The node at the end of the path.
    fn descend<'a, S: BuildHasher>(
        &self,
        node: &'a Node<L>,
        hasher: &S,
    ) -> Option<&'a Node<Self::Sub>>;

    /// The same, of a node that is borrowed exclusively.
    fn descend_mut<S: BuildHasher>(
        &self,
        node: NonNull<Node<L>>,
        hasher: &S,
    ) -> Option<NonNull<Node<Self::Sub>>>;

    /// Takes out the node at the end of the path, and the branches that have nothing left.
    ///
    /// # Safety
    /// `store` is the node's.
    unsafe fn detach<'s, S: BuildHasher>(
        &self,
        node: &mut Node<L>,
        store: &'s Store,
        hasher: &S,
    ) -> Option<Detached<'s, Self::Sub>>;
}

/// A path with at least one part, which chooses a shard.
#[cfg(feature = "std")]
#[diagnostic::on_unimplemented(
    message = "this needs the first part of the key",
    label = "the empty prefix names no shard",
    note = "`for_each`, `len` and `clear` are for the whole map"
)]
pub trait Routed<L: Level> {
    /// The hash of the first part.
    fn first_hash<S: BuildHasher>(&self, hasher: &S) -> u64;
}

#[cfg(feature = "std")]
impl<P: KeyPart, L: Level, Q: Probe<P>, R> Routed<Branch<P, L>> for (Q, R) {
    #[inline]
    fn first_hash<S: BuildHasher>(&self, hasher: &S) -> u64 {
        self.0.hash(hasher)
    }
}

// SAFETY: what comes back is found in the node.
unsafe impl<P: KeyPart, V, Q: Probe<P>> Path<Leaf<P, V>> for (Q, ()) {
    #[inline]
    fn get<S: BuildHasher>(&self, node: &Node<Leaf<P, V>>, hasher: &S) -> Option<NonNull<V>> {
        if node.is_null() {
            return None;
        }
        let loc = node.find(self.0.hash(hasher), |leaf| self.0.is(&leaf.part))?;
        // SAFETY: the entry is live; a field of it is not null.
        unsafe { Some(NonNull::new_unchecked(&raw mut (*loc.ptr.as_ptr()).value)) }
    }

    fn entry<S: BuildHasher>(
        &self,
        node: &Node<Leaf<P, V>>,
        hasher: &S,
    ) -> Option<Entry<Leaf<P, V>>> {
        let loc = node.find(self.0.hash(hasher), |leaf| self.0.is(&leaf.part))?;
        // SAFETY: the entry is live, and borrowed with the node.
        let leaf = unsafe { loc.ptr.as_ref() };
        Some(((P::raw(&leaf.part), ()), NonNull::from(&leaf.value)))
    }

    #[inline]
    fn locate<S: BuildHasher>(
        &self,
        node: NonNull<Node<Leaf<P, V>>>,
        hasher: &S,
    ) -> Result<NonNull<V>, Spot> {
        let hash = self.0.hash(hasher);
        // SAFETY: the caller's node is live; a field of an entry is not null.
        unsafe {
            match node.as_ref().find(hash, |leaf| self.0.is(&leaf.part)) {
                Some(loc) => Ok(NonNull::new_unchecked(&raw mut (*loc.ptr.as_ptr()).value)),
                None => Err(Spot::of(node, hash)),
            }
        }
    }

    #[inline]
    unsafe fn locate_near<S: BuildHasher>(
        &self,
        node: NonNull<Node<Leaf<P, V>>>,
        _: &Near,
        hasher: &S,
    ) -> Result<NonNull<V>, Spot> {
        self.locate(node, hasher)
    }

    unsafe fn remove<S: BuildHasher>(
        &self,
        node: &mut Node<Leaf<P, V>>,
        store: &Store,
        hasher: &S,
    ) -> Option<V> {
        let hash = self.0.hash(hasher);
        let loc = node.find(hash, |leaf| self.0.is(&leaf.part))?;
        store.len.set(store.len.get() - 1);
        // SAFETY: the entry is live, and its part goes with it.
        unsafe {
            let leaf = node.remove(loc, hash, &store.arena, |leaf| leaf.hash(hasher));
            P::release(leaf.part, store);
            Some(leaf.value)
        }
    }
}

// SAFETY: what comes back is found in the node.
unsafe impl<P: KeyPart, L: Level, Q: Probe<P>, R: Path<L>> Path<Branch<P, L>> for (Q, R) {
    #[inline]
    fn get<S: BuildHasher>(
        &self,
        node: &Node<Branch<P, L>>,
        hasher: &S,
    ) -> Option<NonNull<L::Value>> {
        if node.is_null() {
            return None;
        }
        let loc = node.find(self.0.hash(hasher), |branch| self.0.is(&branch.part))?;
        // SAFETY: the entry is live, and borrowed with the node.
        self.1.get(unsafe { &loc.ptr.as_ref().child }, hasher)
    }

    fn entry<S: BuildHasher>(
        &self,
        node: &Node<Branch<P, L>>,
        hasher: &S,
    ) -> Option<Entry<Branch<P, L>>> {
        let loc = node.find(self.0.hash(hasher), |branch| self.0.is(&branch.part))?;
        // SAFETY: the entry is live, and borrowed with the node.
        let branch = unsafe { loc.ptr.as_ref() };
        let (rest, value) = self.1.entry(&branch.child, hasher)?;
        Some(((P::raw(&branch.part), rest), value))
    }

    #[inline]
    fn locate<S: BuildHasher>(
        &self,
        node: NonNull<Node<Branch<P, L>>>,
        hasher: &S,
    ) -> Result<NonNull<L::Value>, Spot> {
        let hash = self.0.hash(hasher);
        // SAFETY: the caller's node is live; a field of an entry is not null.
        unsafe {
            match node.as_ref().find(hash, |branch| self.0.is(&branch.part)) {
                Some(loc) => {
                    let child = NonNull::new_unchecked(&raw mut (*loc.ptr.as_ptr()).child);
                    self.1.locate(child, hasher)
                }
                None => Err(Spot::of(node, hash)),
            }
        }
    }

    #[inline]
    unsafe fn locate_near<S: BuildHasher>(
        &self,
        node: NonNull<Node<Branch<P, L>>>,
        near: &Near,
        hasher: &S,
    ) -> Result<NonNull<L::Value>, Spot> {
        let last = near.at::<Branch<P, L>>();
        // SAFETY: all above counts, so the last entry is live (T5), and so is the caller's node; a field of an entry is
        // not null.
        unsafe {
            let branch = match last.filter(|branch| self.0.is(&branch.as_ref().part)) {
                Some(branch) => branch,
                None => {
                    let hash = self.0.hash(hasher);
                    let found = node.as_ref().find(hash, |branch| self.0.is(&branch.part));
                    let loc = found.ok_or_else(|| Spot::of(node, hash))?;
                    near.keep(loc.ptr);
                    loc.ptr
                }
            };
            let child = NonNull::new_unchecked(&raw mut (*branch.as_ptr()).child);
            self.1.locate_near(child, near, hasher)
        }
    }

    unsafe fn remove<S: BuildHasher>(
        &self,
        node: &mut Node<Branch<P, L>>,
        store: &Store,
        hasher: &S,
    ) -> Option<L::Value> {
        let hash = self.0.hash(hasher);
        let mut loc = node.find(hash, |branch| self.0.is(&branch.part))?;
        // SAFETY: the entry is live; it goes when nothing is left below it.
        unsafe {
            let child = &mut loc.ptr.as_mut().child;
            let value = self.1.remove(child, store, hasher)?;
            if child.is_null() {
                store.near.forget::<Branch<P, L>>();
                let branch = node.remove(loc, hash, &store.arena, |branch| branch.hash(hasher));
                P::release(branch.part, store);
            }
            Some(value)
        }
    }
}

// SAFETY: what comes back is found in the node.
unsafe impl<L: Level> PrefixPath<L> for () {
    type Sub = L;

    #[inline]
    fn descend<'a, S: BuildHasher>(&self, node: &'a Node<L>, _: &S) -> Option<&'a Node<L>> {
        Some(node)
    }

    fn descend_mut<S: BuildHasher>(
        &self,
        node: NonNull<Node<L>>,
        _: &S,
    ) -> Option<NonNull<Node<L>>> {
        Some(node)
    }

    unsafe fn detach<'s, S: BuildHasher>(
        &self,
        node: &mut Node<L>,
        store: &'s Store,
        _: &S,
    ) -> Option<Detached<'s, L>> {
        store.near.forget::<L>();
        Some(Detached::new(core::mem::replace(node, Node::new()), store))
    }
}

// SAFETY: what comes back is found in the node.
unsafe impl<P: KeyPart, L: Level, Q: Probe<P>, R: PrefixPath<L>> PrefixPath<Branch<P, L>>
    for (Q, R)
{
    type Sub = R::Sub;

    #[inline]
    fn descend<'a, S: BuildHasher>(
        &self,
        node: &'a Node<Branch<P, L>>,
        hasher: &S,
    ) -> Option<&'a Node<R::Sub>> {
        let loc = node.find(self.0.hash(hasher), |branch| self.0.is(&branch.part))?;
        // SAFETY: the entry is live, and borrowed with the node.
        self.1
            .descend(unsafe { &(*loc.ptr.as_ptr()).child }, hasher)
    }

    fn descend_mut<S: BuildHasher>(
        &self,
        node: NonNull<Node<Branch<P, L>>>,
        hasher: &S,
    ) -> Option<NonNull<Node<R::Sub>>> {
        // SAFETY: the caller's node is live; a field of an entry is not null.
        unsafe {
            let loc = node
                .as_ref()
                .find(self.0.hash(hasher), |branch| self.0.is(&branch.part))?;
            let child = NonNull::new_unchecked(&raw mut (*loc.ptr.as_ptr()).child);
            self.1.descend_mut(child, hasher)
        }
    }

    unsafe fn detach<'s, S: BuildHasher>(
        &self,
        node: &mut Node<Branch<P, L>>,
        store: &'s Store,
        hasher: &S,
    ) -> Option<Detached<'s, R::Sub>> {
        let hash = self.0.hash(hasher);
        let mut loc = node.find(hash, |branch| self.0.is(&branch.part))?;
        // SAFETY: the entry is live; it goes when nothing is left below it.
        unsafe {
            let Branch { part, child } = loc.ptr.as_mut();
            child.ask(true);
            P::ask_to_release(part, store);
            let sub = self.1.detach(child, store, hasher)?;
            if child.is_null() {
                store.near.forget::<Branch<P, L>>();
                let branch = node.remove(loc, hash, &store.arena, |branch| branch.hash(hasher));
                P::release(branch.part, store);
            }
            Some(sub)
        }
    }
}
