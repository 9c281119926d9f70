//! What is known of a contractor: the profile, the history of its revenue tier, and what it did.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A contractor with all that is learned from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    pub contractor_id: i32,
    pub profile: Profile,
    /// In whatever order; of several rows of a day the last one counts.
    pub history: Vec<Observed>,
    /// The same as changes of the profile told it; of a day that has both, the history counts.
    pub seen: Vec<Observed>,
    pub milestones: Vec<Reached>,
    pub partners: Vec<Used>,
    pub content: Vec<Consumed>,
}

/// What a contractor is today.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Profile {
    /// A code of the ladder.
    pub revenue_tier: Option<String>,
    pub team_size: Option<i32>,
    pub focus_areas: Vec<String>,
    pub current_stage: Option<String>,
    pub close_rate: Option<f64>,
    pub lead_sources: Vec<String>,
    pub current_crm: Option<String>,
}

/// A row of the revenue history: what held from a day on.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// A code of the ladder; rows with another one are left out, and counted.
    pub tier: String,
    pub valid_from: NaiveDate,
    /// In dollars.
    pub revenue: Option<f64>,
    pub team_size: Option<i32>,
    pub focus_areas: Vec<String>,
    pub current_stage: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    pub milestone: String,
    pub reached_on: Option<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub partner_id: i32,
    pub used_from: Option<NaiveDate>,
    /// 1 to 5.
    pub satisfaction: Option<i16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumed {
    pub kind: ContentKind,
    pub title: String,
    /// Empty where there is none.
    pub author: String,
    pub consumed_on: Option<NaiveDate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    Book,
    Podcast,
    Event,
}

impl ContentKind {
    pub const ALL: [Self; 3] = [Self::Book, Self::Podcast, Self::Event];

    pub fn name(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Podcast => "podcast",
            Self::Event => "event",
        }
    }
}

impl std::str::FromStr for ContentKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| format!("{text:?} is no kind of content: it is book, podcast or event"))
    }
}

/// What came of a goal that was made from a pattern, once it has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// `Pattern::id`.
    pub pattern_id: i32,
    /// None of somebody who was erased.
    pub contractor_id: Option<i32>,
    pub goal_completed: bool,
    /// 1 to 5.
    pub contractor_satisfaction: Option<i16>,
    /// `pattern_confidence` as it was when the goal was made: what calibration is judged by.
    pub confidence: Option<f64>,
    /// What `Learned::counted` said of it at the last learning.
    pub counted_as: Option<f64>,
}
