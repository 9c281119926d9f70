//! HOW: through which channels, how many of them and in which order leads were reached that booked.

use crate::case::{CHANNELS, Case, Outcome, Symbol, TIERS, Touch};
use crate::counts::{Clock, Counts, DAY};
use crate::fact::{Base, Fact, List};
use crate::sequence::{LONGEST, Sequences};
use crate::tally::Told;
use crate::timing::shares;
use patterns::{Channels, Landmark, Sequence};
use std::collections::BTreeMap;

/// Statistics 4.10: the day by which channels are counted for those who had not booked.
const LANDMARK_DAYS: i64 = 7;
const MOST_CHANNELS: usize = 4;
const COUNTS: [&str; MOST_CHANNELS] = ["1_channel", "2_channels", "3_channels", "4_plus_channels"];

pub(crate) fn facts(case: &Case<'_>, clock: Clock, sequences: &mut Sequences, tell: &mut impl FnMut(Fact)) {
    let booked = case.lead.outcome == Outcome::Booked;
    let touches = case.until_booking();
    // Who booked unasked says nothing of channels.
    let Some(first) = touches.first() else { return };
    let tier = Symbol::from(case.lead.tier) * CHANNELS.len() as Symbol;
    for touch in touches {
        if clock.is_mature(touch.at) {
            tell(Fact::of(List::TierChannel, tier + Symbol::from(touch.channel), touch.converting));
        }
    }
    if !clock.is_mature(first.at) {
        return;
    }
    tell(Fact::base(Base::Leads, booked));
    tell(Fact::of(List::FirstChannel, first.channel.into(), booked));
    tell(Fact::of(List::ChannelCount, channels(touches), booked));
    // Who has booked got no more touches, so whole orders are not comparable: whoever was sent the beginning of an order
    // is compared with those who were sent as many touches in another one.
    for length in 1..=touches.len().min(LONGEST) {
        tell(Fact::of(List::Reached, length as Symbol, booked));
        tell(Fact::of(List::Sequence, sequences.symbol(&touches[..length]), booked));
    }
    let landmark = first.at + LANDMARK_DAYS * DAY;
    let converted_at = case.lead.converted_at.or_else(|| Some(case.touches[case.converting()?].at));
    if landmark <= clock.now && !(booked && converted_at.is_none_or(|at| at <= landmark)) {
        let until = touches.partition_point(|touch| touch.at <= landmark);
        tell(Fact::base(Base::Landmark, booked));
        tell(Fact::of(List::LandmarkCount, channels(&touches[..until]), booked));
    }
}

/// How many channels they went through, as a symbol: 0 for one.
fn channels(touches: &[Touch]) -> Symbol {
    let used = touches.iter().fold(0u32, |used, touch| used | 1 << touch.channel);
    used.count_ones().clamp(1, MOST_CHANNELS as u32) - 1
}

pub(crate) fn label(list: List, symbol: Symbol, sequences: &Sequences) -> String {
    let place = symbol as usize;
    let channel = |place: usize| CHANNELS.get(place).copied().unwrap_or_default();
    match list {
        List::Sequence => sequences.channels(symbol).join(">"),
        List::FirstChannel => format!("{}_first", channel(place)),
        List::TierChannel => {
            let tier = TIERS.get(place / CHANNELS.len()).copied().unwrap_or_default();
            format!("{tier}:{}", channel(place % CHANNELS.len()))
        }
        _ => COUNTS.get(place).copied().unwrap_or_default().to_owned(),
    }
}

/// CI-109: of all bookings, the share whose answer came by each channel.
pub(crate) fn booking_channels(counts: &Counts) -> BTreeMap<String, f64> {
    let shares = CHANNELS.iter().zip(shares(&counts.timings.answered_by)).filter(|(_, share)| *share > 0.0);
    shares.map(|(name, share)| ((*name).to_owned(), share)).collect()
}

