//! The two forms of an answer's schema: what may travel, and what the answer is held to.

use serde_json::{Map, Value, json};

const TYPES: [&str; 7] = ["object", "array", "string", "integer", "number", "boolean", "null"];
/// Structured outputs refuse these; a model reads them in the description and `fit` enforces them.
const BOUNDS: [&str; 6] = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];
const STRUCTURE: [&str; 7] =
    ["type", "properties", "required", "additionalProperties", "items", "enum", "description"];

/// The schema as the API takes it, or what it holds that `fit` could not enforce.
pub(crate) fn wire(schema: &Value) -> Result<Value, String> {
    let keywords = schema.as_object().ok_or("a schema must be an object")?;
    let unknown =
        keywords.keys().find(|name| !BOUNDS.contains(&name.as_str()) && !STRUCTURE.contains(&name.as_str()));
    if let Some(name) = unknown {
        return Err(format!("the schema uses '{name}', which is not supported"));
    }
    let kind = keywords.get("type").and_then(Value::as_str).unwrap_or_default();
    if !TYPES.contains(&kind) {
        return Err("every schema needs one 'type'".into());
    }
    let mut wire = Map::new();
    for (name, value) in keywords.iter().filter(|(name, _)| !BOUNDS.contains(&name.as_str())) {
        wire.insert(name.clone(), value.clone());
    }
    let bounds: Vec<String> =
        BOUNDS.iter().filter_map(|name| Some(format!("{name}: {}", keywords.get(*name)?))).collect();
    if !bounds.is_empty() {
        let told = keywords.get("description").and_then(Value::as_str).unwrap_or_default();
        let told = format!("{told} {{{}}}", bounds.join(", "));
        wire.insert("description".into(), Value::String(told.trim_start().to_owned()));
    }
    if kind == "object" {
        let properties =
            properties(schema).map(|(name, property)| Ok((name.clone(), wire_of(name, property)?)));
        let properties = properties.collect::<Result<Map<_, _>, String>>()?;
        wire.insert("properties".into(), Value::Object(properties));
        wire.insert("additionalProperties".into(), Value::Bool(false));
    }
    if kind == "array" {
        wire.insert("items".into(), wire_of("items", &schema["items"])?);
    }
    Ok(Value::Object(wire))
}

fn wire_of(name: &str, schema: &Value) -> Result<Value, String> {
    wire(schema).map_err(|why| format!("{name}: {why}"))
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// The value as the schema wants it, enum capitals restored, or where and why it does not fit.
pub(crate) fn fit(value: Value, schema: &Value) -> Result<Value, String> {
    fit_at("answer", value, schema)
}

fn fit_at(place: &str, value: Value, schema: &Value) -> Result<Value, String> {
    let kind = schema["type"].as_str().unwrap_or_default();
    if !has_type(&value, kind) {
        return Err(format!("{place}: {kind} expected"));
    }
    bounded(place, &value, schema)?;
    if let Some(choices) = schema["enum"].as_array() {
        return choose(&value, choices).ok_or_else(|| format!("{place}: one of {} expected", json!(choices)));
    }
    match value {
        Value::Object(fields) => fit_object(place, fields, schema),
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            items.map(|(i, item)| fit_at(&format!("{place}[{i}]"), item, &schema["items"])).collect()
        }
        other => Ok(other),
    }
}

fn fit_object(place: &str, mut fields: Map<String, Value>, schema: &Value) -> Result<Value, String> {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.into_iter().find(|name| !fields.contains_key(*name)) {
        return Err(format!("{place}: '{missing}' is missing"));
    }
    let mut fitted = Map::new();
    for (name, property) in properties(schema) {
        if let Some(value) = fields.remove(name) {
            fitted.insert(name.clone(), fit_at(&format!("{place}.{name}"), value, property)?);
        }
    }
    if fields.is_empty() { Ok(Value::Object(fitted)) } else { Err(format!("{place}: unexpected fields")) }
}

fn has_type(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

fn bounded(place: &str, value: &Value, schema: &Value) -> Result<(), String> {
    let (size, least, most) = match value {
        Value::Number(number) => (number.as_f64(), "minimum", "maximum"),
        Value::String(text) => (Some(text.chars().count() as f64), "minLength", "maxLength"),
        Value::Array(items) => (Some(items.len() as f64), "minItems", "maxItems"),
        _ => return Ok(()),
    };
    let beyond = |name: &str, wrong: fn(f64, f64) -> bool| {
        size.zip(schema[name].as_f64()).is_some_and(|(size, bound)| wrong(size, bound))
    };
    if beyond(least, |size, bound| size < bound) {
        return Err(format!("{place}: {least} is {}", schema[least]));
    }
    if beyond(most, |size, bound| size > bound) {
        return Err(format!("{place}: {most} is {}", schema[most]));
    }
    Ok(())
}

/// The API does not promise the capitals of an enum value.
fn choose(value: &Value, choices: &[Value]) -> Option<Value> {
    let same = |choice: &&Value| match (choice.as_str(), value.as_str()) {
        (Some(choice), Some(value)) => choice.to_lowercase() == value.to_lowercase(),
        _ => *choice == value,
    };
    choices.iter().find(|choice| *choice == value).or_else(|| choices.iter().find(same)).cloned()
}

#[cfg(test)]
mod tests;
