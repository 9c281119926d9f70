//! What a 200 of the Messages API says.

use serde::Deserialize;
use serde_json::Value;

use crate::Usage;

#[derive(Deserialize)]
pub(crate) struct Reply {
    #[serde(default)]
    pub(crate) model: String,
    #[serde(default)]
    content: Vec<Block>,
    #[serde(default)]
    pub(crate) stop_reason: Option<String>,
    #[serde(default)]
    stop_details: Option<StopDetails>,
    #[serde(default)]
    pub(crate) usage: Usage,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct StopDetails {
    #[serde(default)]
    category: Option<String>,
}

impl Reply {
    /// All that was said, without the thinking.
    pub(crate) fn text(&self) -> String {
        self.texts().collect()
    }

    /// The JSON of the answer: usually the only text block, sometimes spread over several.
    pub(crate) fn json(&self) -> Option<Value> {
        let whole = self.texts().find_map(|text| serde_json::from_str(text).ok());
        whole.or_else(|| serde_json::from_str(&self.text()).ok())
    }

    pub(crate) fn refusal_category(self) -> Option<String> {
        self.stop_details?.category
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.content.iter().filter(|block| block.kind == "text").filter_map(|block| block.text.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(content: Value, expected: Option<Value>) {
        let reply: Reply =
            serde_json::from_value(json!({"content": content, "stop_reason": "end_turn"})).expect("a reply");
        assert_eq!(reply.json(), expected);
    }

    #[test]
    fn thinking_is_skipped() {
        check(
            json!([{"type": "thinking", "thinking": "", "text": "{\"a\":2}"}, {"type": "text", "text": "{\"a\":1}"}]),
            Some(json!({"a": 1})),
        );
    }

    #[test]
    fn json_over_several_blocks_is_joined() {
        check(
            json!([{"type": "text", "text": "{\"a\""}, {"type": "text", "text": ":1}"}]),
            Some(json!({"a": 1})),
        );
    }

    #[test]
    fn no_content_is_no_json() {
        check(json!([]), None);
    }

    #[test]
    fn unknown_blocks_and_missing_fields_are_no_error() {
        check(
            json!([{"type": "from_the_future", "x": [1]}, {}, {"type": "text", "text": "1"}]),
            Some(json!(1)),
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(reply) = serde_json::from_slice::<Reply>(&bytes) {
                let _ = (reply.text(), reply.json());
            }
        }
    }
}
