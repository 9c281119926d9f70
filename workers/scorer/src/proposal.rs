//! The segments before clinics are de-duplicated: every match that is sure enough, and what each segment is worth.

use std::collections::{BTreeSet, HashMap};

use crate::confidence::reaches;
use crate::ladder::rungs;
use crate::pairs::{self, Pair};
use crate::priority::{self, Facts, Rank};
use crate::run::{Pool, Run};
use crate::segments::{self, Key, MULTI_CATEGORY, MULTI_FROM, MULTI_NAME};

/// What the run asks of the scorer.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    pub min_confidence: f64,
    pub priority_categories: Vec<String>,
}

/// The clinics of a class are in a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Membership {
    pub segment: u32,
    pub category: u16,
    /// Unrounded.
    pub confidence: f64,
    pub points: f64,
    /// Tied by nothing but the lack of a type: never a reason to call a clinic a hot lead.
    pub general: bool,
}

/// A segment and its worth, over whatever memberships were counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub name: String,
    /// None for the segment of clinics with many pains.
    pub key: Option<Key>,
    pub labels: Vec<u32>,
    pub facts: Facts,
    pub clinics: u32,
    pub with_decision_maker: u32,
    pub with_email: u32,
    pub raw: f64,
    pub opportunity: f64,
}

impl Candidate {
    pub fn category<'a>(&self, run: &'a Run) -> &'a str {
        self.key.map_or(MULTI_CATEGORY, |key| &run.categories[usize::from(key.category)])
    }
}

/// Who qualifies for what at the first threshold at which anybody does.
#[derive(Debug)]
pub struct Proposal {
    /// Thresholds tried, each with the segments it gave.
    pub attempts: Vec<(f64, u32)>,
    /// In order of names; the segment of many pains comes last, if anybody is in it.
    pub candidates: Vec<Candidate>,
    memberships: Memberships,
}

#[derive(Debug, Default)]
struct Memberships {
    /// In order of classes, then categories.
    all: Vec<Membership>,
    /// Where those of each class begin, and the end of the last.
    starts: Vec<u32>,
}

impl Proposal {
    pub fn threshold(&self) -> f64 {
        self.attempts.last().map_or(0.0, |(threshold, _)| *threshold)
    }

    pub fn of_class(&self, class: u32) -> &[Membership] {
        let Memberships { all, starts } = &self.memberships;
        &all[starts[class as usize] as usize..starts[class as usize + 1] as usize]
    }

    pub fn multi(&self) -> Option<u32> {
        let last = self.candidates.last().filter(|last| last.key.is_none());
        last.map(|_| self.candidates.len() as u32 - 1)
    }
}

/// Whether the clinic belongs to the segment of many pains, and to nothing else (X18, X19).
pub fn has_many_pains(memberships: &[Membership]) -> bool {
    pains(memberships) >= MULTI_FROM
}

/// Categories that the clinic has for a reason of its own.
pub fn pains(memberships: &[Membership]) -> usize {
    memberships.iter().filter(|membership| !membership.general).count()
}

pub fn propose(run: &Run, wishes: &Wishes) -> Proposal {
    let mut attempts = Vec::new();
    let mut found = (Vec::new(), Memberships::default());
    for threshold in rungs(wishes.min_confidence) {
        found = memberships(run, threshold);
        attempts.push((threshold, found.0.len() as u32));
        if !found.0.is_empty() {
            break;
        }
    }
    let (keys, memberships) = found;
    let mut proposal = Proposal { attempts, candidates: Vec::new(), memberships };
    let mut candidates: Vec<Candidate> = segments::names(run, &keys)
        .into_iter()
        .zip(&keys)
        .map(|(name, key)| Candidate::named(name, Some(*key), key.labels().collect()))
        .collect();
    let mut tallies = vec![Tally::default(); keys.len()];
    let mut multi = (Tally::default(), BTreeSet::new());
    for clinic in 0..run.clinics.len() as u32 {
        let mine = proposal.of_class(run.class(clinic));
        for membership in mine {
            tallies[membership.segment as usize].add(run, clinic, membership.confidence, membership.points);
        }
        if has_many_pains(mine) {
            let (confidence, points) = best(mine);
            multi.0.add(run, clinic, confidence, points);
        }
    }
    for mine in run.classes().map(|class| proposal.of_class(class)).filter(|mine| has_many_pains(mine)) {
        let labels = mine.iter().flat_map(|membership| keys[membership.segment as usize].labels.into_iter());
        multi.1.extend(labels.flatten());
    }
    if multi.0.clinics > 0 {
        candidates.push(Candidate::named(MULTI_NAME.to_owned(), None, multi.1.into_iter().collect()));
        tallies.push(multi.0);
        if let Some((_, segments)) = proposal.attempts.last_mut() {
            *segments += 1;
        }
    }
    value(run, &mut candidates, &tallies);
    proposal.candidates = candidates;
    proposal
}

/// The confidence and points of a clinic's surest category.
pub fn best(memberships: &[Membership]) -> (f64, f64) {
    let surest = memberships.iter().max_by(|a, b| a.confidence.total_cmp(&b.confidence));
    surest.map_or((0.0, 0.0), |membership| (membership.confidence, membership.points))
}

