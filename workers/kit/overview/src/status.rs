//! What the fleet is doing, from the broker and from Postgres.

use std::collections::{BTreeMap, BTreeSet};

use async_nats::jetstream::consumer;
use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use proto::subject::stream;
use runtime::{Announced, Closed, Process, Runs};
use serde::Serialize;
use uuid::Uuid;

use crate::error::broker as failed;
use crate::list::{self, Entry};
use crate::words::{cause, without_password};
use crate::{Broker, Error};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    pub server: Server,
    pub streams: Vec<Stream>,
    pub workers: Vec<Worker>,
    /// Gateways too, which run no worker.
    pub processes: Vec<Announced>,
    pub closed_gates: Vec<Closed>,
    pub dead_letters: Vec<Dead>,
    pub runs: Vec<Entry>,
    pub postgres: Postgres,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Server {
    pub url: String,
    pub name: String,
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stream {
    pub name: String,
    pub messages: u64,
    pub bytes: u64,
    pub max_bytes: i64,
    /// Of what it may hold.
    pub percent: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Worker {
    pub worker: String,
    pub stream: String,
    pub pending: u64,
    pub in_flight: usize,
    pub redelivered: usize,
    /// Age of the oldest message that is not done.
    pub oldest_seconds: Option<i64>,
    /// Pull requests that wait: none means that nobody runs.
    pub waiting: usize,
    /// Which run it; those of older versions do not say so.
    pub processes: Vec<Process>,
    /// Until when it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<DateTime<Utc>>,
    /// Deliveries that are settled: what two readings differ by is the throughput.
    #[serde(skip)]
    pub settled: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dead {
    pub worker: String,
    pub class: String,
    pub count: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Postgres {
    pub reachable: bool,
    pub problem: Option<String>,
    pub migrations_applied: usize,
    pub migrations_pending: usize,
    pub rows: Option<db::counts::Counts>,
}

const RUNS: usize = 5;

impl Worker {
    /// Whether messages wait that nobody fetches; whoever has as many in hand as it may fetches none either.
    pub fn is_left_alone(&self) -> bool {
        self.pending > 0 && self.waiting == 0 && self.in_flight == 0 && self.paused_until.is_none()
    }
}

/// What the fleet is doing, with what was read of Postgres. Of `url` the password is not shown.
pub async fn of(broker: &Broker, url: &str, postgres: Postgres, now: DateTime<Utc>) -> Result<Status, Error> {
    let (mut streams, mut workers) = (Vec::new(), Vec::new());
    let processes = runtime::processes(&broker.runs).await?;
    for name in stream::ALL {
        let Ok(found) = broker.jetstream.get_stream(name).await else { continue };
        let info = found.cached_info();
        let (bytes, max_bytes) = (info.state.bytes, info.config.max_bytes);
        let percent = if max_bytes > 0 { bytes as f64 * 100.0 / max_bytes as f64 } else { 0.0 };
        streams.push(Stream {
            name: name.to_owned(),
            messages: info.state.messages,
            bytes,
            max_bytes,
            percent,
        });
        let mut consumers = found.consumers();
        while let Some(info) = consumers.try_next().await.map_err(|e| failed("the consumers", e))? {
            // Others are somebody's eyes for a moment.
            if info.config.durable_name.is_some() {
                workers.push(worker(&broker.runs, &info, &processes, now).await);
            }
        }
    }
    workers.sort_by(|a, b| a.worker.cmp(&b.worker));
    let info = broker.jetstream.client().server_info();
    Ok(Status {
        server: Server {
            url: without_password(url),
            name: info.server_name.clone(),
            version: info.version.clone(),
        },
        closed_gates: closed_gates(broker).await?,
        dead_letters: dead_letters(broker).await?,
        runs: list::newest(broker, RUNS, now).await?,
        streams,
        workers,
        processes,
        postgres,
    })
}

/// How many messages all workers together have settled since their consumers were made.
pub async fn settled(broker: &Broker) -> Result<u64, Error> {
    let mut settled = 0;
    for name in stream::ALL {
        let Ok(found) = broker.jetstream.get_stream_no_info(name).await else { continue };
        let mut consumers = found.consumers();
        while let Some(info) = consumers.try_next().await.map_err(|e| failed("the consumers", e))? {
            settled += info.config.durable_name.as_ref().map_or(0, |_| info.ack_floor.consumer_sequence);
        }
    }
    Ok(settled)
}

async fn worker(runs: &Runs, info: &consumer::Info, processes: &[Announced], now: DateTime<Utc>) -> Worker {
    let name = info.name.strip_suffix("-v1").unwrap_or(&info.name);
    // A sweep runs where its worker does.
    let of = name.strip_prefix("sweep-").unwrap_or(name);
    let running = processes.iter().filter(|process| process.workers.contains(of));
    Worker {
        worker: name.to_owned(),
        stream: info.stream_name.clone(),
        pending: info.num_pending,
        in_flight: info.num_ack_pending,
        redelivered: info.num_redelivered,
        oldest_seconds: match info.num_pending > 0 || info.num_ack_pending > 0 {
            true => oldest(runs, info, now).await,
            false => None,
        },
        waiting: info.num_waiting,
        processes: running.map(|announced| announced.process.clone()).collect(),
        paused_until: info
            .config
            .pause_until
            .filter(|_| info.paused)
            .and_then(|until| DateTime::from_timestamp(until.unix_timestamp(), 0)),
        settled: info.ack_floor.consumer_sequence,
    }
}

/// The age of the first message after those that are all done.
async fn oldest(runs: &Runs, info: &consumer::Info, now: DateTime<Utc>) -> Option<i64> {
    let from = info.ack_floor.stream_sequence + 1;
    let message = runs.from(&info.stream_name, &info.config.filter_subject, from).await.ok()??;
    Some((now - message.published_at).num_seconds().max(0))
}

/// The versions that run at once: more than one while the fleet is upgraded.
pub fn versions(processes: &[Announced]) -> BTreeSet<&str> {
    processes.iter().map(|announced| announced.process.version.as_str()).collect()
}

async fn closed_gates(broker: &Broker) -> Result<Vec<Closed>, Error> {
    let Ok(bucket) = broker.jetstream.get_key_value(runtime::GATES).await else { return Ok(Vec::new()) };
    let mut keys = bucket.keys().await.map_err(|e| failed("the gates", e))?;
    let mut closed = Vec::new();
    while let Some(key) = keys.try_next().await.map_err(|e| failed("the gates", e))? {
        let entry = bucket.get(key).await.map_err(|e| failed("a gate", e))?;
        let state = entry.and_then(|bytes| serde_json::from_slice::<Closed>(&bytes).ok());
        closed.extend(state.filter(|state| !state.open));
    }
    Ok(closed)
}

/// Counted by subject: no letter is opened.
async fn dead_letters(broker: &Broker) -> Result<Vec<Dead>, Error> {
    let Ok(found) = broker.jetstream.get_stream_no_info(stream::DEAD).await else { return Ok(Vec::new()) };
    let Ok(mut subjects) = found.info_with_subjects(proto::Subject::dead("*", "*")).await else {
        return Ok(Vec::new());
    };
    let mut counts = BTreeMap::new();
    while let Some((subject, count)) = subjects.try_next().await.map_err(|e| failed("the dead letters", e))? {
        let mut tokens = subject.rsplit('.').map(str::to_owned);
        let (class, worker) = (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default());
        *counts.entry((worker, class)).or_default() += count;
    }
    Ok(counts.into_iter().map(|((worker, class), count)| Dead { worker, class, count }).collect())
}

/// What Postgres holds. When it is away that is shown, and not fatal: the fleet works on without it.
///
/// Every row of the inputs is counted: with a million clinics that is not for every look.
pub async fn postgres(url: Option<&str>, client: Uuid, now: DateTime<Utc>) -> Postgres {
    let away = |problem| Postgres { problem: Some(problem), ..Postgres::default() };
    let Some(url) = url else {
        return away("no connection string: set POSTGRES_CONNECTION_STRING".to_owned());
    };
    let migrations = match db::migrations(url).await {
        Ok(migrations) => migrations,
        Err(error) => return away(cause(&error)),
    };
    let applied = migrations.iter().filter(|migration| migration.applied_at.is_some()).count();
    let pending = migrations.len() - applied;
    let rows = match pending {
        0 => rows(url, client, now).await.map_err(|error| cause(&error)),
        pending => Err(format!(
            "the schema of Postgres lacks {pending} migrations: bring it up to date: `leadfleet migrate`"
        )),
    };
    Postgres {
        reachable: true,
        problem: rows.as_ref().err().cloned(),
        migrations_applied: applied,
        migrations_pending: pending,
        rows: rows.ok(),
    }
}

async fn rows(url: &str, client: Uuid, now: DateTime<Utc>) -> Result<db::counts::Counts, db::Error> {
    let db = db::Db::new(&db::Config { postgres_pool_size: 1, ..db::Config::of(url) })?;
    let mut tx = db.begin(client).await?;
    let counts = db::counts::of_tenant(&mut tx, now).await?;
    tx.rollback().await?;
    Ok(counts)
}
