//! Which segment a match belongs to, and what it is called (X11, X12, X15, X20).

use std::collections::HashMap;

use places::Gazetteer;
use proto::v1::Strategy;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::pairs::{Hit, Pair};
use crate::run::{Label, Run};

pub const MULTI_NAME: &str = "multi-pain-hot-leads";
pub const MULTI_CATEGORY: &str = "multi";
pub const MULTI_REASON: &str = "Matches 3+ pain categories";
/// Categories that make a clinic a multi-pain one.
pub const MULTI_FROM: usize = 3;
/// Categories that make a clinic a hot lead (PT-082).
pub const HOT_FROM: usize = 2;

/// A segment of two strategies is made only when at least so many clinics are in it, so that a run has
/// segments one can work through: three, and one of a hundred in large runs.
const COMBINED_LEAST: usize = 3;
const COMBINED_SHARE: usize = 100;

const LONGEST: usize = 255;

/// The labels that make a segment: of place, of type, of pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub category: u16,
    pub labels: [Option<u32>; 3],
}

impl Key {
    /// All strategies that agree on the pair. Three make the segment of place and type: the pattern is
    /// told with each clinic.
    pub fn full(run: &Run, pair: &Pair) -> Self {
        let mut key = Self { category: pair.category, labels: [None; 3] };
        pair.hits().for_each(|hit| key.put(run, hit));
        if key.labels.iter().all(Option::is_some) {
            key.labels[2] = None;
        }
        key
    }

    /// The strategy that gives most, alone.
    pub fn short(run: &Run, pair: &Pair) -> Self {
        let mut key = Self { category: pair.category, labels: [None; 3] };
        pair.strongest().into_iter().for_each(|hit| key.put(run, hit));
        key
    }

    fn put(&mut self, run: &Run, hit: Hit) {
        self.labels[slot(run.labels[hit.label as usize].strategy)] = Some(hit.label);
    }

    pub fn is_combined(&self) -> bool {
        self.labels.iter().flatten().count() > 1
    }

    pub fn labels(&self) -> impl Iterator<Item = u32> + '_ {
        self.labels.iter().flatten().copied()
    }
}

fn slot(strategy: Strategy) -> usize {
    match strategy {
        Strategy::Geographic | Strategy::Unspecified => 0,
        Strategy::BusinessType => 1,
        Strategy::PainPattern => 2,
    }
}

/// How many clinics a combined segment needs.
pub fn least_combined(clinics: usize) -> usize {
    COMBINED_LEAST.max(clinics.div_ceil(COMBINED_SHARE))
}

/// The name: category, then type or pattern, then state.
pub fn name(run: &Run, key: &Key) -> String {
    let label = |at: usize| key.labels[at].map(|label| run.labels[label as usize].name.as_str());
    let mut name = slug(&run.categories[usize::from(key.category)]);
    let mut push = |piece: &str| {
        name.push('-');
        name.push_str(piece);
    };
    if let Some(kind) = label(1) {
        push(&slug(kind));
    }
    if label(2).is_some() {
        push("pattern-detected");
    }
    if let Some(state) = label(0) {
        push(&slug(state_name(state)));
    }
    name.truncate(LONGEST);
    name
}

/// Names, each once: a second segment of the same name gets a number (X23).
pub fn names(run: &Run, keys: &[Key]) -> Vec<String> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut unique = |name: String| {
        let times = seen.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 { name } else { format!("{name}-{times}") }
    };
    keys.iter().map(|key| unique(name(run, key))).collect()
}

/// Lower-case letters and digits, joined by single dashes; accents and apostrophes go.
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !matches!(c, '\'' | '\u{2019}') && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len().min(LONGEST));
    if slug.is_empty() { "unnamed".to_owned() } else { slug }
}

pub fn state_name(code: &str) -> &str {
    Gazetteer::us().state_name(code).unwrap_or(code)
}

/// Why the clinics of a label are addressed, in the source document's words.
pub fn reason(category: &str, label: &Label) -> String {
    match label.strategy {
        Strategy::Geographic => {
            format!("Pain point mentioned in {}, targeting local clinics", state_name(&label.name))
        }
        Strategy::BusinessType => format!("Pain point specific to {} clinics", label.name),
        Strategy::PainPattern => format!("Clinic shows evidence of {category} problems in reviews"),
        Strategy::Unspecified => String::new(),
    }
}

/// The reasons of several labels in the fixed order of strategies.
pub fn reasons(run: &Run, labels: impl Iterator<Item = u32>) -> String {
    let reasons = labels.map(|label| reason(run.category(label), &run.labels[label as usize]));
    reasons.collect::<Vec<_>>().join(" + ")
}

/// `geographic + business_type` (X22).
pub fn strategies(run: &Run, labels: impl Iterator<Item = u32>) -> String {
    let mut found: Vec<Strategy> = labels.map(|label| run.labels[label as usize].strategy).collect();
    found.sort_unstable();
    found.dedup();
    let token = |strategy: &Strategy| match strategy {
        Strategy::Geographic => "geographic",
        Strategy::BusinessType => "business_type",
        Strategy::PainPattern => "pain_pattern",
        Strategy::Unspecified => "",
    };
    found.iter().map(token).collect::<Vec<_>>().join(" + ")
}
