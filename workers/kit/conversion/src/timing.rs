//! How long things took, as counts by day, by touch and by length: bounded, however many cases there are.

use crate::case::{Case, Outcome};
use crate::counts::{Clock, DAY};
use crate::words::Content;
use stats::Rate;

/// Later days count as this one.
const LAST_DAY: usize = 730;
const LONGEST_GAP: usize = 90;
/// Later touches count as this one.
pub(crate) const LAST_TOUCH: usize = 9;
const LONGEST: usize = 1_000;

/// What is counted of times and lengths.
#[derive(Debug)]
pub(crate) struct Timings {
    /// Of bookings, by the touch that led to them, from the first.
    pub(crate) converting_touch: [u64; LAST_TOUCH],
    /// Of the same bookings, touches up to them.
    pub(crate) touches: Mean,
    /// Of all bookings, days from the first touch.
    pub(crate) days: Mean,
    /// Days between one touch and the next among those who booked, by the place of the first of both.
    pub(crate) gaps: Vec<Vec<u64>>,
    /// Days from the first touch to the booking.
    pub(crate) booked_after: Vec<u64>,
    /// Days from the first touch to now, or to the end, of those who have not booked.
    pub(crate) watched_for: Vec<u64>,
    /// By which channel the answer came.
    pub(crate) answered_by: [u64; crate::case::CHANNELS.len()],
    pub(crate) lengths: Lengths,
}

/// A mean in the making.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mean {
    pub(crate) n: u64,
    sum: f64,
    squares: f64,
}

impl Mean {
    fn count(&mut self, value: f64) {
        self.n += 1;
        self.sum += value;
        self.squares += value * value;
    }

    pub(crate) fn value(self) -> f64 {
        self.sum / self.n as f64
    }

    /// The standard error.
    pub(crate) fn error(self) -> f64 {
        let n = self.n as f64;
        ((self.squares - self.sum * self.sum / n).max(0.0) / (n - 1.0) / n).sqrt()
    }
}

/// Lengths of messages by channel.
#[derive(Debug)]
pub(crate) struct Lengths {
    pub(crate) channels: [Histogram; 3],
}

impl Lengths {
    pub(crate) const EMAIL: usize = 0;
    pub(crate) const LINKEDIN: usize = 1;
    pub(crate) const SMS: usize = 2;

    /// Counts messages that are alike, and how many of them led to a booking.
    pub(crate) fn count(&mut self, content: &Content, rate: Rate) {
        let channel = usize::from(content.channel);
        let Some(histogram) = self.channels.get_mut(channel) else { return };
        let length = if channel == Self::SMS { content.features.chars } else { content.features.words };
        // Of some only the subject is known.
        if length > 0 {
            histogram.count(length, rate);
        }
    }
}

/// How many messages of each length there were, and how many of those led to a booking.
#[derive(Debug)]
pub(crate) struct Histogram {
    counts: Vec<Rate>,
    /// Lengths that are counted together.
    step: usize,
}

impl Histogram {
    fn new(step: usize) -> Self {
        Self { counts: vec![Rate::default(); LONGEST + 1], step }
    }

    fn count(&mut self, length: u32, rate: Rate) {
        let count = &mut self.counts[(length as usize).min(LONGEST)];
        *count = count.and(rate);
    }

    fn sum(&self, lengths: std::ops::Range<usize>) -> Rate {
        self.counts[lengths].iter().copied().fold(Rate::default(), Rate::and)
    }

    pub(crate) fn all(&self) -> Rate {
        self.sum(0..self.counts.len())
    }

    /// The length up to which this share of the messages that booked goes.
    pub(crate) fn quantile(&self, share: f64) -> Option<u32> {
        let booked: Vec<u64> = self.counts.iter().map(|rate| rate.successes).collect();
        quantile(&booked, share).and_then(|length| u32::try_from(length).ok())
    }

    /// Rates by steps of length.
    pub(crate) fn bins(&self) -> Vec<Rate> {
        (0..self.counts.len())
            .step_by(self.step)
            .map(|from| self.sum(from..(from + self.step).min(self.counts.len())))
            .filter(|rate| rate.trials > 0)
            .collect()
    }

    /// The rate within these lengths, both counted in, and that of all others.
    pub(crate) fn within(&self, low: u32, high: u32) -> (Rate, Rate) {
        let inside = self.sum(low as usize..high as usize + 1);
        let all = self.all();
        (inside, Rate::new(all.successes - inside.successes, all.trials - inside.trials))
    }
}

/// The lowest place up to which this share of the counts goes; none when there are none.
pub(crate) fn quantile(counts: &[u64], share: f64) -> Option<usize> {
    let all: u64 = counts.iter().sum();
    let wanted = ((all as f64 * share).ceil() as u64).max(1);
    let mut below = 0;
    counts
        .iter()
        .position(|count| {
            below += count;
            below >= wanted
        })
        .filter(|_| all > 0)
}

/// Shares with two decimals that add up to 1: what is left over goes to the largest remainders.
pub(crate) fn shares(counts: &[u64]) -> Vec<f64> {
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return vec![0.0; counts.len()];
    }
    let mut hundredths: Vec<u64> = counts.iter().map(|count| count * 100 / all).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&place| std::cmp::Reverse(counts[place] * 100 % all));
    let left = 100 - hundredths.iter().sum::<u64>();
    order.into_iter().take(usize::try_from(left).unwrap_or(0)).for_each(|place| hundredths[place] += 1);
    hundredths.into_iter().map(|hundredths| hundredths as f64 / 100.0).collect()
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            converting_touch: [0; LAST_TOUCH],
            touches: Mean::default(),
            days: Mean::default(),
            gaps: vec![vec![0; LONGEST_GAP + 1]; LAST_TOUCH - 1],
            booked_after: vec![0; LAST_DAY + 1],
            watched_for: vec![0; LAST_DAY + 1],
            answered_by: [0; crate::case::CHANNELS.len()],
            lengths: Lengths { channels: [Histogram::new(25), Histogram::new(10), Histogram::new(20)] },
        }
    }
}

impl Timings {
    pub(crate) fn count(&mut self, case: &Case<'_>, clock: Clock) {
        let Some(first) = case.first_touch() else { return };
        let days = |from: i64, to: i64| usize::try_from((to - from).max(0) / DAY).unwrap_or(0);
        if case.lead.outcome != Outcome::Booked {
            // Who has said no is watched on: they will not book, and that is known.
            self.watched_for[days(first, clock.now).min(LAST_DAY)] += 1;
            return;
        }
        let Some(place) = case.converting() else { return };
        // Of some nobody knows when.
        if let Some(booked_at) = case.lead.converted_at {
            self.booked_after[days(first, booked_at).min(LAST_DAY)] += 1;
            self.days.count((booked_at - first).max(0) as f64 / DAY as f64);
        }
        if !clock.is_mature(case.touches[place].at) {
            return;
        }
        self.converting_touch[place.min(LAST_TOUCH - 1)] += 1;
        self.touches.count((place + 1) as f64);
        for (gaps, pair) in self.gaps.iter_mut().zip(case.touches[..=place].windows(2)) {
            // To the nearest day: a touch at nine and the next one at eight are a day apart.
            gaps[days(pair[0].at, pair[1].at + DAY / 2).min(LONGEST_GAP)] += 1;
        }
        let channel = case.lead.answered_by.unwrap_or(case.touches[place].channel);
        if let Some(count) = self.answered_by.get_mut(usize::from(channel)) {
            *count += 1;
        }
    }
}
