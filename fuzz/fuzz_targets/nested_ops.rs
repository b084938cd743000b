//! All operations of a nested map of two to five parts, against an ordered map.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use support::nested_ops;

fuzz_target!(|bytes: &[u8]| nested_ops::run(bytes));
