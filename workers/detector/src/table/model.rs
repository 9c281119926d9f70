//! A model of all columns at once: how likely each row is to convert, and which columns say so.

use stats::Rate;

use super::factors::Factor;
use super::logistic::{self, Design, Fit};

/// Ridges from the one that trusts small levels to the one that trusts none.
const RIDGES: [f64; 6] = [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0];
const INNER_FOLDS: usize = 3;
/// More levels would take minutes: the factors that tell least by themselves are left out.
const MOST_LEVELS: usize = 300;

/// Which rows a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Foretells {
    /// Rows of the same time.
    Alike,
    /// Later ones: what is learned has to hold in another period.
    Later,
}

/// Some factors with their log-odds.
#[derive(Debug)]
pub(super) struct Model {
    /// Places of the factors it uses.
    used: Vec<usize>,
    design: Design,
    fit: Fit,
    pub(super) ridge: f64,
}

impl Model {
    /// Learns from some rows, in their order. Nothing of the other rows' outcomes goes in: which factors are used and how
    /// strong the ridge is, is found by what parts of these rows say of the others of them.
    pub(super) fn learn(
        factors: &[&Factor],
        rows: &[usize],
        outcomes: &[bool],
        foretells: Foretells,
    ) -> Self {
        let used = most_telling(factors, rows, outcomes);
        let chosen: Vec<&Factor> = used.iter().map(|place| factors[*place]).collect();
        let design = Design::of(&chosen, outcomes.len());
        let ridge = best_ridge(&design, rows, outcomes, foretells);
        let fit = logistic::fit(&design, rows, outcomes, ridge, None);
        Self { used, design, fit, ridge }
    }

    pub(super) fn logit(&self, row: usize) -> f64 {
        self.fit.logit(self.design.places(row))
    }

    /// For each factor it uses, its place and the log-odds of its levels.
    pub(super) fn parts(&self) -> impl Iterator<Item = (usize, &[f64])> {
        let ends = self.design.starts().windows(2);
        self.used.iter().zip(ends).map(|(place, ends)| (*place, &self.fit.log_odds[ends[0]..ends[1]]))
    }
}

/// The ridge with the least loss on parts of the rows that were left out, chosen as the rows are that are to be foretold.
fn best_ridge(design: &Design, rows: &[usize], outcomes: &[bool], foretells: Foretells) -> f64 {
    let mut losses = [0.0; RIDGES.len()];
    for fold in 0..INNER_FOLDS {
        let is_left_out = |place: usize| match foretells {
            Foretells::Alike => place % INNER_FOLDS == fold,
            Foretells::Later => place * INNER_FOLDS / rows.len() == fold,
        };
        let part = |left_out: bool| -> Vec<usize> {
            (0..rows.len()).filter(|place| is_left_out(*place) == left_out).map(|place| rows[place]).collect()
        };
        let (train, test) = (part(false), part(true));
        let mut before: Option<Fit> = None;
        // From the strongest, so that each starts near its answer.
        for (place, ridge) in RIDGES.iter().enumerate().rev() {
            let fit = logistic::fit(design, &train, outcomes, *ridge, before.as_ref());
            losses[place] += logistic::loss(design, &test, outcomes, &fit);
            before = Some(fit);
        }
    }
    let best = (0..RIDGES.len()).min_by(|one, other| losses[*one].total_cmp(&losses[*other]));
    RIDGES[best.unwrap_or_default()]
}

/// Successes and trials of each level among some rows.
pub(super) fn rates(factor: &Factor, rows: impl IntoIterator<Item = usize>, outcomes: &[bool]) -> Vec<Rate> {
    let mut rates = vec![Rate::default(); factor.levels.len()];
    for row in rows {
        let rate = &mut rates[factor.codes[row] as usize];
        rate.trials += 1;
        rate.successes += u64::from(outcomes[row]);
    }
    rates
}

/// The factors of which the levels fit in; those by whose levels the outcome differs most come first.
fn most_telling(factors: &[&Factor], rows: &[usize], outcomes: &[bool]) -> Vec<usize> {
    let levels: usize = factors.iter().map(|factor| factor.levels.len()).sum();
    if levels <= MOST_LEVELS {
        return (0..factors.len()).collect();
    }
    let told = factors.iter().map(|factor| told(&rates(factor, rows.iter().copied(), outcomes)));
    let mut order: Vec<(usize, f64)> = told.enumerate().collect();
    order.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut room = MOST_LEVELS;
    let mut used: Vec<usize> = Vec::new();
    for (place, _) in order {
        if let Some(left) = room.checked_sub(factors[place].levels.len()) {
            room = left;
            used.push(place);
        }
    }
    used.sort_unstable();
    used
}

/// By how much levels differ beyond what their number alone would make.
fn told(rates: &[Rate]) -> f64 {
    let all = rates.iter().fold(Rate::default(), |sum, rate| sum.and(*rate));
    let share = all.share().unwrap_or_default();
    let spread = share * (1.0 - share);
    if spread <= 0.0 {
        return 0.0;
    }
    let squares =
        rates.iter().filter_map(|rate| Some(rate.trials as f64 * (rate.share()? - share).powi(2) / spread));
    squares.sum::<f64>() - rates.len() as f64
}
