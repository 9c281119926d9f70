//! Which thresholds are tried when nothing is sure enough (X09).

/// Used when the request names no threshold (X32).
const DEFAULT: f64 = 7.0;
const STEPS: [f64; 2] = [7.0, 5.0];

/// The thresholds in order: the one asked for, then 7, then 5, as far as they are lower.
pub fn rungs(asked: f64) -> Vec<f64> {
    let first = if asked > 0.0 { asked } else { DEFAULT };
    std::iter::once(first).chain(STEPS.into_iter().filter(|step| *step < first)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asked: f64, expected: &[f64]) {
        assert_eq!(rungs(asked), expected);
    }

    #[test]
    fn tv19_nine_goes_to_seven_then_five() {
        check(9.0, &[9.0, 7.0, 5.0]);
    }

    #[test]
    fn tv20_seven_goes_straight_to_five() {
        check(7.0, &[7.0, 5.0]);
        check(0.0, &[7.0, 5.0]);
    }

    #[test]
    fn five_and_less_go_nowhere() {
        check(5.0, &[5.0]);
        check(3.5, &[3.5]);
    }

    #[test]
    fn six_goes_to_five() {
        check(6.0, &[6.0, 5.0]);
    }
}
