//! Groups with NEON, which every 64-bit ARM has.

use core::arch::aarch64 as arch;

use super::super::tag::Tag;
use super::{BitMask, TagBytes};

/// The tag bytes of a group in a register.
#[derive(Clone, Copy)]
pub(in crate::raw) struct Group(arch::uint8x16_t);

/// Bit `i % 8` in lane `i`: summing a half of the masked lanes gives its byte of the bit mask.
static WEIGHTS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

impl Group {
    #[inline]
    pub(in crate::raw) fn load(bytes: &TagBytes) -> Self {
        // SAFETY: `TagBytes` is 16 readable bytes.
        unsafe { Group(arch::vld1q_u8(bytes.0.as_ptr())) }
    }

    /// Lanes whose tag is that of `hash`.
    #[inline]
    pub(in crate::raw) fn match_hash(self, hash: u64) -> BitMask {
        let tag = Tag::of(hash).byte();
        // SAFETY: NEON is enabled at compile time wherever this module is built.
        unsafe { mask(arch::vceqq_u8(self.0, arch::vdupq_n_u8(tag))) }
    }

    /// Lanes whose slot is empty.
    #[inline]
    pub(in crate::raw) fn match_empty(self) -> BitMask {
        // SAFETY: as in `match_hash`.
        unsafe { mask(arch::vceqq_u8(self.0, arch::vdupq_n_u8(0))) }
    }
}

/// Turns lanes of all ones or all zeros into one bit each.
#[inline]
unsafe fn mask(lanes: arch::uint8x16_t) -> BitMask {
    // SAFETY: the caller vouches for NEON; `WEIGHTS` is 16 readable bytes.
    unsafe {
        let bits = arch::vandq_u8(lanes, arch::vld1q_u8(WEIGHTS.as_ptr()));
        let low = arch::vaddv_u8(arch::vget_low_u8(bits));
        let high = arch::vaddv_u8(arch::vget_high_u8(bits));
        BitMask::from_bits(u16::from(low) | (u16::from(high) << 8))
    }
}
