//! Turns the rows of a client into cases, a batch of leads at a time.

use crate::case::{CHANNELS, Case, Lead, Names, Outcome, Symbol, TIERS, Touch};
use crate::counts::Lexicon;
use crate::local::{LocalTime, Zones};
use crate::words::Contents;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use db::outcomes::{ActivityRow, LeadRow};
use patterns::content::{Features, Recipient, Snapshot};
use rayon::slice::ParallelSliceMut as _;
use std::ops::Range;
use std::slice::ChunksMut;

/// Leads in a batch: what is in memory at once, with all that happened to them. So many are read by one scan of the table.
pub(crate) const BATCH: i64 = 1_000_000;
/// Activities of a batch for which there is room from the beginning. Room that nothing is written to takes no memory; a
/// list that grows is copied, and takes it twice.
const ROOM: usize = 8 * BATCH as usize;
/// Cases that are handed over at a time.
const AT_ONCE: usize = 250_000;
/// Titles and industries that are told apart; beyond so many, leads with new ones count as having none.
const MOST_NAMES: usize = 200_000;
/// Of the four parts of a score so many have to be known (statistics 4.5).
const LEAST_PARTS: usize = 3;
/// CI-070: the most points of each part.
const MOST_POINTS: [f32; 4] = [20.0, 25.0, 25.0, 15.0];

/// A batch of leads with what happened to them.
#[derive(Debug)]
pub(crate) struct Batch {
    leads: Vec<Known>,
    /// Those of a lead together, in the order of time.
    events: Vec<Event>,
    zones: Zones,
    /// Seconds since 1970: what came later is not known yet.
    as_of: i64,
}

#[derive(Debug)]
struct Known {
    lead: Lead,
    /// The place of its zone.
    zone: usize,
    /// The places of its events.
    events: Range<usize>,
}

/// An activity, so that sorting brings those of a lead into the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: i64,
    kind: Kind,
    channel: u8,
    converting: bool,
    /// `NO_CONTENT` when there is none.
    content: Symbol,
}

const NO_CONTENT: Symbol = Symbol::MAX;

impl Event {
    /// Whether the two can be told apart by what was said only.
    fn is_like(&self, other: &Self) -> bool {
        let all_but_content = |event: &Self| Self { content: NO_CONTENT, ..*event };
        all_but_content(self) == all_but_content(other)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Touch,
    Reply,
    Booking,
}

impl Batch {
    pub(crate) fn new(zone: Tz, as_of: DateTime<Utc>) -> Self {
        let (leads, events) = (Vec::with_capacity(BATCH as usize), Vec::with_capacity(ROOM));
        Self { leads, events, zones: Zones::new(zone), as_of: as_of.timestamp() }
    }

    pub(crate) fn clear(&mut self) {
        self.leads.clear();
        self.events.clear();
    }

    /// Adds a lead with what happened to it; how much that was.
    pub(crate) fn add<'a>(
        &mut self,
        row: LeadRow<'_>,
        activities: impl Iterator<Item = ActivityRow<'a>>,
        Lexicon { titles, industries, contents }: &mut Lexicon,
    ) -> usize {
        let start = self.events.len();
        self.events.extend(activities.map(|row| event(&row, contents)));
        let own = &mut self.events[start..];
        own.sort_unstable();
        for alike in own.chunk_by_mut(Event::is_like).filter(|alike| alike.len() > 1) {
            // Symbols are numbered as rows come.
            alike.sort_by_cached_key(|event| {
                contents.get(event.content).map(|content| content.features.text())
            });
        }
        let added = own.len();
        let lead = lead(&row, self.as_of, titles, industries);
        let zone = self.zones.of(row.time_zone, row.state, row.country);
        self.leads.push(Known { lead, zone, events: start..start + added });
        added
    }

    /// Hands all cases to `each`, in the order of their hashes, the same ones whatever order the rows came in.
    pub(crate) fn cases(&mut self) -> Cases<'_> {
        let Self { leads, events, zones, .. } = self;
        leads.par_sort_unstable_by_key(|known| (known.lead.hash, known.lead.id));
        Cases { leads: leads.chunks_mut(AT_ONCE), events, zones }
    }
}

