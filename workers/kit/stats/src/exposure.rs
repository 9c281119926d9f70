//! Whether something that people did at some time goes with what happened to them later, by Mantel and Byar.
//!
//! Who waits longer has more time to do things, so comparing who ever did them favours whoever waited. Here each
//! event is compared with those who were still waiting that day, by what they had done until then.

use crate::survival::Watched;
use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF as _};

/// People who were watched from a common beginning, sorted once, so that many things they did can be tested.
#[derive(Debug, Clone, PartialEq)]
pub struct AtRisk {
    /// Days on which it happened to somebody, rising.
    days: Vec<Day>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Day {
    day: f64,
    happened: f64,
    at_risk: f64,
}

/// One of the people watched, who did the thing on day `since`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Did {
    /// It counts from the day after on.
    pub since: f64,
    /// As they were watched.
    pub until: Watched,
}

/// What was seen against what would be if it made no difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Exposure {
    /// Events of those who had done it by then.
    pub observed: f64,
    pub expected: f64,
    pub variance: f64,
    /// Two-sided; 1 where nothing can be compared.
    pub p: f64,
}

impl Exposure {
    /// Whether those who had done it had more events than expected.
    pub fn is_more(self) -> bool {
        self.observed > self.expected
    }
}

impl AtRisk {
    pub fn new(watched: &[Watched]) -> Self {
        let mut sorted = watched.to_vec();
        sorted.sort_by(|one, other| one.days.total_cmp(&other.days));
        let (mut days, mut left) = (Vec::new(), sorted.len() as f64);
        for day in sorted.chunk_by(|one, other| one.days == other.days) {
            let happened = day.iter().filter(|one| one.happened).count() as f64;
            if happened > 0.0 {
                days.push(Day { day: day[0].days, happened, at_risk: left });
            }
            left -= day.len() as f64;
        }
        Self { days }
    }

