//! Paths that entries can be made of.
//!
//! An entry is made in two steps. The first only looks at the key: it makes all that memory can be refused for, and
//! runs all user code. The second moves the parts and the value into what is there then, and cannot fail. So a
//! refusal, or a panic, takes nothing from the caller and changes nothing in the tree.

use core::hash::BuildHasher;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;

use super::level::{Branch, Leaf, Level};
use super::part::{Give, IntoPart, KeyPart, Probe};
use super::path::{Path, PrefixPath, Spot};
use super::strings::Store;
use crate::TryReserveError;
use crate::raw::node::Node;

/// A path that entries can be made of.
///
/// An entry is **open** when its slot is taken and what is below it is there, but for what only the key and the value
/// can give: parts that are stored as they are, and the value.
///
/// # Safety
/// As for [`Path`].
pub unsafe trait MakePath<L: Level>: Path<L> {
    /// Makes an open entry at `spot`, and returns its slot.
    ///
    /// # Safety
    /// `spot` is what `locate` has returned, and the tree, whose store this is, has not changed since. Nobody looks at
    /// the tree before `fill` has run.
    unsafe fn open<S: BuildHasher>(
        &self,
        spot: &Spot,
        store: &Store,
        hasher: &S,
    ) -> Result<NonNull<u8>, TryReserveError>;

    /// Completes the open entry in a slot of the node from which `depth` levels go down.
    ///
    /// # Safety
    /// `open` of this path has returned the slot.
    unsafe fn fill(self, slot: NonNull<u8>, depth: usize, value: L::Value) -> NonNull<L::Value>;

    /// Completes an open entry of this level.
    ///
    /// # Safety
    /// As for `fill`.
    unsafe fn complete(self, slot: NonNull<L>, value: L::Value) -> NonNull<L::Value>;

    /// Makes a node with one open entry. User code runs before anything is allocated.
    fn make<S: BuildHasher>(&self, store: &Store, hasher: &S) -> Result<Node<L>, TryReserveError>;

    /// Takes apart what `make` has made.
    ///
    /// # Safety
    /// `node` is what `make` has returned for this store.
    unsafe fn unmake(node: Node<L>, store: &Store);
}

/// What is made of a part that is in no node yet. It is given back should user code panic, or memory be refused.
struct Laid<'s, P: KeyPart, Q: IntoPart<P>> {
    part: MaybeUninit<P::Stored>,
    store: &'s Store,
    made_of: PhantomData<Q>,
}

impl<'s, P: KeyPart, Q: IntoPart<P>> Laid<'s, P, Q> {
    #[inline]
    fn new(from: &Q, store: &'s Store, hash: u64) -> Result<Self, TryReserveError> {
        Ok(Laid {
            part: from.lay(store, hash)?,
            store,
            made_of: PhantomData,
        })
    }

    /// Moves it to where it stays.
    ///
    /// # Safety
    /// `to` may be written.
    #[inline]
    unsafe fn move_to(self, to: *mut P::Stored) {
        let this = ManuallyDrop::new(self);
        // SAFETY: moved once: the destructor does not run.
        unsafe {
            to.cast::<MaybeUninit<P::Stored>>()
                .copy_from_nonoverlapping(&raw const this.part, 1)
        };
    }
}

impl<P: KeyPart, Q: IntoPart<P>> Drop for Laid<'_, P, Q> {
    fn drop(&mut self) {
        let part = core::mem::replace(&mut self.part, MaybeUninit::uninit());
        // SAFETY: what `lay` has made, and nobody uses it again.
        unsafe { Q::lift(part, self.store) }
    }
}

/// A node that `make` has made and that no branch has yet. It is taken apart should memory be refused.
struct Made<'s, L: Level, R: MakePath<L>> {
    node: Node<L>,
    store: &'s Store,
    made_of: PhantomData<R>,
}

