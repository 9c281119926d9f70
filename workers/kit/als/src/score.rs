//! From parts and weights to a score, and from a score to a tier.

use crate::{Components, Part, Weights};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::ToSchema;

/// How promising a lead is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    Dead,
    Cold,
    Cool,
    Warm,
    Hot,
}

impl Tier {
    /// The best first.
    pub const ALL: [Self; 5] = [Self::Hot, Self::Warm, Self::Cool, Self::Cold, Self::Dead];

    pub fn name(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Cold => "cold",
            Self::Cool => "cool",
            Self::Warm => "warm",
            Self::Hot => "hot",
        }
    }
}

impl FromStr for Tier {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|tier| tier.name() == text);
        named.ok_or_else(|| format!("use one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// A score and all that it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Score {
    /// 0 to 100, whole.
    pub score: u8,
    pub tier: Tier,
    pub components: Components,
    pub weights: Weights,
}

/// CI-120: the weighted parts, less the risk.
pub fn raw(components: &Components, weights: &Weights) -> f64 {
    Part::ALL.iter().map(|part| components.of(*part) * weights.factor(*part)).sum()
}

/// CI-121: from 0 to 100, and what is behind the point is cut off (X91).
pub fn whole(raw: f64) -> u8 {
    // 64.999999999 is what binary fractions make of 65.
    let raw = (raw * 1e6).round() / 1e6;
    raw.clamp(0.0, 100.0).trunc() as u8
}
