//! Decision makers: who leads which clinic, by the company name on a profile.

use chrono::{DateTime, Utc};

use super::cities;
use super::clinics::{self, Facts};
use super::dice::Dice;
use super::names::{FIRST_NAMES, LAST_NAMES, TITLES};
use super::spelling::{compact, respelled};
use super::vocabulary::word;
use super::{KEPT_PER_LEFT_OUT, Row, Sample, Table};

#[derive(Debug, Clone, PartialEq)]
pub struct DecisionMaker {
    pub name: String,
    pub title: Option<String>,
    pub company_name: String,
    pub city: Option<String>,
    pub state: Option<String>,
    pub linkedin_url: Option<String>,
    pub email: Option<String>,
    pub created_at: DateTime<Utc>,
}

pub(super) fn decision_maker(sample: &Sample, at: Row) -> DecisionMaker {
    let mut dice = sample.dice(Table::DecisionMakers, at);
    let name = format!("{} {}", dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES));
    let facts = employer(sample, at.index, &mut dice);
    let (company_name, place) = match dice.below(100) {
        // A chain without a city: it could be any of its clinics.
        0..=3 => (clinics::chain_name(sample, &mut dice), None),
        // Someone whose company is no clinic of ours.
        4..=9 => (elsewhere(sample, &mut dice), Some(cities::state(&mut dice))),
        10..=44 => (facts.name.clone(), Some(facts.state)),
        _ => (respelled(&facts.name, &mut dice), Some(facts.state)),
    };
    // A chain's name says little: who writes it usually adds where.
    let says_city = place == Some(facts.state) && (facts.chain || dice.percent(75));
    let mailbox = compact(&name);
    DecisionMaker {
        title: (!dice.percent(3)).then(|| dice.weigh(TITLES).to_owned()),
        city: says_city.then(|| facts.city.to_owned()),
        state: place.filter(|_| says_city || dice.percent(60)).map(|state| state.code.to_owned()),
        linkedin_url: (!dice.percent(8))
            .then(|| format!("https://www.linkedin.example/in/{mailbox}-{}", at.index + 1)),
        email: (place == Some(facts.state) && dice.percent(25))
            .then(|| format!("{mailbox}@{}", facts.domain)),
        created_at: sample.moment(&mut dice, at.left_out),
        company_name,
        name,
    }
}

/// Decision makers are spread over the clinics; of two neighbours more often the one that shows no e-mail
/// address, since that is when somebody looks for a person.
fn employer(sample: &Sample, index: usize, dice: &mut Dice) -> Facts {
    let total = |kept: usize| kept + kept / KEPT_PER_LEFT_OUT;
    let (clinics, makers) = (total(sample.sizes.clinics).max(1), total(sample.sizes.decision_makers).max(1));
    let from = index * clinics / makers;
    let until = ((index + 1) * clinics / makers).clamp(from + 1, from + 4);
    let without_email =
        (from..until).map(|index| clinics::facts(sample, index)).find(|facts| !facts.has_email);
    without_email.filter(|_| dice.percent(85)).unwrap_or_else(|| clinics::facts(sample, from))
}

fn elsewhere(sample: &Sample, dice: &mut Dice) -> String {
    let kind = dice.pick(&[
        "Chiropractic",
        "Orthopedics",
        "Home Health",
        "Pilates Studio",
        "Staffing Partners",
        "University",
    ]);
    format!("{} {kind}", word(LAST_NAMES, sample.sizes.clinics, dice))
}
