//! The JSON file: an array of segments with their clinics, one clinic a line (PT-116, PT-118).

use crate::run::Run;
use crate::spool::Row;
use proto::v1::{OutreachTemplate, Segment};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Clinic<'a> {
    clinic_id: i64,
    clinic_name: &'a str,
    phone: Option<&'a str>,
    website: Option<&'a str>,
    city: Option<&'a str>,
    state: Option<&'a str>,
    decision_maker: Option<DecisionMaker<'a>>,
    match_reason: &'a str,
    confidence_score: f64,
}

#[derive(Serialize)]
struct DecisionMaker<'a> {
    name: &'a str,
    title: Option<&'a str>,
    linkedin_url: Option<&'a str>,
}

#[derive(Serialize)]
struct Outreach<'a> {
    subject: &'a str,
    opening: &'a str,
    cta: &'a str,
}

/// Writes every segment with its clinics, and returns how many clinics.
pub(crate) fn write(run: &Run, mut out: impl Write) -> io::Result<u64> {
    let mut rows = 0;
    out.write_all(b"[")?;
    for (position, segment) in run.segments.iter().enumerate() {
        out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        open(segment, &mut out)?;
        for (position, row) in run.rows.of(segment.index).enumerate() {
            out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut out, &clinic(&row?))?;
            rows += 1;
        }
        out.write_all(b"\n],\n\"outreach_template\": ")?;
        serde_json::to_writer(&mut out, &run.outreach(segment).map(outreach))?;
        out.write_all(b"}")?;
    }
    out.write_all(b"\n]\n")?;
    out.flush()?;
    Ok(rows)
}

fn open(segment: &Segment, out: &mut impl Write) -> io::Result<()> {
    write!(
        out,
        "{{\"segment_name\": {},\n\"pain_category\": {},\n\"priority_score\": {},\n\"clinics\": [",
        serde_json::to_string(&segment.name)?,
        serde_json::to_string(&segment.pain_category)?,
        serde_json::to_string(&segment.priority_score)?,
    )
}

fn clinic(row: &Row) -> Clinic<'_> {
    let clinic = &row.clinic;
    Clinic {
        clinic_id: clinic.id,
        clinic_name: &clinic.name,
        phone: clinic.phone.as_deref(),
        website: clinic.website.as_deref(),
        city: clinic.city.as_deref(),
        state: clinic.state.as_deref(),
        decision_maker: clinic.decision_maker.as_ref().map(|person| DecisionMaker {
            name: &person.name,
            title: person.title.as_deref(),
            linkedin_url: person.linkedin_url.as_deref(),
        }),
        match_reason: &row.assignment.match_reason,
        confidence_score: row.assignment.confidence,
    }
}

fn outreach(template: &OutreachTemplate) -> Outreach<'_> {
    Outreach { subject: &template.subject, opening: &template.opening, cta: &template.cta }
}
