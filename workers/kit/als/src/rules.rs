//! The rules by which points are given: read from TOML, and refused with the name of the rule that is wrong.

use crate::phrases::{Phrase, words};
use crate::{Part, Tier};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The rules that hold where nothing else is said, as they are written.
pub const DEFAULTS: &str = include_str!("rules.toml");

/// Why a file of rules cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    #[error("the rules are no TOML: {}", .0.to_string().trim_end())]
    Toml(#[from] toml::de::Error),
    #[error("rule {rule}: {problem}")]
    Rule { rule: String, problem: String },
    #[error("tiers: {0}")]
    Tiers(String),
}

/// The least score of each tier; less than `cold` is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cutoffs {
    pub hot: u8,
    pub warm: u8,
    pub cool: u8,
    pub cold: u8,
}

/// Whom a client looks for, and whom it competes with.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Market {
    /// Words of industries.
    pub industries: Vec<String>,
    /// As leads spell them; every state, if there are none.
    pub states: Vec<String>,
    /// Every country, if there are none.
    pub countries: Vec<String>,
    /// Names of companies.
    pub competitors: Vec<String>,
}

/// A fact that is there or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fact {
    Email,
    Phone,
    LinkedinUrl,
    Website,
    Company,
    Location,
}

/// What the market is asked about a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fit {
    Industry,
    Place,
    Competitor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Flag {
    NewRole,
    Hiring,
    RecentlyFunded,
    Bounced,
    Unsubscribed,
}

/// When a rule is met.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    Has(Fact),
    /// One of these phrases stands in the title, as whole words.
    Title(Vec<String>),
    /// Any title.
    AnyTitle(bool),
    Fits(Fit),
    /// So many people, both ends included.
    Employees([i32; 2]),
    /// At least so strong.
    Signal(f64),
    Is(Flag),
}

/// Points for something.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) part: Part,
    pub(crate) name: String,
    /// What is true of a lead that meets it.
    pub(crate) says: String,
    pub(crate) points: f64,
    /// Of the rules of a part that name the same, the first that is met counts.
    pub(crate) among: Option<String>,
    pub(crate) excludes: bool,
    pub(crate) when: When,
    /// Of a title.
    pub(crate) phrases: Vec<Phrase>,
}

/// Every rule, the tiers, and whom clients look for.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    pub(crate) rules: Vec<Rule>,
    pub(crate) cutoffs: Cutoffs,
    market: Market,
    markets: BTreeMap<String, Market>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tiers: Cutoffs,
    #[serde(default)]
    market: Market,
    #[serde(default)]
    clients: BTreeMap<String, Market>,
    rule: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    part: Part,
    name: String,
    says: String,
    points: f64,
    among: Option<String>,
    #[serde(default)]
    excludes: bool,
    when: When,
}

impl Rules {
    /// The rules that hold where nothing else is said.
    ///
    /// # Errors
    /// None: a test reads them.
    pub fn defaults() -> Result<Self, Error> {
        Self::read(DEFAULTS)
    }

    /// # Errors
    /// When the text is no TOML, or one of its rules cannot be kept.
    pub fn read(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text)?;
        let mut rules = Vec::with_capacity(file.rule.len());
        let mut names = BTreeSet::new();
        for (place, table) in file.rule.into_iter().enumerate() {
            let rule = rule(place, table)?;
            if !names.insert((rule.part, rule.name.clone())) {
                return Err(rule.wrong("is there twice"));
            }
            rules.push(rule);
        }
        Ok(Self { rules, cutoffs: file.tiers.fall()?, market: file.market, markets: file.clients })
    }

    /// The client's own market, else everybody's.
    pub fn market(&self, client: &str) -> &Market {
        self.markets.get(client).unwrap_or(&self.market)
    }
}

impl Cutoffs {
    fn fall(self) -> Result<Self, Error> {
        let Self { hot, warm, cool, cold } = self;
        if hot <= 100 && hot > warm && warm > cool && cool > cold {
            return Ok(self);
        }
        Err(Error::Tiers(format!(
            "hot {hot}, warm {warm}, cool {cool}, cold {cold} do not fall from 100 to 0"
        )))
    }

    pub fn tier(&self, score: u8) -> Tier {
        match score {
            score if score >= self.hot => Tier::Hot,
            score if score >= self.warm => Tier::Warm,
            score if score >= self.cool => Tier::Cool,
            score if score >= self.cold => Tier::Cold,
            _ => Tier::Dead,
        }
    }
}

fn rule(place: usize, table: toml::Table) -> Result<Rule, Error> {
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let named = match (text("part"), text("name")) {
        (Some(part), Some(name)) => format!("{part}/{name}"),
        _ => format!("number {}", place + 1),
    };
    let written: Written = toml::Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| Error::Rule { rule: named, problem: error.message().to_owned() })?;
    let phrases: Vec<Phrase> = match &written.when {
        When::Title(phrases) => phrases.iter().map(|phrase| words(phrase)).collect(),
        _ => Vec::new(),
    };
    let Written { part, name, says, points, among, excludes, when } = written;
    let rule = Rule { part, name, says, points, among, excludes, when, phrases };
    match rule.problem() {
        Some(problem) => Err(rule.wrong(problem)),
        None => Ok(rule),
    }
}

impl Rule {
    fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::Rule { rule: format!("{}/{}", self.part.name(), self.name), problem: problem.into() }
    }

    fn problem(&self) -> Option<String> {
        let most = self.part.most();
        if self.name.trim().is_empty() || self.says.trim().is_empty() {
            return Some("needs a name, and words that say what is true of a lead that meets it".to_owned());
        }
        if !(self.points > 0.0 && self.points <= most) {
            return Some(format!("{} points are not above 0 and at most {most}", self.points));
        }
        match &self.when {
            When::Title(_) if self.phrases.is_empty() || self.phrases.iter().any(Vec::is_empty) => {
                Some("a phrase of its title has no word".to_owned())
            }
            When::Employees([least, most]) if *least < 0 || most < least => {
                Some(format!("{least} to {most} is no range of employees"))
            }
            When::Signal(least) if !(0.0..=100.0).contains(least) => {
                Some(format!("a signal of {least} is not from 0 to 100"))
            }
            _ => None,
        }
    }
}
