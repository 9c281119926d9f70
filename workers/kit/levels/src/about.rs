//! Who those who levelled up were, in the middle: team, stage and revenue at entry, and what had become of them.

use crate::cohort::{About, Tier};
use crate::facts::Row;
use crate::figure::median;
use crate::months::Months;
use stats::anonymity::{LEAST, may_be_told};
use std::collections::BTreeMap;

impl Tier<'_> {
    pub(crate) fn about(&self, levelled: &[usize], months: Option<Months>) -> About {
        let (mut teams, mut revenues) = (Vec::new(), Vec::new());
        let (mut team_times, mut revenue_times) = (Vec::new(), Vec::new());
        let mut stages: BTreeMap<&str, u64> = BTreeMap::new();
        let mut with_stage = 0;
        for &place in levelled {
            let (rows, after) = self.rows(place);
            let team = rows.iter().find_map(Row::team_size).map(f64::from);
            let revenue = rows.iter().find_map(Row::revenue);
            teams.extend(team);
            revenues.extend(revenue);
            let times = |before: Option<f64>, after: Option<f64>| Some(after? / before.filter(|b| *b > 0.0)?);
            team_times.extend(times(team, after.team_size().map(f64::from)));
            revenue_times.extend(times(revenue, after.revenue()));
            if let Some(stage) = rows.iter().find_map(|row| self.facts.stage_in(row)) {
                *stages.entry(stage).or_default() += 1;
                with_stage += 1;
            }
        }
        // The most common one, by name where two are as common.
        let stage = stages.into_iter().max_by(|one, other| one.1.cmp(&other.1).then(other.0.cmp(one.0)));
        let stage = stage.filter(|(_, n)| may_be_told(*n, with_stage, LEAST));
        About {
            months,
            team_size: middle(teams).map(|team| team.round() as i32),
            stage: stage.map(|(stage, _)| stage.to_owned()),
            revenue: middle(revenues),
            team_doubled: middle(team_times).map(|times| times >= 2.0),
            // In steps of five, so that it is nobody's own.
            revenue_increased: middle(revenue_times).map(|times| ((times - 1.0) * 20.0).round() as i32 * 5),
        }
    }

    /// The rows in the tier, and the one that ended it.
    fn rows(&self, place: usize) -> (&[Row], &Row) {
        let range = &self.spells[place].rows;
        let (start, end) = (range.start as usize, range.end as usize);
        (&self.facts.rows[start..end], &self.facts.rows[end])
    }
}

/// The median, of enough people.
fn middle(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    median(&numbers).filter(|_| numbers.len() as u64 >= LEAST)
}
