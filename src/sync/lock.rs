//! The lock of a shard.
#![allow(unsafe_code)]

#[cfg(loom)]
use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Relaxed, Ordering::Release},
};
#[cfg(not(loom))]
use std::{
    cell::UnsafeCell,
    sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Relaxed, Ordering::Release},
};

/// States of a lock: nobody has it,
const FREE: u32 = 0;
/// somebody has it,
const HELD: u32 = 1;
/// or it waits for a sleeper to take it, and nobody else may.
const GRANTED: u32 = 2;

/// Looks at a lock before a thread sleeps: they take longer than most that is done under a lock.
const LOOKS: u32 = if cfg!(loom) { 1 } else { 100 };
/// A thread that has looked so many times between naps, and always found the lock held, is next.
const PATIENCE: u32 = if cfg!(loom) { 1 } else { 4 };

/// A lock for short critical sections. It is held for one closure, and a panic does not poison it.
///
/// Taking it is one atomic read-modify-write, and giving it back a plain store. Other locks, std's and `parking_lot`'s,
/// have a second read-modify-write there, which tells them for certain whether somebody has gone to sleep. Here that may
/// be missed, if it happens within the nanoseconds around the store; so a sleeper wakes and looks for itself every
/// millisecond.
///
/// A thread that comes along may take the lock before one that has slept, so that no time is lost to waking. Who has
/// been outrun too often is handed the lock: the wait for it is bounded.
#[repr(C)]
pub(crate) struct Lock<T> {
    state: AtomicU32,
    /// Not 0: who gives the lock back shall wake somebody.
    bell: AtomicU32,
    value: UnsafeCell<T>,
    /// Threads that have not got the lock at once and do not have it yet.
    waiting: AtomicU32,
    /// Those of them that have lost patience.
    overdue: AtomicU32,
    bed: Bed,
}

// SAFETY: one thread at a time gets at the value (`Held`). A mutex could do without `T: Sync`; a lock that lets
// readers share could not, and to be free to become one is worth more.
unsafe impl<T: Send + Sync> Sync for Lock<T> {}

// Nothing is broken by a panic, or everything is to be found so: it is as with a poisoned lock of std's.
impl<T> core::panic::UnwindSafe for Lock<T> {}
impl<T> core::panic::RefUnwindSafe for Lock<T> {}

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Lock {
            state: AtomicU32::new(FREE),
            bell: AtomicU32::new(0),
            value: UnsafeCell::new(value),
            waiting: AtomicU32::new(0),
            overdue: AtomicU32::new(0),
            bed: Bed::default(),
        }
    }

    pub(crate) fn into_inner(self) -> T {
        self.value.into_inner()
    }

    /// Runs `work`, which changes nothing. No other thread can read meanwhile either: where the work is short, readers
    /// that count one another cost more than they gain.
    #[cfg(not(loom))]
    #[inline]
    pub(crate) fn read<R>(&self, work: impl FnOnce(&T) -> R) -> R {
        self.write(|value| work(value))
    }

    /// Runs `work` on the value while no other thread can get at it.
    #[inline]
    pub(crate) fn write<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let _held = Held::take(self);
        // SAFETY: the lock is held until `_held` is dropped, and it is the only way to the value.
        with_mut(&self.value, |value| work(unsafe { &mut *value }))
    }

    #[inline]
    fn take_from(&self, state: u32) -> bool {
        self.state
            .compare_exchange(state, HELD, Acquire, Relaxed)
            .is_ok()
    }

    #[cold]
    #[inline(never)]
    fn wait(&self) {
        for _ in 0..LOOKS {
            core::hint::spin_loop();
            if self.state.load(Relaxed) == FREE && self.take_from(FREE) {
                return;
            }
        }
        self.waiting.fetch_add(1, Relaxed);
        let mut looks = 0;
        loop {
            self.bell.store(1, Relaxed);
            if self.take_from(FREE) || (looks > 0 && self.take_from(GRANTED)) {
                break;
            }
            looks += 1;
            if looks == PATIENCE {
                self.overdue.fetch_add(1, Relaxed);
            }
            self.bed.nap(|| self.state.load(Relaxed) == HELD);
        }
        if looks >= PATIENCE {
            self.overdue.fetch_sub(1, Relaxed);
        }
        // Who has woken this thread has muted the bell, which may have been meant for others, too.
        if self.waiting.fetch_sub(1, Relaxed) > 1 {
            self.bell.store(1, Relaxed);
        }
    }

    #[cold]
    #[inline(never)]
    fn give_back_and_wake(&self) {
        self.bell.store(0, Relaxed);
        // Who is overdue has to get the lock to be so no longer, and the lock is here.
        let grant = self.overdue.load(Relaxed) > 0;
        self.state
            .store(if grant { GRANTED } else { FREE }, Release);
        self.bed.wake_one();
    }
}

/// As long as this lives, the thread has the lock.
struct Held<'a, T>(&'a Lock<T>);

impl<'a, T> Held<'a, T> {
    #[inline]
    fn take(lock: &'a Lock<T>) -> Self {
        if !lock.take_from(FREE) {
            lock.wait();
        }
        Held(lock)
    }
}

impl<T> Drop for Held<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.0.bell.load(Relaxed) == 0 {
            self.0.state.store(FREE, Release);
        } else {
            self.0.give_back_and_wake();
        }
    }
}

/// Where threads sleep, one for each lock.
#[cfg(not(loom))]
#[derive(Default)]
struct Bed {
    asleep: std::sync::Mutex<()>,
    up: std::sync::Condvar,
}

#[cfg(not(loom))]
impl Bed {
    /// How long a thread sleeps at most.
    const NAP: core::time::Duration = core::time::Duration::from_millis(1);

    fn asleep(&self) -> std::sync::MutexGuard<'_, ()> {
        self.asleep
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Sleeps a while, or until woken, if `tired` says so at a moment when no call to wake can be missed.
    fn nap(&self, tired: impl FnOnce() -> bool) {
        let asleep = self.asleep();
        if tired() {
            drop(self.up.wait_timeout(asleep, Self::NAP));
        }
    }

    fn wake_one(&self) {
        drop(self.asleep());
        self.up.notify_one();
    }
}

/// The same for loom, which knows no time: a nap is over at any moment.
#[cfg(loom)]
#[derive(Default)]
struct Bed;

#[cfg(loom)]
impl Bed {
    fn nap(&self, tired: impl FnOnce() -> bool) {
        if tired() {
            loom::thread::yield_now();
        }
    }

    fn wake_one(&self) {}
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
