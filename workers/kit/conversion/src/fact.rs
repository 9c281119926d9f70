//! What a case tells: which group of which list it belongs to, and whether that went well.

use crate::case::Symbol;

/// Lists of groups that are compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Title,
    Industry,
    Size,
    Signal,
    Bounced,
    Subject,
    PainPoint,
    Cta,
    Angle,
    Personal,
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
    pub(crate) const COUNT: usize = Self::TierChannel as usize + 1;
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
    pub(crate) const COUNT: usize = Self::Landmark as usize + 1;
}

/// One thing that is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fact {
    Base(Base, bool),
    Group(List, Symbol, bool),
}

impl Fact {
    pub(crate) fn base(base: Base, success: bool) -> Self {
        Self::Base(base, success)
    }

    pub(crate) fn of(list: List, symbol: Symbol, success: bool) -> Self {
        Self::Group(list, symbol, success)
    }
}
