//! Large blocks: a header, the block, and room behind it.

use super::cache;
use super::os::{self, Discarded, PAGE};
use super::policy::{Policy, resize_global};
use super::{AllocError, Allocator, Global, Layout, Stats};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What lies at the base of every large block.
#[derive(Clone, Copy)]
struct Header {
    /// The length of the range, or zero for a block that fell back to `Global`.
    len: usize,
    /// How much of it may hold something other than zero, from the base on.
    committed: usize,
    /// Whether the block counts among the few that hold a surplus of touched pages.
    surplus: bool,
    /// Whether the system was asked for huge pages.
    huge: bool,
}

/// The room kept for the header: a cache line, so that blocks start at one.
const HEADER: usize = 64;

/// How far behind its base a large block starts.
pub(super) fn offset(layout: Layout) -> usize {
    layout.align().max(HEADER)
}

/// Rounds up to whole pages. Never overflows for what a `Layout` and a policy can add up to.
pub(super) fn page_up(len: usize) -> usize {
    len.next_multiple_of(PAGE)
}

/// The layout of a block that fell back, with the room before it.
fn padded(layout: Layout) -> Result<Layout, AllocError> {
    let offset = offset(layout);
    Layout::from_size_align(layout.size() + offset, offset).map_err(|_| AllocError)
}

/// A block of a range. Where it `fills` soon, its pages come at once.
#[cold]
#[inline(never)]
pub(super) fn allocate(
    policy: &Policy,
    layout: Layout,
    zeroed: bool,
    fills: bool,
) -> Result<NonNull<u8>, AllocError> {
    let offset = offset(layout);
    let end = offset + layout.size();
    let base = if let Some((range, stale)) = Range::recycle(policy, end) {
        if zeroed && stale > offset {
            // SAFETY: `offset .. min(end, stale)` lies within the block and is committed (A4, A5). Behind
            // `stale` all is zero.
            unsafe {
                range
                    .base
                    .byte_add(offset)
                    .write_bytes(0, stale.min(end) - offset)
            };
        }
        range.save()
    } else if let Some(range) = Range::reserve(policy, end) {
        if fills && range.committed <= policy.populate && !range.huge {
            // SAFETY: the piece has just been committed.
            unsafe { os::populate(range.base, range.committed) };
        }
        range.save()
    } else {
        fall_back(layout, zeroed)?
    };
    // SAFETY: what was got is at least `offset + size` bytes long.
    Ok(unsafe { base.byte_add(offset) })
}

/// A block of `Global` with a header that says so; returns its base.
fn fall_back(layout: Layout, zeroed: bool) -> Result<NonNull<u8>, AllocError> {
    let layout = padded(layout)?;
    let block = if zeroed {
        Global.allocate_zeroed(layout)
    } else {
        Global.allocate(layout)
    };
    let base = block?.cast::<u8>();
    // SAFETY: `padded` leaves 64 bytes at least for the header, aligned to 64 at least.
    unsafe {
        base.cast::<Header>().write(Header {
            len: 0,
            committed: 0,
            surplus: false,
            huge: false,
        })
    };
    Ok(base)
}

/// Frees a block. Its range may go to the cache with `keep` touched bytes, if that is not 0.
///
/// # Safety
/// `block` is a large block that fits `layout`. It is given up.
#[cold]
#[inline(never)]
pub(super) unsafe fn deallocate(policy: &Policy, block: NonNull<u8>, layout: Layout, keep: usize) {
    // SAFETY: by A2 the base is there and starts with a header.
    let base = unsafe { block.byte_sub(offset(layout)) };
    // SAFETY: the same.
    match unsafe { Range::load(base) } {
        // SAFETY: by A4 the range is this block's, and by A6 no one else's.
        Some(range) => unsafe { range.retire(policy, keep) },
        // SAFETY: by A3 the base is a block of `Global` of the padded layout.
        None => unsafe {
            if let Ok(layout) = padded(layout) {
                Global.deallocate(base, layout);
            }
        },
    }
}

