//! What makes a prospect promising: fit, referral capacity and signal strength, and one number of the three.

use crate::profile::Profile;
use crate::segment::{Assigned, AudienceSegment};
use crate::tags::{SENIOR, industry, role};
use crate::words::Words;
use serde::{Deserialize, Serialize};

/// Points and what they are for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub points: f64,
    pub reason: String,
}

/// A score of 0 to 100: the sum of its parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub value: f64,
    pub parts: Vec<Part>,
}

/// The three scores of a prospect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Role relevance and audience type (OE-026).
    pub fit: Score,
    /// How likely somebody is to refer or to respond (OE-027).
    pub referral_capacity: Score,
    /// Engagement and presence (OE-028).
    pub signal_strength: Score,
}

/// The three scores and the number that prospects are sorted by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Priority {
    #[serde(flatten)]
    pub scores: Scores,
    /// 0.40 fit + 0.35 referral capacity + 0.25 signal strength, two decimal places (OE 24).
    pub priority_score: f64,
}

impl Score {
    fn of(parts: impl IntoIterator<Item = (bool, f64, String)>) -> Self {
        let parts: Vec<Part> = parts
            .into_iter()
            .filter(|(holds, ..)| *holds)
            .map(|(_, points, reason)| Part { points, reason })
            .collect();
        Self { value: parts.iter().map(|part| part.points).sum(), parts }
    }

    /// A score that somebody else has given.
    pub fn given(value: f64, by: &str) -> Self {
        let value = value.clamp(0.0, 100.0);
        Self { value, parts: vec![Part { points: value, reason: format!("given by {by}") }] }
    }
}

impl Scores {
    /// The scores of a prospect; `replies` are its answers so far.
    pub fn of(profile: &Profile, assigned: &Assigned, replies: u32) -> Self {
        let words = Words::of(profile);
        let (role, industry) = (role(&words), industry(&words));
        let given = |text: &str| !text.trim().is_empty();
        let senior = SENIOR.contains(&role);
        let (segment, suits) = (assigned.segment, suits(assigned.segment, industry));
        let fit = Score::of([
            (!assigned.low_confidence, 40.0, format!("belongs to {} by its words", segment.name())),
            (senior, 30.0, format!("decides as {role}")),
            (role == "clinician" || role == "educator", 20.0, format!("works with families as {role}")),
            (suits, 20.0, format!("works in {industry}")),
            (given(&profile.state) || given(&profile.country), 10.0, "place is known".to_owned()),
        ]);
        let many = ["education", "mental_health", "healthcare", "nonprofit"].contains(&industry);
        let referral_capacity = Score::of([
            (segment == AudienceSegment::ReferralNetwork, 35.0, "refers people by profession".to_owned()),
            (senior, 20.0, format!("speaks for others as {role}")),
            (many, 20.0, format!("meets many people in {industry}")),
            (given(&profile.linkedin_url), 15.0, "has a profile".to_owned()),
            (given(&profile.email), 10.0, "can be written to".to_owned()),
        ]);
        let signal_strength = match profile.signal_strength {
            Some(signal) => Score::given(signal, "discovery"),
            None => Score::of([
                (given(&profile.linkedin_url), 30.0, "has a profile".to_owned()),
                (given(&profile.website), 20.0, "has a website".to_owned()),
                (given(&profile.email), 20.0, "has an address".to_owned()),
                (replies > 0, 30.0, format!("has answered {replies} times")),
            ]),
        };
        Self { fit, referral_capacity, signal_strength }
    }
}

fn suits(segment: AudienceSegment, industry: &str) -> bool {
    match segment {
        AudienceSegment::ReferralNetwork => ["education", "mental_health", "healthcare"].contains(&industry),
        AudienceSegment::ThoughtLeadership => ["edtech", "education", "technology"].contains(&industry),
        AudienceSegment::StealthFounder => ["technology", "edtech", "healthcare"].contains(&industry),
    }
}

/// Weighs the three scores.
pub fn priority(scores: Scores) -> Priority {
    let sum =
        0.40 * scores.fit.value + 0.35 * scores.referral_capacity.value + 0.25 * scores.signal_strength.value;
    Priority { priority_score: (sum * 100.0).round() / 100.0, scores }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::assign;

    #[test]
    fn the_example_is_eighty_and_three_quarters() {
        let given = |value| Score::given(value, "a test");
        let scores =
            Scores { fit: given(85.0), referral_capacity: given(80.0), signal_strength: given(75.0) };
        assert_eq!(priority(scores).priority_score, 80.75);
    }

    #[test]
    fn every_point_has_its_reason() {
        let profile = Profile {
            title: "Head of School".into(),
            company: "Oak Hill Academy".into(),
            state: "MA".into(),
            email: "h@oakhill.example".into(),
            linkedin_url: "https://linkedin.example/in/h".into(),
            ..Profile::default()
        };
        let scores = Scores::of(&profile, &assign(&profile), 0);
        assert_eq!((scores.fit.value, scores.referral_capacity.value), (100.0, 100.0));
        let reasons: Vec<&str> =
            scores.signal_strength.parts.iter().map(|part| part.reason.as_str()).collect();
        assert_eq!(reasons, ["has a profile", "has an address"]);
    }

    proptest::proptest! {
        #[test]
        fn scores_stay_in_their_range(title in "[a-z ]{0,40}", about in "[a-z ]{0,60}", signal in proptest::option::of(-10.0f64..200.0)) {
            let profile = Profile { title, about, signal_strength: signal, ..Profile::default() };
            let found = priority(Scores::of(&profile, &assign(&profile), 3));
            for score in [&found.scores.fit, &found.scores.referral_capacity, &found.scores.signal_strength] {
                proptest::prop_assert!((0.0..=100.0).contains(&score.value));
                let sum: f64 = score.parts.iter().map(|part| part.points).sum();
                proptest::prop_assert_eq!(sum, score.value);
            }
        }
    }
}
