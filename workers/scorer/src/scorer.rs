//! The worker: all clinics and matches of a run in, its segments and everybody's place out.

use als::Rules;
use claude::{Ask, Claude, Effort};
use proto::subject::{RunId, Stage, Subject, Token};
use proto::v1::{Alert, Assignments};
use proto::v1::{ClinicPart, Complete, MatchConfig, Matches, PainPart, RunHeader, Strategy};
use proto::{Outbox, Outgoing};
use runtime::{Delivery, Fault, OrFault as _, ReadError, Retry, Source, Worker};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use crate::alerts;
use crate::assignment::assignment;
use crate::dedup::{Decision, settle};
use crate::proposal::{Proposal, Wishes, propose};
use crate::publication::{self, Circumstances, Quotes};
use crate::ranking::{self, Adjustment};
use crate::run::{Intake, Run};

/// Parts of the outcome stage, by whom they come.
const OUTCOMES: [&str; 2] = ["store", "export"];
const MAX_TOKENS: u32 = 4096;

#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Config {
    /// Whether Claude may move the scores of the ten best segments, each by at most 1.
    #[arg(long, env = "SCORER_AI_RANKING", default_value_t = true, action = clap::ArgAction::Set)]
    pub scorer_ai_ranking: bool,

    /// A file with the rules by which leads are scored; `leadfleet leads rules` prints those that hold without it.
    #[arg(long, env = "ALS_RULES", value_name = "FILE")]
    pub als_rules: Option<PathBuf>,
}

/// Why leads cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("could not read the rules of scores from {path}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the rules of scores in {path} cannot be used")]
    Wrong { path: PathBuf, source: als::Error },
    #[error("the rules of scores cannot be used")]
    Defaults(#[from] als::Error),
}

impl Config {
    /// The rules by which leads are scored.
    pub fn rules(&self) -> Result<Rules, RulesError> {
        let Some(path) = &self.als_rules else { return Ok(Rules::defaults()?) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| RulesError::File { path: path.clone(), source })?;
        Rules::read(&text).map_err(|source| RulesError::Wrong { path: path.clone(), source })
    }
}

/// Reduces the match stage of a run to segments.
pub struct Scorer {
    claude: Claude,
    ai_ranking: bool,
}

impl Scorer {
    pub fn new(config: &Config, claude: Claude) -> Self {
        Self { claude, ai_ranking: config.scorer_ai_ranking }
    }
}

impl Worker for Scorer {
    const NAME: &'static str = "scorer";
    const SOURCE: Source = Source::Complete(Stage::Match);
    const RETRY: Retry = Retry { concurrency: 2, lease: Duration::from_secs(120), ..Retry::DEFAULT };
    type Input = Complete;

    async fn handle(&self, _complete: Complete, delivery: &Delivery) -> Result<Outbox, Fault> {
        let id = delivery.run()?;
        let header = header(id, delivery).await?;
        let (run, missing) = gather(id, delivery).await?;
        let wishes = wishes(&header);
        let proposal = propose(&run, &wishes);
        let (adjustments, ai_note) = self.rank(&header, &run, &wishes, &proposal, delivery).await?;
        let decision = settle(&run, &wishes, proposal, &adjustments);
        let alerts = alerts::alerts(id.as_str(), &decision, patterns_missing(&header));
        let around = Circumstances {
            warnings: warnings(&alerts, &missing),
            missing,
            ai_ranked: ai_note.is_empty() && !decision.segments.is_empty(),
            ai_note,
        };
        publish(id, delivery, &header, &run, &decision, around).await?;
        Ok(Outbox::none()
            .with_alerts(alerts)
            .with(Outgoing::plan(id, Stage::Template, decision.segments.len() as u32))
            .with(Outgoing::plan(id, Stage::Outcome, OUTCOMES.len() as u32)))
    }

    /// Without segments nothing is stored or exported; the run ends and says so.
    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        let Some(id) = subject.run_id() else { return Outbox::none() };
        let dead = |part| Outgoing::tombstone(id, Stage::Outcome, Token::squeezed(part), class);
        Outbox::none().with_all(OUTCOMES.map(dead)).with(Outgoing::plan(
            id,
            Stage::Outcome,
            OUTCOMES.len() as u32,
        ))
    }
}

