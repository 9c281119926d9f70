//! The bounded run: the corpus of every target, and some thousand inputs made of it.

use fuzz::{TARGETS, feed};

const INPUTS: u64 = 2_000;

#[test]
fn no_decoder_stumbles_over_what_nobody_would_send() {
    let findings: Vec<_> =
        TARGETS.iter().filter_map(|target| feed(target, 1, |fed| fed < INPUTS).unwrap()).collect();
    for finding in &findings {
        let input = String::from_utf8_lossy(&finding.input);
        assert_eq!(finding.panic, "", "{} could not take {input:?}", finding.target);
    }
}
