//! Takes secrets and personal data out of error texts, and tells which errors are of one kind.

use sha2::{Digest, Sha256};
use std::collections::VecDeque;

/// The longest error text a dead letter keeps, in bytes.
const LONGEST: usize = 1024;

/// Replaces e-mail addresses, long numbers, credentials and links to webhooks.
pub fn redact(text: &str) -> String {
    // First of all: what parts a secret would be gone afterwards, and the secret whole.
    let text: String = text
        .chars()
        .filter(|c| c.is_whitespace() || !c.is_control())
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut clean = String::with_capacity(text.len().min(LONGEST));
    let mut announced = false;
    let mut words: VecDeque<&str> = text.split_inclusive(char::is_whitespace).collect();
    while let Some(mut word) = words.pop_front() {
        let trimmed = word.trim_end();
        // A number may be written in groups.
        let mut digits = digits(trimmed).unwrap_or_default();
        let mut groups = 0;
        while digits > 0
            && let Some(more) = words.get(groups).and_then(|next| self::digits(next.trim_end()))
        {
            digits += more;
            groups += 1;
        }
        let mask = match mask(trimmed) {
            _ if announced && !trimmed.is_empty() => Some("[secret]"),
            None if digits >= PHONE => {
                word = words.drain(..groups).next_back().unwrap_or(word);
                Some("[number]")
            }
            mask => mask,
        };
        // The secret itself is the word behind it.
        announced = trimmed.to_ascii_lowercase().ends_with("bearer") || (announced && trimmed.is_empty());
        match mask {
            Some(mask) => {
                clean.push_str(mask);
                clean.push_str(&word[word.trim_end().len()..]);
            }
            None => clean.push_str(word),
        }
        if clean.len() > LONGEST {
            break;
        }
    }
    let mut end = clean.len().min(LONGEST);
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    clean.truncate(end);
    clean
}

/// What gives a secret away, in small letters.
const SECRETS: [&str; 13] = [
    "sk-ant-",
    "lf_live_",
    "hooks.slack.com/",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxe",
    "xapp-",
    "bearer",
    "password=",
    "secret=",
    "token=",
    "api_key=",
];

fn mask(word: &str) -> Option<&'static str> {
    let small = word.to_ascii_lowercase();
    if SECRETS.iter().any(|secret| small.contains(secret)) {
        return Some("[secret]");
    }
    let (before, after) = word.split_once('@')?;
    if before.contains("://") {
        Some("[address]")
    } else if after.contains('.') || (after.is_empty() && !before.is_empty()) {
        Some("[email]")
    } else {
        None
    }
}

/// Digits that make a telephone number.
const PHONE: usize = 7;

/// How many digits a word has that is made of digits and of what stands between them.
fn digits(word: &str) -> Option<usize> {
    let phone_like = word.chars().all(|c| c.is_ascii_digit() || "+-().,;:'\"".contains(c));
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    (phone_like && digits > 0).then_some(digits)
}

/// The same for errors that differ only in numbers, quoted values and what is spelled in hexadecimal: 16 hex digits.
pub fn fingerprint(class: &str, code: &str, text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    for (place, unquoted) in text.split(['"', '`']).enumerate() {
        if place % 2 == 1 {
            continue;
        }
        for word in unquoted.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let body = word.trim_end_matches(|c: char| !c.is_alphanumeric());
            let hex = body.len() >= 8 && body.bytes().all(|byte| byte.is_ascii_hexdigit());
            if hex && body.bytes().any(|byte| byte.is_ascii_digit()) {
                shape.push('0');
                shape.push_str(&word[body.len()..]);
                continue;
            }
            for c in word.chars() {
                match c.is_ascii_digit() {
                    true if shape.ends_with('0') => {}
                    true => shape.push('0'),
                    false => shape.push(c),
                }
            }
        }
    }
    let digest = Sha256::digest(format!("{class}\n{code}\n{shape}"));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
    }

    #[test]
    fn personal_data_and_secrets_are_masked() {
        check("no such user jane@clinic.example here", "no such user [email] here");
        check("call (602)555-0142 back", "call [number] back");
        check("call +1 602 555 0142 back", "call [number] back");
        check("call (602) 555-0142", "call [number]");
        check("postgres: password=hunter2 refused", "postgres: [secret] refused");
        check("key sk-ant-abc123 refused", "key [secret] refused");
        check("connect postgres://u:p@localhost/db failed", "connect [address] failed");
        check("sent Authorization: Bearer abc.def to it", "sent Authorization: [secret] [secret] to it");
    }

    #[test]
    fn a_line_break_neither_hides_nor_glues() {
        check("jane@\nclinic.example", "[email] clinic.example");
        check("sk-\u{1}ant-abc123", "[secret]");
        check("one\r\n\ttwo", "one   two");
    }

    #[test]
    fn plain_words_stay() {
        check("could not find clinic 42", "could not find clinic 42");
        check("row 12 of 487", "row 12 of 487");
    }

    #[test]
    fn errors_of_one_shape_have_one_fingerprint() {
        let print = |text| fingerprint("permanent", "", text);
        assert_eq!(print("clinic 42 is unknown"), print("clinic 4711 is unknown"));
        assert_eq!(
            print("run 20251111-ab12cd34ef56 has no plan"),
            print("run 20251112-0099ffee1122 has no plan")
        );
        assert_eq!(print("no \"a\" here"), print("no \"b\" here"));
        assert_ne!(print("clinic 42 is unknown"), print("pain 42 is unknown"));
    }
}
