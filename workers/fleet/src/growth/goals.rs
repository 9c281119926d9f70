//! Goals of a contractor: made, shown, ended, and led back to what they rest on.

use contractors::{Impact, NewOutcome, Told};
use levels::goals::Goal as Made;
use serde_json::{Value, json};

use super::{Growth, OfClient, OfContractor, in_words};
use crate::exit::Failure;

#[derive(Debug, clap::Args)]
pub struct Goals {
    #[command(flatten)]
    of: OfContractor,
    /// Show what would be made, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Show the goals that are there, and make none.
    #[arg(long, conflicts_with = "dry_run")]
    list: bool,
}

#[derive(Debug, clap::Args)]
pub struct Outcome {
    #[command(flatten)]
    of: OfContractor,
    /// The goal that has ended.
    #[arg(long, value_name = "ID", required_unless_present = "pattern")]
    goal: Option<i32>,
    /// The applied pattern that it is about, where there was no goal.
    #[arg(long, value_name = "ID", conflicts_with = "goal")]
    pattern: Option<i32>,
    /// It was reached.
    #[arg(long, required_unless_present = "failed")]
    completed: bool,
    /// It was given up.
    #[arg(long, conflicts_with = "completed")]
    failed: bool,
    /// How helpful it was, 1 to 5.
    #[arg(long, value_name = "1-5", value_parser = clap::value_parser!(i16).range(1..=5))]
    satisfaction: Option<i16>,
    /// What became of revenue.
    #[arg(long, value_enum)]
    impact: Option<RevenueImpact>,
    /// Days it took [default: since the goal was made].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    days: Option<i32>,
    /// What happened.
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    #[arg(long, value_name = "TEXT")]
    what_worked: Option<String>,
    #[arg(long, value_name = "TEXT")]
    what_didnt_work: Option<String>,
    /// The same id again is the same outcome [default: the goal's, or the pattern's and contractor's].
    #[arg(long, value_name = "ID")]
    event_id: Option<String>,
    /// Check it, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RevenueImpact {
    Positive,
    Neutral,
    Negative,
    TooEarly,
}

impl From<RevenueImpact> for Impact {
    fn from(impact: RevenueImpact) -> Self {
        match impact {
            RevenueImpact::Positive => Self::Positive,
            RevenueImpact::Neutral => Self::Neutral,
            RevenueImpact::Negative => Self::Negative,
            RevenueImpact::TooEarly => Self::TooEarly,
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct Done {
    /// The item's number, as the list of goals shows it.
    #[arg(value_name = "ITEM")]
    item: i32,
    #[command(flatten)]
    of: OfClient,
}

#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The goal's number.
    #[arg(value_name = "GOAL")]
    goal: i32,
    #[command(flatten)]
    of: OfClient,
}

pub(super) async fn goals(args: &Goals, growth: &Growth) -> Result<(), Failure> {
    let (client, contractor) = (args.of.of.client, args.of.contractor);
    if args.list {
        let goals = growth.contractors.goals(client, contractor).await?;
        growth.output.show(&json!({"goals": goals}), |told| {
            if goals.is_empty() {
                return format!("No goals yet: `leadfleet growth goals {contractor}` makes them.");
            }
            all_in_words(&told["goals"])
        })?;
        return Ok(());
    }
    let made = growth.contractors.generate_goals(client, contractor, args.dry_run, growth.now).await?;
    let ids = made.ids.iter().copied().map(Some).chain(std::iter::repeat(None));
    let told: Vec<Value> =
        made.goals.iter().zip(ids).map(|(goal, id)| json_of(goal, id)).collect::<Result<_, _>>()?;
    let told = json!({"dry_run": args.dry_run, "matches": made.matches, "goals": told});
    growth.output.show(&told, |told| {
        let mut text = all_in_words(&told["goals"]);
        if args.dry_run {
            text.push_str("\n\nNothing was written.");
        }
        text
    })?;
    Ok(())
}

fn json_of(goal: &Made, id: Option<i32>) -> Result<Value, anyhow::Error> {
    let mut value = serde_json::to_value(goal)?;
    if let Some(id) = id {
        value["id"] = id.into();
    }
    Ok(value)
}

fn all_in_words(goals: &Value) -> String {
    let goals = goals.as_array().into_iter().flatten();
    goals.map(in_words::goal).collect::<Vec<_>>().join("\n\n")
}

pub(super) async fn outcome(args: Outcome, growth: &Growth) -> Result<(), Failure> {
    let (client, contractor) = (args.of.of.client, args.of.contractor);
    let named = match (args.goal, args.pattern) {
        (Some(goal), _) => format!("cli:goal:{goal}"),
        (None, pattern) => format!("cli:pattern:{}:{contractor}", pattern.unwrap_or_default()),
    };
    let rated = args.satisfaction.map(|rated| format!(":{rated}")).unwrap_or_default();
    let told = NewOutcome {
        event_id: args.event_id.unwrap_or_else(|| named + &rated),
        contractor_id: contractor,
        goal_id: args.goal,
        pattern_id: args.pattern,
        goal_completed: args.completed,
        time_to_completion_days: args.days,
        contractor_satisfaction: args.satisfaction,
        outcome_notes: args.notes,
        revenue_impact: args.impact.map(Impact::from),
        what_worked: args.what_worked,
        what_didnt_work: args.what_didnt_work,
    };
    if args.dry_run {
        growth.contractors.check_outcome(client, &told, growth.now).await?;
        growth.output.show(&json!({"event_id": told.event_id, "dry_run": true}), |_| {
            format!("It would be recorded as {}. Nothing was written.", told.event_id)
        })?;
        return Ok(());
    }
    let known = growth.contractors.record_outcome(client, &told, growth.now).await?;
    let (name, words) = match known {
        Told::New => ("new", "Recorded: it is learned from the next time."),
        Told::Added => ("added", "Something was known of it: what is told now was added."),
        Told::Known => ("known", "It was told before: nothing has changed."),
    };
    growth.output.show(&json!({"event_id": told.event_id, "told": name}), |_| words.to_owned())?;
    Ok(())
}

pub(super) async fn done(args: &Done, growth: &Growth) -> Result<(), Failure> {
    let item = growth.contractors.tick(args.of.client, args.item, growth.now).await?;
    growth.output.show(&item, |item| format!("[x] {} {}", item.id, item.item))?;
    Ok(())
}

pub(super) async fn explain(args: &Explain, growth: &Growth) -> Result<(), Failure> {
    let client = args.of.client;
    let found = growth.contractors.explain(client, args.goal).await?;
    let names = growth.contractors.partner_names(client).await?;
    let told = json!({
        "goal": found.goal, "match": found.matched, "pattern": found.pattern,
        "learned_as_of": found.run.as_ref().map(|run| run.as_of),
    });
    growth.output.show(&told, |told| {
        let mut parts = vec![in_words::goal(&told["goal"])];
        if let Some(matched) = &found.matched {
            parts.push(format!(
                "Contractor {} fits the pattern {:.2} of 1: {} ({})",
                found.goal.contractor_id,
                matched.match_score,
                matched.match_reason,
                matched.pattern_result.replace('_', " ")
            ));
        }
        match &found.pattern {
            Some(pattern) => parts.push(in_words::pattern(pattern, &names)),
            None => parts.push("It is made of the profile alone: no pattern fitted.".to_owned()),
        }
        parts.join("\n\n")
    })?;
    Ok(())
}
