//! Judges from the words on both sides of a name whether it is a place.

use crate::lexicon::{Lexicon, Place, WordClass};
use crate::scan::{Case, Hit, next_word};
use crate::words::{
    CIVIC, DATE, FIRST_NAME, GREETING, HEAD, INSIDE, NAMED_AFTER, OPENER, PART_OF, SPEAKS, TITLE, TOWARDS,
};

/// Points for and against a place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Context {
    pub(crate) left: i32,
    pub(crate) right: i32,
    /// Part of the name of a person.
    pub(crate) person: bool,
    /// The capital may come from the start of a sentence.
    pub(crate) opening: bool,
}

/// From this many inhabitants on a name is a place first, whatever else it may be.
pub(crate) const CAPITAL: u32 = 400_000;

/// What the name alone is worth: well-known places more, words and names of persons less.
pub(crate) fn prior(place: &Place) -> i32 {
    let mut points = match place.population {
        400_000.. => 4,
        100_000.. => 3,
        20_000.. => 2,
        4_000.. => 1,
        _ => 0,
    };
    points += i32::from(place.several_words);
    if place.population >= CAPITAL {
        return points;
    }
    let word_or_foreign = i32::from(place.traits.word) + i32::from(place.traits.foreign);
    points - 3 * word_or_foreign - 2 * i32::from(place.traits.person)
}

pub(crate) fn judge(text: &str, hit: &Hit<'_>, lexicon: &Lexicon) -> Context {
    let bytes = text.as_bytes();
    let (left, person_left) = left(bytes, hit, lexicon);
    let (right, person_right) = right(bytes, hit, lexicon);
    Context { left, right, person: person_left || person_right, opening: opens_sentence(bytes, hit.start) }
}

/// Whether a preposition of place stands before the name.
pub(crate) fn leads(text: &str, hit: &Hit<'_>, lexicon: &Lexicon) -> bool {
    left(text.as_bytes(), hit, lexicon).0 >= 2
}

fn left(bytes: &[u8], hit: &Hit<'_>, lexicon: &Lexicon) -> (i32, bool) {
    let (start, end) = hit.before;
    if start == end {
        return (0, false);
    }
    let word = &bytes[start..end];
    let class = lexicon.class_of(word);
    let gap = &bytes[end..hit.start];
    match gap {
        b"." | b". " if class.has(TITLE) || (word.len() == 1 && word[0].is_ascii_uppercase()) => (-5, true),
        b"/" if word == b"r" => (4, false),
        b"@" | b"_" | b"." | b"=" => (-9, false),
        // "Rep. Doe, D-Winthrop".
        b"-" if matches!(word, b"D" | b"R") => (4, false),
        b"-" => (-2, false),
        // "2517 Memphis St., Alexandria".
        b", " | b"., " if class.has(NAMED_AFTER) => (2, false),
        b" " | b"  " => {
            let points = if class.has(INSIDE) {
                3
            } else if class.has(TOWARDS) {
                if word == b"of" { of(bytes, start, lexicon) } else { 2 }
            } else if class.has(PART_OF) {
                2
            } else {
                return beside(bytes, hit, class);
            };
            (points, false)
        }
        _ => (0, false),
    }
}

/// The word before is neither a preposition nor part of the place.
fn beside(bytes: &[u8], hit: &Hit<'_>, class: WordClass) -> (i32, bool) {
    let (start, end) = hit.before;
    let word = &bytes[start..end];
    if class.has(GREETING) {
        return if hit.place().is_some_and(|place| place.traits.person) { (-4, true) } else { (0, false) };
    }
    if !word[0].is_ascii_uppercase() {
        return if class.has(TITLE) || class.has(SPEAKS) { (-4, true) } else { (0, false) };
    }
    if class.has(TITLE) {
        (-6, true)
    } else if class.has(OPENER) || class.has(DATE) {
        (0, false)
    } else if class.has(HEAD) {
        (-4, false)
    } else if class.has(FIRST_NAME) {
        (-5, true)
    } else if word.len() > 1 && !word.iter().any(u8::is_ascii_lowercase) {
        (if hit.case == Case::Upper { -1 } else { 0 }, false)
    } else if opens_sentence(bytes, start) {
        (-2, false)
    } else {
        (-4, true)
    }
}

