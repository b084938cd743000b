//! Which maps this thread is inside of, so that going into one a second time panics instead of waiting for itself.

use core::cell::Cell;
use core::marker::PhantomData;

use crate::sync::per_thread;

/// Maps that may be used inside of one another's closures.
const DEEPEST: usize = 16;

struct Stack {
    /// The innermost map, or 0.
    map: Cell<usize>,
    /// Those around it, the innermost last.
    outer: [Cell<usize>; DEEPEST - 1],
    depth: Cell<usize>,
}

per_thread! {
    /// The maps that this thread holds a lock of. Has no destructor, so it can be used until the thread has ended.
    static HELD: Stack = Stack {
        map: Cell::new(0),
        outer: [const { Cell::new(0) }; DEEPEST - 1],
        depth: Cell::new(0),
    };
}

/// As long as this lives, the thread is inside of a map.
pub(super) struct Held {
    /// The mark is this thread's.
    _thread: PhantomData<*const ()>,
}

impl Held {
    /// Marks `map`, known by its address.
    ///
    /// # Panics
    /// This thread is inside of it already, or inside of too many.
    #[inline]
    pub(super) fn mark(map: usize) -> Self {
        HELD.with(|held| match held.map.get() {
            0 => held.map.set(map),
            around => held.nest(map, around),
        });
        Held {
            _thread: PhantomData,
        }
    }

    /// Whether this thread is inside of `map`.
    pub(super) fn is_marked(map: usize) -> bool {
        HELD.with(|held| held.has(map))
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        HELD.with(|held| match held.depth.get() {
            0 => held.map.set(0),
            depth => held.leave(depth),
        });
    }
}

impl Stack {
    fn has(&self, map: usize) -> bool {
        let outer = &self.outer[..self.depth.get()];
        self.map.get() == map || outer.iter().any(|other| other.get() == map)
    }

    #[cold]
    #[inline(never)]
    fn nest(&self, map: usize, around: usize) {
        assert!(
            !self.has(map),
            "a ShardedMap was used again from inside of one of its own closures: what runs inside of a call to \
             the map (a closure, or the Hash, Eq, Clone or Drop of a key or value) must not call the same map"
        );
        let depth = self.depth.get();
        assert!(
            depth < self.outer.len(),
            "more than {DEEPEST} ShardedMaps are used inside of one another's closures"
        );
        self.outer[depth].set(around);
        self.depth.set(depth + 1);
        self.map.set(map);
    }

    #[cold]
    #[inline(never)]
    fn leave(&self, depth: usize) {
        self.depth.set(depth - 1);
        self.map.set(self.outer[depth - 1].get());
    }
}
