//! The workbook for people: leads, segments and how to read them; each sheet is written row by row to disk.

use crate::run::Run;
use crate::spool::Row;
use proto::v1::{OutreachTemplate, Segment};
use rust_xlsxwriter::{
    ColNum, DocProperties, ExcelDateTime, Format, RowNum, Url, Workbook, Worksheet, XlsxError,
};
use std::io::{Seek, Write};
use std::path::Path;

/// Rows that a sheet can hold, the header included.
const SHEET_ROWS: RowNum = 1_048_576;
/// Links that a sheet can hold; further websites stay text.
const SHEET_LINKS: u32 = 65_000;
/// Characters that a cell can hold.
const CELL: usize = 32_767;

const LEADS: [(&str, f64); 19] = [
    ("Segment", 28.0),
    ("Score", 7.0),
    ("Clinic", 32.0),
    ("Phone", 17.0),
    ("Website", 28.0),
    ("Email", 28.0),
    ("City", 16.0),
    ("State", 7.0),
    ("Business type", 16.0),
    ("Rating", 7.0),
    ("Reviews", 8.0),
    ("Decision maker", 24.0),
    ("Title", 20.0),
    ("LinkedIn", 30.0),
    ("Pain category", 14.0),
    ("Confidence", 10.0),
    ("Hot lead", 8.0),
    ("Why", 44.0),
    ("Subject line", 44.0),
];

const SEGMENTS: [(&str, f64); 11] = [
    ("Segment", 32.0),
    ("Score", 7.0),
    ("Pain category", 14.0),
    ("Clinics", 8.0),
    ("With decision maker", 18.0),
    ("With email", 10.0),
    ("Match strategy", 28.0),
    ("Mean confidence", 15.0),
    ("Subject line", 44.0),
    ("Opening", 60.0),
    ("Call to action", 44.0),
];

const READ_ME: [&str; 8] = [
    "Leads: one row a clinic, the best segment first, in it the surest match first.",
    "Segments: one row a segment, with the text to write to its clinics.",
    "Score: how promising a segment is, 1 to 10.",
    "Confidence: how well the clinic fits its segment, 1 to 10.",
    "Hot lead: the clinic has two or more kinds of pain at once.",
    "Why: what the match rests on.",
    "{name}, {city} and the like in a text are to be filled in for each clinic.",
    "An empty subject line means that a person has to write it.",
];

/// Writes the workbook, and returns how many clinics it holds.
pub(crate) fn write(run: &Run, out: impl Write + Seek + Send, dir: &Path) -> Result<u64, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_tempdir(dir)?;
    // The time of a workbook is the date of its run, so that the same run gives the same file.
    if let Ok(created) = ExcelDateTime::parse_from_str(run.date()) {
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    }
    let bold = Format::new().set_bold();
    let rows = leads(run, &mut workbook, &bold)?;
    segments(run, &mut workbook, &bold)?;
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name("Read me")?.set_column_width(0, 90)?;
    for (row, line) in (0..).zip(READ_ME) {
        sheet.write_string(row, 0, line)?;
    }
    workbook.save_to_writer(out)?;
    Ok(rows)
}

fn leads(run: &Run, workbook: &mut Workbook, bold: &Format) -> Result<u64, XlsxError> {
    let mut rows = 0;
    let mut number = 1;
    let mut sheet = start(workbook, "Leads", &LEADS, bold)?;
    let (mut at, mut links) = (1, 0);
    for segment in &run.segments {
        let outreach = run.outreach(segment);
        for row in run.rows.of(segment.index) {
            if at == SHEET_ROWS {
                end(workbook, sheet, at, &LEADS)?;
                number += 1;
                sheet = start(workbook, &format!("Leads {number}"), &LEADS, bold)?;
                (at, links) = (1, 0);
            }
            let row = row.map_err(XlsxError::IoError)?;
            lead(&mut sheet, at, &mut links, segment, outreach, &row)?;
            at += 1;
            rows += 1;
        }
    }
    end(workbook, sheet, at, &LEADS)?;
    Ok(rows)
}

