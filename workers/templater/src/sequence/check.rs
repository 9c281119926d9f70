//! Whether words may stand in a sequence: every kind of step, only placeholders that are filled, nothing invented.

use crate::filling::filled;
use crate::invented;
use claude::guard::{self, Breach, Rules};
use patterns::Proven;
use proto::v1::{SequenceRequest, StepWords};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const LEAST_VARIANTS: usize = 2;
pub(super) const MOST_VARIANTS: usize = 3;
/// Networks take 300 characters of a connection request; this much is left for names.
pub(super) const REQUEST_MAX: usize = 260;
pub(super) const MESSAGE_MAX: usize = 600;
/// What a connection request may have once it is filled.
const REQUEST_FILLED: usize = 300;

/// Why words cannot be used. It quotes nothing of them: they may be what an attacker wants to see printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("the answer is not a list of texts for each kind of step")]
    Shape(#[from] serde_json::Error),
    #[error("the kinds of step are not those that were asked for")]
    Kinds,
    #[error("{kind} has {count} texts, {LEAST_VARIANTS} or {MOST_VARIANTS} are wanted")]
    Count { kind: String, count: usize },
    #[error("{0} says the same twice")]
    Twice(String),
    #[error("a text of {kind} is not usable: {source}")]
    Breach { kind: String, source: Breach },
    #[error("a text of {0} has more than one line")]
    Lines(String),
    #[error("a text of {0} does not hold {{first_name}}")]
    NoName(String),
    #[error("a text of {0} is too long once names are filled in")]
    Filled(String),
    #[error("a text of {0} names somebody or something that the given words do not")]
    Name(String),
    #[error("a text of {0} claims something that the given words do not")]
    Claim(String),
}

/// What may stand between braces in a kind of step. A follow-up is a soft nudge and asks for nothing (OE-015).
pub(super) fn placeholders(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "connection_request" => Some(&["first_name", "company"]),
        "initial_dm" => Some(&["first_name", "company", "insight", "ask"]),
        "followup_1" | "followup_2" | "followup_3" | "value_share" => {
            Some(&["first_name", "company", "insight"])
        }
        _ => None,
    }
}

/// The words of the answer, in the order in which their steps were asked for.
///
/// What is proven to work may be said though no text in use says it.
pub(super) fn check(
    answer: &Value,
    request: &SequenceRequest,
    proven: &Proven,
) -> Result<Vec<StepWords>, Flaw> {
    let mut texts: BTreeMap<String, Vec<String>> = serde_json::from_value(answer.clone())?;
    let given = request.steps.iter().flat_map(|step| &step.variants).map(String::as_str);
    let given: Vec<&str> = given.chain(proven.sayings()).collect();
    let given = given.join("\n");
    let mut steps = Vec::with_capacity(request.steps.len());
    for step in &request.steps {
        let variants = texts.remove(&step.kind).ok_or(Flaw::Kinds)?;
        steps.push(StepWords { variants: of_kind(&step.kind, &variants, &given)?, kind: step.kind.clone() });
    }
    if texts.is_empty() { Ok(steps) } else { Err(Flaw::Kinds) }
}

fn of_kind(kind: &str, variants: &[String], given: &str) -> Result<Vec<String>, Flaw> {
    if !(LEAST_VARIANTS..=MOST_VARIANTS).contains(&variants.len()) {
        return Err(Flaw::Count { kind: kind.to_owned(), count: variants.len() });
    }
    let variants: Vec<String> = variants.iter().map(|text| text.trim().to_owned()).collect();
    for text in &variants {
        one(kind, text, given)?;
    }
    let different: BTreeSet<Vec<String>> = variants.iter().map(|text| invented::words(text)).collect();
    if different.len() == variants.len() { Ok(variants) } else { Err(Flaw::Twice(kind.to_owned())) }
}