impl<'s, L: Level, R: MakePath<L>> Made<'s, L, R> {
    fn new<S: BuildHasher>(
        path: &R,
        store: &'s Store,
        hasher: &S,
    ) -> Result<Self, TryReserveError> {
        Ok(Made {
            node: path.make(store, hasher)?,
            store,
            made_of: PhantomData,
        })
    }

    fn take(&mut self) -> Node<L> {
        core::mem::replace(&mut self.node, Node::new())
    }
}

impl<L: Level, R: MakePath<L>> Drop for Made<'_, L, R> {
    fn drop(&mut self) {
        let node = self.take();
        if !node.is_null() {
            // SAFETY: what `make` has made, and nobody uses it again.
            unsafe { R::unmake(node, self.store) }
        }
    }
}

// SAFETY: what comes back is in the node.
unsafe impl<P: KeyPart, V, Q: IntoPart<P>> MakePath<Leaf<P, V>> for (Give<Q>, ()) {
    #[inline]
    unsafe fn open<S: BuildHasher>(
        &self,
        spot: &Spot,
        store: &Store,
        hasher: &S,
    ) -> Result<NonNull<u8>, TryReserveError> {
        let part = Laid::new(&self.0.0, store, spot.hash)?;
        // SAFETY: a path of one part ends in a node of leaves. It is live, and does not hold this part.
        unsafe {
            let node = spot.node.cast::<Node<Leaf<P, V>>>().as_mut();
            let slot = node.place(spot.hash, &store.arena, |leaf| leaf.hash(hasher))?;
            part.move_to(&raw mut (*slot.as_ptr()).part);
            store.len.set(store.len.get() + 1);
            Ok(slot.cast())
        }
    }

    #[inline]
    unsafe fn fill(self, slot: NonNull<u8>, _: usize, value: V) -> NonNull<V> {
        // SAFETY: as the caller vouches.
        unsafe { self.complete(slot.cast(), value) }
    }

    #[inline]
    unsafe fn complete(self, slot: NonNull<Leaf<P, V>>, value: V) -> NonNull<V> {
        // SAFETY: the slot is taken; a field of it is not null.
        unsafe {
            let leaf = slot.as_ptr();
            self.0.0.fill(&mut *(&raw mut (*leaf).part).cast());
            let place = NonNull::new_unchecked(&raw mut (*leaf).value);
            place.write(value);
            place
        }
    }

    fn make<S: BuildHasher>(
        &self,
        store: &Store,
        hasher: &S,
    ) -> Result<Node<Leaf<P, V>>, TryReserveError> {
        let hash = Probe::<P>::hash(&self.0, hasher);
        let part = Laid::new(&self.0.0, store, hash)?;
        let (node, slot) = Node::<Leaf<P, V>>::alone(hash, store.room(1), &store.arena)?;
        // SAFETY: the slot is taken.
        unsafe { part.move_to(&raw mut (*slot.as_ptr()).part) };
        Ok(node)
    }

    unsafe fn unmake(mut node: Node<Leaf<P, V>>, store: &Store) {
        // SAFETY: the node has one open entry, which is not used again.
        unsafe {
            let leaf = node.only().as_ptr();
            Q::lift(
                (&raw const (*leaf).part).cast::<MaybeUninit<_>>().read(),
                store,
            );
            node.free(&store.arena);
        }
    }
}

