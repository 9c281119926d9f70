//! What was learned of conversions: who books, what was said, when and how; the weights that follow; the leads behind it.

mod cards;
mod evidence;
mod history;
mod how;
mod overview;
mod weights;
mod what;
mod when;
mod who;

pub(super) use cards::chance;
pub(super) use evidence::evidence;
pub(super) use history::history;
pub(super) use how::how;
pub(super) use overview::{overview, recompute};
pub(super) use weights::weights;
pub(super) use what::what;
pub(super) use when::when;
pub(super) use who::who;

use super::ask::Ask;
use super::layout::{command, empty, tabs};
use super::learning;
use super::words::{count, moment, number};
use crate::problem::Problem;
use crate::routes::patterns::Pattern;
use maud::{Markup, html};
use patterns::{Header, PatternType};
use serde::Serialize;
use serde::de::DeserializeOwned;

const TABS: [(&str, &str); 7] = [
    ("/patterns", "Overview"),
    ("/patterns/who", "Who"),
    ("/patterns/what", "What"),
    ("/patterns/when", "When"),
    ("/patterns/how", "How"),
    ("/patterns/weights", "Weights"),
    ("/patterns/history", "History"),
];

/// The pattern of one type as the API tells it, and read; nothing before something was learned.
#[derive(Serialize)]
#[serde(transparent)]
struct Document<D> {
    pattern: Option<Pattern>,
    #[serde(skip)]
    read: Option<D>,
}

impl<D: DeserializeOwned> Document<D> {
    async fn of(ask: &Ask, kind: PatternType) -> Result<Self, Problem> {
        let pattern = Pattern::of(&ask.app, ask.viewer.client, kind).await?;
        let read = pattern.as_ref().map(|pattern| serde_json::from_value(pattern.patterns.clone()));
        Ok(Self { pattern, read: read.transpose().map_err(Problem::internal)? })
    }

    /// A page of what was learned, or of how to learn.
    fn page(&self, ask: &Ask, told: impl Fn(&Pattern, &D) -> Markup) -> Markup {
        html! {
            (tabs(ask.address.path(), &TABS))
            @match (&self.pattern, &self.read) {
                (Some(pattern), Some(document)) => (told(pattern, document)),
                _ => (nothing(ask)),
            }
        }
    }
}

/// What holds for the whole of a pattern.
fn head(ask: &Ask, pattern: &Pattern, header: &Header, of: &str) -> Markup {
    let quality = &header.quality;
    html! {
        ul.tiles {
            li.tile { b { (number(pattern.sample_size)) } span { (of) } }
            li.tile { b { (format!("{:.2}", pattern.confidence)) } span { "confidence, by that number alone" } }
            li.tile { b { (quality.found) } span { "better or worse; with shuffled outcomes " (quality.found_in_shuffled) } }
            @if let Some(held) = quality.calibration.as_ref().filter(|held| held.judged > 0) {
                li.tile { b { (held.held) " of " (held.judged) } span { "verdicts of a month ago have held since" } }
            }
        }
        p.muted { "As of " (moment(ask, pattern.computed_at)) @if let Some(until) = pattern.valid_until { ", used until " (moment(ask, until)) } "." }
        @if is_old(ask, pattern) { p.notice.warn { "Out of date: it is not used any more." } }
        @if pattern.sample_size == 0 { p.notice { "Too few bookings to say anything: 10 are needed." } }
        @else { p.muted {
            "Better and worse (green and red) are said where chance is ruled out among all that a list compares. "
            "Grey: enough was seen, and nothing sets it apart. Dashed: too few. Whiskers are 95 % intervals."
        } }
    }
}

fn is_old(ask: &Ask, pattern: &Pattern) -> bool {
    pattern.valid_until.is_some_and(|until| until < ask.app.now())
}

fn nothing(ask: &Ask) -> Markup {
    let next = conversion::schedule::next_learning(ask.viewer.client, ask.app.now());
    empty(
        "Nothing was learned yet",
        &html! {
            p { "Patterns are learned from leads whose outcome is known: 10 bookings are needed. It is done by itself on " (moment(ask, next)) ", or now:" }
            (command("leadfleet patterns learn"))
            (learning::asked(ask, None))
            (ask_for_it(ask))
        },
    )
}

/// The button that has the detector learn.
fn ask_for_it(ask: &Ask) -> Markup {
    learning::button(ask, "/patterns/recompute")
}

/// `12 of 40 leads`: more are in the twin.
fn rest(shown: usize, all: usize, of: &str) -> Markup {
    html! { @if shown < all { p.muted { "The first " (shown) " of " (count(all as u64, of)) "; the page as JSON has all." } } }
}