impl Scorer {
    /// Claude's adjustments, or why there are none; a run never fails for want of them (PT-077).
    async fn rank(
        &self,
        header: &RunHeader,
        run: &Run,
        wishes: &Wishes,
        proposal: &Proposal,
        delivery: &Delivery,
    ) -> Result<(Vec<Option<Adjustment>>, String), Fault> {
        let without = |note: String| Ok((Vec::new(), note));
        if proposal.candidates.is_empty() {
            return without(String::new());
        }
        if !self.ai_ranking {
            return without("quantitative scores only: ranking by Claude is switched off".to_owned());
        }
        if !self.claude.enabled() {
            return without("quantitative scores only: no Claude key".to_owned());
        }
        let asked = ranking::asked(run, wishes, proposal);
        let (data, schema) = (ranking::data(run, proposal, &asked), ranking::schema());
        let ask = Ask {
            client: header.request.as_ref().map(|request| request.client_id.as_str()).unwrap_or_default(),
            step: "ranking",
            version: ranking::VERSION,
            model: self.claude.ranking_model(),
            system: ranking::SYSTEM,
            data: &data,
            task: ranking::TASK,
            schema: &schema,
            max_tokens: MAX_TOKENS,
            effort: Effort::Low,
        };
        match self.word(&ask, delivery).await? {
            Ok(answer) => Ok((ranking::adjustments(proposal, &asked, &answer), String::new())),
            Err(note) => without(note),
        }
    }

    /// What Claude says of a run, or why nothing: the first word stays, however often the run is scored.
    ///
    /// Another word would give segments other numbers, while templates are written to the first ones.
    async fn word(&self, ask: &Ask<'_>, delivery: &Delivery) -> Result<Word, Fault> {
        let key = format!("ranking-{}-{}", delivery.run()?, delivery.generation);
        if let Some(word) = spoken(&key, delivery).await? {
            return Ok(word);
        }
        let word = match self.claude.ask(ask).await {
            Ok(answer) => Ok(answer.value),
            // An earlier delivery of this message asks already, and its answer will be kept.
            Err(claude::Error::InFlight { after }) => {
                return Err(Fault::Wait { after, cause: claude::Error::InFlight { after }.into() });
            }
            Err(error) => Err(format!("quantitative scores only: {error}")),
        };
        // Somebody who took this delivery for dead may have been faster.
        let first = delivery.intents().decide(&key, serde_json::to_string(&word)?).await?;
        Ok(serde_json::from_str(&first)?)
    }
}

/// An answer, or why there is none.
type Word = Result<Value, String>;

async fn spoken(key: &str, delivery: &Delivery) -> Result<Option<Word>, Fault> {
    match delivery.intents().decided(key).await? {
        Some(word) => Ok(Some(serde_json::from_str(&word)?)),
        None => Ok(None),
    }
}

async fn header(id: &RunId, delivery: &Delivery) -> Result<RunHeader, Fault> {
    let part = delivery.runs().part::<RunHeader>(id, Stage::Profile, "run").await.map_err(unread)?;
    let header = part.and_then(|part| part.body.ok());
    header.ok_or_else(|| Fault::reject("missing_input", format!("the run {id} has no header")))
}

fn wishes(header: &RunHeader) -> Wishes {
    let config = config(header);
    Wishes {
        min_confidence: config.map_or(0.0, |config| config.min_confidence_score),
        priority_categories: config.map(|config| config.priority_pain_categories.clone()).unwrap_or_default(),
    }
}

fn config(header: &RunHeader) -> Option<&MatchConfig> {
    header.request.as_ref()?.config.as_ref()
}

fn patterns_missing(header: &RunHeader) -> bool {
    let wanted = |config: &MatchConfig| {
        config.strategies.is_empty() || config.strategies().any(|wanted| wanted == Strategy::PainPattern)
    };
    !header.has_patterns && config(header).is_none_or(wanted)
}

