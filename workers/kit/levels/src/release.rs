//! What may be told of a transition: nothing of fewer than five, and nothing that a release before gives away with it.
//!
//! The figures of a transition are decided over together, for all its patterns: two of them with different dates would
//! tell of those who came between. A figure that was told once stays until a newer one may follow, also in a pattern; and
//! a newer one has to follow all that were ever told, since anybody may have kept them.

use crate::Rules;
use crate::cohort::{Cohort, Found};
use crate::facts::Key;
use crate::figure::rounded;
use crate::pattern::{CommonAction, Figure, Pattern, PatternType, Verdict};
use crate::record::ContentKind;
use stats::anonymity::{LEAST, may_be_told, may_follow};
use std::collections::{BTreeMap, BTreeSet};

/// Averages of ratings are told of so many (default GR 44).
const LEAST_RATINGS: u64 = 10;

/// A figure that is told, with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) figure: Figure,
    pub(crate) rated: Option<Rated>,
    pub(crate) written: (String, String),
}

/// The average of ratings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rated {
    pub(crate) average: f64,
    pub(crate) n: u64,
    /// Of how many it was told before.
    pub(crate) earlier: Vec<u64>,
}

/// What was told of a transition before.
#[derive(Debug, Default)]
pub(crate) struct Told<'a> {
    pub(crate) patterns: Vec<&'a Pattern>,
    lines: BTreeMap<Key, Line>,
    /// Sizes of the cohort that were ever told, and of those who stayed.
    sizes: BTreeSet<u64>,
    stayed: BTreeSet<u64>,
}

impl<'a> Told<'a> {
    pub(crate) fn add(&mut self, rules: &Rules, pattern: &'a Pattern) {
        self.patterns.push(pattern);
        self.sizes.insert(pattern.sample_size);
        self.sizes.extend(&pattern.earlier_sizes);
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
            let earlier = one.earlier_satisfaction_counts.clone();
            let rated = rated.map(|(average, n)| Rated { average, n, earlier });
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
        let figure = &line.figure;
        self.sizes.insert(figure.n);
        self.sizes.extend(figure.earlier.iter().map(|[_, n]| n));
        if let Some(with) = &figure.comparison {
            self.stayed.insert(with.stayed);
            self.stayed.extend(with.earlier.iter().map(|[_, stayed]| stayed));
        }
        match self.lines.get(&key) {
            Some(known) if known.figure.as_of >= line.figure.as_of => {}
            _ => drop(self.lines.insert(key, line)),
        }
    }

    pub(crate) fn keys(&self) -> BTreeSet<Key> {
        self.lines.keys().cloned().collect()
    }

    /// Whether a cohort of this size may be told of: of the present one, or of one apart from all that were. After other
    /// sizes the same one may be of other people.
    pub(crate) fn allows(&self, n: u64) -> bool {
        self.patterns.first().is_some_and(|present| present.sample_size == n)
            || self.sizes.iter().all(|before| before.abs_diff(n) >= LEAST)
    }

    /// The sizes that were told, but for the present one.
    pub(crate) fn earlier_sizes(&self, n: u64) -> Vec<u64> {
        self.sizes.iter().copied().filter(|size| *size != n).collect()
    }

    /// Of how many the time was told before, of how many who levelled up.
    pub(crate) fn months(&self) -> Vec<[u64; 2]> {
        let stats = self.patterns.first().map(|present| &present.months_stats).filter(|stats| stats.n > 0);
        stats
            .map_or_else(Vec::new, |stats| [&stats.earlier[..], &[[stats.n, stats.of.max(stats.n)]]].concat())
    }

    /// Whether the time of so many may be told: as with sizes, the same number may be of other people.
    pub(crate) fn allows_months(&self, n: u64, of: u64) -> bool {
        let is_apart =
            |&[m, before]: &[u64; 2]| m.abs_diff(n) >= LEAST && may_follow((m, before), (n, of), LEAST);
        may_be_told(n, of, LEAST) && self.months().iter().all(is_apart)
    }

    pub(crate) fn pattern(&self, kind: PatternType) -> Option<&'a Pattern> {
        self.patterns.iter().find(|pattern| pattern.pattern_type == kind).copied()
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
        figure.earlier = followed(&old.earlier, [old.count, old.n], [figure.count, figure.n])?;
        match (&old.comparison, &mut figure.comparison) {
            // What was told of those who stayed is not forgotten.
            (Some(_), None) => return None,
            (Some(old), Some(new)) => {
                let now = [new.stayed_with, new.stayed];
                new.earlier = followed(&old.earlier, [old.stayed_with, old.stayed], now)?;
            }
            _ => {}
        }
        let counts = |one: &Figure| {
            (one.count, one.n, one.comparison.as_ref().map(|with| (with.stayed_with, with.stayed)))
        };
        if counts(old) == counts(&figure) {
            // Of the same numbers nothing may have changed.
            figure = old.clone();
        } else if (old.count, old.n) == (figure.count, figure.n) {
            figure.median_months = old.median_months;
        }
    }
    let rated = rated(found, before.and_then(|before| before.rated.as_ref()));
    Some(Line { rated, figure, written: found.written.clone() })
}

/// What was told before a count that may follow all of it: it is the one that is told now, or apart from each.
fn followed(earlier: &[[u64; 2]], old: [u64; 2], new: [u64; 2]) -> Option<Vec<[u64; 2]>> {
    let mut earlier = earlier.to_vec();
    if old != new {
        earlier.push(old);
    }
    let is_apart = |one: &[u64; 2]| *one != new && may_follow((*one).into(), new.into(), LEAST);
    earlier.iter().all(is_apart).then_some(earlier)
}

fn rated(found: &Found, before: Option<&Rated>) -> Option<Rated> {
    let n = found.ratings;
    let mut earlier = Vec::new();
    if let Some(before) = before {
        earlier.clone_from(&before.earlier);
        earlier.push(before.n);
    }
    if n < LEAST_RATINGS || earlier.iter().any(|before| before.abs_diff(n) < LEAST) {
        return before.cloned();
    }
    Some(Rated { average: rounded(found.sum as f64 / n as f64, 1), n, earlier })
}
