//! Whether the tables keep their promises, on a real Postgres of its own.

mod errors;
mod imports;
mod links;
mod replacing;
mod rows;
mod server;
mod snapshot;
mod tenancy;
