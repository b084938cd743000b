//! Sixteen tag bytes, looked at with one compare.
//!
//! One interface, one file per instruction set. Which one serves is decided here
//! and nowhere else; the portable one runs everywhere and is forced by
//! `--cfg tophash_portable`.

mod portable;

#[cfg(all(
    not(tophash_portable),
    any(
        target_arch = "x86_64",
        all(target_arch = "x86", target_feature = "sse2")
    ),
    target_feature = "sse2"
))]
mod sse2;
#[cfg(all(
    not(tophash_portable),
    any(
        target_arch = "x86_64",
        all(target_arch = "x86", target_feature = "sse2")
    ),
    target_feature = "sse2"
))]
pub(super) use sse2::Group;

#[cfg(all(
    not(tophash_portable),
    target_arch = "aarch64",
    target_feature = "neon",
    target_endian = "little"
))]
mod neon;
#[cfg(all(
    not(tophash_portable),
    target_arch = "aarch64",
    target_feature = "neon",
    target_endian = "little"
))]
pub(super) use neon::Group;

#[cfg(not(all(
    not(tophash_portable),
    any(
        all(
            any(target_arch = "x86_64", target_arch = "x86"),
            target_feature = "sse2"
        ),
        all(
            target_arch = "aarch64",
            target_feature = "neon",
            target_endian = "little"
        )
    )
)))]
pub(super) use portable::Group;

use core::fmt;

/// Slots, and so tag bytes, in a group.
pub(super) const LANES: usize = 16;

/// Sixteen tag bytes as they lie in memory, aligned for a single load.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub(super) struct TagBytes(pub(super) [u8; LANES]);

/// One bit for each lane of a group.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub(super) struct BitMask(u16);

impl BitMask {
    #[inline]
    pub(super) const fn from_bits(bits: u16) -> Self {
        BitMask(bits)
    }

    /// The first `count` lanes.
    #[inline]
    pub(super) fn first(count: usize) -> Self {
        BitMask(((1_u32 << count) - 1) as u16)
    }

    /// Bit `i` is set if lane `i` is among them.
    #[inline]
    pub(super) fn bits(self) -> u16 {
        self.0
    }

    #[inline]
    pub(super) fn any(self) -> bool {
        self.0 != 0
    }

    #[inline]
    pub(super) fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    #[inline]
    pub(super) fn without_lowest(self) -> Self {
        BitMask(self.0 & self.0.wrapping_sub(1))
    }

    #[inline]
    pub(super) fn and(self, other: Self) -> Self {
        BitMask(self.0 & other.0)
    }

    #[inline]
    pub(super) fn or(self, other: Self) -> Self {
        BitMask(self.0 | other.0)
    }

    /// All lanes but these.
    #[inline]
    pub(super) fn not(self) -> Self {
        BitMask(!self.0)
    }

    /// Whether the bit of this lane is set.
    #[inline]
    pub(super) fn has(self, lane: usize) -> bool {
        self.0 & (1 << lane) != 0
    }

    /// The lowest lane, or `None`.
    #[inline]
    pub(super) fn lowest(self) -> Option<usize> {
        if self.0 == 0 {
            None
        } else {
            Some(self.0.trailing_zeros() as usize)
        }
    }
}

impl Iterator for BitMask {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let lane = self.lowest()?;
        *self = self.without_lowest();
        Some(lane)
    }
}

impl fmt::Debug for BitMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BitMask({:016b})", self.0)
    }
}

#[cfg(test)]
mod tests;
