//! Learns how much each part of a score should weigh from what came of earlier scores.

use crate::calibrate::sigmoid;

/// What all weights add up to; the rest of a score is given.
pub const SUM: f64 = 0.85;
const LEAST: f64 = 0.05;
const MOST: f64 = 0.50;
const RIDGE: f64 = 0.01;
const STEPS: usize = 20_000;
const STILL: f64 = 1e-12;
const HALVINGS: usize = 200;
/// So many weights there are.
pub const PARTS: usize = 4;

/// Parts of a score, each from 0 to 1.
pub type Parts = [f64; PARTS];

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Parts around their means, with an intercept: the weights have to tell people apart.
    Centred,
    /// The source document's: neither. Weights are then drawn to whatever is small where outcomes are rare.
    Seed,
}

/// Weights that were learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learned {
    pub weights: Parts,
    /// 0 for the seed's objective.
    pub intercept: f64,
    pub loss: f64,
}

/// The weights with the least loss: binary cross-entropy and a ridge, within 0.05 to 0.50 each and 0.85 in all.
///
/// The problem is convex, so there is one answer. Newton's method: each round looks at all data once, and goes to the
/// least of the parabola there that is allowed. People who are alike are counted once with their number.
pub fn learn(people: &[(Parts, bool)], objective: Objective) -> Option<Learned> {
    if people.is_empty() {
        return None;
    }
    let groups = grouped(people);
    let n = people.len() as f64;
    let mut means = [0.0; PARTS];
    if objective == Objective::Centred {
        for (parts, failures, successes) in &groups {
            (0..PARTS).for_each(|part| means[part] += parts[part] * (failures + successes) / n);
        }
    }
    let groups: Vec<(Parts, f64, f64)> = groups
        .into_iter()
        .map(|(parts, failures, successes)| {
            (std::array::from_fn(|part| parts[part] - means[part]), failures / n, successes / n)
        })
        .collect();
    let mut learned = Learned { weights: [SUM / PARTS as f64; PARTS], intercept: 0.0, loss: 0.0 };
    learned.loss = loss(&groups, &learned);
    for _ in 0..STEPS {
        let next = Parabola::at(&groups, &learned, objective).least(&learned);
        let Some(better) = along(&groups, &learned, &next) else { break };
        let moved = (0..PARTS)
            .map(|part| (better.weights[part] - learned.weights[part]).abs())
            .fold((better.intercept - learned.intercept).abs(), f64::max);
        learned = better;
        if moved < STILL {
            break;
        }
    }
    Some(learned)
}

/// The first point on the way to another one, half of it again and again, where the loss is no higher.
fn along(groups: &[(Parts, f64, f64)], from: &Learned, to: &Learned) -> Option<Learned> {
    let mut part = 1.0;
    for _ in 0..HALVINGS {
        let between = |from: f64, to: f64| from + part * (to - from);
        let mut point = Learned {
            weights: std::array::from_fn(|place| between(from.weights[place], to.weights[place])),
            intercept: between(from.intercept, to.intercept),
            loss: 0.0,
        };
        point.loss = loss(groups, &point);
        if point.loss <= from.loss {
            return Some(point);
        }
        part /= 2.0;
    }
    None
}

/// The loss around a point as a parabola: slopes and curvatures of the weights and, at the last place, the intercept.
struct Parabola {
    slope: [f64; PARTS + 1],
    curvature: [[f64; PARTS + 1]; PARTS + 1],
}

impl Parabola {
    fn at(groups: &[(Parts, f64, f64)], point: &Learned, objective: Objective) -> Self {
        let mut parabola = Self { slope: [0.0; PARTS + 1], curvature: [[0.0; PARTS + 1]; PARTS + 1] };
        for part in 0..PARTS {
            parabola.slope[part] = 2.0 * RIDGE * point.weights[part];
            parabola.curvature[part][part] = 2.0 * RIDGE;
        }
        for (parts, failures, successes) in groups {
            let said = sigmoid(logit(parts, point));
            let off = said * (failures + successes) - successes;
            let bend = said * (1.0 - said) * (failures + successes);
            let with_one: [f64; PARTS + 1] =
                std::array::from_fn(|place| parts.get(place).map_or(1.0, |part| *part));
            for row in 0..=PARTS {
                parabola.slope[row] += off * with_one[row];
                for column in 0..=row {
                    parabola.curvature[row][column] += bend * with_one[row] * with_one[column];
                }
            }
        }
        for row in 0..=PARTS {
            for column in row + 1..=PARTS {
                parabola.curvature[row][column] = parabola.curvature[column][row];
            }
        }
        if objective == Objective::Seed {
            // Without an intercept nothing goes that way.
            (parabola.slope[PARTS], parabola.curvature[PARTS][PARTS]) = (0.0, 0.0);
            (0..PARTS).for_each(|part| {
                (parabola.curvature[part][PARTS], parabola.curvature[PARTS][part]) = (0.0, 0.0)
            });
        }
        parabola
    }

