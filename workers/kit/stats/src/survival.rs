//! How long it takes when not everybody is done yet: who has not converted so far may still do so.

use crate::Rate;
use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF as _};

const ROUNDS: usize = 10_000;
const STILL: f64 = 1e-12;

/// How long somebody was watched, in days, and whether it happened at the end of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Watched {
    pub days: f64,
    pub happened: bool,
}

/// What has happened up to a day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    pub days: f64,
    /// The share of people to whom it has happened by then.
    pub share: f64,
    /// Greenwood's standard error of the share.
    pub error: f64,
    /// How many were still watched, and it had not happened to them.
    pub at_risk: f64,
}

/// A day on which it happened to somebody, or on which watching somebody ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    pub days: f64,
    /// To how many it happened.
    pub happened: f64,
    /// For how many watching ended, for whatever reason.
    pub ended: f64,
}

/// The curve of Kaplan and Meier: a step for each day on which it happened.
pub fn curve(watched: &[Watched]) -> Vec<Step> {
    let days = days(watched);
    let by_day = days.into_iter().map(|(days, happened, ended)| Day { days, happened, ended });
    curve_by_day(&by_day.collect::<Vec<_>>())
}

/// The same of people that have been counted by day; the days rise.
pub fn curve_by_day(by_day: &[Day]) -> Vec<Step> {
    let mut at_risk: f64 = by_day.iter().map(|day| day.ended).sum();
    let (mut left, mut greenwood) = (1.0, 0.0);
    let mut steps = Vec::new();
    for &Day { days, happened, ended } in by_day {
        if happened > 0.0 {
            left *= 1.0 - happened / at_risk;
            if at_risk > happened {
                greenwood += happened / (at_risk * (at_risk - happened));
            }
            steps.push(Step { days, share: 1.0 - left, error: left * greenwood.sqrt(), at_risk });
        }
        at_risk -= ended;
    }
    steps
}

/// Of fewer people the end of a curve says nothing: one of two would be half of all.
const LEAST_AT_RISK: f64 = 20.0;

/// The last step at which enough people were watched, twenty and one of twenty of all.
pub fn horizon(curve: &[Step]) -> Option<Step> {
    let all = curve.first()?.at_risk;
    curve.iter().rfind(|step| step.at_risk >= LEAST_AT_RISK.max(all / 20.0)).copied()
}

/// The first day by which it has happened to this share of people; none if that has not been seen.
pub fn quantile(curve: &[Step], share: f64) -> Option<f64> {
    // What rounding leaves below a share that is reached exactly.
    curve.iter().find(|step| step.share >= share - 1e-12).map(|step| step.days)
}

/// Days in order, with to how many it happened then, and for how many watching ended.
fn days(watched: &[Watched]) -> Vec<(f64, f64, f64)> {
    let mut sorted = watched.to_vec();
    sorted.sort_by(|one, other| one.days.total_cmp(&other.days));
    let mut days: Vec<(f64, f64, f64)> = Vec::new();
    for one in sorted {
        let happened = f64::from(u8::from(one.happened));
        match days.last_mut() {
            Some(last) if last.0 == one.days => {
                last.1 += happened;
                last.2 += 1.0;
            }
            _ => days.push((one.days, happened, 1.0)),
        }
    }
    days
}

/// Whether it takes two groups as long.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LogRank {
    pub chi_square: f64,
    pub p: f64,
}

/// The log-rank test; p is 1 when there is nothing to compare.
pub fn log_rank(one: &[Watched], other: &[Watched]) -> LogRank {
    let (mut at_risk_one, mut at_risk_other) = (one.len() as f64, other.len() as f64);
    let (of_one, of_other) = (days(one), days(other));
    let mut times: Vec<f64> = of_one.iter().chain(&of_other).map(|day| day.0).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let at = |days: &[(f64, f64, f64)], time: f64| {
        days.binary_search_by(|day| day.0.total_cmp(&time)).map_or((0.0, 0.0), |place| {
            let (_, happened, ended) = days[place];
            (happened, ended)
        })
    };
    let (mut seen, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for time in times {
        let ((happened_one, ended_one), (happened_other, ended_other)) =
            (at(&of_one, time), at(&of_other, time));
        let (all, happened) = (at_risk_one + at_risk_other, happened_one + happened_other);
        seen += happened_one;
        expected += happened * at_risk_one / all;
        if all > 1.0 {
            variance +=
                happened * (at_risk_one / all) * (at_risk_other / all) * (all - happened) / (all - 1.0);
        }
        at_risk_one -= ended_one;
        at_risk_other -= ended_other;
    }
    if variance <= 0.0 {
        return LogRank { chi_square: 0.0, p: 1.0 };
    }
    let chi_square = (seen - expected).powi(2) / variance;
    LogRank { chi_square, p: ChiSquared::new(1.0).map_or(1.0, |distribution| distribution.sf(chi_square)) }
}

/// Some will never convert; of the others each day the same share does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cure {
    /// The share of people to whom it happens in the end.
    pub eventual: f64,
    /// Of those, the share per day, as a rate.
    pub per_day: f64,
}

