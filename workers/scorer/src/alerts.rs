//! What a person must hear of a decision.

use proto::v1::{Alert, Severity};

use crate::dedup::Decision;

/// Alerts of a run, the ladder's first.
pub fn alerts(run_id: &str, decision: &Decision, patterns_missing: bool) -> Vec<Alert> {
    let mut alerts = ladder(run_id, decision);
    let totals = &decision.totals;
    let mut add = |kind: &str, severity: Severity, text: String, hint: &str| {
        alerts.push(alert(kind, run_id, run_id, severity, text, hint));
    };
    if totals.is_mostly_unmatched() {
        let text = "Matching logic may need adjustment".to_owned();
        add(
            "unmatched",
            Severity::Warning,
            text,
            "More than 90 % of the clinics match no segment; the report says what each was missing.",
        );
    }
    if totals.is_over_segmented() {
        let text = format!(
            "Over-segmentation: {} of {} memberships were removed",
            totals.removed, totals.memberships
        );
        add(
            "over-segmentation",
            Severity::Warning,
            text,
            "Every clinic stays in its best segment; raise min_confidence_score for fewer overlaps.",
        );
    }
    if totals.has_too_many_hot_leads() {
        let text = format!("{} of {} clinics match 3+ pain categories", totals.many_pains, totals.clinics);
        add(
            "hot-leads",
            Severity::Warning,
            text,
            "More than 10 % is too many to be hot: matching may be too broad; raise min_confidence_score.",
        );
    }
    if patterns_missing {
        let text = "Pattern analysis needed for better matching".to_owned();
        add(
            "pattern-analysis-needed",
            Severity::Info,
            text,
            "clinic_patterns has no rows, so the strategy pain_pattern was skipped.",
        );
    }
    alerts
}

/// One alert for each threshold that nobody reached; the last says that there is nothing (X09).
fn ladder(run_id: &str, decision: &Decision) -> Vec<Alert> {
    if decision.totals.clinics == 0 {
        // The loader has said so, and why.
        return Vec::new();
    }
    let attempts = &decision.proposal.attempts;
    let next = attempts.iter().skip(1).map(|(threshold, _)| Some(*threshold)).chain([None]);
    let failed = attempts.iter().zip(next).filter(|((_, segments), _)| *segments == 0);
    let one = |((tried, _), next): (&(f64, u32), Option<f64>)| {
        let key = format!("{run_id}-{tried}");
        match next {
            Some(next) => {
                let text = format!("All segments below confidence threshold, consider lowering to {next}");
                let hint = format!("Nothing reached {tried}; matching was repeated with {next}.");
                alert("below-threshold", &key, run_id, Severity::Warning, text, &hint)
            }
            None => {
                let text =
                    format!("All segments below confidence threshold {tried}: no segments were created");
                let hint = "The run ends empty; the report says what each clinic was missing.";
                alert("below-threshold", &key, run_id, Severity::Error, text, hint)
            }
        }
    };
    failed.map(one).collect()
}

fn alert(kind: &str, key: &str, run_id: &str, severity: Severity, text: String, hint: &str) -> Alert {
    Alert {
        kind: kind.to_owned(),
        key: key.to_owned(),
        severity: severity.into(),
        text,
        hint: hint.to_owned(),
        run_id: run_id.to_owned(),
    }
}
