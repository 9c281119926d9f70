//! Made sentences and what they must yield.

use crate::{Gazetteer, Hints, Mention};

/// Each mention as "span=name/state", an open state as "?".
fn seen(text: &str, hints: &Hints) -> Vec<String> {
    let line = |mention: &Mention| {
        let span = &text[mention.start..mention.end];
        format!("{span}={}/{}", mention.name, mention.state.unwrap_or("?"))
    };
    Gazetteer::us().mentions(text, hints).iter().map(line).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(seen(text, &Hints::default()), expected, "{text}");
}

#[track_caller]
fn check_hinted(text: &str, clinics: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(seen(text, &clinics.iter().copied().collect()), expected, "{text}");
}

#[test]
fn tv01_a_state_in_a_post_is_found() {
    check("Cash-based PT in Arizona is tough", &["Arizona=Arizona/AZ"]);
}

#[test]
fn tv02_a_list_of_locations_gives_states_and_cities() {
    let expected = ["Arizona=Arizona/AZ", "Phoenix=Phoenix/AZ", "TX=Texas/TX", "Dallas=Dallas/TX"];
    check(r#"["Arizona","Phoenix","TX","Dallas"]"#, &expected);
    check("Arizona, Phoenix, TX, Dallas", &expected);
}

#[test]
fn x() {
    let hints = Hints::from_iter([("Springfield", "MO"), ("Portland", "ME"), ("Tiny Hollow", "VT")]);
    for text in [
        "clinic in phoenix az", "moving from texas to arizona", "We moved from Texas to Arizona", "PT in Dallas, TX", "Phoenix Arizona", 
        "Jackson said the clinic is closing", "Houston Rockets won", "I read it in the Washington Post", "Judge Jackson of Austin", 
        "Come in, OR leave. Call me OK?", "HI everyone, need an EMR", "Jane Doe, MD", "John Jackson, MS", "Springfield clinic owners", "a clinic in Springfield",
        "a clinic in Springfield, Mo.", "We are in Columbus, OH 43004", "OR/WA/ID", "TX, OK and LA", "WebPT in NYC", "clinic in LA", "Baton Rouge, LA", "Philly is hard", "vegas", "Las Vegas",
        "Tiny Hollow", "our clinic in Tiny Hollow is great", "clinic in tiny hollow vt", "tiny hollow", "Portland", "in portland", "Portland, Oregon", "Mobile app for PT", "our mobile clinic",
        "Normal people in Normal, Illinois", "Reading the guide", "I work in Washington state", "Washington", "in Washington", "Oregon, Washington and Idaho", "St. Louis", "ST LOUIS MO", "saint louis missouri", "Ft. Worth and Dallas",
        "Winston-Salem NC", "O’Fallon, MO", "CT scan and MRI", "AR days are up 30%", "Any Texas PTs here?", "PTs of Tampa, unite", "Clinic near Tampa looking for PTA", "looking for PT in 85004 Phoenix AZ", "phoenix.com and info@dallas.com", "#Phoenix #Austin", "see https://reddit.com/r/Phoenix?x=Austin now", "r/phoenix", "Virginia Smith", "West Virginia", "Miss. Smith", "Jackson, Miss.", "Paris", "Paris, Texas is nice. Paris has 3 clinics", "San Antonio-based clinic", "Denver PT here", "Owner in Denver CO", "I live in Georgia", "Charlotte", "Charlotte told me", "Austin is a good PT", "Kansas City", "Kansas City, KS","LOOKING FOR A CLINIC IN PHOENIX ARIZONA", "MD and OT and PA students", "VA patients in Boston, MA", "moved to Boise, ID last year", "Lincoln, NE", "the me in me", "denver, co", "phoenix, az, dallas, tx", "chicago clinic owner here", "in chicago", "from san diego", "houston we have a problem", "Houston, we have a problem", "in orange county", "Orange County, CA", "Buffalo wings", "New York", "new york city", "New York, NY", "upstate New York", "South Carolina", "medicare in florida", "Florida's Medicaid", "Sarasota", "sarasota fl", "Indiana", "Michigan State", "Dallas/Fort Worth", "Eugene, OR.", "PT school at University of Florida", "Madison", "clinics in Madison", "Madison is great", "I'm in WI",
    ] {
        println!("{text:60} {:?}", Gazetteer::us().mentions(text, &hints).iter().map(|m| format!("{}={}/{} {:?}", &text[m.start..m.end], m.name, m.state.unwrap_or("?"), m.rule)).collect::<Vec<_>>());
    }
}
