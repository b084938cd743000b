//! The raw table: a hash table that grows and shrinks a few groups at a time, in place.
//!
//! # Terms
//!
//! - **slot**: room for one entry. **group**: 16 slots, and 16 tag bytes that are looked at together.
//! - **tag** ("tophash"): the top byte of an entry's hash, 0 made 1; a tag byte of 0 marks an empty slot.
//! - **home group**: the group whose number is the low bits of the hash (from bit 4 on).
//! - **overflow chain**: where entries go whose home group is full: **nodes** of 4 slots (fewer for large
//!   entries) from one pool, linked by index. The **head** of a group names the first node and has a
//!   **filter** of 32 bits: bit `c` is set when an entry of class `c` (the lower five bits of its tag) may be there.
//! - **split**: group `i` of `n` hands the entries whose next hash bit is set to group `i + n`, its
//!   **sibling**. **merge**: the last group goes back into the one it was split from.
//! - **load factor**: entries per slot.
//!
//! # Layout
//!
//! ```text
//!            group 0              group 1                    group n-1
//! tags      |16 bytes            |16 bytes            | ... |            -> grows in place
//! slots     |16 entries          |16 entries          | ... |            -> grows in place
//! heads  HEADER | filter, first  | filter, first      | ... |            -> grows in place
//! nodes     | tags next home movers | 4 entries |   ... |   free list    -> grows in place
//! ```
//!
//! Four contiguous arrays, each a block of its own; but the first three share one while they take up to 16 KiB, so that
//! short tables make few calls of the allocator. A directory of segments would need no growth in place, and
//! costs a dependent load in each look-up. An empty table owns nothing; up to 16 entries share one small block
//! with their tag bytes, and have no header (a shared static stands in for it).
//!
//! # Look-up
//!
//! One compare finds the lanes of the home group whose tag is the wanted one; the entries there are compared.
//! The pattern for that compare is made from the hash inside of vector registers. Found: done, and nothing of
//! growth or chains was looked at. Not found: one load and one bit of the filter say whether an entry of this
//! class may be in the chain; mostly none is, whether the group is full or not. So a miss does not ask for an
//! empty slot, as it does in a Swiss table.
//!
//! Where a tag matches, the first slots of the group are asked for before the entry is. The processor comes there by
//! prediction, before it has the tags, so in a large table two waits become one (hit: 0.84 of the time at 10 million
//! entries, 0.93 at 1.5 million; nothing in a cache, and nothing for a miss).
//!
//! The table masks with the size of the last completed doubling. While splits are pending, an entry of a split
//! group may be in the sibling: only a look-up that has found nothing in the first group looks there.
//!
//! # Insertion, removal
//!
//! An entry goes to the lowest empty lane of its home group, else to its chain. A removal empties the slot: no
//! tombstone. It does not fill the gap from the chain at once, as an insertion would take it for nothing;
//! only where the filter has a bit that stands for the vacated lane, which is the more likely the longer the chain,
//! one entry is pulled back. (Always pulling back leaves half as many entries in chains under churn, but by
//! simulation at 12.2 entries per group a remove and an insertion then touch a chain 34 times in 100 instead of 17,
//! with one bit in 16.)
//! A gap in a chain is filled by the
//! last entry of its first node, so that all other nodes are full.
//!
//! # Growth
//!
//! ```text
//! base = 4, extra = 2:   0' 1' 2  3 | 0" 1"            groups 0 and 1 have been split
//! next split:            0' 1' 2' 3 | 0" 1" 2"         base and mask stay: entries of 3 do not move
//! last split:            0  1  2  3   4  5  6  7       base = 8, extra = 0: at rest
//! ```
//!
//! Half of the entries of a group never move, no second table exists, and an insertion splits a bounded number of
//! groups ([`pace`]). [`GrowthPolicy::Burst`] rests up to 14.75 entries per group and then doubles within 1 % more
//! insertions, because look-ups are slower meanwhile; removals count, too, so that a table whose size stands
//! still gets out of it. [`GrowthPolicy::Paced`] splits one group for every 14 insertions, always.
//!
//! A split asks the hasher about all entries of the group first and moves them afterwards, so a panic in the
//! hasher finds the group as it was. A merge needs no hash: tags and classes are in the table. Hence
//! removal needs no hasher.
//!
//! Merging starts below 30 % load and at rest ends at 60 %: toggling one entry at any size makes no
//! allocator call. It stops at what `with_capacity` or `reserve` asked for.
//!
//! A burst frees nearly all overflow nodes, in an order that has nothing to do with theirs in the pool. The pool is
//! trimmed when an eighth of them is left, since trimming all along would move each node that is to be freed soon. What
//! is about to be touched of chains and pool is asked for ahead. (Both together took a build of 1.5 million entries
//! from 0.81 to 0.75 of hashbrown's time.)
//!
//! Tag bytes that have just been stored one by one are not loaded as a group: such a load waits for all the stores. So
//! splits and merges keep the empty lanes in registers. (Emptying a table of 6,000 entries: 1.33 of hashbrown's time,
//! with merges that looked again 1.43.)
//!
//! Blocks learn whether their allocator grows in place: if the slots stayed where they were, the next growth asks for
//! little more than it needs, else for the whole doubling. A block that stays in place grows by no more than 256 KiB
//! and gives back no more at once, the pool of overflow nodes included, since the system takes its time for each page.
//!
//! # Iteration
//!
//! Groups in order, then the pool of nodes: no chain is followed. The cost follows the number of groups, which
//! follows the number of entries, as bulk removal merges, too. Four groups are looked at together: their 64 lanes fit a
//! word, slots of neighbouring groups lie side by side, and the end of a loop over one group is mistaken by the
//! predictor nearly every time (0.9 of hashbrown's time at 100,000 entries instead of 1.3; where a table of some
//! thousand entries is walked again and again, the predictor knows the ends of short loops, and it is 1.25 either way).
//!
//! # Departures, and what lost
//!
//! Ratios are to hashbrown 0.17 on the same machine; `benches/README.md` has the commands.
//!
//! - *Filter bits in the tag bytes* (seven-bit tags, one bit of each byte for the filter): a look-up then masks
//!   both sides, 41.3 instructions per hit at 6,000 entries instead of 39.1, and has twice as many false matches.
//! - *A chain only beside a full group* (so that an empty lane ends a miss): every removal from a chained group
//!   and every insertion after it touch the chain.
//! - *Lanes by hash* (start the search at a lane that the hash names, for fewer false matches): four more
//!   instructions per hit, no gain.
//! - *Filters in an array of their own*, two bytes for each group instead of eight with the head: no gain in misses or
//!   builds at 6,000 to 11 million entries, and churn cost 1.06 of what it costs with one line for both.
//! - *Asking for more lines of the slots* in a look-up: with all of the first twelve lanes hits at 10 million entries
//!   took 0.74 instead of 0.84 of the time, but look-ups that go to the same 5,000 of 1.5 million entries 1.03 instead
//!   of 0.8: lines that nobody wanted push out those that are wanted again.
//! - *Asking for the first slot with the tags* in a batch: no gain at 1.5 million entries, 1.04 of the time at 10
//!   million.
//! - *Asking for slots only in a long table*, whatever the tags: four more instructions per hit, five per miss.
//! - *A longer burst* saves memory for a while; a map that rests in it pays 1.4 for hits and 3.9 for misses.
//! - *This table for every node of a nested map*: nodes of 17 to 16,384 entries are one block of groups instead, moved
//!   as a whole when it grows. With paced tables 10 x 10 x 10000 took 13.8 bytes per leaf instead of 11.0, and look-ups
//!   of present keys 1.38 of hashbrown's time instead of about 0.75. The price is a pause that is bounded by the block.
//!
//! # Hard cases
//!
//! A constant hash makes one chain of everything: look-ups become linear, memory stays bounded, nothing recurses.
//! User code
//! (hasher, equality, `Clone`, `Drop`, predicates) may panic or lie: see I10. When a merge cannot have the nodes
//! it needs, it waits; nothing is lost.
//!
//! # Invariants
//!
//! Each `SAFETY` comment names the ones that it rests on; `check_invariants` checks them.
//!
//! - **I1** The blocks of a large table, or the parts of its joined block, have the capacities that its header says,
//!   and every group in use is below all of them. Slot `i` has tag byte `i`; group `g` has slots `16 g ..`, and head
//!   `g`.
//! - **I2** The tag bytes and heads of groups in use are initialised.
//! - **I3** A slot holds an entry exactly if its tag byte is not 0, and then the byte is the tag of its hash.
//! - **I4** A group has a chain exactly if its filter is not 0; then `first` names a live node, and the filter has
//!   the bit of the class of every entry in the chain.
//! - **I5** A node below `node_used` is either live (in exactly one chain, that of its `home`) or on the free list,
//!   with no tags and links both ways. Entries take the first lanes of a node; in a chain, no node is
//!   empty and all but the first are full.
//! - **I6** An entry is in its home group or in its chain: the group `hash & mask`, or its sibling if that
//!   group has been split and the next bit is set.
//! - **I7** `len` is the number of entries.
//! - **I8** A small table has one group, no chain, `grow_at` slots in one block, and no entry beyond them.
//! - **I9** All blocks of a table come from one allocator, which its owner passes to every call.
//! - **I10** User code runs only while I1 to I9 hold, and no reference into the table outlives a change to it.

mod batch;
mod block;
mod chain;
#[cfg(any(test, tophash_check))]
mod check;
mod clone;
mod consume;
mod group;
mod iter;
mod node;
mod overflow;
mod owned;
mod pace;
mod rehash;
mod storage;
mod table;
mod tag;
pub(crate) mod tree;

pub(crate) use consume::{Drain, ExtractIf, IntoIter};
pub(crate) use iter::{Iter, IterMut};
pub(crate) use owned::{Entry, OccupiedEntry, Table, VacantEntry};
pub use pace::GrowthPolicy;

#[cfg(test)]
mod tests;
