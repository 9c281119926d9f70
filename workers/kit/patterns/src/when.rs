//! WHEN: at which times, at which touch and after how long leads book.

use crate::{Card, Header, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The days of a week in its order (X84).
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// When leads book. Times are those of sending, where the recipient is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct When {
    #[serde(flatten)]
    pub header: Header,
    pub best_days: Vec<Day>,
    pub best_hours: Vec<Hour>,
    /// Hours of the week in which enough messages were sent; none in documents from before they were counted.
    #[serde(default)]
    pub best_times: Vec<Time>,
    /// `touch_1` and on: of all bookings, the share that came after that touch.
    pub converting_touch_distribution: BTreeMap<String, f64>,
    /// `touch_1_to_2` and on: days, the median among those who booked.
    pub optimal_sequence_gaps: BTreeMap<String, u32>,
    pub conversion_timing: Timing,
    /// Whether days and hours differ by more than chance; without that the usual times are as good.
    #[serde(default)]
    pub recommendation: Recommendation,
    /// Of those who got a touch, how many booked on it: the honest reading of the distribution.
    #[serde(default)]
    pub touch_hazard: Vec<Hazard>,
    /// How well the shares of bookings are known, and after which touch there truly are most.
    #[serde(default)]
    pub touch_share: Vec<TouchShare>,
    /// Whether the share of bookings after the likeliest touch is more than how many got that far.
    #[serde(default = "unproven")]
    pub touch_verdict: Verdict,
    #[serde(default = "unproven")]
    pub gap_verdict: Verdict,
    #[serde(default)]
    pub n_messages: u64,
}

fn unproven() -> Verdict {
    Verdict::NotDistinguishable
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Day {
    pub day: String,
    /// 1 is Monday, 7 is Sunday (X84).
    pub day_index: u32,
    #[serde(flatten)]
    pub card: Card,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hour {
    pub hour: u32,
    #[serde(flatten)]
    pub card: Card,
}

/// An hour of the week. It has no verdict: of 168 some look good by chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Time {
    pub day: String,
    /// 1 is Monday, 7 is Sunday (X84).
    pub day_index: u32,
    pub hour: u32,
    pub sample: u64,
    pub converted: u64,
    /// The rate drawn to that of all, with half of what is known of the hours before and after it.
    pub rate_shrunk: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hazard {
    pub touch: u32,
    #[serde(flatten)]
    pub card: Card,
}

/// From the first touch to the booking, in days, among those who booked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avg_days_to_convert: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_days_to_convert: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentile_50: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentile_80: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentile_95: Option<u32>,
    /// Touches up to the converting one, that one counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avg_touches_to_convert: Option<f64>,
    /// Of all who were contacted, those who will have booked in the end, by the curve of Kaplan and Meier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eventual_rate: Option<f64>,
    /// Its standard error, by Greenwood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eventual_rate_error: Option<f64>,
    /// Days for which enough leads were watched to say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon_days: Option<f64>,
    /// The same by the exponential mixture cure model, which looks beyond the horizon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eventual_rate_cure: Option<f64>,
    /// The day by which half of all who were contacted have booked, if that has been seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_days_all: Option<f64>,
}

/// A share of the bookings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TouchShare {
    /// From 1; the last one stands for all later ones as well.
    pub touch: u32,
    pub share: f64,
    /// The 95 % credible interval.
    pub low: f64,
    pub high: f64,
    /// How likely there are most bookings after this touch.
    pub most: f64,
}

/// At which times to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// The p-value of all days being alike, and of all hours.
    pub days_p: f64,
    pub hours_p: f64,
    /// Empty: days are alike.
    pub days: Vec<String>,
    /// 9 and 14 when hours are alike.
    pub hours: Vec<u32>,
}

impl Default for Recommendation {
    fn default() -> Self {
        Self { days_p: 1.0, hours_p: 1.0, days: Vec::new(), hours: vec![9, 14] }
    }
}

impl When {
    /// The same with nothing but what is better or worse.
    #[must_use]
    pub fn proven(mut self) -> Self {
        let better = |card: &Card| card.verdict == Verdict::Better;
        self.best_days.retain(|one| better(&one.card));
        self.best_hours.retain(|one| better(&one.card));
        self.best_times.clear();
        if self.touch_verdict != Verdict::Better {
            self.converting_touch_distribution.clear();
        }
        if self.gap_verdict != Verdict::Better {
            self.optimal_sequence_gaps.clear();
        }
        self
    }
}
