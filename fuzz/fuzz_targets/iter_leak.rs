//! Iterators that are dropped or forgotten half way.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use support::map_ops::{self, Op};

fuzz_target!(|bytes: &[u8]| map_ops::run_of(Op::read_forgetful, bytes, None));
