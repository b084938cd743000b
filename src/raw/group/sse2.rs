//! Groups with SSE2, which every x86-64 has.

#[cfg(target_arch = "x86")]
use core::arch::x86 as arch;
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64 as arch;

use super::super::tag::Tag;
use super::{BitMask, TagBytes};

/// The tag bytes of a group in a register.
#[derive(Clone, Copy)]
pub(in crate::raw) struct Group(arch::__m128i);

impl Group {
    #[inline]
    pub(in crate::raw) fn load(bytes: &TagBytes) -> Self {
        // SAFETY: `TagBytes` is 16 readable bytes aligned to 16.
        unsafe { Group(arch::_mm_load_si128(bytes.0.as_ptr().cast())) }
    }

    /// Lanes whose tag is that of `hash`.
    ///
    /// The pattern is made from the hash without a detour through a general register, and the
    /// filter bits are taken out of the difference: two instructions less than masking both sides.
    #[inline]
    pub(in crate::raw) fn match_hash(self, hash: u64) -> BitMask {
        // SAFETY: SSE2 is enabled at compile time wherever this module is built.
        unsafe {
            let hash = arch::_mm_set_epi64x(0, hash as i64);
            let pairs = arch::_mm_unpacklo_epi8(hash, hash);
            let top = arch::_mm_shufflehi_epi16::<0xFF>(pairs);
            let top = arch::_mm_unpackhi_epi64(top, top);
            let pattern = arch::_mm_max_epu8(top, arch::_mm_set1_epi8(Tag::LEAST as i8));
            let difference = arch::_mm_and_si128(
                arch::_mm_xor_si128(self.0, pattern),
                arch::_mm_set1_epi8(Tag::MASK as i8),
            );
            mask(arch::_mm_cmpeq_epi8(difference, arch::_mm_setzero_si128()))
        }
    }

    /// Lanes whose slot is empty.
    #[inline]
    pub(in crate::raw) fn match_empty(self) -> BitMask {
        // SAFETY: as in `match_hash`.
        unsafe {
            let tags = arch::_mm_and_si128(self.0, arch::_mm_set1_epi8(Tag::MASK as i8));
            mask(arch::_mm_cmpeq_epi8(tags, arch::_mm_setzero_si128()))
        }
    }

    /// The filter of the overflow chain: bit `c` is set when an entry of class `c` may be there.
    #[inline]
    pub(in crate::raw) fn filter(self) -> BitMask {
        // SAFETY: as in `match_hash`. The filter bit of each byte moves to its highest.
        unsafe {
            mask(arch::_mm_slli_epi16::<
                { Tag::FILTER_BIT.leading_zeros() as i32 },
            >(self.0))
        }
    }
}

#[inline]
unsafe fn mask(vector: arch::__m128i) -> BitMask {
    // SAFETY: the caller vouches for SSE2.
    BitMask::from_bits(unsafe { arch::_mm_movemask_epi8(vector) } as u16)
}
