//! The map under test, and how its tuple keys are read without building one.

use hashbrown::Equivalent;
pub(crate) use hashbrown::{DefaultHashBuilder, HashMap};

use crate::log::Month;
use crate::tally::Stats;

/// The key of the map: author, path, month.
pub(crate) type Key = (String, String, Month);

/// The borrowed form of a [`Key`].
#[derive(Hash)]
struct Parts<'a>((&'a str, &'a str, Month));

impl Equivalent<Key> for Parts<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        let (author, path, month) = self.0;
        author == key.0 && path == key.1 && month == key.2
    }
}

/// Adds `stats` to what the key made of `parts` has; allocates only if that is nothing yet.
pub(crate) fn add(map: &mut HashMap<Key, Stats>, parts: (&str, &str, Month), stats: Stats) {
    match map.get_mut(&Parts(parts)) {
        Some(sum) => sum.add(stats),
        None => {
            let (author, path, month) = parts;
            map.insert((author.to_owned(), path.to_owned(), month), stats);
        }
    }
}
