//! Cases and properties of the planned week.

use super::*;

const MONDAY: &str = "2026-10-19";

fn candidates(counts: [usize; SEGMENTS]) -> Vec<Candidate> {
    let zones = [chrono_tz::America::New_York, chrono_tz::America::Phoenix, chrono_tz::America::Los_Angeles];
    (0..SEGMENTS)
        .flat_map(|segment| (0..counts[segment]).map(move |number| (segment, number)))
        .map(|(segment, number)| Candidate {
            prospect: format!("{segment}-{number}"),
            segment,
            zone: zones[number % 3],
        })
        .collect()
}

fn due(number: usize, kind: Kind, before: NaiveDate) -> Due {
    let zone = chrono_tz::America::New_York;
    let after_business_days = if kind.follows_up() { 3 } else { 2 };
    Due { prospect: format!("due-{number}"), segment: 0, zone, kind, before, after_business_days }
}

struct Asked {
    requests: u32,
    there: [usize; SEGMENTS],
    followups: u32,
    cap: u32,
    sent: Vec<NaiveDate>,
    candidates: Vec<Candidate>,
    due: Vec<Due>,
    monday: NaiveDate,
    now: DateTime<Utc>,
    slots: Vec<(NaiveDate, NaiveTime)>,
}

impl Asked {
    fn of(requests: u32, counts: [usize; SEGMENTS]) -> Self {
        Self::at(MONDAY.parse().unwrap(), requests, counts)
    }

    /// At the beginning of this Monday.
    fn at(monday: NaiveDate, requests: u32, counts: [usize; SEGMENTS]) -> Self {
        Self {
            requests,
            there: [0; SEGMENTS],
            followups: 30,
            cap: WEEKLY_CAP,
            sent: Vec::new(),
            candidates: candidates(counts),
            due: Vec::new(),
            monday,
            now: monday.and_time(NaiveTime::MIN).and_utc(),
            slots: Vec::new(),
        }
    }

    fn week(&self) -> Week {
        plan(&Plan {
            monday: self.monday,
            now: self.now,
            calendar: &Calendar::default(),
            connection_requests: self.requests,
            there: self.there,
            slots: &self.slots,
            followups: self.followups,
            weekly_cap: self.cap,
            sent: &self.sent,
            candidates: &self.candidates,
            due: &self.due,
        })
    }
}

fn loads(week: &Week) -> Vec<usize> {
    let mut load: BTreeMap<(NaiveDate, NaiveTime), usize> = BTreeMap::new();
    for touch in &week.touches {
        *load.entry((touch.date, touch.time)).or_default() += 1;
    }
    load.into_values().collect()
}

fn missing(week: &Week, reason: Reason) -> usize {
    week.shortfalls.iter().find(|shortfall| shortfall.reason == reason).map_or(0, |found| found.missing)
}

#[test]
fn tv25_forty_requests_are_four_a_slot() {
    let week = Asked::of(40, [100, 100, 10]).week();
    assert_eq!(loads(&week), [4; 10]);
    assert_eq!(week.quotas.map(|quota| quota.filled), [19, 19, 2]);
}

#[test]
fn what_a_segment_lacks_is_filled_and_told() {
    let week = Asked::of(40, [100, 3, 0]).week();
    assert_eq!(week.quotas.map(|quota| (quota.planned, quota.filled)), [(19, 37), (19, 3), (2, 0)]);
    let week = Asked::of(40, [5, 3, 0]).week();
    assert_eq!(missing(&week, Reason::TooFewProspects), 32);
}

#[test]
fn a_week_in_two_goes_is_split_as_one_in_one() {
    let mut asked = Asked::of(40, [100, 100, 10]);
    asked.there = [10, 9, 1];
    let week = asked.week();
    let mut counts = [0; SEGMENTS];
    week.touches.iter().for_each(|touch| counts[touch.segment] += 1);
    assert_eq!((counts, week.quotas.map(|quota| quota.filled)), ([9, 10, 1], [19, 19, 2]));
    asked.there = [40, 0, 0];
    assert!(asked.week().touches.is_empty());
}

