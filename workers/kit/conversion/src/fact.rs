//! What a case tells: which group of which list it belongs to, and whether that went well.

use crate::case::{CHANNELS, Symbol};

/// Lists of groups that are compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Title,
    Industry,
    Size,
    Signal,
    Bounced,
    /// Messages that have the same in them, from which the five lists that follow are made.
    Content,
    Subject,
    PainPoint,
    Cta,
    Angle,
    Personal,
    /// Messages of the same hour of the week, from which the two lists that follow are made.
    Time,
    Day,
    Hour,
    TouchNumber,
    FirstChannel,
    ChannelCount,
    LandmarkCount,
    Sequence,
    /// Leads by how many touches they were sent: who could be in an order of that length.
    Reached,
    /// Six tiers, each with all channels.
    TierChannel,
}

impl List {
    pub(crate) const ALL: [Self; 21] = [
        Self::Title,
        Self::Industry,
        Self::Size,
        Self::Signal,
        Self::Bounced,
        Self::Content,
        Self::Subject,
        Self::PainPoint,
        Self::Cta,
        Self::Angle,
        Self::Personal,
        Self::Time,
        Self::Day,
        Self::Hour,
        Self::TouchNumber,
        Self::FirstChannel,
        Self::ChannelCount,
        Self::LandmarkCount,
        Self::Sequence,
        Self::Reached,
        Self::TierChannel,
    ];

    /// How many kinds of `Apart` there are in each group.
    pub(crate) fn apart(self) -> usize {
        if matches!(self, Self::Time | Self::Day | Self::Hour | Self::TouchNumber) {
            CHANNELS.len()
        } else {
            1
        }
    }
}

/// Who could be in a group of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    TerminalLeads,
    /// Messages whose words were kept.
    Worded,
    Messages,
    /// Leads that were contacted long enough ago.
    Leads,
    /// Of those, who had not booked by the landmark.
    Landmark,
}

impl Base {
    pub(crate) const COUNT: usize = Self::ALL.len();
    pub(crate) const ALL: [Self; 5] =
        [Self::TerminalLeads, Self::Worded, Self::Messages, Self::Leads, Self::Landmark];

    /// How many kinds of `Apart` there are.
    pub(crate) fn apart(self) -> usize {
        if self == Self::Messages { CHANNELS.len() } else { 1 }
    }
}

/// One thing that is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fact {
    Base(Base, bool),
    Group(List, Symbol, Apart, bool),
}

/// What is told apart within a group beside the tier: of messages whose times are compared the place of the channel,
/// else 0.
pub(crate) type Apart = u8;

impl Fact {
    pub(crate) fn base(base: Base, success: bool) -> Self {
        Self::Base(base, success)
    }

    pub(crate) fn of(list: List, symbol: Symbol, success: bool) -> Self {
        Self::Group(list, symbol, 0, success)
    }
}
