//! `check_invariants`: the numbered invariants of the essay, as code.
//!
//! Built for tests, and for programs that set `--cfg tophash_check`.

use std_alloc::vec;
use std_alloc::vec::Vec;

use super::group::LANES;
use super::overflow::{Node, NodeIndex};
use super::pace::GrowthPolicy;
use super::storage::NO_NODE;
use super::table::RawTable;
use super::tag::Tag;

impl<T> RawTable<T> {
    /// Walks the whole table.
    ///
    /// # Panics
    /// An invariant does not hold; the message names it.
    pub(crate) fn check_invariants(&self, hasher: impl Fn(&T) -> u64) {
        assert!(
            (self.mask / LANES + 1).is_power_of_two(),
            "I6: {} is no mask",
            self.mask
        );
        assert!(
            self.mask % LANES == 0 && self.extra % LANES == 0,
            "I6: positions"
        );
        assert!(
            self.extra <= self.mask || self.extra == 0,
            "I6: more split than there was"
        );
        let mut entries = 0;
        let mut seen = vec![false; self.storage.header().node_used as usize];
        for pos in (0..self.groups() * LANES).step_by(LANES) {
            entries += self.check_group(pos, &hasher, &mut seen);
        }
        assert_eq!(entries, self.len, "I7: the number of entries");
        if self.storage.is_small() {
            self.check_small();
        } else {
            self.check_large(&seen);
        }
    }

    fn check_group(&self, pos: usize, hasher: &impl Fn(&T) -> u64, seen: &mut [bool]) -> usize {
        // SAFETY: a group of this table (I2); the walk believes what it checks only after the check.
        unsafe {
            let group = self.storage.group(pos);
            let mut entries = 0;
            for lane in group.match_empty().not() {
                let hash = hasher(self.storage.slot(pos + lane).as_ref());
                let byte = *self.storage.tag_byte(pos + lane);
                assert_eq!(
                    Tag::of(hash),
                    Tag::from_byte(byte),
                    "I3: tag at {pos} + {lane}"
                );
                assert_eq!(
                    self.home(hash),
                    pos,
                    "I6: home of the entry at {pos} + {lane}"
                );
                entries += 1;
            }
            match (*self.storage.head(pos)).filter {
                0 => entries,
                filter => entries + self.check_chain(pos, filter, hasher, seen),
            }
        }
    }

    /// Checks the chain of a group that has this filter, and returns its number of entries.
    ///
    /// # Safety
    /// The position is that of a group of this table (I2), which has a chain.
    unsafe fn check_chain(
        &self,
        pos: usize,
        filter: u32,
        hasher: &impl Fn(&T) -> u64,
        seen: &mut [bool],
    ) -> usize {
        let mut entries = 0;
        // SAFETY: the walk believes what it checks only after the check.
        unsafe {
            for (number, (index, node)) in self.chain(pos).enumerate() {
                let seen = core::mem::replace(&mut seen[index.0 as usize], true);
                assert!(!seen, "I5: node {index:?} twice");
                let home = node.home() as usize * LANES;
                assert_eq!(home, pos, "I5: home of node {index:?}");
                let held = node.tags().count();
                assert!(held > 0, "I5: empty node {index:?} in a chain");
                assert!(
                    number == 0 || held == Self::NODE_LANES,
                    "I5: gap in node {index:?}"
                );
                let dense = (0..held).all(|lane| node.tags().byte(lane) != 0);
                assert!(dense, "I5: hole in {index:?}");
                for (lane, tag) in node.tags().entries() {
                    let hash = hasher(node.slot(lane).as_ref());
                    assert_eq!(Tag::of(hash), tag, "I3: tag in node {index:?}");
                    let home = self.home(hash);
                    assert_eq!(home, pos, "I6: home of an entry in node {index:?}");
                    let passes = filter & tag.filter() == tag.filter();
                    assert!(passes, "I4: filter of the group at {pos}");
                }
                entries += held;
            }
        }
        entries
    }

    /// The most entries in any one chain.
    pub(crate) fn longest_chain(&self) -> usize {
        let chain = |pos| {
            // SAFETY: a group of this table (I2); its chain is walked to its end (I5).
            let nodes = unsafe { self.chain(pos) };
            // SAFETY: nodes in a chain are live (I5).
            nodes.map(|(_, node)| unsafe { node.tags() }.count()).sum()
        };
        let chained = (0..self.groups() * LANES).step_by(LANES).filter(|&pos| {
            // SAFETY: a group of this table (I2).
            unsafe { (*self.storage.head(pos)).filter != 0 }
        });
        chained.map(chain).max().unwrap_or(0)
    }

    fn check_small(&self) {
        assert_eq!((self.mask, self.extra), (0, 0), "I8: one group");
        assert!(
            self.grow_at <= LANES && self.len <= self.grow_at,
            "I8: slots"
        );
        // SAFETY: the only group (I2).
        let last = unsafe { self.storage.group(0) }.match_empty().not().last();
        assert!(
            last.is_none_or(|lane| lane < self.grow_at),
            "I8: an entry beyond the slots"
        );
    }

    fn check_large(&self, seen: &[bool]) {
        let header = self.storage.header();
        assert!(
            self.groups() <= self.storage.group_cap(),
            "I1: groups beyond the blocks"
        );
        assert!(
            header.node_used <= header.node_cap,
            "I5: nodes beyond the pool"
        );
        let live = seen.iter().filter(|&&live| live).count();
        assert_eq!(live, header.node_live as usize, "I5: live nodes");
        let mut free = Vec::new();
        let (mut index, mut previous) = (header.node_free, NO_NODE);
        while index != NO_NODE {
            assert!(!seen[index as usize], "I5: node {index} is free and live");
            assert!(free.len() < seen.len(), "I5: the free list is a circle");
            free.push(index);
            // SAFETY: below `node_used`, as indexing `seen` has shown.
            unsafe {
                let node = Node::<T>::at(header, NodeIndex(index));
                assert_eq!(node.home(), previous, "I5: back link of free node {index}");
                assert_eq!(node.tags().count(), 0, "I5: entries in free node {index}");
                previous = index;
                index = node.next().0;
            }
        }
        assert_eq!(
            live + free.len(),
            seen.len(),
            "I5: every node is live or free"
        );
        if self.policy() == GrowthPolicy::Burst {
            // Nothing bounds the load from above but the pace; a table far beyond it has stalled.
            let most = 2 * super::pace::burst_start(self.groups()) + 2 * LANES;
            assert!(
                self.len <= most,
                "pace: {} entries in {} groups",
                self.len,
                self.groups()
            );
        }
    }
}
