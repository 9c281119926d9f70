//! A document of patterns as a person reads it: what stands out, and how sure that is.

use chrono::{DateTime, Utc};
use db::conversion::Pattern;
use serde_json::Value;

use crate::output::{columns, count};

/// Of a list; the rest is in the JSON.
const MOST: usize = 8;

pub(super) fn in_words(pattern: &Pattern, now: DateTime<Utc>) -> String {
    let document = &pattern.patterns;
    let mut parts = vec![heading(pattern, now)];
    if let Some(weights) = document["recommended_weights"].as_object() {
        let shown: Vec<String> = weights.iter().map(|(name, weight)| format!("{name} {weight}")).collect();
        let mut text = format!("Weights ({}): {}", said(&document["weights_source"]), shown.join(", "));
        let reason = said(&document["weights_decision"]["reason"]);
        if !reason.is_empty() {
            text.push_str(&format!("\n{reason}"));
        }
        if let Some(top) = best_fifth(&document["weights_decision"]["top_fifth"]) {
            text.push_str(&format!("\n{top}"));
        }
        parts.push(text);
    }
    parts.extend(reached(document));
    parts.extend(
        document["warnings"].as_array().into_iter().flatten().map(|text| format!("Warning: {}", said(text))),
    );
    for (name, path, label) in LISTS {
        let cards = cards(document.pointer(path), label);
        if !cards.is_empty() {
            parts.push(format!("{name}\n{}", list(&cards)));
        }
    }
    if let Some(touches) = document["converting_touch_distribution"].as_object().filter(|all| !all.is_empty())
    {
        let shown: Vec<String> = touches.iter().map(|(touch, share)| format!("{touch} {share}")).collect();
        parts.push(format!("Share of bookings by touch: {}", shown.join(", ")));
    }
    if let Some(channels) = document["booking_channel_distribution"].as_object().filter(|all| !all.is_empty())
    {
        let shown: Vec<String> = channels.iter().map(|(name, share)| format!("{name} {share}")).collect();
        parts.push(format!("Share of bookings by channel: {}", shown.join(", ")));
    }
    parts.join("\n\n")
}

/// Lists of cards: what they are called, where they stand, and the field that names a card.
const LISTS: [(&str, &str, &str); 13] = [
    ("Titles", "/title_rankings", "title"),
    ("Industries", "/industry_rankings", "industry"),
    ("Company sizes", "/size_analysis/distribution", "range"),
    ("Signals", "/timing_cards", ""),
    ("Subjects that win", "/subject_patterns/winning", "pattern"),
    ("Subjects that lose", "/subject_patterns/losing", "pattern"),
    ("Pain points", "/pain_points/effective", "pain_point"),
    ("Calls to action", "/ctas/effective", "cta"),
    ("Angles", "/angles/rankings", "angle"),
    ("Days", "/best_days", "day"),
    ("Hours", "/best_hours", "hour"),
    ("First channel", "/first_touch_effectiveness", ""),
    ("Sequences", "/winning_sequences", "sequence"),
];

fn heading(pattern: &Pattern, now: DateTime<Utc>) -> String {
    let quality = &pattern.patterns["quality"];
    let mut text = format!(
        "{}, as of {}: {} {}, confidence {:.2}\n{} better or worse; in the same data with shuffled outcomes {}",
        pattern.pattern_type.to_uppercase(),
        pattern.computed_at.format("%Y-%m-%d %H:%M UTC"),
        pattern.sample_size,
        if pattern.pattern_type == "who" { "outcomes" } else { "bookings" },
        pattern.confidence,
        quality["found"],
        quality["found_in_shuffled"],
    );
    if let (Some(judged @ 1..), held) =
        (quality["calibration"]["judged"].as_u64(), &quality["calibration"]["held"])
    {
        text.push_str(&format!("\nOf {} of a month ago {held} held", count(judged, "verdict")));
    }
    if pattern.sample_size == 0 {
        text.push_str("\nToo few bookings to say anything: 10 are needed");
    }
    if pattern.valid_until.is_some_and(|until| until < now) {
        text.push_str("\nOut of date: it is not used any more");
    }
    text
}

/// CI-154 to CI-156.
fn reached(document: &Value) -> Option<String> {
    let rows = document["metrics"].as_array()?.iter().map(|metric| {
        let is_rate = metric["name"] == "booking_rate";
        let shown = |name: &str| {
            let value = metric[name].as_f64().unwrap_or_default();
            if is_rate { format!("{:.1} %", value * 100.0) } else { value.to_string() }
        };
        let target = if is_rate { "at least " } else { "below " };
        [
            said(&metric["name"]).replace('_', " "),
            shown("value"),
            format!("{} to {}", shown("low"), shown("high")),
            metric["n"].to_string(),
            shown("baseline"),
            format!("{target}{}", shown("target")),
            if metric["met"] == true { "yes" } else { "no" }.to_owned(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    (!rows.is_empty()).then(|| columns(["", "now", "95 %", "n", "before", "target", "met"], rows))
}

/// X78: by both readings.
fn best_fifth(top: &Value) -> Option<String> {
    let [capture, precision, ceiling] =
        ["capture", "precision", "ceiling"].map(|name| top[name].as_f64().map(|share| share * 100.0));
    let (capture, precision, ceiling) = (capture?, precision?, ceiling?);
    let good = if top["is_good"] == true { "a good order" } else { "60 % is a good order" };
    Some(format!(
        "The fifth with the best scores has {capture:.0} % of the bookings ({good}); {precision:.1} % of it booked, where \
        {ceiling:.1} % is the most there could be"
    ))
}

/// Cards with their names: of an array by the field that names them, of an object by its keys.
fn cards<'a>(list: Option<&'a Value>, label: &str) -> Vec<(String, &'a Value)> {
    match list {
        Some(Value::Array(cards)) => {
            let mut cards: Vec<&Value> = cards.iter().collect();
            // Few cases stand first by their rate; those that are surely better do by this.
            cards.sort_by(|one, other| surely(other).total_cmp(&surely(one)));
            cards.into_iter().take(MOST).map(|card| (name(&card[label]), card)).collect()
        }
        Some(Value::Object(cards)) => cards.iter().map(|(name, card)| (name.clone(), card)).collect(),
        _ => Vec::new(),
    }
}

/// The lower end of what its rate may be.
fn surely(card: &Value) -> f64 {
    card["shrunk_low"].as_f64().unwrap_or_default()
}

fn list(named: &[(String, &Value)]) -> String {
    let percent = |value: &Value| format!("{:.1} %", value.as_f64().unwrap_or_default() * 100.0);
    let rows = named.iter().map(|(name, card)| {
        [
            name.clone(),
            percent(&card["conversion_rate"]),
            format!("{} to {}", percent(&card["ci_low"]), percent(&card["ci_high"])),
            card["sample"].to_string(),
            card["lift"].to_string(),
            said(&card["verdict"]).replace('_', " "),
        ]
    });
    columns(["", "rate", "95 %", "n", "lift", "verdict"], rows)
}

fn name(value: &Value) -> String {
    match value {
        Value::Array(parts) => parts.iter().map(said).collect::<Vec<_>>().join(" → "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn said(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
