//! Every run that was asked for: finished once, stored whole, exported whole, or said to lack what died.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proto::v1::{
    ExportOutcome, ExportStatus, RunHeader, RunSummary, ScoreSummary, Segment, StoreOutcome, StoreStatus,
    Template,
};
use proto::{RunId, Stage, Subject, Token};
use runtime::{ReadError, Runs};

use super::letters::Letter;
use super::store::Rows;
use super::{Verdict, export, store};
use crate::asked::{Asked, AskedRun};

/// Where the traces of runs are.
pub(crate) struct Found<'a> {
    pub(crate) runs: &'a Runs,
    pub(crate) letters: &'a [Letter],
    pub(crate) stored: &'a Rows,
    pub(crate) outputs: &'a Path,
}

impl Found<'_> {
    /// The runs that requests became.
    pub(crate) async fn check(
        &self,
        asked: &Asked,
        verdict: &mut Verdict,
    ) -> Result<BTreeSet<String>, ReadError> {
        let mut ended = BTreeSet::new();
        for asked in &asked.runs {
            ended.extend(self.check_run(asked, verdict).await?);
        }
        Ok(ended)
    }

    async fn check_run(&self, asked: &AskedRun, verdict: &mut Verdict) -> Result<Option<String>, ReadError> {
        let request = &asked.request;
        let alias = Token::squeezed(request);
        let header = self.runs.part::<RunHeader>(&alias, Stage::Profile, "run").await?;
        let Some(header) = header.and_then(|part| part.body.ok()) else {
            let died = self.letters.iter().any(|letter| asked.messages.contains(&letter.message));
            match died {
                true => verdict.note("requests that are dead letters"),
                false => verdict.lost.push(format!("{request}: it became no run")),
            }
            return Ok(None);
        };
        let Ok(run) = header.run_id.parse::<RunId>() else {
            verdict.wrong.push(format!("{request}: {:?} is no run", header.run_id));
            return Ok(None);
        };
        let died: Vec<&Letter> = self.letters.iter().filter(|letter| letter.run == run.as_str()).collect();
        match self.runs.part::<RunSummary>(&run, Stage::Notify, "summary").await? {
            None => {
                let traces = self.traces(&run).await?;
                verdict.lost.push(format!("{run} of {request}: it never ended: {traces}"));
            }
            Some(part) => match part.body {
                Err(_tombstone) => verdict.note("runs whose announcement is a dead letter"),
                Ok(summary) if died.is_empty() => {
                    if summary.status == "failed" || !summary.missing.is_empty() {
                        verdict.lost.push(format!("{run}: {} without {:?}", summary.status, summary.missing));
                    }
                    self.check_whole(asked, &run, &summary, verdict).await?;
                }
                Ok(summary) => {
                    verdict.note("runs that lack what died");
                    let of_parts = died.iter().any(|letter| letter.worker != "notifier");
                    if of_parts && summary.missing.is_empty() && summary.status != "failed" {
                        let workers: Vec<&str> = died.iter().map(|letter| letter.worker.as_str()).collect();
                        verdict
                            .wrong
                            .push(format!("{run}: {workers:?} died, and it says that nothing is missing"));
                    }
                }
            },
        }
        Ok(Some(run.to_string()))
    }

    async fn check_whole(
        &self,
        asked: &AskedRun,
        run: &RunId,
        summary: &RunSummary,
        verdict: &mut Verdict,
    ) -> Result<(), ReadError> {
        let score = self.runs.part::<ScoreSummary>(run, Stage::Score, "summary").await?;
        let Some(score) = score.and_then(|part| part.body.ok()) else {
            verdict.lost.push(format!("{run}: it has no summary of scores"));
            return Ok(());
        };
        let mut segments = BTreeMap::new();
        let mut parts = self.runs.parts::<Segment>(run, Stage::Segment).await?;
        while let Some(part) = parts.next().await? {
            segments.extend(part.body.ok().map(|segment| (segment.index, segment)));
        }
        let segments: Vec<Segment> =
            segments.into_values().filter(|segment| segment.index < score.segments).collect();
        let mut templates = BTreeMap::new();
        let mut parts = self.runs.parts::<Template>(run, Stage::Template).await?;
        while let Some(part) = parts.next().await? {
            templates.extend(part.body.ok().map(|template| (template.segment, template)));
        }
        if summary.segments_created != score.segments || segments.len() != score.segments as usize {
            let counts = (summary.segments_created, segments.len(), score.segments);
            verdict.wrong.push(format!("{run}: segments announced, said and counted: {counts:?}"));
        }
        let stored = self.runs.part::<StoreOutcome>(run, Stage::Outcome, "store").await?;
        match stored.and_then(|part| part.body.ok()).map(|outcome| outcome.status()) {
            Some(StoreStatus::Stored) => {
                let rows = self.stored.get(run.as_str());
                store::check(run.as_str(), rows, score.clinics_matched, &segments, &templates, verdict);
            }
            other => verdict.lost.push(format!("{run}: not stored but {other:?}")),
        }
        let exported = self.runs.part::<ExportOutcome>(run, Stage::Outcome, "export").await?;
        match exported.and_then(|part| part.body.ok()).map(|outcome| outcome.status()) {
            Some(ExportStatus::Written) => {
                let matched = score.clinics_matched;
                export::check(run.as_str(), self.outputs, asked.client, &asked.date, matched, verdict);
            }
            Some(ExportStatus::DatabaseOnly) => verdict.note("runs without files: the disk was full"),
            other => verdict.lost.push(format!("{run}: not exported but {other:?}")),
        }
        Ok(())
    }

    /// What a run said, by stage: parts, plan, and whether it was complete.
    async fn traces(&self, run: &RunId) -> Result<String, ReadError> {
        let mut traces = Vec::new();
        for stage in Stage::ALL.iter().copied() {
            let parts = self.runs.count(&Subject::parts(run, stage)).await?;
            let plan = self.runs.plan(run, stage).await?;
            let complete = self.runs.has_complete(run, stage, 0).await?;
            if parts > 0 || plan.is_some() {
                let plan = plan.map(|plan| format!(" of {plan}")).unwrap_or_default();
                traces.push(format!("{stage} {parts}{plan}{}", if complete { " complete" } else { "" }));
            }
        }
        Ok(traces.join(", "))
    }
}
