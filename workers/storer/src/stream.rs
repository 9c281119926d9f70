//! Reads a run back from the stream: all but its clinics at once, its clinics a few parts at a time.

use crate::rows::{self, Run};
use db::segments::SegmentRow;
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use proto::subject::Stage;
use proto::v1::{Assignment, Assignments, RunHeader, ScoreSummary, Segment, Template};
use proto::{Message, Name, RunId};
use runtime::{Fault, Part, ReadError, Runs};
use std::collections::BTreeMap;

/// Parts that are asked for at the same time.
const AHEAD: usize = 4;

/// Why the clinics of a run cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("part {part} of the {stage} stage is not there: {why}")]
    Missing { stage: Stage, part: String, why: String },
}

/// The run but for its clinics.
///
/// # Errors
/// Rejects when a part that every run has will never come.
pub(crate) async fn run(runs: &Runs, id: &RunId, generation: u32) -> Result<Run, Fault> {
    let header: RunHeader = needed(runs, id, Stage::Profile, "run").await?;
    let summary: ScoreSummary = needed(runs, id, Stage::Score, "summary").await?;
    let Some(request) = header.request else {
        return Err(Fault::reject("missing_input", format!("the run {id} has no request in its header")));
    };
    let mut segments = BTreeMap::new();
    let mut parts = runs.parts::<Segment>(id, Stage::Segment).await.map_err(unread)?;
    while let Some(part) = parts.next().await.map_err(unread)? {
        if let Ok(segment) = part.body {
            segments.insert(segment.index, segment);
        }
    }
    // An earlier generation may have had more segments: their parts are still there.
    segments.retain(|index, _| *index < summary.segments);
    let mut templates = BTreeMap::new();
    let mut parts = runs.parts::<Template>(id, Stage::Template).await.map_err(unread)?;
    while let Some(part) = parts.next().await.map_err(unread)? {
        if let Ok(template) = part.body {
            templates.insert(template.segment, template);
        }
    }
    templates.retain(|segment, _| *segment < summary.segments);
    Ok(Run {
        run_id: id.to_string(),
        client_id: request.client_id,
        generation,
        summary,
        segments: segments.into_values().collect(),
        templates,
    })
}

/// The clinics of a run, matched or not, in the order of the load stage.
pub(crate) fn assignments(
    runs: &Runs,
    id: &RunId,
    parts: u32,
) -> impl Stream<Item = Result<Assignment, Error>> + Send {
    stream::iter(0..parts)
        .map(move |i| part(runs, id, i.to_string()))
        .buffered(AHEAD)
        .map_ok(|assignments| stream::iter(assignments.into_iter().map(Ok)))
        .try_flatten()
}

async fn part(runs: &Runs, id: &RunId, name: String) -> Result<Vec<Assignment>, Error> {
    let part = runs.part::<Assignments>(id, Stage::Score, &name).await?;
    Ok(body(part, Stage::Score, &name)?.assignments)
}

/// The rows of the matched ones among the clinics.
pub(crate) fn rows<E>(
    assignments: impl Stream<Item = Result<Assignment, E>> + Send,
) -> impl Stream<Item = Result<SegmentRow, db::BoxError>> + Send
where
    E: Into<db::BoxError> + Send,
{
    assignments
        .map_err(Into::into)
        .try_filter_map(async |assignment| rows::row(assignment).map_err(Into::into))
}

/// Whether the clinics will ever be readable.
pub(crate) fn fault(cause: db::BoxError) -> Fault {
    match cause.downcast_ref() {
        Some(Error::Missing { .. }) => Fault::Reject { class: "missing_input", cause },
        Some(Error::Read(ReadError::Decode { .. })) => Fault::Reject { class: "decode", cause },
        _ => Fault::Retry { after: None, cause },
    }
}

/// What cannot be decoded now will not be later.
pub(crate) fn unread(error: ReadError) -> Fault {
    fault(Error::from(error).into())
}

async fn needed<M: Message + Name + Default>(
    runs: &Runs,
    id: &RunId,
    stage: Stage,
    name: &str,
) -> Result<M, Fault> {
    let part = runs.part::<M>(id, stage, name).await.map_err(unread)?;
    body(part, stage, name).map_err(|cause| Fault::Reject { class: "missing_input", cause: cause.into() })
}

fn body<M>(part: Option<Part<M>>, stage: Stage, name: &str) -> Result<M, Error> {
    let missing = |why| Error::Missing { stage, part: name.to_owned(), why };
    match part.map(|part| part.body) {
        Some(Ok(message)) => Ok(message),
        Some(Err(tombstone)) => Err(missing(format!("its maker died ({})", tombstone.class))),
        None => Err(missing("nobody has published it".to_owned())),
    }
}
