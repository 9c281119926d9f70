//! Leads by their scores, why a score is what it is, and what it would be otherwise.

use crate::error::Error;
use crate::history::LeadStatus;
use crate::scores::{Scores, Standing, standing, taken_apart};
use als::{Changes, Components, InForce, Judged, Ledger, Source, Tier, Weights, WhatIf};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use db::activities::{self, Activity};
use db::leads::Called;
use db::scores::{self, Behind, LeadScore, Listing, Order};
use db::{Tx, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stats::calibrate::Platt;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// Which leads to list.
#[derive(Clone, Debug, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LeadsQuery {
    #[serde(default)]
    #[param(inline)]
    pub tier: Option<Tier>,
    #[serde(default)]
    #[param(inline)]
    pub status: Option<LeadStatus>,
    /// What words of the name, the company or the title begin with, each of them.
    #[serde(default)]
    #[schema(max_length = 100)]
    #[param(max_length = 100)]
    pub q: Option<String>,
    #[serde(default)]
    #[param(inline)]
    pub sort: LeadOrder,
    #[serde(default = "hundred")]
    #[schema(minimum = 1, maximum = 1000, default = 100)]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: u32,
    /// `next` of the page before.
    #[serde(default)]
    #[schema(pattern = r"^(-|[0-9]{1,3}|n[A-Za-z0-9_-]{0,2000})\.[A-Za-z0-9_-]{1,64}$")]
    #[param(pattern = r"^(-|[0-9]{1,3}|n[A-Za-z0-9_-]{0,2000})\.[A-Za-z0-9_-]{1,64}$")]
    pub cursor: Option<String>,
}

/// In which order leads are listed; `-` before a word turns it round.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, ToSchema)]
pub enum LeadOrder {
    /// The best first; those that have no score yet come last.
    #[default]
    #[serde(rename = "score")]
    BestFirst,
    #[serde(rename = "-score")]
    WorstFirst,
    /// By name.
    #[serde(rename = "name")]
    FromA,
    #[serde(rename = "-name")]
    FromZ,
}

impl LeadOrder {
    const ALL: [Self; 4] = [Self::BestFirst, Self::WorstFirst, Self::FromA, Self::FromZ];

    fn as_str(self) -> &'static str {
        match self {
            Self::BestFirst => "score",
            Self::WorstFirst => "-score",
            Self::FromA => "name",
            Self::FromZ => "-name",
        }
    }

    fn is_by_name(self) -> bool {
        matches!(self, Self::FromA | Self::FromZ)
    }
}

impl From<LeadOrder> for Order {
    fn from(order: LeadOrder) -> Self {
        match order {
            LeadOrder::BestFirst => Self::BestFirst,
            LeadOrder::WorstFirst => Self::WorstFirst,
            LeadOrder::FromA => Self::FromA,
            LeadOrder::FromZ => Self::FromZ,
        }
    }
}

impl FromStr for LeadOrder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|order| order.as_str() == text);
        known.ok_or_else(|| format!("use one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

fn hundred() -> u32 {
    100
}

/// Leads in the order that was asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LeadPage {
    pub leads: Vec<ListedLead>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// A lead with its score as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ListedLead {
    pub prospect_id: String,
    pub name: String,
    pub title: String,
    pub company: String,
    pub status: String,
    /// Null before it is scored for the first time.
    pub score: Option<i16>,
    pub tier: Option<String>,
    /// `default`, `learned`, `blend`, `held`, `expired`, or `unreadable`.
    pub weights_source: Option<String>,
    /// By the weights that were learned last and not adopted; null when there are none.
    pub shadow_score: Option<i16>,
    #[schema(value_type = Option<Components>)]
    pub components: Option<Value>,
    #[schema(value_type = Option<Weights>)]
    pub weights: Option<Value>,
    /// Null while it waits to be scored, for the first time or anew.
    pub scored_at: Option<DateTime<Utc>>,
    /// When it was contacted first, and what its score was before.
    pub first_touch: Option<Snapshot>,
}

/// The score of a lead before anybody contacted it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Snapshot {
    pub at: DateTime<Utc>,
    /// Score, tier, components and weights, as far as there were any.
    #[schema(value_type = Option<Object>)]
    pub score: Option<Value>,
}

