//! Campaigns: asked for, kept when they are written, and shown.

use crate::choices::SegmentName;
use crate::error::Error;
use crate::learned::proven;
use crate::{Owner, Prospects};
use audience::AudienceSegment;
use chrono::{DateTime, Utc};
use db::{Tx, Uuid, campaigns};
use proto::{Outgoing, Token, v1};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Who writes.
const WRITER: &str = "campaign-writer";
const MOST_STEPS: u32 = 8;
/// Entries of a list and characters of an entry, as the description of the API has them.
const MOST_ENTRIES: usize = 20;
const LONGEST_ENTRY: usize = 200;
const LONGEST_OFFER: usize = 1_000;

/// Whom a campaign is for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"industries": ["physical therapy"], "titles": ["Founder"], "sizes": ["11-50"],
    "pains": ["charting takes all evening"], "offer": "a scheduling service with 30 days to try it"}))]
pub struct Icp {
    #[schema(max_items = 20)]
    pub industries: Vec<String>,
    #[schema(max_items = 20)]
    pub titles: Vec<String>,
    /// Of companies, such as `11-50`.
    #[schema(max_items = 20)]
    pub sizes: Vec<String>,
    /// In the words of those who have them.
    #[schema(max_items = 20)]
    pub pains: Vec<String>,
    /// What is offered. Messages promise nothing and give no number that does not stand here.
    #[schema(max_length = 1000)]
    pub offer: String,
}

/// A campaign to write.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskCampaign {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    pub user_id: String,
    pub icp: Icp,
    /// In whose tone; in none of them, if none is given.
    #[serde(default)]
    #[schema(value_type = Option<SegmentName>)]
    pub segment: Option<String>,
    #[serde(default = "five")]
    #[schema(minimum = 1, maximum = 8, default = 5)]
    pub steps: u32,
}

fn five() -> u32 {
    5
}

/// A campaign and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Campaign {
    pub campaign_id: Uuid,
    /// `asked` until it is `written`.
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    pub icp: Icp,
    pub steps: i16,
    /// What was learned of conversions, in lines; empty when nothing is proven.
    pub context: String,
    pub sequence: Vec<CampaignStep>,
    /// On which days to send; empty for any business day.
    pub days: Vec<String>,
    /// Whose the words are: `claude`'s, or those of the repository's `templates`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Why the words are not Claude's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Millionths of a dollar.
    pub cost_micros: i64,
    /// By what it was written, each with its verdict.
    pub patterns_used: Vec<PatternUsed>,
    pub created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_at: Option<DateTime<Utc>>,
}

/// A message of a campaign; `{first_name}` and the like are filled for each person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CampaignStep {
    pub step: u32,
    /// `email`, `linkedin`, `sms` or `voice`.
    pub channel: String,
    /// Days after the step before.
    pub after_days: u32,
    /// Of the recipient's day.
    pub hour: u32,
    /// Mail has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    pub body: String,
    pub variant: String,
}

/// A pattern that a campaign was written by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PatternUsed {
    /// As `what.pain_points.effective`.
    pub pattern: String,
    pub name: String,
    pub verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_rate: Option<f64>,
    /// Its 95 % interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci_low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci_high: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<u64>,
}

/// A campaign to be announced to whoever writes it before that is written down, so that none is forgotten.
#[derive(Debug)]
pub struct Asked {
    tx: Tx,
    id: Uuid,
    request: v1::CampaignRequest,
}

impl Asked {
    /// What is asked of the writer.
    pub fn job(&self) -> Outgoing {
        let client = Token::squeezed(&self.request.client_id);
        Outgoing::job(WRITER, client, Token::squeezed(&self.request.campaign_id), &self.request)
    }

    /// Writes down what was announced.
    pub async fn commit(self) -> Result<Uuid, Error> {
        self.tx.commit().await?;
        Ok(self.id)
    }
}

impl Prospects {
    /// Asks for a campaign, with what is proven of the client's conversions.
    pub async fn ask_campaign(
        &self,
        owner: Owner<'_>,
        asked: &AskCampaign,
        now: DateTime<Utc>,
    ) -> Result<Asked, Error> {
        sound(asked)?;
        let mut tx = self.begin(owner).await?;
        let id = Uuid::now_v7();
        let patterns = proven(&mut tx, now).await?.text();
        let (icp, steps) =
            (serde_json::to_value(&asked.icp)?, i16::try_from(asked.steps).unwrap_or(i16::MAX));
        campaigns::ask(&mut tx, id, asked.segment.as_deref(), &icp, steps, now).await?;
        let Icp { industries, titles, sizes, pains, offer } = asked.icp.clone();
        let request = v1::CampaignRequest {
            client_id: owner.client.to_string(),
            campaign_id: id.to_string(),
            icp: Some(v1::Icp { industries, titles, sizes, pains, offer }),
            segment: asked.segment.clone().unwrap_or_default(),
            steps: asked.steps,
            patterns,
        };
        Ok(Asked { tx, id, request })
    }

