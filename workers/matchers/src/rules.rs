//! What a strategy is: it learns the pain points of a run, then says which clinics answer them.

use places::Hints;
use proto::v1::{
    Clinic, ClinicMatch, ClinicPart, ConfidenceMode, Matches, PainPoint, RunHeader, Signal, Strategy,
};

use crate::Config;
use std::collections::HashMap;
use std::hash::Hash;

/// A strategy, prepared for one run. Pure: the same run and the same clinics give the same matches.
pub trait Rules: Send + Sync + Sized + 'static {
    const NAME: &'static str;
    const STRATEGY: Strategy;
    /// Whether it wants to know which state an ambiguous city name means.
    const HINTED: bool = false;

    fn begin(config: &Config, run: &RunHeader, hints: Hints) -> Self;

    /// Called once for every pain point, in the order of the profile.
    fn learn(&mut self, pain: &PainPoint);

    /// Called when every pain point is learned.
    fn seal(&mut self) {}

    fn matches(&self, clinics: &ClinicPart) -> Matches;
}

/// The name of a strategy in subjects, settings and texts.
pub(crate) fn token(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Geographic => "geographic",
        Strategy::BusinessType => "business_type",
        Strategy::PainPattern => "pain_pattern",
        Strategy::Unspecified => "unspecified",
    }
}

/// Whether the run asks for the strategy; a run that names none asks for all (X32).
pub(crate) fn wanted(run: &RunHeader, strategy: Strategy) -> bool {
    let config = run.request.as_ref().and_then(|request| request.config.as_ref());
    config.is_none_or(|config| {
        config.strategies.is_empty() || config.strategies().any(|wanted| wanted == strategy)
    })
}

pub(crate) fn is_block_mode(run: &RunHeader) -> bool {
    let config = run.request.as_ref().and_then(|request| request.config.as_ref());
    config.is_some_and(|config| config.confidence_mode() == ConfidenceMode::Block)
}

/// Matches every clinic; clinics of the same kind share the signals made for the first of them.
pub(crate) fn each_kind<K: Hash + Eq>(
    strategy: Strategy,
    skipped_pain_points: u32,
    clinics: &ClinicPart,
    kind: impl Fn(&Clinic) -> K,
    signals_of: impl Fn(&K) -> Vec<Signal>,
) -> Matches {
    let mut signals = Vec::new();
    let mut matches = Vec::new();
    let mut known: HashMap<K, Vec<u32>> = HashMap::new();
    for clinic in &clinics.clinics {
        let indexes = known.entry(kind(clinic)).or_insert_with_key(|kind| {
            let first = signals.len() as u32;
            signals.extend(signals_of(kind));
            (first..signals.len() as u32).collect()
        });
        if !indexes.is_empty() {
            matches.push(ClinicMatch { clinic_id: clinic.id, signals: indexes.clone() });
        }
    }
    Matches { strategy: strategy.into(), signals, clinics: matches, skipped_pain_points }
}
