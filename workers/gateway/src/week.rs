//! The touches of a week as files: a calendar (RFC 5545) and a table (RFC 4180).

use chrono::{DateTime, Utc};
use prospects::PlannedTouch;

/// Octets of a line of a calendar.
const LINE: usize = 75;

/// A calendar with an entry for each touch.
pub(crate) fn calendar(touches: &[PlannedTouch], now: DateTime<Utc>) -> String {
    let mut text = String::new();
    let mut line = |line: &str| fold(&mut text, line);
    line("BEGIN:VCALENDAR");
    line("VERSION:2.0");
    line("PRODID:-//leadfleet//outreach//EN");
    for touch in touches {
        line("BEGIN:VEVENT");
        line(&format!("UID:{}@leadfleet", touch.touch_id));
        line(&format!("DTSTAMP:{}", stamp(now)));
        line(&format!("DTSTART:{}", stamp(touch.due_at)));
        line("DURATION:PT15M");
        line(&format!("SUMMARY:{}", escaped(&format!("{} to {}", touch.kind, touch.prospect_id))));
        let about = format!(
            "{} by {}, variant {}; {} at the recipient's; {}",
            touch.segment,
            touch.channel,
            touch.variant,
            touch.time.format("%H:%M"),
            touch.state
        );
        line(&format!("DESCRIPTION:{}", escaped(&about)));
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    text
}

fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// Adds a line, broken where it is longer than a calendar allows, never within a character.
fn fold(text: &mut String, line: &str) {
    let mut room = LINE;
    for character in line.chars() {
        if character.len_utf8() > room {
            text.push_str("\r\n ");
            room = LINE - 1;
        }
        room -= character.len_utf8();
        text.push(character);
    }
    text.push_str("\r\n");
}

/// A table with a row for each touch.
pub(crate) fn table(touches: &[PlannedTouch]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record([
        "touch_id",
        "prospect_id",
        "segment",
        "type",
        "step",
        "variant",
        "channel",
        "date",
        "time",
        "due_at",
        "late",
        "state",
    ])?;
    for touch in touches {
        let row = [
            touch.touch_id.to_string(),
            touch.prospect_id.clone(),
            touch.segment.clone(),
            touch.kind.clone(),
            touch.step.to_string(),
            touch.variant.clone(),
            touch.channel.clone(),
            touch.date.to_string(),
            touch.time.to_string(),
            touch.due_at.to_rfc3339(),
            touch.late.to_string(),
            touch.state.clone(),
        ];
        table.write_record(row.map(harmless))?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

/// A spreadsheet takes what begins so for a formula.
fn harmless(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(prospect: &str) -> PlannedTouch {
        PlannedTouch {
            touch_id: db::Uuid::from_u128(7),
            prospect_id: prospect.to_owned(),
            segment: "referral_network".to_owned(),
            kind: "connection_request".to_owned(),
            step: 0,
            variant: "referral_network.connection_request.a".to_owned(),
            channel: "linkedin".to_owned(),
            date: "2025-11-11".parse().unwrap(),
            time: "09:30:00".parse().unwrap(),
            due_at: "2025-11-11T16:30:00Z".parse().unwrap(),
            late: false,
            state: "planned".to_owned(),
        }
    }

    #[test]
    fn a_calendar_has_an_entry_for_each_touch() {
        let text = calendar(&[touch("jane"), touch("joe")], "2025-11-10T08:00:00Z".parse().unwrap());
        assert_eq!(text.matches("BEGIN:VEVENT\r\n").count(), 2);
        assert!(
            text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && text.ends_with("END:VCALENDAR\r\n")
        );
        assert!(text.contains("DTSTART:20251111T163000Z\r\nDURATION:PT15M\r\n"));
        assert!(text.contains("SUMMARY:connection_request to jane\r\n"));
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains("DESCRIPTION:referral_network by linkedin\\, variant referral_network"));
    }

    #[test]
    fn no_line_of_a_calendar_is_too_long_or_breaks_a_character() {
        let mut text = String::new();
        fold(&mut text, &"é".repeat(100));
        assert!(text.split("\r\n").all(|line| line.len() <= LINE), "{text}");
        assert_eq!(text.replace("\r\n ", ""), format!("{}\r\n", "é".repeat(100)));
    }

    #[test]
    fn a_table_has_a_row_for_each_touch_and_no_formulas() {
        let text = String::from_utf8(table(&[touch("jane"), touch("-1+cmd")]).unwrap()).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(lines[0].starts_with("touch_id,prospect_id,segment,type,step,"));
        assert_eq!(lines.len(), 4);
        assert!(lines[2].contains(",'-1+cmd,referral_network,"), "{}", lines[2]);
    }
}
