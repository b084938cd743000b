//! Which blocks are large, how much is reserved for them, and the way of a block between small and large.

use super::{AllocError, Allocator, Global, Layout, Reserving, os, range};
use core::ptr::NonNull;

// By A2, a base must be aligned to the offset of its block.
const _: () = assert!(os::PAGE >= Policy::MOST_ALIGN);

/// The numbers behind [`Reserving`]. All sizes are in bytes.
///
/// Policies with the same `large` may hand each other their blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    /// The smallest large block.
    pub(super) large: usize,
    /// The shortest range, unless it is refused.
    pub(super) least: usize,
    /// A range is this many times as long as its block, if that
    pub(super) ratio: usize,
    /// leaves no more than this to spare.
    pub(super) spare: usize,
    /// Ranges are multiples of this, which is a multiple of `os::PAGE`.
    pub(super) unit: usize,
    /// How many lengths are tried before a block falls back to `Global`.
    pub(super) tries: u32,
    /// The longest step that is populated at once.
    pub(super) populate: usize,
    /// How much of a cached range may have been touched, and the longest block (with its header) that a cached
    /// range serves; zero: none. All policies with such a figure agree on `least`, which exceeds it.
    pub(super) cached: usize,
    /// How much of its range a block that became small may leave in the cache; zero: the range goes back.
    pub(super) leftover: usize,
    /// A range of which more than this is needed asks for huge pages.
    pub(super) huge: usize,
}

impl Policy {
    /// That of [`Reserving`].
    pub(super) const STANDARD: Self = Self {
        large: if os::AVAILABLE {
            Reserving::LARGE_BLOCK
        } else {
            usize::MAX
        },
        least: 16 << 20,
        ratio: 64,
        spare: 4 << 30,
        // A large page: Linux then finds a place where large pages fit.
        unit: 2 << 20,
        tries: 5,
        populate: 1 << 20,
        cached: 4 << 20,
        leftover: Reserving::LARGE_BLOCK + os::PAGE,
        huge: usize::MAX,
    };

    /// That of [`ForShards`](super::ForShards).
    #[cfg(any(feature = "std", test))]
    pub(super) const FOR_SHARDS: Self = Self {
        leftover: 0,
        ..Self::STANDARD
    };

    /// That of [`HugePages`](super::HugePages).
    pub(super) const HUGE: Self = Self {
        // No cached range serves a block of this length.
        huge: Self::STANDARD.cached,
        ..Self::STANDARD
    };

    /// The largest alignment of a large block: what every range has.
    const MOST_ALIGN: usize = 4096;

    /// No longer range is asked for: half of a 47-bit address space.
    const LONGEST: usize = usize::MAX >> 18;

    #[inline]
    fn is_large(&self, layout: Layout) -> bool {
        layout.size() >= self.large && layout.align() <= Self::MOST_ALIGN
    }

    /// Whether a range of this length may be cached: not a fallback to less, and no longer than one that was
    /// reserved for a block that a cached range serves.
    pub(super) fn caches(&self, len: usize) -> bool {
        self.cached > 0 && (self.least..=self.cached * self.ratio).contains(&len)
    }

    /// The lengths to try for a range of which the first `end` bytes are needed, longest first: with
    /// less and less to spare, at last with nothing.
    pub(super) fn lengths(&self, end: usize) -> impl Iterator<Item = usize> + use<> {
        let spare = (end.saturating_mul(self.ratio) - end)
            .min(self.spare)
            .max(self.least.saturating_sub(end));
        let Self { tries, unit, .. } = *self;
        (1..=tries)
            .map(move |k| end + if k < tries { spare >> (2 * (k - 1)) } else { 0 })
            .map(move |len| len.next_multiple_of(unit))
            .filter(|&len| len <= Self::LONGEST)
    }

    /// A block; with `zeroed`, it reads as zero.
    #[inline]
    pub(super) fn allocate_any(
        &self,
        layout: Layout,
        zeroed: bool,
    ) -> Result<NonNull<u8>, AllocError> {
        if self.is_large(layout) {
            range::allocate(self, layout, zeroed, false)
        } else if zeroed {
            Global.allocate_zeroed(layout).map(NonNull::cast)
        } else {
            Global.allocate(layout).map(NonNull::cast)
        }
    }

