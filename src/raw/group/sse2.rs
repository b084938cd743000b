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
    /// The pattern is made from the hash without a detour through a general register.
    #[inline]
    pub(in crate::raw) fn match_hash(self, hash: u64) -> BitMask {
        // SAFETY: SSE2 is enabled at compile time wherever this module is built.
        unsafe {
            let hash = arch::_mm_set_epi64x(0, hash as i64);
            let pairs = arch::_mm_unpacklo_epi8(hash, hash);
            let top = arch::_mm_shufflehi_epi16::<0xFF>(pairs);
            let top = arch::_mm_unpackhi_epi64(top, top);
            let pattern = arch::_mm_max_epu8(top, arch::_mm_set1_epi8(Tag::LEAST as i8));
            mask(arch::_mm_cmpeq_epi8(self.0, pattern))
        }
    }

    /// Lanes whose slot is empty.
    #[inline]
    pub(in crate::raw) fn match_empty(self) -> BitMask {
        // SAFETY: as in `match_hash`.
        unsafe { mask(arch::_mm_cmpeq_epi8(self.0, arch::_mm_setzero_si128())) }
    }
}

#[inline]
unsafe fn mask(vector: arch::__m128i) -> BitMask {
    // SAFETY: the caller vouches for SSE2.
    BitMask::from_bits(unsafe { arch::_mm_movemask_epi8(vector) } as u16)
}
