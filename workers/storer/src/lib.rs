//! Stores a run in Postgres as a whole; while Postgres is down, in a backup file that is stored later.

pub mod backup;
pub mod rows;
