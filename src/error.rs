//! The errors of the fallible calls.

use core::alloc::Layout;
use core::fmt;

/// Why memory for more entries could not be had.
///
/// Returned by the `try_*` calls; the map is then as it was before the call.
///
/// ```
/// use tophash::TryReserveError;
/// assert!(TryReserveError::CapacityOverflow.to_string().contains("capacity"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TryReserveError {
    /// The number of entries asked for exceeds what any table can hold.
    CapacityOverflow,
    /// The allocator refused a block of this layout (sizes in bytes).
    AllocError {
        /// What was asked of the allocator.
        layout: Layout,
    },
}

impl fmt::Display for TryReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CapacityOverflow => {
                f.write_str("the requested capacity exceeds what a table can hold")
            }
            Self::AllocError { layout } => {
                write!(
                    f,
                    "the allocator refused a block of {} bytes",
                    layout.size()
                )
            }
        }
    }
}

impl core::error::Error for TryReserveError {}
