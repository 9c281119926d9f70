//! Groups of rows, and what may be concluded of each when all lists of a table are looked at together.

use patterns::{Card, Verdict};
use serde::Serialize;
use stats::{Rate, anonymity, family};

use super::factors::{Factor, Factors, Role};
use super::means::{self, MeanCard};
use super::model::rates;
use super::outcome::Outcome;
use conversion::card::{self, FALSE_DISCOVERIES, Group};

/// In this share of tables without any pattern one may be found: columns are let in at this level.
pub const FALSE_TABLES: f64 = 0.05;

/// The mean of all groups weighs as much at the most.
const MANY: u64 = 400;

/// What is said of a group, by what came of its rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Said {
    Rate(Box<Card>),
    Mean(MeanCard),
}

impl Said {
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Rate(card) => card.verdict,
            Self::Mean(card) => card.verdict,
        }
    }

    pub(super) fn set(&mut self, verdict: Verdict) {
        match self {
            Self::Rate(card) => card.verdict = verdict,
            Self::Mean(card) => card.verdict = verdict,
        }
    }

    pub fn rows(&self) -> u64 {
        match self {
            Self::Rate(card) => card.sample,
            Self::Mean(card) => card.sample,
        }
    }

    /// The lower end of what its rate may be.
    pub fn low(&self) -> f64 {
        match self {
            Self::Rate(card) => card.shrunk_low,
            Self::Mean(card) => card.shrunk_low,
        }
    }

    pub fn stands_out(&self) -> bool {
        matches!(self.verdict(), Verdict::Better | Verdict::Worse)
    }
}

/// A group of a list.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) factor: usize,
    pub(super) level: usize,
    pub(super) said: Said,
}

/// A list, and its groups by the order of their levels.
#[derive(Debug, Clone)]
pub(super) struct JudgedList {
    pub(super) p: f64,
    pub(super) q: f64,
    pub(super) selected: bool,
    /// By how much the q-values of its own were raised.
    pub(super) raised: f64,
    pub(super) found: Vec<Found>,
}

/// A factor with what came of the rows of each of its levels.
struct Looked {
    levels: Vec<usize>,
    /// Places among the levels: of the groups that are told, and of those of them that are judged.
    told: Vec<usize>,
    judged: Vec<usize>,
    p: Vec<f64>,
    groups: Groups,
}

enum Groups {
    Rates { all: Rate, groups: Vec<Group> },
    Means(Vec<means::Group>),
}

/// Judges all groups. A group or its rest of fewer than five rows is not told.
pub(super) fn judge(factors: &Factors, outcome: &Outcome) -> Vec<JudgedList> {
    let looked: Vec<Looked> = factors.factors.iter().map(|factor| look(factor, outcome)).collect();
    let of_list = |list: usize| {
        let own = move |(place, factor): (usize, &Factor)| (factor.list == list).then_some(place);
        factors.factors.iter().enumerate().filter_map(own)
    };
    let p: Vec<Vec<f64>> = (0..factors.lists.len())
        .map(|list| of_list(list).flat_map(|factor| looked[factor].p_of_judged()).collect())
        .collect();
    let among = family::among_lists(&p, FALSE_TABLES);
    let mut judged = Vec::with_capacity(among.len());
    for (list, among) in among.into_iter().enumerate() {
        let (mut found, mut within) = (Vec::new(), among.within.into_iter());
        for factor in of_list(list) {
            let looked = &looked[factor];
            let mut q = vec![1.0; looked.levels.len()];
            looked.judged.iter().zip(within.by_ref()).for_each(|(at, own)| q[*at] = own);
            let mut said = looked.said(&q);
            for said in &mut said {
                // What many rows leave open is a small difference, and no promise.
                let open = said.verdict() == Verdict::PromisingSmallN && said.rows() >= MANY;
                if open || !among.selected && said.verdict() != Verdict::TooLittleData {
                    said.set(Verdict::NotDistinguishable);
                }
            }
            let cards = said.into_iter().enumerate().filter(|(at, _)| looked.told.contains(at));
            found.extend(cards.map(|(at, said)| Found { factor, level: looked.levels[at], said }));
        }
        judged.push(JudgedList {
            p: among.p,
            q: among.q,
            selected: among.selected,
            raised: among.raised,
            found,
        });
    }
    judged
}

fn look(factor: &Factor, outcome: &Outcome) -> Looked {
    let has_value = |level: &usize| factor.levels[*level].role != Role::Missing;
    let levels: Vec<usize> = (0..factor.levels.len()).filter(has_value).collect();
    match outcome {
        Outcome::YesNo(outcomes) => {
            let rates = rates(factor, 0..outcomes.len(), outcomes);
            let groups: Vec<Group> = levels.iter().map(|level| Group::from(rates[*level])).collect();
            let all = groups.iter().fold(Rate::default(), |sum, group| sum.and(group.rate));
            let p = card::p_values(all, &groups);
            Looked::of(factor, levels, p, Groups::Rates { all, groups })
        }
        Outcome::Measured(measured) => {
            let groups = means::groups(factor, &levels, measured);
            let p = groups.iter().map(|group| group.p).collect();
            Looked::of(factor, levels, p, Groups::Means(groups))
        }
    }
}

impl Looked {
    fn of(factor: &Factor, levels: Vec<usize>, p: Vec<f64>, groups: Groups) -> Self {
        let rows: Vec<u64> = match &groups {
            Groups::Rates { groups, .. } => groups.iter().map(|group| group.rate.trials).collect(),
            Groups::Means(groups) => groups.iter().map(|group| group.rows).collect(),
        };
        let all: u64 = rows.iter().sum();
        let may_be_told = |at: &usize| {
            let is_group = factor.levels[levels[*at]].role == Role::Told;
            is_group
                && (1..all).contains(&rows[*at])
                && anonymity::may_be_told(rows[*at], all, anonymity::LEAST)
        };
        let told: Vec<usize> = (0..levels.len()).filter(may_be_told).collect();
        let enough = |at: &usize| matches!(groups, Groups::Rates { .. }) || rows[*at] >= means::LEAST_ROWS;
        let judged = told.iter().copied().filter(enough).collect();
        Self { levels, told, judged, p, groups }
    }

    fn p_of_judged(&self) -> impl Iterator<Item = f64> {
        self.judged.iter().map(|at| self.p[*at])
    }

    fn said(&self, q: &[f64]) -> Vec<Said> {
        match &self.groups {
            Groups::Rates { all, groups } => {
                let list =
                    card::List { all: *all, denominator: "rows_with_a_value", ..card::List::default() };
                let cards = card::judged(list, groups, &self.p, q).into_iter();
                cards.map(|card| Said::Rate(Box::new(card))).collect()
            }
            Groups::Means(groups) => {
                let cards = groups.iter().zip(q).map(|(group, q)| group.card(*q, FALSE_DISCOVERIES));
                cards.map(Said::Mean).collect()
            }
        }
    }
}

/// How many groups stand out.
pub(super) fn standing_out(judged: &[JudgedList]) -> usize {
    judged.iter().flat_map(|list| &list.found).filter(|found| found.said.stands_out()).count()
}
