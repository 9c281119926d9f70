//! What a description allows and what it names as wrong.

use super::*;
use serde_json::json;

/// Every wrong field of a value, under a schema with two properties.
#[track_caller]
fn check_fields(value: Value, expected: &[&str]) {
    let document = json!({"components": {"schemas": {
        "Person": {
            "type": "object", "required": ["name"], "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[a-zé]*$"},
                "age": {"type": ["integer", "null"], "format": "int32", "minimum": 0, "maximum": 120},
                "share": {"type": "number"},
                "born": {"oneOf": [{"type": "null"}, {"type": "string", "format": "date"}]},
                "seen": {"type": "string", "format": "date-time"},
                "id": {"type": "string", "format": "uuid"},
                "mood": {"type": "string", "enum": ["good", "bad"]},
                "friends": {"type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/Person"}}
            }
        }
    }}});
    let mut value = value;
    let wrong = super::check(
        &document,
        &patterns(&document),
        &json!({"$ref": "#/components/schemas/Person"}),
        &mut value,
    );
    let said: Vec<String> = wrong.iter().map(|wrong| format!("{}: {}", wrong.field, wrong.message)).collect();
    assert_eq!(said, expected);
}

#[test]
fn what_is_described_passes() {
    check_fields(json!({"name": "zoé", "age": 120.0, "share": 1, "born": null, "mood": "bad"}), &[]);
    check_fields(
        json!({"name": "a", "age": null, "born": "2025-11-11", "seen": "2025-11-11T09:30:00.5+01:00"}),
        &[],
    );
    check_fields(
        json!({"name": "a", "id": "0190163d-8694-739b-aea5-966c26f8ad91", "friends": [{"name": "b"}]}),
        &[],
    );
}

#[test]
fn every_wrong_field_is_named_at_once() {
    check_fields(
        json!({"age": -1, "mood": "odd", "extra": 1, "friends": [{"name": ""}, {"nick": "x"}, 3]}),
        &[
            "age: must be at least 0",
            "extra: is unknown here",
            "friends: must have at most 2 items",
            "friends[0].name: must have at least 1 characters",
            "friends[1].nick: is unknown here",
            "friends[1].name: is missing",
            "friends[2]: must be object, not integer",
            "mood: must be one of good, bad",
            "name: is missing",
        ],
    );
}

#[test]
fn lengths_are_counted_in_characters() {
    check_fields(json!({"name": "ééé"}), &[]);
    check_fields(json!({"name": "éééé"}), &["name: must have at most 3 characters"]);
}

#[test]
fn nul_is_taken_nowhere() {
    check_fields(json!({"name": "a\0"}), &["name: must not contain NUL"]);
}

#[test]
fn formats_hold() {
    check_fields(json!({"name": "a", "born": "2025-2-1"}), &["born: must be a date as 2025-11-11"]);
    check_fields(
        json!({"name": "a", "seen": "2025-11-11"}),
        &["seen: must be a time as 2025-11-11T09:30:00Z"],
    );
    check_fields(json!({"name": "a", "id": "x"}), &["id: must be a UUID"]);
    check_fields(json!({"name": "A"}), &["name: must match ^[a-zé]*$"]);
    check_fields(json!({"name": "a", "age": 1.5}), &["age: must be integer or null, not number"]);
    check_fields(
        json!({"name": "a", "age": 1e12}),
        &["age: must be at most 120", "age: must be between -2147483648 and 2147483647"],
    );
    check_fields(json!([]), &[": must be object, not array"]);
}

#[test]
fn whole_numbers_become_integers() {
    let mut value = json!({"limit": 5.0});
    let schema = json!({"type": "object", "properties": {"limit": {"type": "integer"}}});
    assert!(super::check(&Value::Null, &Patterns::new(), &schema, &mut value).is_empty());
    assert_eq!(value, json!({"limit": 5}));
}

#[test]
fn no_more_is_said_than_can_be_read() {
    let fields: serde_json::Map<_, _> = (0..1000).map(|n| (format!("f{n}"), json!(1))).collect();
    let schema = json!({"type": "object", "additionalProperties": false});
    assert_eq!(super::check(&Value::Null, &Patterns::new(), &schema, &mut Value::Object(fields)).len(), MOST);
}

/// Every wrong field of a value that is a shape, which names its form itself.
#[track_caller]
fn check_shape(mut value: Value, expected: &[&str]) {
    let document = json!({"components": {"schemas": {
        "Circle": {
            "type": "object", "required": ["shape", "radius"], "additionalProperties": false,
            "properties": {"shape": {"type": "string", "enum": ["circle"]}, "radius": {"type": "number"}}
        },
        "Shape": {"oneOf": [
            {"$ref": "#/components/schemas/Circle"},
            {
                "type": "object", "required": ["shape", "side"], "additionalProperties": false,
                "properties": {"side": {"type": "number"}, "shape": {"type": "string", "enum": ["square"]}}
            }
        ]}
    }}});
    let wrong = super::check(
        &document,
        &patterns(&document),
        &json!({"$ref": "#/components/schemas/Shape"}),
        &mut value,
    );
    let said: Vec<String> = wrong.iter().map(|wrong| format!("{}: {}", wrong.field, wrong.message)).collect();
    assert_eq!(said, expected);
}

#[test]
fn a_form_that_is_named_says_what_is_wrong() {
    check_shape(json!({"shape": "circle", "radius": 1}), &[]);
    check_shape(json!({"shape": "square", "side": 1}), &[]);
    check_shape(json!({"shape": "square", "radius": 1}), &["radius: is unknown here", "side: is missing"]);
    check_shape(json!({"radius": 1}), &["shape: is missing"]);
    check_shape(json!({"shape": "line"}), &["shape: must be one of circle, square"]);
    check_shape(json!({"shape": null}), &["shape: must be one of circle, square"]);
    check_shape(json!([]), &[": must be object, not array"]);
}

/// Every wrong field of a value that is told apart by what it has.
#[track_caller]
fn check_either(mut value: Value, expected: &[&str]) {
    let form = |name: &str| {
        json!({"type": "object", "required": [name], "additionalProperties": false,
            "properties": {name: {"type": "number", "maximum": 1}, "side": {"type": "number"}}})
    };
    let schema = json!({"oneOf": [form("weight"), form("height")]});
    let wrong = super::check(&Value::Null, &Patterns::new(), &schema, &mut value);
    let said: Vec<String> = wrong.iter().map(|wrong| format!("{}: {}", wrong.field, wrong.message)).collect();
    assert_eq!(said, expected);
}

#[test]
fn a_form_that_is_known_by_what_it_has_says_what_is_wrong() {
    check_either(json!({"weight": 1}), &[]);
    check_either(json!({"height": 1, "side": 2}), &[]);
    check_either(json!({"height": 2, "width": 2}), &["height: must be at most 1", "width: is unknown here"]);
    let either = ": must have exactly one of weight, height";
    check_either(json!({"height": 1, "weight": 1}), &[either]);
    check_either(json!({}), &[either]);
    check_either(json!([1]), &[either]);
}
