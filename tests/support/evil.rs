//! A key and value that keeps a ledger and whose every trait can be made to panic.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::AtomicPtr;

use tophash::Equivalent;

use super::fuse::{Point, tick};

/// Owns a heap block, so that tools see every use after a drop.
#[derive(Debug)]
pub struct Evil {
    id: Box<u32>,
    serial: u64,
}

#[derive(Default)]
struct Ledger {
    /// By serial number, with the place of the block.
    live: HashMap<u64, *mut u32>,
    made: u64,
    dropped_twice: u64,
}

thread_local! {
    static LEDGER: RefCell<Ledger> = RefCell::default();
}

/// What was leaked on purpose: LeakSanitizer finds it here, and reports what it finds nowhere.
static LEAKED: Mutex<Vec<AtomicPtr<()>>> = Mutex::new(Vec::new());

fn leaked(place: *mut ()) {
    let mut leaked = LEAKED.lock().expect("nothing panics here");
    leaked.push(AtomicPtr::new(place));
}

/// [`std::mem::forget`], on purpose.
pub fn forget<T>(value: T) {
    leaked(Box::into_raw(Box::new(value)).cast());
}

/// How many [`Evil`]s of this thread are alive.
pub fn live() -> usize {
    LEDGER.with_borrow(|ledger| {
        assert_eq!(ledger.dropped_twice, 0, "something was dropped twice");
        ledger.live.len()
    })
}

/// Forgets those that were leaked on purpose.
pub fn write_off() {
    live();
    LEDGER.with_borrow_mut(|ledger| {
        let places = ledger.live.drain().map(|(_, place)| place);
        places.for_each(|place| leaked(place.cast()));
    });
}

impl Evil {
    pub fn new(id: u32) -> Self {
        let mut id = Box::new(id);
        let serial = LEDGER.with_borrow_mut(|ledger| {
            ledger.made += 1;
            ledger.live.insert(ledger.made, &raw mut *id);
            ledger.made
        });
        Evil { id, serial }
    }

    pub fn id(&self) -> u32 {
        *self.id
    }

    pub fn set(&mut self, id: u32) {
        *self.id = id;
    }
}

impl Drop for Evil {
    fn drop(&mut self) {
        let gone = LEDGER.try_with(|ledger| {
            let mut ledger = ledger.borrow_mut();
            if ledger.live.remove(&self.serial).is_none() {
                ledger.dropped_twice += 1;
            }
        });
        if gone.is_ok() {
            tick(Point::Drop);
        }
    }
}

impl Clone for Evil {
    fn clone(&self) -> Self {
        tick(Point::Clone);
        Evil::new(*self.id)
    }
}

impl PartialEq for Evil {
    fn eq(&self, other: &Self) -> bool {
        tick(Point::Eq);
        self.id == other.id
    }
}

impl Eq for Evil {}

impl Hash for Evil {
    fn hash<H: Hasher>(&self, state: &mut H) {
        tick(Point::Hash);
        state.write_u32(*self.id);
    }
}

/// Looks an [`Evil`] up without being one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Id(pub u32);

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        tick(Point::Hash);
        state.write_u32(self.0);
    }
}

impl Equivalent<Evil> for Id {
    fn equivalent(&self, key: &Evil) -> bool {
        tick(Point::Eq);
        self.0 == key.id()
    }
}

impl From<&Id> for Evil {
    fn from(id: &Id) -> Self {
        Evil::new(id.0)
    }
}
