//! Every setting there is: its key, its variables, its default, what it may be.

use std::path::Path;

/// A setting; what is `secret` is never printed and never taken from a flag.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: &'static str,
    /// Names besides `LEADFLEET_<KEY>`: those of the source document and the conventional ones, strongest first.
    pub(super) also: &'static [&'static str],
    pub(super) default: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) secret: bool,
    pub(super) about: &'static str,
}

#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Path,
    /// An address with one of these schemes.
    Address(&'static [&'static str]),
    /// One or more of them, with commas between them.
    Addresses(&'static [&'static str]),
    Mailbox,
    Timezone,
    OneOf(&'static [&'static str]),
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "nats.url",
        also: &["NATS_URL"],
        default: Some("nats://127.0.0.1:4222"),
        kind: Kind::Addresses(&["nats", "tls", "ws", "wss"]),
        secret: false,
        about: "NATS server, JetStream on; of a cluster several with commas between them",
    },
    Setting {
        key: "nats.seed_file",
        also: &["NATS_SEED_FILE"],
        default: None,
        kind: Kind::Path,
        secret: false,
        about: "file with the seed of the nkey to sign in with",
    },
    Setting {
        key: "nats.ca_file",
        also: &["NATS_CA_FILE"],
        default: None,
        kind: Kind::Path,
        secret: false,
        about: "file with the certificate (PEM) that signed the server's; only such servers are spoken to",
    },
    Setting {
        key: "postgres.url",
        also: &["POSTGRES_CONNECTION_STRING", "DATABASE_URL"],
        default: None,
        kind: Kind::Address(&["postgres", "postgresql"]),
        secret: true,
        about: "Postgres database",
    },
    Setting {
        key: "claude.api_key",
        also: &["CLAUDE_API_KEY", "ANTHROPIC_API_KEY"],
        default: None,
        kind: Kind::Text,
        secret: true,
        about: "key of the Messages API; without one the templates are the generic ones",
    },
    Setting {
        key: "claude.base_url",
        also: &["CLAUDE_BASE_URL", "ANTHROPIC_BASE_URL"],
        default: Some("https://api.anthropic.com"),
        kind: Kind::Address(&["https", "http"]),
        secret: false,
        about: "address of the Messages API",
    },
    Setting {
        key: "claude.model",
        also: &["CLAUDE_MODEL"],
        default: None,
        kind: Kind::Text,
        secret: false,
        about: "model that ranks and writes",
    },
    Setting {
        key: "slack.webhook_url",
        also: &["SLACK_WEBHOOK_URL"],
        default: None,
        kind: Kind::Address(&["https", "http"]),
        secret: true,
        about: "incoming webhook that runs are announced to",
    },
    Setting {
        key: "email.to",
        also: &["BACKUP_EMAIL"],
        default: None,
        kind: Kind::Mailbox,
        secret: false,
        about: "who is told by mail when Slack fails",
    },
    Setting {
        key: "email.from",
        also: &["MAIL_FROM"],
        default: None,
        kind: Kind::Mailbox,
        secret: false,
        about: "sender of mails",
    },
    Setting {
        key: "email.smtp_url",
        also: &["SMTP_URL"],
        default: None,
        kind: Kind::Address(&["smtp", "smtps"]),
        secret: true,
        about: "mail server",
    },
    Setting {
        key: "output.directory",
        also: &["OUTPUT_DIRECTORY"],
        default: Some("./outputs/"),
        kind: Kind::Path,
        secret: false,
        about: "where the files for sales are written",
    },
    Setting {
        key: "output.backup_directory",
        also: &["BACKUP_DIRECTORY"],
        default: Some("/tmp"),
        kind: Kind::Path,
        secret: false,
        about: "where segments are saved while Postgres is down",
    },
    Setting {
        key: "schedule.timezone",
        also: &["SCHEDULE_TZ"],
        default: Some("America/New_York"),
        kind: Kind::Timezone,
        secret: false,
        about: "whose 03:00 starts the daily run",
    },
    Setting {
        key: "scoring.confidence_mode",
        also: &["CONFIDENCE_MODE"],
        default: Some("graded"),
        kind: Kind::OneOf(&["graded", "block"]),
        secret: false,
        about: "points by the steps of the source document, or by its flat block",
    },
    Setting {
        key: "local.nats_server",
        also: &["LEADFLEET_NATS_SERVER"],
        default: None,
        kind: Kind::Path,
        secret: false,
        about: "nats-server executable for dev and demo",
    },
    Setting {
        key: "local.postgres_bin",
        also: &["LEADFLEET_POSTGRES_BIN"],
        default: None,
        kind: Kind::Path,
        secret: false,
        about: "directory of initdb and postgres for dev and demo",
    },
];

impl Setting {
    /// Its variables, strongest first.
    pub(super) fn variables(&self) -> Vec<String> {
        let own = format!("LEADFLEET_{}", self.key.replace('.', "_").to_uppercase());
        std::iter::once(own).chain(self.also.iter().map(|name| (*name).to_owned())).collect()
    }

    /// What the value must be, when it is not.
    pub(super) fn complaint(&self, value: &str) -> Option<String> {
        let (right, expected) = match &self.kind {
            Kind::Text => (!value.trim().is_empty(), "some text".to_owned()),
            Kind::Path => (!Path::new(value).as_os_str().is_empty(), "a path".to_owned()),
            Kind::Address(schemes) => (
                is_address(value, schemes),
                format!("an address that starts with {}://", schemes.join(":// or ")),
            ),
            Kind::Addresses(schemes) => (
                value.split(',').all(|value| is_address(value, schemes)),
                format!("addresses that start with {}://", schemes.join(":// or ")),
            ),
            Kind::Mailbox => (
                value.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')),
                "an e-mail address".to_owned(),
            ),
            Kind::Timezone => {
                (value.parse::<chrono_tz::Tz>().is_ok(), "a time zone such as America/New_York".to_owned())
            }
            Kind::OneOf(choices) => (choices.contains(&value), choices.join(" or ")),
        };
        (!right).then_some(expected)
    }
}

fn is_address(value: &str, schemes: &[&str]) -> bool {
    url::Url::parse(value).is_ok_and(|url| schemes.contains(&url.scheme()))
}
