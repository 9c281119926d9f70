//! Bytes as people read them: place, hex, letters.

use std::fmt::Write as _;

/// Sixteen bytes a line, at most `most` bytes.
pub(crate) fn dump(bytes: &[u8], most: usize) -> String {
    let mut text = String::new();
    for (line, chunk) in bytes[..bytes.len().min(most)].chunks(16).enumerate() {
        let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let plain =
            |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
        let letters: String = chunk.iter().map(plain).collect();
        // Writing to a string does not fail.
        let _ok = writeln!(text, "{:08x}  {:<47}  {letters}", line * 16, hex.join(" "));
    }
    if bytes.len() > most {
        let _ok = writeln!(text, "… {} more bytes", bytes.len() - most);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], most: usize, expected: &str) {
        assert_eq!(dump(bytes, most), expected);
    }

    #[test]
    fn bytes_are_shown_with_their_place_and_their_letters() {
        check(
            b"ab\xff 0123456789abcd",
            64,
            "00000000  61 62 ff 20 30 31 32 33 34 35 36 37 38 39 61 62  ab. 0123456789ab\n00000010  63 64                                            cd\n",
        );
    }

    #[test]
    fn a_long_payload_is_cut_off_and_says_so() {
        check(b"abc", 2, "00000000  61 62                                            ab\n… 1 more bytes\n");
        check(b"", 2, "");
    }
}
