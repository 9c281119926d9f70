//! Scores leads as they are stored now, with the weights that are in force now.

use crate::error::Error;
use als::{Components, Facts, InForce, Judged, Learned, Rules, Source, Weights};
use chrono::{DateTime, Utc};
use db::scores::{self, LeadFacts, LearnedWeights, Scored, ScoredBy, Unscored};
use db::{Db, Tx, Uuid};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use stats::calibrate::Platt;
use std::sync::Arc;

/// Leads that are scored in one transaction.
const PAGE: i64 = 500;

/// What scores leads: the rules, and where leads are.
#[derive(Clone, Debug)]
pub struct Scores {
    pub(crate) db: Db,
    pub(crate) rules: Arc<Rules>,
}

/// Whom to score anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    All,
    /// Those whom nobody has contacted yet.
    Untouched,
    /// Of these, those whose score was made by other weights than it would be now, or of whom something else is known.
    Outdated,
}

/// What scoring many leads anew did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rescored {
    pub leads: u64,
    /// Others, whose score was made by the weights in force already.
    pub current: u64,
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

/// The weights of a client.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Weighing {
    /// Those that scores are made with.
    pub in_force: InForce,
    /// Those that were learned last and not adopted: leads have a second score by them, which nothing uses.
    pub shadow: Option<Weights>,
}

impl Scores {
    pub fn new(db: Db, rules: Arc<Rules>) -> Self {
        Self { db, rules }
    }

    /// Whether Postgres answers.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }

    pub async fn weighing(&self, client: Uuid, now: DateTime<Utc>) -> Result<Weighing, Error> {
        let mut tx = self.db.begin(client).await?;
        let Standing { in_force, shadow, .. } = standing(&mut tx, now).await?;
        tx.rollback().await?;
        Ok(Weighing { in_force, shadow })
    }

    /// Scores leads; those that are not there, or were deleted, are left out.
    pub async fn score(&self, client: Uuid, leads: &[Uuid], now: DateTime<Utc>) -> Result<(), Error> {
        self.score_in(self.db.begin(client).await?, leads, now).await
    }

    /// The same for leads of several events: fails when others keep one of them locked.
    pub async fn score_impatiently(
        &self,
        client: Uuid,
        leads: &[Uuid],
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.score_in(self.db.begin_impatient(client).await?, leads, now).await
    }

    async fn score_in(&self, mut tx: Tx, leads: &[Uuid], now: DateTime<Utc>) -> Result<(), Error> {
        self.score_within(&mut tx, leads, now, true).await?;
        Ok(tx.commit().await?)
    }

    /// Scores leads of a client anew, page by page; tells what changes, and writes it only when told to.
    pub async fn rescore(
        &self,
        client: Uuid,
        whom: Whom,
        apply: bool,
        now: DateTime<Utc>,
        advance: impl Fn(),
    ) -> Result<Rescored, Error> {
        let mut after = Uuid::nil();
        let mut told = Rescored { applied: apply, ..Rescored::default() };
        let mut moved = 0.0;
        loop {
            let mut tx = self.db.begin(client).await?;
            let standing = standing(&mut tx, now).await?;
            let (weights, shadow) = standing.stored()?;
            let by = ScoredBy {
                weights: &weights,
                weights_source: standing.in_force.source.name(),
                shadow_weights: shadow.as_ref(),
            };
            let by = (whom == Whom::Outdated).then_some(by);
            let page = scores::page(&mut tx, whom != Whom::All, by, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            let old: Vec<Uuid> = page.iter().filter(|lead| !lead.is_current).map(|lead| lead.id).collect();
            told.current += (page.len() - old.len()) as u64;
            for (before, score) in self.score_within(&mut tx, &old, now, apply).await? {
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
        if leads.is_empty() {
            return Ok(Vec::new());
        }
        if write {
            scores::lock(tx, leads).await?;
        }
        let found = scores::facts(tx, leads).await?;
        let standing = standing(tx, now).await?;
        let (weights, shadow_weights) = standing.stored()?;
        let mut moves = Vec::with_capacity(found.len());
        let mut scored = Vec::with_capacity(found.len());
        for lead in found {
            let (id, before) = (lead.id, lead.als_score);
            let (facts, given) = taken_apart(lead);
            let judged = self.judged(tx.client(), &facts, given.as_ref());
            let score = judged.score(&standing.in_force.weights);
            moves.push((before, score.score));
            scored.push(Scored {
                id,
                score: score.score.into(),
                tier: score.tier.name(),
                components: serde_json::to_value(score.components)?,
                weights: weights.clone(),
                weights_source: standing.in_force.source.name(),
                shadow_score: standing.shadow.map(|shadow| judged.score(&shadow).score.into()),
                shadow_weights: shadow_weights.clone(),
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

/// The weights that scores are made with.
pub(crate) struct Standing {
    pub(crate) in_force: InForce,
    /// Those that were learned last, while they are not in force.
    shadow: Option<Weights>,
    /// How likely a lead books by its weighted parts.
    pub(crate) likelihood: Option<Platt>,
}

impl Standing {
    /// Both as they are stored with a score.
    fn stored(&self) -> Result<(Value, Option<Value>), Error> {
        let shadow = self.shadow.map(serde_json::to_value).transpose()?;
        Ok((serde_json::to_value(self.in_force.weights)?, shadow))
    }
}

/// The weights of a transaction's client.
pub(crate) async fn standing(tx: &mut Tx, now: DateTime<Utc>) -> Result<Standing, Error> {
    let Some(kept) = scores::learned(tx, now).await? else {
        let in_force = als::in_force(&Learned::default(), now);
        return Ok(Standing { in_force, shadow: None, likelihood: None });
    };
    let LearnedWeights { als_learned_weights, als_weights_updated_at, weights_source, candidate, likelihood } =
        kept;
    let learned =
        Learned { weights: als_learned_weights, updated_at: als_weights_updated_at, source: weights_source };
    let in_force = als::in_force(&learned, now);
    // It was learned of the weights that are in force while these have not run out.
    let likelihood = likelihood.filter(|_| !matches!(in_force.source, Source::Expired | Source::Unreadable));
    Ok(Standing {
        in_force,
        shadow: als::shadow(candidate.as_ref(), &in_force),
        likelihood: likelihood.and_then(|curve| serde_json::from_value(curve).ok()),
    })
}
