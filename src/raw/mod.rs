//! The raw table.

mod batch;
mod chain;
#[cfg(any(test, tophash_check))]
mod check;
mod clone;
mod consume;
mod group;
mod iter;
mod overflow;
mod owned;
mod pace;
mod rehash;
mod storage;
mod table;
mod tag;

pub(crate) use consume::{Drain, ExtractIf, IntoIter};
pub(crate) use iter::{Iter, IterMut};
pub(crate) use owned::{Entry, OccupiedEntry, Table, VacantEntry};
pub use pace::GrowthPolicy;

#[cfg(test)]
mod tests;
