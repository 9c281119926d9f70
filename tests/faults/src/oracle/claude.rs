//! What Claude was paid for: no question twice, unless its answer may have been lost in between.

use std::collections::HashMap;
use std::time::Duration;

use standins::Seen;

use super::Verdict;
use crate::fleet::Fleet;

/// From the call until its answer is recorded, and how late the runner may notice an end.
const WINDOW: Duration = Duration::from_secs(6);

pub(crate) fn check(fleet: &Fleet, verdict: &mut Verdict) {
    let journal = fleet.claude.journal();
    let mut paid: HashMap<&str, Vec<&Seen>> = HashMap::new();
    for seen in journal.iter().filter(|seen| seen.paid) {
        paid.entry(&seen.body_sha256).or_default().push(seen);
    }
    for (question, calls) in paid {
        for pair in calls.windows(2) {
            let [before, after] = pair else { continue };
            if before.scripted || may_be_lost(fleet, before) {
                verdict.note("answers of Claude paid again: the first may have been lost");
            } else {
                let between = after.at - before.at;
                let (first, second) = (&before.path, &after.path);
                verdict.doubled.push(format!(
                    "question {}: paid by {first} and {between:?} later by {second}",
                    question.get(..12).unwrap_or(question)
                ));
            }
        }
    }
}

/// Whether whoever asked, or the way to the record, was disturbed about then.
fn may_be_lost(fleet: &Fleet, call: &Seen) -> bool {
    let place: Option<usize> = call.path.split('/').nth(1).and_then(|place| place.parse().ok());
    fleet.ambiguous.iter().any(|(whose, from, to)| {
        (whose.is_none() || *whose == place) && *from <= call.at + WINDOW && call.at <= *to + WINDOW
    })
}
