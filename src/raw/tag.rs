//! The tag ("tophash") of an entry.

use core::fmt;

/// The top byte of an entry's hash, never zero: zero marks an empty slot.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Tag(u8);

impl Tag {
    /// The least tag: entries whose top byte is zero have it too.
    pub(super) const LEAST: u8 = 1;

    /// The tag of an entry with this hash.
    ///
    /// The home group is taken from the low bits, so the two are independent.
    #[inline]
    pub(super) fn of(hash: u64) -> Self {
        Tag(((hash >> 56) as u8).max(Self::LEAST))
    }

    /// The tag of an entry whose tag byte is this.
    #[inline]
    pub(super) fn from_byte(byte: u8) -> Self {
        debug_assert!(byte != 0, "an empty slot has no tag");
        Tag(byte)
    }

    #[inline]
    pub(super) fn byte(self) -> u8 {
        self.0
    }

    /// Which of the 16 filter bits of a group stands for this tag: its upper half.
    ///
    /// A function of the tag alone, so that a filter can be rebuilt without hashing.
    #[inline]
    pub(super) fn class(self) -> usize {
        usize::from(self.0 >> 4)
    }

    /// `Tag::of(hash).class()`, the short way.
    #[inline]
    pub(super) fn class_of(hash: u64) -> usize {
        (hash >> 60) as usize
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({:#04x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Tag;

    #[test]
    fn every_top_byte_has_a_tag_and_its_class() {
        for top in 0..=255_u64 {
            let hash = top << 56 | 0x00AB_CDEF;
            let tag = Tag::of(hash);
            assert_eq!(tag, Tag::from_byte(tag.byte()));
            assert_eq!(tag.class(), Tag::class_of(hash));
            assert_eq!(u64::from(tag.byte()), top.max(1));
        }
    }
}
