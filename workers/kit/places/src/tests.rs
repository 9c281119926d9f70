//! Made sentences and what they must yield, one line a case.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::{Gazetteer, Hints, Kind, Mention, Rule};

/// Each mention as "span/state", an open state as "span/?", joined by bars.
fn seen(text: &str, hints: &Hints) -> String {
    let line =
        |mention: &Mention| format!("{}/{}", &text[mention.start..mention.end], mention.state.unwrap_or("?"));
    Gazetteer::us().mentions(text, hints).iter().map(line).collect::<Vec<_>>().join(" | ")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(seen(text, &Hints::default()), expected, "{text}");
}

/// With clinics in Springfield MO, Portland ME, Tiny Hollow VT and in two Madisons.
#[track_caller]
fn check_with_clinics(text: &str, expected: &str) {
    let clinics = [
        ("Springfield", "MO"),
        ("portland", "Maine"),
        ("Tiny Hollow", "VT"),
        ("Madison", "WI"),
        ("Madison", "AL"),
        ("Truth or Dare", "NM"),
        ("Far Hamlet", "NH"),
        ("Far Hamlet", "VT"),
    ];
    assert_eq!(seen(text, &Hints::from_iter(clinics)), expected, "{text}");
}

#[track_caller]
fn check_rule(text: &str, rule: Rule) {
    let first = Gazetteer::us().mentions(text, &Hints::from_iter([("Springfield", "MO")])).into_iter().next();
    assert_eq!(first.map(|mention| mention.rule), Some(rule), "{text}");
}

#[track_caller]
fn check_url(url: &str, expected: &str) {
    let hints = Hints::from_iter([("Springfield", "MO")]);
    let mentions = Gazetteer::us().in_url(url, &hints);
    let line =
        |mention: &Mention| format!("{}/{}", &url[mention.start..mention.end], mention.state.unwrap_or("?"));
    assert_eq!(mentions.iter().map(line).collect::<Vec<_>>().join(" | "), expected, "{url}");
}

#[test]
fn tv01_a_state_in_a_post_is_found() {
    check("Cash-based PT in Arizona is tough", "Arizona/AZ");
}

#[test]
fn tv02_a_list_of_locations_gives_states_and_cities() {
    for text in [r#"["Arizona","Phoenix","TX","Dallas"]"#, "Arizona, Phoenix, TX, Dallas"] {
        let mentions = Gazetteer::us().mentions(text, &Hints::default());
        let states: BTreeSet<_> = mentions.iter().filter_map(|mention| mention.state).collect();
        let cities = mentions.iter().filter(|mention| mention.kind == Kind::City);
        assert_eq!(states, BTreeSet::from(["AZ", "TX"]));
        assert_eq!(
            cities.map(|city| &*city.name).collect::<BTreeSet<_>>(),
            BTreeSet::from(["Dallas", "Phoenix"])
        );
    }
}

#[test]
fn a_location_alone_is_found() {
    for (text, state) in
        [("Arizona", "AZ"), ("Phoenix", "AZ"), ("TX", "TX"), ("Dallas", "TX"), ("vegas", "NV")]
    {
        check(text, &format!("{text}/{state}"));
    }
}

#[test]
fn a_state_behind_a_city_decides() {
    check("PT in Dallas, TX", "Dallas/TX | TX/TX");
    check("a clinic in Springfield, Mo.", "Springfield/MO | Mo./MO");
    check("Phoenix Arizona", "Phoenix/AZ | Arizona/AZ");
    check("Portland (Maine) is small", "Portland/ME | Maine/ME");
    check("Columbus, OH 43004", "Columbus/OH | OH/OH");
    check("Columbus, Ga. has one", "Columbus/GA | Ga./GA");
    check("Winston-Salem, N.C., is fine", "Winston-Salem/NC | N.C./NC");
    check("O’Fallon, MO", "O’Fallon/MO | MO/MO");
    check("Jackson, Miss.", "Jackson/MS | Miss./MS");
    check("Indiana, PA", "Indiana/PA | PA/PA");
    check("New York, NY", "New York/NY | NY/NY");
    check("Kansas City, KS", "Kansas City/KS | KS/KS");
    check("MIDDLETOWN, Conn. (AP) - A clinic", "MIDDLETOWN/CT | Conn./CT");
}

