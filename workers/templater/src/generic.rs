//! What to write when Claude did not: a fixed text for each pain category, without a claim about anybody (PT-015, PT-087).

use crate::prompt;
use proto::v1::OutreachTemplate;

/// The text for a category, addressed to `audience` in its subject ("Arizona clinics").
///
/// `{name}` and `{city}` stay, to be filled for each clinic when the message is sent (PT-089).
pub fn template(category: &str, audience: &str) -> OutreachTemplate {
    let (topic, question, cta) = text(category);
    OutreachTemplate {
        subject: format!("{topic} for {audience}"),
        opening: format!("Hi {{name}}, {question}"),
        cta: cta.to_owned(),
    }
}

/// Whom the subject line addresses: the state if the segment has one, else the kind of clinic, else the reader.
pub fn audience(state: Option<&str>, business_type: &str) -> String {
    // Whatever the clinic table says stands in our own words.
    let kind = prompt::plain(business_type);
    match (state, kind.as_str()) {
        (Some(state), _) => format!("{state} clinics"),
        (None, "") => "your clinic".to_owned(),
        (None, kind) => format!("{kind} clinics"),
    }
}

fn text(category: &str) -> (&'static str, &'static str, &'static str) {
    match category {
        "emr" => (
            "PT-specific EMR alternative",
            "how much of the day at your clinic in {city} goes into documentation? If your EMR gets in the way, \
             I would like to show you one that is made for physical therapy.",
            "Would you be open to a short call about documentation?",
        ),
        "billing" => (
            "A simpler way to handle billing",
            "how much time does your clinic in {city} spend on claims, denials and questions about bills? \
             If it is more than you would like, I would be glad to compare notes.",
            "Would a short call about your billing be useful?",
        ),
        "marketing" => (
            "Pricing and marketing ideas",
            "what works best for you when it comes to winning new patients in {city}? \
             I have a few ideas on pricing and marketing for physical therapy that I would like to share.",
            "May I send you the ideas, or would you rather talk for a few minutes?",
        ),
        "scheduling" => (
            "A calmer schedule",
            "how do you deal with no-shows, late changes and gaps in the calendar at your clinic in {city}? \
             If that takes more of your week than it should, I would like to hear about it.",
            "Would you have a few minutes for a call about scheduling?",
        ),
        "staffing" => (
            "Finding and keeping therapists",
            "how hard is it at present to find and keep good therapists for your clinic in {city}? \
             I would like to hear what you have tried, and share a few ideas.",
            "Would you be open to a short call about your team?",
        ),
        "operations" => (
            "Smoother day-to-day operations",
            "which part of running your clinic in {city} takes time that you would rather give to patients? \
             I would like to understand it and see whether I can help.",
            "Would a short call about your daily work be useful?",
        ),
        "multi" => (
            "One conversation about several daily headaches",
            "if scheduling, billing, software or staffing keep you busy in {city} all at once, where would you start? \
             I would like to hear your order, and help with the first.",
            "Would you be open to a call, so that we can look at the whole picture?",
        ),
        _ => (
            "A practical idea",
            "what costs you the most time at your clinic in {city} at present? \
             I would like to hear about it and see whether I can help.",
            "Would you be open to a short call?",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{self, PLACEHOLDERS};

    const CATEGORIES: [&str; 8] =
        ["emr", "billing", "marketing", "scheduling", "staffing", "operations", "multi", "parking"];

    #[track_caller]
    fn check_each(holds: impl Fn(&OutreachTemplate) -> bool) {
        for category in CATEGORIES {
            let template = template(category, "Arizona clinics");
            assert!(holds(&template), "{category}: {template:?}");
        }
    }

    fn words(template: &OutreachTemplate) -> String {
        format!("{} {} {}", template.subject, template.opening, template.cta)
    }

    #[test]
    fn the_emr_subject_is_the_source_documents() {
        let audience = audience(Some("Arizona"), "cash-based");
        assert_eq!(template("emr", &audience).subject, "PT-specific EMR alternative for Arizona clinics");
    }

    #[test]
    fn a_segment_without_a_state_addresses_its_kind_of_clinic_or_the_reader() {
        assert_eq!(audience(None, "cash-based"), "cash-based clinics");
        assert_eq!(audience(None, ""), "your clinic");
    }

    #[test]
    fn a_kind_of_clinic_cannot_add_a_header_or_a_placeholder() {
        let audience = audience(None, "cash\r\nBcc: all@clinic.example {leak} <b>");
        assert!(!audience.contains(['\r', '\n', ':', '@', '{', '<']), "{audience}");
        assert!(super::audience(None, &"long ".repeat(100)).chars().count() < 80);
        assert_eq!(super::audience(None, "\u{1F600}"), "your clinic");
    }

    #[test]
    fn every_text_meets_the_rules_for_claudes_texts() {
        check_each(|template| {
            let answer = serde_json::json!({"subject": template.subject, "opening": template.opening, "cta": template.cta});
            check::check(answer, &[]).is_ok_and(|checked| checked == *template)
        });
    }

    #[test]
    fn every_opening_addresses_the_reader_and_names_the_city() {
        check_each(|template| {
            template.opening.starts_with("Hi {name}, ") && template.opening.contains("{city}")
        });
    }

    #[test]
    fn only_known_placeholders_are_left() {
        check_each(|template| {
            let mut rest = words(template);
            for name in PLACEHOLDERS {
                rest = rest.replace(&format!("{{{name}}}"), "");
            }
            !rest.contains(['{', '}'])
        });
    }

    #[test]
    fn no_text_makes_a_claim() {
        const CLAIMS: [&str; 12] = [
            "%",
            "$",
            "noticed",
            "guarantee",
            "proven",
            "save",
            "other clinics",
            "we help",
            "best-",
            "leading",
            "award",
            "studies",
        ];
        check_each(|template| {
            let words = words(template).to_lowercase();
            let claims = CLAIMS.iter().any(|claim| words.contains(claim));
            !claims && !words.contains(|c: char| c.is_ascii_digit())
        });
    }

    #[test]
    fn each_category_has_its_own_text() {
        let subjects: std::collections::BTreeSet<_> =
            CATEGORIES.iter().map(|category| template(category, "your clinic").subject).collect();
        assert_eq!(subjects.len(), CATEGORIES.len());
    }
}
