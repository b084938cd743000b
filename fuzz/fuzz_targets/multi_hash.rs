//! The same operations under every hasher, hostile ones among them.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use libfuzzer_sys::fuzz_target;
use support::hashers::Kind;
use support::{map_ops, set_ops};

fuzz_target!(|bytes: &[u8]| {
    for kind in Kind::ALL {
        map_ops::run(bytes, Some(kind));
        set_ops::run(bytes, Some(kind));
    }
});
