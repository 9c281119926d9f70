//! Through which channels a lead is reached, in which order: by what books in its tier, with a chance for every channel.

use crate::{Card, How, Verdict};
use serde::Serialize;
use stats::Rate;
use stats::thompson::FLOOR;
use std::collections::BTreeMap;

/// A lead and how it can be reached.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    pub lead: &'a str,
    /// As `hot`; none for who is not scored.
    pub tier: Option<&'a str>,
    /// The channels that there are for it and that are not suppressed, in the usual order.
    pub available: &'a [&'a str],
}

/// The channels of a lead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Allocation {
    pub channels: Vec<String>,
    /// How likely each was in its place, once those before it had theirs.
    pub propensities: Vec<f64>,
    /// How likely each was to come first; none when nothing was drawn.
    pub shares: BTreeMap<String, f64>,
    pub reason: String,
}

/// Draws the orders of a client's week.
#[derive(Debug)]
pub struct Allocator<'a> {
    client: &'a str,
    week: &'a str,
    how: Option<&'a How>,
    /// By tier and channels: they are the same for all who have the same, and not drawn in a moment.
    shares: BTreeMap<(String, String), Option<Vec<f64>>>,
}

impl<'a> Allocator<'a> {
    pub fn new(client: &'a str, week: &'a str, how: Option<&'a How>) -> Self {
        Self { client, week, how, shares: BTreeMap::new() }
    }

    /// The order for a lead: the same for the same client, week, lead and patterns.
    pub fn allocate(&mut self, reach: Reach<'_>) -> Allocation {
        let usual = |reason: &str| Allocation {
            channels: reach.available.iter().map(|&channel| channel.to_owned()).collect(),
            propensities: vec![1.0; reach.available.len()],
            shares: BTreeMap::new(),
            reason: reason.to_owned(),
        };
        if reach.available.is_empty() {
            return usual("there is no channel left");
        }
        let Some(tier) = reach.tier else { return usual("the usual order: the lead is not scored yet") };
        let Some(shares) = self.shares(tier, reach.available) else {
            return usual(&format!("the usual order: nothing is proven of its channels among {tier} leads"));
        };
        let (channels, propensities) = self.drawn(reach, &shares);
        Allocation {
            channels,
            propensities,
            shares: reach.available.iter().map(|&channel| channel.to_owned()).zip(shares).collect(),
            reason: format!(
                "drawn by what books among {tier} leads, each channel at least {:.0} %",
                FLOOR * 100.0
            ),
        }
    }

    fn shares(&mut self, tier: &str, available: &[&str]) -> Option<Vec<f64>> {
        let name = (tier.to_owned(), available.join("+"));
        if let Some(known) = self.shares.get(&name) {
            return known.clone();
        }
        let seed = stats::experiment::seed(&format!("allocate:{}:{tier}:{}", self.client, name.1), self.week);
        let shares = shares(self.how, tier, available, seed);
        self.shares.insert(name, shares.clone());
        shares
    }

    /// One channel after the other, each by its share of what is left.
    fn drawn(&self, reach: Reach<'_>, shares: &[f64]) -> (Vec<String>, Vec<f64>) {
        let mut left: Vec<(&str, f64)> =
            reach.available.iter().copied().zip(shares.iter().copied()).collect();
        let (mut channels, mut propensities) = (Vec::new(), Vec::new());
        while !left.is_empty() {
            let weights: Vec<f64> = left.iter().map(|(_, share)| *share).collect();
            let draw = format!("allocate:{}:{}:{}", self.client, self.week, channels.len());
            let (channel, share) = left.remove(stats::experiment::arm(&draw, reach.lead, &weights));
            channels.push(channel.to_owned());
            propensities.push(share / weights.iter().sum::<f64>());
        }
        (channels, propensities)
    }
}

