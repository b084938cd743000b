//! Shared by the benchmarks: peers, keys, interleaved timing, memory readings.

pub mod child;
pub mod cli;
pub mod counting;
pub mod keys;
pub mod lists;
pub mod loads;
pub mod memory;
pub mod nested;
pub mod pairs;
pub mod peers;
pub mod readings;
pub mod report;
pub mod shared;
pub mod sys;
pub mod tail;
pub mod tasks;
