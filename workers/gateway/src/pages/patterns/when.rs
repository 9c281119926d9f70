//! At which times, at which touch and after how long leads book.

use super::super::ask::{Ask, View};
use super::super::table::{numbers, table, words as column};
use super::super::words::{count, percent};
use super::cards::{Group, List, chance, figures, group, list, verdict};
use super::{Document, head};
use crate::problem::Problem;
use crate::routes::patterns::Pattern;
use axum::response::Response;
use charts::{Bar, Bars, Frame, Heat, Lines, Over, Series, Unit, bars, heat, lines};
use maud::{Markup, html};
use patterns::{Card, DAYS, PatternType, Time, Timing, When};

pub(in super::super) async fn when(ask: Ask) -> Result<Response, Problem> {
    let document: Document<When> = Document::of(&ask, PatternType::When).await?;
    Ok(ask.show(&document))
}

impl View for Document<When> {
    fn title(&self) -> String {
        "When they book".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        self.page(ask, |pattern, when| told(ask, pattern, when))
    }
}

fn told(ask: &Ask, pattern: &Pattern, when: &When) -> Markup {
    let mut days: Vec<_> = when.best_days.iter().collect();
    days.sort_by_key(|one| one.day_index);
    let days: Vec<_> = days.into_iter().map(|one| group(&one.day, &one.card)).collect();
    let mut hours: Vec<_> = when.best_hours.iter().collect();
    hours.sort_by_key(|one| one.hour);
    let hours: Vec<_> = hours.into_iter().map(|one| group(format!("{}:00", one.hour), &one.card)).collect();
    let shown = |id, title, says, what, groups: &[Group<'_>]| {
        list(ask, &List { id, title, says, what, all: None, empty: "No group has enough messages." }, groups)
    };
    html! {
        (head(ask, pattern, &when.header, "bookings"))
        p.muted { "Of " (count(when.n_messages, "message")) ". Times are those of sending, where the recipient is." }
        h2 { "When to send" }
        p { (advice(when)) }
        div.cards.charts {
            (shown("days", "Days", "Of messages that were sent on a day, the share that led to a booking; compared with other days of the same channel and tier.", "day", &days))
            (shown("hours", "Hours", "Of messages that were sent in an hour, the share that led to a booking; compared with other hours of the same channel and tier.", "hour", &hours))
            section.card { (week(&when.best_times)) }
            section.card { (hazard(ask, when)) }
            section.card { (shares(when)) }
            section.card { (gaps(ask, when)) }
        }
        (timing(&when.conversion_timing))
    }
}

/// At which times to send, and by what right that is said.
fn advice(when: &When) -> Markup {
    let told = &when.recommendation;
    let hours: Vec<String> = told.hours.iter().map(|hour| format!("{hour}:00")).collect();
    html! {
        @if told.days.is_empty() { "Days do not differ by more than chance" } @else { b { (told.days.join(", ")) } }
        " (p " (chance(told.days_p)) "); at " b { (hours.join(" and ")) } " (hours: p " (chance(told.hours_p)) ")."
        @if told.days.is_empty() { " Usual days are as good." }
    }
}

/// Every hour of the week; nothing where too few messages were sent.
fn week(times: &[Time]) -> Markup {
    let rate = |day: &str, hour| times.iter().find(|one| one.day == day && one.hour == hour);
    let row = |day: &str| (0..24).map(|hour| Some(rate(day, hour)?.rate_shrunk)).collect();
    let days = if times.is_empty() { &[] } else { DAYS.as_slice() };
    let data = Heat {
        row_name: "Day",
        unit: Unit::Share,
        rows: days.iter().map(|day| (*day).to_owned()).collect(),
        columns: (0..24).map(|hour| format!("{hour}:00")).collect(),
        cells: days.iter().map(|day| row(day)).collect(),
    };
    let says = "Of messages that were sent in an hour of the week, the share that led to a booking, drawn to that of the hours beside it and of all: the darker the more, hatched where there are too few to say; a shade alone proves nothing.";
    let frame = Frame {
        id: "week",
        title: "Booked, by day and hour",
        about: says,
        empty: "No hour of the week has enough messages, or this was learned before they were counted.",
    };
    html! { h2 { "Days and hours" } p.muted { (says) } (heat(&frame, &data)) }
}

