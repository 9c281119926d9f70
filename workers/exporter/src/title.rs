//! Turns the names that machines use into the words of a report: `emr-frustration-arizona` into "EMR Frustration - Arizona".

use places::Gazetteer;
use proto::v1::Segment;

/// The heading of a segment: its subject, then where or whom it is about.
pub(crate) fn heading(segment: &Segment) -> String {
    if segment.name == "multi-pain-hot-leads" {
        return "Multi-Pain Hot Leads".to_owned();
    }
    let (subject, place) = parts(segment);
    match place {
        "" => words(subject),
        place => format!("{} - {}", words(subject), words(place)),
    }
}

/// The words of a name: `business_type` becomes "Business Type", `emr` becomes "EMR".
pub(crate) fn words(name: &str) -> String {
    let words: Vec<String> = name.split(['-', '_', ' ']).filter(|word| !word.is_empty()).map(word).collect();
    words.join(" ")
}

/// `geographic + business_type` becomes "Geographic + Business Type" (PT-125).
pub(crate) fn strategy(joined: &str) -> String {
    let names: Vec<String> = joined.split('+').map(words).collect();
    names.join(" + ")
}

fn parts(segment: &Segment) -> (&str, &str) {
    let name = segment.name.as_str();
    if let Some((subject, place)) = behind_state(name, &segment.state) {
        return (subject, place);
    }
    // Without a state the category stands before the dash: "Marketing - Cash Based".
    match name.strip_prefix(segment.pain_category.as_str()) {
        Some(rest) if rest.starts_with('-') => (&segment.pain_category, rest),
        _ => (name, ""),
    }
}

/// What stands before the state of a segment, and the state; none if its name does not end with it.
fn behind_state<'a>(name: &'a str, code: &str) -> Option<(&'a str, &'a str)> {
    let state = Gazetteer::us().state_name(code)?.to_lowercase().replace(' ', "-");
    let subject = name.strip_suffix(state.as_str())?.strip_suffix('-')?;
    Some((subject, name.get(subject.len() + 1..)?))
}

fn word(word: &str) -> String {
    if matches!(word, "emr" | "ehr" | "pt" | "ot" | "hipaa" | "roi" | "seo") {
        return word.to_uppercase();
    }
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, category: &str, state: &str, expected: &str) {
        let segment = Segment {
            name: name.to_owned(),
            pain_category: category.to_owned(),
            state: state.to_owned(),
            ..Segment::default()
        };
        assert_eq!(heading(&segment), expected);
    }

    #[test]
    fn a_state_stands_behind_the_dash() {
        check("emr-frustration-arizona", "emr", "AZ", "EMR Frustration - Arizona");
        check("emr-arizona", "emr", "AZ", "EMR - Arizona");
    }

    #[test]
    fn a_state_of_two_words_stays_whole() {
        check("billing-new-york", "billing", "NY", "Billing - New York");
    }

    #[test]
    fn a_kind_of_clinic_stands_behind_the_dash() {
        check("marketing-cash-based", "marketing", "", "Marketing - Cash Based");
        // All its clinics are in one state, which is no part of its name.
        check("marketing-cash-based", "marketing", "AZ", "Marketing - Cash Based");
    }

    #[test]
    fn a_name_that_does_not_start_with_its_category_stays_whole() {
        check("multi-pain-hot-leads", "multi", "", "Multi-Pain Hot Leads");
        check("cash-based-pricing", "marketing", "", "Cash Based Pricing");
    }

    #[test]
    fn strategies_are_spelled_out() {
        assert_eq!(strategy("geographic + business_type"), "Geographic + Business Type");
    }
}
