//! One pass over a text that finds every name of the gazetteer in it.

use crate::lexicon::{Lexicon, Place, SEED, hash_word, opening};
use crate::state::State;

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

/// Written small inside a name: "Fond du Lac", "Truth or Consequences".
const LINKS: &[&[u8]] = &[
    b"of", b"de", b"du", b"la", b"the", b"and", b"on", b"in", b"by", b"or", b"at", b"del", b"las", b"los",
    b"le", b"s", b"d",
];

/// Codes that in small letters are words; elsewhere "phoenix az" is clear enough.
const WORDS_IN_SMALL_LETTERS: &[&[u8]] = &[
    b"in", b"or", b"me", b"ok", b"hi", b"pa", b"ma", b"oh", b"al", b"de", b"la", b"id", b"co", b"ms", b"mo",
    b"md",
];

pub(crate) fn scan<'a>(text: &str, gazetteer: &'a Lexicon, hints: &'a Lexicon) -> Vec<Hit<'a>> {
    let bytes = text.as_bytes();
    let mut hits: Vec<Hit<'a>> = Vec::new();
    let mut done = 0;
    for_each_start(bytes, |start| {
        if start < done {
            return;
        }
        let capital = bytes[start].is_ascii_uppercase();
        let opening = opening(&bytes[start..]);
        let known = gazetteer.may_start(opening, capital).then_some(gazetteer);
        let hinted = hints.may_start(opening, capital).then_some(hints);
        if known.is_some() || hinted.is_some() {
            done = found_at(bytes, start, known, hinted, &mut hits);
        }
    });
    hits
}

/// Adds what stands at this word and answers how far the text is read.
fn found_at<'a>(
    bytes: &[u8],
    start: usize,
    gazetteer: Option<&'a Lexicon>,
    hints: Option<&'a Lexicon>,
    hits: &mut Vec<Hit<'a>>,
) -> usize {
    let Some((_, end)) = next_word(bytes, start).filter(|_| !inside_word(bytes, start)) else { return start };
    let word = &bytes[start..end];
    if is_scheme(word, &bytes[end..]) {
        // Addresses are read by `in_url`, which knows what to skip.
        return bytes[end..]
            .iter()
            .position(u8::is_ascii_whitespace)
            .map_or(bytes.len(), |space| end + space);
    }
    if word.len() == 2
        && word.iter().all(u8::is_ascii_uppercase)
        && let Some(state) = State::from_code(word)
    {
        hits.push(Hit {
            start,
            end,
            before: word_before(bytes, start),
            name: Name::Code(state),
            case: Case::Upper,
        });
        return end;
    }
    let hash = hash_word(SEED, word);
    let known = gazetteer.and_then(|gazetteer| longest(bytes, start, end, hash, gazetteer));
    let hinted = hints.and_then(|hints| longest(bytes, start, end, hash, hints));
    let (end, place) = match (known, hinted) {
        (Some(known), Some(hinted)) if hinted.0 > known.0 => hinted,
        (Some(found), _) | (None, Some(found)) => found,
        (None, None) => return end,
    };
    let before = word_before(bytes, start);
    hits.push(Hit { start, end, before, name: Name::Place(place), case: case(&bytes[start..end]) });
    if place.is_city()
        && let Some(hit) = small_code(bytes, (start, end))
    {
        hits.push(hit);
        return hit.end;
    }
    end
}

fn is_scheme(word: &[u8], rest: &[u8]) -> bool {
    rest.starts_with(b"://") && (word.eq_ignore_ascii_case(b"http") || word.eq_ignore_ascii_case(b"https"))
}

/// "az" or "Az" right behind a city.
fn small_code<'a>(bytes: &[u8], city: (usize, usize)) -> Option<Hit<'a>> {
    let (start, end) = next_word(bytes, city.1)?;
    let word = &bytes[start..end];
    if word.len() != 2 || word[1].is_ascii_uppercase() || WORDS_IN_SMALL_LETTERS.contains(&word) {
        return None;
    }
    if !matches!(&bytes[city.1..start], b" " | b", " | b",") {
        return None;
    }
    let state = State::from_code(word)?;
    let case = case(word);
    // "Pa." is an abbreviation with its full stop, "az." ends a sentence.
    let end = if case == Case::Title && bytes.get(end) == Some(&b'.') { end + 1 } else { end };
    Some(Hit { start, end, before: city, name: Name::Code(state), case })
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
        if capital && word[0].is_ascii_lowercase() && !LINKS.contains(&word) {
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

/// Calls back with the first byte of each run of ASCII letters and digits, 64 bytes at a time.
#[inline]
fn for_each_start(bytes: &[u8], mut visit: impl FnMut(usize)) {
    let mut inside = 0;
    let mut at = 0;
    while at < bytes.len() {
        let words = match bytes[at..].first_chunk::<64>() {
            Some(block) => word_bits(block),
            None => {
                let mut last = [0; 64];
                last[..bytes.len() - at].copy_from_slice(&bytes[at..]);
                word_bits(&last)
            }
        };
        let mut starts = words & !(words << 1 | inside);
        inside = words >> 63;
        while starts != 0 {
            visit(at + starts.trailing_zeros() as usize);
            starts &= starts - 1;
        }
        at += 64;
    }
}

/// One bit for each byte that is an ASCII letter or digit. Written so that the compiler vectorises it.
#[inline]
fn word_bits(block: &[u8; 64]) -> u64 {
    let mut flags = [0_u8; 64];
    for (flag, byte) in flags.iter_mut().zip(block) {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        *flag = u8::from(letter | digit);
    }
    let mut bits = 0;
    for (index, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        // Gathers the lowest bit of each of eight bytes into the highest byte.
        let packed = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= packed << (index * 8);
    }
    bits
}

/// Whether the run of ASCII letters continues a word, as "ola" in "Española".
fn inside_word(bytes: &[u8], start: usize) -> bool {
    let Some(lead) = bytes[..start].iter().rposition(|byte| !(0x80..=0xbf).contains(byte)) else {
        return false;
    };
    lead + 1 < start && KINDS[usize::from(bytes[lead])] & STARTS != 0
}

/// The word before, or an empty range at the start of the text.
fn word_before(bytes: &[u8], start: usize) -> (usize, usize) {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric();
    let Some(last) = bytes[..start].iter().rposition(is_letter) else { return (0, 0) };
    let first = bytes[..last].iter().rposition(|byte| !is_letter(byte)).map_or(0, |gap| gap + 1);
    (first, last + 1)
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
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 0xc3..=0xdf | 0xe0..=0xe1 | 0xe3..=0xef => {
                STARTS | CONTINUES
            }
            0x80..=0xbf => CONTINUES,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};
