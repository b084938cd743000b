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
        Self::of_top(Self::top_of(hash))
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

    /// The bits of a filter that stand for this tag: that of its class, the lower five bits of the byte.
    ///
    /// A function of the tag alone, so that a filter can be made without hashing. The least tag has the bit of the
    /// class 0 too: look-ups take the class of the byte that the tag was made of.
    #[inline]
    pub(super) fn filter(self) -> u32 {
        1 << (self.0 & 31) | u32::from(self.0 == Self::LEAST)
    }

    /// Whether a filter with these bits lets hashes pass whose top byte is this.
    #[inline]
    pub(super) fn passes(filter: u32, top: u8) -> bool {
        filter >> (top & 31) & 1 != 0
    }

    /// What tags are made of.
    #[inline]
    pub(super) fn top_of(hash: u64) -> u8 {
        (hash >> 56) as u8
    }

    /// The tag of all hashes with this top byte.
    #[inline]
    pub(super) fn of_top(top: u8) -> Self {
        Tag(top.max(Self::LEAST))
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
    fn every_top_byte_has_a_tag_that_its_filter_lets_pass() {
        for top in 0..=255_u64 {
            let hash = top << 56 | 0x00AB_CDEF;
            let tag = Tag::of(hash);
            assert_eq!(tag, Tag::from_byte(tag.byte()));
            assert!(Tag::passes(tag.filter(), Tag::top_of(hash)));
            assert!(!Tag::passes(tag.filter(), Tag::top_of(hash) ^ 16));
            assert_eq!(u64::from(tag.byte()), top.max(1));
        }
    }
}