/// "University of Phoenix" is none, "City of Phoenix" is surely one.
fn of(bytes: &[u8], of: usize, lexicon: &Lexicon) -> i32 {
    let end = of.saturating_sub(1);
    let start = bytes[..end].iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |gap| gap + 1);
    match &bytes[start..end] {
        b"City" | b"city" | b"Town" | b"town" | b"Village" | b"State" | b"state" | b"residents" => 4,
        [b'A'..=b'Z', ..] if lexicon.class_of(&bytes[start..end]).has(HEAD) => -5,
        _ => 2,
    }
}

fn opens_sentence(bytes: &[u8], word: usize) -> bool {
    let before = bytes[..word].iter().rfind(|byte| !matches!(byte, b' ' | b'"' | b'(' | 0x80..));
    before.is_none_or(|byte| matches!(byte, b'.' | b'!' | b'?' | b':' | b'\n' | b'\r'))
}

fn right(bytes: &[u8], hit: &Hit<'_>, lexicon: &Lexicon) -> (i32, bool) {
    let Some((start, end)) = next_word(bytes, hit.end) else { return (0, false) };
    let word = &bytes[start..end];
    match &bytes[hit.end..start] {
        b" " | b"  " => following(bytes, (start, end), hit, lexicon),
        b"-" if matches!(word, b"based" | b"area" | b"born" | b"bound") => (4, false),
        b"-" => (-2, false),
        b"." if word[0].is_ascii_lowercase() => (-9, false),
        b"_" | b"@" => (-9, false),
        b", " if word.len() <= 2 && word.iter().all(u8::is_ascii_digit) => (-6, true),
        b", "
            if matches!(word, b"Jr" | b"Sr" | b"who" | b"PT" | b"DPT" | b"OT" | b"PTA" | b"PhD" | b"RN") =>
        {
            (-6, true)
        }
        gap if hit.case == Case::Upper && dateline(gap) => (4, false),
        b" (" if word == b"AP" => (4, false),
        _ => (0, false),
    }
}

fn following(bytes: &[u8], (start, end): (usize, usize), hit: &Hit<'_>, lexicon: &Lexicon) -> (i32, bool) {
    let word = &bytes[start..end];
    let class = lexicon.class_of(word);
    if word[0].is_ascii_digit() {
        let zip = word.len() == 5 && word.iter().all(u8::is_ascii_digit);
        return (if zip { 4 } else { 0 }, false);
    }
    // "Mobile clinics" are clinics on wheels.
    let civic = if hit.place().is_some_and(|place| place.traits.word) { 0 } else { 3 };
    if !word[0].is_ascii_uppercase() {
        return if class.has(CIVIC) {
            (civic, false)
        } else if class.has(SPEAKS) {
            (-3, true)
        } else {
            (0, false)
        };
    }
    let shouted = word.len() > 1 && !word.iter().any(u8::is_ascii_lowercase);
    if class.has(NAMED_AFTER) {
        (-5, false)
    } else if class.has(CIVIC) {
        (civic, false)
    } else if class.has(OPENER) || class.has(DATE) || class.has(INSIDE) || class.has(TOWARDS) {
        (0, false)
    } else if shouted {
        (if hit.case == Case::Upper { -1 } else { 0 }, false)
    } else {
        (-3, hit.place().is_some_and(|place| place.traits.person))
    }
}

fn dateline(gap: &[u8]) -> bool {
    gap.starts_with(b" -")
        || gap.starts_with(" —".as_bytes())
        || gap.starts_with(" –".as_bytes())
        || gap == b" ("
}
