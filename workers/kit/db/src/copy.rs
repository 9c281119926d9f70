//! Texts as COPY takes them.

/// Bytes that are sent at a time.
pub(crate) const FULL: usize = 128 * 1024;

/// Adds a field in COPY's text format. Postgres holds no NUL: it is left out.
pub(crate) fn escape(text: &str, line: &mut String) {
    for char in text.chars() {
        match char {
            '\\' => line.push_str("\\\\"),
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\0' => {}
            other => line.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut line = String::new();
        escape(text, &mut line);
        assert_eq!(line, expected);
    }

    #[test]
    fn plain_text_stays() {
        check("Phönix Elite PT", "Phönix Elite PT");
    }

    #[test]
    fn what_ends_a_field_or_a_line_is_escaped() {
        check("a\tb\nc\rd\\.", "a\\tb\\nc\\rd\\\\.");
    }

    #[test]
    fn a_null_marker_in_a_text_stays_text() {
        check("\\N", "\\\\N");
    }

    #[test]
    fn nul_is_left_out() {
        check("a\0b", "ab");
    }
}
