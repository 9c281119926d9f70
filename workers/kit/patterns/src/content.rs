//! What a message has in it that can be counted: subject pattern, pain points, call to action, angle, length, personal touches.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// CI-086 to CI-092.
pub const PAIN_POINTS: [(&str, &[&str]); 7] = [
    ("leads", &["leads", "pipeline", "prospects", "opportunities", "qualified"]),
    ("revenue", &["revenue", "sales", "growth", "roi", "profit", "income"]),
    ("time", &["time", "hours", "manual", "automate", "efficiency", "busy"]),
    ("scaling", &["scale", "growth", "capacity", "bandwidth", "hire", "team"]),
    ("competition", &["competitors", "market share", "behind", "catching up"]),
    ("cost", &["cost", "expensive", "budget", "waste", "spending", "save"]),
    ("quality", &["quality", "results", "performance", "outcomes", "better"]),
];

/// CI-093 to CI-097.
pub const ANGLES: [(&str, &[&str]); 5] = [
    ("roi_focused", &["roi", "return", "revenue", "profit", "save", "$", "percent"]),
    ("social_proof", &["clients", "companies like", "others in", "case study", "results"]),
    ("curiosity", &["noticed", "wondering", "quick question", "curious", "idea"]),
    ("fear_based", &["missing", "losing", "behind", "risk", "problem"]),
    ("value_add", &["free", "complimentary", "audit", "analysis", "assessment"]),
];

/// CI-098.
pub const CTAS: [&str; 9] = [
    "open to a quick chat",
    "worth 15 minutes",
    "free audit",
    "quick call",
    "interested in learning",
    "schedule a call",
    "book a time",
    "happy to share",
    "let me know",
];

/// Kinds of personal touches, in the order of `Features::personal`.
pub const PERSONAL: [&str; 4] = ["company_mention", "recent_news", "mutual_connection", "industry_specific"];

const NEWS: [&str; 9] = [
    "congrats",
    "congratulations",
    "saw your",
    "your recent",
    "recently announced",
    "just launched",
    "in the news",
    "press release",
    "just raised",
];
const MUTUAL: [&str; 6] = [
    "mutual connection",
    "mutual friend",
    "referred by",
    "introduced me",
    "suggested i reach out",
    "recommended i reach out",
];
/// As much of a subject as makes a pattern.
const LONGEST_PATTERN: usize = 120;

/// To whom a message goes, as far as it can be named in it; unknown texts are empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recipient<'a> {
    pub first_name: &'a str,
    pub company: &'a str,
    pub industry: &'a str,
}

/// What is counted of a message. Messages that are alike in all of it have the same text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Features {
    /// The subject with names taken out; empty when there is none.
    #[serde(rename = "s", skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// Places in `PAIN_POINTS`.
    #[serde(rename = "p", skip_serializing_if = "Vec::is_empty")]
    pub pain_points: Vec<u8>,
    /// The place in `ANGLES`.
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    pub angle: Option<u8>,
    /// The place in `CTAS`.
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    pub cta: Option<u8>,
    #[serde(rename = "w")]
    pub words: u32,
    #[serde(rename = "n")]
    pub chars: u32,
    /// Places in `PERSONAL`.
    #[serde(rename = "x", skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<u8>,
}

/// CI-018: what is kept of a message beside its activity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Snapshot {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub body: String,
    pub pain_points: Vec<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cta: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub angle: Option<Cow<'static, str>>,
    pub word_count: u32,
    /// How many kinds of personal touches it has, the name among them.
    pub personalization_level: u32,
    /// Those of `PERSONAL`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub personalization: Vec<Cow<'static, str>>,
}

