//! What is learned of contractors, from outside: vectors, simulated worlds with known truth, and attempts at reading persons
//! back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod outcomes;
mod privacy;
mod simulations;
mod vectors;
mod world;
