//! Prospects for outreach: forty made people, enough of each segment for a week of forty connection requests.

use prospects::NewProspect;

use super::dice::Dice;
use super::spelling::compact;

/// Whose prospects they are.
pub const USER: &str = "user123";

/// Name, title, company, city, state, and what they say of themselves.
type Person = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// Nobody's colleague is among them: an answer of one would stop the other.
const PEOPLE: [Person; 40] = [
    (
        "Dana Castillo",
        "Head of School",
        "Oak Hill Academy",
        "Boston",
        "MA",
        "Private school, grades 6 to 12.",
    ),
    ("Wei Chan", "Chief Technology Officer", "Lumen Learning Platform", "San Francisco", "CA", ""),
    ("Priya Iyer", "Clinical Director", "Bright Harbor Counseling", "Seattle", "WA", "Teens and families."),
    ("Carla Bishop", "Superintendent", "Mesa Verde School District", "Grand Junction", "CO", ""),
    ("Marcus Holt", "Director of Admissions", "Fernwood Day School", "Denver", "CO", ""),
    ("Ravi Kaur", "VP of Product", "Quill EdTech", "Austin", "TX", "Writes on feedback that students read."),
    ("Elena Guzman", "School Counselor", "Saguaro Preparatory", "Phoenix", "AZ", ""),
    ("Julia Hoffman", "Professor of Education", "Stonebridge University", "Ann Arbor", "MI", ""),
    ("Ruth Kaplan", "Executive Director", "Juniper Mental Health Alliance", "Chicago", "IL", ""),
    ("Andre Clarke", "Chief Innovation Officer", "Prairie Public Schools", "Omaha", "NE", ""),
    ("Theo Lambert", "Headmaster", "St. Alban Hall", "Charlotte", "NC", "Boarding school since 1924."),
    ("Mei Adler", "Director of Instructional Technology", "Bayview School District", "Oakland", "CA", ""),
    ("Kai Dalton", "Founder", "Project Heron", "Los Angeles", "CA", "Stealth; tools for small practices."),
    ("Nadia Khan", "Psychologist", "Lakeview Psychology Group", "Evanston", "IL", "Assessments for schools."),
    ("Noah Farrell", "Keynote Speaker and Author", "Teaching With AI", "New York", "NY", ""),
    ("Omar Haddad", "Dean of Students", "Ridgeline Boarding School", "Boulder", "CO", ""),
    ("Imani Barnes", "Director of Curriculum", "Magnolia Schools", "Jackson", "MS", ""),
    ("Grace Larsen", "Clinical Social Worker, LCSW", "Northgate Family Therapy", "Spokane", "WA", ""),
    ("Felix Bauer", "Machine Learning Lead", "Northstar Analytics", "Bellevue", "WA", ""),
    ("Victor Delgado", "Principal", "Mission Vista Independent School", "San Diego", "CA", ""),
    ("Anita Goldberg", "Dean of Digital Learning", "Harbor College", "Portland", "ME", ""),
    (
        "Hana Jensen",
        "Educational Consultant",
        "Compass Placement",
        "New York",
        "NY",
        "Private school advice.",
    ),
    ("Devon Hayes", "Chief Product Officer", "Brightboard LMS", "Salt Lake City", "UT", ""),
    ("Leo Brennan", "Program Director", "Silver Creek Treatment Center", "Austin", "TX", ""),
    ("Paula Ingram", "Superintendent", "Rio Bravo School District", "Albuquerque", "NM", ""),
    ("Amira Farouk", "Learning Specialist", "Harborside Day School", "Tampa", "FL", ""),
    (
        "Yara Nasser",
        "Co-Founder",
        "Northlight Labs",
        "Denver",
        "CO",
        "Building in public: notes for clinics.",
    ),
    ("Quinn Foster", "Head of AI Research", "Tutorwise", "Cambridge", "MA", ""),
    ("Tomas Ibarra", "Pediatrician", "Sunrise Pediatrics", "Tucson", "AZ", ""),
    ("Miles Okafor", "CTO", "Ember Education Technology", "Atlanta", "GA", ""),
    ("Beth Conway", "Assistant Head of School", "Maple Grove School", "Nashville", "TN", ""),
    ("Tessa Lowe", "Innovation Coordinator", "Hill Country Schools", "San Antonio", "TX", ""),
    ("Kofi Mensah", "Admissions Director", "Westbridge Academy", "Savannah", "GA", ""),
    (
        "Samir Patel",
        "President",
        "Open Lesson Foundation",
        "Washington",
        "DC",
        "Artificial intelligence for all.",
    ),
    ("Laura Fischer", "Case Manager", "Open Door Behavioral Health", "Portland", "OR", ""),
    ("Rosa Espinoza", "Associate Superintendent", "Desert Valley School District", "Mesa", "AZ", ""),
    ("Ian Doyle", "Guidance Counselor", "Lakeshore High School", "Milwaukee", "WI", ""),
    ("Ben Garrett", "EdTech Analyst", "Garrett Advisory", "Minneapolis", "MN", ""),
    ("Sofia Eaton", "Head of Referral Partnerships", "Cedar Path Psychiatry", "Philadelphia", "PA", ""),
    ("Olivia Hartley", "Director of Innovation", "Kingsmead Schools Trust", "London", "", ""),
];

/// The same `prospect_1` to `prospect_40` every time.
pub fn prospects() -> Vec<NewProspect> {
    PEOPLE.iter().zip(1..).map(|(person, number)| prospect(person, number)).collect()
}

fn prospect((name, title, company, city, state, about): &Person, number: usize) -> NewProspect {
    let mut dice = Dice::new(super::SEED, super::Table::Prospects as u64, number as u64);
    let host = format!("{}.example.com", compact(company));
    let mailbox = name.to_lowercase().replace(' ', ".");
    // Some have no address, some no profile, as in life; nobody has neither.
    let (has_email, has_profile) = (number % 9 != 5, number % 11 != 7);
    let if_there = |there: bool, text: String| if there { text } else { String::new() };
    let abroad = state.is_empty();
    NewProspect {
        prospect_id: Some(format!("prospect_{number}")),
        name: (*name).to_owned(),
        title: (*title).to_owned(),
        company: (*company).to_owned(),
        about: (*about).to_owned(),
        city: (*city).to_owned(),
        state: (*state).to_owned(),
        country: if abroad { "United Kingdom" } else { "United States" }.to_owned(),
        time_zone: if_there(abroad, "Europe/London".to_owned()),
        email: if_there(has_email, format!("{mailbox}@{host}")),
        linkedin_url: if_there(
            has_profile,
            format!("https://www.linkedin.example/in/{}", mailbox.replace('.', "-")),
        ),
        website: format!("https://{host}"),
        signal_strength: dice.percent(70).then(|| dice.between(25, 95) as f64),
        source: "sample".to_owned(),
        ..NewProspect::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn they_are_forty_who_share_neither_address_nor_company() {
        let people = prospects();
        let distinct = |field: fn(&NewProspect) -> &str| {
            people.iter().map(field).filter(|text| !text.is_empty()).collect::<BTreeSet<_>>().len()
        };
        assert_eq!((people.len(), distinct(|one| &one.company), distinct(|one| &one.website)), (40, 40, 40));
        let (mails, profiles) = (distinct(|one| &one.email), distinct(|one| &one.linkedin_url));
        assert_eq!((mails, profiles), (36, 36));
        assert!(people.iter().all(|one| !one.email.is_empty() || !one.linkedin_url.is_empty()));
        assert_eq!(people[39].prospect_id.as_deref(), Some("prospect_40"));
    }
}
