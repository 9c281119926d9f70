//! Which leads book.

use super::super::ask::{Ask, View};
use super::super::table::{numbers, table, words as column};
use super::super::words::{count, number, percent};
use super::cards::{List, group, list, surest_first};
use super::{Document, head};
use crate::problem::Problem;
use crate::routes::patterns::Pattern;
use axum::response::Response;
use maud::{Markup, html};
use patterns::{Metric, PatternType, Who};

pub(in super::super) async fn who(ask: Ask) -> Result<Response, Problem> {
    let document: Document<Who> = Document::of(&ask, PatternType::Who).await?;
    Ok(ask.show(&document))
}

impl View for Document<Who> {
    fn title(&self) -> String {
        "Who books".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        self.page(ask, |pattern, who| told(ask, pattern, who))
    }
}

fn told(ask: &Ask, pattern: &Pattern, who: &Who) -> Markup {
    let all = (who.overall_rate > 0.0).then_some(who.overall_rate);
    let about =
        |id, title, says, what| List { id, title, says, what, all, empty: "No group has enough leads." };
    let titles = who.title_rankings.iter().map(|one| group(&one.title, &one.card)).collect();
    let industries = who.industry_rankings.iter().map(|one| group(&one.industry, &one.card)).collect();
    let sizes = who.size_analysis.distribution.iter().flatten();
    let sizes: Vec<_> = sizes.map(|band| group(&band.range, &band.card)).collect();
    let signals = who.timing_cards.iter().map(|(name, card)| group(signal(name), card));
    let signals: Vec<_> = signals.collect();
    html! {
        (head(ask, pattern, &who.header, "outcomes are known"))
        @for warning in &who.warnings { p.notice.warn { (warning) } }
        @if !who.metrics.is_empty() { (reached(ask, &who.metrics)) }
        div.cards.charts {
            (list(ask, &about("titles", "Titles", "Of leads whose outcome is known, the share that booked, by job title: the surest first.", "title"), &surest_first(titles)))
            (list(ask, &about("industries", "Industries", "Of leads whose outcome is known, the share that booked, by industry: the surest first.", "industry"), &surest_first(industries)))
            (list(ask, &about("sizes", "Company sizes", "Of leads whose outcome is known, the share that booked, by employees of the company.", "employees"), &sizes))
            (list(ask, &about("signals", "Signals", "Of leads whose outcome is known, the share that booked among those with a signal; they are compared with those without it.", "signal"), &signals))
        }
        (others(who))
    }
}

/// What is not a comparison.
fn others(who: &Who) -> Markup {
    let spot = who.size_analysis.sweet_spot.as_ref().and_then(Option::as_ref);
    let contacted = |name: &str| who.contacted.get(name);
    html! {
        h2 { "All together" }
        dl.facts {
            @if who.header.sample_size > 0 {
                dt { "Booked, of known outcomes" } dd { (percent(who.overall_rate)) "; without addresses that did not exist " (percent(who.rate_without_bounced)) }
            }
            @if let Some(rate) = contacted("rate") {
                dt { "Booked, of all contacted" } dd { (percent(*rate)) @if let Some(rate) = contacted("eventual_rate") { " so far, " (percent(*rate)) " in the end" } }
            }
            @if let Some(spot) = spot {
                dt { "Size with the highest rate" } dd { (spot.min) " to " (spot.max) " employees, " (percent(spot.conversion_rate)) "; whether that is more than chance stands above" }
            }
            @for (name, leads) in &who.size_analysis.excluded { dt { "In no size" } dd { (count(*leads, "lead")) @if name == "over_500" { " of over 500 employees" } @else { " of unknown size" } } }
        }
    }
}

fn signal(name: &str) -> String {
    name.trim_end_matches("_lift").replace('_', " ")
}

fn reached(ask: &Ask, metrics: &[Metric]) -> Markup {
    let shown = |metric: &Metric, value: f64| {
        if metric.name == "booking_rate" { percent(value) } else { value.to_string() }
    };
    html! {
        h2 { "What outreach is measured by" }
        p.muted { "All leads that were contacted long enough ago: where it was before anything was learned, where it is to get, and where it is." }
        (table("What outreach is measured by", &ask.address, &[
            column("", &|metric: &Metric| html! { (metric.name.replace('_', " ")) }),
            numbers("Now", &|metric| html! { b { (shown(metric, metric.value)) } }),
            numbers("95 %", &|metric| html! { span.muted { (shown(metric, metric.low)) " to " (shown(metric, metric.high)) } }),
            numbers("n", &|metric| html! { (number(metric.n)) }),
            numbers("Before", &|metric| html! { (shown(metric, metric.baseline)) }),
            numbers("Target", &|metric| html! { @if metric.name == "booking_rate" { "at least " } @else { "below " } (shown(metric, metric.target)) }),
            column("Met", &|metric| super::super::layout::badge(if metric.met { "good" } else { "" }, if metric.met { "yes" } else { "no" })),
        ], metrics))
    }
}
