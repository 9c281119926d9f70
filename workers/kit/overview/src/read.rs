//! What a run decided, read part by part.

use std::collections::BTreeSet;

use proto::subject::{RunId, Stage};
use proto::v1::{
    Assignment, Assignments, Clinic, ClinicPart, PainPart, PainPoint, RunHeader, ScoreSummary, Segment,
    Template,
};
use proto::{Message, Name};
use runtime::{ReadError, Runs};

/// Segments in the order of priority.
pub(crate) async fn segments(runs: &Runs, run: &RunId) -> Result<Vec<Segment>, ReadError> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut parts = runs.parts::<Segment>(run, Stage::Segment).await?;
    while let Some(part) = parts.next().await? {
        segments.extend(part.body.ok());
    }
    segments.sort_by_key(|segment| segment.index);
    Ok(segments)
}

/// The segment at this place, if its maker lived.
pub(crate) async fn segment(runs: &Runs, run: &RunId, index: u32) -> Result<Option<Segment>, ReadError> {
    let part = runs.part::<Segment>(run, Stage::Segment, &index.to_string()).await?;
    Ok(part.and_then(|part| part.body.ok()))
}

/// A template, or the class of the dead letter in its place.
pub(crate) async fn template(runs: &Runs, run: &RunId, segment: u32) -> Result<Option<Template>, ReadError> {
    let part = runs.part::<Template>(run, Stage::Template, &segment.to_string()).await?;
    Ok(part.map(|part| {
        part.body.unwrap_or_else(|dead| Template {
            segment,
            note: format!("its maker died ({})", dead.class),
            ..Template::default()
        })
    }))
}

pub(crate) async fn score(runs: &Runs, run: &RunId) -> Result<Option<ScoreSummary>, ReadError> {
    Ok(runs.part::<ScoreSummary>(run, Stage::Score, "summary").await?.and_then(|part| part.body.ok()))
}

/// The clinics of a part; none while nobody has said them, and when they are gone.
pub(crate) async fn clinics_of(runs: &Runs, run: &RunId, part: u32) -> Result<Vec<Clinic>, ReadError> {
    let part = runs.part::<ClinicPart>(run, Stage::Load, &part.to_string()).await?;
    Ok(part.and_then(|part| part.body.ok()).map(|clinics| clinics.clinics).unwrap_or_default())
}

/// The clinics for which `wanted` holds, each with its part; at most `most`, and how many there are.
pub(crate) async fn clinics(
    runs: &Runs,
    run: &RunId,
    most: usize,
    mut wanted: impl FnMut(&Clinic) -> bool,
) -> Result<(Vec<(String, Clinic)>, usize), ReadError> {
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

/// The clinic of an id with its part, from few of the parts.
pub(crate) async fn clinic(runs: &Runs, run: &RunId, id: i64) -> Result<Option<(String, Clinic)>, ReadError> {
    let Some(parts) = runs.plan(run, Stage::Load).await? else { return Ok(None) };
    let name = |at: u32| at.to_string();
    let rows = |part: ClinicPart| part.clinics;
    let held = holding(runs, run, (Stage::Load, parts), name, rows, |clinic| clinic.id, id).await?;
    let Some((part, clinics)) = held else { return Ok(None) };
    Ok(clinics.into_iter().find(|clinic| clinic.id == id).map(|clinic| (part, clinic)))
}

/// The assignments of one clinic part.
pub(crate) async fn assignments(runs: &Runs, run: &RunId, part: &str) -> Result<Vec<Assignment>, ReadError> {
    let part = runs.part::<Assignments>(run, Stage::Score, part).await?;
    Ok(part.and_then(|part| part.body.ok()).map(|assignments| assignments.assignments).unwrap_or_default())
}

/// Clinics of a segment with what is said of them, in the order of the clinic parts; at most `most`.
pub(crate) async fn members(
    runs: &Runs,
    run: &RunId,
    segment: u32,
    most: usize,
) -> Result<Vec<(Clinic, Assignment)>, ReadError> {
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

/// The pain points of these ids, from few of the parts.
pub(crate) async fn pains(
    runs: &Runs,
    run: &RunId,
    header: &RunHeader,
    ids: &[i64],
) -> Result<Vec<PainPoint>, ReadError> {
    let name = |at: u32| format!("pains-{at}");
    let rows = |part: PainPart| part.pain_points;
    let stage = (Stage::Profile, header.pain_parts);
    let (mut found, mut left) = (Vec::new(), BTreeSet::from_iter(ids.iter().copied()));
    while let Some(&id) = left.first() {
        if let Some((_, pains)) = holding(runs, run, stage, name, rows, |pain| pain.id, id).await? {
            found.extend(pains.into_iter().filter(|pain| left.remove(&pain.id)));
        }
        left.remove(&id);
    }
    Ok(found)
}

/// The rows of the part that may hold an id, where the parts of a stage are in the order of ids.
async fn holding<M: Message + Name + Default, R>(
    runs: &Runs,
    run: &RunId,
    (stage, parts): (Stage, u32),
    name: impl Fn(u32) -> String,
    rows: impl Fn(M) -> Vec<R>,
    id_of: impl Fn(&R) -> i64,
    id: i64,
) -> Result<Option<(String, Vec<R>)>, ReadError> {
    let (mut low, mut high) = (0, parts);
    while low < high {
        let middle = low + (high - low) / 2;
        let mut at = middle;
        // A part that is not there, or gone, says nothing of its ids: the next one does.
        let found = loop {
            let part = runs.part::<M>(run, stage, &name(at)).await?;
            let found = part.and_then(|part| part.body.ok()).map(&rows).unwrap_or_default();
            if !found.is_empty() || at + 1 == high {
                break found;
            }
            at += 1;
        };
        match (found.first().map(&id_of), found.last().map(&id_of)) {
            (Some(first), Some(last)) if (first..=last).contains(&id) => return Ok(Some((name(at), found))),
            (_, Some(last)) if last < id => low = at + 1,
            _ => high = middle,
        }
    }
    Ok(None)
}
