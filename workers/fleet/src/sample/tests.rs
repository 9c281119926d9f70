//! What the sample promises.

use std::collections::{BTreeMap, HashSet};

use super::*;

fn sample() -> Sample {
    Sample::generate(1, Sizes::default(), day())
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 11, 11).unwrap()
}

fn counts(created_at: DateTime<Utc>) -> bool {
    created_at > day().and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::days(30)
}

fn contactable(clinic: &Clinic) -> bool {
    clinic.phone.is_some() || clinic.website.is_some()
}

/// That `part` of `whole` lies between two percentages.
#[track_caller]
fn check_share(part: usize, whole: usize, low: usize, high: usize) {
    let percent = part * 100 / whole;
    assert!((low..=high).contains(&percent), "{part} of {whole} is {percent} %, not {low} to {high} %");
}

#[test]
fn as_many_rows_count_as_the_source_document_says() {
    assert_eq!(sample().pain_points().filter(|row| counts(row.created_at)).count(), 320);
    assert_eq!(sample().clinics().filter(|row| counts(row.created_at) && contactable(row)).count(), 487);
    assert_eq!(sample().decision_makers().filter(|row| counts(row.created_at)).count(), 430);
}

#[test]
fn about_two_percent_each_are_too_old_or_cannot_be_contacted() {
    let clinics: Vec<Clinic> = sample().clinics().collect();
    check_share(clinics.iter().filter(|row| !counts(row.created_at)).count() * 10, clinics.len(), 15, 25);
    check_share(clinics.iter().filter(|row| !contactable(row)).count() * 10, clinics.len(), 15, 25);
}

#[test]
fn the_same_seed_gives_the_same_rows_and_another_seed_gives_others() {
    let bytes = |seed| {
        let mut out = Vec::new();
        let sample = Sample::generate(seed, Sizes::default(), day());
        sample.write_pain_points(&mut out).unwrap();
        sample.write_clinics(&mut out).unwrap();
        sample.write_decision_makers(&mut out).unwrap();
        sample.write_clinic_patterns(&mut out).unwrap();
        out
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn most_clinics_show_an_email_address_and_some_do_not() {
    let with = sample().clinics().filter(|row| row.email.is_some()).count();
    check_share(with, sample().clinics().count(), 82, 93);
}

#[test]
fn area_codes_belong_to_the_city_and_numbers_to_nobody() {
    for clinic in sample().clinics() {
        let Some(phone) = &clinic.phone else { continue };
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.strip_prefix('1').filter(|rest| rest.len() == 10).unwrap_or(&digits);
        assert!(digits[3..].starts_with("55501"), "{phone}");
        let city = clinic.city.as_deref().unwrap().trim();
        if city == "Tucson" {
            assert!(digits.starts_with("520"), "{phone}");
        }
    }
}

#[test]
fn chains_and_duplicates_repeat_names() {
    let mut names = BTreeMap::<String, HashSet<Option<String>>>::new();
    for clinic in sample().clinics() {
        names.entry(clinic.clinic_name).or_default().insert(clinic.city);
    }
    assert!(names.values().filter(|cities| cities.len() >= 4).count() >= 4);

    let clinics: Vec<Clinic> = sample().clinics().collect();
    let twice =
        clinics.windows(2).filter(|pair| host(&pair[0]).is_some() && host(&pair[0]) == host(&pair[1]));
    assert!((3..=20).contains(&twice.count()));
}

/// What a clinic has in common with its near duplicate, however its name is spelled.
fn host(clinic: &Clinic) -> Option<&str> {
    let website = clinic.website.as_deref()?;
    Some(website.rsplit("//").next()?.trim_start_matches("www.").trim_end_matches('/'))
}

#[test]
fn every_category_is_at_home_somewhere() {
    let mut emr = (0, 0);
    let mut categories = HashSet::new();
    for row in sample().pain_points() {
        if row.pain_category == "emr" {
            emr.0 += usize::from(row.pain_text.contains("Arizona") || row.pain_text.contains(", AZ"));
            emr.1 += 1;
        }
        assert!((1..=10).contains(&row.severity_score) && (1..=4).contains(&row.mentions));
        categories.insert(row.pain_category);
    }
    assert_eq!(categories.len(), 6);
    check_share(emr.0, emr.1, 35, 75);
}

#[test]
fn some_posts_say_where_only_by_the_forum_they_are_in() {
    let local = |row: &PainPoint| {
        let group = row.example_urls[0].split('/').nth(4).unwrap_or_default();
        row.source == "reddit" && !["physicaltherapy", "PTowners", "smallbusiness"].contains(&group)
    };
    assert!(sample().pain_points().filter(local).count() >= 5);
}

#[test]
fn patterns_belong_to_clinics() {
    let ids: HashSet<u64> = sample().clinics().map(|row| row.id).collect();
    let patterns: Vec<ClinicPattern> = sample().clinic_patterns().collect();
    assert!(patterns.iter().all(|row| ids.contains(&row.clinic_id)));
    check_share(patterns.len(), ids.len(), 8, 40);
}

#[test]
fn many_clinics_are_an_iterator_and_not_a_list() {
    let sizes = Sizes { clinics: 100_000, ..Sizes::default() };
    let last = Sample::generate(1, sizes, day()).clinics().nth(100_000).unwrap();
    assert_eq!(last.id, 100_001);
}
