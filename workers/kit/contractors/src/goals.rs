//! Goals of contractors: made of the patterns that fit, kept, shown, and led back to what they rest on.

use chrono::{DateTime, Utc};
use db::{Tx, Uuid, contractor_facts, goals};
use levels::matching::Match;
use levels::{Pattern, Run};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::advice::rows;
use crate::{Contractors, Error, Item, StoredMatch, hold, released};

/// What was made for a contractor.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// Patterns that fit, the best first.
    pub matches: Vec<Match>,
    pub goals: Vec<levels::goals::Goal>,
    /// Of the goals as they are stored, in the same order; none of a dry run.
    pub ids: Vec<i32>,
}

/// A goal as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = StoredGoal)]
pub struct Goal {
    pub id: i32,
    pub contractor_id: i32,
    pub pattern_id: Option<i32>,
    pub goal_type: String,
    pub goal_description: String,
    pub target_milestone: String,
    /// 1 to 10.
    pub priority_score: i16,
    /// As "Based on 47 contractors who went from $3M to $5M - 89% improved lead systems first".
    pub pattern_source: Option<String>,
    pub pattern_confidence: Option<f64>,
    pub data_gaps: Vec<String>,
    pub checklist: Vec<ChecklistItem>,
    pub expected_low_months: Option<i32>,
    pub expected_high_months: Option<i32>,
    pub timeline: Option<String>,
    /// What to ask the contractor once it has ended, of a goal that a pattern stands behind (GR-112).
    pub question: Option<String>,
    /// `open`, `completed` or `abandoned`.
    pub status: String,
    pub created_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChecklistItem {
    pub id: i32,
    pub item: String,
    pub done_at: Option<DateTime<Utc>>,
}

/// What a goal rests on. Nothing of it is about a single other contractor.
#[derive(Clone, Debug)]
pub struct Explained {
    pub goal: Goal,
    /// How well the pattern fits, as it was found last.
    pub matched: Option<StoredMatch>,
    /// As it was released last, also if it is served no more.
    pub pattern: Option<Pattern>,
    /// The last learning.
    pub run: Option<Run>,
}

impl Contractors {
    /// Makes the goals of a contractor; open ones of the same types become as these are. A dry run stores nothing.
    pub async fn generate_goals(
        &self,
        client: Uuid,
        contractor: i32,
        dry_run: bool,
        now: DateTime<Utc>,
    ) -> Result<Generated, Error> {
        let matched = self.matched(client, contractor, now).await?;
        let (profile, names) = (&matched.known.profile, &matched.partners);
        let elapsed = matched.known.elapsed;
        let made = levels::goals::goals(&self.rules, profile, elapsed, &matched.patterns(), names);
        let mut ids = Vec::new();
        if !dry_run {
            let mut tx = self.db.begin(client).await?;
            hold(&mut tx, contractor).await?;
            goals::keep_matches(&mut tx, contractor, &rows(&matched.matches), now).await?;
            for goal in &made {
                ids.push(goals::keep(&mut tx, contractor, &row(goal)?, now).await?);
            }
            let patterns: Vec<i32> = made.iter().filter_map(|goal| goal.pattern_id).collect();
            goals::apply(&mut tx, contractor, &patterns, now).await?;
            tx.commit().await?;
        }
        Ok(Generated { matches: matched.matches, goals: made, ids })
    }

    /// The goals of a contractor, open ones and the most urgent first. Refused if there is no such one.
    pub async fn goals(&self, client: Uuid, contractor: i32) -> Result<Vec<Goal>, Error> {
        let mut tx = self.db.begin(client).await?;
        let stored = goals::of_contractor(&mut tx, contractor).await?;
        if stored.is_empty() && contractor_facts::of_one(&mut tx, contractor, |_, _| {}).await? == 0 {
            return Err(Error::UnknownContractor(contractor));
        }
        let goals = with_items(&mut tx, stored).await?;
        tx.rollback().await?;
        Ok(goals)
    }

