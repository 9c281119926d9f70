//! WHEN: at which times messages go out that lead to bookings, after how many touches, and how long it takes.

use crate::card::FALSE_DISCOVERIES;
use crate::case::{Case, Symbol};
use crate::counts::{Clock, Counts};
use crate::fact::{Base, Fact, List};
use crate::tally::{Named, Told};
use crate::timing::{LAST_TOUCH, quantile, shares};
use patterns::card::rounded;
use patterns::{DAYS, Day, Hazard, Hour, Recommendation, Time, Timing, TouchShare, Verdict};
use stats::{homogeneity, survival};
use std::collections::BTreeMap;

const HOURS: u32 = 24;
/// The hours of a week, from Monday on.
pub(crate) const WEEK: Symbol = 7 * HOURS;
/// OE's hours: without better knowledge they are as good as any.
const USUAL_HOURS: [u32; 2] = [9, 14];
/// How many days and hours are recommended.
const MOST: usize = 3;

pub(crate) fn facts(case: &Case<'_>, clock: Clock, tell: &mut impl FnMut(Fact)) {
    for (place, touch) in case.until_booking().iter().enumerate() {
        if !clock.is_mature(touch.at) {
            continue;
        }
        // Channels go out at times of their own, so times are compared among messages of the same channel.
        let mut tell = |list, symbol| tell(Fact::Group(list, symbol, touch.channel, touch.converting));
        tell(List::Time, Symbol::from(touch.day.saturating_sub(1)) * HOURS + Symbol::from(touch.hour));
        tell(List::TouchNumber, Symbol::try_from(place.min(LAST_TOUCH - 1) + 1).unwrap_or(0));
    }
}

/// The day and the hour of an hour of the week.
pub(crate) fn groups(time: Symbol, mut tell: impl FnMut(List, Symbol)) {
    tell(List::Day, time / HOURS + 1);
    tell(List::Hour, time % HOURS);
}

pub(crate) fn label(list: List, symbol: Symbol) -> String {
    match list {
        List::Day => DAYS.get((symbol as usize).wrapping_sub(1)).map_or("", |name| name).to_owned(),
        _ => symbol.to_string(),
    }
}

fn told<'a>(counts: &'a Counts, run_id: &'a str, query: &'a str, least: u64) -> Told<'a> {
    Told { query, denominator: "messages", all: counts.base(Base::Messages), least, run_id, circle: None }
}

pub(crate) fn days(counts: &Counts, run_id: &str, least: u64) -> Vec<Day> {
    let ranked = counts
        .tally(List::Day)
        .ranked(told(counts, run_id, "when.day", least), |symbol| label(List::Day, symbol));
    ranked
        .into_iter()
        .map(|named| Day { day: named.label, day_index: named.symbol, card: named.card })
        .collect()
}

pub(crate) fn hours(counts: &Counts, run_id: &str, least: u64) -> Vec<Hour> {
    let told = Told { circle: Some(HOURS), ..told(counts, run_id, "when.hour", least) };
    let ranked = counts.tally(List::Hour).ranked(told, |symbol| label(List::Hour, symbol));
    ranked.into_iter().map(|named| Hour { hour: named.symbol, card: named.card }).collect()
}

/// Statistics 4.7: the hours of the week lie in a circle, the hour after Sunday's last is Monday's first. The highest
/// rate first.
pub(crate) fn times(counts: &Counts, run_id: &str, least: u64) -> Vec<Time> {
    let told = Told { circle: Some(WEEK), ..told(counts, run_id, "when.time", least) };
    let named = counts.tally(List::Time).named(told, |symbol| label(List::Time, symbol));
    let time = |Named { symbol, card, .. }: Named| Time {
        day: label(List::Day, symbol / HOURS + 1),
        day_index: symbol / HOURS + 1,
        hour: symbol % HOURS,
        sample: card.sample,
        converted: card.converted,
        rate_shrunk: card.rate_shrunk,
    };
    let mut times: Vec<Time> = named.into_iter().map(time).collect();
    times.sort_by(|one, other| other.rate_shrunk.total_cmp(&one.rate_shrunk));
    times
}

/// Statistics 4.7: only when all of them together differ by more than chance is any of them recommended.
pub(crate) fn recommendation(counts: &Counts, seed: u64, days: &[Day], hours: &[Hour]) -> Recommendation {
    let rates = |list: List, symbols: std::ops::Range<Symbol>| -> Vec<stats::Rate> {
        symbols.map(|symbol| counts.tally(list).cells(symbol).rate()).collect()
    };
    let days_p = homogeneity::p_value(&rates(List::Day, 1..8), seed);
    let hours_p = homogeneity::p_value(&rates(List::Hour, 0..HOURS), seed);
    let better = |verdict: Verdict, p: f64| verdict == Verdict::Better && p <= FALSE_DISCOVERIES;
    let best_days = days.iter().filter(|day| better(day.card.verdict, days_p)).take(MOST);
    let mut best_hours: Vec<u32> = hours
        .iter()
        .filter(|hour| better(hour.card.verdict, hours_p))
        .take(MOST)
        .map(|hour| hour.hour)
        .collect();
    if best_hours.is_empty() {
        best_hours = USUAL_HOURS.to_vec();
    }
    Recommendation {
        days_p: crate::card::significant(days_p),
        hours_p: crate::card::significant(hours_p),
        days: best_days.map(|day| day.day.clone()).collect(),
        hours: best_hours,
    }
}

