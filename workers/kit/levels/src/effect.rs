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
    /// None of those who were not seen from the beginning.
    watched: Vec<Option<Watched>>,
    /// The same people, with nothing but the level-ups that were held out.
    later: Vec<Option<Watched>>,
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
    pub(crate) fn new(watched: Vec<Option<Watched>>, held_out: &[usize]) -> Self {
        let open = |one: &Option<Watched>| one.map(|one| Watched { happened: false, ..one });
        let mut later: Vec<Option<Watched>> = watched.iter().map(open).collect();
        held_out.iter().for_each(|&place| later[place] = watched[place]);
        let at_risk = |watched: &[Option<Watched>]| AtRisk::new(&known(watched, &BTreeSet::new()));
        let (at_risk, at_risk_later) = (at_risk(&watched), at_risk(&later));
        Self { watched, later, at_risk, at_risk_later }
    }

    pub(crate) fn watched(&self) -> Vec<Watched> {
        known(&self.watched, &BTreeSet::new())
    }

    /// None where of too many it is not known when; of few, they are left out on both sides.
    pub(crate) fn test(&self, had: &[Had]) -> Option<Tested> {
        let had: Vec<&Had> = had.iter().filter(|one| self.watched[one.spell as usize].is_some()).collect();
        let undated: BTreeSet<usize> =
            had.iter().filter(|one| one.since == UNDATED).map(|one| one.spell as usize).collect();
        if undated.len() as f64 > had.len() as f64 * UNDATED_MOST {
            return None;
        }
        let effect = |watched: &[Option<Watched>], at_risk: &AtRisk| {
            let did = |one: &&Had| {
                let since = f64::from(one.since) / MONTH;
                Some(Did { since, until: watched[one.spell as usize]? })
            };
            let dated = had.iter().filter(|one| one.since != UNDATED);
            let did: Vec<Did> = dated.filter_map(did).collect();
            if undated.is_empty() {
                return at_risk.effect(&did);
            }
            AtRisk::new(&known(watched, &undated)).effect(&did)
        };
        let whole = effect(&self.watched, &self.at_risk);
        // Nobody asks whether chance holds.
        let is_more = whole.is_more() && whole.p <= FALSE_DISCOVERIES;
        let holds = is_more && effect(&self.later, &self.at_risk_later).is_more();
        Some(Tested { p: whole.p, holds })
    }
}

/// Those who were seen from the beginning, but for some.
fn known(watched: &[Option<Watched>], but: &BTreeSet<usize>) -> Vec<Watched> {
    let known = watched.iter().enumerate().filter(|(place, _)| !but.contains(place));
    known.filter_map(|(_, one)| *one).collect()
}
