//! Which schemas structured outputs accept.

use serde_json::Value;

const BANNED: [&str; 15] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "oneOf",
    "not",
    "patternProperties",
    "contains",
    "minProperties",
    "maxProperties",
];
const MAX_TOOLS: usize = 20;
const MAX_OPTIONAL: usize = 24;
const MAX_UNIONS: usize = 16;

pub(super) fn check(body: &Value) -> Result<(), String> {
    let mut counts = Counts::default();
    if let Some(format) = body["output_config"].get("format") {
        if format["type"] != "json_schema" {
            return Err("output_config.format.type: json_schema expected".into());
        }
        walk(&format["schema"], &mut counts)?;
    }
    let tools = body["tools"].as_array().map_or(&[][..], Vec::as_slice);
    let strict: Vec<&Value> = tools.iter().filter(|tool| tool["strict"] == true).collect();
    for tool in &strict {
        walk(&tool["input_schema"], &mut counts)?;
    }
    if strict.len() > MAX_TOOLS || counts.optional > MAX_OPTIONAL || counts.unions > MAX_UNIONS {
        return Err("Schema is too complex for compilation.".into());
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    optional: usize,
    unions: usize,
}

fn walk(schema: &Value, counts: &mut Counts) -> Result<(), String> {
    let Some(keywords) = schema.as_object() else {
        return Err("a schema must be an object".into());
    };
    if let Some(banned) = BANNED.iter().find(|name| keywords.contains_key(**name)) {
        return Err(format!("schema: '{banned}' is not supported"));
    }
    if schema["minItems"].as_u64().is_some_and(|n| n > 1) {
        return Err("schema: 'minItems' may be 0 or 1".into());
    }
    if schema["enum"].as_array().is_some_and(|values| values.iter().any(|v| v.is_array() || v.is_object())) {
        return Err("schema: 'enum' takes primitives only".into());
    }
    counts.unions += usize::from(schema["type"].is_array() || keywords.contains_key("anyOf"));
    if schema["type"] == "object" || keywords.contains_key("properties") {
        if schema["additionalProperties"] != false {
            return Err("schema: 'additionalProperties' must be false on every object".into());
        }
        let required = schema["required"].as_array().map_or(0, Vec::len);
        let properties = schema["properties"].as_object();
        counts.optional += properties.map_or(0, serde_json::Map::len).saturating_sub(required);
        for property in properties.into_iter().flat_map(serde_json::Map::values) {
            walk(property, counts)?;
        }
    }
    if let Some(items) = keywords.get("items") {
        walk(items, counts)?;
    }
    for name in ["anyOf", "allOf"] {
        for branch in schema[name].as_array().into_iter().flatten() {
            walk(branch, counts)?;
        }
    }
    for definition in schema["$defs"].as_object().into_iter().flat_map(serde_json::Map::values) {
        walk(definition, counts)?;
    }
    Ok(())
}
