//! Which words book.

use super::super::ask::{Ask, View};
use super::super::layout::none;
use super::super::table::{numbers, table, words as column};
use super::super::words::{count, number};
use super::cards::{Group, List, chance, group, list, surest_first, verdict};
use super::{Document, head};
use crate::problem::Problem;
use crate::routes::patterns::Pattern;
use axum::response::Response;
use maud::{Markup, html};
use patterns::{Length, Lengths, PatternType, What};

pub(in super::super) async fn what(ask: Ask) -> Result<Response, Problem> {
    let document: Document<What> = Document::of(&ask, PatternType::What).await?;
    Ok(ask.show(&document))
}

impl View for Document<What> {
    fn title(&self) -> String {
        "What was said".to_owned()
    }

    fn body(&self, ask: &Ask) -> Markup {
        self.page(ask, |pattern, what| told(ask, pattern, what))
    }
}

fn told(ask: &Ask, pattern: &Pattern, what: &What) -> Markup {
    let (subjects, pains, ctas) = (&what.subject_patterns, &what.pain_points, &what.ctas);
    let subjects = subjects.winning.iter().chain(&subjects.losing).map(|one| group(&one.pattern, &one.card));
    let pains = pains.effective.iter().chain(&pains.ineffective);
    let pains = pains.map(|one| group(one.pain_point.replace('_', " "), &one.card));
    let ctas = ctas.effective.iter().chain(&ctas.ineffective);
    let ctas = ctas.map(|one| group(one.cta.replace('_', " "), &one.card));
    let angles = what.angles.rankings.iter().map(|one| group(one.angle.replace('_', " "), &one.card));
    let personal = what.personalization_cards.iter().map(|(name, card)| group(name.replace('_', " "), card));
    let shown = |id, title, says, what, groups: Vec<Group<'_>>| {
        let empty = "No group has enough messages whose words were kept.";
        list(ask, &List { id, title, says, what, all: None, empty }, &surest_first(groups))
    };
    html! {
        (head(ask, pattern, &what.header, "bookings whose words are known"))
        p.muted { "Of " (count(what.n_messages, "message")) " whose words were kept." }
        div.cards.charts {
            (shown("subjects", "Subjects", "Of messages with a subject of this form, with names taken out, the share that led to a booking.", "subject", subjects.collect()))
            (shown("pains", "Pain points", "Of messages that name a problem, the share that led to a booking.", "pain point", pains.collect()))
            (shown("ctas", "Calls to action", "Of messages that ask for the same thing, the share that led to a booking.", "call to action", ctas.collect()))
            (shown("angles", "Angles", "Of messages that argue in the same way, the share that led to a booking.", "angle", angles.collect()))
            (shown("personal", "What is personal", "Of messages that have something of the recipient in them, the share that led to a booking; they are compared with those without it.", "kind", personal.collect()))
        }
        (lengths(ask, &what.optimal_length))
    }
}

fn lengths(ask: &Ask, lengths: &Lengths) -> Markup {
    let named = [("Email", &lengths.email), ("LinkedIn", &lengths.linkedin), ("Text message", &lengths.sms)];
    let known: Vec<(&str, &Length)> =
        named.into_iter().filter_map(|(name, length)| Some((name, length.as_ref()?))).collect();
    html! {
        h2 { "Length" }
        p.muted { "How long messages are that led to a booking, and whether that length books more often than others." }
        @if known.is_empty() { p { "Too few messages with known words led to a booking." } } @else {
            (table("Length", &ask.address, &[
                column("Channel", &|(name, _): &(&str, &Length)| html! { (name) }),
                numbers("Middle", &|(_, length)| html! { @match (length.optimal_words, length.optimal_chars) {
                    (Some(words), _) => { (words) " words" },
                    (None, Some(characters)) => { (characters) " characters" },
                    (None, None) => (none()),
                } }),
                numbers("Half of them", &|(_, length)| html! { (length.range_min) " to " (length.range_max) }),
                numbers("n", &|(_, length)| html! { (number(length.sample)) }),
                numbers("p", &|(_, length)| html! { (chance(length.p)) }),
                column("Verdict", &|(_, length)| verdict(length.verdict)),
            ], &known))
        }
    }
}
