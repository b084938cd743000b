//! Hash maps whose memory comes back and whose cost never jumps.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc as std_alloc;

mod error;
#[allow(unsafe_code)]
mod raw;

pub use error::TryReserveError;
pub use raw::GrowthPolicy;
