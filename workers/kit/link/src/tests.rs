//! What links, what does not and why, with made-up names.

use proptest::prelude::*;

use super::*;

fn named(name: &str) -> Record<'_> {
    Record { name, ..Record::default() }
}

fn index<'a>(records: &[Record<'a>]) -> Index {
    // Other organisations, so that words have frequencies.
    let others = [
        "Elm Dental Care",
        "Birch Physical Therapy",
        "Cedar Clinic",
        "Maple Health Center",
        "Walnut PT",
        "Aspen Rehab LLC",
    ];
    Index::build(records.iter().copied().chain(others.into_iter().map(named)), &Options::default())
}

#[track_caller]
fn links(left: &Record<'_>, right: &Record<'_>) {
    let verdict = index(&[*right]).best(left);
    assert!(matches!(&verdict, Verdict::Linked { link } if link.right == 0), "{verdict:?}");
}

#[track_caller]
fn links_not(left: &Record<'_>, right: &Record<'_>) {
    let verdict = index(&[*right]).best(left);
    assert!(matches!(&verdict, Verdict::Unlinked { .. }), "{verdict:?}");
}

#[test]
fn legal_form_and_abbreviation_do_not_matter() {
    links(&named("Riverbend P.T., PLLC"), &named("RIVERBEND PHYSICAL THERAPY"));
}
#[test]
fn a_typing_error_is_forgiven() {
    links(&named("Rivrebend Physical Therapy"), &named("Riverbend Physical Therapy"));
}
#[test]
fn words_written_apart_are_found_from_both_sides() {
    links(&named("Sun Rise Spine Clinic"), &named("Sunrise Spine Clinic"));
    links(&named("Sunrise Spine Clinic"), &named("Sun Rise Spine Clinic"));
}
#[test]
fn generic_words_alone_do_not_link() {
    links_not(&named("Physical Therapy Center"), &named("Physical Therapy Center"));
}
#[test]
fn a_different_name_does_not_link() {
    links_not(&named("Riverbend Physical Therapy"), &named("Lakeside Physical Therapy"));
}
#[test]
fn a_different_state_blocks() {
    let (texas, ohio) = (
        Record { state: Some("TX"), ..named("Riverbend") },
        Record { state: Some("Ohio"), ..named("Riverbend") },
    );
    links_not(&texas, &ohio);
    links(&texas, &Record { state: Some("Texas"), ..named("Riverbend") });
}
#[test]
fn a_different_city_blocks() {
    links_not(
        &Record { city: Some("Austin"), ..named("Riverbend") },
        &Record { city: Some("Dallas"), ..named("Riverbend") },
    );
}
#[test]
fn a_different_phone_does_not_block_one_address() {
    let at = |phone| Record { address: Some("12 Oak St"), phone: Some(phone), ..named("Riverbend PT") };
    links(&at("312-555-0148"), &at("312-555-0199"));
}
#[test]
fn one_phone_and_two_names_do_not_link() {
    let with = |name| Record { phone: Some("312-555-0148"), ..named(name) };
    links_not(&with("Riverbend Physical Therapy"), &with("Lakeside Bakery"));
}
#[test]
fn one_domain_supports_a_shortened_name() {
    let with = |name, domain| Record { domain: Some(domain), ..named(name) };
    links(
        &with("Riverbend", "riverbend.example"),
        &with("Riverbend Sport Spine Austin", "www.riverbend.example"),
    );
}

#[test]
fn a_chain_by_name_alone_is_ambiguous() {
    let sites = ["Austin", "Dallas", "Houston"]
        .map(|city| Record { city: Some(city), ..named("Riverbend Physical Therapy") });
    let index = index(&sites);
    let Verdict::Ambiguous { links } = index.best(&named("Riverbend PT")) else { panic!("a guess") };
    assert_eq!(links.iter().map(|l| l.right).collect::<Vec<_>>(), [0, 1, 2]);
    let verdict = index.best(&Record { city: Some("Dallas"), ..named("Riverbend PT") });
    assert!(matches!(verdict, Verdict::Linked { link } if link.right == 1));
}

#[test]
fn the_right_site_of_a_large_chain_is_found_by_its_phone() {
    let phones: Vec<String> = (0..600).map(|n| format!("312-555-{n:04}")).collect();
    let others: Vec<String> = (0..12_000).map(|n| format!("Lakeside{n} Spine")).collect();
    let sites = phones.iter().map(|p| Record { phone: Some(p), ..named("Riverbend Physical Therapy") });
    let index = Index::build(sites.chain(others.iter().map(|n| named(n))), &Options::default());
    let verdict = index.best(&Record { phone: Some("312-555-0599"), ..named("Riverbend PT") });
    assert!(matches!(&verdict, Verdict::Linked { link } if link.right == 599), "{verdict:?}");
}

#[test]
fn a_link_says_why() {
    let right = Record { city: Some("Austin"), ..named("Riverbend Physical Therapy") };
    let verdict = index(&[right]).best(&Record { city: Some("austin"), ..named("Riverbend PT LLC") });
    let Verdict::Linked { link } = verdict else { panic!("not linked") };
    assert_eq!(link.shared, ["riverbend"]);
    let reasons: Vec<(Field, &str)> = link.contributions.iter().map(|c| (c.field, c.why)).collect();
    assert_eq!(reasons, [(Field::Name, "same words"), (Field::City, "same city")]);
}

#[test]
fn in_one_list_a_record_is_not_its_own_partner() {
    let list = [named("Riverbend Spine"), named("Lakeside Spine"), named("Riverbend Spine LLC")];
    let index = index(&list);
    let mut found = Vec::new();
    pairs(list, &index, true, |left, link| found.push((left, link.right)));
    assert_eq!(found, [(0, 2)]);
}

#[test]
fn an_empty_list_and_an_empty_name_link_nothing() {
    let empty = Index::build([], &Options::default());
    assert_eq!(empty.best(&named("Riverbend")), Verdict::Unlinked { nearest: None });
    links_not(&named(""), &named(""));
}

fn name() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "river",
        "bend",
        "riverbend",
        "rivrebend",
        "oak",
        "lake",
        "side",
        "lakeside",
        "spine",
        "spines",
        "pt",
        "clinic",
        "austin",
        "sport",
    ]);
    prop::collection::vec(word, 1..8).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn the_score_is_symmetric(a in name(), b in name()) {
        let index = Index::build([named(&a), named(&b)], &Options { threshold: 0.0, ..Options::default() });
        let score = |from: &str, to: u32| index.all(&named(from)).iter().find(|l| l.right == to).map(|l| l.probability);
        if let (Some(there), Some(back)) = (score(&a, 1), score(&b, 0)) {
            prop_assert!((there - back).abs() < 1e-4, "{there} {back}");
        }
    }

    #[test]
    fn an_identical_record_is_the_best(names in prop::collection::vec(name(), 1..20)) {
        let index = Index::build(names.iter().map(|n| named(n)), &Options::default());
        for (row, name) in names.iter().enumerate() {
            let all = index.all(&named(name));
            if let Some(own) = all.iter().find(|l| l.right == row as u32) {
                prop_assert!(own.probability >= all[0].probability - 1e-4);
            } else {
                prop_assert!(all.is_empty() || !normalise(name).split(' ').any(|w| w.starts_with("river") || w == "oak"));
            }
        }
    }
}
