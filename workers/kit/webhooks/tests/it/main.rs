//! Whole requests: genuine, forged, stale and broken ones, of each tool.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod delivery;
mod examples;
mod hostile;
mod meetings;
mod ses;
mod tools;
mod vectors;
