//! Which US states and cities a text names, where it names them, and why a city was put into its state.

mod clue;
mod context;
mod hints;
mod lexicon;
mod lists;
mod load;
mod mention;
mod resolve;
mod scan;
mod state;
mod tails;
mod url;
mod votes;
mod words;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub use hints::Hints;
pub use mention::{Kind, Mention, Rule};

use lexicon::{Lexicon, Place};
use state::State;

/// The states, cities and counties of the United States, compiled for search.
#[derive(Debug)]
pub struct Gazetteer {
    lexicon: Lexicon,
}

impl Gazetteer {
    /// The one gazetteer of the process, built from the embedded tables at the first call.
    pub fn us() -> &'static Self {
        static US: LazyLock<Gazetteer> = LazyLock::new(|| Gazetteer { lexicon: load::us() });
        &US
    }

    /// Every US state and city that the text names, in reading order.
    ///
    /// A city that several states have gets a state only for a reason found in the text or in the hints;
    /// without one the mention stays, with `state: None` and its candidates.
    pub fn mentions(&'static self, text: &str, hints: &Hints) -> Vec<Mention> {
        let hits = scan::scan(text, &self.lexicon, hints.lexicon());
        let findings = resolve::resolve(text, hits, &self.lexicon, hints);
        mention::in_text(text, &findings, &self.lexicon)
    }

    /// The places that the path of an address names, as in `/r/Phoenix/`. The host, the query and the
    /// fragment never count, and what is found here weighs half (see [`Mention::weight`]).
    pub fn in_url(&'static self, url: &str, hints: &Hints) -> Vec<Mention> {
        url::mentions(url, &self.lexicon, hints)
    }

    /// The two-letter code for what tables contain: "AZ", "az", " arizona ", "Ariz.".
    pub fn state_code(&self, name_or_code: &str) -> Option<&'static str> {
        State::parse(name_or_code).map(State::code)
    }

    /// The full name behind a two-letter code of any case.
    pub fn state_name(&self, code: &str) -> Option<&'static str> {
        State::from_code(code.trim().as_bytes()).map(State::name)
    }

    /// The codes of all states that have a city of this name, in alphabetical order.
    pub fn states_with_city(&self, city: &str) -> Vec<&'static str> {
        self.city(city).map(|place| place.cities.codes()).unwrap_or_default()
    }

    /// How the gazetteer spells this city: "st louis" and "Saint Louis" become "St. Louis", "NYC" "New York".
    pub fn canonical_city(&self, city: &str) -> Option<&str> {
        self.city(city).map(|place| &*place.name)
    }

    fn city(&self, name: &str) -> Option<&Place> {
        self.lexicon.named(name).filter(|place| place.is_city())
    }
}
