//! How many months a transition takes: of those who made it, and with those respected who may still make it.

use crate::figure::{median, rounded, whole};
use crate::pattern::MonthsStats;
use stats::anonymity::{LEAST, may_be_told};
use stats::conformal;
use stats::survival::{self, Step, Watched};

/// Of fewer than this the ends of the distribution are single persons (X52).
const FEW: usize = 10;
/// Of fewer people the end of a curve says nothing, unless no more than this share was lost before it.
const LEAST_WATCHED: usize = 20;
const LOST: f64 = 0.2;
/// How far off predictions are is known from so many.
const LEAST_ERRORS: usize = 20;

/// What is told of the time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Months {
    pub(crate) average: u32,
    pub(crate) median: u32,
    pub(crate) fastest: u32,
    pub(crate) stats: MonthsStats,
}

/// `older` and `newer` are the months of those who levelled up, by when they did; `watched` is everybody in the tier, in
/// months. None of fewer than five.
pub(crate) fn months(older: &[f64], newer: &[f64], watched: &[Watched]) -> Option<Months> {
    let mut levelled = [older, newer].concat();
    if (levelled.len() as u64) < LEAST {
        return None;
    }
    levelled.sort_by(f64::total_cmp);
    let average = levelled.iter().sum::<f64>() / levelled.len() as f64;
    let middle = median(&levelled).unwrap_or_default();
    let curve = survival::curve(watched);
    let known = horizon(&curve, watched);
    let quantile = |share: f64| {
        if levelled.len() < FEW {
            return if share == 0.5 { middle } else { fitted(&levelled, share) };
        }
        // Behind the horizon a step is one of few people, and may be as high as all the others together.
        let all = known.map_or_else(|| curve.last().map_or(0.0, |step| step.share), |step| step.share);
        survival::quantile(&curve, share * all).unwrap_or(middle)
    };
    let [p10, p25, p50, p75, p90] = [0.10, 0.25, 0.50, 0.75, 0.90].map(|share| whole(quantile(share)));
    let fastest = if levelled.len() < FEW { p10 } else { levelled.first().copied().map_or(p10, whole) };
    let stats = MonthsStats {
        n: levelled.len() as u64,
        p10,
        p25,
        p50,
        p75,
        p90,
        eventual_rate: known.map(|step| rounded(step.share, 2)),
        median_all: known
            .and_then(|known| survival::quantile(&curve, 0.5).filter(|months| *months <= known.days))
            .map(whole),
        error_80: error(older, newer),
        of: levelled.len() as u64,
        earlier: Vec::new(),
    };
    Some(Months { average: whole(average), median: whole(middle), fastest, stats })
}

/// The last step that stands for all: twenty are still watched, or few were lost before. None of too few, and where those
/// who have not levelled up are too few to be told of.
fn horizon(curve: &[Step], watched: &[Watched]) -> Option<Step> {
    let mut open: Vec<f64> = watched.iter().filter(|one| !one.happened).map(|one| one.days).collect();
    open.sort_by(f64::total_cmp);
    let all = watched.len();
    if all < LEAST_WATCHED || !may_be_told((all - open.len()) as u64, all as u64, LEAST) {
        return None;
    }
    let lost = |step: &Step| open.partition_point(|months| *months < step.days) as f64;
    curve
        .iter()
        .rfind(|step| step.at_risk >= LEAST_WATCHED as f64 || lost(step) <= all as f64 * LOST)
        .copied()
}

/// A quantile of few, by the lognormal distribution with their mean and deviation: it is nobody's own time.
fn fitted(months: &[f64], share: f64) -> f64 {
    let logs: Vec<f64> = months.iter().map(|months| months.max(0.1).ln()).collect();
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let deviation = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    let at = match share {
        0.10 => -1.281_551_6,
        0.25 => -0.674_489_8,
        0.75 => 0.674_489_8,
        _ => 1.281_551_6,
    };
    (mean + at * deviation).exp()
}

/// By how large a share of it the median of the older ones was off for four of five newer ones.
fn error(older: &[f64], newer: &[f64]) -> Option<f64> {
    if newer.len() < LEAST_ERRORS {
        return None;
    }
    let mut sorted = older.to_vec();
    sorted.sort_by(f64::total_cmp);
    let predicted = median(&sorted).filter(|predicted| *predicted > 0.0)?;
    let errors: Vec<f64> = newer.iter().map(|months| (months - predicted).abs() / predicted).collect();
    conformal::bound(&errors, 0.8).map(|error| (error * 100.0).ceil() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(levelled: &[f64], open: &[f64]) -> Vec<Watched> {
        let of = |days: &f64, happened| Watched { days: *days, happened };
        let open = open.iter().map(|days| of(days, false));
        levelled.iter().map(|days| of(days, true)).chain(open).collect()
    }

    #[test]
    fn whole_months_are_told_as_the_source_document_does() {
        let levelled: Vec<f64> = (0..47).map(|place| 6.0 + f64::from(place) * 8.0 / 46.0).collect();
        let found = months(&levelled, &[], &watched(&levelled, &[60.0; 20])).unwrap();
        assert_eq!((found.average, found.median, found.fastest), (10, 10, 6));
        let stats = found.stats;
        assert_eq!((stats.p10, stats.p25, stats.p50, stats.p75, stats.p90), (7, 8, 10, 12, 13));
        assert_eq!((stats.n, stats.eventual_rate, stats.median_all), (47, Some(0.7), Some(12)));
    }

    #[test]
    fn who_may_still_level_up_is_no_proof_of_speed() {
        // Most were followed for eight months only: those who took longer are few, and stand for more.
        let levelled: Vec<f64> = (0..60).map(|place| 2.0 + f64::from(place % 30) / 2.0).collect();
        let early: Vec<f64> = levelled.iter().copied().filter(|months| *months < 8.0).collect();
        let late = [levelled.as_slice(), &early, &early].concat();
        let found = months(&late, &[], &watched(&late, &[8.0; 60])).unwrap();
        assert!(f64::from(found.stats.p50) > f64::from(found.median), "{found:?}");
    }

    #[test]
    fn one_who_took_very_long_moves_nobody_else() {
        let mut levelled: Vec<f64> = (0..40).map(|place| 6.0 + f64::from(place) * 8.0 / 39.0).collect();
        let before = months(&levelled, &[], &watched(&levelled, &[24.0; 60])).unwrap().stats;
        levelled.push(60.0);
        let after = months(&levelled, &[], &watched(&levelled, &[24.0; 60])).unwrap().stats;
        assert_eq!((before.p50, before.p75, before.p90), (after.p50, after.p75, after.p90));
    }

    #[test]
    fn the_ends_of_few_are_nobodys_own_time() {
        let levelled = [5.0, 9.0, 10.0, 11.0, 40.0];
        let found = months(&levelled, &[], &watched(&levelled, &[])).unwrap();
        assert_eq!((found.average, found.median), (15, 10));
        assert_eq!((found.stats.p10, found.stats.p90, found.fastest), (4, 30, 4));
        assert_eq!((found.stats.eventual_rate, found.stats.median_all), (None, None));
    }

    #[test]
    fn errors_are_those_on_level_ups_that_came_later() {
        let older = [10.0; 50];
        let newer: Vec<f64> = (1..=24).map(|place| 10.0 + f64::from(place) / 10.0).collect();
        let found = months(&older, &newer, &watched(&[older.as_slice(), &newer].concat(), &[])).unwrap();
        assert_eq!(found.stats.error_80, Some(0.2));
        assert_eq!(months(&older, &newer[..19], &watched(&older, &[])).unwrap().stats.error_80, None);
    }
}
