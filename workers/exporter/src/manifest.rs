//! The manifest: what a run's files hold, so that a reader can tell whether they are whole.

use crate::run::Run;
use proto::v1::ExportedFile;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

#[derive(Serialize)]
struct Manifest<'a> {
    version: u32,
    run_id: &'a str,
    run_date: &'a str,
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