// SAFETY: what comes back is in the node.
unsafe impl<P: KeyPart, L: Level, Q: IntoPart<P>, R: MakePath<L>> MakePath<Branch<P, L>>
    for (Give<Q>, R)
{
    #[inline]
    unsafe fn open<S: BuildHasher>(
        &self,
        spot: &Spot,
        store: &Store,
        hasher: &S,
    ) -> Result<NonNull<u8>, TryReserveError> {
        if spot.depth != L::DEPTH + 1 {
            // SAFETY: the caller's promise is the same.
            return unsafe { self.1.open(spot, store, hasher) };
        }
        // SAFETY: the depth tells the type of the node. It is live, and does not hold this part.
        unsafe {
            let node = spot.node.cast::<Node<Branch<P, L>>>().as_mut();
            store.near.forget::<Branch<P, L>>();
            node.make_room(&store.arena, |branch| branch.hash(hasher))?;
            let mut child = Made::new(&self.1, store, hasher)?;
            let part = Laid::new(&self.0.0, store, spot.hash)?;
            let slot = node.place(spot.hash, &store.arena, |branch| branch.hash(hasher))?;
            let branch = slot.as_ptr();
            part.move_to(&raw mut (*branch).part);
            (&raw mut (*branch).child).write(child.take());
            store.len.set(store.len.get() + 1);
            Ok(slot.cast())
        }
    }

    #[inline]
    unsafe fn fill(self, slot: NonNull<u8>, depth: usize, value: L::Value) -> NonNull<L::Value> {
        // SAFETY: the caller's promise is the same; the depth tells the type of the entry.
        unsafe {
            match depth == L::DEPTH + 1 {
                true => self.complete(slot.cast(), value),
                false => self.1.fill(slot, depth, value),
            }
        }
    }

    unsafe fn complete(self, slot: NonNull<Branch<P, L>>, value: L::Value) -> NonNull<L::Value> {
        // SAFETY: the slot is taken, and its child a node with one open entry.
        unsafe {
            let branch = slot.as_ptr();
            self.0.0.fill(&mut *(&raw mut (*branch).part).cast());
            self.1.complete((*branch).child.only(), value)
        }
    }

    fn make<S: BuildHasher>(
        &self,
        store: &Store,
        hasher: &S,
    ) -> Result<Node<Branch<P, L>>, TryReserveError> {
        let hash = Probe::<P>::hash(&self.0, hasher);
        let mut child = Made::new(&self.1, store, hasher)?;
        let part = Laid::new(&self.0.0, store, hash)?;
        let (node, slot) =
            Node::<Branch<P, L>>::alone(hash, store.room(L::DEPTH + 1), &store.arena)?;
        let branch = slot.as_ptr();
        // SAFETY: the slot is taken.
        unsafe {
            part.move_to(&raw mut (*branch).part);
            (&raw mut (*branch).child).write(child.take());
        }
        Ok(node)
    }

    unsafe fn unmake(mut node: Node<Branch<P, L>>, store: &Store) {
        // SAFETY: the node has one open entry, which is not used again.
        unsafe {
            let branch = node.only().as_ptr();
            let child = (&raw const (*branch).child).read();
            Q::lift(
                (&raw const (*branch).part).cast::<MaybeUninit<_>>().read(),
                store,
            );
            node.free(&store.arena);
            R::unmake(child, store);
        }
    }
}

/// A path to a node that can be made.
pub trait MakePrefix<L: Level>: PrefixPath<L> + Sized {
    /// The path to a leaf below that node.
    type Full<R: MakePath<Self::Sub>>: MakePath<L>;

    /// This path and then another.
    fn join<R: MakePath<Self::Sub>>(self, rest: R) -> Self::Full<R>;

    /// The two that were joined.
    fn split<R: MakePath<Self::Sub>>(full: Self::Full<R>) -> (Self, R);
}

impl<L: Level> MakePrefix<L> for () {
    type Full<R: MakePath<L>> = R;

    fn join<R: MakePath<L>>(self, rest: R) -> R {
        rest
    }

    fn split<R: MakePath<L>>(full: R) -> ((), R) {
        ((), full)
    }
}

impl<P: KeyPart, L: Level, Q: IntoPart<P>, T: MakePrefix<L>> MakePrefix<Branch<P, L>>
    for (Give<Q>, T)
{
    type Full<R: MakePath<T::Sub>> = (Give<Q>, T::Full<R>);

    fn join<R: MakePath<T::Sub>>(self, rest: R) -> Self::Full<R> {
        (self.0, self.1.join(rest))
    }

    fn split<R: MakePath<T::Sub>>((first, full): Self::Full<R>) -> (Self, R) {
        let (prefix, rest) = T::split(full);
        ((first, prefix), rest)
    }
}
