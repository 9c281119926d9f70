//! What the caller knows about cities: in which states its own clinics' cities lie.

use crate::lexicon::Lexicon;
use crate::state::{State, StateSet};

/// City names with the states they may mean. A name that was given with one state only settles an
/// otherwise ambiguous mention; one that is missing in the gazetteer is found because of its hint.
#[derive(Debug)]
pub struct Hints {
    lexicon: Lexicon,
    empty: bool,
}

impl Default for Hints {
    fn default() -> Self {
        Self { lexicon: Lexicon::with_capacity(0), empty: true }
    }
}

impl Hints {
    /// Adds a clinic's city; the state may be a code or a name of any spelling. False if it is no state or
    /// the city has no letters.
    pub fn insert(&mut self, city: &str, state: &str) -> bool {
        let Some(state) = State::parse(state) else { return false };
        let Some(place) = self.lexicon.insert(city.trim()) else { return false };
        place.cities.insert(state);
        self.lexicon.allow_small(city.trim());
        self.empty = false;
        true
    }

    pub(crate) fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The states given for this name.
    pub(crate) fn states(&self, key: u64) -> StateSet {
        if self.empty {
            return StateSet::default();
        }
        self.lexicon.at(key).map_or_else(StateSet::default, |place| place.cities)
    }
}

impl<C: AsRef<str>, S: AsRef<str>> FromIterator<(C, S)> for Hints {
    fn from_iter<I: IntoIterator<Item = (C, S)>>(clinics: I) -> Self {
        let mut hints = Self::default();
        for (city, state) in clinics {
            hints.insert(city.as_ref(), state.as_ref());
        }
        hints
    }
}
