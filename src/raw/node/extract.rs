//! Taking entries out of a node, one after another.

use core::ptr::NonNull;

use super::wide::{Groups, Wide};
use super::{MANY, Many, NULL, Node};
use crate::arena::Arena;
use crate::raw::consume::Extraction;
use crate::raw::group::BitMask;
use crate::raw::table::Loc;

/// A walk over a node that may take out the entry that it is at.
///
/// It begins at its first step. The block stays where it is until [`Node::settle`]; an empty node is for the caller
/// to free.
pub struct Sift<T>(At<T>);

/// Where the walk is.
enum At<T> {
    Start,
    /// In a block: the lane behind the entry, and how many are to come.
    Block(usize, usize),
    /// In a group of a wide block.
    Wide {
        wide: Wide<T>,
        groups: Groups<T>,
        group: NonNull<u8>,
        slots: NonNull<T>,
        /// That of the entry, and those to come.
        lane: usize,
        lanes: BitMask,
    },
    /// In a table: the place of the entry.
    Table(Extraction, Loc<T>),
    End,
}

impl<T> Sift<T> {
    /// A walk that has not begun.
    pub(crate) fn start() -> Self {
        Sift(At::Start)
    }
}

impl<T> Node<T> {
    /// Goes on to the next entry. `None`: there is none.
    ///
    /// # Safety
    /// Since its first step nothing but the walk has changed the node's own block.
    #[inline]
    pub(crate) unsafe fn step(&mut self, walk: &mut Sift<T>) -> Option<NonNull<T>> {
        // SAFETY: as the caller vouches; each arm is for the representation that the walk has begun in.
        unsafe {
            loop {
                match &mut walk.0 {
                    At::Block(lane, left) if *left > 0 => {
                        *lane += 1;
                        *left -= 1;
                        return Some(self.slot(*lane - 1));
                    }
                    At::Wide {
                        groups,
                        group,
                        slots,
                        lane,
                        lanes,
                        ..
                    } => {
                        if let Some(next) = lanes.next() {
                            *lane = next;
                            return Some(slots.add(next));
                        }
                        match groups.next() {
                            Some(next) => (*group, *lanes, *slots) = next,
                            None => walk.0 = At::End,
                        }
                    }
                    At::Table(further, at) => match further.step(self.table_mut()) {
                        Some(loc) => {
                            *at = loc;
                            return Some(loc.ptr);
                        }
                        None => walk.0 = At::End,
                    },
                    At::Start => walk.0 = self.begin(),
                    At::Block(..) | At::End => {
                        walk.0 = At::End;
                        return None;
                    }
                }
            }
        }
    }

    /// # Safety
    /// As for `step`.
    unsafe fn begin(&self) -> At<T> {
        match self.rep() {
            NULL => At::End,
            // SAFETY: the representation says so; the walk is the only one to change the block.
            MANY => match unsafe { self.many() } {
                Many::Wide(wide) => {
                    // SAFETY: as above.
                    let mut groups = unsafe { wide.groups_of() };
                    match groups.next() {
                        Some((group, lanes, slots)) => At::Wide {
                            wide,
                            groups,
                            group,
                            slots,
                            lane: 0,
                            lanes,
                        },
                        None => At::End,
                    }
                }
                Many::Table(table) => {
                    let nowhere = Loc::in_group(0, NonNull::dangling());
                    At::Table(Extraction::new(table.len()), nowhere)
                }
            },
            _ => At::Block(0, self.len()),
        }
    }

    /// Takes out the entry that the last step has come to.
    ///
    /// # Safety
    /// As for `step`, which has come to one; `arena` is the arena of this node.
    #[inline]
    pub(crate) unsafe fn pick(&mut self, walk: &mut Sift<T>, arena: &Arena) -> T {
        // SAFETY: as the caller vouches; the entry is live.
        unsafe {
            match &mut walk.0 {
                At::Wide {
                    wide,
                    group,
                    slots,
                    lane,
                    ..
                } => wide.take_lane(*group, *slots, *lane),
                At::Table(further, loc) => further.take(self.table_mut(), *loc),
                At::Block(lane, _) => {
                    // The last entry has moved to where this one was.
                    *lane -= 1;
                    self.take(*lane, arena)
                }
                At::Start | At::End => unreachable!("a step has come to an entry"),
            }
        }
    }

    /// Takes out the entries for which `take` holds, and hands them to `out`.
    ///
    /// What step and pick would do, in loops that a compiler can keep in registers: 0.64 to 0.73 of the
    /// instructions of a `retain`.
    ///
    /// # Safety
    /// `arena` is the arena of this node.
    pub(crate) unsafe fn extract(
        &mut self,
        arena: &Arena,
        hasher: impl Fn(&T) -> u64,
        mut take: impl FnMut(&mut T) -> bool,
        mut out: impl FnMut(T),
    ) {
        // SAFETY: as the caller vouches; between two calls of a closure the node is whole (N5).
        unsafe {
            match self.rep() {
                NULL => {}
                MANY => match self.many() {
                    Many::Wide(wide) => {
                        let mut groups = wide.groups_of();
                        while let Some((group, lanes, slots)) = groups.next() {
                            for lane in lanes {
                                if take(slots.add(lane).as_mut()) {
                                    out(wide.take_lane(group, slots, lane));
                                }
                            }
                        }
                    }
                    Many::Table(table) => {
                        let mut walk = Extraction::new(table.len());
                        while let Some(mut loc) = walk.step(self.table_mut()) {
                            if take(loc.ptr.as_mut()) {
                                out(walk.take(self.table_mut(), loc));
                            }
                        }
                    }
                },
                _ => {
                    let mut lane = 0;
                    let mut left = self.len();
                    while left > 0 {
                        left -= 1;
                        if take(self.slot(lane).as_mut()) {
                            let entry = self.take(lane, arena);
                            out(entry);
                        } else {
                            lane += 1;
                        }
                    }
                }
            }
            self.settle_all(arena, hasher);
        }
    }
}
