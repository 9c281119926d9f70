//! Which letters an address or a form means.

use super::super::address::Address;
use super::super::form::Sent;
use crate::problem::Problem;
use chrono::{DateTime, Utc};
use dead::{Filter, Moment, Standing};
use maud::{Markup, html};
use std::str::FromStr;

/// What narrows letters down, by the names that addresses and forms have for it.
pub(super) const FIELDS: [&str; 8] =
    ["sequences", "worker", "class", "run", "fingerprint", "since", "until", "state"];

/// The letters that are asked for; without a word of states those in `states`.
pub(super) fn filter<'a>(
    word: impl Fn(&str) -> Option<&'a str>,
    states: &[Standing],
    now: DateTime<Utc>,
) -> Result<Filter, Problem> {
    let text = |name: &str| word(name).map(str::to_owned);
    let moment = |name| Ok::<_, Problem>(read::<Moment>(&word, name)?.map(|moment| moment.at(now)));
    Ok(Filter {
        sequences: read(&word, "sequences")?.unwrap_or_default(),
        worker: text("worker"),
        class: text("class"),
        run: text("run"),
        fingerprint: text("fingerprint"),
        since: moment("since")?,
        until: moment("until")?,
        states: match word("state") {
            Some("all") => Vec::new(),
            Some(state) => vec![
                state
                    .parse()
                    .map_err(|error: dead::BadStanding| Problem::wrong("state", error.to_string()))?,
            ],
            None => states.to_vec(),
        },
    })
}

fn read<'a, T: FromStr<Err: ToString>>(
    word: &impl Fn(&str) -> Option<&'a str>,
    name: &str,
) -> Result<Option<T>, Problem> {
    let parsed = word(name).map(str::parse).transpose();
    parsed.map_err(|error: T::Err| Problem::wrong(name, error.to_string()))
}

/// What the address says of letters, as hidden fields of a form.
pub(super) fn hidden(address: &Address) -> Markup {
    html! {
        @for (name, value) in address.pairs().filter(|(name, _)| FIELDS.contains(name)) {
            input type="hidden" name=(name) value=(value);
        }
    }
}

/// The letters that a form means; never all by mistake.
pub(super) fn of_form(sent: &Sent, states: &[Standing]) -> Result<Filter, Problem> {
    let filter = filter(|name| sent.field(name), states, sent.ask.app.now())?;
    if !filter.narrows() && sent.field("all").is_none() {
        return Err(Problem::wrong(
            "all",
            "this would mean every letter: narrow it down, or tick that all are meant",
        ));
    }
    Ok(filter)
}
