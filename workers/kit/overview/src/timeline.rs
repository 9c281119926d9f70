//! Runs as somebody looks at them again and again: what was read is kept, and only what came since is read.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use proto::Message as _;
use proto::subject::{RunId, Subject, stream};
use proto::v1::{Alert, Severity};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::run::{self, RunStatus};
use crate::runs::{self, Known};
use crate::{Broker, Error, Progress};

/// Runs whose progress is kept.
const KEPT: usize = 8;

/// One run by stage, what people were told of it, and the run before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    pub status: RunStatus,
    pub alerts: Vec<Alerted>,
    pub before: Option<RunStatus>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alerted {
    pub at: DateTime<Utc>,
    pub kind: String,
    pub severity: &'static str,
    pub text: String,
    pub hint: String,
}

/// The progress of the runs that were looked at last. Cheap to clone.
#[derive(Clone, Default)]
pub struct Timelines {
    kept: Arc<Mutex<Vec<(RunId, Kept)>>>,
}

/// None while it was never read to the end.
type Kept = Arc<Mutex<Option<Progress>>>;

impl Timelines {
    /// How a run stands.
    pub async fn status(
        &self,
        broker: &Broker,
        known: &Known,
        now: DateTime<Utc>,
    ) -> Result<RunStatus, Error> {
        let kept = self.kept(&known.id).await;
        let mut kept = kept.lock().await;
        let progress = match &mut *kept {
            Some(progress) => {
                progress.catch_up().await?;
                progress
            }
            none => none.insert(Progress::open(broker, known).await?),
        };
        let stages = progress.stages();
        run::status(broker, known, stages, now).await
    }

    /// How a run came about, beside the one before it.
    pub async fn timeline(
        &self,
        broker: &Broker,
        known: &Known,
        now: DateTime<Utc>,
    ) -> Result<Timeline, Error> {
        let client = |run: &Known| run.header.request.as_ref().map(|request| request.client_id.clone());
        let all = runs::all(broker).await?;
        let older = all.iter().skip_while(|run| run.id != known.id).skip(1);
        let before = older.into_iter().find(|run| client(run) == client(known));
        Ok(Timeline {
            status: self.status(broker, known, now).await?,
            alerts: alerts(broker, known).await?,
            before: match before {
                Some(before) => Some(self.status(broker, before, now).await?),
                None => None,
            },
        })
    }

    async fn kept(&self, run: &RunId) -> Kept {
        let mut all = self.kept.lock().await;
        let found = all.iter().position(|(id, _)| id == run).map(|at| all.remove(at));
        let found = found.unwrap_or_else(|| (run.clone(), Kept::default()));
        let kept = Arc::clone(&found.1);
        all.insert(0, found);
        all.truncate(KEPT);
        kept
    }
}

/// What people were told of a run.
async fn alerts(broker: &Broker, known: &Known) -> Result<Vec<Alerted>, Error> {
    let mut messages = broker.runs.messages(stream::EVENTS, Subject::events("alert")).await?;
    let mut alerts = Vec::new();
    while let Some(stored) = messages.next().await? {
        let Ok(alert) = Alert::decode(stored.payload) else { continue };
        if alert.run_id == known.id.as_str() {
            alerts.push(alerted(alert, stored.published_at));
        }
    }
    Ok(alerts)
}

fn alerted(alert: Alert, at: DateTime<Utc>) -> Alerted {
    let severity = match alert.severity() {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Unspecified => "unknown",
    };
    Alerted { at, kind: alert.kind, severity, text: alert.text, hint: alert.hint }
}
