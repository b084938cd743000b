//! All levels but the last.

use core::fmt;
use core::hash::BuildHasher;
use core::mem;
use core::ptr::NonNull;

#[cfg(any(test, tophash_check))]
use super::{Census, Near};
use super::{CloneLevel, Cons, DebugLevel, Keep, Level};
use crate::TryReserveError;
use crate::raw::node::{Cursor, Lanes, Node, NodeCounts};
use crate::raw::tree::part::{ClonePart, KeyPart};
use crate::raw::tree::strings::{Moving, Store};

/// An entry of any other level.
pub struct Branch<P: KeyPart, L> {
    pub(in crate::raw::tree) part: P::Stored,
    pub(in crate::raw::tree) child: Node<L>,
}

// SAFETY: a node owns its entries; those of a branch are below it.
unsafe impl<P: KeyPart, L: Send> Send for Branch<P, L> where P::Stored: Send {}
// SAFETY: shared access to a node gives shared access to its entries.
unsafe impl<P: KeyPart, L: Sync> Sync for Branch<P, L> where P::Stored: Sync {}

impl<P: KeyPart, L: Level> Branch<P, L> {
    /// Asks for the nodes below all branches that a walk comes to next, or that are freed with what they have in a store,
    /// so that these cache misses overlap.
    ///
    /// Where such a node is a bare entry, it is there by then that the last one has been asked for, and what is behind it
    /// is asked for as well.
    ///
    /// # Safety
    /// The entries are live.
    #[cold]
    #[inline(never)]
    unsafe fn ask_ahead((lanes, slots): (Lanes, NonNull<Self>), freeing: Option<&Store>) {
        // SAFETY: as the caller vouches; what is below is live as well.
        unsafe {
            for lane in lanes {
                Self::ask(slots.add(lane), freeing.is_some());
            }
            for lane in lanes {
                let branch = slots.add(lane).as_ref();
                if let Some(store) = freeing {
                    P::ask_to_release(&branch.part, store);
                }
                if let Some(below) = branch.child.bare() {
                    L::ask(below, freeing.is_some());
                }
            }
        }
    }
}

/// A walk over the leaves below a node of branches.
pub struct BranchWalk<P: KeyPart, L: Level> {
    outer: Cursor<Branch<P, L>>,
    part: P::Raw,
    inner: L::Walk,
}

