//! WHAT: which words messages have in common that were the last before a booking.

use crate::case::{Case, Symbol};
use crate::counts::{Clock, Counts};
use crate::fact::{Base, Fact, List};
use crate::tally::{Named, Told};
use crate::timing::Lengths as Histograms;
use crate::who::with_against_without;
use crate::words::{Content, Contents};
use patterns::card::rounded;
use patterns::content::{ANGLES, CTAS, PAIN_POINTS, PERSONAL};
use patterns::{
    Angle, Angles, Card, Cta, Ctas, Length, Lengths, PainPoint, PainPoints, Subject, Subjects, Verdict,
};
use stats::{Rate, fisher, homogeneity, ratio};
use std::collections::BTreeMap;

/// The lists of lengths are three.
const LENGTH_LISTS: f64 = 3.0;

/// What the messages of a lead tell that have had their time.
pub(crate) fn facts(case: &Case<'_>, clock: Clock, tell: &mut impl FnMut(Fact)) {
    for touch in case.until_booking().iter().filter(|touch| clock.is_mature(touch.at)) {
        if let Some(content) = touch.content {
            tell(Fact::of(List::Content, content, touch.converting));
        }
    }
}

/// The groups that a message belongs to by what it has in it.
pub(crate) fn groups(content: &Content, mut tell: impl FnMut(List, Symbol)) {
    let features = &content.features;
    if let Some(subject) = content.subject {
        tell(List::Subject, subject);
    }
    for &pain in &features.pain_points {
        tell(List::PainPoint, pain.into());
    }
    if let Some(cta) = features.cta {
        tell(List::Cta, cta.into());
    }
    if let Some(angle) = features.angle {
        tell(List::Angle, angle.into());
    }
    for &kind in &features.personal {
        tell(List::Personal, kind.into());
    }
}

pub(crate) fn label(list: List, symbol: Symbol, contents: &Contents) -> String {
    let place = symbol as usize;
    let name = match list {
        List::Subject => contents.subjects.text(symbol),
        List::PainPoint => PAIN_POINTS.get(place).map_or("", |(name, _)| name),
        List::Cta => CTAS.get(place).copied().unwrap_or_default(),
        List::Angle => ANGLES.get(place).map_or("", |(name, _)| name),
        _ => PERSONAL.get(place).copied().unwrap_or_default(),
    };
    name.to_owned()
}

/// A list of messages, the highest rate first.
fn ranked(
    counts: &Counts,
    list: List,
    query: &str,
    run_id: &str,
    least: u64,
    contents: &Contents,
) -> Vec<Named> {
    let all = counts.base(Base::Worded);
    let told = Told { query, denominator: "messages", all, least, run_id, circle: None };
    counts.tally(list).ranked(told, |symbol| label(list, symbol, contents))
}

/// Subjects above the rate of all, the best first, and those below, the worst first.
pub(crate) fn subjects(
    counts: &Counts,
    run_id: &str,
    least: u64,
    most: usize,
    contents: &Contents,
) -> Subjects {
    let ranked = ranked(counts, List::Subject, "what.subject", run_id, least, contents);
    let overall = counts.base(Base::Worded).rate();
    let subject = |named: Named| Subject { pattern: named.label, card: named.card };
    let (winning, losing): (Vec<Named>, Vec<Named>) =
        ranked.into_iter().partition(|named| named.is_at_least(overall));
    Subjects {
        winning: winning.into_iter().take(most).map(subject).collect(),
        losing: losing.into_iter().rev().take(most).map(subject).collect(),
    }
}

