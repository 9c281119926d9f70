//! A notice as a Slack message, within every limit of Block Kit.

use crate::notice::{Link, Notice, Section};
use crate::text::{escaped, one_line};
use serde_json::{Value, json};

const HEADER: usize = 150;
/// Slack allows 2,000 for a field and 3,000 for a section, and refuses messages whose texts sum up to more than about 13,000.
const FIELD: usize = 200;
const SECTION: usize = 2_500;
const LINKS: usize = 2_000;
const FOOTER: usize = 300;
const FALLBACK: usize = 3_000;
const FIELDS: usize = 10;
const SECTIONS: usize = 3;

/// The message with blocks, and with plain text for where blocks cannot be shown.
pub(crate) fn payload(notice: &Notice) -> Value {
    let mut blocks = vec![json!({"type": "header", "text": plain(&one_line(&notice.title), HEADER)})];
    if !notice.facts.is_empty() {
        let fields: Vec<Value> = notice
            .facts
            .iter()
            .take(FIELDS)
            .map(|(name, value)| plain(&format!("{name}: {value}"), FIELD))
            .collect();
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    blocks.extend(notice.sections.iter().take(SECTIONS).map(section));
    blocks.extend(links(&notice.links));
    if !notice.footer.is_empty() {
        let footer = plain(&one_line(&notice.footer), FOOTER);
        blocks.push(json!({"type": "context", "elements": [footer]}));
    }
    json!({
        "text": escaped(&notice.to_string(), FALLBACK),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// The message without blocks, for when Slack refuses them.
pub(crate) fn plain_payload(notice: &Notice) -> Value {
    json!({
        "text": escaped(&notice.to_string(), FALLBACK),
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn section(section: &Section) -> Value {
    let text = format!("{}\n{}", section.heading, section.lines.join("\n"));
    json!({"type": "section", "text": plain(&text, SECTION)})
}

/// Addresses are our own and become links; paths are shown as they are.
fn links(links: &[Link]) -> Option<Value> {
    if links.is_empty() {
        return None;
    }
    let mut text = String::new();
    for link in links {
        let line = match &link.url {
            Some(url) => format!("<{}|{}>\n", escaped(url, 1_000), link.label),
            None => format!("{}: {}\n", link.label, escaped(&link.path, 400)),
        };
        // A link that does not fit is left out whole: half of one would be a control sequence.
        if text.chars().count() + line.chars().count() <= LINKS {
            text.push_str(&line);
        }
    }
    Some(json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}}))
}

fn plain(text: &str, most: usize) -> Value {
    let text = escaped(text, most);
    // Slack refuses an empty text.
    let text = if text.trim().is_empty() { "-".to_owned() } else { text };
    json!({"type": "plain_text", "text": text, "emoji": false})
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The sum of all texts in the blocks, after checking each against its limit.
    fn measured(payload: &Value) -> usize {
        let blocks = payload["blocks"].as_array().unwrap();
        assert!((1..=50).contains(&blocks.len()));
        let mut sum = 0;
        let mut text = |object: &Value, most: usize| {
            let text = object["text"].as_str().unwrap();
            assert!((1..=most).contains(&text.chars().count()), "{text}");
            if object["type"] == "plain_text" {
                assert!(!text.contains(['<', '>']), "{text}");
            }
            sum += text.chars().count();
        };
        for block in blocks {
            match block["type"].as_str().unwrap() {
                "header" => text(&block["text"], 150),
                "context" => block["elements"].as_array().unwrap().iter().for_each(|e| text(e, 3000)),
                _ if block["fields"].is_array() => {
                    let fields = block["fields"].as_array().unwrap();
                    assert!((1..=10).contains(&fields.len()));
                    fields.iter().for_each(|field| text(field, 2000));
                }
                _ => text(&block["text"], 3000),
            }
        }
        sum
    }

    prop_compose! {
        fn notices()(
            title in ".{0,400}",
            facts in proptest::collection::vec(".{0,300}", 0..14),
            lines in proptest::collection::vec(proptest::collection::vec(".{0,900}", 0..9), 0..6),
            paths in proptest::collection::vec((".{0,900}", proptest::option::of("https://h/[a-z]{0,900}")), 0..6),
        ) -> Notice {
            Notice {
                title,
                facts: facts.into_iter().map(|value| ("Fact", value)).collect(),
                sections: lines.into_iter().map(|lines| Section { heading: "Heading", lines }).collect(),
                links: paths.into_iter().map(|(path, url)| Link { label: "File", path, url }).collect(),
                footer: String::new(),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_notice_is_within_the_limits(notice in notices()) {
            let payload = payload(&notice);
            prop_assert!(measured(&payload) <= 12_000);
            let fallback = payload["text"].as_str().unwrap();
            prop_assert!(!fallback.is_empty() && fallback.chars().count() <= 3_000);
            prop_assert!(!fallback.contains(['<', '>']));
        }
    }

    #[test]
    fn only_an_address_of_ours_is_a_link() {
        let notice = Notice {
            title: "<https://evil|x>".into(),
            links: vec![
                Link { label: "Report", path: "outputs/r.md".into(), url: Some("https://h/r.md".into()) },
                Link { label: "CSV", path: "outputs/<s>.csv".into(), url: None },
            ],
            ..Notice::default()
        };
        let payload = payload(&notice);
        assert_eq!(payload["blocks"][0]["text"]["text"], "&lt;https://evil|x&gt;");
        assert_eq!(
            payload["blocks"][1]["text"]["text"],
            "<https://h/r.md|Report>\nCSV: outputs/&lt;s&gt;.csv\n"
        );
    }
}
