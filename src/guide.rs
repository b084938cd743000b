//! From nested maps to [`NestedMap`](crate::NestedMap).
