//! The backup file of a run, as text: one JSON array with one record a line, so that it is written and read by the line.

use chrono::{DateTime, Utc};
use proto::v1::{Assignment, ScoreSummary, Segment, Template};
use proto::{JsonError, Message, Name};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Raised when older programs could not read what newer ones write.
pub const VERSION: u32 = 1;

pub const OPEN: &str = "[\n";
pub const NEXT: &str = ",\n";
pub const CLOSE: &str = "\n]\n";

/// A record; in the file they stand in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    Head(Head),
    Summary(ScoreSummary),
    Segment(Segment),
    Template(Template),
    Assignment(Assignment),
    End(End),
}

/// Whose run it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub version: u32,
    pub run_id: String,
    pub client_id: String,
    pub generation: u32,
    pub saved_at: DateTime<Utc>,
}

/// What must have come before: without it the file was cut.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub segments: u64,
    pub templates: u64,
    pub assignments: u64,
}

/// Why a text is no record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not a line of a backup")]
    Line(#[from] serde_json::Error),
    #[error(transparent)]
    Message(#[from] JsonError),
    #[error("the backup has version {0}, this program reads {VERSION}")]
    Version(u32),
}

/// How a record stands in its line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Backup(Head),
    Summary(Value),
    Segment(Value),
    Template(Value),
    Assignment(Value),
    End(End),
}

/// The record as one line, without the comma or the line break after it.
pub fn write(record: &Record) -> Result<String, Error> {
    let line = match record {
        Record::Head(head) => Line::Backup(head.clone()),
        Record::Summary(message) => Line::Summary(json(message)?),
        Record::Segment(message) => Line::Segment(json(message)?),
        Record::Template(message) => Line::Template(json(message)?),
        Record::Assignment(message) => Line::Assignment(json(message)?),
        Record::End(end) => Line::End(*end),
    };
    Ok(serde_json::to_string(&line)?)
}

/// Reads a line of the file; none for the brackets around the records.
pub fn read(line: &str) -> Result<Option<Record>, Error> {
    let text = line.trim();
    let text = text.strip_suffix(',').unwrap_or(text);
    if matches!(text, "" | "[" | "]") {
        return Ok(None);
    }
    Ok(Some(match serde_json::from_str(text)? {
        Line::Backup(head) if head.version != VERSION => return Err(Error::Version(head.version)),
        Line::Backup(head) => Record::Head(head),
        Line::Summary(json) => Record::Summary(message(&json)?),
        Line::Segment(json) => Record::Segment(message(&json)?),
        Line::Template(json) => Record::Template(message(&json)?),
        Line::Assignment(json) => Record::Assignment(message(&json)?),
        Line::End(end) => Record::End(end),
    }))
}

/// What the file of a run is called (PT-161).
pub fn file_name(saved_at: DateTime<Utc>) -> String {
    format!("segments-backup-{}.json", saved_at.format("%Y%m%dT%H%M%SZ"))
}

fn json<M: Message + Name>(message: &M) -> Result<Value, JsonError> {
    proto::to_json(&M::full_name(), &message.encode_to_vec())
}

fn message<M: Message + Name + Default>(json: &Value) -> Result<M, JsonError> {
    proto::from_json(json.to_string().as_bytes())
}

#[cfg(test)]
mod tests;
