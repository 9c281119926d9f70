//! Whether an answer may become the template of a segment: what the guard lets through, in one to three sentences (X27).

use claude::guard::{self, Breach, Rules};
use proto::v1::OutreachTemplate;
use serde::Deserialize;
use serde_json::Value;

/// What is filled in for each clinic when the message is sent; persons' names never leave the fleet before that.
pub const PLACEHOLDERS: [&str; 4] = ["name", "clinic_name", "city", "state"];

pub const SUBJECT_MAX: usize = 120;
pub const OPENING_MAX: usize = 600;
pub const CTA_MAX: usize = 240;
const SENTENCES_MAX: usize = 3;
/// The only number that a text may have is one that nobody has to prove.
const FACTS: &str = "a 15-minute call";

/// Why a text is not usable as a template.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    #[error("the answer is not subject, opening and call to action")]
    Shape(#[from] serde_json::Error),
    #[error("the {field} is not usable: {source}")]
    Breach { field: &'static str, source: Breach },
    #[error("the {0} has more than one line")]
    Lines(&'static str),
    #[error("the opening has {0} sentences, {SENTENCES_MAX} are allowed")]
    Sentences(usize),
    #[error("the opening addresses somebody by a name")]
    Addressee,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    subject: String,
    opening: String,
    cta: String,
}

/// Makes a template of the answer; `scraped` is what the model was shown and must not copy.
pub fn check(answer: Value, scraped: &[String]) -> Result<OutreachTemplate, Flaw> {
    let draft: Draft = serde_json::from_value(answer)?;
    let scraped = scraped.join("\n");
    let template = OutreachTemplate {
        subject: line("subject", &draft.subject, SUBJECT_MAX, &scraped)?,
        opening: line("opening", &draft.opening, OPENING_MAX, &scraped)?,
        cta: line("cta", &draft.cta, CTA_MAX, &scraped)?,
    };
    let sentences = sentences(&template.opening);
    if sentences > SENTENCES_MAX {
        return Err(Flaw::Sentences(sentences));
    }
    if addresses_a_name(&template.opening) {
        return Err(Flaw::Addressee);
    }
    Ok(template)
}

fn line(field: &'static str, text: &str, most: usize, scraped: &str) -> Result<String, Flaw> {
    let text = text.trim();
    // A subject with a line break could bring its own mail headers.
    if text.contains(['\n', '\r']) {
        return Err(Flaw::Lines(field));
    }
    let rules = Rules { placeholders: &PLACEHOLDERS, hosts: &[], facts: FACTS, scraped, chars: 1..=most };
    match guard::check(text, &rules) {
        Ok(()) => Ok(text.to_owned()),
        Err(source) => Err(Flaw::Breach { field, source }),
    }
}

/// A full stop within a sentence ("e.g. this", "3.5") is followed by no capital.
fn sentences(text: &str) -> usize {
    let mut ends = 0;
    let mut rest = text;
    while let Some(at) = rest.find(['.', '!', '?']) {
        rest = rest[at..].trim_start_matches(['.', '!', '?', '"', '\u{201d}', ')']);
        let next = rest.trim_start();
        let begins = next.starts_with(|c: char| c.is_uppercase() || c == '{');
        if next.is_empty() || (begins && next.len() < rest.len()) {
            ends += 1;
        }
    }
    let open = !text.trim_end().ends_with(['.', '!', '?', '"', '\u{201d}', ')']);
    ends + usize::from(open)
}

/// The model knows no names, so one after the greeting is invented or taken from somebody's post.
fn addresses_a_name(opening: &str) -> bool {
    let mut words = opening.split_whitespace();
    let greets = words.next().is_some_and(|word| {
        ["hi", "hello", "hey", "dear"].contains(&word.to_lowercase().trim_end_matches(','))
    });
    greets && words.next().is_some_and(|word| word.starts_with(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SAMPLE_CTA: &str = "Would you be open to a 15-minute call to discuss how we're helping AZ clinics streamline documentation?";

    fn template(subject: &str, opening: &str, cta: &str) -> Result<OutreachTemplate, String> {
        let answer = json!({"subject": subject, "opening": opening, "cta": cta});
        let scraped = ["our front desk loses half of each morning to calls about bills".to_owned()];
        check(answer, &scraped).map_err(|flaw| flaw.to_string())
    }

    #[track_caller]
    fn check_opening(opening: &str, expected: Result<(), &str>) {
        let checked = template("A subject", opening, "A call?").map(|_| ());
        assert_eq!(checked, expected.map_err(str::to_owned), "{opening}");
    }

    #[track_caller]
    fn check_subject(subject: &str, expected: Result<(), &str>) {
        let checked = template(subject, "Hi {name}, an opening.", "A call?").map(|_| ());
        assert_eq!(checked, expected.map_err(str::to_owned), "{subject}");
    }

    #[test]
    fn the_source_documents_sample_is_accepted_and_trimmed() {
        let subject = " PT-specific EMR alternative for Arizona clinics\n";
        let opening = "Hi {name}, I noticed several PT clinic owners in Arizona discussing EMR documentation challenges...";
        let checked = template(subject, opening, SAMPLE_CTA).unwrap();
        assert_eq!(checked.subject, subject.trim());
        assert_eq!(checked.opening, opening);
        assert_eq!(checked.cta, SAMPLE_CTA);
    }

    #[test]
    fn another_shape_is_no_template() {
        let answer = json!({"subject": "A subject", "opening": "An opening."});
        assert!(matches!(check(answer, &[]), Err(Flaw::Shape(_))));
    }

    #[test]
    fn a_subject_may_have_120_characters_not_121() {
        check_subject(&"ab ".repeat(40), Ok(()));
        check_subject(&"abc".repeat(40), Ok(()));
        check_subject(&"abcd".repeat(31), Err("the subject is not usable: its length is out of bounds"));
        check_subject(" ", Err("the subject is not usable: its length is out of bounds"));
    }

    #[test]
    fn a_subject_cannot_smuggle_a_header() {
        check_subject("Hello\r\nBcc: all", Err("the subject has more than one line"));
    }

    #[test]
    fn an_opening_has_one_to_three_sentences() {
        check_opening("Hi {name}, do you use e.g. paper charts or a small EMR?", Ok(()));
        check_opening("One. Two! {city} three? ", Ok(()));
        check_opening("No full stop at the end", Ok(()));
        let four = Err("the opening has 4 sentences, 3 are allowed");
        check_opening("One. Two. Three. Four.", four);
        check_opening("One. Two. Three. And four", four);
    }

    #[test]
    fn a_placeholder_that_nothing_fills_is_a_flaw() {
        check_opening("Hi {name} of {clinic_name} in {city}, {state}.", Ok(()));
        let unknown = Err("the opening is not usable: it has a placeholder that we do not fill");
        check_opening("Hi {first_name}.", unknown);
        check_opening("From [your name].", unknown);
    }

    #[test]
    fn a_link_a_claim_and_a_copy_are_flaws() {
        check_opening(
            "See https://evil.example now.",
            Err("the opening is not usable: it has a link that is not ours"),
        );
        check_opening(
            "We save you 40% of the day.",
            Err("the opening is not usable: it has a number or a promise that we did not supply"),
        );
        check_opening(
            "So your front desk loses half of each morning to calls about bills?",
            Err("the opening is not usable: it copies what a stranger wrote"),
        );
    }

    #[test]
    fn nobody_is_addressed_by_a_name_the_model_made_up() {
        let named = Err("the opening addresses somebody by a name");
        check_opening("Hi John, how are you?", named);
        check_opening("Dear Dr. Smith, how are you?", named);
        check_opening("Hi there, how are you?", Ok(()));
        check_opening("Hi {name}, how are you?", Ok(()));
    }
}
