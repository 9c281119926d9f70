//! Contractors for growth: a made cohort with the counts of the source document, and one contractor who has just begun.
//!
//! 47 went from $3M to over $5M, 42 of them with better lead systems first; 60 stayed, 51 of them with the same; some of
//! the 47 went on. What they have in common is built in: it is no finding.

use chrono::{Days, NaiveDate};
use db::contractors::{Content, Contractor, Milestone, Observed, Partner, Usage};

use super::dice::Dice;
use super::names::{FIRST_NAMES, LAST_NAMES};
use super::{SEED, Table};

/// Whoever has just entered the lowest tier.
pub const NEWCOMER: i32 = 56;

const TIERS: [&str; 4] = ["0_5_million", "5_10_million", "11_20_million", "21_30_million"];
const LEVELLED: usize = 47;
/// So many of them went on, and so many of these once more.
const WENT_ON: usize = 34;
const WENT_FAR: usize = 20;
const STAYED: usize = 60;

const BUILD_PRO: i32 = 1;
const LEAD_GEN_TOOLS: i32 = 2;
const TRADES: [&str; 8] =
    ["Roofing", "Plumbing", "Electric", "Heating", "Landscaping", "Masonry", "Painting", "Solar"];

/// The rows of the made contractors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cohort {
    pub contractors: Vec<Contractor>,
    pub history: Vec<Observed>,
    pub partners: Vec<Partner>,
    pub usage: Vec<Usage>,
    pub milestones: Vec<Milestone>,
    pub content: Vec<Content>,
}

impl Cohort {
    /// As it is on a day; the same every time.
    pub fn generate(as_of: NaiveDate) -> Self {
        let partner = |(id, name): (i32, &str)| Partner { id, name: name.to_owned() };
        let partners = [(BUILD_PRO, "BuildPro"), (LEAD_GEN_TOOLS, "LeadGen Tools")].map(partner).to_vec();
        let mut cohort = Self { partners, ..Self::default() };
        let mut ids = (1..).filter(|id| *id != NEWCOMER);
        for (place, id) in (0..LEVELLED).zip(ids.by_ref()) {
            Person::new(&mut cohort, id, as_of).levels_up(place);
        }
        for (place, id) in (0..STAYED).zip(ids) {
            Person::new(&mut cohort, id, as_of).stays(place);
        }
        Person::new(&mut cohort, NEWCOMER, as_of).begins();
        cohort
    }
}

/// One contractor, on the way into the rows.
struct Person<'a> {
    cohort: &'a mut Cohort,
    id: i32,
    as_of: NaiveDate,
    dice: Dice,
}

impl<'a> Person<'a> {
    fn new(cohort: &'a mut Cohort, id: i32, as_of: NaiveDate) -> Self {
        let dice = Dice::new(SEED, Table::Contractors as u64, id as u64);
        Self { cohort, id, as_of, dice }
    }

    fn levels_up(&mut self, place: usize) {
        // Those who went on began long ago, so that they had the time to.
        let ago = match place {
            0..WENT_FAR => 96 - place / 4,
            WENT_FAR..WENT_ON => 60 - (place - WENT_FAR) / 2,
            _ => 36 - (place - WENT_ON),
        };
        let entered = self.ago(ago as i64);
        let left = self.after(entered, [6, 8, 9, 10, 10, 10, 11, 12, 14][place % 9]);
        let focus = if place % 9 == 4 { "networking" } else { "lead_systems" };
        let also = if place % 5 < 2 { &["greenfield_growth"][..] } else { &[] };
        let revenue = 2.6 + (place % 9) as f64 / 10.0;
        self.observed(
            0,
            entered,
            Some(revenue),
            6 + (place % 5) as i32,
            &[&[focus], also].concat(),
            "growth",
        );
        if place % 9 != 2 {
            let satisfaction = if place.is_multiple_of(5) { 4 } else { 5 };
            self.uses(BUILD_PRO, entered, Some(satisfaction));
        }
        if !place.is_multiple_of(3) {
            self.uses(LEAD_GEN_TOOLS, entered, None);
        }
        if !matches!(place % 7, 3 | 6) {
            self.reaches("hired_ops_manager", entered, 5);
        }
        if place % 3 != 1 {
            self.reaches("implemented_crm", entered, 4);
        }
        if !matches!(place % 7, 1 | 5) {
            self.consumes("book", "Traction", "Gino Wickman", entered);
        }
        if place.is_multiple_of(2) {
            self.consumes("podcast", "The Contractor Growth Hour", "Dana Holt", entered);
        }
        if place % 5 > 2 {
            self.consumes("event", "Next Tier Summit", "", entered);
        }
        let revenue = 5.1 + (place % 5) as f64 / 5.0;
        let focus = if place % 4 == 3 { "networking" } else { "operational_efficiency" };
        self.observed(1, left, Some(revenue), 12 + (place % 7) as i32, &[focus], "scaling");
        let mut tier = 1;
        if place < WENT_ON {
            if place % 3 != 2 {
                self.reaches("hired_sales_manager", left, 6);
            }
            let next = self.after(left, 15 + (place % 7) as i64);
            let focus = if place % 3 != 2 { "leadership" } else { "networking" };
            self.observed(
                2,
                next,
                Some(10.4 + (place % 4) as f64),
                28 + (place % 9) as i32,
                &[focus],
                "scaling",
            );
            tier = 2;
            if place < WENT_FAR {
                let last = self.after(next, 20 + (place % 6) as i64);
                self.observed(3, last, Some(20.5 + (place % 5) as f64), 55, &["leadership"], "established");
                tier = 3;
            }
        }
        let close_rate = Some(self.dice.between(18, 45) as f64 / 100.0);
        self.profile(
            tier,
            [9, 14, 32, 60][tier],
            &[focus],
            ["growth", "scaling", "scaling", "established"][tier],
            close_rate,
        );
    }

