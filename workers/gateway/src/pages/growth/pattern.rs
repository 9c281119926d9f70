//! One pattern of growth: what those who made it did, beside those who stayed, and what is recommended from it.

use super::super::ask::{Ask, View};
use super::super::layout::{none, tabs};
use super::super::table::{numbers, table, words as column};
use super::super::words::{count, moment, percent};
use super::{TABS, said, status, stayed, verdict};
use crate::input::Numbers;
use crate::problem::Problem;
use axum::response::Response;
use charts::{Bar, Bars, Frame, Unit, bars};
use levels::pattern::{Basis, Figure, Validation};
use levels::{ContentKind, Pattern, Verdict};
use maud::{Markup, html};
use serde::Serialize;
use std::collections::BTreeMap;

/// A pattern as the API tells it, and the names of its partners.
#[derive(Serialize)]
#[serde(transparent)]
struct One {
    pattern: Pattern,
    #[serde(skip)]
    partners: BTreeMap<i32, String>,
}

pub(in super::super) async fn pattern(ask: Ask, Numbers(id): Numbers<i32>) -> Result<Response, Problem> {
    let (known, client) = (&ask.app.contractors, ask.viewer.client);
    let pattern = known.patterns(client, ask.app.now()).await?.into_iter().find(|pattern| pattern.id == id);
    let pattern = pattern.ok_or(contractors::Error::UnknownPattern(id))?;
    let partners = known.partner_names(client).await?;
    Ok(ask.show(&One { pattern, partners }))
}

/// Something that many had in common.
struct Common<'a> {
    name: String,
    kind: &'static str,
    note: String,
    figure: &'a Figure,
}

impl One {
    /// The most common action first, then the others, partners and content.
    fn common(&self) -> Vec<Common<'_>> {
        let pattern = &self.pattern;
        let plain = |name: String, kind, figure| Common { name, kind, note: String::new(), figure };
        let mut all = Vec::new();
        all.extend(
            pattern.modal.iter().map(|modal| plain(modal.phrase.clone(), "most common", &modal.figure)),
        );
        let is_modal = |name: &str| pattern.modal.as_ref().is_some_and(|modal| modal.name == name);
        let areas = pattern.common_focus_areas_stats.iter().map(|one| ("focus area", one));
        let milestones = pattern.common_milestones_stats.iter().map(|one| ("milestone", one));
        let others = areas.chain(milestones).filter(|(_, one)| !is_modal(&one.name));
        all.extend(others.map(|(kind, one)| plain(said(&one.name), kind, &one.figure)));
        all.extend(pattern.common_partners.iter().map(|one| {
            Common {
                name: self
                    .partners
                    .get(&one.partner_id)
                    .cloned()
                    .unwrap_or_else(|| format!("partner {}", one.partner_id)),
                kind: "partner",
                note: one
                    .avg_satisfaction
                    .map_or_else(String::new, |avg| format!("satisfaction {avg:.1} of 5")),
                figure: &one.figure,
            }
        }));
        for kind in ContentKind::ALL {
            all.extend(pattern.content(kind).iter().map(|one| Common {
                name: one.title.clone(),
                kind: kind.name(),
                note: one.author.clone(),
                figure: &one.figure,
            }));
        }
        all
    }
}

impl View for One {
    fn title(&self) -> String {
        self.pattern.pattern_name.clone()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let (pattern, common) = (&self.pattern, self.common());
        let months = &pattern.months_stats;
        html! {
            (tabs(ask.address.path(), &TABS))
            p { (pattern.pattern_description) }
            p { (status(pattern.status)) @if let Some(reason) = &pattern.status_reason { " " (reason) } }
            ul.tiles {
                li.tile { b { (pattern.sample_size) } span { "contractors went from " (pattern.from_label) " to " (pattern.to_label) } }
                li.tile { b { (format!("{:.2}", pattern.confidence_score)) } span { "confidence; " (format!("{:.2} to {:.2}", pattern.confidence_low, pattern.confidence_high)) " without outcomes" } }
                @if months.n > 0 { li.tile { b { (pattern.median_time_to_level_up_months) } span { "months in the tier, in the middle" } } }
                @if let Some(rate) = pattern.success_rate { li.tile { b { (percent(rate)) } span { "of those with the most common action levelled up" } } }
                @if pattern.outcomes.n > 0 { li.tile { b { (pattern.outcomes.successes) " of " (pattern.outcomes.n) } span { "whose goals have ended succeeded" } } }
            }
            p.muted { "Figures as of " (moment(ask, pattern.released_at)) "; looked at again " (moment(ask, pattern.last_recalculated_at)) ". " (judged(pattern.validation)) }
            div.cards.charts {
                section.card { (shares(&common)) }
                section.card { (beside(pattern, &common)) }
            }
            h2 { "Every figure" }
            p.muted { "How many of those who made it had something before, and of those who stayed as long. Never that it makes the difference." }
            (figures(ask, &common))
            (who_and_when(pattern))
        }
    }
}

fn judged(validation: Validation) -> &'static str {
    match validation {
        Validation::Passed => "It held on the newest level-ups, which it was not found on.",
        Validation::Failed => "It did not hold on the newest level-ups, which it was not found on.",
        Validation::TooFew => "There are too few newer level-ups to judge it by.",
    }
}

