//! Which schemas may travel, and which answers fit them.

use proptest::prelude::*;

use super::*;

fn ranking() -> Value {
    json!({
        "type": "object",
        "properties": {
            "items": {"type": "array", "maxItems": 2, "items": {
                "type": "object",
                "properties": {
                    "delta": {"type": "number", "minimum": -1, "maximum": 1},
                    "fit": {"type": "string", "enum": ["High", "Low"]},
                    "reason": {"type": "string", "minLength": 2, "maxLength": 5, "description": "Why."},
                },
                "required": ["delta", "fit"],
            }},
        },
        "required": ["items"],
    })
}

#[track_caller]
fn check(value: Value, expected: Result<Value, &str>) {
    assert_eq!(fit(value, &ranking()), expected.map_err(str::to_owned));
}

#[track_caller]
fn check_item(item: Value, expected: &str) {
    check(json!({"items": [item]}), Err(expected));
}

#[test]
fn an_answer_that_fits_is_unchanged() {
    let answer = json!({"items": [{"delta": 0.5, "fit": "High", "reason": "ok"}]});
    check(answer.clone(), Ok(answer));
}

#[test]
fn enum_capitals_are_restored() {
    check(
        json!({"items": [{"delta": 1, "fit": "HIGH"}]}),
        Ok(json!({"items": [{"delta": 1, "fit": "High"}]})),
    );
}

#[test]
fn an_unknown_enum_value_is_refused() {
    check_item(
        json!({"delta": 0, "fit": "medium"}),
        r#"answer.items[0].fit: one of ["High","Low"] expected"#,
    );
}

#[test]
fn numbers_stay_in_their_range() {
    check_item(json!({"delta": 1.01, "fit": "Low"}), "answer.items[0].delta: maximum is 1");
    check_item(json!({"delta": -9000, "fit": "Low"}), "answer.items[0].delta: minimum is -1");
}

#[test]
fn texts_keep_their_length_in_characters() {
    check_item(json!({"delta": 0, "fit": "Low", "reason": "a"}), "answer.items[0].reason: minLength is 2");
    check_item(
        json!({"delta": 0, "fit": "Low", "reason": "éééééé"}),
        "answer.items[0].reason: maxLength is 5",
    );
    assert!(fit(json!({"items": [{"delta": 0, "fit": "Low", "reason": "ééééé"}]}), &ranking()).is_ok());
}

#[test]
fn lists_keep_their_length() {
    let item = json!({"delta": 0, "fit": "Low"});
    check(json!({"items": [item, item, item]}), Err("answer.items: maxItems is 2"));
}

#[test]
fn what_is_required_must_be_there() {
    check_item(json!({"delta": 0}), "answer.items[0]: 'fit' is missing");
}

#[test]
fn what_was_not_asked_for_is_refused() {
    check_item(json!({"delta": 0, "fit": "Low", "note": "x"}), "answer.items[0]: unexpected fields");
}

#[test]
fn types_are_held_to() {
    check(json!([]), Err("answer: object expected"));
    check_item(json!({"delta": "0", "fit": "Low"}), "answer.items[0].delta: number expected");
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let schema = json!({"type": "integer"});
    assert!(fit(json!(2.0), &schema).is_ok());
    assert!(fit(json!(2.5), &schema).is_err());
}

#[test]
fn bounds_travel_in_the_description() {
    let wire = wire(&ranking()).expect("the schema is supported");
    let item = &wire["properties"]["items"]["items"];
    assert_eq!(
        item["properties"]["delta"],
        json!({"type": "number", "description": "{minimum: -1, maximum: 1}"})
    );
    assert_eq!(item["properties"]["reason"]["description"], "Why. {minLength: 2, maxLength: 5}");
    assert_eq!(item["additionalProperties"], false);
    assert_eq!(wire["properties"]["items"].get("maxItems"), None);
}

#[test]
fn a_keyword_that_cannot_be_enforced_is_named() {
    let wrong = json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}});
    assert_eq!(wire(&wrong), Err("a: the schema uses 'pattern', which is not supported".into()));
    assert!(wire(&json!({"type": ["string", "null"]})).is_err());
    assert!(wire(&json!({"type": "array"})).is_err());
}

proptest! {
    #[test]
    fn what_fits_fits_again_unchanged(delta in -2.0..2.0_f64, fit_word in "(?i)high|low|mid", reason in ".{0,7}") {
        let answer = json!({"items": [{"delta": delta, "fit": fit_word, "reason": reason}]});
        if let Ok(fitted) = fit(answer, &ranking()) {
            prop_assert_eq!(fit(fitted.clone(), &ranking()), Ok(fitted));
        }
    }
}
