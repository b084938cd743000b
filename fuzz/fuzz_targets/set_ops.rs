//! All operations of a set, against std's.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use support::set_ops;

fuzz_target!(|bytes: &[u8]| set_ops::run(bytes, None));
