//! What contractors that levelled up have in common, and what follows from it for one of them.

mod contractor;
mod contractors;
mod overview;
mod pattern;

pub(super) use contractor::contractor;
pub(super) use contractors::contractors;
pub(super) use overview::{overview, recompute};
pub(super) use pattern::pattern;

use super::layout::badge;
use levels::{Status, Verdict};
use maud::{Markup, html};

const TABS: [(&str, &str); 2] = [("/growth", "Patterns"), ("/growth/contractors", "Contractors")];

/// A code as people read it.
fn said(code: &str) -> String {
    code.replace('_', " ")
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

/// As "12 of 60", of those who stayed; nothing where they are unknown.
fn stayed(comparison: Option<&levels::pattern::Comparison>) -> Markup {
    html! { @match comparison {
        Some(with) => { (with.stayed_with) " of " (with.stayed) },
        None => span.muted { "not known" },
    } }
}
