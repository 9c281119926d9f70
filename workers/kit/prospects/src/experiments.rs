//! Experiments with the words of each step: whoever is enrolled gets one of the ways to say it, more often a better
//! one, and every share is kept so that the numbers can be weighed later.

use crate::error::Error;
use crate::messages::Message;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use db::experiments::{self, Assignment, Counted, Day, Experiment as Row, Start};
use db::leads::Lead;
use db::{Tx, Uuid};
use serde::{Deserialize, Serialize};
use stats::Rate;
use stats::experiment::{self, Verdict, verdict};
use stats::thompson;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Whoever wants to answer has answered by then.
const MATURE: TimeDelta = TimeDelta::days(14);
/// As long as a better arm is watched before it is judged anew.
const WATCHED: TimeDelta = TimeDelta::days(28);
/// What an arm that is not the better one gets meanwhile.
const FLOOR: f64 = 0.10;
/// What a difference takes, as people tend to hope for less.
const COST: &str = "to tell 3 % from 5 % takes 1,506 people an arm";

/// A comparison of the ways to say one step.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Experiment {
    /// `<segment>.<type>@<ways>`; other words are another experiment.
    pub name: String,
    pub started_on: NaiveDate,
    pub arms: Vec<String>,
    /// `split_is_off`, `running`, `better` or `no_difference`.
    pub verdict: String,
    pub winner: Option<String>,
    pub explanation: String,
    /// Shares of the people who are enrolled, by Thompson sampling, a tenth at least.
    pub next_shares: BTreeMap<String, f64>,
}

/// An arm and its share, as they are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Share {
    variant: String,
    share: f64,
}

/// What is said of an experiment, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Said {
    verdict: String,
    winner: Option<String>,
    explanation: String,
}

/// What holds for an experiment on a day.
#[derive(Clone, Debug, PartialEq)]
struct Today {
    shares: Vec<Share>,
    seed: u64,
    settled_on: Option<NaiveDate>,
    ended_on: Option<NaiveDate>,
    said: Said,
}

/// Gives each step of somebody's sequence the way to say it that was drawn for the person: the same one for good.
pub(crate) async fn choose(
    tx: &mut Tx,
    lead: &Lead,
    segment: &str,
    words: &mut [Message],
    at: DateTime<Tz>,
) -> Result<(), Error> {
    let (today, now) = (at.date_naive(), at.to_utc());
    // By name, so that all who enrol at once wait for each other in one order.
    let mut wanted: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for message in words.iter().filter(|message| !message.alternatives.is_empty()) {
        let ways = ways(message);
        wanted.insert(name(segment, &message.kind, &ways), (message.kind.clone(), ways));
    }
    let names: Vec<String> = wanted.keys().cloned().collect();
    let mut found = experiments::named(tx, &names).await?;
    if found.len() < names.len() {
        for (name, (kind, ways)) in &wanted {
            let arms = serde_json::to_value(even(ways))?;
            experiments::start(tx, &Start { name, segment, kind, arms: &arms, on: today }).await?;
        }
        found = experiments::named(tx, &names).await?;
    }
    if found.iter().any(|row| row.shares_on.is_none_or(|day| day < today)) {
        begin(tx, &found, today, now).await?;
        found = experiments::named(tx, &names).await?;
    }
    for row in &found {
        let shares: Vec<Share> = serde_json::from_value(row.arms.clone())?;
        if let Some(drawn) = draw(row.id, &row.name, &lead.prospect_id, &shares) {
            experiments::assign(tx, lead.id, &drawn, now).await?;
        }
    }
    let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
    let assigned = experiments::assigned(tx, lead.id, &ids).await?;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for message in words.iter_mut() {
        let ways = ways(message);
        let name = name(segment, &message.kind, &ways);
        let row = found.iter().find(|row| row.name == name);
        let arm = row.and_then(|row| assigned.iter().find(|arm| arm.experiment_id == row.id));
        if let Some(arm) = arm {
            let times = times.entry(name).or_default();
            say(message, turn(&ways, &arm.variant, *times), arm.propensity);
            *times += 1;
        }
    }
    Ok(())
}

