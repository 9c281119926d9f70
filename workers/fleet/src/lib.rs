//! The one binary `leadfleet`: its commands, the private servers of `dev` and `demo`, the sample data.

pub mod local;
pub mod sample;
