//! Contractors, and what happened to them: their columns, what their cells must be, and how they are written.

mod cells;
mod names;

use chrono::{DateTime, NaiveDate, Utc};
use db::contractors::{self, Content, Contractor, ContractorName, Kept, Milestone, Observed, Partner, Usage};
use db::imports::Counts;
use levels::{ContentKind, Rules, money};

use super::Writer;
use super::columns::{Column, optional, required};
use super::row::{Problem, Row, shown};
use super::tables::keep;
use crate::exit::Failure;
use cells::{code, codes, day, list, text};
use names::{Names, Partners};

pub(super) const CONTRACTORS: &[Column] = &[
    optional("contractor_id", &["id"]),
    optional("company_name", &["company"]),
    optional("first_name", &[]),
    optional("last_name", &[]),
    optional("revenue_tier", &["tier"]),
    optional("team_size", &["employees", "workers"]),
    optional("focus_areas", &["focus"]),
    optional("current_stage", &["stage"]),
    optional("close_rate", &[]),
    optional("lead_sources", &[]),
    optional("current_crm", &["crm"]),
    optional("created_at", &[]),
    optional("updated_at", &[]),
];

pub(super) const REVENUE_HISTORY: &[Column] = &[
    optional("contractor_id", &["id"]),
    optional("company_name", &["company", "name"]),
    required("valid_from", &["date", "year"]),
    optional("tier", &["revenue_tier"]),
    optional("revenue", &["revenue_($)"]),
    optional("revenue_thousands", &["revenue_($_thousands)", "revenue_($k)"]),
    optional("revenue_millions", &["revenue_($_millions)", "revenue_($m)", "revenue_in_millions"]),
    optional("revenue_billions", &["revenue_($_billions)", "revenue_($b)"]),
    optional("team_size", &["employees", "workers"]),
    optional("focus_areas", &["focus"]),
    optional("current_stage", &["stage"]),
];

/// Where revenue may stand, with the dollars that 1 means there.
const REVENUES: [(&str, f64); 4] =
    [("revenue", 1.0), ("revenue_thousands", 1e3), ("revenue_millions", 1e6), ("revenue_billions", 1e9)];

pub(super) const PARTNER_USAGE: &[Column] = &[
    optional("contractor_id", &[]),
    optional("company_name", &["company"]),
    optional("partner_id", &[]),
    optional("partner_name", &["partner"]),
    optional("used_from", &["since", "started_at"]),
    optional("satisfaction", &["rating"]),
];

pub(super) const MILESTONES: &[Column] = &[
    optional("contractor_id", &[]),
    optional("company_name", &["company"]),
    required("milestone", &["name"]),
    optional("reached_on", &["date", "reached_at"]),
];

pub(super) const CONTENT: &[Column] = &[
    optional("contractor_id", &[]),
    optional("company_name", &["company"]),
    required("kind", &["type", "content_type"]),
    required("title", &["name"]),
    optional("author", &["host", "by"]),
    optional("consumed_on", &["date", "read_on", "attended_on"]),
];

/// What rows may name, and the rules by which they are read.
pub(super) struct Known {
    pub(super) contractors: Vec<ContractorName>,
    pub(super) partners: Vec<Partner>,
    pub(super) rules: Rules,
}

/// Rows on their way into one of the tables.
pub(super) struct Batch {
    rows: Rows,
    names: Names,
    partners: Partners,
    rules: Rules,
}

pub(super) enum Rows {
    Contractors(Vec<Contractor>),
    /// Each with its number and line.
    History(Vec<Observed>, Vec<(u64, u64)>),
    Usage(Vec<Usage>),
    Milestones(Vec<Milestone>),
    Content(Vec<Content>),
}

impl Batch {
    pub(super) fn new(rows: Rows, known: Known) -> Self {
        let (names, partners) = (Names::new(known.contractors), Partners::new(known.partners));
        Self { rows, names, partners, rules: known.rules }
    }

