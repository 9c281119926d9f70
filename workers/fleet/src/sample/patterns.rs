//! Clinic patterns: problems that reviews of a clinic show.

use chrono::{DateTime, Utc};

use super::clinics::{self, Kind};
use super::{Row, Sample, Table};

#[derive(Debug, Clone, PartialEq)]
pub struct ClinicPattern {
    pub clinic_id: u64,
    pub pattern_type: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// A JSON array of short quotes.
    pub evidence: String,
    pub detected_at: DateTime<Utc>,
}

const SCHEDULING: (&str, &[&str]) = (
    "scheduling_chaos",
    &["waited 45 minutes past my slot", "double booked again", "nobody called back to reschedule"],
);
const BILLING: (&str, &[&str]) = (
    "billing_confusion",
    &["got a surprise bill", "insurance was charged twice", "three statements, three totals"],
);
const STAFFING: (&str, &[&str]) = (
    "staffing_shortage",
    &["a different therapist every visit", "front desk was empty", "always understaffed"],
);

/// The patterns of a clinic, mostly none; a few clinics have trouble everywhere.
pub(super) fn patterns(sample: &Sample, at: Row) -> Vec<ClinicPattern> {
    let mut dice = sample.dice(Table::Patterns, at);
    let facts = clinics::facts(sample, at.index);
    let troubled = dice.below(1000) < 14;
    let chances = match (facts.state.code, facts.kind) {
        _ if troubled => [100, 100, 100],
        ("FL", _) => [30, 2, 1],
        (_, Kind::MultiLocation) => [8, 10, 1],
        _ => [7, 2, 1],
    };
    let mut found = Vec::new();
    for ((pattern_type, quotes), chance) in [SCHEDULING, BILLING, STAFFING].into_iter().zip(chances) {
        if !dice.percent(chance) {
            continue;
        }
        let confidence =
            if troubled { "high" } else { dice.weigh(&[("high", 55), ("medium", 33), ("low", 12)]) };
        found.push(ClinicPattern {
            clinic_id: at.index as u64 + 1,
            pattern_type: pattern_type.to_owned(),
            confidence: confidence.to_owned(),
            evidence: format!("[\"{}\"]", dice.pick(quotes)),
            detected_at: sample.moment(&mut dice, false),
        });
    }
    found
}
