//! Bodies read without trust: what is missing, empty or of another type is absent.

use crate::Refused;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::Value;

/// Longer ids and addresses are nonsense.
const LONGEST: usize = 254;

/// A body that is one object.
pub(crate) fn object(body: &[u8]) -> Result<Value, Refused> {
    let value = json(body)?;
    if value.is_object() { Ok(value) } else { Err(Refused::Body("no JSON object".to_owned())) }
}

/// A body that is an array of objects; one alone is taken too.
pub(crate) fn objects(body: &[u8]) -> Result<Vec<Value>, Refused> {
    match json(body)? {
        Value::Array(values) => Ok(values),
        value @ Value::Object(_) => Ok(vec![value]),
        _ => Err(Refused::Body("no JSON array".to_owned())),
    }
}

fn json(body: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        Refused::Body(format!("not JSON at line {} column {}", error.line(), error.column()))
    })
}

pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// The first of these that is a text.
pub(crate) fn first_text<'a>(value: &'a Value, pointers: &[&str]) -> Option<&'a str> {
    pointers.iter().find_map(|pointer| text(value, pointer))
}

/// An id, which some tools give as a number.
pub(crate) fn id(value: &Value, pointer: &str) -> Option<String> {
    let id = match value.pointer(pointer)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!id.is_empty() && id.len() <= LONGEST).then_some(id)
}

pub(crate) fn number(value: &Value, pointer: &str) -> Option<u32> {
    id(value, pointer)?.parse().ok()
}

pub(crate) fn flag(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
}

/// The first of these that is an e-mail address.
pub(crate) fn email(value: &Value, pointers: &[&str]) -> Option<String> {
    pointers.iter().find_map(|pointer| address(text(value, pointer)?))
}

/// An e-mail address of "Owner <Owner@Example.com>" or the address alone, in lower case.
pub(crate) fn address(text: &str) -> Option<String> {
    let bare = text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end().trim_end_matches('>'));
    let bare = bare.trim();
    let whole = bare.len() <= LONGEST && !bare.contains(char::is_whitespace);
    let (name, host) = bare.rsplit_once('@')?;
    (whole && !name.is_empty() && !host.is_empty()).then(|| bare.to_lowercase())
}

/// The first of these that is a time, else now. A time of more than a day ahead is none.
pub(crate) fn time(value: &Value, pointers: &[&str], now: DateTime<Utc>) -> DateTime<Utc> {
    pointers.iter().find_map(|pointer| instant(value.pointer(pointer)?, now)).unwrap_or(now)
}

/// A time in seconds, in milliseconds or in ISO 8601.
pub(crate) fn instant(value: &Value, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let at = match value {
        Value::Number(number) => since_epoch(number.as_f64()?),
        Value::String(text) => {
            let text = text.trim();
            let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
            let unzoned = || text.parse::<NaiveDateTime>().map(|at| at.and_utc());
            zoned.or_else(|_| unzoned()).ok().or_else(|| since_epoch(text.parse().ok()?))
        }
        _ => None,
    }?;
    (at <= now + TimeDelta::days(1)).then_some(at)
}

fn since_epoch(number: f64) -> Option<DateTime<Utc>> {
    // 10^11 seconds lie beyond the year 5000, 10^11 milliseconds in 1973.
    let seconds = if number.abs() > 1e11 { number / 1000.0 } else { number };
    // Zero stands for "not known".
    (seconds > 0.0).then(|| DateTime::from_timestamp_micros((seconds * 1e6).round() as i64))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600, 0).unwrap()
    }

    #[track_caller]
    fn check_time(given: Value, expected: &str) {
        let at = time(&json!({ "at": given }), &["/at"], now());
        assert_eq!(at.format("%FT%T%.f").to_string(), expected, "{given}");
    }

    #[test]
    fn times_are_read_in_every_unit() {
        check_time(json!(1_767_225_000), "2025-12-31T23:50:00");
        check_time(json!(1_767_225_000_250_u64), "2025-12-31T23:50:00.250");
        check_time(json!(1_767_225_000.25), "2025-12-31T23:50:00.250");
        check_time(json!("1767225000"), "2025-12-31T23:50:00");
        check_time(json!("2025-12-31T18:50:00-05:00"), "2025-12-31T23:50:00");
        check_time(json!("2025-12-31T23:50:00"), "2025-12-31T23:50:00");
    }

    #[test]
    fn a_time_that_cannot_be_is_now() {
        for given in [json!("yesterday"), json!(-5), json!(0), json!(1e300), json!([]), json!(null)] {
            check_time(given, "2026-01-01T00:00:00");
        }
        check_time(json!("2026-01-02T00:00:00Z"), "2026-01-02T00:00:00");
        check_time(json!("2026-01-02T00:00:01Z"), "2026-01-01T00:00:00");
    }

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(address(" Owner@Clinic.Example.com ").unwrap(), "owner@clinic.example.com");
        assert_eq!(address("Owner <o@example.com>").unwrap(), "o@example.com");
        for none in ["", "@", "owner", "a@", "@b", "a b@example.com", "<>"] {
            assert_eq!(address(none), None, "{none}");
        }
    }

    #[test]
    fn ids_are_texts_or_numbers() {
        let value = json!({"a": " x ", "b": 7, "c": [], "d": "", "e": "y".repeat(255)});
        assert_eq!(id(&value, "/a").as_deref(), Some("x"));
        assert_eq!(id(&value, "/b").as_deref(), Some("7"));
        assert_eq!(["/c", "/d", "/e", "/f"].map(|at| id(&value, at)), [None, None, None, None]);
    }
}
