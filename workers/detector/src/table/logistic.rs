//! Logistic regression over parted rows: a log-odds for each level of each factor, drawn to nothing by a ridge.

use stats::calibrate::sigmoid;

use super::factors::Factor;

const ROUNDS: usize = 30;
const STILL: f64 = 1e-6;
/// How much more two neighbouring ranges are drawn to each other than a level to nothing.
const NEIGHBOURS: f64 = 2.0;

/// Rows as the places of their levels among the coefficients.
#[derive(Debug)]
pub(super) struct Design {
    /// For each row the place of its level of each factor.
    places: Vec<u32>,
    factors: usize,
    /// Where the levels of each factor begin, and at the end how many there are.
    starts: Vec<usize>,
    ordered: Vec<bool>,
}

impl Design {
    pub(super) fn of(factors: &[&Factor], rows: usize) -> Self {
        let mut starts = vec![0];
        for factor in factors {
            starts.push(starts[starts.len() - 1] + factor.levels.len());
        }
        let mut places = Vec::with_capacity(rows * factors.len());
        for row in 0..rows {
            places.extend(
                factors
                    .iter()
                    .zip(&starts)
                    .map(|(factor, start)| *start as u32 + u32::from(factor.codes[row])),
            );
        }
        let ordered = factors.iter().map(|factor| factor.ordered).collect();
        Self { places, factors: factors.len(), starts, ordered }
    }

    pub(super) fn places(&self, row: usize) -> &[u32] {
        &self.places[row * self.factors..(row + 1) * self.factors]
    }

    pub(super) fn starts(&self) -> &[usize] {
        &self.starts
    }

