//! `leadfleet match explain`: the whole chain from what people complained of to where a clinic ended up.

mod words;

use proto::subject::Stage;
use proto::v1::{Assignment, Clinic, Matches, PainPoint, Points, Segment, Signal, Strategy};
use serde::Serialize;

use super::runs::{self, Known};
use super::{Stream, read};
use crate::exit::{Exit, Failure};
use crate::output::Output;

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group(clap::ArgGroup::new("what").args(["clinic", "segment"]).required(true)))]
pub struct Args {
    /// Id of the run, or of the request that asked for it.
    #[arg(default_value = "latest")]
    run: String,
    /// Id of a clinic, or its name.
    #[arg(long, value_name = "ID|NAME")]
    clinic: Option<String>,
    /// Name of a segment.
    #[arg(long, value_name = "NAME")]
    segment: Option<String>,
}

/// Why a clinic is where it is.
#[derive(Debug, Serialize)]
struct ClinicExplained {
    run_id: String,
    clinic_id: i64,
    clinic: String,
    place: String,
    /// What the clinic and the pain points have in common.
    signals: Vec<SignalExplained>,
    points: PointsExplained,
    confidence: f64,
    threshold: f64,
    kept_in: Option<String>,
    match_reason: String,
    hot_lead: bool,
    categories: Vec<String>,
    removed_from: Vec<String>,
    /// For a clinic that is in no segment: how near it came.
    nearest_miss: String,
    priority: Option<Priority>,
}

#[derive(Debug, Serialize)]
struct SignalExplained {
    strategy: &'static str,
    category: String,
    label: String,
    city: String,
    points: f64,
    pain_points: u32,
    evidence: Vec<EvidenceExplained>,
}

#[derive(Debug, Serialize)]
struct EvidenceExplained {
    pain_point_id: i64,
    /// The words around the reason, which stands between `[[` and `]]`.
    marked: String,
    rule: String,
}

#[derive(Debug, Serialize)]
struct PointsExplained {
    geographic: f64,
    business_type: f64,
    pain_pattern: f64,
    decision_maker: f64,
    email: f64,
    phone: f64,
    sum: f64,
    /// Whether the sum was cut to 10.
    capped: bool,
}

/// Why a segment has its priority: the factors, their product, and what became of it.
#[derive(Debug, Serialize)]
struct Priority {
    segment: String,
    pain_category: String,
    match_strategy: String,
    clinics: u32,
    mean_confidence: f64,
    mean_severity: f64,
    mean_mentions: f64,
    decision_maker_factor: f64,
    email_factor: f64,
    priority_raw: f64,
    ai_adjustment: f64,
    ai_reason: String,
    priority_score: f64,
    opportunity_index: f64,
    position: u32,
}

#[derive(Debug, Serialize)]
struct SegmentExplained {
    run_id: String,
    priority: Priority,
    match_reason: String,
    evidence: Vec<SegmentEvidence>,
}

#[derive(Debug, Serialize)]
struct SegmentEvidence {
    strategy: &'static str,
    label: String,
    pain_points: usize,
    /// The first of them.
    texts: Vec<String>,
}

/// Pain texts shown of each reason of a segment.
const TEXTS: usize = 3;
/// Bytes of a pain text shown on each side of a reason.
const AROUND: usize = 90;

pub(super) async fn run(args: Args, stream: &Stream, output: Output) -> Result<Exit, Failure> {
    let known = runs::find(&stream.runs, &args.run).await?;
    match (args.clinic, args.segment) {
        (Some(clinic), _) => output.show(&explain_clinic(stream, &known, &clinic).await?, words::clinic)?,
        (None, segment) => {
            let segment = read::segment(&stream.runs, &known.id, &segment.unwrap_or_default()).await?;
            output.show(&explain_segment(stream, &known, &segment).await?, words::segment)?;
        }
    }
    Ok(Exit::Ok)
}

/// The one clinic of this id or name.
async fn find(stream: &Stream, known: &Known, wanted: &str) -> Result<(String, Clinic), Failure> {
    let name = wanted.to_lowercase();
    let id: Option<i64> = wanted.parse().ok();
    let is = |clinic: &Clinic| Some(clinic.id) == id || clinic.name.to_lowercase() == name;
    let (mut found, mut count) = read::clinics(&stream.runs, &known.id, 10, is).await?;
    if count == 0 && id.is_none() {
        let part = |clinic: &Clinic| clinic.name.to_lowercase().contains(&name);
        (found, count) = read::clinics(&stream.runs, &known.id, 10, part).await?;
    }
    let failure = |exit, error, hint: String| Err(Failure { exit, error, hint: Some(hint) });
    match count {
        1 => Ok(found.swap_remove(0)),
        0 => failure(
            Exit::NotFound,
            anyhow::anyhow!("run {} has no clinic {wanted:?}", known.id),
            "clinics count that have a phone or a website and are 30 days old at most".to_owned(),
        ),
        count => {
            let one =
                |(_, clinic): &(String, Clinic)| format!("{} {} ({})", clinic.id, clinic.name, place(clinic));
            let first: Vec<String> = found.iter().map(one).collect();
            failure(
                Exit::Usage,
                anyhow::anyhow!("{count} clinics are called {wanted:?}"),
                format!("name it by its id: {}", first.join("; ")),
            )
        }
    }
}

fn place(clinic: &Clinic) -> String {
    let parts = [clinic.city.as_deref(), clinic.state.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

async fn explain_clinic(stream: &Stream, known: &Known, wanted: &str) -> Result<ClinicExplained, Failure> {
    let (part, clinic) = find(stream, known, wanted).await?;
    let assignments = read::assignments(&stream.runs, &known.id, &part).await?;
    let assignment = assignments.into_iter().find(|assignment| assignment.clinic_id == clinic.id);
    let Some(assignment) = assignment else {
        return Err(Failure {
            exit: Exit::NotFound,
            error: anyhow::anyhow!("run {} has not scored its clinics yet", known.id),
            hint: Some(format!("`leadfleet match watch {}` follows it", known.id)),
        });
    };
    let signals = signals(stream, known, &part, clinic.id).await?;
    let ids: Vec<i64> = signals
        .iter()
        .flat_map(|(_, signal)| signal.evidence.iter().map(|said| said.pain_point_id))
        .collect();
    let pains = read::pains(&stream.runs, &known.id, &ids).await?;
    let segment = match assignment.segment {
        Some(at) => {
            let part = stream.runs.part::<Segment>(&known.id, Stage::Segment, &at.to_string()).await?;
            part.and_then(|part| part.body.ok())
        }
        None => None,
    };
    let score = read::score(&stream.runs, &known.id).await?.unwrap_or_default();
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
    stream: &Stream,
    known: &Known,
    part: &str,
    clinic: i64,
) -> Result<Vec<(Strategy, Signal)>, Failure> {
    let mut found = Vec::new();
    for strategy in [Strategy::Geographic, Strategy::BusinessType, Strategy::PainPattern] {
        let name = format!("{}-{part}", word(strategy));
        let matches = stream.runs.part::<Matches>(&known.id, Stage::Match, &name).await?;
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

async fn explain_segment(
    stream: &Stream,
    known: &Known,
    segment: &Segment,
) -> Result<SegmentExplained, Failure> {
    let first = |ids: &[i64]| ids.iter().take(TEXTS).copied().collect::<Vec<i64>>();
    let ids: Vec<i64> = segment.evidence.iter().flat_map(|said| first(&said.pain_point_ids)).collect();
    let pains = read::pains(&stream.runs, &known.id, &ids).await?;
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
