//! Learns the patterns of a client: reads, counts, decides, stores.

use crate::detector::{Detector, Findings, LEAST, Setting};
use crate::gate::{Before, Decision, STABLE_RUNS, Source};
use crate::reading::{BATCH, Batch};
use crate::{Conversion, Error, held};
use als::Weights;
use chrono::{DateTime, TimeDelta, Utc, Weekday};
use db::conversion::{self, ClientWeights, Learned, Pattern};
use db::outcomes::{EVERYBODY, History, LeadRow, Outcomes};
use db::{Tx, Uuid};
use patterns::{Header, PatternType};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stats::weights::Objective;

/// Patterns hold for so long (CI-029): two weekly runs.
const VALID_DAYS: i64 = 14;
/// Whoever waits for a run hears of it every so many rows.
const ADVANCED_EVERY: u64 = 10_000;
/// CI-151.
const ENOUGH_TO_BE_STABLE: u64 = 100;
/// A lead whose sequence ended so long ago without an answer will not book.
const DEAD_AFTER_DAYS: i64 = 30;

/// What to learn.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub client: Uuid,
    /// As of when; the same moment over the same events gives the same bytes.
    pub moment: DateTime<Utc>,
    pub objective: Objective,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub run_id: String,
    pub findings: Findings,
    pub leads: u64,
    pub activities: u64,
    /// Whether patterns of a later moment were there already; then these are history only.
    pub superseded: bool,
}

