//! The released document of a pattern: the source document's fields by their names, and beside them how well they are known.
//!
//! Nothing but these documents leaves: every figure in one has passed the rules of `release`.

use crate::record::ContentKind;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Less common than this among those who levelled up is not common (default GR 40).
pub const COMMON: f64 = 0.30;

/// What a pattern is about (GR-014).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PatternType {
    LeadImprovement,
    TeamExpansion,
    RevenueGrowth,
}

impl PatternType {
    pub const ALL: [Self; 3] = [Self::LeadImprovement, Self::TeamExpansion, Self::RevenueGrowth];

    pub fn name(self) -> &'static str {
        match self {
            Self::LeadImprovement => "lead_improvement",
            Self::TeamExpansion => "team_expansion",
            Self::RevenueGrowth => "revenue_growth",
        }
    }
}

impl std::str::FromStr for PatternType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| {
            format!("{text:?} is no pattern type: it is lead_improvement, team_expansion or revenue_growth")
        })
    }
}

/// Whether a pattern may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Served,
    /// Served after all others: too few of its goals succeed (default GR 43).
    Downgraded,
    /// Not served: it did not hold on later level-ups, or nothing is common any more.
    Held,
    /// Not served: its goals fail, or too few are left who made the transition.
    Removed,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Downgraded => "downgraded",
            Self::Held => "held",
            Self::Removed => "removed",
        }
    }

    /// Whether matches and goals may be made from it.
    pub fn is_served(self) -> bool {
        matches!(self, Self::Served | Self::Downgraded)
    }
}

/// What may be said of something that many had in common. Never that it improves anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Among those who levelled up; how it is among the others is unknown, or not different enough.
    CommonAmong,
    /// Those who had it levelled up more often than those at the same point who had not, beyond chance.
    MoreCommon,
}

/// How the pattern fared on the newest level-ups, which it was not found on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Validation {
    Passed,
    Failed,
    /// Fewer than five level-ups to judge by.
    TooFew,
}

/// With whom those who levelled up are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// With nobody: there are no such people in the data, or the data were chosen for growth.
    None,
    /// With those who were as long in the tier and stayed.
    Stayers,
}

/// How many of those who levelled up had something, and what may be said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    pub count: u64,
    pub n: u64,
    /// Two decimals.
    pub rate: f64,
    /// Wilson's 95 % interval of the rate.
    pub low: f64,
    pub high: f64,
    /// Half of those whose day is known had it by so many whole months after entering the tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_months: Option<u32>,
    /// Of some it is not known when: they are counted, and it proves nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undated: bool,
    pub verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// When this figure was found. It stays while a newer one would tell of single persons.
    pub as_of: DateTime<Utc>,
    /// `count` and `n` as they were told before: no newer figure comes close to any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<[u64; 2]>,
}

impl Figure {
    /// As "89%".
    pub fn percent(&self) -> String {
        percent(self.count, self.n)
    }

    /// As "85% of those who stayed did too", where they are known: the one share is not told without the other
    /// (statistics 4.10).
    pub(crate) fn beside(&self) -> Option<String> {
        let with = self.comparison.as_ref()?;
        Some(format!("{} of those who stayed did too", percent(with.stayed_with, with.stayed)))
    }

    /// The same, behind something in brackets.
    pub(crate) fn also_beside(&self) -> String {
        self.beside().map_or(String::new(), |beside| format!("; {beside}"))
    }

    /// When it was in relation to levelling up: first, where the day of each is known.
    pub(crate) fn order(&self) -> &'static str {
        if self.undated { "at some time" } else { "first" }
    }

    /// Whether at least 30 % had it.
    pub fn is_common(&self) -> bool {
        self.count as f64 >= COMMON * self.n as f64
    }
}

/// A share as a whole percentage, half up.
pub(crate) fn percent(count: u64, n: u64) -> String {
    format!("{}%", (200 * count + n).checked_div(2 * n).unwrap_or_default())
}

/// The same figure of those who stayed (statistics 4.10).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Comparison {
    pub stayed_with: u64,
    pub stayed: u64,
    /// The rate of those who stayed, two decimals.
    pub rate: f64,
    /// By how much the rate of those who levelled up is higher, with Newcombe's 95 % interval.
    pub difference: f64,
    pub difference_low: f64,
    pub difference_high: f64,
    /// Fisher's two-sided p.
    pub fisher_p: f64,
    /// Of those with it, and of those without, the share that levelled up, and how many times the one is the other.
    pub levelled_with: Option<f64>,
    pub levelled_without: Option<f64>,
    pub ratio: Option<f64>,
    /// Of the test that knows when each had it (Mantel and Byar); none where too many days are unknown.
    pub p: Option<f64>,
    /// Within the transition's family.
    pub q: Option<f64>,
    /// `stayed_with` and `stayed` as they were told before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<[u64; 2]>,
}

/// A focus area or milestone with its figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CommonAction {
    pub name: String,
    #[serde(flatten)]
    pub figure: Figure,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CommonPartner {
    pub partner_id: i32,
    /// `count` of `n`, two decimals.
    pub usage_rate: f64,
    /// One decimal; only of ten or more ratings.
    pub avg_satisfaction: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction_count: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_satisfaction_counts: Vec<u64>,
    #[serde(flatten)]
    pub figure: Figure,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CommonContent {
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub author: String,
    #[serde(flatten)]
    pub figure: Figure,
}

/// The action that most had in common: what a pattern is named after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Modal {
    pub kind: ActionKind,
    pub name: String,
    /// As "improved lead systems".
    pub phrase: String,
    #[serde(flatten)]
    pub figure: Figure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    FocusArea,
    Milestone,
}

