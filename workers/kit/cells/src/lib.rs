//! Cells of tables that people open in a spreadsheet program: no text of others becomes a formula there.

/// What makes a spreadsheet program compute a cell, also in the wide letters of East Asian keyboards.
const SIGNS: [char; 12] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\t', '\r', '\n', '\0'];

/// A cell that no spreadsheet program takes for a formula (X10).
///
/// A telephone number stays as it is: `+1 602…` computes nothing.
pub fn guarded(text: &str) -> String {
    if text.starts_with(SIGNS) && !is_phone(text) { format!("'{text}") } else { text.to_owned() }
}

/// A cell for a CRM, which would store a guard as part of the text: the first harmless character starts it.
pub fn stripped(text: &str) -> &str {
    text.trim_start_matches(|c| SIGNS.contains(&c) || c == ' ')
}

/// Whether a text is a telephone number: digits and what stands between them, seven to fifteen of them.
pub fn is_phone(text: &str) -> bool {
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
    fn a_crm_gets_no_leading_formula_sign() {
        assert_eq!(stripped("=@\t=cmd"), "cmd");
        assert_eq!(stripped("-2+3"), "2+3");
        assert_eq!(stripped("+cmd|' /C calc'!A0"), "cmd|' /C calc'!A0");
        assert_eq!(stripped("O'Brien PT"), "O'Brien PT");
    }
}