    /// Its least point among the weights that are allowed, by projected gradient: no data is looked at any more.
    fn least(&self, from: &Learned) -> Learned {
        let Self { slope, curvature } = self;
        let flat = curvature[PARTS][PARTS];
        // For given weights the best intercept is known; what is left is a parabola of the weights alone.
        let through = |row: usize| if flat > 0.0 { curvature[row][PARTS] / flat } else { 0.0 };
        let reduced: [[f64; PARTS]; PARTS] = std::array::from_fn(|row| {
            std::array::from_fn(|column| curvature[row][column] - through(row) * curvature[PARTS][column])
        });
        let steepest: f64 = (0..PARTS).map(|part| reduced[part][part]).sum();
        let mut weights = from.weights;
        for _ in 0..STEPS {
            let moved: Parts = std::array::from_fn(|part| weights[part] - from.weights[part]);
            let next = within(std::array::from_fn(|row| {
                let bend: f64 = (0..PARTS).map(|column| reduced[row][column] * moved[column]).sum();
                weights[row] - (slope[row] - through(row) * slope[PARTS] + bend) / steepest
            }));
            let change = (0..PARTS).map(|part| (next[part] - weights[part]).abs()).fold(0.0, f64::max);
            weights = next;
            if change < STILL {
                break;
            }
        }
        let bend: f64 =
            (0..PARTS).map(|part| curvature[PARTS][part] * (weights[part] - from.weights[part])).sum();
        let intercept =
            if flat > 0.0 { from.intercept - (slope[PARTS] + bend) / flat } else { from.intercept };
        Learned { weights, intercept, loss: 0.0 }
    }
}

/// The loss of given weights on the same people, without intercept or centring.
pub fn seed_loss(people: &[(Parts, bool)], weights: Parts) -> f64 {
    let n = people.len() as f64;
    let groups: Vec<(Parts, f64, f64)> = grouped(people)
        .into_iter()
        .map(|(parts, failures, successes)| (parts, failures / n, successes / n))
        .collect();
    loss(&groups, &Learned { weights, intercept: 0.0, loss: 0.0 })
}

/// People with the same parts: how many failed and how many converted, in the order of their parts.
fn grouped(people: &[(Parts, bool)]) -> Vec<(Parts, f64, f64)> {
    let mut sorted = people.to_vec();
    let order = |one: &Parts, other: &Parts| {
        one.iter().zip(other).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne())
    };
    sorted.sort_by(|one, other| order(&one.0, &other.0).unwrap_or(one.1.cmp(&other.1)));
    sorted
        .chunk_by(|one, other| one.0 == other.0)
        .map(|alike| {
            let successes = alike.iter().filter(|(_, outcome)| *outcome).count() as f64;
            (alike[0].0, alike.len() as f64 - successes, successes)
        })
        .collect()
}

fn logit(parts: &Parts, learned: &Learned) -> f64 {
    parts.iter().zip(learned.weights).map(|(part, weight)| part * weight).sum::<f64>() + learned.intercept
}

fn loss(groups: &[(Parts, f64, f64)], learned: &Learned) -> f64 {
    let entropy: f64 = groups
        .iter()
        .map(|(parts, failures, successes)| {
            let said = sigmoid(logit(parts, learned));
            -successes * said.ln() - failures * (1.0 - said).ln()
        })
        .sum();
    entropy + RIDGE * learned.weights.iter().map(|weight| weight * weight).sum::<f64>()
}

/// The nearest weights that are allowed: all moved by as much, cut off at the bounds, until they add up.
pub fn within(weights: Parts) -> Parts {
    let moved = |by: f64| weights.map(|weight| (weight + by).clamp(LEAST, MOST));
    let spread = weights.iter().fold(1.0, |most: f64, weight| most.max(weight.abs()));
    let (mut low, mut high) = (-spread - 1.0, spread + 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if moved(middle).iter().sum::<f64>() < SUM { low = middle } else { high = middle }
    }
    moved(f64::midpoint(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(groups: &[(usize, Parts, bool)]) -> Vec<(Parts, bool)> {
        let of = |(n, parts, outcome): &(usize, Parts, bool)| std::iter::repeat_n((*parts, *outcome), *n);
        groups.iter().flat_map(of).collect()
    }

    #[track_caller]
    fn check(found: Learned, weights: Parts, loss: f64, intercept: f64) {
        let close = |found: f64, expected: f64| (found - expected).abs() < 5e-5;
        assert!(
            found.weights.iter().zip(weights).all(|(found, expected)| close(*found, expected)),
            "{found:?}"
        );
        assert!(close(found.loss, loss) && close(found.intercept, intercept), "{found:?}");
    }

    #[test]
    fn what_tells_people_apart_weighs_most() {
        let people = people(&[(50, [0.0, 0.4, 0.0, 1.0], true), (50, [0.0, 0.8, 0.0, 1.0 / 3.0], false)]);
        let weights = [0.15, 0.05, 0.15, 0.50];
        check(learn(&people, Objective::Seed).unwrap(), weights, 0.637_167, 0.0);
        check(learn(&people, Objective::Centred).unwrap(), weights, 0.620_854, 0.0);
        let defaults = seed_loss(&people, [0.20, 0.25, 0.25, 0.15]);
        assert!((defaults - 0.702_814).abs() < 5e-5, "{defaults}");
    }

    #[test]
    fn the_seeds_objective_learns_the_wrong_way_where_outcomes_are_rare() {
        let people = people(&[(30, [0.2, 0.5, 0.5, 1.0], true), (170, [0.2, 0.5, 0.5, 0.8], false)]);
        check(learn(&people, Objective::Seed).unwrap(), [0.50, 0.15, 0.15, 0.05], 0.807_458, 0.0);
        let (few, most) = (0.35 / 3.0, 0.50);
        check(learn(&people, Objective::Centred).unwrap(), [few, few, few, most], 0.412_950, -1.735_05);
    }

    #[test]
    fn nobody_teaches_nothing() {
        assert_eq!(learn(&[], Objective::Centred), None);
    }

    proptest::proptest! {
        #[test]
        fn weights_add_up_and_stay_within_their_bounds(raw in proptest::array::uniform4(-5.0f64..5.0)) {
            let weights = within(raw);
            proptest::prop_assert!((weights.iter().sum::<f64>() - SUM).abs() < 1e-9);
            proptest::prop_assert!(weights.iter().all(|weight| (LEAST..=MOST).contains(weight)));
        }
    }
}
