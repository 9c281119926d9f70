//! What is told of runs that are on the stream of a real broker.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod explaining;
mod made;
mod runs;
mod timelines;
mod unmatched;
