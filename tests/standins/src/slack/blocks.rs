//! The limits of Block Kit, as Slack enforces them.

use serde_json::Value;

const INVALID: &str = "invalid_blocks";

/// Slack's word for what is wrong with a payload.
pub(super) fn check(payload: &Value) -> Result<(), &'static str> {
    if !payload.is_object() {
        return Err("invalid_payload");
    }
    let blocks = list(&payload["blocks"]);
    let text = payload["text"].as_str().unwrap_or_default();
    if text.is_empty() && blocks.is_empty() {
        return Err("no_text");
    }
    if list(&payload["attachments"]).len() > 100 {
        return Err("too_many_attachments");
    }
    let fits = text.chars().count() <= 40_000 && blocks.len() <= 50 && blocks.iter().all(block);
    if fits { Ok(()) } else { Err(INVALID) }
}

fn block(block: &Value) -> bool {
    optional(&block["block_id"], 255)
        && match block["type"].as_str() {
            Some("section") => section(block),
            Some("header") => block["text"]["type"] == "plain_text" && text(&block["text"], 150),
            Some("context") => {
                let elements = list(&block["elements"]);
                (1..=10).contains(&elements.len()) && elements.iter().all(|e| image(e) || text(e, 3000))
            }
            Some("actions") => {
                let elements = list(&block["elements"]);
                (1..=25).contains(&elements.len()) && elements.iter().all(button)
            }
            Some("image") => image(block),
            Some("markdown") => filled(&block["text"], 12_000),
            Some("divider") => true,
            _ => false,
        }
}

fn section(block: &Value) -> bool {
    let fields = list(&block["fields"]);
    let has_text = block.get("text").is_some();
    (has_text || !fields.is_empty())
        && (!has_text || text(&block["text"], 3000))
        && fields.len() <= 10
        && fields.iter().all(|field| text(field, 2000))
        && block.get("accessory").is_none_or(|accessory| button(accessory) || image(accessory))
}

fn button(element: &Value) -> bool {
    element["type"] == "button"
        && element["text"]["type"] == "plain_text"
        && text(&element["text"], 75)
        && optional(&element["url"], 3000)
        && optional(&element["value"], 2000)
        && optional(&element["action_id"], 255)
}

fn image(element: &Value) -> bool {
    element["type"] == "image" && filled(&element["image_url"], 3000) && filled(&element["alt_text"], 2000)
}

fn text(object: &Value, most: usize) -> bool {
    matches!(object["type"].as_str(), Some("plain_text" | "mrkdwn")) && filled(&object["text"], most)
}

fn filled(value: &Value, most: usize) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty() && text.chars().count() <= most)
}

fn optional(value: &Value, most: usize) -> bool {
    value.is_null() || filled(value, most)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check_block(block: &Value, expected: Result<(), &str>) {
        assert_eq!(check(&json!({"text": "fallback", "blocks": [block]})), expected);
    }

    #[test]
    fn a_section_may_hold_three_thousand_characters() {
        check_block(
            &json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(3000)}}),
            Ok(()),
        );
    }

    #[test]
    fn a_longer_section_is_refused() {
        check_block(
            &json!({"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(3001)}}),
            Err(INVALID),
        );
    }

    #[test]
    fn a_header_takes_plain_text_only() {
        check_block(&json!({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}), Err(INVALID));
    }

    #[test]
    fn an_unknown_block_is_refused() {
        check_block(&json!({"type": "carousel"}), Err(INVALID));
    }

    #[test]
    fn fifty_one_blocks_are_refused() {
        assert_eq!(check(&json!({"blocks": vec![json!({"type": "divider"}); 51]})), Err(INVALID));
    }

    #[test]
    fn a_message_without_text_is_refused() {
        assert_eq!(check(&json!({})), Err("no_text"));
    }
}