/// Segments in order of their keys, and who is in them.
fn memberships(run: &Run, threshold: f64) -> (Vec<Key>, Memberships) {
    let qualifies = |pair: &Pair| pair.is_positive() && reaches(pair.confidence, threshold);
    let mut sizes: HashMap<Key, usize> = HashMap::new();
    // Which of two keys it is comes out when all are counted: until then a membership has the number of both.
    let mut drafts: HashMap<(Key, Key), u32> = HashMap::new();
    let mut memberships = Memberships::default();
    for class in run.classes() {
        memberships.starts.push(memberships.all.len() as u32);
        for pair in pairs::of(run, class).filter(qualifies) {
            let (full, short) = (Key::full(run, &pair), Key::short(run, &pair));
            *sizes.entry(full).or_default() += run.size(class) as usize;
            let next = drafts.len() as u32;
            let segment = *drafts.entry((full, short)).or_insert(next);
            let Pair { category, confidence, points, .. } = pair;
            memberships.all.push(Membership {
                segment,
                category,
                confidence,
                points,
                general: points <= 0.0,
            });
        }
    }
    memberships.starts.push(memberships.all.len() as u32);
    let least = segments::least_combined(run.clinics.len());
    let lasting = |key: &Key| !key.is_combined() || sizes.get(key).is_some_and(|size| *size >= least);
    let key_of = |(full, short): &(Key, Key)| if lasting(full) { *full } else { *short };
    let keys: Vec<Key> = drafts.keys().map(key_of).collect::<BTreeSet<_>>().into_iter().collect();
    let numbers: HashMap<Key, u32> = keys.iter().zip(0..).map(|(key, number)| (*key, number)).collect();
    let mut chosen = vec![0; drafts.len()];
    drafts.iter().for_each(|(draft, at)| chosen[*at as usize] = numbers[&key_of(draft)]);
    memberships
        .all
        .iter_mut()
        .for_each(|membership| membership.segment = chosen[membership.segment as usize]);
    (keys, memberships)
}

impl Candidate {
    fn named(name: String, key: Option<Key>, labels: Vec<u32>) -> Self {
        let facts = Facts::default();
        Self {
            name,
            key,
            labels,
            facts,
            clinics: 0,
            with_decision_maker: 0,
            with_email: 0,
            raw: 0.0,
            opportunity: 0.0,
        }
    }
}

/// Sums over the clinics of a segment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub clinics: u32,
    confidence: f64,
    points: f64,
    decision_maker: u32,
    email: u32,
    website: u32,
    popular: u32,
}

impl Tally {
    pub fn add(&mut self, run: &Run, clinic: u32, confidence: f64, points: f64) {
        let reach = run.clinics[clinic as usize].reach;
        self.clinics += 1;
        self.confidence += confidence;
        self.points += points;
        self.decision_maker += u32::from(reach.decision_maker);
        self.email += u32::from(reach.email);
        self.website += u32::from(reach.website);
        self.popular += u32::from(reach.popular);
    }

    fn facts(&self, pool: Pool) -> Facts {
        let clinics = f64::from(self.clinics.max(1));
        let share = |number: u32| f64::from(number) / clinics;
        Facts {
            mean_confidence: self.confidence / clinics,
            mean_points: self.points / clinics,
            mean_severity: pool.mean_severity(),
            mean_mentions: pool.mean_mentions(),
            total_mentions: pool.mentions,
            share_decision_maker: share(self.decision_maker),
            share_email: share(self.email),
            share_website: share(self.website),
            share_popular: share(self.popular),
        }
    }
}

/// Computes worth and opportunity of all segments from sums over their clinics and the pain points of their labels.
///
/// A pain point that stands for two labels of a segment counts for both.
pub fn value(run: &Run, candidates: &mut [Candidate], tallies: &[Tally]) {
    for (candidate, tally) in candidates.iter_mut().zip(tallies) {
        let mut pool = Pool::default();
        candidate.labels.iter().for_each(|label| pool.add(run.labels[*label as usize].pool));
        candidate.facts = tally.facts(pool);
        candidate.raw = priority::raw(&candidate.facts);
        candidate.clinics = tally.clinics;
        candidate.with_decision_maker = tally.decision_maker;
        candidate.with_email = tally.email;
    }
    let facts: Vec<Facts> = candidates.iter().map(|candidate| candidate.facts).collect();
    for (candidate, opportunity) in candidates.iter_mut().zip(priority::opportunity_indexes(&facts)) {
        candidate.opportunity = opportunity;
    }
}

/// Indexes of the candidates, best first; `deltas` are Claude's, by candidate.
pub fn order(run: &Run, wishes: &Wishes, candidates: &[Candidate], deltas: &[f64]) -> Vec<usize> {
    let place = |category: &str| {
        let found = wishes.priority_categories.iter().position(|wished| wished == category);
        found.unwrap_or(wishes.priority_categories.len())
    };
    let rank = |(candidate, delta): (&Candidate, &f64)| Rank {
        score: priority::adjusted(candidate.raw, *delta),
        raw: candidate.raw,
        opportunity: candidate.opportunity,
        total_mentions: candidate.facts.total_mentions,
        category: place(candidate.category(run)),
        name: "",
    };
    let ranks: Vec<Rank<'_>> =
        candidates.iter().zip(deltas).map(|pair| Rank { name: &pair.0.name, ..rank(pair) }).collect();
    priority::order(&ranks)
}
