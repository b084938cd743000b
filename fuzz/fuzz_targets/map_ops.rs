//! All operations of a map, against std's.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use support::map_ops;

fuzz_target!(|bytes: &[u8]| map_ops::run(bytes, None));