/// What holds from today on for those of which that is not known yet.
async fn begin(tx: &mut Tx, rows: &[Row], today: NaiveDate, now: DateTime<Utc>) -> Result<(), Error> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.shares_on.is_none_or(|day| day < today)).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let counted = experiments::counted(tx, &ids, now, now - MATURE).await?;
    for row in rows {
        let holds = today_of(row, &counted, today)?;
        let (arms, said) = (serde_json::to_value(&holds.shares)?, serde_json::to_value(&holds.said)?);
        let day = Day {
            date: today,
            arms: &arms,
            seed: holds.seed.cast_signed(),
            settled_on: holds.settled_on,
            ended_on: holds.ended_on,
            verdict: &said,
        };
        experiments::begin_day(tx, row.id, &day).await?;
    }
    Ok(())
}

/// The experiments of a segment, or of all, and what they say now.
pub(crate) async fn shown(
    tx: &mut Tx,
    segment: Option<&str>,
    at: DateTime<Tz>,
) -> Result<Vec<Experiment>, Error> {
    let (today, now) = (at.date_naive(), at.to_utc());
    let rows = experiments::all(tx, segment).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let counted = experiments::counted(tx, &ids, now, now - MATURE).await?;
    let show = |row: Row| {
        let mut holds = today_of(&row, &counted, today)?;
        // What people get today was decided this morning.
        if row.shares_on == Some(today) {
            holds.shares = serde_json::from_value(row.arms)?;
        }
        Ok(Experiment {
            name: row.name,
            started_on: row.started_on,
            arms: holds.shares.iter().map(|arm| arm.variant.clone()).collect(),
            verdict: holds.said.verdict,
            winner: holds.said.winner,
            explanation: holds.said.explanation,
            next_shares: holds.shares.into_iter().map(|arm| (arm.variant, arm.share)).collect(),
        })
    };
    rows.into_iter().map(show).collect()
}

/// All ways to say a message, in the order of their names.
fn ways(message: &Message) -> Vec<String> {
    let others = message.alternatives.iter().map(|other| &other.variant);
    let mut ways: Vec<String> = others.chain([&message.variant]).cloned().collect();
    ways.sort_unstable();
    ways
}

/// `<segment>.<kind>@<ways>`: new words are a new experiment.
fn name(segment: &str, kind: &str, ways: &[String]) -> String {
    let short = ways.iter().map(|way| way.rsplit('.').next().unwrap_or(way));
    format!("{segment}.{kind}@{}", short.collect::<Vec<_>>().join("+"))
}

fn even(ways: &[String]) -> Vec<Share> {
    let share = 1.0 / ways.len().max(1) as f64;
    ways.iter().map(|way| Share { variant: way.clone(), share }).collect()
}

/// The arm of a person by the shares, with how likely it was.
fn draw(experiment: Uuid, name: &str, prospect: &str, shares: &[Share]) -> Option<Assignment> {
    let weights: Vec<f64> = shares.iter().map(|arm| arm.share).collect();
    let arm = shares.get(experiment::arm(name, prospect, &weights))?;
    let (variant, propensity) = (arm.variant.clone(), arm.share / weights.iter().sum::<f64>());
    Some(Assignment { experiment_id: experiment, variant, propensity, shares: weights })
}

/// The way to say a step that comes again: the next one each time, so that nobody reads the same twice in a row.
fn turn<'a>(ways: &'a [String], drawn: &'a str, times: usize) -> &'a str {
    let place = ways.iter().position(|way| way == drawn);
    place.and_then(|place| ways.get((place + times) % ways.len())).map_or(drawn, String::as_str)
}

/// Says a message the way it was drawn; the way it was filled with becomes one of the others.
fn say(message: &mut Message, variant: &str, propensity: f64) {
    if let Some(way) = message.alternatives.iter_mut().find(|way| way.variant == variant) {
        std::mem::swap(&mut way.variant, &mut message.variant);
        std::mem::swap(&mut way.text, &mut message.text);
        message.alternatives.sort_by(|a, b| a.variant.cmp(&b.variant));
    }
    if message.variant == variant {
        message.propensity = propensity;
    }
}

