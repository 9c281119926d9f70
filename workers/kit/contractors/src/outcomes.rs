//! What came of goals and of patterns that were acted on: told once, and learned from at the next learning.

use chrono::{DateTime, Utc};
use db::goals::{self, Goal};
use db::growth::{self, Told};
use db::{Tx, Uuid};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Contractors, Error, hold};

const LONGEST_WORDS: usize = 5_000;
const LONGEST_EVENT: usize = 200;

/// What came of a goal, or of a pattern that was applied.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewOutcome {
    /// Told again, it is the same outcome.
    pub event_id: String,
    pub contractor_id: i32,
    /// Without one, the pattern says what it is about.
    pub goal_id: Option<i32>,
    pub pattern_id: Option<i32>,
    pub goal_completed: bool,
    /// Since the goal was made, if nothing else is said.
    pub time_to_completion_days: Option<i32>,
    /// How helpful it was, 1 to 5 (GR-112).
    #[schema(minimum = 1, maximum = 5)]
    pub contractor_satisfaction: Option<i16>,
    pub outcome_notes: Option<String>,
    pub revenue_impact: Option<Impact>,
    pub what_worked: Option<String>,
    pub what_didnt_work: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    Positive,
    Neutral,
    Negative,
    TooEarly,
}

impl Impact {
    pub fn name(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Neutral => "neutral",
            Self::Negative => "negative",
            Self::TooEarly => "too_early",
        }
    }
}

impl Contractors {
    /// Keeps what came of a goal, and ends the goal. What is told of it later, such as how helpful it was, is added.
    pub async fn record_outcome(
        &self,
        client: Uuid,
        told: &NewOutcome,
        now: DateTime<Utc>,
    ) -> Result<Told, Error> {
        let mut tx = self.db.begin(client).await?;
        let known = record(&mut tx, told, now).await?;
        tx.commit().await?;
        Ok(known)
    }

    /// Refuses what recording it would refuse, and writes nothing.
    pub async fn check_outcome(
        &self,
        client: Uuid,
        told: &NewOutcome,
        now: DateTime<Utc>,
    ) -> Result<Told, Error> {
        let mut tx = self.db.begin(client).await?;
        let known = record(&mut tx, told, now).await?;
        tx.rollback().await?;
        Ok(known)
    }
}

async fn record(tx: &mut Tx, told: &NewOutcome, now: DateTime<Utc>) -> Result<Told, Error> {
    sound(told)?;
    hold(tx, told.contractor_id).await?;
    let goal = match told.goal_id {
        Some(id) => {
            let found = goals::find(tx, id).await?;
            let own = found.filter(|goal| goal.contractor_id == told.contractor_id);
            Some(own.ok_or(Error::UnknownGoal(id))?)
        }
        None => None,
    };
    // How a goal ended stays.
    let ended = goal.as_ref().filter(|goal| goal.status != "open");
    let completed = ended.map_or(told.goal_completed, |goal| goal.status == "completed");
    // A goal of the profile alone teaches no pattern anything.
    let tracked = match goal.as_ref().map_or(told.pattern_id, |goal| goal.pattern_id) {
        Some(pattern_id) => Some(track(tx, told, goal.as_ref(), pattern_id, completed, now).await?),
        None if goal.is_none() => {
            let message = "is missing, and so is pattern_id: one must say what has ended".to_owned();
            return Err(Error::Wrong { field: "goal_id", message });
        }
        None => None,
    };
    let mut known = Told::Known;
    if let Some(goal) = &goal {
        let status = if completed { "completed" } else { "abandoned" };
        if goals::end(tx, goal.id, status, now).await? {
            known = Told::New;
        }
    }
    Ok(tracked.unwrap_or(known))
}

async fn track(
    tx: &mut Tx,
    told: &NewOutcome,
    goal: Option<&Goal>,
    pattern_id: i32,
    goal_completed: bool,
    now: DateTime<Utc>,
) -> Result<Told, Error> {
    if goal.is_none() {
        let matches = goals::matches(tx, told.contractor_id).await?;
        if !matches.iter().any(|one| one.pattern_id == pattern_id && one.is_applied()) {
            return Err(Error::UnknownPattern(pattern_id));
        }
    }
    let days = goal.filter(|_| goal_completed).map(|goal| (now - goal.created_at).num_days());
    let days = days.map(|days| i32::try_from(days.max(0)).unwrap_or(i32::MAX));
    let outcome = growth::Outcome {
        event_id: told.event_id.clone(),
        contractor_id: told.contractor_id,
        pattern_id,
        goal_id: told.goal_id,
        goal_completed,
        time_to_completion_days: told.time_to_completion_days.or(days),
        contractor_satisfaction: told.contractor_satisfaction,
        outcome_notes: told.outcome_notes.clone(),
        revenue_impact: told.revenue_impact.map(|impact| impact.name().to_owned()),
        what_worked: told.what_worked.clone(),
        what_didnt_work: told.what_didnt_work.clone(),
        pattern_confidence: goal.and_then(|goal| goal.pattern_confidence),
    };
    let Some(tracked) = growth::track(tx, &outcome, now).await? else {
        let message = format!("{} was told of something else: give each outcome its own", told.event_id);
        return Err(Error::Wrong { field: "event_id", message });
    };
    if tracked.told != Told::Known {
        // As patterns learn it: what was found useless is no success.
        let useful = tracked.contractor_satisfaction.is_none_or(|rated| rated >= 3);
        let result = if tracked.goal_completed && useful { "successful" } else { "unsuccessful" };
        goals::set_result(tx, told.contractor_id, pattern_id, result, now).await?;
    }
    Ok(tracked.told)
}

fn sound(told: &NewOutcome) -> Result<(), Error> {
    let wrong = |field, message: String| Err(Error::Wrong { field, message });
    if told.event_id.is_empty() || told.event_id.chars().count() > LONGEST_EVENT {
        return wrong("event_id", format!("is not made of 1 to {LONGEST_EVENT} characters"));
    }
    if told.contractor_satisfaction.is_some_and(|rated| !(1..=5).contains(&rated)) {
        return wrong("contractor_satisfaction", "is not from 1 to 5".to_owned());
    }
    if told.time_to_completion_days.is_some_and(|days| days < 0) {
        return wrong("time_to_completion_days", "is less than 0".to_owned());
    }
    let words = [
        ("outcome_notes", &told.outcome_notes),
        ("what_worked", &told.what_worked),
        ("what_didnt_work", &told.what_didnt_work),
    ];
    for (field, text) in words {
        let Some(text) = text else { continue };
        if text.chars().count() > LONGEST_WORDS {
            return wrong(field, format!("has more than {LONGEST_WORDS} characters"));
        }
        // Postgres cannot store it.
        if text.contains('\0') {
            return wrong(field, "has a NUL in it".to_owned());
        }
    }
    if told.event_id.contains('\0') {
        return wrong("event_id", "has a NUL in it".to_owned());
    }
    Ok(())
}
