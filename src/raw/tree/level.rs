//! The levels of a tree. A node of one level holds [`Branch`]es, each with a node of the level below; the last
//! level's nodes hold [`Leaf`]s. Everything that goes down the levels is a recursion over these two types.

use core::hash::BuildHasher;
use core::mem;
use core::ptr::NonNull;

use super::part::{ClonePart, KeyPart};
use super::strings::{Moving, Store};
use crate::TryReserveError;
use crate::raw::group::BitMask;
use crate::raw::node::{Cursor, Node, NodeCounts};
use core::fmt;

/// An entry of the last level.
pub struct Leaf<P: KeyPart, V> {
    pub(super) part: P::Stored,
    pub(super) value: V,
}

/// An entry of any other level.
pub struct Branch<P: KeyPart, L> {
    pub(super) part: P::Stored,
    pub(super) child: Node<L>,
}

// SAFETY: a node owns its entries; those of a branch are below it.
unsafe impl<P: KeyPart, L: Send> Send for Branch<P, L> where P::Stored: Send {}
// SAFETY: shared access to a node gives shared access to its entries.
unsafe impl<P: KeyPart, L: Sync> Sync for Branch<P, L> where P::Stored: Sync {}

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
    fn check<S: BuildHasher>(node: &Node<Self>, hasher: &S, census: &mut super::check::Census);
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

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: KeyPart, V> Level for Leaf<P, V> {
    type Part = P;
    type Value = V;
    type Keys = Cons<P, ()>;
    type Walk = Cursor<Self>;
    const DEPTH: usize = 1;
    const NEEDS_DROP: bool = mem::needs_drop::<P::Stored>() || mem::needs_drop::<V>();
    const IS_KEPT: bool = P::IS_KEPT;

    #[inline]
    fn part(&self) -> &P::Stored {
        &self.part
    }

    #[inline]
    fn count(node: &Node<Self>) -> usize {
        node.len()
    }

    unsafe fn drop_entries(node: &mut Node<Self>) {
        // SAFETY: each entry is dropped once.
        unsafe {
            for entry in node.iter() {
                entry.drop_in_place();
            }
        }
    }

    unsafe fn discard(mut node: Node<Self>, store: &Store) -> usize {
        let leaves = node.len();
        // SAFETY: each part is read once, and forgotten with the node.
        unsafe {
            let mut entries = node.cursor();
            while let Some((lanes, slots)) = entries.next_lanes().filter(|_| P::RELEASES) {
                for lane in lanes {
                    P::ask(&slots.add(lane).as_ref().part);
                }
                for lane in lanes {
                    P::ask_to_release(&slots.add(lane).as_ref().part, store);
                }
                for lane in lanes {
                    P::release(slots.add(lane).read().part, store);
                }
            }
            node.free(&store.arena);
        }
        leaves
    }

    unsafe fn consume(mut node: Node<Self>, store: &Store, out: &mut dyn FnMut(Self::Keys, V)) {
        // SAFETY: each entry is read once, and forgotten with the node.
        unsafe {
            for entry in node.iter() {
                let Leaf { part, value } = entry.read();
                out((P::raw(&part), ()), value);
                P::release(part, store);
            }
            node.free(&store.arena);
        }
    }

    #[inline]
    unsafe fn ask(entry: NonNull<Self>, _: bool) {
        // SAFETY: as the caller vouches.
        P::ask(unsafe { &entry.as_ref().part });
    }

    #[inline]
    unsafe fn walk(node: Option<&Node<Self>>) -> Cursor<Self> {
        // SAFETY: as the caller vouches.
        node.map_or(Cursor::none(), |node| unsafe { node.cursor() })
    }

    #[inline]
    unsafe fn next(walk: &mut Cursor<Self>) -> Option<(Self::Keys, NonNull<V>)> {
        let entry = walk.next()?.as_ptr();
        // SAFETY: the entry is live; a field of it is not null.
        unsafe {
            let part = P::raw(&(*entry).part);
            Some(((part, ()), NonNull::new_unchecked(&raw mut (*entry).value)))
        }
    }

    #[inline]
    unsafe fn each(walk: Cursor<Self>, f: &mut impl FnMut(Self::Keys, NonNull<V>)) {
        // SAFETY: the entries are live; a field of one is not null.
        walk.for_each(|entry| unsafe {
            let entry = entry.as_ptr();
            let value = NonNull::new_unchecked(&raw mut (*entry).value);
            f((P::raw(&(*entry).part), ()), value);
        });
    }

    unsafe fn retain<S: BuildHasher>(
        node: &mut Node<Self>,
        store: &Store,
        hasher: &S,
        keep: Keep<'_, Self::Keys, V>,
    ) {
        let hash = |leaf: &Self| leaf.hash(hasher);
        let take = |leaf: &mut Self| !keep((P::raw(&leaf.part), ()), &mut leaf.value);
        let out = |leaf: Self| {
            store.len.set(store.len.get() - 1);
            // SAFETY: the part has left the node.
            unsafe { P::release(leaf.part, store) };
        };
        // SAFETY: as the caller vouches.
        unsafe { node.extract(&store.arena, hash, take, out) };
    }

    fn equal<S: BuildHasher>(
        node: &Node<Self>,
        other: &Node<Self>,
        hasher: &S,
        values: &mut dyn FnMut(&V, &V) -> bool,
    ) -> bool {
        // SAFETY: both nodes are borrowed, and so are their entries.
        node.len() == other.len()
            && unsafe { node.iter() }.all(|entry| unsafe {
                let leaf = entry.as_ref();
                let hash = P::hash_anew(&leaf.part, hasher);
                other
                    .find(hash, |there| P::same(&leaf.part, &there.part))
                    .is_some_and(|there| values(&leaf.value, &there.ptr.as_ref().value))
            })
    }

    fn tally(node: &Node<Self>, counts: &mut [NodeCounts]) {
        node.count(&mut counts[0]);
    }

    fn follow(node: &mut Node<Self>, moving: &mut Moving<'_>) {
        if !Self::IS_KEPT {
            return;
        }
        // SAFETY: the node is borrowed exclusively, and so are its entries.
        unsafe {
            for mut entry in node.iter() {
                P::follow(&mut entry.as_mut().part, moving);
            }
        }
    }

    unsafe fn compact<S: BuildHasher>(node: &mut Node<Self>, store: &Store, hasher: &S) -> bool {
        // SAFETY: as the caller vouches.
        unsafe { node.compact(&store.arena, |leaf| leaf.hash(hasher)).is_ok() }
    }

    #[cfg(any(test, tophash_check))]
    fn check<S: BuildHasher>(node: &Node<Self>, hasher: &S, census: &mut super::check::Census) {
        census.leaves(node, hasher);
    }
}

