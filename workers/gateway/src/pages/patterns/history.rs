//! What was learned before, and how much of it chance would find.

use super::super::ask::{Ask, Asked, View};
use super::super::layout::{none, tabs};
use super::super::table::{choice, filter, numbers, table, words as column};
use super::super::words::{moment, number};
use super::{TABS, nothing};
use crate::problem::Problem;
use crate::routes::patterns::{History, HistoryQuery, Pattern};
use axum::response::Response;
use maud::{Markup, html};
use patterns::PatternType;

pub(in super::super) async fn history(
    ask: Ask,
    Asked(asked): Asked<HistoryQuery>,
) -> Result<Response, Problem> {
    if !(1..=100).contains(&asked.limit) {
        return Err(Problem::wrong("limit", "must be from 1 to 100"));
    }
    Ok(ask.show(&History::of(&ask.app, ask.viewer.client, &asked).await?))
}

impl View for History {
    fn title(&self) -> String {
        "What was learned before".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let history = &self.history;
        let types = PatternType::ALL.map(|kind| (kind.name(), kind.name()));
        let limits = [("50", "50"), ("100", "100")];
        let fields = html! { (choice(&ask.address, "type", "Type", &types)) (choice(&ask.address, "limit", "Rows", &limits)) };
        if history.is_empty() && ask.address.pairs().next().is_none() {
            return html! { (tabs(ask.address.path(), &TABS)) (nothing(ask)) };
        }
        html! {
            (tabs(ask.address.path(), &TABS))
            p.muted { "Every learning with how many groups came out better or worse, and how many the same search finds when the outcomes are shuffled: the newest first." }
            (filter(&ask.address, &["type", "limit"], &fields))
            (table("What was learned before", &ask.address, &[
                column("As of", &|one: &Pattern| moment(ask, one.computed_at)),
                column("Type", &|one| html! { (one.pattern_type) }),
                numbers("From", &|one| html! { (number(one.sample_size)) }),
                numbers("Confidence", &|one| html! { (format!("{:.2}", one.confidence)) }),
                numbers("Better or worse", &|one| html! { (one.patterns["quality"]["found"]) }),
                numbers("By chance", &|one| html! { (one.patterns["quality"]["found_in_shuffled"]) }),
                column("Weights", &|one| one.patterns["weights_source"].as_str().map_or_else(none, |source| html! { (source) })),
            ], history))
        }
    }
}
