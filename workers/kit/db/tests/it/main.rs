//! Whether the tables keep their promises, on a real Postgres of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod access;
mod archive;
mod contractors;
mod conversion;
mod errors;
mod growth;
mod histories;
mod imports;
mod links;
mod metrics;
mod others;
mod pages;
mod people;
mod replacing;
mod rows;
mod server;
mod snapshot;
mod tenancy;
mod words;
