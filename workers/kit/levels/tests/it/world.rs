//! Contractors in the making.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use levels::{
    Consumed, ContentKind, Learned, Learner, Observed, Outcome, Pattern, Reached, Record, Rules, Used,
};

pub(crate) const LOW: &str = "0_5_million";
pub(crate) const NEXT: &str = "5_10_million";
pub(crate) const THIRD: &str = "11_20_million";

pub(crate) fn rules() -> Rules {
    Rules::defaults().unwrap()
}

pub(crate) fn moment() -> DateTime<Utc> {
    date(2026, 1, 1).and_hms_opt(0, 0, 0).unwrap().and_utc()
}

pub(crate) fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

pub(crate) fn later(from: NaiveDate, months: f64) -> NaiveDate {
    from + TimeDelta::days((months * 30.436_875).round() as i64)
}

pub(crate) fn at(tier: &str, valid_from: NaiveDate) -> Observed {
    Observed {
        tier: tier.to_owned(),
        valid_from,
        revenue: None,
        team_size: None,
        focus_areas: Vec::new(),
        current_stage: None,
    }
}

/// A contractor that enters the lowest tier on a day.
pub(crate) fn entering(contractor_id: i32, on: NaiveDate) -> Record {
    Record { contractor_id, history: vec![at(LOW, on)], ..Record::default() }
}

/// A contractor that is on lists of each year from 2010 to 2020, in the second tier from one year on and in the third from
/// another.
pub(crate) fn listed(contractor_id: i32, [next, third]: [i32; 2]) -> Record {
    let tier = |year| {
        if year < next {
            LOW
        } else if year < third {
            NEXT
        } else {
            THIRD
        }
    };
    let history = (2010..=2020).map(|year| at(tier(year), date(year, 1, 1))).collect();
    Record { contractor_id, history, ..Record::default() }
}

/// With a focus area that nobody knows the days of.
pub(crate) fn focused(mut record: Record, area: &str) -> Record {
    record.profile.focus_areas.push(area.to_owned());
    record
}

/// Steps of a contractor's way, from the day of its first row.
pub(crate) trait Way {
    fn entered(&self) -> NaiveDate;
    fn goes_to(self, tier: &str, months: f64) -> Self;
    fn focuses(self, area: &str) -> Self;
    fn reaches(self, milestone: &str, months: impl Into<Option<f64>>) -> Self;
    fn uses(self, partner_id: i32, months: impl Into<Option<f64>>, satisfaction: Option<i16>) -> Self;
    fn reads(self, title: &str, author: &str) -> Self;
    fn earns(self, dollars: f64) -> Self;
    fn of(self, team_size: i32, stage: &str) -> Self;
}

impl Way for Record {
    fn entered(&self) -> NaiveDate {
        self.history[0].valid_from
    }

    fn goes_to(mut self, tier: &str, months: f64) -> Self {
        let on = later(self.entered(), months);
        self.history.push(at(tier, on));
        self
    }

    fn focuses(mut self, area: &str) -> Self {
        self.history[0].focus_areas.push(area.to_owned());
        self
    }

    fn reaches(mut self, milestone: &str, months: impl Into<Option<f64>>) -> Self {
        let reached_on = months.into().map(|months| later(self.entered(), months));
        self.milestones.push(Reached { milestone: milestone.to_owned(), reached_on });
        self
    }

    fn uses(mut self, partner_id: i32, months: impl Into<Option<f64>>, satisfaction: Option<i16>) -> Self {
        let used_from = months.into().map(|months| later(self.entered(), months));
        self.partners.push(Used { partner_id, used_from, satisfaction });
        self
    }

    fn reads(mut self, title: &str, author: &str) -> Self {
        let consumed_on = Some(self.entered());
        let (title, author) = (title.to_owned(), author.to_owned());
        self.content.push(Consumed { kind: ContentKind::Book, title, author, consumed_on });
        self
    }

    fn earns(mut self, dollars: f64) -> Self {
        self.history.last_mut().unwrap().revenue = Some(dollars);
        self
    }

    fn of(mut self, team_size: i32, stage: &str) -> Self {
        let last = self.history.last_mut().unwrap();
        (last.team_size, last.current_stage) = (Some(team_size), Some(stage.to_owned()));
        self
    }
}

pub(crate) fn learned(records: &[Record], released: &[Pattern], outcomes: &[Outcome]) -> Learned {
    learned_at(records, released, outcomes, moment())
}

pub(crate) fn learned_at(
    records: &[Record],
    released: &[Pattern],
    outcomes: &[Outcome],
    as_of: DateTime<Utc>,
) -> Learned {
    let rules = rules();
    let mut learner = Learner::new(&rules, as_of);
    records.iter().for_each(|record| learner.observe(record));
    learner.finish(released, outcomes)
}

/// Patterns as they come back from where they are stored.
pub(crate) fn stored(patterns: &[Pattern]) -> Vec<Pattern> {
    let mut next = patterns.iter().map(|pattern| pattern.id).max().unwrap_or_default();
    let stored = patterns.iter().map(|pattern| {
        let mut pattern: Pattern = serde_json::from_str(&serde_json::to_string(pattern).unwrap()).unwrap();
        if pattern.id == 0 {
            next += 1;
            pattern.id = next;
        }
        pattern
    });
    stored.collect()
}

/// The cohort of the source document: 47 went from $3M to $5M, 42 of them improved lead systems, and it took ten months.
/// 37 hired an operations manager, 42 used partner 5 and 32 partner 6, 34 read a book.
pub(crate) fn sample() -> Vec<Record> {
    let contractors = (0..47).map(|place| {
        let months = 6.0 + f64::from(place % 9);
        let mut one = entering(place + 1, later(date(2023, 1, 1), f64::from(place % 12)))
            .earns(3.1e6)
            .of(8, "growth")
            .goes_to(NEXT, months)
            .earns(5.2e6);
        if place < 42 {
            one = one.focuses("Lead Systems").uses(5, 1.0, Some(if place % 5 == 0 { 4 } else { 5 }));
        }
        if place >= 10 {
            one = one.reaches("hired_ops_manager", f64::from(place % 5) + 1.0);
        }
        if (5..37).contains(&place) {
            one = one.uses(6, 2.0, None);
        }
        if place >= 13 {
            one = one.reads(if place % 7 == 0 { "traction" } else { "Traction" }, "Gino Wickman");
        }
        one
    });
    contractors.collect()
}

/// Sixty who stayed in the lowest tier, 51 of whom improved lead systems too.
pub(crate) fn stayers() -> Vec<Record> {
    let stayers = (0..60).map(|place| {
        let one = entering(1_000 + place, date(2023, 1, 1)).earns(2e6).of(6, "growth");
        if place < 51 { one.focuses("lead_systems") } else { one }
    });
    stayers.collect()
}

pub(crate) fn pattern<'a>(learned: &'a Learned, from: &str, kind: levels::PatternType) -> &'a Pattern {
    let mut of =
        learned.patterns.iter().filter(|one| one.from_revenue_tier == from && one.pattern_type == kind);
    of.next().unwrap_or_else(|| panic!("no pattern of {from} and {kind:?}: {:#?}", learned.patterns))
}
