//! The whole chain from what people complained of to where a clinic ended up.

use proto::subject::Stage;
use proto::v1::{Assignment, Clinic, Matches, PainPoint, Points, Segment, Signal, Strategy};
use serde::Serialize;

use crate::runs::Known;
use crate::{Broker, Error, read};

/// Why a clinic is where it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClinicExplained {
    pub run_id: String,
    pub clinic_id: i64,
    pub clinic: String,
    pub place: String,
    /// What the clinic and the pain points have in common.
    pub signals: Vec<SignalExplained>,
    pub points: PointsExplained,
    pub confidence: f64,
    pub threshold: f64,
    pub kept_in: Option<String>,
    pub match_reason: String,
    pub hot_lead: bool,
    pub categories: Vec<String>,
    pub removed_from: Vec<String>,
    /// For a clinic that is in no segment: how near it came.
    pub nearest_miss: String,
    pub priority: Option<Priority>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignalExplained {
    pub strategy: &'static str,
    pub category: String,
    pub label: String,
    pub city: String,
    pub points: f64,
    pub pain_points: u32,
    pub evidence: Vec<EvidenceExplained>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceExplained {
    pub pain_point_id: i64,
    /// The words around the reason, which stands between `[[` and `]]`.
    pub marked: String,
    pub rule: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PointsExplained {
    pub geographic: f64,
    pub business_type: f64,
    pub pain_pattern: f64,
    pub decision_maker: f64,
    pub email: f64,
    pub phone: f64,
    pub sum: f64,
    /// Whether the sum was cut to 10.
    pub capped: bool,
}

/// Why a segment has its priority: the factors, their product, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Priority {
    pub segment: String,
    pub pain_category: String,
    pub match_strategy: String,
    pub clinics: u32,
    pub mean_confidence: f64,
    pub mean_severity: f64,
    pub mean_mentions: f64,
    pub decision_maker_factor: f64,
    pub email_factor: f64,
    pub priority_raw: f64,
    pub ai_adjustment: f64,
    pub ai_reason: String,
    pub priority_score: f64,
    pub opportunity_index: f64,
    pub position: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SegmentExplained {
    pub run_id: String,
    pub priority: Priority,
    pub match_reason: String,
    pub evidence: Vec<SegmentEvidence>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SegmentEvidence {
    pub strategy: &'static str,
    pub label: String,
    pub pain_points: usize,
    /// The first of them.
    pub texts: Vec<String>,
}

/// Pain texts shown of each reason of a segment.
const TEXTS: usize = 3;
/// Bytes of a pain text shown on each side of a reason.
const AROUND: usize = 90;

/// Why the clinic of this id or name is where it is.
pub async fn clinic(broker: &Broker, known: &Known, wanted: &str) -> Result<ClinicExplained, Error> {
    let (part, clinic) = find(broker, known, wanted).await?;
    explained(broker, known, &part, clinic).await
}

/// Why the clinic of this id is where it is, however many the run has.
pub async fn clinic_of_id(broker: &Broker, known: &Known, id: i64) -> Result<ClinicExplained, Error> {
    let found = read::clinic(&broker.runs, &known.id, id).await?;
    let unknown = || Error::UnknownClinic { run: known.id.clone(), wanted: id.to_string() };
    let (part, clinic) = found.ok_or_else(unknown)?;
    explained(broker, known, &part, clinic).await
}

/// The one clinic of this id or name.
async fn find(broker: &Broker, known: &Known, wanted: &str) -> Result<(String, Clinic), Error> {
    let id: Option<i64> = wanted.parse().ok();
    if let Some(id) = id
        && let Some(found) = read::clinic(&broker.runs, &known.id, id).await?
    {
        return Ok(found);
    }
    let name = wanted.to_lowercase();
    let is = |clinic: &Clinic| clinic.name.to_lowercase() == name;
    let (mut found, mut count) = read::clinics(&broker.runs, &known.id, 10, is).await?;
    if count == 0 && id.is_none() {
        let part = |clinic: &Clinic| clinic.name.to_lowercase().contains(&name);
        (found, count) = read::clinics(&broker.runs, &known.id, 10, part).await?;
    }
    match count {
        0 => Err(Error::UnknownClinic { run: known.id.clone(), wanted: wanted.to_owned() }),
        1 => Ok(found.swap_remove(0)),
        count => {
            let one =
                |(_, clinic): &(String, Clinic)| format!("{} {} ({})", clinic.id, clinic.name, place(clinic));
            let first = found.iter().map(one).collect();
            Err(Error::SeveralClinics { wanted: wanted.to_owned(), count, first })
        }
    }
}

fn place(clinic: &Clinic) -> String {
    let parts = [clinic.city.as_deref(), clinic.state.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

async fn explained(
    broker: &Broker,
    known: &Known,
    part: &str,
    clinic: Clinic,
) -> Result<ClinicExplained, Error> {
    let assignments = read::assignments(&broker.runs, &known.id, part).await?;
    let assignment = assignments.into_iter().find(|assignment| assignment.clinic_id == clinic.id);
    let assignment = assignment.ok_or_else(|| Error::NotScored { run: known.id.clone() })?;
    let signals = signals(broker, known, part, clinic.id).await?;
    let ids: Vec<i64> = signals
        .iter()
        .flat_map(|(_, signal)| signal.evidence.iter().map(|said| said.pain_point_id))
        .collect();
    let pains = read::pains(&broker.runs, &known.id, &known.header, &ids).await?;
    let segment = match assignment.segment {
        Some(at) => read::segment(&broker.runs, &known.id, at).await?,
        None => None,
    };
    let score = read::score(&broker.runs, &known.id).await?.unwrap_or_default();
    Ok(clinic_explained(
        known,
        &clinic,
        assignment,
        &signals,
        &pains,
        segment.as_ref(),
        score.attempts.last().map_or(0.0, |rung| rung.threshold),
    ))
}

/// What the matchers said of one clinic.
async fn signals(
    broker: &Broker,
    known: &Known,
    part: &str,
    clinic: i64,
) -> Result<Vec<(Strategy, Signal)>, Error> {
    let mut found = Vec::new();
    for strategy in [Strategy::Geographic, Strategy::BusinessType, Strategy::PainPattern] {
        let name = format!("{}-{part}", word(strategy));
        let matches = broker.runs.part::<Matches>(&known.id, Stage::Match, &name).await?;
        let Some(Ok(matches)) = matches.map(|part| part.body) else { continue };
        let Some(mine) = matches.clinics.iter().find(|matched| matched.clinic_id == clinic) else { continue };
        let of = |at: &u32| matches.signals.get(*at as usize).map(|signal| (strategy, signal.clone()));
        found.extend(mine.signals.iter().filter_map(of));
    }
    found.sort_by(|(_, a), (_, b)| a.category.cmp(&b.category));
    Ok(found)
}

fn word(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Geographic => "geographic",
        Strategy::BusinessType => "business_type",
        Strategy::PainPattern => "pain_pattern",
        Strategy::Unspecified => "unknown",
    }
}

fn clinic_explained(
    known: &Known,
    clinic: &Clinic,
    assignment: Assignment,
    signals: &[(Strategy, Signal)],
    pains: &[PainPoint],
    segment: Option<&Segment>,
    threshold: f64,
) -> ClinicExplained {
    let explained = |(strategy, signal): &(Strategy, Signal)| SignalExplained {
        strategy: word(*strategy),
        category: signal.category.clone(),
        label: signal.label.clone(),
        city: signal.city.clone(),
        points: signal.points,
        pain_points: signal.pain_points,
        evidence: signal.evidence.iter().map(|said| evidence(said, pains)).collect(),
    };
    ClinicExplained {
        run_id: known.id.to_string(),
        clinic_id: clinic.id,
        clinic: clinic.name.clone(),
        place: place(clinic),
        signals: signals.iter().map(explained).collect(),
        points: points(&assignment.points.unwrap_or_default()),
        confidence: assignment.confidence,
        threshold,
        kept_in: segment.map(|segment| segment.name.clone()),
        match_reason: assignment.match_reason,
        hot_lead: assignment.hot_lead,
        categories: assignment.categories,
        removed_from: assignment.removed_from,
        nearest_miss: assignment.nearest_miss,
        priority: segment.map(priority),
    }
}

fn evidence(said: &proto::v1::Evidence, pains: &[PainPoint]) -> EvidenceExplained {
    let pain = pains.iter().find(|pain| pain.id == said.pain_point_id);
    let marked = pain.map(|pain| marked(&pain.text, said.start as usize, said.end as usize));
    EvidenceExplained {
        pain_point_id: said.pain_point_id,
        marked: marked.unwrap_or_default(),
        rule: said.rule.clone(),
    }
}

/// The words around a span, the span between brackets; the whole beginning when the reason stands elsewhere.
fn marked(text: &str, start: usize, end: usize) -> String {
    let (start, end) = if text.get(start..end).is_some() { (start, end) } else { (0, 0) };
    let mut from = start.saturating_sub(AROUND);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let mut to = (end + AROUND).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let before = if from > 0 { "…" } else { "" };
    let behind = if to < text.len() { "…" } else { "" };
    let span = if start < end { format!("[[{}]]", &text[start..end]) } else { String::new() };
    format!("{before}{}{span}{}{behind}", &text[from..start], &text[end..to])
}

fn points(points: &Points) -> PointsExplained {
    let Points { geographic, business_type, pain_pattern, decision_maker, email, phone } = *points;
    let sum = geographic + business_type + pain_pattern + decision_maker + email + phone;
    PointsExplained {
        geographic,
        business_type,
        pain_pattern,
        decision_maker,
        email,
        phone,
        sum,
        capped: sum > 10.0,
    }
}

fn priority(segment: &Segment) -> Priority {
    let share = |some: u32| f64::from(some) / f64::from(segment.clinics.max(1));
    Priority {
        segment: segment.name.clone(),
        pain_category: segment.pain_category.clone(),
        match_strategy: segment.match_strategy.clone(),
        clinics: segment.clinics,
        mean_confidence: segment.mean_confidence,
        mean_severity: segment.mean_severity,
        mean_mentions: segment.mean_mentions,
        decision_maker_factor: 1.0 + 0.2 * share(segment.with_decision_maker),
        email_factor: 1.0 + 0.3 * share(segment.with_email),
        priority_raw: segment.priority_raw,
        ai_adjustment: segment.ai_adjustment,
        ai_reason: segment.ai_reason.clone(),
        priority_score: segment.priority_score,
        opportunity_index: segment.opportunity_index,
        position: segment.index + 1,
    }
}

/// Why a segment has its priority, and what it rests on.
pub async fn segment(broker: &Broker, known: &Known, segment: &Segment) -> Result<SegmentExplained, Error> {
    let first = |ids: &[i64]| ids.iter().take(TEXTS).copied().collect::<Vec<i64>>();
    let ids: Vec<i64> = segment.evidence.iter().flat_map(|said| first(&said.pain_point_ids)).collect();
    let pains = read::pains(&broker.runs, &known.id, &known.header, &ids).await?;
    let text = |id: &i64| pains.iter().find(|pain| pain.id == *id).map(|pain| pain.text.clone());
    let evidence = segment.evidence.iter().map(|said| SegmentEvidence {
        strategy: word(said.strategy()),
        label: said.label.clone(),
        pain_points: said.pain_point_ids.len(),
        texts: said.pain_point_ids.iter().take(TEXTS).filter_map(text).collect(),
    });
    Ok(SegmentExplained {
        run_id: known.id.to_string(),
        priority: priority(segment),
        match_reason: segment.match_reason.clone(),
        evidence: evidence.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_marked_in_its_surroundings() {
        assert_eq!(marked("I hate EMRs in Arizona!", 15, 22), "I hate EMRs in [[Arizona]]!");
        let long = format!("{}Ohio{}", "é".repeat(100), "é".repeat(100));
        let shown = marked(&long, 200, 204);
        assert!(shown.starts_with("…é") && shown.contains("é[[Ohio]]é") && shown.ends_with("é…"), "{shown}");
    }

    #[test]
    fn a_reason_in_a_link_marks_nothing() {
        assert_eq!(marked("too dear", 0, 0), "too dear");
        assert_eq!(marked("too dear", 50, 60), "too dear");
    }
}
