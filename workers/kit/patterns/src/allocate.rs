//! Through which channels a lead is reached, in which order: by what books in its tier, with a chance for every channel.
//!
//! While nothing is proven the order is the usual one, except for a share ε of the leads, whose order is any of the k!
//! by chance: else everybody would be reached in the same order, and nothing could ever be proven. So the usual order
//! has the probability (1 - ε) + ε/k!, each other one ε/k!. What is kept is how likely each channel was in its place,
//! given those before it; multiplied they are the probability of the order. With j places to fill, this one included:
//! as long as all before are as usual, the usual channel has ((1 - ε) + ε (j-1)!/k!) / ((1 - ε) + ε j!/k!), each other
//! one ε (j-1)!/k! / ((1 - ε) + ε j!/k!); after the first that is not as usual, each has 1/j.

use crate::{Card, How, Verdict};
use serde::Serialize;
use stats::Rate;
use stats::thompson::FLOOR;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// ε: of leads of whose channels nothing is proven, the share whose order is drawn from all orders.
pub const EXPLORED: f64 = 0.10;

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
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Allocation {
    pub channels: Vec<String>,
    /// How likely each was in its place, once those before it had theirs.
    pub propensities: Vec<f64>,
    /// How likely each was to come first.
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
        let Some(tier) = reach.tier else { return self.unproven(reach, "the lead is not scored yet") };
        let Some(shares) = self.shares(tier, reach.available) else {
            return self.unproven(reach, &format!("nothing is proven of its channels among {tier} leads"));
        };
        let (channels, propensities) = self.drawn(reach, &shares);
        Allocation {
            channels,
            propensities,
            shares: named(reach.available, shares),
            reason: format!(
                "drawn by what books among {tier} leads, each channel at least {:.0} %",
                FLOOR * 100.0
            ),
        }
    }

    /// The usual order, or for a share of the leads any order, so that something can be proven.
    fn unproven(&self, reach: Reach<'_>, why: &str) -> Allocation {
        let usual = reach.available;
        let count = usual.len();
        if count < 2 {
            let reason = if count == 0 { "there is no channel left" } else { "there is no other channel" };
            return Allocation {
                channels: owned(usual),
                propensities: vec![1.0; count],
                shares: named(usual, vec![1.0; count]),
                reason: reason.to_owned(),
            };
        }
        let draw = format!("explore:{}:{}", self.client, self.week);
        let explores = stats::experiment::arm(&draw, reach.lead, &[1.0 - EXPLORED, EXPLORED]) == 1;
        let (channels, reason) = if explores {
            let even = vec![1.0; count];
            (self.drawn(reach, &even).0, format!("any order by chance, to learn from it: {why}"))
        } else {
            (owned(usual), format!("the usual order: {why}"))
        };
        let first = |channel: &str| if channel == usual[0] { 1.0 - EXPLORED } else { 0.0 };
        let shares = usual.iter().map(|channel| first(channel) + EXPLORED / count as f64).collect();
        Allocation {
            propensities: explored(&channels, usual),
            channels,
            shares: named(usual, shares),
            reason,
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

/// How likely each channel was in its place, given those before it, when the order was the usual one except for a share
/// `EXPLORED` of the leads.
fn explored(channels: &[String], usual: &[&str]) -> Vec<f64> {
    // The probability that what has been placed so far is as usual: of all orders, left!/k! begin so.
    let as_usual = |share_of_orders: f64| (1.0 - EXPLORED) + EXPLORED * share_of_orders;
    let (mut share_of_orders, mut is_usual) = (1.0, true);
    let mut propensities = Vec::with_capacity(channels.len());
    for (place, channel) in channels.iter().enumerate() {
        let left = (channels.len() - place) as f64;
        let next = share_of_orders / left;
        propensities.push(if !is_usual {
            1.0 / left
        } else if channel == usual[place] {
            as_usual(next) / as_usual(share_of_orders)
        } else {
            is_usual = false;
            EXPLORED * next / as_usual(share_of_orders)
        });
        share_of_orders = next;
    }
    propensities
}

fn owned(channels: &[&str]) -> Vec<String> {
    channels.iter().map(|&channel| channel.to_owned()).collect()
}

fn named(channels: &[&str], shares: Vec<f64>) -> BTreeMap<String, f64> {
    owned(channels).into_iter().zip(shares).collect()
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
        let only = of("lead_1", None, &["email"]);
        assert_eq!(
            (only.propensities.as_slice(), only.reason.as_str()),
            ([1.0].as_slice(), "there is no other channel")
        );
    }

    /// How many of 4,000 leads of whose channels nothing is known have each order; each lead is logged as its order says.
    fn explored_orders(available: &[&str]) -> BTreeMap<Vec<String>, u32> {
        let orders: u32 = (1..=available.len() as u32).product();
        let mut allocator = Allocator::new("acme", "2026-11-16", None);
        let mut found = BTreeMap::<Vec<String>, u32>::new();
        for number in 0..4_000 {
            let lead = format!("lead_{number}");
            let one = allocator.allocate(Reach { lead: &lead, tier: Some("hot"), available });
            let is_usual = one.channels == owned(available);
            let expected = EXPLORED / f64::from(orders) + if is_usual { 1.0 - EXPLORED } else { 0.0 };
            let product: f64 = one.propensities.iter().product();
            assert!((product - expected).abs() < 1e-12, "{one:?}");
            assert!((one.propensities[0] - one.shares[&one.channels[0]]).abs() < 1e-12, "{one:?}");
            assert!((one.shares.values().sum::<f64>() - 1.0).abs() < 1e-12, "{one:?}");
            *found.entry(one.channels).or_default() += 1;
        }
        found
    }

    #[test]
    fn before_anything_is_proven_some_leads_are_reached_in_any_order_and_logged_as_likely_as_that_was() {
        for available in [&ALL[..2], &ALL[..], &["linkedin", "email", "sms", "voice"]] {
            let found = explored_orders(available);
            let orders: usize = (1..=available.len()).product();
            assert_eq!(found.len(), orders, "{found:?}");
            for (order, count) in found {
                let is_usual = order == owned(available);
                let expected = EXPLORED / orders as f64 + if is_usual { 1.0 - EXPLORED } else { 0.0 };
                // Four standard errors.
                let far = 4.0 * (4_000.0 * expected * (1.0 - expected)).sqrt();
                assert!((f64::from(count) - 4_000.0 * expected).abs() < far, "{order:?}: {count}");
            }
        }
    }

    #[test]
    fn given_those_before_it_each_channel_is_as_likely_as_its_place_says() {
        let found = explored_orders(&ALL);
        let of = |begins: &[&str]| -> f64 {
            let begins = owned(begins);
            found
                .iter()
                .filter(|(order, _)| order.starts_with(&begins))
                .map(|(_, count)| f64::from(*count))
                .sum()
        };
        let logged = explored(&owned(&["linkedin", "sms", "email"]), &ALL);
        // 1 - 2/30; then .05/3 of that; then nothing else is left.
        assert!(
            (logged[0] - 14.0 / 15.0).abs() < 1e-12 && (logged[1] - 1.0 / 56.0).abs() < 1e-12,
            "{logged:?}"
        );
        assert!((logged[2] - 1.0).abs() < 1e-12, "{logged:?}");
        assert!((of(&["linkedin"]) / 4_000.0 - logged[0]).abs() < 0.016);
        assert!((of(&["linkedin", "sms"]) / of(&["linkedin"]) - logged[1]).abs() < 0.009);
        // After a first channel that is not the usual one both others are as likely.
        assert_eq!(explored(&owned(&["sms", "linkedin", "email"]), &ALL)[1..], [0.5, 1.0]);
    }

    /// Whatever the order of a lead is, it says why nothing is known of it.
    #[track_caller]
    fn check_unproven(allocator: &mut Allocator<'_>, tier: Option<&str>, available: &[&str], why: &str) {
        let mut usual = 0;
        for number in 0..200 {
            let lead = format!("lead_{number}");
            let found = allocator.allocate(Reach { lead: &lead, tier, available });
            if found.reason == format!("the usual order: {why}") {
                usual += 1;
                assert_eq!(found.channels, owned(available));
            } else {
                assert_eq!(found.reason, format!("any order by chance, to learn from it: {why}"));
            }
        }
        assert!((165..195).contains(&usual), "{usual}");
    }

    #[test]
    fn without_proof_the_order_is_the_usual_one_for_most() {
        let how = learned();
        let mut knows = Allocator::new("acme", "2026-11-16", Some(&how));
        check_unproven(&mut knows, None, &ALL, "the lead is not scored yet");
        let unproven = |tier: &str| format!("nothing is proven of its channels among {tier} leads");
        check_unproven(&mut knows, Some("cool"), &ALL, &unproven("cool"));
        // What is better in the tier is no channel of the lead.
        check_unproven(&mut knows, Some("warm"), &["linkedin", "email"], &unproven("warm"));
        check_unproven(&mut Allocator::new("acme", "2026-11-16", None), Some("hot"), &ALL, &unproven("hot"));
    }
}
