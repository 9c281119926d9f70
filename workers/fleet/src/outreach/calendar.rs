//! The touches of a week in the forms that calendars and spreadsheets read.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use icalendar::{Calendar, Component as _, Event, EventLike as _, Property};
use prospects::PlannedTouch;

use super::week::local;

/// How long a touch blocks a calendar: long enough to be seen.
const LENGTH: TimeDelta = TimeDelta::minutes(15);
/// What makes a spreadsheet program compute a cell, also in the wide letters of East Asian keyboards.
const SIGNS: [char; 12] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\t', '\r', '\n', '\0'];

const COLUMNS: [&str; 18] = [
    "touch_id",
    "date",
    "time",
    "utc_offset",
    "due_at",
    "type",
    "step",
    "channel",
    "state",
    "prospect_id",
    "name",
    "title",
    "company",
    "email",
    "linkedin_url",
    "segment",
    "variant",
    "late",
];

/// Whom a touch is for.
#[derive(Debug, Clone, Default)]
pub(super) struct Recipient {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) company: String,
    pub(super) email: String,
    pub(super) linkedin_url: String,
}

/// By the ids of prospects.
pub(super) type Recipients = HashMap<String, Recipient>;

/// Times are UTC: a calendar shows its owner when to send; the recipient's own time stands in the title.
pub(super) fn ics(touches: &[PlannedTouch], people: &Recipients, now: DateTime<Utc>) -> String {
    let mut calendar = Calendar::empty();
    for (name, value) in
        [("VERSION", "2.0"), ("PRODID", "-//leadfleet//outreach//EN"), ("CALSCALE", "GREGORIAN")]
    {
        calendar.append_property(Property::new(name, value));
    }
    calendar.name("leadfleet outreach");
    for touch in touches {
        let recipient = people.get(&touch.prospect_id).cloned().unwrap_or_default();
        calendar.push(event(touch, &recipient, now));
    }
    calendar.to_string()
}

fn event(touch: &PlannedTouch, recipient: &Recipient, now: DateTime<Utc>) -> Event {
    let Recipient { name, company, email, linkedin_url, .. } = recipient;
    let who = if name.is_empty() { &touch.prospect_id } else { name };
    let at = if company.is_empty() { String::new() } else { format!(", {company}") };
    let there = local(touch);
    let summary = format!("{} to {who}{at} ({} there)", words(&touch.kind), there.format("%H:%M%:z"));
    let address = if touch.channel == "email" { email } else { linkedin_url };
    let description = [
        format!("{}: {} {address}", touch.prospect_id, touch.channel),
        format!("There: {}", there.format("%A %Y-%m-%d %H:%M %:z")),
        format!("{}, step {}, {}", touch.segment, touch.step, touch.variant),
    ];
    Event::with_uid(&format!("{}@leadfleet", touch.touch_id))
        .summary(&one_line(&summary))
        .description(&description.map(|line| one_line(&line)).join("\n"))
        .timestamp(now)
        .starts(touch.due_at)
        .ends(touch.due_at + LENGTH)
        .done()
}

/// `connection_request` as people write it.
fn words(kind: &str) -> String {
    let text = kind.replace('_', " ").replace("followup", "follow-up").replace("dm", "message");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A line of a calendar ends nowhere but at its end, whatever somebody is called.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn csv(touches: &[PlannedTouch], people: &Recipients) -> anyhow::Result<String> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(COLUMNS)?;
    for touch in touches {
        let Recipient { name, title, company, email, linkedin_url } =
            people.get(&touch.prospect_id).cloned().unwrap_or_default();
        let row = [
            touch.touch_id.to_string(),
            touch.date.to_string(),
            touch.time.format("%H:%M").to_string(),
            format!("UTC{}", local(touch).offset()),
            touch.due_at.to_rfc3339(),
            touch.kind.clone(),
            touch.step.to_string(),
            touch.channel.clone(),
            touch.state.clone(),
            touch.prospect_id.clone(),
            name,
            title,
            company,
            email,
            linkedin_url,
            touch.segment.clone(),
            touch.variant.clone(),
            touch.late.to_string(),
        ];
        csv.write_record(row.map(|cell| guarded(&cell)))?;
    }
    Ok(String::from_utf8(csv.into_inner()?)?)
}

/// A cell that no spreadsheet program takes for a formula (X10).
fn guarded(text: &str) -> String {
    if text.starts_with(SIGNS) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch() -> PlannedTouch {
        PlannedTouch {
            touch_id: db::Uuid::from_u128(7),
            prospect_id: "prospect_1".to_owned(),
            segment: "referral_network".to_owned(),
            kind: "connection_request".to_owned(),
            step: 0,
            variant: "referral_network.connection_request.a".to_owned(),
            channel: "linkedin".to_owned(),
            date: "2026-11-23".parse().unwrap(),
            time: "09:00:00".parse().unwrap(),
            due_at: "2026-11-23T16:00:00Z".parse().unwrap(),
            late: false,
            state: "planned".to_owned(),
        }
    }

    fn people(name: &str, company: &str) -> Recipients {
        let recipient =
            Recipient { name: name.to_owned(), company: company.to_owned(), ..Recipient::default() };
        HashMap::from([("prospect_1".to_owned(), recipient)])
    }

    #[test]
    fn an_event_is_known_again_and_says_when_it_is_there() {
        let at = touch().due_at;
        let text = ics(&[touch()], &people("Jane Roe", "Oak Hill"), at).replace("\r\n ", "");
        for line in [
            "BEGIN:VCALENDAR\r\nVERSION:2.0",
            "\r\nUID:00000000-0000-0000-0000-000000000007@leadfleet\r\n",
            "\r\nDTSTART:20261123T160000Z\r\n",
            "\r\nSUMMARY:Connection request to Jane Roe\\, Oak Hill (09:00-07:00 there)\r\n",
            "There: Monday 2026-11-23 09:00 -07:00",
        ] {
            assert!(text.contains(line), "{line:?} is not in {text}");
        }
    }

    #[test]
    fn a_name_cannot_begin_a_line_of_its_own() {
        let people = people("Jane\r\nATTENDEE:mailto:x@y.example\rX:1", "");
        let text = ics(&[touch()], &people, touch().due_at).replace("\r\n ", "");
        assert!(text.contains("to Jane ATTENDEE:mailto:x@y.example X:1 ("), "{text}");
    }

    #[test]
    fn no_cell_is_a_formula() {
        let table = csv(&[touch()], &people("=cmd()", "\u{ff0b}1")).unwrap();
        assert!(table.contains(",'=cmd(),,'\u{ff0b}1,"), "{table}");
        assert!(table.contains(",2026-11-23,09:00,UTC-07:00,2026-11-23T16:00:00+00:00,"), "{table}");
    }
}
