//! Finds which records of two lists name the same organisation, and says why (PT-031).
//!
//! [`Index`] holds the right list; [`Index::best`] gives one left record its verdict, [`Index::all`] every pair over
//! the threshold, [`link_all`] and [`pairs`] run a whole left list on all cores. Nothing here does IO but [`files`],
//! which reads from any `Read`.

use serde::Serialize;

mod address;
mod build;
mod details;
pub mod files;
mod lexicon;
mod lists;
mod neighbours;
mod normalise;
mod points;
mod probe;
mod score;
mod state;
mod vocabulary;

pub use build::Index;
pub use lists::{link_all, pairs};
pub use normalise::normalise;
pub use points::{Contribution, Field};

/// One organisation as a list names it; `None` and empty texts mean "not given".
#[derive(Clone, Copy, Debug, Default)]
pub struct Record<'a> {
    pub name: &'a str,
    pub address: Option<&'a str>,
    pub city: Option<&'a str>,
    pub state: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub domain: Option<&'a str>,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Pairs below this probability are no links.
    pub threshold: f32,
    /// A rival this close in probability makes a link ambiguous.
    pub margin: f32,
}

impl Default for Options {
    fn default() -> Options {
        Options { threshold: 0.5, margin: 0.03 }
    }
}

/// What became of one left record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    Linked {
        link: Link,
    },
    /// For a person to decide: the candidates, best first.
    Ambiguous {
        links: Vec<Link>,
    },
    Unlinked {
        nearest: Option<Link>,
    },
}

/// A pair and why it is one: the points add up to the log-odds of the probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// The row of the right list, from 0.
    pub right: u32,
    pub probability: f32,
    pub name_similarity: f32,
    pub contributions: Vec<Contribution>,
    /// The distinctive words both names have; without one there is no link.
    pub shared: Vec<String>,
}

#[cfg(test)]
mod tests;
