//! What was learned of conversions as it is stored, and rows to learn it from.

use chrono::{DateTime, TimeDelta, Utc};
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

/// The last time for which patterns are learned by themselves, so that they are not learned meanwhile.
pub fn moment() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "what is too long ago depends on the time")]
    let now = Utc::now();
    conversion::schedule::last_learning(db::DEFAULT_CLIENT, now)
}

/// CI-149: 50 leads that converted and 150 that did not, told apart by the first of their three messages.
///
/// `order` is that in which the rows are written; ids begin with `ids`.
pub fn outcomes(order: &str, ids: &str) -> String {
    let first = (moment() - TimeDelta::days(91)).date_naive();
    let known = first - TimeDelta::days(30);
    format!(
        "WITH n AS (SELECT n, md5('{ids}lead' || n)::uuid AS id FROM generate_series(1, 200) AS n ORDER BY n {order})
        INSERT INTO leads (id, prospect_id, name, title, industry, employee_count, is_hiring, source, collected_at,
            created_at, status, converted_at, als_components, scored_at)
        SELECT id, 'lead_' || n, 'Lead ' || n, CASE WHEN n % 3 = 0 THEN 'Owner' ELSE 'Manager' END, 'Dental',
            n % 60 + 1, n % 4 = 0, 'test', '{known}', '{known}',
            CASE WHEN n % 4 = 0 THEN 'converted' ELSE 'not_interested' END,
            CASE WHEN n % 4 = 0 THEN '{first}'::timestamptz + interval '11 days' + n * interval '1 hour' END,
            jsonb_build_object('data_quality', n % 20, 'authority', n % 25, 'company_fit', n % 23,
                'timing', CASE WHEN n % 4 = 0 THEN 9 + n % 6 ELSE n % 13 END, 'risk', 0), '{known}'
        FROM n;
        WITH n AS (SELECT n, md5('{ids}lead' || n)::uuid AS id FROM generate_series(1, 200) AS n ORDER BY n {order})
        INSERT INTO activities (id, lead_id, action, channel, created_at, source, event_id, content_snapshot)
        SELECT md5('{ids}sent' || n || step)::uuid, id, 'sent', CASE WHEN n % 2 = 0 THEN 'email' ELSE 'linkedin' END,
            '{first}'::timestamptz + n * interval '1 hour' + step * interval '3 days', 'test', n || '-' || step,
            jsonb_build_object('subject', 'Quick question', 'body', 'We save time. Worth 15 minutes?')
        FROM n, generate_series(1, 3) AS step ORDER BY n {order}"
    )
}