    /// The test of one thing; `did` are those of the people watched who did it.
    pub fn effect(&self, did: &[Did]) -> Exposure {
        let mut since: Vec<f64> = Vec::with_capacity(did.len());
        let mut until: Vec<Watched> = Vec::with_capacity(did.len());
        // On or after the last day it never counted.
        for one in did.iter().filter(|one| one.since < one.until.days) {
            since.push(one.since);
            until.push(one.until);
        }
        since.sort_by(f64::total_cmp);
        until.sort_by(|one, other| one.days.total_cmp(&other.days));
        let (mut begun, mut ended) = (0, 0);
        let mut found = Exposure { observed: 0.0, expected: 0.0, variance: 0.0, p: 1.0 };
        for &Day { day, happened, at_risk } in &self.days {
            while since.get(begun).is_some_and(|since| *since < day) {
                begun += 1;
            }
            while until.get(ended).is_some_and(|until| until.days < day) {
                ended += 1;
            }
            let today = until[ended..].iter().take_while(|until| until.days == day);
            found.observed += today.filter(|until| until.happened).count() as f64;
            let with = (begun - ended) as f64 / at_risk;
            found.expected += happened * with;
            if at_risk > 1.0 {
                found.variance += happened * with * (1.0 - with) * (at_risk - happened) / (at_risk - 1.0);
            }
        }
        if found.variance > 0.0 {
            let chi_square = (found.observed - found.expected).powi(2) / found.variance;
            found.p = ChiSquared::new(1.0).map_or(1.0, |distribution| distribution.sf(chi_square));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survival::log_rank;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    fn watched(days: f64, happened: bool) -> Watched {
        Watched { days, happened }
    }

    #[test]
    fn what_was_done_before_the_beginning_makes_it_the_log_rank_test() {
        let one: Vec<Watched> = [2.0, 4.0, 6.0, 8.0, 14.0, 14.0, 14.0, 14.0]
            .iter()
            .map(|&days| watched(days, days < 14.0))
            .collect();
        let other: Vec<Watched> = [5.0, 9.0, 14.0, 14.0, 14.0, 14.0, 14.0, 14.0]
            .iter()
            .map(|&days| watched(days, days < 14.0))
            .collect();
        let did: Vec<Did> = one.iter().map(|&until| Did { since: 0.0, until }).collect();
        let found = AtRisk::new(&[one.clone(), other.clone()].concat()).effect(&did);
        // Statistics 4.9.
        assert!((found.observed - 4.0).abs() < 1e-9 && (found.expected - 2.63708).abs() < 5e-5, "{found:?}");
        assert!((found.variance - 1.46677).abs() < 5e-5, "{found:?}");
        assert!((found.p - log_rank(&one, &other).p).abs() < 1e-9, "{found:?}");
        assert!(found.is_more());
    }

    #[test]
    fn a_sweep_counts_as_looking_at_everybody_on_every_day_does() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for _ in 0..50 {
            let people: Vec<(Watched, Option<f64>)> = (0..40)
                .map(|_| {
                    let until = watched(f64::from(random.random_range(1..20)), random.random_bool(0.5));
                    (until, random.random_bool(0.6).then(|| f64::from(random.random_range(0..20))))
                })
                .collect();
            let all: Vec<Watched> = people.iter().map(|one| one.0).collect();
            let did: Vec<Did> =
                people.iter().filter_map(|&(until, since)| since.map(|since| Did { since, until })).collect();
            let found = AtRisk::new(&all).effect(&did);
            let (mut observed, mut expected) = (0.0, 0.0);
            for (event, since) in people.iter().filter(|one| one.0.happened) {
                let there = people.iter().filter(|one| one.0.days >= event.days);
                let with = there.clone().filter(|one| one.1.is_some_and(|since| since < event.days)).count();
                observed += f64::from(u8::from(since.is_some_and(|since| since < event.days)));
                expected += with as f64 / there.count() as f64;
            }
            assert!((found.observed - observed).abs() < 1e-9, "{found:?} {observed}");
            assert!((found.expected - expected).abs() < 1e-9, "{found:?} {expected}");
        }
    }

    #[test]
    fn waiting_longer_proves_nothing() {
        // Everybody does it sooner or later while waiting, and it changes nothing. Whoever waits has done it.
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let (mut called, mut naive) = (0, 0);
        for _ in 0..200 {
            let people: Vec<(Watched, f64)> = (0..200)
                .map(|_| {
                    let event = -random.random::<f64>().ln() * 10.0;
                    let until = watched(event.min(12.0), event < 12.0);
                    (until, -random.random::<f64>().ln() * 8.0)
                })
                .collect();
            let all: Vec<Watched> = people.iter().map(|one| one.0).collect();
            let did: Vec<Did> = people.iter().map(|&(until, since)| Did { since, until }).collect();
            called += u32::from(AtRisk::new(&all).effect(&did).p < 0.05);
            let (ever, never): (Vec<_>, Vec<_>) = people.iter().partition(|one| one.1 < one.0.days);
            let of = |group: &[&(Watched, f64)]| group.iter().map(|one| one.0).collect::<Vec<_>>();
            let of = |group: Vec<(Watched, f64)>| of(&group.iter().collect::<Vec<_>>());
            naive += u32::from(log_rank(&of(ever), &of(never)).p < 0.05);
        }
        assert!(called <= 18, "{called} of 200");
        assert!(naive > 150, "the test that it replaces is fooled: {naive}");
    }

    #[test]
    fn nothing_to_compare_is_no_difference() {
        let all = [watched(3.0, true), watched(5.0, false)];
        assert_eq!(AtRisk::new(&all).effect(&[]).p, 1.0);
        assert_eq!(AtRisk::new(&[]).effect(&[]).p, 1.0);
        let everybody: Vec<Did> = all.iter().map(|&until| Did { since: 0.0, until }).collect();
        assert_eq!(AtRisk::new(&all).effect(&everybody).p, 1.0);
    }
}
