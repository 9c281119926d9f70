//! The sequence builder: which channel when, by what is proven of orders, gaps and times, else as usual.

use patterns::{Proven, Recommendation};

/// Nobody is texted or called unless conversions show that it is welcome.
const USUAL: [&str; 6] = ["email", "linkedin", "email", "linkedin", "email", "email"];
/// Days between a touch and the next one; the last holds for all that follow.
const GAPS: [u32; 5] = [2, 3, 4, 5, 7];

/// A touch of a campaign, before it has words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touch {
    /// 1 is the first.
    pub(super) step: u32,
    pub(super) channel: String,
    pub(super) after_days: u32,
    pub(super) hour: u32,
}

/// So many touches: the best of the proven sequences, over again where it is shorter.
pub(super) fn touches(steps: u32, proven: &Proven) -> Vec<Touch> {
    let best = proven.how.as_ref().and_then(|how| how.winning_sequences.first());
    let usual = || USUAL.map(str::to_owned).to_vec();
    let channels = best.map_or_else(usual, |best| best.sequence.clone());
    let hours = recommendation(proven).hours;
    let places = (1..=steps).zip(channels.iter().cycle()).zip(hours.iter().cycle());
    let touches = places.map(|((step, channel), hour)| Touch {
        step,
        channel: channel.clone(),
        after_days: gap(step, proven),
        hour: *hour,
    });
    touches.collect()
}

/// On which days to send; none when they are alike.
pub(super) fn days(proven: &Proven) -> Vec<String> {
    recommendation(proven).days
}

fn recommendation(proven: &Proven) -> Recommendation {
    proven.when.as_ref().map(|when| when.recommendation.clone()).unwrap_or_default()
}

fn gap(step: u32, proven: &Proven) -> u32 {
    let Some(before) = step.checked_sub(1).filter(|before| *before > 0) else { return 0 };
    let gaps = proven.when.as_ref().map(|when| &when.optimal_sequence_gaps);
    let learned = gaps.and_then(|gaps| gaps.get(&format!("touch_{before}_to_{step}")).copied());
    let place = usize::try_from(before).unwrap_or(GAPS.len()).min(GAPS.len());
    learned.unwrap_or(GAPS[place - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_short(steps: u32, proven: &Proven) -> Vec<(String, u32, u32)> {
        let touches = touches(steps, proven).into_iter();
        touches.map(|touch| (touch.channel, touch.after_days, touch.hour)).collect()
    }

    #[test]
    fn without_patterns_a_campaign_is_as_usual() {
        let found = in_short(8, &Proven::default());
        let gaps: Vec<u32> = found.iter().map(|touch| touch.1).collect();
        assert_eq!(gaps, [0, 2, 3, 4, 5, 7, 7, 7]);
        assert_eq!(found[..3].iter().map(|touch| touch.2).collect::<Vec<_>>(), [9, 14, 9]);
        assert!(found.iter().all(|(channel, ..)| ["email", "linkedin"].contains(&channel.as_str())));
        assert!(days(&Proven::default()).is_empty());
    }

    #[test]
    fn what_is_proven_decides() {
        let proven = Proven::read(&crate::tests::patterns("leads")).unwrap();
        let touch = |channel: &str, gap| (channel.to_owned(), gap, 10);
        assert_eq!(
            in_short(4, &proven),
            [touch("linkedin", 0), touch("email", 3), touch("sms", 3), touch("linkedin", 4)]
        );
        assert_eq!(days(&proven), ["Tuesday"]);
    }
}
