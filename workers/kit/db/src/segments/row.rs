//! Rows as the lines of a COPY, and what is to be logged of them.

use super::{Points, SegmentRow, StoredRun};
use crate::Error;
use std::collections::HashMap;
use std::fmt::Write;

const FULL: usize = 128 * 1024;

/// Rows as text, with what a segment's rows have in common escaped once.
pub(super) struct Lines {
    buffer: String,
    segments: Vec<Shared>,
    copied: Copied,
    indexes: HashMap<String, u32>,
}

struct Shared {
    /// Name, pain category and priority.
    columns: String,
    multi_pain: bool,
}

/// What was sent, and the memberships that de-duplication removed.
pub(super) struct Copied {
    pub(super) rows: u64,
    pub(super) removed: Vec<Removed>,
    names: Vec<String>,
}

/// Segments by index into the names: there may be as many of these as clinics.
pub(super) struct Removed {
    pub(super) clinic_id: i32,
    pub(super) from: u32,
    pub(super) kept_in: u32,
    pub(super) reason: &'static str,
}

impl Copied {
    pub(super) fn name(&self, index: u32) -> &str {
        &self.names[index as usize]
    }
}

impl Lines {
    /// `names` are those the segments were stored under.
    pub(super) fn new(run: &StoredRun, names: Vec<String>) -> Self {
        let segments = run.segments.iter().zip(&names).map(|(segment, name)| {
            let mut columns = String::new();
            escape(name, &mut columns);
            columns.push('\t');
            escape(&segment.pain_category, &mut columns);
            push(&mut columns, format_args!("\t{:.1}", segment.priority_score));
            Shared { columns, multi_pain: !segment.categories.is_empty() }
        });
        let segments = segments.collect();
        let indexes = names.iter().cloned().zip(0..).collect();
        Self {
            buffer: String::with_capacity(FULL + FULL / 4),
            segments,
            copied: Copied { rows: 0, removed: Vec::new(), names },
            indexes,
        }
    }

    /// The tenant, the run and the time are defaults of the staged table, and it knows the templates. Frozen,
    /// or else a reader with an older snapshot would find the new table and no rows in it.
    pub(super) fn statement(stage: &str) -> String {
        format!(
            "COPY public.{stage} (clinic_id, segment_name, pain_category, priority_score, match_reason, \
             match_strategy, reason_code, confidence_score, points, hot_lead, categories) FROM STDIN (FREEZE)"
        )
    }

    pub(super) fn push(&mut self, row: SegmentRow) -> Result<(), Error> {
        let Some(shared) = self.segments.get(row.segment) else {
            return Err(Error::UnknownSegment { row: self.copied.rows, segment: row.segment });
        };
        let line = &mut self.buffer;
        push(line, format_args!("{}\t{}\t", row.clinic_id, shared.columns));
        escape(&row.match_reason, line);
        line.push('\t');
        escape(&row.match_strategy, line);
        line.push('\t');
        escape(&row.reason_code, line);
        push(line, format_args!("\t{:.1}\t", row.confidence_score));
        points(&row.points, line);
        line.push_str(if row.hot_lead { "\tt\t" } else { "\tf\t" });
        array(&row.categories, line);
        line.push('\n');
        self.copied.rows += 1;
        let (multi_pain, segment) = (shared.multi_pain, row.segment);
        for from in row.removed_from {
            let from = self.index(from);
            self.copied.removed.push(Removed {
                clinic_id: row.clinic_id,
                from,
                kept_in: segment as u32,
                reason: if multi_pain {
                    "matches 3+ pain categories"
                } else {
                    "kept in a segment of higher priority"
                },
            });
        }
        Ok(())
    }

    pub(super) fn is_full(&self) -> bool {
        self.buffer.len() >= FULL
    }

    pub(super) fn buffer(&self) -> &[u8] {
        self.buffer.as_bytes()
    }

    pub(super) fn clear(&mut self) {
        self.buffer.clear();
    }

    pub(super) fn copied(self) -> Copied {
        self.copied
    }

    fn index(&mut self, name: String) -> u32 {
        if let Some(index) = self.indexes.get(&name) {
            return *index;
        }
        let index = self.copied.names.len() as u32;
        self.copied.names.push(name.clone());
        self.indexes.insert(name, index);
        index
    }
}

/// Writing to a string does not fail.
fn push(line: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = line.write_fmt(text);
}

/// COPY's text format. Postgres holds no NUL: it is left out.
fn escape(text: &str, line: &mut String) {
    for char in text.chars() {
        match char {
            '\\' => line.push_str("\\\\"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\0' => {}
            other => line.push(other),
        }
    }
}

/// A JSON object of what got points.
fn points(points: &Points, line: &mut String) {
    let parts = [
        ("geographic", points.geographic),
        ("business_type", points.business_type),
        ("pain_pattern", points.pain_pattern),
        ("decision_maker", points.decision_maker),
        ("email", points.email),
        ("phone", points.phone),
    ];
    let mut before = '{';
    for (name, given) in parts.into_iter().filter(|(_, given)| *given != 0.0) {
        push(line, format_args!("{before}\"{name}\":{given}"));
        before = ',';
    }
    line.push_str(if before == '{' { "{}" } else { "}" });
}

/// An array literal, itself escaped for COPY.
fn array(items: &[String], line: &mut String) {
    let quoted: Vec<String> =
        items.iter().map(|item| format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    line.push('{');
    escape(&quoted.join(","), line);
    line.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut line = String::new();
        escape(text, &mut line);
        assert_eq!(line, expected);
    }

    #[test]
    fn plain_text_stays() {
        check("Phönix Elite PT", "Phönix Elite PT");
    }

    #[test]
    fn what_ends_a_field_or_a_line_is_escaped() {
        check("a\tb\nc\rd\\.", "a\\tb\\nc\\rd\\\\.");
    }

    #[test]
    fn a_null_marker_in_a_text_stays_text() {
        check("\\N", "\\\\N");
    }

    #[test]
    fn nul_is_left_out() {
        check("a\0b", "ab");
    }

    #[track_caller]
    fn check_points(given: Points, expected: &str) {
        let mut line = String::new();
        points(&given, &mut line);
        assert_eq!(line, expected);
    }

    #[test]
    fn only_what_got_points_is_named() {
        check_points(Points::default(), "{}");
        let given = Points { geographic: 5.0, phone: -0.5, ..Points::default() };
        check_points(given, r#"{"geographic":5,"phone":-0.5}"#);
    }

    #[test]
    fn array_items_keep_their_quotes_and_commas() {
        let mut line = String::new();
        array(&["a,b".into(), "c\"d\\".into()], &mut line);
        assert_eq!(line, r#"{"a,b","c\\"d\\\\"}"#);
    }
}