    /// Who was erased is left out, and counted.
    pub(super) fn push(&mut self, row: &mut Row<'_>, now: DateTime<Utc>) {
        let Self { rows, names, partners, rules } = self;
        match rows {
            Rows::Contractors(rows) => keep(contractor(row, names, rules, now), row, rows),
            Rows::History(rows, places) => {
                keep(observed(row, names, rules, now), row, rows);
                places.resize(rows.len(), (row.number, row.line));
            }
            Rows::Usage(rows) => keep(usage(row, names, partners, now), row, rows),
            Rows::Milestones(rows) => keep(milestone(row, names, rules, now), row, rows),
            Rows::Content(rows) => keep(content(row, names, now), row, rows),
        }
    }

    pub(super) fn len(&self) -> usize {
        let rows = match &self.rows {
            Rows::Contractors(rows) => rows.len(),
            Rows::History(rows, _) => rows.len(),
            Rows::Usage(rows) => rows.len(),
            Rows::Milestones(rows) => rows.len(),
            Rows::Content(rows) => rows.len(),
        };
        rows + self.names.left_out
    }

    pub(super) fn clear(&mut self) {
        match &mut self.rows {
            Rows::Contractors(rows) => rows.clear(),
            Rows::History(rows, places) => {
                rows.clear();
                places.clear();
            }
            Rows::Usage(rows) => rows.clear(),
            Rows::Milestones(rows) => rows.clear(),
            Rows::Content(rows) => rows.clear(),
        }
        self.names.written();
        self.partners.made.clear();
    }

    pub(super) async fn write(&self, writer: &mut Writer<'_>) -> Result<Counts, Failure> {
        let now = writer.now;
        let tx = writer.tx().await?;
        if !self.names.made.is_empty() {
            contractors::write(tx, &self.names.made, now).await?;
        }
        let counts = match &self.rows {
            Rows::Contractors(rows) => contractors::write(tx, rows, now).await?,
            Rows::History(rows, places) => {
                let (counts, kept) = contractors::observe(tx, rows).await?;
                writer
                    .problems
                    .extend(kept.iter().map(|kept| contradiction(&rows[kept.place], kept, places)));
                Counts { unchanged: counts.unchanged - kept.len() as u64, ..counts }
            }
            Rows::Usage(rows) => {
                contractors::write_partners(tx, &self.partners.made).await?;
                contractors::write_usage(tx, rows).await?
            }
            Rows::Milestones(rows) => contractors::write_milestones(tx, rows).await?,
            Rows::Content(rows) => contractors::write_content(tx, rows).await?,
        };
        Ok(Counts { erased: self.names.left_out as u64, ..counts })
    }
}

/// A row that says something else than what is kept for the same day.
fn contradiction(row: &Observed, kept: &Kept, places: &[(u64, u64)]) -> Problem {
    let (number, line) = places[kept.place];
    let revenue =
        |revenue: Option<f64>| revenue.map_or(String::new(), |dollars| format!(" at ${dollars:.0}"));
    let (given, day) = (format!("{}{}", row.tier, revenue(row.revenue)), row.valid_from);
    let (column, differs) = match kept.differs.first().map(String::as_str) {
        None | Some("tier" | "revenue") => {
            let kept = format!("{}{}", kept.tier, revenue(kept.revenue));
            ("tier", format!("is {given} on {day}, where {kept} is kept already"))
        }
        Some(column) => (column, format!("is not what is kept of {day} already")),
    };
    let column = column.to_owned();
    let problem = format!("{differs}; the history only grows: leave the row out");
    Problem { row: number, line, column, problem }
}

fn contractor(row: &mut Row<'_>, names: &mut Names, rules: &Rules, now: DateTime<Utc>) -> Option<Contractor> {
    let contractor = Contractor {
        id: 0,
        first_name: text(row, "first_name", 100),
        last_name: text(row, "last_name", 100),
        company_name: text(row, "company_name", 200),
        revenue_tier: tier(row, "revenue_tier", rules),
        team_size: row.whole("team_size"),
        focus_areas: codes(row, "focus_areas", rules),
        current_stage: text(row, "current_stage", 100),
        close_rate: cells::share(row, "close_rate"),
        lead_sources: list(row, "lead_sources"),
        current_crm: text(row, "current_crm", 100),
        created_at: row.past("created_at", now),
    };
    Some(Contractor { id: names.find_or_take(row)?, ..contractor })
}

