//! A clinic and a category: the best that each strategy found, and how sure it is together.

use proto::v1::{Signal, Strategy};

use crate::confidence::{confidence, contact};
use crate::run::Run;

/// A clinic has a label: what its pain points give on average, room for contact points left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub label: u32,
    pub mean: f64,
    pub code: Code,
}

impl Hit {
    /// Of a label's first number, the bits of the mean, and the reason; `order` says which number the label got.
    pub fn of((label, mean, code): (u32, u64, Code), order: &[u32]) -> Self {
        Self { label: order[label as usize], mean: f64::from_bits(mean), code }
    }
}

/// The best reason behind a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    GeoCity,
    GeoState,
    TypeExact,
    TypeKeyword,
    PatternHigh,
    PatternMedium,
    General,
}

impl Code {
    pub fn of(strategy: Strategy, signal: &Signal) -> Self {
        match strategy {
            Strategy::Geographic if signal.city.is_empty() => Self::GeoState,
            Strategy::Geographic => Self::GeoCity,
            Strategy::BusinessType if signal.points >= 5.0 => Self::TypeExact,
            Strategy::BusinessType if signal.points > 0.0 => Self::TypeKeyword,
            Strategy::PainPattern if signal.points >= 8.0 => Self::PatternHigh,
            Strategy::PainPattern => Self::PatternMedium,
            Strategy::BusinessType | Strategy::Unspecified => Self::General,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::GeoCity => "geo_city",
            Self::GeoState => "geo_state",
            Self::TypeExact => "type_exact",
            Self::TypeKeyword => "type_keyword",
            Self::PatternHigh => "pattern_high",
            Self::PatternMedium => "pattern_medium",
            Self::General => "type_general",
        }
    }
}

/// What ties a clinic to a category; ordered as the strategies are listed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    pub category: u16,
    /// The best label of each strategy, geographic first; none where it gives no points.
    pub best: [Option<Hit>; 3],
    /// Neither place, type nor pattern ties them, but the clinic has no type and the pain points name none.
    pub general: Option<Hit>,
    /// Points of the strategies, contact left out.
    pub points: f64,
    /// Unrounded.
    pub confidence: f64,
}

impl Pair {
    /// What carries the pair: hits that give points, else the general one.
    pub fn hits(&self) -> impl Iterator<Item = Hit> + '_ {
        let general = self.general.filter(|_| self.points <= 0.0);
        self.best.iter().copied().flatten().chain(general)
    }

    /// The hit that gives most; of equals the first strategy's.
    pub fn strongest(&self) -> Option<Hit> {
        self.hits().reduce(|best, hit| if hit.mean > best.mean { hit } else { best })
    }

    /// A zero is no match (X37).
    pub fn is_positive(&self) -> bool {
        self.confidence > 0.0 && (self.points > 0.0 || self.general.is_some())
    }
}

/// The pairs of the clinics of a class, by category.
pub fn of(run: &Run, class: u32) -> impl Iterator<Item = Pair> + '_ {
    let contact = contact(run.reach(class)).points();
    run.hits(class).map(move |(category, hits)| {
        let mut pair = Pair { category, best: [None; 3], general: None, points: 0.0, confidence: 0.0 };
        for hit in hits {
            pair.take(run, hit);
        }
        pair.points = pair.best.iter().flatten().map(|hit| hit.mean).sum();
        pair.confidence = confidence(pair.points, contact);
        pair
    })
}

impl Pair {
    fn take(&mut self, run: &Run, hit: Hit) {
        let label = &run.labels[hit.label as usize];
        if label.general {
            self.general = Some(hit);
        }
        let slot = match label.strategy {
            Strategy::Geographic => &mut self.best[0],
            Strategy::BusinessType => &mut self.best[1],
            Strategy::PainPattern => &mut self.best[2],
            Strategy::Unspecified => return,
        };
        let voices = |hit: Hit| run.labels[hit.label as usize].pool.pain_points;
        let better = |known: &Hit| (hit.mean, voices(hit)) > (known.mean, voices(*known));
        if hit.mean > 0.0 && slot.as_ref().is_none_or(better) {
            *slot = Some(hit);
        }
    }
}
