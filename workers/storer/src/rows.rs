//! What a run becomes in the database: its segments, and one row for each matched clinic.

use chrono::{DateTime, NaiveDate, Utc};
use db::Uuid;
use db::segments::{Points, SegmentRow, StoredRun};
use proto::v1::{Assignment, ScoreSummary, Segment, SegmentSignal, Strategy, Template, TemplateSource};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A run but for its clinics, of which there may be too many for memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub run_id: String,
    pub client_id: String,
    pub generation: u32,
    pub summary: ScoreSummary,
    pub segments: Vec<Segment>,
    /// By index of the segment; one whose maker died is not there.
    pub templates: BTreeMap<u32, Template>,
}

/// Why a run cannot be stored, however often one tries.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    #[error("{0:?} is no client: a UUID is expected")]
    Client(String),
    #[error("{0:?} is no date")]
    Date(String),
    #[error("segment {found} stands where segment {expected} is expected")]
    Order { expected: u32, found: u32 },
    #[error("the run says it has {expected} segments, {found} are there")]
    Segments { expected: u32, found: usize },
    #[error("no row can have {0} for a clinic")]
    Clinic(i64),
}

impl Run {
    pub fn client(&self) -> Result<Uuid, Error> {
        let client = self.client_id.parse();
        client.map_err(|_not_a_uuid| Error::Client(self.client_id.clone()))
    }

    /// The run as the database takes it; `ready_at` is when it was first to be stored.
    pub fn stored(&self, ready_at: DateTime<Utc>, stored_at: DateTime<Utc>) -> Result<StoredRun, Error> {
        let expected = self.summary.segments;
        if self.segments.len() != expected as usize {
            return Err(Error::Segments { expected, found: self.segments.len() });
        }
        let run_date: NaiveDate = self
            .summary
            .run_date
            .parse()
            .map_err(|_not_a_date| Error::Date(self.summary.run_date.clone()))?;
        let segments = (0..).zip(&self.segments).map(|(expected, segment)| {
            if segment.index != expected {
                return Err(Error::Order { expected, found: segment.index });
            }
            Ok(stored_segment(segment, self.templates.get(&segment.index)))
        });
        Ok(StoredRun {
            run_id: self.run_id.clone(),
            run_date,
            generation: count(self.generation),
            summary: json!(self.summary),
            stored_at,
            ready_at,
            segments: segments.collect::<Result<_, _>>()?,
        })
    }
}

/// The row of a clinic; none if it is in no segment.
pub fn row(assignment: Assignment) -> Result<Option<SegmentRow>, Error> {
    let Some(segment) = assignment.segment else {
        return Ok(None);
    };
    let clinic = assignment.clinic_id;
    let points = assignment.points.unwrap_or_default();
    Ok(Some(SegmentRow {
        segment: segment as usize,
        clinic_id: i32::try_from(clinic).map_err(|_too_large| Error::Clinic(clinic))?,
        match_reason: assignment.match_reason,
        match_strategy: assignment.match_strategy,
        reason_code: assignment.reason_code,
        confidence_score: assignment.confidence,
        points: Points {
            geographic: points.geographic,
            business_type: points.business_type,
            pain_pattern: points.pain_pattern,
            decision_maker: points.decision_maker,
            email: points.email,
            phone: points.phone,
        },
        hot_lead: assignment.hot_lead,
        categories: assignment.categories,
        removed_from: assignment.removed_from,
    }))
}

fn stored_segment(segment: &Segment, template: Option<&Template>) -> db::segments::Segment {
    let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let (outreach_template, template_source) = outreach(template);
    db::segments::Segment {
        segment_name: segment.name.clone(),
        pain_category: segment.pain_category.clone(),
        categories: segment.categories.clone(),
        match_strategy: segment.match_strategy.clone(),
        priority_score: segment.priority_score,
        priority_raw: segment.priority_raw,
        opportunity_index: segment.opportunity_index,
        ai_adjustment: segment.ai_adjustment,
        ai_reason: filled(&segment.ai_reason),
        mean_confidence: segment.mean_confidence,
        mean_severity: segment.mean_severity,
        mean_mentions: segment.mean_mentions,
        total_mentions: i64::try_from(segment.total_mentions).unwrap_or(i64::MAX),
        clinics: count(segment.clinics),
        with_decision_maker: count(segment.with_decision_maker),
        with_email: count(segment.with_email),
        state: filled(&segment.state),
        match_reason: segment.match_reason.clone(),
        outreach_template,
        template_source: template_source.to_owned(),
        evidence: segment.evidence.iter().map(evidence).collect(),
    }
}

/// A template that died or waits for a person is NULL (X26).
fn outreach(template: Option<&Template>) -> (Option<Value>, &'static str) {
    let Some((template, text)) = template.and_then(|template| Some((template, template.outreach.as_ref()?)))
    else {
        return (None, "needs_manual");
    };
    let source = match template.source() {
        TemplateSource::Claude => "claude",
        TemplateSource::Generic => "generic",
        TemplateSource::NeedsManual | TemplateSource::Unspecified => return (None, "needs_manual"),
    };
    let json = json!({"subject": text.subject, "opening": text.opening, "cta": text.cta});
    (Some(json), source)
}