#[test]
fn seven_days_hold_no_more_than_the_cap() {
    let mut asked = Asked::of(40, [100, 100, 10]);
    asked.sent = vec!["2026-10-16".parse().unwrap(); 45];
    let week = asked.week();
    // Until Thursday the forty-five of Friday count too.
    assert_eq!(week.touches.len() + missing(&week, Reason::WeeklyCap), 40);
    let early = week.touches.iter().filter(|touch| touch.date < "2026-10-23".parse().unwrap()).count();
    assert_eq!(early, 5);
}

#[test]
fn a_holiday_leaves_fewer_slots() {
    let week = Asked::at("2026-11-23".parse().unwrap(), 40, [100, 100, 10]).week();
    assert_eq!(loads(&week), [5; 8]);
}

#[test]
fn a_follow_up_goes_out_on_its_day() {
    let mut asked = Asked::of(1, [0, 0, 0]);
    asked.due = vec![
        due(1, Kind::Followup1, "2026-10-15".parse().unwrap()),
        due(2, Kind::Followup1, "2026-10-20".parse().unwrap()),
        due(3, Kind::InitialDm, "2026-10-19".parse().unwrap()),
        due(4, Kind::Followup1, "2026-09-01".parse().unwrap()),
    ];
    let week = asked.week();
    let found: Vec<(&str, String, bool)> = week
        .touches
        .iter()
        .map(|touch| (touch.prospect.as_str(), touch.date.format("%a %d").to_string(), touch.late))
        .collect();
    assert_eq!(
        found,
        [
            ("due-1", "Tue 20".to_owned(), false),
            ("due-4", "Tue 20".to_owned(), true),
            ("due-3", "Wed 21".to_owned(), false),
        ]
    );
    assert_eq!(missing(&week, Reason::TooFewDue), 28);
}

#[test]
fn what_is_over_is_not_planned() {
    let mut asked = Asked::of(40, [100, 100, 10]);
    asked.now = "2026-10-23T20:00:00Z".parse().unwrap();
    let week = asked.week();
    // 14:00 is still to come in Phoenix and Los Angeles.
    assert!(week.touches.iter().all(|touch| touch.at > asked.now));
    assert_eq!(week.touches.len() + missing(&week, Reason::NoSlotLeft), 40);
}

#[test]
fn a_slot_takes_no_more_late_in_the_week_than_in_a_whole_one() {
    let mut asked = Asked::of(40, [100, 100, 10]);
    // Friday, 10:00 in New York; it is 8:00 or earlier for the others.
    asked.now = "2026-10-23T14:00:00Z".parse().unwrap();
    let week = asked.week();
    assert_eq!((loads(&week), missing(&week, Reason::NoSlotLeft)), (vec![4, 4], 32));
    assert_eq!(week.quotas.iter().map(|quota| quota.filled).sum::<usize>(), 8);
    assert_eq!(week.quotas.map(|quota| quota.planned), [19, 19, 2]);
    // What was planned before counts.
    let friday = "2026-10-23".parse().unwrap();
    asked.slots = vec![(friday, TWO), (friday, TWO), (friday, TWO)];
    asked.there = [2, 1, 0];
    assert_eq!(loads(&asked.week()), [4, 1]);
}

