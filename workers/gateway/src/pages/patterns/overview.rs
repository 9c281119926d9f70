//! Which patterns are learned, from how much, how much of it chance would find, and what was decided over the weights.

use super::super::ask::{Ask, View};
use super::super::form::Sent;
use super::super::layout::{badge, command, none, tabs};
use super::super::learning;
use super::super::table::{numbers, table, words as column};
use super::super::words::{moment, moment_or_none, number};
use super::weights::{decided, named};
use super::{TABS, ask_for_it, is_old, nothing};
use crate::problem::Problem;
use crate::routes::patterns::{Pattern, Patterns, learn};
use axum::response::Response;
use dead::Verb;
use maud::{Markup, html};
use serde_json::Value;

pub(in super::super) async fn overview(ask: Ask) -> Result<Response, Problem> {
    let patterns = Patterns::of(&ask.app, ask.viewer.client).await?;
    Ok(ask.show(&patterns))
}

/// Has the detector learn now, and leads back.
pub(in super::super) async fn recompute(sent: Sent) -> Result<Response, Problem> {
    sent.record(Verb::LearnPatterns, &sent.ask.viewer.client.simple().to_string()).await?;
    let moment = learn(&sent.ask.app, sent.ask.viewer.client, "dashboard").await?;
    Ok(learning::back("/patterns", moment))
}

impl View for Patterns {
    fn title(&self) -> String {
        "Patterns".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let learned = self.patterns.iter().map(|pattern| pattern.computed_at).max();
        html! {
            (tabs(ask.address.path(), &TABS))
            @if learned.is_none() { (nothing(ask)) } @else {
                (learning::asked(ask, learned))
                p { "What leads that booked have in common, and how well that is known. Prompts, schedules and scores use what is proven and nothing else." }
                @for warning in warnings(&self.patterns) { p.notice.warn { (warning) } }
                (types(ask, &self.patterns))
                p.muted { "By chance: how many better and worse the same search finds when the outcomes are shuffled. Held since: of the verdicts of a month ago, those that have come true among who came later." }
                p.muted { "Learned again on " (moment(ask, self.next_learning)) ", from leads of the last 365 days that were contacted at least 28 days ago." }
                (ask_for_it(ask))
                @if let Some(who) = self.patterns.iter().find(|pattern| pattern.pattern_type == "who") { (scores(&who.patterns)) }
            }
        }
    }
}

fn types(ask: &Ask, patterns: &[Pattern]) -> Markup {
    table(
        "Patterns by type",
        &ask.address,
        &[
            column("Pattern", &|one: &Pattern| {
                let (path, name) = match one.pattern_type.as_str() {
                    "who" => ("/patterns/who", "Who books"),
                    "what" => ("/patterns/what", "What was said"),
                    "when" => ("/patterns/when", "When"),
                    _ => ("/patterns/how", "How"),
                };
                html! { a href=(path) { (name) } }
            }),
            column(
                "As of",
                &|one| html! { (moment(ask, one.computed_at)) @if is_old(ask, one) { " " (badge("warn", "out of date")) } },
            ),
            column("Used until", &|one| moment_or_none(ask, one.valid_until)),
            numbers("From", &|one| {
                let of = if one.pattern_type == "who" { "outcomes" } else { "bookings" };
                html! { (number(one.sample_size)) " " (of) }
            }),
            numbers("Confidence", &|one| html! { (format!("{:.2}", one.confidence)) }),
            numbers("Better or worse", &|one| html! { (one.patterns["quality"]["found"]) }),
            column("By chance", &|one| by_chance(&one.patterns["quality"])),
            column("Held since", &|one| held(&one.patterns["quality"]["calibration"])),
        ],
        patterns,
    )
}

/// What looks unhealthy.
fn warnings(patterns: &[Pattern]) -> impl Iterator<Item = &str> {
    let all = patterns.iter().filter_map(|pattern| pattern.patterns["warnings"].as_array()).flatten();
    all.filter_map(Value::as_str)
}

/// What the same search finds in shuffled outcomes, beside what it found.
fn by_chance(quality: &Value) -> Markup {
    let of = |name: &str| quality[name].as_u64();
    let Some((found, shuffled)) = of("found").zip(of("found_in_shuffled")) else { return none() };
    let most = found.max(shuffled).max(1);
    html! {
        meter min="0" max=(most) low=(most as f64 / 10.0) high=(most as f64 / 2.0) optimum="0" value=(shuffled) aria-label="found in shuffled outcomes" {}
        " " (shuffled)
    }
}

/// Of the verdicts of a month ago, how many have held since.
fn held(calibration: &Value) -> Markup {
    let of = |name: &str| calibration[name].as_u64();
    match of("held").zip(of("judged")) {
        Some((held, judged @ 1..)) => html! { (held) " of " (judged) },
        _ => none(),
    }
}

/// What was decided over the weights; it stands in the pattern of who books.
fn scores(who: &Value) -> Markup {
    html! {
        h2 { "Weights of scores" }
        p { (decided(who["weights_source"].as_str())) " " bdi { (who["weights_decision"]["reason"].as_str().unwrap_or_default()) } }
        @if let Some(weights) = who["recommended_weights"].as_object() {
            dl.facts { @for (name, weight) in weights { dt { (named(name)) } dd { (weight) } } }
        }
        p { a href="/patterns/weights" { "How they were decided over" } }
        h2 { "What would it bring?" }
        p { "Ask what other weights would have done, or what it would bring to begin with one channel; nothing is written." }
        (command("leadfleet patterns whatif --first-channel email --tier warm"))
    }
}
