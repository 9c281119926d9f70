//! How commands reach the servers: connections from the settings, and failures that say which server is away.

use std::error::Error as _;
use std::fmt::Display;

use async_nats::jetstream;
use runtime::{ReadError, Runs, RuntimeError};

use crate::exit::{Exit, Failure};
use crate::settings::Settings;

const NATS_HINT: &str = "start one (`leadfleet dev`), or name another with NATS_URL";
const POSTGRES_HINT: &str = "start one (`leadfleet dev`), or name another with POSTGRES_CONNECTION_STRING";

pub async fn nats(settings: &Settings) -> Result<jetstream::Context, Failure> {
    let (client, _reconnects) = runtime::connect(&settings.nats.url).await?;
    Ok(jetstream::new(client))
}

pub async fn runs(settings: &Settings) -> Result<Runs, Failure> {
    Ok(Runs::new(nats(settings).await?))
}

/// A pool that connects on first use; statements may take as long as an import does.
pub fn postgres(settings: &Settings) -> Result<db::Db, Failure> {
    let url = settings.postgres.url.as_deref().ok_or(db::Error::NoConnectionString)?;
    let config =
        db::Config { postgres_statement_timeout: 3_600, postgres_pool_size: 2, ..db::Config::of(url) };
    Ok(db::Db::new(&config)?)
}

/// What a request to the broker ended with, as the failure of a command.
pub fn broker(what: &str, error: impl Display) -> Failure {
    Failure {
        exit: Exit::Unreachable,
        error: anyhow::anyhow!("could not ask nats-server for {what}: {error}"),
        hint: Some("is JetStream on? `leadfleet doctor` checks it".to_owned()),
    }
}

/// The deepest cause: what the server or the system said.
pub fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        let hint = matches!(error, RuntimeError::Connect { .. }).then(|| NATS_HINT.to_owned());
        Self { exit: Exit::Unreachable, error: error.into(), hint }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let (exit, hint) = match &error {
            ReadError::Decode { .. } => (Exit::Failure, None),
            // Nobody answers for a stream that was never made.
            ReadError::Broker { source, .. } if source.to_string().contains("no responders") => (
                Exit::NotFound,
                Some("nothing ever ran on this server: `leadfleet provision`, then start a run"),
            ),
            _ => (Exit::Unreachable, Some(NATS_HINT)),
        };
        Self { exit, error: error.into(), hint: hint.map(str::to_owned) }
    }
}

impl From<db::Error> for Failure {
    fn from(error: db::Error) -> Self {
        let (exit, hint) = match &error {
            db::Error::NoConnectionString
            | db::Error::ConnectionString(_)
            | db::Error::ConnectionStringFile { .. } => (Exit::Usage, None),
            db::Error::OldServer { .. } => (Exit::Unreachable, None),
            error if error.is_unavailable() => (Exit::Unreachable, Some(POSTGRES_HINT)),
            // No such table, or no such role.
            error if matches!(error.code().as_deref(), Some("42P01" | "22023")) => {
                (Exit::Unreachable, Some("the schema is missing: `leadfleet migrate up`"))
            }
            _ => (Exit::Failure, None),
        };
        // The cause is in the text already.
        let error = match error.source() {
            Some(_) => anyhow::Error::from(error),
            None => anyhow::anyhow!("{error}"),
        };
        Self { exit, error, hint: hint.map(str::to_owned) }
    }
}