#[test]
fn a_week_is_planned_while_it_has_a_slot_left() {
    let check = |now: &str, expected: &str| {
        let monday = first_week(&Calendar::default(), now.parse().unwrap(), chrono_tz::America::New_York);
        assert_eq!(monday.to_string(), expected, "{now}");
    };
    check("2026-11-16T05:00:00Z", "2026-11-16");
    // Friday, before and at 14:00.
    check("2026-11-20T18:59:00Z", "2026-11-16");
    check("2026-11-20T19:00:00Z", "2026-11-23");
    check("2026-11-21T14:00:00Z", "2026-11-23");
    // Sunday in New York already, Monday in UTC.
    check("2026-11-23T04:00:00Z", "2026-11-23");
    // The Friday after is a holiday.
    check("2026-12-24T20:00:00Z", "2026-12-28");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn every_week_obeys_slots_caps_gaps_and_totals(
        requests in 0u32..=500,
        cap in 1u32..=HARD_CAP,
        counts in proptest::array::uniform3(0usize..=300),
        week in 0u64..104,
        hours in 0i64..168,
        sent in proptest::collection::vec(0u64..7, 0..60),
        due_days in proptest::collection::vec((1u64..14, 0usize..3), 0..60),
        followups in 0u32..40,
    ) {
        let monday = MONDAY.parse::<NaiveDate>().unwrap() + Days::new(7 * week);
        let mut asked = Asked::at(monday, requests, counts);
        asked.now += chrono::TimeDelta::hours(hours);
        asked.cap = cap;
        asked.followups = followups;
        asked.sent = sent.iter().map(|&days| asked.monday - Days::new(days + 1)).collect();
        asked.due = due_days
            .iter()
            .enumerate()
            .map(|(number, &(days, kind))| {
                let kind = [Kind::InitialDm, Kind::Followup1, Kind::ValueShare][kind];
                due(number, kind, asked.monday - Days::new(days))
            })
            .collect();
        let week = asked.week();
        let calendar = Calendar::default();
        let business_days = monday.iter_days().take(7).filter(|&day| calendar.is_business_day(day)).count();
        let share = (requests as usize).div_ceil(2 * business_days);
        let mut slots: BTreeMap<(NaiveDate, NaiveTime), usize> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut days: BTreeMap<NaiveDate, u32> = BTreeMap::new();
        for &day in &asked.sent {
            *days.entry(day).or_default() += 1;
        }
        let before = days.clone();
        for touch in &week.touches {
            proptest::prop_assert!(seen.insert(&touch.prospect), "one touch each");
            proptest::prop_assert!(calendar.is_business_day(touch.date) && TIMES.contains(&touch.time));
            proptest::prop_assert!(touch.at > asked.now);
            if touch.kind == Kind::ConnectionRequest {
                *slots.entry((touch.date, touch.time)).or_default() += 1;
                *days.entry(touch.date).or_default() += 1;
            } else {
                let due = asked.due.iter().find(|due| due.prospect == touch.prospect).unwrap();
                let gap = calendar.between(due.before, touch.date);
                let least = if touch.kind.follows_up() { 3 } else { 2 };
                proptest::prop_assert!(gap >= least && (touch.late || gap <= 5));
                if touch.kind.follows_up() {
                    let weekday = touch.date.weekday();
                    proptest::prop_assert!(matches!(weekday, Weekday::Tue | Weekday::Wed | Weekday::Thu));
                }
            }
        }
        let start = asked.monday - Days::new(7);
        for end in start.iter_days().take(21) {
            let window = |days: &BTreeMap<NaiveDate, u32>| -> u32 {
                days.range(end - Days::new(6)..=end).map(|(_, count)| count).sum()
            };
            // What was sent before may be more than the cap; nothing is added to it then.
            proptest::prop_assert!(window(&days) <= cap.max(window(&before)));
        }
        let planned = |follows_up: bool| {
            let kinds = week.touches.iter().map(|touch| touch.kind);
            kinds.filter(|kind| if follows_up { kind.follows_up() } else { *kind == Kind::ConnectionRequest }).count()
        };
        proptest::prop_assert!(slots.values().all(|&load| load <= share), "no more than {} a slot", share);
        // Messages can lack a slot too: the requests are the same without them.
        asked.due.clear();
        let alone = asked.week();
        let reasons = [Reason::TooFewProspects, Reason::WeeklyCap, Reason::NoSlotLeft];
        let short: usize = reasons.map(|reason| missing(&alone, reason)).iter().sum();
        let filled: usize = alone.quotas.iter().map(|quota| quota.filled).sum();
        proptest::prop_assert_eq!(planned(false), filled);
        proptest::prop_assert_eq!(planned(false) + short, requests as usize);
        proptest::prop_assert_eq!(planned(true) + missing(&week, Reason::TooFewDue), followups as usize);
    }
}
