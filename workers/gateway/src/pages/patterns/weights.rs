//! The weights of scores over time, and why they were adopted or not.

use super::super::ask::{Ask, View};
use super::super::layout::{badge, command, none, tabs};
use super::super::table::{numbers, table, words as column};
use super::super::words::{moment, number, on_the_clock, percent};
use super::{TABS, nothing};
use crate::problem::Problem;
use crate::routes::patterns::{History, HistoryQuery, Pattern};
use als::Weights;
use axum::response::Response;
use charts::{Frame, Lines, Over, Series, Unit, lines};
use maud::{Markup, html};
use patterns::PatternType;
use prospects::Weighing;
use serde::Serialize;
use serde_json::Value;

const PARTS: [&str; 4] = ["data_quality", "authority", "company_fit", "timing"];

/// The weights that scores are made with, and every learning with what it decided.
#[derive(Serialize)]
struct OverTime {
    #[serde(flatten)]
    now: Weighing,
    #[serde(flatten)]
    earlier: History,
}

pub(in super::super) async fn weights(ask: Ask) -> Result<Response, Problem> {
    let client = ask.viewer.client;
    let now = ask.app.scores.weighing(client, ask.app.now()).await?;
    let every = HistoryQuery { r#type: Some(PatternType::Who.name().to_owned()), limit: 100 };
    let earlier = History::of(&ask.app, client, &every).await?;
    Ok(ask.show(&OverTime { now, earlier }))
}

impl View for OverTime {
    fn title(&self) -> String {
        "Weights of scores".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let (in_force, history) = (&self.now.in_force, &self.earlier.history);
        html! {
            (tabs(ask.address.path(), &TABS))
            p { "How much each part of a lead's score counts: " (in_force.source.says()) "." }
            ul.tiles { @for (name, weight) in parts(in_force.weights) { li.tile { b { (weight) } span { (named(name)) } } } }
            @if let Some(shadow) = self.now.shadow { (tried(shadow)) }
            @if history.is_empty() { (nothing(ask)) } @else {
                div.card { (over_time(ask, history)) }
                @if let Some(newest) = history.first() { (gate(ask, &newest.patterns)) }
                h2 { "Every decision" }
                p.muted { "Learned on the older 70 % of outcomes, and adopted when they rank the newer 30 % better in 80 % of the draws of a bootstrap." }
                (decisions(ask, history))
            }
        }
    }
}

fn parts(weights: Weights) -> [(&'static str, f64); 4] {
    let Weights { data_quality, authority, company_fit, timing } = weights;
    [
        ("data_quality", data_quality),
        ("authority", authority),
        ("company_fit", company_fit),
        ("timing", timing),
    ]
}

pub(super) fn named(part: &str) -> String {
    part.replace('_', " ")
}

/// Weights that were not adopted.
fn tried(shadow: Weights) -> Markup {
    let text: Vec<String> = parts(shadow).iter().map(|(name, weight)| format!("{name}={weight}")).collect();
    html! {
        p.notice { "Tried in the shadow: what was learned last is not in force, or not wholly. Every lead has a second score by it, which nothing uses. What it would have done:" }
        (command(&format!("leadfleet patterns whatif --weights {}", text.join(","))))
    }
}

/// What was decided, in a word.
pub(super) fn decided(source: Option<&str>) -> Markup {
    match source {
        Some("learned") => badge("good", "adopted"),
        Some("blend") => badge("accent", "mixed with the defaults"),
        Some("held") => badge("warn", "not adopted"),
        Some("default") => badge("", "the defaults"),
        _ => none(),
    }
}

fn over_time(ask: &Ask, history: &[Pattern]) -> Markup {
    let oldest_first = || history.iter().rev();
    let over = Over::Time(oldest_first().map(|one| on_the_clock(ask, one.computed_at)).collect());
    let of = |part: &str| Series {
        name: named(part),
        values: oldest_first().map(|one| one.patterns["recommended_weights"][part].as_f64()).collect(),
    };
    let series = PARTS.map(of).into();
    let data = Lines { over, over_name: "As of", value_name: "Weight", unit: Unit::Number, series };
    let frame = Frame {
        id: "weights",
        title: "Weights after each learning",
        about: "The weight of each of the four parts of a score, as it was in force after each learning.",
        empty: "Nothing was learned yet.",
    };
    lines(&frame, &data)
}

/// What decided the last time.
fn gate(ask: &Ask, who: &Value) -> Markup {
    let decision = &who["weights_decision"];
    let (gain, drift, top) = (&decision["gain"], &decision["drift"], &decision["top_fifth"]);
    let text = |value: &Value| value.as_f64().map(|value| format!("{value:.3}"));
    let signed = |value: &Value| value.as_f64().map_or_else(String::new, |value| format!("{value:+.3}"));
    let list = |value: &Value| {
        let all = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        all.map(str::to_owned).collect::<Vec<_>>()
    };
    html! {
        h2 { "The last decision" }
        p { (decided(who["weights_source"].as_str())) " " bdi { (decision["reason"].as_str().unwrap_or_default()) } }
        @for frozen in list(&drift["frozen"]) { p.notice.warn { "Learning is frozen: " (frozen) "." } }
        @for watched in list(&drift["watch"]) { p.notice { (watched) } }
        dl.facts {
            dt { "Outcomes" } dd { (number(decision["outcomes"].as_u64().unwrap_or_default())) ", " (number(decision["booked"].as_u64().unwrap_or_default())) " of them booked"
                @if let Some(without @ 1..) = decision["without_parts"].as_u64() { "; " (number(without)) " more without enough parts of their score" } }
            @if let Some(auc) = text(&decision["auc"]) {
                dt { "How well the weights before rank later outcomes" } dd { "AUC " (auc) @if let Some(error) = text(&decision["auc_error"]) { " ± " (error) } "; 0.5 is a coin, 1 is perfect" }
            }
            @if gain.is_object() {
                dt { "What the learned ones add" } dd { (signed(&gain["gain"])) " (" (signed(&gain["low"])) " to " (signed(&gain["high"])) "), better in " (percent(gain["above_zero"].as_f64().unwrap_or(f64::NAN))) " of draws; 80 % are needed" }
            }
            @if let Some([learned, before]) = decision["brier"].as_array().map(Vec::as_slice) {
                dt { "Whether probabilities come true" } dd { "Brier " (learned) ", before " (before) "; lower is better" }
            }
            @if let Some((capture, precision)) = top["capture"].as_f64().zip(top["precision"].as_f64()) {
                dt { "The fifth with the best scores" } dd { "has " (percent(capture)) " of the bookings; " (percent(precision)) " of it booked" @if let Some(ceiling) = top["ceiling"].as_f64() { ", where " (percent(ceiling)) " is the most there could be" } }
            }
            @if let Some((moved, limit)) = drift["population_stability"].as_f64().zip(drift["population_limit"].as_f64()) {
                dt { "How far scores have moved" } dd { "stability index " (format!("{moved:.2}")) "; from " (format!("{limit:.2}")) " on nothing is learned" }
            }
            @if let Some(most) = drift["instability"].as_f64() {
                dt { "How far a fitted weight moved in a week" } dd { (format!("{most:.3}")) @if drift["stable"] == true { ", stable over four weeks" } }
            }
            @if let Some(at) = decision["confirmed_at"].as_str().and_then(|text| text.parse().ok()) { dt { "Found good last" } dd { (moment(ask, at)) "; they hold for 14 days from then" } }
            @if let Some(candidate) = who["candidate_weights"].as_object() {
                dt { "What was fitted" } dd { @for part in PARTS { (named(part)) " " (candidate.get(part).unwrap_or(&Value::Null)) " " } }
            }
        }
    }
}

fn decisions(ask: &Ask, history: &[Pattern]) -> Markup {
    let weight = |one: &Pattern, part: &str| html! { (one.patterns["recommended_weights"][part]) };
    table(
        "Every decision",
        &ask.address,
        &[
            column("As of", &|one: &Pattern| moment(ask, one.computed_at)),
            column("Decided", &|one| decided(one.patterns["weights_source"].as_str())),
            column(
                "Why",
                &|one| html! { bdi { (one.patterns["weights_decision"]["reason"].as_str().unwrap_or_default()) } },
            ),
            numbers("Data", &|one| weight(one, "data_quality")),
            numbers("Authority", &|one| weight(one, "authority")),
            numbers("Fit", &|one| weight(one, "company_fit")),
            numbers("Timing", &|one| weight(one, "timing")),
        ],
        history,
    )
}