/// What most had, of those who made it.
fn shares(common: &[Common<'_>]) -> Markup {
    let row = |one: &Common<'_>| Bar {
        label: one.name.clone(),
        value: one.figure.count as f64 / one.figure.n as f64,
        interval: Some((one.figure.low, one.figure.high)),
        n: Some(one.figure.n),
        verdict: Some(drawn(one.figure.verdict)),
    };
    let rows = common.iter().map(row).collect();
    let data = Bars {
        label_name: "Had it",
        value_name: "Of those who made it",
        unit: Unit::Share,
        reference: None,
        rows,
    };
    let says = "Of contractors who made it, the share that had something before. Green: more common than among those who stayed, beyond chance.";
    let frame = Frame {
        id: "shares",
        title: "Had it before they made it",
        about: says,
        empty: "Nothing that may be told is common.",
    };
    html! { h2 { "What those who made it had" } p.muted { (says) } (bars(&frame, &data)) }
}

fn drawn(verdict: Verdict) -> charts::Verdict {
    match verdict {
        Verdict::MoreCommon => charts::Verdict::Better,
        Verdict::CommonAmong => charts::Verdict::Unclear,
    }
}

/// By how much more common it is than among those who stayed.
fn beside(pattern: &Pattern, common: &[Common<'_>]) -> Markup {
    let row = |one: &Common<'_>| {
        let with = one.figure.comparison.as_ref()?;
        Some(Bar {
            label: one.name.clone(),
            value: with.difference,
            interval: Some((with.difference_low, with.difference_high)),
            n: Some(with.stayed),
            verdict: Some(drawn(one.figure.verdict)),
        })
    };
    let rows = common.iter().filter_map(row).collect();
    let data = Bars {
        label_name: "Had it",
        value_name: "More than among those who stayed",
        unit: Unit::Share,
        reference: None,
        rows,
    };
    let says = match pattern.comparison {
        Basis::Stayers => {
            "By how much the share is higher than among those who were as long in the tier and stayed (n). Where the whisker crosses zero, no difference is shown."
        }
        Basis::None => "Nobody is known who was as long in the tier and stayed, so nothing is compared.",
    };
    let frame = Frame {
        id: "beside",
        title: "Difference to those who stayed",
        about: says,
        empty: "There is nobody to compare with.",
    };
    html! { h2 { "Beside those who stayed" } p.muted { (says) } (bars(&frame, &data)) }
}

fn figures(ask: &Ask, common: &[Common<'_>]) -> Markup {
    table(
        "Every figure",
        &ask.address,
        &[
            column(
                "What",
                &|one: &Common<'_>| html! { bdi { (one.name) } @if !one.note.is_empty() { " " span.muted { bdi { (one.note) } } } },
            ),
            column("Kind", &|one| html! { (one.kind) }),
            numbers(
                "Made it",
                &|one| html! { b { (one.figure.percent()) } " " span.muted { (one.figure.count) " of " (one.figure.n) } },
            ),
            numbers(
                "95 %",
                &|one| html! { span.muted { (percent(one.figure.low)) " to " (percent(one.figure.high)) } },
            ),
            numbers("Stayed", &|one| stayed(one.figure.comparison.as_ref())),
            numbers("q", &|one| match one.figure.comparison.as_ref().and_then(|with| with.q) {
                Some(q) => html! { (super::super::patterns::chance(q)) },
                None => none(),
            }),
            numbers("After", &|one| match one.figure.median_months {
                Some(months @ 1..) => {
                    html! { (count(months.into(), "month")) @if one.figure.undated { ", some undated" } }
                }
                Some(0) | None => none(),
            }),
            column("Verdict", &|one| verdict(one.figure.verdict)),
        ],
        common,
    )
}

/// Who they were, and how long it took.
fn who_and_when(pattern: &Pattern) -> Markup {
    let (months, then) = (&pattern.months_stats, &pattern.success_indicators);
    html! {
        h2 { "Who they were, and how long it took" }
        dl.facts {
            @if let Some(team) = pattern.team_size { dt { "Team at the beginning" } dd { (team) " in the middle" } }
            @if let Some(stage) = &pattern.current_stage { dt { "Stage at the beginning" } dd { bdi { (said(stage)) } } }
            @if let Some(more) = then.revenue_increased { dt { "Revenue afterwards" } dd { (more) " % more in the middle" } }
            @if let Some(doubled) = then.team_doubled { dt { "Team afterwards" } dd { @if doubled { "twice as large or more, for most" } @else { "less than twice as large, for most" } } }
            @if months.n > 0 {
                dt { "Months in the tier" } dd { "average " (pattern.avg_time_to_level_up_months) ", fastest " (pattern.fastest_time_months) "; a quarter within " (months.p25) ", three quarters within " (months.p75) ", of " (months.n) " who were seen entering it" }
                @if let Some(rate) = months.eventual_rate { dt { "Of all in the tier" } dd { (percent(rate)) " level up in the end" @if let Some(median) = months.median_all { "; half of all by month " (median) } } }
            } @else { dt { "Months in the tier" } dd { "not known: too few were seen entering it" } }
        }
    }
}
