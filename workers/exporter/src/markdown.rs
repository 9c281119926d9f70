//! Makes scraped text harmless in Markdown and in the HTML made of it.

/// One line of text that shows as it reads: no markup, no tags, nothing invisible.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() || is_invisible(c) => {}
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// Zero-width characters, and those that turn the direction of writing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(escaped(text), expected);
    }

    #[test]
    fn contact_data_stays_readable() {
        check("(602) 555-1234", "(602) 555-1234");
        check("phoenixelitept.com", "phoenixelitept.com");
        check(
            "Current EMR doesn't have PT evaluation templates",
            "Current EMR doesn't have PT evaluation templates",
        );
    }

    #[test]
    fn tags_and_links_become_text() {
        check("<script>", "&lt;script&gt;");
        check("![x](javascript:1)", "\\!\\[x\\](javascript:1)");
    }

    #[test]
    fn line_breaks_cannot_start_a_heading() {
        check("PT\n# Owned", "PT \\# Owned");
    }

    proptest! {
        #[test]
        fn no_text_ever_opens_a_tag_or_a_line(text in ".{0,200}") {
            let safe = escaped(&text);
            prop_assert!(!safe.contains(['<', '>', '\n', '\r']));
        }
    }
}
