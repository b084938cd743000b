//! What an arena has reserved and handed out, and the limit and the mark for it.

use allocator_api2::alloc::AllocError;

use super::{Arena, MemoryStats};

impl Arena {
    /// Sets what may be reserved; what is reserved already stays.
    pub(crate) fn set_limit(&self, limit: Option<usize>) {
        self.limit.set(limit.unwrap_or(usize::MAX));
    }

    pub(crate) fn limit(&self) -> Option<usize> {
        (self.limit.get() != usize::MAX).then(|| self.limit.get())
    }

    /// Sets the size at which [`Self::take_crossed`] says so.
    pub(crate) fn set_mark(&self, mark: usize) {
        self.mark.set(mark);
        self.crossed.set(self.reserved.get() >= mark);
    }

    /// Whether the mark was crossed upwards since the last call.
    #[inline]
    pub(crate) fn take_crossed(&self) -> bool {
        self.crossed.get() && self.crossed.replace(false)
    }

    pub(super) fn check_limit(&self, more: usize) -> Result<(), AllocError> {
        match self.reserved.get().checked_add(more) {
            Some(sum) if sum <= self.limit.get() => Ok(()),
            _ => {
                self.refused.set(more);
                Err(AllocError)
            }
        }
    }

    /// The bytes that the limit has refused since the last call, if it has refused any.
    pub(crate) fn take_refused(&self) -> Option<usize> {
        let refused = self.refused.replace(0);
        (refused > 0).then_some(refused)
    }

    pub(super) fn add_reserved(&self, bytes: usize) {
        let (before, after) = (self.reserved.get(), self.reserved.get() + bytes);
        self.reserved.set(after);
        self.high_water.set(self.high_water.get().max(after));
        if before < self.mark.get() && after >= self.mark.get() {
            self.crossed.set(true);
        }
    }

    #[inline]
    pub(super) fn count(&self, asked: usize, handed_out: usize) {
        self.asked.set(self.asked.get() + asked);
        self.handed_out.set(self.handed_out.get() + handed_out);
    }

    #[inline]
    pub(super) fn discount(&self, asked: usize, handed_out: usize) {
        self.asked.set(self.asked.get() - asked);
        self.handed_out.set(self.handed_out.get() - handed_out);
    }

    /// What the arena holds; takes time in proportion to the chunks.
    pub(crate) fn stats(&self) -> MemoryStats {
        let (mut free_pages, mut largest_free) = (0, 0);
        let mut free_listed = 0;
        self.for_each_chunk(|chunk| {
            // SAFETY: chunks in the lists are live (C1).
            let header = unsafe { chunk.as_ref() };
            let (total, longest) = header.free_space();
            free_pages += total;
            largest_free = largest_free.max(longest);
            free_listed += header.free_blocks();
        });
        let (reserved, live) = (self.reserved.get(), self.asked.get());
        MemoryStats {
            reserved,
            committed: reserved - free_pages,
            live,
            free_listed,
            free_pages,
            wasted: reserved - live - free_listed - free_pages,
            largest_free,
            high_water: self.high_water.get(),
            limit: self.limit(),
            system_blocks: self.system_blocks.get(),
        }
    }
}
