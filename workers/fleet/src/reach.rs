//! How commands reach the servers: connections from the settings, and failures that say which server is away.

use std::fmt::Display;

use async_nats::jetstream;
use overview::{cause, without_password};
use proto::Outgoing;
use runtime::{ReadError, Runs, RuntimeError};

use crate::exit::{Exit, Failure};
use crate::settings::Settings;

const START_HINT: &str = "`leadfleet match start` starts one";
const NATS_HINT: &str = "start one (`leadfleet dev`), or name another with NATS_URL";
const NO_STREAMS_HINT: &str = "nothing ever ran on this server: `leadfleet provision` prepares it";
const NO_POSTGRES_HINT: &str = "`leadfleet dev` starts a private Postgres and says what to set";
const POSTGRES_HINT: &str = "start one (`leadfleet dev`), or name another with POSTGRES_CONNECTION_STRING";

pub async fn nats(settings: &Settings) -> Result<jetstream::Context, Failure> {
    Ok(jetstream::new(runtime::connect(&settings.nats.url, &settings.nats.login()).await?))
}

pub async fn runs(settings: &Settings) -> Result<Runs, Failure> {
    Ok(Runs::new(nats(settings).await?))
}

/// A pool for a command whose statements may take long; refused at once when Postgres is away or its schema is old.
pub async fn postgres(settings: &Settings) -> Result<db::Db, Failure> {
    let url = settings.postgres.url.as_deref().ok_or(db::Error::NoConnectionString)?;
    let pending =
        db::migrations(url).await?.iter().filter(|migration| migration.applied_at.is_none()).count();
    if pending > 0 {
        return Err(Failure {
            exit: Exit::Differs,
            error: anyhow::anyhow!("the schema of Postgres lacks {pending} migrations"),
            hint: Some("bring it up to date: `leadfleet migrate`".to_owned()),
        });
    }
    let config =
        db::Config { postgres_statement_timeout: 3_600, postgres_pool_size: 2, ..db::Config::of(url) };
    Ok(db::Db::new(&config)?)
}

/// Publishes a message, and believes only the broker's acknowledgement.
pub async fn say(jetstream: &jetstream::Context, message: &Outgoing) -> Result<(), Failure> {
    let publish = jetstream::message::PublishMessage::build()
        .payload(message.payload.clone().into())
        .message_id(message.id(0))
        .header(proto::subject::header::SCHEMA, message.schema.as_str());
    let sent = jetstream.send_publish(message.subject.to_string(), publish).await;
    let sent = sent.map_err(|error| broker("its acknowledgement", error))?;
    sent.await.map_err(|error| broker("its acknowledgement", error))?;
    Ok(())
}

/// What a request to the broker ended with, as the failure of a command.
pub fn broker(what: &'static str, error: impl Display) -> Failure {
    overview::Error::Broker { what, cause: error.to_string() }.into()
}

/// The error and its deepest cause, each said once.
fn told(error: &dyn std::error::Error) -> anyhow::Error {
    let (text, cause) = (error.to_string(), cause(error));
    if text.contains(&cause) { anyhow::anyhow!(text) } else { anyhow::anyhow!(cause).context(text) }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        // The error of the runtime gives advice of its own, as a log without hints needs it.
        let (error, hint) = match &error {
            RuntimeError::Connect { url, source } => {
                let what = format!("could not reach nats-server at {}", without_password(url));
                (anyhow::anyhow!(cause(source)).context(what), Some(NATS_HINT.to_owned()))
            }
            RuntimeError::Login(error) => return Self { exit: Exit::Usage, error: told(error), hint: None },
            error => (told(error), None),
        };
        Self { exit: Exit::Unreachable, error, hint }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let (exit, hint) = match &error {
            ReadError::Decode { .. } => (Exit::Failure, None),
            error if error.is_missing_stream() => (Exit::NotFound, Some(NO_STREAMS_HINT)),
            _ => (Exit::Unreachable, Some(NATS_HINT)),
        };
        Self { exit, error: told(&error), hint: hint.map(str::to_owned) }
    }
}

impl From<db::Error> for Failure {
    fn from(error: db::Error) -> Self {
        let (exit, hint) = match &error {
            db::Error::NoConnectionString => (Exit::Usage, Some(NO_POSTGRES_HINT)),
            db::Error::ConnectionString(_) | db::Error::ConnectionStringFile { .. } => (Exit::Usage, None),
            db::Error::OldServer { .. } => (Exit::Unreachable, None),
            error if error.is_unavailable() => (Exit::Unreachable, Some(POSTGRES_HINT)),
            _ => (Exit::Failure, None),
        };
        Self { exit, error: told(&error), hint: hint.map(str::to_owned) }
    }
}

impl From<overview::Error> for Failure {
    fn from(error: overview::Error) -> Self {
        use overview::Error;
        let said = anyhow::anyhow!(error.to_string());
        let (exit, hint) = match error {
            Error::Read(error) => return error.into(),
            Error::Broker { .. } => {
                (Exit::Unreachable, "is JetStream on? `leadfleet doctor` checks it".to_owned())
            }
            Error::NoRun => (Exit::NotFound, START_HINT.to_owned()),
            Error::UnknownRun { newest, .. } => match newest.is_empty() {
                true => (Exit::NotFound, START_HINT.to_owned()),
                false => (Exit::NotFound, format!("the newest runs are {}", listed(&newest))),
            },
            Error::UnknownSegment { run, first, .. } => match first.is_empty() {
                true => (Exit::NotFound, format!("the run has no segments: `leadfleet match status {run}`")),
                false => (
                    Exit::NotFound,
                    format!("the first are {}; `leadfleet match show {run}` lists them", listed(&first)),
                ),
            },
            Error::UnknownClinic { .. } => (
                Exit::NotFound,
                "clinics count that have a phone or a website and are 30 days old at most".to_owned(),
            ),
            Error::SeveralClinics { first, .. } => {
                (Exit::Usage, format!("name it by its id: {}", first.join("; ")))
            }
            Error::NotScored { run } => (Exit::NotFound, format!("`leadfleet match watch {run}` follows it")),
        };
        Self { exit, error: said, hint: Some(hint) }
    }
}

fn listed(names: &[impl ToString]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
