//! The lock of a shard.
#![allow(unsafe_code)]

use core::panic::{RefUnwindSafe, UnwindSafe};

#[cfg(loom)]
use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicU8, Ordering::Acquire, Ordering::Relaxed, Ordering::Release},
};
#[cfg(not(loom))]
use std::{
    cell::UnsafeCell,
    sync::atomic::{AtomicU8, Ordering::Acquire, Ordering::Relaxed, Ordering::Release},
};

/// States of a lock: nobody has it,
const FREE: u8 = 0;
/// somebody has it,
const HELD: u8 = 1;
/// or nobody has it, but it is reserved for the thread at the head of the queue.
const GRANTED: u8 = 2;

/// Looks at a lock, with growing pauses, before the head of the queue claims it: some microseconds, longer than most
/// of what is done under a lock.
const LOOKS: u64 = if cfg!(loom) { 1 } else { 40 };

/// Looks before a thread that waits lets others run, and
#[cfg(not(loom))]
const SPINS: u64 = 140;
/// before it naps, for longer than a step of growth takes: a nap is 50 microseconds at least.
#[cfg(not(loom))]
const YIELDS: u64 = SPINS + 4;

/// A lock for short work. It is held for one closure, and free again after a panic.
///
/// Taking it is one atomic read-modify-write, and giving it back a plain store, which waits for nothing. Locks that wake
/// sleepers need a second read-modify-write there, to be certain whether there is one. Here nobody is woken: of those who
/// wait one, the head of the queue, looks again and again, and takes naps in between only where the lock is held for
/// long. The others sleep in the queue, a mutex of `parking_lot`, which lets none of them wait for ever.
///
/// Who comes along may take the lock before the head of the queue, so that no time is lost. A head that has looked often
/// claims the lock; whoever then gives it back reserves it for the head. So the wait is bounded.
///
/// Who only reads has it alone, too: where the work is short, readers that count one another cost more than they gain.
// One cache line has the state and what is used most of a table; the queue is out of its way.
#[repr(C)]
pub(crate) struct Lock<T> {
    state: AtomicU8,
    /// What the state becomes when the lock is given back: `GRANTED` if the head of the queue has claimed it.
    then: AtomicU8,
    value: UnsafeCell<T>,
    queue: Queue,
}

// SAFETY: one thread at a time gets at the value (`Guard`). A mutex could do without `T: Sync`; a lock that lets
// readers share could not, and to be free to become one is worth more.
unsafe impl<T: Send + Sync> Sync for Lock<T> {}

// Whatever a panic leaves behind is whole.
impl<T> UnwindSafe for Lock<T> {}
impl<T> RefUnwindSafe for Lock<T> {}

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Lock {
            state: AtomicU8::new(FREE),
            then: AtomicU8::new(FREE),
            value: UnsafeCell::new(value),
            queue: Queue::default(),
        }
    }

    /// Runs `work` on the value while no other thread can get at it.
    #[inline]
    pub(crate) fn write<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        if !self.take_from(FREE) {
            self.wait();
        }
        let _guard = Guard(self);
        // SAFETY: this thread has the lock until `_guard` is dropped, and nothing else leads to the value.
        with_mut(&self.value, |value| work(unsafe { &mut *value }))
    }

    #[inline]
    fn take_from(&self, state: u8) -> bool {
        self.state
            .compare_exchange(state, HELD, Acquire, Relaxed)
            .is_ok()
    }

    /// Takes a lock that was not free.
    #[cold]
    #[inline(never)]
    fn wait(&self) {
        let _head = self.queue.enter();
        for look in 0_u64.. {
            if look == LOOKS {
                self.then.store(GRANTED, Relaxed);
            }
            // Only the head of the queue claims, and takes the claim back when it has the lock: a grant is for it.
            let state = self.state.load(Relaxed);
            if state != HELD && self.take_from(state) {
                break;
            }
            pause(look);
        }
        self.then.store(FREE, Relaxed);
    }
}

#[cfg(not(loom))]
impl<T> Lock<T> {
    pub(crate) fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

/// As long as this lives, the thread has the lock.
struct Guard<'a, T>(&'a Lock<T>);

impl<T> Drop for Guard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let then = self.0.then.load(Relaxed);
        self.0.state.store(then, Release);
    }
}

/// Lets time pass after a number of looks: first in the thread, then for others, then asleep.
#[cfg(not(loom))]
fn pause(look: u64) {
    match look {
        0..SPINS => (0..look.min(16)).for_each(|_| core::hint::spin_loop()),
        SPINS..YIELDS => std::thread::yield_now(),
        // Longer and longer, to a millisecond, but never much longer than it has waited by then.
        _ => {
            let naps = (look - YIELDS).min(20);
            std::thread::sleep(core::time::Duration::from_micros(50 * (naps + 1)));
        }
    }
}

/// Time for loom: some other thread goes on.
#[cfg(loom)]
fn pause(_: u64) {
    loom::thread::yield_now();
}

/// Where threads wait for their turn to look at a lock.
#[derive(Default)]
struct Queue {
    #[cfg(not(loom))]
    head: parking_lot::Mutex<()>,
    #[cfg(loom)]
    head: loom::sync::Mutex<()>,
}

impl Queue {
    #[cfg(not(loom))]
    fn enter(&self) -> parking_lot::MutexGuard<'_, ()> {
        self.head.lock()
    }

    #[cfg(loom)]
    fn enter(&self) -> loom::sync::MutexGuard<'_, ()> {
        self.head.lock().unwrap()
    }
}

#[cfg(not(loom))]
#[inline]
fn with_mut<T, R>(cell: &UnsafeCell<T>, work: impl FnOnce(*mut T) -> R) -> R {
    work(cell.get())
}

/// The same. loom learns who gets at the value when.
#[cfg(loom)]
fn with_mut<T, R>(cell: &UnsafeCell<T>, work: impl FnOnce(*mut T) -> R) -> R {
    cell.with_mut(work)
}