    fn stays(&mut self, place: usize) {
        let entered = self.ago(22 + place as i64 / 3);
        let focus = if matches!(place % 20, 3 | 9 | 15) { "networking" } else { "lead_systems" };
        let also = if place % 5 < 2 { &["greenfield_growth"][..] } else { &[] };
        let focus = [&[focus], also].concat();
        let revenue = 1.4 + (place % 20) as f64 / 10.0;
        let team = 4 + (place % 6) as i32;
        self.observed(0, entered, Some(revenue), team, &focus, "growth");
        if place.is_multiple_of(3) {
            // As with everybody, some years are worse than the year before.
            let change = self.dice.between(-4, 6) as f64 / 10.0;
            let later = self.after(entered, 12);
            self.observed(0, later, Some(revenue + change), team, &focus, "growth");
        }
        // Most of it as many did who levelled up; fewer used BuildPro, and fewer hired.
        if place % 3 != 2 {
            self.uses(BUILD_PRO, entered, Some(4));
        }
        if place % 3 != 1 {
            self.uses(LEAD_GEN_TOOLS, entered, None);
        }
        if place % 5 < 2 {
            self.reaches("hired_ops_manager", entered, 5);
        }
        if !place.is_multiple_of(3) {
            self.reaches("implemented_crm", entered, 4);
        }
        if place % 4 != 1 {
            self.consumes("book", "Traction", "Gino Wickman", entered);
        }
        if place % 2 == 1 {
            self.consumes("podcast", "The Contractor Growth Hour", "Dana Holt", entered);
        }
        if place % 5 > 2 {
            self.consumes("event", "Next Tier Summit", "", entered);
        }
        let close_rate = Some(self.dice.between(12, 38) as f64 / 100.0);
        self.profile(0, team, &focus, "growth", close_rate);
    }

    /// The contractor of the source document, of whom neither the close rate nor the lead sources are known.
    fn begins(&mut self) {
        let entered = self.as_of - Days::new(5);
        self.observed(0, entered, Some(3.0), 8, &["lead_systems"], "growth");
        self.profile(0, 8, &["lead_systems"], "growth", None);
    }

    /// So many months ago, give or take a few days.
    fn ago(&mut self, months: i64) -> NaiveDate {
        let days = months * 3_044 / 100 + self.dice.between(0, 20);
        self.as_of - Days::new(days.cast_unsigned())
    }

    fn after(&self, day: NaiveDate, months: i64) -> NaiveDate {
        day + Days::new((months * 3_044 / 100).cast_unsigned())
    }

    /// Within so many months of a day.
    fn soon(&mut self, day: NaiveDate, months: i64) -> NaiveDate {
        day + Days::new(self.dice.between(20, months * 30).cast_unsigned())
    }

    fn observed(
        &mut self,
        tier: usize,
        valid_from: NaiveDate,
        millions: Option<f64>,
        team_size: i32,
        focus_areas: &[&str],
        stage: &str,
    ) {
        self.cohort.history.push(Observed {
            contractor_id: self.id,
            tier: TIERS[tier].to_owned(),
            valid_from,
            revenue: millions.map(|millions| (millions * 10.0).round() * 100_000.0),
            team_size: Some(team_size),
            focus_areas: focus_areas.iter().map(|&area| area.to_owned()).collect(),
            current_stage: Some(stage.to_owned()),
        });
    }

