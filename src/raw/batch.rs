//! Cache misses that overlap: those of many keys looked up at once, and those of one call.

use super::group::{BitMask, LANES};
use super::table::RawTable;

const CACHE_LINE: usize = 64;

/// Keys whose misses are kept in flight together.
pub(crate) const BATCH: usize = 32;

/// Bytes of tags and slots up to which a table is taken to lie in a cache near the core.
const SHORT: usize = 1 << 20;

impl<T> RawTable<T> {
    /// Asks for what the removal of an entry with this hash touches, if that is in its home group.
    pub(super) fn prefetch_removal(&self, hash: u64) {
        let home = self.home(hash);
        // SAFETY: groups of this table (I2), and the slots of one (I1).
        unsafe {
            prefetch(self.storage.tags(hash as usize & self.mask));
            prefetch(self.storage.tags(home));
            prefetch(self.storage.head(home));
            let slot = self.storage.slot(home).as_ptr();
            prefetch(slot);
            prefetch(slot.wrapping_byte_add(CACHE_LINE));
        }
    }

    /// Whether look-ups one by one hardly wait for memory, so that passes over a batch only cost.
    #[inline]
    pub(super) fn is_short(&self) -> bool {
        (self.mask + LANES).saturating_mul(size_of::<T>() + 1) <= SHORT
    }

    /// Finds up to `BATCH` entries in three passes: ask for the tags, ask for the slots that
    /// match, compare. `found` gets the index of each hash and its entry.
    pub(super) fn find_batch<'a>(
        &'a self,
        hashes: &[u64],
        mut eq: impl FnMut(usize, &T) -> bool,
        mut found: impl FnMut(usize, Option<&'a T>),
    ) {
        for &hash in hashes {
            // SAFETY: a group of this table (I2).
            prefetch(unsafe { self.storage.tags(hash as usize & self.mask) });
        }
        let mut matches = [BitMask::default(); BATCH];
        for (matches, &hash) in matches.iter_mut().zip(hashes) {
            let pos = hash as usize & self.mask;
            // SAFETY: a group of this table, and one of its slots (I1, I2).
            unsafe {
                *matches = self.storage.group(pos).match_hash(hash);
                if let Some(lane) = matches.lowest() {
                    prefetch(self.storage.slot(pos + lane).as_ptr());
                } else if pos < self.extra {
                    prefetch(self.storage.tags(self.home(hash)));
                }
            }
        }
        for (index, (&hash, &matches)) in hashes.iter().zip(&matches).enumerate() {
            let first = hash as usize & self.mask;
            let near = matches.map(|lane| {
                // SAFETY: the lane has the tag, so its slot holds an entry (I3), which lives as long
                // as the table is borrowed.
                unsafe { self.storage.slot(first + lane).as_ref() }
            });
            let mut entry = near.into_iter().find(|entry| eq(index, entry));
            if entry.is_none() && self.may_lie_further(first, hash) {
                let loc = self.find(hash, |entry| eq(index, entry));
                // SAFETY: the entry is live as long as the table is borrowed.
                entry = loc.map(|loc| unsafe { loc.ptr.as_ref() });
            }
            found(index, entry);
        }
    }

    /// Asks for the lines of a group that a call goes to after its tag bytes, at once instead of one after another: for
    /// calls between which the processor cannot run ahead. Nothing, where the table is short enough to be in a cache
    /// near by.
    #[cfg(feature = "std")]
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        /// Bytes of slots below which nothing is prefetched.
        const NEAR: usize = 128 << 10;
        /// The slots of a group are prefetched where they take no more lines than this.
        const MOST_LINES: usize = 4;
        let lines = const { size_of::<T>().saturating_mul(LANES).div_ceil(CACHE_LINE) };
        let near = const {
            match size_of::<T>() {
                0 => usize::MAX,
                size => NEAR / size,
            }
        };
        if self.mask < near {
            return;
        }
        let pos = hash as usize & self.mask;
        // SAFETY: a group of this table, and its first slot (I1, I2).
        let (head, slot) = unsafe { (self.storage.head(pos), self.storage.slot(pos)) };
        if lines <= MOST_LINES {
            for line in 0..lines {
                prefetch(slot.as_ptr().wrapping_byte_add(line * CACHE_LINE));
            }
        }
        prefetch(head);
    }
}

/// Asks for the cache line that `target` is in; a hint, without effect on what the program does.
#[inline]
pub(super) fn prefetch<V>(target: *mut V) {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse", not(miri)))]
    // SAFETY: SSE is enabled, and a prefetch cannot fault whatever the address.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(target.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse", not(miri))))]
    let _ = target;
}

const _: () = assert!(LANES == 16, "a group is prefetched as one line");
