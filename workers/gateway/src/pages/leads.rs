//! Leads by their scores, and why the score of one is what it is.

use super::ask::{Ask, Asked, View};
use super::layout::{badge, command, empty, none};
use super::table::{choice, filter, numbers, onward, search, table, words as column};
use super::words::{moment, moment_or_none, percent};
use crate::input::Id;
use crate::problem::Problem;
use als::{Ledger, Milli, Part, Tier};
use axum::response::Response;
use db::activities::Activity;
use maud::{Markup, html};
use prospects::{Explanation, LeadPage, LeadStatus, LeadsQuery, ListedLead};
use serde::Serialize;

pub(crate) async fn list(ask: Ask, Asked(query): Asked<LeadsQuery>) -> Result<Response, Problem> {
    let most = if ask.is_twin() { 1000 } else { 200 };
    if !(1..=most).contains(&query.limit) {
        return Err(Problem::wrong("limit", format!("must be from 1 to {most}")));
    }
    let leads = ask.app.scores.list(ask.viewer.client, &query).await?;
    Ok(ask.show(&leads))
}

impl View for LeadPage {
    fn title(&self) -> String {
        "Leads".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let tiers = Tier::ALL.map(|tier| (tier.name(), tier.name()));
        let statuses = LeadStatus::ALL.map(|status| (status.name(), status.name()));
        let fields = html! {
            (search(&ask.address, "q", "Name, company or title"))
            (choice(&ask.address, "tier", "Tier", &tiers))
            (choice(&ask.address, "status", "Status", &statuses))
        };
        html! {
            p.muted { "A lead is scored when it comes or changes; its page shows why." }
            (filter(&ask.address, &["q", "tier", "status"], &fields))
            @if self.leads.is_empty() { (nobody(ask)) } @else {
                (table("Leads", &ask.address.or("sort", "score"), &[
                    numbers("Score", &|lead: &ListedLead| score(lead)).by("score"),
                    column("Tier", &|lead| tier(lead.tier.as_deref())),
                    column("Lead", &|lead: &ListedLead| html! { a href={ "/leads/" (lead.prospect_id) } { bdi { (lead.name) } } }).by("name"),
                    column("Title", &|lead| html! { bdi { (lead.title) } }),
                    column("Company", &|lead| html! { bdi { (lead.company) } }),
                    column("Status", &|lead| html! { (lead.status.replace('_', " ")) }),
                    column("First touch", &|lead| moment_or_none(ask, lead.first_touch.as_ref().map(|touch| touch.at))),
                    column("Weights", &|lead| html! { (lead.weights_source.as_deref().unwrap_or("–")) }),
                ], &self.leads))
                (onward(&ask.address, self.next.as_deref()))
            }
        }
    }
}

fn nobody(ask: &Ask) -> Markup {
    if ask.address.pairs().next().is_some() {
        return empty("No lead is like that", &html! { p { a href="/leads" { "Show all leads" } } });
    }
    empty(
        "There are no leads yet",
        &html! {
            p { "They come by the API, or from a file:" }
            (command("leadfleet import leads leads.csv --dry-run"))
        },
    )
}

fn score(lead: &ListedLead) -> Markup {
    match lead.score {
        Some(score) => html! { b { (score) } },
        None => html! { span.muted title="not scored yet" { "–" } },
    }
}

pub(crate) fn tier(name: Option<&str>) -> Markup {
    let kind = match name {
        Some("hot") => "bad",
        Some("warm") => "warn",
        Some("cool") => "accent",
        _ => "",
    };
    name.map_or_else(none, |name| badge(kind, name))
}

/// A lead, why its score is what it is, and what happened.
#[derive(Serialize)]
struct Lead {
    #[serde(flatten)]
    why: Explanation,
    activities: Vec<Activity>,
}

pub(crate) async fn one(ask: Ask, Id(prospect_id): Id) -> Result<Response, Problem> {
    let scores = &ask.app.scores;
    let why = scores.explain(ask.viewer.client, &prospect_id, ask.app.now()).await?;
    let activities = scores.activities(ask.viewer.client, &prospect_id).await?;
    Ok(ask.show(&Lead { why, activities }))
}

