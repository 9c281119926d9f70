//! States that stand right behind a city, and two letters that may be one.

use crate::clue::{Clue, ENOUGH};
use crate::context;
use crate::lexicon::{Lexicon, Place};
use crate::lists::in_list;
use crate::scan::{Case, Hit, Name};

/// "Phoenix, AZ", "Norman, Okla.", "Dallas Texas", "Portland (Maine)".
pub(crate) fn pair_with_tails(text: &str, clues: &mut [Clue<'_>]) {
    for index in 1..clues.len() {
        let (city, state) = (&clues[index - 1], &clues[index]);
        let Some(code) = state.hit.state() else { continue };
        let gap = &text[city.hit.end..state.hit.start];
        if city.candidates.is_empty() || !matches!(gap, ", " | "," | " " | " (" | ",\n" | "\n") {
            continue;
        }
        let known = city.candidates.contains(code);
        let short = !matches!(state.hit.name, Name::Place(place) if !place.traits.dotted);
        let comma = gap.starts_with(',');
        let degree = matches!(state.hit.name, Name::Code(code) if code.code_is_also_a_degree());
        if city.context.person && degree {
            continue;
        }
        if !comma && is_rather_a_word(text, city, state) {
            continue;
        }
        // "Florida, New York and Texas" lists states, though there is a Florida in New York.
        if city.as_state && !short && city.hit.state() != Some(code) {
            continue;
        }
        let dominant = city.hit.place().is_some_and(|place| place.dominant().is_some());
        // A place too small for the gazetteer, unless it is a list: "Phoenix, TX, Dallas".
        if known || (comma && short && !dominant) {
            clues[index - 1].tail = Some(code);
            clues[index - 1].as_state = false;
            clues[index].points += 6;
        }
    }
}

/// "Phoenix OR Dallas", "CLINICS IN DENVER IN 2026": without a comma, two letters that are a word need a city
/// that may well be there, and in a shouted text an end behind them.
fn is_rather_a_word(text: &str, city: &Clue<'_>, code: &Clue<'_>) -> bool {
    let Name::Code(state) = code.hit.name else { return false };
    let elsewhere = city.hit.place().and_then(Place::dominant).is_some_and(|dominant| dominant != state);
    let goes_on = text[code.hit.end..].starts_with(' ') && !zip_follows(&text.as_bytes()[code.hit.end..]);
    state.code_is_also_a_word() && (elsewhere || (city.hit.case == Case::Upper && goes_on))
}

/// Two letters are a state beside a place, before a ZIP code or in a list; the unmistakable ones anywhere.
pub(crate) fn admit_codes<'a>(text: &str, clues: &mut [Clue<'a>], lexicon: &'a Lexicon) {
    for index in 0..clues.len() {
        let Name::Code(state) = clues[index].hit.name else { continue };
        let hit = clues[index].hit;
        let after_place = clues[index].points > 0;
        let before_zip = zip_follows(&text.as_bytes()[hit.end..]);
        let beside = |other: &Clue<'_>, gap: &str| !other.context.person && in_list(gap);
        let listed = index > 0 && beside(&clues[index - 1], &text[clues[index - 1].hit.end..hit.start])
            || clues.get(index + 1).is_some_and(|next| beside(next, &text[hit.end..next.hit.start]));
        let after_comma = !state.code_is_also_a_degree() && after_unknown_town(text, &hit);
        if after_place || before_zip || listed || after_comma || !state.code_is_also_a_word() {
            clues[index].points += 6;
        } else if state.code() == "LA"
            && context::leads(text, &hit, lexicon)
            && let Some(city) = lexicon.named("L.A.")
        {
            // "a clinic in LA" is not Louisiana.
            let clue = &mut clues[index];
            clue.hit.name = Name::Place(city);
            clue.candidates = city.cities;
            clue.as_state = false;
            clue.points = ENOUGH;
        }
    }
}

fn zip_follows(rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    matches!(rest, [b' ', zip @ ..] if zip.len() >= 5 && zip[..5].iter().all(u8::is_ascii_digit)
        && !zip.get(5).is_some_and(u8::is_ascii_digit))
}

/// "Smallville, OR." where the town is in no table: a capital word, a comma, the code, and an end.
fn after_unknown_town(text: &str, hit: &Hit<'_>) -> bool {
    let (start, end) = hit.before;
    let town = &text.as_bytes()[start..end];
    let ends = !text[hit.end..].trim_start_matches(' ').starts_with(|c: char| c.is_alphanumeric());
    let title = town.first().is_some_and(u8::is_ascii_uppercase) && town.iter().any(u8::is_ascii_lowercase);
    title && ends && hit.case == Case::Upper && &text[end..hit.start] == ", "
}