    fn uses(&mut self, partner_id: i32, entered: NaiveDate, satisfaction: Option<i16>) {
        let used_from = Some(self.soon(entered, 4));
        self.cohort.usage.push(Usage { contractor_id: self.id, partner_id, used_from, satisfaction });
    }

    fn reaches(&mut self, milestone: &str, entered: NaiveDate, months: i64) {
        let reached_on = Some(self.soon(entered, months));
        let milestone = milestone.to_owned();
        self.cohort.milestones.push(Milestone { contractor_id: self.id, milestone, reached_on });
    }

    fn consumes(&mut self, kind: &str, title: &str, author: &str, entered: NaiveDate) {
        let consumed_on = Some(self.soon(entered, 5));
        let [kind, title, author] = [kind, title, author].map(str::to_owned);
        self.cohort.content.push(Content { contractor_id: self.id, kind, title, author, consumed_on });
    }

    fn profile(&mut self, tier: usize, team_size: i32, focus: &[&str], stage: &str, close_rate: Option<f64>) {
        let place = self.id as usize;
        let last_name = LAST_NAMES[place % LAST_NAMES.len()];
        let known = close_rate.is_some();
        self.cohort.contractors.push(Contractor {
            id: self.id,
            first_name: Some(self.dice.pick(FIRST_NAMES).to_owned()),
            last_name: Some(last_name.to_owned()),
            company_name: Some(format!(
                "{last_name} {}",
                TRADES[(place + place / LAST_NAMES.len()) % TRADES.len()]
            )),
            revenue_tier: Some(TIERS[tier].to_owned()),
            team_size: Some(team_size),
            focus_areas: focus.iter().map(|&area| area.to_owned()).collect(),
            current_stage: Some(stage.to_owned()),
            close_rate,
            lead_sources: if known { vec!["referrals".to_owned(), "search".to_owned()] } else { Vec::new() },
            current_crm: known.then(|| "Spreadsheet".to_owned()),
            created_at: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
    }

    #[test]
    fn they_are_as_many_as_the_source_document_says() {
        let cohort = Cohort::generate(day());
        let levelled: BTreeSet<i32> = cohort
            .history
            .iter()
            .filter(|row| row.tier == "5_10_million")
            .map(|row| row.contractor_id)
            .collect();
        let of_them = |ids: Vec<i32>| ids.iter().filter(|id| levelled.contains(id)).count();
        let milestone = |name: &str| {
            of_them(
                cohort
                    .milestones
                    .iter()
                    .filter(|row| row.milestone == name)
                    .map(|row| row.contractor_id)
                    .collect(),
            )
        };
        let used = |id| {
            of_them(
                cohort.usage.iter().filter(|row| row.partner_id == id).map(|row| row.contractor_id).collect(),
            )
        };
        let read: Vec<i32> = cohort
            .content
            .iter()
            .filter(|row| row.title == "Traction")
            .map(|row| row.contractor_id)
            .collect();
        assert_eq!((levelled.len(), cohort.contractors.len()), (47, 108));
        assert_eq!((milestone("hired_ops_manager"), of_them(read)), (34, 34));
        assert_eq!((used(BUILD_PRO), used(LEAD_GEN_TOOLS)), (42, 31));
        let focused = |levelled_up: bool| {
            let rows = cohort.history.iter().filter(|row| {
                row.tier == "0_5_million" && row.focus_areas.iter().any(|area| area == "lead_systems")
            });
            let ids: BTreeSet<i32> = rows.map(|row| row.contractor_id).filter(|id| *id != NEWCOMER).collect();
            ids.iter().filter(|id| levelled.contains(id) == levelled_up).count()
        };
        assert_eq!((focused(true), focused(false)), (42, 51));
        assert_eq!(cohort, Cohort::generate(day()));
    }

    #[test]
    fn nothing_is_of_the_future_and_nobody_has_another_ones_company() {
        let cohort = Cohort::generate(day());
        let days = cohort.history.iter().map(|row| Some(row.valid_from));
        let days = days.chain(cohort.milestones.iter().map(|row| row.reached_on));
        let days = days.chain(cohort.usage.iter().map(|row| row.used_from));
        assert!(days.chain(cohort.content.iter().map(|row| row.consumed_on)).all(|at| at < Some(day())));
        let companies: BTreeSet<&str> =
            cohort.contractors.iter().filter_map(|row| row.company_name.as_deref()).collect();
        assert_eq!(companies.len(), cohort.contractors.len());
    }
}
