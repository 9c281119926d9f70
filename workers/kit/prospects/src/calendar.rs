//! The touches of a week in the forms that calendars and spreadsheets read.

use crate::error::Error;
use crate::{Owner, PlannedTouch, Prospects};
use cells::guarded;
use chrono::{DateTime, FixedOffset, Offset as _, TimeDelta, Utc};
use db::leads::{self, Lead};
use icalendar::{Calendar, Component as _, Event, EventLike as _, Property};
use std::collections::HashMap;

/// How long a touch blocks a calendar: long enough to be seen.
const LENGTH: TimeDelta = TimeDelta::minutes(15);
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
pub struct Recipient {
    pub name: String,
    pub title: String,
    pub company: String,
    pub email: String,
    pub linkedin_url: String,
}

/// By the ids of prospects.
pub type Recipients = HashMap<String, Recipient>;

impl Prospects {
    /// Whom touches are for; whoever was forgotten meanwhile is left out.
    pub async fn recipients(&self, owner: Owner<'_>, touches: &[PlannedTouch]) -> Result<Recipients, Error> {
        let names: Vec<String> = touches.iter().map(|touch| touch.prospect_id.clone()).collect();
        let mut tx = self.begin(owner).await?;
        let leads = leads::named(&mut tx, &names).await?;
        tx.rollback().await?;
        let recipient = |lead: Lead| {
            let Lead { prospect_id, name, title, company, email, linkedin_url, .. } = lead;
            (prospect_id, Recipient { name, title, company, email, linkedin_url })
        };
        Ok(leads.into_iter().map(recipient).collect())
    }
}

impl PlannedTouch {
    /// When it goes out, where the recipient is.
    pub fn there(&self) -> DateTime<FixedOffset> {
        let ahead = self.date.and_time(self.time) - self.due_at.naive_utc();
        let offset = i32::try_from(ahead.num_seconds()).ok().and_then(FixedOffset::east_opt);
        self.due_at.with_timezone(&offset.unwrap_or_else(|| Utc.fix()))
    }
}

/// Times are UTC: a calendar shows its owner when to send; the recipient's own time stands in the title.
pub fn as_calendar(touches: &[PlannedTouch], people: &Recipients, now: DateTime<Utc>) -> String {
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
    let there = touch.there();
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

pub fn as_spreadsheet(touches: &[PlannedTouch], people: &Recipients) -> Result<String, csv::Error> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    csv.write_record(COLUMNS)?;
    for touch in touches {
        let Recipient { name, title, company, email, linkedin_url } =
            people.get(&touch.prospect_id).cloned().unwrap_or_default();
        let row = [
            touch.touch_id.to_string(),
            touch.date.to_string(),
            touch.time.format("%H:%M").to_string(),
            format!("UTC{}", touch.there().offset()),
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
    let bytes = csv.into_inner().map_err(csv::IntoInnerError::into_error)?;
    // Its cells are texts.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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
        let text = as_calendar(&[touch()], &people("Jane Roe", "Oak Hill"), at).replace("\r\n ", "");
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
        let text = as_calendar(&[touch()], &people, touch().due_at).replace("\r\n ", "");
        assert!(text.contains("to Jane ATTENDEE:mailto:x@y.example X:1 ("), "{text}");
    }

    #[test]
    fn no_line_is_too_long_or_breaks_a_character() {
        let name = "é".repeat(200);
        let text = as_calendar(&[touch()], &people(&name, ""), touch().due_at);
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert!(text.replace("\r\n ", "").contains(&name), "{text}");
    }

    #[test]
    fn whoever_is_not_known_is_named_by_id() {
        let text = as_calendar(&[touch()], &Recipients::new(), touch().due_at);
        assert!(text.contains("SUMMARY:Connection request to prospect_1 ("), "{text}");
    }

    #[test]
    fn no_cell_is_a_formula() {
        let table = as_spreadsheet(&[touch()], &people("=cmd()", "\u{ff0b}1")).unwrap();
        assert!(table.contains(",'=cmd(),,'\u{ff0b}1,"), "{table}");
        assert!(table.contains(",2026-11-23,09:00,UTC-07:00,2026-11-23T16:00:00+00:00,"), "{table}");
    }
}
