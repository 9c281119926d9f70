//! Strategy A: a clinic in a place that a pain point names answers it (PT-035 to PT-043).
//!
//! A pain point gives a clinic the best of what its places give: a city 5, its state 3, half of that when only the
//! path of a link names the place. Pain points of the same category, state and points make one signal, so that a
//! clinic's mean over its pain points (X33) can be told from the counts.

use std::collections::{BTreeMap, HashMap};

use places::{Gazetteer, Hints, Kind, Mention};
use proto::v1::{Clinic, ClinicPart, Matches, PainPoint, RunHeader, Signal, Strategy};

use crate::Config;
use crate::region::{Pain, Reason, Region};
use crate::rules::{Rules, each_kind, is_block_mode};
use crate::tally::Tally;

const CITY: f64 = 5.0;
const STATE: f64 = 3.0;

pub struct Geographic {
    state_points: f64,
    hints: Hints,
    learned: HashMap<&'static str, BTreeMap<String, Vec<Pain>>>,
    states: HashMap<&'static str, BTreeMap<String, Region>>,
    skipped: u32,
}

impl Rules for Geographic {
    const NAME: &'static str = "matcher-geographic";
    const STRATEGY: Strategy = Strategy::Geographic;
    const HINTED: bool = true;

    fn begin(_config: &Config, run: &RunHeader, hints: Hints) -> Self {
        let state_points = if is_block_mode(run) { CITY } else { STATE };
        Self { state_points, hints, learned: HashMap::new(), states: HashMap::new(), skipped: 0 }
    }

    fn learn(&mut self, pain: &PainPoint) {
        let gazetteer = Gazetteer::us();
        let mut mentions = gazetteer.mentions(&pain.text, &self.hints);
        for url in &pain.example_urls {
            // A link has no offset in the text.
            let places = gazetteer.in_url(url, &self.hints).into_iter();
            mentions.extend(places.map(|mention| Mention { start: 0, end: 0, ..mention }));
        }
        let mut found = false;
        let mut seen: Vec<&'static str> = Vec::new();
        for state in mentions.iter().filter_map(|mention| mention.state) {
            if seen.contains(&state) {
                continue;
            }
            seen.push(state);
            if let Some(entry) = self.entry(pain, state, &mentions) {
                found = true;
                let categories = self.learned.entry(state).or_default();
                categories.entry(pain.category.clone()).or_default().push(entry);
            }
        }
        self.skipped += u32::from(!found);
    }

    fn seal(&mut self) {
        for (state, categories) in std::mem::take(&mut self.learned) {
            let regions = self.states.entry(state).or_default();
            for (category, pains) in categories {
                let region = Region::of(&category, state, pains);
                regions.insert(category, region);
            }
        }
    }

    fn matches(&self, clinics: &ClinicPart) -> Matches {
        each_kind(Self::STRATEGY, self.skipped, clinics, home, |home| self.signals(home))
    }
}

impl Geographic {
    /// What the pain point gives to clinics of the state.
    fn entry(&self, pain: &PainPoint, state: &str, mentions: &[Mention]) -> Option<Pain> {
        let mut best: Option<Reason> = None;
        let mut cities: Vec<(String, Reason)> = Vec::new();
        for mention in mentions.iter().filter(|mention| mention.state == Some(state)) {
            let reason = Reason::of(mention, self.state_points);
            if best.as_ref().is_none_or(|best| reason.points > best.points) {
                best = Some(reason);
            }
            if mention.kind == Kind::City {
                let reason = Reason::of(mention, CITY);
                let city = mention.name.to_lowercase();
                match cities.iter_mut().find(|(known, _)| *known == city) {
                    Some((_, known)) if known.points >= reason.points => {}
                    Some((_, known)) => *known = reason,
                    None => cities.push((city, reason)),
                }
            }
        }
        let state = best?;
        cities.retain(|(_, city)| city.points > state.points);
        Some(Pain { id: pain.id, tally: Tally::of(pain), state, cities })
    }

    fn signals(&self, home: &Option<(&'static str, String)>) -> Vec<Signal> {
        let Some((state, city)) = home else { return Vec::new() };
        let Some(regions) = self.states.get(state) else { return Vec::new() };
        regions.values().flat_map(|region| region.signals(city)).cloned().collect()
    }
}

/// Where a clinic is: its state, and its city as the gazetteer spells it, in lower case.
fn home(clinic: &Clinic) -> Option<(&'static str, String)> {
    let gazetteer = Gazetteer::us();
    let state = gazetteer.state_code(clinic.state.as_deref()?)?;
    let city = clinic.city.as_deref().unwrap_or_default().trim();
    Some((state, gazetteer.canonical_city(city).unwrap_or(city).to_lowercase()))
}
