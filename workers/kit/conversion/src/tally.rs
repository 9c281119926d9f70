//! Counts groups of a list, each among leads that are alike, and makes cards of them.

use crate::card::{Group, List, cards};
use crate::case::{Symbol, TIERS};
use crate::fact::Apart;
use patterns::{Card, Evidence};
use stats::ratio::Stratum;
use stats::{Rate, family};

/// How often something happened, by tier.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cell {
    counts: [(u32, u32); TIERS.len()],
    leads: u64,
}

impl Cell {
    fn count(&mut self, tier: u8, success: bool, lead: u64) {
        let Some((successes, trials)) = self.counts.get_mut(usize::from(tier)) else { return };
        *successes += u32::from(success);
        *trials += 1;
        // Whatever the order, the same leads add up to the same.
        self.leads = self.leads.wrapping_add(lead);
    }

    fn add(&mut self, other: &Self) {
        for ((successes, trials), (more_successes, more_trials)) in self.counts.iter_mut().zip(other.counts) {
            *successes += more_successes;
            *trials += more_trials;
        }
        self.leads = self.leads.wrapping_add(other.leads);
    }

    fn rates(&self) -> impl Iterator<Item = Rate> {
        self.counts.iter().map(|(successes, trials)| Rate::new((*successes).into(), (*trials).into()))
    }
}

/// A group: a cell for each that is told apart in it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cells<'a>(&'a [Cell]);

impl<'a> From<&'a [Cell]> for Cells<'a> {
    fn from(cells: &'a [Cell]) -> Self {
        Self(cells)
    }
}

impl Cells<'_> {
    pub(crate) fn rate(self) -> Rate {
        self.0.iter().flat_map(Cell::rates).fold(Rate::default(), Rate::and)
    }

    /// The same among leads of one tier only, with nothing told apart.
    pub(crate) fn within(self, tier: usize) -> Cell {
        let mut within = Cell { leads: self.leads(), ..Cell::default() };
        for cell in self.0 {
            within.counts[tier].0 += cell.counts[tier].0;
            within.counts[tier].1 += cell.counts[tier].1;
        }
        within
    }

    /// Of the ids of all leads in it.
    fn leads(self) -> u64 {
        self.0.iter().fold(0, |sum, cell| sum.wrapping_add(cell.leads))
    }

    /// The group against everybody else, among those alike in all that is told apart; nothing when all are.
    fn strata(self, all: Self) -> Vec<Stratum> {
        let pairs = self.0.iter().zip(all.0).flat_map(|(own, all)| own.rates().zip(all.rates()));
        let strata: Vec<Stratum> = pairs
            .filter(|(_, all)| all.trials > 0)
            .map(|(own, all)| {
                let (won, of) =
                    (all.successes.saturating_sub(own.successes), all.trials.saturating_sub(own.trials));
                (own, Rate::new(won, of))
            })
            .collect();
        if strata.len() > 1 { strata } else { Vec::new() }
    }
}

/// The groups of a list.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    cells: Vec<Cell>,
    /// Cells of a group.
    apart: usize,
}

/// How a list is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    /// As `who.title`.
    pub(crate) query: &'a str,
    pub(crate) denominator: &'a str,
    /// Everybody who could be in a group.
    pub(crate) all: Cells<'a>,
    /// CI-055: groups of fewer are left out.
    pub(crate) least: u64,
    pub(crate) run_id: &'a str,
    /// Groups that lie in a circle of so many borrow from the ones beside them.
    pub(crate) circle: Option<Symbol>,
}

/// A group that is told.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) symbol: Symbol,
    pub(crate) label: String,
    pub(crate) card: Card,
}

impl Named {
    /// Whether its rate is that of all or above; what is shown is rounded.
    pub(crate) fn is_at_least(&self, all: Rate) -> bool {
        u128::from(self.card.converted) * u128::from(all.trials)
            >= u128::from(all.successes) * u128::from(self.card.sample)
    }
}

