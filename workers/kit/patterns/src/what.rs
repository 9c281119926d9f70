//! WHAT: which words book.

use crate::{Card, Header, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which words book. Rates are of messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct What {
    #[serde(flatten)]
    pub header: Header,
    pub subject_patterns: Subjects,
    pub pain_points: PainPoints,
    pub ctas: Ctas,
    pub angles: Angles,
    pub optimal_length: Lengths,
    /// The rate of messages with it against the rate without, by kind.
    pub personalization_lift: BTreeMap<String, f64>,
    #[serde(default)]
    pub personalization_cards: BTreeMap<String, Card>,
    #[serde(default)]
    pub n_messages: u64,
}

/// Subjects with names taken out, the better half and the worse half.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subjects {
    pub winning: Vec<Subject>,
    pub losing: Vec<Subject>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    pub pattern: String,
    #[serde(flatten)]
    pub card: Card,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PainPoints {
    pub effective: Vec<PainPoint>,
    pub ineffective: Vec<PainPoint>,
}

/// CI-099, X81: `lift` is the share of converting messages that name it over that of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PainPoint {
    pub pain_point: String,
    /// Of the converting messages.
    pub frequency: f64,
    #[serde(flatten)]
    pub card: Card,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ctas {
    pub effective: Vec<Cta>,
    #[serde(default)]
    pub ineffective: Vec<Cta>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cta {
    pub cta: String,
    #[serde(flatten)]
    pub card: Card,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Angles {
    pub rankings: Vec<Angle>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Angle {
    pub angle: String,
    #[serde(flatten)]
    pub card: Card,
}

/// How long messages that book are, by channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lengths {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Length>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linkedin: Option<Length>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<Length>,
}

/// The median of the messages that booked, and the middle half of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Length {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimal_words: Option<u32>,
    /// For text messages, which are counted in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimal_chars: Option<u32>,
    pub range_min: u32,
    pub range_max: u32,
    #[serde(default)]
    pub sample: u64,
    /// Whether messages of this length book more often than others.
    pub p: f64,
    pub verdict: Verdict,
}

impl What {
    /// The same with nothing but what is better or worse: what prompts are made of.
    #[must_use]
    pub fn proven(mut self) -> Self {
        let better = |card: &Card| card.verdict == Verdict::Better;
        let worse = |card: &Card| card.verdict == Verdict::Worse;
        self.subject_patterns.winning.retain(|one| better(&one.card));
        self.subject_patterns.losing.retain(|one| worse(&one.card));
        self.pain_points.effective.retain(|one| better(&one.card));
        self.pain_points.ineffective.retain(|one| worse(&one.card));
        self.ctas.effective.retain(|one| better(&one.card));
        self.ctas.ineffective.retain(|one| worse(&one.card));
        self.angles.rankings.retain(|one| better(&one.card));
        let keep = |length: Option<Length>| length.filter(|length| length.verdict == Verdict::Better);
        self.optimal_length = Lengths {
            email: keep(self.optimal_length.email),
            linkedin: keep(self.optimal_length.linkedin),
            sms: keep(self.optimal_length.sms),
        };
        self
    }
}
