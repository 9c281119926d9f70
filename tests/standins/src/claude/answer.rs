//! What the Claude stand-in writes: valid for the schema, the same each time for the same request.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Twist, campaign, hex, sequence};

/// Decides an answer from the request; `None` leaves it to the plausible manner.
pub type Decide = dyn Fn(&Value) -> Option<Value> + Send + Sync;

/// How the stand-in answers.
pub enum Manner {
    /// Rankings and outreach texts that look like the real ones, for whatever the request contains.
    Plausible,
    /// The same with facts that it made up: numbers, customers, names, links.
    Inventive,
    /// Does whatever the data block tells it to: links, numbers, markup, the system prompt.
    Obedient,
    Custom(Box<Decide>),
}

pub(super) fn message(body: &Value, manner: &Manner, twist: Option<&Twist>, mut usage: Value) -> Value {
    let schema = &body["output_config"]["format"]["schema"];
    let answer = match manner {
        Manner::Custom(custom) => custom(body).unwrap_or_else(|| plausible(body, schema)),
        Manner::Inventive => invent(plausible(body, schema), &digest(&body.to_string())),
        Manner::Obedient => obey(body, schema),
        Manner::Plausible => plausible(body, schema),
    };
    let mut text = if schema.is_null() { "ok".to_owned() } else { answer.to_string() };
    let mut stop = "end_turn".to_owned();
    let mut details = Value::Null;
    let mut rest = None;
    match twist {
        Some(Twist::EnumCapitals) => text = capitals(answer, schema).to_string(),
        Some(Twist::SeveralTexts) => rest = Some(text.split_off(half(&text))),
        Some(Twist::Text(other)) => text = other.clone(),
        Some(Twist::Stop(other)) => stop.clone_from(other),
        Some(Twist::Cut) => {
            text.truncate(half(&text));
            stop = "max_tokens".into();
        }
        Some(Twist::Refusal { category, partial }) => {
            let kept = if *partial { half(&text) } else { 0 };
            text.truncate(kept);
            stop = "refusal".into();
            details = json!({"type": "refusal", "category": category, "explanation": "scripted"});
        }
        Some(Twist::Empty | Twist::Unknown) | None => {}
    }
    let thinking = 40;
    usage["output_tokens"] = json!(thinking + text.len() / 4);
    usage["output_tokens_details"] = json!({"thinking_tokens": thinking});
    let mut content = vec![json!({"type": "thinking", "thinking": "", "signature": "c3RhbmRpbg=="})];
    if matches!(twist, Some(Twist::Unknown)) {
        content.push(json!({"type": "a_future_block", "payload": {"any": 1}}));
    }
    content.push(json!({"type": "text", "text": text, "citations": null}));
    content.extend(rest.map(|text| json!({"type": "text", "text": text})));
    let nothing = matches!(twist, Some(Twist::Empty | Twist::Refusal { partial: false, .. }));
    if nothing {
        content.clear();
        usage["output_tokens"] = json!(0);
    }
    let mut message = json!({
        "id": format!("msg_{}", &digest(&body.to_string())[..20]), "type": "message", "role": "assistant",
        "model": body["model"], "content": content, "stop_reason": stop, "stop_sequence": null,
        "stop_details": details, "container": null, "usage": usage,
    });
    if matches!(twist, Some(Twist::Unknown)) {
        message["a_future_field"] = json!({"any": [1, 2]});
    }
    message
}

fn half(text: &str) -> usize {
    text.floor_char_boundary(text.len() / 2)
}

fn plausible(body: &Value, schema: &Value) -> Value {
    let data = data(body);
    rank(&data, schema)
        .or_else(|| outreach(&data, schema))
        .or_else(|| sequence::words(&data, schema))
        .or_else(|| campaign::messages(&prompt(body), schema))
        .unwrap_or_else(|| fill(schema, "", &digest(&body.to_string())))
}

