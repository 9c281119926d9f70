//! What another choice would have brought, from choices that were made by chance and written down.

use serde::Serialize;

/// With less than so many people's worth of evidence nothing is said.
pub const LEAST_EFFECTIVE: f64 = 30.0;

/// A choice that was made: whether the other choice would have been the same, how likely it was, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logged {
    pub same: bool,
    pub propensity: f64,
    pub reward: f64,
}

/// What the other choice would have brought for each person.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Worth {
    /// Inverse propensity scoring: right on average, and wild when choices were unlikely.
    pub ips: f64,
    /// The same over the weights that there were: steadier.
    pub snips: f64,
    /// For how many people's worth of evidence the weights are.
    pub effective: f64,
    /// False when that is too little to act on.
    pub enough: bool,
}

/// None when nobody was treated in that way, or when a choice was no choice.
pub fn worth(logged: &[Logged]) -> Option<Worth> {
    if logged.is_empty() || logged.iter().any(|one| one.propensity <= 0.0) {
        return None;
    }
    let (mut weights, mut squares, mut rewards) = (0.0, 0.0, 0.0);
    for one in logged.iter().filter(|one| one.same) {
        let weight = 1.0 / one.propensity;
        weights += weight;
        squares += weight * weight;
        rewards += weight * one.reward;
    }
    (weights > 0.0).then(|| {
        let effective = weights * weights / squares;
        let ips = rewards / logged.len() as f64;
        Worth { ips, snips: rewards / weights, effective, enough: effective >= LEAST_EFFECTIVE }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_the_second_is_worth_what_the_reference_says() {
        let log = [
            ('A', 0.5, 1.0),
            ('A', 0.5, 0.0),
            ('B', 0.5, 1.0),
            ('B', 0.5, 1.0),
            ('B', 0.25, 0.0),
            ('A', 0.75, 0.0),
            ('B', 0.25, 1.0),
            ('A', 0.75, 1.0),
        ];
        let logged = log.map(|(arm, propensity, reward)| Logged { same: arm == 'B', propensity, reward });
        let found = worth(&logged).unwrap();
        assert!((found.ips - 1.0).abs() < 1e-12 && (found.snips - 0.6667).abs() < 5e-5, "{found:?}");
        assert!((found.effective - 3.6).abs() < 1e-12 && !found.enough, "{found:?}");
        assert_eq!(worth(&[]), None);
        assert_eq!(worth(&[Logged { same: false, propensity: 0.5, reward: 1.0 }]), None);
        assert_eq!(worth(&[Logged { same: true, propensity: 0.0, reward: 1.0 }]), None);
    }
}
