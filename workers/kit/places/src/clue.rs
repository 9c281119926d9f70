//! What is known about a name in a text before anything is decided.

use crate::Hints;
use crate::context::{self, CAPITAL, Context};
use crate::lexicon::Lexicon;
use crate::scan::Hit;
use crate::state::{State, StateSet};

/// Points from which a name counts as a place.
pub(crate) const ENOUGH: i32 = 3;
/// What a state's own name is worth.
const STATE_NAME: i32 = 6;

/// A hit with what is known about it so far.
pub(crate) struct Clue<'a> {
    pub(crate) hit: Hit<'a>,
    pub(crate) context: Context,
    pub(crate) points: i32,
    /// The state that stands right behind the city.
    pub(crate) tail: Option<State>,
    /// Where this city can be: the gazetteer's and the hints' states.
    pub(crate) candidates: StateSet,
    pub(crate) as_state: bool,
    /// The same name stood in the text before.
    pub(crate) repeated: bool,
    /// The candidates come from a tail elsewhere: "Paris, Texas … in Paris".
    pub(crate) inherited: bool,
}

impl<'a> Clue<'a> {
    pub(crate) fn new(text: &str, hit: Hit<'a>, lexicon: &Lexicon, hints: &Hints) -> Self {
        let blank = Self {
            hit,
            context: Context::default(),
            points: 0,
            tail: None,
            candidates: StateSet::default(),
            as_state: true,
            repeated: false,
            inherited: false,
        };
        let Some(place) = hit.place() else { return blank };
        let context = context::judge(text, &hit, lexicon);
        let hinted = hints.states(place.key);
        let mut candidates = place.cities.union(hinted);
        let mut as_state = place.state.is_some();
        if let Some(state) = place.state
            && place.population > CAPITAL
            && !place.cities.contains(state)
            && !text[hit.end..].starts_with(" state")
        {
            // "Washington": the state only with evidence, like any other candidate.
            candidates = StateSet::from(state);
            candidates.extend(place.largest);
            as_state = false;
        }
        let points = if !as_state {
            context::prior(place) + 2 * i32::from(!hinted.is_empty())
        } else if place.traits.dotted && !place.several_words {
            // "Miss.", "Mass." and "Ill." need a city or a preposition.
            STATE_NAME - 4
        } else {
            STATE_NAME - 2 * i32::from(place.traits.person)
        };
        Self { context, points, candidates, as_state, ..blank }
    }

    /// "Normal people": a word, and capital only because it opens a sentence.
    pub(crate) fn is_only_a_word(&self) -> bool {
        self.context.opening && self.hit.place().is_some_and(|place| place.traits.word)
    }
}