    /// Takes back a block.
    ///
    /// # Safety
    /// As for `Allocator::deallocate`.
    #[inline]
    pub(super) unsafe fn free(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: by A1 the layout tells whose block it is, and by the caller's promise it fits the block.
        unsafe {
            if self.is_large(layout) {
                range::deallocate(self, block, layout, self.cached);
            } else {
                Global.deallocate(block, layout);
            }
        }
    }

    /// Grows or shrinks a block where it is, or else moves it. With `zeroed`, what is added reads as zero.
    ///
    /// # Safety
    /// As for `Allocator::grow` or `Allocator::shrink`, whichever the sizes ask for.
    #[inline]
    pub(super) unsafe fn resize(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
        zeroed: bool,
    ) -> Result<NonNull<u8>, AllocError> {
        match (self.is_large(old), self.is_large(new)) {
            // SAFETY: by A1 the block is one of `Global`'s, and `old` fits it.
            (false, false) => unsafe { resize_global(block, old, new, zeroed) },
            // SAFETY: as promised by the caller.
            (from, to) => unsafe { self.resize_large(block, old, new, zeroed, from && to) },
        }
    }

    /// [`resize`](Self::resize) for a block that is large before (`stays`: and after), or only after.
    ///
    /// # Safety
    /// As for `resize`.
    #[cold]
    #[inline(never)]
    unsafe fn resize_large(
        &self,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
        zeroed: bool,
        stays: bool,
    ) -> Result<NonNull<u8>, AllocError> {
        if stays && range::offset(old) == range::offset(new) {
            // SAFETY: by A1 the block is a large one, and `old` fits it.
            if let Some(block) = unsafe { range::resize(self, block, old, new, zeroed) } {
                return Ok(block);
            }
        }
        let moved = if self.is_large(new) {
            // A block that outgrows its place is about to be filled, one that stays large in a longer range in part.
            range::allocate(self, new, zeroed, !stays)?
        } else {
            self.allocate_any(new, zeroed)?
        };
        // What a block moves away from is memory to give back; one that became small leaves what it held at last,
        // and the page with the header.
        let keep = if stays { 0 } else { self.leftover };
        // SAFETY: both blocks are live and distinct, and as long as their layouts say. The old one belongs to
        // this policy, hence to one with the same `large`, and fits `old`.
        unsafe {
            moved.copy_from_nonoverlapping(block, old.size().min(new.size()));
            if self.is_large(old) {
                range::deallocate(self, block, old, keep);
            } else {
                Global.deallocate(block, old);
            }
        }
        Ok(moved)
    }
}

// SAFETY: a block stays valid until it is given up: `Global` says so for a small one, A3 and A4 for a large
// one. A policy holds no state, so a clone and a moved policy are the same allocator.
super::allocator!(Policy, this => this);

/// Grows or shrinks a block of `Global`.
///
/// # Safety
/// As for `Allocator::grow` or `Allocator::shrink`, whichever the sizes ask for.
#[inline]
pub(super) unsafe fn resize_global(
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
    zeroed: bool,
) -> Result<NonNull<u8>, AllocError> {
    // SAFETY: the caller's promise is the same.
    unsafe {
        if new.size() < old.size() {
            shrink_global(block, old, new)
        } else if zeroed {
            Global.grow_zeroed(block, old, new)
        } else {
            Global.grow(block, old, new)
        }
    }
    .map(NonNull::cast)
}

/// The longest block that is copied to be packed.
const PACKED: usize = 64 << 10;

/// Shrinks a block of `Global`, which as a rule leaves it where it is: there a block that has shrunk to a fraction keeps
/// a page or two resident that it uses little of. So a block that loses a quarter or more moves to where the global
/// allocator puts blocks of its new size.
///
/// # Safety
/// As for `Allocator::shrink`.
unsafe fn shrink_global(
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
) -> Result<NonNull<[u8]>, AllocError> {
    if old.size() > PACKED || new.size() > old.size() / 4 * 3 {
        // SAFETY: the caller's promise is the same.
        return unsafe { Global.shrink(block, old, new) };
    }
    let Ok(packed) = Global.allocate(new) else {
        // SAFETY: as above.
        return unsafe { Global.shrink(block, old, new) };
    };
    // SAFETY: the fresh block is as long as `new`, the old one longer; it fits `old` by the caller's promise.
    unsafe {
        packed
            .cast::<u8>()
            .copy_from_nonoverlapping(block, new.size());
        Global.deallocate(block, old);
    }
    Ok(packed)
}