impl Features {
    /// Words are matched whole and without case (X82); of several angles the one with most hits counts, the first one
    /// listed when several have as many.
    pub fn of(subject: Option<&str>, body: &str, recipient: Recipient<'_>) -> Self {
        let words = Words::of(subject.unwrap_or_default()).and(body);
        let places =
            |found: Vec<usize>| found.into_iter().filter_map(|place| u8::try_from(place).ok()).collect();
        let with = |list: &[(&str, &[&str])]| -> Vec<usize> {
            (0..list.len()).filter(|&place| list[place].1.iter().any(|word| words.has(word))).collect()
        };
        let hits = |list: &[&str]| list.iter().filter(|word| words.has(word)).count();
        let angle = (0..ANGLES.len())
            .map(|place| (hits(ANGLES[place].1), place))
            .filter(|(hits, _)| *hits > 0)
            .max_by_key(|(hits, place)| (*hits, std::cmp::Reverse(*place)))
            .and_then(|(_, place)| u8::try_from(place).ok());
        let named = |name: &str| name.trim().chars().count() > 2 && words.has(name);
        let personal = [
            named(recipient.company),
            NEWS.iter().any(|phrase| words.has(phrase)),
            MUTUAL.iter().any(|phrase| words.has(phrase)),
            named(recipient.industry),
        ];
        Self {
            subject: subject.map(|subject| pattern(subject, recipient)).unwrap_or_default(),
            pain_points: places(with(&PAIN_POINTS)),
            angle,
            cta: CTAS.iter().position(|cta| words.has(cta)).and_then(|place| u8::try_from(place).ok()),
            words: u32::try_from(body.split_whitespace().count()).unwrap_or(u32::MAX),
            chars: u32::try_from(body.trim().chars().count()).unwrap_or(u32::MAX),
            personal: places((0..PERSONAL.len()).filter(|&place| personal[place]).collect()),
        }
    }

    /// The same from what is kept, for messages that others have written down.
    pub fn of_snapshot(snapshot: &Snapshot, recipient: Recipient<'_>) -> Self {
        let mut found = Self::of(snapshot.subject.as_deref(), &snapshot.body, recipient);
        let place = |list: &[&str], name: &str| {
            list.iter().position(|known| *known == name).and_then(|place| u8::try_from(place).ok())
        };
        let names = PAIN_POINTS.map(|(name, _)| name);
        // Who wrote it down without its words has said what was in them.
        found.pain_points.extend(snapshot.pain_points.iter().filter_map(|name| place(&names, name)));
        found.pain_points.sort_unstable();
        found.pain_points.dedup();
        found.cta = found.cta.or_else(|| place(&CTAS, snapshot.cta.as_deref()?));
        found.angle =
            found.angle.or_else(|| place(&ANGLES.map(|(name, _)| name), snapshot.angle.as_deref()?));
        found.personal.extend(snapshot.personalization.iter().filter_map(|name| place(&PERSONAL, name)));
        found.personal.sort_unstable();
        found.personal.dedup();
        if snapshot.body.is_empty() {
            found.words = snapshot.word_count;
        }
        found
    }

    /// What `text` wrote; none of anything else.
    pub fn read(text: &str) -> Option<Self> {
        let read: Self = serde_json::from_str(text).ok()?;
        let rise = |places: &[u8], all: usize| {
            places.windows(2).all(|pair| pair[0] < pair[1])
                && places.last().is_none_or(|last| usize::from(*last) < all)
        };
        let within = |place: Option<u8>, all: usize| place.is_none_or(|place| usize::from(place) < all);
        let sound = rise(&read.pain_points, PAIN_POINTS.len())
            && rise(&read.personal, PERSONAL.len())
            && within(read.angle, ANGLES.len())
            && within(read.cta, CTAS.len())
            && read.subject.chars().count() <= LONGEST_PATTERN
            && !read.subject.contains('\0');
        sound.then_some(read)
    }

    /// The text that stands for all messages that are alike in what is counted.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Snapshot {
    pub fn of(subject: Option<&str>, body: &str, recipient: Recipient<'_>) -> (Self, Features) {
        let features = Features::of(subject, body, recipient);
        let counted = Self::of_features(&features);
        let named = Words::of(body).has(recipient.first_name);
        let snapshot = Self {
            subject: subject.map(str::to_owned),
            body: body.to_owned(),
            personalization_level: counted.personalization_level + u32::from(named),
            ..counted
        };
        (snapshot, features)
    }

