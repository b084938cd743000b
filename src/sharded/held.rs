//! Which maps this thread is inside of, so that going into one a second time panics instead of waiting for itself.

use core::cell::Cell;
use core::marker::PhantomData;

use crate::sync::per_thread;

/// Maps that may be used inside of one another's closures.
const DEEPEST: usize = 16;

struct Stack {
    depth: Cell<usize>,
    maps: [Cell<usize>; DEEPEST],
}

per_thread! {
    /// The maps that this thread holds a lock of, the innermost last. Has no destructor, so it can be used until
    /// the thread has ended.
    static HELD: Stack = Stack {
        depth: Cell::new(0),
        maps: [const { Cell::new(0) }; DEEPEST],
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
        HELD.with(|held| {
            if held.depth.get() == 0 {
                held.maps[0].set(map);
                held.depth.set(1);
            } else {
                held.nest(map);
            }
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
        HELD.with(|held| held.depth.set(held.depth.get() - 1));
    }
}

impl Stack {
    fn has(&self, map: usize) -> bool {
        let inside = &self.maps[..self.depth.get()];
        inside.iter().any(|other| other.get() == map)
    }

    #[cold]
    #[inline(never)]
    fn nest(&self, map: usize) {
        assert!(
            !self.has(map),
            "a ShardedMap was used again from inside of one of its own closures: what runs inside of a call to \
             the map (a closure, or the Hash, Eq, Clone or Drop of a key or value) must not call the same map"
        );
        let depth = self.depth.get();
        assert!(
            depth < DEEPEST,
            "more than {DEEPEST} ShardedMaps are used inside of one another's closures"
        );
        self.maps[depth].set(map);
        self.depth.set(depth + 1);
    }
}
