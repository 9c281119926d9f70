//! Prospects: their columns, what their cells must be, and how they are taken in.

use chrono::{DateTime, Utc};
use db::imports::Counts;
use prospects::{Error, NewProspect, Owner, TakenIn};

use super::Writer;
use super::columns::{Column, optional, required};
use super::row::{Row, shown};
use crate::exit::{Exit, Failure};
use crate::output::count;
use crate::outreach;

pub(super) const COLUMNS: &[Column] = &[
    optional("prospect_id", &["id"]),
    required("name", &["full_name"]),
    optional("title", &["job_title"]),
    optional("company", &["company_name", "organization"]),
    optional("industry", &[]),
    optional("about", &["headline", "bio", "notes"]),
    optional("city", &[]),
    optional("state", &[]),
    optional("country", &[]),
    optional("time_zone", &["timezone"]),
    optional("email", &["email_address"]),
    optional("phone", &["phone_number"]),
    optional("linkedin_url", &["linkedin", "profile_url"]),
    optional("website", &["url"]),
    optional("signal_strength", &["signal"]),
    optional("employee_count", &["employees", "company_size"]),
    optional("is_new_role", &["new_role"]),
    optional("is_hiring", &["hiring"]),
    optional("recently_funded", &["funded"]),
    optional("source", &[]),
    optional("lawful_basis", &[]),
    optional("collected_at", &["created_at"]),
];

/// Taken in at a time.
pub(super) const AT_ONCE: usize = 500;

pub(super) fn prospect(row: &mut Row<'_>, now: DateTime<Utc>) -> NewProspect {
    let prospect_id = row.text("prospect_id");
    if prospect_id.as_ref().is_some_and(|name| name.parse::<proto::Token>().is_err()) {
        row.wrong("prospect_id", "is not made of 1 to 64 letters, digits, - and _".to_owned());
    }
    let time_zone = short(row, "time_zone", 64);
    if !time_zone.is_empty() && time_zone.parse::<chrono_tz::Tz>().is_err() {
        let problem = format!("{} is no IANA time zone, such as America/Phoenix", shown(&time_zone));
        row.wrong("time_zone", problem);
    }
    let email = short(row, "email", 254);
    let parts = email.split_once('@');
    if !email.is_empty() && !parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty()) {
        row.wrong("email", format!("{} is no e-mail address", shown(&email)));
    }
    row.required("name");
    NewProspect {
        prospect_id,
        name: short(row, "name", 200),
        title: short(row, "title", 200),
        company: short(row, "company", 200),
        industry: short(row, "industry", 200),
        about: short(row, "about", 5_000),
        city: short(row, "city", 100),
        state: short(row, "state", 100),
        country: short(row, "country", 100),
        time_zone,
        email,
        phone: short(row, "phone", 40),
        linkedin_url: short(row, "linkedin_url", 500),
        website: short(row, "website", 500),
        signal_strength: row.decimal("signal_strength", 0.0, 100.0),
        employee_count: row.whole("employee_count"),
        is_new_role: row.flag("is_new_role"),
        is_hiring: row.flag("is_hiring"),
        recently_funded: row.flag("recently_funded"),
        source: Some(short(row, "source", 100))
            .filter(|source| !source.is_empty())
            .unwrap_or_else(|| "import".to_owned()),
        lawful_basis: short(row, "lawful_basis", 100),
        collected_at: row.past("collected_at", now),
    }
}

/// A text of at most so many characters; empty when there is none.
pub(super) fn short(row: &mut Row<'_>, name: &'static str, most: usize) -> String {
    let text = row.text(name).unwrap_or_default();
    if text.chars().count() > most {
        row.wrong(name, format!("has more than {most} characters"));
    }
    text
}

/// Takes in rows that were found right. Each batch is a transaction: whoever is known already is not doubled when
/// the file comes again.
pub(super) async fn take_in(rows: &[NewProspect], writer: &mut Writer<'_>) -> Result<Counts, Failure> {
    let prospects = outreach::prospects(writer.settings).await?;
    let owner = Owner { client: writer.client, user: None };
    let mut counts = Counts::default();
    for (batch, some) in rows.chunks(AT_ONCE).enumerate() {
        let before = batch * AT_ONCE;
        let taken = prospects.take_in(owner, some.to_vec(), writer.now).await;
        let taken = taken.map_err(|error| stopped(error, before, before))?;
        count_taken(&mut counts, &taken);
        writer.taken.extend(taken);
    }
    Ok(counts)
}

pub(super) fn count_taken(counts: &mut Counts, taken: &[TakenIn]) {
    for taken in taken {
        match taken.outcome {
            "created" => counts.inserted += 1,
            "erased" => counts.erased += 1,
            _ => counts.updated += 1,
        }
    }
}

/// Rows that contradict what is known are found only when they are taken in: behind how many others, of which so many
/// stay.
pub(super) fn stopped(error: Error, before: usize, stay: usize) -> Failure {
    let Error::Wrong(wrong) = error else { return error.into() };
    let row = |field: &str| {
        let (place, _) = field.strip_prefix("prospects[")?.split_once(']')?;
        Some(before + place.parse::<usize>().ok()? + 1)
    };
    let told: Vec<String> = wrong
        .iter()
        .map(|wrong| match row(&wrong.field) {
            Some(row) => format!("row {row}: {}", wrong.message),
            None => format!("{}: {}", wrong.field, wrong.message),
        })
        .collect();
    let error = anyhow::anyhow!("{}", told.join("\n"));
    let hint = match stay {
        0 => "nothing was imported: put the row right and import the file again".to_owned(),
        _ => format!(
            "the first {} were imported: put the row right and import the whole file again, nobody is doubled",
            count(stay as u64, "row")
        ),
    };
    Failure { exit: Exit::Failure, error, hint: Some(hint) }
}
