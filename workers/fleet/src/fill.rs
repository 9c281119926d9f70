//! Puts the sample data into Postgres, in one transaction.

use chrono::{DateTime, SubsecRound as _, Utc};
use db::imports::{self, Clinic, ClinicPattern, DecisionMaker, PainPoint};
use db::{Db, contractors};
use prospects::Owner;

use crate::exit::Failure;
use crate::output::Output;
use crate::sample::{self, Cohort, Sample};
use crate::workers::Workers;

/// How many rows there are, in words.
pub async fn fill(db: &Db, sample: &Sample) -> Result<String, Failure> {
    #[expect(clippy::disallowed_methods, reason = "rows are imported now")]
    let now = Utc::now();
    let clinics: Vec<Clinic> = sample.clinics().map(|row| clinic(row, now)).collect();
    let pain_points: Vec<PainPoint> = sample.pain_points().map(pain_point).collect();
    let people: Vec<DecisionMaker> = sample.decision_makers().map(decision_maker).collect();
    let mut tx = db.begin(db::DEFAULT_CLIENT).await?;
    imports::pain_points(&mut tx, &pain_points, now).await?;
    imports::clinics(&mut tx, &clinics, now).await?;
    imports::decision_makers(&mut tx, &people, now).await?;
    // The sample counts clinics from one; the database gives its own ids, in the same order.
    let mut ids: Vec<i32> = imports::clinic_names(&mut tx).await?.into_iter().map(|row| row.id).collect();
    ids.sort_unstable();
    let patterns: Vec<ClinicPattern> =
        sample.clinic_patterns().filter_map(|row| pattern(row, &ids)).collect();
    imports::clinic_patterns(&mut tx, &patterns, now).await?;
    tx.commit().await?;
    Ok(format!(
        "{} pain points, {} clinics, {} decision makers, {} patterns of reviews",
        pain_points.len(),
        clinics.len(),
        people.len(),
        patterns.len()
    ))
}

/// Whether there is neither a clinic nor a prospect: made people are not put beside real ones.
pub async fn is_empty(db: &Db) -> Result<bool, db::Error> {
    let mut tx = db.begin(db::DEFAULT_CLIENT).await?;
    let prospects = db::leads::count(&mut tx).await?;
    let clinics = imports::clinic_names(&mut tx).await?.len();
    tx.rollback().await?;
    Ok(prospects == 0 && clinics == 0)
}

/// Takes in the made prospects of the user of the sample.
pub async fn prospects(workers: &Workers, output: Output) -> Result<(), Failure> {
    let prospects = workers.prospects()?;
    prospects.add_user(db::DEFAULT_CLIENT, sample::USER).await?;
    #[expect(clippy::disallowed_methods, reason = "prospects are taken in now")]
    let now = Utc::now();
    let owner = Owner { client: db::DEFAULT_CLIENT, user: Some(sample::USER) };
    let taken = prospects.take_in(owner, sample::prospects(), now).await?;
    output.say("Imported", &format!("{} made prospects of {}", taken.len(), sample::USER));
    Ok(())
}

/// Takes in the made contractors and learns from them, unless there are contractors.
pub async fn contractors(workers: &Workers, output: Output) -> Result<(), Failure> {
    #[expect(clippy::disallowed_methods, reason = "the sample is of today")]
    let now = Utc::now();
    let (db, client) = (workers.db()?, db::DEFAULT_CLIENT);
    let mut tx = db.begin(client).await?;
    if !contractors::names(&mut tx).await?.is_empty() {
        tx.rollback().await?;
        return Ok(());
    }
    let cohort = Cohort::generate(now.date_naive());
    contractors::write(&mut tx, &cohort.contractors, now).await?;
    contractors::observe(&mut tx, &cohort.history).await?;
    contractors::write_partners(&mut tx, &cohort.partners).await?;
    contractors::write_usage(&mut tx, &cohort.usage).await?;
    contractors::write_milestones(&mut tx, &cohort.milestones).await?;
    contractors::write_content(&mut tx, &cohort.content).await?;
    tx.commit().await?;
    let learned = workers.contractors_over(db)?.learn(client, now.trunc_subsecs(0), || {}).await?;
    let served = learned.patterns.iter().filter(|pattern| pattern.status.is_served()).count();
    let people = cohort.contractors.len();
    output.say(
        "Imported",
        &format!("{people} made contractors, and learned {served} patterns that were made into them"),
    );
    Ok(())
}

fn pain_point(row: sample::PainPoint) -> PainPoint {
    PainPoint {
        pain_category: row.pain_category,
        pain_text: row.pain_text,
        severity_score: row.severity_score.into(),
        mentions: row.mentions.cast_signed(),
        example_urls: row.example_urls,
        source: Some(row.source),
        external_id: None,
        created_at: Some(row.created_at),
    }
}

fn clinic(row: sample::Clinic, now: DateTime<Utc>) -> Clinic {
    Clinic {
        clinic_name: row.clinic_name,
        phone: row.phone,
        website: row.website,
        email: row.email,
        address: None,
        city: row.city,
        state: row.state,
        zip: None,
        business_type: row.business_type,
        rating: row.rating,
        review_count: row.review_count.cast_signed(),
        created_at: Some(row.created_at.min(now)),
    }
}

fn decision_maker(row: sample::DecisionMaker) -> DecisionMaker {
    DecisionMaker {
        name: row.name,
        title: row.title,
        company_name: Some(row.company_name),
        linkedin_url: row.linkedin_url,
        email: row.email,
        city: row.city,
        state: row.state,
        created_at: Some(row.created_at),
        ..DecisionMaker::default()
    }
}

fn pattern(row: sample::ClinicPattern, ids: &[i32]) -> Option<ClinicPattern> {
    let index = usize::try_from(row.clinic_id).ok()?.checked_sub(1)?;
    Some(ClinicPattern {
        clinic_id: *ids.get(index)?,
        pattern_type: row.pattern_type,
        confidence: row.confidence,
        evidence: serde_json::from_str(&row.evidence).ok()?,
        detected_at: Some(row.detected_at),
    })
}
