//! What is published of a decision: each segment, and the summary.

use std::collections::{BTreeSet, HashMap};

use proto::v1::{Attempt, PainPoint, RunHeader, ScoreSummary, Segment, SegmentSignal};

use crate::confidence::rounded;
use crate::dedup::{Decision, Ranked};
use crate::priority;
use crate::run::Run;
use crate::segments::{self, MULTI_REASON};

/// Fewer clinics than this are marked as few.
const SMALL: u32 = 3;
const TEXTS: usize = 5;
const EVIDENCE: usize = 5;
/// Characters of a pain text that travel with a segment.
const LONGEST_TEXT: usize = 500;

/// Pain points that the published segments quote, by id.
pub type Quotes = HashMap<i64, PainPoint>;

/// The pain points to fetch before segments can be published.
pub fn quoted(run: &Run, decision: &Decision) -> BTreeSet<i64> {
    let labels = decision.segments.iter().flat_map(|ranked| &ranked.candidate.labels);
    labels.flat_map(|label| run.labels[*label as usize].evidence.iter().copied()).collect()
}

/// The clinics of each segment.
pub fn members(decision: &Decision) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); decision.segments.len()];
    for (clinic, segment) in decision.kept.iter().enumerate() {
        if let Some(segment) = segment {
            members[*segment as usize].push(clinic as u32);
        }
    }
    members
}

pub fn segment(run: &Run, index: u32, ranked: &Ranked, members: &[u32], quotes: &Quotes) -> Segment {
    let candidate = &ranked.candidate;
    let facts = &candidate.facts;
    let labels = || candidate.labels.iter().copied();
    let delta = ranked.adjustment.as_ref().map_or(0.0, |adjustment| adjustment.delta);
    let pains = strongest(labels().flat_map(|label| &run.labels[label as usize].evidence), quotes);
    let texts = texts(&pains);
    Segment {
        index,
        name: candidate.name.clone(),
        pain_category: candidate.category(run).to_owned(),
        categories: categories(run, &candidate.labels),
        match_strategy: segments::strategies(run, labels()),
        priority_score: priority::adjusted(candidate.raw, delta),
        priority_raw: candidate.raw,
        opportunity_index: candidate.opportunity,
        ai_adjustment: delta,
        ai_reason: ranked.adjustment.as_ref().map(|found| found.reason.clone()).unwrap_or_default(),
        mean_confidence: rounded(facts.mean_confidence),
        mean_severity: facts.mean_severity,
        mean_mentions: facts.mean_mentions,
        total_mentions: facts.total_mentions,
        clinics: candidate.clinics,
        with_decision_maker: candidate.with_decision_maker,
        with_email: candidate.with_email,
        state: state(run, ranked, members),
        city: run.words.most_common(members.iter().map(|at| run.clinics[*at as usize].city)).to_owned(),
        business_type: business_type(run, ranked, members),
        example_pain: texts.first().cloned().unwrap_or_default(),
        match_reason: match candidate.key {
            Some(_) => segments::reasons(run, labels()),
            None => MULTI_REASON.to_owned(),
        },
        evidence: labels().map(|label| signal(run, label, quotes)).collect(),
        small: candidate.clinics < SMALL,
        sample_clinic_id: sample(run, members),
        share_website: facts.share_website,
        share_popular: facts.share_popular,
        pain_texts: texts,
    }
}

fn categories(run: &Run, labels: &[u32]) -> Vec<String> {
    let mut categories: Vec<String> = labels.iter().map(|label| run.category(*label).to_owned()).collect();
    categories.dedup();
    categories
}

/// The state of the segment's label, else the one that all its clinics have.
fn state(run: &Run, ranked: &Ranked, members: &[u32]) -> String {
    if let Some(label) = ranked.candidate.key.and_then(|key| key.labels[0]) {
        return run.labels[label as usize].name.clone();
    }
    let mut states = members.iter().map(|at| run.clinics[*at as usize].state);
    let first = states.next();
    let one = first.filter(|first| states.all(|state| state == *first));
    one.map(|state| run.words.text(state).to_owned()).unwrap_or_default()
}

fn business_type(run: &Run, ranked: &Ranked, members: &[u32]) -> String {
    let label = ranked.candidate.key.and_then(|key| key.labels[1]);
    let typed = label.map(|label| &run.labels[label as usize]).filter(|label| !label.general);
    match typed {
        Some(label) => label.name.clone(),
        None => run.words.most_common(members.iter().map(|at| run.clinics[*at as usize].kind)).to_owned(),
    }
}

/// The clinic that can be reached best; of several the one with the lowest id.
fn sample(run: &Run, members: &[u32]) -> i64 {
    let clinics = members.iter().map(|at| run.clinics[*at as usize]);
    let best = clinics.max_by_key(|clinic| {
        let reach = clinic.reach;
        (reach.decision_maker, reach.email, reach.phone, reach.website, -clinic.id)
    });
    best.map_or(0, |clinic| clinic.id)
}

/// Pain points said most often first, then those that hurt most.
fn strongest<'a>(ids: impl Iterator<Item = &'a i64>, quotes: &'a Quotes) -> Vec<&'a PainPoint> {
    let ids: BTreeSet<i64> = ids.copied().collect();
    let mut pains: Vec<&PainPoint> = ids.iter().filter_map(|id| quotes.get(id)).collect();
    pains.sort_by(|a, b| {
        b.mentions.cmp(&a.mentions).then(b.severity.total_cmp(&a.severity)).then(a.id.cmp(&b.id))
    });
    pains
}

fn texts(pains: &[&PainPoint]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for pain in pains {
        let text: String = pain.text.trim().chars().take(LONGEST_TEXT).collect();
        if texts.len() < TEXTS && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

fn signal(run: &Run, label: u32, quotes: &Quotes) -> SegmentSignal {
    let label = &run.labels[label as usize];
    let pains = strongest(label.evidence.iter(), quotes);
    SegmentSignal {
        strategy: label.strategy.into(),
        label: label.name.clone(),
        pain_point_ids: pains.iter().take(EVIDENCE).map(|pain| pain.id).collect(),
    }
}

/// What of the summary the decision itself does not know.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    pub missing: Vec<String>,
    pub warnings: Vec<String>,
    pub ai_ranked: bool,
    pub ai_note: String,
}

pub fn summary(run: &Run, header: &RunHeader, decision: &Decision, around: Circumstances) -> ScoreSummary {
    let totals = &decision.totals;
    let attempts = decision.proposal.attempts.iter();
    let with = run.clinics.iter().filter(|clinic| clinic.reach.decision_maker).count() as u32;
    ScoreSummary {
        run_id: header.run_id.clone(),
        run_date: header.request.as_ref().map(|request| request.run_date.clone()).unwrap_or_default(),
        total_pain_points: header.total_pain_points,
        total_clinics: totals.clinics,
        segments: decision.segments.len() as u32,
        clinics_matched: totals.matched,
        clinics_unmatched: totals.unmatched(),
        hot_leads: totals.hot_leads,
        clinic_parts: run.parts().count() as u32,
        attempts: attempts
            .map(|(threshold, segments)| Attempt { threshold: *threshold, segments: *segments })
            .collect(),
        mean_confidence: totals.mean_confidence,
        mean_confidence_unfiltered: totals.mean_unfiltered,
        ai_ranked: around.ai_ranked,
        ai_note: around.ai_note,
        removed_memberships: totals.removed,
        missing: around.missing,
        warnings: around.warnings,
        clinics_without_decision_maker: totals.clinics - with,
    }
}
