//! Decides whether a text that a model wrote may leave: pure rules, no judgement of style.

mod claims;
mod links;

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::untrusted::is_hidden;

/// What a text may say.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    /// Names that may stand between braces, such as `name` for `{name}`.
    pub placeholders: &'a [&'a str],
    /// Hosts that a link may lead to.
    pub hosts: &'a [&'a str],
    /// What we know ourselves: numbers and contacts may come from here alone. Never scraped text, whose author would then write our mail.
    pub facts: &'a str,
    /// Texts of strangers, none of which may be copied at length.
    pub scraped: &'a str,
    /// How many characters the text may have.
    pub chars: RangeInclusive<usize>,
}

/// Why a text may not leave. The text itself is not repeated: it may be what an attacker wants to see printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    #[error("its length is out of bounds")]
    Length,
    #[error("it has characters that nobody sees")]
    Hidden,
    #[error("it is not written in Latin letters")]
    Language,
    #[error("it has markup or template marks")]
    Markup,
    #[error("it has a placeholder that we do not fill")]
    Placeholder,
    #[error("it has a link that is not ours")]
    Link,
    #[error("it has an address, a telephone number or a handle that we did not supply")]
    Contact,
    #[error("it has a number or a promise that we did not supply")]
    Claim,
    #[error("it copies what a stranger wrote")]
    Copy,
}

/// The first rule that the text breaks.
pub fn check(text: &str, rules: &Rules<'_>) -> Result<(), Breach> {
    let verdicts = [
        (rules.chars.contains(&text.trim().chars().count()), Breach::Length),
        (!text.chars().any(is_hidden), Breach::Hidden),
        (is_latin(text), Breach::Language),
        (!has_markup(text), Breach::Markup),
        (fills_only(text, rules.placeholders), Breach::Placeholder),
        (links::are_ours(text, rules.hosts), Breach::Link),
        (claims::contacts_are_known(text, rules.facts), Breach::Contact),
        (claims::numbers_are_known(text, rules.facts), Breach::Claim),
        (!copies(text, rules.scraped), Breach::Copy),
    ];
    match verdicts.into_iter().find(|(kept, _)| !kept) {
        Some((_, breach)) => Err(breach),
        None => Ok(()),
    }
}

/// English with the odd accent and typographic sign; look-alike letters of other scripts are not.
fn is_latin(text: &str) -> bool {
    let accented = text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let known = |c: char| match c {
        '\u{a0}' | '\u{a3}' | '\u{b7}' | '\u{20ac}' | '\u{2122}' => true,
        '\u{c0}'..='\u{24f}' => true,
        '\u{2010}'..='\u{2027}' => true,
        _ => c.is_ascii(),
    };
    text.chars().all(known) && accented * 10 <= letters
}

const MARKS: [&str; 14] =
    ["<", ">", "`", "](", "{{", "}}", "{%", "%}", "${", "#{", "&#", "&lt", "&gt", "\\u"];

/// A mail of ours is plain text, so none of these has a use: HTML, Slack, Markdown, templates, entities.
fn has_markup(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

/// Square brackets count: models like to leave `[Your Name]`.
fn fills_only(text: &str, placeholders: &[&str]) -> bool {
    let mut rest = text.to_owned();
    for name in placeholders {
        rest = rest.replace(&format!("{{{name}}}"), " ");
    }
    !rest.contains(['{', '}', '[', ']'])
}

/// So many words in a row are no coincidence.
const COPIED_WORDS: usize = 8;

fn copies(text: &str, scraped: &str) -> bool {
    let (text, scraped) = (words(text), words(scraped));
    let theirs: HashSet<&[String]> = scraped.windows(COPIED_WORDS).collect();
    text.windows(COPIED_WORDS).any(|run| theirs.contains(run))
}

/// Words in lower case, without punctuation.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests;