fn evidence(signal: &SegmentSignal) -> Value {
    let strategy = match signal.strategy() {
        Strategy::Geographic => "geographic",
        Strategy::BusinessType => "business_type",
        Strategy::PainPattern => "pain_pattern",
        Strategy::Unspecified => "unspecified",
    };
    json!({"strategy": strategy, "label": signal.label, "pain_point_ids": signal.pain_point_ids})
}

/// Postgres counts with a sign; no run has so many of anything.
fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::OutreachTemplate;

    fn segment(index: u32) -> Segment {
        Segment {
            index,
            name: "emr-arizona".into(),
            pain_category: "emr".into(),
            priority_score: 7.5,
            state: "AZ".into(),
            clinics: 47,
            evidence: vec![SegmentSignal {
                strategy: Strategy::Geographic.into(),
                label: "AZ".into(),
                pain_point_ids: vec![5, 8],
            }],
            ..Segment::default()
        }
    }

    fn template(source: TemplateSource) -> Template {
        Template {
            source: source.into(),
            outreach: Some(OutreachTemplate { subject: "s".into(), opening: "o".into(), cta: "c".into() }),
            ..Template::default()
        }
    }

    fn run(segments: Vec<Segment>) -> Run {
        Run {
            run_id: "20251111-0123456789ab".into(),
            client_id: db::DEFAULT_CLIENT.to_string(),
            generation: 2,
            summary: ScoreSummary {
                run_date: "2025-11-11".into(),
                segments: u32::try_from(segments.len()).unwrap(),
                ..ScoreSummary::default()
            },
            segments,
            templates: BTreeMap::new(),
        }
    }

    #[track_caller]
    fn check(run: &Run, expected: Error) {
        assert_eq!(run.stored(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH), Err(expected));
    }

    #[track_caller]
    fn check_outreach(template: Option<&Template>, has_text: bool, source: &str) {
        let (outreach, named) = outreach(template);
        let text = json!({"subject": "s", "opening": "o", "cta": "c"});
        assert_eq!(outreach, has_text.then_some(text));
        assert_eq!(named, source);
    }

    #[test]
    fn a_run_keeps_its_date_its_generation_and_the_order_of_its_segments() {
        let stored =
            run(vec![segment(0), segment(1)]).stored(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(stored.run_date.to_string(), "2025-11-11");
        assert_eq!(stored.generation, 2);
        assert_eq!(stored.segments.len(), 2);
        assert_eq!(stored.summary["segments"], 2);
        let first = &stored.segments[0];
        assert_eq!((first.segment_name.as_str(), first.clinics), ("emr-arizona", 47));
        assert_eq!(first.state.as_deref(), Some("AZ"));
        assert_eq!(first.ai_reason, None);
        let evidence = json!([{"strategy": "geographic", "label": "AZ", "pain_point_ids": [5, 8]}]);
        assert_eq!(first.evidence, evidence);
    }

    #[test]
    fn an_empty_run_is_stored_too() {
        assert_eq!(run(vec![]).stored(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH).unwrap().segments, []);
    }

    #[test]
    fn a_run_with_a_segment_missing_is_not_stored() {
        check(&run(vec![segment(1)]), Error::Order { expected: 0, found: 1 });
        let mut short = run(vec![segment(0)]);
        short.summary.segments = 2;
        check(&short, Error::Segments { expected: 2, found: 1 });
    }

    #[test]
    fn a_run_without_a_date_or_a_client_is_not_stored() {
        let mut undated = run(vec![]);
        undated.summary.run_date = "soon".into();
        check(&undated, Error::Date("soon".into()));
        let foreign = Run { client_id: "acme".into(), ..run(vec![]) };
        assert_eq!(foreign.client(), Err(Error::Client("acme".into())));
    }

    #[test]
    fn a_template_says_who_wrote_it() {
        check_outreach(Some(&template(TemplateSource::Claude)), true, "claude");
        check_outreach(Some(&template(TemplateSource::Generic)), true, "generic");
    }

    #[test]
    fn a_template_that_a_person_must_write_is_null() {
        check_outreach(None, false, "needs_manual");
        check_outreach(Some(&template(TemplateSource::NeedsManual)), false, "needs_manual");
        let empty = Template { outreach: None, ..template(TemplateSource::Claude) };
        check_outreach(Some(&empty), false, "needs_manual");
    }

    #[test]
    fn a_matched_clinic_becomes_a_row_with_its_points() {
        let assignment = Assignment {
            clinic_id: 123,
            segment: Some(1),
            confidence: 8.5,
            points: Some(proto::v1::Points { geographic: 5.0, email: 3.0, ..Default::default() }),
            match_strategy: "geographic".into(),
            removed_from: vec!["billing-arizona".into()],
            ..Assignment::default()
        };
        let row = row(assignment).unwrap().unwrap();
        assert_eq!((row.segment, row.clinic_id, row.confidence_score), (1, 123, 8.5));
        assert_eq!((row.points.geographic, row.points.email, row.points.phone), (5.0, 3.0, 0.0));
        assert_eq!(row.removed_from, ["billing-arizona"]);
    }

    #[test]
    fn an_unmatched_clinic_becomes_no_row() {
        let unmatched = Assignment { clinic_id: 123, segment: None, ..Assignment::default() };
        assert_eq!(row(unmatched), Ok(None));
    }

    #[test]
    fn a_clinic_that_no_table_can_hold_is_an_error() {
        let huge = Assignment { clinic_id: 1 << 40, segment: Some(0), ..Assignment::default() };
        assert_eq!(row(huge), Err(Error::Clinic(1 << 40)));
    }
}
