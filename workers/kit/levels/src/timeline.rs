//! How long it may take a contractor to reach a tier, from those who did.

use crate::Rules;
use crate::figure::whole;
use crate::pattern::{MonthsStats, Pattern};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How long reaching a tier may take from now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    pub from_revenue_tier: String,
    pub to_revenue_tier: String,
    /// Within 20 % of the median, in whole months (X55).
    pub low_months: u32,
    pub high_months: u32,
    pub median_months: u32,
    /// Where four of five lie.
    pub interval_low_months: u32,
    pub interval_high_months: u32,
    pub interval: Interval,
    /// Of the step with the fewest.
    pub sample_size: u64,
    /// One for each tier on the way.
    pub steps: Vec<TimelineStep>,
    /// As "Based on similar contractors, expect 8-12 months to reach $5M".
    pub text: String,
}

/// Where the interval comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// How far off the prediction was for level-ups that it was not made from: 80 %.
    Conformal,
    /// From the quarter that is fastest to the quarter that is slowest: 50 %.
    Quartiles,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimelineStep {
    pub pattern_id: i32,
    pub from_revenue_tier: String,
    pub to_revenue_tier: String,
    pub median_months: u32,
    pub sample_size: u64,
}

/// Why nothing can be predicted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    #[error("{0:?} is no tier: it is one of {1}")]
    Tier(String, String),
    #[error("the contractor has reached {0} already")]
    Reached(String),
    #[error("no pattern tells how long it takes from {0} to {1}: too few contractors were seen on that way")]
    NoPattern(String, String),
    #[error("{0} months in the tier is longer than those took who left it; nothing can be said of the rest")]
    TooLong(u32),
}

/// The time from now until `to`, the next tier that a pattern leads to if none is named. `elapsed` are the months that the
/// contractor has been in its tier; unknown counts as none.
pub fn predict<'a>(
    rules: &Rules,
    from: &str,
    to: Option<&str>,
    elapsed: Option<f64>,
    patterns: impl IntoIterator<Item = &'a Pattern>,
) -> Result<Timeline, Unknown> {
    let ladder = rules.ladder();
    let rank = |code: &str| {
        let codes: Vec<&str> = ladder.tiers().iter().map(|tier| tier.code.as_str()).collect();
        ladder.rank(code).ok_or_else(|| Unknown::Tier(code.to_owned(), codes.join(", ")))
    };
    let start = rank(from)?;
    let mut known: BTreeMap<(usize, usize), &Pattern> = BTreeMap::new();
    let timed = |pattern: &&Pattern| pattern.status.is_served() && pattern.months_stats.n > 0;
    for pattern in patterns.into_iter().filter(timed) {
        let way = ladder.rank(&pattern.from_revenue_tier).zip(ladder.rank(&pattern.to_revenue_tier));
        if let Some(way) = way.filter(|(from, to)| from < to) {
            known.entry(way).or_insert(pattern);
        }
    }
    let end = match to {
        Some(to) => rank(to)?,
        None => known
            .keys()
            .find(|way| way.0 == start)
            .map(|way| way.1)
            .ok_or_else(|| Unknown::NoPattern(from.to_owned(), "a higher tier".to_owned()))?,
    };
    let to = &ladder.tiers()[end].code;
    if end <= start {
        return Err(Unknown::Reached(to.clone()));
    }
    let chain = chain(&known, start, end).ok_or_else(|| Unknown::NoPattern(from.to_owned(), to.clone()))?;
    let mut elapsed = elapsed.unwrap_or_default().max(0.0);
    let mut left = Vec::new();
    for pattern in &chain {
        left.push(remaining(pattern, elapsed).ok_or(Unknown::TooLong(whole(elapsed)))?);
        // The tiers behind the next one are entered anew.
        elapsed = 0.0;
    }
    Ok(told(from, to, &chain, &left))
}

/// The time that a pattern says for those who have been so long in its tier: low and high months, and the text.
pub(crate) fn of(pattern: &Pattern, elapsed: f64) -> Option<(u32, u32, String)> {
    let months = remaining(pattern, elapsed)?.median;
    let (low, high) = range(months);
    Some((low, high, text(low, high, &pattern.reach_label)))
}

/// The patterns from one tier to another: from each tier on the one that most have gone of those that lead there, and the
/// shortest step of those that as many have gone.
fn chain<'a>(
    known: &BTreeMap<(usize, usize), &'a Pattern>,
    start: usize,
    end: usize,
) -> Option<Vec<&'a Pattern>> {
    let mut leads = BTreeSet::from([end]);
    // Backwards, so that all ways from a tier are known before one to it is looked at.
    for (from, to) in known.keys().rev() {
        if leads.contains(to) {
            leads.insert(*from);
        }
    }
    let (mut chain, mut at) = (Vec::new(), start);
    while at != end {
        let ways = known.range((at, 0)..(at + 1, 0)).filter(|((_, to), _)| leads.contains(to));
        let (way, pattern) = ways.max_by_key(|((_, to), pattern)| (pattern.sample_size, Reverse(*to)))?;
        chain.push(*pattern);
        at = way.1;
    }
    Some(chain)
}

