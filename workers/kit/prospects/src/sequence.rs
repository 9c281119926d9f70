//! Sequences of prospects: made once, kept as they are until they end, and shown with where they stand.

use crate::again::again;
use crate::choices::sequence_type;
use crate::error::Error;
use crate::messages::{Facts, Message, messages, on};
use crate::suppression::Addresses;
use crate::{Owner, Prospects, experiments, words};
use audience::AudienceSegment;
use cadence::SequenceType;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use db::enrolments::{self, Enrolment};
use db::leads::{self, Lead};
use db::{Tx, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateRequest {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    pub user_id: String,
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "prospect_1")]
    pub prospect_id: String,
    /// How many messages follow the connection request, or in which manner they ask.
    #[serde(default = "three_step")]
    #[schema(schema_with = sequence_type)]
    pub sequence_type: String,
}

fn three_step() -> String {
    SequenceType::ThreeStep.name().to_owned()
}

/// A prospect's sequence.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Sequence {
    pub sequence_id: Uuid,
    pub prospect_id: String,
    pub segment: String,
    pub sequence_type: String,
    /// Who is enrolled stays on the version, whatever becomes of the templates.
    pub version: i32,
    /// `enrolled`, `requested`, `connected`, `contacted`, `finished` or `stopped`.
    pub state: String,
    /// Why it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<String>,
    /// The last step that has gone out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<NaiveDate>,
    /// Whether this request made it; else it was there, and nobody gets two at a time.
    pub created: bool,
    pub messages: Vec<Message>,
    /// Every change of the state, the first first.
    pub history: Vec<Change>,
    pub created_at: DateTime<Utc>,
}

/// A change of where somebody stands, and why.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    pub from: String,
    pub to: String,
    pub cause: String,
    pub at: DateTime<Utc>,
}

impl Prospects {
    /// Enrols a prospect in a sequence; one that is in a running sequence stays in it.
    pub async fn generate(
        &self,
        owner: Owner<'_>,
        request: &GenerateRequest,
        now: DateTime<Utc>,
    ) -> Result<Sequence, Error> {
        let kind: SequenceType = request
            .sequence_type
            .parse()
            .map_err(|message: String| Error::wrong("sequence_type", message))?;
        again(|| self.try_generate(owner, &request.prospect_id, kind, now)).await
    }

    async fn try_generate(
        &self,
        owner: Owner<'_>,
        prospect_id: &str,
        kind: SequenceType,
        now: DateTime<Utc>,
    ) -> Result<Sequence, Error> {
        let mut tx = self.begin(owner).await?;
        // Nobody answers or is forgotten from here on.
        let lead = locked(&mut tx, prospect_id).await?;
        if let Some(running) = enrolments::newest(&mut tx, lead.id).await?
            && !["finished", "stopped"].contains(&running.state.as_str())
        {
            return shown(&mut tx, &lead, running, false).await;
        }
        if let Some(reason) = self.suppressed(&mut tx, &lead).await? {
            return Err(Error::Refused(format!("{} must not be contacted: {reason}", lead.prospect_id)));
        }
        if lead.status != "new" {
            return Err(Error::Refused(format!(
                "{} has answered: its status is {}",
                lead.prospect_id, lead.status
            )));
        }
        let segment: AudienceSegment = match &lead.segment {
            Some(segment) => segment.parse().map_err(Error::Refused)?,
            None => return Err(Error::Refused(format!("{} is in no segment yet", lead.prospect_id))),
        };
        let (enrolled, _) = enrol(&mut tx, &lead, segment, kind, now.with_timezone(&self.zone)).await?;
        let Some(enrolment) = enrolments::newest(&mut tx, lead.id).await? else {
            return Err(Error::UnknownProspects(vec![lead.prospect_id]));
        };
        let sequence = shown(&mut tx, &lead, enrolment, enrolled.is_some()).await?;
        tx.commit().await?;
        Ok(sequence)
    }

    /// The newest sequence of a prospect; none if it was never in one.
    pub async fn sequence(&self, owner: Owner<'_>, prospect_id: &str) -> Result<Option<Sequence>, Error> {
        let mut tx = self.begin(owner).await?;
        let lead = one(&mut tx, prospect_id).await?;
        match enrolments::newest(&mut tx, lead.id).await? {
            Some(enrolment) => Ok(Some(shown(&mut tx, &lead, enrolment, false).await?)),
            None => Ok(None),
        }
    }
}

/// Enrols a prospect, with the words for it; no id when it is in a running sequence already.
pub(crate) async fn enrol(
    tx: &mut Tx,
    lead: &Lead,
    segment: AudienceSegment,
    kind: SequenceType,
    at: DateTime<Tz>,
) -> Result<(Option<Uuid>, Vec<Message>), Error> {
    let (version, steps) = words::active(tx, segment, kind).await?;
    let steps = on(Addresses::of(lead).channel(), segment, steps);
    let notes = leads::notes(tx, lead.id).await?;
    let industry = lead.tags.as_ref().and_then(|tags| tags.get("industry")?.as_str()).unwrap_or("other");
    let facts = Facts {
        prospect_id: &lead.prospect_id,
        name: &lead.name,
        company: &lead.company,
        industry,
        note: notes.last().map(|note| note.note.as_str()),
    };
    let mut words = messages(segment, &steps, &facts);
    experiments::choose(tx, lead, segment.name(), &mut words, at).await?;
    let json = serde_json::to_value(&words)?;
    let id = Uuid::now_v7();
    let id = enrolments::enrol(tx, id, lead.id, segment.name(), kind.name(), version, &json).await?;
    Ok((id, words))
}

/// A prospect by its name.
pub(crate) async fn one(tx: &mut Tx, prospect_id: &str) -> Result<Lead, Error> {
    let name = prospect_id.to_owned();
    let found = leads::named(tx, std::slice::from_ref(&name)).await?;
    found.into_iter().next().ok_or_else(|| Error::UnknownProspects(vec![name]))
}

/// A prospect by its name, locked before anything of it is.
pub(crate) async fn locked(tx: &mut Tx, prospect_id: &str) -> Result<Lead, Error> {
    leads::lock_named(tx, &[prospect_id.to_owned()]).await?;
    one(tx, prospect_id).await
}

async fn shown(tx: &mut Tx, lead: &Lead, enrolment: Enrolment, created: bool) -> Result<Sequence, Error> {
    let history = enrolments::transitions(tx, enrolment.id).await?;
    Ok(Sequence {
        sequence_id: enrolment.id,
        prospect_id: lead.prospect_id.clone(),
        segment: enrolment.segment,
        sequence_type: enrolment.sequence_type,
        version: enrolment.version,
        state: enrolment.state,
        stop: enrolment.stop,
        step: enrolment.step,
        paused_until: enrolment.paused_until,
        created,
        messages: serde_json::from_value(enrolment.messages)?,
        history: history
            .into_iter()
            .map(|change| Change {
                from: change.from_state,
                to: change.to_state,
                cause: change.cause,
                at: change.at,
            })
            .collect(),
        created_at: enrolment.created_at,
    })
}
