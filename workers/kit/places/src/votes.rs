//! Which states a text speaks of, and what follows for its cities.

use crate::clue::{Clue, ENOUGH};
use crate::lexicon::{Fame, Place};
use crate::scan::Case;
use crate::state::{State, StateSet};
use crate::{Hints, Rule};

/// Votes of a state that is named twice.
const PROOF: u16 = 6;

/// How often each state is named or implied.
pub(crate) struct Votes {
    count: [u16; State::COUNT],
    pub(crate) states: StateSet,
}

/// The state of a city, and why. Without a reason there is none.
pub(crate) fn locate(clue: &Clue<'_>, votes: &Votes, hints: &Hints) -> (Option<State>, Rule) {
    let place = clue.hit.place();
    let dominant = place.and_then(Place::dominant);
    if let Some(tail) = clue.tail {
        return (Some(tail), Rule::CityState);
    }
    let hinted = place.map_or_else(StateSet::default, |place| hints.states(place.key));
    if let Some(only) = clue.candidates.single() {
        let rule = match place {
            _ if clue.inherited => Rule::StateElsewhere,
            // Only a name that came with the hints has no inhabitants.
            Some(Place { population: 0, .. }) => Rule::ClinicTable,
            _ => Rule::OnlySuchCity,
        };
        return (Some(only), rule);
    }
    if place.is_some_and(|place| place.fame == Fame::Absolute) {
        return (dominant, Rule::BestKnown);
    }
    let winner = votes.winner(clue.candidates);
    // Against a far larger namesake one mention of another state is a doubt, not a proof.
    let larger = place.filter(|place| place.state.is_none() && place.population > 0);
    let doubtful = winner.is_some_and(|state| {
        votes.of(state) < PROOF && larger.is_some_and(|place| !place.peers.contains(state))
    });
    match (winner, hinted.single()) {
        (Some(state), _) if dominant == winner => (Some(state), Rule::BestKnown),
        (Some(state), _) if !doubtful => (Some(state), Rule::StateElsewhere),
        (_, Some(state)) => (Some(state), Rule::ClinicTable),
        _ if dominant.is_some() && !doubtful => (dominant, Rule::BestKnown),
        _ => (None, Rule::Unresolved),
    }
}

impl Votes {
    /// Full names count more than what a city or a county implies.
    pub(crate) fn count(clues: &[Clue<'_>]) -> Self {
        let mut votes = Self { count: [0; State::COUNT], states: StateSet::default() };
        for clue in clues {
            let Some((state, weight)) = vote(clue) else { continue };
            let count = &mut votes.count[state.index()];
            *count = count.saturating_add(weight);
            votes.states.insert(state);
        }
        votes
    }

    fn of(&self, state: State) -> u16 {
        self.count[state.index()]
    }

    /// The candidate with the most votes, unless two have as many.
    fn winner(&self, candidates: StateSet) -> Option<State> {
        let votes = |state: &State| self.of(*state);
        let best = candidates.intersection(self.states).iter().max_by_key(votes)?;
        let rivals = candidates.iter().filter(|state| votes(state) == votes(&best)).count();
        (rivals == 1).then_some(best)
    }
}

fn vote(clue: &Clue<'_>) -> Option<(State, u16)> {
    let place = clue.hit.place();
    if let Some(place) = place.filter(|place| place.is_county()) {
        return place.counties.single().map(|state| (state, 2));
    }
    if clue.points < ENOUGH || (clue.hit.case == Case::Lower && !clue.as_state && clue.tail.is_none()) {
        return None;
    }
    if clue.as_state {
        return clue.hit.state().map(|state| (state, 3));
    }
    if clue.repeated {
        return None;
    }
    let sure = clue.tail.or(clue.candidates.single());
    sure.or(place.and_then(Place::dominant)).map(|state| (state, 2))
}
