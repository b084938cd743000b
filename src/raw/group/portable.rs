//! Groups with plain integers, for every target.
#![cfg_attr(not(tophash_portable), allow(dead_code))]

use super::super::tag::Tag;
use super::{BitMask, TagBytes};

/// The tag bytes of a group as two little-endian words.
#[derive(Clone, Copy)]
pub(in crate::raw) struct Group([u64; 2]);

const LOW_BITS: u64 = u64::from_ne_bytes([0x7F; 8]);

impl Group {
    #[inline]
    pub(in crate::raw) fn load(bytes: &TagBytes) -> Self {
        let word = |from: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes.0[from..from + 8]);
            u64::from_le_bytes(eight)
        };
        Group([word(0), word(8)])
    }

    /// Lanes whose tag is that of `hash`.
    #[inline]
    pub(in crate::raw) fn match_hash(self, hash: u64) -> BitMask {
        let pattern = u64::from_ne_bytes([Tag::of(hash).byte(); 8]);
        mask(self.0.map(|word| zero_bytes(word ^ pattern)))
    }

    /// Lanes whose slot is empty.
    #[inline]
    pub(in crate::raw) fn match_empty(self) -> BitMask {
        mask(self.0.map(zero_bytes))
    }
}

/// The high bit of each byte that is zero; exact, no carry crosses a byte.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    !(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS)
}

/// Gathers the high bits of the sixteen bytes.
#[inline]
fn mask(words: [u64; 2]) -> BitMask {
    // The product brings bit 0 of byte `i` to bit 56 + i; no two terms meet in one bit.
    let [low, high] =
        words.map(|word| ((word >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u16);
    BitMask::from_bits(low | (high << 8))
}
