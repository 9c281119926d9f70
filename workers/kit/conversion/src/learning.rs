//! Learns the patterns of a client: reads, counts, decides, stores.

use crate::detector::{Detector, Findings, LEAST, Setting};
use crate::gate::{Before, Decision, STABLE_RUNS, Source};
use crate::reading::{BATCH, Batch, FIRST, LAST};
use crate::{Conversion, Error, held};
use als::Weights;
use chrono::{DateTime, TimeDelta, Utc};
use db::conversion::{self, ClientWeights, Learned};
use db::outcomes::Outcomes;
use db::{Tx, Uuid};
use patterns::{Header, PatternType};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stats::weights::Objective;

/// Patterns hold for so long (CI-029): two weekly runs.
const VALID_DAYS: i64 = 14;
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
    /// Learns and stores. `advanced` is called while it gets on.
    pub async fn learn(&self, request: Request, advanced: impl Fn()) -> Result<Outcome, Error> {
        let mut tx = self.db.begin(request.client).await?;
        conversion::bury(&mut tx, request.moment - TimeDelta::days(DEAD_AFTER_DAYS)).await?;
        tx.commit().await?;
        let mut outcome = self.look(request, &advanced).await?;
        let mut tx = self.db.begin(request.client).await?;
        conversion::lock(&mut tx).await?;
        outcome.superseded = !store(&mut tx, request, &outcome).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// The same without storing anything.
    pub async fn look(&self, request: Request, advanced: impl Fn()) -> Result<Outcome, Error> {
        let run_id = format!("learn-{}", request.moment.format("%Y%m%dT%H%M%SZ"));
        let (in_force, candidates, documents) = self.before(request).await?;
        let mut detector = Detector::new(Setting {
            now: request.moment,
            seed: seed(request.client, &run_id),
            run_id: run_id.clone(),
            least: LEAST,
            objective: request.objective,
        });
        let (leads, activities) = self
            .each_batch(request.client, request.moment, &mut detector, |detector, cases| {
                detector.observe(cases);
                advanced();
            })
            .await?;
        let findings =
            detector.findings(&Before { in_force, candidates: &candidates, documents: &documents });
        Ok(Outcome { run_id, findings, leads, activities, superseded: false })
    }

    /// Hands all cases of a client over, a batch after the other; how many leads and activities there were.
    pub(crate) async fn each_batch(
        &self,
        client: Uuid,
        as_of: DateTime<Utc>,
        detector: &mut Detector,
        mut observe: impl FnMut(&mut Detector, &[crate::case::Case<'_>]),
    ) -> Result<(u64, u64), Error> {
        let mut outcomes = Outcomes::open(&self.db, client, as_of).await?;
        let mut batch = Batch::new(self.zone, as_of);
        let (mut after, mut leads, mut activities) = (FIRST, 0, 0);
        loop {
            let end = outcomes.batch_end(after, BATCH).await?;
            let range = (after, end.unwrap_or(LAST));
            batch.clear();
            leads += outcomes.leads(range, |row| batch.add_lead(row, detector.lexicon())).await?;
            activities +=
                outcomes.activities(range, |row| batch.add_activity(row, detector.lexicon())).await?;
            batch.cases(|cases| observe(detector, cases));
            match end {
                Some(end) => after = end,
                None => return Ok((leads, activities)),
            }
        }
    }

    /// The weights in force, those that were fitted in the runs before this moment, the newest first, and the documents of
    /// a month ago.
    async fn before(&self, request: Request) -> Result<(Option<Weights>, Vec<Weights>, Vec<Value>), Error> {
        let mut tx = self.db.begin(request.client).await?;
        let history = conversion::history(&mut tx, Some(PatternType::Who.name()), 100).await?;
        let month_ago = conversion::as_of(&mut tx, held::judged_before(request.moment)).await?;
        tx.rollback().await?;
        // What a later run has learned is not known yet when a week is learned again.
        let mut earlier = history.into_iter().filter(|run| run.computed_at < request.moment).peekable();
        let read = |weights: &Value| serde_json::from_value::<Weights>(weights.clone()).ok();
        let in_force = earlier
            .peek()
            .filter(|run| run.patterns["weights_source"] != Source::Default.name())
            .and_then(|run| read(&run.patterns["recommended_weights"]));
        let candidates =
            earlier.take(STABLE_RUNS - 1).filter_map(|run| read(&run.patterns["candidate_weights"]));
        let documents = month_ago.into_iter().map(|pattern| pattern.patterns).collect();
        Ok((in_force, candidates.collect(), documents))
    }
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
        // What learning is frozen for is not confirmed either, and runs out (X88).
        let confirmed = decision.drift.frozen.is_empty() && decision.weights_source != Source::Default;
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

/// Random numbers of a run follow from whose it is and for when.
fn seed(client: Uuid, run_id: &str) -> u64 {
    let hash = Sha256::new().chain_update(client.as_bytes()).chain_update(run_id.as_bytes()).finalize();
    hash.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