impl View for Lead {
    fn title(&self) -> String {
        self.why.lead.name.clone()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let (lead, now) = (&self.why.lead, &self.why.now);
        html! {
            p { bdi { (lead.title) } @if !lead.title.is_empty() && !lead.company.is_empty() { ", " } bdi { (lead.company) } }
            ul.tiles {
                li.tile { b { (now.score) } span { "of " (now.ledger.max_score) " points" } }
                li.tile { b.word { (now.tier.name()) } span { @if let Some(rule) = &now.excluded_by { (rule) } @else { "tier" } } }
                @if let Some(likelihood) = now.likelihood { li.tile { b { (percent(likelihood)) } span { "of such leads have booked" } } }
                li.tile { b.word { (lead.status.replace('_', " ")) } span { "status" } }
            }
            @if lead.score.is_some_and(|stored| stored != i16::from(now.score)) {
                p.notice { "Stored is " (lead.score.unwrap_or_default()) ", of " (moment_or_none(ask, lead.scored_at)) ". It comes out otherwise now." }
            }
            h2 { "Why" }
            p.muted { "The lines add up to the score. Weights: " (now.weights_reason) "." }
            (ledger(&now.ledger))
            h2 { "What is not known yet" }
            @if now.what_if.is_empty() { p { "Nothing that would raise the score." } } @else {
                (table("What would raise the score", &ask.address, &[
                    column("If it", &|one: &als::WhatIf| html! { (one.says) }),
                    numbers("Gain", &|one| html! { "+" (one.gain) }),
                    numbers("Score", &|one| html! { (one.score) }),
                    column("Tier", &|one| tier(Some(one.tier.name()))),
                ], &now.what_if))
            }
            @if let Some(touch) = &lead.first_touch {
                h2 { "Before the first touch" }
                p { "Contacted first on " (moment(ask, touch.at)) "; the score was then "
                    @match touch.score.as_ref().and_then(|score| score["score"].as_i64()) {
                        Some(score) => b { (score) },
                        None => "not known",
                    } "." }
            }
            h2 { "What happened" }
            @if self.activities.is_empty() { p { "Nothing yet." } } @else { (happened(ask, &self.activities)) }
        }
    }
}

fn happened(ask: &Ask, activities: &[Activity]) -> Markup {
    table(
        "What happened",
        &ask.address,
        &[
            column("When", &|one: &Activity| moment(ask, one.created_at)),
            column(
                "What",
                &|one| html! { (one.action.replace('_', " ")) @if one.machine { " " (badge("", "machine")) } },
            ),
            column("Channel", &|one| html! { (one.channel) }),
            numbers("Step", &|one| html! { @match one.step { Some(step) => (step), None => "–" } }),
            column("Meant", &|one| html! { (one.intent.as_deref().unwrap_or("–").replace('_', " ")) }),
            column("Source", &|one| html! { bdi { (one.source) } }),
        ],
        activities,
    )
}

fn ledger(ledger: &Ledger) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="The lines of the score" {
            table {
                caption.hidden { "The lines of the score" }
                thead { tr {
                    th scope="col" { "Part" } th.number scope="col" { "Points" } th.number scope="col" { "Weight" } th.number scope="col" { "Of the score" }
                } }
                tbody {
                    @for part in &ledger.parts {
                        tr {
                            th scope="row" { (name(part.part)) }
                            td.number { (part.points + 0.0) " of " (part.most) }
                            td.number { @match part.weight { Some(weight) => (weight), None => "taken off" } }
                            td.number { b { (points(part.contributes)) } }
                        }
                        @for rule in &part.rules {
                            tr {
                                td { span.muted { "· " } bdi { (rule.says) } }
                                td.number { (rule.points) }
                                td.number {}
                                td.number.muted { (points(rule.contributes)) }
                            }
                        }
                    }
                    tr { td { (ledger.cut.says) } td.number {} td.number {} td.number { (points(ledger.cut.contributes)) } }
                    tr { th scope="row" { "Score" } td.number {} td.number {} td.number { b { (ledger.score) ".000" } } }
                }
            }
        }
    }
}

fn name(part: Part) -> String {
    part.name().replace('_', " ")
}

fn points(milli: Milli) -> String {
    format!("{:.3}", milli.points()).replace('-', "−")
}
