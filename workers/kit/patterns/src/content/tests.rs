//! What is found in the words of messages, and what is not.

use super::*;

fn of(body: &str) -> Features {
    Features::of(None, body, Recipient::default())
}

fn pains(body: &str) -> Vec<&'static str> {
    of(body).pain_points.iter().map(|place| PAIN_POINTS[usize::from(*place)].0).collect()
}

fn angle(body: &str) -> Option<&'static str> {
    of(body).angle.map(|place| ANGLES[usize::from(place)].0)
}

#[test]
fn words_are_matched_whole() {
    assert!(pains("Sometimes I go to Detroit by steam; teams there are ideal.").is_empty());
    assert_eq!(angle("Detroit is ideal"), None);
    assert_eq!(pains("ROI, Market  Share!"), ["revenue", "competition"]);
    assert_eq!(pains("growth"), ["revenue", "scaling"]);
}

#[test]
fn a_message_has_one_angle() {
    assert_eq!(angle("save $40 and 10 percent with our clients"), Some("roi_focused"));
    assert_eq!(angle("Our clients see results; you lose, it is a risk"), Some("social_proof"));
    // As many hits of two: the first one listed.
    assert_eq!(angle("a risk, but free"), Some("fear_based"));
    assert_eq!(angle("20% more"), Some("roi_focused"));
}

#[test]
fn calls_to_action_are_found_as_phrases() {
    let cta = |body| of(body).cta.map(|place| CTAS[usize::from(place)]);
    assert_eq!(cta("Would you be open to a quick chat?"), Some("open to a quick chat"));
    assert_eq!(cta("Worth 15 minutes?"), Some("worth 15 minutes"));
    assert_eq!(cta("open to a chat"), None);
}

#[test]
fn subjects_lose_what_belongs_to_one_recipient() {
    let recipient = Recipient { first_name: "Ann", company: "Oak Hill (AZ)", industry: "Dental" };
    for (subject, expected) in [
        ("Question about Oak Hill (AZ)", "Question about {company}"),
        ("ann - leads", "{first_name} - {pain_point}"),
        ("Annual  report", "Annual report"),
        ("Quick question", "Quick question"),
    ] {
        assert_eq!(pattern(subject, recipient), expected);
    }
}

#[test]
fn names_are_found_as_whole_words_in_whatever_case_and_script() {
    for (text, name, expected) in [
        ("İzmir: ANN, ann's annual plan", "Ann", "İzmir: {}, {}'s annual plan"),
        ("ANN", "ann", "{}"),
        ("an", "ann", "an"),
        ("Hi İpek!", "İpek", "Hi {}!"),
        ("Hi Ωmega ωmega", "ωmega", "Hi {} {}"),
        ("Ann Ann-Marie", "Ann", "{} {}-Marie"),
        ("Dear A.", "A", "Dear A."),
        ("", "Ann", ""),
    ] {
        assert_eq!(without(text, name, "{}"), expected);
    }
}

#[test]
fn personal_touches_are_counted() {
    let recipient = Recipient { first_name: "Ann", company: "Oak Hill", industry: "dental" };
    let body = "Hi Ann, congrats on the new office of Oak Hill! Most dental clinics lose leads.";
    let (snapshot, features) = Snapshot::of(Some("Hi"), body, recipient);
    assert_eq!(snapshot.personalization, ["company_mention", "recent_news", "industry_specific"]);
    assert_eq!((snapshot.personalization_level, snapshot.word_count), (4, 15));
    assert_eq!(snapshot.pain_points, ["leads"]);
    assert_eq!(Features::of_snapshot(&snapshot, recipient), features);
    let text = features.text();
    assert_eq!(serde_json::from_str::<Features>(&text).unwrap(), features);
}

#[test]
fn the_example_of_the_source_document_can_be_read() {
    let snapshot: Snapshot = serde_json::from_str(
        r#"{"subject": "Quick question about {company}", "body": "Hi {first_name}, I noticed...",
            "pain_points": ["leads", "scaling"], "cta": "open to a quick chat", "word_count": 78,
            "personalization_level": 3}"#,
    )
    .unwrap();
    let features = Features::of_snapshot(&snapshot, Recipient::default());
    assert_eq!(features.pain_points, [0, 3]);
    assert_eq!((features.cta, features.angle), (Some(0), Some(2)));
}