    fn width(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// Pairs of neighbouring levels.
    fn neighbours(&self) -> impl Iterator<Item = (usize, usize)> {
        let ordered = self.starts.windows(2).zip(&self.ordered).filter(|(_, ordered)| **ordered);
        ordered.flat_map(|(ends, _)| (ends[0] + 1..ends[1]).map(|place| (place - 1, place)))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fit {
    pub(super) intercept: f64,
    pub(super) log_odds: Vec<f64>,
}

impl Fit {
    pub(super) fn logit(&self, places: &[u32]) -> f64 {
        places.iter().map(|place| self.log_odds[*place as usize]).sum::<f64>() + self.intercept
    }
}

/// Newton's method from `start`, on the given rows: the loss is convex, so there is one answer.
pub(super) fn fit(
    design: &Design,
    rows: &[usize],
    outcomes: &[bool],
    ridge: f64,
    start: Option<&Fit>,
) -> Fit {
    let converted = rows.iter().filter(|row| outcomes[**row]).count() as f64;
    let odds = (converted + 0.5) / (rows.len() as f64 - converted + 0.5);
    let mut fit = match start {
        Some(start) => start.clone(),
        None => Fit { intercept: odds.ln(), log_odds: vec![0.0; design.width()] },
    };
    let mut loss = penalised(design, rows, outcomes, ridge, &fit);
    for _ in 0..ROUNDS {
        let step = newton_step(design, rows, outcomes, ridge, &fit);
        // Far from the answer a whole step may be too long.
        let mut part = 1.0;
        let next = loop {
            let next = Fit {
                intercept: fit.intercept - part * step[design.width()],
                log_odds: fit.log_odds.iter().zip(&step).map(|(at, step)| at - part * step).collect(),
            };
            let after = penalised(design, rows, outcomes, ridge, &next);
            if after <= loss || part < 1e-3 {
                loss = after;
                break next;
            }
            part /= 2.0;
        };
        fit = next;
        if step.iter().all(|step| (part * step).abs() < STILL) {
            break;
        }
    }
    fit
}

/// The log-likelihood, negated, of some rows.
pub(super) fn loss(design: &Design, rows: &[usize], outcomes: &[bool], fit: &Fit) -> f64 {
    let of = |row: &usize| {
        let logit = fit.logit(design.places(*row));
        let against = if outcomes[*row] { -logit } else { logit };
        // The logarithm of 1 + e^x without overflow.
        against.max(0.0) + (-against.abs()).exp().ln_1p()
    };
    rows.iter().map(of).sum()
}

fn penalised(design: &Design, rows: &[usize], outcomes: &[bool], ridge: f64, fit: &Fit) -> f64 {
    let levels: f64 = fit.log_odds.iter().map(|at| at * at).sum();
    let apart: f64 =
        design.neighbours().map(|(one, other)| (fit.log_odds[one] - fit.log_odds[other]).powi(2)).sum();
    loss(design, rows, outcomes, fit) + ridge / 2.0 * (levels + NEIGHBOURS * apart)
}

/// The last one is that of the intercept.
fn newton_step(design: &Design, rows: &[usize], outcomes: &[bool], ridge: f64, fit: &Fit) -> Vec<f64> {
    let width = design.width() + 1;
    let intercept = width - 1;
    let (mut slope, mut bend) = (vec![0.0; width], vec![0.0; width * width]);
    for &row in rows {
        let places = design.places(row);
        let probability = sigmoid(fit.logit(places));
        let off = probability - f64::from(u8::from(outcomes[row]));
        let weight = probability * (1.0 - probability);
        for (at, &place) in places.iter().enumerate() {
            let place = place as usize;
            slope[place] += off;
            bend[intercept * width + place] += weight;
            for &before in &places[..=at] {
                bend[place * width + before as usize] += weight;
            }
        }
        slope[intercept] += off;
        bend[intercept * width + intercept] += weight;
    }
    for (place, at) in fit.log_odds.iter().enumerate() {
        slope[place] += ridge * at;
        bend[place * width + place] += ridge;
    }
    for (one, other) in design.neighbours() {
        let apart = ridge * NEIGHBOURS;
        let pull = apart * (fit.log_odds[other] - fit.log_odds[one]);
        slope[other] += pull;
        slope[one] -= pull;
        bend[one * width + one] += apart;
        bend[other * width + other] += apart;
        bend[other * width + one] -= apart;
    }
    // Keeps the intercept solvable where every row is all but sure.
    bend[intercept * width + intercept] += 1e-9;
    solve(&mut bend, slope)
}

/// Cholesky, in place; only the lower triangle is read.
fn solve(matrix: &mut [f64], mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for row in 0..n {
        for column in 0..=row {
            let (above, below) = matrix.split_at_mut(row * n);
            let own = &mut below[..n];
            if column < row {
                let other = &above[column * n..column * n + column + 1];
                let done: f64 = own[..column].iter().zip(other).map(|(a, b)| a * b).sum();
                own[column] = (own[column] - done) / other[column];
            } else {
                let done: f64 = own[..row].iter().map(|a| a * a).sum();
                own[row] = (own[row] - done).max(1e-12).sqrt();
            }
        }
    }
    for row in 0..n {
        let done: f64 = (0..row).map(|column| matrix[row * n + column] * right[column]).sum();
        right[row] = (right[row] - done) / matrix[row * n + row];
    }
    for row in (0..n).rev() {
        let done: f64 = (row + 1..n).map(|below| matrix[below * n + row] * right[below]).sum();
        right[row] = (right[row] - done) / matrix[row * n + row];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::super::factors::{Level, Role};
    use super::*;

    fn factor(codes: Vec<u16>, levels: usize, ordered: bool) -> Factor {
        let level = |place: usize| Level { label: place.to_string(), role: Role::Told };
        Factor { list: 0, levels: (0..levels).map(level).collect(), codes, ordered }
    }

    /// 100 rows of each level, of which 20 and 60 convert.
    fn two_levels() -> (Factor, Vec<bool>) {
        let outcomes = (0..200).map(|row| if row < 100 { row < 20 } else { row < 160 }).collect();
        (factor((0..200).map(|row| u16::from(row >= 100)).collect(), 2, false), outcomes)
    }

    #[test]
    fn without_a_ridge_levels_have_their_own_odds() {
        let (factor, outcomes) = two_levels();
        let design = Design::of(&[&factor], 200);
        let rows: Vec<usize> = (0..200).collect();
        let found = fit(&design, &rows, &outcomes, 1e-6, None);
        for (row, expected) in [(0, 0.2), (199, 0.6)] {
            let probability = sigmoid(found.logit(design.places(row)));
            assert!((probability - expected).abs() < 1e-4, "{probability}");
        }
        // From elsewhere it comes to the same.
        let start = Fit { intercept: 3.0, log_odds: vec![-2.0, 4.0] };
        let again = fit(&design, &rows, &outcomes, 1e-6, Some(&start));
        assert!((again.logit(design.places(0)) - found.logit(design.places(0))).abs() < 1e-4);
    }

    #[test]
    fn a_ridge_draws_levels_together_and_keeps_the_rate_of_all() {
        let (factor, outcomes) = two_levels();
        let design = Design::of(&[&factor], 200);
        let rows: Vec<usize> = (0..200).collect();
        let found = fit(&design, &rows, &outcomes, 50.0, None);
        let said: Vec<f64> = rows.iter().map(|row| sigmoid(found.logit(design.places(*row)))).collect();
        assert!(said[0] > 0.25 && said[199] < 0.55, "{} {}", said[0], said[199]);
        assert!((said.iter().sum::<f64>() - 80.0).abs() < 1e-3);
    }

    #[test]
    fn ranges_without_rows_lie_between_their_neighbours() {
        let codes: Vec<u16> = (0..200).map(|row| if row < 100 { 0 } else { 2 }).collect();
        let outcomes: Vec<bool> = (0..200).map(|row| if row < 100 { row < 20 } else { row < 160 }).collect();
        let factor = factor(codes, 3, true);
        let design = Design::of(&[&factor], 200);
        let found = fit(&design, &(0..200).collect::<Vec<_>>(), &outcomes, 1.0, None);
        let [low, middle, high] = [0, 1, 2].map(|place| found.log_odds[place]);
        assert!(low < middle && middle < high, "{low} {middle} {high}");
    }
}
