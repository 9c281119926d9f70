//! Which runs there are, and which one is meant.

use chrono::{DateTime, TimeDelta, Utc};
use proto::DecodeError;
use proto::subject::{self, RunId, Stage, Subject, Token};
use proto::v1::{RunHeader, RunRequest, RunSummary, Trigger};
use runtime::{Messages, Part, ReadError, Runs, Stored};

use crate::{Broker, Error};

/// A run that was loaded, or is being loaded.
#[derive(Debug, Clone)]
pub struct Known {
    pub id: RunId,
    pub header: RunHeader,
    pub begun_at: DateTime<Utc>,
}

/// The word for the newest run.
pub const LATEST: &str = "latest";
/// After this a load without a plan is one that changed input has left behind.
const ABANDONED_AFTER: TimeDelta = TimeDelta::hours(1);

/// The newest first. A header under another name than its own is the alias that a request gave.
pub async fn all(broker: &Broker) -> Result<Vec<Known>, Error> {
    let filter = Subject::all_named_parts(Stage::Profile, "run");
    let mut messages = broker.runs.messages(subject::stream::RUN, filter).await?;
    let mut known = Vec::new();
    while let Some(stored) = next(&mut messages).await? {
        let Some(id) = run_of(&stored.subject) else { continue };
        let header = decoded::<RunHeader>(&stored.subject, &stored.payload)?;
        if header.run_id == id.as_str() && is_seen(broker, &header) {
            known.push(Known { id, header, begun_at: stored.published_at });
        }
    }
    known.sort_by(|a, b| b.begun_at.cmp(&a.begun_at).then_with(|| b.id.cmp(&a.id)));
    Ok(known)
}

fn is_seen(broker: &Broker, header: &RunHeader) -> bool {
    let client = header.request.as_ref().map(|request| request.client_id.as_str());
    broker.client.is_none_or(|only| client.and_then(|client| client.parse().ok()) == Some(only))
}

/// On a server that never saw a run there is none.
async fn next(messages: &mut Messages) -> Result<Option<Stored>, ReadError> {
    match messages.next().await {
        Err(error) if error.is_missing_stream() => Ok(None),
        read => read,
    }
}

/// The run of this id or request, or the newest.
pub async fn find(broker: &Broker, name: &str) -> Result<Known, Error> {
    if name != LATEST
        && let Ok(token) = name.parse::<Token>()
        && let Some(part) = header(&broker.runs, &token).await?
        && let Ok(header) = part.body
    {
        let known = all(broker).await?;
        if let Some(found) = known.into_iter().find(|known| known.id.as_str() == header.run_id) {
            return Ok(found);
        }
    }
    let mut known = all(broker).await?;
    match name {
        LATEST if known.is_empty() => Err(Error::NoRun),
        LATEST => Ok(known.swap_remove(0)),
        name => {
            let newest = known.into_iter().take(10).map(|known| known.id).collect();
            Err(Error::UnknownRun { name: name.to_owned(), newest })
        }
    }
}

async fn header(runs: &Runs, run: &RunId) -> Result<Option<Part<RunHeader>>, ReadError> {
    match runs.part::<RunHeader>(run, Stage::Profile, "run").await {
        Err(error) if error.is_missing_stream() => Ok(None),
        read => read,
    }
}

/// How a run stands, in one word: loading, running, abandoned, or how it ended.
pub async fn state(
    broker: &Broker,
    known: &Known,
    summary: Option<&RunSummary>,
    now: DateTime<Utc>,
) -> Result<String, Error> {
    if let Some(summary) = summary {
        return Ok(summary.status.clone());
    }
    let word = match broker.runs.plan(&known.id, Stage::Match).await? {
        Some(_) => "running",
        None => unplanned(now - known.begun_at),
    };
    Ok(word.to_owned())
}

/// What a load without a plan of matches is at this age.
fn unplanned(age: TimeDelta) -> &'static str {
    if age > ABANDONED_AFTER { "abandoned" } else { "loading" }
}

/// What was announced; none while the run goes on.
pub async fn summary(broker: &Broker, run: &RunId) -> Result<Option<RunSummary>, Error> {
    let part = broker.runs.part::<RunSummary>(run, Stage::Notify, "summary").await?;
    Ok(part.and_then(|part| part.body.ok()))
}

fn run_of(subject: &str) -> Option<RunId> {
    subject.parse::<Subject>().ok()?.run_id().cloned()
}

pub(crate) fn decoded<M: proto::Message + proto::Name + Default>(
    subject: &str,
    payload: &[u8],
) -> Result<M, ReadError> {
    let failed = |source: DecodeError| ReadError::Decode {
        subject: subject.to_owned(),
        schema: M::full_name(),
        source,
    };
    M::decode(payload).map_err(failed)
}

/// Who asked for the run.
pub(crate) fn trigger(header: &RunHeader) -> &'static str {
    match header.request.as_ref().map(RunRequest::trigger) {
        Some(Trigger::Scrapers) => "scrapers",
        Some(Trigger::Schedule) => "schedule",
        Some(Trigger::Manual) => "manual",
        Some(Trigger::Unspecified) | None => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_that_is_left_behind_is_abandoned_after_an_hour() {
        assert_eq!(unplanned(TimeDelta::minutes(60)), "loading");
        assert_eq!(unplanned(TimeDelta::minutes(61)), "abandoned");
    }
}
