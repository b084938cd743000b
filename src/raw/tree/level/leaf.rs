//! The last level.

use core::fmt;
use core::hash::BuildHasher;
use core::mem;
use core::ptr::NonNull;

#[cfg(any(test, tophash_check))]
use super::Census;
use super::{CloneLevel, Cons, DebugLevel, Keep, Level};
use crate::TryReserveError;
use crate::raw::node::{Cursor, Node, NodeCounts};
use crate::raw::tree::part::{ClonePart, KeyPart};
use crate::raw::tree::strings::{Moving, Store};

/// An entry of the last level.
pub struct Leaf<P: KeyPart, V> {
    pub(in crate::raw::tree) part: P::Stored,
    pub(in crate::raw::tree) value: V,
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
    fn check<S: BuildHasher>(node: &Node<Self>, hasher: &S, census: &mut Census) {
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

impl<P: KeyPart, V: fmt::Debug> DebugLevel for Leaf<P, V>
where
    P::Stored: fmt::Debug,
{
    fn fmt_node(node: &Node<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(node.leaves_here()).finish()
    }
}
