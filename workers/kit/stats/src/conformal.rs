//! How far off predictions are, from how far off they were: no assumption about how errors are spread.

/// The bound that the next error stays within with probability `share`, from errors on data that the predictions were not
/// made from (split conformal); none of too few for that share.
pub fn bound(errors: &[f64], share: f64) -> Option<f64> {
    let mut sorted = errors.to_vec();
    sorted.sort_by(f64::total_cmp);
    // What rounding leaves above a whole number is none more.
    let place = ((sorted.len() + 1) as f64 * share - 1e-9).ceil().max(1.0) as usize;
    sorted.get(place - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_bound_is_one_of_the_errors() {
        let errors: Vec<f64> = (1..=19).rev().map(f64::from).collect();
        assert_eq!(bound(&errors, 0.8), Some(16.0));
        assert_eq!(bound(&errors, 0.5), Some(10.0));
        assert_eq!(bound(&[1.0, 2.0, 3.0], 0.8), None);
        assert_eq!(bound(&[], 0.8), None);
    }

    #[test]
    fn the_next_error_stays_within_it_as_often_as_said() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut within = 0;
        for _ in 0..4_000 {
            let errors: Vec<f64> = (0..25).map(|_| -random.random::<f64>().ln()).collect();
            let next = -random.random::<f64>().ln();
            within += u32::from(next <= bound(&errors, 0.8).unwrap());
        }
        assert!((3_150..=3_350).contains(&within), "{within} of 4000");
    }
}
