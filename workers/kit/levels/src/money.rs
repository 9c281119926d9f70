//! Reads amounts of money as people write them.

/// Dollars of a text such as "36.9 Million", "$3.2M" or "42,061.3"; a number without a word is in `unit` dollars, as
/// 1e6 below a header `revenue ($ millions)`.
///
/// None of what is no amount, of less than nothing, and of more than a million billion.
pub fn dollars(text: &str, unit: f64) -> Option<f64> {
    let text = text.trim().trim_start_matches("US").trim_start_matches('$').trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(text.len());
    let (number, word) = text.split_at(end);
    if number.contains(',') && !is_grouped(number) {
        return None;
    }
    let number: f64 = number.replace(',', "").parse().ok()?;
    let times = match word.trim().trim_end_matches('.').to_ascii_lowercase().as_str() {
        "" => unit,
        "k" | "thousand" => 1e3,
        "m" | "mm" | "mn" | "mil" | "mio" | "million" | "millions" => 1e6,
        "b" | "bn" | "billion" | "billions" => 1e9,
        _ => return None,
    };
    Some(number * times).filter(|dollars| *dollars <= 1e15)
}

/// Whether commas stand before every three digits, and nowhere else.
fn is_grouped(number: &str) -> bool {
    let whole = number.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && groups.all(|group| group.len() == 3)
        && !number[whole.len()..].contains(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, unit, expected) in [
            ("36.9 Million", 1.0, Some(36.9e6)),
            ("$3.2M", 1.0, Some(3.2e6)),
            ("42061.3", 1e6, Some(42_061.3e6)),
            ("42061.3", 1.0, Some(42_061.3)),
            ("$1,234,567.89", 1.0, Some(1_234_567.89)),
            ("1.1 Billion", 1.0, Some(1.1e9)),
            ("US$ 750k", 1.0, Some(750e3)),
            ("3,2 Million", 1.0, None),
            ("1,23", 1.0, None),
            ("-3", 1.0, None),
            ("", 1.0, None),
            ("about 3", 1.0, None),
            ("3 apples", 1.0, None),
            ("1e999", 1.0, None),
            ("99999999999999999999", 1e6, None),
        ] {
            let found = dollars(text, unit);
            assert!(
                match (found, expected) {
                    (Some(found), Some(expected)) => (found - expected).abs() < 1e-3,
                    (found, expected) => found == expected,
                },
                "{text}: {found:?} is not {expected:?}"
            );
        }
    }
}
