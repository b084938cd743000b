//! `check_invariants` of a node: N1 to N4, as code.

use super::wide::groups_for;
use super::{BARE, MANY, MOST_WIDE, Many, NULL, Node, SLOTS};
use crate::raw::tag::Tag;

impl<T> Node<T> {
    /// The most entries in any one overflow chain of the node's table, or counted by a group of its wide block.
    pub(crate) fn longest_chain(&self) -> usize {
        if self.rep() != MANY {
            return 0;
        }
        // SAFETY: the representation says so.
        match unsafe { self.many() } {
            Many::Wide(wide) => wide.most_passing(),
            Many::Table(table) => table.longest_chain(),
        }
    }

    /// Checks the node itself, not what is below its entries.
    ///
    /// `roomy`: room may have been reserved.
    ///
    /// # Panics
    /// An invariant does not hold; the message names it.
    pub(crate) fn check_invariants(&self, roomy: bool, hasher: impl Fn(&T) -> u64) {
        let (rep, len) = (self.rep(), self.len());
        assert!(
            roomy || rep == NULL || len > 0,
            "N3: {len} entries in a node of kind {rep}"
        );
        match rep {
            NULL => assert!(self.block().is_null(), "N1: null with a block"),
            BARE => {}
            // SAFETY: the representation says so.
            MANY => unsafe {
                match self.many() {
                    Many::Wide(wide) => {
                        let most = groups_for(MOST_WIDE);
                        assert!(groups_for(len) <= most, "N4: {len} entries in one block");
                        wide.check_invariants(hasher);
                    }
                    Many::Table(table) => table.check_invariants(hasher),
                }
            },
            _ => {
                assert!(
                    len <= SLOTS[rep],
                    "N2: {len} entries in {} slots",
                    SLOTS[rep]
                );
                // SAFETY: a block with tags, whose first `len` slots are initialised if N2 holds.
                unsafe {
                    for (lane, &tag) in self.tags().iter().enumerate() {
                        assert_eq!(tag != 0, lane < len, "N2: tag in lane {lane} of {len}");
                        if lane < len {
                            let hash = hasher(self.slot(lane).as_ref());
                            assert_eq!(tag, Tag::of(hash).byte(), "N2: tag of lane {lane}");
                        }
                    }
                }
            }
        }
    }
}