impl Conversion {
    /// Learns and stores. `advanced` is called while it gets on, every few thousand rows.
    pub async fn learn(&self, request: Request, advanced: impl Fn() + Sync) -> Result<Outcome, Error> {
        let ended_before = request.moment - TimeDelta::days(DEAD_AFTER_DAYS);
        conversion::bury(&self.db, request.client, ended_before).await?;
        let mut outcome = self.look(request, &advanced).await?;
        let mut tx = self.db.begin(request.client).await?;
        conversion::lock(&mut tx).await?;
        outcome.superseded = !store(&mut tx, request, &outcome).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// The same without storing anything.
    pub async fn look(&self, request: Request, advanced: impl Fn() + Sync) -> Result<Outcome, Error> {
        let run_id = format!("learn-{}", request.moment.format("%Y%m%dT%H%M%SZ"));
        let known = self.before(request).await?;
        let mut detector = Detector::new(Setting {
            now: request.moment,
            seed: seed(request.client, request.moment),
            run_id: run_id.clone(),
            least: LEAST,
            objective: request.objective,
            judged_since: known.judged_since(),
        });
        let (leads, activities) = self
            .each_batch(request.client, request.moment, &mut detector, &advanced, |detector, cases| {
                detector.observe(cases);
            })
            .await?;
        advanced();
        let findings = detector.findings(&known.before());
        Ok(Outcome { run_id, findings, leads, activities, superseded: false })
    }

    /// Hands all cases of a client over, a batch after the other; how many leads and activities there were.
    pub(crate) async fn each_batch(
        &self,
        client: Uuid,
        as_of: DateTime<Utc>,
        detector: &mut Detector,
        advanced: &(impl Fn() + Sync),
        mut observe: impl FnMut(&mut Detector, &[crate::case::Case<'_>]),
    ) -> Result<(u64, u64), Error> {
        let mut outcomes = Outcomes::open(&self.db, client, as_of).await?;
        let mut batch = Batch::new(self.zone, as_of);
        let (mut after, last) = EVERYBODY;
        let (mut leads, mut activities) = (0, 0);
        loop {
            let end = outcomes.batch_end(after, BATCH).await?;
            let range = (after, end.unwrap_or(last));
            batch.clear();
            let lexicon = detector.lexicon();
            let mut read = 0;
            let add = |row: LeadRow<'_>, history: History<'_>| {
                activities += batch.add(row, history, lexicon) as u64;
                read += 1;
                if read % ADVANCED_EVERY == 0 {
                    advanced();
                }
            };
            leads += outcomes.histories(range, add).await?;
            batch.cases().each(|cases| {
                observe(detector, cases);
                advanced();
            });
            match end {
                Some(end) => after = end,
                None => return Ok((leads, activities)),
            }
        }
    }

    /// What was learned before a moment: what a later run has learned is not known yet when a week is learned again.
    async fn before(&self, request: Request) -> Result<Earlier, Error> {
        let (moment, who) = (request.moment, Some(PatternType::Who.name()));
        let mut tx = self.db.begin(request.client).await?;
        let last = conversion::before(&mut tx, who, moment).await?.pop();
        // By the end of each of the weeks before; a run of that very moment counts.
        let mut weeks = Vec::new();
        for week in 1..STABLE_RUNS as i64 {
            let until = moment - TimeDelta::weeks(week) + TimeDelta::seconds(1);
            weeks.extend(conversion::before(&mut tx, who, until).await?.pop());
        }
        let month_ago = held::judged_before(moment) + TimeDelta::seconds(1);
        let documents = conversion::before(&mut tx, None, month_ago).await?;
        tx.rollback().await?;
        let week_ago = weeks.first().and_then(|run| in_force(run, moment - TimeDelta::weeks(1)));
        // Weeks in which nothing was learned are no runs of their own.
        weeks.dedup_by_key(|run| run.computed_at);
        let decisions = weeks.iter().map(|run| &run.patterns["weights_decision"]);
        let enough = decisions.filter(|decision| decision["outcomes"].as_u64() >= Some(ENOUGH_TO_BE_STABLE));
        Ok(Earlier {
            in_force: last.as_ref().and_then(|run| in_force(run, moment)),
            confirmed_at: last.as_ref().and_then(confirmed_at),
            week_ago,
            fitted: enough.filter_map(|decision| weights_in(&decision["fitted"])).collect(),
            documents: documents.into_iter().map(|pattern| pattern.patterns).collect(),
        })
    }
}

/// What was learned before.
struct Earlier {
    in_force: Option<Weights>,
    confirmed_at: Option<DateTime<Utc>>,
    week_ago: Option<Weights>,
    fitted: Vec<Weights>,
    documents: Vec<Value>,
}

impl Earlier {
    fn before(&self) -> Before<'_> {
        let Self { in_force, confirmed_at, week_ago, fitted, documents } = self;
        let (in_force, confirmed_at, week_ago) = (*in_force, *confirmed_at, *week_ago);
        Before { in_force, confirmed_at, week_ago, fitted, documents }
    }

    /// When the verdicts were given that are judged now.
    fn judged_since(&self) -> Option<DateTime<Utc>> {
        self.documents.iter().filter_map(|document| document["computed_at"].as_str()?.parse().ok()).max()
    }
}

fn weights_in(value: &Value) -> Option<Weights> {
    serde_json::from_value(value.clone()).ok()
}

/// The weights that a run left in force, unless they are the defaults or have not been confirmed for too long (X88).
fn in_force(run: &Pattern, moment: DateTime<Utc>) -> Option<Weights> {
    let learned = run.patterns["weights_source"] != Source::Default.name();
    let holds = confirmed_at(run).is_some_and(|at| at + als::MAX_AGE >= moment);
    weights_in(&run.patterns["recommended_weights"]).filter(|_| learned && holds)
}

fn confirmed_at(run: &Pattern) -> Option<DateTime<Utc>> {
    let decision = &run.patterns["weights_decision"];
    // Documents from before this was written down: what was learned was confirmed with every run.
    if decision["drift"]["population_limit"].is_null() {
        return Some(run.computed_at);
    }
    decision["confirmed_at"].as_str()?.parse().ok()
}

/// Stores the documents, and the weights that follow unless a later moment has been learned from; false then.
async fn store(tx: &mut Tx, request: Request, outcome: &Outcome) -> Result<bool, Error> {
    let findings = &outcome.findings;
    let documents = [
        (&findings.who.header, serde_json::to_value(&findings.who)?),
        (&findings.what.header, serde_json::to_value(&findings.what)?),
        (&findings.when.header, serde_json::to_value(&findings.when)?),
        (&findings.how.header, serde_json::to_value(&findings.how)?),
    ];
    let mut newest = true;
    for (header, patterns) in &documents {
        newest &= conversion::store(tx, &learned(header, patterns, request.moment)).await?;
    }
    if newest {
        let decision = &findings.decision;
        let weights = weights(decision, findings.who.header.sample_size)?;
        // What is not confirmed runs out (X88).
        let confirmed = decision.is_confirmed();
        conversion::set_weights(tx, &weights, confirmed.then_some(request.moment)).await?;
    }
    Ok(newest)
}

fn learned<'a>(header: &Header, patterns: &'a Value, moment: DateTime<Utc>) -> Learned<'a> {
    Learned {
        pattern_type: header.kind.name(),
        patterns,
        sample_size: i32::try_from(header.sample_size).unwrap_or(i32::MAX),
        confidence: header.confidence,
        computed_at: moment,
        valid_until: moment + TimeDelta::days(VALID_DAYS),
    }
}

fn weights(decision: &Decision, sample: u64) -> Result<ClientWeights, Error> {
    let is_default = decision.weights_source == Source::Default;
    Ok(ClientWeights {
        als_learned_weights: (!is_default).then(|| serde_json::to_value(decision.adopted)).transpose()?,
        als_weights_updated_at: None,
        conversion_sample_count: i32::try_from(sample).unwrap_or(i32::MAX),
        weights_source: decision.weights_source.name().to_owned(),
        weights_decision: Some(serde_json::to_value(decision)?),
    })
}

/// Random numbers follow from whose leads they are and the week: who learns again meets the same chance.
fn seed(client: Uuid, moment: DateTime<Utc>) -> u64 {
    let monday = moment.date_naive().week(Weekday::Mon).first_day();
    let hash = Sha256::new().chain_update(client.as_bytes()).chain_update(monday.to_string()).finalize();
    hash.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
