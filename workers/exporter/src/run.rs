//! A whole run as the export sees it, gathered from the stream.

use crate::error::Error;
use crate::spool::{Row, Rows, Spool};
use proto::v1::{Assignments, ClinicPart, OutreachTemplate, RunHeader, ScoreSummary, Segment, Template};
use proto::{RunId, Stage};
use runtime::{Part, Runs};
use std::path::Path;

pub(crate) struct Run {
    pub header: RunHeader,
    pub summary: ScoreSummary,
    /// In order of priority.
    pub segments: Vec<Segment>,
    /// Aligned with the segments.
    pub templates: Vec<Option<Template>>,
    pub rows: Rows,
    /// Parts of the run whose makers died.
    pub missing: Vec<String>,
}

impl Run {
    /// Reads the run, one clinic part in memory at a time.
    pub(crate) async fn gather(runs: &Runs, id: &RunId, dir: &Path) -> Result<Self, Error> {
        let header: RunHeader = needed(runs.part(id, Stage::Profile, "run").await?, "profile run")?;
        let summary: ScoreSummary = needed(runs.part(id, Stage::Score, "summary").await?, "score summary")?;
        let segments = segments(runs, id, summary.segments).await?;
        let mut missing = summary.missing.clone();
        let templates = templates(runs, id, segments.len(), &mut missing).await?;

        let mut spool = Spool::create(dir).map_err(|source| Error::write(dir, source))?;
        for index in 0..summary.clinic_parts {
            let name = index.to_string();
            let (clinics, decided) = tokio::try_join!(
                runs.part::<ClinicPart>(id, Stage::Load, &name),
                runs.part::<Assignments>(id, Stage::Score, &name),
            )?;
            let Some(clinics) = alive(clinics) else {
                missing.push(format!("load {index}"));
                continue;
            };
            let Some(decided) = alive(decided) else {
                missing.push(format!("score {index}"));
                continue;
            };
            spool_part(&mut spool, dir, index, clinics, decided)?;
        }
        missing.sort();
        missing.dedup();
        let rows = spool.sorted().map_err(|source| Error::write(dir, source))?;
        Ok(Self { header, summary, segments, templates, rows, missing })
    }

    pub(crate) fn date(&self) -> &str {
        &self.summary.run_date
    }

    /// What to write to a segment; none when a person has to write it (X26).
    pub(crate) fn outreach(&self, segment: &Segment) -> Option<&OutreachTemplate> {
        self.templates.get(segment.index as usize)?.as_ref()?.outreach.as_ref()
    }
}

fn spool_part(
    spool: &mut Spool,
    dir: &Path,
    index: u32,
    clinics: ClinicPart,
    decided: Assignments,
) -> Result<(), Error> {
    if clinics.clinics.len() != decided.assignments.len() {
        return Err(Error::Misaligned(index));
    }
    for (mut clinic, assignment) in clinics.clinics.into_iter().zip(decided.assignments) {
        if clinic.id != assignment.clinic_id {
            return Err(Error::Misaligned(index));
        }
        // Patterns are for the matchers; no file shows them.
        clinic.patterns.clear();
        spool.push(&Row { clinic, assignment }).map_err(|source| Error::write(dir, source))?;
    }
    Ok(())
}

async fn segments(runs: &Runs, id: &RunId, count: u32) -> Result<Vec<Segment>, Error> {
    let mut segments = Vec::new();
    let mut parts = runs.parts::<Segment>(id, Stage::Segment).await?;
    while let Some(part) = parts.next().await? {
        // A corrected run can have fewer segments than the run before it left on the stream.
        if let Ok(segment) = part.body
            && segment.index < count
        {
            segments.push(segment);
        }
    }
    segments.sort_by_key(|segment| segment.index);
    match (0..count).zip(&segments).all(|(index, segment)| segment.index == index)
        && segments.len() == count as usize
    {
        true => Ok(segments),
        false => Err(Error::Incomplete("a segment".to_owned())),
    }
}

async fn templates(
    runs: &Runs,
    id: &RunId,
    segments: usize,
    missing: &mut Vec<String>,
) -> Result<Vec<Option<Template>>, Error> {
    let mut templates = vec![None; segments];
    let mut parts = runs.parts::<Template>(id, Stage::Template).await?;
    while let Some(part) = parts.next().await? {
        if let Ok(index) = part.name.as_str().parse::<usize>()
            && let Some(slot) = templates.get_mut(index)
        {
            *slot = part.body.ok();
        }
    }
    for (index, template) in templates.iter().enumerate() {
        if template.is_none() {
            missing.push(format!("template {index}"));
        }
    }
    Ok(templates)
}

fn alive<M>(part: Option<Part<M>>) -> Option<M> {
    part.and_then(|part| part.body.ok())
}

fn needed<M>(part: Option<Part<M>>, what: &str) -> Result<M, Error> {
    alive(part).ok_or_else(|| Error::Incomplete(what.to_owned()))
}
