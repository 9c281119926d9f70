//! The touches of a week, day by day.

use super::super::ask::{Ask, Asked, View};
use super::super::layout::{badge, command, empty, tabs};
use super::super::table::{choice, filter, numbers, table, words as column};
use super::super::words::{counted, moment};
use super::{TABS, everybody};
use crate::problem::Problem;
use axum::response::Response;
use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use maud::{Markup, html};
use prospects::{PlannedTouch, Recipients};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::iter::zip;

/// The week to show; without one that of today.
#[derive(Deserialize)]
pub(in super::super) struct Day {
    day: Option<NaiveDate>,
}

/// Touches on a part of the page.
const ROWS: usize = 200;

/// By what the touches of a week are narrowed: the word in the address, and its label.
const NARROWED_BY: [(&str, &str); 4] =
    [("segment", "Segment"), ("kind", "What"), ("channel", "Channel"), ("state", "State")];

fn facts(touch: &PlannedTouch) -> [&str; 4] {
    [&touch.segment, &touch.kind, &touch.channel, &touch.state].map(String::as_str)
}

/// The touches of a week, those of them that the address asks for.
#[derive(Serialize)]
struct Week {
    monday: NaiveDate,
    touches: Vec<PlannedTouch>,
    /// What the week's touches can be narrowed to.
    #[serde(skip)]
    choices: [BTreeSet<String>; 4],
    /// How many touches come before those that are shown.
    #[serde(skip)]
    offset: usize,
    /// Whom those are for that are shown.
    #[serde(skip)]
    people: Recipients,
}

impl Week {
    fn shown(&self) -> &[PlannedTouch] {
        let rest = self.touches.get(self.offset..).unwrap_or_default();
        rest.get(..ROWS).unwrap_or(rest)
    }

    fn narrowing(&self, ask: &Ask) -> Markup {
        let names = NARROWED_BY.map(|(name, _)| name);
        let fields = html! {
            @for ((name, label), words) in zip(NARROWED_BY, &self.choices) {
                @let said: Vec<_> = words.iter().map(|word| (word, word.replace('_', " "))).collect();
                @let pairs: Vec<_> = said.iter().map(|(word, said)| (word.as_str(), said.as_str())).collect();
                (choice(&ask.address, name, label, &pairs))
            }
        };
        filter(&ask.address, &names, &fields)
    }
}

pub(in super::super) async fn week(ask: Ask, Asked(asked): Asked<Day>) -> Result<Response, Problem> {
    let today = ask.app.now().with_timezone(&ask.zone).date_naive();
    let monday = asked.day.unwrap_or(today).week(Weekday::Mon).checked_first_day();
    let monday = monday.filter(|monday| (1900..=9999).contains(&monday.year()));
    let monday = monday.ok_or_else(|| Problem::wrong("day", "is too far away"))?;
    let offset = ask.address.offset()?;
    let mut touches = ask.app.prospects.week(everybody(&ask), monday).await?;
    let mut choices = <[BTreeSet<String>; 4]>::default();
    for (place, choices) in choices.iter_mut().enumerate() {
        choices.extend(touches.iter().map(|touch| facts(touch)[place].to_owned()));
    }
    let asked = NARROWED_BY.map(|(name, _)| ask.address.get(name));
    touches
        .retain(|touch| zip(asked, facts(touch)).all(|(asked, fact)| asked.is_none_or(|word| word == fact)));
    let mut week = Week { monday, touches, choices, offset, people: Recipients::default() };
    if !ask.is_twin() {
        week.people = ask.app.prospects.recipients(everybody(&ask), week.shown()).await?;
    }
    Ok(ask.show(&week))
}

impl View for Week {
    fn title(&self) -> String {
        format!("Week of {}", self.monday.format("%-d %B %Y"))
    }

    fn body(&self, ask: &Ask) -> Markup {
        let other =
            |day: Option<NaiveDate>| day.map(|day| ask.address.without(&["offset"]).with("day", day).href());
        let (before, after) =
            (self.monday.checked_sub_days(Days::new(7)), self.monday.checked_add_days(Days::new(7)));
        html! {
            (tabs(ask.address.path(), &TABS))
            nav.pages aria-label="Weeks" {
                @if let Some(link) = other(before) { a href=(link) rel="prev" { "The week before" } }
                a href="/outreach/week" { "This week" }
                @if let Some(link) = other(after) { a href=(link) rel="next" { "The week after" } }
            }
            @if !self.choices[0].is_empty() { (self.narrowing(ask)) }
            @if self.touches.is_empty() && !self.choices[0].is_empty() {
                (empty("No touch of this week is like that", &html! { p { a href=(other(Some(self.monday)).unwrap_or_default()) { "Show all" } } }))
            } @else if self.touches.is_empty() {
                (empty("Nothing is planned in this week", &html! {
                    p { "A plan spreads requests and follow-ups over the days of business:" }
                    (command(&format!("leadfleet outreach cadence --week {} --dry-run", self.monday)))
                }))
            } @else {
                p { (counted(self.touches.len() as u64, "touch", "touches")) ", in the time of whom they go to." }
                @for day in 0..7 {
                    @let date = self.monday + Days::new(day);
                    @let of_day: Vec<&PlannedTouch> = self.shown().iter().filter(|touch| touch.date == date).collect();
                    @if !of_day.is_empty() {
                        @let whole = self.touches.iter().filter(|touch| touch.date == date).count();
                        h2 { (date.format("%A, %-d %B")) " " span.muted { (whole) } }
                        (touches(ask, &of_day, &self.people))
                    }
                }
                (ask.address.parts(self.touches.len(), ROWS))
            }
        }
    }
}

fn touches(ask: &Ask, touches: &[&PlannedTouch], people: &Recipients) -> Markup {
    let name = |touch: &PlannedTouch| {
        people.get(&touch.prospect_id).map_or_else(|| touch.prospect_id.clone(), |person| person.name.clone())
    };
    let company = |touch: &PlannedTouch| people.get(&touch.prospect_id).map(|person| person.company.clone());
    table(
        "Touches of the day",
        &ask.address,
        &[
            column("There", &|touch: &&PlannedTouch| html! { (touch.time.format("%H:%M")) }),
            column(
                "To",
                &|touch| html! { a href={ "/leads/" (touch.prospect_id) } { bdi { (name(touch)) } } },
            ),
            column("Company", &|touch| html! { bdi { (company(touch).unwrap_or_default()) } }),
            column("What", &|touch| html! { (touch.kind.replace('_', " ")) }),
            numbers("Step", &|touch| html! { (touch.step) }),
            column("Channel", &|touch| html! { (touch.channel) }),
            column("Segment", &|touch| html! { (touch.segment.replace('_', " ")) }),
            column("State", &|touch| {
                let kind = match touch.state.as_str() {
                    "sent" => "good",
                    "due" => "accent",
                    _ => "",
                };
                html! { (badge(kind, &touch.state)) @if touch.late { " " (badge("warn", "late")) } }
            }),
            column("Here", &|touch| moment(ask, touch.due_at)),
        ],
        touches,
    )
}
