//! Contractors, to find one.

use super::super::ask::{Ask, Asked, View};
use super::super::layout::{command, empty, none, tabs};
use super::super::table::{choice, filter, numbers, onward, search, table, words as column};
use super::super::words::number;
use super::{TABS, said, tier};
use crate::problem::Problem;
use axum::response::Response;
use contractors::Listed;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

/// Rows of a part of the list.
const ROWS: i64 = 50;

#[derive(Deserialize)]
pub(in super::super) struct Wanted {
    /// A number, or words of a name.
    q: Option<String>,
    /// The code of the tier in the profile.
    tier: Option<String>,
    /// The number of the last one before.
    cursor: Option<i32>,
}

#[derive(Serialize)]
struct Page {
    contractors: Vec<Listed>,
    /// The cursor of the next part, if there is one.
    next: Option<i32>,
}

pub(in super::super) async fn contractors(
    ask: Ask,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let words = wanted.q.as_deref().map(str::trim).filter(|words| !words.is_empty());
    let after = wanted.cursor.unwrap_or_default();
    let tier = wanted.tier.as_deref().filter(|code| !code.is_empty());
    let listed = ask.app.contractors.list(ask.viewer.client, words, tier, after, ROWS);
    let (contractors, more) = listed.await?;
    let next = contractors.last().filter(|_| more).map(|last| last.id);
    Ok(ask.show(&Page { contractors, next }))
}

impl View for Page {
    fn title(&self) -> String {
        "Contractors".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        let ladder = ask.app.contractors.rules().ladder().tiers();
        let labels: Vec<_> = ladder.iter().map(|tier| (tier.code.as_str(), tier.label())).collect();
        let tiers: Vec<_> = labels.iter().map(|(code, label)| (*code, label.as_str())).collect();
        html! {
            (tabs(ask.address.path(), &TABS))
            p.muted { "The page of one has goals, partners, content and a timeline that follow from those who went the same way before." }
            (filter(&ask.address, &["q", "tier"], &html! {
                (search(&ask.address, "q", "Number or name"))
                (choice(&ask.address, "tier", "Tier", &tiers))
            }))
            @if self.contractors.is_empty() { (nobody(ask)) } @else {
                (table("Contractors", &ask.address, &[
                    numbers("Number", &|one: &Listed| html! { a href={ "/growth/contractors/" (one.id) } { (one.id) } }),
                    column("Name", &|one| one.name.as_ref().map_or_else(none, |name| html! { a href={ "/growth/contractors/" (one.id) } { bdi { (name) } } })),
                    column("Tier in the profile", &|one| one.revenue_tier.as_deref().map_or_else(none, |code| html! { (tier(ask, code)) })),
                    column("Stage", &|one| one.current_stage.as_deref().map_or_else(none, |stage| html! { bdi { (said(stage)) } })),
                    column("Focus", &|one| html! { bdi { (said(&one.focus_areas.join(", "))) } }),
                    numbers("Team", &|one| one.team_size.map_or_else(none, |size| html! { (number(size)) })),
                    numbers("Open goals", &|one| html! { (number(one.open_goals)) }),
                ], &self.contractors))
                (onward(&ask.address, self.next.map(|next| next.to_string()).as_deref()))
            }
        }
    }
}

fn nobody(ask: &Ask) -> Markup {
    if ask.address.pairs().next().is_some() {
        return empty(
            "No contractor is like that",
            &html! { p { a href="/growth/contractors" { "Show all" } } },
        );
    }
    empty(
        "There are no contractors yet",
        &html! {
            p { "They come from a file:" }
            (command("leadfleet import contractors contractors.csv --dry-run"))
        },
    )
}