/// Resizes a large block that stays large. `None`: it cannot be done here, and nothing has changed.
///
/// # Safety
/// `block` is a large block that fits `old`; `new` has the same `offset`; and where `Some` is returned, only the
/// block returned is used from then on.
pub(super) unsafe fn resize(
    policy: &Policy,
    block: NonNull<u8>,
    old: Layout,
    new: Layout,
    zeroed: bool,
) -> Option<NonNull<u8>> {
    let offset = offset(old);
    // SAFETY: by A2 the base is there and starts with a header.
    let base = unsafe { block.byte_sub(offset) };
    // SAFETY: the same.
    let base = match unsafe { Range::load(base) } {
        // SAFETY: by A3 the base is a block of `Global` of the padded layout. The header moves with it, being
        // part of what is kept.
        None => unsafe { resize_global(base, padded(old).ok()?, padded(new).ok()?, zeroed).ok()? },
        Some(mut range) => {
            let (from, to) = (offset + old.size(), offset + new.size());
            if to > from {
                let stale = range.committed;
                range.grow(policy, to)?;
                if zeroed && stale > from {
                    // SAFETY: `from .. min(to, stale)` lies behind the old block and within the new one, and
                    // is committed (A4, A5). Behind `stale` all is zero.
                    unsafe {
                        range
                            .base
                            .byte_add(from)
                            .write_bytes(0, stale.min(to) - from)
                    };
                }
            } else {
                range.shrink(to);
            }
            range.save()
        }
    };
    // SAFETY: by A2 for the new base.
    Some(unsafe { base.byte_add(offset) })
}

/// Releases all cached ranges; returns their lengths' sum.
pub(super) fn release_cached() -> usize {
    let mut released = 0;
    // No more than there are slots, so that threads which go on filling them cannot keep this one here.
    for base in (0..cache::MOST).map_while(|_| cache::take()) {
        // SAFETY: by A7 a header is there.
        if let Some(range) = unsafe { Range::load(base) } {
            released += range.len;
            // SAFETY: by A7 the range is no one else's.
            unsafe { range.release() };
        }
    }
    released
}

/// The longest range for `end` bytes that `attempt` gets, and its length. Where all are refused, the cache may
/// be what is in the way: with `flush` it is emptied for a second round.
fn longest(
    policy: &Policy,
    end: usize,
    flush: bool,
    attempt: impl Fn(usize) -> Option<NonNull<u8>>,
) -> Option<(NonNull<u8>, usize)> {
    let round = || {
        policy
            .lengths(end)
            .find_map(|len| Some((attempt(len)?, len)))
    };
    round().or_else(|| {
        (flush && policy.cached > 0 && release_cached() > 0)
            .then(round)
            .flatten()
    })
}

/// A range, taken apart: its header is up to date only after [`save`](Self::save).
///
/// A4 and A5 hold of the fields. Where they are changed, what the caller of `resize` or `deallocate` promises is
/// at work: the block is given up, so the pages behind its new end have no other user.
struct Range {
    base: NonNull<u8>,
    len: usize,
    committed: usize,
    surplus: bool,
    huge: bool,
}

impl Range {
    /// A cached range of which `end` bytes are committed, and how much of it may hold something other than
    /// zero. Unless too many blocks hold a surplus already, what was touched behind `end` stays, for the block
    /// to grow into.
    fn recycle(policy: &Policy, end: usize) -> Option<(Self, usize)> {
        if end > policy.cached {
            return None;
        }
        // SAFETY: by A7 a header is there.
        let mut range = unsafe { Self::load(cache::take()?) }?;
        let stale = range.committed;
        if stale > page_up(end) {
            range.surplus = cache::hold_surplus();
            if !range.surplus {
                range.shrink(end);
            }
        } else if range.grow(policy, end).is_none() {
            // SAFETY: by A7 the range is no one else's.
            unsafe { range.release() };
            return None;
        }
        Some((range, stale))
    }

    /// A new range of which `end` bytes are committed.
    fn reserve(policy: &Policy, end: usize) -> Option<Self> {
        let (base, len) = longest(policy, end, true, os::reserve)?;
        let committed = page_up(end);
        // SAFETY: the range was just made, and every length is a multiple of `PAGE` not below `committed`.
        unsafe {
            if !os::commit(base, committed) {
                os::release(base, len);
                return None;
            }
        }
        RANGES.fetch_add(1, Relaxed);
        RESERVED.fetch_add(len, Relaxed);
        let mut range = Self {
            base,
            len,
            committed,
            surplus: false,
            huge: false,
        };
        range.ask_for_huge_pages(policy, end);
        Some(range)
    }

    /// The range of a block, or `None` if it fell back.
    ///
    /// # Safety
    /// `base` is that of a live large block.
    unsafe fn load(base: NonNull<u8>) -> Option<Self> {
        // SAFETY: by A2.
        let Header {
            len,
            committed,
            surplus,
            huge,
        } = unsafe { base.cast::<Header>().read() };
        (len != 0).then_some(Self {
            base,
            len,
            committed,
            surplus,
            huge,
        })
    }

