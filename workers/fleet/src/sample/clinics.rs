//! Clinics: what a maps scraper brings home.

use chrono::{DateTime, Utc};

use super::cities::{self, State};
use super::dice::Dice;
use super::names::{BRANDS, CHAINS, LAST_NAMES, SERVICES, SPORTS_SERVICES};
use super::spelling::{compact, respelled, slip, suffixed};
use super::vocabulary::{made, word};
use super::{Row, Sample, Table, row};

#[derive(Debug, Clone, PartialEq)]
pub struct Clinic {
    pub id: u64,
    pub clinic_name: String,
    pub phone: Option<String>,
    pub website: Option<String>,
    pub email: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub business_type: Option<String>,
    pub rating: Option<f64>,
    pub review_count: u32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Of which a seventh belongs to a chain.
const CLINICS_OF_A_CHAIN: usize = 2_000;

/// What a clinic is, whether or not its row says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    CashBased,
    Sports,
    MultiLocation,
    Solo,
    General,
}

/// A clinic before anybody wrote it down.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) state: &'static State,
    pub(super) city: &'static str,
    area_code: &'static str,
    pub(super) domain: String,
    pub(super) has_email: bool,
    pub(super) chain: bool,
}

pub(super) fn clinic(sample: &Sample, at: Row) -> Clinic {
    let mut dice = sample.dice(Table::Clinics, at);
    let facts = facts(sample, at.index);
    let name = if repeats_its_neighbour(sample, at.index) {
        respelled(&facts.name, &mut dice)
    } else {
        facts.name.clone()
    };
    // A row that is left out is too old or cannot be contacted, in turn.
    let unreachable = at.left_out && (at.index / 26) % 2 == 1;
    let created_at = sample.moment(&mut dice, at.left_out && !unreachable);
    let without_website = dice.percent(14);
    Clinic {
        id: at.index as u64 + 1,
        phone: (!unreachable && (without_website || !dice.percent(5)))
            .then(|| phone(sample, at.index, &facts, &mut dice)),
        website: (!unreachable && !without_website).then(|| website(&facts.domain, &mut dice)),
        email: facts
            .has_email
            .then(|| format!("{}@{}", dice.pick(&["info", "hello", "frontdesk", "office"]), facts.domain)),
        city: Some(as_written(facts.city, &mut dice)),
        state: Some(if dice.percent(5) { facts.state.name } else { facts.state.code }.to_owned()),
        business_type: business_type(facts.kind, &mut dice),
        rating: (!dice.percent(4)).then(|| (50 - dice.below(8).min(dice.below(16))) as f64 / 10.0),
        review_count: review_count(&mut dice),
        created_at,
        updated_at: created_at,
        clinic_name: name,
    }
}

/// The clinic of a row; a row that repeats its neighbour has the neighbour's.
pub(super) fn facts(sample: &Sample, index: usize) -> Facts {
    let source = if repeats_its_neighbour(sample, index) { index - 1 } else { index };
    let mut dice = Dice::new(sample.seed, 10, source as u64);
    let state = cities::state(&mut dice);
    let (city, area_code) = state.city(&mut dice);
    let kind = kind(state, &mut dice);
    let chain = kind == Kind::MultiLocation && dice.percent(70);
    let name = name(sample, kind, chain, city, state, &mut dice);
    let host = if chain { compact(&name) } else { compact(&format!("{name}{city}")) };
    Facts {
        name,
        kind,
        state,
        city,
        area_code,
        domain: format!("{host}.example"),
        has_email: dice.percent(88),
        chain,
    }
}

fn repeats_its_neighbour(sample: &Sample, index: usize) -> bool {
    // Only rows that count repeat each other: a duplicate of a row that is left out would be none.
    let is_repeat = |index: usize| Dice::new(sample.seed, 11, index as u64).below(1000) < 20;
    index > 0 && !row(index).left_out && !row(index - 1).left_out && is_repeat(index) && !is_repeat(index - 1)
}

fn kind(state: &State, dice: &mut Dice) -> Kind {
    use Kind::{CashBased, General, MultiLocation, Solo, Sports};
    match state.code {
        "AZ" => dice.weigh(&[(Sports, 50), (CashBased, 15), (MultiLocation, 10), (Solo, 15), (General, 10)]),
        "TX" => dice.weigh(&[(CashBased, 55), (Sports, 15), (MultiLocation, 10), (Solo, 10), (General, 10)]),
        "CA" => dice.weigh(&[(MultiLocation, 50), (CashBased, 10), (Sports, 15), (Solo, 15), (General, 10)]),
        "WA" | "NC" => {
            dice.weigh(&[(Solo, 55), (CashBased, 10), (Sports, 15), (MultiLocation, 10), (General, 10)])
        }
        _ => dice.weigh(&[(Sports, 25), (CashBased, 22), (MultiLocation, 20), (Solo, 23), (General, 10)]),
    }
}

