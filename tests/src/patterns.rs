//! What was learned of conversions, as it is stored.

use serde_json::{Value, json};

use crate::fleet::TestFleet;

impl TestFleet {
    /// Stores documents of the default client that hold for so many days from now; for -1 until yesterday.
    pub async fn learned(&self, days: i32) {
        for (kind, document) in [("what", what()), ("when", when()), ("how", how())] {
            self.sql(&format!(
                "INSERT INTO conversion_patterns (client_id, pattern_type, patterns, sample_size, confidence, valid_until) \
                 VALUES ('{}', '{kind}', '{}', 89, 0.41, now() + {days} * interval '1 day')",
                db::DEFAULT_CLIENT,
                document.to_string().replace('\'', "''"),
            ))
            .await;
        }
    }
}

fn document(kind: &str, keys: Value) -> Value {
    let head = json!({"type": kind, "version": "1.0", "computed_at": "2027-04-01T10:00:00Z", "sample_size": 89,
        "confidence": 0.41});
    with(head, &keys)
}

/// One that is better than the rest, unless the keys say otherwise.
fn item(keys: Value) -> Value {
    let card = json!({"conversion_rate": 0.11, "sample": 340, "converted": 37, "ci_low": 0.08, "ci_high": 0.15,
        "rate_shrunk": 0.1, "shrunk_low": 0.08, "shrunk_high": 0.14, "lift_shrunk": 1.3, "p": 0.001, "q": 0.01,
        "verdict": "better", "denominator": "messages", "comparison": "rest"});
    with(card, &keys)
}

fn with(mut value: Value, keys: &Value) -> Value {
    for (key, field) in keys.as_object().into_iter().flatten() {
        value[key] = field.clone();
    }
    value
}

fn what() -> Value {
    let keys = json!({
        "subject_patterns": {"winning": [item(json!({"pattern": "Question about {company}"}))], "losing": []},
        "pain_points": {
            "effective": [item(json!({"pain_point": "leads", "frequency": 0.67, "lift": 1.4})),
                item(json!({"pain_point": "scaling", "frequency": 0.5, "verdict": "not_distinguishable"}))],
            "ineffective": [item(json!({"pain_point": "cost", "frequency": 0.2, "lift": 0.7, "verdict": "worse"}))]
        },
        "ctas": {"effective": [item(json!({"cta": "worth 15 minutes"}))]},
        "angles": {"rankings": []},
        "optimal_length": {"email": {"optimal_words": 45, "range_min": 30, "range_max": 60, "p": 0.01,
            "verdict": "better"}},
        "personalization_lift": {}
    });
    document("what", keys)
}

fn when() -> Value {
    let keys = json!({
        "best_days": [item(json!({"day": "Tuesday", "day_index": 2}))],
        "best_hours": [item(json!({"hour": 10}))],
        "converting_touch_distribution": {},
        "optimal_sequence_gaps": {"touch_1_to_2": 3}, "gap_verdict": "better",
        "conversion_timing": {},
        "recommendation": {"days_p": 0.01, "hours_p": 0.01, "days": ["Tuesday"], "hours": [10]}
    });
    document("when", keys)
}

fn how() -> Value {
    let rate = |converted: u64, sample: u64, verdict: &str| {
        item(
            json!({"conversion_rate": converted as f64 / sample as f64, "converted": converted, "sample": sample,
            "verdict": verdict}),
        )
    };
    let keys = json!({
        "booking_channel_distribution": {}, "first_touch_effectiveness": {}, "multi_channel_lift": {},
        "winning_sequences": [item(json!({"sequence": ["linkedin", "email", "sms"], "sample_size": 340,
            "conversion_rate": 0.18}))],
        "channel_effectiveness_by_tier": {"hot": {
            "email": rate(60, 300, "better"), "linkedin": rate(6, 300, "worse")
        }}
    });
    document("how", keys)
}
