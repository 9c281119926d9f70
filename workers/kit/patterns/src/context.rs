//! What patterns tell those who write: the lines and blocks of the source document's prompts, to the letter.
//!
//! Everything here says what it is given. Hand it what is `proven()`: noise has no place in a prompt.

use crate::{How, What, When};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const MOST: usize = 3;

/// CI-122 to CI-129: the lines that a campaign is written by; empty when there is nothing to say.
pub fn lines(what: Option<&What>, when: Option<&When>, how: Option<&How>) -> String {
    let mut lines = Vec::new();
    if let Some(what) = what {
        if let Some(top) = what.pain_points.effective.first() {
            lines.push(format!(
                "Most effective pain point: '{}' (used in {:.0}% of converting messages)",
                top.pain_point,
                top.frequency * 100.0
            ));
        }
        if let Some(top) = what.ctas.effective.first() {
            let rate = top.card.conversion_rate * 100.0;
            lines.push(format!("Best performing CTA: '{}' ({rate:.1}% conversion rate)", top.cta));
        }
        if let Some(words) = what.optimal_length.email.as_ref().and_then(|email| email.optimal_words) {
            lines.push(format!("Optimal email length: {words} words"));
        }
    }
    if let Some(when) = when {
        if let Some((touch, share)) = peak(when) {
            let touch = touch.replace('_', " ");
            lines.push(format!("Most conversions happen on {touch} ({:.0}% of bookings)", share * 100.0));
        }
        if !when.optimal_sequence_gaps.is_empty() {
            lines.push(format!("Optimal sequence gaps: {}", gaps(&when.optimal_sequence_gaps)));
        }
    }
    if let Some(top) = how.and_then(|how| how.winning_sequences.first()) {
        let rate = top.card.conversion_rate * 100.0;
        lines.push(format!("Best performing sequence: {} ({rate:.1}% conversion)", top.sequence.join(" → ")));
    }
    lines.join("\n")
}

/// The touch after which most bookings came; of several the first one.
pub(crate) fn peak(when: &When) -> Option<(&str, f64)> {
    let touches = when.converting_touch_distribution.iter().rev();
    let peak = touches.max_by(|one, other| one.1.total_cmp(other.1));
    peak.map(|(touch, share)| (touch.as_str(), *share))
}

/// CI-131, CI-132: what the sequence builder is told of orders and gaps.
pub fn sequence_block(when: Option<&When>, how: Option<&How>) -> String {
    let mut block = String::new();
    if let Some(how) = how
        && !how.winning_sequences.is_empty()
    {
        block.push_str("\n\nHistorical winning sequences:\n");
        for one in how.winning_sequences.iter().take(MOST) {
            let rate = one.card.conversion_rate * 100.0;
            let _ = writeln!(block, "- {} ({rate:.1}% conv)", one.sequence.join(" → "));
        }
    }
    if let Some(when) = when
        && !when.optimal_sequence_gaps.is_empty()
    {
        let _ = write!(block, "\n\nOptimal gaps between touches: {}\n", gaps(&when.optimal_sequence_gaps));
    }
    block
}

/// CI-134 to CI-137: what the messaging generator is told of words and lengths.
pub fn message_block(what: Option<&What>) -> String {
    let mut block = String::new();
    let Some(what) = what else { return block };
    if !what.pain_points.effective.is_empty() {
        block.push_str("\n\nEFFECTIVE PAIN POINTS (use these):\n");
        for one in what.pain_points.effective.iter().take(MOST) {
            let _ = writeln!(block, "- {} (lift: {}x)", one.pain_point, one.card.lift.unwrap_or(1.0));
        }
    }
    if !what.pain_points.ineffective.is_empty() {
        block.push_str("\n\nINEFFECTIVE PAIN POINTS (avoid these):\n");
        for one in &what.pain_points.ineffective {
            let _ = writeln!(block, "- {}", one.pain_point);
        }
    }
    if !what.ctas.effective.is_empty() {
        block.push_str("\n\nEFFECTIVE CTAs:\n");
        for one in what.ctas.effective.iter().take(MOST) {
            let _ = writeln!(block, "- \"{}\"", one.cta);
        }
    }
    let length = &what.optimal_length;
    let words = |length: &Option<crate::Length>| length.as_ref().and_then(|length| length.optimal_words);
    let chars = length.sms.as_ref().and_then(|length| length.optimal_chars);
    let said = [
        words(&length.email).map(|words| format!("- Email: {words} words\n")),
        words(&length.linkedin).map(|words| format!("- LinkedIn: {words} words\n")),
        chars.map(|chars| format!("- SMS: {chars} characters\n")),
    ];
    if said.iter().any(Option::is_some) {
        block.push_str("\n\nOPTIMAL LENGTH:\n");
        block.extend(said.into_iter().flatten());
    }
    block
}

/// As the source document prints them: `{'touch_1_to_2': 2}`.
fn gaps(gaps: &BTreeMap<String, u32>) -> String {
    let said: Vec<String> = gaps.iter().map(|(name, days)| format!("'{name}': {days}")).collect();
    format!("{{{}}}", said.join(", "))
}

#[cfg(test)]
pub(crate) mod tests;
