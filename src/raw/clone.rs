//! Copying a table, group by group.

use allocator_api2::alloc::Allocator;

use super::group::LANES;
use super::storage::Storage;
use super::table::RawTable;
use crate::TryReserveError;

impl<T: Clone> RawTable<T> {
    /// Clones the entries of another table into the same groups of this one.
    ///
    /// When a `Clone` panics, this table owns the entries that were cloned before.
    ///
    /// # Safety
    /// This table has no entries; `alloc` is its allocator (I9).
    pub(super) unsafe fn clone_entries<A: Allocator>(
        &mut self,
        source: &Self,
        alloc: &A,
    ) -> Result<(), TryReserveError> {
        // SAFETY: as the caller vouches.
        unsafe { self.take_shape(source, alloc)? };
        for pos in (0..source.groups() * LANES).step_by(LANES) {
            // SAFETY: both tables have this group (I2); its lanes here are empty; a slot is
            // initialised before its tag byte says so (I3), and a panic leaves what is finished.
            unsafe {
                let group = source.storage.group(pos);
                for lane in group.match_empty().not() {
                    let value = source.storage.slot(pos + lane).as_ref().clone();
                    self.storage.slot(pos + lane).write(value);
                    *self.storage.tag_byte(pos + lane) = *source.storage.tag_byte(pos + lane);
                    self.len += 1;
                }
                if source.storage.has_chain(pos) {
                    self.clone_chain(source, pos, alloc)?;
                }
            }
        }
        if !self.storage.is_small() {
            self.set_limits();
        }
        Ok(())
    }

    /// # Safety
    /// The group has a chain in `source`, both tables are large, and `alloc` is the allocator (I9).
    unsafe fn clone_chain<A: Allocator>(
        &mut self,
        source: &Self,
        pos: usize,
        alloc: &A,
    ) -> Result<(), TryReserveError> {
        // SAFETY: the chain does not change (I4, I5); a node is reserved for each entry, which is pushed at once.
        unsafe {
            for (_, node) in source.chain(pos) {
                for (lane, tag) in node.tags().entries() {
                    self.reserve_for_push(alloc)?;
                    let value = node.slot(lane).as_ref().clone();
                    let value = core::mem::ManuallyDrop::new(value);
                    self.push_to_chain(pos, tag, &raw const *value);
                    self.len += 1;
                }
            }
        }
        Ok(())
    }

    /// Gives this table as many empty groups or slots as `source` has.
    ///
    /// # Safety
    /// This table has no entries; `alloc` is its allocator (I9).
    unsafe fn take_shape<A: Allocator>(
        &mut self,
        source: &Self,
        alloc: &A,
    ) -> Result<(), TryReserveError> {
        let policy = source.policy();
        let small = source.storage.is_small();
        let same = policy == self.policy()
            && small == self.storage.is_small()
            && (self.mask, self.extra) == (source.mask, source.extra)
            && (!small || self.grow_at == source.grow_at);
        if same {
            return Ok(());
        }
        // SAFETY: nothing is lost with the old blocks, which are from `alloc`.
        unsafe {
            self.free(alloc);
            self.storage = Storage::empty(policy);
            if source.len == 0 {
                return Ok(());
            }
            if small {
                self.storage.resize_small(alloc, 0, source.grow_at)?;
                self.grow_at = source.grow_at;
                return Ok(());
            }
            let mut storage = Storage::large(alloc, source.groups(), policy)?;
            let header = source.storage.header();
            storage.header_mut().floor = header.floor;
            storage.header_mut().direction = header.direction;
            self.storage = storage;
        }
        (self.mask, self.extra) = (source.mask, source.extra);
        self.set_limits();
        Ok(())
    }
}
