//! Goals of a contractor, from the patterns that it matches, or from its profile alone.

use crate::pattern::{Modal, Pattern, PatternType};
use crate::record::{ContentKind, Profile};
use crate::rules::{Gap, words};
use crate::{Rules, timeline};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A goal with its checklist (GR-091).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Goal {
    pub goal_type: PatternType,
    pub goal_description: String,
    pub target_milestone: String,
    /// 1 to 10.
    pub priority_score: u8,
    pub pattern_id: Option<i32>,
    /// As "Based on 47 contractors who went from $3M to $5M - 89% improved lead systems first".
    pub pattern_source: Option<String>,
    pub pattern_confidence: Option<f64>,
    pub data_gaps: Vec<Gap>,
    pub checklist: Vec<String>,
    pub expected_low_months: Option<u32>,
    pub expected_high_months: Option<u32>,
    pub timeline: Option<String>,
    /// `QUESTION`, of a goal that a pattern stands behind.
    #[serde(default)]
    pub question: Option<String>,
}

/// What is asked once such a goal has ended; the answer is the outcome's `contractor_satisfaction` (GR-112).
pub const QUESTION: &str = "How helpful was this recommendation? (1-5)";

/// A goal that no pattern stands behind.
const PLAIN_PRIORITY: u8 = 5;
/// So many partners are named in one item.
const PARTNERS: usize = 2;

/// Goals of a contractor; never none.
///
/// One for each type that a matched pattern has, from the best match, and one for each type of its focus areas without a
/// pattern. `elapsed` are months in its tier, `names` those of partners.
pub fn goals(
    rules: &Rules,
    profile: &Profile,
    elapsed: Option<f64>,
    matched: &[&Pattern],
    names: &BTreeMap<i32, String>,
) -> Vec<Goal> {
    let mut goals: Vec<Goal> = Vec::new();
    for pattern in matched {
        if !goals.iter().any(|goal| goal.goal_type == pattern.pattern_type) {
            goals.push(from_pattern(rules, profile, elapsed, pattern, names));
        }
    }
    let mut own: Vec<PatternType> =
        profile.focus_areas.iter().map(|area| rules.type_of(&rules.canonical(area))).collect();
    if goals.is_empty() && own.is_empty() {
        own.push(PatternType::RevenueGrowth);
    }
    own.sort();
    own.dedup();
    own.retain(|kind| !goals.iter().any(|goal| goal.goal_type == *kind));
    goals.extend(own.into_iter().map(|kind| plain(rules, profile, kind)));
    goals
}

/// The priority of a goal by the confidence of its pattern (default GR 42).
pub fn priority(confidence: f64) -> u8 {
    (confidence * 10.0 + 1e-9).round().clamp(1.0, 10.0) as u8
}

/// A goal from the profile alone.
fn plain(rules: &Rules, profile: &Profile, kind: PatternType) -> Goal {
    let says = rules.kind(kind);
    let asks = says.asks.iter().filter(|ask| ask.gap.is_none_or(|gap| gap.is_open(profile)));
    Goal {
        goal_type: kind,
        goal_description: says.description.clone(),
        target_milestone: says.target_milestone.clone(),
        priority_score: PLAIN_PRIORITY,
        pattern_id: None,
        pattern_source: None,
        pattern_confidence: None,
        data_gaps: says.data_gaps.iter().copied().filter(|gap| gap.is_open(profile)).collect(),
        checklist: asks.map(|ask| ask.item.clone()).collect(),
        expected_low_months: None,
        expected_high_months: None,
        timeline: None,
        question: None,
    }
}

