//! Through which channels a lead is reached, in which order: by what books in its tier, with a chance for every channel.

use crate::{How, Verdict};
use serde::Serialize;
use stats::Rate;
use stats::thompson::FLOOR;
use std::collections::BTreeMap;

/// A lead and how it can be reached.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    pub client: &'a str,
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

/// Draws the order for a week: the same for the same client, lead, week and patterns.
pub fn allocate(reach: Reach<'_>, how: Option<&How>, week: &str) -> Allocation {
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
    let Some(shares) = shares(reach, how, tier, week) else {
        return usual(&format!("the usual order: nothing is proven of its channels among {tier} leads"));
    };
    let (channels, propensities) = drawn(reach, &shares, week);
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

/// How likely each channel is to come first; none while no channel of the lead stands out in its tier.
///
/// What is known of too few says nothing: such a channel has the least share, to become known.
fn shares(reach: Reach<'_>, how: Option<&How>, tier: &str, week: &str) -> Option<Vec<f64>> {
    let cards = how?.channel_effectiveness_by_tier.get(tier)?;
    let known: Vec<(usize, Rate)> = reach
        .available
        .iter()
        .enumerate()
        .filter_map(|(place, channel)| Some((place, cards.get(*channel)?)))
        .filter(|(_, card)| card.verdict != Verdict::TooLittleData)
        .map(|(place, card)| (place, Rate::new(card.converted.min(card.sample), card.sample)))
        .collect();
    let stands_out = |&(place, _): &(usize, Rate)| {
        let card = cards.get(reach.available[place]);
        card.is_some_and(|card| matches!(card.verdict, Verdict::Better | Verdict::Worse))
    };
    if !known.iter().any(stands_out) {
        return None;
    }
    let rates: Vec<Rate> = known.iter().map(|(_, rate)| *rate).collect();
    let name = format!("allocate:{}:{tier}:{}", reach.client, reach.available.join("+"));
    let won = stats::thompson::won(&rates, stats::experiment::seed(&name, week));
    let floor = FLOOR.min(1.0 / reach.available.len() as f64);
    let free = 1.0 - floor * reach.available.len() as f64;
    let mut shares = vec![floor; reach.available.len()];
    for ((place, _), won) in known.iter().zip(won) {
        shares[*place] += free * won;
    }
    Some(shares)
}

/// One channel after the other, each by its share of what is left.
fn drawn(reach: Reach<'_>, shares: &[f64], week: &str) -> (Vec<String>, Vec<f64>) {
    let mut left: Vec<(&str, f64)> = reach.available.iter().copied().zip(shares.iter().copied()).collect();
    let (mut channels, mut propensities) = (Vec::new(), Vec::new());
    while !left.is_empty() {
        let weights: Vec<f64> = left.iter().map(|(_, share)| *share).collect();
        let draw = format!("allocate:{}:{week}:{}", reach.client, channels.len());
        let (channel, share) = left.remove(stats::experiment::arm(&draw, reach.lead, &weights));
        channels.push(channel.to_owned());
        propensities.push(share / weights.iter().sum::<f64>());
    }
    (channels, propensities)
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
        allocate(Reach { client: "acme", lead, tier, available }, Some(&learned()), "2026-11-16")
    }

    #[test]
    fn what_books_in_the_tier_comes_first_and_every_channel_has_a_chance() {
        let mut first = BTreeMap::<String, u32>::new();
        for number in 0..2_000 {
            let found = of(&format!("lead_{number}"), Some("hot"), &ALL);
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
            let reach = Reach { client: "acme", lead: "lead_1", tier: Some("hot"), available: &ALL };
            allocate(reach, Some(&learned()), &format!("week {week}")).channels
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
        let reach = Reach { client: "acme", lead: "lead_1", tier: Some("hot"), available: &ALL };
        check_usual(&allocate(reach, None, "2026-11-16"), &unproven("hot"));
    }
}
