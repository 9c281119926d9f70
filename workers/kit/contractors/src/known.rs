//! What is known of contractors, put together from the rows.

use chrono::NaiveDate;
use db::contractor_facts::Fact;
use db::{Tx, contractor_facts};
use levels::{Consumed, Observed, Profile, Reached, Record, Rules, Used};

use crate::Error;

/// A contractor to whom something is recommended.
pub(crate) struct Known {
    /// In the tier that the history ends with.
    pub(crate) profile: Profile,
    /// Months in that tier.
    pub(crate) elapsed: Option<f64>,
}

/// Refused if there is no such contractor.
pub(crate) async fn one(tx: &mut Tx, id: i32, rules: &Rules, on: NaiveDate) -> Result<Known, Error> {
    let mut record = None;
    contractor_facts::of_one(tx, id, |id, fact| {
        add(record.get_or_insert_with(|| Record { contractor_id: id, ..Record::default() }), fact);
    })
    .await?;
    Ok(of(&record.ok_or(Error::UnknownContractor(id))?, rules, on))
}

pub(crate) fn of(record: &Record, rules: &Rules, on: NaiveDate) -> Known {
    let mut profile = record.profile.clone();
    let history: Vec<Observed> = record.history.iter().chain(&record.seen).cloned().collect();
    let past = history.iter().filter(|row| row.valid_from <= on && rules.ladder().rank(&row.tier).is_some());
    if let Some(newest) = past.max_by_key(|row| row.valid_from) {
        profile.revenue_tier = Some(newest.tier.clone());
    }
    Known { elapsed: levels::elapsed_months(rules, &history, on), profile }
}

pub(crate) fn add(record: &mut Record, fact: Fact<'_>) {
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
    match fact {
        Fact::Profile {
            revenue_tier,
            team_size,
            focus_areas,
            current_stage,
            close_rate,
            lead_sources,
            current_crm,
        } => {
            record.profile = Profile {
                revenue_tier: revenue_tier.map(str::to_owned),
                team_size,
                focus_areas: owned(focus_areas),
                current_stage: current_stage.map(str::to_owned),
                close_rate,
                lead_sources: owned(lead_sources),
                current_crm: current_crm.map(str::to_owned),
            };
        }
        Fact::Observed { tier, valid_from, revenue, team_size, focus_areas, current_stage, of_profile } => {
            let rows = if of_profile { &mut record.seen } else { &mut record.history };
            rows.push(Observed {
                tier: tier.to_owned(),
                valid_from,
                revenue,
                team_size,
                focus_areas: owned(focus_areas),
                current_stage: current_stage.map(str::to_owned),
            });
        }
        Fact::Reached { milestone, reached_on } => {
            record.milestones.push(Reached { milestone: milestone.to_owned(), reached_on });
        }
        Fact::Used { partner_id, used_from, satisfaction } => {
            record.partners.push(Used { partner_id, used_from, satisfaction });
        }
        Fact::Consumed { kind, title, author, consumed_on } => {
            // The table holds no other kinds.
            let Ok(kind) = kind.parse() else { return };
            let (title, author) = (title.to_owned(), author.to_owned());
            record.content.push(Consumed { kind, title, author, consumed_on });
        }
    }
}