/// The JSON inside the tagged block of the last message, else the whole message as text.
fn data(body: &Value) -> Value {
    let text = prompt(body);
    let inside = text.split_once("<untrusted").and_then(|(_, rest)| rest.split_once('>'));
    let inside = inside.and_then(|(_, rest)| rest.split_once("</untrusted")).map(|(inside, _)| inside.trim());
    inside.and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Value::String(text))
}

fn prompt(body: &Value) -> String {
    let Some(last) = body["messages"].as_array().and_then(|messages| messages.last()) else {
        return String::new();
    };
    match &last["content"] {
        Value::String(text) => text.clone(),
        blocks => {
            let texts = blocks.as_array().into_iter().flatten().filter_map(|block| block["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
    }
}

/// A ranking, when the schema asks for a list of objects with `segment` and `delta`.
fn rank(data: &Value, schema: &Value) -> Option<Value> {
    let (list, items) = schema["properties"].as_object()?.iter().find_map(|(name, property)| {
        let fields = property["items"]["properties"].as_object()?;
        (fields.contains_key("segment") && fields.contains_key("delta")).then_some((name, &property["items"]))
    })?;
    let ranked = segments(data)?.into_iter().map(|segment| {
        let hash = digest(&segment);
        let mut item = fill(items, "", &hash);
        item["delta"] = json!((number(&hash) % 21) as f64 / 10.0 - 1.0);
        item["reason"] = json!(format!("The pains of this segment fit what we offer ({}).", &hash[..4]));
        item["segment"] = Value::String(segment);
        item
    });
    Some(json!({ list: ranked.collect::<Vec<_>>() }))
}

fn segments(data: &Value) -> Option<Vec<String>> {
    match data {
        Value::Array(items) => {
            let name = |item: &Value| {
                let found =
                    ["segment", "segment_name", "name", "id"].iter().find_map(|key| item[*key].as_str());
                found.map(str::to_owned)
            };
            let names: Vec<String> = items.iter().filter_map(name).collect();
            if names.is_empty() { items.iter().find_map(segments) } else { Some(names) }
        }
        Value::Object(fields) => fields.values().find_map(segments),
        _ => None,
    }
}

/// An outreach text, when the schema asks for subject, opening and call to action.
fn outreach(data: &Value, schema: &Value) -> Option<Value> {
    let fields = schema["properties"].as_object()?;
    if !["subject", "opening", "cta"].iter().all(|name| fields.contains_key(*name)) {
        return None;
    }
    let pain = find(data, &["pain_category", "category", "pain"]).unwrap_or_else(|| "scheduling".into());
    let kind = find(data, &["business_type", "type"]).unwrap_or_else(|| "physical therapy".into());
    let mut answer = fill(schema, "", &digest(&data.to_string()));
    answer["subject"] = json!(format!("A calmer way to handle {pain} at {{clinic_name}}"));
    answer["opening"] = json!(format!(
        "Hi {{name}}, many {kind} owners in {{city}} tell us that {pain} takes time they would rather give to patients."
    ));
    answer["cta"] = json!("Would a short call next week be useful?");
    Some(answer)
}

fn find(data: &Value, names: &[&str]) -> Option<String> {
    match data {
        Value::Object(fields) => {
            let here = names.iter().find_map(|name| fields.get(*name)?.as_str().map(str::to_owned));
            here.or_else(|| fields.values().find_map(|value| find(value, names)))
        }
        Value::Array(items) => items.iter().find_map(|item| find(item, names)),
        _ => None,
    }
}

const ORDERS: [&str; 10] = [
    "ignore",
    "instead",
    "you must",
    "system:",
    "assistant:",
    "include",
    "score this",
    "reply with",
    "instruction",
    "repeat",
];

fn obey(body: &Value, schema: &Value) -> Value {
    let data = data(body);
    let Some(order) = order(&data) else {
        return plausible(body, schema);
    };
    let leaks = ["system prompt", "repeat", "reveal"].iter().any(|word| order.to_lowercase().contains(word));
    let said = if leaks { format!("{order} {}", body["system"]) } else { order };
    submit(plausible(body, schema), &said)
}

const INVENTIONS: [&str; 4] = [
    "Of 40 schools, 97% saw results.",
    "Our customers doubled their revenue.",
    "I spoke with John Miller of Acme about it.",
    "See https://offers.example for more.",
];

/// Every text claims something that nobody told it.
fn invent(answer: Value, hash: &str) -> Value {
    match answer {
        Value::String(text) => {
            let invention = INVENTIONS[number(&digest(&format!("{hash}{text}"))) as usize % INVENTIONS.len()];
            Value::String(format!("{text} {invention}"))
        }
        Value::Array(items) => items.into_iter().map(|item| invent(item, hash)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, invent(value, hash))).collect()
        }
        other => other,
    }
}

fn order(data: &Value) -> Option<String> {
    match data {
        Value::String(text) => {
            let lower = text.to_lowercase();
            ORDERS.iter().any(|word| lower.contains(word)).then(|| text.clone())
        }
        Value::Array(items) => items.iter().find_map(order),
        Value::Object(fields) => fields.values().find_map(order),
        _ => None,
    }
}

/// Every text becomes what was ordered, every number the largest one heard of.
fn submit(answer: Value, said: &str) -> Value {
    match answer {
        Value::String(_) => Value::String(said.to_owned()),
        Value::Number(_) => json!(100),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| submit(item, said)).collect()),
        Value::Object(fields) => {
            let keep = |name: &str| name == "segment";
            let fields = fields.into_iter();
            fields
                .map(|(name, value)| if keep(&name) { (name, value) } else { (name, submit(value, said)) })
                .collect()
        }
        other => other,
    }
}

