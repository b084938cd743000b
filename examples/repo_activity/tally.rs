//! The same job on three structures: author -> path -> month -> [`Stats`].

use std::collections::HashMap as StdMap;
use std::hash::BuildHasher;

use crate::keys::{self, HashMap, Key, NestedMap, Str};
use crate::log::{Change, Month};

/// What is counted for one author, path and month, or summed over several.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Stats {
    /// Commits that changed the path. Summed over paths, a commit counts once for each path.
    pub(crate) changes: u64,
    pub(crate) added: u64,
    pub(crate) removed: u64,
}

impl Stats {
    /// Adds what another commit, or another sum, has counted.
    pub(crate) fn add(&mut self, other: Self) {
        self.changes += other.changes;
        self.added += other.added;
        self.removed += other.removed;
    }
}

impl From<Change<'_>> for Stats {
    fn from(change: Change<'_>) -> Self {
        Self {
            changes: 1,
            added: change.added.into(),
            removed: change.removed.into(),
        }
    }
}

/// A structure that counts changes.
pub(crate) trait Tally: Default {
    /// Counts one change; allocates only where author, path or month is new.
    fn count(&mut self, change: Change<'_>);

    /// Number of different (author, path, month).
    fn triples(&self) -> usize;

    /// Counts all of `changes`, from empty.
    fn of<'a>(changes: impl Iterator<Item = Change<'a>>) -> Self {
        let mut tally = Self::default();
        changes.for_each(|change| tally.count(change));
        tally
    }
}

/// One map with tuple keys.
#[derive(Default)]
pub(crate) struct Flat(HashMap<Key, Stats>);

impl Tally for Flat {
    fn count(&mut self, change: Change<'_>) {
        let parts = (change.author, change.path, change.month);
        keys::add(&mut self.0, parts, change.into());
    }

    fn triples(&self) -> usize {
        self.0.len()
    }
}

impl Flat {
    /// All entries, in the map's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, Month, Stats)> {
        self.0
            .iter()
            .map(|((author, path, month), stats)| (author.as_str(), path.as_str(), *month, *stats))
    }

    /// Bytes of the finished structure: the table, by its own account, and the keys' strings.
    pub(crate) fn bytes(&self) -> usize {
        let strings = |(author, path, _): &Key| author.capacity() + path.capacity();
        self.0.allocation_size() + self.0.keys().map(strings).sum::<usize>()
    }
}

/// One map with nested keys: each author and path is stored once.
#[derive(Default)]
pub(crate) struct Tree(NestedMap<(Str, Str, Month), Stats>);

impl Tally for Tree {
    fn count(&mut self, change: Change<'_>) {
        let key = (change.author, change.path, change.month);
        self.0.entry(key).or_default().add(change.into());
    }

    fn triples(&self) -> usize {
        self.0.len()
    }
}

impl Tree {
    /// What was counted for one author, path and month.
    pub(crate) fn get(&self, author: &str, path: &str, month: Month) -> Option<Stats> {
        self.0.get((author, path, month)).copied()
    }

    /// Bytes of the finished structure, by its own account: strings, free pieces and all.
    pub(crate) fn bytes(&self) -> usize {
        self.0.memory().reserved
    }
}

type Months<S> = StdMap<Month, Stats, S>;
type Paths<S> = StdMap<String, Months<S>, S>;

/// Three levels of `std::collections::HashMap`.
#[derive(Default)]
pub(crate) struct Nested<S>(StdMap<String, Paths<S>, S>);

impl<S: BuildHasher + Default> Tally for Nested<S> {
    fn count(&mut self, change: Change<'_>) {
        match self.0.get_mut(change.author) {
            Some(paths) => count_in_paths(paths, change),
            None => {
                let mut paths = Paths::default();
                count_in_paths(&mut paths, change);
                self.0.insert(change.author.to_owned(), paths);
            }
        }
    }

    fn triples(&self) -> usize {
        self.0
            .values()
            .flat_map(|paths| paths.values())
            .map(|months| months.len())
            .sum()
    }
}

fn count_in_paths<S: BuildHasher + Default>(paths: &mut Paths<S>, change: Change<'_>) {
    match paths.get_mut(change.path) {
        Some(months) => months.entry(change.month).or_default().add(change.into()),
        None => {
            let mut months = Months::default();
            months.insert(change.month, change.into());
            paths.insert(change.path.to_owned(), months);
        }
    }
}

impl<S: BuildHasher + Default> Nested<S> {
    /// What was counted for one author, path and month.
    pub(crate) fn get(&self, author: &str, path: &str, month: Month) -> Option<Stats> {
        self.0.get(author)?.get(path)?.get(&month).copied()
    }
}
