//! What the fleet remembers: every SQL statement of the project, one module per table or read model.

pub mod activities;
pub mod campaigns;
mod config;
pub mod contractor_facts;
pub mod contractors;
pub mod conversion;
mod copy;
pub mod counts;
pub mod decision_makers;
pub mod enrolments;
pub mod erasure;
mod error;
pub mod experiments;
pub mod goals;
pub mod growth;
pub mod history;
pub mod idempotency;
pub mod imports;
pub mod inputs;
pub mod keys;
pub mod leads;
pub mod links;
pub mod outcomes;
pub mod outreach_metrics;
pub mod people;
mod pool;
mod rows;
pub mod runs;
mod schema;
pub mod scores;
pub mod segments;
pub mod sequence_versions;
pub mod sessions;
pub mod suppressions;
pub mod touches;
pub mod webhook_endpoints;

pub use config::Config;
pub use error::{BoxError, Error};
pub use pool::{Db, Tx};
pub use schema::{MIGRATOR, Migration, migrate, migrations};
pub use uuid::Uuid;

/// The tenant that the schema creates, for those who have only one.
pub const DEFAULT_CLIENT: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

/// The role workers take on every connection: no owner, no superuser, bound by row-level security.
pub const APP_ROLE: &str = "leadfleet_app";
