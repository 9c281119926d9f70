//! Learns what contractors that levelled up have in common: reads, looks, releases.

use chrono::{DateTime, Utc};
use db::contractor_facts::{ContractorFacts, Fact};
use db::{Tx, Uuid, growth};
use levels::{Learned, Learner, Outcome, Pattern, Record, Run};
use std::collections::HashMap;

use crate::{Contractors, Error, known, released};

/// Contractors that are looked at together.
const BATCH: i64 = 5_000;

/// What came of learning.
#[derive(Clone, Debug)]
pub struct Learning {
    pub run: Run,
    /// Every pattern, served or not.
    pub patterns: Vec<Pattern>,
    /// Whether that moment was learned from before: then nothing has changed.
    pub repeated: bool,
}

impl Contractors {
    /// Learns as of a moment and releases what may be told; `advanced` is called every few thousand contractors.
    ///
    /// Of those who learn for one client at a time, one does, and the others wait. Learning for the same moment again
    /// gives what it gave, also when rows have changed: a second release from other rows would tell what differs. A
    /// moment before the last one is refused.
    pub async fn learn(
        &self,
        client: Uuid,
        moment: DateTime<Utc>,
        advanced: impl Fn() + Sync,
    ) -> Result<Learning, Error> {
        let mut tx = self.db.begin(client).await?;
        growth::lock(&mut tx).await?;
        if let Some(document) = growth::run_of(&mut tx, moment).await? {
            let run = serde_json::from_value(document)?;
            return Ok(Learning { run, patterns: released::all(&mut tx).await?, repeated: true });
        }
        if let Some((later, _)) = growth::last_run(&mut tx).await?.filter(|(last, _)| *last > moment) {
            return Err(Error::LearnedLater(later));
        }
        let Learned { mut patterns, run } = self.look(&mut tx, client, moment, &advanced).await?;
        for pattern in &mut patterns {
            pattern.id = store(&mut tx, pattern, moment).await?;
        }
        growth::keep_run(&mut tx, moment, &serde_json::to_value(&run)?).await?;
        tx.commit().await?;
        self.invalidate(client);
        Ok(Learning { run, patterns, repeated: false })
    }

    /// What the last learning found beside the patterns; none before the first.
    pub async fn last_run(&self, client: Uuid) -> Result<Option<Run>, Error> {
        let mut tx = self.db.begin(client).await?;
        let run = growth::last_run(&mut tx).await?;
        tx.rollback().await?;
        run.map(|(_, document)| Ok(serde_json::from_value(document)?)).transpose()
    }

    async fn look(
        &self,
        tx: &mut Tx,
        client: Uuid,
        moment: DateTime<Utc>,
        advanced: &(impl Fn() + Sync),
    ) -> Result<Learned, Error> {
        let released = released::all(tx).await?;
        let outcomes = growth::outcomes(tx, moment).await?.into_iter().map(|ended| Outcome {
            pattern_id: ended.pattern_id,
            goal_completed: ended.goal_completed,
            contractor_satisfaction: ended.contractor_satisfaction,
            confidence: ended.pattern_confidence,
        });
        let outcomes: Vec<Outcome> = outcomes.collect();
        let mut learner = Learner::new(&self.rules, moment);
        let mut facts = ContractorFacts::open(&self.db, client).await?;
        let mut batch = Batch::default();
        let mut after = 0;
        loop {
            let end = facts.batch_end(after, BATCH).await?;
            facts.of(after + 1..=end.unwrap_or(i32::MAX), |id, fact| batch.add(id, fact)).await?;
            batch.records.iter().for_each(|record| learner.observe(record));
            batch.clear();
            advanced();
            match end {
                Some(end) if end < i32::MAX => after = end,
                _ => break,
            }
        }
        Ok(learner.finish(&released, &outcomes))
    }
}

/// Some contractors, put together.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    places: HashMap<i32, usize>,
}

impl Batch {
    fn add(&mut self, id: i32, fact: Fact<'_>) {
        let place = *self.places.entry(id).or_insert_with(|| {
            self.records.push(Record { contractor_id: id, ..Record::default() });
            self.records.len() - 1
        });
        known::add(&mut self.records[place], fact);
    }

    fn clear(&mut self) {
        self.records.clear();
        self.places.clear();
    }
}

async fn store(tx: &mut Tx, pattern: &Pattern, moment: DateTime<Utc>) -> Result<i32, Error> {
    let row = growth::Pattern {
        from_revenue_tier: &pattern.from_revenue_tier,
        to_revenue_tier: &pattern.to_revenue_tier,
        pattern_type: pattern.pattern_type.name(),
        pattern_name: &pattern.pattern_name,
        status: pattern.status.name(),
        sample_size: i32::try_from(pattern.sample_size).unwrap_or(i32::MAX),
        confidence_score: pattern.confidence_score,
        document: &serde_json::to_value(pattern)?,
        released_at: pattern.released_at,
    };
    Ok(growth::store(tx, &row, moment).await?)
}
