//! `leadfleet match list`: the runs, the newest first.

use std::collections::BTreeMap;

use proto::subject::{Stage, Subject, stream};
use serde::Serialize;

use super::Stream;
use super::runs::{self, Known, moment};
use crate::exit::{Exit, Failure};
use crate::output::{Output, columns};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
    /// The scrapers of each day instead: who was done when.
    #[arg(long)]
    scrapes: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    run_id: String,
    run_date: String,
    /// loading, running, abandoned, or how it ended: complete, empty, failed.
    state: String,
    trigger: &'static str,
    begun_at: String,
    pain_points: u32,
    clinics: u32,
    segments: Option<u32>,
    clinics_matched: Option<u32>,
    missing: usize,
}

/// The scrapers of a date.
#[derive(Debug, Serialize)]
struct Scrapes {
    date: String,
    done: Vec<Scraper>,
}

#[derive(Debug, Serialize)]
struct Scraper {
    source: String,
    at: String,
}

pub(super) async fn run(args: &Args, stream: &Stream, output: Output) -> Result<Exit, Failure> {
    if args.scrapes {
        let mut all = scrapes(stream).await?;
        all.truncate(args.limit);
        output.show(&all, |all| scrapes_table(all))?;
    } else {
        output.show(&entries(stream, args.limit).await?, |entries| table(entries))?;
    }
    Ok(Exit::Ok)
}

async fn entries(stream: &Stream, limit: usize) -> Result<Vec<Entry>, Failure> {
    newest(&stream.runs, limit).await
}

/// The newest runs, for the status of the fleet as well.
pub(crate) async fn newest(runs: &runtime::Runs, limit: usize) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for known in runs::all(runs).await?.iter().take(limit) {
        entries.push(entry(runs, known).await?);
    }
    Ok(entries)
}

async fn entry(runs: &runtime::Runs, known: &Known) -> Result<Entry, Failure> {
    let summary = runs::summary(runs, &known.id).await?;
    let header = &known.header;
    Ok(Entry {
        run_id: known.id.to_string(),
        run_date: header.request.as_ref().map(|request| request.run_date.clone()).unwrap_or_default(),
        state: runs::state(runs, known, summary.as_ref()).await?,
        trigger: runs::trigger(header),
        begun_at: known.begun_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        pain_points: header.total_pain_points,
        clinics: header.total_clinics,
        segments: summary.as_ref().map(|summary| summary.segments_created),
        clinics_matched: summary.as_ref().map(|summary| summary.clinics_matched),
        missing: summary.map_or(0, |summary| summary.missing.len()),
    })
}

pub(crate) fn table(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return "No runs yet: `leadfleet match start` starts one.".to_owned();
    }
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let row = |entry: &Entry| {
        let missing = if entry.missing > 0 { format!(", {} missing", entry.missing) } else { String::new() };
        [
            entry.run_id.clone(),
            entry.run_date.clone(),
            format!("{}{missing}", entry.state),
            entry.trigger.to_owned(),
            readable(&entry.begun_at),
            entry.pain_points.to_string(),
            entry.clinics.to_string(),
            number(entry.segments),
            number(entry.clinics_matched),
        ]
    };
    let header =
        ["run", "date", "state", "trigger", "begun (UTC)", "pain points", "clinics", "segments", "matched"];
    columns(header, entries.iter().map(row))
}

/// `2025-11-11T08:00:00Z` as people read it; the header of the column says that it is UTC.
fn readable(time: &str) -> String {
    time.trim_end_matches('Z').replace('T', " ")
}

async fn scrapes(stream: &Stream) -> Result<Vec<Scrapes>, Failure> {
    let mut messages = stream.runs.messages(stream::RUN, Subject::all_parts(Stage::Scrape)).await?;
    let mut dates: BTreeMap<String, Vec<Scraper>> = BTreeMap::new();
    while let Some(stored) = messages.next().await? {
        let Ok(Subject::Part { run, part, .. }) = stored.subject.parse() else { continue };
        let date = run.as_str().trim_start_matches("scrape-").to_owned();
        let at = moment(&stored.published_at).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        dates.entry(date).or_default().push(Scraper { source: part.to_string(), at });
    }
    Ok(dates.into_iter().rev().map(|(date, done)| Scrapes { date, done }).collect())
}

fn scrapes_table(all: &[Scrapes]) -> String {
    if all.is_empty() {
        return "No scraper was done in the last days.".to_owned();
    }
    let row = |scrapes: &Scrapes| {
        let done: Vec<String> =
            scrapes.done.iter().map(|done| format!("{} {}", done.source, readable(&done.at))).collect();
        [scrapes.date.clone(), format!("{} of 3", scrapes.done.len()), done.join(", ")]
    };
    columns(["date", "done", "scrapers (UTC)"], all.iter().map(row))
}
