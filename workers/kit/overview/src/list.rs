//! The runs in rows, the newest first, and the scrapers of each day.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use proto::subject::{Stage, Subject, stream};
use serde::Serialize;

use crate::runs::{self, Known};
use crate::{Broker, Error};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub run_id: String,
    pub client_id: String,
    pub run_date: String,
    /// loading, running, abandoned, or how it ended: complete, empty, failed.
    pub state: String,
    pub trigger: &'static str,
    pub begun_at: String,
    pub pain_points: u32,
    pub clinics: u32,
    pub segments: Option<u32>,
    pub clinics_matched: Option<u32>,
    pub missing: usize,
}

/// The scrapers of a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scrapes {
    pub date: String,
    pub done: Vec<Scraper>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scraper {
    pub source: String,
    pub at: String,
}

/// The latest or the largest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Begun,
    Date,
    PainPoints,
    Clinics,
}

impl Sort {
    pub const ALL: [Self; 4] = [Self::Begun, Self::Date, Self::PainPoints, Self::Clinics];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Date => "date",
            Self::PainPoints => "pain_points",
            Self::Clinics => "clinics",
        }
    }

    /// Runs that are alike in this stay as they are, the newest first.
    fn apply(self, runs: &mut [Known]) {
        let date = |known: &Known| known.header.request.as_ref().map(|asked| asked.run_date.clone());
        match self {
            Self::Begun => {}
            Self::Date => runs.sort_by_cached_key(|known| Reverse(date(known))),
            Self::PainPoints => runs.sort_by_key(|known| Reverse(known.header.total_pain_points)),
            Self::Clinics => runs.sort_by_key(|known| Reverse(known.header.total_clinics)),
        }
    }
}

/// A part of the list of runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub sort: Sort,
    /// The other way round.
    pub turned: bool,
    pub offset: usize,
    pub most: usize,
}

/// The newest runs.
pub async fn newest(broker: &Broker, most: usize, now: DateTime<Utc>) -> Result<Vec<Entry>, Error> {
    Ok(page(broker, Wanted { most, ..Wanted::default() }, now).await?.0)
}

/// A part of the list, and how many runs there are.
pub async fn page(broker: &Broker, wanted: Wanted, now: DateTime<Utc>) -> Result<(Vec<Entry>, usize), Error> {
    let mut all = runs::all(broker).await?;
    wanted.sort.apply(&mut all);
    if wanted.turned {
        all.reverse();
    }
    let mut entries = Vec::new();
    for known in all.iter().skip(wanted.offset).take(wanted.most) {
        entries.push(entry(broker, known, now).await?);
    }
    Ok((entries, all.len()))
}

async fn entry(broker: &Broker, known: &Known, now: DateTime<Utc>) -> Result<Entry, Error> {
    let summary = runs::summary(broker, &known.id).await?;
    let header = &known.header;
    Ok(Entry {
        run_id: known.id.to_string(),
        client_id: header.request.as_ref().map(|request| request.client_id.clone()).unwrap_or_default(),
        run_date: header.request.as_ref().map(|request| request.run_date.clone()).unwrap_or_default(),
        state: runs::state(broker, known, summary.as_ref(), now).await?,
        trigger: runs::trigger(header),
        begun_at: in_seconds(known.begun_at),
        pain_points: header.total_pain_points,
        clinics: header.total_clinics,
        segments: summary.as_ref().map(|summary| summary.segments_created),
        clinics_matched: summary.as_ref().map(|summary| summary.clinics_matched),
        missing: summary.map_or(0, |summary| summary.missing.len()),
    })
}

/// The scrapers that were done, the newest date first.
pub async fn scrapes(broker: &Broker) -> Result<Vec<Scrapes>, Error> {
    let mut messages = broker.runs.messages(stream::RUN, Subject::all_parts(Stage::Scrape)).await?;
    let mut dates: BTreeMap<String, Vec<Scraper>> = BTreeMap::new();
    while let Some(stored) = messages.next().await? {
        let Ok(Subject::Part { run, part, .. }) = stored.subject.parse() else { continue };
        let date = run.as_str().trim_start_matches("scrape-").to_owned();
        let at = in_seconds(stored.published_at);
        dates.entry(date).or_default().push(Scraper { source: part.to_string(), at });
    }
    Ok(dates.into_iter().rev().map(|(date, done)| Scrapes { date, done }).collect())
}

fn in_seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
