//! When to split and when to merge: pure arithmetic on counts of entries and groups.

/// How a map spreads the cost of growing, chosen when it is made.
///
/// Both policies do a bounded amount of work per insertion and never hold two tables.
///
/// ```
/// use tophash::{GrowthPolicy, HashMap};
///
/// let mut map: HashMap<u64, u64> = HashMap::with_growth_policy(GrowthPolicy::Paced);
/// map.insert(1, 2);
/// assert_eq!(map.growth_policy(), GrowthPolicy::Paced);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum GrowthPolicy {
    /// Doubles in a short burst of splits, then rests: the fastest look-ups. The default.
    #[default]
    Burst,
    /// Splits evenly over all insertions: the least memory per entry, and nearly the same at
    /// every size, for slower look-ups (more entries lie in overflow chains).
    Paced,
}

/// What a table with [`GrowthPolicy::Burst`] is in the middle of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Direction {
    Rest,
    Splitting,
    Merging,
}

/// Groups that one step splits or merges.
pub(super) const QUANTUM: usize = if cfg!(tophash_quantum_1) { 1 } else { 32 };
/// The same for [`GrowthPolicy::Paced`], whose steps are spread out anyway.
pub(super) const PACED_QUANTUM: usize = if cfg!(tophash_quantum_1) { 1 } else { 2 };

/// Entries in this many groups at which a burst of splits starts: 14.75 for each.
pub(super) fn burst_start(groups: usize) -> usize {
    groups * 59 / 4
}

/// Operations between two steps of a burst. Look-ups are slower while it lasts, so it is short: at
/// an eighth per group it ends near 14.9 entries per group.
pub(super) const BURST_STRIDE: usize = QUANTUM.div_ceil(8);

/// Entries per unsplit group at which a paced doubling starts, and what each split adds to the limit.
pub(super) const PACED_START: usize = 14;
const PACED_PER_SPLIT: usize = 14;

/// Entries that `base` groups, `split` of them split, hold before a paced table splits again.
pub(super) fn paced_limit(base: usize, split: usize) -> usize {
    PACED_START * base + PACED_PER_SPLIT * split
}

/// Entries below which a table of so many groups starts to merge: 30 % of its slots.
pub(super) fn merge_below(groups: usize) -> usize {
    groups * 24 / 5
}

/// The same for a paced table that splits at `limit` entries: 60 %, but in a small table far enough below the
/// limit that merging leaves for what comes next.
pub(super) fn paced_merge_below(groups: usize, limit: usize) -> usize {
    let clear = limit.saturating_sub(4 * PACED_PER_SPLIT);
    merge_below(groups).max((limit * 3 / 5).min(clear))
}

/// Groups that `entries` entries need at rest.
pub(super) fn groups_for(entries: usize, policy: GrowthPolicy) -> Option<usize> {
    match policy {
        GrowthPolicy::Burst => {
            // One group more where rounding down would leave too little room.
            let groups = entries / 59 * 4 + (entries % 59 * 4).div_ceil(59);
            groups.checked_next_power_of_two()
        }
        GrowthPolicy::Paced => Some(entries.div_ceil(PACED_START)),
    }
}

/// Overflow nodes (of `lanes` slots) to keep ready for `entries` entries in `groups` groups.
///
/// With a good hash the entries of a group are a Poisson variable `X` of mean `entries / groups`;
/// the table holds `E[ceil(max(X - 16, 0) / 4)]` per 1,000 groups, with a fifth added.
pub(super) fn nodes_for(entries: usize, groups: usize, lanes: usize) -> usize {
    let per_mille = match entries / groups.max(1) {
        0..8 => 5,
        8 => 14,
        9 => 35,
        10 => 73,
        11 => 137,
        12 => 230,
        13 => 357,
        _ => 500,
    };
    let nodes = groups / 1000 * per_mille + groups % 1000 * per_mille / 1000 + 2;
    nodes * 4_usize.div_ceil(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_leave_room_between_growing_and_shrinking() {
        for base in [2, 4, 64, 4096] {
            // After a burst the load is far above the merge threshold, after merging far below the split one.
            assert!(merge_below(2 * base) < burst_start(base) * 3 / 4);
            assert!(merge_below(base) < burst_start(base) / 2 * 3 / 4);
            assert!(paced_limit(base, base) == paced_limit(2 * base, 0));
        }
    }

    #[test]
    fn groups_hold_what_they_are_made_for() {
        for entries in 1..10_000 {
            let burst = groups_for(entries, GrowthPolicy::Burst).unwrap();
            assert!(burst.is_power_of_two() && burst_start(burst) >= entries);
            let paced = groups_for(entries, GrowthPolicy::Paced).unwrap();
            assert!(paced * PACED_START >= entries);
        }
        assert_eq!(
            groups_for(usize::MAX, GrowthPolicy::Burst),
            Some((usize::MAX / 59 * 4).next_power_of_two())
        );
    }
}
