//! Paths down the levels: lists of probes, outermost first, as in `(a, (b, (c, ())))`.

use core::hash::BuildHasher;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use super::Detached;
use super::level::{Branch, BranchSpot, Leaf, LeafSpot, Level};
use super::part::{Give, IntoPart, KeyPart, Probe};
use super::strings::Store;
use crate::TryReserveError;
use crate::raw::node::Node;

/// Something new with its only value, or why it could not be made and the value.
pub(super) type Made<T, V> = Result<(T, NonNull<V>), (TryReserveError, V)>;

/// A path to a leaf.
///
/// # Safety
/// The pointers that come back are into the node.
pub unsafe trait Path<L: Level> {
    /// The value at the end of the path.
    fn get<S: BuildHasher>(&self, node: &Node<L>, hasher: &S) -> Option<NonNull<L::Value>>;

    /// The value at the end of the path, or the place where it would begin to be.
    fn locate<S: BuildHasher>(
        &self,
        node: NonNull<Node<L>>,
        hasher: &S,
    ) -> Result<NonNull<L::Value>, L::Spot>;

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

/// A path that entries can be made of.
///
/// # Safety
/// As for [`Path`].
pub unsafe trait MakePath<L: Level>: Path<L> {
    /// Makes what is missing from `spot` on.
    ///
    /// # Safety
    /// `spot` is what `locate` has returned, and the tree, whose store this is, has not changed since.
    unsafe fn put<S: BuildHasher>(
        self,
        spot: L::Spot,
        value: L::Value,
        store: &Store,
        hasher: &S,
    ) -> Result<NonNull<L::Value>, (TryReserveError, L::Value)>;

    /// Makes a node with one leaf.
    fn make<S: BuildHasher>(
        self,
        value: L::Value,
        store: &Store,
        hasher: &S,
    ) -> Made<Node<L>, L::Value>;

    /// Takes apart what `make` has made.
    ///
    /// # Safety
    /// `node` is what `make` has returned for this store.
    unsafe fn unmake(node: Node<L>, store: &Store) -> L::Value;
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

/// A path with at least one part.
#[diagnostic::on_unimplemented(
    message = "this needs the first part of the key",
    label = "the empty prefix names no shard",
    note = "`for_each`, `len` and `clear` are for the whole map"
)]
pub trait Routed<L: Level> {
    /// The hash of the first part.
    fn first_hash<S: BuildHasher>(&self, hasher: &S) -> u64;
}

impl<P: KeyPart, L: Level, Q: Probe<P>, R> Routed<Branch<P, L>> for (Q, R) {
    #[inline]
    fn first_hash<S: BuildHasher>(&self, hasher: &S) -> u64 {
        self.0.hash(hasher)
    }
}

/// A path to a node that can be made.
pub trait MakePrefix<L: Level>: PrefixPath<L> {
    /// The path to a leaf below that node.
    type Full<R: MakePath<Self::Sub>>: MakePath<L>;

    /// This path and then another.
    fn join<R: MakePath<Self::Sub>>(self, rest: R) -> Self::Full<R>;
}

impl<L: Level> MakePrefix<L> for () {
    type Full<R: MakePath<L>> = R;

    fn join<R: MakePath<L>>(self, rest: R) -> R {
        rest
    }
}