    /// Notes that an item of a checklist is done; the first time stays.
    pub async fn tick(&self, client: Uuid, item: i32, now: DateTime<Utc>) -> Result<ChecklistItem, Error> {
        let mut tx = self.db.begin(client).await?;
        let ticked = goals::tick(&mut tx, item, now).await?.ok_or(Error::UnknownItem(item))?;
        tx.commit().await?;
        Ok(checklist_item(&ticked))
    }

    /// What a goal rests on.
    pub async fn explain(&self, client: Uuid, goal: i32) -> Result<Explained, Error> {
        let mut tx = self.db.begin(client).await?;
        let stored = goals::find(&mut tx, goal).await?.ok_or(Error::UnknownGoal(goal))?;
        let (contractor, pattern) = (stored.contractor_id, stored.pattern_id);
        let Some(goal) = with_items(&mut tx, vec![stored]).await?.pop() else {
            return Err(Error::UnknownGoal(goal));
        };
        let matches = goals::matches(&mut tx, contractor).await?;
        let patterns = released::all(&mut tx).await?;
        tx.rollback().await?;
        Ok(Explained {
            goal,
            matched: matches.into_iter().find(|one| Some(one.pattern_id) == pattern),
            pattern: patterns.into_iter().find(|one| Some(one.id) == pattern),
            run: self.last_run(client).await?,
        })
    }
}

async fn with_items(tx: &mut Tx, stored: Vec<goals::Goal>) -> Result<Vec<Goal>, Error> {
    let ids: Vec<i32> = stored.iter().map(|goal| goal.id).collect();
    let items = goals::items(tx, &ids).await?;
    let goal = |goal: goals::Goal| Goal {
        id: goal.id,
        contractor_id: goal.contractor_id,
        pattern_id: goal.pattern_id,
        goal_type: goal.goal_type,
        goal_description: goal.goal_description,
        target_milestone: goal.target_milestone,
        priority_score: goal.priority_score,
        pattern_source: goal.pattern_source,
        pattern_confidence: goal.pattern_confidence,
        data_gaps: goal.data_gaps,
        checklist: items.iter().filter(|item| item.goal_id == goal.id).map(checklist_item).collect(),
        expected_low_months: goal.expected_low_months,
        expected_high_months: goal.expected_high_months,
        timeline: goal.timeline,
        question: goal.pattern_id.map(|_| levels::goals::QUESTION.to_owned()),
        status: goal.status,
        created_at: goal.created_at,
        completed_at: goal.completed_at,
    };
    Ok(stored.into_iter().map(goal).collect())
}

fn checklist_item(item: &Item) -> ChecklistItem {
    ChecklistItem { id: item.id, item: item.item.clone(), done_at: item.done_at }
}

fn row(goal: &levels::goals::Goal) -> Result<goals::NewGoal, Error> {
    let gap = |gap: &levels::rules::Gap| match serde_json::to_value(gap)? {
        Value::String(name) => Ok(name),
        other => Ok(other.to_string()),
    };
    let months = |months: Option<u32>| months.map(|months| i32::try_from(months).unwrap_or(i32::MAX));
    Ok(goals::NewGoal {
        pattern_id: goal.pattern_id,
        goal_type: goal.goal_type.name().to_owned(),
        goal_description: goal.goal_description.clone(),
        target_milestone: goal.target_milestone.clone(),
        priority_score: i16::from(goal.priority_score),
        pattern_source: goal.pattern_source.clone(),
        pattern_confidence: goal.pattern_confidence,
        data_gaps: goal.data_gaps.iter().map(gap).collect::<Result<_, serde_json::Error>>()?,
        expected_low_months: months(goal.expected_low_months),
        expected_high_months: months(goal.expected_high_months),
        timeline: goal.timeline.clone(),
        checklist: goal.checklist.clone(),
    })
}
