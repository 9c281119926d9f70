//! Learns what contractors that levelled up have in common: reads, looks, releases.

use chrono::{DateTime, Utc};
use db::contractor_facts::{ContractorFacts, Fact};
use db::{Tx, Uuid, growth};
use levels::matching;
use levels::{Learned, Learner, Outcome, Pattern, Record, Run};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

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

/// How far patterns reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Whose tier is known, and below one that a pattern leads to.
    pub contractors: u64,
    /// Those of them whom a pattern fits.
    pub matched: u64,
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
        let (learned, counted) = self.look(&mut tx, client, moment, &advanced).await?;
        let Learned { mut patterns, run, .. } = learned;
        for pattern in &mut patterns {
            pattern.id = store(&mut tx, pattern, moment).await?;
        }
        growth::keep_counted(&mut tx, &counted).await?;
        growth::keep_run(&mut tx, moment, &serde_json::to_value(&run)?).await?;
        tx.commit().await?;
        self.invalidate(client);
        Ok(Learning { run, patterns, repeated: false })
    }

    /// What learning as of a moment would release. Nothing is stored, so that patterns nobody had before have no id.
    pub async fn preview(&self, client: Uuid, moment: DateTime<Utc>) -> Result<Learning, Error> {
        let mut tx = self.db.begin(client).await?;
        let (Learned { patterns, run, .. }, _) = self.look(&mut tx, client, moment, &|| {}).await?;
        tx.rollback().await?;
        Ok(Learning { run, patterns, repeated: false })
    }

    /// How many contractors a pattern fits now (GR-116).
    pub async fn coverage(&self, client: Uuid, now: DateTime<Utc>) -> Result<Coverage, Error> {
        let released = self.served(client, now).await?;
        let rank = |tier: &str| self.rules.ladder().rank(tier);
        let mut leading: BTreeMap<usize, Vec<&Pattern>> = BTreeMap::new();
        for pattern in &released.patterns {
            if let Some(to) = rank(&pattern.to_revenue_tier) {
                leading.entry(to).or_default().push(pattern);
            }
        }
        let (mut contractors, mut matched) = (0, 0);
        self.each(client, &|| {}, |record| {
            let profile = known::of(record, &self.rules, now.date_naive()).profile;
            let Some(own) = profile.revenue_tier.as_deref().and_then(rank) else { return };
            // Those to the next tier first: they fit the most often.
            let mut ahead = leading.range(own + 1..).flat_map(|(_, patterns)| patterns).copied().peekable();
            if ahead.peek().is_some() {
                contractors += 1;
                matched += u64::from(matching::fits_any(&self.rules, &profile, ahead));
            }
        })
        .await?;
        Ok(Coverage { contractors, matched })
    }

    /// What the last learning found beside the patterns; none before the first.
    pub async fn last_run(&self, client: Uuid) -> Result<Option<Run>, Error> {
        let mut tx = self.db.begin(client).await?;
        let run = growth::last_run(&mut tx).await?;
        tx.rollback().await?;
        run.map(|(_, document)| Ok(serde_json::from_value(document)?)).transpose()
    }

    /// What learning finds; and by their ids those outcomes that count as something else from now on.
    async fn look(
        &self,
        tx: &mut Tx,
        client: Uuid,
        moment: DateTime<Utc>,
        advanced: &(impl Fn() + Sync),
    ) -> Result<(Learned, Vec<(i32, Option<f64>)>), Error> {
        let released = released::all(tx).await?;
        let ended = growth::outcomes(tx, moment).await?;
        let outcomes = ended.iter().map(|ended| Outcome {
            pattern_id: ended.pattern_id,
            contractor_id: ended.contractor_id,
            counted_as: ended.counted_as,
            goal_completed: ended.goal_completed,
            contractor_satisfaction: ended.contractor_satisfaction,
            confidence: ended.pattern_confidence,
        });
        let outcomes: Vec<Outcome> = outcomes.collect();
        let mut learner = Learner::new(&self.rules, moment);
        self.each(client, advanced, |record| learner.observe(record)).await?;
        let learned = learner.finish(&released, &outcomes);
        let counted =
            ended.iter().zip(&learned.counted).filter(|(ended, counted)| ended.counted_as != **counted);
        let counted = counted.map(|(ended, counted)| (ended.id, *counted)).collect();
        Ok((learned, counted))
    }

    /// Hands out what is known of every contractor, in any order.
    async fn each(
        &self,
        client: Uuid,
        advanced: &(impl Fn() + Sync),
        mut each: impl FnMut(&Record),
    ) -> Result<(), Error> {
        let mut facts = ContractorFacts::open(&self.db, client).await?;
        let mut batch = Batch::default();
        let mut after = 0;
        loop {
            let end = facts.batch_end(after, BATCH).await?;
            facts.of(after + 1..=end.unwrap_or(i32::MAX), |id, fact| batch.add(id, fact)).await?;
            batch.records.iter().for_each(&mut each);
            batch.clear();
            advanced();
            match end {
                Some(end) if end < i32::MAX => after = end,
                _ => break,
            }
        }
        Ok(())
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
