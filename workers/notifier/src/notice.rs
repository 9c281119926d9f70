//! What is to be said, before any channel gives it a shape.

use crate::summary::percent;
use crate::text::one_line;
use proto::v1::{Alert, RunSummary, Severity, StoreOutcome, StoreStatus};
use std::fmt;

/// One message to people. Everything in it is plain text; a channel escapes as it must.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Notice {
    pub title: String,
    /// Names and values, shown beside each other where the channel can.
    pub facts: Vec<(&'static str, String)>,
    pub sections: Vec<Section>,
    pub links: Vec<Link>,
    /// What it belongs to, in small print.
    pub footer: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub heading: &'static str,
    pub lines: Vec<String>,
}

/// A file, and where to get it if the output folder is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub label: &'static str,
    pub path: String,
    pub url: Option<String>,
}

impl Notice {
    /// Says in the message that it may be there twice.
    pub(crate) fn again(&self) -> Self {
        let title = format!("{} (sent again after an interruption)", self.title);
        Self { title, ..self.clone() }
    }

    /// Adds a section, unless it has nothing to say.
    fn section(&mut self, heading: &'static str, lines: Vec<String>) {
        if !lines.is_empty() {
            self.sections.push(Section { heading, lines });
        }
    }

    /// The announcement of a run (PT-120).
    pub(crate) fn of_run(summary: &RunSummary, links: Vec<Link>) -> Self {
        let mut notice = Self {
            title: title(summary),
            facts: facts(summary),
            sections: Vec::new(),
            links,
            footer: format!("#pt-intelligence, run {}", summary.run_id),
        };
        let top = (1..).zip(&summary.top_5_segments);
        let top = top.map(|(place, segment)| {
            format!(
                "{place}. {}: {:.1} ({} clinics, {} with a decision maker)",
                segment.segment_name,
                segment.priority_score,
                segment.clinic_count,
                segment.has_decision_makers
            )
        });
        notice.section("Top 5 priority segments", top.collect());
        notice.section("What is missing", missing(summary));
        notice.section("To know", notes(summary));
        notice
    }

    /// The announcement of an alert.
    pub(crate) fn of_alert(alert: &Alert) -> Self {
        let word = match alert.severity() {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Info | Severity::Unspecified => "Note",
        };
        let mut notice = Self {
            title: format!("{word}: {}", alert.text),
            footer: match alert.run_id.as_str() {
                "" => format!("alert {}", alert.kind),
                run => format!("alert {}, run {run}", alert.kind),
            },
            ..Self::default()
        };
        if !alert.hint.is_empty() {
            notice.section("What to do", vec![alert.hint.clone()]);
        }
        notice
    }
}

fn title(summary: &RunSummary) -> String {
    let correction = if summary.generation > 0 { "Correction: " } else { "" };
    let date = &summary.run_date;
    match summary.status.as_str() {
        "failed" => format!("{correction}Matching run {date} failed"),
        "empty" => format!("{correction}Matching run {date}: no segments"),
        _ => format!(
            "{correction}Matching run {date}: {} segments, {} of {} clinics matched",
            summary.segments_created, summary.clinics_matched, summary.total_clinics_analyzed
        ),
    }
}

fn facts(summary: &RunSummary) -> Vec<(&'static str, String)> {
    let rate = percent(summary.clinics_matched, summary.total_clinics_analyzed);
    vec![
        ("Segments created", summary.segments_created.to_string()),
        ("Clinics matched", format!("{} ({rate}%)", summary.clinics_matched)),
        ("Clinics unmatched", summary.clinics_unmatched.to_string()),
        ("Pain points", summary.total_pain_points_analyzed.to_string()),
        ("Hot leads", summary.hot_leads.to_string()),
        ("Mean confidence", format!("{:.1}", summary.mean_confidence)),
    ]
}

fn missing(summary: &RunSummary) -> Vec<String> {
    let mut lines = summary.missing.clone();
    if !lines.is_empty() {
        lines.push("`leadfleet status` shows the dead letters behind it".to_owned());
    }
    lines
}

fn notes(summary: &RunSummary) -> Vec<String> {
    let mut lines = Vec::new();
    let (claude, generic, manual) =
        (summary.templates_claude, summary.templates_generic, summary.templates_manual);
    if generic + manual > 0 {
        lines.push(format!(
            "Templates: {claude} by Claude, {generic} generic, {manual} to be written by hand"
        ));
    }
    lines.extend(summary.store.as_ref().and_then(stored));
    lines.extend(summary.warnings.iter().cloned());
    lines
}

/// What is special about how the run was stored.
fn stored(store: &StoreOutcome) -> Option<String> {
    match (store.status(), store.backup_file.as_str()) {
        (StoreStatus::BackedUp, "") => {
            Some(format!("Database down, {}; next try {}", store.note, store.retry_at))
        }
        (StoreStatus::BackedUp, file) => {
            Some(format!("Database down, segments saved to backup file {file}; next try {}", store.retry_at))
        }
        (StoreStatus::Stored, _) if !store.note.is_empty() => Some(format!("Database: {}", store.note)),
        (StoreStatus::Stored | StoreStatus::Unspecified, _) => None,
    }
}

/// The notice as plain text: what a mail holds, and what Slack shows where it cannot show blocks.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", one_line(&self.title))?;
        if !self.facts.is_empty() {
            writeln!(f)?;
        }
        for (name, value) in &self.facts {
            writeln!(f, "{name}: {value}")?;
        }
        for section in &self.sections {
            writeln!(f, "\n{}", section.heading)?;
            for line in &section.lines {
                writeln!(f, "{}", one_line(line))?;
            }
        }
        if !self.links.is_empty() {
            writeln!(f)?;
        }
        for link in &self.links {
            let place = link.url.as_ref().unwrap_or(&link.path);
            writeln!(f, "{}: {place}", link.label)?;
        }
        if !self.footer.is_empty() {
            writeln!(f, "\n{}", one_line(&self.footer))?;
        }
        Ok(())
    }
}