fn from_pattern(
    rules: &Rules,
    profile: &Profile,
    elapsed: Option<f64>,
    pattern: &Pattern,
    names: &BTreeMap<i32, String>,
) -> Goal {
    let mut goal = plain(rules, profile, pattern.pattern_type);
    let modal = pattern.modal.iter().map(|modal| &modal.name);
    for name in modal.chain(&pattern.common_milestones).rev() {
        let Some(action) = rules.action(name) else { continue };
        action.description.iter().for_each(|text| goal.goal_description.clone_from(text));
        action.target_milestone.iter().for_each(|text| goal.target_milestone.clone_from(text));
    }
    for item in assessments(rules, pattern) {
        if !goal.checklist.contains(&item) {
            goal.checklist.push(item);
        }
    }
    goal.checklist.extend(partners(pattern, names));
    goal.checklist.extend(ContentKind::ALL.iter().filter_map(|kind| content(pattern, *kind)));
    goal.priority_score = priority(pattern.confidence_score);
    goal.pattern_id = Some(pattern.id);
    goal.pattern_source = Some(source(pattern));
    goal.pattern_confidence = Some(pattern.confidence_score);
    goal.question = Some(QUESTION.to_owned());
    // Time in another tier than the pattern's says nothing of its time.
    let is_there = profile.revenue_tier.as_ref() == Some(&pattern.from_revenue_tier);
    let elapsed = elapsed.filter(|_| is_there).unwrap_or_default();
    if let Some((low, high, text)) = timeline::of(pattern, elapsed) {
        (goal.expected_low_months, goal.expected_high_months) = (Some(low), Some(high));
        goal.timeline = Some(text);
    }
    goal
}

/// Where a goal comes from, in the source document's words; never without the figure of those who stayed, if there is one
/// (statistics 4.10).
fn source(pattern: &Pattern) -> String {
    let Pattern { sample_size, from_label, to_label, .. } = pattern;
    let based = |n: u64| format!("Based on {n} contractors who went from {from_label} to {to_label}");
    let Some(Modal { figure, phrase, .. }) = &pattern.modal else { return based(*sample_size) };
    // The figure may be older than the pattern's size, and is of as many as there were then.
    let mut text = format!("{} - {} {phrase} {}", based(figure.n), figure.percent(), figure.order());
    if let Some(beside) = figure.beside() {
        text += &format!(" ({beside})");
    }
    text
}

/// What is common among those who levelled up, as something to look into.
fn assessments(rules: &Rules, pattern: &Pattern) -> Vec<String> {
    let milestones = pattern.common_milestones_stats.iter().filter_map(|one| {
        if !pattern.common_milestones.contains(&one.name) {
            return None;
        }
        match rules.action(&one.name) {
            Some(action) => action.assess.clone(),
            None => {
                let (percent, beside) = (one.figure.percent(), one.figure.also_beside());
                Some(format!("Consider: {} ({percent} of successful contractors{beside})", words(&one.name)))
            }
        }
    });
    let areas = pattern.common_focus_areas.iter().filter_map(|name| rules.action(name)?.assess.clone());
    milestones.chain(areas).collect()
}

/// Each partner with its own rate (X53).
fn partners(pattern: &Pattern, names: &BTreeMap<i32, String>) -> Option<String> {
    let common = pattern.common_partners.iter().filter(|partner| partner.figure.is_common());
    let named = common.filter_map(|one| Some((names.get(&one.partner_id)?, &one.figure)));
    let mut item = String::new();
    for (place, (name, figure)) in named.take(PARTNERS).enumerate() {
        let (percent, beside) = (figure.percent(), figure.also_beside());
        if place == 0 {
            item = format!("Recommend {name} (used by {percent} of successful contractors{beside})");
        } else {
            item += &format!(" or {name} (used by {percent}{beside})");
        }
    }
    (!item.is_empty()).then_some(item)
}

/// The most common of a kind.
fn content(pattern: &Pattern, kind: ContentKind) -> Option<String> {
    let one = pattern.content(kind).iter().find(|one| one.figure.is_common())?;
    let action = match kind {
        ContentKind::Book => "Read",
        ContentKind::Podcast => "Listen to",
        ContentKind::Event => "Attend",
    };
    let (percent, beside) = (one.figure.percent(), one.figure.also_beside());
    Some(format!("{action} '{}' (recommended by {percent} of successful scalers{beside})", one.title))
}
