//! Builds the lexicon from the embedded tables, once.

use std::io::Read;

use crate::context::CAPITAL;
use crate::lexicon::{Fame, Lexicon, Place};
use crate::state::State;
use crate::words;

const CITIES: &[u8] = include_bytes!("../data/cities.csv.gz");
const COUNTIES: &[u8] = include_bytes!("../data/counties.csv.gz");
const FIRST_NAMES: &[u8] = include_bytes!("../data/first_names.txt.gz");
const SURNAMES: &[u8] = include_bytes!("../data/surnames.txt.gz");
const WORDS: &str = include_str!("../data/words.txt");
const FOREIGN: &str = include_str!("../data/foreign.txt");

/// What people call a city, and the name it has on letters.
const NICKNAMES: [(&str, &str, State); 9] = [
    ("New York City", "New York", State::NY),
    ("NYC", "New York", State::NY),
    ("L.A.", "Los Angeles", State::CA),
    ("San Fran", "San Francisco", State::CA),
    ("Philly", "Philadelphia", State::of("PA")),
    ("Phila", "Philadelphia", State::of("PA")),
    ("Vegas", "Las Vegas", State::of("NV")),
    ("Washington D.C.", "Washington", State::DC),
    ("Washington DC", "Washington", State::DC),
];

/// From this many inhabitants on a city is found in small letters without its state beside it, and can
/// be the one that everybody means.
pub(crate) const WELL_KNOWN: u32 = 100_000;
/// How many times larger than all its namesakes together the city is that everybody means.
const DOMINANCE: u32 = 20;
/// The same for one that is meant even where the text speaks of another state that has a namesake.
const ABSOLUTE: u32 = 30;
/// A namesake this many times smaller than the largest needs more than one mention of its state.
const PEER: u32 = 10;

pub(crate) fn us() -> Lexicon {
    let mut lexicon = Lexicon::with_capacity(32_768);
    let mut text = String::with_capacity(1 << 19);
    unpack(CITIES, &mut text);
    let mut cities = Vec::with_capacity(24_576);
    for (name, state, population) in text.lines().filter_map(city) {
        let spellings = spellings(name);
        for spelling in &spellings {
            if let Some(place) = lexicon.insert(spelling) {
                if population > place.population {
                    place.name = spellings[0].as_str().into();
                }
                add_city(place, state, population);
                cities.push((place.key, state, population));
            }
        }
    }
    for (key, state, population) in cities {
        if let Some(place) = lexicon.at_mut(key)
            && population.saturating_mul(PEER) >= place.population
        {
            place.peers.insert(state);
        }
    }
    for (nickname, name, state) in NICKNAMES {
        let population = lexicon.named(name).map_or(0, |place| place.population).max(WELL_KNOWN);
        if let Some(place) = lexicon.insert(nickname) {
            place.name = name.into();
            add_city(place, state, population);
        }
    }
    unpack(COUNTIES, &mut text);
    for (name, state) in text.lines().filter_map(|line| line.split_once(',')) {
        // "Baltimore city" the county-equivalent is Baltimore the city.
        if name.ends_with(" city") {
            continue;
        }
        if let (Some(place), Some(state)) = (lexicon.insert(name), State::from_code(state.as_bytes())) {
            place.counties.insert(state);
        }
    }
    for state in State::all() {
        name_state(&mut lexicon, state);
    }
    for name in WORDS.split_whitespace() {
        mark(&mut lexicon, name, |place| place.traits.word = true);
    }
    for name in FOREIGN.lines().flat_map(|line| line.split('|')) {
        mark(&mut lexicon, name, |place| place.traits.foreign = true);
    }
    for names in [FIRST_NAMES, SURNAMES] {
        unpack(names, &mut text);
        for name in text.lines() {
            mark(&mut lexicon, name, |place| place.traits.person = true);
        }
        if names == FIRST_NAMES {
            words::load(&mut lexicon, &text);
        }
    }
    finish(&mut lexicon);
    // Opens an address, which the scan skips.
    lexicon.allow_small("http");
    lexicon.allow_small("https");
    lexicon
}

