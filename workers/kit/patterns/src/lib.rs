//! What was learned of conversions: the documents, and what they tell those who write messages.
//!
//! `Who`, `What`, `When` and `How` have the keys of the source document to the letter; what is beside them is added.

pub mod allocate;
pub mod card;
pub mod content;
pub mod context;
mod how;
mod proven;
mod what;
mod when;
mod who;

pub use card::{Adjusted, Card, Evidence, Verdict};
pub use how::{Channels, How, Landmark, Sequence};
pub use proven::{Proven, Used};
pub use what::{Angle, Angles, Cta, Ctas, Length, Lengths, PainPoint, PainPoints, Subject, Subjects, What};
pub use when::{DAYS, Day, Hazard, Hour, Recommendation, Time, Timing, TouchShare, When};
pub use who::{Band, Held, Industry, Metric, Quality, Size, Spot, Title, Who};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Through what people are reached, by the names that activities have.
pub const CHANNELS: [&str; 4] = ["email", "linkedin", "sms", "voice"];

/// What a pattern is about; the values of `conversion_patterns.pattern_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatternType {
    Who,
    What,
    When,
    How,
}

impl PatternType {
    pub const ALL: [Self; 4] = [Self::Who, Self::What, Self::When, Self::How];

    pub fn name(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::What => "what",
            Self::When => "when",
            Self::How => "how",
        }
    }
}

impl std::str::FromStr for PatternType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| format!("{text:?} is no pattern type: it is who, what, when or how"))
    }
}

/// What every document opens with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    #[serde(rename = "type")]
    pub kind: PatternType,
    pub version: String,
    pub computed_at: DateTime<Utc>,
    /// Terminal leads for WHO; bookings for the others (X85).
    pub sample_size: u64,
    /// CI-076: of the sample size alone. `quality` says what it leaves out.
    pub confidence: f64,
    #[serde(default)]
    pub quality: Quality,
}

impl Header {
    pub fn new(kind: PatternType, computed_at: DateTime<Utc>, sample_size: u64, quality: Quality) -> Self {
        let confidence = confidence(sample_size);
        Self { kind, version: "1.0".to_owned(), computed_at, sample_size, confidence, quality }
    }

    /// CI-053: with too little data nothing is said and nothing is sure.
    pub fn insufficient(kind: PatternType, computed_at: DateTime<Utc>) -> Self {
        let mut header = Self::new(kind, computed_at, 0, Quality::default());
        header.confidence = 0.0;
        header
    }
}

/// CI-076: a sigmoid around 100, two decimals.
pub fn confidence(total: u64) -> f64 {
    card::rounded(1.0 / (1.0 + (-(total as f64 - 100.0) / 30.0).exp()), 2)
}

/// CI-157 to CI-159: what looks unhealthy, in the source document's words. `weights` by their names.
pub fn warnings(sample_size: u64, confidence: f64, weights: &[(&str, f64)]) -> Vec<String> {
    let mut warnings = Vec::new();
    if sample_size < 50 {
        warnings.push(format!("Low sample size: {sample_size}"));
    }
    if confidence < 0.5 {
        warnings.push(format!("Low confidence: {confidence}"));
    }
    for (name, weight) in weights {
        if *weight > 0.45 || *weight < 0.08 {
            warnings.push(format!("Extreme weight for {name}: {weight}"));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_that_of_the_source_document() {
        let found = [30, 50, 89, 100, 126, 156, 200].map(confidence);
        assert_eq!(found, [0.09, 0.16, 0.41, 0.50, 0.70, 0.87, 0.97]);
    }

    #[test]
    fn what_is_unhealthy_is_said_in_the_source_documents_words() {
        let weights = [("data_quality", 0.15), ("authority", 0.05), ("company_fit", 0.15), ("timing", 0.5)];
        assert_eq!(
            warnings(40, 0.12, &weights),
            [
                "Low sample size: 40",
                "Low confidence: 0.12",
                "Extreme weight for authority: 0.05",
                "Extreme weight for timing: 0.5"
            ]
        );
        assert!(warnings(50, 0.5, &[("timing", 0.45), ("authority", 0.08)]).is_empty());
    }
}