/// The exponential mixture cure model, fitted by expectation and maximisation; none when it happened to nobody.
pub fn cure(watched: &[Watched]) -> Option<Cure> {
    let by_day = days(watched).into_iter().map(|(days, happened, ended)| Day { days, happened, ended });
    cure_by_day(&by_day.collect::<Vec<_>>())
}

/// The same of people that have been counted by day.
pub fn cure_by_day(by_day: &[Day]) -> Option<Cure> {
    let happened: f64 = by_day.iter().map(|day| day.happened).sum();
    let days: f64 = by_day.iter().map(|day| day.days * day.ended).sum();
    if happened == 0.0 || days <= 0.0 {
        return None;
    }
    let n: f64 = by_day.iter().map(|day| day.ended).sum();
    let mut cure = Cure { eventual: (happened / n).max(0.5), per_day: happened / days };
    for _ in 0..ROUNDS {
        let (mut whole, mut weighted) = (0.0, 0.0);
        for one in by_day {
            let waits = cure.eventual * (-cure.per_day * one.days).exp();
            let open = waits / (1.0 - cure.eventual + waits);
            let weight = one.happened + (one.ended - one.happened) * open;
            whole += weight;
            weighted += weight * one.days;
        }
        if weighted <= 0.0 {
            return None;
        }
        let next = Cure { eventual: whole / n, per_day: happened / weighted };
        let moved = (next.eventual - cure.eventual).abs().max((next.per_day - cure.per_day).abs());
        cure = next;
        if moved < STILL {
            break;
        }
    }
    Some(cure)
}

/// At each touch, those to whom it happened of those who were reached, and not their share of all successes.
pub fn hazard(reached: &[u64], happened: &[u64]) -> Vec<Rate> {
    reached.iter().zip(happened).map(|(&reached, &happened)| Rate::new(happened, reached)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(happened: &[f64], open: &[f64]) -> Vec<Watched> {
        let of = |days: &[f64], happened| days.iter().map(move |&days| Watched { days, happened }).collect();
        let mut all: Vec<Watched> = of(happened, true);
        all.extend::<Vec<_>>(of(open, false));
        all
    }

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
    }

    #[test]
    fn the_last_one_of_few_is_not_the_end_of_all() {
        // Forty were watched for ten days, three for a year; the last of these booked.
        let mut watched = people(&[5.0, 5.0, 5.0, 5.0, 300.0], &[]);
        watched.extend(people(&[], &[10.0; 36]));
        let curve = curve(&watched);
        assert_eq!(curve.last().unwrap().share, 1.0);
        let horizon = horizon(&curve).unwrap();
        close(horizon.share, 4.0 / 41.0);
        assert_eq!((horizon.days, horizon.at_risk), (5.0, 41.0));
        assert_eq!(super::horizon(&super::curve(&people(&[1.0, 2.0], &[3.0]))), None);
    }

    #[test]
    fn who_is_still_open_counts_until_then() {
        let curve = curve(&people(&[3.0, 5.0, 8.0, 12.0, 12.0], &[5.0, 10.0, 15.0, 20.0, 20.0]));
        let at = |days: f64| *curve.iter().find(|step| step.days == days).unwrap();
        close(at(3.0).share, 0.1);
        close(at(5.0).share, 0.2);
        close(at(8.0).share, 0.3143);
        close(at(12.0).share, 0.5886);
        close(at(12.0).error, 0.1756);
        assert_eq!(quantile(&curve, 0.2), Some(5.0));
        assert_eq!(quantile(&curve, 0.5), Some(12.0));
        assert_eq!(quantile(&curve, 0.6), None);
    }

    #[test]
    fn two_curves_are_compared() {
        let one = people(&[2.0, 4.0, 6.0, 8.0], &[14.0; 4]);
        let other = people(&[5.0, 9.0], &[14.0; 6]);
        let found = log_rank(&one, &other);
        close(found.chi_square, 1.2664);
        close(found.p, 0.2604);
        close(log_rank(&other, &one).p, found.p);
        assert_eq!(log_rank(&one, &[]).p, 1.0);
    }

    #[test]
    fn young_ones_do_not_count_as_failures() {
        let mut all = people(&[2.0, 3.0, 5.0, 8.0, 11.0], &[4.0; 15]);
        all.extend(people(&[], &[40.0; 20]));
        let found = cure(&all).unwrap();
        close(found.eventual, 0.16273);
        close(found.per_day, 0.14069);
        close(curve(&all).last().unwrap().share, 0.17391);
        assert_eq!(cure(&people(&[], &[4.0])), None);
    }

    #[test]
    fn a_late_touch_is_not_worse_because_fewer_get_it() {
        let found = hazard(&[1000, 900, 780, 650, 520, 400], &[7, 13, 25, 20, 16, 8]);
        for (rate, expected) in found.iter().zip([0.0070, 0.0144, 0.0321, 0.0308, 0.0308, 0.0200]) {
            close(rate.share().unwrap(), expected);
        }
        close(found[2].wilson().low, 0.0218);
        close(found[2].wilson().high, 0.0469);
    }
}
