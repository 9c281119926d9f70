//! Creates streams, buckets and consumers, and refuses to go on when the server did not do what was asked.

use crate::config::Config;
use crate::{gate, intents, ledger, letters, processes};
use async_nats::jetstream::context::{ConsumerInfoError, GetStreamError, GetStreamErrorKind};
use async_nats::jetstream::{self, ErrorCode, kv, stream as js};
use proto::subject::stream;
use std::fmt::Debug;
use std::time::Duration;

/// The oldest nats-server that keeps what leadfleet relies on.
pub const MIN_SERVER: (u32, u32, u32) = (2, 12, 5);

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);
const MIB: i64 = 1024 * 1024;
const BUCKET_BYTES: i64 = 64 * MIB;

/// Why the broker could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    #[error("nats-server {found} is too old: install {}.{}.{} or newer, older ones silently drop settings", MIN_SERVER.0, MIN_SERVER.1, MIN_SERVER.2)]
    OldServer { found: String },
    #[error("could not find out whether there is a stream {name}")]
    Look { name: String, source: GetStreamError },
    #[error("could not find out whether there is a consumer {name}")]
    LookAtConsumer { name: String, source: ConsumerInfoError },
    #[error("could not create the stream {name}: is JetStream on, and is there room?")]
    Stream { name: String, source: jetstream::context::CreateStreamError },
    #[error("could not create the bucket {name}")]
    Bucket { name: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("could not create the consumer {name}")]
    Consumer { name: String, source: jetstream::stream::ConsumerError },
    #[error("the server did not keep {field} of {name}: asked for {asked}, got {got}")]
    Echo { name: String, field: &'static str, asked: String, got: String },
}

/// Refuses a server that is too old.
pub fn check_server(version: &str) -> Result<(), ProvisionError> {
    let numbers: Vec<u32> =
        version.split(['.', '-', '+']).map_while(|number| number.parse().ok()).take(3).collect();
    match numbers.as_slice() {
        [major, minor, patch] if (*major, *minor, *patch) >= MIN_SERVER => Ok(()),
        _ => Err(ProvisionError::OldServer { found: version.to_owned() }),
    }
}

/// Creates or updates every stream and bucket; one that was made larger stays so.
///
/// What is as it should be is left alone: a server with less room than was promised to its streams refuses every
/// update, even one that changes nothing.
pub(crate) async fn provision(jetstream: &jetstream::Context, config: &Config) -> Result<(), ProvisionError> {
    let asked = config.replicas;
    let copies = match asked {
        Some(copies) => copies,
        None => copies(jetstream).await?,
    };
    for mut config in streams(jetstream.client().server_info().max_payload, copies, &config.placement_tags) {
        let name = config.name.clone();
        if let Some(there) = there(jetstream, &name).await? {
            config.max_bytes = config.max_bytes.max(there.max_bytes);
            config.placement = config.placement.or_else(|| there.placement.clone());
            if asked.is_none() {
                config.num_replicas = there.num_replicas.max(1);
                config.allow_direct = is_direct(config.num_replicas);
            }
            if check_stream(&config, &there).is_ok() {
                continue;
            }
        }
        let info = jetstream
            .create_or_update_stream(config.clone())
            .await
            .map_err(|source| ProvisionError::Stream { name: name.clone(), source })?;
        check_stream(&config, &info.config)?;
    }
    for asked in buckets() {
        bucket(jetstream, asked).await?;
    }
    // Work goes on without it, where a server that was prepared by an older version has no room for one more.
    if let Err(error) = bucket(jetstream, of_processes()).await {
        tracing::debug!(%error, "the processes that work will not be shown");
    }
    Ok(())
}

/// The buckets that nothing works without.
fn buckets() -> [kv::Config; 4] {
    [
        // As long as the longest stream that workers read: what is forgotten looks like a crash.
        config_of(ledger::BUCKET, 30 * DAY),
        config_of(gate::BUCKET, gate::LEASE),
        config_of(intents::BUCKET, 30 * DAY),
        // As long as the letters themselves.
        config_of(letters::BUCKET, 90 * DAY),
    ]
}

fn of_processes() -> kv::Config {
    config_of(processes::BUCKET, processes::FORGOTTEN_AFTER)
}

