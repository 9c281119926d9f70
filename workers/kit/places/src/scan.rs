//! One pass over a text that finds every name of the gazetteer in it.

use crate::lexicon::{Lexicon, Place, SEED, hash_word};
use crate::state::State;
use crate::words::LINK;

/// A name found in the text; nothing is decided yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit<'a> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The word before, or an empty range at the start of the text.
    pub(crate) before: (usize, usize),
    pub(crate) name: Name<'a>,
    pub(crate) case: Case,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'a> {
    Place(&'a Place),
    /// Two letters.
    Code(State),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Title,
    Upper,
    Lower,
}

impl<'a> Hit<'a> {
    pub(crate) fn place(&self) -> Option<&'a Place> {
        match self.name {
            Name::Place(place) => Some(place),
            Name::Code(_) => None,
        }
    }

    pub(crate) fn is_city(&self) -> bool {
        self.place().is_some_and(Place::is_city)
    }

    /// The state that this names, if it names one.
    pub(crate) fn state(&self) -> Option<State> {
        match self.name {
            Name::Place(place) => place.state,
            Name::Code(state) => Some(state),
        }
    }
}

/// Codes that in small letters are words; elsewhere "phoenix az" is clear enough.
const WORDS_IN_SMALL_LETTERS: &[&[u8]] =
    &[b"in", b"or", b"me", b"ok", b"hi", b"pa", b"ma", b"oh", b"al", b"de", b"la", b"id", b"co", b"ms", b"mo", b"md"];

pub(crate) fn scan<'a>(text: &str, gazetteer: &'a Lexicon, hints: &'a Lexicon) -> Vec<Hit<'a>> {
    let bytes = text.as_bytes();
    let mut hits: Vec<Hit<'a>> = Vec::new();
    let mut before = (0, 0);
    let mut at = 0;
    while let Some((start, end)) = next_word(bytes, at) {
        at = end;
        let word = &bytes[start..end];
        let capital = word[0].is_ascii_uppercase();
        if word[0] | 0x20 == b'h' && is_scheme(word, &bytes[end..]) {
            // Addresses are read by `in_url`, which knows what to skip.
            at = bytes[end..].iter().position(u8::is_ascii_whitespace).map_or(bytes.len(), |space| end + space);
        } else if let [_, _] = word
            && let Some(hit) = code(bytes, start, end, hits.last())
        {
            at = hit.end;
            hits.push(Hit { before, ..hit });
        } else if capital || word[0].is_ascii_lowercase() {
            let hash = hash_word(SEED, word);
            if capital || gazetteer.may_be_lower(hash) || hints.may_be_lower(hash) {
                let known = longest(bytes, start, end, hash, gazetteer);
                let hinted = longest(bytes, start, end, hash, hints);
                let found = match (known, hinted) {
                    (Some(known), Some(hinted)) if hinted.0 > known.0 => Some(hinted),
                    (None, hinted) => hinted,
                    (known, _) => known,
                };
                if let Some((end, place)) = found {
                    let case = case(&bytes[start..end]);
                    hits.push(Hit { start, end, before, name: Name::Place(place), case });
                    at = end;
                }
            }
        }
        before = (start, at);
    }
    hits
}

fn is_scheme(word: &[u8], rest: &[u8]) -> bool {
    rest.starts_with(b"://") && (word.eq_ignore_ascii_case(b"http") || word.eq_ignore_ascii_case(b"https"))
}

/// Two capital letters anywhere, or "az" and "Az" right behind a city.
fn code<'a>(bytes: &[u8], start: usize, end: usize, last: Option<&Hit<'a>>) -> Option<Hit<'a>> {
    let word = &bytes[start..end];
    let capital = word.iter().all(u8::is_ascii_uppercase);
    if !capital {
        let city = last.filter(|last| last.is_city() && start - last.end <= 2)?;
        if WORDS_IN_SMALL_LETTERS.contains(&word) || !matches!(&bytes[city.end..start], b" " | b", " | b",") {
            return None;
        }
    }
    let state = State::from_code(word)?;
    let case = case(word);
    // "Pa." is an abbreviation with its full stop, "AZ." ends a sentence.
    let end = if case == Case::Title && bytes.get(end) == Some(&b'.') { end + 1 } else { end };
    Some(Hit { start, end, before: (0, 0), name: Name::Code(state), case })
}

/// The longest name that starts with this word.
fn longest<'a>(
    bytes: &[u8],
    start: usize,
    mut end: usize,
    mut hash: u64,
    lexicon: &'a Lexicon,
) -> Option<(usize, &'a Place)> {
    let capital = bytes[start].is_ascii_uppercase();
    let mut word_start = start;
    let mut best = None;
    while let Some(entry) = lexicon.get(hash) {
        if let Some(place) = lexicon.place(entry) {
            let stop = bytes.get(end) == Some(&b'.');
            if !place.traits.dotted || stop {
                best = Some((end + usize::from(place.traits.dotted), place));
            }
        }
        if !entry.prefix {
            break;
        }
        let Some((next, next_end)) = joined_word(bytes, word_start, end) else { break };
        let word = &bytes[next..next_end];
        if capital && word[0].is_ascii_lowercase() && !lexicon.class_of(word).has(LINK) {
            break;
        }
        hash = hash_word(hash, word);
        (word_start, end) = (next, next_end);
    }
    best
}

/// The next word if it may belong to the same name: "Winston-Salem", "St. Louis", "O’Fallon", "N.C".
fn joined_word(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let gap = match &bytes[end..] {
        [b'.', b' ', ..] if end - start <= 2 => 2,
        [b'.', ..] if end - start <= 2 => 1,
        [b' ' | b'-' | b'\'' | b'\n', ..] => 1,
        [0xe2, 0x80, 0x98 | 0x99, ..] => 3,
        _ => return None,
    };
    next_word(bytes, end + gap).filter(|(next, _)| *next == end + gap)
}

fn case(name: &[u8]) -> Case {
    if name[0].is_ascii_lowercase() {
        Case::Lower
    } else if name.len() > 1 && !name.iter().any(u8::is_ascii_lowercase) {
        Case::Upper
    } else {
        Case::Title
    }
}

/// The next run of letters and digits at or behind `at`.
#[inline]
pub(crate) fn next_word(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let start = at + bytes.get(at..)?.iter().position(|byte| KINDS[usize::from(*byte)] & STARTS != 0)?;
    let length = bytes[start..].iter().position(|byte| KINDS[usize::from(*byte)] & CONTINUES == 0);
    Some((start, length.map_or(bytes.len(), |length| start + length)))
}

const STARTS: u8 = 1;
const CONTINUES: u8 = 2;

/// Which bytes start and continue a word. Letters beyond ASCII do, the blocks of punctuation, symbols
/// and emoji (lead bytes C2, E2 and F0) do not.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 0xc3..=0xdf | 0xe0..=0xe1 | 0xe3..=0xef => STARTS | CONTINUES,
            0x80..=0xbf => CONTINUES,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};
