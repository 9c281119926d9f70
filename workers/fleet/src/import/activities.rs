//! What happened to leads before: messages that went out, and what came back.

use std::collections::HashMap;

use ::prospects::{OutreachChannel, PastActivity, Words, bring_activities};
use chrono::{DateTime, Utc};
use db::Uuid;
use db::history::{LeadName, PastActivity as Happened};
use db::imports::Counts;

use super::Writer;
use super::columns::{Column, optional, required};
use super::prospects::short;
use super::row::{Row, shown};
use crate::exit::Failure;

pub(super) const COLUMNS: &[Column] = &[
    required("prospect_id", &["lead_id"]),
    required("action", &["activity", "activity_type"]),
    required("created_at", &["occurred_at", "timestamp"]),
    optional("channel", &[]),
    optional("source", &[]),
    optional("event_id", &["id"]),
    optional("subject", &[]),
    optional("body", &["text", "content"]),
    optional("intent", &[]),
    optional("meeting_id", &[]),
    optional("step", &["touch"]),
    optional("variant", &[]),
    optional("machine", &[]),
];

const ACTIONS: [&str; 15] = [
    "sent",
    "delivered",
    "opened",
    "clicked",
    "accepted",
    "replied",
    "meeting_booked",
    "meeting_cancelled",
    "bounced",
    "soft_bounced",
    "unsubscribed",
    "complained",
    "not_interested",
    "failed",
    "no_response",
];

/// The source document's names of touches, which say the channel.
const TOUCHES: [(&str, OutreachChannel); 4] = [
    ("email_sent", OutreachChannel::Email),
    ("sms_sent", OutreachChannel::Sms),
    ("linkedin_sent", OutreachChannel::Linkedin),
    ("voice_completed", OutreachChannel::Voice),
];

const INTENTS: [&str; 8] = [
    "unsubscribe",
    "out_of_office",
    "auto_reply",
    "not_interested",
    "wrong_person",
    "positive",
    "question",
    "neutral",
];

/// The leads that activities may be of, by their names.
pub(super) struct LeadIds(HashMap<String, Uuid>);

impl LeadIds {
    pub(super) fn new(leads: Vec<LeadName>) -> Self {
        Self(leads.into_iter().map(|lead| (lead.prospect_id, lead.id)).collect())
    }
}

/// None when something is wrong with it: then it is said.
pub(super) fn activity(row: &mut Row<'_>, leads: &LeadIds, now: DateTime<Utc>) -> Option<PastActivity> {
    let prospect_id = row.required("prospect_id");
    let lead_id = leads.0.get(&prospect_id).copied();
    if lead_id.is_none() && !prospect_id.is_empty() {
        row.wrong("prospect_id", format!("there is no lead {}", shown(&prospect_id)));
    }
    let (action, channel) = action(row)?;
    let intent = chosen(row, "intent", &INTENTS);
    row.required("created_at");
    let created_at = row.past("created_at", now);
    let step = row.whole("step").and_then(|step| i16::try_from(step).ok());
    let machine = row.flag("machine").unwrap_or_default();
    let words = words(row);
    let (lead_id, created_at) = (lead_id?, created_at?);
    let source = row.text("source").unwrap_or_else(|| "import".to_owned());
    let event_id = row.text("event_id").unwrap_or_else(|| {
        // The same row is the same event, in whichever file it comes.
        let column = |name| row.optional(name).unwrap_or_default();
        let told = [
            prospect_id.as_str(),
            &action,
            &channel,
            &created_at.to_rfc3339(),
            column("subject"),
            column("body"),
            column("meeting_id"),
        ];
        Uuid::new_v5(&Uuid::NAMESPACE_OID, told.join("\0").as_bytes()).to_string()
    });
    let words = words.filter(|_| action == "sent");
    let happened = Happened {
        id: Uuid::now_v7(),
        lead_id,
        action,
        channel,
        created_at,
        source,
        event_id,
        step,
        variant: row.text("variant"),
        intent,
        machine,
        meeting_id: row.text("meeting_id"),
        ..Happened::default()
    };
    Some(PastActivity { happened, words })
}

/// What happened, and on which channel.
fn action(row: &mut Row<'_>) -> Option<(String, String)> {
    let text = row.required("action").to_lowercase();
    if let Some((_, channel)) = TOUCHES.iter().find(|(name, _)| *name == text) {
        return Some(("sent".to_owned(), channel.name().to_owned()));
    }
    if !ACTIONS.contains(&text.as_str()) {
        let touches = TOUCHES.map(|(name, _)| name).join(", ");
        let problem = format!("{} is none of {}, {touches}", shown(&text), ACTIONS.join(", "));
        row.wrong("action", problem);
        return None;
    }
    let channel = chosen(row, "channel", &OutreachChannel::ALL.map(OutreachChannel::name));
    Some((text, channel.unwrap_or_default()))
}

fn chosen(row: &mut Row<'_>, column: &'static str, from: &[&str]) -> Option<String> {
    let text = row.text(column)?.to_lowercase();
    if !from.contains(&text.as_str()) {
        row.wrong(column, format!("{} is none of {}", shown(&text), from.join(", ")));
        return None;
    }
    Some(text)
}

/// The words of a message, if it came with any.
fn words(row: &mut Row<'_>) -> Option<Words> {
    let subject = short(row, "subject", Words::LONGEST_SUBJECT);
    let body = short(row, "body", Words::LONGEST_BODY);
    Words::of(&subject, &body)
}

pub(super) async fn write(rows: &[PastActivity], writer: &mut Writer<'_>) -> Result<Counts, Failure> {
    let inserted = bring_activities(writer.tx().await?, rows).await?;
    Ok(Counts { inserted, unchanged: rows.len() as u64 - inserted, ..Counts::default() })
}
