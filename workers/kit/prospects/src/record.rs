//! Applies engagement events: each once, in whatever order they come.

use crate::error::Error;
use crate::{Owner, Prospects};
use cadence::{Cause, Enrolment as Standing, State, Stop};
use chrono::{DateTime, NaiveDate, Utc};
use db::activities::{self, Activity, Who};
use db::enrolments::{self, Enrolment};
use db::{Tx, Uuid, suppressions, touches};
use proto::v1::{Engagement, EngagementKind, OutreachKind, ReplyIntent};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    Applied,
    /// It was recorded before.
    Duplicate,
    /// It is kept, but nobody is known by the address that it names.
    Nobody,
}

/// An event that can never be applied.
#[derive(Debug, thiserror::Error)]
pub enum BadEvent {
    #[error("client_id {0:?} is no client")]
    Client(String),
    #[error("kind {0} is unknown")]
    Kind(i32),
    #[error("intent {0} is unknown")]
    Intent(i32),
    #[error("outreach_kind {0} is unknown")]
    OutreachKind(i32),
    #[error("occurred_at {0:?} is no time: write it as 2026-11-21T09:00:00Z")]
    Time(String),
    #[error("away_until {0:?} is no date: write it as 2026-11-21")]
    Away(String),
    #[error("{0} is missing")]
    Missing(&'static str),
}

/// An event whose fields have been read.
struct Event {
    client: Uuid,
    kind: EngagementKind,
    intent: ReplyIntent,
    /// Name of the step's kind.
    outreach_kind: Option<&'static str>,
    at: DateTime<Utc>,
    away_until: Option<NaiveDate>,
}

/// Why an event was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error(transparent)]
    Bad(#[from] BadEvent),
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<db::Error> for RecordError {
    fn from(error: db::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Prospects {
    /// Records an event and does what follows from it, in one transaction.
    pub async fn record(&self, message: &Engagement) -> Result<Recorded, RecordError> {
        let event = Event::of(message)?;
        let mut tx = self.begin(Owner { client: event.client, user: None }).await?;
        let recorded = apply(&mut tx, message, &event).await?;
        tx.commit().await?;
        Ok(recorded)
    }
}

async fn apply(tx: &mut Tx, message: &Engagement, event: &Event) -> Result<Recorded, db::Error> {
    let mut message = message.clone();
    if message.step.is_none() && event.is_about_a_step(&message) {
        let (touch, kind) = (message.touch_id.parse().ok(), event.outreach_kind);
        let (name, key) = (&message.prospect_id, &message.address_key);
        let is_sending = event.kind == EngagementKind::Sent;
        let step = activities::step_of(tx, name, key, touch, kind, is_sending).await?;
        message.step = step.and_then(|step| u32::try_from(step).ok());
    }
    let message = &message;
    let mut activity = activity(message, event);
    if event.kind == EngagementKind::MeetingBooked && is_moved(tx, message).await? {
        // It only has another name and time now.
        activity.action = "meeting_moved".to_owned();
    }
    let recorded = activities::record_of(tx, &activity, &message.prospect_id, &message.address_key).await?;
    let lead = match recorded {
        None => return Ok(Recorded::Duplicate),
        Some(None) => {
            // Whoever comes to have that address later is left alone too.
            if let Some((reason, channel)) = event.suppression()
                && !message.address_key.is_empty()
            {
                suppressions::add(tx, "address", &message.address_key, channel, reason, &message.source)
                    .await?;
            }
            return Ok(Recorded::Nobody);
        }
        Some(Some(lead)) => lead,
    };
    // Most events only tell that something arrived.
    if event.has_consequences(message)
        && let Some(who) = activities::locked(tx, lead).await?
    {
        if event.answers(message) && !who.company_name.is_empty() {
            activities::lock_company(tx, &who.company_name).await?;
        }
        let enrolment = enrolments::newest(tx, lead).await?;
        follow(tx, message, event, &who, enrolment.as_ref(), &activity).await?;
    }
    Ok(Recorded::Applied)
}

/// Whether a booking is of a meeting that was booked before under another name, whichever of the two is heard of first.
async fn is_moved(tx: &mut Tx, message: &Engagement) -> Result<bool, db::Error> {
    let Engagement { meeting_id, replaces_meeting_id, .. } = message;
    if meeting_id.is_empty() {
        return Ok(false);
    }
    if !replaces_meeting_id.is_empty()
        && activities::move_meeting(tx, replaces_meeting_id, meeting_id).await?
    {
        return Ok(true);
    }
    activities::is_replaced(tx, meeting_id).await
}

/// What follows from an event for the prospect, its sequence, its company and the suppressions.
async fn follow(
    tx: &mut Tx,
    message: &Engagement,
    event: &Event,
    who: &Who,
    enrolment: Option<&Enrolment>,
    activity: &Activity,
) -> Result<(), db::Error> {
    if activity.action == "replied" && !message.machine {
        activities::replied(tx, who.id).await?;
    }
    if let Some(status) = event.status(message.machine) {
        activities::set_status(tx, who.id, status).await?;
    }
    if let Some((reason, channel)) = event.suppression() {
        let keys = [&who.email_key, &who.profile_key, &who.phone_key];
        for key in keys.into_iter().flatten() {
            suppressions::add(tx, "address", key, channel, reason, &message.source).await?;
        }
    }
    let Some(enrolment) = enrolment else { return Ok(()) };
    let Some(cause) = event.cause(message) else { return Ok(()) };
    if let Cause::Sent { step, .. } = cause {
        touches::sent_step(tx, enrolment.id, i16::from(step), event.at).await?;
    }
    let moved = advance(tx, enrolment, cause, &activity.action, Some(activity.id), event.at).await?;
    if who.by_mail && matches!(cause, Cause::Sent { step: 0, .. }) {
        accept(tx, enrolment.id, event.at).await?;
    }
    if moved && event.answers(message) && !who.company_name.is_empty() {
        for colleague in enrolments::of_company(tx, &who.company_name, who.id).await? {
            let stop = Cause::Stop(Stop::CompanyReplied);
            advance(tx, &colleague, stop, "company_replied", Some(activity.id), event.at).await?;
        }
    }
    Ok(())
}

/// A mail needs nobody to accept it: that it went out is enough for the next one.
pub(crate) async fn accept(tx: &mut Tx, enrolment: Uuid, at: DateTime<Utc>) -> Result<(), db::Error> {
    if let Some(enrolment) = enrolments::locked(tx, enrolment).await? {
        let accepted = Cause::Accepted { on: at.date_naive() };
        advance(tx, &enrolment, accepted, "sent by mail", None, at).await?;
    }
    Ok(())
}

/// Moves an enrolment, if the cause moves it; takes back what is planned when it stops.
pub(crate) async fn advance(
    tx: &mut Tx,
    enrolment: &Enrolment,
    cause: Cause,
    why: &str,
    activity: Option<Uuid>,
    at: DateTime<Utc>,
) -> Result<bool, db::Error> {
    let last_step = enrolment.messages.as_array().map_or(0, |messages| messages.len().saturating_sub(1));
    let Some(next) = standing(enrolment).after(cause, u8::try_from(last_step).unwrap_or(u8::MAX)) else {
        return Ok(false);
    };
    let stands = enrolments::Standing {
        state: next.state.name(),
        stop: next.stop.map(Stop::name),
        step: next.step.map(i16::from),
        since: next.since,
        paused_until: next.paused_until,
    };
    enrolments::stand(tx, enrolment, stands, why, activity, at).await?;
    if next.state == State::Stopped {
        touches::cancel_all(tx, enrolment.id, why).await?;
    }
    Ok(true)
}

fn standing(enrolment: &Enrolment) -> Standing {
    Standing {
        // What the table holds was written by these names.
        state: enrolment.state.parse().unwrap_or(State::Stopped),
        stop: enrolment.stop.as_deref().and_then(|stop| stop.parse().ok()),
        step: enrolment.step.and_then(|step| u8::try_from(step).ok()),
        since: enrolment.since,
        paused_until: enrolment.paused_until,
    }
}

fn activity(message: &Engagement, event: &Event) -> Activity {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Activity {
        id: Uuid::now_v7(),
        action: event.action().to_owned(),
        channel: message.channel.clone(),
        created_at: event.at,
        source: message.source.clone(),
        event_id: message.event_id.clone(),
        touch_id: message.touch_id.parse().ok(),
        step: message.step.and_then(|step| i16::try_from(step).ok()),
        variant: given(&message.variant),
        intent: event.intent_name().map(str::to_owned),
        machine: message.machine,
        machine_reason: given(&message.machine_reason),
        meeting_id: given(&message.meeting_id),
        replaces: given(&message.replaces_meeting_id),
        ..Activity::default()
    }
}

impl Event {
    fn of(message: &Engagement) -> Result<Self, BadEvent> {
        if message.event_id.is_empty() {
            return Err(BadEvent::Missing("event_id"));
        }
        if message.source.is_empty() {
            return Err(BadEvent::Missing("source"));
        }
        let kind = EngagementKind::try_from(message.kind).map_err(|_unknown| BadEvent::Kind(message.kind))?;
        if kind == EngagementKind::Unspecified {
            return Err(BadEvent::Kind(0));
        }
        let away = |text: &String| text.parse().map_err(|_source| BadEvent::Away(shortened(text)));
        Ok(Self {
            client: message
                .client_id
                .parse()
                .map_err(|_source| BadEvent::Client(shortened(&message.client_id)))?,
            kind,
            intent: ReplyIntent::try_from(message.intent)
                .map_err(|_unknown| BadEvent::Intent(message.intent))?,
            outreach_kind: outreach_kind(message.outreach_kind)?,
            at: DateTime::parse_from_rfc3339(&message.occurred_at)
                .map_err(|_source| BadEvent::Time(shortened(&message.occurred_at)))?
                .to_utc(),
            away_until: Some(&message.away_until).filter(|text| !text.is_empty()).map(away).transpose()?,
        })
    }

    /// Whether it is worth knowing which step it is about.
    fn is_about_a_step(&self, message: &Engagement) -> bool {
        self.kind == EngagementKind::Sent || self.outreach_kind.is_some() || !message.touch_id.is_empty()
    }

    /// Whether somebody has given an answer, so that colleagues are left alone.
    fn answers(&self, message: &Engagement) -> bool {
        matches!(
            self.cause(message),
            Some(Cause::Stop(
                Stop::Replied
                    | Stop::MeetingBooked
                    | Stop::NotInterested
                    | Stop::Unsubscribed
                    | Stop::Complained
            ))
        )
    }

    /// Whether anything but its own row comes of it.
    fn has_consequences(&self, message: &Engagement) -> bool {
        self.cause(message).is_some()
            || self.suppression().is_some()
            || self.status(message.machine).is_some()
            || self.kind == EngagementKind::Replied
    }

    /// What the event is called among activities.
    fn action(&self) -> &'static str {
        match self.kind {
            EngagementKind::Sent => "sent",
            EngagementKind::Delivered => "delivered",
            EngagementKind::Opened => "opened",
            EngagementKind::Clicked => "clicked",
            EngagementKind::Accepted => "accepted",
            EngagementKind::Replied => "replied",
            EngagementKind::MeetingBooked => "meeting_booked",
            EngagementKind::MeetingCancelled => "meeting_cancelled",
            EngagementKind::Bounced => "bounced",
            EngagementKind::SoftBounced => "soft_bounced",
            EngagementKind::Unsubscribed => "unsubscribed",
            EngagementKind::Complained => "complained",
            EngagementKind::NotInterested => "not_interested",
            EngagementKind::Failed => "failed",
            EngagementKind::NoResponse => "no_response",
            EngagementKind::Unspecified => "unknown",
        }
    }

    fn intent_name(&self) -> Option<&'static str> {
        Some(match self.intent {
            ReplyIntent::Unspecified => return None,
            ReplyIntent::Unsubscribe => "unsubscribe",
            ReplyIntent::OutOfOffice => "out_of_office",
            ReplyIntent::AutoReply => "auto_reply",
            ReplyIntent::NotInterested => "not_interested",
            ReplyIntent::WrongPerson => "wrong_person",
            ReplyIntent::Positive => "positive",
            ReplyIntent::Question => "question",
            ReplyIntent::Neutral => "neutral",
        })
    }

    /// Whether somebody asked for no more.
    fn leaves(&self) -> bool {
        self.kind == EngagementKind::Unsubscribed
            || self.kind == EngagementKind::Replied && self.intent == ReplyIntent::Unsubscribe
    }

    /// What moves or stops the sequence. Machines stop nobody, except that who is away is left alone until then.
    fn cause(&self, message: &Engagement) -> Option<Cause> {
        let on = self.at.date_naive();
        let away = self.away_until.map(|until| Cause::Away { until });
        if self.leaves() {
            return Some(Cause::Stop(Stop::Unsubscribed));
        }
        match self.kind {
            EngagementKind::Sent => {
                let step = message.step.and_then(|step| u8::try_from(step).ok())?;
                Some(Cause::Sent { step, on })
            }
            EngagementKind::Accepted => Some(Cause::Accepted { on }),
            EngagementKind::Replied if message.machine || self.intent == ReplyIntent::OutOfOffice => away,
            EngagementKind::Replied if self.intent == ReplyIntent::AutoReply => None,
            EngagementKind::Replied if self.intent == ReplyIntent::NotInterested => {
                Some(Cause::Stop(Stop::NotInterested))
            }
            EngagementKind::Replied => Some(Cause::Stop(Stop::Replied)),
            EngagementKind::MeetingBooked => Some(Cause::Stop(Stop::MeetingBooked)),
            EngagementKind::Bounced => Some(Cause::Stop(Stop::Bounced)),
            EngagementKind::Complained => Some(Cause::Stop(Stop::Complained)),
            EngagementKind::NotInterested => Some(Cause::Stop(Stop::NotInterested)),
            _ => away,
        }
    }

    /// The reason and channel of a suppression that the event asks for.
    fn suppression(&self) -> Option<(&'static str, &'static str)> {
        if self.leaves() {
            return Some(("unsubscribed", ""));
        }
        match self.kind {
            EngagementKind::Complained => Some(("complained", "")),
            EngagementKind::Bounced => Some(("bounced", "email")),
            _ => None,
        }
    }

    fn status(&self, machine: bool) -> Option<&'static str> {
        match self.kind {
            _ if self.leaves() => Some("unsubscribed"),
            EngagementKind::MeetingBooked => Some("converted"),
            EngagementKind::Complained => Some("unsubscribed"),
            EngagementKind::NotInterested => Some("not_interested"),
            EngagementKind::Replied if self.intent == ReplyIntent::NotInterested => Some("not_interested"),
            EngagementKind::Replied
                if !machine && !matches!(self.intent, ReplyIntent::OutOfOffice | ReplyIntent::AutoReply) =>
            {
                Some("replied")
            }
            _ => None,
        }
    }
}

fn outreach_kind(kind: i32) -> Result<Option<&'static str>, BadEvent> {
    Ok(Some(match OutreachKind::try_from(kind).map_err(|_unknown| BadEvent::OutreachKind(kind))? {
        OutreachKind::Unspecified => return Ok(None),
        OutreachKind::ConnectionRequest => "connection_request",
        OutreachKind::InitialDm => "initial_dm",
        OutreachKind::Followup1 => "followup_1",
        OutreachKind::Followup2 => "followup_2",
        OutreachKind::Followup3 => "followup_3",
        OutreachKind::ValueShare => "value_share",
    }))
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
