//! Compares the numbers and contacts of a text with those that we know.

use super::words;

/// A number with this many digits is one to call.
const TELEPHONE_DIGITS: usize = 7;
/// Words that promise or price something; each must be among the facts.
const PROMISES: [&str; 9] =
    ["percent", "dollar", "dollars", "usd", "guarantee", "guaranteed", "guarantees", "refund", "discount"];
const UNITS: [char; 5] = ['%', '$', '€', '£', '‰'];

/// Whether every word with an `@` and every long number is known.
pub(super) fn contacts_are_known(text: &str, facts: &str) -> bool {
    let known: Vec<&str> = contacts(facts).collect();
    let telephones_known = telephones(facts);
    contacts(text).all(|contact| known.contains(&contact))
        && telephones(text).iter().all(|number| telephones_known.contains(number))
}

/// E-mail addresses and handles, without the punctuation around them.
fn contacts(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split_whitespace().filter(|word| word.contains('@'));
    words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '@'))
}

fn telephones(text: &str) -> Vec<String> {
    let runs = text.split(|c: char| !c.is_ascii_digit() && !"+-(). /".contains(c));
    let digits = runs.map(|run| run.chars().filter(char::is_ascii_digit).collect::<String>());
    digits.filter(|digits| digits.len() >= TELEPHONE_DIGITS).collect()
}

/// Whether every number, with its unit, and every promise is known.
pub(super) fn numbers_are_known(text: &str, facts: &str) -> bool {
    let known = numbers(facts);
    let known_words = words(facts);
    let number_known = |number: &Number| {
        known
            .iter()
            .any(|fact| fact.digits == number.digits && (number.unit.is_none() || fact.unit == number.unit))
    };
    let mut promises = words(text).into_iter().filter(|word| PROMISES.contains(&word.as_str()));
    // A unit on its own, as in "$ savings", is as much a claim as with a number.
    let units_known = text.chars().filter(|c| UNITS.contains(c)).all(|unit| facts.contains(unit));
    units_known
        && numbers(text).iter().all(number_known)
        && promises.all(|promise| known_words.contains(&promise))
}

struct Number {
    /// Without separators of thousands and without zeros after the point.
    digits: String,
    unit: Option<char>,
}

fn numbers(text: &str) -> Vec<Number> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        if !is_digit(&chars, i) {
            i += 1;
            continue;
        }
        let start = i;
        while is_digit(&chars, i) || (matches!(chars.get(i), Some('.' | ',')) && is_digit(&chars, i + 1)) {
            i += 1;
        }
        let before = start.checked_sub(1).and_then(|before| chars.get(before));
        let after = chars.get(i);
        let unit = [before, after].into_iter().flatten().find(|c| UNITS.contains(c)).copied();
        found.push(Number { digits: plain(&chars[start..i]), unit });
    }
    found
}

fn is_digit(chars: &[char], i: usize) -> bool {
    chars.get(i).is_some_and(|c| c.is_numeric())
}

fn plain(digits: &[char]) -> String {
    let digits: String = digits.iter().filter(|c| **c != ',').collect();
    match digits.split_once('.') {
        Some((whole, part)) if part.chars().all(|c| c == '0') => whole.to_owned(),
        _ => digits,
    }
}
