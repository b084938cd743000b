//! Operations whose allocations are refused, by null and by panic.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use support::map_ops::{self, Op};

fuzz_target!(|bytes: &[u8]| map_ops::run_of(Op::read_refused, bytes, None));
