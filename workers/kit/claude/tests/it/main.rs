//! Claude against its stand-in, the answer cache against a real NATS server.

#![expect(clippy::expect_used, reason = "a test that cannot set itself up has failed")]

mod answers;
mod faults;
mod injection;
mod questions;

use std::sync::Once;

use clap::Parser;
use claude::{Answer, Ask, Claude, Config, Effort, Error};
use serde_json::{Value, json};
use standins::ClaudeStandIn;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    claude: Config,
}

/// The configuration that a fleet would have with these arguments; retries do not wait.
fn config(standin: &ClaudeStandIn, more: &[&str]) -> Config {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().expect("no other provider");
    });
    let url = format!("{}/anthropic", standin.url());
    let mut arguments = vec!["test", "--claude-api-key", standin.key(), "--claude-base-url", &url];
    arguments.extend(["--claude-retry-delay", "0.001"]);
    arguments.extend(more);
    Cli::parse_from(arguments).claude
}

/// Without NATS: nothing is remembered between questions.
async fn connect(standin: &ClaudeStandIn, more: &[&str]) -> Claude {
    Claude::connect(config(standin, more), None).await.expect("a client")
}

fn ranking() -> Value {
    json!({
        "type": "object",
        "properties": {"ranking": {"type": "array", "maxItems": 10, "items": {
            "type": "object",
            "properties": {
                "segment": {"type": "string", "maxLength": 255},
                "delta": {"type": "number", "minimum": -1, "maximum": 1},
                "fit": {"type": "string", "enum": ["high", "low"]},
                "reason": {"type": "string", "minLength": 1, "maxLength": 200},
            },
            "required": ["segment", "delta", "fit", "reason"],
        }}},
        "required": ["ranking"],
    })
}

fn segments() -> Value {
    json!({"segments": [{"segment": "phoenix-scheduling", "pains": 12}, {"segment": "austin-billing", "pains": 7}]})
}

fn question<'a>(data: &'a Value, schema: &'a Value) -> Ask<'a> {
    Ask {
        client: "acme",
        step: "ranking",
        version: "1",
        model: "claude-haiku-5-5",
        system: "Rank these PT clinic segments by business opportunity.",
        data,
        task: "Rank the segments of the data block.",
        schema,
        max_tokens: 2048,
        effort: Effort::Low,
    }
}

async fn ask(claude: &Claude) -> Result<Answer, Error> {
    claude.ask(&question(&segments(), &ranking())).await
}
