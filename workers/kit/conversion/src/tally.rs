//! Counts groups of a list, each among leads of the same tier, and makes cards of them.

use crate::card::{Group, List, cards};
use crate::case::{Symbol, TIERS};
use patterns::{Card, Evidence, Verdict};
use stats::Rate;

/// How often something happened, by tier.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cell {
    counts: [(u32, u32); TIERS.len()],
    leads: u64,
}

impl Cell {
    pub(crate) fn count(&mut self, tier: u8, success: bool, lead: u64) {
        let Some((successes, trials)) = self.counts.get_mut(usize::from(tier)) else { return };
        *successes += u32::from(success);
        *trials += 1;
        // Whatever the order, the same leads add up to the same.
        self.leads = self.leads.wrapping_add(lead);
    }

    pub(crate) fn rate(&self) -> Rate {
        (0..TIERS.len()).fold(Rate::default(), |sum, tier| sum.and(self.of_tier(tier)))
    }

    /// The same among leads of one tier only.
    #[must_use]
    pub(crate) fn within(&self, tier: usize) -> Self {
        let mut counts = [(0, 0); TIERS.len()];
        counts[tier] = self.counts[tier];
        Self { counts, leads: self.leads }
    }

    pub(crate) fn of_tier(&self, tier: usize) -> Rate {
        let (successes, trials) = self.counts[tier];
        Rate::new(successes.into(), trials.into())
    }
}

/// The groups of a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    cells: Vec<Cell>,
}

/// How a list is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    /// As `who.title`.
    pub(crate) query: &'a str,
    pub(crate) denominator: &'a str,
    /// Everybody who could be in a group.
    pub(crate) all: &'a Cell,
    /// CI-055: groups of fewer are left out.
    pub(crate) least: u64,
    pub(crate) run_id: &'a str,
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
    pub(crate) fn count(&mut self, symbol: Symbol, tier: u8, success: bool, lead: u64) {
        let place = symbol as usize;
        if place >= self.cells.len() {
            self.cells.resize_with(place + 1, Cell::default);
        }
        self.cells[place].count(tier, success, lead);
    }

    pub(crate) fn cell(&self, symbol: Symbol) -> Cell {
        self.cells.get(symbol as usize).copied().unwrap_or_default()
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
        let large = (0..)
            .zip(&self.cells)
            .filter(|(symbol, cell)| symbols(*symbol) && cell.rate().trials >= told.least.max(1));
        let mut large: Vec<(Symbol, String, &Cell)> =
            large.map(|(symbol, cell)| (symbol, label(symbol), cell)).collect();
        // Symbols are given in the order in which rows come; labels are the same in every run.
        large.sort_by(|one, other| one.1.cmp(&other.1));
        let groups: Vec<Group> = large
            .iter()
            .map(|(_, _, cell)| Group { rate: cell.rate(), strata: strata(cell, told.all) })
            .collect();
        let list = List { all: told.all.rate(), denominator: told.denominator, alike_in: "als_tier" };
        let cards = cards(list, &groups);
        let named = large.into_iter().zip(cards).map(|((symbol, label, cell), mut card)| {
            // What turns round among those who are alike is no reason to do anything.
            if card.adjusted.as_ref().is_some_and(|adjusted| adjusted.reverses) {
                card.verdict = Verdict::NotDistinguishable;
            }
            let query = format!("{}={label}", told.query);
            card.evidence = Some(Evidence {
                id: crate::evidence::id(&query),
                run_id: told.run_id.to_owned(),
                query,
                lead_ids_hash: format!("{:016x}", cell.leads),
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

/// The group against everybody else, tier by tier; nothing when all are of one tier.
fn strata(cell: &Cell, all: &Cell) -> Vec<(Rate, Rate)> {
    let strata: Vec<(Rate, Rate)> = (0..TIERS.len())
        .filter_map(|tier| {
            let (own, all) = (cell.of_tier(tier), all.of_tier(tier));
            let rest =
                Rate::new(all.successes.saturating_sub(own.successes), all.trials.saturating_sub(own.trials));
            (all.trials > 0).then_some((own, rest))
        })
        .collect();
    if strata.len() > 1 { strata } else { Vec::new() }
}
