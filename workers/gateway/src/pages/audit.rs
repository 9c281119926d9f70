//! Who changed what of the fleet, and why.

use super::ask::{Ask, View};
use super::dead::history;
use super::layout::empty;
use super::table::{filter, search};
use crate::problem::Problem;
use axum::response::Response;
use dead::{Event, Wish};
use maud::{Markup, html};
use serde::Serialize;

/// Rows of a page.
const ROWS: usize = 200;

/// Changes, the newest first.
#[derive(Serialize)]
struct Audit {
    total: usize,
    events: Vec<Event>,
}

pub(super) async fn audit(ask: Ask) -> Result<Response, Problem> {
    let letter = ask.address.get("letter").map(str::parse::<u64>).transpose();
    let letter = letter.map_err(|error| Problem::wrong("letter", error.to_string()))?;
    let wish = Wish { letter, operator: ask.address.get("operator").map(str::to_owned) };
    let events = ask.app.dead.history(&wish).await?;
    let offset = ask.address.offset()?;
    let (total, newest) = (events.len(), events.into_iter().rev().skip(offset).take(ROWS));
    Ok(ask.show(&Audit { total, events: newest.collect() }))
}

impl View for Audit {
    fn title(&self) -> String {
        "Audit".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let fields = html! {
            (search(&ask.address, "operator", "Who"))
            (search(&ask.address, "letter", "Dead letter"))
        };
        html! {
            p.muted { "Every change that somebody made to the fleet, kept for a year." }
            (filter(&ask.address, &["operator", "letter"], &fields))
            @if self.events.is_empty() {
                (empty("Nothing was changed", &html! { p { "Replays, corrections, pauses and sign-ins come here, each with who and why." } }))
            } @else {
                (history(ask, &self.events))
                (ask.address.parts(self.total, ROWS))
            }
        }
    }
}
