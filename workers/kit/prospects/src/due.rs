//! Touches that are due: handed to the tools that send them, each once, and acknowledged by them.

use crate::again::again;
use crate::choices::OutreachChannel;
use crate::content;
use crate::error::Error;
use crate::messages::Message;
use crate::record::{accept, advance};
use crate::week::PlannedTouch;
use crate::zone::zone;
use crate::{Owner, Prospects};
use cadence::{Cause, Kind, Stop, may_go_out};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use db::activities::{self, Activity};
use db::enrolments::{self, Enrolment};
use db::touches::{self, Touch};
use db::{Tx, Uuid, leads};
use proto::v1::TouchDue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a tool may have a touch without a word until it gets it again.
const LEASE: TimeDelta = TimeDelta::minutes(15);
/// How long until another tool gets it.
const LOST: TimeDelta = TimeDelta::days(1);
/// The cap on connection requests holds for any seven days.
const WEEK: TimeDelta = TimeDelta::days(7);

/// What a tool wants to send.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DueRequest {
    #[serde(default = "hundred")]
    #[schema(minimum = 1, maximum = 1000, default = 100)]
    pub limit: u32,
    /// Only touches of this channel; of all, if none is given.
    #[serde(default)]
    pub channel: Option<OutreachChannel>,
}

impl DueRequest {
    /// So many of all channels.
    pub fn up_to(limit: u32) -> Self {
        Self { limit, channel: None }
    }
}

fn hundred() -> u32 {
    100
}

