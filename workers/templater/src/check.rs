//! Whether a text may become the template of a segment: lengths, sentences, placeholders (X27, PT-088, PT-089).

use proto::v1::OutreachTemplate;

/// What is filled in for each clinic when the message is sent; persons' names never leave the fleet before that.
pub const PLACEHOLDERS: [&str; 4] = ["name", "clinic_name", "city", "state"];

pub const SUBJECT_MAX: usize = 120;
pub const OPENING_MAX: usize = 600;
pub const CTA_MAX: usize = 240;
const SENTENCES_MAX: usize = 3;

/// Why a text is not usable as a template.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Flaw {
    #[error("the {0} is empty")]
    Empty(&'static str),
    #[error("the {field} has {length} characters, {limit} are allowed")]
    TooLong {
        field: &'static str,
        length: usize,
        limit: usize,
    },
    #[error("the {0} has more than one line")]
    Lines(&'static str),
    #[error("the {0} has {{{1}}}, which nothing fills")]
    Placeholder(&'static str, String),
    #[error("the {0} has the character {1:?}, which has no place in it")]
    Character(&'static str, char),
    #[error("the opening has {0} sentences, {SENTENCES_MAX} are allowed")]
    Sentences(usize),
    #[error("the opening addresses somebody by a name")]
    Addressee,
}

/// Trims the template and checks it.
pub fn check(template: OutreachTemplate) -> Result<OutreachTemplate, Flaw> {
    let checked = OutreachTemplate {
        subject: line("subject", &template.subject, SUBJECT_MAX)?,
        opening: line("opening", &template.opening, OPENING_MAX)?,
        cta: line("cta", &template.cta, CTA_MAX)?,
    };
    let sentences = sentences(&checked.opening);
    if sentences > SENTENCES_MAX {
        return Err(Flaw::Sentences(sentences));
    }
    if addresses_a_name(&checked.opening) {
        return Err(Flaw::Addressee);
    }
    Ok(checked)
}

fn line(field: &'static str, text: &str, limit: usize) -> Result<String, Flaw> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Flaw::Empty(field));
    }
    let length = text.chars().count();
    if length > limit {
        return Err(Flaw::TooLong {
            field,
            length,
            limit,
        });
    }
    if text.contains(['\n', '\r', '\u{2028}', '\u{2029}']) {
        return Err(Flaw::Lines(field));
    }
    placeholders(field, text)?;
    // Markup, and the brackets in which models leave blanks for somebody else to fill.
    let stray = |c: char| c.is_control() || matches!(c, '<' | '>' | '[' | ']');
    match text.chars().find(|c| stray(*c)) {
        Some(c) => Err(Flaw::Character(field, c)),
        None => Ok(text.to_owned()),
    }
}

fn placeholders(field: &'static str, text: &str) -> Result<(), Flaw> {
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        if rest[at..].starts_with('}') {
            return Err(Flaw::Character(field, '}'));
        }
        let inside = &rest[at + 1..];
        let Some(end) = inside.find('}') else {
            return Err(Flaw::Character(field, '{'));
        };
        if !PLACEHOLDERS.contains(&&inside[..end]) {
            let name = inside[..end].chars().take(40).collect();
            return Err(Flaw::Placeholder(field, name));
        }
        rest = &inside[end + 1..];
    }
    Ok(())
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
    let open = !text
        .trim_end()
        .ends_with(['.', '!', '?', '"', '\u{201d}', ')']);
    ends + usize::from(open)
}

/// The model knows no names, so one after the greeting is invented or taken from somebody's post.
fn addresses_a_name(opening: &str) -> bool {
    let mut words = opening.split_whitespace();
    let greets = words.next().is_some_and(|word| {
        ["hi", "hello", "hey", "dear"].contains(&word.to_lowercase().trim_end_matches(','))
    });
    greets
        && words
            .next()
            .is_some_and(|word| word.starts_with(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(subject: &str, opening: &str, cta: &str) -> OutreachTemplate {
        OutreachTemplate {
            subject: subject.into(),
            opening: opening.into(),
            cta: cta.into(),
        }
    }

    #[track_caller]
    fn check_opening(opening: &str, expected: Result<(), Flaw>) {
        let checked = check(template("A subject", opening, "A call?"));
        assert_eq!(checked.map(|_| ()), expected, "{opening}");
    }

    #[track_caller]
    fn check_subject(subject: &str, expected: Result<(), Flaw>) {
        let checked = check(template(subject, "Hi {name}, an opening.", "A call?"));
        assert_eq!(checked.map(|_| ()), expected, "{subject}");
    }

    #[test]
    fn the_source_documents_sample_is_accepted_and_trimmed() {
        let sample = template(
            " PT-specific EMR alternative for Arizona clinics\n",
            "Hi {name}, I noticed several PT clinic owners in Arizona discussing EMR documentation challenges...",
            "Would you be open to a 15-minute call to discuss how we're helping AZ clinics streamline documentation?",
        );
        let checked = check(sample).unwrap();
        assert_eq!(
            checked.subject,
            "PT-specific EMR alternative for Arizona clinics"
        );
        assert!(checked.opening.starts_with("Hi {name}, "));
    }

    #[test]
    fn an_empty_field_is_a_flaw() {
        check_subject(" \n ", Err(Flaw::Empty("subject")));
        check_opening("", Err(Flaw::Empty("opening")));
        let without_cta = check(template("A subject", "An opening.", " "));
        assert_eq!(without_cta, Err(Flaw::Empty("cta")));
    }

    #[test]
    fn a_subject_may_have_120_characters_not_121() {
        check_subject(&"é".repeat(SUBJECT_MAX), Ok(()));
        check_subject(
            &"é".repeat(SUBJECT_MAX + 1),
            Err(Flaw::TooLong {
                field: "subject",
                length: 121,
                limit: 120,
            }),
        );
    }

    #[test]
    fn a_subject_cannot_smuggle_a_header() {
        check_subject("Hello\r\nBcc: all", Err(Flaw::Lines("subject")));
    }

    #[test]
    fn an_opening_has_one_to_three_sentences() {
        check_opening(
            "Hi {name}, do you use e.g. paper charts or v3.5 of an EMR?",
            Ok(()),
        );
        check_opening("One. Two! {city} three? ", Ok(()));
        check_opening("No full stop at the end", Ok(()));
        check_opening("One. Two. Three. Four.", Err(Flaw::Sentences(4)));
        check_opening("One. Two. Three. And four", Err(Flaw::Sentences(4)));
    }

    #[test]
    fn a_placeholder_that_nothing_fills_is_a_flaw() {
        let unknown = |name: &str| Err(Flaw::Placeholder("opening", name.to_owned()));
        check_opening("Hi {name} of {clinic_name} in {city}, {state}.", Ok(()));
        check_opening("Hi {first_name}.", unknown("first_name"));
        check_opening("Hi {{name}}.", unknown("{name"));
        check_opening("Hi {}.", unknown(""));
    }

    #[test]
    fn a_blank_in_another_notation_or_markup_is_a_flaw() {
        check_opening("Hi {name.", Err(Flaw::Character("opening", '{')));
        check_opening("Hi name}.", Err(Flaw::Character("opening", '}')));
        check_opening("From [your name].", Err(Flaw::Character("opening", '[')));
        check_opening("Hello <b>you</b>.", Err(Flaw::Character("opening", '<')));
        check_opening("A bell\u{7}.", Err(Flaw::Character("opening", '\u{7}')));
    }

    #[test]
    fn nobody_is_addressed_by_a_name_the_model_made_up() {
        check_opening("Hi John, how are you?", Err(Flaw::Addressee));
        check_opening("Dear Dr. Smith, how are you?", Err(Flaw::Addressee));
        check_opening("Hi there, how are you?", Ok(()));
        check_opening("Hi {name}, how are you?", Ok(()));
        check_opening("High costs? Dear clinics.", Ok(()));
    }
}
