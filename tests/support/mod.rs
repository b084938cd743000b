//! What the tests of abuse share, and the fuzz targets with them.
#![allow(dead_code, unsafe_code, unreachable_pub)]

pub mod evil;
pub mod fuse;
pub mod hashers;
pub mod map_ops;
pub mod memory;
pub mod nested_ops;
pub mod nested_subject;
pub mod set_ops;
pub mod subject;
pub mod tape;
