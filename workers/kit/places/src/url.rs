//! Places in the path of an address.

use crate::lexicon::{Lexicon, Place};
use crate::mention::Mention;
use crate::resolve::Finding;
use crate::scan::{Case, Hit, Name};
use crate::state::State;
use crate::{Hints, Kind, Rule, mention};

pub(crate) fn mentions(url: &str, lexicon: &'static Lexicon, hints: &Hints) -> Vec<Mention> {
    let (start, end) = path(url);
    let mut findings = Vec::new();
    let mut at = start;
    for token in url[start..end].split('/') {
        findings.extend(finding(token, at, lexicon, hints));
        at += token.len() + 1;
    }
    mention::in_text(url, &findings, lexicon)
}

/// Where the path lies: behind the host, before the query and the fragment.
fn path(url: &str) -> (usize, usize) {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let host = url[..end].find("://").map_or(0, |scheme| scheme + 3);
    let start = url[host..end].find('/').map_or(end, |slash| host + slash);
    (start, end)
}

/// A whole token of the path, so that `/clear-creek-billing/` names nothing.
fn finding<'a>(token: &str, start: usize, lexicon: &'a Lexicon, hints: &'a Hints) -> Option<Finding<'a>> {
    let spaced = token.replace(['_', '+'], " ");
    let place = lexicon.named(&spaced).or_else(|| hints.lexicon().named(&spaced))?;
    if place.traits.word || place.traits.dotted || place.is_county() {
        return None;
    }
    let (kind, state) = kind_and_state(place, hints);
    let hit = Hit {
        start,
        end: start + token.len(),
        before: (start, start),
        name: Name::Place(place),
        case: Case::Lower,
    };
    let candidates = place.cities;
    let rule = if state.is_some() { Rule::InUrl } else { Rule::Unresolved };
    Some(Finding { hit, kind, state, candidates, rule })
}

fn kind_and_state(place: &Place, hints: &Hints) -> (Kind, Option<State>) {
    if place.state.is_some() {
        return (Kind::State, place.state);
    }
    let hinted = hints.states(place.key);
    let sure = place.cities.union(hinted).single();
    (Kind::City, sure.or_else(|| hinted.single()).or(place.dominant()))
}
