//! Which runs there are, and which one is meant.

use chrono::{DateTime, TimeDelta, Utc};
use proto::DecodeError;
use proto::subject::{self, RunId, Stage, Subject, Token};
use proto::v1::{RunHeader, RunSummary, Trigger};
use runtime::{Messages, Part, ReadError, Runs, Stored};

use crate::exit::{Exit, Failure};
use crate::reach::is_missing_stream;

/// A run that was loaded, or is being loaded.
pub(super) struct Known {
    pub(super) id: RunId,
    pub(super) header: RunHeader,
    pub(super) begun_at: DateTime<Utc>,
}

/// The word for the newest run.
const LATEST: &str = "latest";
/// After this a load without a plan is one that changed input has left behind.
const ABANDONED_AFTER: TimeDelta = TimeDelta::hours(1);

/// The newest first. A header under another name than its own is the alias that a request gave.
pub(super) async fn all(runs: &Runs) -> Result<Vec<Known>, Failure> {
    let filter = Subject::all_named_parts(Stage::Profile, "run");
    let mut messages = runs.messages(subject::stream::RUN, filter).await?;
    let mut known = Vec::new();
    while let Some(stored) = next(&mut messages).await? {
        let Some(id) = run_of(&stored.subject) else { continue };
        let header = decoded::<RunHeader>(&stored.subject, &stored.payload)?;
        if header.run_id == id.as_str() {
            known.push(Known { id, header, begun_at: moment(&stored.published_at) });
        }
    }
    known.sort_by(|a, b| b.begun_at.cmp(&a.begun_at).then_with(|| b.id.cmp(&a.id)));
    Ok(known)
}

/// On a server that never saw a run there is none.
async fn next(messages: &mut Messages) -> Result<Option<Stored>, ReadError> {
    match messages.next().await {
        Err(error) if is_missing_stream(&error) => Ok(None),
        read => read,
    }
}

/// The run of this id or request, or the newest.
pub(super) async fn find(runs: &Runs, name: &str) -> Result<Known, Failure> {
    if name != LATEST
        && let Ok(token) = name.parse::<Token>()
        && let Some(part) = header(runs, &token).await?
        && let Ok(header) = part.body
    {
        let known = all(runs).await?;
        if let Some(found) = known.into_iter().find(|known| known.id.as_str() == header.run_id) {
            return Ok(found);
        }
    }
    let mut known = all(runs).await?;
    if name == LATEST && !known.is_empty() {
        return Ok(known.swap_remove(0));
    }
    Err(unknown(name, &known))
}

async fn header(runs: &Runs, run: &RunId) -> Result<Option<Part<RunHeader>>, ReadError> {
    match runs.part::<RunHeader>(run, Stage::Profile, "run").await {
        Err(error) if is_missing_stream(&error) => Ok(None),
        read => read,
    }
}

fn unknown(name: &str, known: &[Known]) -> Failure {
    let ids: Vec<&str> = known.iter().take(10).map(|known| known.id.as_str()).collect();
    let (error, hint) = match (name, ids.is_empty()) {
        (LATEST, _) => {
            (anyhow::anyhow!("there is no run yet"), "`leadfleet match start` starts one".to_owned())
        }
        (_, true) => (
            anyhow::anyhow!("there is no run {name}, nor any other"),
            "`leadfleet match start` starts one".to_owned(),
        ),
        (_, false) => {
            (anyhow::anyhow!("there is no run {name}"), format!("the newest runs are {}", ids.join(", ")))
        }
    };
    Failure { exit: Exit::NotFound, error, hint: Some(hint) }
}

/// How a run stands, in one word.
pub(super) async fn state(
    runs: &Runs,
    known: &Known,
    summary: Option<&RunSummary>,
) -> Result<String, Failure> {
    if let Some(summary) = summary {
        return Ok(summary.status.clone());
    }
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock")]
    let age = Utc::now() - known.begun_at;
    let word = match runs.plan(&known.id, Stage::Match).await? {
        Some(_) => "running",
        None => unplanned(age),
    };
    Ok(word.to_owned())
}

/// What a load without a plan of matches is at this age.
fn unplanned(age: TimeDelta) -> &'static str {
    if age > ABANDONED_AFTER { "abandoned" } else { "loading" }
}

pub(super) async fn summary(runs: &Runs, run: &RunId) -> Result<Option<RunSummary>, Failure> {
    Ok(runs.part::<RunSummary>(run, Stage::Notify, "summary").await?.and_then(|part| part.body.ok()))
}

pub(super) fn run_of(subject: &str) -> Option<RunId> {
    subject.parse::<Subject>().ok()?.run_id().cloned()
}

pub(super) fn decoded<M: proto::Message + proto::Name + Default>(
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

/// The broker's own time of a message.
pub(super) fn moment(published_at: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(published_at).map(|time| time.to_utc()).unwrap_or_default()
}

pub(super) fn trigger(header: &RunHeader) -> &'static str {
    match header.request.as_ref().map(proto::v1::RunRequest::trigger) {
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
