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

/// Verdicts of `earlier` against what came afterwards: the counts of `now` less those of then.
///
/// A better group has held when those who came since did better than the others who came since, and a worse one when they
/// did worse.
pub(crate) fn held(earlier: &Value, now: &Value) -> Option<Held> {
    let since = serde_json::from_value(earlier["computed_at"].clone()).ok()?;
    let (mut then, mut later) = (BTreeMap::new(), BTreeMap::new());
    collect(earlier, &mut then);
    collect(now, &mut later);
    let (mut judged, mut held) = (0, 0);
    for (query, card) in &then {
        let is_better = match card.verdict {
            Verdict::Better => true,
            Verdict::Worse => false,
            _ => continue,
        };
        let Some((group, others)) = later.get(query).and_then(|now| since_then(card, now)) else { continue };
        judged += 1;
        held += u64::from(group.total_cmp(&others).is_gt() == is_better && group != others);
    }
    Some(Held { since, judged, held })
}

/// The rates of the group and of the others among those who came since.
fn since_then(then: &Card, now: &Card) -> Option<(f64, f64)> {
    let more = |now: (u64, u64), then: (u64, u64)| {
        let (successes, trials) = (now.0.checked_sub(then.0)?, now.1.checked_sub(then.1)?);
        (trials >= LEAST && successes <= trials).then(|| Rate::new(successes, trials).share()).flatten()
    };
    Some((
        more((now.converted, now.sample), (then.converted, then.sample))?,
        more((now.rest_converted, now.rest_sample), (then.rest_converted, then.rest_sample))?,
    ))
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
        let list = List { all: rate.and(rest), denominator: "terminal_leads", alike_in: &[] };
        let mut card = serde_json::to_value(&cards(list, &[Group::from(rate)])[0]).unwrap();
        card["verdict"] = verdict.into();
        card["evidence"] = json!({"id": "1", "run_id": "r", "query": "who.title=CEO", "lead_ids_hash": "0"});
        json!({"computed_at": "2026-01-01T00:00:00Z", "title_rankings": [card]})
    }

    #[test]
    fn a_verdict_is_judged_by_those_who_came_after_it() {
        let then = document((20, 40), (20, 100), "better");
        for (title, others, expected) in [
            // Of ten since then five booked, of the hundred others twenty.
            ((25, 50), (40, 200), (1, 1)),
            // Of ten one: all together it still looks better.
            ((21, 50), (40, 200), (1, 0)),
            ((22, 50), (40, 200), (1, 0)),
            // Four more say nothing, and fewer than before are other people.
            ((24, 44), (40, 200), (0, 0)),
            ((25, 39), (40, 200), (0, 0)),
        ] {
            let found = held(&then, &document(title, others, "better")).unwrap();
            assert_eq!((found.judged, found.held), expected, "{title:?}");
        }
        let worse = document((2, 40), (20, 100), "worse");
        let found = held(&worse, &document((2, 50), (40, 200), "not_distinguishable")).unwrap();
        assert_eq!((found.judged, found.held), (1, 1));
        let none = document((20, 40), (20, 100), "not_distinguishable");
        assert_eq!(held(&none, &document((25, 50), (40, 200), "better")).unwrap().judged, 0);
        assert_eq!(held(&json!({}), &none), None);
    }
}
