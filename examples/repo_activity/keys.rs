//! The map under test, and how its tuple keys are read without building one.

use hashbrown::Equivalent;
pub(crate) use hashbrown::{DefaultHashBuilder, HashMap};

use crate::log::Month;

/// The key of the map: author, path, month.
pub(crate) type Key = (String, String, Month);

/// A [`Key`] in borrowed parts.
#[derive(Hash)]
pub(crate) struct Parts<'a>(pub(crate) &'a str, pub(crate) &'a str, pub(crate) Month);

impl Equivalent<Key> for Parts<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0 && self.1 == key.1 && self.2 == key.2
    }
}