/// What holds for an experiment on a day, from what was counted until then.
fn today_of(row: &Row, counted: &[Counted], today: NaiveDate) -> Result<Today, Error> {
    let mut shares: Vec<Share> = serde_json::from_value(row.arms.clone())?;
    let seed = experiment::seed(&row.name, &today.to_string());
    let before: Option<Said> = row.verdict.clone().map(serde_json::from_value).transpose()?;
    let watched = row.settled_on.is_some_and(|since| today < since + WATCHED);
    if let Some(said) = before.filter(|_| watched || row.ended_on.is_some()) {
        return Ok(Today { shares, seed, settled_on: row.settled_on, ended_on: row.ended_on, said });
    }
    let arms: Vec<&Counted> = shares
        .iter()
        .filter_map(|arm| counted.iter().find(|of| of.experiment_id == row.id && of.variant == arm.variant))
        .collect();
    let rate = |successes: i64, trials: i64| Rate::new(successes.unsigned_abs(), trials.unsigned_abs());
    let judged: Vec<experiment::Arm> = arms
        .iter()
        .map(|arm| experiment::Arm {
            people: arm.people.unsigned_abs(),
            weight: arm.expected,
            outcome: rate(arm.mature_positive, arm.mature),
            harm: rate(arm.mature_harmed, arm.mature),
        })
        .collect();
    let days = u32::try_from((today - row.started_on).num_days()).unwrap_or_default();
    let verdict = verdict(&judged, days);
    let (mut settled_on, mut ended_on) = (None, None);
    let weights = match &verdict {
        Verdict::Better { arm, .. } => {
            settled_on = Some(today);
            mostly(shares.len(), *arm)
        }
        // A split that is off teaches nothing.
        Verdict::SplitIsOff { .. } => evenly(shares.len()),
        Verdict::NoDifference => {
            ended_on = Some(today);
            evenly(shares.len())
        }
        Verdict::Running { .. } => {
            // Who is interested counts at once, who says nothing only after a while.
            let known: Vec<Rate> = arms.iter().map(|arm| rate(arm.positive, arm.known)).collect();
            thompson::shares(&known, seed)
        }
    };
    for (arm, share) in shares.iter_mut().zip(weights) {
        arm.share = share;
    }
    let said = said(&verdict, &shares);
    Ok(Today { shares, seed, settled_on, ended_on, said })
}

fn evenly(arms: usize) -> Vec<f64> {
    vec![1.0 / arms.max(1) as f64; arms]
}

/// Everything but the floor of the others.
fn mostly(arms: usize, winner: usize) -> Vec<f64> {
    let floor = FLOOR.min(1.0 / arms.max(1) as f64);
    let whole = 1.0 - floor * arms.saturating_sub(1) as f64;
    (0..arms).map(|arm| if arm == winner { whole } else { floor }).collect()
}

fn said(verdict: &Verdict, shares: &[Share]) -> Said {
    let (verdict, winner, explanation) = match verdict {
        Verdict::SplitIsOff { p } => {
            ("split_is_off", None, format!("the arms did not get the people they should have (p = {p:.5})"))
        }
        Verdict::Running { lacks } => ("running", None, format!("still lacks {lacks}; {COST}")),
        Verdict::Better { arm, expected_loss } => {
            let text = format!(
                "choosing it costs {:.3} points at most, as far as one can tell; it is watched for four weeks",
                expected_loss * 100.0
            );
            ("better", shares.get(*arm).map(|arm| arm.variant.clone()), text)
        }
        Verdict::NoDifference => {
            ("no_difference", None, format!("eight weeks have shown no difference; {COST}"))
        }
    };
    Said { verdict: verdict.to_owned(), winner, explanation }
}

#[cfg(test)]
mod tests;
