//! What threads share: the lock of a shard, thread-locals, the number of threads. The one place that chooses between
//! std's and loom's.

#[cfg(not(loom))]
mod real {
    use core::marker::PhantomData;
    use core::panic::{RefUnwindSafe, UnwindSafe};

    // ThreadSanitizer sees nothing of what happens inside of the precompiled std, and takes everything that a contended
    // lock of std's protects for a race.
    #[cfg(tophash_tsan)]
    use parking_lot::Mutex;
    #[cfg(not(tophash_tsan))]
    use std::sync::{Mutex, PoisonError};

    /// The lock of a shard: std's mutex, held for one closure, and not poisoned by a panic.
    ///
    /// Measured against `parking_lot` and a lock of the crate's own, none was clearly ahead in most loads.
    pub(crate) struct Lock<T> {
        value: Mutex<T>,
        /// A mutex could do without `T: Sync`; a lock that lets readers share could not, and to be free to become one
        /// is worth more.
        readers: PhantomData<T>,
    }

    // Nothing is broken by a panic, or everything is to be found so: it is as with a poisoned lock of std's.
    impl<T> UnwindSafe for Lock<T> {}
    impl<T> RefUnwindSafe for Lock<T> {}

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Self {
            Lock {
                value: Mutex::new(value),
                readers: PhantomData,
            }
        }

        pub(crate) fn into_inner(self) -> T {
            let value = self.value.into_inner();
            #[cfg(not(tophash_tsan))]
            let value = value.unwrap_or_else(PoisonError::into_inner);
            value
        }

        /// Runs `work`, which changes nothing. No other thread can read meanwhile either: where the work is short,
        /// readers that count one another cost more than they gain.
        #[inline]
        pub(crate) fn read<R>(&self, work: impl FnOnce(&T) -> R) -> R {
            self.write(|value| work(value))
        }

        /// Runs `work` on the value while no other thread can get at it.
        #[inline]
        pub(crate) fn write<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
            let value = self.value.lock();
            #[cfg(not(tophash_tsan))]
            let value = value.unwrap_or_else(PoisonError::into_inner);
            let mut value = value;
            work(&mut value)
        }
    }
}

#[cfg(loom)]
mod modelled {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    /// What stands in for the lock in models.
    pub(crate) struct Lock<T>(loom::sync::Mutex<T>);

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Self {
            Lock(loom::sync::Mutex::new(value))
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner().unwrap()
        }

        pub(crate) fn read<R>(&self, work: impl FnOnce(&T) -> R) -> R {
            self.write(|value| work(value))
        }

        /// loom's mutex is of no use any more once a panic has unwound through its guard, so the guard is dropped
        /// before the panic goes on.
        pub(crate) fn write<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
            let mut guard = self.0.lock().unwrap();
            let result = catch_unwind(AssertUnwindSafe(|| work(&mut guard)));
            drop(guard);
            result.unwrap_or_else(|panic| resume_unwind(panic))
        }
    }
}

#[cfg(loom)]
pub(crate) use modelled::Lock;
#[cfg(not(loom))]
pub(crate) use real::Lock;

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
