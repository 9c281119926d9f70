//! The tables that can be imported: their columns, and how a row of a file becomes one of theirs.

use ::prospects::{NewLead, NewProspect, PastActivity};
use chrono::{DateTime, Utc};
use clap::ValueEnum as _;
use db::history::LeadName;
use db::imports::{self, Clinic, ClinicName, ClinicPattern, Counts, DecisionMaker, PainPoint};
use serde::Serialize;

use super::activities::LeadIds;
use super::clinics::Clinics;
use super::columns::{Column, optional, required};
use super::contractors::Rows;
use super::row::{Row, shown};
use super::{Writer, activities, contractors, leads, people, prospects};
use crate::exit::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    PainPoints,
    Clinics,
    DecisionMakers,
    ClinicPatterns,
    Prospects,
    /// Prospects with what became of them before.
    Leads,
    /// What happened to leads before.
    Activities,
    /// Those of whom growth is learned.
    Contractors,
    /// In which revenue tier contractors were from when on.
    RevenueHistory,
    /// Which partners contractors used.
    PartnerUsage,
    /// What contractors reached, and when.
    Milestones,
    /// Books, podcasts and events of contractors.
    Content,
}

const PAIN_POINTS: &[Column] = &[
    required("pain_category", &["category"]),
    required("pain_text", &["text", "pain_point"]),
    required("severity_score", &["severity"]),
    optional("mentions", &["mention_count"]),
    optional("example_urls", &["urls", "example_url"]),
    optional("source", &[]),
    optional("external_id", &[]),
    optional("created_at", &[]),
    optional("id", &[]),
];

const CLINICS: &[Column] = &[
    required("clinic_name", &["name"]),
    optional("phone", &["phone_number"]),
    optional("website", &["url"]),
    optional("email", &[]),
    optional("address", &[]),
    optional("city", &[]),
    optional("state", &[]),
    optional("zip", &["zip_code", "postal_code"]),
    optional("business_type", &["type"]),
    optional("rating", &[]),
    optional("review_count", &["reviews"]),
    optional("created_at", &[]),
    optional("updated_at", &[]),
    optional("id", &[]),
];

const DECISION_MAKERS: &[Column] = &[
    required("name", &["decision_maker_name", "full_name"]),
    optional("title", &["job_title"]),
    optional("company_name", &["company", "clinic_name"]),
    optional("linkedin_url", &["linkedin", "profile_url"]),
    optional("email", &[]),
    optional("city", &[]),
    optional("state", &[]),
    optional("phone", &[]),
    optional("website", &[]),
    optional("created_at", &[]),
    optional("id", &[]),
];

const CLINIC_PATTERNS: &[Column] = &[
    optional("clinic_id", &[]),
    optional("clinic_name", &[]),
    optional("city", &[]),
    optional("state", &[]),
    required("pattern_type", &["pattern"]),
    required("confidence", &[]),
    optional("evidence", &[]),
    optional("detected_at", &["created_at"]),
    optional("id", &[]),
];

/// The same row given twice counts as two within a batch, and as one across batches.
const BATCH: usize = 100_000;
/// The longest pain category that a segment can be made of.
const LONGEST_CATEGORY: usize = 100;

impl Table {
    /// An empty batch of rows that may name what is known.
    pub(super) fn batch(self, known: Known) -> Batch {
        let growth = |rows| Batch::Growth(Box::new(contractors::Batch::new(rows, known.growth)));
        match self {
            Self::PainPoints => Batch::PainPoints(Vec::new()),
            Self::Clinics => Batch::Clinics(Vec::new()),
            Self::DecisionMakers => Batch::DecisionMakers(Vec::new()),
            Self::ClinicPatterns => Batch::ClinicPatterns(Vec::new(), Clinics::new(known.clinics)),
            Self::Prospects => Batch::Prospects(Vec::new()),
            Self::Leads => Batch::Leads(Vec::new()),
            Self::Activities => Batch::Activities(Vec::new(), LeadIds::new(known.leads)),
            Self::Contractors => growth(Rows::Contractors(Vec::new())),
            Self::RevenueHistory => growth(Rows::History(Vec::new(), Vec::new())),
            Self::PartnerUsage => growth(Rows::Usage(Vec::new())),
            Self::Milestones => growth(Rows::Milestones(Vec::new())),
            Self::Content => growth(Rows::Content(Vec::new())),
        }
    }

