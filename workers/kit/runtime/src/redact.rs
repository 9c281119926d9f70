//! Takes secrets and personal data out of error texts, and tells which errors are of one kind.

use sha2::{Digest, Sha256};

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
    for word in text.split_inclusive(char::is_whitespace) {
        let trimmed = word.trim_end();
        let mask = if announced && !trimmed.is_empty() { Some("[secret]") } else { mask(trimmed) };
        // The secret itself is the word behind it.
        announced = trimmed.ends_with("Bearer") || (announced && trimmed.is_empty());
        match mask {
            Some(mask) => {
                clean.push_str(mask);
                clean.push_str(&word[trimmed.len()..]);
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

fn mask(word: &str) -> Option<&'static str> {
    let secrets = ["sk-ant-", "lf_live_", "hooks.slack.com/", "xoxb-", "Bearer"];
    if secrets.iter().any(|secret| word.contains(secret)) {
        return Some("[secret]");
    }
    if let Some((before, after)) = word.split_once('@') {
        return Some(if before.contains("://") {
            "[address]"
        } else if after.contains('.') || (after.is_empty() && !before.is_empty()) {
            "[email]"
        } else {
            return None;
        });
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let phone_like = word.chars().all(|c| c.is_ascii_digit() || "+-().,;:'\"".contains(c));
    (phone_like && digits >= 7).then_some("[number]")
}

/// The same for errors that differ only in numbers and quoted values: 16 hex digits.
pub fn fingerprint(class: &str, code: &str, text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' | '`' => quoted = !quoted,
            _ if quoted => {}
            c if c.is_ascii_digit() => {
                if !shape.ends_with('0') {
                    shape.push('0');
                }
            }
            c => shape.push(c),
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
    }

    #[test]
    fn errors_of_one_shape_have_one_fingerprint() {
        let print = |text| fingerprint("permanent", "", text);
        assert_eq!(print("clinic 42 is unknown"), print("clinic 4711 is unknown"));
        assert_ne!(print("clinic 42 is unknown"), print("pain 42 is unknown"));
    }
}
