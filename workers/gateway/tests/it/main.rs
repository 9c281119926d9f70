//! The gateway from outside: real HTTP, a real broker, a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod attack;
mod campaigns;
mod describing;
mod due;
mod entering;
mod errors;
mod leads;
mod once;
mod outcomes;
mod pages;
mod pages_fleet;
mod pages_growth;
mod pages_patterns;
mod patterns;
mod rig;
#[path = "../../../kit/db/tests/it/server.rs"]
mod server;
mod sign_in;
mod tenants;
mod tracking;
mod webhooks;
mod working;
