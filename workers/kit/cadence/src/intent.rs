//! What a reply means, from its words: the text itself is not kept (OE 29).

use chrono::{Datelike as _, Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// What a reply means; the first that fits, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Wants no more messages.
    Unsubscribe,
    /// Written by a machine for somebody who is away.
    OutOfOffice,
    /// Written by a machine.
    AutoReply,
    NotInterested,
    /// Names somebody else.
    WrongPerson,
    Positive,
    Question,
    /// Nothing of the above.
    Neutral,
}

const RULES: [(Intent, &[&str]); 6] = [
    (
        Intent::Unsubscribe,
        &[
            "unsubscribe",
            "remove me",
            "take me off",
            "stop emailing",
            "stop contacting",
            "stop messaging",
            "do not contact",
            "don't contact",
            "opt out",
            "opt-out",
        ],
    ),
    (
        Intent::OutOfOffice,
        &[
            "out of office",
            "out of the office",
            "on vacation",
            "on leave",
            "on holiday",
            "parental leave",
            "maternity leave",
            "away from my desk",
            "limited access to email",
            "will be returning",
            "will return on",
        ],
    ),
    (
        Intent::AutoReply,
        &["automatic reply", "auto-reply", "autoreply", "this is an automated", "do not reply to this"],
    ),
    (
        Intent::NotInterested,
        &[
            "not interested",
            "no interest",
            "no thanks",
            "no thank you",
            "not a fit",
            "not a good fit",
            "not looking",
            "not at this time",
            "please don't",
            "we're all set",
            "we are all set",
        ],
    ),
    (
        Intent::WrongPerson,
        &[
            "wrong person",
            "no longer with",
            "no longer work",
            "not the right person",
            "better person",
            "left the company",
        ],
    ),
    (
        Intent::Positive,
        &[
            "interested",
            "sounds good",
            "sounds great",
            "let's talk",
            "lets talk",
            "love to",
            "happy to chat",
            "happy to connect",
            "set up a call",
            "schedule a call",
            "book a",
            "works for me",
            "tell me more",
            "send me more",
            "yes please",
            "great idea",
            "count me in",
        ],
    ),
];

/// What a reply means.
pub fn intent(text: &str) -> Intent {
    let text = own_words(text).to_lowercase().replace('\u{2019}', "'");
    let found = RULES.iter().find(|(_, phrases)| phrases.iter().any(|phrase| holds(&text, phrase)));
    match found {
        Some((intent, _)) => *intent,
        None if text.contains('?') => Intent::Question,
        None => Intent::Neutral,
    }
}

/// What somebody wrote, without what is quoted below.
fn own_words(text: &str) -> String {
    let quoted = |line: &&str| {
        let line = line.trim_start();
        line.starts_with('>')
            || line.starts_with("-----Original")
            || (line.starts_with("On ") && line.ends_with("wrote:"))
    };
    text.lines().take_while(|line| !quoted(line)).collect::<Vec<_>>().join("\n")
}

/// A phrase between word boundaries.
fn holds(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

/// How long somebody is left alone who does not say until when.
const AWAY: Days = Days::new(7);
/// A day that is further away than so many days is no return.
pub const LONGEST_AWAY: u64 = 120;

/// The day on which somebody is back who wrote that they are away.
pub fn back_on(text: &str, today: NaiveDate) -> NaiveDate {
    let text = own_words(text).to_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '/')
        .filter(|word| !word.is_empty())
        .collect();
    let days = (0..words.len()).filter_map(|at| {
        date_at(&words[at..], today).filter(|&day| day > today && day <= today + Days::new(LONGEST_AWAY))
    });
    // Of "from the 3rd until the 9th" the later one is the return.
    days.max().unwrap_or(today + AWAY)
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A date that the words begin with: 2026-12-01, 12/1, December 1st, 1 December.
fn date_at(words: &[&str], today: NaiveDate) -> Option<NaiveDate> {
    let first = *words.first()?;
    if let Ok(date) = first.parse::<NaiveDate>() {
        return Some(date);
    }
    if let Some((month, day)) = first.split_once('/') {
        return upcoming(month.parse().ok()?, number(day.split('/').next()?)?, today);
    }
    let second = *words.get(1)?;
    let (month, day) = match (month(first), month(second)) {
        (Some(month), _) => (month, number(second)?),
        (None, Some(month)) => (month, number(first)?),
        (None, None) => return None,
    };
    upcoming(month, day, today)
}

fn month(word: &str) -> Option<u32> {
    let short = word.get(..3)?;
    let full = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let place = MONTHS.iter().position(|month| *month == short)?;
    (word.len() == 3 || word == full[place] || word == "sept").then_some(place as u32 + 1)
}

fn number(word: &str) -> Option<u32> {
    word.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']).parse().ok()
}

/// The next such day from today on.
fn upcoming(month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    let years = [today.year(), today.year() + 1];
    years.into_iter().filter_map(|year| NaiveDate::from_ymd_opt(year, month, day)).find(|&day| day >= today)
}

impl Intent {
    pub const ALL: [Self; 8] = [
        Self::Unsubscribe,
        Self::OutOfOffice,
        Self::AutoReply,
        Self::NotInterested,
        Self::WrongPerson,
        Self::Positive,
        Self::Question,
        Self::Neutral,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Unsubscribe => "unsubscribe",
            Self::OutOfOffice => "out_of_office",
            Self::AutoReply => "auto_reply",
            Self::NotInterested => "not_interested",
            Self::WrongPerson => "wrong_person",
            Self::Positive => "positive",
            Self::Question => "question",
            Self::Neutral => "neutral",
        }
    }

    /// Whether a person wrote it.
    pub fn is_human(self) -> bool {
        !matches!(self, Self::OutOfOffice | Self::AutoReply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Intent) {
        assert_eq!(intent(text), expected, "{text}");
    }

    #[test]
    fn replies_are_read() {
        check("Sounds great, let's talk on Tuesday", Intent::Positive);
        check("I'm interested", Intent::Positive);
        check("Not interested, thanks", Intent::NotInterested);
        check("Please remove me from your list", Intent::Unsubscribe);
        check("I am not the right person, ask Dana", Intent::WrongPerson);
        check("Automatic reply: thank you for your message", Intent::AutoReply);
        check("I am out of the office until December 3rd and not interested in mail", Intent::OutOfOffice);
        check("What does it cost?", Intent::Question);
        check("Ok", Intent::Neutral);
        check("", Intent::Neutral);
    }

    #[test]
    fn what_is_quoted_below_does_not_count() {
        check("Who are you?\n> click here to unsubscribe", Intent::Question);
        check("Hm.\nOn Mon, Oct 5, 2026 Jo wrote:\nunsubscribe here", Intent::Neutral);
    }

    #[test]
    fn words_inside_words_do_not_count() {
        check("A disinterested remark", Intent::Neutral);
    }

    #[track_caller]
    fn check_back(text: &str, expected: &str) {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        assert_eq!(back_on(text, today).to_string(), expected, "{text}");
    }

    #[test]
    fn the_return_is_read() {
        check_back("I am away until 2026-12-01.", "2026-12-01");
        check_back("back on December 3rd", "2026-12-03");
        check_back("back on 3 Dec", "2026-12-03");
        check_back("from 11/23 to 11/30", "2026-11-30");
        check_back("returning January 4", "2027-01-04");
        check_back("away for a while", "2026-11-28");
        check_back("I may 5 be away", "2026-11-28");
        check_back("since 2020-01-01", "2026-11-28");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,200}") {
            let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
            intent(&text);
            proptest::prop_assert!(back_on(&text, today) > today);
        }
    }
}
