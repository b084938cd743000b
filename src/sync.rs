//! What threads share: std's locks and thread-locals, or loom's under `cfg(loom)`. The one place that chooses.
//!
//! Under `cfg(tophash_tsan)` the locks are `parking_lot`'s: ThreadSanitizer sees nothing of what happens inside of the
//! precompiled std, and takes everything that a contended lock of std's protects for a race.

#[cfg(loom)]
use loom::sync::RwLock;
#[cfg(tophash_tsan)]
use parking_lot::RwLock;
#[cfg(not(any(loom, tophash_tsan)))]
use std::sync::RwLock;

/// What a lock call gives, of a lock that may be poisoned or of one that cannot be.
trait IgnorePoison<G> {
    fn ignore_poison(self) -> G;
}

#[cfg(not(tophash_tsan))]
impl<G> IgnorePoison<G> for std::sync::LockResult<G> {
    #[inline]
    fn ignore_poison(self) -> G {
        self.unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(tophash_tsan)]
impl<G> IgnorePoison<G> for G {
    fn ignore_poison(self) -> G {
        self
    }
}

/// A reader-writer lock that is held for one closure and that a panic does not poison.
///
/// It is std's: uncontended it takes as long as `parking_lot`'s and as a bare pair of atomic read-modify-writes,
/// and waiting writers go before new readers.
pub(crate) struct Lock<T>(RwLock<T>);

impl<T> Lock<T> {
    pub(crate) fn new(value: T) -> Self {
        Lock(RwLock::new(value))
    }

    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner().ignore_poison()
    }

    #[inline]
    pub(crate) fn read<R>(&self, work: impl FnOnce(&T) -> R) -> R {
        let guard = self.0.read().ignore_poison();
        unwound_past(guard, |guard| work(guard))
    }

    #[inline]
    pub(crate) fn write<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let guard = self.0.write().ignore_poison();
        unwound_past(guard, |guard| work(guard))
    }
}

/// Runs `work` with a guard that is dropped afterwards, also when `work` panics.
#[cfg(not(loom))]
#[inline]
fn unwound_past<G, R>(mut guard: G, work: impl FnOnce(&mut G) -> R) -> R {
    work(&mut guard)
}

/// The same. loom's lock is of no use any more once a panic has unwound through its guard, so the guard is dropped
/// before the panic goes on.
#[cfg(loom)]
fn unwound_past<G, R>(mut guard: G, work: impl FnOnce(&mut G) -> R) -> R {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    let result = catch_unwind(AssertUnwindSafe(|| work(&mut guard)));
    drop(guard);
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Declares a static that every thread has its own of.
#[cfg(not(loom))]
macro_rules! per_thread {
    ($(#[$doc:meta])* static $name:ident: $type:ty = $init:expr;) => {
        std::thread_local! { $(#[$doc])* static $name: $type = const { $init }; }
    };
}
#[cfg(loom)]
macro_rules! per_thread {
    ($(#[$doc:meta])* static $name:ident: $type:ty = $init:expr;) => {
        loom::thread_local! { $(#[$doc])* static $name: $type = $init; }
    };
}
pub(crate) use per_thread;

/// How many threads run at the same time on this machine, asked of the system once.
pub(crate) fn parallelism() -> usize {
    static PARALLELISM: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *PARALLELISM.get_or_init(|| std::thread::available_parallelism().map_or(1, Into::into))
}
