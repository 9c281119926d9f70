//! The explanations, as a person reads them.

use crate::output::count;
use overview::explain::{ClinicExplained, Priority, SegmentExplained};

pub(super) fn clinic(said: &ClinicExplained) -> String {
    let mut text =
        format!("Clinic {} {} ({}), run {}\n", said.clinic_id, said.clinic, said.place, said.run_id);
    text.push_str("\n1. What it has in common with the pain points\n");
    if said.signals.is_empty() {
        text.push_str("   nothing\n");
    }
    let (counting, idle): (Vec<_>, Vec<_>) = said.signals.iter().partition(|signal| signal.points > 0.0);
    for signal in counting {
        let city = if signal.city.is_empty() { String::new() } else { format!(" ({})", signal.city) };
        text.push_str(&format!(
            "   {}, {} {}{city}: {} points each, {}\n",
            signal.category,
            signal.strategy,
            signal.label,
            signal.points,
            pains(signal.pain_points as usize)
        ));
        for evidence in &signal.evidence {
            let marked = evidence.marked.replace(['\n', '\r'], " ");
            text.push_str(&format!("      #{} {marked} ({})\n", evidence.pain_point_id, evidence.rule));
        }
    }
    if !idle.is_empty() {
        let mut categories: Vec<&str> = idle.iter().map(|signal| signal.category.as_str()).collect();
        categories.dedup();
        text.push_str(&format!(
            "   for no points, as nothing in them speaks of its type: {}\n",
            categories.join(", ")
        ));
    }
    let points = &said.points;
    text.push_str("\n2. Its points, means over the pain points of its category\n  ");
    for (name, value) in [
        ("geographic", points.geographic),
        ("business type", points.business_type),
        ("pain pattern", points.pain_pattern),
        ("decision maker", points.decision_maker),
        ("e-mail", points.email),
        ("phone", points.phone),
    ] {
        if value > 0.0 {
            text.push_str(&format!(" {name} {value:.1},"));
        }
    }
    let capped = if points.capped { ", of which 10 count" } else { "" };
    text.push_str(&format!(" together {:.1}{capped}\n   confidence {:.1}", points.sum, said.confidence));
    text.push_str(&format!("; at least {} was needed\n\n3. Where it went\n", said.threshold));
    match &said.kept_in {
        Some(segment) => {
            text.push_str(&format!("   kept in {segment}: {}\n", said.match_reason));
            let hot = if said.hot_lead { " (a hot lead)" } else { "" };
            text.push_str(&format!("   its categories: {}{hot}\n", said.categories.join(", ")));
            if !said.removed_from.is_empty() {
                text.push_str(&format!(
                    "   removed from {}: a clinic stays in one segment\n",
                    said.removed_from.join(", ")
                ));
            }
        }
        None => text.push_str(&format!("   in no segment; the nearest miss: {}\n", said.nearest_miss)),
    }
    if let Some(priority) = &said.priority {
        text.push_str("\n4. The priority of its segment\n");
        text.push_str(&of_priority(priority));
    }
    text
}

pub(super) fn segment(said: &SegmentExplained) -> String {
    let priority = &said.priority;
    let mut text = format!(
        "Segment {} ({}, {}), run {}: number {} in priority, {} clinics\n{}\n\n",
        priority.segment,
        priority.pain_category,
        priority.match_strategy,
        said.run_id,
        priority.position,
        priority.clinics,
        said.match_reason
    );
    text.push_str(&of_priority(priority));
    for evidence in &said.evidence {
        let count = pains(evidence.pain_points);
        text.push_str(&format!("\n{} {}: {count}\n", evidence.strategy, evidence.label));
        for said in &evidence.texts {
            text.push_str(&format!("   {said:?}\n"));
        }
    }
    text
}

fn of_priority(priority: &Priority) -> String {
    let Priority {
        mean_confidence, mean_severity, mean_mentions, decision_maker_factor, email_factor, ..
    } = priority;
    let mut text = format!(
        "   confidence {mean_confidence:.2} × severity {mean_severity:.2} × mentions {mean_mentions:.2}/10 \
         × decision makers {decision_maker_factor:.2} × e-mails {email_factor:.2} = {:.4}\n",
        priority.priority_raw
    );
    if priority.ai_adjustment != 0.0 {
        text.push_str(&format!("   Claude: {:+.1}, {}\n", priority.ai_adjustment, priority.ai_reason));
    }
    text.push_str(&format!(
        "   priority {:.1} on the scale of 1 to 10; opportunity index {:.1}\n",
        priority.priority_score, priority.opportunity_index
    ));
    text
}

fn pains(number: usize) -> String {
    count(number as u64, "pain point")
}
