//! Whether those who had something levelled up more often than those at the same point who had not.

use crate::cohort::Had;
use crate::facts::UNDATED;
use crate::history::MONTH;
use stats::exposure::{AtRisk, Did};
use stats::survival::Watched;
use std::collections::BTreeSet;

/// With more people of whom it is not known when, nothing is tested.
const UNDATED_MOST: f64 = 0.10;
/// Verdicts allow for so many false ones in a transition's family.
pub(crate) const FALSE_DISCOVERIES: f64 = 0.05;

/// Everybody in a tier with their way to one other tier, sorted once for many tests.
pub(crate) struct Effects {
    watched: Vec<Watched>,
    /// The same people, with nothing but the level-ups that were held out.
    later: Vec<Watched>,
    at_risk: AtRisk,
    at_risk_later: AtRisk,
}

/// What a test says.
pub(crate) struct Tested {
    pub(crate) p: f64,
    /// Whether those who had it levelled up more often, beyond chance, and also in the level-ups that were held out.
    pub(crate) holds: bool,
}

impl Effects {
    /// `held_out` are places in `watched`.
    pub(crate) fn new(watched: Vec<Watched>, held_out: &[usize]) -> Self {
        let mut later: Vec<Watched> = watched.iter().map(|one| Watched { happened: false, ..*one }).collect();
        held_out.iter().for_each(|&place| later[place].happened = watched[place].happened);
        let (at_risk, at_risk_later) = (AtRisk::new(&watched), AtRisk::new(&later));
        Self { watched, later, at_risk, at_risk_later }
    }

    pub(crate) fn watched(&self) -> &[Watched] {
        &self.watched
    }

    /// None where of too many it is not known when; of few, they are left out on both sides.
    pub(crate) fn test(&self, had: &[Had]) -> Option<Tested> {
        let undated: BTreeSet<usize> =
            had.iter().filter(|one| one.since == UNDATED).map(|one| one.spell as usize).collect();
        if undated.len() as f64 > had.len() as f64 * UNDATED_MOST {
            return None;
        }
        let effect = |watched: &[Watched], at_risk: &AtRisk| {
            let dated = had.iter().filter(|one| one.since != UNDATED);
            let did: Vec<Did> = dated
                .map(|one| Did { since: f64::from(one.since) / MONTH, until: watched[one.spell as usize] })
                .collect();
            if undated.is_empty() {
                return at_risk.effect(&did);
            }
            let known = watched.iter().enumerate().filter(|(place, _)| !undated.contains(place));
            AtRisk::new(&known.map(|(_, one)| *one).collect::<Vec<_>>()).effect(&did)
        };
        let whole = effect(&self.watched, &self.at_risk);
        // Nobody asks whether chance holds.
        let is_more = whole.is_more() && whole.p <= FALSE_DISCOVERIES;
        let holds = is_more && effect(&self.later, &self.at_risk_later).is_more();
        Some(Tested { p: whole.p, holds })
    }
}
