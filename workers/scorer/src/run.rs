//! Everything the decision rests on: the clinics of a run and what the strategies found, in a few bytes a clinic.

use std::collections::hash_map::{Entry, HashMap};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use indexmap::IndexSet;
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
///
/// What a decision rests on is kept once for all clinics that were hit alike and can be reached alike: their class.
#[derive(Debug)]
pub struct Run {
    pub clinics: Vec<Clinic>,
    pub words: Words,
    pub categories: Vec<String>,
    pub labels: Vec<Label>,
    parts: BTreeMap<u32, Range<u32>>,
    /// By clinic.
    class_of: Vec<u32>,
    classes: Vec<Class>,
    /// Of all classes, one after the other, each in order of labels: places in `known`.
    hits: Vec<u32>,
    known: Vec<Hit>,
}

#[derive(Debug)]
struct Class {
    reach: Reach,
    clinics: u32,
    hits: Range<u32>,
}

impl Run {
    pub fn class(&self, clinic: u32) -> u32 {
        self.class_of[clinic as usize]
    }

    /// In the order in which the first clinics of each stand.
    pub fn classes(&self) -> Range<u32> {
        0..self.classes.len() as u32
    }

    /// How many clinics there are of a class.
    pub fn size(&self, class: u32) -> u32 {
        self.classes[class as usize].clinics
    }

    pub fn reach(&self, class: u32) -> Reach {
        self.classes[class as usize].reach
    }

    /// In order of labels, by the categories of these.
    pub fn hits(&self, class: u32) -> impl Iterator<Item = (u16, impl Iterator<Item = Hit> + '_)> + '_ {
        let category = |hit: &u32| self.labels[self.known[*hit as usize].label as usize].category;
        let Range { start, end } = self.classes[class as usize].hits;
        self.hits[start as usize..end as usize]
            .chunk_by(move |a, b| category(a) == category(b))
            .map(move |hits| (category(&hits[0]), hits.iter().map(|hit| self.known[*hit as usize])))
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
    hits: IndexSet<Known>,
    /// Hits of one clinic as places in `hits`, in order; the first is that of a clinic without any.
    sets: IndexSet<Vec<u32>>,
    /// The set of each clinic.
    found: Vec<u32>,
    /// Clinics by id, once the first match has come.
    known: HashMap<i64, u32>,
    reach: Vec<Reach>,
}

/// What tells hits apart: the label's first number, bits of the mean, reason.
type Known = (u32, u64, Code);

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
        if self.found.is_empty() {
            self.number_clinics();
        }
        let strategy = matches.strategy();
        if strategy == Strategy::Unspecified {
            return Err(Error::Strategy(part.to_owned()));
        }
        let labels: Vec<u32> = matches.signals.iter().map(|signal| self.label(strategy, signal)).collect();
        let mut pools: BTreeMap<u32, Pool> = BTreeMap::new();
        // Most clinics of a part were hit like one before.
        let mut seen: HashMap<(&[u32], u64, u32), u32> = HashMap::new();
        for clinic in &matches.clinics {
            let Some(&number) = self.known.get(&clinic.clinic_id) else { continue };
            let number = number as usize;
            let contact = contact(self.reach[number]).points();
            let set = match seen.entry((&clinic.signals, contact.to_bits(), self.found[number])) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    let signal = |index: &u32| {
                        let missing = || Error::Signal { part: part.to_owned(), index: *index };
                        let signal = matches.signals.get(*index as usize).ok_or_else(missing)?;
                        Ok((labels[*index as usize], signal))
                    };
                    let signals = clinic.signals.iter().map(signal).collect::<Result<_, Error>>()?;
                    *new.insert(self.set(strategy, signals, contact, self.found[number], &mut pools))
                }
            };
            self.found[number] = set;
        }
        // All clinics of a label see the same pain points, so the first one's sum is everybody's.
        for (number, label) in self.labels.values_mut() {
            if let Some(pool) = pools.get(number) {
                label.pool = *pool;
            }
        }
        Ok(())
    }

    /// The set of hits before and of those that the signals make, one for each label.
    fn set(
        &mut self,
        strategy: Strategy,
        mut signals: Vec<(u32, &Signal)>,
        contact: f64,
        before: u32,
        pools: &mut BTreeMap<u32, Pool>,
    ) -> u32 {
        signals.sort_by_key(|(label, _)| *label);
        let mut set = self.sets[before as usize].clone();
        for same in signals.chunk_by(|(a, _), (b, _)| a == b) {
            let label = same[0].0;
            let mean =
                mean_points(same.iter().map(|(_, signal)| (signal.points, signal.pain_points)), contact);
            let best = same.iter().max_by(|(_, a), (_, b)| a.points.total_cmp(&b.points));
            let code = best.map_or(Code::General, |(_, signal)| Code::of(strategy, signal));
            set.push(self.hits.insert_full((label, mean.to_bits(), code)).0 as u32);
            pools.entry(label).or_insert_with(|| {
                let mut pool = Pool::default();
                same.iter().for_each(|(_, signal)| pool.add_signal(signal));
                pool
            });
        }
        set.sort_unstable();
        self.sets.insert_full(set).0 as u32
    }

    fn number_clinics(&mut self) {
        let clinics = self.loaded.values().flatten();
        self.reach = clinics.clone().map(|clinic| clinic.reach).collect();
        self.known = clinics.enumerate().map(|(number, clinic)| (clinic.id, number as u32)).collect();
        self.sets.insert(Vec::new());
        self.found = vec![0; self.reach.len()];
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

    pub fn finish(mut self) -> Run {
        if self.found.is_empty() {
            self.number_clinics();
        }
        let Self { loaded, words, labels, hits, sets, found, reach, .. } = self;
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
        let known: Vec<Hit> = hits.into_iter().map(|hit| Hit::of(hit, &order)).collect();
        let mut classes = Vec::new();
        let mut class_of = Vec::with_capacity(found.len());
        let mut hits: Vec<u32> = Vec::new();
        let mut numbers = IndexSet::new();
        for (set, reach) in found.into_iter().zip(reach) {
            let (class, new) = numbers.insert_full((set, reach));
            if new {
                let start = hits.len();
                hits.extend(&sets[set as usize]);
                hits[start..].sort_unstable_by_key(|hit| known[*hit as usize].label);
                classes.push(Class { reach, clinics: 0, hits: start as u32..hits.len() as u32 });
            }
            classes[class].clinics += 1;
            class_of.push(class as u32);
        }
        let mut clinics = Vec::with_capacity(class_of.len());
        let mut parts = BTreeMap::new();
        for (part, loaded) in loaded {
            let first = clinics.len() as u32;
            clinics.extend(loaded);
            parts.insert(part, first..clinics.len() as u32);
        }
        Run { clinics, words, categories, labels: sorted, parts, class_of, classes, hits, known }
    }
}
