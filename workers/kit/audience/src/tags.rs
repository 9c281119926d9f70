//! Tags of a prospect: industry, role, location, engagement potential, PACER relevance (OE-006, OE 22, OE 23).

use crate::profile::Profile;
use crate::segment::AudienceSegment;
use crate::words::Words;
use serde::{Deserialize, Serialize};

/// What a prospect is tagged with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tags {
    pub industry: String,
    pub role: String,
    pub location: String,
    /// 0 to 1, two decimal places.
    pub engagement_potential: f64,
    /// Content pillars that suit the prospect.
    pub pacer_relevance: Vec<String>,
}

/// Therapies of the body: their words are no word of mental health.
const BODILY: [&str; 20] = [
    "physical therapy",
    "physical therapist",
    "physical therapists",
    "physiotherapy",
    "physiotherapist",
    "occupational therapy",
    "occupational therapist",
    "occupational therapists",
    "speech therapy",
    "speech therapist",
    "speech language therapy",
    "speech and language therapy",
    "respiratory therapy",
    "respiratory therapist",
    "massage therapy",
    "massage therapist",
    "radiation therapy",
    "infusion therapy",
    "hand therapy",
    "aquatic therapy",
];

/// The first whose words stand in industry, company, title or what the prospect says.
const INDUSTRIES: [(&str, &[&str]); 6] = [
    (
        "mental_health",
        &[
            "mental health",
            "behavioral health",
            "psychotherapy",
            "psychotherapist",
            "therapy",
            "therapist",
            "psychology",
            "psychologist",
            "psychiatry",
            "psychiatrist",
            "counseling",
            "counselor",
            "treatment center",
        ],
    ),
    ("edtech", &["edtech", "ed-tech", "education technology", "learning platform", "lms"]),
    (
        "education",
        &[
            "school",
            "schools",
            "academy",
            "education",
            "university",
            "college",
            "district",
            "admissions",
            "professor",
            "teacher",
            "curriculum",
            "superintendent",
        ],
    ),
    ("healthcare", &["clinic", "hospital", "health", "medical", "pediatrician"]),
    (
        "technology",
        &["software", "ai", "artificial intelligence", "machine learning", "saas", "technology", "tech"],
    ),
    ("nonprofit", &["nonprofit", "non-profit", "foundation", "charity"]),
];

const ROLES: [(&str, &[&str]); 6] = [
    ("founder", &["founder", "cofounder", "co-founder", "owner", "entrepreneur"]),
    (
        "executive",
        &[
            "ceo",
            "cto",
            "coo",
            "cfo",
            "cmo",
            "chief",
            "president",
            "vp",
            "vice president",
            "executive director",
            "partner",
        ],
    ),
    (
        "administrator",
        &[
            "head of school",
            "headmaster",
            "headmistress",
            "principal",
            "dean",
            "director",
            "admissions",
            "superintendent",
            "administrator",
        ],
    ),
    (
        "clinician",
        &[
            "therapist",
            "psychologist",
            "psychiatrist",
            "counselor",
            "social worker",
            "physician",
            "pediatrician",
        ],
    ),
    ("educator", &["teacher", "professor", "instructor", "learning specialist", "educational consultant"]),
    ("manager", &["manager", "lead", "coordinator", "head"]),
];

/// Roles that decide or whom others follow.
pub(crate) const SENIOR: [&str; 3] = ["founder", "executive", "administrator"];

/// The tags of a prospect in a segment; `pillars` are the content pillars of each segment, in the segments' order.
pub fn tags(profile: &Profile, segment: AudienceSegment, pillars: &[Vec<String>; 3]) -> Tags {
    let words = Words::of(profile);
    Tags {
        industry: industry(&words).to_owned(),
        role: role(&words).to_owned(),
        location: location(profile),
        engagement_potential: engagement_potential(profile),
        pacer_relevance: pillars[segment.place()].clone(),
    }
}

pub(crate) fn industry(words: &Words) -> &'static str {
    let bodily = BODILY.iter().any(|phrase| words.find(phrase).is_some());
    let words = words.without(&BODILY);
    let found = INDUSTRIES.iter().find(|(name, phrases)| {
        phrases.iter().any(|phrase| words.find(phrase).is_some()) || bodily && *name == "healthcare"
    });
    found.map_or("other", |(name, _)| name)
}