    /// Rows written at a time. Prospects are taken in by transactions of their own, so all of them are checked first.
    pub(super) fn at_once(self) -> usize {
        match self {
            Self::Prospects => usize::MAX,
            Self::Leads => prospects::AT_ONCE,
            _ => BATCH,
        }
    }

    pub(super) fn columns(self) -> &'static [Column] {
        match self {
            Self::PainPoints => PAIN_POINTS,
            Self::Clinics => CLINICS,
            Self::DecisionMakers => DECISION_MAKERS,
            Self::ClinicPatterns => CLINIC_PATTERNS,
            Self::Prospects => prospects::COLUMNS,
            Self::Leads => &leads::COLUMNS,
            Self::Activities => activities::COLUMNS,
            Self::Contractors => contractors::CONTRACTORS,
            Self::RevenueHistory => contractors::REVENUE_HISTORY,
            Self::PartnerUsage => contractors::PARTNER_USAGE,
            Self::Milestones => contractors::MILESTONES,
            Self::Content => contractors::CONTENT,
        }
    }
}

/// The columns of every table, for the help.
pub fn columns_help() -> String {
    let rows = Table::value_variants().iter().map(|table| {
        let name = |column: &Column| match column.required {
            true => format!("{}*", column.name),
            false => column.name.to_owned(),
        };
        let names: Vec<String> = table.columns().iter().map(name).collect();
        let table = table.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        format!("  {table}:\n    {}\n", names.join(" "))
    });
    format!("Columns (* must be there):\n{}", rows.collect::<String>())
}

/// Rows on their way into a table.
pub(super) enum Batch {
    PainPoints(Vec<PainPoint>),
    Clinics(Vec<Clinic>),
    DecisionMakers(Vec<DecisionMaker>),
    ClinicPatterns(Vec<ClinicPattern>, Clinics),
    Prospects(Vec<NewProspect>),
    Leads(Vec<NewLead>),
    Activities(Vec<PastActivity>, LeadIds),
    Growth(Box<contractors::Batch>),
}

/// What rows may name.
pub(super) struct Known {
    pub(super) clinics: Vec<ClinicName>,
    pub(super) leads: Vec<LeadName>,
    pub(super) growth: contractors::Known,
}

impl Batch {
    /// Nothing of what has happened is later than `now`.
    pub(super) fn push(&mut self, row: &mut Row<'_>, now: DateTime<Utc>) {
        match self {
            Self::PainPoints(rows) => keep(pain_point(row), row, rows),
            Self::Clinics(rows) => keep(clinic(row), row, rows),
            Self::DecisionMakers(rows) => keep(decision_maker(row), row, rows),
            Self::ClinicPatterns(rows, clinics) => keep(clinic_pattern(row, clinics), row, rows),
            Self::Prospects(rows) => keep(prospects::prospect(row, now), row, rows),
            Self::Leads(rows) => keep(leads::lead(row, now), row, rows),
            Self::Activities(rows, leads) => keep(activities::activity(row, leads, now), row, rows),
            Self::Growth(batch) => batch.push(row, now),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::PainPoints(rows) => rows.len(),
            Self::Clinics(rows) => rows.len(),
            Self::DecisionMakers(rows) => rows.len(),
            Self::ClinicPatterns(rows, _) => rows.len(),
            Self::Prospects(rows) => rows.len(),
            Self::Leads(rows) => rows.len(),
            Self::Activities(rows, _) => rows.len(),
            Self::Growth(batch) => batch.len(),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::PainPoints(rows) => rows.clear(),
            Self::Clinics(rows) => rows.clear(),
            Self::DecisionMakers(rows) => rows.clear(),
            Self::ClinicPatterns(rows, _) => rows.clear(),
            Self::Prospects(rows) => rows.clear(),
            Self::Leads(rows) => rows.clear(),
            Self::Activities(rows, _) => rows.clear(),
            Self::Growth(batch) => batch.clear(),
        }
    }

    /// None where only taking them in would tell.
    pub(super) async fn write(&self, writer: &mut Writer<'_>) -> Result<Option<Counts>, Failure> {
        let now = writer.now;
        Ok(Some(match self {
            Self::PainPoints(rows) => imports::pain_points(writer.tx().await?, rows, now).await?,
            Self::Clinics(rows) => imports::clinics(writer.tx().await?, rows, now).await?,
            Self::DecisionMakers(rows) => people::write(writer, rows).await?,
            Self::ClinicPatterns(rows, _) => imports::clinic_patterns(writer.tx().await?, rows, now).await?,
            Self::Prospects(_) if writer.dry_run => return Ok(None),
            Self::Prospects(rows) => prospects::take_in(rows, writer).await?,
            Self::Leads(rows) => leads::write(rows, writer).await?,
            Self::Activities(rows, _) => activities::write(rows, writer).await?,
            Self::Growth(batch) => batch.write(writer).await?,
        }))
    }
}

