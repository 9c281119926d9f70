//! Sets of dead letters, by sequence, as people and records write them: `3-17,20`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A set of sequences, kept as ranges in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sequences(Vec<RangeInclusive<u64>>);

/// A text that is no set of sequences.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no sequence of a dead letter: write 17, or 3-17,20 for several")]
pub struct BadSequence(String);

impl Sequences {
    pub fn contains(&self, sequence: u64) -> bool {
        let after = self.0.partition_point(|range| *range.start() <= sequence);
        after > 0 && self.0[after - 1].contains(&sequence)
    }

    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().cloned().flatten()
    }

    pub fn count(&self) -> u64 {
        self.0.iter().map(|range| range.end() - range.start() + 1).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn first(&self) -> Option<u64> {
        self.0.first().map(|range| *range.start())
    }

    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|range| *range.end())
    }

    fn of_ranges(mut ranges: Vec<RangeInclusive<u64>>) -> Self {
        ranges.sort_unstable_by_key(|range| *range.start());
        let mut merged: Vec<RangeInclusive<u64>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if *range.start() <= last.end().saturating_add(1) => {
                    *last = *last.start()..=*range.end().max(last.end());
                }
                _ => merged.push(range),
            }
        }
        Self(merged)
    }
}

impl FromIterator<u64> for Sequences {
    fn from_iter<I: IntoIterator<Item = u64>>(sequences: I) -> Self {
        Self::of_ranges(sequences.into_iter().map(|sequence| sequence..=sequence).collect())
    }
}

impl FromStr for Sequences {
    type Err = BadSequence;

    fn from_str(text: &str) -> Result<Self, BadSequence> {
        let range = |text: &str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            (0 < first && first <= last).then_some(first..=last)
        };
        let pieces = text.split(',').map(str::trim).filter(|piece| !piece.is_empty());
        let ranges =
            pieces.map(|piece| range(piece).ok_or_else(|| BadSequence(piece.chars().take(40).collect())));
        Ok(Self::of_ranges(ranges.collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Sequences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{comma}{first}")?,
                (first, last) => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for Sequences {
    type Error = BadSequence;

    fn try_from(text: String) -> Result<Self, BadSequence> {
        text.parse()
    }
}

impl From<Sequences> for String {
    fn from(sequences: Sequences) -> Self {
        sequences.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, written: &str, count: u64) {
        let sequences: Sequences = text.parse().unwrap();
        assert_eq!((sequences.to_string().as_str(), sequences.count()), (written, count));
        assert_eq!(sequences.iter().collect::<Sequences>(), sequences);
        assert!(sequences.iter().all(|sequence| sequences.contains(sequence)));
        assert!(!sequences.contains(99) && !sequences.contains(0));
    }

    #[test]
    fn neighbours_are_one_range() {
        check("4,3,1", "1,3-4", 3);
        check("1-3,2-7", "1-7", 7);
        check(" 20 , 3-17 ", "3-17,20", 16);
        check("", "", 0);
    }

    #[test]
    fn what_is_no_sequence_is_named() {
        for bad in ["x", "3-", "0", "7-3", "1,-2"] {
            assert!(bad.parse::<Sequences>().is_err(), "{bad}");
        }
    }
}
