//! What threads share: the lock of a shard, thread-locals, the number of threads. The one place that chooses between
//! the real ones and loom's.

#[cfg(not(loom))]
mod real {
    use core::marker::PhantomData;
    use core::panic::{RefUnwindSafe, UnwindSafe};

    use parking_lot::Mutex;

    /// The lock of a shard: held for one closure, and free again after a panic.
    ///
    /// `parking_lot`'s, which is handed over now and then to the thread that has waited longest, as std's promises nowhere
    /// (the test `writers_are_not_starved`). On a busy machine neither was clearly ahead in time.
    pub(crate) struct Lock<T> {
        value: Mutex<T>,
        /// A mutex could do without `T: Sync`; a lock that lets readers share could not, and to be free to become one
        /// is worth more.
        readers: PhantomData<T>,
    }

    // Whatever a panic leaves behind is whole.
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
            self.value.into_inner()
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
            work(&mut self.value.lock())
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
