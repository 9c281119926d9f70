//! Who changed what of the fleet, and why.

use super::ask::{Ask, View};
use super::dead::history;
use super::layout::empty;
use super::table::{choice, filter, onward, search};
use crate::problem::Problem;
use axum::response::Response;
use dead::{Event, Verb, Wish};
use maud::{Markup, html};
use serde::Serialize;

/// Rows of a page.
const ROWS: usize = 200;

/// Changes, the newest first.
#[derive(Serialize)]
struct Audit {
    events: Vec<Event>,
    /// The cursor of older ones.
    next: Option<String>,
}

pub(super) async fn audit(ask: Ask) -> Result<Response, Problem> {
    let letter = ask.address.get("letter").map(str::parse::<u64>).transpose();
    let letter = letter.map_err(|error| Problem::wrong("letter", error.to_string()))?;
    let verb = ask.address.get("what").map(str::parse::<Verb>).transpose();
    let verb = verb.map_err(|error| Problem::wrong("what", error.to_string()))?;
    let wish = Wish { letter, operator: ask.address.get("operator").map(str::to_owned), verb };
    let before = ask.address.get("cursor").map(str::parse::<u64>).transpose();
    let before = before.map_err(|error| Problem::wrong("cursor", error.to_string()))?;
    let recent = ask.app.dead.recent(&wish, before, ROWS).await?;
    Ok(ask.show(&Audit { events: recent.events, next: recent.before.map(|number| number.to_string()) }))
}

impl View for Audit {
    fn title(&self) -> String {
        "Audit".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let words = |verb: &Verb| (verb.as_str(), verb.as_str().replace('_', " "));
        let verbs: Vec<(&str, String)> = Verb::ALL.iter().map(words).collect();
        let verbs: Vec<(&str, &str)> = verbs.iter().map(|(name, words)| (*name, words.as_str())).collect();
        let fields = html! {
            (choice(&ask.address, "what", "What", &verbs))
            (search(&ask.address, "operator", "Who"))
            (search(&ask.address, "letter", "Dead letter"))
        };
        html! {
            p.muted { "Every change that somebody made to the fleet, kept for a year." }
            (filter(&ask.address, &["what", "operator", "letter"], &fields))
            @if !self.events.is_empty() { (history(ask, &self.events)) }
            @else if self.next.is_some() { p { "Nothing among the newest. Older ones may be like that." } }
            @else if ask.address.pairs().next().is_some() {
                (empty("Nothing is like that", &html! { p { a href="/audit" { "Show all" } } }))
            } @else {
                (empty("Nothing was changed", &html! { p { "Replays, corrections, pauses and sign-ins come here, each with who and why." } }))
            }
            (onward(&ask.address, self.next.as_deref()))
        }
    }
}
