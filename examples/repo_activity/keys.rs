//! The maps under test, and how its tuple keys are read without building one.

pub(crate) use tophash::{DefaultHashBuilder, HashMap, NestedMap, Str};
use tophash::{Part, Parts};

use crate::log::Month;
use crate::tally::Stats;

/// The key of the map: author, path, month.
pub(crate) type Key = (String, String, Month);

impl Part<Month> for Month {
    fn is_part(&self, key: &Month) -> bool {
        self == key
    }
}

/// Adds `stats` to what the key made of `parts` has; allocates only if that is nothing yet.
pub(crate) fn add(map: &mut HashMap<Key, Stats>, parts: (&str, &str, Month), stats: Stats) {
    map.entry_ref(&Parts(parts)).or_default().add(stats);
}
