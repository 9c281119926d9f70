//! Everything the decision rests on: the clinics of a run and what the strategies found, in a few bytes a clinic.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use proto::v1::{ClinicPart, Matches, Signal, Strategy};

use crate::clinics::{Clinic, Reach, Words};
use crate::confidence::{contact, mean_points};
use crate::pairs::{Code, Hit};

/// The type of clinics that have none (PT-050).
const GENERAL: &str = "general";

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    #[error("part {0} of the match stage has no known strategy")]
    Strategy(String),
    #[error("part {part} of the match stage has no signal {index}")]
    Signal { part: String, index: u32 },
}

/// Pain points of one category that one strategy ties to one place, type or pattern.
#[derive(Debug, Clone)]
pub struct Label {
    pub category: u16,
    pub strategy: Strategy,
    pub name: String,
    /// No points: the clinic has no type and the pain points name none.
    pub general: bool,
    pub pool: Pool,
    /// The strongest of its pain points.
    pub evidence: BTreeSet<i64>,
}

/// Sums over pain points; severities in thousandths, so that no order of adding matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pool {
    pub pain_points: u32,
    severity: i64,
    pub mentions: u64,
}

impl Pool {
    pub fn add(&mut self, other: Self) {
        self.pain_points += other.pain_points;
        self.severity += other.severity;
        self.mentions += other.mentions;
    }

    fn add_signal(&mut self, signal: &Signal) {
        let severity = (signal.severity_sum * 1000.0).round() as i64;
        self.add(Self { pain_points: signal.pain_points, severity, mentions: signal.mentions_sum });
    }

    pub fn mean_severity(self) -> f64 {
        self.severity as f64 / 1000.0 / f64::from(self.pain_points.max(1))
    }

    pub fn mean_mentions(self) -> f64 {
        self.mentions as f64 / f64::from(self.pain_points.max(1))
    }
}

/// The input of the decision, the same whatever order the parts came in.
#[derive(Debug)]
pub struct Run {
    pub clinics: Vec<Clinic>,
    pub words: Words,
    pub categories: Vec<String>,
    pub labels: Vec<Label>,
    parts: BTreeMap<u32, Range<u32>>,
    hits: Vec<Hit>,
    /// Where the hits of each clinic begin, and the end of the last.
    starts: Vec<u32>,
}

