//! What is said of one clinic: its segment and why, or how near it came.

use proto::v1::{Assignment, Points};

use crate::clinics::Reach;
use crate::confidence::{confidence, contact, reaches, rounded};
use crate::dedup::Decision;
use crate::pairs::{self, Pair};
use crate::proposal::{Membership, pains};
use crate::run::Run;
use crate::segments::{self, HOT_FROM, Key, MULTI_REASON};

const NOTHING: &str = "no pain point speaks of its place, its type or what its reviews show";

pub fn assignment(run: &Run, decision: &Decision, clinic: u32) -> Assignment {
    match decision.kept[clinic as usize] {
        Some(segment) => matched(run, decision, clinic, segment),
        None => unmatched(run, decision, clinic),
    }
}

fn matched(run: &Run, decision: &Decision, clinic: u32, segment: u32) -> Assignment {
    let class = run.class(clinic);
    let mine = decision.proposal.of_class(class);
    let candidate = &decision.segments[segment as usize].candidate;
    let category = match candidate.key {
        Some(key) => Some(key.category),
        None => surest(mine).map(|membership| membership.category),
    };
    let pair = pairs::of(run, class).find(|pair| Some(pair.category) == category);
    let name = |membership: &Membership| &decision.proposal.candidates[membership.segment as usize].name;
    let removed = mine.iter().map(name).filter(|name| **name != candidate.name).cloned();
    let said = pair.map(|pair| said(run, clinic, &pair)).unwrap_or_default();
    let match_reason = if candidate.key.is_none() { MULTI_REASON.to_owned() } else { said.match_reason };
    Assignment {
        segment: Some(segment),
        hot_lead: pains(mine) >= HOT_FROM,
        removed_from: removed.collect(),
        categories: mine.iter().map(|found| run.categories[usize::from(found.category)].clone()).collect(),
        match_reason,
        ..said
    }
}

fn surest(memberships: &[Membership]) -> Option<&Membership> {
    memberships.iter().max_by(|a, b| a.confidence.total_cmp(&b.confidence))
}

/// What a pair says by itself.
fn said(run: &Run, clinic: u32, pair: &Pair) -> Assignment {
    let labels = || pair.hits().map(|hit| hit.label);
    Assignment {
        clinic_id: run.clinics[clinic as usize].id,
        confidence: rounded(pair.confidence),
        points: Some(points(run, clinic, pair)),
        match_reason: segments::reasons(run, labels()),
        match_strategy: segments::strategies(run, labels()),
        reason_code: pair.hits().map(|hit| hit.code.as_str()).collect::<Vec<_>>().join("+"),
        ..Assignment::default()
    }
}

fn points(run: &Run, clinic: u32, pair: &Pair) -> Points {
    let contact = contact(run.clinics[clinic as usize].reach);
    let given = |at: usize| pair.best[at].map_or(0.0, |hit| hit.mean);
    Points {
        geographic: given(0),
        business_type: given(1),
        pain_pattern: given(2),
        decision_maker: contact.decision_maker,
        email: contact.email,
        phone: contact.phone,
    }
}

fn unmatched(run: &Run, decision: &Decision, clinic: u32) -> Assignment {
    let nearest = pairs::of(run, run.class(clinic))
        .filter(Pair::is_positive)
        .reduce(|best, pair| if pair.confidence > best.confidence { pair } else { best });
    let clinic_id = run.clinics[clinic as usize].id;
    let Some(pair) = nearest else {
        return Assignment { clinic_id, nearest_miss: NOTHING.to_owned(), ..Assignment::default() };
    };
    Assignment {
        nearest_miss: miss(run, &pair, run.clinics[clinic as usize].reach, decision.proposal.threshold()),
        match_reason: String::new(),
        match_strategy: String::new(),
        reason_code: String::new(),
        ..said(run, clinic, &pair)
    }
}

/// "emr-arizona: 6.0 of 7 needed; a known e-mail would add 3".
fn miss(run: &Run, pair: &Pair, reach: Reach, threshold: f64) -> String {
    let name = segments::name(run, &Key::short(run, pair));
    let rounded = rounded(pair.confidence);
    // What is missing must not look reached.
    let had = if rounded < threshold { rounded } else { threshold - 0.1 };
    let mut text = format!("{name}: {had:.1} of {threshold} needed");
    let now = contact(reach).points();
    let email = Reach { email: true, ..reach };
    let person = Reach { decision_maker: true, ..reach };
    let both = Reach { email: true, decision_maker: true, ..reach };
    let helps = |with: Reach| reaches(confidence(pair.points, contact(with).points()), threshold);
    let ways = [
        ("a known e-mail", email),
        ("a known decision maker", person),
        ("a known decision maker with an e-mail", both),
    ];
    if let Some((way, with)) = ways.into_iter().find(|(_, with)| helps(*with)) {
        text.push_str(&format!("; {way} would add {}", contact(with).points() - now));
    }
    text
}
