//! Strategy C: a clinic whose reviews show a problem answers the pain points of that category (PT-055 to PT-060).

use std::collections::BTreeMap;

use places::Hints;
use proto::v1::{
    Clinic, ClinicPart, Evidence, Matches, PainPoint, PatternConfidence, RunHeader, Signal, Strategy,
};

use crate::Config;
use crate::rules::{Rules, each_kind, is_block_mode};
use crate::tally::{Tally, Voices};

const HIGH: f64 = 8.0;
const MEDIUM: f64 = 5.0;

pub struct PainPattern {
    types: BTreeMap<String, String>,
    medium: f64,
    has_patterns: bool,
    categories: BTreeMap<String, Voices>,
    skipped: u32,
}

impl Rules for PainPattern {
    const NAME: &'static str = "matcher-pain-pattern";
    const STRATEGY: Strategy = Strategy::PainPattern;

    fn begin(config: &Config, run: &RunHeader, _hints: Hints) -> Self {
        let types = config.pattern_types.iter();
        Self {
            types: types.map(|known| (known.category.clone(), known.pattern_type.clone())).collect(),
            medium: if is_block_mode(run) { HIGH } else { MEDIUM },
            has_patterns: run.has_patterns,
            categories: BTreeMap::new(),
            skipped: 0,
        }
    }

    fn learn(&mut self, pain: &PainPoint) {
        if !self.has_patterns || !self.types.contains_key(&pain.category) {
            self.skipped += 1;
            return;
        }
        if !self.categories.contains_key(&pain.category) {
            self.categories.insert(pain.category.clone(), Voices::default());
        }
        let evidence = || Evidence { pain_point_id: pain.id, start: 0, end: 0, rule: "category".to_owned() };
        if let Some(voices) = self.categories.get_mut(&pain.category) {
            voices.add(Tally::of(pain), evidence, pain.id);
        }
    }

    fn matches(&self, clinics: &ClinicPart) -> Matches {
        let kind = |clinic: &Clinic| self.found(clinic);
        each_kind(Self::STRATEGY, self.skipped, clinics, kind, |found| self.signals(found))
    }
}

impl PainPattern {
    /// The patterns that count, each once, with whether its confidence is high.
    fn found(&self, clinic: &Clinic) -> BTreeMap<String, bool> {
        let mut found = BTreeMap::new();
        for pattern in &clinic.patterns {
            let high = match pattern.confidence() {
                PatternConfidence::High => true,
                PatternConfidence::Medium => false,
                PatternConfidence::Low | PatternConfidence::Unspecified => continue,
            };
            *found.entry(pattern.pattern_type.clone()).or_insert(false) |= high;
        }
        found
    }

    fn signals(&self, found: &BTreeMap<String, bool>) -> Vec<Signal> {
        let mut signals = Vec::new();
        for (category, voices) in &self.categories {
            let Some(pattern_type) = self.types.get(category) else { continue };
            if let Some(&high) = found.get(pattern_type) {
                let points = if high { HIGH } else { self.medium };
                signals.push(voices.signal(category, pattern_type, points));
            }
        }
        signals
    }
}
