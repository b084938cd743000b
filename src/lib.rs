//! Hash maps whose memory comes back and whose cost never jumps.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc as std_alloc;

mod error;

pub use error::TryReserveError;
