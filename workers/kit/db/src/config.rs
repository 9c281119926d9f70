//! How to reach Postgres, and how much of it to use.

use crate::Error;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Connection string of Postgres 15 or newer: postgresql://user:password@host:port/database.
    #[arg(long, env = "POSTGRES_CONNECTION_STRING", hide_env_values = true)]
    pub postgres_connection_string: Option<SecretString>,

    /// File that holds the connection string, for secrets that are mounted.
    #[arg(long, env = "POSTGRES_CONNECTION_STRING_FILE", conflicts_with = "postgres_connection_string")]
    pub postgres_connection_string_file: Option<PathBuf>,

    /// Connections a process may hold.
    #[arg(long, env = "POSTGRES_POOL_SIZE", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub postgres_pool_size: u32,

    /// Seconds after which Postgres ends a statement; storing a run and reading a snapshot may take longer.
    #[arg(long, env = "POSTGRES_STATEMENT_TIMEOUT", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub postgres_statement_timeout: u32,
}

impl Config {
    /// The defaults with this connection string.
    pub fn of(connection_string: &str) -> Self {
        Self {
            postgres_connection_string: Some(connection_string.into()),
            postgres_connection_string_file: None,
            postgres_pool_size: 8,
            postgres_statement_timeout: 60,
        }
    }

    /// The connection string, from wherever it was given.
    pub fn connection_string(&self) -> Result<SecretString, Error> {
        match (&self.postgres_connection_string, &self.postgres_connection_string_file) {
            (Some(given), _) => Ok(given.clone()),
            (None, Some(path)) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(text.trim().into()),
                Err(source) => Err(Error::ConnectionStringFile { path: path.clone(), source }),
            },
            (None, None) => Err(Error::NoConnectionString),
        }
    }

    pub(crate) fn statement_timeout(&self) -> Duration {
        Duration::from_secs(u64::from(self.postgres_statement_timeout))
    }
}

/// A connection string that is no URL is told apart from a server that is down.
pub(crate) fn parse(connection_string: &SecretString) -> Result<PgConnectOptions, Error> {
    PgConnectOptions::from_str(connection_string.expose_secret()).map_err(Error::ConnectionString)
}
