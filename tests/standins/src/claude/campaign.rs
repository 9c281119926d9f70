//! The messages of a campaign as the stand-in writes them: as long as each step is to be.

use serde_json::{Map, Value, json};

const SENTENCES: [&str; 6] = [
    "I would like to understand how you go about it at {company}.",
    "It comes up so often in {industry} that I thought I would ask.",
    "If this is not the moment, that is fine too.",
    "I am curious which part of it you would change first.",
    "There is no hurry, and a short answer is welcome.",
    "Whoever looks after it at {company} may know more.",
];

/// A message for each step, when the schema asks for bodies of steps.
pub(super) fn messages(question: &str, schema: &Value) -> Option<Value> {
    let steps = schema["properties"].as_object()?;
    if steps.is_empty()
        || !steps
            .iter()
            .all(|(name, step)| name.starts_with("step_") && !step["properties"]["body"].is_null())
    {
        return None;
    }
    let mut messages = Map::new();
    for (place, (name, step)) in steps.iter().enumerate() {
        let wanted = question.split(&format!("- {name}: ")).nth(1)?.lines().next()?;
        let mut message = json!({"body": body(wanted, place)?});
        if !step["properties"]["subject"].is_null() {
            message["subject"] = json!("A question about {company}");
        }
        messages.insert(name.clone(), message);
    }
    Some(messages.into())
}

/// `wanted` ends in `a body of 50 to 100 words`.
fn body(wanted: &str, place: usize) -> Option<String> {
    let (_, length) = wanted.rsplit_once(" of ")?;
    let [least, _, most, unit] = length.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let (least, most): (usize, usize) = (least.parse().ok()?, most.parse().ok()?);
    let size =
        |text: &str| if unit == "words" { text.split_whitespace().count() } else { text.chars().count() };
    let mut body = "Hi {first_name}.".to_owned();
    for sentence in SENTENCES.iter().cycle().skip(place).take(30) {
        let longer = format!("{body} {sentence}");
        if size(&body) >= least || size(&longer) > most {
            break;
        }
        body = longer;
    }
    Some(body)
}