    /// What is known of a message of which nothing is kept but what was counted: its subject stands without names, and its
    /// body is empty.
    pub fn of_features(features: &Features) -> Self {
        let name =
            |list: &[&'static str], place: u8| list.get(usize::from(place)).copied().map(Cow::Borrowed);
        Self {
            subject: Some(features.subject.clone()).filter(|subject| !subject.is_empty()),
            body: String::new(),
            pain_points: features
                .pain_points
                .iter()
                .filter_map(|place| name(&PAIN_POINTS.map(|(name, _)| name), *place))
                .collect(),
            cta: features.cta.and_then(|place| name(&CTAS, place)),
            angle: features.angle.and_then(|place| name(&ANGLES.map(|(name, _)| name), place)),
            word_count: features.words,
            personalization_level: u32::try_from(features.personal.len()).unwrap_or_default(),
            personalization: features.personal.iter().filter_map(|place| name(&PERSONAL, *place)).collect(),
        }
    }
}

/// CI-100: a subject with what belongs to one recipient taken out.
fn pattern(subject: &str, recipient: Recipient<'_>) -> String {
    let mut pattern = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    for (name, placeholder) in [(recipient.company, "{company}"), (recipient.first_name, "{first_name}")] {
        pattern = without(&pattern, name, placeholder);
    }
    // A part that is nothing but a pain point stands for any.
    let parts = pattern.split(" - ").map(|part| {
        let is_pain = PAIN_POINTS.iter().any(|(name, words)| {
            part.eq_ignore_ascii_case(name) || words.iter().any(|word| part.eq_ignore_ascii_case(word))
        });
        if is_pain { "{pain_point}" } else { part }
    });
    let pattern = parts.collect::<Vec<_>>().join(" - ");
    pattern.chars().take(LONGEST_PATTERN).collect()
}

/// Replaces a name wherever it stands as whole words, in whatever case. A single letter is no name.
pub fn without(text: &str, name: &str, placeholder: &str) -> String {
    let name = name.trim();
    if name.chars().count() < 2 {
        return text.to_owned();
    }
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_edge = true;
    while let Some(sign) = rest.chars().next() {
        if is_edge && let Some(after) = behind(rest, &name) {
            replaced.push_str(placeholder);
            rest = after;
            is_edge = false;
        } else {
            replaced.push(sign);
            rest = &rest[sign.len_utf8()..];
            is_edge = !sign.is_alphanumeric();
        }
    }
    replaced
}

/// What follows the name, in small letters, that a text begins with; none where it does not, or goes on as a word.
fn behind<'a>(text: &'a str, name: &[char]) -> Option<&'a str> {
    let mut left = name.iter();
    let mut signs = text.chars();
    while !left.as_slice().is_empty() {
        let sign = signs.next()?;
        if !sign.to_lowercase().all(|small| left.next() == Some(&small)) {
            return None;
        }
    }
    let after = signs.as_str();
    let is_whole = !after.starts_with(char::is_alphanumeric);
    is_whole.then_some(after)
}

/// A text as words in small letters, with a space around each.
struct Words {
    text: String,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = String::with_capacity(text.len() + 2);
        words.push(' ');
        Self { text: words }.and(text)
    }

    fn and(mut self, text: &str) -> Self {
        for sign in text.chars() {
            match sign {
                '$' => self.text.push_str(" $ "),
                '%' => self.text.push_str(" percent "),
                sign if sign.is_alphanumeric() => self.text.extend(sign.to_lowercase()),
                '\'' | '’' => {}
                _ if !self.text.ends_with(' ') => self.text.push(' '),
                _ => {}
            }
        }
        if !self.text.ends_with(' ') {
            self.text.push(' ');
        }
        self
    }

    /// Whether the words of `phrase` stand in it, one after the other.
    fn has(&self, phrase: &str) -> bool {
        let wanted = Self::of(phrase);
        wanted.text.len() > 1 && self.text.contains(&wanted.text)
    }
}

#[cfg(test)]
mod tests;