fn name(sample: &Sample, kind: Kind, chain: bool, city: &str, state: &State, dice: &mut Dice) -> String {
    let names = sample.sizes.clinics;
    let (surname, partner) = (word(LAST_NAMES, names, dice), word(LAST_NAMES, names, dice));
    let brand = word(BRANDS, names, dice);
    let service = dice.pick(if kind == Kind::Sports { SPORTS_SERVICES } else { SERVICES });
    if chain {
        return chain_name(sample, dice);
    }
    let name = match (kind, dice.below(10)) {
        (Kind::Solo, 0..=4) => format!("{surname} {service}"),
        (Kind::Solo, 5) => format!("Independent Physical Therapy of {city}"),
        (Kind::CashBased, 0) => format!("{brand} Self-Pay Physical Therapy"),
        (_, 0) => format!("{surname} & {partner} {service}"),
        (_, 1) => format!("{service} of {city}"),
        (_, 2) => format!("{city} {brand} {service}"),
        (_, 3) => format!("{brand} {surname} {service}"),
        (_, 4) => format!("{brand} {service} of {}", state.name),
        (_, 5) => format!("{brand} {partner} {service}"),
        _ => format!("{brand} {service}"),
    };
    match dice.below(20) {
        0..=3 => suffixed(&name, dice),
        4 => name.to_uppercase(),
        5 => slip(&name, dice),
        _ => name,
    }
}

/// A name that many clinics have: for long lists there are more chains, of some hundred clinics each.
pub(super) fn chain_name(sample: &Sample, dice: &mut Dice) -> String {
    let chains = (sample.sizes.clinics / CLINICS_OF_A_CHAIN).max(CHAINS.len());
    let chain = dice.below(chains);
    CHAINS.get(chain).map_or_else(|| format!("{} Physical Therapy", made(chain)), |name| (*name).to_owned())
}

fn business_type(kind: Kind, dice: &mut Dice) -> Option<String> {
    let (slug, free): (&str, &[&str]) = match kind {
        Kind::CashBased => ("cash-based", &["Cash-based PT", "cash based", "Self-pay"]),
        Kind::Sports => ("sports-medicine", &["Sports PT", "Sports Medicine", "sports physical therapy"]),
        Kind::MultiLocation => ("multi-location", &["Multi-location", "multi location group"]),
        Kind::Solo => ("solo-practice", &["Solo practice", "solo PT"]),
        Kind::General => ("", &["Physical therapist", "Physical therapy clinic"]),
    };
    match dice.below(20) {
        0..=12 if !slug.is_empty() => Some(slug.to_owned()),
        0..=15 => Some((dice.pick(free)).to_owned()),
        _ => None,
    }
}

fn phone(sample: &Sample, index: usize, facts: &Facts, dice: &mut Dice) -> String {
    // 555-0100 to 555-0199 are kept for fiction; a large sample needs the rest of the exchange too.
    let source = if repeats_its_neighbour(sample, index) { index - 1 } else { index };
    let line = if sample.sizes.clinics > 5_000 { source * 6_101 % 10_000 } else { 100 + source * 61 % 100 };
    let area = facts.area_code;
    match dice.below(10) {
        0..=6 => format!("({area}) 555-{line:04}"),
        7 => format!("{area}-555-{line:04}"),
        8 => format!("+1{area}555{line:04}"),
        _ => format!("{area}.555.{line:04}"),
    }
}

fn website(domain: &str, dice: &mut Dice) -> String {
    match dice.below(10) {
        0..=5 => format!("https://www.{domain}"),
        6 | 7 => format!("https://{domain}/"),
        8 => format!("http://{domain}"),
        _ => format!("www.{domain}"),
    }
}

fn as_written(city: &str, dice: &mut Dice) -> String {
    match dice.below(50) {
        0 => city.to_lowercase(),
        1 => city.to_uppercase(),
        2 => format!("{city} "),
        _ => city.to_owned(),
    }
}

/// Most clinics have few reviews, some have very many.
fn review_count(dice: &mut Dice) -> u32 {
    let most = [8, 40, 40, 120, 250, 600][dice.below(6)];
    dice.below(most) as u32
}