/// The cases of a batch, some at a time.
pub(crate) struct Cases<'a> {
    leads: ChunksMut<'a, Known>,
    events: &'a [Event],
    zones: &'a mut Zones,
}

impl<'a> Cases<'a> {
    /// Hands them over, and makes the next ones meanwhile.
    pub(crate) fn each(mut self, mut each: impl FnMut(&[Case<'_>])) {
        let mut ahead = self.touched();
        while let Some(Touched { leads, ranges, touches }) = ahead.take() {
            std::thread::scope(|threads| {
                threads.spawn(|| ahead = self.touched());
                let cases = leads.iter().zip(ranges);
                let cases = cases.map(|(known, own)| Case { lead: &known.lead, touches: &touches[own] });
                each(&cases.collect::<Vec<_>>());
            });
        }
    }

    fn touched(&mut self) -> Option<Touched<'a>> {
        let leads = self.leads.next()?;
        let mut ranges = Vec::with_capacity(leads.len());
        let mut touches = Vec::with_capacity(leads.iter().map(|known| known.events.len()).sum());
        for Known { lead, zone, events: own } in leads.iter_mut() {
            let (start, zone, own) = (touches.len(), self.zones.at(*zone), &self.events[own.clone()]);
            let sent = own.iter().filter(|event| event.kind == Kind::Touch);
            touches.extend(sent.map(|event| touch(event, zone)));
            settle(lead, own, &mut touches[start..]);
            ranges.push(start..touches.len());
        }
        Some(Touched { leads, ranges, touches })
    }
}

/// Leads, and the places of the touches of each.
struct Touched<'a> {
    leads: &'a [Known],
    ranges: Vec<Range<usize>>,
    touches: Vec<Touch>,
}

fn lead(row: &LeadRow<'_>, as_of: i64, titles: &mut Names, industries: &mut Names) -> Lead {
    let named = |text: &str, names: &mut Names| {
        Some(text.trim()).filter(|text| !text.is_empty()).and_then(|text| names.symbol_of(text, MOST_NAMES))
    };
    let tier = TIERS.iter().position(|tier| *tier == row.tier).unwrap_or(TIERS.len() - 1);
    Lead {
        hash: mixed(row.hash),
        id: row.id.as_u128(),
        title: named(row.title, titles),
        industry: named(row.industry, industries),
        employees: row.employee_count.and_then(|count| u32::try_from(count).ok()),
        signals: [row.is_new_role, row.is_hiring, row.recently_funded],
        outcome: outcome(row, as_of),
        bounced: row.status == "bounced",
        converted_at: row.converted_at.filter(|at| *at <= as_of),
        known_since: row.created_at,
        parts: parts(row.points),
        tier: u8::try_from(tier).unwrap_or_default(),
        answered_by: None,
    }
}

fn event(row: &ActivityRow<'_>, contents: &mut Contents) -> Event {
    let (kind, named) = match row.action {
        "replied" => (Kind::Reply, row.channel),
        "meeting_booked" => (Kind::Booking, row.channel),
        "email_sent" => (Kind::Touch, "email"),
        "linkedin_sent" => (Kind::Touch, "linkedin"),
        "sms_sent" => (Kind::Touch, "sms"),
        "voice_completed" => (Kind::Touch, "voice"),
        _ => (Kind::Touch, row.channel),
    };
    let channel = CHANNELS.iter().position(|known| *known == named).unwrap_or(CHANNELS.len() - 1);
    let content = if row.content_features.is_empty() {
        // Written down by somebody else: what is in it is counted now.
        let snapshot = serde_json::from_str::<Snapshot>(row.content_snapshot).ok();
        snapshot.map(|snapshot| Features::of_snapshot(&snapshot, Recipient::default()).text())
    } else {
        None
    };
    let text = content.as_deref().unwrap_or(row.content_features);
    let channel = u8::try_from(channel).unwrap_or_default();
    let content = if text.is_empty() { None } else { contents.symbol(text, channel) };
    Event {
        at: row.created_at,
        kind,
        channel,
        converting: row.led_to_booking,
        content: content.unwrap_or(NO_CONTENT),
    }
}