fn unpack(packed: &[u8], text: &mut String) {
    text.clear();
    // The tables are part of the program; a damaged one shows in every test.
    let _ = flate2::read::GzDecoder::new(packed).read_to_string(text);
}

fn city(line: &str) -> Option<(&str, State, u32)> {
    let mut cells = line.split(',');
    let name = cells.next()?;
    Some((name, State::from_code(cells.next()?.as_bytes())?, cells.next()?.parse().ok()?))
}

fn add_city(place: &mut Place, state: State, population: u32) {
    place.cities.insert(state);
    place.namesakes += population;
    if population >= place.population {
        place.population = population;
        place.largest = Some(state);
    }
}

fn mark(lexicon: &mut Lexicon, name: &str, set: impl Fn(&mut Place)) {
    if let Some(place) = lexicon.named_mut(name) {
        set(place);
    }
}

fn name_state(lexicon: &mut Lexicon, state: State) {
    if let Some(place) = lexicon.insert(state.name()) {
        place.state = Some(state);
        place.name = state.name().into();
    }
    lexicon.allow_small(state.name());
    lexicon.allow_capital(state.code());
    for short in state.abbreviations() {
        if let Some(place) = lexicon.insert(short) {
            place.state = Some(state);
            place.name = state.name().into();
            place.traits.dotted = true;
        }
    }
}

/// Settles which city dominates its namesakes and which names are found in small letters.
fn finish(lexicon: &mut Lexicon) {
    let mut lower = Vec::new();
    for place in lexicon.places_mut() {
        let others = place.namesakes - place.population;
        let outgrows = |factor: u32| others.saturating_mul(factor) <= place.population;
        place.fame = match place.population {
            CAPITAL.. if outgrows(ABSOLUTE) => Fame::Absolute,
            WELL_KNOWN.. if outgrows(DOMINANCE) => Fame::Dominant,
            _ => Fame::Contested,
        };
        // "the woodlands" would stop the scan at every "the".
        if place.population >= 15_000 && !place.traits.dotted && !place.name.starts_with("The ") {
            lower.push(place.name.clone());
        }
    }
    let openers = ["saint", "ft", "mt"].into_iter().chain(NICKNAMES.map(|(nickname, _, _)| nickname));
    for name in lower.iter().map(|name| &**name).chain(openers) {
        lexicon.allow_small(name);
    }
}

/// The ways in which people write the name: "St." and "Saint", "Fort" and "Ft.", without diacritics.
/// The first is the one that goes out.
fn spellings(name: &str) -> Vec<String> {
    const PAIRS: [(&str, &str); 4] =
        [("St. ", "Saint "), ("Ste. ", "Sainte "), ("Fort ", "Ft. "), ("Mount ", "Mt. ")];
    let mut spellings = Vec::with_capacity(2);
    for (usual, other) in PAIRS {
        if let Some(rest) = name.strip_prefix(usual).or_else(|| name.strip_prefix(other)) {
            spellings.extend([format!("{usual}{rest}"), format!("{other}{rest}")]);
        }
    }
    if spellings.is_empty() {
        spellings.push(name.to_owned());
    }
    if !name.is_ascii() {
        spellings.push(name.chars().filter_map(plain).collect());
    }
    spellings
}

fn plain(letter: char) -> Option<char> {
    Some(match letter {
        '‘' | '’' | 'ʻ' => return None,
        'á' | 'ā' | 'à' | 'â' => 'a',
        'é' | 'ē' | 'è' => 'e',
        'í' | 'ī' => 'i',
        'ñ' => 'n',
        'ó' | 'ō' => 'o',
        'ú' | 'ū' | 'ü' => 'u',
        other => other,
    })
}