fn lead(
    sheet: &mut Worksheet,
    at: RowNum,
    links: &mut u32,
    segment: &Segment,
    outreach: Option<&OutreachTemplate>,
    row: &Row,
) -> Result<(), XlsxError> {
    let Row { clinic, assignment } = row;
    let person = clinic.decision_maker.as_ref();
    let email = person.and_then(|person| person.email.as_deref()).unwrap_or_else(|| clinic.email());
    text(sheet, at, 0, &segment.name)?;
    sheet.write_number(at, 1, segment.priority_score)?;
    text(sheet, at, 2, &clinic.name)?;
    text(sheet, at, 3, clinic.phone())?;
    link(sheet, at, 4, links, clinic.website())?;
    text(sheet, at, 5, email)?;
    text(sheet, at, 6, clinic.city())?;
    text(sheet, at, 7, clinic.state())?;
    text(sheet, at, 8, clinic.business_type())?;
    if let Some(rating) = clinic.rating {
        sheet.write_number(at, 9, rating)?;
    }
    sheet.write_number(at, 10, clinic.review_count)?;
    text(sheet, at, 11, person.map_or("", |person| &person.name))?;
    text(sheet, at, 12, person.map_or("", |person| person.title()))?;
    text(sheet, at, 13, person.map_or("", |person| person.linkedin_url()))?;
    text(sheet, at, 14, &segment.pain_category)?;
    sheet.write_number(at, 15, assignment.confidence)?;
    text(sheet, at, 16, if assignment.hot_lead { "yes" } else { "" })?;
    text(sheet, at, 17, &assignment.match_reason)?;
    text(sheet, at, 18, outreach.map_or("", |outreach| &outreach.subject))
}

fn segments(run: &Run, workbook: &mut Workbook, bold: &Format) -> Result<(), XlsxError> {
    let mut sheet = start(workbook, "Segments", &SEGMENTS, bold)?;
    let mut at = 1;
    for segment in &run.segments {
        let outreach = run.outreach(segment);
        text(&mut sheet, at, 0, &segment.name)?;
        sheet.write_number(at, 1, segment.priority_score)?;
        text(&mut sheet, at, 2, &segment.pain_category)?;
        sheet.write_number(at, 3, segment.clinics)?;
        sheet.write_number(at, 4, segment.with_decision_maker)?;
        sheet.write_number(at, 5, segment.with_email)?;
        text(&mut sheet, at, 6, &segment.match_strategy)?;
        sheet.write_number(at, 7, segment.mean_confidence)?;
        if let Some(outreach) = outreach {
            text(&mut sheet, at, 8, &outreach.subject)?;
            text(&mut sheet, at, 9, &outreach.opening)?;
            text(&mut sheet, at, 10, &outreach.cta)?;
        }
        at += 1;
    }
    end(workbook, sheet, at, &SEGMENTS)
}

fn start(
    workbook: &mut Workbook,
    name: &str,
    columns: &[(&str, f64)],
    bold: &Format,
) -> Result<Worksheet, XlsxError> {
    let mut sheet = workbook.new_worksheet_with_constant_memory()?;
    sheet.set_name(name)?.set_freeze_panes(1, 0)?;
    for (column, (title, width)) in (0..).zip(columns) {
        sheet.set_column_width(column, *width)?;
        sheet.write_string_with_format(0, column, *title, bold)?;
    }
    Ok(sheet)
}

fn end(
    workbook: &mut Workbook,
    mut sheet: Worksheet,
    rows: RowNum,
    columns: &[(&str, f64)],
) -> Result<(), XlsxError> {
    let last = ColNum::try_from(columns.len() - 1).unwrap_or(0);
    sheet.autofilter(0, 0, rows - 1, last)?;
    workbook.push_worksheet(sheet);
    Ok(())
}

/// A string cell: a workbook never takes one for a formula, so it needs no guard.
fn text(sheet: &mut Worksheet, row: RowNum, column: ColNum, text: &str) -> Result<(), XlsxError> {
    if text.is_empty() {
        return Ok(());
    }
    let visible = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    sheet.write_string(row, column, visible.take(CELL).collect::<String>())?;
    Ok(())
}

fn link(
    sheet: &mut Worksheet,
    row: RowNum,
    column: ColNum,
    links: &mut u32,
    website: &str,
) -> Result<(), XlsxError> {
    let Some(address) = address(website).filter(|_| *links < SHEET_LINKS) else {
        return text(sheet, row, column, website);
    };
    *links += 1;
    sheet.write_url_with_text(row, column, Url::new(address), website)?;
    Ok(())
}

/// The address behind a website as scraped; none unless it is plainly a web page.
fn address(website: &str) -> Option<String> {
    let (scheme, rest) = website.split_once("://").unwrap_or(("https", website));
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`');
    let is_page = matches!(scheme, "http" | "https")
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        && rest.contains('.')
        && rest.chars().all(plain)
        && website.len() <= 255;
    is_page.then(|| format!("{scheme}://{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_web_page_becomes_a_link() {
        assert_eq!(address("phoenixelitept.com").as_deref(), Some("https://phoenixelitept.com"));
        assert_eq!(address("http://a.example/x").as_deref(), Some("http://a.example/x"));
        assert_eq!(address("file://server/share.x"), None);
        assert_eq!(address("=cmd|' /C calc'!A0.x"), None);
        assert_eq!(address("not a page"), None);
    }
}
