//! What it would bring to begin with one channel, from first channels that were drawn by chance and logged.
//!
//! Where nothing was left to chance, or where too few began so, it refuses: who began with a channel because somebody
//! thought it fits says nothing of the others.

use crate::{Conversion, Error};
use chrono::{DateTime, Utc};
use db::campaigns::{self, Beginning, FirstChannel};
use db::{Tx, Uuid};
use patterns::card::rounded;
use serde::Serialize;
use stats::Rate;
use stats::policy::{self, LEAST_EFFECTIVE, Logged};
use utoipa::ToSchema;

/// Bookings of so many days after the channels were assigned count, and leads for whom they are over.
const DAYS: i32 = 28;
/// The newest leads are weighed: more would not fit into memory for an answer.
const MOST: i64 = 1_000_000;

/// What it would bring to begin with one channel.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChannelWhatIf {
    #[schema(example = "email")]
    pub first_channel: String,
    /// Leads of this tier only, as it was when their channels were assigned.
    #[schema(example = "warm")]
    pub tier: Option<String>,
    /// Leads that could have begun with the channel in their first campaign, that began by chance, and whose 28 days
    /// are over.
    pub n: usize,
    /// Others whose first channel was settled: nothing follows from them.
    pub not_drawn: usize,
    /// The share of the `n` that booked, as they were treated.
    pub rate_of_all: Option<f64>,
    /// Of the `n`, those that did begin with the channel.
    pub assigned_so: u64,
    pub booked_so: u64,
    /// The share of these that booked, and its 95 % interval. Leads that were likelier to begin so weigh more in it.
    pub rate: Option<f64>,
    pub rate_low: Option<f64>,
    pub rate_high: Option<f64>,
    /// The share that would have booked had all `n` begun so, by inverse propensities; null when it is refused.
    pub ips: Option<f64>,
    /// The same over the weights that there were: steadier. Null when it is refused.
    pub snips: Option<f64>,
    /// For how many people's worth of evidence there is.
    pub ess: f64,
    /// Why nothing is claimed, if so.
    #[schema(example = "evidence of 3.6 people, 30 are needed")]
    pub refused: Option<String>,
}

impl Conversion {
    /// Weighs what became of leads whose first channel was drawn.
    pub async fn what_if_channel(
        &self,
        client: Uuid,
        first_channel: &str,
        tier: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<ChannelWhatIf, Error> {
        let mut tx: Tx = self.db.begin(client).await?;
        let asked = Beginning { channel: first_channel, tier, now, days: DAYS, limit: MOST };
        let found = campaigns::first_channels(&mut tx, &asked).await?;
        tx.rollback().await?;
        Ok(weighed(first_channel, tier, &found))
    }
}

fn weighed(first_channel: &str, tier: Option<&str>, found: &[FirstChannel]) -> ChannelWhatIf {
    let was_drawn = |one: &&FirstChannel| one.propensity > 0.0 && one.propensity < 1.0;
    let drawn: Vec<Logged> = found.iter().filter(was_drawn).map(logged).collect();
    let not_drawn = found.len() - drawn.len();
    let rate = |among: &dyn Fn(&Logged) -> bool| {
        let of = drawn.iter().filter(|one| among(one));
        let (booked, all) =
            of.fold((0, 0), |(booked, all), one| (booked + u64::from(one.reward > 0.0), all + 1));
        Rate::new(booked, all)
    };
    let (all, so) = (rate(&|_| true), rate(&|one| one.same));
    let interval = (so.trials > 0).then(|| so.wilson());
    let worth = policy::worth(&drawn);
    let ess = worth.map_or(0.0, |worth| worth.effective);
    let refused = if !drawn.is_empty() {
        let enough = worth.is_some_and(|worth| worth.enough);
        (!enough).then(|| format!("evidence of {ess:.1} people, {LEAST_EFFECTIVE} are needed"))
    } else if not_drawn > 0 {
        Some(format!("nothing was left to chance: the first channel of all {not_drawn} leads was settled"))
    } else {
        Some(format!(
            "no lead that could begin with {first_channel} was assigned channels {DAYS} days ago or before"
        ))
    };
    let claimed = worth.filter(|_| refused.is_none());
    ChannelWhatIf {
        first_channel: first_channel.to_owned(),
        tier: tier.map(str::to_owned),
        n: drawn.len(),
        not_drawn,
        rate_of_all: all.share().map(|share| rounded(share, 4)),
        assigned_so: so.trials,
        booked_so: so.successes,
        rate: so.share().map(|share| rounded(share, 4)),
        rate_low: interval.map(|interval| rounded(interval.low, 4)),
        rate_high: interval.map(|interval| rounded(interval.high, 4)),
        ips: claimed.map(|worth| rounded(worth.ips, 4)),
        snips: claimed.map(|worth| rounded(worth.snips, 4)),
        ess: rounded(ess, 1),
        refused,
    }
}

fn logged(one: &FirstChannel) -> Logged {
    Logged { same: one.same, propensity: one.propensity, reward: f64::from(u8::from(one.booked)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(same: bool, propensity: f64, booked: bool) -> FirstChannel {
        FirstChannel { same, propensity, booked }
    }

    /// Statistics 4.14: always the second.
    fn vector() -> Vec<FirstChannel> {
        [
            (false, 0.5, true),
            (false, 0.5, false),
            (true, 0.5, true),
            (true, 0.5, true),
            (true, 0.25, false),
            (false, 0.75, false),
            (true, 0.25, true),
            (false, 0.75, true),
        ]
        .map(|(same, propensity, booked)| choice(same, propensity, booked))
        .to_vec()
    }

    #[test]
    fn too_little_evidence_is_no_claim() {
        let told = weighed("email", Some("warm"), &vector());
        assert_eq!((told.n, told.assigned_so, told.booked_so, told.ess), (8, 4, 3, 3.6));
        assert_eq!((told.rate, told.rate_of_all), (Some(0.75), Some(0.625)));
        assert_eq!(told.refused.as_deref(), Some("evidence of 3.6 people, 30 are needed"));
        assert_eq!((told.ips, told.snips), (None, None));
        let others = [choice(false, 0.95, true)];
        assert_eq!(
            weighed("email", None, &others).refused.as_deref(),
            Some("evidence of 0.0 people, 30 are needed")
        );
    }

    #[test]
    fn enough_evidence_is_weighed_as_the_reference_says() {
        let ten_times: Vec<FirstChannel> = std::iter::repeat_n(vector(), 10).flatten().collect();
        let told = weighed("email", None, &ten_times);
        assert_eq!((told.ips, told.snips, told.ess), (Some(1.0), Some(0.6667), 36.0));
        assert_eq!((told.refused, told.n, told.not_drawn), (None, 80, 0));
    }

    #[test]
    fn what_was_settled_says_nothing() {
        let settled: Vec<FirstChannel> = (0..200).map(|number| choice(number % 2 == 0, 1.0, true)).collect();
        let told = weighed("email", None, &settled);
        assert_eq!((told.n, told.not_drawn, told.ips, told.ess), (0, 200, None, 0.0));
        let why = "nothing was left to chance: the first channel of all 200 leads was settled";
        assert_eq!(told.refused.as_deref(), Some(why));
        let mut mixed = settled;
        mixed.extend(vector());
        assert_eq!((weighed("email", None, &mixed).ess, weighed("email", None, &mixed).n), (3.6, 8));
        let nobody = weighed("email", None, &[]).refused.unwrap();
        assert!(nobody.starts_with("no lead that could begin with email"), "{nobody}");
    }
}