#[test]
fn small_letters_are_read_where_they_are_clear() {
    check("clinic in phoenix az", "phoenix/AZ | az/AZ");
    check("moving from texas to arizona", "texas/TX | arizona/AZ");
    check("sarasota fl", "sarasota/FL | fl/FL");
    check("saint louis missouri", "saint louis/MO | missouri/MO");
    check("chicago clinic owner here", "chicago/IL");
    check("from san diego to new york city", "san diego/CA | new york city/NY");
    check("phoenix, az, dallas, tx", "phoenix/AZ | az/AZ | dallas/TX | tx/TX");
    check("texas is big, we are in tyler and austin", "texas/TX | tyler/TX | austin/TX");
    check("r/phoenix has a thread", "phoenix/AZ");
}

#[test]
fn words_in_small_letters_are_words() {
    check("the me in me said hi or oh, ok", "");
    check("our mobile clinic, reading the guide, a normal day", "");
    check("a college station for independence", "");
    check("denver, co", "");
}

#[test]
fn two_letters_that_are_words_need_a_place_beside_them() {
    check("Come in, OR leave. Call me OK? HI everyone", "");
    check("CT scan, AR days, VA patients, MD and OT and PA", "");
    check("OR/WA/ID", "OR/OR | WA/WA | ID/ID");
    check("TX, OK and LA", "TX/TX | OK/OK | LA/LA");
    check("Eugene, OR.", "Eugene/OR | OR/OR");
    check("Baton Rouge, LA", "Baton Rouge/LA | LA/LA");
    check("moved to ID 83702", "ID/ID");
    check("Smallville Heights, OK.", "OK/OK");
    check("I'm in WI", "WI/WI");
    check("a clinic in LA", "LA/CA");
    check("live in Phoenix OR Dallas", "Phoenix/AZ | Dallas/TX");
    check("CLINICS IN DENVER IN 2026", "DENVER/CO");
    check("LOOKING FOR A CLINIC IN PHOENIX ARIZONA", "PHOENIX/AZ | ARIZONA/AZ");
    check("ST LOUIS MO", "ST LOUIS/MO | MO/MO");
}

#[test]
fn trade_words_and_degrees_are_no_states() {
    check("PT, OT, PTA and EMR", "");
    check("Jane Doe, MD", "");
    check("John Jackson, MS", "");
    check("Jane Doe, PA, told me", "");
}

#[test]
fn persons_and_organisations_are_no_places() {
    check("Jackson said the clinic is closing", "");
    check("Judge Jackson and Dr. Houston", "");
    check("Virginia Smith and Charlotte told me", "");
    check("Keith Jackson, 19, came. Jackson left.", "");
    check("the Houston Rockets won", "");
    check("I read it in the Washington Post", "");
    check("a stay at the University of Phoenix", "");
    check("the 700 block of Memphis Street", "");
    check("Miss. Smith", "");
    check("Thanks Austin! Hey Jackson, hi Dallas", "");
    check("Mobile clinics and Normal people", "");
}

#[test]
fn places_used_as_adjectives_are_places() {
    check("San Antonio-based clinic", "San Antonio/TX");
    check("the Tampa police and Florida's Medicaid", "Tampa/FL | Florida/FL");
    check("downtown Denver and upstate New York", "Denver/CO | New York/NY");
    check("Any Texas PTs here?", "Texas/TX");
    check("Hey Tampa PTs", "Tampa/FL");
    check("the Dallas-Fort Worth area", "Dallas/TX | Fort Worth/TX");
}

#[test]
fn an_ambiguous_city_without_evidence_has_no_state() {
    check("clinics in Madison", "Madison/?");
    check("in Kansas City", "Kansas City/?");
    check("a clinic in Springfield", "Springfield/?");
    check("we work in Washington", "Washington/?");
    let mentions = Gazetteer::us().mentions("in Kansas City", &Hints::default());
    assert_eq!(mentions[0].candidates, ["KS", "MO"]);
}

