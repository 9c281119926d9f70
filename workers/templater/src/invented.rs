//! What a text has that nobody has told its writer: claims, and names of people, organizations and products.

use std::collections::BTreeSet;

/// Words that make a number or a claim of a sentence; each must be in the words that were given.
const CLAIMS: [&str; 48] = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "dozen",
    "dozens",
    "hundred",
    "hundreds",
    "thousand",
    "thousands",
    "million",
    "millions",
    "half",
    "twice",
    "double",
    "doubled",
    "triple",
    "tripled",
    "free",
    "save",
    "saves",
    "saved",
    "proven",
    "promise",
    "promised",
    "award",
    "awarded",
    "certified",
    "leading",
    "best",
    "client",
    "clients",
    "customer",
    "customers",
    "study",
    "studies",
    "statistics",
    "survey",
    "surveys",
    "revenue",
    "results",
];

/// Whether a text claims something that the given words do not.
pub(crate) fn claims(text: &str, given: &str) -> bool {
    let known: BTreeSet<String> = words(given).into_iter().collect();
    words(text).iter().any(|word| CLAIMS.contains(&word.as_str()) && !known.contains(word))
}

/// Whether a word within a sentence has a capital that the given words do not have: a name, and so an invented one.
pub(crate) fn names(text: &str, given: &str) -> bool {
    let known: BTreeSet<&str> = capitals(given).map(|(word, _)| word).collect();
    capitals(text).any(|(word, begins)| !begins && !known.contains(word))
}

/// Words with a capital, and whether each stands where a sentence or a line begins.
fn capitals(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.lines().flat_map(|line| {
        let mut begins = true;
        line.split_whitespace().filter_map(move |word| {
            let first = begins;
            begins = word.ends_with(['.', '!', '?', ':']) || word == "{insight}" || word == "{ask}";
            let plain = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '{');
            let plain = plain.split(['\'', '\u{2019}']).next().unwrap_or(plain);
            (plain != "I" && plain.starts_with(char::is_uppercase)).then_some((plain, first))
        })
    })
}

pub(crate) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_a_sentence() {
        assert!(!names("Hi {first_name},\n\nShall we talk?", ""));
        assert!(names("Hi {first_name}, Shall we talk?", ""));
        assert!(names("Hi {first_name},\n\nwe met John.", "Johnny"));
    }
}
