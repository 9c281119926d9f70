//! Whether the tables keep their promises, on a real Postgres of its own.

mod errors;
mod imports;
mod links;
mod rows;
mod replacing;
mod server;
mod snapshot;
mod tenancy;