/// How likely each channel is to come first; none while no channel of the lead stands out in its tier.
///
/// What is known of too few says nothing: such a channel has the least share, to become known.
fn shares(how: Option<&How>, tier: &str, available: &[&str], seed: u64) -> Option<Vec<f64>> {
    let cards = how?.channel_effectiveness_by_tier.get(tier)?;
    let known: Vec<(usize, &Card)> = available
        .iter()
        .enumerate()
        .filter_map(|(place, channel)| Some((place, cards.get(*channel)?)))
        .filter(|(_, card)| card.verdict != Verdict::TooLittleData)
        .collect();
    if !known.iter().any(|(_, card)| matches!(card.verdict, Verdict::Better | Verdict::Worse)) {
        return None;
    }
    let rates: Vec<Rate> =
        known.iter().map(|(_, card)| Rate::new(card.converted.min(card.sample), card.sample)).collect();
    let floor = FLOOR.min(1.0 / available.len() as f64);
    let free = 1.0 - floor * available.len() as f64;
    let mut shares = vec![floor; available.len()];
    for ((place, _), won) in known.iter().zip(stats::thompson::won(&rates, seed)) {
        shares[*place] += free * won;
    }
    Some(shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::tests::{how, item};
    use serde_json::json;

    const ALL: [&str; 3] = ["linkedin", "email", "sms"];

    /// `email` books far better than `linkedin` among hot leads; of `sms` hardly anything is known.
    fn learned() -> How {
        let rate = |converted: u64, sample: u64, verdict: &str| {
            serde_json::from_value(item(json!({"converted": converted, "sample": sample}), verdict)).unwrap()
        };
        let hot = [
            ("email", rate(60, 300, "better")),
            ("linkedin", rate(6, 300, "worse")),
            ("sms", rate(2, 3, "too_little_data")),
        ];
        let warm = [("email", rate(30, 300, "not_distinguishable")), ("sms", rate(60, 300, "better"))];
        let tier = |cards: &[(&str, crate::Card)]| {
            cards.iter().map(|(channel, card)| ((*channel).to_owned(), card.clone())).collect()
        };
        let mut how = how();
        how.channel_effectiveness_by_tier =
            [("hot".to_owned(), tier(&hot)), ("warm".to_owned(), tier(&warm))].into();
        how
    }

    fn of(lead: &str, tier: Option<&str>, available: &[&str]) -> Allocation {
        Allocator::new("acme", "2026-11-16", Some(&learned())).allocate(Reach { lead, tier, available })
    }

    #[test]
    fn what_books_in_the_tier_comes_first_and_every_channel_has_a_chance() {
        let (how, mut first) = (learned(), BTreeMap::<String, u32>::new());
        let mut allocator = Allocator::new("acme", "2026-11-16", Some(&how));
        for number in 0..2_000 {
            let lead = format!("lead_{number}");
            let found = allocator.allocate(Reach { lead: &lead, tier: Some("hot"), available: &ALL });
            let sum: f64 = found.shares.values().sum();
            assert!((sum - 1.0).abs() < 1e-9 && found.shares.values().all(|share| *share >= FLOOR - 1e-9));
            assert!((found.propensities[0] - found.shares[&found.channels[0]]).abs() < 1e-9);
            assert_eq!((found.channels.len(), found.propensities[2]), (3, 1.0));
            *first.entry(found.channels[0].clone()).or_default() += 1;
        }
        assert!((1_500..1_700).contains(&first["email"]), "{first:?}");
        assert!((150..250).contains(&first["linkedin"]) && (150..250).contains(&first["sms"]), "{first:?}");
    }

    #[test]
    fn a_week_has_one_order_for_a_lead() {
        let found = of("lead_1", Some("hot"), &ALL);
        assert_eq!(found, of("lead_1", Some("hot"), &ALL));
        let weeks = (1..40).map(|week| {
            let reach = Reach { lead: "lead_1", tier: Some("hot"), available: &ALL };
            Allocator::new("acme", &format!("week {week}"), Some(&learned())).allocate(reach).channels
        });
        assert!(weeks.collect::<std::collections::BTreeSet<_>>().len() > 1);
    }

    #[test]
    fn only_channels_that_are_there_are_used() {
        assert_eq!(of("lead_1", Some("hot"), &["linkedin"]).channels, ["linkedin"]);
        assert_eq!(of("lead_1", Some("hot"), &["linkedin"]).propensities, [1.0]);
        let nobody = of("lead_1", Some("hot"), &[]);
        assert_eq!((nobody.channels.len(), nobody.reason.as_str()), (0, "there is no channel left"));
    }

    #[track_caller]
    fn check_usual(found: &Allocation, why: &str) {
        assert_eq!(found.channels, ALL.map(str::to_owned)[..found.channels.len()]);
        assert!(found.shares.is_empty() && found.propensities.iter().all(|one| *one == 1.0), "{found:?}");
        assert_eq!(found.reason, why);
    }

    #[test]
    fn without_proof_the_order_is_the_usual_one() {
        check_usual(&of("lead_1", None, &ALL), "the usual order: the lead is not scored yet");
        let unproven =
            |tier: &str| format!("the usual order: nothing is proven of its channels among {tier} leads");
        check_usual(&of("lead_1", Some("cool"), &ALL), &unproven("cool"));
        // What is better in the tier is no channel of the lead.
        check_usual(&of("lead_1", Some("warm"), &["linkedin", "email"]), &unproven("warm"));
        let reach = Reach { lead: "lead_1", tier: Some("hot"), available: &ALL };
        check_usual(&Allocator::new("acme", "2026-11-16", None).allocate(reach), &unproven("hot"));
    }
}
