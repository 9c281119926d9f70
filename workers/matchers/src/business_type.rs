//! Strategy B: a clinic of the type that a pain point names answers it (PT-044 to PT-054).

use std::collections::BTreeMap;

use places::Hints;
use proto::v1::{Clinic, ClinicPart, Evidence, Matches, PainPoint, RunHeader, Signal, Strategy};

use crate::Config;
use crate::rules::{Rules, each_kind, is_block_mode};
use crate::tally::{Tally, Voices};
use crate::vocabulary::{self, COUNT, Naming};

const EXACT: f64 = 5.0;
const KEYWORD: f64 = 3.0;
/// Clinics of no known type, and pain points that name none (PT-050).
const GENERAL: &str = "general";

pub struct BusinessType {
    keyword: f64,
    categories: BTreeMap<String, Category>,
    skipped: u32,
}

#[derive(Default)]
struct Category {
    kinds: [Voices; COUNT],
    general: Voices,
}

/// The types of a clinic, as bits: those its column says, and further ones its name shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Types {
    exact: u8,
    keyword: u8,
}

impl Types {
    fn of(clinic: &Clinic) -> Self {
        let exact = clinic.business_type.as_deref().map_or(0, vocabulary::in_column);
        Self { exact, keyword: vocabulary::in_name(&clinic.name) & !exact }
    }

    fn points(self, kind: usize, keyword: f64) -> Option<f64> {
        if self.exact & 1 << kind != 0 {
            Some(EXACT)
        } else {
            (self.keyword & 1 << kind != 0).then_some(keyword)
        }
    }
}

impl Rules for BusinessType {
    const NAME: &'static str = "matcher-business-type";
    const STRATEGY: Strategy = Strategy::BusinessType;

    fn begin(_config: &Config, run: &RunHeader, _hints: Hints) -> Self {
        let keyword = if is_block_mode(run) { EXACT } else { KEYWORD };
        Self { keyword, categories: BTreeMap::new(), skipped: 0 }
    }

    fn learn(&mut self, pain: &PainPoint) {
        if !self.categories.contains_key(&pain.category) {
            self.categories.insert(pain.category.clone(), Category::default());
        }
        let Some(category) = self.categories.get_mut(&pain.category) else { return };
        let namings = vocabulary::in_text(&pain.text);
        for naming in &namings {
            category.kinds[naming.kind].add(Tally::of(pain), || evidence(pain, *naming), pain.id);
        }
        if namings.is_empty() {
            self.skipped += 1;
            let unnamed =
                || Evidence { pain_point_id: pain.id, start: 0, end: 0, rule: "no type".to_owned() };
            category.general.add(Tally::of(pain), unnamed, pain.id);
        }
    }

    fn matches(&self, clinics: &ClinicPart) -> Matches {
        each_kind(Self::STRATEGY, self.skipped, clinics, Types::of, |types| self.signals(*types))
    }
}

impl BusinessType {
    fn signals(&self, types: Types) -> Vec<Signal> {
        let mut signals = Vec::new();
        for (name, category) in &self.categories {
            for (kind, voices) in category.kinds.iter().enumerate() {
                if let Some(points) =
                    types.points(kind, self.keyword).filter(|_| voices.tally.pain_points > 0)
                {
                    signals.push(voices.signal(name, vocabulary::slug(kind), points));
                }
            }
            let typeless = types.exact | types.keyword == 0;
            if typeless && category.general.tally.pain_points > 0 {
                signals.push(category.general.signal(name, GENERAL, 0.0));
            }
        }
        signals
    }
}

fn evidence(pain: &PainPoint, naming: Naming) -> Evidence {
    Evidence {
        pain_point_id: pain.id,
        start: naming.start as u32,
        end: naming.end as u32,
        rule: format!("names {}", vocabulary::slug(naming.kind)),
    }
}
