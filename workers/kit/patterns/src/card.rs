//! What is said of one group of people or messages: the source document's figures, and beside them how well they are known.

use serde::{Deserialize, Serialize};
use stats::ratio::Lift;

/// What may be concluded of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Better,
    Worse,
    /// It stands out, but of so few that its true rate may still be that of all.
    PromisingSmallN,
    /// The interval is so wide that nothing follows.
    TooLittleData,
    NotDistinguishable,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::PromisingSmallN => "promising_small_n",
            Self::TooLittleData => "too_little_data",
            Self::NotDistinguishable => "not_distinguishable",
        }
    }
}

/// A rate with all that is known of it (statistics 4.15). The first three have the source document's names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Three decimals.
    pub conversion_rate: f64,
    pub sample: u64,
    /// Against `lift_baseline`, two decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift: Option<f64>,
    pub converted: u64,
    /// Those with whom it was compared, and how many of them converted.
    #[serde(default)]
    pub rest_sample: u64,
    #[serde(default)]
    pub rest_converted: u64,
    /// Wilson's 95 % interval of the rate.
    pub ci_low: f64,
    pub ci_high: f64,
    /// The rate drawn to that of all groups, with its 95 % credible interval.
    pub rate_shrunk: f64,
    pub shrunk_low: f64,
    pub shrunk_high: f64,
    pub lift_shrunk: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift_baseline: Option<String>,
    /// The 95 % interval of the ratio to the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift_low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift_high: Option<f64>,
    /// Whether that interval is so wide that the lift is more a guess.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wide: bool,
    /// Two-sided, by Fisher, against the rest.
    pub p: f64,
    /// Within its list.
    pub q: f64,
    pub verdict: Verdict,
    /// Who was counted, as `terminal_leads`.
    pub denominator: String,
    /// With whom it was compared.
    pub comparison: String,
    /// How it looks among people who are alike in something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<Adjusted>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

impl Card {
    /// Tells of another lift, with its own interval; of a group against itself, or against what is not known, it is 1.
    pub fn lifted(&mut self, lift: Option<Lift>, baseline: &str, decimals: i32) {
        self.lift = Some(lift.map_or(1.0, |lift| rounded(lift.ratio, decimals)));
        self.lift_low = lift.map(|lift| rounded(lift.low, 2));
        self.lift_high = lift.map(|lift| rounded(lift.high, 2));
        self.wide = lift.is_some_and(Lift::is_wide);
        self.lift_baseline = Some(baseline.to_owned());
    }
}

/// A comparison among people who are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adjusted {
    pub by: Vec<String>,
    /// Whether what is higher among all is lower among those who are alike.
    pub reverses: bool,
    /// The ratio of Mantel and Haenszel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// By Cochran, Mantel and Haenszel; what is likely by chance here is neither better nor worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
}

/// Where the rows behind a card are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Names the group, in every run.
    #[serde(default)]
    pub id: String,
    pub run_id: String,
    /// As `who.title=Founder`.
    pub query: String,
    /// Changes when other leads are counted.
    pub lead_ids_hash: String,
}

/// Rounds to so many decimals, as everything that is shown.
pub fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    let rounded = (value * scale).round() / scale;
    // Nobody wants to read -0.
    if rounded == 0.0 { 0.0 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_named_as_it_is_written() {
        use Verdict::{Better, NotDistinguishable, PromisingSmallN, TooLittleData, Worse};
        for verdict in [Better, Worse, PromisingSmallN, TooLittleData, NotDistinguishable] {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.name());
        }
    }
}
