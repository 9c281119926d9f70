//! Whether the tables keep their promises, on a real Postgres of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod errors;
mod imports;
mod links;
mod replacing;
mod replacing_late;
mod rows;
mod server;
mod snapshot;
mod tenancy;