/// Why the score of a lead is what it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// As it is stored.
    pub lead: ListedLead,
    /// As it comes out now.
    pub now: Reckoned,
}

/// A score with its reasons.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reckoned {
    pub score: u8,
    pub tier: Tier,
    /// The rule for which nobody is to contact it.
    pub excluded_by: Option<String>,
    pub components: Components,
    pub weights: Weights,
    /// None of weights that were asked for.
    pub weights_source: Option<Source>,
    pub weights_reason: String,
    pub ledger: Ledger,
    /// How likely such a lead books, from 0 to 1, by outcomes so far; none before enough of them are known, and of weights
    /// that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<f64>,
    /// What the score would be if something that is not known were found out.
    pub what_if: Vec<WhatIf>,
}

/// What to change, for the sake of the argument.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WhatIfRequest {
    pub lead: Changes,
    pub weights: Option<Weights>,
}

/// The score as it comes out now, and as it would come out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WhatIfAnswer {
    pub now: Reckoned,
    pub then: Reckoned,
}

impl Scores {
    pub async fn list(&self, client: Uuid, query: &LeadsQuery) -> Result<LeadPage, Error> {
        let behind = query.cursor.as_deref().map(|cursor| place(cursor, query.sort)).transpose()?;
        let mut tx = self.db.begin(client).await?;
        let listing = Listing {
            tier: query.tier.map(Tier::name),
            status: query.status.map(LeadStatus::name),
            order: query.sort.into(),
            behind: behind.as_ref(),
            words: query.q.as_deref(),
            limit: i64::from(query.limit) + 1,
        };
        let mut leads: Vec<ListedLead> =
            scores::list(&mut tx, &listing).await?.into_iter().map(ListedLead::from).collect();
        tx.rollback().await?;
        let more = leads.len() > query.limit as usize;
        leads.truncate(query.limit as usize);
        let next = leads.last().filter(|_| more).map(|last| last.place(query.sort));
        Ok(LeadPage { leads, next })
    }

    pub async fn show(&self, client: Uuid, prospect_id: &str) -> Result<ListedLead, Error> {
        let mut tx = self.db.begin(client).await?;
        let lead = one(&mut tx, prospect_id).await?;
        tx.rollback().await?;
        Ok(lead.into())
    }

    /// What leads are called, in the order of their ids.
    pub async fn called(&self, client: Uuid, ids: &[Uuid]) -> Result<Vec<Called>, Error> {
        let mut tx = self.db.begin(client).await?;
        let called = db::leads::called(&mut tx, ids).await?;
        tx.rollback().await?;
        Ok(called)
    }

    /// Everything that happened to a lead, the first first.
    pub async fn activities(&self, client: Uuid, prospect_id: &str) -> Result<Vec<Activity>, Error> {
        let mut tx = self.db.begin(client).await?;
        let lead = one(&mut tx, prospect_id).await?;
        let activities = activities::of(&mut tx, lead.id).await?;
        tx.rollback().await?;
        Ok(activities)
    }

    pub async fn explain(
        &self,
        client: Uuid,
        prospect_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Explanation, Error> {
        let nothing = WhatIfRequest::default();
        let (lead, answer) = self.reckon(client, prospect_id, &nothing, now).await?;
        Ok(Explanation { lead: lead.into(), now: answer.now })
    }

    /// Writes nothing.
    pub async fn what_if(
        &self,
        client: Uuid,
        prospect_id: &str,
        request: &WhatIfRequest,
        now: DateTime<Utc>,
    ) -> Result<WhatIfAnswer, Error> {
        if request.weights.is_some_and(|weights| !weights.are_sound()) {
            return Err(Error::wrong("weights", "must be from 0 to 1, and not all of them 0"));
        }
        Ok(self.reckon(client, prospect_id, request, now).await?.1)
    }

    async fn reckon(
        &self,
        client: Uuid,
        prospect_id: &str,
        request: &WhatIfRequest,
        now: DateTime<Utc>,
    ) -> Result<(LeadScore, WhatIfAnswer), Error> {
        let mut tx = self.db.begin(client).await?;
        let lead = one(&mut tx, prospect_id).await?;
        let facts = scores::facts(&mut tx, &[lead.id]).await?.pop();
        let facts = facts.ok_or_else(|| unknown(prospect_id))?;
        let Standing { in_force, likelihood, .. } = standing(&mut tx, now).await?;
        tx.rollback().await?;
        let (facts, given) = taken_apart(facts);
        let of = |judged: &Judged<'_>, InForce { weights, source }: InForce| {
            let reckoned = reckoned(judged, &weights, Some(source), source.says());
            Reckoned { likelihood: likelihood.map(|curve| books(&reckoned, curve)), ..reckoned }
        };
        let judged = self.judged(client, &facts, given.as_ref());
        let changed = facts.with(&request.lead)?;
        // Parts that came with the lead say nothing of a lead of which something else is true.
        let given = given.filter(|_| changed == facts);
        let then = self.judged(client, &changed, given.as_ref());
        let then = match request.weights {
            Some(weights) => reckoned(&then, &weights, None, "the weights that were asked for"),
            None => of(&then, in_force),
        };
        Ok((lead, WhatIfAnswer { now: of(&judged, in_force), then }))
    }
}

