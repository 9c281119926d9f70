//! Through which channels, and in which order, leads book.

use super::super::ask::{Ask, View};
use super::super::words::count;
use super::cards::{Group, List, group, list, surest_first};
use super::{Document, head};
use crate::problem::Problem;
use crate::routes::patterns::Pattern;
use axum::response::Response;
use charts::{Bar, Bars, Flow, Frame, Heat, Ribbon, Stage, Unit, bars, flow, heat};
use maud::{Markup, html};
use patterns::{CHANNELS, Card, Channels, How, PatternType, Sequence, Verdict};
use std::collections::BTreeMap;

pub(in super::super) async fn how(ask: Ask) -> Result<Response, Problem> {
    let document: Document<How> = Document::of(&ask, PatternType::How).await?;
    Ok(ask.show(&document))
}

impl View for Document<How> {
    fn title(&self) -> String {
        "How they are reached".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        self.page(ask, |pattern, how| told(ask, pattern, how))
    }
}

fn told(ask: &Ask, pattern: &Pattern, how: &How) -> Markup {
    let firsts = how.first_touch_effectiveness.iter();
    let firsts = firsts.map(|(name, card)| group(name.trim_end_matches("_first"), card)).collect();
    let orders = how.winning_sequences.iter().map(|one| group(one.sequence.join(" → "), &one.card)).collect();
    let shown = |id: &str, title: &str, says: &str, what: &str, groups: &[Group<'_>]| {
        list(ask, &List { id, title, says, what, all: None, empty: "No group has enough leads." }, groups)
    };
    html! {
        (head(ask, pattern, &how.header, "bookings"))
        p.muted { "Of " (count(how.n_leads, "lead")) " and " (count(how.n_messages, "message")) "." }
        div.cards.charts {
            (shown("first", "First channel", "Of leads by the channel of their first touch, the share that booked.", "first channel", &surest_first(firsts)))
            section.card { (answered(&how.booking_channel_distribution)) }
            section.card { (ways(&how.winning_sequences)) }
            (shown("orders", "Orders of channels", "Of leads that were sent channels in this order, the share that booked; compared with other orders of as many touches.", "order", &surest_first(orders)))
            section.card { (by_tier(how)) }
            @for (tier, channels) in &how.channel_effectiveness_by_tier {
                (shown(&format!("tier-{tier}"), &channels_of(tier), "Of messages to leads of this tier, the share that led to a booking; compared with the other channels of the tier.", "channel", &named(channels)))
            }
            (shown("several", "How many channels", "Of leads by how many channels reached them, the share that booked. One channel looks better than it is: who books early cannot have had many.", "channels", &named(&how.multi_channel_lift)))
            @if let Some(landmark) = &how.landmark {
                (shown("landmark", "How many channels, fairly", &format!("Of leads that had not booked by day {}, the share that booked later, by how many channels had reached them until then.", landmark.day), "channels", &named(&landmark.multi_channel_lift)))
            }
        }
    }
}

fn channels_of(tier: &str) -> String {
    if tier == "unknown" {
        "Channels for leads without a tier".to_owned()
    } else {
        format!("Channels for {tier} leads")
    }
}

fn named(channels: &Channels) -> Vec<Group<'_>> {
    channels.iter().map(|(name, card)| group(name.replace('_', " "), card)).collect()
}

/// Through which channel the answer came that booked.
fn answered(shares: &BTreeMap<String, f64>) -> Markup {
    let row = |(name, share): (&String, &f64)| Bar {
        label: name.clone(),
        value: *share,
        interval: None,
        n: None,
        verdict: None,
    };
    let rows = shares.iter().map(row).collect();
    let data = Bars {
        label_name: "Channel",
        value_name: "Of all bookings",
        unit: Unit::Share,
        reference: None,
        rows,
    };
    let says = "Of all bookings, the share whose answer came by each channel; it says where people answer, not what made them.";
    let frame = Frame {
        id: "answered",
        title: "Share of the bookings, by channel",
        about: says,
        empty: "There are too few bookings.",
    };
    html! { h2 { "Where they answer" } p.muted { (says) } (bars(&frame, &data)) }
}