/// CI-110: leads by the channel of their first touch.
pub(crate) fn first_touches(counts: &Counts, run_id: &str, least: u64) -> Channels {
    let told = Told {
        query: "how.first_touch",
        denominator: "contacted_leads",
        all: counts.base(Base::Leads),
        least,
        run_id,
        circle: None,
    };
    let named = counts
        .tally(List::FirstChannel)
        .named(told, |symbol| label(List::FirstChannel, symbol, &Sequences::default()));
    named.into_iter().map(|named| (named.label, named.card)).collect()
}

/// CI-111: lift against the rate of one channel.
pub(crate) fn channel_counts(counts: &Counts, run_id: &str, least: u64) -> (Channels, Option<Landmark>) {
    let of = |list: List, base: Base, query: &'static str, denominator: &'static str| -> Channels {
        let told = Told { query, denominator, all: counts.base(base), least, run_id, circle: None };
        let one = counts.tally(list).cells(0).rate();
        let is_known = one.trials >= least && one.successes > 0;
        let named =
            counts.tally(list).named(told, |symbol| label(List::ChannelCount, symbol, &Sequences::default()));
        let lifted = named.into_iter().map(|named| {
            let mut card = named.card;
            let rate = stats::Rate::new(card.converted, card.sample);
            let against_one = stats::ratio::lift(rate, one).filter(|_| is_known && named.symbol > 0);
            card.lifted(against_one, "1_channel", 1);
            (named.label, card)
        });
        lifted.collect()
    };
    let all = of(List::ChannelCount, Base::Leads, "how.channels", "contacted_leads");
    let later = of(List::LandmarkCount, Base::Landmark, "how.landmark_channels", "not_booked_by_landmark");
    let day = u32::try_from(LANDMARK_DAYS).unwrap_or_default();
    (all, (!later.is_empty()).then_some(Landmark { day, multi_channel_lift: later }))
}

/// CI-112: orders of two or more channels that leads were sent, each compared with other orders of as many touches; the
/// highest rate first.
pub(crate) fn sequences(counts: &Counts, run_id: &str, least: u64, most: usize) -> Vec<Sequence> {
    let sequences = &counts.sequences;
    let of_length = |length: usize| {
        let all = counts.tally(List::Reached).cells(length as Symbol);
        let told = Told {
            query: "how.sequence",
            denominator: "leads_with_as_many_touches",
            all,
            least,
            run_id,
            circle: None,
        };
        counts.tally(List::Sequence).among(
            |symbol| sequences.length(symbol) == length,
            told,
            |symbol| label(List::Sequence, symbol, sequences),
        )
    };
    let mut named: Vec<_> = (2..=LONGEST).flat_map(of_length).collect();
    named.sort_by(|one, other| other.card.conversion_rate.total_cmp(&one.card.conversion_rate));
    named
        .into_iter()
        .take(most)
        .map(|named| Sequence {
            sequence: sequences.channels(named.symbol),
            sample_size: named.card.sample,
            card: named.card,
        })
        .collect()
}

/// CI-113, CI-114: messages by tier and channel, each channel against the others of its tier; channels that a tier does
/// not use are left out.
pub(crate) fn by_tier(counts: &Counts, run_id: &str, least: u64) -> BTreeMap<String, Channels> {
    let all = counts.base(Base::Messages);
    let channels = CHANNELS.len() as Symbol;
    let of = |(place, tier): (usize, &&str)| {
        let own = all.within(place);
        let told = Told {
            query: "how.tier_channel",
            denominator: "messages",
            all: std::slice::from_ref(&own).into(),
            least,
            run_id,
            circle: None,
        };
        let first = place as Symbol * channels;
        let named = counts.tally(List::TierChannel).among(
            |symbol| (first..first + channels).contains(&symbol),
            told,
            |symbol| label(List::TierChannel, symbol, &Sequences::default()),
        );
        let cards: Channels = named
            .into_iter()
            .filter_map(|named| Some((named.label.split_once(':')?.1.to_owned(), named.card)))
            .collect();
        (!cards.is_empty()).then(|| ((*tier).to_owned(), cards))
    };
    TIERS.iter().enumerate().filter_map(of).collect()
}
