//! What outreach has brought, with intervals; a best one is named only when the numbers carry it.

use crate::error::Error;
use crate::{Owner, Prospects};
use chrono::{DateTime, NaiveDate, Utc};
use db::outreach_metrics::{self, Group, Span};
use serde::{Deserialize, Serialize};
use stats::Rate;
use stats::experiment::{Arm, Verdict, second_is_better, verdict};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Below so many people on either side nothing is called better.
const LEAST_PEOPLE: u64 = 30;
/// How likely it has to be that the best one is better than the rest.
const SURE: f64 = 0.95;

#[derive(Clone, Debug, Default, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MetricsRequest {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    pub user_id: String,
    /// The first day, UTC; the very first, if none is given.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// The last day, UTC; today, if none is given.
    #[serde(default)]
    pub to: Option<NaiveDate>,
    #[serde(default)]
    pub segment: Option<String>,
    #[serde(default)]
    pub sequence_type: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Metrics {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub totals: Performance,
    pub segments: Vec<Performance>,
    pub sequence_types: Vec<Performance>,
    pub steps: Vec<Performance>,
    pub variants: Vec<Performance>,
    /// By the Monday of the week in which the touch went out.
    pub weeks: Vec<Performance>,
    /// Only what the numbers carry.
    pub best_performers: Vec<Best>,
    /// Comparisons of the variants of one step.
    pub experiments: Vec<Experiment>,
    /// What the source asks for, per cent.
    pub targets: Targets,
    /// Opens and clicks of machines; they are in no other number.
    pub machine_events: u64,
}

/// Numbers of one group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Performance {
    pub name: String,
    pub sends: u64,
    /// People who got at least one message or request.
    pub people: u64,
    pub replies: u64,
    /// People who replied, of those who got something.
    pub reply_rate: Measured,
    pub reply_rate_per_send: Measured,
    /// People who are interested or booked.
    pub positive_reply_rate: Measured,
    pub meeting_rate: Measured,
    pub meeting_rate_per_send: Measured,
    pub acceptance_rate: Measured,
    /// People who unsubscribed, complained or are not interested.
    pub negative_rate: Measured,
}