fn reckoned(judged: &Judged<'_>, weights: &Weights, source: Option<Source>, reason: &str) -> Reckoned {
    let score = judged.score(weights);
    Reckoned {
        score: score.score,
        tier: score.tier,
        excluded_by: judged.excluded_by.clone(),
        components: score.components,
        weights: score.weights,
        weights_source: source,
        weights_reason: reason.to_owned(),
        ledger: judged.ledger(weights),
        likelihood: None,
        what_if: judged.what_ifs(weights),
    }
}

/// By the weighted parts alone: that is what the curve was learned of.
fn books(reckoned: &Reckoned, curve: Platt) -> f64 {
    let parts = Components { risk: 0.0, ..reckoned.components };
    (curve.of(als::raw(&parts, &reckoned.weights) / 100.0) * 1e4).round() / 1e4
}

async fn one(tx: &mut Tx, prospect_id: &str) -> Result<LeadScore, Error> {
    scores::of(tx, prospect_id).await?.ok_or_else(|| unknown(prospect_id))
}

fn unknown(prospect_id: &str) -> Error {
    Error::UnknownProspects(vec![prospect_id.to_owned()])
}

/// The lead that a cursor stands at; a cursor begins with the score or, after an `n`, with the name.
fn place(cursor: &str, sort: LeadOrder) -> Result<Behind<'_>, Error> {
    let wrong = || Error::wrong("cursor", "is not the `next` of a page");
    let other = || Error::Refused("the cursor is not the `next` of a page sorted like this one".to_owned());
    let (key, prospect_id) = cursor.rsplit_once('.').ok_or_else(wrong)?;
    let (mut score, mut name) = (None, String::new());
    match (key.strip_prefix('n'), sort.is_by_name()) {
        (Some(encoded), true) => {
            let bytes = URL_SAFE_NO_PAD.decode(encoded).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            name = text.filter(|text| !text.contains('\0')).ok_or_else(other)?;
        }
        (None, false) if key == "-" => {}
        (None, false) => score = Some(key.parse().ok().ok_or_else(wrong)?),
        _ => return Err(other()),
    }
    Ok(Behind { prospect_id, score, name })
}

impl ListedLead {
    fn place(&self, sort: LeadOrder) -> String {
        let key = if sort.is_by_name() {
            format!("n{}", URL_SAFE_NO_PAD.encode(&self.name))
        } else {
            self.score.map_or_else(|| "-".to_owned(), |score| score.to_string())
        };
        format!("{key}.{}", self.prospect_id)
    }
}

impl From<LeadScore> for ListedLead {
    fn from(lead: LeadScore) -> Self {
        Self {
            prospect_id: lead.prospect_id,
            name: lead.name,
            title: lead.title,
            company: lead.company,
            status: lead.status,
            score: lead.als_score,
            tier: lead.als_tier,
            weights_source: lead.weights_source,
            shadow_score: lead.als_shadow_score,
            components: lead.als_components,
            weights: lead.als_weights_used,
            scored_at: lead.scored_at,
            first_touch: lead.first_touch_at.map(|at| Snapshot { at, score: lead.als_snapshot }),
        }
    }
}
