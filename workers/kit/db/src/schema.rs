//! The schema: forward-only migrations under an advisory lock, and what of them is applied.

use crate::Error;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection, Row};

pub static MIGRATOR: Migrator = sqlx::migrate!("../../../migrations");

const OLDEST_SERVER: i32 = 15;

/// One migration and when it was applied to this database.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Migration {
    pub version: i64,
    pub name: String,
    pub applied_at: Option<DateTime<Utc>>,
}

/// Applies what is missing, connecting as the owner of the schema. Returns what it applied.
pub async fn migrate(connection_string: &str) -> Result<Vec<Migration>, Error> {
    let mut connection = connect(connection_string).await?;
    let pending = list(&mut connection).await?.into_iter().filter(|migration| migration.applied_at.is_none());
    let pending: Vec<i64> = pending.map(|migration| migration.version).collect();
    MIGRATOR.run_direct(None, &mut connection, false).await?;
    let mut applied = list(&mut connection).await?;
    applied.retain(|migration| pending.contains(&migration.version));
    connection.close().await?;
    Ok(applied)
}

/// All migrations this build knows, applied or pending.
pub async fn migrations(connection_string: &str) -> Result<Vec<Migration>, Error> {
    let mut connection = connect(connection_string).await?;
    let migrations = list(&mut connection).await?;
    connection.close().await?;
    Ok(migrations)
}

/// Connects without the role of workers, which owns nothing, and refuses old servers.
async fn connect(connection_string: &str) -> Result<PgConnection, Error> {
    let mut connection =
        PgConnection::connect_with(&crate::config::parse(&connection_string.into())?).await?;
    let number: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut connection).await?;
    let major = number.parse::<i32>().map_or(0, |number| number / 10_000);
    if major < OLDEST_SERVER {
        let found = sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await?;
        return Err(Error::OldServer { found });
    }
    Ok(connection)
}

async fn list(connection: &mut PgConnection) -> Result<Vec<Migration>, Error> {
    let migrated: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    let applied = if migrated {
        sqlx::query("SELECT version, installed_on FROM _sqlx_migrations WHERE success")
            .fetch_all(connection)
            .await?
    } else {
        Vec::new()
    };
    let applied_at = |version: i64| {
        let row = applied.iter().find(|row| row.get::<i64, _>("version") == version)?;
        Some(row.get::<DateTime<Utc>, _>("installed_on"))
    };
    let known = MIGRATOR.iter().map(|migration| Migration {
        version: migration.version,
        name: migration.description.to_string(),
        applied_at: applied_at(migration.version),
    });
    Ok(known.collect())
}
