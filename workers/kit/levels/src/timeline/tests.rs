//! Vectors of timelines.
