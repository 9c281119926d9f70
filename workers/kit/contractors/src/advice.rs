//! What a contractor is told: which patterns fit, which partners and content others like them used, how long it may take.

use chrono::{DateTime, Utc};
use db::{Uuid, goals};
use levels::content::{self, ContentAdvice};
use levels::matching::{self, Match};
use levels::partners::{self, PartnerAdvice};
use levels::timeline::{self, Timeline};
use levels::{Pattern, Profile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

use crate::known::{self, Known};
use crate::released::{self, Released};
use crate::{Contractors, Error, StoredMatch, hold};

/// A score that another matching gave a partner.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BaseScore {
    pub partner_id: i32,
    /// 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub score: f64,
}

/// The same, raised by how many like the contractor used the partner (GR-097).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Boosted {
    pub partner_id: i32,
    pub score: f64,
    pub boosted_score: f64,
}

/// Partners to recommend, and scores of partners with what that adds to them, the highest first.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PartnerAdviceBoosted {
    pub partners: Vec<PartnerAdvice>,
    pub scores: Vec<Boosted>,
}

/// A contractor with the patterns that fit.
pub(crate) struct Matched {
    pub(crate) known: Known,
    pub(crate) matches: Vec<Match>,
    pub(crate) released: Arc<Released>,
    /// Names of the partners that these patterns tell of, by their ids.
    pub(crate) partners: BTreeMap<i32, String>,
}

impl Matched {
    /// The best first.
    pub(crate) fn patterns(&self) -> Vec<&Pattern> {
        self.matches.iter().filter_map(|one| self.released.pattern(one.pattern_id)).collect()
    }
}

impl Contractors {
    /// The three patterns that fit best, with the reasons. Nothing is stored.
    pub async fn matches(
        &self,
        client: Uuid,
        contractor: i32,
        now: DateTime<Utc>,
    ) -> Result<Vec<Match>, Error> {
        Ok(self.matched(client, contractor, now).await?.matches)
    }

    /// The same, and they are stored. What was stored before and fits no longer stays, with what became of it.
    pub async fn keep_matches(
        &self,
        client: Uuid,
        contractor: i32,
        now: DateTime<Utc>,
    ) -> Result<Vec<Match>, Error> {
        let matches = self.matched(client, contractor, now).await?.matches;
        let mut tx = self.db.begin(client).await?;
        hold(&mut tx, contractor).await?;
        goals::keep_matches(&mut tx, contractor, &rows(&matches), now).await?;
        tx.commit().await?;
        Ok(matches)
    }

    /// The patterns that a contractor acts on or has acted on, and what became of that.
    pub async fn applied(&self, client: Uuid, contractor: i32) -> Result<Vec<StoredMatch>, Error> {
        let mut tx = self.db.begin(client).await?;
        let mut matches = goals::matches(&mut tx, contractor).await?;
        tx.rollback().await?;
        matches.retain(StoredMatch::is_applied);
        Ok(matches)
    }

    /// Links a contractor to a pattern that they act on.
    pub async fn apply_pattern(
        &self,
        client: Uuid,
        contractor: i32,
        pattern: i32,
        now: DateTime<Utc>,
    ) -> Result<Match, Error> {
        let released = self.served(client, now).await?;
        let applied = released.pattern(pattern).ok_or(Error::UnknownPattern(pattern))?;
        let profile = self.known(client, contractor, now).await?.profile;
        let Some(found) = matching::matches(&self.rules, &profile, [applied]).pop() else {
            return Err(Error::DoesNotFit { pattern, contractor, why: self.why_not(&profile, applied) });
        };
        let mut tx = self.db.begin(client).await?;
        hold(&mut tx, contractor).await?;
        goals::keep_matches(&mut tx, contractor, &rows(std::slice::from_ref(&found)), now).await?;
        goals::apply(&mut tx, contractor, &[pattern], now).await?;
        tx.commit().await?;
        Ok(found)
    }

