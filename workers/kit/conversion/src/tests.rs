//! The detector over small worlds: the vectors of the source document, and what chance must not find.

use crate::case::{CHANNELS, Case, Lead, Outcome, Touch};
use crate::counts::{Clock, Counts};
use crate::fact::{Base, List};
use crate::gate::Before;
use crate::tally::Tally;
use crate::{Detector, Findings, Setting};
use patterns::Verdict;
use patterns::content::{Features, Recipient};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use stats::weights::Objective;

const DAY: i64 = 86_400;
const NOW: i64 = 1_770_000_000;

fn setting(least: u64) -> Setting {
    let now = chrono::DateTime::from_timestamp(NOW, 0).unwrap();
    Setting { now, run_id: "run".into(), seed: 1, least, objective: Objective::Centred, judged_since: None }
}

/// A world in the making.
struct World {
    detector: Detector,
    leads: Vec<(Lead, Vec<Touch>)>,
}

impl World {
    fn new(least: u64) -> Self {
        Self { detector: Detector::new(setting(least)), leads: Vec::new() }
    }

    fn title(&mut self, title: &str) -> Option<u32> {
        Some(self.detector.lexicon().titles.symbol(title))
    }

    fn lead(&mut self, outcome: Outcome, lead: Lead, touches: Vec<Touch>) {
        let hash = (self.leads.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1;
        self.leads.push((Lead { outcome, hash, id: hash.into(), ..lead }, touches));
    }

    fn leads(&mut self, n: usize, outcome: Outcome, lead: Lead) {
        (0..n).for_each(|_| self.lead(outcome, lead, Vec::new()));
    }

    fn findings(mut self) -> Findings {
        let cases: Vec<Case<'_>> = self.leads.iter().map(|(lead, touches)| Case { lead, touches }).collect();
        self.detector.observe(&cases);
        self.detector.findings(&Before::default())
    }
}

fn touch(days_ago: i64, channel: u8) -> Touch {
    Touch { at: NOW - days_ago * DAY, channel, day: 2, hour: 9, ..Touch::default() }
}

/// Leads of two titles, so many that the detector speaks: CEOs two of three, directors one of three.
fn titles(times: usize, least: u64) -> Findings {
    let mut world = World::new(least);
    let (ceo, director) = (world.title("CEO"), world.title("Director"));
    for (title, booked, failed) in [(ceo, 2, 1), (director, 1, 2)] {
        let lead = Lead { title, ..Lead::default() };
        world.leads(booked * times, Outcome::Booked, lead);
        world.leads(failed * times, Outcome::Failed, lead);
    }
    world.findings()
}

#[test]
fn rates_of_titles_are_those_of_the_source_document() {
    // TV32, ten times over: with six leads the detector says nothing.
    let found = titles(10, 1).who;
    let shown: Vec<_> = found
        .title_rankings
        .iter()
        .map(|one| (one.title.as_str(), one.card.conversion_rate, one.card.sample, one.card.lift))
        .collect();
    assert_eq!(shown, [("CEO", 0.667, 30, Some(1.33)), ("Director", 0.333, 30, Some(0.67))]);
    assert_eq!((found.header.sample_size, found.header.confidence), (60, 0.21));
    assert_eq!(found.header.quality.effective_n, 30);
    let evidence = found.title_rankings[0].card.evidence.clone().unwrap();
    assert_eq!((evidence.query.as_str(), evidence.run_id.as_str()), ("who.title=CEO", "run"));
}

#[test]
fn small_groups_are_left_out() {
    // TV33.
    assert!(titles(10, 31).who.title_rankings.is_empty());
}

#[test]
fn with_too_little_data_nothing_is_said() {
    // TV34.
    let found = titles(1, 1).who;
    assert!(found.title_rankings.is_empty());
    assert_eq!((found.header.sample_size, found.header.confidence), (0, 0.0));
    assert_eq!(found.recommended_weights["authority"], 0.25);
    assert!(found.timing_signals.values().all(|lift| *lift == 1.0));
    assert_eq!(found.weights_source, "default");
    assert_eq!(found.warnings, ["Low sample size: 0", "Low confidence: 0"]);
}

#[test]
fn lifts_of_signals_are_against_those_without() {
    // TV38 and TV39.
    let mut world = World::new(5);
    let hiring = Lead { signals: [false, true, false], ..Lead::default() };
    world.leads(30, Outcome::Booked, hiring);
    world.leads(30, Outcome::Failed, hiring);
    world.leads(20, Outcome::Booked, Lead::default());
    world.leads(116, Outcome::Failed, Lead::default());
    world.leads(4, Outcome::Failed, Lead { signals: [true, false, false], ..Lead::default() });
    let found = world.findings().who;
    assert_eq!(found.timing_signals["hiring_lift"], 3.5);
    assert_eq!(found.timing_signals["new_role_lift"], 1.0);
    let card = &found.timing_cards["hiring_lift"];
    assert_eq!((card.verdict, card.lift_low, card.lift_high), (Verdict::Better, Some(2.17), Some(5.65)));
}

#[test]
fn the_best_size_is_the_first_with_the_highest_rate() {
    let mut world = World::new(5);
    for (employees, booked, failed) in [
        (Some(3), 5, 5),
        (Some(20), 8, 2),
        (Some(40), 8, 2),
        (Some(900), 3, 7),
        (None, 1, 9),
        (Some(0), 0, 1),
    ] {
        let lead = Lead { employees, ..Lead::default() };
        world.leads(booked, Outcome::Booked, lead);
        world.leads(failed, Outcome::Failed, lead);
    }
    let found = world.findings().who.size_analysis;
    let spot = found.sweet_spot.unwrap().unwrap();
    assert_eq!((spot.min, spot.max, spot.conversion_rate), (16, 30, 0.8));
    let ranges: Vec<&str> =
        found.distribution.as_ref().unwrap().iter().map(|band| band.range.as_str()).collect();
    assert_eq!(ranges, ["1-5", "16-30", "31-50"]);
    assert_eq!((found.excluded["null"], found.excluded["over_500"]), (11, 10));
}

#[test]
fn shares_of_touches_are_those_of_the_source_document() {
    // TV43: 89 bookings, after the first touch 7, and so on.
    let mut world = World::new(5);
    for (place, bookings) in [7, 13, 25, 20, 16, 8].into_iter().enumerate() {
        for _ in 0..bookings {
            let mut touches: Vec<Touch> = (0..=place).map(|step| touch(60 - 3 * step as i64, 0)).collect();
            touches[place].converting = true;
            let converted_at = Some(touches[place].at + DAY);
            world.lead(Outcome::Booked, Lead { converted_at, ..Lead::default() }, touches);
        }
    }
    for _ in 0..300 {
        let touches = (0..6).map(|step| touch(60 - 3 * step, 0)).collect();
        world.lead(Outcome::Failed, Lead::default(), touches);
    }
    let found = world.findings().when;
    let shares: Vec<f64> = found.converting_touch_distribution.values().copied().collect();
    assert_eq!(shares, [0.08, 0.15, 0.28, 0.22, 0.18, 0.09]);
    assert_eq!(found.header.sample_size, 89);
    assert!(found.optimal_sequence_gaps.values().all(|days| *days == 3));
    let timing = &found.conversion_timing;
    assert_eq!((timing.median_days_to_convert, timing.percentile_95), (Some(7), Some(16)));
    // Of all who were contacted, not only of those who booked.
    assert_eq!(timing.eventual_rate, Some(0.2288));
}

#[test]
fn words_and_channels_that_book_are_found() {
    let mut world = World::new(5);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let good = Features::of(
        Some("Question about Oak"),
        "We know how little time there is. Open to a quick chat?",
        Recipient { company: "Oak", ..Recipient::default() },
    );
    let bad = Features::of(Some("Partnership"), "Our budget is large. Let me know", Recipient::default());
    let symbols = [&good, &bad].map(|features| world.detector.lexicon().contents.symbol(&features.text(), 0));
    for _ in 0..1_500 {
        let (content, channel) = (symbols[random.random_range(0..2)], random.random_range(0..2));
        let chance = if content == symbols[0] { 0.2 } else { 0.05 };
        let booked = random.random::<f64>() < chance;
        let outcome = if booked { Outcome::Booked } else { Outcome::Failed };
        let touch = Touch { content, converting: booked, ..touch(40, channel) };
        world.lead(outcome, Lead { tier: 1, ..Lead::default() }, vec![touch]);
    }
    let found = world.findings();
    let what = found.what.clone().proven();
    assert_eq!(what.subject_patterns.winning[0].pattern, "Question about {company}");
    assert_eq!(what.subject_patterns.losing[0].pattern, "Partnership");
    let pains: Vec<&str> = what.pain_points.effective.iter().map(|one| one.pain_point.as_str()).collect();
    assert_eq!(pains, ["time"]);
    assert_eq!(what.pain_points.ineffective[0].pain_point, "cost");
    assert_eq!(what.ctas.effective[0].cta, "open to a quick chat");
    assert!(what.header.quality.found > 5 && what.header.quality.found_in_shuffled == 0, "{:?}", what.header);
    // Channels were given by chance, and nothing is said of them.
    assert!(found.how.clone().proven().first_touch_effectiveness.is_empty());
    assert_eq!(found.how.first_touch_effectiveness.len(), 2);
}

#[test]
fn many_channels_look_better_than_they_are() {
    // Who books early has had few touches, and who gets many has not booked early.
    let mut world = World::new(5);
    for place in 0..600 {
        let booked = place % 6 == 0;
        let touches: Vec<Touch> = (0..4).map(|step| touch(60 - 5 * step, (step % 2) as u8)).collect();
        if booked {
            let mut early = touches[..1].to_vec();
            early[0].converting = true;
            let converted_at = Some(early[0].at + DAY);
            world.lead(Outcome::Booked, Lead { converted_at, ..Lead::default() }, early);
        } else {
            let mut late = touches;
            let converts = place % 6 == 1;
            late[3].converting = converts;
            let converted_at = converts.then(|| late[3].at + DAY);
            let outcome = if converts { Outcome::Booked } else { Outcome::Failed };
            world.lead(outcome, Lead { converted_at, ..Lead::default() }, late);
        }
    }
    let found = world.findings().how;
    assert_eq!(found.multi_channel_lift["1_channel"].conversion_rate, 1.0);
    let landmark = found.landmark.unwrap();
    assert_eq!(landmark.day, 7);
    // All who had not booked by then had had both channels.
    assert_eq!(landmark.multi_channel_lift.keys().collect::<Vec<_>>(), ["2_channels"]);
    assert_eq!(found.booking_channel_distribution["email"], 0.5);
    // Nobody is said to book more on a short order because booking ended it: of those who got a second touch all had the
    // same order.
    let sequences: Vec<(String, Verdict)> =
        found.winning_sequences.iter().map(|one| (one.sequence.join(">"), one.card.verdict)).collect();
    let same = Verdict::NotDistinguishable;
    let orders = ["email>linkedin", "email>linkedin>email", "email>linkedin>email>linkedin"];
    assert_eq!(sequences, orders.map(|order| (order.to_owned(), same)));
}

#[test]
fn a_card_leads_back_to_its_leads() {
    let mut world = World::new(1);
    let (ceo, other) = (world.title("CEO"), world.title("Director"));
    world.leads(3, Outcome::Booked, Lead { title: ceo, ..Lead::default() });
    world.leads(2, Outcome::Failed, Lead { title: other, ..Lead::default() });
    let World { mut detector, leads } = world;
    let counted: Vec<Vec<bool>> = leads
        .iter()
        .map(|(lead, touches)| detector.counted(&Case { lead, touches }, "who.title=CEO"))
        .collect();
    assert_eq!(counted, [vec![true], vec![true], vec![true], vec![], vec![]]);
}

#[test]
fn a_time_leads_back_to_its_messages() {
    let touches = [(2, 9), (2, 14), (3, 9)].map(|(day, hour)| Touch { day, hour, ..touch(60, 0) });
    let (lead, mut detector) = (Lead::default(), Detector::new(setting(1)));
    let case = Case { lead: &lead, touches: &touches };
    for (query, messages) in [("when.day=Tuesday", 2), ("when.hour=9", 2), ("when.hour=10", 0)] {
        assert_eq!(detector.counted(&case, query), vec![false; messages], "{query}");
    }
}

#[test]
fn what_is_young_is_not_counted_however_it_went() {
    // A thousand were contacted ten days ago, and twenty of them have booked already.
    let mut world = World::new(5);
    for place in 0..1_000 {
        let booked = place < 20;
        let touch = Touch { converting: booked, ..touch(10, 0) };
        let outcome = if booked { Outcome::Booked } else { Outcome::Open };
        world.lead(outcome, Lead { parts: Some([0.5; 4]), ..Lead::default() }, vec![touch]);
    }
    let found = world.findings();
    assert_eq!((found.how.n_leads, found.when.n_messages), (0, 0));
    assert_eq!(found.decision.outcomes, 0);
}

#[test]
fn who_booked_unasked_is_no_success_of_a_channel() {
    let mut world = World::new(1);
    let booked = Lead { converted_at: Some(NOW - 80 * DAY), ..Lead::default() };
    (0..20).for_each(|_| world.lead(Outcome::Booked, booked, vec![touch(60, 0)]));
    (0..20).for_each(|_| world.lead(Outcome::Failed, Lead::default(), vec![touch(60, 0)]));
    let found = world.findings();
    assert_eq!((found.how.n_leads, found.when.n_messages, found.who.header.sample_size), (20, 20, 40));
}

#[test]
fn an_hour_is_no_better_for_being_that_of_the_better_channel() {
    // Profiles are written to at eight and mails at fifteen; in each channel every hour is as good as any other.
    let mut world = World::new(5);
    for (channel, hour, booked, failed) in [(0, 15, 6, 194), (0, 8, 1, 33), (1, 8, 60, 140), (1, 15, 9, 21)] {
        for (outcome, n) in [(Outcome::Booked, booked), (Outcome::Failed, failed)] {
            let converting = outcome == Outcome::Booked;
            let sent = Touch { hour, converting, ..touch(90, channel) };
            (0..n).for_each(|_| world.lead(outcome, Lead::default(), vec![sent]));
        }
    }
    let found = world.findings().when;
    let early = &found.best_hours[0];
    assert_eq!((early.hour, early.card.sample, early.card.conversion_rate), (8, 234, 0.261));
    let adjusted = early.card.adjusted.as_ref().unwrap();
    assert_eq!(adjusted.by, ["als_tier", "channel"]);
    assert!(adjusted.ratio.is_some_and(|ratio| (0.9..1.1).contains(&ratio)), "{adjusted:?}");
    assert_eq!(early.card.verdict, Verdict::NotDistinguishable);
    assert_eq!(found.recommendation.hours, [9, 14]);
}

/// Messages of a time in a world, of which some booked.
fn sent(world: &mut World, (day, hour): (u8, u8), booked: usize, of: usize) {
    for place in 0..of {
        let converting = place < booked;
        let outcome = if converting { Outcome::Booked } else { Outcome::Failed };
        world.lead(outcome, Lead::default(), vec![Touch { day, hour, converting, ..touch(90, 0) }]);
    }
}

#[test]
fn an_hour_of_the_week_that_books_more_is_the_darkest() {
    let mut world = World::new(5);
    for (day, hour) in (1..=5).flat_map(|day| (8..18).map(move |hour| (day, hour))) {
        sent(&mut world, (day, hour), if (day, hour) == (2, 9) { 30 } else { 4 }, 80);
    }
    // The last hour of Sunday is beside the first one of Monday; of four messages nothing is told.
    sent(&mut world, (7, 23), 4, 4);
    sent(&mut world, (1, 0), 0, 10);
    sent(&mut world, (7, 0), 0, 10);
    let found = world.findings().when.best_times;
    assert_eq!(found.len(), 52);
    let of = |day, hour| found.iter().find(|one| (one.day_index, one.hour) == (day, hour));
    let best = &found[0];
    assert_eq!((best.day.as_str(), best.hour, best.sample, best.converted), ("Tuesday", 9, 80, 30));
    assert!((0.1..0.375).contains(&best.rate_shrunk), "{best:?}");
    let rate = |day, hour| of(day, hour).unwrap().rate_shrunk;
    assert!(rate(2, 8) > rate(3, 8) && rate(2, 10) > rate(3, 10) && rate(2, 11) == rate(3, 11), "{found:?}");
    assert!(rate(1, 0) > rate(7, 0) && of(7, 23).is_none(), "{found:?}");
}

#[test]
fn messages_days_and_hours_are_as_if_they_were_counted_one_by_one() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let clock = Clock { now: NOW };
    let mut counts = Counts::new();
    let [mut messages, mut days, mut hours] = [(); 3].map(|()| Tally::new(CHANNELS.len()));
    for hash in 0..2_000 {
        let mut touches: Vec<Touch> = (0..4).map(|step| touch(40 - 5 * step, 0)).collect();
        for touch in &mut touches {
            let (channel, day, hour) =
                (random.random_range(0..5), random.random_range(1..8), random.random_range(0..24));
            *touch = Touch { channel, day, hour, ..*touch };
        }
        let outcome = if random.random_bool(0.3) { Outcome::Booked } else { Outcome::Failed };
        touches[random.random_range(0..4)].converting = outcome == Outcome::Booked;
        let lead = Lead { outcome, hash, tier: random.random_range(0..6), ..Lead::default() };
        let case = Case { lead: &lead, touches: &touches };
        counts.count(&case, clock);
        for touch in case.until_booking().iter().filter(|touch| clock.is_mature(touch.at)) {
            let count = |tally: &mut Tally, symbol: u8| {
                tally.count((symbol.into(), touch.channel), lead.tier, touch.converting, hash);
            };
            count(&mut messages, 0);
            count(&mut days, touch.day);
            count(&mut hours, touch.hour);
        }
    }
    counts.count_times();
    assert!((1_000..8_000).contains(&messages.cells(0).rate().trials));
    assert_eq!(counts.base(Base::Messages), messages.cells(0));
    (1..8).for_each(|day| assert_eq!(counts.tally(List::Day).cells(day), days.cells(day), "day {day}"));
    (0..24)
        .for_each(|hour| assert_eq!(counts.tally(List::Hour).cells(hour), hours.cells(hour), "hour {hour}"));
}
