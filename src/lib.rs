//! Hash maps whose memory comes back and whose cost never jumps.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

// The name `alloc` is taken by the module.
extern crate alloc as std_alloc;

pub mod alloc;
mod error;
#[allow(unsafe_code)]
mod raw;

pub use error::TryReserveError;
pub use raw::GrowthPolicy;
