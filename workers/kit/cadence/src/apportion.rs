//! Shares of a whole number: 50:50:5 by largest remainder (X38).

use serde::Serialize;

/// What a group is to get, and what it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// By its weight.
    pub planned: usize,
    /// With what others could not fill, and no more than it has.
    pub filled: usize,
}

/// Splits a number by weights; what rounding leaves goes to the largest remainders, the first of equal ones.
pub fn apportion<const N: usize>(total: usize, weights: [u32; N]) -> [usize; N] {
    let whole: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
    if whole == 0 {
        return [0; N];
    }
    let exact = weights.map(|weight| total as u64 * u64::from(weight));
    let mut shares = exact.map(|exact| (exact / whole) as usize);
    let mut order: [usize; N] = std::array::from_fn(|place| place);
    // Stable, so that equal remainders keep their order.
    order.sort_by_key(|&place| std::cmp::Reverse(exact[place] % whole));
    let left = total - shares.iter().sum::<usize>();
    for &place in order.iter().take(left) {
        shares[place] += 1;
    }
    shares
}

/// Splits a number by weights among groups that have only so many: what one cannot fill goes to the others, pro rata (X39).
pub fn quotas<const N: usize>(total: usize, weights: [u32; N], available: [usize; N]) -> [Quota; N] {
    let planned = apportion(total, weights);
    let mut filled = [0; N];
    loop {
        let left = total - filled.iter().sum::<usize>();
        let room = |place: usize| available[place] > filled[place];
        let open: [u32; N] = std::array::from_fn(|place| if room(place) { weights[place] } else { 0 });
        let more = apportion(left, open);
        if more.iter().all(|&more| more == 0) {
            break;
        }
        for place in 0..N {
            filled[place] = available[place].min(filled[place] + more[place]);
        }
    }
    std::array::from_fn(|place| Quota { planned: planned[place], filled: filled[place] })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: [u32; 3] = [50, 50, 5];

    #[test]
    fn tv23_and_tv24_forty_are_nineteen_nineteen_two() {
        assert_eq!(apportion(40, WEIGHTS), [19, 19, 2]);
        assert_eq!(apportion(30, WEIGHTS), [14, 14, 2]);
        assert_eq!(apportion(50, WEIGHTS), [24, 24, 2]);
        assert_eq!(apportion(105, WEIGHTS), [50, 50, 5]);
    }

    #[test]
    fn what_a_group_lacks_goes_to_the_others() {
        let filled = |available| quotas(40, WEIGHTS, available).map(|quota| quota.filled);
        assert_eq!(filled([100, 100, 0]), [20, 20, 0]);
        assert_eq!(filled([5, 100, 100]), [5, 32, 3]);
        assert_eq!(filled([3, 4, 1]), [3, 4, 1]);
        assert_eq!(filled([0, 0, 0]), [0, 0, 0]);
    }

    proptest::proptest! {
        #[test]
        fn shares_add_up(total in 0usize..=500, weights: [u8; 4]) {
            let weights = weights.map(u32::from);
            let sum: usize = apportion(total, weights).iter().sum();
            proptest::prop_assert_eq!(sum, if weights == [0; 4] { 0 } else { total });
        }

        #[test]
        fn quotas_fill_what_can_be_filled(total in 0usize..=500, available in proptest::array::uniform3(0usize..300)) {
            let filled = quotas(total, WEIGHTS, available).map(|quota| quota.filled);
            proptest::prop_assert_eq!(filled.iter().sum::<usize>(), total.min(available.iter().sum()));
            proptest::prop_assert!(filled.iter().zip(available).all(|(&filled, available)| filled <= available));
        }
    }
}
