//! Places prospects in segments and ranks them.

use crate::again::again;
use crate::choices::{ProspectName, SegmentName};
use crate::error::Error;
use crate::report::Report;
use crate::{Owner, Prospects};
use audience::{AudienceSegment, Priority, Profile, Score, Scores, assign, priority, tags};
use db::Uuid;
use db::leads::{self, Judged, Lead, Ranking};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Prospects that are looked at in one go.
const PAGE: i64 = 2_000;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentRequest {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    pub user_id: String,
    /// Null for all prospects.
    #[serde(default)]
    #[schema(value_type = Option<Vec<ProspectName>>, max_items = 1000)]
    pub prospect_ids: Option<Vec<String>>,
}

/// How the prospects fall into segments.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Segmentation {
    pub total: u64,
    /// Prospects of whom something new was decided.
    pub changed: u64,
    pub segments: Vec<SegmentShare>,
    /// The first thousand, in the order of their ids.
    pub prospects: Vec<Segmented>,
}

/// A segment, how many are in it, and what a week takes of it. Nobody is moved to meet a quota.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SegmentShare {
    pub segment: &'static str,
    pub prospects: u64,
    /// Per cent of all.
    pub share: f64,
    /// Per cent of the weekly connection requests (50:50:5).
    pub weekly_share: f64,
}

/// A prospect with its segment and tags, and the words that decided them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Segmented {
    pub prospect_id: String,
    pub segment: String,
    /// Name of the rule.
    pub rule: String,
    pub words: Vec<Word>,
    /// No word speaks for it.
    pub low_confidence: bool,
    pub tags: ProspectTags,
}

/// A word that decided, and the field it stands in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Word {
    pub word: String,
    pub field: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProspectTags {
    pub industry: String,
    pub role: String,
    pub location: String,
    /// 0 to 1.
    pub engagement_potential: f64,
    /// Content pillars that suit the prospect.
    pub pacer_relevance: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrioritizeRequest {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    pub user_id: String,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100, example = 70)]
    pub min_fit_score: f64,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100, example = 60)]
    pub min_referral_capacity: f64,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100)]
    pub min_signal_strength: f64,
    #[serde(default = "fifty")]
    #[schema(minimum = 1, maximum = 1000, default = 50)]
    pub limit: u32,
    #[serde(default)]
    #[schema(value_type = Option<SegmentName>)]
    pub segment: Option<String>,
}

fn fifty() -> u32 {
    50
}

/// Prospects, the most promising first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Prioritized {
    /// Prospects of the client, with or without enough points.
    pub considered: u64,
    pub prospects: Vec<RankedProspect>,
}

/// A prospect with its points and what they are for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RankedProspect {
    pub prospect_id: String,
    pub name: String,
    pub title: String,
    pub company: String,
    pub segment: String,
    /// 0.40 fit + 0.35 referral capacity + 0.25 signal strength.
    pub priority_score: f64,
    pub fit_score: f64,
    pub referral_capacity: f64,
    pub signal_strength: f64,
    /// What each score is made of: `fit`, `referral_capacity` and `signal_strength`.
    pub reasons: BTreeMap<String, Vec<Point>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    pub points: f64,
    pub reason: String,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenScores {
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "prospect_1")]
    pub prospect_id: String,
    #[schema(minimum = 0, maximum = 100)]
    pub fit_score: Option<f64>,
    #[schema(minimum = 0, maximum = 100)]
    pub referral_capacity: Option<f64>,
    #[schema(minimum = 0, maximum = 100)]
    pub signal_strength: Option<f64>,
}

impl Prospects {
    /// Places prospects in segments by their attributes, and scores them.
    pub async fn segment(&self, owner: Owner<'_>, names: Option<Vec<String>>) -> Result<Segmentation, Error> {
        again(|| self.try_segment(owner, names.as_deref())).await
    }

    async fn try_segment(&self, owner: Owner<'_>, names: Option<&[String]>) -> Result<Segmentation, Error> {
        let mut tx = self.begin(owner).await?;
        leads::lock(&mut tx).await?;
        let mut report = Report::default();
        match names {
            Some(names) => {
                let leads = leads::named(&mut tx, names).await?;
                known(names, &leads)?;
                let judged = self.judge(&leads)?;
                report.changed += leads::judge(&mut tx, &judged).await?;
                report.add(&leads, judged);
            }
            None => {
                let mut after = Uuid::nil();
                loop {
                    let leads = leads::page(&mut tx, after, PAGE).await?;
                    let Some(last) = leads.last() else { break };
                    after = last.id;
                    let judged = self.judge(&leads)?;
                    report.changed += leads::judge(&mut tx, &judged).await?;
                    report.add(&leads, judged);
                }
            }
        }
        tx.commit().await?;
        report.done()
    }

    /// The most promising prospects, with reasons.
    pub async fn prioritize(
        &self,
        owner: Owner<'_>,
        request: &PrioritizeRequest,
    ) -> Result<Prioritized, Error> {
        for (field, value) in [
            ("min_fit_score", request.min_fit_score),
            ("min_referral_capacity", request.min_referral_capacity),
            ("min_signal_strength", request.min_signal_strength),
        ] {
            if !(0.0..=100.0).contains(&value) {
                return Err(Error::wrong(field, "is not from 0 to 100"));
            }
        }
        if !(1..=1000).contains(&request.limit) {
            return Err(Error::wrong("limit", "is not from 1 to 1000"));
        }
        if let Some(segment) = &request.segment {
            segment.parse::<AudienceSegment>().map_err(|message| Error::wrong("segment", message))?;
        }
        let mut tx = self.begin(owner).await?;
        let ranking = Ranking {
            min_fit_score: request.min_fit_score,
            min_referral_capacity: request.min_referral_capacity,
            min_signal_strength: request.min_signal_strength,
            segment: request.segment.as_deref(),
            limit: i64::from(request.limit),
        };
        let ranked = leads::ranked(&mut tx, &ranking).await?;
        let considered = leads::count(&mut tx).await?;
        tx.rollback().await?;
        let prospects = ranked.into_iter().map(RankedProspect::of).collect::<Result<_, _>>()?;
        Ok(Prioritized { considered: considered.unsigned_abs(), prospects })
    }

