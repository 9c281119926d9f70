//! Where somebody stands in a sequence, and what moves or stops it (OE-079, OE-081).
//!
//! Whatever the order in which events come, and however often: who has answered, left or complained is never due again.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Where somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The connection request has not gone out.
    Enrolled,
    /// It has.
    Requested,
    /// It was accepted: the first message is due.
    Connected,
    /// Messages have gone out, and more will.
    Contacted,
    /// The last message has gone out.
    Finished,
    /// Nothing will go out any more.
    Stopped,
}

/// Why nothing goes out any more, the weakest first: a stronger reason replaces a weaker one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// An operator took the prospect out.
    Withdrawn,
    /// A colleague has answered.
    CompanyReplied,
    Replied,
    NotInterested,
    MeetingBooked,
    Bounced,
    Suppressed,
    Unsubscribed,
    Complained,
    Erased,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Sent {
        step: u8,
        on: NaiveDate,
    },
    Accepted {
        on: NaiveDate,
    },
    /// Away: nothing goes out before that day.
    Away {
        until: NaiveDate,
    },
    Stop(Stop),
}

/// One prospect in one sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrolment {
    pub state: State,
    pub stop: Option<Stop>,
    /// The highest step that has gone out; 0 is the connection request.
    pub step: Option<u8>,
    /// The day of that step, or of the acceptance.
    pub since: Option<NaiveDate>,
    pub paused_until: Option<NaiveDate>,
}

impl Enrolment {
    pub const NEW: Self =
        Self { state: State::Enrolled, stop: None, step: None, since: None, paused_until: None };

    /// What becomes of it; none if nothing does. `last_step` is the number of the sequence's last step.
    pub fn after(self, cause: Cause, last_step: u8) -> Option<Self> {
        let next = match cause {
            Cause::Stop(stop) => Self { state: State::Stopped, stop: self.stop.max(Some(stop)), ..self },
            // What went out before the word to stop came is written down, and changes nothing else.
            Cause::Sent { step, on } => {
                let further = self.step.is_none_or(|before| step > before);
                let step = self.step.max(Some(step));
                let since = if further { Some(on) } else { self.since };
                let state = match self.state {
                    State::Stopped => State::Stopped,
                    before if !further => before,
                    _ if step >= Some(last_step) => State::Finished,
                    State::Enrolled if step == Some(0) => State::Requested,
                    before if step == Some(0) => before,
                    _ => State::Contacted,
                };
                Self { state, step, since, ..self }
            }
            Cause::Accepted { on } => match self.state {
                State::Enrolled | State::Requested => {
                    Self { state: State::Connected, since: Some(on), step: self.step.max(Some(0)), ..self }
                }
                _ => self,
            },
            Cause::Away { until } => Self { paused_until: self.paused_until.max(Some(until)), ..self },
        };
        (next != self).then_some(next)
    }

    /// The number of the step that comes next, if one may go out on that day.
    pub fn due(self, today: NaiveDate, last_step: u8) -> Option<u8> {
        let rests = self.paused_until.is_some_and(|until| today < until);
        if rests {
            return None;
        }
        match self.state {
            State::Enrolled => Some(0),
            State::Connected | State::Contacted => {
                self.step.map(|step| step + 1).filter(|&step| step <= last_step)
            }
            State::Requested | State::Finished | State::Stopped => None,
        }
    }
}

impl State {
    pub const ALL: [Self; 6] =
        [Self::Enrolled, Self::Requested, Self::Connected, Self::Contacted, Self::Finished, Self::Stopped];

    pub fn name(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Requested => "requested",
            Self::Connected => "connected",
            Self::Contacted => "contacted",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
        }
    }
}

impl Stop {
    pub const ALL: [Self; 10] = [
        Self::Withdrawn,
        Self::CompanyReplied,
        Self::Replied,
        Self::NotInterested,
        Self::MeetingBooked,
        Self::Bounced,
        Self::Suppressed,
        Self::Unsubscribed,
        Self::Complained,
        Self::Erased,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::CompanyReplied => "company_replied",
            Self::Replied => "replied",
            Self::NotInterested => "not_interested",
            Self::MeetingBooked => "meeting_booked",
            Self::Bounced => "bounced",
            Self::Suppressed => "suppressed",
            Self::Unsubscribed => "unsubscribed",
            Self::Complained => "complained",
            Self::Erased => "erased",
        }
    }
}

