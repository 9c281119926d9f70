//! Letters as lists show them: those of one error as one row, or one by one.

use crate::filter::Filter;
use crate::group::{Group, groups};
use crate::letter::{Letter, Standing};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
pub struct Listing {
    /// Letters that fit.
    pub letters: usize,
    /// Letters that would fit but for their state.
    pub in_other_states: BTreeMap<Standing, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Group>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<Vec<Letter>>,
}

impl Listing {
    /// A row for each error.
    pub fn grouped<'a>(all: impl IntoIterator<Item = &'a Letter>, filter: &Filter) -> Self {
        let (fitting, listing) = Self::of(all, filter);
        Self { groups: Some(groups(fitting)), ..listing }
    }

    /// A row for each letter, after the first `offset` of them and at most `limit`.
    pub fn each<'a>(
        all: impl IntoIterator<Item = &'a Letter>,
        filter: &Filter,
        offset: usize,
        limit: usize,
    ) -> Self {
        let (fitting, listing) = Self::of(all, filter);
        Self { each: Some(fitting.into_iter().skip(offset).take(limit).cloned().collect()), ..listing }
    }

    fn of<'a>(all: impl IntoIterator<Item = &'a Letter>, filter: &Filter) -> (Vec<&'a Letter>, Self) {
        let any = Filter { states: Vec::new(), ..filter.clone() };
        let mut in_other_states = BTreeMap::new();
        let mut fitting = Vec::new();
        for letter in all.into_iter().filter(|letter| any.fits(letter)) {
            if filter.fits(letter) {
                fitting.push(letter);
            } else {
                *in_other_states.entry(letter.state).or_default() += 1;
            }
        }
        let letters = fitting.len();
        (fitting, Self { letters, in_other_states, groups: None, each: None })
    }
}
