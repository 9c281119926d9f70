//! Places in lists.

use crate::clue::{Clue, ENOUGH};

/// "Dallas, Houston and Paris": a place in a list of places.
pub(crate) fn lists_of_places(text: &str, clues: &mut [Clue<'_>]) {
    for index in 1..clues.len() {
        let gap = &text[clues[index - 1].hit.end..clues[index].hit.start];
        if gap == "-" && clues[index - 1].hit.is_city() && clues[index].hit.is_city() {
            // "Raleigh-Durham": the hyphen has counted against both.
            clues[index - 1].points += 2;
            clues[index].points += 2;
        }
        if !(gap == "-" || in_list(gap)) || clues[index].context.person || clues[index - 1].context.person {
            continue;
        }
        let (one, other) = (clues[index - 1].points, clues[index].points);
        // "Oregon, Washington and Idaho" lists states.
        if clues[index - 1].as_state && clues[index].hit.place().is_some_and(|place| place.state.is_some()) {
            clues[index].as_state = true;
        }
        if one >= ENOUGH && clues[index].tail.is_none() {
            clues[index].points += 2;
        }
        if other >= ENOUGH && clues[index - 1].tail.is_none() {
            clues[index - 1].points += 2;
        }
    }
}

/// "Harvey, Harper and Kingman counties" are no cities.
pub(crate) fn lists_of_counties(text: &str, clues: &mut [Clue<'_>]) {
    let mut county = false;
    for index in (0..clues.len()).rev() {
        let rest = &text[clues[index].hit.end..];
        county = rest.starts_with(" counties")
            || rest.starts_with(" Counties")
            || (county
                && clues
                    .get(index + 1)
                    .is_some_and(|next| in_list(&text[clues[index].hit.end..next.hit.start])));
        if county && !clues[index].as_state {
            clues[index].points = 0;
        }
    }
}

/// Whether two names stand side by side in a list: `"Phoenix","TX"`, "OR/WA", "TX, OK and LA".
pub(crate) fn in_list(gap: &str) -> bool {
    if gap.len() > 8 {
        return false;
    }
    let gap = gap.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '[' | ']'));
    matches!(gap, "," | "/" | "&" | ", and" | ", or" | "and" | "or" | ";" | "|" | "+")
}