impl Run {
    pub fn hits(&self, clinic: u32) -> &[Hit] {
        let at = clinic as usize;
        &self.hits[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The load parts, each with its clinics.
    pub fn parts(&self) -> impl Iterator<Item = (u32, Range<u32>)> {
        self.parts.iter().map(|(part, clinics)| (*part, clinics.clone()))
    }

    pub fn category(&self, label: u32) -> &str {
        &self.categories[usize::from(self.labels[label as usize].category)]
    }
}

/// Takes the parts of a run as they come: first clinics, then matches.
#[derive(Debug, Default)]
pub struct Intake {
    loaded: BTreeMap<u32, Vec<Clinic>>,
    words: Words,
    labels: BTreeMap<(String, Strategy, String), (u32, Label)>,
    hits: Vec<Hit>,
    /// Clinics by id, once the first match has come.
    known: HashMap<i64, u32>,
    reach: Vec<Reach>,
}

impl Intake {
    pub fn clinics(&mut self, part: u32, clinics: &ClinicPart) {
        let words = &mut self.words;
        let kept = clinics.clinics.iter().map(|clinic| Clinic {
            id: clinic.id,
            state: words.keep(clinic.state.as_deref()),
            city: words.keep(clinic.city.as_deref()),
            kind: words.keep(clinic.business_type.as_deref()),
            reach: Reach::of(clinic),
        });
        self.loaded.insert(part, kept.collect());
    }

    /// Matches of clinics that are not among those loaded are left out.
    pub fn matches(&mut self, part: &str, matches: &Matches) -> Result<(), Error> {
        if self.known.is_empty() {
            self.number_clinics();
        }
        let strategy = matches.strategy();
        if strategy == Strategy::Unspecified {
            return Err(Error::Strategy(part.to_owned()));
        }
        let labels: Vec<u32> = matches.signals.iter().map(|signal| self.label(strategy, signal)).collect();
        let mut signals: Vec<(u32, &Signal)> = Vec::new();
        let mut pools: BTreeMap<u32, Pool> = BTreeMap::new();
        for clinic in &matches.clinics {
            let Some(&number) = self.known.get(&clinic.clinic_id) else { continue };
            signals.clear();
            for &index in &clinic.signals {
                let signal = matches.signals.get(index as usize);
                let signal = signal.ok_or_else(|| Error::Signal { part: part.to_owned(), index })?;
                signals.push((labels[index as usize], signal));
            }
            signals.sort_by_key(|(label, _)| *label);
            let contact = contact(self.reach[number as usize]).points();
            for same in signals.chunk_by(|(a, _), (b, _)| a == b) {
                let label = same[0].0;
                let mean =
                    mean_points(same.iter().map(|(_, signal)| (signal.points, signal.pain_points)), contact);
                let best = same.iter().max_by(|(_, a), (_, b)| a.points.total_cmp(&b.points));
                let code = best.map_or(Code::General, |(_, signal)| Code::of(strategy, signal));
                self.hits.push(Hit { clinic: number, label, mean, code });
                pools.entry(label).or_insert_with(|| {
                    let mut pool = Pool::default();
                    same.iter().for_each(|(_, signal)| pool.add_signal(signal));
                    pool
                });
            }
        }
        // All clinics of a label see the same pain points, so the first one's sum is everybody's.
        for (number, label) in self.labels.values_mut() {
            if let Some(pool) = pools.get(number) {
                label.pool = *pool;
            }
        }
        Ok(())
    }

    fn number_clinics(&mut self) {
        let clinics = self.loaded.values().flatten();
        self.reach = clinics.clone().map(|clinic| clinic.reach).collect();
        self.known = clinics.enumerate().map(|(number, clinic)| (clinic.id, number as u32)).collect();
    }

    fn label(&mut self, strategy: Strategy, signal: &Signal) -> u32 {
        let key = (signal.category.clone(), strategy, signal.label.clone());
        let next = self.labels.len() as u32;
        let (number, label) = self.labels.entry(key).or_insert_with(|| {
            let label = Label {
                category: 0,
                strategy,
                name: signal.label.clone(),
                general: strategy == Strategy::BusinessType && signal.label == GENERAL,
                pool: Pool::default(),
                evidence: BTreeSet::new(),
            };
            (next, label)
        });
        label.evidence.extend(signal.evidence.iter().map(|evidence| evidence.pain_point_id));
        *number
    }

    pub fn finish(self) -> Run {
        let Self { loaded, words, labels, mut hits, .. } = self;
        let mut order = vec![0; labels.len()];
        let mut categories: Vec<String> = Vec::new();
        let mut sorted = Vec::with_capacity(labels.len());
        for ((category, ..), (number, mut label)) in labels {
            if categories.last() != Some(&category) {
                categories.push(category);
            }
            label.category = (categories.len() - 1) as u16;
            order[number as usize] = sorted.len() as u32;
            sorted.push(label);
        }
        for hit in &mut hits {
            hit.label = order[hit.label as usize];
        }
        hits.sort_unstable_by_key(|hit| (hit.clinic, hit.label));
        let mut clinics = Vec::new();
        let mut parts = BTreeMap::new();
        for (part, loaded) in loaded {
            let first = clinics.len() as u32;
            clinics.extend(loaded);
            parts.insert(part, first..clinics.len() as u32);
        }
        let mut starts = Vec::with_capacity(clinics.len() + 1);
        let mut at = 0;
        for clinic in 0..=clinics.len() as u32 {
            while hits.get(at).is_some_and(|hit| hit.clinic < clinic) {
                at += 1;
            }
            starts.push(at as u32);
        }
        Run { clinics, words, categories, labels: sorted, parts, hits, starts }
    }
}
