//! WHO: which attributes leads that book have in common, among leads whose outcome is known.

use crate::case::{Case, Names, Outcome, Symbol};
use crate::counts::{Clock, Counts};
use crate::fact::{Base, Fact, List};
use crate::tally::{Named, Told};
use patterns::card::rounded;
use patterns::{Band, Card, Industry, Size, Spot, Title};
use std::collections::BTreeMap;

/// CI-065.
const BANDS: [(u32, u32, &str); 6] = [
    (1, 5, "1-5"),
    (6, 15, "6-15"),
    (16, 30, "16-30"),
    (31, 50, "31-50"),
    (51, 100, "51-100"),
    (101, 500, "101-500"),
];
/// After the bands: those of unknown size, and those over 500.
const NO_SIZE: Symbol = BANDS.len() as Symbol;
const OVER: Symbol = NO_SIZE + 1;
/// CI-067, as the source document names their lifts.
pub(crate) const SIGNALS: [(&str, &str); 3] =
    [("new_role_lift", "is_new_role"), ("hiring_lift", "is_hiring"), ("funded_lift", "recently_funded")];

/// What a lead tells about who books: nothing while its outcome is open, or known only because it came fast.
pub(crate) fn facts(case: &Case<'_>, clock: Clock, tell: &mut impl FnMut(Fact)) {
    let lead = case.lead;
    if case.first_touch().is_some_and(|first| !clock.is_mature(first)) {
        return;
    }
    let booked = match lead.outcome {
        Outcome::Open => return,
        Outcome::Booked => true,
        Outcome::Failed => false,
    };
    tell(Fact::base(Base::TerminalLeads, booked));
    if let Some(title) = lead.title {
        tell(Fact::of(List::Title, title, booked));
    }
    if let Some(industry) = lead.industry {
        tell(Fact::of(List::Industry, industry, booked));
    }
    tell(Fact::of(List::Size, band(lead.employees), booked));
    for (place, given) in (0..).zip(lead.signals) {
        if given {
            tell(Fact::of(List::Signal, place, booked));
        }
    }
    if lead.bounced {
        tell(Fact::of(List::Bounced, 0, booked));
    }
}

fn band(employees: Option<u32>) -> Symbol {
    let Some(employees) = employees.filter(|employees| *employees > 0) else { return NO_SIZE };
    let found = BANDS.iter().position(|(min, max, _)| (*min..=*max).contains(&employees));
    found.and_then(|place| Symbol::try_from(place).ok()).unwrap_or(OVER)
}

pub(crate) fn label(list: List, symbol: Symbol) -> String {
    let place = symbol as usize;
    match list {
        List::Signal => SIGNALS.get(place).map_or("", |(_, field)| field).to_owned(),
        _ => BANDS.get(place).map_or("", |(_, _, name)| name).to_owned(),
    }
}

fn told<'a>(counts: &'a Counts, run_id: &'a str, query: &'a str, least: u64) -> Told<'a> {
    Told {
        query,
        denominator: "terminal_leads",
        all: counts.base(Base::TerminalLeads),
        least,
        run_id,
        circle: None,
    }
}

/// CI-060 to CI-064.
pub(crate) fn titles(counts: &Counts, names: &Names, run_id: &str, least: u64) -> Vec<Title> {
    let ranked = counts
        .tally(List::Title)
        .ranked(told(counts, run_id, "who.title", least), |symbol| names.text(symbol).to_owned());
    ranked.into_iter().map(|named| Title { title: named.label, card: named.card }).collect()
}

pub(crate) fn industries(counts: &Counts, names: &Names, run_id: &str, least: u64) -> Vec<Industry> {
    let ranked = counts
        .tally(List::Industry)
        .ranked(told(counts, run_id, "who.industry", least), |symbol| names.text(symbol).to_owned());
    ranked.into_iter().map(|named| Industry { industry: named.label, card: named.card }).collect()
}

/// CI-065, CI-066, X87: the bands in their order; the best one is the first with the highest rate.
pub(crate) fn sizes(counts: &Counts, run_id: &str, least: u64) -> Size {
    let tally = counts.tally(List::Size);
    let named = tally.named(told(counts, run_id, "who.size", least), |symbol| label(List::Size, symbol));
    let mut banded: Vec<Named> = named.into_iter().filter(|named| named.symbol < NO_SIZE).collect();
    banded.sort_by_key(|named| named.symbol);
    let mut sweet_spot: Option<Spot> = None;
    let mut best = 0.0;
    for named in &banded {
        // As they are, and not as they are shown.
        let rate = named.card.converted as f64 / named.card.sample as f64;
        if let Some((min, max, _)) = BANDS.get(named.symbol as usize)
            && rate > best
        {
            best = rate;
            sweet_spot = Some(Spot { min: *min, max: *max, conversion_rate: named.card.conversion_rate });
        }
    }
    let excluded = [("null", NO_SIZE), ("over_500", OVER)];
    let excluded = excluded.map(|(name, symbol)| (name.to_owned(), tally.cells(symbol).rate().trials));
    let distribution =
        banded.into_iter().map(|named| Band { range: named.label, card: named.card }).collect();
    Size { sweet_spot: Some(sweet_spot), distribution: Some(distribution), excluded: excluded.into() }
}

/// CI-067 to CI-069: the rate with a signal against the rate without it; 1 when either has too few.
pub(crate) fn signals(
    counts: &Counts,
    run_id: &str,
    least: u64,
) -> (BTreeMap<String, f64>, BTreeMap<String, Card>) {
    let tally = counts.tally(List::Signal);
    let all = counts.base(Base::TerminalLeads).rate();
    let named = tally.named(told(counts, run_id, "who.signal", least), |symbol| label(List::Signal, symbol));
    let mut lifts = BTreeMap::new();
    let mut cards = BTreeMap::new();
    for (place, (name, _)) in (0..).zip(SIGNALS) {
        let with = tally.cells(place).rate();
        let lift = with_against_without(with, all, least);
        if let Some(named) = named.iter().find(|named| named.symbol == place) {
            let mut card = named.card.clone();
            (card.lift, card.lift_baseline) = (Some(lift), Some("without".to_owned()));
            cards.insert(name.to_owned(), card);
        }
        lifts.insert(name.to_owned(), lift);
    }
    (lifts, cards)
}

/// The rate of those with something against the rate of those without it, two decimals.
pub(crate) fn with_against_without(with: stats::Rate, all: stats::Rate, least: u64) -> f64 {
    let without = stats::Rate::new(all.successes - with.successes, all.trials - with.trials);
    if with.trials < least || without.trials < least {
        return 1.0;
    }
    match (with.share(), without.share()) {
        (Some(with), Some(without)) if without > 0.0 => rounded(with / without, 2),
        _ => 1.0,
    }
}
