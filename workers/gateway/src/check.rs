//! Checks a request against its own description, so that what is documented is what is enforced, and names
//! every field at fault.

use crate::problem::Wrong;
use chrono::{DateTime, NaiveDate};
use db::Uuid;
use regex_lite::Regex;
use serde_json::Value;
use std::collections::HashMap;

/// More than a person reads at once.
const MOST: usize = 50;

/// Every text is looked at for NUL anyway: Postgres cannot store it.
pub(crate) const NO_NUL: &str = r"^[^\u0000]*$";

/// The patterns of a document, by their texts.
pub(crate) type Patterns = HashMap<String, Regex>;

pub(crate) fn patterns(document: &Value) -> Patterns {
    let mut found = Patterns::new();
    let mut left = vec![document];
    while let Some(value) = left.pop() {
        if let Some(pattern) = value["pattern"].as_str()
            && let Ok(regex) = Regex::new(pattern)
        {
            found.insert(pattern.to_owned(), regex);
        }
        match value {
            Value::Object(fields) => left.extend(fields.values()),
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    found
}

/// Everything that is wrong with a value. Whole numbers that were written as 1.0 become 1.
pub(crate) fn check(document: &Value, patterns: &Patterns, schema: &Value, value: &mut Value) -> Vec<Wrong> {
    let mut check = Check { document, patterns, wrong: Vec::new() };
    check.value(schema, value, "");
    check.wrong.truncate(MOST);
    check.wrong
}

struct Check<'a> {
    document: &'a Value,
    patterns: &'a Patterns,
    wrong: Vec<Wrong>,
}

impl<'a> Check<'a> {
    fn wrong(&mut self, field: &str, message: impl Into<String>) {
        if self.wrong.len() < MOST {
            self.wrong.push(Wrong { field: field.to_owned(), message: message.into() });
        }
    }

    fn value(&mut self, schema: &'a Value, value: &mut Value, path: &str) {
        if schema["$ref"].is_string() {
            return self.value(self.target(schema), value, path);
        }
        for all in schema["allOf"].as_array().into_iter().flatten() {
            self.value(all, value, path);
        }
        if let Some(forms) = schema["oneOf"].as_array() {
            return self.one_of(forms, value, path);
        }
        if !self.is_of_type(&schema["type"], value, path) {
            return;
        }
        if let Some(choices) = schema["enum"].as_array()
            && !choices.contains(value)
        {
            return self.wrong(path, choose(choices.iter()));
        }
        match value {
            Value::Object(_) => self.object(schema, value, path),
            Value::Array(items) => {
                self.bounds(schema, ["minItems", "maxItems"], items.len() as f64, "items", path);
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(&schema["items"], item, &format!("{path}[{index}]"));
                }
            }
            Value::String(text) => self.text(schema, text, path),
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                self.bounds(schema, ["minimum", "maximum"], number, "", path);
                let (low, high) = match schema["format"].as_str() {
                    Some("int32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
                    _ => return,
                };
                if !(low..=high).contains(&number) {
                    self.wrong(path, format!("must be between {low} and {high}"));
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Optional things are described as nothing or one form.
    fn one_of(&mut self, forms: &'a [Value], value: &mut Value, path: &str) {
        let (nothing, forms): (Vec<&Value>, Vec<&Value>) =
            forms.iter().partition(|form| form["type"] == "null");
        match forms.as_slice() {
            _ if value.is_null() && !nothing.is_empty() => {}
            [form] => self.value(form, value, path),
            forms => match self.tag(forms) {
                Some(tag) => self.tagged(tag, forms, value, path),
                None if forms.iter().all(|form| self.needs(form).is_some()) => {
                    self.needed(forms, value, path)
                }
                None => {
                    let fits = |form: &&Value| {
                        check(self.document, self.patterns, form, &mut value.clone()).is_empty()
                    };
                    if forms.iter().filter(|form| fits(form)).count() != 1 {
                        self.wrong(path, "is in none of the forms that are described");
                    }
                }
            },
        }
    }

    /// The property by which forms are told apart, and what it is in each: there it has no other choice.
    fn tag(&self, forms: &[&'a Value]) -> Option<(&'a str, Vec<&'a Value>)> {
        let only = |form: &'a Value, property: &str| match self.target(form)["properties"][property]["enum"]
            .as_array()
            .map(Vec::as_slice)
        {
            Some([only]) => Some(only),
            _ => None,
        };
        let properties = self.target(forms.first()?)["properties"].as_object()?;
        properties.keys().find_map(|property| {
            let names = forms.iter().map(|form| only(form, property)).collect::<Option<_>>()?;
            Some((property.as_str(), names))
        })
    }

    /// Checks a value by the form that it names itself.
    fn tagged(
        &mut self,
        (tag, names): (&str, Vec<&'a Value>),
        forms: &[&'a Value],
        value: &mut Value,
        path: &str,
    ) {
        if !value.is_object() {
            return self.wrong(path, format!("must be object, not {}", kind(value)));
        }
        let Some(named) = value.get(tag) else { return self.wrong(&below(path, tag), "is missing") };
        match names.iter().position(|name| *name == named) {
            Some(place) => self.value(forms[place], value, path),
            None => self.wrong(&below(path, tag), choose(names.into_iter())),
        }
    }

    /// The first property that a form cannot be without.
    fn needs(&self, form: &'a Value) -> Option<&'a str> {
        self.target(form)["required"][0].as_str()
    }

    /// Checks a value by the form whose property it has.
    fn needed(&mut self, forms: &[&'a Value], value: &mut Value, path: &str) {
        let has = |form: &&&'a Value| self.needs(form).is_some_and(|name| value.get(name).is_some());
        match forms.iter().filter(has).collect::<Vec<_>>().as_slice() {
            [form] => self.value(form, value, path),
            _ => {
                let names: Vec<&str> = forms.iter().filter_map(|form| self.needs(form)).collect();
                self.wrong(path, format!("must have exactly one of {}", names.join(", ")));
            }
        }
    }

    /// What a reference leads to; anything else is itself.
    fn target(&self, schema: &'a Value) -> &'a Value {
        let Some(target) = schema["$ref"].as_str() else { return schema };
        self.document.pointer(target.trim_start_matches('#')).unwrap_or(&Value::Null)
    }

    fn is_of_type(&mut self, expected: &Value, value: &mut Value, path: &str) -> bool {
        let names: Vec<&str> = match expected {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        if names.contains(&"integer")
            && let Some(number) = value.as_f64()
            && value.is_f64()
            && number.fract() == 0.0
            && number.abs() < 2f64.powi(53)
        {
            *value = Value::from(number as i64);
        }
        let actual = kind(value);
        let fits = names.contains(&actual) || actual == "integer" && names.contains(&"number");
        if !fits {
            self.wrong(path, format!("must be {}, not {actual}", names.join(" or ")));
        }
        fits
    }

    fn object(&mut self, schema: &'a Value, value: &mut Value, path: &str) {
        let Value::Object(fields) = value else { return };
        for (name, field) in fields.iter_mut() {
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(property), _) => self.value(property, field, &below(path, name)),
                (None, Value::Bool(false)) => {
                    let shown: String = name.chars().take(80).collect();
                    self.wrong(&below(path, &shown), "is unknown here");
                }
                (None, others) => self.value(others, field, &below(path, name)),
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.wrong(&below(path, name), "is missing");
            }
        }
    }

    fn text(&mut self, schema: &Value, text: &str, path: &str) {
        if text.contains('\0') {
            return self.wrong(path, "must not contain NUL");
        }
        self.bounds(schema, ["minLength", "maxLength"], text.chars().count() as f64, "characters", path);
        if let Some(pattern) = schema["pattern"].as_str().filter(|pattern| *pattern != NO_NUL)
            && !self.patterns.get(pattern).is_some_and(|pattern| pattern.is_match(text))
        {
            self.wrong(path, format!("must match {pattern}"));
        }
        let expected = match schema["format"].as_str() {
            Some("date-time") if DateTime::parse_from_rfc3339(text).is_err() => {
                "a time as 2025-11-11T09:30:00Z"
            }
            Some("date") if NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err() || text.len() != 10 => {
                "a date as 2025-11-11"
            }
            Some("uuid") if Uuid::try_parse(text).is_err() => "a UUID",
            _ => return,
        };
        self.wrong(path, format!("must be {expected}"));
    }

    fn bounds(&mut self, schema: &Value, [low, high]: [&str; 2], amount: f64, unit: &str, path: &str) {
        let said = |verb: &str, bound: f64| format!("must {verb} {bound} {unit}").trim_end().to_owned();
        let be = if unit.is_empty() { "be" } else { "have" };
        if let Some(bound) = schema[low].as_f64()
            && amount < bound
        {
            self.wrong(path, said(&format!("{be} at least"), bound));
        }
        if let Some(bound) = schema[high].as_f64()
            && amount > bound
        {
            self.wrong(path, said(&format!("{be} at most"), bound));
        }
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn choose<'a>(choices: impl Iterator<Item = &'a Value>) -> String {
    let names: Vec<&str> = choices.filter_map(Value::as_str).collect();
    format!("must be one of {}", names.join(", "))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests;
