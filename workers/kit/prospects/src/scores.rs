//! Scores leads as they are stored now, with the weights that are in force now.

use crate::error::Error;
use als::{Components, Facts, InForce, Judged, Learned, Rules};
use chrono::{DateTime, Utc};
use db::scores::{self, LeadFacts, LearnedWeights, Scored, Unscored};
use db::{Db, Tx, Uuid};
use serde::{Deserialize as _, Serialize};
use std::sync::Arc;

/// Leads that are scored in one transaction.
const PAGE: i64 = 500;

/// What scores leads: the rules, and where leads are.
#[derive(Clone, Debug)]
pub struct Scores {
    pub(crate) db: Db,
    pub(crate) rules: Arc<Rules>,
}

/// What scoring many leads anew did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rescored {
    pub leads: u64,
    /// Those that have another score then; who had none is one of them.
    pub changed: u64,
    pub first_time: u64,
    pub risen: u64,
    pub fallen: u64,
    /// Mean of how far the scores move, of those that had one.
    pub mean_move: f64,
    pub largest_rise: u8,
    pub largest_fall: u8,
    pub applied: bool,
}

impl Scores {
    pub fn new(db: Db, rules: Arc<Rules>) -> Self {
        Self { db, rules }
    }

    /// Whether Postgres answers.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }

    /// Scores leads; those that are not there, or were deleted, are left out. How many were scored.
    pub async fn score(&self, client: Uuid, leads: &[Uuid], now: DateTime<Utc>) -> Result<u64, Error> {
        let mut tx = self.db.begin(client).await?;
        let scored = self.score_within(&mut tx, leads, now, true).await?;
        tx.commit().await?;
        Ok(scored.len() as u64)
    }

    /// Scores all leads of a client anew, or those whom nobody has contacted yet, page by page; tells what changes, and
    /// writes it only when told to.
    pub async fn rescore(
        &self,
        client: Uuid,
        untouched: bool,
        apply: bool,
        now: DateTime<Utc>,
        advance: impl Fn(),
    ) -> Result<Rescored, Error> {
        let mut after = Uuid::nil();
        let mut told = Rescored { applied: apply, ..Rescored::default() };
        let mut moved = 0.0;
        loop {
            let mut tx = self.db.begin(client).await?;
            let page = scores::page(&mut tx, untouched, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = *last;
            for (before, score) in self.score_within(&mut tx, &page, now, apply).await? {
                moved += told.count(before, score);
            }
            tx.commit().await?;
            advance();
        }
        let had_one = told.leads - told.first_time;
        told.mean_move = if had_one == 0 { 0.0 } else { (moved / had_one as f64 * 100.0).round() / 100.0 };
        Ok(told)
    }

    /// The scores before and after. The weights are read when nobody else can write the leads any more: whoever scores
    /// them later finds the same weights or newer ones.
    async fn score_within(
        &self,
        tx: &mut Tx,
        leads: &[Uuid],
        now: DateTime<Utc>,
        write: bool,
    ) -> Result<Vec<(Option<i16>, u8)>, Error> {
        if write {
            scores::lock(tx, leads).await?;
        }
        let found = scores::facts(tx, leads).await?;
        let in_force = in_force(tx, now).await?;
        let mut moves = Vec::with_capacity(found.len());
        let mut scored = Vec::with_capacity(found.len());
        for lead in found {
            let (id, before) = (lead.id, lead.als_score);
            let (facts, given) = taken_apart(lead);
            let score = self.judged(tx.client(), &facts, given.as_ref()).score(&in_force.weights);
            moves.push((before, score.score));
            scored.push(Scored {
                id,
                score: score.score.into(),
                tier: score.tier.name(),
                components: serde_json::to_value(score.components)?,
                weights: serde_json::to_value(score.weights)?,
                weights_source: in_force.source.name(),
            });
        }
        if write && !scored.is_empty() {
            scores::write(tx, &scored, now).await?;
        }
        Ok(moves)
    }

    /// By the rules, or by parts that came with the lead; who asked for no more is excluded in any case.
    pub(crate) fn judged(&self, client: Uuid, facts: &Facts, given: Option<&Components>) -> Judged<'_> {
        let judged = self.rules.judge(facts, self.rules.market(&client.to_string()));
        match given {
            Some(components) => judged.given(components),
            None => judged,
        }
    }

    /// Clients with leads that nobody has scored as they are now, and that came before a moment.
    pub async fn clients_unscored(&self, before: DateTime<Utc>) -> Result<Vec<Uuid>, Error> {
        Ok(scores::clients_unscored(&self.db, before).await?)
    }

    /// Some of such leads, behind one of them.
    pub async fn unscored(
        &self,
        client: Uuid,
        before: DateTime<Utc>,
        after: Uuid,
    ) -> Result<Vec<Unscored>, Error> {
        let mut tx = self.db.begin(client).await?;
        let found = scores::unscored(&mut tx, before, after, PAGE).await?;
        tx.rollback().await?;
        Ok(found)
    }
}

impl Rescored {
    /// How far the score moves.
    fn count(&mut self, before: Option<i16>, score: u8) -> f64 {
        self.leads += 1;
        let Some(before) = before.and_then(|before| u8::try_from(before).ok()) else {
            self.first_time += 1;
            self.changed += 1;
            return 0.0;
        };
        if score != before {
            self.changed += 1;
        }
        if score > before {
            self.risen += 1;
            self.largest_rise = self.largest_rise.max(score - before);
        } else if score < before {
            self.fallen += 1;
            self.largest_fall = self.largest_fall.max(before - score);
        }
        f64::from(score.abs_diff(before))
    }
}

/// What the score looks at, and the parts that somebody else has given: those that cannot be are none.
pub(crate) fn taken_apart(lead: LeadFacts) -> (Facts, Option<Components>) {
    let given = lead.als_given.and_then(|given| Components::deserialize(given).ok());
    let facts = Facts {
        title: lead.title,
        company: lead.company,
        industry: lead.industry,
        city: lead.city,
        state: lead.state,
        country: lead.country,
        email: lead.email,
        phone: lead.phone,
        linkedin_url: lead.linkedin_url,
        website: lead.website,
        employee_count: lead.employee_count,
        is_new_role: lead.is_new_role,
        is_hiring: lead.is_hiring,
        recently_funded: lead.recently_funded,
        signal_strength: lead.signal_strength,
        bounced: lead.bounced,
        unsubscribed: lead.unsubscribed,
    };
    (facts, given.filter(Components::are_sound))
}

/// The weights of a transaction's client.
pub(crate) async fn in_force(tx: &mut Tx, now: DateTime<Utc>) -> Result<InForce, Error> {
    let learned = scores::learned(tx).await?;
    let learned =
        learned.map(|LearnedWeights { als_learned_weights, als_weights_updated_at, weights_source }| {
            Learned {
                weights: als_learned_weights,
                updated_at: als_weights_updated_at,
                source: weights_source,
            }
        });
    Ok(als::in_force(&learned.unwrap_or_default(), now))
}
