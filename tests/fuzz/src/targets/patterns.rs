//! Tables that people learn from, and what was learned as it is stored and told.

use std::fmt::Display;

use patterns::{PatternType, Proven};
use serde_json::Value;

use super::brief;
use super::import::as_file;

/// A table whose column `won` is the outcome: it is learned from, or said to be none to learn from.
pub(super) fn learn(input: &[u8]) -> bool {
    match as_file(input, |path| fleet::patterns::learned(path, "won")) {
        Ok(report) => {
            serde_json::to_string(&report).expect("a report is JSON");
            true
        }
        Err(failure) => {
            // It names columns and values as they are, whatever their length.
            failure.error.chain().for_each(|error| brief(start(error)));
            false
        }
    }
}

fn start(error: impl Display) -> String {
    error.to_string().chars().take(300).collect()
}

/// A stored document, whatever it is said to be about: it is read, or counts as not there.
pub(super) fn stored(input: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Value>(input) else { return false };
    let mut understood = false;
    for kind in PatternType::ALL {
        let mut unreadable = false;
        let proven = Proven::of([(kind, document.clone())], |_, error| {
            brief(start(error));
            unreadable = true;
        });
        assert!(!unreadable || proven == Proven::default());
        understood |= !unreadable && kind != PatternType::Who;
        same_when_read(&proven);
    }
    understood
}

/// What writers are told, as it travels.
pub(super) fn told(input: &[u8]) -> bool {
    match Proven::read(&String::from_utf8_lossy(input)) {
        Ok(proven) => {
            same_when_read(&proven);
            proven != Proven::default()
        }
        Err(error) => {
            brief(start(error));
            false
        }
    }
}

/// What was read is written with all that is in it; the last digit of a number may differ.
fn same_when_read(proven: &Proven) {
    let again = Proven::read(&proven.text()).expect("what was written is read");
    let used = |proven: &Proven| -> Vec<_> {
        proven.used().into_iter().map(|used| (used.pattern, used.name, used.verdict)).collect()
    };
    assert_eq!(used(&again), used(proven));
    for text in [proven.lines(), proven.sequence_block(), proven.message_block()] {
        assert!(text.len() < 100_000, "{} bytes are told", text.len());
    }
}
