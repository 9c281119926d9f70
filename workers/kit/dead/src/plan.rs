//! Decides what a replay would do: which letters go, which runs re-open, what is done already.

use crate::filter::Filter;
use crate::letter::{Letter, Standing};
use proto::subject::Stage;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What is known of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Whether anything of it is kept.
    pub(crate) kept: bool,
    /// The generation that was announced last.
    pub(crate) announced: Option<u32>,
    /// The highest generation that a replay has claimed.
    pub(crate) claimed: u32,
    /// The generation that this replay has claimed.
    pub(crate) ours: Option<u32>,
    /// The highest generation that anybody has spoken in.
    pub(crate) highest: u32,
    /// Parts of the template stage.
    pub(crate) templates: u64,
    /// Of the tombstones that were asked about: where a part has come after all.
    pub(crate) made: HashSet<String>,
}

impl Facts {
    fn is_going_on(&self) -> bool {
        self.announced.is_none_or(|announced| announced < self.claimed)
    }
}

/// What a replay would do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Those that go, the runs together.
    pub letters: Vec<Letter>,
    /// Later letters of the runs that re-open: what they were is made anew.
    pub superseded: Vec<Letter>,
    pub dry_run: DryRun,
}

/// What a dry run tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DryRun {
    /// Letters that would be replayed.
    pub letters: u64,
    pub kinds: Vec<Kind>,
    /// Runs that would re-open.
    pub runs: Vec<Reopened>,
    /// Letters that need no replay, because an earlier stage of their run is done again.
    pub superseded: u64,
    /// Letters whose effect is done: they would not be replayed.
    pub effects_done: u64,
    pub skipped: Vec<Skipped>,
    /// Questions to Claude at most; those that were asked before cost nothing.
    pub claude_calls: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kind {
    pub worker: String,
    pub class: String,
    pub letters: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reopened {
    pub run: String,
    /// The stage from which on it is done again.
    pub stage: &'static str,
    pub letters: u64,
    pub superseded: u64,
}

/// Letters that fit and are not replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub why: &'static str,
    pub letters: u64,
    /// Sequence of one of them.
    pub such_as: u64,
}

/// Letters that were tried anew this often only go when the operator insists.
pub const TRIES: u32 = 3;
const RUN_GOING_ON: &str = "their run is still going on: wait until it is announced";
const RUN_GONE: &str = "nothing of their run is kept any more: start a new one";

/// Which letter goes, as far as the letter alone tells: none, or why not.
pub(crate) fn objection(letter: &Letter, force: bool) -> Option<&'static str> {
    match letter.state {
        Standing::Open => {}
        Standing::Discarded | Standing::Superseded if force => {}
        Standing::Replaying => return Some("they are being replayed"),
        Standing::Resolved => return Some("their effect is done: they were replayed and handled"),
        Standing::DiedAgain => return Some("they died again: a newer letter stands for each"),
        Standing::Edited => return Some("they were corrected: a copy stands for each"),
        Standing::Superseded => {
            return Some("an earlier stage of their run was done again (--force insists)");
        }
        Standing::Discarded => return Some("they were given up (--force insists)"),
    }
    (letter.tries() >= TRIES && !force).then_some("they died in three replays or more (--force insists)")
}

/// The runs that a plan needs to know about, each with the tombstones it asks about.
pub(crate) fn involved(
    letters: &[Letter],
    filter: &Filter,
    force: bool,
) -> BTreeMap<String, HashSet<String>> {
    let mut runs: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for letter in letters.iter().filter(|letter| filter.fits(letter) && objection(letter, force).is_none()) {
        if let (Some(run), Some(_)) = (&letter.run, letter.stage) {
            runs.entry(run.clone()).or_default().extend(letter.tombstones.iter().cloned());
        }
    }
    runs
}

