//! Parallel iterators.
//!
//! The tables of `HashMap` and `HashSet` do not split into parts yet, so these gather the entries, or references to
//! them, into a vector first: one sequential pass, and memory for one entry or one pair of pointers each, before the
//! parallel work begins.

mod sharded;

use core::hash::{BuildHasher, Hash};
use std_alloc::collections::LinkedList;
use std_alloc::vec::Vec;

use ::rayon::iter::{
    FromParallelIterator, IntoParallelIterator, ParallelDrainFull, ParallelExtend, ParallelIterator,
};
use ::rayon::vec;

use crate::alloc::Allocator;
use crate::{HashMap, HashSet};

pub use sharded::{ParIntoIter, ParSnapshot};

/// What the threads gathered, in pieces, so that no thread waits for another.
fn gather<I: IntoParallelIterator>(items: I) -> LinkedList<Vec<I::Item>> {
    items
        .into_par_iter()
        .fold(Vec::new, |mut piece, item| {
            piece.push(item);
            piece
        })
        .map(|piece| LinkedList::from([piece]))
        .reduce(LinkedList::new, |mut left, mut right| {
            left.append(&mut right);
            left
        })
}

/// By value or by reference: a parallel iterator over what the sequential one gives, which is gathered first.
macro_rules! parallel {
    ([$($generics:tt)*] $collection:ty => $item:ty) => {
        impl<$($generics)*> IntoParallelIterator for $collection {
            type Item = $item;
            type Iter = vec::IntoIter<$item>;

            /// Gathers the items into a vector, in one sequential pass, and goes over that in parallel.
            fn into_par_iter(self) -> vec::IntoIter<$item> {
                self.into_iter().collect::<Vec<_>>().into_par_iter()
            }
        }
    };
}

parallel! { [K: Send, V: Send, S, A: Allocator] HashMap<K, V, S, A> => (K, V) }
parallel! { ['a, K: Sync, V: Sync, S, A: Allocator] &'a HashMap<K, V, S, A> => (&'a K, &'a V) }
parallel! { ['a, K: Sync, V: Send, S, A: Allocator] &'a mut HashMap<K, V, S, A> => (&'a K, &'a mut V) }
parallel! { [T: Send, S, A: Allocator] HashSet<T, S, A> => T }
parallel! { ['a, T: Sync, S, A: Allocator] &'a HashSet<T, S, A> => &'a T }

/// Draining in parallel: the items are gathered as for the others, and the collection keeps its memory.
macro_rules! drain {
    ([$($generics:tt)*] $collection:ty => $item:ty, $example:literal) => {
        impl<$($generics)*, S, A: Allocator> ParallelDrainFull for &mut $collection {
            type Item = $item;
            type Iter = vec::IntoIter<$item>;

            /// Removes all items into a vector, in one sequential pass, and goes over that in parallel.
            ///
            /// ```
            /// use rayon::prelude::*;
            #[doc = $example]
            /// assert_eq!(items.par_drain().count(), 1);
            /// assert!(items.is_empty());
            /// ```
            fn par_drain(self) -> vec::IntoIter<$item> {
                self.drain().collect::<Vec<_>>().into_par_iter()
            }
        }
    };
}

drain! { [K: Send, V: Send] HashMap<K, V, S, A> => (K, V), "let mut items = tophash::HashMap::from([(1, 10)]);" }
drain! { [T: Send] HashSet<T, S, A> => T, "let mut items = tophash::HashSet::from([1]);" }

/// Extending in parallel: the items are made in parallel and inserted one after another.
macro_rules! extend {
    ([$($generics:tt)*] $collection:ident<$($param:ident),*> => $item:ty) => {
        impl<$($generics)*, S, A> ParallelExtend<$item> for $collection<$($param),*, S, A>
        where
            S: BuildHasher,
            A: Allocator,
        {
            /// Makes the items in parallel, then inserts them one after another.
            fn par_extend<I: IntoParallelIterator<Item = $item>>(&mut self, items: I) {
                for piece in gather(items) {
                    self.extend(piece);
                }
            }
        }
    };
}

extend! { [K: Eq + Hash + Send, V: Send] HashMap<K, V> => (K, V) }
extend! { ['a, K: Eq + Hash + Copy + Send + Sync, V: Copy + Send + Sync] HashMap<K, V> => (&'a K, &'a V) }
extend! { [T: Eq + Hash + Send] HashSet<T> => T }
extend! { ['a, T: Eq + Hash + Copy + Send + Sync] HashSet<T> => &'a T }

impl<K, V, S, A> FromParallelIterator<(K, V)> for HashMap<K, V, S, A>
where
    K: Eq + Hash + Send,
    V: Send,
    S: BuildHasher + Default,
    A: Allocator + Default,
{
    fn from_par_iter<I: IntoParallelIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.par_extend(entries);
        map
    }
}

impl<T, S, A> FromParallelIterator<T> for HashSet<T, S, A>
where
    T: Eq + Hash + Send,
    S: BuildHasher + Default,
    A: Allocator + Default,
{
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(elements: I) -> Self {
        let mut set = Self::default();
        set.par_extend(elements);
        set
    }
}