// SAFETY: one of the two types that the trait is for.
unsafe impl<P: ClonePart, V: Clone> CloneLevel for Leaf<P, V> {
    unsafe fn clone_to<S: BuildHasher>(
        from: &Node<Self>,
        to: &mut Node<Self>,
        store: &Store,
        hasher: &S,
    ) -> Result<(), TryReserveError> {
        // SAFETY: the source is borrowed; an entry is whole before it is put in.
        unsafe {
            to.reserve(from.len(), &store.arena)?;
            for entry in from.iter() {
                let entry = entry.as_ref();
                let value = entry.value.clone();
                let part = P::copy_part(&entry.part, store)?;
                let leaf = Leaf { part, value };
                let hash = leaf.hash(hasher);
                to.insert(hash, leaf, &store.arena, |leaf| leaf.hash(hasher))
                    .map_err(|(error, leaf)| {
                        P::release(leaf.part, store);
                        error
                    })?;
                store.len.set(store.len.get() + 1);
            }
        }
        Ok(())
    }
}

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
    unsafe fn ask_ahead((lanes, slots): (BitMask, NonNull<Self>), freeing: Option<&Store>) {
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
    fn check<S: BuildHasher>(node: &Node<Self>, hasher: &S, census: &mut super::check::Census) {
        census.branches(node, hasher);
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

impl<P: KeyPart, V> Node<Leaf<P, V>> {
    /// The parts and values of this node.
    pub(crate) fn leaves_here(&self) -> impl ExactSizeIterator<Item = (&P::Stored, &V)> {
        // SAFETY: the node is borrowed, and so are its entries.
        let entries = unsafe { self.iter() };
        entries.map(|entry| unsafe {
            // SAFETY: as above.
            let leaf = &*entry.as_ptr();
            (&leaf.part, &leaf.value)
        })
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

impl<P: KeyPart, V: fmt::Debug> fmt::Debug for Node<Leaf<P, V>>
where
    P::Stored: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.leaves_here()).finish()
    }
}

impl<P: KeyPart, L> fmt::Debug for Node<Branch<P, L>>
where
    P::Stored: fmt::Debug,
    Node<L>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.branches_here()).finish()
    }
}