/// Plans the replay of the letters that fit, given all letters and what is known of the runs.
pub(crate) fn plan(
    letters: Vec<Letter>,
    filter: &Filter,
    facts: &BTreeMap<String, Facts>,
    force: bool,
) -> Plan {
    let mut plan = Plan::default();
    let mut skipped: BTreeMap<&'static str, Skipped> = BTreeMap::new();
    let mut skip = |why, letter: &Letter| {
        let row = skipped.entry(why).or_insert(Skipped { why, letters: 0, such_as: letter.sequence });
        row.letters += 1;
    };
    let (chosen, others): (Vec<Letter>, Vec<Letter>) =
        letters.into_iter().partition(|letter| filter.fits(letter));
    let mut candidates = Vec::new();
    for letter in chosen {
        let known = letter.run.as_ref().zip(letter.stage).and_then(|(run, _)| facts.get(run));
        let why = objection(&letter, force).or_else(|| run_objection(&letter, known?));
        match why {
            Some(why) => {
                plan.dry_run.effects_done += u64::from(letter.state == Standing::Resolved);
                skip(why, &letter);
            }
            None if is_made(&letter, known) => {
                plan.dry_run.effects_done += 1;
                skip("their effect is done: the part that each would make is there", &letter);
            }
            None => candidates.push(letter),
        }
    }
    let mut earliest: BTreeMap<String, Stage> = BTreeMap::new();
    for (run, stage) in candidates.iter().filter_map(place) {
        let first = earliest.entry(run.to_owned()).or_insert(stage);
        *first = stage.min(*first);
    }
    let behind = |letter: &Letter| {
        place(letter).is_some_and(|(run, stage)| earliest.get(run).is_some_and(|first| stage > *first))
    };
    let (later, mut going): (Vec<Letter>, Vec<Letter>) = candidates.into_iter().partition(behind);
    plan.superseded = later;
    plan.superseded
        .extend(others.into_iter().filter(|letter| letter.state == Standing::Open && behind(letter)));
    going.sort_by(|a, b| (&a.run, a.sequence).cmp(&(&b.run, b.sequence)));
    plan.letters = going;
    plan.dry_run.tell(&plan.letters, &plan.superseded, &earliest, facts);
    plan.dry_run.skipped = skipped.into_values().collect();
    plan
}

/// The run and the stage in which a letter died.
fn place(letter: &Letter) -> Option<(&str, Stage)> {
    letter.run.as_deref().zip(letter.stage)
}

pub(crate) fn run_objection(letter: &Letter, facts: &Facts) -> Option<&'static str> {
    if !facts.kept {
        return Some(RUN_GONE);
    }
    // The scrapers of a day are never announced.
    (facts.is_going_on() && letter.stage != Some(Stage::Scrape)).then_some(RUN_GOING_ON)
}

fn is_made(letter: &Letter, facts: Option<&Facts>) -> bool {
    let made = |facts: &Facts| letter.tombstones.iter().all(|subject| facts.made.contains(subject));
    !letter.tombstones.is_empty() && facts.is_some_and(made)
}

/// Who asks Claude.
const TEMPLATER: &str = "templater";

impl DryRun {
    fn tell(
        &mut self,
        letters: &[Letter],
        superseded: &[Letter],
        earliest: &BTreeMap<String, Stage>,
        facts: &BTreeMap<String, Facts>,
    ) {
        let mut kinds: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let mut runs: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for letter in letters {
            *kinds.entry((&letter.worker, &letter.class)).or_default() += 1;
            self.claude_calls += u64::from(letter.worker == TEMPLATER);
            if let Some((run, _)) = place(letter) {
                runs.entry(run).or_default().0 += 1;
            }
        }
        for (run, _) in superseded.iter().filter_map(place) {
            runs.entry(run).or_default().1 += 1;
        }
        self.letters = letters.len() as u64;
        self.superseded = superseded.len() as u64;
        let kind = |((worker, class), letters): ((&str, &str), u64)| Kind {
            worker: worker.to_owned(),
            class: class.to_owned(),
            letters,
        };
        self.kinds = kinds.into_iter().map(kind).collect();
        for (run, (letters, superseded)) in runs {
            let Some(stage) = earliest.get(run) else { continue };
            if (Stage::Profile..=Stage::Match).contains(stage) {
                // The ranking, and a template for each segment.
                self.claude_calls += 1 + facts.get(run).map_or(0, |facts| facts.templates);
            }
            self.runs.push(Reopened { run: run.to_owned(), stage: stage.as_str(), letters, superseded });
        }
    }

    /// Letters that fit and are not replayed.
    pub fn skipped_letters(&self) -> u64 {
        self.skipped.iter().map(|skipped| skipped.letters).sum()
    }
}

/// The runs among letters.
pub(crate) fn runs_of(letters: &[Letter]) -> BTreeSet<&str> {
    letters.iter().filter_map(place).map(|(run, _)| run).collect()
}

#[cfg(test)]
mod tests;