impl Tally {
    pub(crate) fn new(apart: usize) -> Self {
        Self { cells: Vec::new(), apart }
    }

    pub(crate) fn count(&mut self, (symbol, apart): (Symbol, Apart), tier: u8, success: bool, lead: u64) {
        let first = symbol as usize * self.apart;
        if first >= self.cells.len() {
            self.cells.resize_with(first + self.apart, Cell::default);
        }
        if let Some(cell) = self.cells[first..first + self.apart].get_mut(usize::from(apart)) {
            cell.count(tier, success, lead);
        }
    }

    /// Counts the whole of a group of another list in this one; both tell the same apart.
    pub(crate) fn add(&mut self, symbol: Symbol, group: Cells<'_>) {
        let first = symbol as usize * self.apart;
        if first >= self.cells.len() {
            self.cells.resize_with(first + self.apart, Cell::default);
        }
        self.cells[first..].iter_mut().zip(group.0).for_each(|(own, more)| own.add(more));
    }

    pub(crate) fn cells(&self, symbol: Symbol) -> Cells<'_> {
        let first = symbol as usize * self.apart;
        Cells(self.cells.get(first..first + self.apart).unwrap_or_default())
    }

    /// The groups that are large enough, in the order of their labels.
    pub(crate) fn named(&self, told: Told<'_>, label: impl Fn(Symbol) -> String) -> Vec<Named> {
        self.among(|_| true, told, label)
    }

    /// The same of some of the symbols only, which are a list of their own.
    pub(crate) fn among(
        &self,
        symbols: impl Fn(Symbol) -> bool,
        told: Told<'_>,
        label: impl Fn(Symbol) -> String,
    ) -> Vec<Named> {
        let groups = (0..).zip(self.cells.chunks(self.apart)).map(|(symbol, cells)| (symbol, Cells(cells)));
        let large = groups
            .filter(|(symbol, cells)| symbols(*symbol) && cells.rate().trials >= told.least.max(1))
            .map(|(symbol, cells)| (symbol, label(symbol), cells));
        let mut large: Vec<(Symbol, String, Cells<'_>)> = large.collect();
        // Symbols are given in the order in which rows come; labels are the same in every run.
        large.sort_by(|one, other| one.1.cmp(&other.1));
        let circle: Vec<Rate> =
            (0..told.circle.unwrap_or(0)).map(|symbol| self.cells(symbol).rate()).collect();
        let borrowed = family::from_neighbours(&circle);
        let group = |(symbol, _, cells): &(Symbol, String, Cells<'_>)| Group {
            rate: cells.rate(),
            strata: cells.strata(told.all),
            borrowed: borrowed.get(*symbol as usize).copied().unwrap_or_default(),
        };
        let groups: Vec<Group> = large.iter().map(group).collect();
        let alike_in: &[&str] = if self.apart > 1 { &["als_tier", "channel"] } else { &["als_tier"] };
        // Whoever sends through a channel at an hour does not send at it through another one.
        let (denominator, holds_within) = (told.denominator, self.apart > 1);
        let list = List { all: told.all.rate(), denominator, alike_in, holds_within };
        let cards = cards(list, &groups);
        let named = large.into_iter().zip(cards).map(|((symbol, label, cells), mut card)| {
            let query = format!("{}={label}", told.query);
            card.evidence = Some(Evidence {
                id: crate::evidence::id(&query),
                run_id: told.run_id.to_owned(),
                query,
                lead_ids_hash: format!("{:016x}", cells.leads()),
            });
            Named { symbol, label, card }
        });
        named.collect()
    }

    /// The same, the highest rate first (CI-064).
    pub(crate) fn ranked(&self, told: Told<'_>, label: impl Fn(Symbol) -> String) -> Vec<Named> {
        let mut named = self.named(told, label);
        named.sort_by(|one, other| other.card.conversion_rate.total_cmp(&one.card.conversion_rate));
        named
    }
}
