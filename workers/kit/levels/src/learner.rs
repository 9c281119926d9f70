//! Learns the patterns of a client: contractors are looked at once, and what they have in common is released.

use crate::Rules;
use crate::cohort::Tier;
use crate::confidence;
use crate::document::{self, Way};
use crate::facts::{Facts, day};
use crate::history::{self, Spell};
use crate::learned::{Learned, Run, Transition};
use crate::pattern::{Pattern, Status};
use crate::record::{Outcome, Record};
use crate::release::Told;
use chrono::{DateTime, Utc};
use stats::anonymity::LEAST;
use std::collections::{BTreeMap, BTreeSet};

/// Takes contractors one by one, in whatever order.
#[derive(Debug)]
pub struct Learner<'a> {
    rules: &'a Rules,
    as_of: DateTime<Utc>,
    facts: Facts,
}

impl<'a> Learner<'a> {
    pub fn new(rules: &'a Rules, as_of: DateTime<Utc>) -> Self {
        Self { rules, as_of, facts: Facts::default() }
    }

    /// Counts a contractor; each once. What is dated after the moment of learning is left out.
    pub fn observe(&mut self, record: &Record) {
        self.facts.keep(self.rules, day(self.as_of.date_naive()), record);
    }

    /// `released` are all patterns that are stored, served or not; `outcomes` all that have ended, in a fixed order.
    pub fn finish(mut self, released: &[Pattern], outcomes: &[Outcome]) -> Learned {
        self.facts.sort();
        let lists = history::lists(&self.facts);
        let spells = history::spells(&self.facts, &lists, day(self.as_of.date_naive()));
        let counting = confidence::count(outcomes);
        let mut run = Run {
            as_of: self.as_of,
            contractors: self.facts.seen,
            with_history: self.facts.contractors.len() as u64,
            unknown_tiers: self.facts.unknown_tiers,
            yearly_lists: lists.yearly,
            selected_for_growth: history::is_selected_for_growth(&self.facts),
            breaks: lists.breaks,
            eligible: Vec::new(),
            insufficient_data: Vec::new(),
            calibration: confidence::calibration(&counting.people),
        };
        let (mut patterns, gone) = self.patterns(&spells, released, &mut run);
        confidence::settle(&mut patterns, &counting.people);
        for pattern in &mut patterns {
            pattern.last_recalculated_at = self.as_of;
            if gone.contains(&pattern.way()) {
                pattern.status = Status::Removed;
                pattern.status_reason = Some("fewer than five are left who made this transition".to_owned());
            }
        }
        announce(&patterns, &mut run);
        Learned { patterns, run, counted: counting.counted }
    }

    /// Every pattern, by tiers and type, and the transitions with patterns that too few are left of. `run` is told of
    /// transitions with too few.
    fn patterns(
        &self,
        spells: &[Spell],
        released: &[Pattern],
        run: &mut Run,
    ) -> (Vec<Pattern>, BTreeSet<(String, String)>) {
        let mut told: BTreeMap<(&str, &str), Told<'_>> = BTreeMap::new();
        for pattern in released {
            let key = (pattern.from_revenue_tier.as_str(), pattern.to_revenue_tier.as_str());
            told.entry(key).or_default().add(self.rules, pattern);
        }
        let tiers = self.rules.ladder().tiers();
        let spellings = self.facts.spellings();
        let (mut patterns, mut few) = (Vec::new(), BTreeMap::new());
        for (rank, from) in tiers.iter().enumerate() {
            if !spells.iter().any(|spell| usize::from(spell.rank) == rank && spell.up.is_some()) {
                continue;
            }
            let tier = Tier::new(&self.facts, &spellings, spells, rank as u8, self.as_of);
            for (up, levelled) in tier.transitions() {
                let to = &tiers[usize::from(up)];
                let n = levelled.len() as u64;
                let key = (from.code.as_str(), to.code.as_str());
                if n < LEAST {
                    few.insert(key, n);
                    // After a larger number was told, this one would tell of those who are gone.
                    if told.get(&key).is_none_or(|told| told.allows(n)) {
                        run.insufficient_data.push(insufficient(key, n));
                    }
                    continue;
                }
                let told = told.remove(&key).unwrap_or_default();
                let cohort = tier.cohort(up, levelled, &told.keys(), !run.selected_for_growth);
                let Some(lines) = told.release(&cohort) else {
                    patterns.extend(told.patterns.into_iter().cloned());
                    continue;
                };
                let way = Way { from, to };
                let mut made = document::patterns(self.rules, way, &cohort, &lines, &told, self.as_of);
                if let Some(before) = told.patterns.iter().find(|before| before.sample_size == n) {
                    made.iter_mut().for_each(|pattern| document::keep(pattern, before));
                }
                patterns.extend(made);
            }
        }
        // What is left was told, and fewer than five have made it now.
        let mut gone = BTreeSet::new();
        for (key, told) in &told {
            if told.allows(few.get(key).copied().unwrap_or_default()) {
                gone.insert((key.0.to_owned(), key.1.to_owned()));
            }
        }
        patterns.extend(told.into_values().flat_map(|told| told.patterns).cloned());
        let rank = |code: &str| self.rules.ladder().rank(code);
        patterns.sort_by_key(|one| {
            (rank(&one.from_revenue_tier), rank(&one.to_revenue_tier), one.pattern_type, one.id)
        });
        (patterns, gone)
    }
}

/// Lists the transitions that have patterns, with the numbers that are told; and why none of a transition is served.
fn announce(patterns: &[Pattern], run: &mut Run) {
    for same in patterns.chunk_by(|one, next| one.way() == next.way()) {
        let Some(served) = same.iter().find(|pattern| pattern.status.is_served()) else {
            if !run.insufficient_data.iter().any(|few| is_of(few, &same[0])) {
                let reason = same.iter().find_map(|pattern| pattern.status_reason.as_deref());
                let reason = format!("no pattern is served: {}", reason.unwrap_or("nothing is common"));
                run.insufficient_data.push(transition(&same[0], Some(reason)));
            }
            continue;
        };
        run.eligible.push(transition(served, None));
    }
}

fn transition(pattern: &Pattern, reason: Option<String>) -> Transition {
    let (from_revenue_tier, to_revenue_tier) = pattern.way();
    Transition { from_revenue_tier, to_revenue_tier, n: pattern.sample_size, reason }
}

fn insufficient((from, to): (&str, &str), n: u64) -> Transition {
    Transition {
        from_revenue_tier: from.to_owned(),
        to_revenue_tier: to.to_owned(),
        n,
        reason: Some(format!("{n} made it, and {LEAST} are needed")),
    }
}

fn is_of(transition: &Transition, pattern: &Pattern) -> bool {
    transition.from_revenue_tier == pattern.from_revenue_tier
        && transition.to_revenue_tier == pattern.to_revenue_tier
}
