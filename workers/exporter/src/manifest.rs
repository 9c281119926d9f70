//! The manifest: what a run's files hold, so that a reader can tell whether they are whole.

use crate::run::Run;
use chrono::DateTime;
use proto::v1::ExportedFile;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;

#[derive(Serialize)]
struct Manifest<'a> {
    version: u32,
    run_id: &'a str,
    run_date: &'a str,
    /// What the run saw of the data; tells the newer of two runs of a date.
    as_of: &'a str,
    input_hash: &'a str,
    pain_points: u32,
    clinics: u32,
    clinics_matched: u32,
    clinics_unmatched: u32,
    segments: u32,
    hot_leads: u32,
    segment_rows: Vec<SegmentRows<'a>>,
    files: Vec<File<'a>>,
    missing: &'a [String],
    warnings: &'a [String],
}

#[derive(Serialize)]
struct SegmentRows<'a> {
    segment_name: &'a str,
    rows: u64,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    format: &'a str,
    rows: u64,
    bytes: u64,
    sha256: &'a str,
}

pub(crate) fn write(run: &Run, files: &[ExportedFile], mut out: impl Write) -> io::Result<()> {
    let totals = &run.summary;
    let manifest = Manifest {
        version: 1,
        run_id: &totals.run_id,
        run_date: run.date(),
        as_of: as_of(run),
        input_hash: &run.header.input_hash,
        pain_points: totals.total_pain_points,
        clinics: totals.total_clinics,
        clinics_matched: totals.clinics_matched,
        clinics_unmatched: totals.clinics_unmatched,
        segments: totals.segments,
        hot_leads: totals.hot_leads,
        segment_rows: run
            .segments
            .iter()
            .map(|segment| SegmentRows {
                segment_name: &segment.name,
                rows: run.rows.count_of(segment.index),
            })
            .collect(),
        files: files.iter().map(file).collect(),
        missing: &run.missing,
        warnings: &totals.warnings,
    };
    serde_json::to_writer_pretty(&mut out, &manifest)?;
    out.write_all(b"\n")
}

/// What says whose files are there; an older manifest says no time.
#[derive(Deserialize)]
struct Shown {
    run_id: String,
    #[serde(default)]
    as_of: String,
}

/// The run whose files are there, if it is newer than this one.
///
/// Whoever cannot be compared gives way: a manifest that nobody can read, or one without a time.
pub(crate) fn newer(run: &Run, manifest: &Path) -> Option<String> {
    let shown: Shown = serde_json::from_slice(&std::fs::read(manifest).ok()?).ok()?;
    let time = |text| DateTime::parse_from_rfc3339(text).ok();
    let is_newer = shown.run_id != run.summary.run_id && time(&shown.as_of)? > time(as_of(run))?;
    is_newer.then_some(shown.run_id)
}

fn as_of(run: &Run) -> &str {
    run.header.request.as_ref().map_or("", |request| request.as_of.as_str())
}

fn file(file: &ExportedFile) -> File<'_> {
    let name = Path::new(&file.path).file_name();
    File {
        name: name.and_then(|name| name.to_str()).unwrap_or(&file.path),
        format: &file.format,
        rows: file.rows,
        bytes: file.bytes,
        sha256: &file.sha256,
    }
}