    /// Keeps a campaign that was written; false when it is kept already.
    pub async fn keep_campaign(&self, written: &v1::Campaign, now: DateTime<Utc>) -> Result<bool, Error> {
        let parse = |field: &str, text: &str| {
            Uuid::parse_str(text).map_err(|bad| Error::wrong(field, bad.to_string()))
        };
        let client = parse("client_id", &written.client_id)?;
        let id = parse("campaign_id", &written.campaign_id)?;
        if !["claude", "templates"].contains(&written.source.as_str()) {
            return Err(Error::wrong("source", "is neither claude nor templates"));
        }
        let count = u32::try_from(written.sequence.len()).unwrap_or(u32::MAX);
        if !(1..=MOST_STEPS).contains(&count) {
            return Err(Error::wrong("sequence", format!("has not 1 to {MOST_STEPS} steps")));
        }
        let icp = written.icp.clone().unwrap_or_default();
        let kept = campaigns::Written {
            id,
            segment: Some(written.segment.as_str()).filter(|segment| !segment.is_empty()),
            icp: &json!({"industries": icp.industries, "titles": icp.titles, "sizes": icp.sizes, "pains": icp.pains,
                "offer": icp.offer}),
            steps: i16::try_from(count).unwrap_or(i16::MAX),
            context: &written.context,
            sequence: &serde_json::to_value(&written.sequence)?,
            days: &written.days,
            source: &written.source,
            model: &written.model,
            cost_micros: i64::try_from(written.cost_micros).unwrap_or(i64::MAX),
            note: &written.note,
            patterns_used: &serde_json::to_value(&written.patterns_used)?,
        };
        let mut tx = self.db.begin(client).await?;
        let new = campaigns::keep(&mut tx, &kept, now).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// The newest first.
    pub async fn campaigns(&self, owner: Owner<'_>, limit: u32) -> Result<Vec<Campaign>, Error> {
        let mut tx = self.begin(owner).await?;
        campaigns::newest(&mut tx, i64::from(limit)).await?.into_iter().map(Campaign::of).collect()
    }

    /// None if there is no such campaign.
    pub async fn campaign(&self, owner: Owner<'_>, id: Uuid) -> Result<Option<Campaign>, Error> {
        let mut tx = self.begin(owner).await?;
        campaigns::find(&mut tx, id).await?.map(Campaign::of).transpose()
    }
}

impl Campaign {
    fn of(stored: campaigns::Campaign) -> Result<Self, Error> {
        Ok(Self {
            campaign_id: stored.id,
            state: stored.state,
            segment: stored.segment,
            icp: serde_json::from_value(stored.icp)?,
            steps: stored.steps,
            context: stored.context,
            sequence: serde_json::from_value(stored.sequence)?,
            days: stored.days,
            source: stored.source,
            note: stored.note,
            model: stored.model,
            cost_micros: stored.cost_micros,
            patterns_used: serde_json::from_value(stored.patterns_used)?,
            created_at: stored.created_at,
            written_at: stored.written_at,
        })
    }
}

/// What commands are given has not been checked by the description of the API.
fn sound(asked: &AskCampaign) -> Result<(), Error> {
    if !(1..=MOST_STEPS).contains(&asked.steps) {
        return Err(Error::wrong("steps", format!("is not from 1 to {MOST_STEPS}")));
    }
    if let Some(segment) = &asked.segment {
        segment.parse::<AudienceSegment>().map_err(|wrong| Error::wrong("segment", wrong))?;
    }
    let Icp { industries, titles, sizes, pains, offer } = &asked.icp;
    let lists = [("industries", industries), ("titles", titles), ("sizes", sizes), ("pains", pains)];
    for (name, list) in lists {
        let too_long = |text: &&String| text.chars().count() > LONGEST_ENTRY;
        if list.len() > MOST_ENTRIES || list.iter().any(|text| too_long(&text)) {
            let most = format!(
                "has more than {MOST_ENTRIES} entries, or one of more than {LONGEST_ENTRY} characters"
            );
            return Err(Error::wrong(&format!("icp.{name}"), most));
        }
    }
    if offer.chars().count() > LONGEST_OFFER {
        return Err(Error::wrong("icp.offer", format!("has more than {LONGEST_OFFER} characters")));
    }
    // Postgres cannot store it.
    let texts = lists.into_iter().flat_map(|(_, list)| list).chain([offer]);
    if texts.into_iter().any(|text| text.contains('\0')) {
        return Err(Error::wrong("icp", "has a NUL in it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(change: impl Fn(&mut AskCampaign)) -> String {
        let mut asked = AskCampaign { user_id: String::new(), icp: Icp::default(), segment: None, steps: 5 };
        assert!(sound(&asked).is_ok());
        change(&mut asked);
        sound(&asked).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_written_is_refused_with_its_field() {
        assert_eq!(wrong(|asked| asked.steps = 9), "steps: is not from 1 to 8");
        assert!(wrong(|asked| asked.segment = Some("vip".into())).starts_with("segment: "));
        assert!(wrong(|asked| asked.icp.pains = vec![String::new(); 21]).starts_with("icp.pains: "));
        assert!(wrong(|asked| asked.icp.titles = vec!["x".repeat(201)]).starts_with("icp.titles: "));
        assert!(wrong(|asked| asked.icp.offer = "x".repeat(1_001)).starts_with("icp.offer: "));
        assert_eq!(wrong(|asked| asked.icp.offer = "\0".into()), "icp: has a NUL in it");
    }
}