macro_rules! from_name {
    ($kind:ty, $what:literal) => {
        impl std::str::FromStr for $kind {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL
                    .into_iter()
                    .find(|kind| kind.name() == text)
                    .ok_or_else(|| format!(concat!("{:?} is no ", $what), text))
            }
        }
    };
}

from_name!(State, "state of an enrolment");
from_name!(Stop, "reason to stop");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LAST: u8 = 3;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 10, day).unwrap()
    }

    fn after(causes: impl IntoIterator<Item = Cause>) -> Enrolment {
        causes
            .into_iter()
            .fold(Enrolment::NEW, |enrolment, cause| enrolment.after(cause, LAST).unwrap_or(enrolment))
    }

    #[test]
    fn a_sequence_goes_from_request_to_the_last_message() {
        let mut enrolment = Enrolment::NEW;
        let mut states = Vec::new();
        let steps = [
            Cause::Sent { step: 0, on: day(1) },
            Cause::Accepted { on: day(2) },
            Cause::Sent { step: 1, on: day(6) },
            Cause::Sent { step: 2, on: day(13) },
            Cause::Sent { step: 3, on: day(20) },
        ];
        for cause in steps {
            enrolment = enrolment.after(cause, LAST).unwrap();
            states.push((enrolment.state.name(), enrolment.due(day(30), LAST)));
        }
        assert_eq!(
            states,
            [
                ("requested", None),
                ("connected", Some(1)),
                ("contacted", Some(2)),
                ("contacted", Some(3)),
                ("finished", None),
            ]
        );
    }

    #[test]
    fn who_is_away_is_left_alone_until_then() {
        let enrolment = after([Cause::Accepted { on: day(1) }, Cause::Away { until: day(10) }]);
        assert_eq!((enrolment.due(day(9), LAST), enrolment.due(day(10), LAST)), (None, Some(1)));
    }

    #[test]
    fn the_stronger_reason_stays() {
        let stops = [Stop::Replied, Stop::Complained, Stop::MeetingBooked];
        assert_eq!(after(stops.map(Cause::Stop)).stop, Some(Stop::Complained));
    }

    #[test]
    fn what_is_said_twice_changes_nothing() {
        let enrolment = after([Cause::Sent { step: 0, on: day(1) }]);
        assert_eq!(enrolment.after(Cause::Sent { step: 0, on: day(2) }, LAST), None);
        let accepted = after([Cause::Accepted { on: day(1) }, Cause::Sent { step: 0, on: day(2) }]);
        assert_eq!(accepted.state, State::Connected, "the request is known to have gone out");
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for stop in Stop::ALL {
            assert_eq!(stop.name().parse(), Ok(stop));
        }
        for state in State::ALL {
            assert_eq!(state.name().parse(), Ok(state));
        }
    }

    fn cause() -> impl Strategy<Value = Cause> {
        prop_oneof![
            (0u8..=LAST, 1u32..28).prop_map(|(step, on)| Cause::Sent { step, on: day(on) }),
            (1u32..28).prop_map(|on| Cause::Accepted { on: day(on) }),
            (1u32..28).prop_map(|until| Cause::Away { until: day(until) }),
            (0usize..10).prop_map(|stop| Cause::Stop(Stop::ALL[stop])),
        ]
    }

    proptest! {
        #[test]
        fn who_has_a_reason_to_be_left_alone_is_never_due(causes in prop::collection::vec(cause(), 0..20)) {
            let stops = causes.iter().filter_map(|cause| match cause {
                Cause::Stop(stop) => Some(*stop),
                _ => None,
            });
            let enrolment = after(causes.clone());
            prop_assert_eq!(enrolment.stop, stops.max());
            if enrolment.stop.is_some() {
                prop_assert_eq!((enrolment.state, enrolment.due(day(31), LAST)), (State::Stopped, None));
            }
        }

        #[test]
        fn doubles_change_nothing(causes in prop::collection::vec(cause(), 0..20)) {
            let twice = causes.iter().flat_map(|cause| [*cause, *cause]);
            prop_assert_eq!(after(causes.clone()), after(twice));
        }

        #[test]
        fn no_step_is_due_twice(causes in prop::collection::vec(cause(), 0..20)) {
            let enrolment = after(causes.clone());
            if let Some(due) = enrolment.due(day(31), LAST) {
                let sent = causes.iter().any(|cause| matches!(cause, Cause::Sent { step, .. } if *step == due));
                prop_assert!(!sent, "{due} went out already");
            }
        }
    }
}