impl<P: KeyPart, L: Level, Q: IntoPart<P>, T: MakePrefix<L>> MakePrefix<Branch<P, L>>
    for (Give<Q>, T)
{
    type Full<R: MakePath<T::Sub>> = (Give<Q>, T::Full<R>);

    fn join<R: MakePath<T::Sub>>(self, rest: R) -> Self::Full<R> {
        (self.0, self.1.join(rest))
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

    #[inline]
    fn locate<S: BuildHasher>(
        &self,
        node: NonNull<Node<Leaf<P, V>>>,
        hasher: &S,
    ) -> Result<NonNull<V>, LeafSpot<Leaf<P, V>>> {
        let hash = self.0.hash(hasher);
        // SAFETY: the caller's node is live; a field of an entry is not null.
        unsafe {
            match node.as_ref().find(hash, |leaf| self.0.is(&leaf.part)) {
                Some(loc) => Ok(NonNull::new_unchecked(&raw mut (*loc.ptr.as_ptr()).value)),
                None => Err(LeafSpot { node, hash }),
            }
        }
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

    #[inline]
    fn locate<S: BuildHasher>(
        &self,
        node: NonNull<Node<Branch<P, L>>>,
        hasher: &S,
    ) -> Result<NonNull<L::Value>, BranchSpot<Branch<P, L>, L::Spot>> {
        let hash = self.0.hash(hasher);
        // SAFETY: the caller's node is live; a field of an entry is not null.
        unsafe {
            match node.as_ref().find(hash, |branch| self.0.is(&branch.part)) {
                Some(loc) => {
                    let child = NonNull::new_unchecked(&raw mut (*loc.ptr.as_ptr()).child);
                    self.1.locate(child, hasher).map_err(BranchSpot::Below)
                }
                None => Err(BranchSpot::Here(LeafSpot { node, hash })),
            }
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
                let branch = node.remove(loc, hash, &store.arena, |branch| branch.hash(hasher));
                P::release(branch.part, store);
            }
            Some(value)
        }
    }
}

// SAFETY: what comes back is found in the node.
unsafe impl<P: KeyPart, V, Q: IntoPart<P>> MakePath<Leaf<P, V>> for (Give<Q>, ()) {
    unsafe fn put<S: BuildHasher>(
        self,
        spot: LeafSpot<Leaf<P, V>>,
        value: V,
        store: &Store,
        hasher: &S,
    ) -> Result<NonNull<V>, (TryReserveError, V)> {
        let part = match self.0.0.store(store, spot.hash) {
            Ok(part) => part,
            Err(error) => return Err((error, value)),
        };
        // SAFETY: the node is live and does not hold this part, as the caller vouches.
        unsafe {
            let node = &mut *spot.node.as_ptr();
            let leaf = Leaf { part, value };
            match node.insert(spot.hash, leaf, &store.arena, |leaf| leaf.hash(hasher)) {
                Ok(entry) => {
                    store.len.set(store.len.get() + 1);
                    Ok(NonNull::new_unchecked(&raw mut (*entry.as_ptr()).value))
                }
                Err((error, leaf)) => {
                    P::release(leaf.part, store);
                    Err((error, leaf.value))
                }
            }
        }
    }

    fn make<S: BuildHasher>(
        self,
        value: V,
        store: &Store,
        hasher: &S,
    ) -> Made<Node<Leaf<P, V>>, V> {
        let hash = Probe::<P>::hash(&self.0, hasher);
        let part = match self.0.0.store(store, hash) {
            Ok(part) => part,
            Err(error) => return Err((error, value)),
        };
        let room = store.room(1);
        let hash = |leaf: &Leaf<P, V>| leaf.hash(hasher);
        match Node::first(Leaf { part, value }, room, &store.arena, hash) {
            // SAFETY: the node has one entry; a field of it is not null.
            Ok(node) => unsafe {
                let entry = node.iter().next().unwrap_unchecked().as_ptr();
                Ok((node, NonNull::new_unchecked(&raw mut (*entry).value)))
            },
            Err((error, leaf)) => {
                // SAFETY: the part is not used again.
                unsafe { P::release(leaf.part, store) };
                Err((error, leaf.value))
            }
        }
    }

    unsafe fn unmake(mut node: Node<Leaf<P, V>>, store: &Store) -> V {
        // SAFETY: the node has one entry, which is read once.
        unsafe {
            let Leaf { part, value } = node.iter().next().unwrap_unchecked().read();
            node.free(&store.arena);
            P::release(part, store);
            value
        }
    }
}

/// A part that is in no node yet. It is given back should user code panic, or memory be refused.
struct Loose<'s, P: KeyPart> {
    part: ManuallyDrop<P::Stored>,
    store: &'s Store,
}

