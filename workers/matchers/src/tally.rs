//! How many pain points speak for a signal, how severe and how often said, and the strongest of them.

use proto::v1::{Evidence, PainPoint, Signal};

/// Evidence kept with a signal.
const KEPT: usize = 3;

/// Sums over pain points. Severities are summed in thousandths: a sum must not depend on its order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) pain_points: u32,
    severity: i64,
    mentions: u64,
}

impl Tally {
    pub(crate) fn of(pain: &PainPoint) -> Self {
        Self {
            pain_points: 1,
            severity: (pain.severity * 1000.0).round() as i64,
            mentions: u64::from(pain.mentions),
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.pain_points += other.pain_points;
        self.severity += other.severity;
        self.mentions += other.mentions;
    }

    /// What is left without some of the pain points counted here.
    pub(crate) fn without(self, part: Self) -> Self {
        Self {
            pain_points: self.pain_points - part.pain_points,
            severity: self.severity - part.severity,
            mentions: self.mentions - part.mentions,
        }
    }

    pub(crate) fn signal(self, category: &str, label: &str, points: f64, evidence: Vec<Evidence>) -> Signal {
        Signal {
            category: category.to_owned(),
            label: label.to_owned(),
            points,
            pain_points: self.pain_points,
            severity_sum: self.severity as f64 / 1000.0,
            mentions_sum: self.mentions,
            evidence,
            city: String::new(),
        }
    }

    /// Said more often comes first, then what hurts more.
    fn strength(self) -> (u64, i64) {
        (self.mentions, self.severity)
    }
}

/// A tally with its strongest pain points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Voices {
    pub(crate) tally: Tally,
    strongest: Vec<(Tally, Evidence)>,
}

impl Voices {
    pub(crate) fn add(&mut self, pain: Tally, evidence: impl FnOnce() -> Evidence, id: i64) {
        self.tally.add(pain);
        let weaker = |(other, evidence): &(Tally, Evidence)| {
            (pain.strength(), -id) > (other.strength(), -evidence.pain_point_id)
        };
        let at = self.strongest.iter().position(weaker).unwrap_or(self.strongest.len());
        if at < KEPT {
            self.strongest.insert(at, (pain, evidence()));
            self.strongest.truncate(KEPT);
        }
    }

    pub(crate) fn signal(&self, category: &str, label: &str, points: f64) -> Signal {
        let evidence = self.strongest.iter().map(|(_, evidence)| evidence.clone()).collect();
        self.tally.signal(category, label, points, evidence)
    }
}

/// The first few of what is already sorted by strength.
pub(crate) fn first_few(evidence: impl Iterator<Item = Evidence>) -> Vec<Evidence> {
    evidence.take(KEPT).collect()
}

/// Sorts by strength, then by id.
pub(crate) fn by_strength(pain: Tally, id: i64) -> impl Ord {
    (std::cmp::Reverse(pain.strength()), id)
}
