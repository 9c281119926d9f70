//! The letters, those of one error as one row, or one by one with the newest first.

use super::super::ask::{Ask, View};
use super::super::layout::{badge, empty};
use super::super::table::{choice_or, filter as form, numbers, search, table, words as column};
use super::super::words::{count, moment, number};
use super::{chosen, known, standing};
use crate::problem::Problem;
use axum::response::Response;
use dead::{Group, Letter, Listing, Standing};
use maud::{Markup, html};
use std::cmp::Ordering;

/// Rows of a page.
const ROWS: usize = 100;

pub(crate) async fn list(ask: Ask) -> Result<Response, Problem> {
    let filter = chosen::filter(|name| ask.address.get(name), &[Standing::Open], ask.app.now())?;
    let offset = ask.address.offset()?;
    if ask.address.get("each").is_some() {
        let ((), oldest_first) = ask.address.sorting(&[("died", ())], ())?;
        let listing = known(&ask.app).await?.read(|letters| {
            if oldest_first {
                Listing::each(letters.values(), &filter, offset, ROWS)
            } else {
                Listing::each(letters.values().rev(), &filter, offset, ROWS)
            }
        });
        return Ok(ask.show(&listing));
    }
    let ways: [(&str, Order); 4] = [
        ("letters", |one, other| other.count.cmp(&one.count)),
        ("worker", |one, other| one.worker.cmp(&other.worker)),
        ("first", |one, other| other.first_at.cmp(&one.first_at)),
        ("last", |one, other| other.last_at.cmp(&one.last_at)),
    ];
    let (order, turned) = ask.address.sorting(&ways, ways[0].1)?;
    let mut listing =
        known(&ask.app).await?.read(|letters| Listing::grouped(letters.values().rev(), &filter));
    if let Some(groups) = &mut listing.groups {
        groups.sort_by(|one, other| if turned { order(other, one) } else { order(one, other) });
    }
    Ok(ask.show(&listing))
}

/// Which of two groups comes first.
type Order = fn(&Group, &Group) -> Ordering;

impl View for Listing {
    fn title(&self) -> String {
        "Dead letters".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let others = Standing::ALL.into_iter().filter(|state| *state != Standing::Open);
        let states: Vec<(&str, &str)> =
            others.map(|state| (state.as_str(), state.as_str())).chain([("all", "all")]).collect();
        let fields = html! {
            (choice_or(&ask.address, "state", "State", "open", &states))
            (search(&ask.address, "worker", "Worker"))
            (search(&ask.address, "class", "Class"))
            (search(&ask.address, "run", "Run"))
            (search(&ask.address, "since", "Since"))
        };
        html! {
            p.muted { "Messages that failed for good. Each is kept whole for 90 days; a replay sends it again as it was. Open ones are shown unless another state is chosen." }
            (form(&ask.address, &["state", "worker", "class", "run", "since", "fingerprint"], &fields))
            section #letters data-live {
                p { b { (count(self.letters as u64, "letter")) }
                    @for (state, others) in &self.in_other_states {
                        " · " a href=(ask.address.without(&["offset"]).with("state", state.as_str()).href()) { (number(*others)) " " (state.as_str().replace('_', " ")) }
                    }
                }
                @if self.letters == 0 { (none_fits(ask)) } @else {
                    @if let Some(groups) = &self.groups { (by_error(ask, groups)) }
                    @if let Some(each) = &self.each { (one_by_one(ask, each)) (ask.address.parts(self.letters, ROWS)) }
                    p {
                        @if self.each.is_some() { a href=(ask.address.without(&["each", "offset", "sort"]).href()) { "Those of one error as one row" } }
                        @else { a href=(ask.address.without(&["sort"]).with("each", 1).href()) { "One by one" } }
                        " · "
                        a href=(ask.address.without(&["each", "offset", "sort"]).at("/dead/replay").href()) { "What would a replay of these do?" }
                    }
                }
                p { a href="/dead/replays" { "Replays" } }
            }
        }
    }
}

fn none_fits(ask: &Ask) -> Markup {
    if ask.address.pairs().next().is_some() {
        return empty(
            "No dead letter is like that",
            &html! { p { a href="/dead" { "Show the open ones" } } },
        );
    }
    empty("Nothing is dead", &html! { p { "What fails for good comes here: nothing is lost." } })
}

fn by_error(ask: &Ask, groups: &[Group]) -> Markup {
    let link = |group: &Group| {
        ask.address
            .without(&["sort"])
            .with("fingerprint", &group.fingerprint)
            .with("worker", &group.worker)
            .with("each", 1)
            .href()
    };
    table(
        "Dead letters by error",
        &ask.address.or("sort", "letters"),
        &[
            numbers(
                "Letters",
                &|group: &Group| html! { a href=(link(group)) { (number(group.count as i128)) } },
            )
            .by("letters"),
            column("Worker", &|group: &Group| html! { (group.worker) }).by("worker"),
            column("Class", &|group| badge("", &group.class)),
            column(
                "The newest says",
                &|group| html! { a href={ "/dead/" (group.newest) } { bdi { (shortened(&group.error)) } } },
            ),
            column("First", &|group: &Group| moment(ask, group.first_at)).latest_by("first"),
            column("Last", &|group: &Group| moment(ask, group.last_at)).latest_by("last"),
        ],
        groups,
    )
}

pub(super) fn one_by_one(ask: &Ask, letters: &[Letter]) -> Markup {
    table(
        "Dead letters",
        &ask.address.or("sort", "died"),
        &[
            numbers(
                "Letter",
                &|letter: &Letter| html! { a href={ "/dead/" (letter.sequence) } { (letter.sequence) } },
            ),
            column("State", &|letter| standing(letter.state)),
            column("Worker", &|letter| html! { (letter.worker) }),
            column("Class", &|letter| badge("", &letter.class)),
            column("Error", &|letter| html! { bdi { (shortened(&letter.error)) } }),
            column(
                "Run",
                &|letter| html! { @if let Some(run) = &letter.run { a.id href={ "/runs/" (run) } { (run) } } @else { "–" } },
            ),
            column("Died", &|letter: &Letter| moment(ask, letter.dead_at)).latest_by("died"),
        ],
        letters,
    )
}

/// As much of an error as a row has room for.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None if text.is_empty() => "(says nothing)".to_owned(),
        None => text.to_owned(),
    }
}