/// A touch with what a tool needs to send it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DueTouch {
    #[serde(flatten)]
    pub touch: PlannedTouch,
    pub text: String,
    pub name: String,
    pub email: String,
    pub linkedin_url: String,
    pub phone: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AckStatus {
    Sent,
    Failed,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckRequest {
    pub status: AckStatus,
    /// When it went out; now, if it is not said.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
}

/// Touches that are due; to be announced before that is written down, so that none is forgotten.
#[derive(Debug)]
pub struct Ripe {
    tx: Tx,
    due: Vec<TouchDue>,
    looked_at: i64,
}

impl Ripe {
    pub fn due(&self) -> &[TouchDue] {
        &self.due
    }

    /// Writes down what was announced; how many touches were looked at.
    pub async fn commit(self) -> Result<i64, Error> {
        self.tx.commit().await?;
        Ok(self.looked_at)
    }
}

impl Prospects {
    /// The clients of which something is due.
    pub async fn clients_due(&self, now: DateTime<Utc>) -> Result<Vec<Uuid>, Error> {
        Ok(touches::clients_due(&self.db, now).await?)
    }

    /// Makes planned touches due whose time has come, and cancels those that must not go out any more.
    pub async fn ripen(&self, client: Uuid, now: DateTime<Utc>, limit: i64) -> Result<Ripe, Error> {
        again(|| self.try_ripen(client, now, limit)).await
    }

    async fn try_ripen(&self, client: Uuid, now: DateTime<Utc>, limit: i64) -> Result<Ripe, Error> {
        let mut tx = self.db.begin(client).await?;
        let mut due = Vec::new();
        let ripe = touches::ripe(&mut tx, now, limit).await?;
        let looked_at = ripe.len() as i64;
        for touch in ripe {
            match self.objection(&mut tx, &touch, now).await? {
                Some(reason) => {
                    touches::cancel(&mut tx, touch.id, &reason).await?;
                }
                // A tool may have taken it meanwhile.
                None if touches::make_due(&mut tx, touch.id).await? => {
                    due.push(TouchDue {
                        touch_id: touch.id.to_string(),
                        client_id: client.to_string(),
                        prospect_id: touch.prospect_id,
                        kind: touch.kind,
                        step: u32::try_from(touch.step).unwrap_or_default(),
                        variant: touch.variant,
                        channel: touch.channel,
                        due_at: touch.due_at.to_rfc3339(),
                    });
                }
                None => {}
            }
        }
        Ok(Ripe { tx, due, looked_at })
    }

    /// Shows what is due and has not gone out, the longest due first; nobody gets anything by it.
    pub async fn show_due(
        &self,
        owner: Owner<'_>,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Result<Vec<PlannedTouch>, Error> {
        let mut tx = self.begin(owner).await?;
        let due = touches::due(&mut tx, now, i64::from(limit)).await?;
        Ok(due.into_iter().map(PlannedTouch::of).collect())
    }

    /// Hands due touches to a tool. Whoever has answered, left or was suppressed since is left out.
    pub async fn take(
        &self,
        owner: Owner<'_>,
        tool: &str,
        request: DueRequest,
        now: DateTime<Utc>,
    ) -> Result<Vec<DueTouch>, Error> {
        again(|| self.try_take(owner, tool, request, now)).await
    }

    async fn try_take(
        &self,
        owner: Owner<'_>,
        tool: &str,
        request: DueRequest,
        now: DateTime<Utc>,
    ) -> Result<Vec<DueTouch>, Error> {
        let DueRequest { limit, channel } = request;
        let channel = channel.map(OutreachChannel::name);
        let mut tx = self.begin(owner).await?;
        let mut taken = Vec::new();
        let mut asked = touches::requests_out(&mut tx, now - WEEK).await?;
        let (lease, lost, limit) = (now - LEASE, now - LOST, i64::from(limit));
        for touch in touches::take(&mut tx, tool, now, lease, lost, limit, channel).await? {
            if let Some(reason) = self.objection(&mut tx, &touch, now).await? {
                touches::cancel(&mut tx, touch.id, &reason).await?;
                continue;
            }
            let (Some(enrolment), Some(lead)) = (
                enrolments::locked(&mut tx, touch.enrolment_id).await?,
                leads::named(&mut tx, std::slice::from_ref(&touch.prospect_id)).await?.pop(),
            ) else {
                continue;
            };
            let zone = zone(&lead.time_zone, &lead.state, &lead.country, self.zone);
            let in_time =
                Kind::named(&touch.kind).is_some_and(|kind| may_go_out(kind, now, zone, &self.calendar));
            let is_request = touch.kind == Kind::ConnectionRequest.name();
            if !in_time || is_request && asked >= self.weekly_cap {
                // It waits for the recipient's hours, or until fewer have been asked within a week: after an outage
                // of a tool two weeks may be due at once.
                touches::give_back(&mut tx, touch.id).await?;
                continue;
            }
            asked += u32::from(is_request);
            let messages: Vec<Message> = serde_json::from_value(enrolment.messages)?;
            let text = messages.into_iter().find(|message| i16::from(message.step) == touch.step);
            taken.push(DueTouch {
                touch: PlannedTouch::of(touch),
                text: text.map(|message| message.text).unwrap_or_default(),
                name: lead.name,
                email: lead.email,
                linkedin_url: lead.linkedin_url,
                phone: lead.phone,
            });
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Hears what became of a touch; the same word again changes nothing.
    pub async fn acknowledge(
        &self,
        owner: Owner<'_>,
        touch_id: Uuid,
        request: &AckRequest,
        now: DateTime<Utc>,
    ) -> Result<PlannedTouch, Error> {
        again(|| self.try_acknowledge(owner, touch_id, request, now)).await
    }

    async fn try_acknowledge(
        &self,
        owner: Owner<'_>,
        touch_id: Uuid,
        request: &AckRequest,
        now: DateTime<Utc>,
    ) -> Result<PlannedTouch, Error> {
        let mut tx = self.begin(owner).await?;
        let unknown = || Error::UnknownTouch(touch_id.to_string());
        // The prospect, then its sequence, then the touch, as everybody locks them.
        let whose = touches::whose(&mut tx, touch_id).await?.ok_or_else(unknown)?;
        let who = activities::locked(&mut tx, whose.lead_id).await?.ok_or_else(unknown)?;
        let enrolment = enrolments::locked(&mut tx, whose.enrolment_id).await?.ok_or_else(unknown)?;
        let touch = touches::locked(&mut tx, touch_id).await?.ok_or_else(unknown)?;
        let at = request.at.unwrap_or(now);
        match request.status {
            // The tool had given it up and sent it after all, and the step went out by another touch: it is known.
            AckStatus::Sent
                if touches::cancel_twins(&mut tx, &touch, "went out as another touch").await? => {}
            AckStatus::Sent => {
                // In the recipient's time; a tool that was late sent it on a later day.
                let local =
                    at.naive_utc() + (touch.local_date.and_time(touch.local_time) - touch.due_at.naive_utc());
                let on = local.date().max(touch.local_date);
                let activity = activity(&touch, &enrolment, at);
                if activities::record(&mut tx, &activity).await? {
                    content::keep(&mut tx, &activity, Some(&enrolment), &who, None).await?;
                }
                went_out(&mut tx, &touch, &enrolment, at, on).await?;
            }
            AckStatus::Failed => {
                touches::cancel(&mut tx, touch.id, "the tool could not send it").await?;
            }
        }
        let touch = touches::locked(&mut tx, touch_id).await?.ok_or_else(unknown)?;
        tx.commit().await?;
        Ok(PlannedTouch::of(touch))
    }

    /// Why a touch must not go out, as things stand inside this transaction.
    async fn objection(
        &self,
        tx: &mut Tx,
        touch: &Touch,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, Error> {
        let Some(enrolment) = enrolments::locked(tx, touch.enrolment_id).await? else {
            return Ok(Some("the sequence is gone".to_owned()));
        };
        if let Some(reason) = rests(&enrolment, touch) {
            return Ok(Some(reason));
        }
        let Some(lead) = leads::named(tx, std::slice::from_ref(&touch.prospect_id)).await?.pop() else {
            return Ok(Some("the prospect is gone".to_owned()));
        };
        if let Some(stop) = answered(&lead.status) {
            // The answer came before the sequence.
            advance(tx, &enrolment, Cause::Stop(stop), "answered", None, now).await?;
            return Ok(Some(format!("has answered: {}", lead.status)));
        }
        let company = std::slice::from_ref(&lead.company_name);
        if !enrolments::answered_companies(tx, company).await?.is_empty() {
            advance(tx, &enrolment, Cause::Stop(Stop::CompanyReplied), "company_replied", None, now).await?;
            return Ok(Some("somebody at the company has answered".to_owned()));
        }
        let Some(reason) = self.suppressed(tx, &lead).await? else { return Ok(None) };
        advance(tx, &enrolment, Cause::Stop(Stop::Suppressed), "suppressed", None, now).await?;
        Ok(Some(reason))
    }
}

/// Writes down that a touch went out on a day of the recipient, and moves its sequence on.
pub(crate) async fn went_out(
    tx: &mut Tx,
    touch: &Touch,
    enrolment: &Enrolment,
    at: DateTime<Utc>,
    on: NaiveDate,
) -> Result<(), db::Error> {
    touches::sent(tx, touch.id, at).await?;
    let step = u8::try_from(touch.step).unwrap_or_default();
    advance(tx, enrolment, Cause::Sent { step, on }, "sent", None, at).await?;
    if touch.channel == "email" && step == 0 {
        accept(tx, enrolment.id, at, on).await?;
    }
    Ok(())
}

/// What stops the sequence of somebody with that status.
fn answered(status: &str) -> Option<Stop> {
    Some(match status {
        "new" => return None,
        "not_interested" => Stop::NotInterested,
        "converted" => Stop::MeetingBooked,
        "unsubscribed" => Stop::Unsubscribed,
        _ => Stop::Replied,
    })
}

/// What the word of the tool is among activities.
fn activity(touch: &Touch, enrolment: &Enrolment, at: DateTime<Utc>) -> Activity {
    Activity {
        id: Uuid::now_v7(),
        lead_id: Some(touch.lead_id),
        action: "sent".to_owned(),
        channel: touch.channel.clone(),
        created_at: at,
        source: "due".to_owned(),
        event_id: touch.id.to_string(),
        enrolment_id: Some(enrolment.id),
        touch_id: Some(touch.id),
        kind: Some(touch.kind.clone()),
        step: Some(touch.step),
        variant: Some(touch.variant.clone()),
        segment: Some(enrolment.segment.clone()),
        sequence_type: Some(enrolment.sequence_type.clone()),
        ..Activity::default()
    }
}

fn rests(enrolment: &Enrolment, touch: &Touch) -> Option<String> {
    if let Some(stop) = &enrolment.stop {
        return Some(format!("stopped: {stop}"));
    }
    if enrolment.paused_until.is_some_and(|until| touch.local_date < until) {
        return Some("away".to_owned());
    }
    let next = enrolment.step.map_or(0, |step| step + 1);
    (touch.step != next).then(|| format!("step {} is not the next one", touch.step))
}
