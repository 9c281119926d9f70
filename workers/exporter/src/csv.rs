//! The CSV files: four layouts of the same rows (X10).

use crate::crm;
use crate::run::Run;
use crate::spool::Row;
use ::csv::{Terminator, Writer, WriterBuilder};
use cells::guarded;
use proto::v1::{CsvLayout, Segment};
use std::io::{self, Write};

const BOM: &[u8] = "\u{feff}".as_bytes();

const SAMPLE: [&str; 10] = [
    "segment_name",
    "clinic_name",
    "phone",
    "website",
    "city",
    "state",
    "pain_category",
    "priority_score",
    "decision_maker",
    "outreach_subject",
];

const STEP12: [&str; 10] = [
    "clinic_name",
    "phone",
    "website",
    "city",
    "state",
    "segment",
    "pain_category",
    "priority_score",
    "decision_maker_name",
    "outreach_subject",
];

/// Writes every matched clinic, and returns how many.
pub(crate) fn write(run: &Run, layout: CsvLayout, mut out: impl Write) -> io::Result<u64> {
    let excel = layout == CsvLayout::Excel;
    if excel {
        out.write_all(BOM)?;
    }
    let terminator = match excel {
        true => Terminator::CRLF,
        false => Terminator::Any(b'\n'),
    };
    let mut writer = WriterBuilder::new().terminator(terminator).from_writer(out);
    header(&mut writer, layout)?;
    let mut rows = 0;
    for segment in &run.segments {
        let subject = run.outreach(segment).map_or("", |outreach| outreach.subject.as_str());
        for row in run.rows.of(segment.index) {
            record(&mut writer, layout, segment, subject, &row?)?;
            rows += 1;
        }
    }
    writer.flush()?;
    Ok(rows)
}

pub(crate) fn header(writer: &mut Writer<impl Write>, layout: CsvLayout) -> io::Result<()> {
    match layout {
        CsvLayout::Step12 => writer.write_record(STEP12)?,
        CsvLayout::Crm => writer.write_record(crm::HEADER)?,
        CsvLayout::Unspecified | CsvLayout::Sample | CsvLayout::Excel => {
            writer.write_record(SAMPLE)?;
        }
    }
    Ok(())
}

pub(crate) fn record(
    writer: &mut Writer<impl Write>,
    layout: CsvLayout,
    segment: &Segment,
    subject: &str,
    row: &Row,
) -> io::Result<()> {
    let clinic = &row.clinic;
    let name = guarded(&clinic.name);
    let phone = guarded(clinic.phone());
    let website = guarded(clinic.website());
    let city = guarded(clinic.city());
    let state = guarded(clinic.state());
    let priority = format!("{:.1}", segment.priority_score);
    let contact = guarded(clinic.decision_maker.as_ref().map_or("", |person| person.name.as_str()));
    let subject_cell = guarded(subject);
    match layout {
        CsvLayout::Crm => writer.write_record(crm::record(segment, subject, row))?,
        CsvLayout::Step12 => writer.write_record([
            &name,
            &phone,
            &website,
            &city,
            &state,
            &guarded(&segment.name),
            &guarded(&segment.pain_category),
            &priority,
            &contact,
            &subject_cell,
        ])?,
        CsvLayout::Unspecified | CsvLayout::Sample | CsvLayout::Excel => writer.write_record([
            &guarded(&segment.name),
            &name,
            &phone,
            &website,
            &city,
            &state,
            &guarded(&segment.pain_category),
            &priority,
            &contact,
            &subject_cell,
        ])?,
    }
    Ok(())
}
