//! HOW: through which channels and in which order leads book.

use crate::{Card, Header, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Channels by their names, each with its rate.
pub type Channels = BTreeMap<String, Card>;

/// Through which channels leads book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct How {
    #[serde(flatten)]
    pub header: Header,
    pub booking_channel_distribution: BTreeMap<String, f64>,
    /// `email_first` and on: leads by the channel of their first touch.
    pub first_touch_effectiveness: Channels,
    /// `1_channel` to `4_plus_channels`: leads by how many channels reached them; lift against one channel.
    pub multi_channel_lift: Channels,
    /// The same without what makes it look too good: who books early cannot have had many channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landmark: Option<Landmark>,
    pub winning_sequences: Vec<Sequence>,
    /// Of messages: by tier, then by channel.
    pub channel_effectiveness_by_tier: BTreeMap<String, Channels>,
    #[serde(default)]
    pub n_leads: u64,
    #[serde(default)]
    pub n_messages: u64,
}

/// Who had not booked by a day, by the channels that had reached them until then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Landmark {
    pub day: u32,
    pub multi_channel_lift: Channels,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    pub sequence: Vec<String>,
    pub sample_size: u64,
    #[serde(flatten)]
    pub card: Card,
}

impl How {
    /// The same with nothing but what is better.
    #[must_use]
    pub fn proven(mut self) -> Self {
        let better = |card: &Card| card.verdict == Verdict::Better;
        self.first_touch_effectiveness.retain(|_, card| better(card));
        self.multi_channel_lift.clear();
        self.winning_sequences.retain(|one| better(&one.card));
        for channels in self.channel_effectiveness_by_tier.values_mut() {
            channels.retain(|_, card| better(card));
        }
        self.channel_effectiveness_by_tier.retain(|_, channels| !channels.is_empty());
        self
    }
}