/// Leads from channel to channel, and whether they booked.
fn ways(sequences: &[Sequence]) -> Markup {
    let says =
        "Leads of the orders that are told of here, from channel to channel, and how many of them booked.";
    let frame = Frame {
        id: "ways",
        title: "From channel to channel",
        about: says,
        empty: "No order of channels has enough leads.",
    };
    html! { h2 { "Ways" } p.muted { (says) } (flow(&frame, &flow_of(sequences))) }
}

fn flow_of(sequences: &[Sequence]) -> Flow {
    let end = sequences.iter().map(|one| one.sequence.len()).max().unwrap_or_default();
    let mut stages: Vec<Stage> = Vec::new();
    let mut ribbons: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let mut stage = |label: &str, column: usize| {
        let found = stages.iter().position(|one| one.column == column && one.label == label);
        found.unwrap_or_else(|| {
            stages.push(Stage { label: label.to_owned(), column });
            stages.len() - 1
        })
    };
    for one in sequences {
        let way: Vec<usize> =
            one.sequence.iter().enumerate().map(|(column, channel)| stage(channel, column)).collect();
        // Those of a longer order are among those of the order that it begins with.
        let goes_on = |longer: &&Sequence| {
            longer.sequence.len() == way.len() + 1 && longer.sequence.starts_with(&one.sequence)
        };
        let begun = sequences
            .iter()
            .any(|before| one.sequence.split_last().is_some_and(|(_, rest)| rest == before.sequence));
        let new = if begun { way.len().saturating_sub(2) } else { 0 };
        for pair in way.get(new..).unwrap_or_default().windows(2) {
            if let [from, to] = pair {
                *ribbons.entry((*from, *to)).or_default() += one.sample_size;
            }
        }
        let Some(last) = way.last() else { continue };
        let (on, on_booked) = sequences.iter().filter(goes_on).fold((0, 0), |(leads, booked), longer| {
            (leads + longer.sample_size, booked + longer.card.converted)
        });
        let (leads, booked) =
            (one.sample_size.saturating_sub(on), one.card.converted.saturating_sub(on_booked));
        *ribbons.entry((*last, stage("booked", end))).or_default() += booked;
        *ribbons.entry((*last, stage("not booked", end))).or_default() += leads.saturating_sub(booked);
    }
    ribbons.retain(|_, count| *count > 0);
    let ribbons = ribbons.into_iter().map(|((from, to), count)| Ribbon { from, to, count }).collect();
    Flow { stages, ribbons }
}

/// How often messages of each channel led to a booking, by the tier of the lead; nothing where there are too few.
fn by_tier(how: &How) -> Markup {
    let tiers: Vec<&String> = how.channel_effectiveness_by_tier.keys().collect();
    let used = |channel: &&str| {
        how.channel_effectiveness_by_tier.values().any(|channels| channels.contains_key(*channel))
    };
    let channels: Vec<&str> = CHANNELS.into_iter().filter(used).collect();
    let told = |card: &Card| (card.verdict != Verdict::TooLittleData).then_some(card.conversion_rate);
    let cell = |tier: &String, channel: &str| {
        how.channel_effectiveness_by_tier.get(tier)?.get(channel).and_then(told)
    };
    let data = Heat {
        row_name: "Tier",
        unit: Unit::Share,
        rows: tiers.iter().map(|tier| (*tier).clone()).collect(),
        columns: channels.iter().map(|channel| (*channel).to_owned()).collect(),
        cells: tiers
            .iter()
            .map(|tier| channels.iter().map(|channel| cell(tier, channel)).collect())
            .collect(),
    };
    let says = "Of messages to leads of a tier, the share that led to a booking, by channel: the darker the more. Hatched where there are too few to say.";
    let frame = Frame {
        id: "tiers",
        title: "Booked, by tier and channel",
        about: says,
        empty: "No tier has enough messages.",
    };
    html! { h2 { "Tiers and channels" } p.muted { (says) } (heat(&frame, &data)) }
}