pub(crate) fn role(words: &Words) -> &'static str {
    let found = ROLES.iter().find(|(_, phrases)| words.any("title", phrases).is_some());
    found.map_or("other", |(name, _)| name)
}

fn location(profile: &Profile) -> String {
    let parts = [&profile.city, &profile.state, &profile.country];
    let known: Vec<&str> =
        parts.into_iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    if known.is_empty() { "unknown".to_owned() } else { known.join(", ") }
}

/// How likely somebody is to answer, before anything was learned: .5, seniority .2, profile .1, site or address .1, and
/// a tenth of the signal; at most 1.
pub fn engagement_potential(profile: &Profile) -> f64 {
    let given = |text: &str| !text.trim().is_empty();
    let senior = SENIOR.contains(&role(&Words::of(profile)));
    let signal = profile.signal_strength.unwrap_or(0.0).clamp(0.0, 100.0) / 100.0;
    let points = [
        (senior, 0.2),
        (given(&profile.linkedin_url), 0.1),
        (given(&profile.website) || given(&profile.email), 0.1),
    ];
    let sum: f64 = points.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum();
    ((0.5 + sum + 0.1 * signal).min(1.0) * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pillars() -> [Vec<String>; 3] {
        ["referral", "thought_leadership", "stealth_founder"].map(|pillar| vec![pillar.to_owned()])
    }

    #[test]
    fn a_head_of_school_is_tagged() {
        let profile = Profile {
            title: "Head of School".into(),
            company: "Oak Hill Academy".into(),
            city: "Boston".into(),
            state: "MA".into(),
            linkedin_url: "https://linkedin.example/in/a".into(),
            signal_strength: Some(80.0),
            ..Profile::default()
        };
        let tags = tags(&profile, AudienceSegment::ReferralNetwork, &pillars());
        let expected = Tags {
            industry: "education".into(),
            role: "administrator".into(),
            location: "Boston, MA".into(),
            engagement_potential: 0.88,
            pacer_relevance: vec!["referral".into()],
        };
        assert_eq!(tags, expected);
    }

    #[test]
    fn nobody_known_has_tags_too() {
        let tags = tags(&Profile::default(), AudienceSegment::ThoughtLeadership, &pillars());
        assert_eq!(
            (tags.industry.as_str(), tags.role.as_str(), tags.location.as_str()),
            ("other", "other", "unknown")
        );
        assert_eq!(tags.engagement_potential, 0.5);
    }
    #[track_caller]
    fn check_industry(company: &str, title: &str, expected: &str) {
        let profile = Profile { company: company.into(), title: title.into(), ..Profile::default() };
        assert_eq!(industry(&Words::of(&profile)), expected, "{company}, {title}");
    }

    #[test]
    fn a_therapy_of_the_body_is_healthcare() {
        check_industry("Desert Physical Therapy", "", "healthcare");
        check_industry("Desert PT", "Physical Therapist", "healthcare");
        check_industry("Valley Occupational Therapy Group", "Owner", "healthcare");
        check_industry("Little Voices Speech-Language Therapy", "", "healthcare");
        check_industry("Riverside Physiotherapy", "Director", "healthcare");
        check_industry("Oak Hill Hospital", "Respiratory Therapist", "healthcare");
    }

    #[test]
    fn a_therapy_of_the_mind_is_mental_health() {
        check_industry("Calm Therapy", "", "mental_health");
        check_industry("Calm Practice", "Family Therapist", "mental_health");
        check_industry("Desert Cognitive Behavioral Therapy", "", "mental_health");
        check_industry("Riverside Psychotherapy", "", "mental_health");
        // Whoever does both.
        check_industry("Whole Care: Physical Therapy and Counseling", "", "mental_health");
        check_industry("Therapy and Physical Therapy", "", "mental_health");
    }

    #[test]
    fn a_school_with_a_therapist_of_the_body_is_a_school() {
        check_industry("Oak Hill Academy", "Occupational Therapist", "education");
    }
}
