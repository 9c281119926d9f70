//! The decoders by name, each with what must hold of any input.
#![expect(clippy::expect_used, reason = "what must hold and does not is a finding")]

mod claude;
mod dead;
mod import;
mod patterns;
mod text;
mod wire;

use std::fmt::Display;

use fleet::import::Table;

/// A decoder under a name.
pub struct Target {
    pub name: &'static str,
    pub take: Take,
}

/// Whether it understood the input.
pub type Take = fn(&[u8]) -> bool;

pub const TARGETS: &[Target] = &[
    Target { name: "subject", take: wire::subject },
    Target { name: "traceparent", take: wire::traceparent },
    Target { name: "envelope", take: wire::envelope },
    Target { name: "protobuf", take: wire::protobuf },
    Target { name: "json", take: wire::json },
    Target { name: "backup", take: wire::backup },
    Target { name: "claude_reply", take: claude::reply },
    Target { name: "claude_error", take: claude::error },
    Target { name: "retry_after", take: claude::retry_after },
    Target { name: "limit_reset", take: claude::limit_reset },
    Target { name: "import_pain_points", take: |input| import::file(Table::PainPoints, input) },
    Target { name: "import_clinics", take: |input| import::file(Table::Clinics, input) },
    Target { name: "import_decision_makers", take: |input| import::file(Table::DecisionMakers, input) },
    Target { name: "import_clinic_patterns", take: |input| import::file(Table::ClinicPatterns, input) },
    Target { name: "import_leads", take: |input| import::file(Table::Leads, input) },
    Target { name: "import_activities", take: |input| import::file(Table::Activities, input) },
    Target { name: "import_contractors", take: |input| import::file(Table::Contractors, input) },
    Target { name: "import_revenue_history", take: |input| import::file(Table::RevenueHistory, input) },
    Target { name: "import_partner_usage", take: |input| import::file(Table::PartnerUsage, input) },
    Target { name: "import_milestones", take: |input| import::file(Table::Milestones, input) },
    Target { name: "import_content", take: |input| import::file(Table::Content, input) },
    Target { name: "patterns_learn", take: patterns::learn },
    Target { name: "patterns_stored", take: patterns::stored },
    Target { name: "patterns_told", take: patterns::told },
    Target { name: "dead_letter", take: dead::line },
    Target { name: "dead_edit", take: dead::edit },
    Target { name: "dead_sequences", take: dead::sequences },
    Target { name: "places", take: text::places_of },
    Target { name: "csv_cells", take: text::csv_cells },
    Target { name: "markdown", take: text::markdown },
    Target { name: "slack", take: text::slack },
    Target { name: "mail", take: text::mail },
    Target { name: "prompt", take: text::prompt },
    Target { name: "redaction", take: text::redaction },
];

/// The names of the messages that `protobuf` reads.
pub fn messages() -> Vec<&'static str> {
    wire::MESSAGES.iter().map(|(name, _)| *name).collect()
}

/// An error is said in words of ours, and repeats little of what it was given.
#[track_caller]
fn brief(error: impl Display) {
    let text = error.to_string();
    let length = text.chars().count();
    assert!((1..=400).contains(&length), "an error of {length} characters: {text:.300}");
}
