//! What threads share: the lock of a shard, thread-locals, the number of threads. The one place that chooses between
//! the real ones and loom's.
//!
//! In loom the shards have loom's own mutex: models of maps would never end if each of their locks were a model of the
//! lock, too. That has models of its own, of [`Modelled`].

mod lock;

#[cfg(not(loom))]
pub(crate) use lock::Lock;

#[cfg(loom)]
pub use modelled::Modelled;
#[cfg(loom)]
pub(crate) use modelled::Mutex as Lock;

#[cfg(loom)]
mod modelled {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    use super::lock::Lock;

    /// The lock of a shard, for models of its own.
    pub struct Modelled<T>(Lock<T>);

    impl<T> Modelled<T> {
        /// A free lock.
        pub fn new(value: T) -> Self {
            Modelled(Lock::new(value))
        }

        /// Runs `work` on the value while no other thread can get at it.
        pub fn write<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
            self.0.write(work)
        }
    }

    /// What stands in for the lock in the models of maps.
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Mutex(loom::sync::Mutex::new(value))
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner().unwrap()
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
