//! Letters that died of one kind of error, as one row.

use crate::letter::Letter;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// Letters of one worker with one fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    pub fingerprint: String,
    pub worker: String,
    pub class: String,
    pub count: u64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    /// Sequence of the newest.
    pub newest: u64,
    /// What the newest says.
    pub error: String,
}

/// The largest first.
pub fn groups<'a>(letters: impl IntoIterator<Item = &'a Letter>) -> Vec<Group> {
    let mut groups: BTreeMap<(&str, &str), Group> = BTreeMap::new();
    for letter in letters {
        let group = groups.entry((&letter.fingerprint, &letter.worker)).or_insert_with(|| Group {
            fingerprint: letter.fingerprint.clone(),
            worker: letter.worker.clone(),
            class: letter.class.clone(),
            count: 0,
            first_at: letter.dead_at,
            last_at: letter.dead_at,
            newest: 0,
            error: String::new(),
        });
        group.count += 1;
        group.first_at = group.first_at.min(letter.dead_at);
        group.last_at = group.last_at.max(letter.dead_at);
        if letter.sequence > group.newest {
            group.newest = letter.sequence;
            group.error.clone_from(&letter.error);
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::tests::letter;

    #[test]
    fn one_error_of_one_worker_is_one_row_and_the_largest_comes_first() {
        let job = "lf.v1.job.w.c.1";
        let letters = [
            letter(1, "a", "x", job),
            letter(2, "b", "x", job),
            letter(3, "b", "x", job),
            letter(4, "b", "y", job),
        ];
        let counts: Vec<_> = groups(&letters)
            .into_iter()
            .map(|group| (group.worker, group.class, group.count, group.newest))
            .collect();
        let row =
            |worker: &str, class: &str, count, newest| (worker.to_owned(), class.to_owned(), count, newest);
        assert_eq!(counts, [row("b", "x", 2, 3), row("a", "x", 1, 1), row("b", "y", 1, 4)]);
    }
}
