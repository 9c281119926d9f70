//! The patterns of growth, and what the last learning found beside them.

use super::super::ask::{Ask, View};
use super::super::form::Sent;
use super::super::layout::{command, empty, none, tabs};
use super::super::learning;
use super::super::table::{numbers, table, words as column};
use super::super::words::{count, moment, number, percent};
use super::{TABS, status, stayed, tier};
use crate::problem::Problem;
use crate::routes::growth::{GrowthPatterns, learn};
use axum::response::Response;
use chrono::{DateTime, Utc};
use dead::Verb;
use levels::learned::{Bin, Calibration, Transition};
use levels::{Pattern, Run};
use maud::{Markup, html};
use serde::Serialize;

/// The patterns that are served, and the last learning.
#[derive(Serialize)]
struct Growth {
    #[serde(flatten)]
    served: GrowthPatterns,
    last_run: Option<Run>,
}

pub(in super::super) async fn overview(ask: Ask) -> Result<Response, Problem> {
    let served = GrowthPatterns::of(&ask.app, ask.viewer.client).await?;
    let last_run = ask.app.contractors.last_run(ask.viewer.client).await?;
    Ok(ask.show(&Growth { served, last_run }))
}

/// Has the growth worker learn now, and leads back.
pub(in super::super) async fn recompute(sent: Sent) -> Result<Response, Problem> {
    sent.record(Verb::LearnGrowth, &sent.ask.viewer.client.simple().to_string()).await?;
    let moment = learn(&sent.ask.app, sent.ask.viewer.client, "dashboard").await?;
    Ok(learning::back("/growth", moment))
}

impl View for Growth {
    fn title(&self) -> String {
        "Growth".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let (patterns, next) = (&self.served.patterns, self.served.next_learning);
        html! {
            (tabs(ask.address.path(), &TABS))
            (learning::asked(ask, self.last_run.as_ref().map(|run| run.as_of)))
            @match &self.last_run {
                None => (nothing(ask, next)),
                Some(run) => {
                    p { "What contractors that went to a higher revenue tier did before, beside those who were as long in the tier and stayed. Each figure is of at least five contractors; none tells of a single one." }
                    ul.tiles {
                        li.tile { b { (number(run.contractors)) } span { "contractors looked at" } }
                        li.tile { b { (number(run.with_history)) } span { "of them with a revenue history" } }
                        li.tile { b { (patterns.len()) } span { "patterns served" } }
                        li.tile { b { (run.insufficient_data.len()) } span { "ways without a pattern" } }
                    }
                    p.muted { "As of " (moment(ask, run.as_of)) "; learned again on " (moment(ask, next)) "." }
                    (ask_for_it(ask))
                    (doubts(run))
                    h2 { "Patterns" }
                    @if patterns.is_empty() { p { "None: five contractors or more must have gone from one tier to the next, with something in common." } }
                    @else { (listed(ask, patterns)) }
                    (without(ask, &run.insufficient_data))
                    @if let Some(calibration) = &run.calibration { (came_true(ask, calibration)) }
                }
            }
        }
    }
}

fn nothing(ask: &Ask, next: DateTime<Utc>) -> Markup {
    empty(
        "Nothing was learned yet",
        &html! {
            p { "It is learned from contractors and the tiers they were in over time:" }
            (command("leadfleet import contractors contractors.csv --dry-run\nleadfleet import revenue-history history.csv --dry-run\nleadfleet growth learn"))
            p { "Then it is done by itself on the first of each month, the next time on " (moment(ask, next)) "." }
            (ask_for_it(ask))
        },
    )
}

fn ask_for_it(ask: &Ask) -> Markup {
    learning::button(ask, "/growth/recompute")
}

/// What is wrong with the rows.
fn doubts(run: &Run) -> Markup {
    html! {
        @for broken in &run.breaks {
            p.notice.warn { "In " (broken.year) " the lists hold " (broken.stayed) " of the " (broken.seen) " of the year before (" (percent(broken.share)) ", usually " (percent(broken.usual)) "): nothing is learned across it." }
        }
        @if run.selected_for_growth { p.notice.warn { "Hardly any revenue falls: these were chosen for growth, and nothing is compared." } }
        @if run.unknown_tiers > 0 { p.notice.warn { (count(run.unknown_tiers, "row")) " of the history left out: their tiers are not on the ladder." } }
    }
}

fn listed(ask: &Ask, patterns: &[Pattern]) -> Markup {
    let modal = |one: &Pattern| one.modal.clone().map(|modal| modal.figure);
    table(
        "Patterns",
        &ask.address,
        &[
            column(
                "Pattern",
                &|one: &Pattern| html! { a href={ "/growth/patterns/" (one.id) } { (one.pattern_name) } },
            ),
            column("What most did", &|one| {
                one.modal.as_ref().map_or_else(none, |modal| html! { (modal.phrase) })
            }),
            numbers("Made it with it", &|one| {
                modal(one).map_or_else(none, |figure| html! { b { (figure.percent()) } " " span.muted { (figure.count) " of " (figure.n) } })
            }),
            numbers("95 %", &|one| {
                modal(one).map_or_else(
                    none,
                    |figure| html! { span.muted { (percent(figure.low)) " to " (percent(figure.high)) } },
                )
            }),
            numbers("Stayed with it", &|one| {
                stayed(modal(one).and_then(|figure| figure.comparison).as_ref())
            }),
            numbers("Confidence", &|one| html! { (format!("{:.2}", one.confidence_score)) }),
            numbers("Months", &|one| {
                if one.months_stats.n > 0 {
                    html! { (one.median_time_to_level_up_months) }
                } else {
                    none()
                }
            }),
            column("Status", &|one| status(one.status)),
        ],
        patterns,
    )
}

/// Transitions of which no pattern is served, and why.
fn without(ask: &Ask, few: &[Transition]) -> Markup {
    html! { @if !few.is_empty() {
        h2 { "Ways without a pattern" }
        p.muted { "Contractors went this way, and nothing is told of what they did." }
        (table("Ways without a pattern", &ask.address, &[
            column("From", &|one: &Transition| html! { (tier(ask, &one.from_revenue_tier)) }),
            column("To", &|one| html! { (tier(ask, &one.to_revenue_tier)) }),
            numbers("Contractors", &|one| html! { (number(one.n)) }),
            column("Why", &|one| html! { (one.reason.as_deref().unwrap_or("too few")) }),
        ], few))
    } }
}

/// Whether confidence came true.
fn came_true(ask: &Ask, calibration: &Calibration) -> Markup {
    html! {
        h2 { "Whether confidence came true" }
        p.muted { "Of " (count(calibration.outcomes, "contractor")) " whose goals have ended: what was told before, and how many succeeded. The error is " (format!("{:.3}", calibration.error)) " on average." }
        @if !calibration.bins.is_empty() {
            (table("Whether confidence came true", &ask.address, &[
                numbers("Told before", &|bin: &Bin| html! { (percent(bin.confidence)) }),
                numbers("Succeeded", &|bin| html! { (percent(bin.succeeded)) }),
                numbers("Contractors", &|bin| html! { (bin.n) }),
            ], &calibration.bins))
        }
    }
}
