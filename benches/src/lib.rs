//! Shared by the benchmarks: peers, keys, interleaved timing.
