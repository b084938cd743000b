//! `check_invariants` of a wide block: W1 to W3, as code.

use std_alloc::vec;

use super::{ALL_LANES, LANES, Wide, limit};
use crate::raw::tag::Tag;

impl<T> Wide<T> {
    /// The most entries that a group counts as having passed it.
    pub(in super::super) fn most_passing(self) -> usize {
        // SAFETY: groups of the block, whose count follows the tags.
        let count = |group| unsafe { self.group(group).add(LANES).read() };
        let counts = (0..self.groups()).map(count);
        counts.max().map_or(0, usize::from)
    }

    /// # Safety
    /// The block is live.
    ///
    /// # Panics
    /// An invariant does not hold; the message names it.
    pub(in super::super) unsafe fn check_invariants(self, hasher: impl Fn(&T) -> u64) {
        let groups = self.groups();
        assert!(groups != 0, "W1: no groups");
        assert!(
            self.len() <= limit(groups),
            "W3: {} entries in {groups} groups",
            self.len()
        );
        let (mut passing, mut len) = (vec![(0, 0); groups], 0);
        for group in 0..groups {
            // SAFETY: a group of the block; a slot with a tag is initialised if W2 holds.
            unsafe {
                for lane in self.tags(group).match_empty().not().and(ALL_LANES) {
                    let hash = hasher(self.slot(group, lane).as_ref());
                    let tag = self.group(group).add(lane).read();
                    assert_eq!(
                        tag,
                        Tag::of(hash).byte(),
                        "W2: tag in group {group}, lane {lane}"
                    );
                    let mut at = Self::home(hash, groups);
                    while at != group {
                        passing[at].0 += 1;
                        passing[at].1 |= Self::bit(hash);
                        at = Self::after(at, groups);
                    }
                    len += 1;
                }
            }
        }
        assert_eq!(self.len(), len, "W1: number of entries");
        for (group, &(passing, bits)) in passing.iter().enumerate() {
            // SAFETY: a group of the block, whose count and filter follow the tags.
            let [count, filter] = unsafe { self.group(group).add(LANES).cast::<[u8; 2]>().read() };
            assert!(
                usize::from(count) >= passing.min(255),
                "W3: {count} counted in group {group}, {passing} passed it"
            );
            assert!(
                filter & bits == bits && (count > 0 || filter == 0),
                "W3: filter {filter:#b} of group {group} for {bits:#b}"
            );
        }
    }
}
