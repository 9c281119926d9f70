//! What goes out: a place in a text, with its span and the reason for its state.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::lexicon::Lexicon;
use crate::resolve::Finding;
use crate::scan::Name;
use crate::state::State;

/// A state or a city that a text names.
///
/// Serialised, `start` and `end` count characters, as Python indexes strings; the byte offsets follow as
/// `byte_start` and `byte_end`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mention {
    /// First byte of the span.
    #[serde(rename = "byte_start")]
    pub start: usize,
    /// First byte behind the span.
    #[serde(rename = "byte_end")]
    pub end: usize,
    #[serde(rename = "start")]
    pub char_start: usize,
    #[serde(rename = "end")]
    pub char_end: usize,
    pub kind: Kind,
    /// The canonical name: "Arizona" for "AZ", "New York" for "NYC".
    pub name: Cow<'static, str>,
    /// The two-letter code, if there is a reason for one.
    pub state: Option<&'static str>,
    /// The states that have such a city, while `state` is open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<&'static str>,
    pub rule: Rule,
}

/// "New York" alone is the state, "New York, NY" and "NYC" are the city.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    State,
    City,
}

/// Why a mention has its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The name of the state stands there, or its abbreviation.
    StateName,
    /// Its two letters stand there.
    StateCode,
    /// The state stands right behind the city.
    CityState,
    OnlySuchCity,
    /// Other places in the text point to one of the candidates.
    StateElsewhere,
    /// The caller's clinics know one city of this name.
    ClinicTable,
    /// One city is far larger than all of its namesakes.
    BestKnown,
    /// The path of an address names it.
    InUrl,
    /// Several states have such a city and nothing says which is meant.
    Unresolved,
}

impl Rule {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StateName => "state name",
            Self::StateCode => "state code",
            Self::CityState => "city, state",
            Self::OnlySuchCity => "only one such city",
            Self::StateElsewhere => "state elsewhere in text",
            Self::ClinicTable => "clinic table",
            Self::BestKnown => "best-known such city",
            Self::InUrl => "in the path of an address",
            Self::Unresolved => "several such cities",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Mention {
    /// One in running text, one half in an address.
    pub fn weight(&self) -> f64 {
        if self.rule == Rule::InUrl { 0.5 } else { 1.0 }
    }
}

/// Turns findings into mentions and counts the characters before each, in one go over the text.
pub(crate) fn in_text(text: &str, findings: &[Finding<'_>], lexicon: &'static Lexicon) -> Vec<Mention> {
    let ascii = text.is_ascii();
    let length = |text: &str| if ascii { text.len() } else { text.chars().count() };
    let mut mentions = Vec::with_capacity(findings.len());
    let (mut byte, mut chars) = (0, 0);
    for finding in findings {
        let (start, end) = (finding.hit.start, finding.hit.end);
        chars += length(&text[byte..start]);
        byte = start;
        mentions.push(Mention {
            start,
            end,
            char_start: chars,
            char_end: chars + length(&text[start..end]),
            kind: finding.kind,
            name: name(finding, lexicon),
            state: finding.state.map(State::code),
            candidates: if finding.state.is_none() { finding.candidates.codes() } else { Vec::new() },
            rule: finding.rule,
        });
    }
    mentions
}

fn name(finding: &Finding<'_>, lexicon: &'static Lexicon) -> Cow<'static, str> {
    match finding.hit.name {
        Name::Code(state) => Cow::Borrowed(state.name()),
        Name::Place(place) => match lexicon.at(place.key) {
            Some(known) => Cow::Borrowed(&known.name),
            None => Cow::Owned(place.name.to_string()),
        },
    }
}