fn one(kind: &str, text: &str, given: &str) -> Result<(), Flaw> {
    let named = || kind.to_owned();
    if text.contains(['\n', '\r']) {
        return Err(Flaw::Lines(named()));
    }
    let request = kind == "connection_request";
    let most = if request { REQUEST_MAX } else { MESSAGE_MAX };
    let placeholders = placeholders(kind).ok_or(Flaw::Kinds)?;
    let rules = Rules { placeholders, hosts: &[], facts: given, scraped: "", chars: 1..=most };
    guard::check(text, &rules).map_err(|source| Flaw::Breach { kind: named(), source })?;
    if !text.contains("{first_name}") {
        return Err(Flaw::NoName(named()));
    }
    if request && filled(text).chars().count() > REQUEST_FILLED {
        return Err(Flaw::Filled(named()));
    }
    if invented::claims(text, given) {
        return Err(Flaw::Claim(named()));
    }
    if invented::names(text, given) { Err(Flaw::Name(named())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::request;
    use super::*;
    use serde_json::json;

    const GOOD: &str = "Hi {first_name}, I like to learn how others do it. Glad to connect.";

    /// Checks an answer whose first connection request is this text.
    fn checked(text: &str) -> Result<Vec<StepWords>, Flaw> {
        check(&answer("connection_request", json!([text, GOOD])), &request(), &Proven::default())
    }

    /// An answer that is good but for one kind.
    fn answer(kind: &str, texts: Value) -> Value {
        let mut answer = json!({
            "connection_request": [GOOD, "Hello {first_name}, {company} caught my eye; shall we connect?"],
            "initial_dm": ["Thank you, {first_name}. {insight} {ask}", "Good to meet you, {first_name}. {ask}"],
            "followup_1": ["Hi {first_name}, only a nudge.", "Hi {first_name}, whenever it suits you."],
        });
        answer[kind] = texts;
        answer
    }

    #[track_caller]
    fn check_text(text: &str, expected: Result<(), &str>) {
        let checked = checked(text).map(|_steps| ()).map_err(|flaw| flaw.to_string());
        assert_eq!(checked, expected.map_err(|why| format!("a text of connection_request {why}")), "{text}");
    }

    #[track_caller]
    fn check_answer(answer: &Value, expected: &str) {
        assert_eq!(check(answer, &request(), &Proven::default()).unwrap_err().to_string(), expected);
    }

    #[test]
    fn good_words_come_in_the_order_of_the_steps_and_trimmed() {
        let steps = checked(" Hi {first_name}, I follow what {company} does.\n").unwrap();
        let kinds: Vec<&str> = steps.iter().map(|step| step.kind.as_str()).collect();
        assert_eq!(kinds, ["connection_request", "initial_dm", "followup_1"]);
        assert_eq!(steps[0].variants, ["Hi {first_name}, I follow what {company} does.", GOOD]);
    }

    #[test]
    fn every_kind_has_two_or_three_different_texts() {
        check_answer(&json!([1]), "the answer is not a list of texts for each kind of step");
        check_answer(
            &answer("serenade", json!([GOOD])),
            "the kinds of step are not those that were asked for",
        );
        check_answer(
            &json!({"connection_request": [GOOD, "Hello {first_name}, shall we connect?"]}),
            "the kinds of step are not those that were asked for",
        );
        check_answer(&answer("followup_1", json!([GOOD])), "followup_1 has 1 texts, 2 or 3 are wanted");
        check_answer(
            &answer("followup_1", json!([GOOD, GOOD.replace("Glad", "glad")])),
            "followup_1 says the same twice",
        );
    }

    #[test]
    fn only_placeholders_that_the_step_may_hold_are_filled() {
        let unknown = "is not usable: it has a placeholder that we do not fill";
        check_text("Hi {first_name} of {city}, shall we connect?", Err(unknown));
        check_text("Hi {first_name}, [your name] here.", Err(unknown));
        check_text("Hi {first_name}. {ask}", Err(unknown));
        check_text("Hello, shall we connect?", Err("does not hold {first_name}"));
        check_answer(
            &answer("followup_1", json!([GOOD, "Hi {first_name}. {ask}"])),
            &format!("a text of followup_1 {unknown}"),
        );
    }

    #[test]
    fn a_filled_connection_request_fits_the_network() {
        let of =
            |length: usize| format!("Hi {{first_name}}, {}", "ab ".repeat(100))[..length].trim().to_owned();
        check_text(&of(259), Ok(()));
        check_text(&of(262), Err("is not usable: its length is out of bounds"));
        let filled = of(250).replacen("ab ab ab ab ab ab", "{company} {company}", 1);
        check_text(&filled, Err("is too long once names are filled in"));
    }

    #[test]
    fn a_message_may_be_longer_but_not_any_length() {
        let of = |words: usize| json!([GOOD, format!("Hi {{first_name}}, {}", "ab ".repeat(words))]);
        assert!(check(&answer("followup_1", of(190)), &request(), &Proven::default()).is_ok());
        check_answer(
            &answer("followup_1", of(200)),
            "a text of followup_1 is not usable: its length is out of bounds",
        );
    }

    #[test]
    fn links_numbers_and_promises_are_not_ours() {
        check_text(
            "Hi {first_name}, see evil.example for more.",
            Err("is not usable: it has a link that is not ours"),
        );
        check_text(
            "Hi {first_name}, we help 40 schools.",
            Err("is not usable: it has a number or a promise that we did not supply"),
        );
        check_text(
            "Hi {first_name}, results are guaranteed.",
            Err("is not usable: it has a number or a promise that we did not supply"),
        );
        check_text("Hi {first_name},\nshall we connect?", Err("has more than one line"));
    }

    #[test]
    fn a_claim_that_the_given_words_do_not_make_is_invented() {
        check_text(
            "Hi {first_name}, a dozen schools work with us.",
            Err("claims something that the given words do not"),
        );
        check_text(
            "Hi {first_name}, our clients are glad.",
            Err("claims something that the given words do not"),
        );
        // The words of the request have it.
        check_text("Hi {first_name}, three questions came to mind.", Ok(()));
    }

    #[test]
    fn what_is_proven_to_work_may_be_said() {
        let text = "Hi {first_name}, is it worth 15 minutes?";
        let answer = answer("connection_request", json!([text, GOOD]));
        let proven = Proven::read(&crate::tests::patterns("leads")).unwrap();
        assert!(check(&answer, &request(), &proven).is_ok());
        check_text(text, Err("is not usable: it has a number or a promise that we did not supply"));
    }

    #[test]
    fn a_name_that_the_given_words_do_not_have_is_invented() {
        let named = Err("names somebody or something that the given words do not");
        check_text("Hi {first_name}, John from our team said hello.", named);
        check_text("Hi {first_name}, we worked with the Acme Academy.", named);
        check_text("Hi {first_name}, I'd be glad to connect. So would others! Shall we?", Ok(()));
        // The words of the request have it.
        check_text("Hi {first_name}, I follow how AI changes learning.", Ok(()));
    }
}
