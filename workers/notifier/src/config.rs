//! Where messages go: Slack, the mail that replaces it, and the address under which files are served.

use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};
use url::{Host, Url};

#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Incoming webhook of the Slack channel. Prefer the environment or a file: arguments are visible to other users.
    #[arg(long, env = "SLACK_WEBHOOK_URL", hide_env_values = true, value_name = "URL")]
    pub slack_webhook_url: Option<SecretString>,

    /// File that holds the webhook, instead of the webhook itself.
    #[arg(long, env = "SLACK_WEBHOOK_URL_FILE", value_name = "PATH", conflicts_with = "slack_webhook_url")]
    pub slack_webhook_url_file: Option<PathBuf>,

    /// Who gets a mail when Slack cannot be reached.
    #[arg(long, env = "BACKUP_EMAIL", value_name = "ADDRESS")]
    pub backup_email: Option<Mailbox>,

    /// Mail relay: `smtps://user:password@host` or `smtp://user:password@host:587?tls=required`.
    #[arg(long, env = "SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<SecretString>,

    /// File that holds the address of the mail relay, instead of the address itself.
    #[arg(long, env = "SMTP_URL_FILE", value_name = "PATH", conflicts_with = "smtp_url")]
    pub smtp_url_file: Option<PathBuf>,

    /// Sender of mails.
    #[arg(long, env = "MAIL_FROM", default_value = "leadfleet@localhost", value_name = "ADDRESS")]
    pub mail_from: Mailbox,

    /// Address under which the output folder is served; without it, messages show file paths.
    #[arg(long, env = "PUBLIC_BASE_URL", value_name = "URL")]
    pub public_base_url: Option<Url>,
}

/// Why messages cannot be sent as configured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("SLACK_WEBHOOK_URL is no webhook of Slack: it starts with https://hooks.slack.com/services/")]
    Webhook,
    #[error(
        "SMTP_URL is not usable: smtps://host, or smtp://host?tls=required; without TLS only for this machine"
    )]
    Smtp,
    #[error("PUBLIC_BASE_URL must start with http:// or https://")]
    PublicBaseUrl,
    #[error("could not read {path}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("could not set up the HTTP client")]
    Http(#[source] reqwest::Error),
}

impl Config {
    /// The webhook: Slack's host exactly, or plain HTTP to this machine for tests.
    pub(crate) fn webhook(&self) -> Result<Option<Url>, Error> {
        let Some(text) = secret(self.slack_webhook_url.as_ref(), self.slack_webhook_url_file.as_deref())?
        else {
            return Ok(None);
        };
        // The parser's own error would show the secret.
        let url = Url::parse(text.expose_secret()).map_err(|_secret| Error::Webhook)?;
        let is_bare = url.username().is_empty() && url.password().is_none();
        let is_slack = url.scheme() == "https"
            && url.host_str() == Some("hooks.slack.com")
            && url.port().is_none()
            && url.path().starts_with("/services/");
        let is_local = url.scheme() == "http" && is_loopback(&url);
        if is_bare && (is_slack || is_local) { Ok(Some(url)) } else { Err(Error::Webhook) }
    }

    /// The mail relay; none unless there is somebody to write to.
    pub(crate) fn relay(&self) -> Result<Option<(SecretString, Mailbox)>, Error> {
        let relay = secret(self.smtp_url.as_ref(), self.smtp_url_file.as_deref())?;
        let (Some(text), Some(to)) = (relay, &self.backup_email) else {
            return Ok(None);
        };
        let url = Url::parse(text.expose_secret()).map_err(|_secret| Error::Smtp)?;
        let requires_tls = url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
        match url.scheme() {
            "smtps" => {}
            "smtp" if requires_tls || is_loopback(&url) => {}
            _ => return Err(Error::Smtp),
        }
        Ok(Some((text, to.clone())))
    }

    pub(crate) fn public(&self) -> Result<Option<Url>, Error> {
        match &self.public_base_url {
            Some(url) if !matches!(url.scheme(), "http" | "https") => Err(Error::PublicBaseUrl),
            url => Ok(url.clone()),
        }
    }
}

fn secret(value: Option<&SecretString>, file: Option<&Path>) -> Result<Option<SecretString>, Error> {
    let secret = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|source| Error::File { path: path.to_owned(), source })?;
            Some(SecretString::from(text.trim().to_owned()))
        }
        None => value.cloned(),
    };
    Ok(secret.filter(|secret| !secret.expose_secret().is_empty()))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            // Hosts of schemes that the parser does not know, such as smtp, stay text.
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(webhook: Option<&str>, relay: Option<&str>) -> Config {
        Config {
            slack_webhook_url: webhook.map(SecretString::from),
            slack_webhook_url_file: None,
            backup_email: Some("ops@clinic.example".parse().unwrap()),
            smtp_url: relay.map(SecretString::from),
            smtp_url_file: None,
            mail_from: "leadfleet@localhost".parse().unwrap(),
            public_base_url: None,
        }
    }

    #[track_caller]
    fn check_webhook(text: &str, usable: bool) {
        assert_eq!(config(Some(text), None).webhook().is_ok(), usable, "{text}");
    }

    #[track_caller]
    fn check_relay(text: &str, usable: bool) {
        assert_eq!(config(None, Some(text)).relay().is_ok(), usable, "{text}");
    }

    #[test]
    fn a_webhook_is_slacks_or_on_this_machine() {
        check_webhook("https://hooks.slack.com/services/T/B/x", true);
        check_webhook("http://127.0.0.1:9/services/T/B/x", true);
    }

    #[test]
    fn no_other_host_gets_the_message() {
        check_webhook("https://hooks.slack.com.evil.example/services/T/B/x", false);
        check_webhook("https://hooks.slack.com@evil.example/services/T/B/x", false);
        check_webhook("https://hooks.slack.com:8443/services/T/B/x", false);
        check_webhook("http://hooks.slack.com/services/T/B/x", false);
        check_webhook("https://hooks.slack.com/other", false);
        check_webhook("http://10.0.0.1/services/T/B/x", false);
        check_webhook("no address", false);
    }

    #[test]
    fn a_refused_webhook_is_not_shown() {
        let error = config(Some("https://x.example/s3cret"), None).webhook().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }

    #[test]
    fn a_relay_needs_tls_unless_it_is_on_this_machine() {
        check_relay("smtps://u:p@mail.example", true);
        check_relay("smtp://u:p@mail.example:587?tls=required", true);
        check_relay("smtp://127.0.0.1:2525", true);
        check_relay("smtp://[::1]:2525", true);
        check_relay("smtp://mail.example:25", false);
        check_relay("smtp://mail.example:587?tls=opportunistic", false);
        check_relay("http://mail.example", false);
    }

    #[test]
    fn an_empty_secret_is_none() {
        assert!(config(Some(""), None).webhook().unwrap().is_none());
    }

    #[test]
    fn a_secret_can_lie_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "https://hooks.slack.com/services/T/B/x\n").unwrap();
        let mut config = config(None, None);
        config.slack_webhook_url_file = Some(file.path().to_owned());
        assert!(config.webhook().unwrap().is_some());
    }
}