/// Reads all clinics, then all matches; returns what never arrived beside them.
///
/// What an earlier generation left beyond the parts of this one does not count.
async fn gather(id: &RunId, delivery: &Delivery) -> Result<(Run, Vec<String>), Fault> {
    let runs = delivery.runs();
    let Some(planned) = runs.plan(id, Stage::Load).await.map_err(unread)? else {
        return Err(Fault::reject("missing_input", format!("nobody said how many clinic parts {id} has")));
    };
    let mut intake = Intake::default();
    let mut lacking: BTreeSet<u32> = (0..planned).collect();
    let mut parts = runs.parts::<ClinicPart>(id, Stage::Load).await.map_err(unread)?;
    while let Some(part) = parts.next().await.map_err(unread)? {
        let number: u32 = part.name.as_str().parse().or_reject_as("unknown_part")?;
        if let (Ok(clinics), true) = (part.body, number < planned) {
            intake.clinics(number, &clinics);
            lacking.remove(&number);
        }
    }
    let mut missing: Vec<String> = lacking.iter().map(|number| format!("load {number}")).collect();
    // Every part has assignments, were it none: whoever reads them counts on it.
    lacking.into_iter().for_each(|number| intake.clinics(number, &ClinicPart::default()));
    let mut parts = runs.parts::<Matches>(id, Stage::Match).await.map_err(unread)?;
    while let Some(part) = parts.next().await.map_err(unread)? {
        match part.body {
            _ if !is_of(part.name.as_str(), planned) => {}
            Ok(matches) => intake.matches(part.name.as_str(), &matches).or_reject_as("bad_matches")?,
            Err(_tombstone) => missing.push(format!("match {}", part.name)),
        }
    }
    missing.sort_unstable();
    Ok((intake.finish(), missing))
}

/// Whether a part of the match stage, named `<strategy>-<number>`, comes of a planned clinic part.
fn is_of(name: &str, planned: u32) -> bool {
    let number = name.rsplit_once('-').and_then(|(_, number)| number.parse::<u32>().ok());
    number.is_some_and(|number| number < planned)
}

/// What cannot be decoded now will not be later.
fn unread(error: ReadError) -> Fault {
    match error {
        ReadError::Decode { .. } => Fault::Reject { class: "decode", cause: error.into() },
        error => error.into(),
    }
}

fn warnings(alerts: &[Alert], missing: &[String]) -> Vec<String> {
    let mut warnings: Vec<String> = alerts.iter().map(|alert| alert.text.clone()).collect();
    if !missing.is_empty() {
        warnings.push(format!("{} parts of the run are missing", missing.len()));
    }
    warnings
}

/// Publishes as it goes: the whole run is never in memory as messages.
async fn publish(
    id: &RunId,
    delivery: &Delivery,
    header: &RunHeader,
    run: &Run,
    decision: &Decision,
    around: Circumstances,
) -> Result<(), Fault> {
    let numbered = |stage, number: u32| (stage, Token::squeezed(&number.to_string()));
    for (part, clinics) in run.parts() {
        let assignments = clinics.map(|clinic| assignment(run, decision, clinic)).collect();
        let (stage, name) = numbered(Stage::Score, part);
        delivery.publish(Outgoing::part(id, stage, name, &Assignments { assignments })).await?;
    }
    let quotes = quotes(id, delivery, run, decision).await.map_err(unread)?;
    let members = publication::members(decision);
    // Before the first segment: a template of a run that is done again must not be counted by the old plan.
    let segments = decision.segments.len() as u32;
    delivery.publish(Outgoing::plan(id, Stage::Template, segments)).await?;
    delivery.flush().await?;
    for ((index, ranked), members) in (0..).zip(&decision.segments).zip(&members) {
        let segment = publication::segment(run, index, ranked, members, &quotes);
        let (stage, name) = numbered(Stage::Segment, index);
        delivery.publish(Outgoing::part(id, stage, name, &segment)).await?;
    }
    let summary = publication::summary(run, header, decision, around);
    let name = Token::squeezed("summary");
    delivery.publish(Outgoing::part(id, Stage::Score, name, &summary)).await?;
    delivery.flush().await?;
    Ok(())
}

async fn quotes(
    id: &RunId,
    delivery: &Delivery,
    run: &Run,
    decision: &Decision,
) -> Result<Quotes, ReadError> {
    let quoted = publication::quoted(run, decision);
    let mut quotes = Quotes::new();
    let mut index = 0;
    while quotes.len() < quoted.len() {
        let name = format!("pains-{index}");
        let part = delivery.runs().part::<PainPart>(id, Stage::Profile, &name).await?;
        let Some(part) = part else { break };
        let pains = part.body.map(|part| part.pain_points).unwrap_or_default();
        quotes.extend(pains.into_iter().filter(|pain| quoted.contains(&pain.id)).map(|pain| (pain.id, pain)));
        index += 1;
    }
    Ok(quotes)
}
