//! Telephone numbers as a CRM takes them.

use cells::is_phone;

/// The number in the form `+16025551234`; none if it is no number of North America and has no country code.
pub(crate) fn e164(phone: &str) -> Option<String> {
    let number =
        phone.split(['x', 'X', ';', ',', '/']).next().unwrap_or_default().trim().trim_end_matches("e");
    if !is_phone(number) {
        return None;
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    match (number.starts_with('+'), digits.len()) {
        (true, 7..=15) => Some(format!("+{digits}")),
        (false, 10) => Some(format!("+1{digits}")),
        (false, 11) if digits.starts_with('1') => Some(format!("+{digits}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_phone(text: &str, expected: Option<&str>) {
        assert_eq!(e164(text).as_deref(), expected);
    }

    #[test]
    fn phones_of_north_america_get_their_country_code() {
        check_phone("(602) 555-1234", Some("+16025551234"));
        check_phone("1-602-555-1234", Some("+16025551234"));
        check_phone("602.555.1234 x12", Some("+16025551234"));
    }

    #[test]
    fn a_phone_with_a_country_code_keeps_it() {
        check_phone("+49 30 1234567", Some("+49301234567"));
    }

    #[test]
    fn what_is_no_phone_is_left_out() {
        check_phone("call us", None);
        check_phone("555-1234", None);
        check_phone("1-800-PT-WORKS", None);
    }
}