/// CI-099, X81: how often converting messages name it, over how often the others do.
pub(crate) fn pain_points(counts: &Counts, run_id: &str, least: u64, contents: &Contents) -> PainPoints {
    let all = counts.base(Base::Worded).rate();
    let mut found = PainPoints::default();
    for named in ranked(counts, List::PainPoint, "what.pain_point", run_id, least, contents) {
        let with = counts.tally(List::PainPoint).cells(named.symbol).rate();
        let share = |part: u64, whole: u64| if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
        let frequency = share(with.successes, all.successes);
        let among_others = share(with.trials - with.successes, all.trials - all.successes);
        // What only messages that booked have named is as good as half a message among the others.
        let half = |share: f64| share.max(0.5 / (all.trials - all.successes + 1) as f64);
        let lift = frequency / half(among_others);
        let mut card = named.card;
        let others = Rate::new(with.trials - with.successes, all.trials - all.successes);
        card.lifted(
            ratio::lift(Rate::new(with.successes, all.successes), others),
            "non_converting_messages",
            2,
        );
        card.lift = Some(rounded(lift, 2));
        let point = PainPoint { pain_point: named.label, frequency: rounded(frequency, 2), card };
        match lift {
            lift if lift > 1.0 => found.effective.push(point),
            lift if lift < 1.0 => found.ineffective.push(point),
            _ => {}
        }
    }
    found
}

pub(crate) fn ctas(counts: &Counts, run_id: &str, least: u64, contents: &Contents) -> Ctas {
    let ranked = ranked(counts, List::Cta, "what.cta", run_id, least, contents);
    let overall = counts.base(Base::Worded).rate();
    let cta = |named: Named| Cta { cta: named.label, card: named.card };
    let (effective, ineffective): (Vec<Named>, Vec<Named>) =
        ranked.into_iter().partition(|named| named.is_at_least(overall));
    Ctas {
        effective: effective.into_iter().map(cta).collect(),
        ineffective: ineffective.into_iter().map(cta).collect(),
    }
}

pub(crate) fn angles(counts: &Counts, run_id: &str, least: u64, contents: &Contents) -> Angles {
    let ranked = ranked(counts, List::Angle, "what.angle", run_id, least, contents);
    Angles {
        rankings: ranked.into_iter().map(|named| Angle { angle: named.label, card: named.card }).collect(),
    }
}

pub(crate) fn personalization(
    counts: &Counts,
    run_id: &str,
    least: u64,
    contents: &Contents,
) -> (BTreeMap<String, f64>, BTreeMap<String, Card>) {
    let all = counts.base(Base::Worded).rate();
    let named = ranked(counts, List::Personal, "what.personalization", run_id, least, contents);
    let lifts = (0..).zip(PERSONAL).map(|(place, name)| {
        let with = counts.tally(List::Personal).cells(place).rate();
        (name.to_owned(), with_against_without(with, all, least))
    });
    let lifts: BTreeMap<String, f64> = lifts.collect();
    let cards = named.into_iter().map(|named| {
        let mut card = named.card;
        (card.lift, card.lift_baseline) = (lifts.get(&named.label).copied(), Some("without".to_owned()));
        (named.label, card)
    });
    let cards = cards.collect();
    (lifts, cards)
}

/// The middle half of the messages that booked; proven when lengths differ in their rates and this half has the higher.
pub(crate) fn lengths(histograms: &Histograms, seed: u64, least: u64) -> Lengths {
    let of = |channel: usize| {
        let histogram = &histograms.channels[channel];
        let [low, middle, high] = [0.25, 0.5, 0.75].map(|share| histogram.quantile(share));
        let (low, middle, high) = (low?, middle?, high?);
        let sample = histogram.all().trials;
        if histogram.all().successes < least {
            return None;
        }
        let p = (homogeneity::p_value(&histogram.bins(), seed) * LENGTH_LISTS).min(1.0);
        let (inside, outside) = histogram.within(low, high);
        let better = p <= crate::card::FALSE_DISCOVERIES
            && inside.share() > outside.share()
            && fisher::two_sided(inside, outside) <= crate::card::FALSE_DISCOVERIES;
        let verdict = if better { Verdict::Better } else { Verdict::NotDistinguishable };
        let is_sms = channel == Histograms::SMS;
        let optimal = Some(middle);
        Some(Length {
            optimal_words: optimal.filter(|_| !is_sms),
            optimal_chars: optimal.filter(|_| is_sms),
            range_min: low,
            range_max: high,
            sample,
            p: crate::card::significant(p),
            verdict,
        })
    };
    Lengths { email: of(Histograms::EMAIL), linkedin: of(Histograms::LINKEDIN), sms: of(Histograms::SMS) }
}