/// A rate and the interval in which it lies with 95 % certainty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Measured {
    /// None when there is nothing to count.
    pub rate: Option<f64>,
    pub ci_low: f64,
    pub ci_high: f64,
    pub successes: u64,
    pub trials: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Best {
    /// `segment`, `sequence_type` or `step`.
    pub dimension: String,
    pub name: Option<String>,
    pub explanation: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Experiment {
    /// `<segment>.<type>`.
    pub name: String,
    pub arms: Vec<String>,
    /// `split_is_off`, `running`, `better` or `no_difference`.
    pub verdict: String,
    pub winner: Option<String>,
    pub explanation: String,
    /// Shares of new people by Thompson sampling, a tenth at least.
    pub next_shares: BTreeMap<String, f64>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Targets {
    #[schema(value_type = Vec<f64>)]
    pub reply_rate: [f64; 2],
    #[schema(value_type = Vec<f64>)]
    pub meeting_rate: [f64; 2],
}

const TARGETS: Targets = Targets { reply_rate: [15.0, 20.0], meeting_rate: [5.0, 10.0] };

impl Prospects {
    pub async fn metrics(
        &self,
        owner: Owner<'_>,
        request: &MetricsRequest,
        now: DateTime<Utc>,
    ) -> Result<Metrics, Error> {
        let mut tx = self.begin(owner).await?;
        let today = now.date_naive();
        let first = outreach_metrics::first_day(&mut tx).await?.unwrap_or(today);
        let (from, to) = (request.from.unwrap_or(first), request.to.unwrap_or(today));
        if from > to {
            return Err(Error::wrong("from", "is after to"));
        }
        let end = to.succ_opt().ok_or_else(|| Error::wrong("to", "is too far away"))?;
        let midnight = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc();
        let span = Span {
            from: midnight(from),
            to: midnight(end),
            segment: request.segment.as_deref(),
            sequence_type: request.sequence_type.as_deref(),
        };
        let groups = outreach_metrics::groups(&mut tx, &span).await?;
        tx.rollback().await?;
        let of = |dimension: &str| -> Vec<Performance> {
            groups.iter().filter(|group| group.dimension == dimension).map(Performance::of).collect()
        };
        let days = u32::try_from((today - first).num_days()).unwrap_or_default();
        let whole = groups.iter().find(|group| group.dimension == "all");
        Ok(Metrics {
            from,
            to,
            totals: whole.map_or_else(|| Performance::none("all"), Performance::of),
            segments: of("segment"),
            sequence_types: of("sequence_type"),
            steps: of("step"),
            variants: of("variant"),
            weeks: of("week"),
            best_performers: ["segment", "sequence_type", "step"].map(|name| best(name, &of(name))).into(),
            experiments: experiments(&groups, days),
            targets: TARGETS,
            machine_events: whole.map_or(0, |group| group.machine_events.unsigned_abs()),
        })
    }
}

impl Performance {
    fn of(group: &Group) -> Self {
        let count = |count: i64| count.unsigned_abs();
        let (sends, people) = (count(group.sends), count(group.people));
        let of = |successes: i64, trials: u64| Measured::of(Rate::new(count(successes), trials));
        Self {
            name: group.value.clone(),
            sends,
            people,
            replies: count(group.replies),
            reply_rate: of(group.replied, people),
            reply_rate_per_send: of(group.replies, sends),
            positive_reply_rate: of(group.positive, people),
            meeting_rate: of(group.meetings, people),
            meeting_rate_per_send: of(group.meetings, sends),
            acceptance_rate: of(group.accepted, people),
            negative_rate: of(group.harmed, people),
        }
    }

    fn none(name: &str) -> Self {
        let nothing = Measured::of(Rate::default());
        Self {
            name: name.to_owned(),
            sends: 0,
            people: 0,
            replies: 0,
            reply_rate: nothing,
            reply_rate_per_send: nothing,
            positive_reply_rate: nothing,
            meeting_rate: nothing,
            meeting_rate_per_send: nothing,
            acceptance_rate: nothing,
            negative_rate: nothing,
        }
    }
}

impl Measured {
    fn of(rate: Rate) -> Self {
        let interval = rate.wilson();
        let round = |share: f64| (share * 10_000.0).round() / 10_000.0;
        Self {
            rate: rate.share().map(round),
            ci_low: round(interval.low),
            ci_high: round(interval.high),
            successes: rate.successes,
            trials: rate.trials,
        }
    }
}

/// The one with the highest reply rate, if it is surely above the others together.
fn best(dimension: &str, groups: &[Performance]) -> Best {
    let rate = |group: &Performance| Rate::new(group.reply_rate.successes, group.reply_rate.trials);
    let top = groups.iter().max_by(|a, b| {
        let share = |group: &Performance| rate(group).share().unwrap_or(-1.0);
        share(a).total_cmp(&share(b)).then_with(|| b.name.cmp(&a.name))
    });
    let none = |explanation: &str| Best {
        dimension: dimension.to_owned(),
        name: None,
        explanation: explanation.to_owned(),
    };
    let Some(top) = top.filter(|_| groups.len() > 1) else {
        return none("there is nothing to compare");
    };
    let rest = groups.iter().filter(|group| group.name != top.name).map(rate);
    let rest = rest.fold(Rate::default(), |sum, rate| Rate {
        successes: sum.successes + rate.successes,
        trials: sum.trials + rate.trials,
    });
    if rate(top).trials < LEAST_PEOPLE || rest.trials < LEAST_PEOPLE {
        return none("too few people for a comparison: 30 on either side are the least");
    }
    let sure = second_is_better(rest, rate(top));
    if sure < SURE {
        return none("the differences may be chance");
    }
    Best {
        dimension: dimension.to_owned(),
        name: Some(top.name.clone()),
        explanation: format!(
            "its reply rate is above the others' with a probability of {:.0} %",
            sure * 100.0
        ),
    }
}

/// Compares the variants of each step, by positive answers.
fn experiments(groups: &[Group], days: u32) -> Vec<Experiment> {
    let mut steps: BTreeMap<&str, Vec<&Group>> = BTreeMap::new();
    for group in groups.iter().filter(|group| group.dimension == "variant") {
        if let Some((step, _)) = group.value.rsplit_once('.') {
            steps.entry(step).or_default().push(group);
        }
    }
    steps
        .into_iter()
        .filter(|(_, arms)| arms.len() > 1)
        .map(|(step, arms)| experiment(step, &arms, days))
        .collect()
}

fn experiment(name: &str, groups: &[&Group], days: u32) -> Experiment {
    let rate =
        |successes: i64, group: &Group| Rate::new(successes.unsigned_abs(), group.people.unsigned_abs());
    let arms: Vec<Arm> = groups
        .iter()
        .map(|group| Arm {
            weight: 1.0,
            outcome: rate(group.positive, group),
            harm: rate(group.harmed, group),
        })
        .collect();
    let names: Vec<String> = groups.iter().map(|group| group.value.clone()).collect();
    let outcomes: Vec<Rate> = arms.iter().map(|arm| arm.outcome).collect();
    // The same until something new is counted.
    let seed = outcomes.iter().fold(u64::from(days), |seed, rate| {
        seed.wrapping_mul(0x100_0001).wrapping_add(rate.successes << 32 | rate.trials)
    });
    let shares = stats::thompson::shares(&outcomes, seed);
    let (verdict, winner, explanation) = match verdict(&arms, days) {
        Verdict::SplitIsOff { p } => {
            ("split_is_off", None, format!("the arms did not get the people they should have (p = {p:.5})"))
        }
        Verdict::Running { lacks } => ("running", None, format!("still lacks {lacks}")),
        Verdict::Better { arm, expected_loss } => {
            let text = format!(
                "choosing it costs {:.3} points at most, as far as one can tell",
                expected_loss * 100.0
            );
            ("better", names.get(arm).cloned(), text)
        }
        Verdict::NoDifference => ("no_difference", None, "eight weeks have shown no difference".to_owned()),
    };
    Experiment {
        name: name.to_owned(),
        verdict: verdict.to_owned(),
        winner,
        explanation,
        next_shares: names.iter().cloned().zip(shares).collect(),
        arms: names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(dimension: &str, value: &str, people: i64, replied: i64) -> Group {
        Group {
            dimension: dimension.into(),
            value: value.into(),
            sends: people * 2,
            people,
            accepted: 0,
            replies: replied,
            replied,
            positive: replied,
            meetings: replied / 2,
            harmed: 0,
            bounced: 0,
            machine_events: 0,
        }
    }

    #[track_caller]
    fn check_best(groups: &[(&str, i64, i64)], expected: Option<&str>) {
        let groups: Vec<Performance> = groups
            .iter()
            .map(|(name, people, replied)| Performance::of(&group("segment", name, *people, *replied)))
            .collect();
        assert_eq!(best("segment", &groups).name.as_deref(), expected);
    }

    #[test]
    fn a_best_one_is_named_only_when_the_numbers_carry_it() {
        check_best(&[("a", 200, 40), ("b", 200, 12)], Some("a"));
        check_best(&[("a", 20, 8), ("b", 200, 12)], None);
        check_best(&[("a", 50, 6), ("b", 50, 5)], None);
        check_best(&[("a", 50, 6)], None);
        check_best(&[], None);
    }

    #[test]
    fn rates_are_of_people_and_of_sends() {
        let found = Performance::of(&group("segment", "a", 100, 20));
        assert_eq!((found.reply_rate.rate, found.reply_rate_per_send.rate), (Some(0.2), Some(0.1)));
        assert_eq!((found.reply_rate.ci_low, found.reply_rate.ci_high), (0.1334, 0.2888));
    }

    #[test]
    fn variants_of_a_step_are_compared() {
        let groups =
            [group("variant", "s.initial_dm.a", 300, 60), group("variant", "s.initial_dm.b", 300, 15)];
        let found = experiments(&groups, 10);
        assert_eq!((found.len(), found[0].winner.as_deref()), (1, Some("s.initial_dm.a")));
        assert!(found[0].next_shares["s.initial_dm.b"] >= 0.1);
        assert_eq!(experiments(&groups, 3)[0].verdict, "running");
        assert_eq!(experiments(&groups[..1], 10).len(), 0);
    }
}
