//! Which processes work: each says so again and again, and is forgotten when it has not for a while.

use crate::dead::BUILD;
use crate::runs::Runs;
use crate::runtime::Runtime;
use crate::stored::ReadError;
use async_nats::jetstream::{context, kv};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{error::Elapsed, sleep, timeout};
use uuid::Uuid;

/// The bucket of processes. A key is an id made at the start, and not host and number: containers may share both.
pub const BUCKET: &str = "processes";
/// The bucket as a stream, and what is in it.
const STREAM: &str = "KV_processes";
const KEYS: &str = "$KV.processes.*";

/// How often a process says that it works.
const EVERY: Duration = Duration::from_secs(10);
/// When a process that says nothing more is taken for gone.
pub(crate) const FORGOTTEN_AFTER: Duration = Duration::from_secs(30);
/// What the broker may take for an answer: a process that ends does not wait long for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// A process of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub host: String,
    pub pid: u32,
    pub version: String,
    pub since: DateTime<Utc>,
}

/// What a process says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    #[serde(flatten)]
    pub process: Process,
    /// The workers that it runs; a gateway has none.
    pub workers: BTreeSet<String>,
}

/// Why a process could not say that it works.
#[derive(Debug, thiserror::Error)]
enum AnnounceError {
    #[error("no answer from nats-server")]
    Timeout(#[from] Elapsed),
    #[error("could not open the bucket {BUCKET}")]
    Open(#[from] context::KeyValueError),
    #[error("could not write to the bucket {BUCKET}")]
    Write(#[from] kv::PutError),
    #[error("not a process")]
    Encode(#[from] serde_json::Error),
}

/// The processes that work, in the order in which they were started.
pub async fn processes(runs: &Runs) -> Result<Vec<Announced>, ReadError> {
    let mut messages = runs.messages(STREAM, KEYS.to_owned()).await?;
    let mut found = BTreeMap::new();
    loop {
        match messages.next().await {
            // One that has ended has left an empty message.
            Ok(Some(stored)) => {
                if let Ok(announced) = serde_json::from_slice::<Announced>(&stored.payload) {
                    found.insert(stored.subject, announced);
                }
            }
            Ok(None) => return Ok(found.into_values().collect()),
            // No process of this version has prepared the server.
            Err(error) if error.is_missing_stream() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
    }
}

impl Process {
    fn this() -> Self {
        Self {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            pid: std::process::id(),
            version: BUILD.to_owned(),
            #[expect(clippy::disallowed_methods, reason = "the runtime is where the clock is read")]
            since: Utc::now(),
        }
    }
}

/// The workers that run in this process.
#[derive(Default)]
pub(crate) struct Working(watch::Sender<BTreeSet<&'static str>>);

/// A worker that runs, until this is dropped.
pub(crate) struct Shift {
    working: watch::Sender<BTreeSet<&'static str>>,
    worker: &'static str,
}

impl Working {
    pub(crate) fn begin(&self, worker: &'static str) -> Shift {
        self.0.send_modify(|workers| {
            workers.insert(worker);
        });
        Shift { working: self.0.clone(), worker }
    }
}

impl Drop for Shift {
    fn drop(&mut self) {
        self.working.send_modify(|workers| {
            workers.remove(self.worker);
        });
    }
}

impl Runtime {
    /// Says that this process works, until a stop is asked for and its last worker has ended.
    ///
    /// Nothing depends on it: where it cannot, the process works on and tries again.
    pub async fn announce(&self) {
        let (mut workers, mut stop) = (self.working().0.subscribe(), self.stop_signal());
        let (key, process) = (Uuid::now_v7().simple().to_string(), Process::this());
        let mut heard = true;
        loop {
            let running = workers.borrow_and_update().clone();
            if *stop.borrow_and_update() && running.is_empty() {
                break;
            }
            let workers_by_name = running.into_iter().map(str::to_owned).collect();
            let announced = Announced { process: process.clone(), workers: workers_by_name };
            let said = self.say(&key, &announced).await;
            if let Err(error) = &said
                && heard
            {
                let cause = std::error::Error::source(error).map(ToString::to_string);
                tracing::warn!(%error, cause, "could not announce this process: it works on, and is not shown");
            }
            heard = said.is_ok();
            tokio::select! {
                () = sleep(EVERY) => {}
                Ok(()) = workers.changed() => {}
                Ok(()) = stop.changed() => {}
            }
        }
        // Otherwise it is forgotten a little later.
        let forget = async { self.jetstream().get_key_value(BUCKET).await.ok()?.delete(&key).await.ok() };
        let _forgotten = timeout(PATIENCE, forget).await;
    }

    async fn say(&self, key: &str, announced: &Announced) -> Result<(), AnnounceError> {
        let value = serde_json::to_vec(announced)?;
        timeout(PATIENCE, async {
            // Asked for anew each time: the broker may have lost the bucket, and got it again.
            let store = self.jetstream().get_key_value(BUCKET).await?;
            store.put(key, value.into()).await?;
            Ok(())
        })
        .await?
    }
}