impl<P: KeyPart> Loose<'_, P> {
    fn keep(self) -> P::Stored {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: taken once: the destructor does not run.
        unsafe { ManuallyDrop::take(&mut this.part) }
    }
}

impl<P: KeyPart> Drop for Loose<'_, P> {
    fn drop(&mut self) {
        // SAFETY: taken once, here, and not used again.
        unsafe { P::release(ManuallyDrop::take(&mut self.part), self.store) }
    }
}

/// The branch of a new part, with one leaf below it.
fn make_branch<P, L, Q, R, S>(
    (Give(part), rest): (Give<Q>, R),
    hash: u64,
    value: L::Value,
    store: &Store,
    hasher: &S,
) -> Made<Branch<P, L>, L::Value>
where
    P: KeyPart,
    L: Level,
    Q: IntoPart<P>,
    R: MakePath<L>,
    S: BuildHasher,
{
    let part = match part.store(store, hash) {
        Ok(part) => ManuallyDrop::new(part),
        Err(error) => return Err((error, value)),
    };
    let part = Loose::<P> { part, store };
    let (child, value) = rest.make(value, store, hasher)?;
    let part = part.keep();
    Ok((Branch { part, child }, value))
}

// SAFETY: what comes back is found in the node.
unsafe impl<P: KeyPart, L: Level, Q: IntoPart<P>, R: MakePath<L>> MakePath<Branch<P, L>>
    for (Give<Q>, R)
{
    unsafe fn put<S: BuildHasher>(
        self,
        spot: BranchSpot<Branch<P, L>, L::Spot>,
        value: L::Value,
        store: &Store,
        hasher: &S,
    ) -> Result<NonNull<L::Value>, (TryReserveError, L::Value)> {
        let spot = match spot {
            // SAFETY: the caller's promise is the same.
            BranchSpot::Below(spot) => return unsafe { self.1.put(spot, value, store, hasher) },
            BranchSpot::Here(spot) => spot,
        };
        // SAFETY: the node is live and does not hold this part, as the caller vouches. What is made is not dropped
        // with all below it when user code panics; so that runs first.
        unsafe {
            let node = &mut *spot.node.as_ptr();
            if let Err(error) = node.make_room(&store.arena, |branch| branch.hash(hasher)) {
                return Err((error, value));
            }
            let (branch, value) = make_branch(self, spot.hash, value, store, hasher)?;
            match node.insert(spot.hash, branch, &store.arena, |branch| {
                branch.hash(hasher)
            }) {
                Ok(_) => {
                    store.len.set(store.len.get() + 1);
                    Ok(value)
                }
                Err((error, Branch { part, child })) => {
                    P::release(part, store);
                    Err((error, R::unmake(child, store)))
                }
            }
        }
    }

    fn make<S: BuildHasher>(
        self,
        value: L::Value,
        store: &Store,
        hasher: &S,
    ) -> Made<Node<Branch<P, L>>, L::Value> {
        let room = store.room(L::DEPTH + 1);
        // As above, user code runs first.
        let hash = Probe::<P>::hash(&self.0, hasher);
        let (branch, value) = make_branch(self, hash, value, store, hasher)?;
        Node::first(branch, room, &store.arena, |_| hash)
            .map(|node| (node, value))
            .map_err(|(error, Branch { part, child })| {
                // SAFETY: neither part nor child is used again.
                unsafe {
                    P::release(part, store);
                    (error, R::unmake(child, store))
                }
            })
    }

    unsafe fn unmake(mut node: Node<Branch<P, L>>, store: &Store) -> L::Value {
        // SAFETY: the node has one entry, which is read once.
        unsafe {
            let Branch { part, child } = node.iter().next().unwrap_unchecked().read();
            node.free(&store.arena);
            P::release(part, store);
            R::unmake(child, store)
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
            let child = &mut loc.ptr.as_mut().child;
            let sub = self.1.detach(child, store, hasher)?;
            if child.is_null() {
                let branch = node.remove(loc, hash, &store.arena, |branch| branch.hash(hasher));
                P::release(branch.part, store);
            }
            Some(sub)
        }
    }
}
