//! Rows of the four input tables, short to write: what a test does not care about is filled in.

use chrono::{DateTime, TimeDelta, Utc};
use db::imports::{self, Clinic, ClinicPattern, DecisionMaker, PainPoint};
use db::{DEFAULT_CLIENT, Db};
use fleet::sample::{Sample, Sizes};

/// What is in the database before a run.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    pub pain_points: Vec<PainPoint>,
    /// The first of an empty table gets the id 1, and so on.
    pub clinics: Vec<Clinic>,
    pub decision_makers: Vec<DecisionMaker>,
    pub patterns: Vec<ClinicPattern>,
}

/// The moment that runs of a test look back from.
pub(crate) fn as_of() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "rows count for thirty days from now")]
    Utc::now()
}

pub fn pain(category: &str, text: &str, severity: f64, mentions: i32) -> PainPoint {
    PainPoint {
        pain_category: category.to_owned(),
        pain_text: text.to_owned(),
        severity_score: severity,
        mentions,
        example_urls: Vec::new(),
        source: Some("reddit".to_owned()),
        external_id: None,
        created_at: None,
    }
}

/// A clinic that can be called and nothing else.
pub fn clinic(name: &str, city: &str, state: &str) -> Clinic {
    Clinic {
        clinic_name: name.to_owned(),
        phone: Some("(602) 555-0100".to_owned()),
        city: Some(city.to_owned()),
        state: Some(state.to_owned()),
        ..Clinic::default()
    }
}

/// Clinics that differ in everything by which one is known, from each other and from those of another kind.
pub fn numbered(count: usize, like: Clinic) -> Vec<Clinic> {
    let kind = like.clinic_name.bytes().map(usize::from).sum::<usize>() % NAMES.len();
    let one = |number: usize| {
        let (first, second) = (number + 11 * kind, 1 + number / NAMES.len() + 17 * kind + 3 * number);
        let name =
            format!("{} {} {}", NAMES[first % NAMES.len()], NAMES[second % NAMES.len()], like.clinic_name);
        let host = name.replace(' ', "").to_lowercase();
        Clinic {
            phone: like.phone.as_ref().map(|_| format!("({}) 555-{:04}", 201 + kind, 1000 + number)),
            website: like.website.as_ref().map(|_| format!("{host}.example")),
            email: like.email.as_ref().map(|_| format!("hello@{host}.example")),
            clinic_name: name,
            ..like.clone()
        }
    };
    (0..count).map(one).collect()
}

/// The owner of a clinic, known by its name, place and phone.
pub fn owner(of: &Clinic) -> DecisionMaker {
    DecisionMaker {
        name: format!("Robin {}", of.clinic_name.split(' ').nth(1).unwrap_or_default()),
        title: Some("Owner".to_owned()),
        company_name: Some(of.clinic_name.clone()),
        city: of.city.clone(),
        state: of.state.clone(),
        phone: of.phone.clone(),
        website: of.website.clone(),
        ..DecisionMaker::default()
    }
}

/// What the reviews of a clinic show.
pub fn pattern(clinic: i32, pattern_type: &str, confidence: &str) -> ClinicPattern {
    ClinicPattern {
        clinic_id: clinic,
        pattern_type: pattern_type.to_owned(),
        confidence: confidence.to_owned(),
        evidence: serde_json::json!({}),
        detected_at: None,
    }
}

/// Of the made worlds, one whose 100 pain points and 200 clinics with their owners are what test case 1 speaks of.
const SEED: u64 = 5;

/// Made rows that look like real ones.
pub fn sample(pain_points: usize, clinics: usize, decision_makers: usize) -> Rows {
    seeded_sample(SEED, Sizes { pain_points, clinics, decision_makers })
}

/// The same of a seed; patterns name clinics by their place, from one.
pub fn seeded_sample(seed: u64, sizes: Sizes) -> Rows {
    let sample = Sample::generate(seed, sizes, as_of().date_naive());
    Rows {
        pain_points: sample
            .pain_points()
            .map(|row| PainPoint {
                example_urls: row.example_urls,
                source: Some(row.source),
                created_at: Some(row.created_at),
                ..pain(&row.pain_category, &row.pain_text, f64::from(row.severity_score), row.mentions as i32)
            })
            .collect(),
        clinics: sample
            .clinics()
            .map(|row| Clinic {
                clinic_name: row.clinic_name,
                phone: row.phone,
                website: row.website,
                email: row.email,
                city: row.city,
                state: row.state,
                business_type: row.business_type,
                rating: row.rating,
                review_count: row.review_count as i32,
                created_at: Some(row.created_at),
                ..Clinic::default()
            })
            .collect(),
        decision_makers: sample
            .decision_makers()
            .map(|row| DecisionMaker {
                name: row.name,
                title: row.title,
                company_name: Some(row.company_name),
                linkedin_url: row.linkedin_url,
                email: row.email,
                city: row.city,
                state: row.state,
                created_at: Some(row.created_at),
                ..DecisionMaker::default()
            })
            .collect(),
        patterns: sample
            .clinic_patterns()
            .map(|row| pattern(row.clinic_id as i32, &row.pattern_type, &row.confidence))
            .collect(),
    }
}

/// Writes the rows as an import does.
pub(crate) async fn insert(db: &Db, rows: &Rows) {
    let made = as_of() - TimeDelta::days(1);
    let mut tx = db.begin(DEFAULT_CLIENT).await.unwrap();
    imports::pain_points(&mut tx, &rows.pain_points, made).await.unwrap();
    imports::clinics(&mut tx, &rows.clinics, made).await.unwrap();
    imports::decision_makers(&mut tx, &rows.decision_makers, made).await.unwrap();
    imports::clinic_patterns(&mut tx, &rows.patterns, made).await.unwrap();
    tx.commit().await.unwrap();
}

const NAMES: [&str; 70] = [
    "Abbott",
    "Birchwood",
    "Calloway",
    "Dunmore",
    "Eastgate",
    "Fairhaven",
    "Glenwood",
    "Hollister",
    "Ironwood",
    "Juniper",
    "Kingsley",
    "Lakeshore",
    "Marlowe",
    "Northfield",
    "Oakmont",
    "Pemberton",
    "Quarry",
    "Ridgeline",
    "Stonebridge",
    "Thornton",
    "Underhill",
    "Valencia",
    "Westbrook",
    "Xavier",
    "Yarrow",
    "Zephyr",
    "Ashford",
    "Bellamy",
    "Cordova",
    "Driftwood",
    "Elmhurst",
    "Foxglove",
    "Granite",
    "Harbor",
    "Inverness",
    "Jessamine",
    "Kestrel",
    "Larkspur",
    "Meridian",
    "Nightingale",
    "Orchard",
    "Palisade",
    "Quillon",
    "Redwood",
    "Saguaro",
    "Tamarack",
    "Umber",
    "Vanguard",
    "Willow",
    "Xenia",
    "Yosemite",
    "Zinnia",
    "Alder",
    "Bristol",
    "Cypress",
    "Dorchester",
    "Ember",
    "Falcon",
    "Gatlin",
    "Heron",
    "Indigo",
    "Jasper",
    "Keystone",
    "Lilac",
    "Mulberry",
    "Nautilus",
    "Onyx",
    "Pinnacle",
    "Quartz",
    "Rosewood",
];
