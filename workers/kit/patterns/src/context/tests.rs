//! The lines of the prompts, over the examples of the source document.

use super::*;
use serde_json::{Value, json};

/// An item with the keys of the source document and the verdict of ours.
pub(crate) fn item(mut keys: Value, verdict: &str) -> Value {
    let card = json!({"conversion_rate": 0.11, "sample": 34, "converted": 4, "ci_low": 0.05, "ci_high": 0.2,
        "rate_shrunk": 0.1, "shrunk_low": 0.06, "shrunk_high": 0.18, "lift_shrunk": 1.1, "p": 0.01, "q": 0.02,
        "verdict": verdict, "denominator": "messages", "comparison": "rest"});
    for (key, value) in card.as_object().unwrap() {
        keys.as_object_mut().unwrap().entry(key).or_insert(value.clone());
    }
    keys
}

fn header(kind: &str) -> Value {
    json!({"type": kind, "version": "1.0", "computed_at": "2025-12-26T10:00:00Z", "sample_size": 89,
        "confidence": 0.41})
}

fn document<T: serde::de::DeserializeOwned>(kind: &str, parts: Value) -> T {
    let mut all = header(kind);
    all.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

pub(crate) fn what() -> What {
    document(
        "what",
        json!({
            "subject_patterns": {"winning": [item(json!({"pattern": "Question about {company}"}), "better")], "losing": []},
            "pain_points": {
                "effective": [
                    item(json!({"pain_point": "leads", "frequency": 0.67, "lift": 1.4}), "better"),
                    item(json!({"pain_point": "time", "frequency": 0.54, "lift": 1.2}), "not_distinguishable"),
                    item(json!({"pain_point": "scaling", "frequency": 0.43, "lift": 1.8}), "better")
                ],
                "ineffective": [item(json!({"pain_point": "cost", "frequency": 0.23, "lift": 0.7}), "worse")]
            },
            "ctas": {"effective": [item(json!({"cta": "open to a quick chat"}), "better")]},
            "angles": {"rankings": []},
            "optimal_length": {
                "email": {"optimal_words": 75, "range_min": 50, "range_max": 100, "p": 0.01, "verdict": "better"},
                "sms": {"optimal_chars": 120, "range_min": 100, "range_max": 140, "p": 0.5,
                    "verdict": "not_distinguishable"}
            },
            "personalization_lift": {}
        }),
    )
}

pub(crate) fn when() -> When {
    document(
        "when",
        json!({
            "best_days": [], "best_hours": [],
            "converting_touch_distribution": {"touch_1": 0.08, "touch_2": 0.15, "touch_3": 0.28, "touch_4": 0.22,
                "touch_5": 0.18, "touch_6": 0.09},
            "optimal_sequence_gaps": {"touch_1_to_2": 2, "touch_2_to_3": 3},
            "conversion_timing": {}
        }),
    )
}

pub(crate) fn how() -> How {
    document(
        "how",
        json!({
            "booking_channel_distribution": {}, "first_touch_effectiveness": {}, "multi_channel_lift": {},
            "winning_sequences": [item(json!({"sequence": ["email", "linkedin"], "sample_size": 45,
                "conversion_rate": 0.18}), "not_distinguishable")],
            "channel_effectiveness_by_tier": {}
        }),
    )
}

#[test]
fn a_campaign_is_told_the_source_documents_lines() {
    assert_eq!(
        lines(Some(&what()), Some(&when()), Some(&how())),
        "Most effective pain point: 'leads' (used in 67% of converting messages)\n\
         Best performing CTA: 'open to a quick chat' (11.0% conversion rate)\n\
         Optimal email length: 75 words\n\
         Most conversions happen on touch 3 (28% of bookings)\n\
         Optimal sequence gaps: {'touch_1_to_2': 2, 'touch_2_to_3': 3}\n\
         Best performing sequence: email → linkedin (18.0% conversion)"
    );
    assert_eq!(lines(None, None, None), "");
}

#[test]
fn what_is_not_proven_is_not_told() {
    let (what, when, how) = (what().proven(), when().proven(), how().proven());
    assert_eq!(
        lines(Some(&what), Some(&when), Some(&how)),
        "Most effective pain point: 'leads' (used in 67% of converting messages)\n\
         Best performing CTA: 'open to a quick chat' (11.0% conversion rate)\n\
         Optimal email length: 75 words"
    );
    assert_eq!(sequence_block(Some(&when), Some(&how)), "");
    assert!(!message_block(Some(&what)).contains("time"), "{}", message_block(Some(&what)));
}

#[test]
fn the_blocks_of_the_prompts_are_the_source_documents() {
    assert_eq!(
        message_block(Some(&what())),
        "\n\nEFFECTIVE PAIN POINTS (use these):\n- leads (lift: 1.4x)\n- time (lift: 1.2x)\n- scaling (lift: 1.8x)\n\
         \n\nINEFFECTIVE PAIN POINTS (avoid these):\n- cost\n\
         \n\nEFFECTIVE CTAs:\n- \"open to a quick chat\"\n\
         \n\nOPTIMAL LENGTH:\n- Email: 75 words\n- SMS: 120 characters\n"
    );
    assert_eq!(
        sequence_block(Some(&when()), Some(&how())),
        "\n\nHistorical winning sequences:\n- email → linkedin (18.0% conv)\n\
         \n\nOptimal gaps between touches: {'touch_1_to_2': 2, 'touch_2_to_3': 3}\n"
    );
}