/// Months from entering a tier to leaving it for the next one, as whole months.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MonthsStats {
    /// Those who levelled up and were seen entering the tier; 0 where so few were that nothing is told of the time.
    pub n: u64,
    /// Of those who level up, censoring respected: a tenth is as fast, a quarter, ...
    pub p10: u32,
    pub p25: u32,
    pub p50: u32,
    pub p75: u32,
    pub p90: u32,
    /// The share of all in the tier that levels up to this one, as far as enough were followed.
    pub eventual_rate: Option<f64>,
    /// The month by which half of all in the tier have done so; none while fewer have.
    pub median_all: Option<u32>,
    /// Four of five held-out level-ups were off by no more than this share of what was predicted; of 20 or more.
    pub error_80: Option<f64>,
    /// Those who levelled up by then, whether they were seen entering the tier or not.
    #[serde(default)]
    pub of: u64,
    /// `n` and `of` as they were told before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<[u64; 2]>,
}

/// GR-024; what is not known is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Indicators {
    pub lead_flow_improved: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_doubled: Option<bool>,
    /// The median, in percent, to the nearest five.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue_increased: Option<i32>,
}

/// What came of the goals of a pattern: each contractor once, and in groups of five or more of whom the same came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = GoalsCounted)]
pub struct Counted {
    pub n: u64,
    /// Halves count as half.
    pub successes: f64,
    /// The probability that fewer than 40 % succeed.
    pub likely_below: f64,
}

/// A pattern as it is stored and told. `id` is given by who stores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = GrowthPattern)]
pub struct Pattern {
    #[serde(default)]
    pub id: i32,
    pub from_revenue_tier: String,
    pub to_revenue_tier: String,
    pub pattern_name: String,
    pub pattern_description: String,
    pub pattern_type: PatternType,
    /// Names of the pattern's type that at least 30 % had, the most common first.
    pub common_focus_areas: Vec<String>,
    pub common_partners: Vec<CommonPartner>,
    pub common_milestones: Vec<String>,
    pub common_books: Vec<CommonContent>,
    pub common_podcasts: Vec<CommonContent>,
    pub common_events: Vec<CommonContent>,
    /// 0, as the two below, where nothing is known of the time (`months_stats.n` is 0).
    pub avg_time_to_level_up_months: u32,
    pub median_time_to_level_up_months: u32,
    /// That of the fastest of ten or more; of fewer, the tenth percentile (X52).
    pub fastest_time_months: u32,
    pub success_indicators: Indicators,
    pub sample_size: u64,
    /// As it was told before, also of other patterns of the transition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_sizes: Vec<u64>,
    /// 0 to 1, two decimals.
    pub confidence_score: f64,
    /// Before outcomes: the share of the most common action, lowered for fewer than ten (X48).
    pub confidence_base: f64,
    /// Wilson's 95 % interval of that share.
    pub confidence_low: f64,
    pub confidence_high: f64,
    /// Of those with the most common action, the share that levelled up; only against those who stayed.
    pub success_rate: Option<f64>,
    pub last_recalculated_at: DateTime<Utc>,

    pub status: Status,
    /// Why it is not simply served, or what it has not been put to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    pub validation: Validation,
    pub comparison: Basis,
    /// None where nothing that may be told is common.
    pub modal: Option<Modal>,
    /// Every focus area of the type that was ever told, also what is no longer common.
    pub common_focus_areas_stats: Vec<CommonAction>,
    pub common_milestones_stats: Vec<CommonAction>,
    pub months_stats: MonthsStats,
    /// The median at entry.
    pub team_size: Option<i32>,
    /// The most common one at entry.
    pub current_stage: Option<String>,
    /// As "$3M" and "$5M", or "the 0-5 million tier" and "the 5-10 million tier".
    pub from_label: String,
    pub to_label: String,
    /// Always money, as "$5M".
    pub reach_label: String,
    pub outcomes: Counted,
    /// When the figures were found that are told.
    pub released_at: DateTime<Utc>,
}

impl Pattern {
    /// What a client has once: the columns that are unique.
    pub fn key(&self) -> (&str, &str, PatternType) {
        (&self.from_revenue_tier, &self.to_revenue_tier, self.pattern_type)
    }

    /// The tiers it leads from and to.
    pub(crate) fn way(&self) -> (String, String) {
        (self.from_revenue_tier.clone(), self.to_revenue_tier.clone())
    }

    /// Of all that is told to have been common.
    pub(crate) fn figures(&self) -> impl Iterator<Item = &Figure> {
        let actions = self.common_focus_areas_stats.iter().chain(&self.common_milestones_stats);
        let content = ContentKind::ALL.into_iter().flat_map(|kind| self.content(kind));
        let partners = self.common_partners.iter().map(|one| &one.figure);
        actions.map(|one| &one.figure).chain(partners).chain(content.map(|one| &one.figure))
    }

    pub fn content(&self, kind: ContentKind) -> &[CommonContent] {
        match kind {
            ContentKind::Book => &self.common_books,
            ContentKind::Podcast => &self.common_podcasts,
            ContentKind::Event => &self.common_events,
        }
    }
}
