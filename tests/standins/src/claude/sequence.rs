//! The words of sequences as the stand-in writes them: a few for each kind of step, in the tone of what is in use.

use serde_json::{Map, Value, json};

/// Texts, when the schema asks for a list of them for each kind of step.
pub(super) fn words(data: &Value, schema: &Value) -> Option<Value> {
    let kinds = schema["properties"].as_object()?;
    if !kinds.contains_key("connection_request") || data.get("words").is_none() {
        return None;
    }
    // Like a model, it writes otherwise when it is told that something works.
    let learned = data.get("learned").is_some();
    let texts = |kind: &String| Some((kind.clone(), json!(texts(kind, learned)?)));
    Some(Value::Object(kinds.keys().map(texts).collect::<Option<Map<_, _>>>()?))
}

fn texts(kind: &str, learned: bool) -> Option<Vec<&'static str>> {
    let mut texts = match kind {
        "connection_request" => vec![
            "Hi {first_name}, what you do at {company} is close to what I care about. I would be glad to connect.",
            "Hi {first_name}, I like to learn from people who do this every day. Shall we connect?",
        ],
        "initial_dm" => vec![
            "Thanks for being in touch, {first_name}. {insight} I wonder how {company} looks at it. {ask}",
            "Glad we are in touch, {first_name}. {insight} {ask}",
            "It is good to know you, {first_name}. I would like to understand what matters at {company}. {ask}",
        ],
        "followup_1" => vec![
            "Hi {first_name}, I wrote down how others go about it. Happy to pass it on to {company}.",
            "Hi {first_name}, a thought that may be of use at {company}. {insight}",
        ],
        "value_share" => vec![
            "Hi {first_name}, something to keep, without a question: notes from people in your field.",
            "Hi {first_name}, I found this worth passing on. {insight}",
        ],
        "followup_2" => vec![
            "Hi {first_name}, in case my note got lost. It is fine if this is not the moment for {company}.",
            "Hi {first_name}, no hurry at all. I am around whenever it suits you.",
        ],
        "followup_3" => vec![
            "Hi {first_name}, I leave it here. The door stays open for {company}.",
            "Hi {first_name}, a last note from me. All the best with what you do.",
        ],
        _ => return None,
    };
    if learned {
        texts.reverse();
    }
    Some(texts)
}
