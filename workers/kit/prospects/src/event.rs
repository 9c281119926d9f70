//! An engagement event as it is read: what it is called, what it stops, whom it suppresses.

use cadence::{Cause, LONGEST_AWAY, Stop};
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use db::Uuid;
use patterns::content::Features;
use proto::v1::{Engagement, EngagementKind, OutreachKind, ReplyIntent};

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
    #[error("content_features are none")]
    Features,
}

/// An event whose fields have been read.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub(crate) client: Uuid,
    pub(crate) kind: EngagementKind,
    pub(crate) intent: ReplyIntent,
    /// Name of the step's kind.
    pub(crate) outreach_kind: Option<&'static str>,
    pub(crate) at: DateTime<Utc>,
    /// The date, in UTC until it is known where the prospect is.
    pub(crate) on: NaiveDate,
    pub(crate) away_until: Option<NaiveDate>,
}

impl Event {
    pub(crate) fn of(message: &Engagement) -> Result<Self, BadEvent> {
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
        if !message.content_features.is_empty() {
            Features::read(&message.content_features).ok_or(BadEvent::Features)?;
        }
        let away = |text: &String| text.parse().map_err(|_source| BadEvent::Away(shortened(text)));
        let at = DateTime::parse_from_rfc3339(&message.occurred_at)
            .map_err(|_source| BadEvent::Time(shortened(&message.occurred_at)))?
            .to_utc();
        Ok(Self {
            client: message
                .client_id
                .parse()
                .map_err(|_source| BadEvent::Client(shortened(&message.client_id)))?,
            kind,
            intent: ReplyIntent::try_from(message.intent)
                .map_err(|_unknown| BadEvent::Intent(message.intent))?,
            outreach_kind: outreach_kind(message.outreach_kind)?,
            at,
            on: at.date_naive(),
            away_until: Some(&message.away_until)
                .filter(|text| !text.is_empty())
                .map(away)
                .transpose()?
                .map(|until| back(until, at.date_naive())),
        })
    }

    /// Whether it is worth knowing which step it is about.
    pub(crate) fn is_about_a_step(&self, message: &Engagement) -> bool {
        self.kind == EngagementKind::Sent || self.outreach_kind.is_some() || !message.touch_id.is_empty()
    }

    /// The answer that somebody has given, if any: then colleagues are left alone too.
    pub(crate) fn answer(&self, message: &Engagement) -> Option<Stop> {
        let Some(Cause::Stop(stop)) = self.cause(message) else { return None };
        let answers = matches!(
            stop,
            Stop::Replied | Stop::MeetingBooked | Stop::NotInterested | Stop::Unsubscribed | Stop::Complained
        );
        answers.then_some(stop)
    }

    /// The same event with its date where the prospect is: gaps are counted in the recipient's days.
    pub(crate) fn at_home(&self, zone: Tz) -> Self {
        Self { on: self.at.with_timezone(&zone).date_naive(), ..*self }
    }

    /// Whether anything but its own row comes of it, or may come of it once its step is known.
    pub(crate) fn has_consequences(&self, message: &Engagement) -> bool {
        self.kind == EngagementKind::Sent
            || self.cause(message).is_some()
            || self.suppression().is_some()
            || self.status(message.machine).is_some()
            || self.kind == EngagementKind::Replied
    }

    /// What the event is called among activities.
    pub(crate) fn action(&self) -> &'static str {
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

    pub(crate) fn intent_name(&self) -> Option<&'static str> {
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
    pub(crate) fn leaves(&self) -> bool {
        self.kind == EngagementKind::Unsubscribed
            || self.kind == EngagementKind::Replied && self.intent == ReplyIntent::Unsubscribe
    }

    /// What moves or stops the sequence. Machines stop nobody, except that who is away is left alone until then.
    pub(crate) fn cause(&self, message: &Engagement) -> Option<Cause> {
        let on = self.on;
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
    pub(crate) fn suppression(&self) -> Option<(&'static str, &'static str)> {
        if self.leaves() {
            return Some(("unsubscribed", ""));
        }
        match self.kind {
            EngagementKind::Complained => Some(("complained", "")),
            EngagementKind::Bounced => Some(("bounced", "email")),
            _ => None,
        }
    }

    pub(crate) fn status(&self, machine: bool) -> Option<&'static str> {
        match self.kind {
            _ if self.leaves() => Some("unsubscribed"),
            EngagementKind::MeetingBooked => Some("converted"),
            EngagementKind::Bounced => Some("bounced"),
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

/// Nobody is left alone for years because a tool says so.
fn back(until: NaiveDate, on: NaiveDate) -> NaiveDate {
    on.checked_add_days(Days::new(LONGEST_AWAY)).map_or(until, |last| until.min(last))
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_away_for_years() {
        let of = |away_until: &str| {
            let message = Engagement {
                event_id: "e".into(),
                source: "test".into(),
                client_id: Uuid::nil().to_string(),
                kind: EngagementKind::Replied.into(),
                occurred_at: "2026-11-21T09:00:00Z".into(),
                away_until: away_until.into(),
                ..Engagement::default()
            };
            Event::of(&message).unwrap().away_until.map(|until| until.to_string())
        };
        assert_eq!(of(""), None);
        assert_eq!(of("2026-12-01").as_deref(), Some("2026-12-01"));
        assert_eq!(of("9999-12-31").as_deref(), Some("2027-03-21"));
    }
}
