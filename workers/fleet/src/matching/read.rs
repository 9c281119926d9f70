//! What a run decided, read part by part.

use proto::subject::{RunId, Stage};
use proto::v1::{
    Assignment, Assignments, Clinic, ClinicPart, PainPart, PainPoint, ScoreSummary, Segment, Template,
};
use proto::{Message, Name};
use runtime::Runs;
use serde_json::Value;

use crate::exit::{Exit, Failure};

/// Segments in the order of priority.
pub(super) async fn segments(runs: &Runs, run: &RunId) -> Result<Vec<Segment>, Failure> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut parts = runs.parts::<Segment>(run, Stage::Segment).await?;
    while let Some(part) = parts.next().await? {
        segments.extend(part.body.ok());
    }
    segments.sort_by_key(|segment| segment.index);
    Ok(segments)
}

pub(super) async fn segment(runs: &Runs, run: &RunId, name: &str) -> Result<Segment, Failure> {
    let segments = segments(runs, run).await?;
    let known: Vec<&str> = segments.iter().take(10).map(|segment| segment.name.as_str()).collect();
    let hint = if known.is_empty() {
        format!("the run has no segments: `leadfleet match status {run}`")
    } else {
        format!("the first are {}; `leadfleet match show {run}` lists them", known.join(", "))
    };
    let found = segments.into_iter().find(|segment| segment.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| Failure {
        exit: Exit::NotFound,
        error: anyhow::anyhow!("run {run} has no segment {name:?}"),
        hint: Some(hint),
    })
}

/// A template, or the class of the dead letter in its place.
pub(super) async fn template(runs: &Runs, run: &RunId, segment: u32) -> Result<Option<Template>, Failure> {
    let part = runs.part::<Template>(run, Stage::Template, &segment.to_string()).await?;
    Ok(part.map(|part| {
        part.body.unwrap_or_else(|dead| Template {
            segment,
            note: format!("its maker died ({})", dead.class),
            ..Template::default()
        })
    }))
}

pub(super) async fn score(runs: &Runs, run: &RunId) -> Result<Option<ScoreSummary>, Failure> {
    Ok(runs.part::<ScoreSummary>(run, Stage::Score, "summary").await?.and_then(|part| part.body.ok()))
}

/// The clinics for which `wanted` holds, each with its part; at most `most`, and how many there are.
pub(super) async fn clinics(
    runs: &Runs,
    run: &RunId,
    most: usize,
    mut wanted: impl FnMut(&Clinic) -> bool,
) -> Result<(Vec<(String, Clinic)>, usize), Failure> {
    let (mut found, mut count) = (Vec::new(), 0);
    let mut parts = runs.parts::<ClinicPart>(run, Stage::Load).await?;
    while let Some(part) = parts.next().await? {
        let Ok(clinics) = part.body else { continue };
        for clinic in clinics.clinics.into_iter().filter(|clinic| wanted(clinic)) {
            count += 1;
            if found.len() < most {
                found.push((part.name.to_string(), clinic));
            }
        }
    }
    Ok((found, count))
}

/// The assignments of one clinic part.
pub(super) async fn assignments(runs: &Runs, run: &RunId, part: &str) -> Result<Vec<Assignment>, Failure> {
    let part = runs.part::<Assignments>(run, Stage::Score, part).await?;
    Ok(part.and_then(|part| part.body.ok()).map(|assignments| assignments.assignments).unwrap_or_default())
}

/// Clinics of a segment with what is said of them, in the order of the clinic parts; at most `most`.
pub(super) async fn members(
    runs: &Runs,
    run: &RunId,
    segment: u32,
    most: usize,
) -> Result<Vec<(Clinic, Assignment)>, Failure> {
    let mut members = Vec::new();
    let mut parts = runs.parts::<ClinicPart>(run, Stage::Load).await?;
    while let Some(part) = parts.next().await? {
        let Ok(clinics) = part.body else { continue };
        let assignments = assignments(runs, run, part.name.as_str()).await?;
        for (clinic, assignment) in clinics.clinics.into_iter().zip(assignments) {
            if assignment.segment == Some(segment) {
                members.push((clinic, assignment));
                if members.len() == most {
                    return Ok(members);
                }
            }
        }
    }
    Ok(members)
}

/// The pain points of these ids.
pub(super) async fn pains(runs: &Runs, run: &RunId, ids: &[i64]) -> Result<Vec<PainPoint>, Failure> {
    let mut found = Vec::new();
    let mut messages =
        runs.messages(proto::subject::stream::RUN, proto::Subject::parts(run, Stage::Profile)).await?;
    while let Some(stored) = messages.next().await? {
        if !stored.subject.contains(".part.pains-") {
            continue;
        }
        let part = super::runs::decoded::<PainPart>(&stored.subject, &stored.payload)?;
        found.extend(part.pain_points.into_iter().filter(|pain| ids.contains(&pain.id)));
    }
    Ok(found)
}

/// A message as JSON, with the names of its schema.
pub(super) fn json<M: Message + Name>(message: &M) -> anyhow::Result<Value> {
    Ok(proto::to_json(&M::full_name(), &message.encode_to_vec())?)
}
