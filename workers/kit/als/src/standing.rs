//! Which weights are in force for a client, and why these.

use crate::{DEFAULT_WEIGHTS, Weights};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Learned weights are not used for longer than this.
pub const MAX_AGE: TimeDelta = TimeDelta::days(14);

/// Where the weights of a score come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nothing was learned yet.
    Default,
    /// Learned from the client's conversions, and adopted.
    Learned,
    /// Between those of the document and what few conversions say.
    Blend,
    /// What was learned last was not adopted: the weights before it stay.
    Held,
    /// What was learned is older than 14 days.
    Expired,
    /// What is kept as learned are no weights.
    Unreadable,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Learned => "learned",
            Self::Blend => "blend",
            Self::Held => "held",
            Self::Expired => "expired",
            Self::Unreadable => "unreadable",
        }
    }

    /// The reason in a sentence.
    pub fn says(self) -> &'static str {
        match self {
            Self::Default => "the default weights: nothing was learned yet",
            Self::Learned => "learned from this client's conversions",
            Self::Blend => "between the default weights and what few conversions say",
            Self::Held => "as before: what was learned last was not adopted",
            Self::Expired => "the default weights: what was learned is older than 14 days",
            Self::Unreadable => "the default weights: what is kept as learned are no weights",
        }
    }
}

/// What was learned for a client, as it is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Learned {
    pub weights: Option<Value>,
    pub updated_at: Option<DateTime<Utc>>,
    /// `default`, `blend`, `learned`, `held` or `expired`.
    pub source: String,
}

/// The weights that scores are made with now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct InForce {
    pub weights: Weights,
    pub source: Source,
}

/// X88: what was learned is used while it is adopted and not too old.
pub fn in_force(learned: &Learned, now: DateTime<Utc>) -> InForce {
    let source = match learned.source.as_str() {
        "learned" => Source::Learned,
        "blend" => Source::Blend,
        "held" => Source::Held,
        "expired" => return InForce { weights: DEFAULT_WEIGHTS, source: Source::Expired },
        _ => Source::Default,
    };
    let default = |source| InForce { weights: DEFAULT_WEIGHTS, source };
    let Some(weights) = learned.weights.as_ref().filter(|_| source != Source::Default) else {
        return default(if source == Source::Held { Source::Held } else { Source::Default });
    };
    // What was never confirmed does not hold; with nothing before it that is no surprise.
    let never = if source == Source::Held { Source::Held } else { Source::Expired };
    let Some(updated_at) = learned.updated_at else { return default(never) };
    if updated_at + MAX_AGE < now {
        return default(Source::Expired);
    }
    match Weights::deserialize(weights) {
        Ok(weights) if weights.are_sound() => InForce { weights, source },
        _ => default(Source::Unreadable),
    }
}

/// The weights that were fitted last, while they are not in force: leads are scored by them too, so that what they would
/// have done is known. None when they were adopted, or are no weights.
pub fn shadow(candidate: Option<&Value>, in_force: &InForce) -> Option<Weights> {
    let candidate = Weights::deserialize(candidate?).ok()?;
    (candidate.are_sound() && candidate != in_force.weights).then_some(candidate)
}