/// Rows that are wrong are not written.
pub(super) fn keep<T>(found: impl Into<Option<T>>, row: &Row<'_>, rows: &mut Vec<T>) {
    rows.extend(found.into().filter(|_| row.problems.is_empty()));
}

fn pain_point(row: &mut Row<'_>) -> PainPoint {
    let category = row.required("pain_category");
    if category.chars().count() > LONGEST_CATEGORY {
        row.wrong("pain_category", format!("is longer than {LONGEST_CATEGORY} characters"));
    }
    if row.optional("severity_score").is_none() {
        row.wrong("severity_score", "is empty".to_owned());
    }
    PainPoint {
        pain_category: category,
        pain_text: row.required("pain_text"),
        severity_score: row.decimal("severity_score", 1.0, 10.0).unwrap_or_default(),
        mentions: row.whole("mentions").unwrap_or(1),
        example_urls: urls(row.optional("example_urls").unwrap_or_default()),
        source: row.text("source"),
        external_id: row.text("external_id"),
        created_at: row.time("created_at"),
    }
}

/// Separated by spaces, as leadfleet writes them, or as Postgres or JSON write a list.
fn urls(text: &str) -> Vec<String> {
    let inner = text.trim_start_matches(['{', '[']).trim_end_matches(['}', ']']);
    let each = inner.split(|c: char| c.is_whitespace() || c == ';').flat_map(|piece| piece.split(",http"));
    let mut urls = Vec::new();
    for piece in each {
        let url = piece.trim_matches(['"', '\'', ',']);
        if url.is_empty() {
            continue;
        }
        // The split took the scheme away from all but the first.
        let whole = if url.starts_with("://") || url.starts_with("s://") {
            format!("http{url}")
        } else {
            url.to_owned()
        };
        urls.push(whole);
    }
    urls
}

fn clinic(row: &mut Row<'_>) -> Clinic {
    Clinic {
        clinic_name: row.required("clinic_name"),
        phone: row.text("phone"),
        website: row.text("website"),
        email: row.text("email"),
        address: row.text("address"),
        city: row.text("city"),
        state: row.text("state"),
        zip: row.text("zip"),
        business_type: row.text("business_type"),
        rating: row.decimal("rating", 0.0, 5.0),
        review_count: row.whole("review_count").unwrap_or_default(),
        created_at: row.time("created_at"),
    }
}

fn decision_maker(row: &mut Row<'_>) -> DecisionMaker {
    DecisionMaker {
        name: row.required("name"),
        title: row.text("title"),
        company_name: row.text("company_name"),
        linkedin_url: row.text("linkedin_url"),
        email: row.text("email"),
        city: row.text("city"),
        state: row.text("state"),
        phone: row.text("phone"),
        website: row.text("website"),
        created_at: row.time("created_at"),
    }
}

fn clinic_pattern(row: &mut Row<'_>, clinics: &Clinics) -> ClinicPattern {
    let confidence = row.required("confidence").to_lowercase();
    if !confidence.is_empty() && !["high", "medium", "low"].contains(&confidence.as_str()) {
        row.wrong("confidence", format!("{} is none of high, medium, low", shown(&confidence)));
    }
    let evidence = row.optional("evidence").unwrap_or("{}");
    // What is not JSON is a quote.
    let evidence = serde_json::from_str(evidence).unwrap_or_else(|_quote| serde_json::Value::from(evidence));
    ClinicPattern {
        clinic_id: clinics.find(row),
        pattern_type: row.required("pattern_type"),
        confidence,
        evidence,
        detected_at: row.time("detected_at"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(urls(text), expected, "{text}");
    }

    #[test]
    fn lists_of_addresses_are_read_as_files_write_them() {
        check("", &[]);
        check("https://a.example/x https://b.example", &["https://a.example/x", "https://b.example"]);
        check("{https://a.example,http://b.example}", &["https://a.example", "http://b.example"]);
        check(
            "[\"https://a.example/x,y\", \"https://b.example\"]",
            &["https://a.example/x,y", "https://b.example"],
        );
    }
}
