//! Sequences: their types, their steps, and the days between (OE-016, X41, X42).

use crate::calendar::Calendar;
use chrono::{Datelike as _, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

/// How long a sequence is, or how it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SequenceType {
    #[serde(rename = "3-step")]
    ThreeStep,
    #[serde(rename = "5-step")]
    FiveStep,
    #[serde(rename = "7-step")]
    SevenStep,
    #[serde(rename = "soft_nudge")]
    SoftNudge,
    #[serde(rename = "direct_cta")]
    DirectCta,
}

/// How a sequence asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// As the segment is used to.
    Segment,
    Soft,
    Direct,
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    ConnectionRequest,
    InitialDm,
    #[serde(rename = "followup_1")]
    Followup1,
    #[serde(rename = "followup_2")]
    Followup2,
    #[serde(rename = "followup_3")]
    Followup3,
    /// Something of use, without asking for anything.
    ValueShare,
}

/// A step of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Step {
    /// 0 is the connection request.
    pub number: u8,
    pub kind: Kind,
    /// Business days after the step before it; for the first message, after the request was accepted.
    pub after_business_days: u32,
}

impl SequenceType {
    pub const ALL: [Self; 5] =
        [Self::ThreeStep, Self::FiveStep, Self::SevenStep, Self::SoftNudge, Self::DirectCta];

    pub fn name(self) -> &'static str {
        match self {
            Self::ThreeStep => "3-step",
            Self::FiveStep => "5-step",
            Self::SevenStep => "7-step",
            Self::SoftNudge => "soft_nudge",
            Self::DirectCta => "direct_cta",
        }
    }

    pub fn style(self) -> Style {
        match self {
            Self::SoftNudge => Style::Soft,
            Self::DirectCta => Style::Direct,
            Self::ThreeStep | Self::FiveStep | Self::SevenStep => Style::Segment,
        }
    }

    /// The connection request and the steps behind it: two or three of them follow up, whatever the type (OE-039).
    pub fn steps(self) -> Vec<Step> {
        use Kind::{ConnectionRequest, Followup1, Followup2, Followup3, InitialDm, ValueShare};
        let kinds: &[Kind] = match self {
            Self::ThreeStep | Self::SoftNudge | Self::DirectCta => {
                &[ConnectionRequest, InitialDm, Followup1, Followup2]
            }
            Self::FiveStep => &[ConnectionRequest, InitialDm, Followup1, ValueShare, Followup2, Followup3],
            Self::SevenStep => &[
                ConnectionRequest,
                InitialDm,
                Followup1,
                ValueShare,
                Followup2,
                ValueShare,
                Followup3,
                ValueShare,
            ],
        };
        let mut gaps = [3, 4, 5].into_iter().chain(std::iter::repeat(5));
        let steps = kinds.iter().zip(0..).map(|(&kind, number)| {
            let after_business_days = match kind {
                ConnectionRequest => 0,
                InitialDm => 2,
                _ => gaps.next().unwrap_or(5),
            };
            Step { number, kind, after_business_days }
        });
        steps.collect()
    }
}

impl std::str::FromStr for SequenceType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| "use 3-step, 5-step, 7-step, soft_nudge or direct_cta".to_owned())
    }
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::ConnectionRequest => "connection_request",
            Self::InitialDm => "initial_dm",
            Self::Followup1 => "followup_1",
            Self::Followup2 => "followup_2",
            Self::Followup3 => "followup_3",
            Self::ValueShare => "value_share",
        }
    }

    pub const ALL: [Self; 6] = [
        Self::ConnectionRequest,
        Self::InitialDm,
        Self::Followup1,
        Self::Followup2,
        Self::Followup3,
        Self::ValueShare,
    ];

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it comes after the first message, so that the days of follow-ups hold for it.
    pub fn follows_up(self) -> bool {
        !matches!(self, Self::ConnectionRequest | Self::InitialDm)
    }
}

/// The days on which a follow-up may go out: Tuesday to Thursday, three to five business days after the step before;
/// the one nearest to the step's own gap comes first (X40).
pub fn followup_days(calendar: &Calendar, before: NaiveDate, gap: u32) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> = (3..=5)
        .filter_map(|gap| calendar.add(before, gap))
        .filter(|day| matches!(day.weekday(), Weekday::Tue | Weekday::Wed | Weekday::Thu))
        .collect();
    days.sort_by_key(|&day| (calendar.between(before, day).abs_diff(gap), day));
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_follows_up_two_or_three_times() {
        for kind in SequenceType::ALL {
            let steps = kind.steps();
            let followups =
                steps.iter().filter(|step| step.kind.follows_up() && step.kind != Kind::ValueShare).count();
            assert!((2..=3).contains(&followups), "{kind:?}");
        }
    }

    #[test]
    fn steps_are_counted_after_the_connection_request() {
        let lengths = SequenceType::ALL.map(|kind| kind.steps().len() - 1);
        assert_eq!(lengths, [3, 5, 7, 3, 3]);
    }

    #[test]
    fn a_type_keeps_its_name() {
        for kind in SequenceType::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert!("4-step".parse::<SequenceType>().is_err());
    }

    #[track_caller]
    fn check_days(before: &str, expected: &[&str]) {
        let days = followup_days(&Calendar::default(), before.parse().unwrap(), 3);
        let days: Vec<String> = days.iter().map(|day| day.format("%a %d").to_string()).collect();
        assert_eq!(days, expected);
    }

    #[test]
    fn every_day_of_a_follow_up_has_a_legal_day_after_it() {
        // The gaps of X40: Tuesday to Tuesday, Wednesday to Tuesday or Wednesday, Thursday to all three.
        check_days("2026-10-20", &["Tue 27"]);
        check_days("2026-10-21", &["Tue 27", "Wed 28"]);
        check_days("2026-10-22", &["Tue 27", "Wed 28", "Thu 29"]);
    }

    proptest::proptest! {
        #[test]
        fn days_of_follow_ups_are_legal(day in 0u64..3_000, gap in 3u32..=5) {
            let calendar = Calendar::default();
            let before = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(day);
            for day in followup_days(&calendar, before, gap) {
                proptest::prop_assert!((3..=5).contains(&calendar.between(before, day)));
                proptest::prop_assert!(matches!(day.weekday(), Weekday::Tue | Weekday::Wed | Weekday::Thu));
                proptest::prop_assert!(calendar.is_business_day(day));
            }
        }
    }
}