#[test]
fn a_state_elsewhere_in_the_text_decides() {
    check("Illinois is flat. A clinic in Springfield", "Illinois/IL | Springfield/IL");
    check("Paris, Texas is nice. In Paris we thrive", "Paris/TX | Texas/TX | Paris/TX");
    check("Spokane, Tacoma and the rest of Washington", "Spokane/WA | Tacoma/WA | Washington/WA");
    check("Otter Tail County is wide. They came from Rochester", "Rochester/MN");
}

#[test]
fn another_state_in_the_text_does_not_move_a_famous_city() {
    check("We moved from Dallas to Oregon", "Dallas/TX | Oregon/OR");
    check("moved from Hartford to New York", "Hartford/? | New York/NY");
}

#[test]
fn states_in_a_list_are_states() {
    check("Oregon, Washington and Idaho", "Oregon/OR | Washington/WA | Idaho/ID");
    check("Nevada, Missouri, Ohio", "Nevada/NV | Missouri/MO | Ohio/OH");
    check("Washington state", "Washington/WA");
}

#[test]
fn counties_are_no_cities() {
    check("Orange County, CA", "CA/CA");
    check("fires in Harvey, Harper and Kingman counties", "");
}

#[test]
fn clinics_settle_what_is_open() {
    check_with_clinics("a clinic in Springfield", "Springfield/MO");
    check_with_clinics("in portland", "portland/ME");
    check_with_clinics("Portland, Oregon", "Portland/OR | Oregon/OR");
    check_with_clinics("clinics in Madison", "Madison/?");
    check_with_clinics("our clinic in Tiny Hollow is great", "Tiny Hollow/VT");
    check_with_clinics("tiny hollow vt", "tiny hollow/VT | vt/VT");
    check_with_clinics("tiny hollow", "");
    check_with_clinics("Vermont. In Far Hamlet", "Vermont/VT | Far Hamlet/VT");
    check_with_clinics("in Far Hamlet", "Far Hamlet/?");
    check_with_clinics("near Truth or Dare", "Truth or Dare/NM");
}

#[test]
fn hints_take_only_cities_with_a_state() {
    let mut hints = Hints::default();
    assert!(hints.insert(" Tiny Hollow ", "Vt."));
    assert!(!hints.insert("Tiny Hollow", "Ontario"));
    assert!(!hints.insert(" - ", "VT"));
    assert!(!hints.insert(&"long ".repeat(40), "VT"));
    assert_eq!(seen("in Tiny Hollow", &hints), "Tiny Hollow/VT");
}

#[test]
fn each_state_has_its_reason() {
    check_rule("in Arizona", Rule::StateName);
    check_rule("in AZ", Rule::StateCode);
    check_rule("Phoenix, AZ", Rule::CityState);
    check_rule("in Tucson", Rule::OnlySuchCity);
    check_rule("in Springfield", Rule::ClinicTable);
    check_rule("in Phoenix", Rule::BestKnown);
    check_rule("in Springfield, and Ohio is large", Rule::StateElsewhere);
    check_rule("in Madison", Rule::Unresolved);
}

#[test]
fn names_go_out_canonical() {
    let names = |text| -> Vec<String> {
        Gazetteer::us()
            .mentions(text, &Hints::default())
            .iter()
            .map(|mention| mention.name.to_string())
            .collect()
    };
    assert_eq!(names("in NYC and Philly"), ["New York", "Philadelphia"]);
    assert_eq!(names("saint louis, Ft. Worth, TX"), ["St. Louis", "Fort Worth", "Texas"]);
}

#[test]
fn addresses_in_a_text_are_passed_over() {
    check("see https://example.com/r/Phoenix?q=Austin in Tampa", "Tampa/FL");
    check("phoenix.com, info@dallas.com, a_Tampa_b", "");
}

