//! Numbers people can trust: rates with their intervals, and experiments that say when they know nothing.
//!
//! Everything here is pure and gives the same bytes for the same input: no clock, and random numbers from a seed.

pub mod anonymity;
pub mod calibrate;
pub mod conformal;
pub mod drift;
pub mod experiment;
pub mod exposure;
pub mod family;
pub mod fisher;
pub mod homogeneity;
pub mod policy;
mod posterior;
mod rate;
pub mod ratio;
pub mod scores;
pub mod sequential;
pub mod shares;
pub mod survival;
pub mod thompson;
pub mod weights;

pub use rate::{Interval, Rate, Z, likely_below};
