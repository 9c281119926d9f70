//! Decides for a whole text which names are places and in which state each lies.

use crate::clue::{Clue, ENOUGH};
use crate::lexicon::Lexicon;
use crate::lists::{lists_of_counties, lists_of_places};
use crate::load::WELL_KNOWN;
use crate::scan::{Case, Hit, Name};
use crate::state::{State, StateSet};
use crate::tails::{admit_codes, pair_with_tails};
use crate::votes::{Votes, locate};
use crate::{Hints, Kind, Rule};

/// A name that was judged to be a place.
#[derive(Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) hit: Hit<'a>,
    pub(crate) kind: Kind,
    pub(crate) state: Option<State>,
    pub(crate) candidates: StateSet,
    pub(crate) rule: Rule,
}

pub(crate) fn resolve<'a>(
    text: &str,
    hits: Vec<Hit<'a>>,
    lexicon: &'a Lexicon,
    hints: &Hints,
) -> Vec<Finding<'a>> {
    if hits.is_empty() {
        return Vec::new();
    }
    let mut clues: Vec<Clue<'_>> = hits.into_iter().map(|hit| Clue::new(text, hit, lexicon, hints)).collect();
    if let [only] = &mut clues[..]
        && text.trim().len() == only.hit.end - only.hit.start
    {
        // The text is a name and nothing else, as in a column of locations.
        only.context.left += 4;
    }
    pair_with_tails(text, &mut clues);
    admit_codes(text, &mut clues, lexicon);
    for clue in &mut clues {
        clue.points += if clue.tail.is_some() { 6 } else { clue.context.left + clue.context.right };
    }
    same_name_same_thing(&mut clues);
    let votes = Votes::count(&clues);
    lists_of_places(text, &mut clues);
    for clue in &mut clues {
        agree_with(clue, &votes);
    }
    lists_of_counties(text, &mut clues);
    settle(clues, &votes, hints)
}

/// One name means one thing in one text: what a full name or a clear context shows once holds for all.
fn same_name_same_thing(clues: &mut [Clue<'_>]) {
    if clues.len() < 2 {
        return;
    }
    let cities = clues.iter().enumerate().filter(|(_, clue)| clue.hit.is_city());
    let mut order: Vec<(u64, usize)> =
        cities.map(|(at, clue)| (clue.hit.place().map_or(0, |place| place.key), at)).collect();
    order.sort_unstable();
    for group in order.chunk_by(|one, other| one.0 == other.0) {
        let person = group.iter().any(|(_, at)| clues[*at].context.person);
        let place = group.iter().any(|(_, at)| {
            let clue = &clues[*at];
            clue.tail.is_some() || clue.context.left + clue.context.right >= 3
        });
        let tails = group.iter().filter_map(|(_, at)| clues[*at].tail);
        let tail = tails.fold(StateSet::default(), |all, state| all.union(state.into()));
        for (nth, (_, at)) in group.iter().enumerate() {
            let clue = &mut clues[*at];
            clue.repeated = nth > 0;
            if clue.tail.is_some() || clue.context.person {
                continue;
            }
            let clear = clue.context.left + clue.context.right;
            if person && !place {
                clue.points -= 4;
            } else if place && clear >= 0 && (clear > 0 || !clue.is_only_a_word()) {
                clue.points += if person { 1 } else { 3 };
            }
            if let Some(state) = tail.single()
                && !clue.as_state
            {
                clue.candidates = StateSet::from(state);
                clue.inherited = true;
            }
        }
    }
}

/// A city that lies in a state the text speaks of is likelier, one that cannot lie there less likely.
fn agree_with(clue: &mut Clue<'_>, votes: &Votes) {
    if clue.as_state || clue.tail.is_some() {
        return;
    }
    let agrees = !clue.candidates.intersection(votes.states).is_empty();
    let foreign = clue.hit.place().is_some_and(|place| place.traits.foreign);
    clue.points += match agrees {
        true => 2,
        false => -3 * i32::from(foreign) - i32::from(!votes.states.is_empty()),
    };
}

fn settle<'a>(clues: Vec<Clue<'a>>, votes: &Votes, hints: &Hints) -> Vec<Finding<'a>> {
    let mut findings = Vec::with_capacity(clues.len());
    for clue in clues {
        if clue.points < ENOUGH || (clue.hit.case == Case::Lower && !clear_in_small_letters(&clue, votes)) {
            continue;
        }
        let hit = clue.hit;
        if clue.as_state {
            let rule = if matches!(hit.name, Name::Code(_)) { Rule::StateCode } else { Rule::StateName };
            findings.push(Finding {
                hit,
                kind: Kind::State,
                state: hit.state(),
                candidates: clue.candidates,
                rule,
            });
        } else if hit.is_city() || !clue.candidates.is_empty() {
            let (state, rule) = locate(&clue, votes, hints);
            let kind = if state.is_some() && state == hit.state() { Kind::State } else { Kind::City };
            findings.push(Finding { hit, kind, state, candidates: clue.candidates, rule });
        }
    }
    findings
}

/// "clinic in phoenix", "phoenix az", and any larger city of a state the text speaks of.
fn clear_in_small_letters(clue: &Clue<'_>, votes: &Votes) -> bool {
    let Some(place) = clue.hit.place().filter(|_| !clue.as_state && clue.tail.is_none()) else { return true };
    let agrees = !clue.candidates.intersection(votes.states).is_empty();
    let led = clue.context.left >= 2 || clue.context.right >= 3;
    let well_known = place.population >= WELL_KNOWN && (led || agrees || place.several_words);
    !place.traits.word && (well_known || (led && agrees)) && (!place.traits.person || agrees)
}
