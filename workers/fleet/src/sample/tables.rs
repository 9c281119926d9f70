//! The sample as CSV files in the formats that `leadfleet import` reads.
//!
//! UTF-8 with a header row; an empty cell is NULL; times are RFC 3339. `example_urls` holds URLs separated by
//! spaces. `id` of clinics is the number that `clinic_id` of clinic patterns means.

use std::io::Write;

use chrono::SecondsFormat;
use db::contractors::{Content, Contractor, Milestone, Observed, Usage};

use super::{Clinic, ClinicPattern, Cohort, DecisionMaker, PainPoint, Sample};

pub const PAIN_POINT_COLUMNS: [&str; 7] =
    ["pain_category", "pain_text", "severity_score", "mentions", "source", "example_urls", "created_at"];

pub const CLINIC_COLUMNS: [&str; 12] = [
    "id",
    "clinic_name",
    "phone",
    "website",
    "email",
    "city",
    "state",
    "business_type",
    "rating",
    "review_count",
    "created_at",
    "updated_at",
];

pub const DECISION_MAKER_COLUMNS: [&str; 8] =
    ["name", "title", "company_name", "city", "state", "linkedin_url", "email", "created_at"];

pub const PATTERN_COLUMNS: [&str; 5] = ["clinic_id", "pattern_type", "confidence", "evidence", "detected_at"];

impl Sample {
    pub fn write_pain_points(&self, out: impl Write) -> csv::Result<()> {
        write(out, &PAIN_POINT_COLUMNS, self.pain_points().map(|row| pain_point(&row)))
    }

    pub fn write_clinics(&self, out: impl Write) -> csv::Result<()> {
        write(out, &CLINIC_COLUMNS, self.clinics().map(clinic))
    }

    pub fn write_decision_makers(&self, out: impl Write) -> csv::Result<()> {
        write(out, &DECISION_MAKER_COLUMNS, self.decision_makers().map(decision_maker))
    }

    pub fn write_clinic_patterns(&self, out: impl Write) -> csv::Result<()> {
        write(out, &PATTERN_COLUMNS, self.clinic_patterns().map(pattern))
    }
}

impl Cohort {
    /// The tables as `leadfleet import` takes them, in the order in which it must: each with its name.
    pub fn tables(&self) -> csv::Result<[(&'static str, Vec<u8>); 5]> {
        let mut tables = ["contractors", "revenue-history", "partner-usage", "milestones", "content"]
            .map(|name| (name, Vec::new()));
        let [contractors, history, usage, milestones, content] = &mut tables;
        write(&mut contractors.1, &CONTRACTOR_COLUMNS, self.contractors.iter().map(contractor))?;
        write(&mut history.1, &HISTORY_COLUMNS, self.history.iter().map(observed))?;
        write(&mut usage.1, &USAGE_COLUMNS, self.usage.iter().map(|row| self.used(row)))?;
        let milestone = |row: &Milestone| {
            [row.contractor_id.to_string(), row.milestone.clone(), written(row.reached_on.as_ref())]
        };
        write(&mut milestones.1, &MILESTONE_COLUMNS, self.milestones.iter().map(milestone))?;
        write(&mut content.1, &CONTENT_COLUMNS, self.content.iter().map(consumed))?;
        Ok(tables)
    }

    fn used(&self, row: &Usage) -> [String; 5] {
        let partner = self.partners.iter().find(|partner| partner.id == row.partner_id);
        [
            row.contractor_id.to_string(),
            row.partner_id.to_string(),
            written(partner.map(|partner| &partner.name)),
            written(row.used_from.as_ref()),
            written(row.satisfaction.as_ref()),
        ]
    }
}

const CONTRACTOR_COLUMNS: [&str; 11] = [
    "contractor_id",
    "first_name",
    "last_name",
    "company_name",
    "revenue_tier",
    "team_size",
    "focus_areas",
    "current_stage",
    "close_rate",
    "lead_sources",
    "current_crm",
];

const HISTORY_COLUMNS: [&str; 7] =
    ["contractor_id", "valid_from", "tier", "revenue", "team_size", "focus_areas", "current_stage"];

const USAGE_COLUMNS: [&str; 5] = ["contractor_id", "partner_id", "partner_name", "used_from", "satisfaction"];

const MILESTONE_COLUMNS: [&str; 3] = ["contractor_id", "milestone", "reached_on"];

const CONTENT_COLUMNS: [&str; 5] = ["contractor_id", "kind", "title", "author", "consumed_on"];

fn contractor(row: &Contractor) -> [String; 11] {
    [
        row.id.to_string(),
        written(row.first_name.as_ref()),
        written(row.last_name.as_ref()),
        written(row.company_name.as_ref()),
        written(row.revenue_tier.as_ref()),
        written(row.team_size.as_ref()),
        row.focus_areas.join(";"),
        written(row.current_stage.as_ref()),
        written(row.close_rate.as_ref()),
        row.lead_sources.join(";"),
        written(row.current_crm.as_ref()),
    ]
}

fn observed(row: &Observed) -> [String; 7] {
    [
        row.contractor_id.to_string(),
        row.valid_from.to_string(),
        row.tier.clone(),
        written(row.revenue.as_ref()),
        written(row.team_size.as_ref()),
        row.focus_areas.join(";"),
        written(row.current_stage.as_ref()),
    ]
}

fn consumed(row: &Content) -> [String; 5] {
    [
        row.contractor_id.to_string(),
        row.kind.clone(),
        row.title.clone(),
        row.author.clone(),
        written(row.consumed_on.as_ref()),
    ]
}

/// Empty where there is nothing.
fn written<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn write<const N: usize>(
    out: impl Write,
    columns: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> csv::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(columns)?;
    for row in rows {
        csv.write_record(&row)?;
    }
    csv.flush()?;
    Ok(())
}

fn pain_point(row: &PainPoint) -> [String; 7] {
    [
        row.pain_category.clone(),
        row.pain_text.clone(),
        row.severity_score.to_string(),
        row.mentions.to_string(),
        row.source.clone(),
        row.example_urls.join(" "),
        time(row.created_at),
    ]
}

fn clinic(row: Clinic) -> [String; 12] {
    [
        row.id.to_string(),
        row.clinic_name,
        row.phone.unwrap_or_default(),
        row.website.unwrap_or_default(),
        row.email.unwrap_or_default(),
        row.city.unwrap_or_default(),
        row.state.unwrap_or_default(),
        row.business_type.unwrap_or_default(),
        row.rating.map(|rating| format!("{rating:.1}")).unwrap_or_default(),
        row.review_count.to_string(),
        time(row.created_at),
        time(row.updated_at),
    ]
}

fn decision_maker(row: DecisionMaker) -> [String; 8] {
    [
        row.name,
        row.title.unwrap_or_default(),
        row.company_name,
        row.city.unwrap_or_default(),
        row.state.unwrap_or_default(),
        row.linkedin_url.unwrap_or_default(),
        row.email.unwrap_or_default(),
        time(row.created_at),
    ]
}

fn pattern(row: ClinicPattern) -> [String; 5] {
    [row.clinic_id.to_string(), row.pattern_type, row.confidence, row.evidence, time(row.detected_at)]
}

fn time(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