fn fill(schema: &Value, name: &str, hash: &str) -> Value {
    let hash = digest(&format!("{hash}{name}"));
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.get(number(&hash) as usize % values.len().max(1)).cloned().unwrap_or(Value::Null);
    }
    if let Some(first) = schema["anyOf"].as_array().and_then(|branches| branches.first()) {
        return fill(first, name, &hash);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("null");
    match kind {
        "object" => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            properties
                .iter()
                .map(|(name, property)| (name.clone(), fill(property, name, &hash)))
                .collect::<Map<_, _>>()
                .into()
        }
        "array" => {
            let least = bound(schema, "minItems").unwrap_or(1.0).max(1.0) as usize;
            (0..least).map(|i| fill(&schema["items"], &i.to_string(), &hash)).collect()
        }
        "string" => {
            let least = bound(schema, "minLength").unwrap_or(0.0) as usize;
            let most = bound(schema, "maxLength").map_or(80, |n| n as usize);
            let text = format!("A plausible {} that fits", if name.is_empty() { "text" } else { name });
            let length = most.min(least.max(text.chars().count()));
            Value::String(text.chars().chain(" and goes on".chars().cycle()).take(length).collect())
        }
        "integer" => json!(whole(schema, &hash)),
        "number" => json!(whole(schema, &hash) as f64),
        "boolean" => json!(number(&hash).is_multiple_of(2)),
        _ => Value::Null,
    }
}

fn whole(schema: &Value, hash: &str) -> i64 {
    let low = bound(schema, "minimum").map_or(0, |n| n.ceil() as i64);
    let high = bound(schema, "maximum").map_or(low + 9, |n| n.floor() as i64);
    low + (number(hash) % (high - low + 1).max(1) as u64) as i64
}

/// Bounds do not travel in the schema: like a model, the stand-in reads them in the description.
fn bound(schema: &Value, name: &str) -> Option<f64> {
    let (_, rest) = schema["description"].as_str()?.split_once(&format!("{name}: "))?;
    let end = rest.find(|c: char| c != '-' && c != '.' && !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

fn capitals(answer: Value, schema: &Value) -> Value {
    match answer {
        Value::String(text) if schema.get("enum").is_some() => Value::String(text.to_uppercase()),
        Value::Array(items) => items.into_iter().map(|item| capitals(item, &schema["items"])).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = capitals(value, &schema["properties"][&name]);
                (name, value)
            })
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn number(hash: &str) -> u64 {
    u64::from_str_radix(&hash[..15], 16).unwrap_or(0)
}
