//! What became of a touch, told by whoever sent it.

use crate::app::App;
use crate::caller::Caller;
use crate::input::Json;
use crate::problem::{Kind, Problem};
use crate::{clock, events};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use cadence::Intent;
use chrono::{DateTime, SecondsFormat, Utc};
use db::activities;
use prospects::Words;
use proto::v1::{Engagement, EngagementKind, OutreachKind, ReplyIntent};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// Events of callers of the API are told apart by their ids within this.
const SOURCE: &str = "api";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "user123", "prospect_id": "prospect_1", "outreach_type": "followup_1",
    "engagement_status": "replied", "occurred_at": "2025-11-11T09:30:00Z", "text": "Works for me, Tuesday?"}))]
pub(crate) struct TrackEngagement {
    #[schema(min_length = 1, max_length = 64)]
    user_id: String,
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    prospect_id: String,
    outreach_type: Option<OutreachType>,
    engagement_status: EngagementStatus,
    /// When it happened; now, if it is not said.
    occurred_at: Option<DateTime<Utc>>,
    #[schema(max_length = 64)]
    variant: Option<String>,
    /// 0 is the connection request.
    #[schema(minimum = 0, maximum = 20)]
    step: Option<u32>,
    channel: Option<Channel>,
    touch_id: Option<Uuid>,
    /// The same id again is the same event. Without it the Idempotency-Key counts, without that the
    /// prospect, type, status, step, touch, variant, meaning of the text and time; without a time the day.
    #[schema(pattern = "^[!-~]{1,200}$")]
    event_id: Option<String>,
    /// What the prospect wrote: it is read for its meaning and not kept.
    #[schema(max_length = 10000)]
    text: Option<String>,
    /// Of what was sent: what is in it is counted, and it is not kept.
    #[schema(max_length = 500)]
    subject: Option<String>,
    /// As the subject.
    #[schema(max_length = 10000)]
    body: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OutreachType {
    ConnectionRequest,
    InitialDm,
    #[serde(rename = "followup_1")]
    Followup1,
    #[serde(rename = "followup_2")]
    Followup2,
    #[serde(rename = "followup_3")]
    Followup3,
    ValueShare,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EngagementStatus {
    NotSent,
    Sent,
    Delivered,
    Opened,
    Clicked,
    /// The connection request was accepted.
    Accepted,
    Replied,
    MeetingBooked,
    NotInterested,
    NoResponse,
    Bounced,
    Unsubscribed,
    Complained,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Channel {
    Email,
    Linkedin,
    Sms,
    Voice,
    Meeting,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Tracked {
    #[schema(example = true)]
    accepted: bool,
    event_id: String,
    /// Whether the event was recorded already: then nothing changes.
    duplicate: bool,
}

/// Tells what became of a touch
///
/// It is accepted when the broker has stored it, and applied right after.
#[utoipa::path(
    post, path = "/api/outreach/track-engagement", tag = "outreach", request_body = TrackEngagement,
    responses((status = ACCEPTED, body = Tracked))
)]
pub(crate) async fn track_engagement(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Json(told): Json<TrackEngagement>,
) -> Result<(StatusCode, axum::Json<Tracked>), Problem> {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let mut event = told.event(caller.client, key, clock::now());

    let event_id = event.event_id.clone();
    let mut tx = app.db.begin(caller.client).await?;
    let named = activities::named(&mut tx, &told.user_id, &told.prospect_id, SOURCE, &event_id).await?;
    tx.commit().await?;
    if !named.user {
        return Err(Problem::new(Kind::UnknownUser, "no user is known by this user_id"));
    }
    if !named.prospect {
        return Err(Problem::new(Kind::NotFound, "no prospect is known by this prospect_id"));
    }
    let duplicate = named.recorded;
    if !duplicate {
        if let Some(words) = told.words() {
            let (client, name) = (caller.client, &told.prospect_id);
            event.content_features = app.prospects.count_words(client, name, &[], &words).await?;
        }
        events::publish(&app, caller.client, event).await?;
    }
    let tracked = Tracked { accepted: true, event_id, duplicate };
    Ok((StatusCode::ACCEPTED, axum::Json(tracked)))
}

impl TrackEngagement {
    fn event(&self, client: Uuid, idempotency_key: Option<&str>, now: DateTime<Utc>) -> Engagement {
        let occurred_at = self.occurred_at.unwrap_or(now);
        let text =
            self.text.as_deref().filter(|_| matches!(self.engagement_status, EngagementStatus::Replied));
        let intent = text.map(cadence::intent);
        let away = text.filter(|_| intent == Some(Intent::OutOfOffice));
        let machine = intent.is_some_and(|intent| !intent.is_human());
        Engagement {
            event_id: self.event_id(idempotency_key, now),
            client_id: client.to_string(),
            source: SOURCE.to_owned(),
            prospect_id: self.prospect_id.clone(),
            kind: self.engagement_status.kind().into(),
            occurred_at: occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            touch_id: self.touch_id.map(|id| id.to_string()).unwrap_or_default(),
            step: self.step,
            outreach_kind: self.outreach_type.map_or(OutreachKind::Unspecified, OutreachType::kind).into(),
            variant: self.variant.clone().unwrap_or_default(),
            channel: self.channel.map(Channel::name).unwrap_or_default().to_owned(),
            machine,
            machine_reason: if machine { "automatic reply".to_owned() } else { String::new() },
            intent: intent.map_or(ReplyIntent::Unspecified, events::meaning).into(),
            away_until: away
                .map(|text| cadence::back_on(text, occurred_at.date_naive()).to_string())
                .unwrap_or_default(),
            ..Engagement::default()
        }
    }

    /// Of what was sent.
    fn words(&self) -> Option<Words> {
        let is_sent = matches!(self.engagement_status, EngagementStatus::Sent);
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        Words::of(&said(&self.subject), &said(&self.body)).filter(|_| is_sent)
    }

    /// The id that was given, else what makes the event itself.
    fn event_id(&self, idempotency_key: Option<&str>, now: DateTime<Utc>) -> String {
        if let Some(id) = &self.event_id {
            return id.clone();
        }
        let when = self.occurred_at.map_or_else(|| now.date_naive().to_string(), |at| at.to_rfc3339());
        let facts = match idempotency_key {
            Some(key) => format!("key\0{key}"),
            // An answer that means something else is another one.
            None => format!(
                "{}\0{:?}\0{:?}\0{when}\0{:?}\0{:?}\0{:?}\0{:?}",
                self.prospect_id,
                self.outreach_type,
                self.engagement_status,
                self.step,
                self.touch_id,
                self.variant,
                self.text.as_deref().map(cadence::intent),
            ),
        };
        events::hex(&Sha256::digest(facts)[..16])
    }
}

impl EngagementStatus {
    fn kind(self) -> EngagementKind {
        match self {
            Self::NotSent => EngagementKind::Failed,
            Self::Sent => EngagementKind::Sent,
            Self::Delivered => EngagementKind::Delivered,
            Self::Opened => EngagementKind::Opened,
            Self::Clicked => EngagementKind::Clicked,
            Self::Accepted => EngagementKind::Accepted,
            Self::Replied => EngagementKind::Replied,
            Self::MeetingBooked => EngagementKind::MeetingBooked,
            Self::NotInterested => EngagementKind::NotInterested,
            Self::NoResponse => EngagementKind::NoResponse,
            Self::Bounced => EngagementKind::Bounced,
            Self::Unsubscribed => EngagementKind::Unsubscribed,
            Self::Complained => EngagementKind::Complained,
        }
    }
}

impl OutreachType {
    fn kind(self) -> OutreachKind {
        match self {
            Self::ConnectionRequest => OutreachKind::ConnectionRequest,
            Self::InitialDm => OutreachKind::InitialDm,
            Self::Followup1 => OutreachKind::Followup1,
            Self::Followup2 => OutreachKind::Followup2,
            Self::Followup3 => OutreachKind::Followup3,
            Self::ValueShare => OutreachKind::ValueShare,
        }
    }
}

impl Channel {
    fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Linkedin => "linkedin",
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Meeting => "meeting",
        }
    }
}