fn observed(row: &mut Row<'_>, names: &mut Names, rules: &Rules, now: DateTime<Utc>) -> Option<Observed> {
    row.required("valid_from");
    let valid_from = day(row, "valid_from", now);
    let revenue = revenue(row);
    let tier = match (tier(row, "tier", rules), revenue) {
        (Some(tier), _) => Some(tier),
        (None, Some(dollars)) => rules.ladder().tier_of(dollars).map(|tier| tier.code.clone()),
        (None, None) => None,
    };
    if tier.is_none() && row.problems.is_empty() {
        let problem = match revenue {
            Some(_) => "is empty, and the revenue is below the lowest tier",
            None => "is empty, and so is revenue: one of them must say the tier",
        };
        row.wrong("tier", problem.to_owned());
    }
    let (team_size, current_stage) = (row.whole("team_size"), text(row, "current_stage", 100));
    let focus_areas = codes(row, "focus_areas", rules);
    let contractor_id = names.find_or_make(row)?;
    let (tier, valid_from) = (tier?, valid_from?);
    Some(Observed { contractor_id, tier, valid_from, revenue, team_size, focus_areas, current_stage })
}

/// In dollars.
fn revenue(row: &mut Row<'_>) -> Option<f64> {
    let (column, unit) = REVENUES.into_iter().find(|(column, _)| row.optional(column).is_some())?;
    let amount = row.text(column)?;
    let dollars = money::dollars(&amount, unit);
    if dollars.is_none() {
        let problem = format!("{} is no amount: write it as 3200000, $3.2M or 3.2 Million", shown(&amount));
        row.wrong(column, problem);
    }
    dollars
}

fn tier(row: &mut Row<'_>, column: &'static str, rules: &Rules) -> Option<String> {
    let tier = row.text(column)?;
    if rules.ladder().rank(&tier).is_none() {
        let known: Vec<&str> = rules.ladder().tiers().iter().map(|tier| tier.code.as_str()).collect();
        row.wrong(column, format!("{} is none of {}", shown(&tier), known.join(", ")));
        return None;
    }
    Some(tier)
}

fn usage(row: &mut Row<'_>, names: &mut Names, partners: &mut Partners, now: DateTime<Utc>) -> Option<Usage> {
    let used_from = day(row, "used_from", now);
    let satisfaction = row.whole("satisfaction");
    if satisfaction.is_some_and(|rated| !(1..=5).contains(&rated)) {
        row.wrong("satisfaction", "is not from 1 to 5".to_owned());
    }
    let satisfaction = satisfaction.and_then(|rated| i16::try_from(rated).ok());
    let contractor_id = names.find(row);
    // A row that is left out makes no partner known, nor names one anew.
    let is_kept = contractor_id.is_some() && row.problems.is_empty();
    let partner_id = partners.find(row, is_kept);
    Some(Usage { contractor_id: contractor_id?, partner_id: partner_id?, used_from, satisfaction })
}

fn milestone(row: &mut Row<'_>, names: &mut Names, rules: &Rules, now: DateTime<Utc>) -> Option<Milestone> {
    row.required("milestone");
    let milestone = text(row, "milestone", 100).and_then(|name| code(row, "milestone", &name, rules));
    let reached_on = day(row, "reached_on", now);
    Some(Milestone { contractor_id: names.find(row)?, milestone: milestone?, reached_on })
}

fn content(row: &mut Row<'_>, names: &mut Names, now: DateTime<Utc>) -> Option<Content> {
    let kind = row.required("kind").to_lowercase();
    if !kind.is_empty() && kind.parse::<ContentKind>().is_err() {
        row.wrong("kind", format!("{} is none of book, podcast, event", shown(&kind)));
    }
    row.required("title");
    let title = text(row, "title", 200);
    let author = text(row, "author", 200).unwrap_or_default();
    let consumed_on: Option<NaiveDate> = day(row, "consumed_on", now);
    Some(Content { contractor_id: names.find(row)?, kind, title: title?, author, consumed_on })
}
