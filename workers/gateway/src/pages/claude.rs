//! What was asked of Claude, what it cost, and what waits.

use super::ask::{Ask, View};
use super::layout::{badge, empty};
use super::table::{numbers, table, words as column};
use super::words::{count, moment, number};
use crate::app::App;
use crate::problem::Problem;
use axum::response::Response;
use charts::{Frame, Lines, Over, Series, Unit, lines};
use claude::{Account, Budget, Day, OfModel, Sum};
use maud::{Markup, html};
use std::time::Duration;

pub(super) async fn account(ask: Ask) -> Result<Response, Problem> {
    Ok(ask.show(&ask.app.books.account(ask.app.now())))
}

/// Keeps the books until a stop is asked for; the bucket is there after the first question.
pub(crate) async fn follow(app: App) {
    let mut stop = app.runtime.stop_signal();
    loop {
        tokio::select! {
            kept = async {
                let kept = app.books.keep(app.runtime.jetstream()).await;
                tokio::time::sleep(AGAIN).await;
                kept
            } => if let Err(error) = kept {
                tracing::warn!(%error, "could not follow the answers of Claude");
            },
            () = async { drop(stop.wait_for(|stop| *stop).await) } => return,
        }
    }
}

const AGAIN: Duration = Duration::from_secs(2);

impl View for Account {
    fn title(&self) -> String {
        "Claude".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let total = &self.total;
        if *total == Sum::default() && self.asking == 0 && self.budgets.is_empty() {
            return empty(
                "Claude was not asked anything in the last 90 days",
                &html! {
                    p { "Without a key templates are generic and segments are ranked by numbers alone. With " code { "CLAUDE_API_KEY" } " set, the templater and the scorer ask." }
                },
            );
        }
        html! {
            p.muted { "From the answers that are kept for 90 days: the same question is paid for once, and found there again." }
            ul.tiles {
                li.tile { b { (dollars(total.micro_dollars)) } span { "in 90 days" } }
                li.tile { b { (dollars(self.today(ask))) } span { "today, UTC" } }
                li.tile { b { (number(total.answers)) } span { "answers, " (count(total.calls, "call")) } }
                li.tile { b { (number(total.prompt_tokens)) } span { "tokens asked, " (number(total.cached_tokens)) " of them from the cache" } }
                li.tile { b { (number(total.output_tokens)) } span { "tokens answered" } }
                li.tile.warn[total.refused > 0] { b { (number(total.refused)) } span { "refused for good" } }
                @if self.asking > 0 { li.tile { b { (number(self.asking)) } span { "being asked" } } }
            }
            @for (model, until) in &self.held { p.notice.warn { (model) " must wait until " (moment(ask, *until)) "." } }
            @if total.without_price > 0 { p.notice.warn { (count(total.without_price, "answer")) " came from models whose price is not known: the sum is too small." } }
            h2 { "Budgets of today" }
            @if self.budgets.is_empty() {
                p.muted { "No client has used a budget today (UTC). " code { "CLAUDE_DAILY_USD" } " and " code { "CLAUDE_DAILY_TOKENS" } " bound what each may use in a day." }
            } @else {
                (table("Budgets of today", &ask.address, &[
                    column("Client", &|one: &Budget| html! { bdi { (one.client) } @if one.is_used_up { " " (badge("warn", "used up")) } }),
                    numbers("Cost", &|one| used(one.spent.micro_dollars, one.spent.daily_micro_dollars, dollars)),
                    numbers("Tokens", &|one| used(one.spent.tokens, one.spent.daily_tokens, number)),
                ], &self.budgets))
            }
            div.card { (self.curve()) }
            h2 { "By model" }
            (table("By model", &ask.address, &[
                column("Model", &|one: &OfModel| html! { (one.model) }),
                numbers("Answers", &|one| html! { (number(one.sum.answers)) }),
                numbers("Calls", &|one| html! { (number(one.sum.calls)) }),
                numbers("Cost", &|one| html! { (dollars(one.sum.micro_dollars)) }),
            ], &self.models))
            h2 { "By day" }
            (table("By day", &ask.address, &[
                column("Day (UTC)", &|one: &Day| html! { (one.day) }),
                numbers("Answers", &|one| html! { (number(one.sum.answers)) }),
                numbers("Refused", &|one| html! { (number(one.sum.refused)) }),
                numbers("Tokens", &|one| html! { (number(one.sum.prompt_tokens.saturating_add(one.sum.output_tokens))) }),
                numbers("Cost", &|one| html! { (dollars(one.sum.micro_dollars)) }),
            ], &self.days))
        }
    }
}

trait Shown {
    fn today(&self, ask: &Ask) -> u64;
    fn curve(&self) -> Markup;
}

impl Shown for Account {
    fn today(&self, ask: &Ask) -> u64 {
        let today = ask.app.now().date_naive();
        self.days.iter().find(|one| one.day == today).map_or(0, |one| one.sum.micro_dollars)
    }

    fn curve(&self) -> Markup {
        let oldest_first = || self.days.iter().rev();
        let over = Over::Time(oldest_first().map(|one| one.day.and_time(chrono::NaiveTime::MIN)).collect());
        let values = oldest_first().map(|one| Some(one.sum.micro_dollars as f64 / 1e6)).collect();
        let series = vec![Series { name: "Cost".to_owned(), values }];
        let data = Lines { over, over_name: "Day", value_name: "US dollars", unit: Unit::Dollars, series };
        lines(
            &Frame {
                id: "cost",
                title: "Cost by day",
                about: "US dollars that were paid for answers, by day in UTC.",
                empty: "Nothing was paid for.",
            },
            &data,
        )
    }
}

/// How much of how much; nothing bounds it when that is 0.
fn used(used: u64, most: u64, words: impl Fn(u64) -> String) -> Markup {
    html! { (words(used)) @if most > 0 { " of " (words(most)) } }
}

fn dollars(micro: u64) -> String {
    format!("${:.2}", micro as f64 / 1e6)
}
