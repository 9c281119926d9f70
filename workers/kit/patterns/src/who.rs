//! WHO: which leads book.

use crate::{Card, Header};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What stands beside the source document's confidence, which looks at nothing but the sample size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Bookings: what the evidence is made of.
    pub effective_n: u64,
    /// 1 less the width of Jeffreys' interval of the overall rate.
    pub evidence_quality: f64,
    /// How many better and worse there are, and how many in the same data with shuffled outcomes.
    pub found: u64,
    pub found_in_shuffled: u64,
    /// Of the verdicts of a month ago, how many have held since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Held>,
}

/// A figure that outreach is measured by, with its 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// As `booking_rate`.
    pub name: String,
    /// The source document's, before anything was learned.
    pub baseline: f64,
    pub target: f64,
    pub value: f64,
    pub n: u64,
    pub low: f64,
    pub high: f64,
    pub met: bool,
}

/// What became of verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// When they were given.
    pub since: DateTime<Utc>,
    /// Those of whose groups enough has come since.
    pub judged: u64,
    pub held: u64,
}

/// Which leads book. Rates are of terminal leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Who {
    #[serde(flatten)]
    pub header: Header,
    pub title_rankings: Vec<Title>,
    pub industry_rankings: Vec<Industry>,
    pub size_analysis: Size,
    /// `new_role_lift`, `hiring_lift` and `funded_lift`: the rate with it against the rate without.
    pub timing_signals: BTreeMap<String, f64>,
    #[serde(default)]
    pub timing_cards: BTreeMap<String, Card>,
    /// The weights in force (X89).
    pub recommended_weights: BTreeMap<String, f64>,
    /// The weights that were fitted, whether adopted or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_weights: Option<BTreeMap<String, f64>>,
    /// 100 times what the weights add up to.
    #[serde(default)]
    pub max_score: f64,
    #[serde(default)]
    pub weights_source: String,
    /// What decided over the weights.
    #[serde(default)]
    pub weights_decision: Value,
    /// What outreach is measured by (CI-154 to CI-156).
    #[serde(default)]
    pub metrics: Vec<Metric>,
    /// Leads contacted, with how many of them will have booked in the end.
    #[serde(default)]
    pub contacted: BTreeMap<String, f64>,
    /// The overall rate of terminal leads, and without those whose address did not exist (X80).
    #[serde(default)]
    pub overall_rate: f64,
    #[serde(default)]
    pub rate_without_bounced: f64,
    #[serde(default)]
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Title {
    pub title: String,
    #[serde(flatten)]
    pub card: Card,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Industry {
    pub industry: String,
    #[serde(flatten)]
    pub card: Card,
}

/// Companies by their size. Empty when there was too little data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// `null` when no band has enough leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweet_spot: Option<Option<Spot>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Vec<Band>>,
    /// Leads that are in no band: of unknown size (`null`), and over 500 (`over_500`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub excluded: BTreeMap<String, u64>,
}

/// The band with the highest rate; its card says whether that is more than chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    pub min: u32,
    pub max: u32,
    pub conversion_rate: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    pub range: String,
    #[serde(flatten)]
    pub card: Card,
}
