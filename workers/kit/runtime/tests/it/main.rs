//! The runtime on a real nats-server: what becomes of messages that succeed, fail, wait, die and join.

mod fleet;
mod joins;
mod settlement;
mod ticks;