/// Every stream that `provision` makes where there is none, those behind buckets too, on servers that take messages of so
/// many bytes.
pub fn table(max_payload: usize, copies: usize, tags: &[String], others: Vec<kv::Config>) -> Vec<js::Config> {
    let mut table = streams(max_payload, copies, tags);
    for asked in buckets().into_iter().chain([of_processes()]).chain(others) {
        table.push(behind(asked, copies, placement(tags)));
    }
    table
}

fn config_of(bucket: &str, max_age: Duration) -> kv::Config {
    kv::Config {
        bucket: bucket.to_owned(),
        history: 1,
        max_age,
        max_bytes: BUCKET_BYTES,
        ..kv::Config::default()
    }
}

/// How a stream is, if it is there. What is not known is not taken for a stream that is to be made.
async fn there(jetstream: &jetstream::Context, name: &str) -> Result<Option<js::Config>, ProvisionError> {
    match jetstream.get_stream(name).await {
        Ok(there) => Ok(Some(there.cached_info().config.clone())),
        Err(error) if is_gone(&error) => Ok(None),
        Err(source) => Err(ProvisionError::Look { name: name.to_owned(), source }),
    }
}

/// Whether there is no such stream.
pub(crate) fn is_gone(error: &GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

/// How many copies a stream that is not there yet gets: as many as the one that has most.
async fn copies(jetstream: &jetstream::Context) -> Result<usize, ProvisionError> {
    let mut most = 1;
    for name in stream::ALL {
        most = there(jetstream, name).await?.map_or(most, |there| there.num_replicas.max(most));
    }
    Ok(most)
}

/// Opens a bucket, and makes it if it is not there or is another: with as many copies as the events have. One that was
/// made larger stays so.
pub async fn bucket(jetstream: &jetstream::Context, asked: kv::Config) -> Result<kv::Store, ProvisionError> {
    let name = asked.bucket.clone();
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| ProvisionError::Bucket {
        name: name.clone(),
        source,
    };
    let events = there(jetstream, stream::EVENTS).await?.unwrap_or_default();
    let mut config = behind(asked, events.num_replicas.max(1), events.placement);
    let there = there(jetstream, &config.name).await?;
    if let Some(there) = &there {
        config.max_bytes =
            if config.max_bytes > 0 { config.max_bytes.max(there.max_bytes) } else { there.max_bytes };
    }
    let is_same = there.is_some_and(|there| {
        let of = |config: &js::Config| {
            (config.max_age, config.max_bytes, config.num_replicas, config.allow_direct)
        };
        of(&there) == of(&config) && there.placement == config.placement
    });
    if !is_same {
        jetstream.create_or_update_stream(config).await.map_err(|error| failed(error.into()))?;
    }
    jetstream.get_key_value(&name).await.map_err(|error| failed(error.into()))
}

/// The stream behind a bucket: as the client library makes it, but for direct reads, which it asks for whatever the copies.
fn behind(asked: kv::Config, copies: usize, placement: Option<js::Placement>) -> js::Config {
    let name = asked.bucket;
    js::Config {
        name: format!("KV_{name}"),
        description: Some(asked.description),
        subjects: vec![format!("$KV.{name}.>")],
        max_messages_per_subject: asked.history,
        max_age: asked.max_age,
        max_bytes: asked.max_bytes,
        storage: js::StorageType::File,
        discard: js::DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        num_replicas: copies,
        allow_direct: is_direct(copies),
        placement,
        ..js::Config::default()
    }
}

fn placement(tags: &[String]) -> Option<js::Placement> {
    (!tags.is_empty()).then(|| js::Placement { cluster: None, tags: tags.to_vec() })
}

/// Any copy answers direct reads, also one that has not yet what was just acknowledged.
fn is_direct(copies: usize) -> bool {
    copies == 1
}

/// What a dead letter says beside the message must fit with it into one: so much less may a message have.
const ROOM_FOR_REASONS: usize = 16 * 1024;

/// The streams on a server that takes messages of so many bytes.
fn streams(max_payload: usize, copies: usize, tags: &[String]) -> Vec<js::Config> {
    // Larger ones are refused when they are published, and so never accepted.
    let largest = i32::try_from(max_payload.saturating_sub(ROOM_FOR_REASONS)).unwrap_or(i32::MAX);
    let limits = |name: &str, subjects: &[&str], days: u32, mib: i64, window: Duration| js::Config {
        name: name.to_owned(),
        subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
        retention: js::RetentionPolicy::Limits,
        discard: js::DiscardPolicy::New,
        max_age: DAY * days,
        max_bytes: mib * MIB,
        duplicate_window: window,
        storage: js::StorageType::File,
        num_replicas: copies,
        placement: placement(tags),
        allow_direct: is_direct(copies),
        ..js::Config::default()
    };
    let advisories =
        ["$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>", "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>"];
    vec![
        js::Config {
            max_message_size: largest,
            ..limits(stream::EVENTS, &["lf.v1.event.>"], 30, 1024, 10 * MINUTE)
        },
        js::Config {
            max_messages_per_subject: 1,
            max_message_size: largest,
            ..limits(stream::RUN, &["lf.v1.run.>"], 14, 4096, 60 * MINUTE)
        },
        js::Config {
            max_message_size: largest,
            ..limits(stream::JOBS, &["lf.v1.job.>"], 7, 256, 10 * MINUTE)
        },
        limits(stream::DEAD, &["lf.v1.dead.>"], 90, 1024, 1440 * MINUTE),
        limits(stream::AUDIT, &["lf.v1.audit.>"], 365, 256, 2 * MINUTE),
        js::Config {
            discard: js::DiscardPolicy::Old,
            ..limits(stream::ADVISORIES, &advisories, 14, 64, 2 * MINUTE)
        },
    ]
}

fn check_stream(asked: &js::Config, got: &js::Config) -> Result<(), ProvisionError> {
    let check = Echo { name: &asked.name };
    check.same("subjects", &asked.subjects, &got.subjects)?;
    check.same("retention", &asked.retention, &got.retention)?;
    if asked.max_message_size > 0 {
        check.same("max_message_size", &asked.max_message_size, &got.max_message_size)?;
    }
    check.same("discard", &asked.discard, &got.discard)?;
    check.same("max_age", &asked.max_age, &got.max_age)?;
    check.same("max_bytes", &asked.max_bytes, &got.max_bytes)?;
    check.same("duplicate_window", &asked.duplicate_window, &got.duplicate_window)?;
    check.same("placement", &asked.placement, &got.placement)?;
    check.same("allow_direct", &asked.allow_direct, &got.allow_direct)?;
    check.same("replicas", &asked.num_replicas, &got.num_replicas)?;
    if asked.max_messages_per_subject > 0 {
        check.same(
            "max_messages_per_subject",
            &asked.max_messages_per_subject,
            &got.max_messages_per_subject,
        )?;
    }
    Ok(())
}

/// Compares what a server answers with what it was asked for.
pub(crate) struct Echo<'a> {
    pub(crate) name: &'a str,
}

impl Echo<'_> {
    pub(crate) fn same<T: PartialEq + Debug>(
        &self,
        field: &'static str,
        asked: &T,
        got: &T,
    ) -> Result<(), ProvisionError> {
        if asked == got {
            return Ok(());
        }
        let (asked, got) = (format!("{asked:?}"), format!("{got:?}"));
        Err(ProvisionError::Echo { name: self.name.to_owned(), field, asked, got })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_server_is_refused_by_name() {
        assert!(check_server("2.12.5").is_ok());
        assert!(check_server("2.15.1").is_ok());
        assert!(check_server("3.0.0-beta.1").is_ok());
        for old in ["2.9.10", "2.12.4", "2.12", "what"] {
            let error = check_server(old).unwrap_err().to_string();
            assert!(error.contains(old), "{error}");
        }
    }

    #[test]
    fn a_dropped_setting_stops_the_start() {
        let asked = streams(1024 * 1024, 1, &[]).remove(1);
        let got = js::Config { max_messages_per_subject: -1, ..asked.clone() };
        let error = check_stream(&asked, &got).unwrap_err().to_string();
        assert!(error.contains("max_messages_per_subject"), "{error}");
    }
}
