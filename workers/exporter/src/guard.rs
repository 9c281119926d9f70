//! Keeps scraped text from becoming a formula, and makes phones what a CRM takes.

/// What makes a spreadsheet program compute a cell, also in the wide letters of East Asian keyboards.
const SIGNS: [char; 12] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\t', '\r', '\n', '\0'];

/// A cell that no spreadsheet program takes for a formula (X10).
///
/// A telephone number stays as it is: `+1 602…` computes nothing.
pub(crate) fn guarded(text: &str) -> String {
    if text.starts_with(SIGNS) && !is_phone(text) { format!("'{text}") } else { text.to_owned() }
}

/// A cell for a CRM, which would store a guard as part of the text: the first harmless character starts it.
pub(crate) fn stripped(text: &str) -> &str {
    text.trim_start_matches(|c| SIGNS.contains(&c) || c == ' ')
}

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

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '-' | '.' | ' ');
    (7..=15).contains(&digits) && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_guard(text: &str, expected: &str) {
        assert_eq!(guarded(text), expected);
    }

    #[track_caller]
    fn check_phone(text: &str, expected: Option<&str>) {
        assert_eq!(e164(text).as_deref(), expected);
    }

    #[test]
    fn a_formula_becomes_text() {
        check_guard("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")");
        check_guard("@SUM(A1)", "'@SUM(A1)");
        check_guard("-2+3", "'-2+3");
        check_guard("\t=1", "'\t=1");
        check_guard("\r=1", "'\r=1");
        check_guard("\n=1", "'\n=1");
        check_guard("\u{ff1d}1+1", "'\u{ff1d}1+1");
    }

    #[test]
    fn a_formula_dressed_as_a_phone_becomes_text() {
        check_guard("+1-602-555-1234*cmd", "'+1-602-555-1234*cmd");
    }

    #[test]
    fn ordinary_text_stays() {
        check_guard("Phoenix Elite PT", "Phoenix Elite PT");
        check_guard("", "");
    }

    #[test]
    fn a_phone_is_not_guarded() {
        check_guard("+1 (602) 555-1234", "+1 (602) 555-1234");
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

    #[test]
    fn a_crm_gets_no_leading_formula_sign() {
        assert_eq!(stripped("=@\t=cmd"), "cmd");
        assert_eq!(stripped("-2+3"), "2+3");
        assert_eq!(stripped("+cmd|' /C calc'!A0"), "cmd|' /C calc'!A0");
        assert_eq!(stripped("O'Brien PT"), "O'Brien PT");
    }
}
