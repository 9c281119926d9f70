//! What a finished run says of itself, read from the stream.

use proto::v1::{ExportOutcome, RunHeader, ScoreSummary, Segment, StoreOutcome, Template, TemplateSource};
use proto::{RunId, Stage, Token};
use runtime::{Part, ReadError, Runs, Tombstone};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub run_id: String,
    pub generation: u32,
    pub header: Option<RunHeader>,
    pub score: Option<ScoreSummary>,
    /// The best five.
    pub top: Vec<Segment>,
    /// In order of their segments.
    pub templates: Vec<Template>,
    pub store: Option<StoreOutcome>,
    pub export: Option<ExportOutcome>,
    /// Parts whose makers died, with the class of the dead letter.
    pub dead: Vec<String>,
}

impl Facts {
    pub(crate) async fn gather(runs: &Runs, run: &RunId, generation: u32) -> Result<Self, ReadError> {
        let mut dead = Vec::new();
        let mut facts = Self {
            run_id: run.to_string(),
            generation,
            header: alive(read(runs.part(run, Stage::Profile, "run").await)?, Stage::Profile, &mut dead),
            score: alive(read(runs.part(run, Stage::Score, "summary").await)?, Stage::Score, &mut dead),
            store: alive(read(runs.part(run, Stage::Outcome, "store").await)?, Stage::Outcome, &mut dead),
            export: alive(read(runs.part(run, Stage::Outcome, "export").await)?, Stage::Outcome, &mut dead),
            ..Self::default()
        };
        // What an earlier generation left beyond the segments of this one does not count.
        let segments = facts.score.as_ref().map_or(0, |score| score.segments);
        for index in 0..segments.min(5) {
            let part = read(runs.part(run, Stage::Segment, &index.to_string()).await)?;
            facts.top.extend(alive(part, Stage::Segment, &mut dead));
        }
        let mut templates = BTreeMap::new();
        let mut parts = runs.parts::<Template>(run, Stage::Template).await?;
        while let Some(part) = read(parts.next().await)? {
            if let Ok(index) = part.name.as_str().parse::<u32>()
                && index < segments
                && let Some(mut template) = alive(Some(part), Stage::Template, &mut dead)
            {
                template.segment = index;
                templates.insert(index, template);
            }
        }
        facts.templates = templates.into_values().collect();
        facts.dead = dead;
        Ok(facts)
    }

    /// `complete`, `empty` or `failed`.
    pub(crate) fn status(&self) -> &'static str {
        match &self.score {
            Some(_) if self.store.is_none() || self.export.is_none() => "failed",
            None => "failed",
            Some(score) if score.segments == 0 => "empty",
            Some(_) => "complete",
        }
    }

    pub(crate) fn missing(&self) -> Vec<String> {
        let of_score = self.score.iter().flat_map(|score| &score.missing);
        of_score.chain(&self.dead).cloned().collect()
    }

    /// Why the first template that is not Claude's is not.
    pub(crate) fn template_note(&self) -> Option<String> {
        let template = self
            .templates
            .iter()
            .find(|template| template.source() != TemplateSource::Claude && !template.note.is_empty())?;
        Some(match template.source() {
            TemplateSource::NeedsManual => format!("Manual templates needed: {}", template.note),
            _ => format!("Generic templates: {}", template.note),
        })
    }
}

/// A part that nobody can decode is as good as dead: people hear of the rest of the run.
fn read<M>(part: Result<Option<Part<M>>, ReadError>) -> Result<Option<Part<M>>, ReadError> {
    match part {
        Err(ReadError::Decode { subject, .. }) => {
            let name = Token::squeezed(subject.rsplit('.').next().unwrap_or_default());
            let body = Err(Tombstone { class: "decode".to_owned() });
            Ok(Some(Part { name, generation: 0, body }))
        }
        part => part,
    }
}

fn alive<M>(part: Option<Part<M>>, stage: Stage, dead: &mut Vec<String>) -> Option<M> {
    let part = part?;
    part.body.map_err(|Tombstone { class }| dead.push(format!("{stage} {} ({class})", part.name))).ok()
}
