//! How much each field says for or against a pair, in log-odds.
//!
//! The points were fitted by hand to labelled restaurants and early-childhood sites, and rounded.

use rapidfuzz::distance::jaro_winkler;
use serde::Serialize;

use crate::details::{Details, same_phone};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Name,
    Address,
    City,
    State,
    Phone,
    Domain,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Contribution {
    pub field: Field,
    pub points: f32,
    pub why: &'static str,
}

/// A different state ends it: no other field outweighs this.
pub(crate) const BLOCK: f32 = -30.0;

pub(crate) fn probability(points: f32) -> f32 {
    1.0 / (1.0 + (-points).exp())
}

/// Similarity 1 alone is a probability of 0.92, 0.72 is even odds; below 0.28 less similarity says no more.
pub(crate) fn name_points(similarity: f32) -> f32 {
    (9.0 * (similarity - 0.72)).max(-4.0)
}

pub(crate) fn name(similarity: f32, shares_distinctive: bool) -> Contribution {
    if !shares_distinctive {
        return Contribution { field: Field::Name, points: BLOCK, why: "no distinctive word in common" };
    }
    let why = match similarity {
        s if s > 0.995 => "same words",
        s if s >= 0.72 => "similar words",
        _ => "few words in common",
    };
    Contribution { field: Field::Name, points: name_points(similarity), why }
}

/// What the fields beside the name say; a field missing on either side says nothing.
pub(crate) fn compare(a: &Details, b: &Details, out: &mut Vec<Contribution>) {
    let mut say = |field, (points, why)| out.push(Contribution { field, points, why });
    let address = (!a.address.street.is_empty() && !b.address.street.is_empty()).then(|| address(a, b));
    let phone = (a.phone > 0 && b.phone > 0).then(|| same_phone(a.phone, b.phone));
    let domain = (!a.domain.is_empty() && !b.domain.is_empty()).then(|| a.domain == b.domain);
    let same_address = address.is_some_and(|(points, _)| points > 2.0);
    if let Some(address) = address {
        say(Field::Address, address);
    }
    if let Some(same) = phone {
        // Sites have several lines, so another number at the same address says little.
        let different = if same_address { -0.3 } else { -1.0 };
        say(Field::Phone, if same { (2.5, "same number") } else { (different, "different number") });
    }
    if let Some(same) = domain {
        say(Field::Domain, if same { (3.0, "same domain") } else { (-0.5, "different domain") });
    }
    if !a.city.is_empty() && !b.city.is_empty() {
        let anchored = same_address || phone == Some(true) || domain == Some(true);
        say(Field::City, city(&a.city, &b.city, anchored));
    }
    if a.state != [0; 2] && b.state != [0; 2] {
        say(Field::State, if a.state == b.state { (0.5, "same state") } else { (BLOCK, "different state") });
    }
}

fn city(a: &str, b: &str, anchored: bool) -> (f32, &'static str) {
    if a == b {
        (1.0, "same city")
    } else if contains(a, b) || contains(b, a) {
        (0.3, "city named in part")
    } else if anchored {
        // Suburb and metropolis: "West Hollywood" is "Los Angeles" to some.
        (-0.5, "different city")
    } else {
        (-4.0, "different city")
    }
}

fn contains(long: &str, short: &str) -> bool {
    short.split(' ').all(|word| long.split(' ').any(|w| w == word))
}

fn address(a: &Details, b: &Details) -> (f32, &'static str) {
    let (a, b) = (&a.address, &b.address);
    let same_street = same_street(&a.street, &b.street);
    match (same_street, a.number > 0 && b.number > 0, a.number == b.number) {
        (true, true, true) => (5.5, "same address"),
        (true, true, false) => (-2.5, "same street, different number"),
        (true, false, _) => (1.0, "same street"),
        (false, true, true) => (-3.0, "same number, different street"),
        (false, ..) => (-5.5, "different address"),
    }
}

/// All words of the shorter street name are in the longer one, give or take a letter.
fn same_street(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().all(|word| long.iter().any(|other| near(word, other)))
}

fn near(a: &str, b: &str) -> bool {
    let is_number = |w: &str| w.starts_with(|c: char| c.is_ascii_digit());
    a == b || (!is_number(a) && !is_number(b) && word_similarity(a, b) >= 0.92)
}

/// Jaro-Winkler, in one order so that it is symmetric to the last bit.
pub(crate) fn word_similarity(a: &str, b: &str) -> f32 {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    if a.is_ascii() && b.is_ascii() {
        return jaro_winkler::similarity(a.bytes(), b.bytes()) as f32;
    }
    jaro_winkler::similarity(a.chars(), b.chars()) as f32
}
