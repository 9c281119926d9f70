//! Numbers of one group of touches, each rate with its interval.

use db::outreach_metrics::Group;
use serde::Serialize;
use stats::Rate;
use utoipa::ToSchema;

/// Numbers of one group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Performance {
    pub name: String,
    pub sends: u64,
    /// People who got at least one message or request; what bounced was not received.
    pub people: u64,
    /// Messages and requests that were answered.
    pub replies: u64,
    /// People who replied, of those who got something.
    pub reply_rate: Measured,
    /// The reply rate drawn to that of all groups, the more the fewer people there are; none below 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_shrunk: Option<f64>,
    /// How much of what is called different at this point is chance (Benjamini and Hochberg).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<f64>,
    pub reply_rate_per_send: Measured,
    /// People who are interested or booked.
    pub positive_reply_rate: Measured,
    pub meeting_rate: Measured,
    pub meeting_rate_per_send: Measured,
    pub acceptance_rate: Measured,
    /// People who unsubscribed, complained or are not interested.
    pub negative_rate: Measured,
}

/// A rate and the interval in which it lies with 95 % certainty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Measured {
    /// None when there is nothing to count.
    pub rate: Option<f64>,
    pub ci_low: f64,
    pub ci_high: f64,
    pub successes: u64,
    pub trials: u64,
}

impl Performance {
    pub(crate) fn of(group: &Group) -> Self {
        let count = |count: i64| count.unsigned_abs();
        let (sends, people) = (count(group.sends), count(group.people));
        let of = |successes: i64, trials: u64| Measured::of(Rate::new(count(successes), trials));
        Self {
            name: group.value.clone(),
            sends,
            people,
            replies: count(group.replies),
            reply_rate: of(group.replied, people),
            rate_shrunk: None,
            q: None,
            reply_rate_per_send: of(group.replies, sends),
            positive_reply_rate: of(group.positive, people),
            meeting_rate: of(group.meetings, people),
            meeting_rate_per_send: of(group.bookings, sends),
            acceptance_rate: of(group.accepted, people),
            negative_rate: of(group.harmed, people),
        }
    }

    pub(crate) fn none(name: &str) -> Self {
        let nothing = Measured::of(Rate::default());
        Self {
            name: name.to_owned(),
            sends: 0,
            people: 0,
            replies: 0,
            reply_rate: nothing,
            rate_shrunk: None,
            q: None,
            reply_rate_per_send: nothing,
            positive_reply_rate: nothing,
            meeting_rate: nothing,
            meeting_rate_per_send: nothing,
            acceptance_rate: nothing,
            negative_rate: nothing,
        }
    }
}

impl Measured {
    fn of(rate: Rate) -> Self {
        let interval = rate.wilson();
        Self {
            rate: rate.share().map(round),
            ci_low: round(interval.low),
            ci_high: round(interval.high),
            successes: rate.successes,
            trials: rate.trials,
        }
    }
}

/// To a hundredth of a per cent.
pub(crate) fn round(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn group(value: &str, people: u64, replied: u64) -> Performance {
        let (people, replied) = (people.cast_signed(), replied.cast_signed());
        Performance::of(&Group {
            dimension: "segment".into(),
            value: value.into(),
            sends: people * 2,
            people,
            accepted: 0,
            replies: replied,
            replied,
            positive: replied,
            bookings: replied / 2,
            meetings: replied / 2,
            harmed: 0,
            bounced: 0,
            machine_events: 0,
        })
    }

    #[test]
    fn rates_are_of_people_and_of_sends() {
        let found = group("a", 100, 20);
        assert_eq!((found.reply_rate.rate, found.reply_rate_per_send.rate), (Some(0.2), Some(0.1)));
        assert_eq!((found.reply_rate.ci_low, found.reply_rate.ci_high), (0.1334, 0.2888));
    }
}
