//! Rows as the lines of a COPY.

use super::{Points, SegmentRow, StoredRun};
use crate::Error;
use crate::copy::{FULL, escape};
use std::fmt::Write;

/// Rows as text, with what a segment's rows have in common escaped once.
pub(super) struct Lines {
    buffer: String,
    /// Name, pain category and priority of each segment.
    segments: Vec<String>,
    rows: u64,
}

impl Lines {
    /// `names` are those the segments were stored under.
    pub(super) fn new(run: &StoredRun, names: &[String]) -> Self {
        let segments = run.segments.iter().zip(names).map(|(segment, name)| {
            let mut columns = String::new();
            escape(name, &mut columns);
            columns.push('\t');
            escape(&segment.pain_category, &mut columns);
            push(&mut columns, format_args!("\t{:.1}", segment.priority_score));
            columns
        });
        Self { buffer: String::with_capacity(FULL + FULL / 4), segments: segments.collect(), rows: 0 }
    }

    /// The tenant, the run and the time are defaults of the staged table, and it knows the templates. Frozen,
    /// or else a reader with an older snapshot would find the new table and no rows in it.
    pub(super) fn statement(stage: &str) -> String {
        format!(
            "COPY public.{stage} (clinic_id, segment_name, pain_category, priority_score, match_reason, \
             match_strategy, reason_code, confidence_score, points, hot_lead, categories, removed_from) FROM STDIN (FREEZE)"
        )
    }

    pub(super) fn push(&mut self, row: SegmentRow) -> Result<(), Error> {
        let Some(columns) = self.segments.get(row.segment) else {
            return Err(Error::UnknownSegment { row: self.rows, segment: row.segment });
        };
        let line = &mut self.buffer;
        push(line, format_args!("{}\t{columns}\t", row.clinic_id));
        escape(&row.match_reason, line);
        line.push('\t');
        escape(&row.match_strategy, line);
        line.push('\t');
        escape(&row.reason_code, line);
        push(line, format_args!("\t{:.1}\t", row.confidence_score));
        points(&row.points, line);
        line.push_str(if row.hot_lead { "\tt\t" } else { "\tf\t" });
        array(&row.categories, line);
        line.push('\t');
        array(&row.removed_from, line);
        line.push('\n');
        self.rows += 1;
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

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }
}

/// Writing to a string does not fail.
fn push(line: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = line.write_fmt(text);
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
