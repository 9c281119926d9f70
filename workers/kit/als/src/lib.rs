//! The score of a lead: its parts, their weights, what it means, and why it is what it is.

mod facts;
mod judged;
mod ledger;
mod phrases;
mod rules;
mod score;
mod standing;
mod what_if;

#[cfg(test)]
mod tests;

pub use facts::{Changes, Facts};
pub use judged::{Hit, Judged};
pub use ledger::{Cut, Ledger, Milli, PartLine, RuleLine};
pub use rules::{Cutoffs, DEFAULTS, Error, Market, Rules};
pub use score::{Score, Tier, raw, whole};
pub use standing::{InForce, Learned, MAX_AGE, Source, in_force, shadow};
pub use what_if::WhatIf;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much each part of the score weighs. The source document's field names; they add up to 0.85 (X59).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    #[schema(minimum = 0, maximum = 1, example = 0.2)]
    pub data_quality: f64,
    #[schema(minimum = 0, maximum = 1, example = 0.25)]
    pub authority: f64,
    #[schema(minimum = 0, maximum = 1, example = 0.25)]
    pub company_fit: f64,
    #[schema(minimum = 0, maximum = 1, example = 0.15)]
    pub timing: f64,
}

/// CI-056: the weights of a client that has nothing to learn from yet.
pub const DEFAULT_WEIGHTS: Weights =
    Weights { data_quality: 0.20, authority: 0.25, company_fit: 0.25, timing: 0.15 };

/// The parts of a lead's score as the source document's `als_components`: up to 20, 25, 25 and 15 points, and
/// penalty points of 0 to 15.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Components {
    pub data_quality: f64,
    pub authority: f64,
    pub company_fit: f64,
    pub timing: f64,
    pub risk: f64,
}

/// What points are given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    DataQuality,
    Authority,
    CompanyFit,
    Timing,
    /// Taken off, and not weighted.
    Risk,
}

impl Part {
    pub const ALL: [Self; 5] =
        [Self::DataQuality, Self::Authority, Self::CompanyFit, Self::Timing, Self::Risk];

    pub fn name(self) -> &'static str {
        match self {
            Self::DataQuality => "data_quality",
            Self::Authority => "authority",
            Self::CompanyFit => "company_fit",
            Self::Timing => "timing",
            Self::Risk => "risk",
        }
    }

    /// The most points there are for it.
    pub fn most(self) -> f64 {
        match self {
            Self::DataQuality => 20.0,
            Self::Authority | Self::CompanyFit => 25.0,
            Self::Timing | Self::Risk => 15.0,
        }
    }
}

impl Weights {
    /// None of the risk, which is not weighted.
    pub fn of(&self, part: Part) -> Option<f64> {
        match part {
            Part::DataQuality => Some(self.data_quality),
            Part::Authority => Some(self.authority),
            Part::CompanyFit => Some(self.company_fit),
            Part::Timing => Some(self.timing),
            Part::Risk => None,
        }
    }

    /// Points of the score that one point of a part brings.
    pub fn factor(&self, part: Part) -> f64 {
        self.of(part).map_or(-1.0, |weight| weight * 100.0 / part.most())
    }

    /// The score of a lead without a flaw.
    pub fn max_score(&self) -> f64 {
        let sum = self.data_quality + self.authority + self.company_fit + self.timing;
        (sum * 100_000.0).round() / 1_000.0
    }

    /// Whether a score can be made with them: none is negative or above 1, and one of them counts.
    pub fn are_sound(&self) -> bool {
        let all = [self.data_quality, self.authority, self.company_fit, self.timing];
        all.iter().all(|weight| (0.0..=1.0).contains(weight)) && all.iter().any(|weight| *weight > 0.0)
    }
}

impl Components {
    pub fn of(&self, part: Part) -> f64 {
        match part {
            Part::DataQuality => self.data_quality,
            Part::Authority => self.authority,
            Part::CompanyFit => self.company_fit,
            Part::Timing => self.timing,
            Part::Risk => self.risk,
        }
    }

    /// Whether every part is from 0 to the most there is for it.
    pub fn are_sound(&self) -> bool {
        Part::ALL.iter().all(|part| (0.0..=part.most()).contains(&self.of(*part)))
    }
}