/// CI-058, CI-059, X69: who has booked stays booked, whatever came later.
///
/// A booking after `as_of` is none yet. When somebody said no is not kept, so that counts from the beginning.
pub(crate) fn outcome(row: &LeadRow<'_>, as_of: i64) -> Outcome {
    if let Some(at) = row.converted_at {
        return if at <= as_of { Outcome::Booked } else { Outcome::Open };
    }
    match row.status {
        "converted" => Outcome::Booked,
        "unsubscribed" | "bounced" | "not_interested" | "dead" => Outcome::Failed,
        _ => Outcome::Open,
    }
}

/// Whether the lead has booked after all, and by which touch and which answer.
fn settle(lead: &mut Lead, own: &[Event], touches: &mut [Touch]) {
    let booking = own.iter().find(|event| event.kind == Kind::Booking).map(|event| event.at);
    if booking.is_some() {
        lead.outcome = Outcome::Booked;
    }
    if lead.outcome != Outcome::Booked {
        touches.iter_mut().for_each(|touch| touch.converting = false);
        return;
    }
    lead.converted_at = match (lead.converted_at, booking) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let until = lead.converted_at.unwrap_or(i64::MAX);
    touches.iter_mut().for_each(|touch| touch.converting &= touch.at <= until);
    if !touches.iter().any(|touch| touch.converting)
        // Of a conversion whose time nobody knows, nor which touch it was, nothing is said.
        && lead.converted_at.is_some()
        && let Some(last) = touches.iter_mut().rfind(|touch| touch.at <= until)
    {
        last.converting = true;
    }
    let answer = own.iter().rfind(|event| event.kind == Kind::Reply && event.at <= until);
    lead.answered_by = answer.map(|event| event.channel);
}

fn touch(event: &Event, zone: &mut LocalTime) -> Touch {
    let (day, hour) = zone.day_and_hour(event.at);
    Touch {
        at: event.at,
        channel: event.channel,
        day,
        hour,
        converting: event.converting,
        content: (event.content != NO_CONTENT).then_some(event.content),
    }
}

/// CI-070: each part from 0 to 1; a part that is not known counts nothing, and more than one of them spoils the rest.
pub(crate) fn parts([points @ .., _]: [Option<f64>; 5]) -> Option<[f32; 4]> {
    if points.iter().flatten().count() < LEAST_PARTS {
        return None;
    }
    let share = |place: usize| (points[place].unwrap_or(0.0) as f32 / MOST_POINTS[place]).clamp(0.0, 1.0);
    Some(std::array::from_fn(share))
}

/// Spreads a hash once more, so that sums of many tell other leads apart.
fn mixed(hash: u64) -> u64 {
    let mut mixed = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^= mixed >> 32;
    mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead() -> LeadRow<'static> {
        LeadRow {
            id: db::Uuid::from_u128(7),
            hash: 7,
            title: "",
            industry: "",
            employee_count: None,
            is_new_role: false,
            is_hiring: false,
            recently_funded: false,
            status: "new",
            converted_at: None,
            created_at: 0,
            points: [None; 5],
            tier: "",
            time_zone: "",
            state: "",
            country: "",
        }
    }

    #[test]
    fn messages_of_one_second_are_in_the_same_order_whatever_order_they_come_in() {
        let subjects = |order: [&str; 3]| {
            let mut batch = Batch::new(Tz::UTC, DateTime::UNIX_EPOCH);
            let mut lexicon = Lexicon::default();
            let features = order.map(|subject| format!("{{\"s\":\"{subject}\",\"w\":40,\"n\":300}}"));
            let activities = features.iter().map(|features| ActivityRow {
                created_at: 60,
                action: "sent",
                channel: "email",
                led_to_booking: false,
                content_features: features,
                content_snapshot: "",
            });
            batch.add(lead(), activities, &mut lexicon);
            let mut seen = Vec::new();
            batch.cases().each(|cases| {
                let touches = cases.iter().flat_map(|case| case.touches);
                let known = touches.filter_map(|touch| lexicon.contents.get(touch.content?));
                seen.extend(known.map(|content| content.features.subject.clone()));
            });
            seen
        };
        assert_eq!(subjects(["One", "Two", "Six"]).len(), 3);
        assert_eq!(subjects(["One", "Two", "Six"]), subjects(["Two", "Six", "One"]));
    }
}
