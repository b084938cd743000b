//! The tag ("tophash") of an entry.

use core::fmt;

/// Seven bits of an entry's hash, never zero: zero marks an empty slot.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Tag(u8);

impl Tag {
    /// The bits of a tag byte that hold the tag; the eighth belongs to the filter.
    pub(super) const MASK: u8 = 0x7F;
    /// The bit of a tag byte that belongs to the filter of its group.
    pub(super) const FILTER_BIT: u8 = 0x80;

    /// The tag of an entry with this hash: its top seven bits, of which 0 becomes 1.
    ///
    /// The home group is taken from the low bits, so the two are independent.
    #[inline]
    pub(super) fn of(hash: u64) -> Self {
        let top = hash >> 57;
        Tag((top + u64::from(top == 0)) as u8)
    }

    /// The tag that a non-empty tag byte holds.
    #[inline]
    pub(super) fn from_byte(byte: u8) -> Self {
        debug_assert!(byte & Self::MASK != 0, "an empty slot has no tag");
        Tag(byte & Self::MASK)
    }

    #[inline]
    pub(super) fn byte(self) -> u8 {
        self.0
    }

    /// Which of the 16 filter bits of a group stands for this tag.
    ///
    /// A function of the tag alone, so that a filter can be rebuilt without hashing.
    #[inline]
    pub(super) fn class(self) -> usize {
        usize::from(self.0 & 15)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({:#04x})", self.0)
    }
}
