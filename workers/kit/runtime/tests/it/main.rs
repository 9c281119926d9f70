//! The runtime on a real nats-server: what becomes of messages that succeed, fail, wait, die and join.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot be set up can only stop")]

mod fleet;
mod hears;
mod joins;
mod losses;
mod pausing;
mod processes;
mod room;
mod settlement;
mod sweeps;
mod ticks;
mod unreadable;