/// Months from now.
struct Left {
    median: f64,
    low: f64,
    high: f64,
    is_conformal: bool,
}

/// What is left for those who have been in the tier for so long, from those who left it later; none after nearly all have,
/// and where nothing is known of the time.
fn remaining(pattern: &Pattern, elapsed: f64) -> Option<Left> {
    let stats = &pattern.months_stats;
    if stats.n == 0 {
        return None;
    }
    let (median, quartiles) = if elapsed > 0.0 {
        let curve = Curve::of(stats);
        let gone = curve.share(elapsed);
        if gone >= 1.0 {
            return None;
        }
        let at = |share: f64| (curve.months(gone + share * (1.0 - gone)) - elapsed).max(0.0);
        (at(0.5), (at(0.25), at(0.75)))
    } else {
        (f64::from(stats.p50), (f64::from(stats.p25), f64::from(stats.p75)))
    };
    let (low, high) = match stats.error_80.map(|error| error * f64::from(stats.p50)) {
        Some(off) => ((median - off).max(0.0), median + off),
        None => quartiles,
    };
    Some(Left { median, low, high, is_conformal: stats.error_80.is_some() })
}

/// The distribution of months between the quantiles that are told, with straight lines between them.
struct Curve([(f64, f64); 7]);

impl Curve {
    fn of(stats: &MonthsStats) -> Self {
        let [p10, p25, p50, p75, p90] =
            [stats.p10, stats.p25, stats.p50, stats.p75, stats.p90].map(f64::from);
        let first = (p10 - (p25 - p10)).max(0.0);
        let last = p90 + (p90 - p75).max(1.0);
        Self([(0.0, first), (0.10, p10), (0.25, p25), (0.50, p50), (0.75, p75), (0.90, p90), (1.0, last)])
    }

    fn share(&self, months: f64) -> f64 {
        let Self(points) = self;
        let after = points.partition_point(|(_, at)| *at <= months);
        match (after.checked_sub(1).map(|place| points[place]), points.get(after)) {
            (None, _) => 0.0,
            (_, None) => 1.0,
            (Some(one), Some(next)) => one.0 + (next.0 - one.0) * (months - one.1) / (next.1 - one.1),
        }
    }

    fn months(&self, share: f64) -> f64 {
        let Self(points) = self;
        let after = points.partition_point(|(known, _)| *known <= share).clamp(1, points.len() - 1);
        let (one, next) = (points[after - 1], points[after]);
        one.1 + (next.1 - one.1) * (share - one.0) / (next.0 - one.0)
    }
}

fn told(from: &str, to: &str, chain: &[&Pattern], left: &[Left]) -> Timeline {
    let median: f64 = left.iter().map(|one| one.median).sum();
    let (low_months, high_months) = range(median);
    // Steps are off independently of each other: their squares add up.
    let off = |of: fn(&Left) -> f64| left.iter().map(|one| of(one).powi(2)).sum::<f64>().sqrt();
    let is_conformal = left.iter().all(|one| one.is_conformal);
    let steps = chain.iter().zip(left).map(|(pattern, left)| TimelineStep {
        pattern_id: pattern.id,
        from_revenue_tier: pattern.from_revenue_tier.clone(),
        to_revenue_tier: pattern.to_revenue_tier.clone(),
        median_months: whole(left.median),
        sample_size: pattern.months_stats.n,
    });
    let reach = chain.last().map_or("", |pattern| pattern.reach_label.as_str());
    Timeline {
        from_revenue_tier: from.to_owned(),
        to_revenue_tier: to.to_owned(),
        low_months,
        high_months,
        median_months: whole(median),
        interval_low_months: whole(median - off(|one| one.median - one.low)),
        interval_high_months: whole(median + off(|one| one.high - one.median)),
        interval: if is_conformal { Interval::Conformal } else { Interval::Quartiles },
        sample_size: chain.iter().map(|pattern| pattern.months_stats.n).min().unwrap_or_default(),
        steps: steps.collect(),
        text: text(low_months, high_months, reach),
    }
}

/// A fifth less to a fifth more, as "within 20 %" is judged; never nothing at all.
fn range(median: f64) -> (u32, u32) {
    (whole(0.8 * median), whole(1.2 * median).max(1))
}

fn text(low: u32, high: u32, reach: &str) -> String {
    let months = match (low, high) {
        (1, 1) => "1 month".to_owned(),
        (low, high) if low == high => format!("{low} months"),
        (low, high) => format!("{low}-{high} months"),
    };
    format!("Based on similar contractors, expect {months} to reach {reach}")
}

#[cfg(test)]
mod tests;
