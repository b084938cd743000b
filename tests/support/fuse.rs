//! Panics at the k-th call of a piece of user code.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Where user code runs inside of a call to a map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    Hash,
    BuildHasher,
    Eq,
    Clone,
    Drop,
    Closure,
    Iterator,
}

/// The payload of the panics that are meant.
pub struct Blown;

thread_local! {
    static ARMED: Cell<Option<(Point, u64)>> = const { Cell::new(None) };
    static CALLS: Cell<[u64; 7]> = const { Cell::new([0; 7]) };
    static MUTED: Cell<bool> = const { Cell::new(false) };
}

/// To be called by user code whenever it runs.
pub fn tick(point: Point) {
    let mut calls = CALLS.get();
    calls[point as usize] += 1;
    CALLS.set(calls);
    match ARMED.get() {
        Some((armed, 0)) if armed == point && !std::thread::panicking() => {
            ARMED.set(None);
            panic::panic_any(Blown);
        }
        Some((armed, left)) if armed == point => ARMED.set(Some((point, left.saturating_sub(1)))),
        _ => {}
    }
}

/// The calls of `point` that this thread has made.
pub fn calls(point: Point) -> u64 {
    CALLS.get()[point as usize]
}

/// Runs `act`, in which call number `k` of `point` panics. Whether it came that far.
pub fn blows(point: Point, k: u64, act: impl FnOnce()) -> bool {
    ARMED.set(Some((point, k)));
    let blown = caught(act);
    ARMED.set(None);
    blown
}

/// Runs `act`; whether it ended in a [`Blown`] panic. Any other panic goes on.
pub fn caught(act: impl FnOnce()) -> bool {
    quiet();
    match panic::catch_unwind(AssertUnwindSafe(act)) {
        Ok(()) => false,
        Err(payload) if payload.is::<Blown>() => true,
        Err(payload) => panic::resume_unwind(payload),
    }
}

/// Runs `act` and catches any panic, which says nothing.
pub fn muted<R>(act: impl FnOnce() -> R) -> std::thread::Result<R> {
    quiet();
    MUTED.set(true);
    let answer = panic::catch_unwind(AssertUnwindSafe(act));
    MUTED.set(false);
    answer
}

/// Keeps panics that are meant out of the output.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Blown>() && !MUTED.get() {
                usual(info);
            }
        }));
    });
}
