//! Whether verdicts of a month ago have held since: what was counted after them, and only that, judges them.

use chrono::{DateTime, TimeDelta, Utc};
use patterns::{Card, Held, Verdict};
use serde_json::Value;
use stats::Rate;
use std::collections::BTreeMap;

/// Verdicts are judged when they are so old.
const AFTER_DAYS: i64 = 28;
/// New ones in fewer people say nothing of a verdict.
const LEAST: u64 = 5;

/// The verdicts that are judged at a moment were given before this one.
pub(crate) fn judged_before(moment: DateTime<Utc>) -> DateTime<Utc> {
    moment - TimeDelta::days(AFTER_DAYS)
}

/// Verdicts of `earlier` against a document of nothing but what came afterwards.
///
/// A better group has held when those who came since did better than the others who came since, and a worse one when they
/// did worse.
pub(crate) fn held(earlier: &Value, since: &Value) -> Option<Held> {
    let given_at = serde_json::from_value(earlier["computed_at"].clone()).ok()?;
    let (mut then, mut later) = (BTreeMap::new(), BTreeMap::new());
    collect(earlier, &mut then);
    collect(since, &mut later);
    let (mut judged, mut held) = (0, 0);
    for (query, card) in &then {
        let is_better = match card.verdict {
            Verdict::Better => true,
            Verdict::Worse => false,
            _ => continue,
        };
        let Some((group, others)) = later.get(query).and_then(rates) else { continue };
        judged += 1;
        held += u64::from(if is_better { group > others } else { group < others });
    }
    Some(Held { since: given_at, judged, held })
}

/// Of the group and of the others; none of too few.
fn rates(card: &Card) -> Option<(f64, f64)> {
    let share = |successes, trials| Rate::new(successes, trials).share().filter(|_| trials >= LEAST);
    Some((share(card.converted, card.sample)?, share(card.rest_converted, card.rest_sample)?))
}

/// Every card of a document by its query.
fn collect(document: &Value, cards: &mut BTreeMap<String, Card>) {
    if let Some(query) = document["evidence"]["query"].as_str()
        && let Ok(card) = serde_json::from_value(document.clone())
    {
        cards.insert(query.to_owned(), card);
    }
    match document {
        Value::Object(fields) => fields.values().for_each(|value| collect(value, cards)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, cards)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{Group, List, cards};
    use serde_json::json;

    /// A document of one title among a hundred others, with a verdict.
    fn document(title: (u64, u64), others: (u64, u64), verdict: &str) -> Value {
        let (rate, rest) = (Rate::new(title.0, title.1), Rate::new(others.0, others.1));
        let list = List { all: rate.and(rest), denominator: "terminal_leads", ..List::default() };
        let mut card = serde_json::to_value(&cards(list, &[Group::from(rate)])[0]).unwrap();
        card["verdict"] = verdict.into();
        card["evidence"] = json!({"id": "1", "run_id": "r", "query": "who.title=CEO", "lead_ids_hash": "0"});
        json!({"computed_at": "2026-01-01T00:00:00Z", "title_rankings": [card]})
    }

    #[test]
    fn a_verdict_is_judged_by_those_who_came_after_it() {
        let given = |verdict| document((20, 40), (20, 100), verdict);
        for (verdict, title, others, expected) in [
            ("better", (5, 10), (20, 100), (1, 1)),
            ("better", (1, 10), (20, 100), (1, 0)),
            ("better", (2, 10), (20, 100), (1, 0)),
            // Four say nothing.
            ("better", (4, 4), (20, 100), (0, 0)),
            ("better", (4, 10), (1, 3), (0, 0)),
            ("worse", (1, 10), (20, 100), (1, 1)),
            ("worse", (2, 10), (20, 100), (1, 0)),
            ("not_distinguishable", (5, 10), (20, 100), (0, 0)),
        ] {
            let found = held(&given(verdict), &document(title, others, "too_little_data")).unwrap();
            assert_eq!((found.judged, found.held), expected, "{verdict} {title:?}");
        }
        assert_eq!(held(&json!({}), &given("better")), None);
    }
}
