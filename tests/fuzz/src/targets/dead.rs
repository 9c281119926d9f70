//! What an operator brings along: letters of another broker, corrections, and which letters are meant.

use proto::Subject;
use proto::subject::Token;

use super::brief;

/// What can be filed is a dead letter of ours: a replay publishes where it says, and clears what it names.
pub(super) fn line(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    if let Err(error) = dead::Line::parse(&text) {
        brief(error);
        return false;
    }
    let line: dead::Line = serde_json::from_str(&text).expect("what was parsed is a line");
    let header =
        |name: &str| line.headers.get(name).and_then(|values| values.first()).map_or("", String::as_str);
    let tokens: Vec<&str> = line.subject.split('.').collect();
    assert!(
        tokens.len() == 5 && tokens.iter().all(|token| token.parse::<Token>().is_ok()),
        "{}",
        line.subject
    );
    let origin = header("Dl-Subject");
    assert!(Subject::carries(origin), "would be replayed to {origin:?}");
    for tombstone in header("Dl-Tombstones").split_whitespace() {
        let part = matches!(tombstone.parse(), Ok(Subject::Part { .. }));
        assert!(part, "would clear {tombstone:?}");
    }
    let written = serde_json::to_string(&line).expect("a line is JSON");
    dead::Line::parse(&written).expect("what was written is read");
    true
}

/// A schema in the first line, and JSON after it: what is taken is what is shown of it.
pub(super) fn edit(input: &[u8]) -> bool {
    let (schema, json) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
    let schema = String::from_utf8_lossy(schema);
    let correction = match dead::correction(&schema, json) {
        Ok(correction) => correction,
        Err(error) => {
            brief(error);
            return false;
        }
    };
    let shown = proto::to_json(&schema, &correction.payload).expect("what was taken is shown");
    let again = dead::correction(&schema, shown.to_string().as_bytes());
    // What is shown names every field, so it may be too long where the original was not.
    if let Ok(again) = again {
        let twice = proto::to_json(&schema, &again.payload).expect("what was taken is shown");
        assert_eq!(twice, shown);
    }
    true
}

/// What is read is written in one way only, and holds its ends.
pub(super) fn sequences(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let sequences: dead::Sequences = match text.parse() {
        Ok(sequences) => sequences,
        Err(error) => {
            brief(error);
            return false;
        }
    };
    assert_eq!(sequences.to_string().parse(), Ok(sequences.clone()));
    for end in [sequences.first(), sequences.last()].into_iter().flatten() {
        assert!(sequences.contains(end), "{sequences}");
    }
    assert_eq!(sequences.count() == 0, sequences.is_empty());
    true
}
