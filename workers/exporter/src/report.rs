//! The Markdown report: summary, every segment in full, and the clinics without matches (PT-101 to PT-111).

use crate::markdown::escaped;
use crate::run::Run;
use crate::spool::Row;
use crate::title;
use prost::{Message, Name};
use proto::v1::{ScoreSummary, Segment, Template, TemplateSource};
use std::io::{self, Write};

/// Writes the report, and returns how many segments it shows.
///
/// A run with a number that cannot be printed gets its raw JSON instead (PT-111).
pub(crate) fn write(run: &Run, mut out: impl Write) -> io::Result<u64> {
    if is_printable(run) {
        formatted(run, &mut out)?;
    } else {
        raw(run, &mut out)?;
    }
    out.flush()?;
    Ok(run.segments.len() as u64)
}

fn is_printable(run: &Run) -> bool {
    run.segments
        .iter()
        .all(|segment| segment.priority_score.is_finite() && segment.mean_confidence.is_finite())
}

fn formatted(run: &Run, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# PT Clinic Segment Report - {}\n", escaped(run.date()))?;
    summary(run, out)?;
    writeln!(out, "\n## Top 5 Priority Segments\n")?;
    if run.segments.is_empty() {
        writeln!(out, "No clinic reached the confidence that the run asked for.\n")?;
    }
    for (position, segment) in run.segments.iter().enumerate() {
        if position == 5 {
            writeln!(out, "## All Other Segments\n")?;
        }
        breakdown(run, position + 1, segment, out)?;
    }
    appendix(run, out)
}

fn summary(run: &Run, out: &mut impl Write) -> io::Result<()> {
    let totals = &run.summary;
    writeln!(out, "## Executive Summary")?;
    writeln!(out, "- Total Pain Points: {}", totals.total_pain_points)?;
    writeln!(out, "- Total Clinics: {}", totals.total_clinics)?;
    writeln!(out, "- Segments Created: {}", totals.segments)?;
    writeln!(out, "- Match Rate: {}%", percent(totals.clinics_matched, totals.total_clinics))?;
    if totals.hot_leads > 0 {
        writeln!(out, "- Hot Leads: {}", totals.hot_leads)?;
    }
    for missing in &run.missing {
        writeln!(out, "- Missing: {}", escaped(missing))?;
    }
    for warning in &totals.warnings {
        writeln!(out, "- Note: {}", escaped(warning))?;
    }
    Ok(())
}

fn breakdown(run: &Run, number: usize, segment: &Segment, out: &mut impl Write) -> io::Result<()> {
    let heading = escaped(&title::heading(segment));
    writeln!(out, "### {number}. {heading} (Score: {:.1})", segment.priority_score)?;
    writeln!(out, "- **Pain Category:** {}", categories(segment))?;
    writeln!(out, "- **Clinics:** {}", segment.clinics)?;
    writeln!(
        out,
        "- **Decision Makers:** {} ({}%)",
        segment.with_decision_maker,
        percent(segment.with_decision_maker, segment.clinics)
    )?;
    writeln!(out, "- **Match Strategy:** {}", escaped(&title::strategy(&segment.match_strategy)))?;
    if !segment.example_pain.is_empty() {
        writeln!(out, "- **Example Pain:** \"{}\"", escaped(&segment.example_pain))?;
    }
    let template = run.templates.get(segment.index as usize);
    outreach(template.and_then(Option::as_ref), out)?;
    writeln!(out, "- **Segment:** {}", escaped(&segment.name))?;
    if segment.small {
        writeln!(out, "- **Note:** fewer than 3 clinics")?;
    }
    writeln!(out)?;
    if let Some(row) = run.rows.sample(segment.index, segment.sample_clinic_id)? {
        sample(&row, out)?;
    }
    Ok(())
}

fn outreach(template: Option<&Template>, out: &mut impl Write) -> io::Result<()> {
    let Some((template, text)) = template.and_then(|template| Some((template, template.outreach.as_ref()?)))
    else {
        return writeln!(out, "- **Outreach Angle:** to be written by hand");
    };
    let angle = text.subject.split_once(" for ").map_or(text.subject.as_str(), |(angle, _)| angle);
    writeln!(out, "- **Outreach Angle:** {}", escaped(angle))?;
    writeln!(out, "- **Suggested Subject:** {}", escaped(&text.subject))?;
    writeln!(out, "- **Suggested Opening:** {}", escaped(&text.opening))?;
    writeln!(out, "- **Call to Action:** {}", escaped(&text.cta))?;
    if template.source() == TemplateSource::Generic {
        writeln!(out, "- **Template:** generic, not written for this segment")?;
    }
    Ok(())
}

fn sample(row: &Row, out: &mut impl Write) -> io::Result<()> {
    let clinic = &row.clinic;
    writeln!(out, "**Sample Clinic:**")?;
    writeln!(out, "- Name: {}", escaped(&clinic.name))?;
    if let Some(person) = &clinic.decision_maker {
        let name = escaped(&person.name);
        match person.title.as_deref() {
            Some(title) => writeln!(out, "- Contact: {name} ({})", escaped(title))?,
            None => writeln!(out, "- Contact: {name}")?,
        }
    }
    if let Some(phone) = &clinic.phone {
        writeln!(out, "- Phone: {}", escaped(phone))?;
    }
    if let Some(website) = &clinic.website {
        writeln!(out, "- Website: {}", escaped(website))?;
    }
    writeln!(out)
}

fn appendix(run: &Run, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "## Appendix: Clinics Without Matches\n")?;
    if run.rows.count_unmatched() == 0 {
        return writeln!(out, "Every clinic is in a segment.");
    }
    for row in run.rows.unmatched() {
        let Row { clinic, assignment } = row?;
        let place: Vec<&str> =
            [clinic.city.as_deref(), clinic.state.as_deref()].into_iter().flatten().collect();
        write!(out, "- {}", escaped(&clinic.name))?;
        if !place.is_empty() {
            write!(out, ", {}", escaped(&place.join(", ")))?;
        }
        if !assignment.nearest_miss.is_empty() {
            write!(out, ": {}", escaped(&assignment.nearest_miss))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn categories(segment: &Segment) -> String {
    if segment.categories.len() < 2 {
        return escaped(&title::words(&segment.pain_category));
    }
    let names: Vec<String> = segment.categories.iter().map(|name| escaped(&title::words(name))).collect();
    names.join(", ")
}

/// Whole percent, half rounded up (TV14, TV15).
fn percent(part: u32, whole: u32) -> u64 {
    let (part, whole) = (u64::from(part), u64::from(whole));
    match whole {
        0 => 0,
        _ => (200 * part + whole) / (2 * whole),
    }
}

fn raw(run: &Run, out: &mut impl Write) -> io::Result<()> {
    let json = |schema: String, bytes: Vec<u8>| proto::to_json(&schema, &bytes);
    let mut values = vec![json(ScoreSummary::full_name(), run.summary.encode_to_vec())];
    values.extend(run.segments.iter().map(|segment| json(Segment::full_name(), segment.encode_to_vec())));
    for value in values {
        let value = value.map_err(io::Error::other)?;
        serde_json::to_writer_pretty(&mut *out, &value)?;
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_whole_and_round_half_up() {
        assert_eq!(percent(452, 487), 93);
        assert_eq!(percent(32, 47), 68);
        assert_eq!(percent(1, 8), 13);
        assert_eq!(percent(0, 0), 0);
        assert_eq!(percent(u32::MAX, u32::MAX), 100);
    }
}
