//! Rows for the import of a CRM: the headers that HubSpot maps by itself, and whose names Salesforce's wizard offers too.

use crate::phone::e164;
use crate::spool::Row;
use cells::stripped;
use proto::v1::Segment;

pub(crate) const HEADER: [&str; 16] = [
    "Email",
    "First Name",
    "Last Name",
    "Company name",
    "Company domain name",
    "Job Title",
    "Phone Number",
    "Website URL",
    "City",
    "State/Region",
    "Lifecycle Stage",
    "Leadfleet segment",
    "Leadfleet score",
    "Leadfleet reasons",
    "Leadfleet lead ID",
    "Leadfleet subject",
];

pub(crate) fn record(segment: &Segment, subject: &str, row: &Row) -> [String; 16] {
    let clinic = &row.clinic;
    let person = clinic.decision_maker.as_ref();
    let email = person.and_then(|person| person.email.as_deref()).unwrap_or_else(|| clinic.email());
    let (first, last) = split_name(person.map_or("", |person| person.name.as_str()));
    let cell = |text: &str| stripped(text).to_owned();
    [
        cell(email),
        cell(first),
        cell(last),
        cell(&clinic.name),
        cell(domain(clinic.website())),
        cell(person.map_or("", |person| person.title())),
        e164(clinic.phone()).unwrap_or_default(),
        cell(clinic.website()),
        cell(clinic.city()),
        cell(clinic.state()),
        "lead".to_owned(),
        cell(&segment.name),
        format!("{:.1}", segment.priority_score),
        cell(&row.assignment.match_reason),
        clinic.id.to_string(),
        cell(subject),
    ]
}

/// First and last name, without title and degrees.
fn split_name(name: &str) -> (&str, &str) {
    let name = name.split(',').next().unwrap_or_default().trim();
    let name = ["Dr. ", "Dr "].iter().find_map(|title| name.strip_prefix(title)).unwrap_or(name);
    name.rsplit_once(' ').unwrap_or(("", name))
}

fn domain(website: &str) -> &str {
    let host = website.trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    host.trim_start_matches("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(name: &str, first: &str, last: &str) {
        assert_eq!(split_name(name), (first, last));
    }

    #[test]
    fn a_name_is_split_before_its_last_word() {
        check_name("John Smith", "John", "Smith");
        check_name("Mary Ann Smith", "Mary Ann", "Smith");
        check_name("Cher", "", "Cher");
        check_name("", "", "");
    }

    #[test]
    fn title_and_degrees_are_no_part_of_a_name() {
        check_name("Dr. John Smith, PT, DPT", "John", "Smith");
    }

    #[test]
    fn a_website_names_its_domain() {
        assert_eq!(domain("https://www.elitept.com/az?x=1"), "elitept.com");
        assert_eq!(domain("phoenixelitept.com"), "phoenixelitept.com");
    }
}
