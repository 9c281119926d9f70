//! Clinics in no segment with their nearest miss, and why one clinic is where it is.

use super::ask::{Ask, View};
use super::layout::{badge, command, empty, none};
use super::runs::{broker, named};
use super::table::{filter, numbers, onward, search, table, words as column};
use super::words::{count, number};
use crate::input::Numbers;
use crate::problem::Problem;
use axum::response::Response;
use maud::{Markup, html};
use overview::Error;
use overview::explain::{self, ClinicExplained, SignalExplained};
use overview::unmatched::{self, BadPlace, Missed, Place, Unmatched};
use serde::Serialize;

/// Rows of a page.
const ROWS: usize = 50;

pub(super) async fn missed(ask: Ask) -> Result<Response, Problem> {
    let place = ask.address.get("cursor").map(str::parse::<Place>).transpose();
    let place = place.map_err(|error: BadPlace| Problem::wrong("cursor", error.to_string()))?;
    let broker = broker(&ask);
    let known = match named(&ask, &broker).await {
        Err(Error::NoRun) => return Ok(ask.show(&NoRun { loading: None })),
        known => known?,
    };
    let words = ask.address.get("q").map(str::trim);
    match unmatched::page(&broker, &known, place.unwrap_or_default(), words, ROWS).await {
        Err(Error::NotScored { run }) => Ok(ask.show(&NoRun { loading: Some(run.to_string()) })),
        page => Ok(ask.show(&page?)),
    }
}

/// There is nothing to tell of yet.
#[derive(Serialize)]
struct NoRun {
    /// The run that has not scored its clinics yet.
    loading: Option<String>,
}

impl View for NoRun {
    fn title(&self) -> String {
        "Clinics in no segment".to_owned()
    }

    fn body(&self, _ask: &Ask) -> Markup {
        if let Some(run) = &self.loading {
            return empty(
                "Its clinics are not scored yet",
                &html! { p { "Run " a href={ "/runs/" (run) } { (run) } " is on its way; look again soon." } },
            );
        }
        empty(
            "No run yet",
            &html! { p { "A run tells of each clinic in no segment what it came nearest to:" } (command("leadfleet match start --watch")) },
        )
    }
}

impl View for Unmatched {
    fn title(&self) -> String {
        "Clinics in no segment".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let text =
            |text: &Option<String>| html! { @match text { Some(text) => bdi { (text) }, None => (none()) } };
        html! {
            p { b { (count(self.total.into(), "clinic")) } " of run " a href={ "/runs/" (self.run_id) } { (self.run_id) } " in no segment, each with what it came nearest to." }
            (filter(&ask.address, &["q"], &search(&ask.address, "q", "Name, place or nearest miss")))
            @if self.clinics.is_empty() {
                (nobody(self))
            } @else {
                (table("Clinics in no segment", &ask.address, &[
                    column("Clinic", &|clinic: &Missed| html! { a href={ "/clinics/" (clinic.id) "?run=" (self.run_id) } { bdi { (clinic.name) } } }),
                    column("Place", &|clinic| html! { bdi { (clinic.city.as_deref().unwrap_or_default()) } " " (clinic.state.as_deref().unwrap_or_default()) }),
                    column("Nearest miss", &|clinic| html! { bdi { (clinic.nearest_miss) } }),
                    numbers("Confidence", &|clinic| html! { (format!("{:.1}", clinic.confidence)) }),
                    column("Phone", &|clinic| text(&clinic.phone)),
                ], &self.clinics))
            }
            (onward(&ask.address, self.next.map(|next| next.to_string()).as_deref()))
        }
    }
}

/// What is said where a page has no clinics.
fn nobody(page: &Unmatched) -> Markup {
    match page.next {
        Some(_) => empty("None so far", &html! { p { "The list goes on: look at its next part." } }),
        None if page.total > 0 => {
            empty("No clinic like that is behind here", &html! { p { a href="/unmatched" { "Show all" } } })
        }
        None => {
            empty("No clinic is without a segment", &html! { p { a href="/segments" { "The segments" } } })
        }
    }
}

pub(super) async fn one(ask: Ask, Numbers(id): Numbers<i64>) -> Result<Response, Problem> {
    let broker = broker(&ask);
    let known = named(&ask, &broker).await?;
    Ok(ask.show(&explain::clinic_of_id(&broker, &known, id).await?))
}

impl View for ClinicExplained {
    fn title(&self) -> String {
        self.clinic.clone()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let points = &self.points;
        let rows = [
            ("Geographic", points.geographic),
            ("Business type", points.business_type),
            ("Pain pattern", points.pain_pattern),
            ("Decision maker", points.decision_maker),
            ("E-mail", points.email),
            ("Phone", points.phone),
        ];
        html! {
            p { bdi { (self.place) } " · clinic " (self.clinic_id) " · run " a href={ "/runs/" (self.run_id) } { (self.run_id) } }
            @match &self.kept_in {
                Some(segment) => {
                    p { "In " a href={ "/segments/" (form_urlencoded::byte_serialize(segment.as_bytes()).collect::<String>().replace('+', "%20")) "?run=" (self.run_id) } { bdi { (segment) } }
                        @if self.hot_lead { " " (badge("bad", "hot lead")) } }
                    p { bdi { (self.match_reason) } }
                    @if !self.removed_from.is_empty() { p.muted { "Taken out of " bdi { (self.removed_from.join(", ")) } ": a clinic stays in one segment." } }
                },
                None => p.notice { "In no segment; the nearest miss: " bdi { (self.nearest_miss) } },
            }
            h2 { "Its points" }
            p.muted { "Means over the pain points of its category." @if points.capped { " More than ten: ten count." } }
            (table("Points", &ask.address, &[
                column("For", &|(name, _): &(&str, f64)| html! { (name) }),
                numbers("Points", &|(_, value)| html! { (format!("{value:.1}")) }),
            ], &[rows.to_vec(), vec![("Together", points.sum)]].concat()))
            p { "Confidence " b { (format!("{:.1}", self.confidence)) } "; at least " (self.threshold) " was needed." }
            h2 { "What it has in common with the pain points" }
            @if self.signals.is_empty() { p { "Nothing." } }
            @for signal in self.signals.iter().filter(|signal| signal.points > 0.0) { (told(signal)) }
            @if let Some(priority) = &self.priority {
                h2 { "The priority of its segment" }
                p { "Number " (number(priority.position)) " with " b { (format!("{:.1}", priority.priority_score)) } " of 10." }
            }
        }
    }
}

fn told(signal: &SignalExplained) -> Markup {
    html! {
        div.card {
            h3 { (signal.category.replace('_', " ")) ": " (signal.strategy.replace('_', " ")) " " bdi { (signal.label) }
                @if !signal.city.is_empty() { " (" bdi { (signal.city) } ")" } }
            p.muted { (signal.points) " points each, " (count(signal.pain_points.into(), "pain point")) }
            ul { @for evidence in &signal.evidence {
                li { (marked(&evidence.marked)) " " span.muted { "#" (evidence.pain_point_id) ", " bdi { (evidence.rule) } } }
            } }
        }
    }
}

/// A text in which `[[` and `]]` stand around what decided.
fn marked(text: &str) -> Markup {
    let (before, rest) = text.split_once("[[").unwrap_or((text, ""));
    let (inside, after) = rest.split_once("]]").unwrap_or((rest, ""));
    html! { bdi { (before) @if !inside.is_empty() { mark { (inside) } } (after) } }
}