    /// Writes the header and returns the base.
    fn save(&self) -> NonNull<u8> {
        let Self {
            base,
            len,
            committed,
            surplus,
            huge,
        } = *self;
        // SAFETY: the first page is committed (A4, A5), aligned, and before the block.
        unsafe {
            base.cast::<Header>().write(Header {
                len,
                committed,
                surplus,
                huge,
            })
        };
        base
    }

    /// Caches, with at most `keep` touched bytes, or releases the range of a block that is given up.
    ///
    /// # Safety
    /// The range is not used again.
    unsafe fn retire(mut self, policy: &Policy, keep: usize) {
        // A surplus came from the cache, and goes back there.
        let keep = match keep {
            0 => 0,
            _ if self.surplus => policy.cached,
            keep => keep,
        };
        self.settle();
        // Whoever takes a range out of the cache finds ordinary pages.
        if keep > 0 && !self.huge && policy.caches(self.len) {
            self.shrink(keep);
            let many = self.committed > policy.cached / 8;
            // A refused shrink leaves too much, or too short a range.
            if self.committed <= keep && policy.caches(self.len) && cache::put(self.save(), many) {
                return;
            }
        }
        // SAFETY: as promised by the caller.
        unsafe { self.release() }
    }

    /// The block holds no surplus any more.
    fn settle(&mut self) {
        if self.surplus {
            cache::drop_surplus();
            self.surplus = false;
        }
    }

    /// # Safety
    /// The range is not used again.
    unsafe fn release(self) {
        RANGES.fetch_sub(1, Relaxed);
        RESERVED.fetch_sub(self.len, Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { os::release(self.base, self.len) }
    }

    /// Commits the first `end` bytes, in a longer range if need be. `None`: refused, and nothing has changed.
    fn grow(&mut self, policy: &Policy, end: usize) -> Option<()> {
        let committed = page_up(end);
        if end > self.len {
            self.enlarge(policy, end)?;
        } else if committed > self.committed {
            // SAFETY: the piece starts and ends at a page within the range: `end <= len`, a multiple of `PAGE`.
            let done = unsafe {
                os::commit(
                    self.base.byte_add(self.committed),
                    committed - self.committed,
                )
            };
            done.then_some(())?;
        }
        self.ask_for_huge_pages(policy, end);
        if committed > self.committed {
            let more = committed - self.committed;
            // Huge pages come with few faults as it is.
            if more <= policy.populate && !self.huge {
                // SAFETY: the piece has just been committed.
                unsafe { os::populate(self.base.byte_add(self.committed), more) };
            }
            self.committed = committed;
            self.settle();
        }
        Some(())
    }

    /// Asks for huge pages, once, where the policy wants them for so long a block. For the whole range, which stays one
    /// mapping to the system.
    fn ask_for_huge_pages(&mut self, policy: &Policy, end: usize) {
        if end > policy.huge && !self.huge {
            // SAFETY: the range is this block's own (A4).
            unsafe { os::ask_for_huge_pages(self.base, self.len) };
            self.huge = true;
        }
    }

    /// Goes over to a longer range, committed up to `end`.
    #[cold]
    fn enlarge(&mut self, policy: &Policy, end: usize) -> Option<()> {
        let committed = page_up(end);
        let (base, len) = longest(policy, end, os::ENLARGES, |len| {
            // SAFETY: the range is this block's own (A4), and `len`, like `end`, exceeds its length.
            unsafe { os::enlarge(self.base, self.len, len, committed) }
        })?;
        RESERVED.fetch_add(len - self.len, Relaxed);
        (self.base, self.len) = (base, len);
        Some(())
    }

    /// Gives back the pages behind the first `end` bytes.
    fn shrink(&mut self, end: usize) {
        let keep = page_up(end);
        if keep >= self.committed {
            return;
        }
        // SAFETY: the piece starts and ends at a page, is committed, and lies behind the block (A6).
        match unsafe { os::discard(self.base.byte_add(keep), self.committed - keep) } {
            Discarded::Zero => {}
            Discarded::Kept => return,
            Discarded::Lost => {
                RESERVED.fetch_sub(self.len - keep, Relaxed);
                self.len = keep;
            }
        }
        self.committed = keep;
        self.settle();
    }
}

static RANGES: AtomicUsize = AtomicUsize::new(0);
static RESERVED: AtomicUsize = AtomicUsize::new(0);

pub(super) fn stats() -> Stats {
    Stats {
        ranges: RANGES.load(Relaxed),
        reserved: RESERVED.load(Relaxed),
    }
}
