//! Cuts and escapes text for Slack, so that no scraped text can speak Slack's control language.

/// Escapes `&`, `<` and `>` and cuts to `most` characters, never inside an entity.
///
/// Characters that nobody sees or that turn the direction of writing are left out.
pub(crate) fn escaped(text: &str, most: usize) -> String {
    let mut out = String::new();
    // One place stays free for the mark of a cut.
    let (mut length, mut kept) = (0, 0);
    for c in text.chars().filter(|c| is_visible(*c)) {
        let mut plain = [0; 4];
        let piece = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            c => c.encode_utf8(&mut plain),
        };
        length += piece.chars().count();
        if length > most {
            out.truncate(kept);
            out.push('…');
            break;
        }
        out.push_str(piece);
        if length < most {
            kept = out.len();
        }
    }
    out
}

/// One line without control characters, for headers and titles.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| is_visible(*c)).collect()
}

fn is_visible(c: char) -> bool {
    match c {
        '\n' => true,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => false,
        c => !c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, most: usize, expected: &str) {
        assert_eq!(escaped(text, most), expected);
    }

    #[test]
    fn a_mention_becomes_text() {
        check("<!channel> & <@U1>", 100, "&lt;!channel&gt; &amp; &lt;@U1&gt;");
    }

    #[test]
    fn what_fits_exactly_is_not_cut() {
        check("abc", 3, "abc");
        check("ab&", 7, "ab&amp;");
    }

    #[test]
    fn a_cut_is_marked_and_never_inside_an_entity() {
        check("abcd", 3, "ab…");
        check("ab&d", 6, "ab…");
        check("&&", 9, "&amp;…");
    }

    #[test]
    fn invisible_characters_are_left_out() {
        check("a\u{202e}b\u{200b}c\u{7}", 9, "abc");
    }

    proptest! {
        #[test]
        fn nothing_is_longer_than_allowed_or_a_control_sequence(text in ".{0,80}", most in 1_usize..60) {
            let safe = escaped(&text, most);
            prop_assert!(safe.chars().count() <= most);
            prop_assert!(!safe.contains(['<', '>']));
            for rest in safe.split('&').skip(1) {
                prop_assert!(["amp;", "lt;", "gt;"].iter().any(|entity| rest.starts_with(entity)), "{safe}");
            }
        }
    }
}
