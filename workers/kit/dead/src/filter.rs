//! Which dead letters are meant.

use crate::letter::{Letter, Standing};
use crate::sequences::Sequences;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whatever is set must fit; nothing set means all letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    #[serde(skip_serializing_if = "Sequences::is_empty")]
    pub sequences: Sequences,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Died at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Died before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// Any of these states; none means any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<Standing>,
}

impl Filter {
    pub fn of(sequences: Sequences) -> Self {
        Self { sequences, ..Self::default() }
    }

    /// Whether it narrows the letters down by anything but their state.
    pub fn narrows(&self) -> bool {
        let any = Self { states: Vec::new(), ..self.clone() };
        any != Self::default()
    }

    pub fn fits(&self, letter: &Letter) -> bool {
        let same = |asked: &Option<String>, found: &str| asked.as_deref().is_none_or(|asked| asked == found);
        (self.sequences.is_empty() || self.sequences.contains(letter.sequence))
            && same(&self.worker, &letter.worker)
            && same(&self.class, &letter.class)
            && same(&self.run, letter.run.as_deref().unwrap_or_default())
            && self.fingerprint.as_deref().is_none_or(|start| letter.fingerprint.starts_with(start))
            && self.since.is_none_or(|since| since <= letter.dead_at)
            && self.until.is_none_or(|until| letter.dead_at < until)
            && (self.states.is_empty() || self.states.contains(&letter.state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::tests::letter;

    #[track_caller]
    fn check(filter: Filter, fits: bool) {
        let letter = letter(7, "scorer", "decode", "lf.v1.run.20251111-ab.match.complete.0");
        assert_eq!(filter.fits(&letter), fits, "{filter:?}");
    }

    fn at(text: &str) -> Option<DateTime<Utc>> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn no_filter_means_all() {
        check(Filter::default(), true);
        assert!(!Filter { states: vec![Standing::Open], ..Filter::default() }.narrows());
    }

    #[test]
    fn everything_that_is_set_must_fit() {
        check(Filter { worker: Some("scorer".into()), ..Filter::default() }, true);
        check(Filter { worker: Some("scorer".into()), class: Some("x".into()), ..Filter::default() }, false);
        check(Filter { run: Some("20251111-ab".into()), ..Filter::default() }, true);
        check(Filter { run: Some("20251111-ac".into()), ..Filter::default() }, false);
        check(Filter::of("1-6,8".parse().unwrap()), false);
        check(Filter { states: vec![Standing::Resolved], ..Filter::default() }, false);
    }

    #[test]
    fn the_start_of_a_fingerprint_is_enough() {
        check(Filter { fingerprint: Some("dec".into()), ..Filter::default() }, true);
        check(Filter { fingerprint: Some("code".into()), ..Filter::default() }, false);
    }

    #[test]
    fn since_includes_and_until_excludes() {
        check(Filter { since: at("2026-11-21T08:00:00Z"), ..Filter::default() }, true);
        check(Filter { since: at("2026-11-21T08:00:01Z"), ..Filter::default() }, false);
        check(Filter { until: at("2026-11-21T08:00:01Z"), ..Filter::default() }, true);
        check(Filter { until: at("2026-11-21T08:00:00Z"), ..Filter::default() }, false);
    }
}