    fn why_not(&self, profile: &Profile, pattern: &Pattern) -> &'static str {
        let rank = |tier: &str| self.rules.ladder().rank(tier);
        let own = profile.revenue_tier.as_deref().and_then(rank);
        match own.zip(rank(&pattern.to_revenue_tier)) {
            Some((own, to)) if own >= to => "they have reached the tier it leads to",
            _ => "too little of them is alike",
        }
    }

    /// Partners that those who levelled up used, and what that adds to scores that partners have from elsewhere.
    pub async fn partners(
        &self,
        client: Uuid,
        contractor: i32,
        scores: &[BaseScore],
        now: DateTime<Utc>,
    ) -> Result<PartnerAdviceBoosted, Error> {
        if let Some(wrong) = scores.iter().find(|given| !(0.0..=1.0).contains(&given.score)) {
            let message = format!("that of partner {} is not from 0 to 1", wrong.partner_id);
            return Err(Error::Wrong { field: "score", message });
        }
        let matched = self.matched(client, contractor, now).await?;
        let advice = partners::recommend(&matched.patterns(), &matched.partners);
        let boosted = scores.iter().map(|&BaseScore { partner_id, score }| {
            let used = advice.iter().find(|partner| partner.partner_id == partner_id);
            let boosted_score =
                used.map_or(score, |used| partners::boosted(score, used.usage_rate, used.sample_size));
            Boosted { partner_id, score, boosted_score }
        });
        let mut scores: Vec<Boosted> = boosted.collect();
        scores.sort_by(|one, other| {
            (other.boosted_score.total_cmp(&one.boosted_score)).then(one.partner_id.cmp(&other.partner_id))
        });
        Ok(PartnerAdviceBoosted { partners: advice, scores })
    }

    /// Books, podcasts and events of those who levelled up.
    pub async fn content(
        &self,
        client: Uuid,
        contractor: i32,
        now: DateTime<Utc>,
    ) -> Result<Vec<ContentAdvice>, Error> {
        Ok(content::recommend(&self.matched(client, contractor, now).await?.patterns()))
    }

    /// How long it may take to reach a tier, the next one that a pattern leads to if none is named.
    pub async fn timeline(
        &self,
        client: Uuid,
        contractor: i32,
        to: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Timeline, Error> {
        let released = self.served(client, now).await?;
        let known = self.known(client, contractor, now).await?;
        let Some(from) = &known.profile.revenue_tier else {
            let message = format!("of contractor {contractor} is not known: import it, or their history");
            return Err(Error::Wrong { field: "revenue_tier", message });
        };
        Ok(timeline::predict(&self.rules, from, to, known.elapsed, &released.patterns)?)
    }

    pub(crate) async fn matched(
        &self,
        client: Uuid,
        contractor: i32,
        now: DateTime<Utc>,
    ) -> Result<Matched, Error> {
        let released = self.served(client, now).await?;
        let mut tx = self.db.begin(client).await?;
        let known = known::one(&mut tx, contractor, &self.rules, now.date_naive()).await?;
        let matches = matching::matches(&self.rules, &known.profile, &released.patterns);
        let matched: Vec<&Pattern> =
            matches.iter().filter_map(|one| released.pattern(one.pattern_id)).collect();
        let partners = released::partners_of(&mut tx, &matched).await?;
        tx.rollback().await?;
        Ok(Matched { known, matches, released, partners })
    }

    async fn known(&self, client: Uuid, contractor: i32, now: DateTime<Utc>) -> Result<Known, Error> {
        let mut tx = self.db.begin(client).await?;
        let known = known::one(&mut tx, contractor, &self.rules, now.date_naive()).await?;
        tx.rollback().await?;
        Ok(known)
    }
}

pub(crate) fn rows(matches: &[Match]) -> Vec<goals::Match> {
    let row = |one: &Match| goals::Match {
        pattern_id: one.pattern_id,
        match_score: one.match_score,
        match_reason: one.match_reason.clone(),
    };
    matches.iter().map(row).collect()
}
