//! One engagement as a tool reports it, before it is known whose it is.

use crate::signature::hex_of;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use proto::v1::EngagementKind;
use ring::digest;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The same thing delivered again has the same id. Where the tool gives none it is a hash over the address and
    /// the time among others: who stores it should key it first.
    pub event_id: String,
    pub kind: EngagementKind,
    pub occurred_at: DateTime<Utc>,
    /// As the sender put it on the message; from `HubSpot` `hubspot_` and its own number of the contact.
    pub prospect_id: Option<String>,
    pub touch_id: Option<String>,
    /// Lower case.
    pub email: Option<String>,
    pub phone: Option<String>,
    /// 0 is the connection request, 1 the first message.
    pub step: Option<u32>,
    pub variant: Option<String>,
    /// email, linkedin, sms, voice or meeting.
    pub channel: &'static str,
    /// Why a machine did it, if one did.
    pub machine: Option<&'static str>,
    pub intent: Option<cadence::Intent>,
    pub away_until: Option<NaiveDate>,
    pub meeting_id: Option<String>,
    pub replaces_meeting_id: Option<String>,
    /// Of what was sent, where the tool tells it.
    pub subject: Option<String>,
    pub body: Option<String>,
}

/// Images that a mail program fetched before anybody looked.
pub(crate) const PREFETCH: &str = "prefetch";
/// The tool calls it a bot.
pub(crate) const BOT: &str = "bot";
/// Clicked sooner than anybody reads.
pub(crate) const TOO_FAST: &str = "too_fast";
pub(crate) const AUTO_REPLY: &str = "auto_reply";
pub(crate) const OUT_OF_OFFICE: &str = "out_of_office";

/// Scanners follow links within this time.
const SCAN: TimeDelta = TimeDelta::seconds(2);

/// Why a click is a machine's, by the time since the message arrived or left.
pub(crate) fn scanned(since: Option<DateTime<Utc>>, clicked: DateTime<Utc>) -> Option<&'static str> {
    (TimeDelta::zero()..=SCAN).contains(&(clicked - since?)).then_some(TOO_FAST)
}

impl Event {
    pub(crate) fn new(event_id: String, kind: EngagementKind, occurred_at: DateTime<Utc>) -> Self {
        let meeting = matches!(kind, EngagementKind::MeetingBooked | EngagementKind::MeetingCancelled);
        Self {
            event_id,
            kind,
            occurred_at,
            prospect_id: None,
            touch_id: None,
            email: None,
            phone: None,
            step: None,
            variant: None,
            channel: if meeting { "meeting" } else { "email" },
            machine: None,
            intent: None,
            away_until: None,
            meeting_id: None,
            replaces_meeting_id: None,
            subject: None,
            body: None,
        }
    }

    /// With what was sent, if it was: other events repeat it.
    pub(crate) fn saying_what_went_out(self, subject: Option<&str>, body: Option<&str>) -> Self {
        if self.kind != EngagementKind::Sent {
            return self;
        }
        Self { subject: subject.map(str::to_owned), body: body.map(str::to_owned), ..self }
    }

    /// With what the sender put on the message: its own ids, and its own count of steps.
    pub(crate) fn tagged(self, tag: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            prospect_id: tag("prospect_id").or(self.prospect_id),
            touch_id: tag("touch_id").or(self.touch_id),
            step: tag("step").and_then(|step| step.parse().ok()).or(self.step),
            variant: tag("variant").or(self.variant),
            ..self
        }
    }
}

/// An id of the parts that tell one event from another.
pub(crate) fn joined(parts: &[&str]) -> String {
    let id = parts.join(":");
    // It becomes part of keys and logs: whatever is long or odd is hashed.
    let plain = |byte: u8| byte.is_ascii_graphic();
    if id.len() <= 200 && id.bytes().all(plain) { id } else { hashed(parts) }
}

/// An id for what the tool gives none.
pub(crate) fn hashed(parts: &[&str]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        // The length keeps ["ab", "c"] apart from ["a", "bc"].
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex_of(&context.finish().as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_parts_apart() {
        assert_eq!(joined(&["st-1", "EMAIL_REPLY"]), "st-1:EMAIL_REPLY");
        assert_ne!(hashed(&["ab", "c"]), hashed(&["a", "bc"]));
        assert_eq!(joined(&["a\nb"]), hashed(&["a\nb"]));
        assert_eq!(joined(&[&"x".repeat(201)]).len(), 32);
    }

    #[test]
    fn only_a_click_right_after_the_delivery_is_a_scanner() {
        let at = |seconds: i64| DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap();
        assert_eq!(scanned(Some(at(0)), at(2)), Some(TOO_FAST));
        assert_eq!(scanned(Some(at(0)), at(3)), None);
        assert_eq!(scanned(Some(at(0)), at(-1)), None);
        assert_eq!(scanned(None, at(0)), None);
    }
}
