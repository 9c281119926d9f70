//! Numbers people can trust: rates with their intervals, and experiments that say when they know nothing.
//!
//! Everything here is pure and gives the same bytes for the same input: no clock, and random numbers from a seed.

pub mod experiment;
pub mod family;
pub mod fisher;
mod rate;
pub mod thompson;

pub use rate::{Interval, Rate};
