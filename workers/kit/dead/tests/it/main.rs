//! Dead letters of real workers on a real broker.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod edits;
mod engine;
mod fleet;
mod lists;
mod runs;