    /// Takes over scores that somebody else has given.
    pub async fn give_scores(
        &self,
        owner: Owner<'_>,
        scores: &[GivenScores],
    ) -> Result<Vec<RankedProspect>, Error> {
        for (place, given) in scores.iter().enumerate() {
            let values = [given.fit_score, given.referral_capacity, given.signal_strength];
            if values.into_iter().flatten().any(|value| !(0.0..=100.0).contains(&value)) {
                return Err(Error::wrong(
                    &format!("scores[{place}]"),
                    "has a score that is not from 0 to 100",
                ));
            }
        }
        again(|| self.try_give_scores(owner, scores)).await
    }

    async fn try_give_scores(
        &self,
        owner: Owner<'_>,
        scores: &[GivenScores],
    ) -> Result<Vec<RankedProspect>, Error> {
        let mut tx = self.begin(owner).await?;
        leads::lock(&mut tx).await?;
        let names: Vec<String> = scores.iter().map(|given| given.prospect_id.clone()).collect();
        known(&names, &leads::named(&mut tx, &names).await?)?;
        for given in scores {
            let mut values = serde_json::Map::new();
            for (name, value) in [
                ("fit_score", given.fit_score),
                ("referral_capacity", given.referral_capacity),
                ("signal_strength", given.signal_strength),
            ] {
                if let Some(value) = value {
                    values.insert(name.to_owned(), value.into());
                }
            }
            leads::give_scores(&mut tx, &given.prospect_id, &values.into()).await?;
        }
        let judged = self.judge(&leads::named(&mut tx, &names).await?)?;
        leads::judge(&mut tx, &judged).await?;
        let ranked = leads::named(&mut tx, &names).await?;
        tx.commit().await?;
        ranked.into_iter().map(RankedProspect::of).collect()
    }

    fn judge(&self, leads: &[Lead]) -> Result<Vec<Judged>, Error> {
        leads.iter().map(|lead| judged(lead, &self.pillars)).collect()
    }
}

/// Refuses names that nobody has.
pub(crate) fn known(names: &[String], leads: &[Lead]) -> Result<(), Error> {
    let unknown: Vec<String> = names
        .iter()
        .filter(|name| leads.iter().all(|lead| lead.prospect_id != **name))
        .take(20)
        .cloned()
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Error::UnknownProspects(unknown)) }
}

/// What the rules say of a prospect.
pub(crate) fn judged(lead: &Lead, pillars: &[Vec<String>; 3]) -> Result<Judged, Error> {
    let profile = profile(lead);
    let assigned = assign(&profile);
    let mut scores = Scores::of(&profile, &assigned, lead.replies.unsigned_abs());
    let given = |name: &str| lead.given_scores.get(name).and_then(serde_json::Value::as_f64);
    for (name, score) in [
        ("fit_score", &mut scores.fit),
        ("referral_capacity", &mut scores.referral_capacity),
        ("signal_strength", &mut scores.signal_strength),
    ] {
        if let Some(value) = given(name) {
            *score = Score::given(value, "scoring");
        }
    }
    let tags = tags(&profile, assigned.segment, pillars);
    let Priority { scores, priority_score } = priority(scores);
    Ok(Judged {
        id: lead.id,
        segment: assigned.segment.name(),
        segment_rule: assigned.rule,
        segment_words: serde_json::to_value(&assigned.words)?,
        low_confidence: assigned.low_confidence,
        tags: serde_json::to_value(&tags)?,
        fit_score: scores.fit.value,
        referral_capacity: scores.referral_capacity.value,
        signal_score: scores.signal_strength.value,
        priority_score,
        score_parts: serde_json::json!({
            "fit": scores.fit.parts,
            "referral_capacity": scores.referral_capacity.parts,
            "signal_strength": scores.signal_strength.parts,
        }),
    })
}

fn profile(lead: &Lead) -> Profile {
    Profile {
        title: lead.title.clone(),
        company: lead.company.clone(),
        industry: lead.industry.clone(),
        about: lead.about.clone(),
        city: lead.city.clone(),
        state: lead.state.clone(),
        country: lead.country.clone(),
        email: lead.email.clone(),
        linkedin_url: lead.linkedin_url.clone(),
        website: lead.website.clone(),
        signal_strength: lead.signal_strength,
    }
}

impl RankedProspect {
    fn of(lead: Lead) -> Result<Self, Error> {
        let reasons = lead.score_parts.map(serde_json::from_value).transpose()?.unwrap_or_default();
        Ok(Self {
            prospect_id: lead.prospect_id,
            name: lead.name,
            title: lead.title,
            company: lead.company,
            segment: lead.segment.unwrap_or_default(),
            priority_score: lead.priority_score.unwrap_or_default(),
            fit_score: lead.fit_score.unwrap_or_default(),
            referral_capacity: lead.referral_capacity.unwrap_or_default(),
            signal_strength: lead.signal_score.unwrap_or_default(),
            reasons,
        })
    }
}
