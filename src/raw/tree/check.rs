//! `check_invariants` of a tree.
//!
//! - **T1** No branch has an empty node below it.
//! - **T2** The number of leaves is kept right.
//! - **T3** A string is stored exactly as long as parts use it, and knows how many.
//! - **T4** Every byte that is asked of the arena belongs to a node or a string.
//! - **T5** See `near`.

use core::hash::BuildHasher;

use std_alloc::collections::BTreeMap;

use super::level::{Branch, Leaf, Level};
use super::part::KeyPart;
use super::strings::symbol_key;
use super::{Node, NodeCounts, Tree};

/// What was found in the nodes.
pub struct Census {
    leaves: usize,
    /// For each string, by its address, the parts that are it.
    uses: BTreeMap<usize, u32>,
    /// The most entries in any one overflow chain.
    chain: usize,
    /// See [`Node::check_invariants`].
    roomy: bool,
}

impl Census {
    fn part<P: KeyPart>(&mut self, part: &P::Stored) {
        if let Some(symbol) = P::symbol(part) {
            *self.uses.entry(symbol_key(symbol)).or_default() += 1;
        }
    }

    pub(super) fn leaves<P: KeyPart, V, S: BuildHasher>(
        &mut self,
        node: &Node<Leaf<P, V>>,
        hasher: &S,
    ) {
        node.check_invariants(self.roomy, |leaf| P::hash_anew(&leaf.part, hasher));
        self.chain = self.chain.max(node.longest_chain());
        for (part, _) in node.leaves_here() {
            self.part::<P>(part);
            self.leaves += 1;
        }
    }

    pub(super) fn branches<P: KeyPart, L: Level, S: BuildHasher>(
        &mut self,
        node: &Node<Branch<P, L>>,
        hasher: &S,
    ) {
        node.check_invariants(self.roomy, |branch| P::hash_anew(&branch.part, hasher));
        self.chain = self.chain.max(node.longest_chain());
        for (part, child) in node.branches_here() {
            self.part::<P>(part);
            assert!(child.len() > 0, "T1: an empty node below a branch");
            L::check(child, hasher, self);
        }
    }
}

impl<L: Level> Tree<L> {
    /// Checks nodes, strings and arena. Returns the most entries in any one overflow chain.
    ///
    /// # Panics
    /// An invariant does not hold; the message names it.
    pub(crate) fn check_invariants<S: BuildHasher>(&self, hasher: &S) -> usize {
        let mut census = Census {
            leaves: 0,
            uses: BTreeMap::new(),
            chain: 0,
            roomy: self.store.roomy(),
        };
        L::check(&self.root, hasher, &mut census);
        L::check_near(&self.root, &self.store.near);
        assert_eq!(census.leaves, self.len(), "T2: the number of leaves");
        let strings = self.store.check(&census.uses);
        let mut counts = [NodeCounts::default(); 8];
        L::tally(&self.root, &mut counts);
        let nodes: usize = counts.iter().map(|counts| counts.bytes).sum();
        self.store.arena.check_invariants();
        assert_eq!(
            self.store.arena.stats().live,
            nodes + strings,
            "T4: bytes of the arena that nobody has"
        );
        census.chain
    }
}
