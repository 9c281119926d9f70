//! Groups with their rates: as bars, and with all that is known of them as a table.

use super::super::ask::Ask;
use super::super::layout::{badge, none};
use super::super::table::{numbers, table, words as column};
use super::super::words::{number, percent};
use super::rest;
use charts::{Bar, Bars, Frame, Reference, Unit, bars};
use maud::{Markup, html};
use patterns::{Card, Verdict};

/// A group and what it is called.
pub(super) struct Group<'a> {
    pub(super) name: String,
    pub(super) card: &'a Card,
}

pub(super) fn group(name: impl Into<String>, card: &Card) -> Group<'_> {
    Group { name: name.into(), card }
}

/// What a list of groups is about.
pub(super) struct List<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What it says and of whom, in a sentence.
    pub(super) says: &'a str,
    /// What the groups are, as `title`.
    pub(super) what: &'a str,
    /// The rate of all.
    pub(super) all: Option<f64>,
    pub(super) empty: &'a str,
}

/// Of a list; the rest is in the twin.
const MOST: usize = 25;
const MOST_BARS: usize = 24;

/// Few cases stand first by their rate; those that are surely better do by this.
pub(super) fn surest_first(mut groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    groups.sort_by(|one, other| other.card.shrunk_low.total_cmp(&one.card.shrunk_low));
    groups
}

pub(super) fn list(ask: &Ask, list: &List<'_>, groups: &[Group<'_>]) -> Markup {
    html! {
        section.card id={ "section-" (list.id) } {
            h2 { (list.title) }
            p.muted { (list.says) }
            (picture(list, groups.get(..MOST_BARS).unwrap_or(groups)))
            @if groups.len() > MOST_BARS { p.muted { "The first " (MOST_BARS) " of " (groups.len()) " are drawn." } }
            (figures(ask, list.title, groups))
        }
    }
}

fn picture(list: &List<'_>, groups: &[Group<'_>]) -> Markup {
    let row = |group: &Group<'_>| Bar {
        label: group.name.clone(),
        value: group.card.conversion_rate,
        interval: Some((group.card.ci_low, group.card.ci_high)),
        n: Some(group.card.sample),
        verdict: Some(drawn(group.card.verdict)),
    };
    let data = Bars {
        label_name: list.what,
        value_name: "Booked",
        unit: Unit::Share,
        reference: list.all.map(|value| Reference { label: "all".to_owned(), value }),
        rows: groups.iter().map(row).collect(),
    };
    let title = format!("Share that booked, by {}", list.what);
    bars(&Frame { id: list.id, title: &title, about: list.says, empty: list.empty }, &data)
}

/// What a chart can show of a verdict: what only promises is of too few.
fn drawn(verdict: Verdict) -> charts::Verdict {
    match verdict {
        Verdict::Better => charts::Verdict::Better,
        Verdict::Worse => charts::Verdict::Worse,
        Verdict::PromisingSmallN | Verdict::TooLittleData => charts::Verdict::TooFew,
        Verdict::NotDistinguishable => charts::Verdict::Unclear,
    }
}

pub(super) fn verdict(verdict: Verdict) -> Markup {
    match verdict {
        Verdict::Better => badge("good", "better"),
        Verdict::Worse => badge("bad", "worse"),
        Verdict::PromisingSmallN => badge("", "promising, but few"),
        Verdict::TooLittleData => badge("", "too few"),
        Verdict::NotDistinguishable => badge("", "no difference shown"),
    }
}

/// All that is known of groups, to be unfolded.
pub(super) fn figures(ask: &Ask, title: &str, groups: &[Group<'_>]) -> Markup {
    let shown = groups.get(..MOST).unwrap_or(groups);
    html! { @if !shown.is_empty() {
        details {
            summary { "Every figure, with lift and q" }
            (in_rows(ask, title, shown))
            (rest(shown.len(), groups.len(), "group"))
        }
    } }
}

fn in_rows(ask: &Ask, title: &str, groups: &[Group<'_>]) -> Markup {
    let between = |low: f64, high: f64| html! { span.muted { (percent(low)) " to " (percent(high)) } };
    table(
        title,
        &ask.address,
        &[
            column("Group", &|group: &Group<'_>| html! { bdi { (group.name) } }),
            numbers("Booked", &|group| html! { (percent(group.card.conversion_rate)) }),
            numbers("95 %", &|group| between(group.card.ci_low, group.card.ci_high)),
            numbers("Of", &|group| behind(group.card)),
            numbers("Lift", &|group| lift(group.card)),
            numbers("Drawn to all", &|group| html! { (percent(group.card.rate_shrunk)) }),
            numbers("q", &|group| html! { (chance(group.card.q)) }),
            column("Verdict", &|group| html! { (verdict(group.card.verdict)) (alike(group.card)) }),
        ],
        groups,
    )
}

/// `12 of 40`, leading to the leads.
fn behind(card: &Card) -> Markup {
    let text = format!("{} of {}", number(card.converted), number(card.sample));
    let id = card.evidence.as_ref().map(|evidence| evidence.id.as_str()).filter(|id| !id.is_empty());
    html! { @match id {
        Some(id) => a href={ "/patterns/evidence/" (id) } { (text) },
        None => (text),
    } }
}

fn lift(card: &Card) -> Markup {
    let Some(lift) = card.lift else { return none() };
    html! {
        "× " (lift)
        @if let Some((low, high)) = card.lift_low.zip(card.lift_high) { " " span.muted { "(" (low) " to " (high) @if card.wide { ", wide" } ")" } }
    }
}

/// How likely it is by chance, among all that was compared.
pub(in super::super) fn chance(q: f64) -> String {
    if q < 0.001 { "< 0.001".to_owned() } else { format!("{q:.3}") }
}

fn alike(card: &Card) -> Markup {
    html! { @if let Some(adjusted) = card.adjusted.as_ref().filter(|adjusted| adjusted.reverses) {
        " " span.muted { "turns round among those alike in " (adjusted.by.join(", ").replace('_', " ")) }
    } }
}
