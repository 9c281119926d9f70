//! How sure a match is: the points of the strategies and how well the clinic can be reached (X01, X33).

use crate::clinics::Reach;

/// The scale of the source document ends here (PT-066).
pub const TOP: f64 = 10.0;
const DECISION_MAKER: f64 = 2.0;
const EMAIL: f64 = 3.0;
const PHONE: f64 = 1.0;

/// Below this, two sums of points are the same sum.
const ROUNDING: f64 = 1e-9;

/// Points for a decision maker, an e-mail address, a phone; the phone counts only without an address (PT-064, PT-065).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    pub decision_maker: f64,
    pub email: f64,
    pub phone: f64,
}

pub fn contact(reach: Reach) -> Contact {
    let given = |yes: bool, points: f64| if yes { points } else { 0.0 };
    Contact {
        decision_maker: given(reach.decision_maker, DECISION_MAKER),
        email: given(reach.email, EMAIL),
        phone: given(reach.phone && !reach.email, PHONE),
    }
}

impl Contact {
    pub fn points(self) -> f64 {
        self.decision_maker + self.email + self.phone
    }
}

/// The mean over pain points of what each may give before its own score would pass the top:
/// for one strategy, this plus the contact points is the mean of the capped scores (X33).
pub fn mean_points(pain_points: impl IntoIterator<Item = (f64, u32)>, contact: f64) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (points, number) in pain_points {
        sum += points.min(TOP - contact) * f64::from(number);
        count += f64::from(number);
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

/// The confidence of a clinic in a category, unrounded.
pub fn confidence(strategies: f64, contact: f64) -> f64 {
    (strategies + contact).min(TOP)
}

/// At least (X03).
pub fn reaches(confidence: f64, threshold: f64) -> bool {
    confidence + ROUNDING >= threshold
}

/// One decimal, half away from zero.
pub fn rounded(score: f64) -> f64 {
    (score * 10.0 + ROUNDING.copysign(score)).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DM_EMAIL: Reach = Reach { decision_maker: true, email: true, ..Reach::NONE };
    const PHONE: Reach = Reach { phone: true, ..Reach::NONE };

    #[track_caller]
    fn check(reach: Reach, strategies: &[f64], expected: f64) {
        let contact = contact(reach).points();
        let means = strategies.iter().map(|points| mean_points([(*points, 1)], contact)).sum();
        assert_eq!(confidence(means, contact), expected);
    }

    #[test]
    fn tv03_city_and_type_with_decision_maker_and_email_is_capped() {
        check(DM_EMAIL, &[5.0, 5.0], 10.0);
    }

    #[test]
    fn tv04_state_and_phone_is_four() {
        check(PHONE, &[3.0], 4.0);
    }

    #[test]
    fn tv05_location_and_phone_in_block_mode_is_six() {
        check(PHONE, &[5.0], 6.0);
    }

    #[test]
    fn tv06_a_phone_beside_an_email_gives_nothing() {
        check(Reach { email: true, ..PHONE }, &[], 3.0);
    }

    #[test]
    fn tv07_a_sure_pattern_gives_eight() {
        check(Reach::NONE, &[8.0], 8.0);
        check(Reach::NONE, &[5.0], 5.0);
    }

    #[test]
    fn x33_the_mean_is_of_the_capped_scores() {
        let contact = contact(DM_EMAIL).points();
        assert_eq!(contact + mean_points([(5.0, 1), (3.0, 1)], contact), 9.0);
        assert_eq!(contact + mean_points([(8.0, 1), (3.0, 1)], contact), 9.0);
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!([rounded(8.65), rounded(8.649), rounded(-0.25)], [8.7, 8.6, -0.3]);
    }

    #[test]
    fn a_third_of_a_point_too_little_does_not_reach() {
        assert!(reaches(mean_points([(5.0, 3), (3.0, 3)], 0.0) + 3.0, 7.0));
        assert!(!reaches(6.99, 7.0));
    }

    proptest! {
        #[test]
        fn more_points_never_lower_the_confidence(points in 0.0..8.0, more in 0.0..8.0, contact in 0.0..5.0, n in 1_u32..9) {
            let of = |points| confidence(mean_points([(points, n), (3.0, 2)], contact), contact);
            prop_assert!(of(points + more) >= of(points));
            prop_assert!((0.0..=TOP).contains(&of(points)));
        }
    }
}
