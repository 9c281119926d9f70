//! The leads behind a figure.

use super::super::ask::{Ask, View};
use super::super::layout::{badge, none, tabs};
use super::super::table::{table, words as column};
use super::super::words::{count, number, percent};
use super::TABS;
use crate::input::Id;
use crate::problem::Problem;
use crate::routes::patterns::behind;
use axum::response::Response;
use conversion::{Behind, Counted};
use db::Uuid;
use db::leads::Called;
use maud::{Markup, html};
use serde::Serialize;
use std::collections::HashMap;

/// Leads on a part of the page.
const ROWS: usize = 50;

/// As the API tells it; and what those leads are called that are shown.
#[derive(Serialize)]
#[serde(transparent)]
struct Evidence {
    behind: Behind,
    /// How many leads come before those that are shown.
    #[serde(skip)]
    offset: usize,
    #[serde(skip)]
    called: HashMap<Uuid, Called>,
}

pub(in super::super) async fn evidence(ask: Ask, Id(id): Id) -> Result<Response, Problem> {
    let offset = ask.address.offset()?;
    let behind = behind(&ask.app, ask.viewer.client, &id).await?;
    let ids: Vec<Uuid> = shown(&behind, offset).iter().map(|lead| lead.id).collect();
    let called = ask.app.scores.called(ask.viewer.client, &ids).await?;
    let called = called.into_iter().map(|lead| (lead.id, lead)).collect();
    Ok(ask.show(&Evidence { behind, offset, called }))
}

fn shown(behind: &Behind, offset: usize) -> &[Counted] {
    let rest = behind.leads.get(offset..).unwrap_or_default();
    rest.get(..ROWS).unwrap_or(rest)
}

impl View for Evidence {
    fn title(&self) -> String {
        let query = &self.behind.query;
        let group = query.split_once('=').map_or(query.as_str(), |(_, group)| group);
        format!("The leads behind “{group}”")
    }

    fn body(&self, ask: &Ask) -> Markup {
        let (behind, card) = (&self.behind, &self.behind.card);
        let figure = |name: &str| card[name].as_u64().unwrap_or_default();
        let rate = card["conversion_rate"].as_f64().unwrap_or(f64::NAN);
        html! {
            (tabs(ask.address.path(), &TABS))
            p { "Learned by run " code { bdi { (behind.run_id) } } " as " code { bdi { (behind.query) } } ": " b { (number(figure("converted"))) " of " (number(figure("sample"))) } " (" (percent(rate)) ")." }
            p.muted { (count(behind.total, "lead")) " counted in it now, those that booked first. A lead counts as often as it has messages in it." }
            @if !behind.as_learned { p.notice.warn { "They are not the same as when it was learned: leads came, changed or were erased." } }
            (table("Leads behind the figure", &ask.address, &[
                column("Lead", &|lead: &Counted| match self.called.get(&lead.id) {
                    Some(called) => html! { a href={ "/leads/" (called.prospect_id) } { bdi { (called.name) } } },
                    None => html! { span.muted { (lead.id) } },
                }),
                column("Title", &|lead| self.called.get(&lead.id).map_or_else(none, |called| html! { bdi { (called.title) } })),
                column("Company", &|lead| self.called.get(&lead.id).map_or_else(none, |called| html! { bdi { (called.company) } })),
                column("Booked", &|lead| if lead.booked { badge("good", "booked") } else { badge("", "no") }),
            ], shown(behind, self.offset)))
            (ask.address.parts(behind.leads.len(), ROWS))
            @if behind.total > behind.leads.len() as u64 { p.muted { "No more than " (number(behind.leads.len() as i128)) " are listed." } }
        }
    }
}
