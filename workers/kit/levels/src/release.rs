//! What may be told of a transition: nothing of fewer than five, and nothing that a release before gives away with it.
//!
//! The figures of a transition are decided over together, for all its patterns: two of them with different dates would
//! tell of those who came between. A figure that was told once stays until a newer one may follow, also in a pattern.

use crate::Rules;
use crate::cohort::{Cohort, Found};
use crate::facts::Key;
use crate::figure::rounded;
use crate::pattern::{CommonAction, Comparison, Figure, Pattern, Verdict};
use crate::record::ContentKind;
use stats::anonymity::{LEAST, may_be_told, may_follow};
use std::collections::{BTreeMap, BTreeSet};

/// Averages of ratings are told of so many (default GR 44).
const LEAST_RATINGS: u64 = 10;

/// A figure that is told, with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) figure: Figure,
    /// The average of ratings, and of how many.
    pub(crate) rated: Option<(f64, u64)>,
    pub(crate) written: (String, String),
}

/// What was told of a transition before.
#[derive(Debug, Default)]
pub(crate) struct Told<'a> {
    pub(crate) patterns: Vec<&'a Pattern>,
    lines: BTreeMap<Key, Line>,
    /// Sizes of the cohort, and of those who stayed.
    sizes: BTreeSet<u64>,
    stayed: BTreeSet<u64>,
}

impl<'a> Told<'a> {
    pub(crate) fn add(&mut self, rules: &Rules, pattern: &'a Pattern) {
        self.patterns.push(pattern);
        self.sizes.insert(pattern.sample_size);
        let none = (String::new(), String::new());
        let actions = |lines: &'a [CommonAction], key: fn(String) -> Key| {
            let of = move |one: &CommonAction| (key(rules.canonical(&one.name)), one.figure.clone());
            lines.iter().map(of).collect::<Vec<_>>()
        };
        let mut plain = actions(&pattern.common_focus_areas_stats, Key::FocusArea);
        plain.extend(actions(&pattern.common_milestones_stats, Key::Milestone));
        for (key, figure) in plain {
            self.line(key, Line { figure, rated: None, written: none.clone() });
        }
        for one in &pattern.common_partners {
            let rated = one.avg_satisfaction.zip(one.satisfaction_count);
            let line = Line { figure: one.figure.clone(), rated, written: none.clone() };
            self.line(Key::Partner(one.partner_id), line);
        }
        for kind in ContentKind::ALL {
            for one in pattern.content(kind) {
                let written = (one.title.clone(), one.author.clone());
                let line = Line { figure: one.figure.clone(), rated: None, written };
                self.line(Key::content(kind, &one.title, &one.author), line);
            }
        }
    }

    fn line(&mut self, key: Key, line: Line) {
        self.sizes.insert(line.figure.n);
        self.stayed.extend(line.figure.comparison.as_ref().map(|comparison| comparison.stayed));
        match self.lines.get(&key) {
            Some(known) if known.figure.as_of >= line.figure.as_of => {}
            _ => drop(self.lines.insert(key, line)),
        }
    }

    pub(crate) fn keys(&self) -> BTreeSet<Key> {
        self.lines.keys().cloned().collect()
    }

    /// Whether a cohort of another size may be told of.
    pub(crate) fn allows(&self, n: u64) -> bool {
        self.sizes.iter().all(|before| is_apart(*before, n))
    }

    /// What is told from now on; none where nothing may change.
    pub(crate) fn release(&self, cohort: &Cohort) -> Option<BTreeMap<Key, Line>> {
        if cohort.n < LEAST || !self.allows(cohort.n) {
            return None;
        }
        let compare =
            cohort.stayed >= LEAST && self.stayed.iter().all(|before| is_apart(*before, cohort.stayed));
        let mut lines = self.lines.clone();
        for (key, found) in &cohort.found {
            if let Some(line) = follow(found, compare, self.lines.get(key)) {
                lines.insert(key.clone(), line);
            }
        }
        Some(lines)
    }
}

fn is_apart(before: u64, now: u64) -> bool {
    before == now || before.abs_diff(now) >= LEAST
}

/// The line of a figure that may be told after the one before.
fn follow(found: &Found, compare: bool, before: Option<&Line>) -> Option<Line> {
    let mut figure = found.figure.clone();
    if !may_be_told(figure.count, figure.n, LEAST) {
        return None;
    }
    let told =
        figure.comparison.take().filter(|with| compare && may_be_told(with.stayed_with, with.stayed, LEAST));
    figure.comparison = told;
    if figure.comparison.is_none() {
        figure.verdict = Verdict::CommonAmong;
    }
    if let Some(before) = before {
        let old = &before.figure;
        if !may_follow((old.count, old.n), (figure.count, figure.n), LEAST) {
            return None;
        }
        let pair = |one: &Comparison| (one.stayed_with, one.stayed);
        match (old.comparison.as_ref().map(pair), figure.comparison.as_ref().map(pair)) {
            // What was told of those who stayed is not forgotten.
            (Some(_), None) => return None,
            (Some(old), Some(new)) if !may_follow(old, new, LEAST) => return None,
            _ => {}
        }
        if (old.count, old.n) == (figure.count, figure.n) {
            // Of the same number nothing but what is counted may have changed.
            figure.median_months = old.median_months;
        }
    }
    let before = before.and_then(|before| before.rated);
    Some(Line { rated: rated(found, before), figure, written: found.written.clone() })
}

fn rated(found: &Found, before: Option<(f64, u64)>) -> Option<(f64, u64)> {
    let now = (found.ratings >= LEAST_RATINGS)
        .then(|| (rounded(found.sum as f64 / found.ratings as f64, 1), found.ratings));
    match (before, now) {
        (Some(old), Some(new)) if old.1.abs_diff(new.1) >= LEAST => Some(new),
        (None, now) => now,
        (before, _) => before,
    }
}