/// CI-107: of all bookings, the share after each touch. And whether the likeliest touch is better than the others for
/// those who got it.
pub(crate) fn touches(
    counts: &Counts,
    run_id: &str,
    seed: u64,
    least: u64,
) -> (BTreeMap<String, f64>, Vec<Hazard>, Verdict) {
    let bookings = &counts.timings.converting_touch;
    let last = bookings.iter().rposition(|count| *count > 0).map_or(0, |place| place + 1);
    let shares = shares(&bookings[..last]).into_iter().enumerate();
    let shares: BTreeMap<String, f64> =
        shares.map(|(place, share)| (format!("touch_{}", place + 1), share)).collect();
    let mut named = counts
        .tally(List::TouchNumber)
        .named(told(counts, run_id, "when.touch", least), |symbol| label(List::TouchNumber, symbol));
    named.sort_by_key(|named| named.symbol);
    let rates: Vec<stats::Rate> =
        named.iter().map(|named| stats::Rate::new(named.card.converted, named.card.sample)).collect();
    let differ = homogeneity::p_value(&rates, seed) <= FALSE_DISCOVERIES;
    let likeliest = bookings.iter().enumerate().rev().max_by_key(|(_, count)| **count);
    let is_better = |named: &Named| {
        named.card.verdict == Verdict::Better
            && likeliest.is_some_and(|(place, _)| named.symbol as usize == place + 1)
    };
    let verdict =
        if differ && named.iter().any(is_better) { Verdict::Better } else { Verdict::NotDistinguishable };
    let hazards = named.into_iter().map(|named| Hazard { touch: named.symbol, card: named.card }).collect();
    (shares, hazards, verdict)
}

/// CI-105: the median of days between touches among those who booked; said of five or more.
pub(crate) fn gaps(counts: &Counts, least: u64) -> BTreeMap<String, u32> {
    let all = counts.timings.gaps.iter().enumerate();
    let known = all.filter(|(_, gaps)| gaps.iter().sum::<u64>() >= least);
    known
        .filter_map(|(place, gaps)| {
            let days = u32::try_from(quantile(gaps, 0.5)?).ok()?;
            Some((format!("touch_{}_to_{}", place + 1, place + 2), days))
        })
        .collect()
}

/// Statistics 4.7: the same shares with how well they are known.
pub(crate) fn touch_shares(counts: &Counts) -> Vec<TouchShare> {
    let shares = stats::shares::shares(&counts.timings.converting_touch);
    let of = |(touch, one): (u32, stats::shares::Share)| TouchShare {
        touch,
        share: rounded(one.share, 4),
        low: rounded(one.low, 4),
        high: rounded(one.high, 4),
        most: rounded(one.largest, 3),
    };
    (1..).zip(shares).map(of).collect()
}

/// CI-106, statistics 4.9: among those who booked, and of all who were contacted.
pub(crate) fn timing(counts: &Counts) -> Timing {
    let (booked, days, touches) = (&counts.timings.booked_after, counts.timings.days, counts.timings.touches);
    if days.n == 0 {
        return Timing::default();
    }
    let at = |share: f64| quantile(booked, share).and_then(|day| u32::try_from(day).ok());
    let by_day: Vec<survival::Day> = booked
        .iter()
        .zip(&counts.timings.watched_for)
        .enumerate()
        .filter(|(_, (booked, watched))| **booked + **watched > 0)
        .map(|(day, (booked, watched))| survival::Day {
            days: day as f64,
            happened: *booked as f64,
            ended: (*booked + *watched) as f64,
        })
        .collect();
    let curve = survival::curve_by_day(&by_day);
    let horizon = survival::horizon(&curve);
    Timing {
        avg_days_to_convert: Some(rounded(days.value(), 1)),
        median_days_to_convert: at(0.5),
        percentile_50: at(0.5),
        percentile_80: at(0.8),
        percentile_95: at(0.95),
        avg_touches_to_convert: (touches.n > 0).then(|| rounded(touches.value(), 1)),
        eventual_rate: horizon.map(|step| rounded(step.share, 4)),
        eventual_rate_error: horizon.map(|step| rounded(step.error, 4)),
        horizon_days: horizon.map(|step| step.days),
        eventual_rate_cure: survival::cure_by_day(&by_day).map(|cure| rounded(cure.eventual, 4)),
        median_days_all: survival::quantile(&curve, 0.5),
    }
}
