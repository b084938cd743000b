//! The algebra of sets.

use core::hash::{BuildHasher, Hash};
use core::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, BitXor, BitXorAssign, Sub, SubAssign};

use super::{Difference, HashSet, Intersection, SymmetricDifference, Union};
use crate::alloc::Allocator;

impl<T, S, A> HashSet<T, S, A>
where
    T: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// The elements of `self` that are not in `other`; takes time in proportion to `self`.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let (a, b) = (HashSet::from([1, 2]), HashSet::from([2, 3]));
    /// assert_eq!(a.difference(&b).collect::<Vec<_>>(), [&1]);
    /// ```
    #[inline]
    pub fn difference<'a>(&'a self, other: &'a Self) -> Difference<'a, T, S, A> {
        Difference::new(self.iter(), other)
    }

    /// The elements that are in just one of the two sets; takes time in proportion to both.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let (a, b) = (HashSet::from([1, 2]), HashSet::from([2, 3]));
    /// assert_eq!(a.symmetric_difference(&b).sum::<i32>(), 4);
    /// ```
    #[inline]
    pub fn symmetric_difference<'a>(&'a self, other: &'a Self) -> SymmetricDifference<'a, T, S, A> {
        SymmetricDifference::new(self.difference(other), other.difference(self))
    }

    /// The elements that are in both sets; takes time in proportion to the smaller.
    ///
    /// Where equal elements differ to the eye, either set's may be returned.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let (a, b) = (HashSet::from([1, 2]), HashSet::from([2, 3]));
    /// assert_eq!(a.intersection(&b).collect::<Vec<_>>(), [&2]);
    /// ```
    #[inline]
    pub fn intersection<'a>(&'a self, other: &'a Self) -> Intersection<'a, T, S, A> {
        let (small, large) = if self.len() <= other.len() {
            (self, other)
        } else {
            (other, self)
        };
        Intersection::new(small.iter(), large)
    }

    /// The elements that are in either set, each once; takes time in proportion to both.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let (a, b) = (HashSet::from([1, 2]), HashSet::from([2, 3]));
    /// assert_eq!(a.union(&b).sum::<i32>(), 6);
    /// ```
    #[inline]
    pub fn union<'a>(&'a self, other: &'a Self) -> Union<'a, T, S, A> {
        let (small, large) = if self.len() <= other.len() {
            (self, other)
        } else {
            (other, self)
        };
        Union::new(large.iter(), small.difference(large))
    }

    /// Whether the sets have no element in common; takes time in proportion to the smaller at most.
    ///
    /// ```
    /// use tophash::HashSet;
    /// assert!(HashSet::from([1, 2]).is_disjoint(&HashSet::from([3])));
    /// ```
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.intersection(other).next().is_none()
    }

    /// Whether all elements are in `other` as well; takes time in proportion to `self` at most.
    ///
    /// ```
    /// use tophash::HashSet;
    /// assert!(HashSet::from([1]).is_subset(&HashSet::from([1, 2])));
    /// ```
    pub fn is_subset(&self, other: &Self) -> bool {
        self.len() <= other.len() && self.iter().all(|element| other.contains(element))
    }

    /// Whether all elements of `other` are in this set as well; takes time in proportion to `other` at most.
    ///
    /// ```
    /// use tophash::HashSet;
    /// assert!(HashSet::from([1, 2]).is_superset(&HashSet::from([1])));
    /// ```
    #[inline]
    pub fn is_superset(&self, other: &Self) -> bool {
        other.is_subset(self)
    }
}

/// An operator on two borrowed sets, which clones what it takes into a set like the left one.
macro_rules! operator {
    ($trait:ident $call:ident $method:ident, $doc:literal, $result:literal) => {
        impl<T, S, A> $trait<&HashSet<T, S, A>> for &HashSet<T, S, A>
        where
            T: Eq + Hash + Clone,
            S: BuildHasher + Default,
            A: Allocator + Clone,
        {
            type Output = HashSet<T, S, A>;

            #[doc = $doc]
            ///
            /// The new set takes a fresh hasher, and the allocator of the left one.
            ///
            /// ```
            /// use tophash::HashSet;
            /// let (a, b) = (HashSet::from([1, 2]), HashSet::from([2, 3]));
            #[doc = $result]
            /// ```
            fn $call(self, other: &HashSet<T, S, A>) -> HashSet<T, S, A> {
                let mut set = HashSet::with_hasher_in(S::default(), self.allocator().clone());
                set.extend(self.$method(other).cloned());
                set
            }
        }
    };
}

operator!(BitOr bitor union, "The union of both sets.", "assert_eq!(&a | &b, HashSet::from([1, 2, 3]));");
operator!(BitAnd bitand intersection, "The intersection of both sets.", "assert_eq!(&a & &b, HashSet::from([2]));");
operator!(BitXor bitxor symmetric_difference, "The elements that are in just one of both sets.", "assert_eq!(&a ^ &b, HashSet::from([1, 3]));");
operator!(Sub sub difference, "The left set without the right one.", "assert_eq!(&a - &b, HashSet::from([1]));");

impl<T, S, A> BitOrAssign<&HashSet<T, S, A>> for HashSet<T, S, A>
where
    T: Eq + Hash + Clone,
    S: BuildHasher,
    A: Allocator,
{
    /// Adds the elements of `other`.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::from([1, 2]);
    /// set |= &HashSet::from([2, 3]);
    /// assert_eq!(set, HashSet::from([1, 2, 3]));
    /// ```
    fn bitor_assign(&mut self, other: &HashSet<T, S, A>) {
        for element in other {
            self.get_or_insert_with(element, T::clone);
        }
    }
}

impl<T, S, A> BitAndAssign<&HashSet<T, S, A>> for HashSet<T, S, A>
where
    T: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// Removes what is not in `other`.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::from([1, 2]);
    /// set &= &HashSet::from([2, 3]);
    /// assert_eq!(set, HashSet::from([2]));
    /// ```
    fn bitand_assign(&mut self, other: &HashSet<T, S, A>) {
        self.retain(|element| other.contains(element));
    }
}

impl<T, S, A> BitXorAssign<&HashSet<T, S, A>> for HashSet<T, S, A>
where
    T: Eq + Hash + Clone,
    S: BuildHasher,
    A: Allocator,
{
    /// Removes the elements of `other` that are here, and adds those that are not.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::from([1, 2]);
    /// set ^= &HashSet::from([2, 3]);
    /// assert_eq!(set, HashSet::from([1, 3]));
    /// ```
    fn bitxor_assign(&mut self, other: &HashSet<T, S, A>) {
        for element in other {
            if !self.remove(element) {
                self.insert(element.clone());
            }
        }
    }
}

impl<T, S, A> SubAssign<&HashSet<T, S, A>> for HashSet<T, S, A>
where
    T: Eq + Hash,
    S: BuildHasher,
    A: Allocator,
{
    /// Removes the elements of `other`; takes time in proportion to the smaller set.
    ///
    /// ```
    /// use tophash::HashSet;
    /// let mut set = HashSet::from([1, 2]);
    /// set -= &HashSet::from([2, 3]);
    /// assert_eq!(set, HashSet::from([1]));
    /// ```
    fn sub_assign(&mut self, other: &HashSet<T, S, A>) {
        if other.len() < self.len() {
            for element in other {
                self.remove(element);
            }
        } else {
            self.retain(|element| !other.contains(element));
        }
    }
}
