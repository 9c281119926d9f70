//! What contractors that levelled up have in common, and what follows from it for one of them.

mod contractor;
mod contractors;
mod overview;
mod pattern;

pub(super) use contractor::contractor;
pub(super) use contractors::contractors;
pub(super) use overview::{overview, recompute};
pub(super) use pattern::pattern;

use super::ask::Ask;
use super::layout::badge;
use levels::ladder::Tier;
use levels::{Status, Verdict};
use maud::{Markup, html};

const TABS: [(&str, &str); 2] = [("/growth", "Patterns"), ("/growth/contractors", "Contractors")];

/// A code as people read it.
fn said(code: &str) -> String {
    code.replace('_', " ")
}

/// A revenue tier by its name on the ladder.
fn tier(ask: &Ask, code: &str) -> String {
    let tiers = ask.app.contractors.rules().ladder().tiers();
    tiers.iter().find(|tier| tier.code == code).map_or_else(|| said(code), Tier::label)
}

fn status(status: Status) -> Markup {
    let kind = match status {
        Status::Served => "good",
        Status::Downgraded => "warn",
        Status::Held | Status::Removed => "bad",
    };
    badge(kind, status.name())
}

/// What may be said of something that many had in common.
fn verdict(verdict: Verdict) -> Markup {
    match verdict {
        Verdict::MoreCommon => badge("good", "more common"),
        Verdict::CommonAmong => badge("", "common, no more is shown"),
    }
}

/// As "20% 12 of 60", of those who stayed; nothing where they are unknown.
fn stayed(comparison: Option<&levels::pattern::Comparison>) -> Markup {
    html! { @match comparison {
        Some(with) => { b { (format!("{:.0}%", with.rate * 100.0)) } " " span.muted { (with.stayed_with) " of " (with.stayed) } },
        None => span.muted { "not known" },
    } }
}