#[test]
fn only_the_path_of_an_address_counts() {
    check_url("https://www.reddit.com/r/Phoenix/comments/1x/", "Phoenix/AZ");
    check_url("reddit.com/r/arizona", "arizona/AZ");
    check_url("https://example.com/west_virginia/jobs#Ohio", "west_virginia/WV");
    check_url("https://example.com/r/springfield", "springfield/MO");
    check_url("https://texas.example.com/?city=Austin&next=/r/Dallas/", "");
    check_url("https://example.com/mobile/reading/index.html", "");
    check_url("https://example.com/r/in/or/me", "");
    let mention = &Gazetteer::us().in_url("example.com/r/Phoenix/", &Hints::default())[0];
    assert_eq!((mention.weight(), mention.rule), (0.5, Rule::InUrl));
}

#[test]
fn tables_spell_states_in_many_ways() {
    let us = Gazetteer::us();
    for text in ["AZ", "az", "Arizona", " arizona ", "Ariz.", "ARIZONA", "a.z."] {
        assert_eq!(us.state_code(text), Some("AZ"), "{text}");
    }
    for (text, code) in [("N. Mex.", "NM"), ("W.Va.", "WV"), ("new  york", "NY"), ("D.C.", "DC")] {
        assert_eq!(us.state_code(text), Some(code), "{text}");
    }
    for text in ["", "Phoenix", "XX", "PR", "É", "A"] {
        assert_eq!(us.state_code(text), None, "{text}");
    }
    assert_eq!(us.state_name("dc"), Some("District of Columbia"));
}

#[test]
fn the_gazetteer_answers_for_a_city() {
    let us = Gazetteer::us();
    assert_eq!(us.states_with_city("kansas city"), ["KS", "MO"]);
    assert!(us.states_with_city("Tiny Hollow").is_empty());
    assert_eq!(us.canonical_city("st louis"), Some("St. Louis"));
    assert_eq!(us.canonical_city("winston salem"), Some("Winston-Salem"));
    assert_eq!(us.canonical_city("Arizona"), None);
}

#[test]
fn serialised_offsets_count_characters() {
    let mentions = Gazetteer::us().mentions("naïve — in Phoenix, AZ", &Hints::default());
    let json = serde_json::to_value(&mentions[0]).unwrap();
    let expected = serde_json::json!({
        "start": 11, "end": 18, "byte_start": 14, "byte_end": 21,
        "kind": "city", "name": "Phoenix", "state": "AZ", "rule": "city, state",
    });
    assert_eq!(json, expected);
}

#[test]
fn letters_beyond_ascii_stay_in_their_word() {
    check("in Española, NM", "Española/NM | NM/NM");
    check("in Espanola, NM", "Espanola/NM | NM/NM");
    check("Über—Phoenix—😀Tucson", "Phoenix/AZ | Tucson/AZ");
    check("caféDallas éAustin", "");
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Phoenix".to_owned()),
        Just("St. ".to_owned()),
        Just(", OR".to_owned()),
        Just("az ".to_owned()),
        Just("New ".to_owned()),
        Just("’s –".to_owned()),
        Just("Washington County".to_owned()),
        Just("https://x.y/".to_owned()),
        ".{0,8}",
        " +",
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn spans_are_slices_in_order_and_offsets_agree(text in pieces()) {
        let hints = Hints::from_iter([("Tiny Hollow", "VT"), ("Phoenix", "OR")]);
        let mut last = 0;
        for mention in Gazetteer::us().mentions(&text, &hints) {
            let span = text.get(mention.start..mention.end);
            let chars = text.chars().skip(mention.char_start).take(mention.char_end - mention.char_start);
            prop_assert_eq!(span.map(str::to_owned), Some(chars.collect::<String>()));
            prop_assert!(mention.start >= last && mention.start < mention.end);
            prop_assert_eq!(mention.state.is_none(), mention.rule == Rule::Unresolved);
            last = mention.end;
        }
        Gazetteer::us().in_url(&text, &hints);
    }

    #[test]
    fn a_clear_place_survives_any_text_around_it(before in "[a-z é.]{0,60}", after in "[a-z é.]{0,60}") {
        let text = format!("{before}. Clinics in Tucson, AZ, thrive. {after}");
        let found = Gazetteer::us().mentions(&text, &Hints::default());
        prop_assert!(found.iter().any(|mention| mention.name == "Tucson" && mention.state == Some("AZ")));
    }
}
