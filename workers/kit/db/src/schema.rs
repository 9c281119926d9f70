//! The schema: forward-only migrations under an advisory lock, and what of them is applied.

use crate::Error;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::migrate::Migrator;

pub static MIGRATOR: Migrator = sqlx::migrate!("../../../migrations");

/// One migration and when it was applied to this database.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Migration {
    pub version: i64,
    pub name: String,
    pub applied_at: Option<DateTime<Utc>>,
}

/// Applies what is missing, connecting as the owner of the schema. Returns what it applied.
pub async fn migrate(connection_string: &str) -> Result<Vec<Migration>, Error> {
    todo!("{connection_string}")
}

/// All migrations this build knows, applied or pending.
pub async fn migrations(connection_string: &str) -> Result<Vec<Migration>, Error> {
    todo!("{connection_string}")
}
