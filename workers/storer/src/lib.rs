//! Stores a run in Postgres as a whole; while Postgres is down, in a backup file that is stored later.

pub mod backup;
pub mod file;
mod outcome;
mod retrier;
pub mod rows;
mod store;
mod storer;
mod stream;

pub use retrier::StoreRetrier;
pub use storer::{Config, Storer};

/// Name of the worker that stores late, and of its jobs.
pub const RETRIER: &str = "storer-retry";