/// Of those who got a touch, how many booked on it.
fn hazard(ask: &Ask, when: &When) -> Markup {
    let known = &when.touch_hazard;
    let series = |name: &str, of: fn(&Card) -> f64| Series {
        name: name.to_owned(),
        values: known.iter().map(|one| Some(of(&one.card))).collect(),
    };
    let series = vec![
        series("booked on it", |card| card.conversion_rate),
        series("at least (95 %)", |card| card.ci_low),
        series("at most (95 %)", |card| card.ci_high),
    ];
    let over = Over::Number(known.iter().map(|one| one.touch.into()).collect(), Unit::Count);
    let data = Lines { over, over_name: "Touch", value_name: "Booked on it", unit: Unit::Share, series };
    let says = "Of leads that got a touch, the share that booked on that one: the honest reading of which touch books.";
    let frame = Frame {
        id: "hazard",
        title: "Booked on a touch, of those who got it",
        about: says,
        empty: "No touch has enough leads.",
    };
    let touches = known.iter().map(|one| group(format!("touch {}", one.touch), &one.card));
    html! {
        h2 { "Touch by touch" }
        p.muted { (says) }
        (lines(&frame, &data))
        (figures(ask, "Touch by touch", &touches.collect::<Vec<_>>()))
    }
}

/// After which touch the bookings came.
fn shares(when: &When) -> Markup {
    let row = |one: &patterns::TouchShare| Bar {
        label: format!("touch {}", one.touch),
        value: one.share,
        interval: Some((one.low, one.high)),
        n: None,
        verdict: None,
    };
    let rows = when.touch_share.iter().map(row).collect();
    let data =
        Bars { label_name: "Touch", value_name: "Of all bookings", unit: Unit::Share, reference: None, rows };
    let says = "Of all bookings, the share that came after each touch. Few get far, so early ones have more by that alone.";
    let likeliest = when.touch_share.iter().max_by(|one, other| one.most.total_cmp(&other.most));
    html! {
        h2 { "Where bookings come from" }
        p.muted { (says) }
        (bars(&Frame { id: "touch-share", title: "Share of the bookings, by touch", about: says, empty: "There are too few bookings." }, &data))
        @if let Some(one) = likeliest {
            p { "That touch " (one.touch) " has the most is " (percent(one.most)) " likely. Beside how many got that far: " (verdict(when.touch_verdict)) }
        }
    }
}

fn gaps(ask: &Ask, when: &When) -> Markup {
    let gaps: Vec<(&String, &u32)> = when.optimal_sequence_gaps.iter().collect();
    html! {
        h2 { "Gaps" }
        p.muted { "Days between touches in the middle of those who booked. Gaps were not given by chance, so this proves nothing." }
        @if gaps.is_empty() { p { "Too few bookings had several touches." } } @else {
            (table("Gaps", &ask.address, &[
                column("Between", &|(name, _): &(&String, &u32)| html! { (name.replace('_', " ")) }),
                numbers("Days", &|(_, days)| html! { (days) }),
            ], &gaps))
        }
    }
}

fn timing(timing: &Timing) -> Markup {
    let days = |value: Option<u32>| value.map(|days| format!("{days} days"));
    let rows = [
        ("Middle of those who booked", days(timing.median_days_to_convert)),
        ("On average", timing.avg_days_to_convert.map(|days| format!("{days} days"))),
        ("Four of five within", days(timing.percentile_80)),
        ("Nineteen of twenty within", days(timing.percentile_95)),
        (
            "Touches up to the booking",
            timing.avg_touches_to_convert.map(|touches| format!("{touches} on average")),
        ),
        ("Will have booked in the end, of all contacted", timing.eventual_rate.map(percent)),
        ("The same, looking beyond what was watched", timing.eventual_rate_cure.map(percent)),
        ("Half of all contacted have booked by", timing.median_days_all.map(|days| format!("day {days}"))),
        ("Watched long enough for", timing.horizon_days.map(|days| format!("{days} days"))),
    ];
    html! {
        h2 { "From the first touch to the booking" }
        p.muted { "Of leads that booked, and of all that were contacted, by how long they were watched." }
        dl.facts { @for (name, value) in rows { @if let Some(value) = value { dt { (name) } dd { (value) } } } }
    }
}
