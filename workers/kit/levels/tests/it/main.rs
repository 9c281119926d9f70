//! What is learned of contractors, from outside: vectors, simulated worlds with known truth, and attempts at reading persons
//! back.

mod privacy;
mod simulations;
mod vectors;
mod world;