impl<P: KeyPart, L: Level> Clone for BranchWalk<P, L> {
    fn clone(&self) -> Self {
        BranchWalk {
            outer: self.outer,
            part: self.part,
            inner: self.inner.clone(),
        }
    }
}

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: KeyPart, L: Level> Level for Branch<P, L> {
    type Part = P;
    type Value = L::Value;
    type Keys = Cons<P, L::Keys>;
    type Walk = BranchWalk<P, L>;
    const DEPTH: usize = L::DEPTH + 1;
    const NEEDS_DROP: bool = mem::needs_drop::<P::Stored>() || L::NEEDS_DROP;
    const IS_KEPT: bool = P::IS_KEPT || L::IS_KEPT;

    #[inline]
    fn part(&self) -> &P::Stored {
        &self.part
    }

    fn count(node: &Node<Self>) -> usize {
        // SAFETY: the node is borrowed, and so are its entries.
        unsafe {
            node.iter()
                .map(|entry| L::count(&entry.as_ref().child))
                .sum()
        }
    }

    unsafe fn drop_entries(node: &mut Node<Self>) {
        // SAFETY: each entry is dropped once.
        unsafe {
            for mut entry in node.iter() {
                if L::NEEDS_DROP {
                    L::drop_entries(&mut entry.as_mut().child);
                }
                entry.drop_in_place();
            }
        }
    }

    unsafe fn discard(mut node: Node<Self>, store: &Store) -> usize {
        let mut leaves = 0;
        // SAFETY: each entry is read once, and forgotten with the node.
        unsafe {
            let mut entries = node.cursor();
            while let Some((lanes, slots)) = entries.next_lanes() {
                Self::ask_ahead((lanes, slots), Some(store));
                for lane in lanes {
                    let Branch { part, child } = slots.add(lane).read();
                    leaves += L::discard(child, store);
                    P::release(part, store);
                }
            }
            node.free(&store.arena);
        }
        leaves
    }

    unsafe fn consume(
        mut node: Node<Self>,
        store: &Store,
        out: &mut dyn FnMut(Self::Keys, L::Value),
    ) {
        // SAFETY: each entry is read once, and forgotten with the node.
        unsafe {
            for entry in node.iter() {
                let Branch { part, child } = entry.read();
                let at = P::raw(&part);
                L::consume(child, store, &mut |keys, value| out((at, keys), value));
                P::release(part, store);
            }
            node.free(&store.arena);
        }
    }

    #[inline]
    unsafe fn ask(entry: NonNull<Self>, to_free: bool) {
        // SAFETY: as the caller vouches.
        let branch = unsafe { entry.as_ref() };
        P::ask(&branch.part);
        branch.child.ask(to_free);
    }

    #[inline]
    unsafe fn walk(node: Option<&Node<Self>>) -> Self::Walk {
        // SAFETY: as the caller vouches.
        unsafe {
            let outer = node.map_or(Cursor::none(), |node| node.cursor());
            Self::ask_ahead(outer.lanes(), None);
            BranchWalk {
                outer,
                part: P::NO_PART,
                inner: L::walk(None),
            }
        }
    }

    #[inline]
    unsafe fn next(walk: &mut Self::Walk) -> Option<(Self::Keys, NonNull<L::Value>)> {
        loop {
            // SAFETY: as the caller vouches; entries of the outer node are live.
            unsafe {
                if let Some((keys, value)) = L::next(&mut walk.inner) {
                    return Some(((walk.part, keys), value));
                }
                if !walk.outer.is_here() {
                    if !walk.outer.advance() {
                        return None;
                    }
                    Self::ask_ahead(walk.outer.lanes(), None);
                }
                let entry = walk.outer.next()?.as_ptr();
                walk.part = P::raw(&(*entry).part);
                walk.inner = L::walk(Some(&(*entry).child));
            }
        }
    }

    #[inline]
    unsafe fn each(walk: Self::Walk, f: &mut impl FnMut(Self::Keys, NonNull<L::Value>)) {
        // SAFETY: as the caller vouches; entries of the outer node are live.
        unsafe {
            L::each(walk.inner, &mut |keys, value| f((walk.part, keys), value));
            let mut outer = walk.outer;
            loop {
                let (lanes, slots) = outer.lanes();
                for lane in lanes {
                    let slot = slots.add(lane);
                    let entry = slot.as_ref();
                    let part = P::raw(&entry.part);
                    let below = L::walk(Some(&entry.child));
                    L::each(below, &mut |keys, value| f((part, keys), value));
                }
                if !outer.advance() {
                    break;
                }
                Self::ask_ahead(outer.lanes(), None);
            }
        }
    }

    unsafe fn retain<S: BuildHasher>(
        node: &mut Node<Self>,
        store: &Store,
        hasher: &S,
        keep: Keep<'_, Self::Keys, L::Value>,
    ) {
        let hash = |branch: &Self| branch.hash(hasher);
        let take = |branch: &mut Self| {
            let part = P::raw(&branch.part);
            let mut below = |keys, value: &mut L::Value| keep((part, keys), value);
            // SAFETY: the child is of the same store.
            unsafe { L::retain(&mut branch.child, store, hasher, &mut below) };
            branch.child.is_null()
        };
        // SAFETY: the part has left the node, and the child is null.
        let out = |branch: Self| unsafe { P::release(branch.part, store) };
        store.near.forget::<Self>();
        // SAFETY: as the caller vouches.
        unsafe { node.extract(&store.arena, hash, take, out) };
    }

    fn equal<S: BuildHasher>(
        node: &Node<Self>,
        other: &Node<Self>,
        hasher: &S,
        values: &mut dyn FnMut(&L::Value, &L::Value) -> bool,
    ) -> bool {
        // SAFETY: both nodes are borrowed, and so are their entries.
        node.len() == other.len()
            && unsafe { node.iter() }.all(|entry| unsafe {
                let branch = entry.as_ref();
                let hash = P::hash_anew(&branch.part, hasher);
                other
                    .find(hash, |there| P::same(&branch.part, &there.part))
                    .is_some_and(|there| {
                        L::equal(&branch.child, &there.ptr.as_ref().child, hasher, values)
                    })
            })
    }

    fn tally(node: &Node<Self>, counts: &mut [NodeCounts]) {
        node.count(&mut counts[0]);
        // SAFETY: the node is borrowed, and so are its entries.
        unsafe {
            for entry in node.iter() {
                L::tally(&entry.as_ref().child, &mut counts[1..]);
            }
        }
    }

    fn follow(node: &mut Node<Self>, moving: &mut Moving<'_>) {
        if !Self::IS_KEPT {
            return;
        }
        // SAFETY: the node is borrowed exclusively, and so are its entries.
        unsafe {
            for mut entry in node.iter() {
                let branch = entry.as_mut();
                P::follow(&mut branch.part, moving);
                L::follow(&mut branch.child, moving);
            }
        }
    }

    unsafe fn compact<S: BuildHasher>(node: &mut Node<Self>, store: &Store, hasher: &S) -> bool {
        store.near.forget::<Self>();
        // SAFETY: as the caller vouches; the walk ends before the node changes.
        unsafe {
            let mut moved = true;
            for mut entry in node.iter() {
                moved &= L::compact(&mut entry.as_mut().child, store, hasher);
            }
            let hash = |branch: &Self| branch.hash(hasher);
            node.compact(&store.arena, hash).is_ok() && moved
        }
    }

    #[cfg(any(test, tophash_check))]
    fn check<S: BuildHasher>(node: &Node<Self>, hasher: &S, census: &mut Census) {
        census.branches(node, hasher);
    }

    #[cfg(any(test, tophash_check))]
    fn check_near(node: &Node<Self>, near: &Near) {
        if let Some(last) = near.last::<Self>() {
            // SAFETY: the node is borrowed, and so are its entries.
            let entry = unsafe { node.iter() }.find(|&entry| entry == last);
            let entry = entry.expect("T5: what is near is no entry");
            // SAFETY: as above.
            L::check_near(unsafe { &entry.as_ref().child }, near);
        }
    }
}

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: ClonePart, L: CloneLevel> CloneLevel for Branch<P, L> {
    unsafe fn clone_to<S: BuildHasher>(
        from: &Node<Self>,
        to: &mut Node<Self>,
        store: &Store,
        hasher: &S,
    ) -> Result<(), TryReserveError> {
        // SAFETY: the source is borrowed; an entry is whole, if empty below, before it is put in.
        unsafe {
            to.reserve(from.len(), &store.arena)?;
            for entry in from.iter() {
                let entry = entry.as_ref();
                let part = P::copy_part(&entry.part, store)?;
                let child = Node::new();
                let branch = Branch { part, child };
                let hash = branch.hash(hasher);
                let mut copy = to
                    .insert(hash, branch, &store.arena, |branch| branch.hash(hasher))
                    .map_err(|(error, branch)| {
                        P::release(branch.part, store);
                        error
                    })?;
                L::clone_to(&entry.child, &mut copy.as_mut().child, store, hasher)?;
            }
        }
        Ok(())
    }
}

impl<P: KeyPart, L> Node<Branch<P, L>> {
    /// The parts of this node and the nodes below them.
    pub(crate) fn branches_here(&self) -> impl ExactSizeIterator<Item = (&P::Stored, &Node<L>)> {
        // SAFETY: the node is borrowed, and so are its entries.
        let entries = unsafe { self.iter() };
        entries.map(|entry| unsafe {
            // SAFETY: as above.
            let branch = &*entry.as_ptr();
            (&branch.part, &branch.child)
        })
    }
}

impl<P: KeyPart, L: DebugLevel> DebugLevel for Branch<P, L>
where
    P::Stored: fmt::Debug,
{
    fn fmt_node(node: &Node<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(node.branches_here()).finish()
    }
}
