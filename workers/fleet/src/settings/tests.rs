//! Precedence, origins and refusals.

use std::fs;

use super::catalogue::Setting;
use super::*;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The value and origin of `key` with these variables set.
#[track_caller]
fn check(key: &str, variables: &[(&str, &str)], value: Option<&str>, origin: &str) {
    let sources = Sources { environment: environment(variables), ..Sources::default() };
    let all = Settings::effective(&sources).unwrap();
    let found = all.iter().find(|row| row.key == key).unwrap();
    assert_eq!((found.value.as_deref(), found.origin.as_str()), (value, origin));
}

#[track_caller]
fn check_refused(variables: &[(&str, &str)], message: &str, hint: Option<&str>) {
    let sources = Sources { environment: environment(variables), ..Sources::default() };
    let error = Settings::load(&sources).err().unwrap();
    assert_eq!((error.to_string().as_str(), error.hint().as_deref()), (message, hint));
}

#[test]
fn without_any_source_the_defaults_hold() {
    let settings = Settings::load(&Sources::default()).unwrap();
    assert_eq!(settings.nats.url, "nats://127.0.0.1:4222");
    assert_eq!(settings.output.directory, std::env::current_dir().unwrap().join("outputs"));
    check("output.directory", &[], Some("./outputs/"), "default");
    assert!(settings.claude.api_key.is_none());
    check("slack.webhook_url", &[], None, "not set");
}

#[test]
fn what_workers_read_alone_is_shown_with_its_origin() {
    check("CLAUDE_TIMEOUT", &[("CLAUDE_TIMEOUT", "45")], Some("45"), "environment variable CLAUDE_TIMEOUT");
    check("CLAUDE_TIMEOUT", &[], Some("30"), "default");
    check("PUBLIC_BASE_URL", &[], None, "not set");
    check("claude.model", &[], Some("claude-sonnet-5-5"), "default");
    let all = Settings::effective(&Sources::default()).unwrap();
    for covered in ["NATS_URL", "CLAUDE_API_KEY", "CLAUDE_API_KEY_FILE"] {
        assert!(all.iter().all(|row| row.key != covered), "{covered} is shown twice");
    }
}

#[test]
fn the_variables_of_the_source_document_keep_their_names() {
    let sources = Sources {
        environment: environment(&[
            ("POSTGRES_CONNECTION_STRING", "postgres://lf:pw@db/leadfleet"),
            ("CLAUDE_API_KEY", "key"),
            ("SLACK_WEBHOOK_URL", "https://hooks.slack.example/T/B/X"),
            ("BACKUP_EMAIL", "sales@clinic.example"),
            ("OUTPUT_DIRECTORY", "/srv/out"),
        ]),
        ..Sources::default()
    };
    let settings = Settings::load(&sources).unwrap();
    assert_eq!(settings.postgres.url.as_deref(), Some("postgres://lf:pw@db/leadfleet"));
    assert_eq!(settings.claude.api_key.as_deref(), Some("key"));
    assert_eq!(settings.slack.webhook_url.as_deref(), Some("https://hooks.slack.example/T/B/X"));
    assert_eq!(settings.email.to.as_deref(), Some("sales@clinic.example"));
    assert_eq!(settings.output.directory, PathBuf::from("/srv/out"));
}

#[test]
fn our_own_variable_is_stronger_than_the_conventional_one() {
    let both = [("NATS_URL", "nats://weak:4222"), ("LEADFLEET_NATS_URL", "nats://strong:4222")];
    check("nats.url", &both, Some("nats://strong:4222"), "environment variable LEADFLEET_NATS_URL");
}

#[test]
fn an_empty_variable_is_not_set() {
    check("nats.url", &[("NATS_URL", "")], Some("nats://127.0.0.1:4222"), "default");
}

#[test]
fn secrets_are_only_said_to_be_set() {
    check(
        "claude.api_key",
        &[("CLAUDE_API_KEY", "sk-1")],
        Some("(set)"),
        "environment variable CLAUDE_API_KEY",
    );
}

#[test]
fn passwords_in_addresses_are_not_shown() {
    let with = [("NATS_URL", "nats://u:pw@h:4222")];
    check("nats.url", &with, Some("nats://u:***@h:4222"), "environment variable NATS_URL");
    let with = [("NATS_URL", "nats://u:pw@h:4222,nats://u:pw@i:4222")];
    check(
        "nats.url",
        &with,
        Some("nats://u:***@h:4222,nats://u:***@i:4222"),
        "environment variable NATS_URL",
    );
}

#[test]
fn a_secret_can_come_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    fs::write(&path, "sk-2\n").unwrap();
    let sources = Sources {
        environment: environment(&[("CLAUDE_API_KEY_FILE", path.to_str().unwrap())]),
        ..Sources::default()
    };
    assert_eq!(Settings::load(&sources).unwrap().claude.api_key.as_deref(), Some("sk-2"));
}

#[test]
fn flags_are_stronger_than_variables_and_variables_than_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("leadfleet.toml");
    fs::write(
        &path,
        "[nats]\nurl = 'nats://file:1'\n[schedule]\ntimezone = 'UTC'\n[output]\ndirectory = 'file'\n",
    )
    .unwrap();
    let sources = Sources {
        flags: &["nats.url=nats://flag:1".to_owned()],
        environment: environment(&[("NATS_URL", "nats://env:1"), ("SCHEDULE_TZ", "Europe/Paris")]),
        files: vec![path.clone()],
        config: None,
    };
    let origin = |key: &str| {
        let all = Settings::effective(&sources).unwrap();
        all.into_iter().find(|row| row.key == key).map(|row| (row.value.unwrap(), row.origin)).unwrap()
    };
    assert_eq!(origin("nats.url"), ("nats://flag:1".to_owned(), "flag --set".to_owned()));
    let variable = "environment variable SCHEDULE_TZ".to_owned();
    assert_eq!(origin("schedule.timezone"), ("Europe/Paris".to_owned(), variable));
    assert_eq!(origin("output.directory"), ("file".to_owned(), path.display().to_string()));
}

#[test]
fn an_unknown_key_in_a_file_is_refused_with_the_nearest_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("leadfleet.toml");
    fs::write(&path, "[nats]\nulr = 'nats://file:1'\n").unwrap();
    let error = Settings::load(&Sources { config: Some(&path), ..Sources::default() }).err().unwrap();
    assert_eq!(error.to_string(), format!("nats.ulr is no setting ({})", path.display()));
    assert_eq!(error.hint().as_deref(), Some("did you mean nats.url?"));
}

#[test]
fn a_missing_configuration_file_that_was_asked_for_is_refused() {
    let path = Path::new("/nonexistent/leadfleet.toml");
    let error = Settings::load(&Sources { config: Some(path), ..Sources::default() }).err().unwrap();
    assert!(matches!(error, Error::NoFile { .. }));
}

#[test]
fn an_unknown_variable_of_ours_is_refused_with_the_nearest_one() {
    let hint = Some("did you mean LEADFLEET_NATS_URL?");
    check_refused(&[("LEADFLEET_NATS_ULR", "x")], "LEADFLEET_NATS_ULR is no variable of leadfleet", hint);
}

#[test]
fn a_wrong_value_is_named_with_its_origin() {
    let message = "schedule.timezone is \"Mars\", but must be a time zone such as America/New_York \
                   (environment variable SCHEDULE_TZ)";
    check_refused(&[("SCHEDULE_TZ", "Mars")], message, None);
}

#[test]
fn a_wrong_secret_is_named_but_not_shown() {
    let message = "slack.webhook_url is \"***\", but must be an address that starts with https:// or http:// \
                   (environment variable SLACK_WEBHOOK_URL)";
    check_refused(&[("SLACK_WEBHOOK_URL", "hooks")], message, None);
}

#[test]
fn a_secret_is_not_taken_from_a_flag() {
    let error = Settings::load(&Sources { flags: &["claude.api_key=k".to_owned()], ..Sources::default() })
        .err()
        .unwrap();
    assert!(matches!(error, Error::SecretFlag { key: "claude.api_key", .. }));
    assert!(error.hint().unwrap().contains("CLAUDE_API_KEY_FILE"));
}

#[test]
fn every_setting_of_the_catalogue_is_read_by_someone() {
    for key in Setting::keys() {
        let value = match key {
            "schedule.timezone" => "UTC",
            "scoring.confidence_mode" => "block",
            "email.to" | "email.from" => "a@b.example",
            "nats.url" => "nats://h:1",
            "postgres.url" => "postgres://h/d",
            "email.smtp_url" => "smtp://h",
            _ => "https://h.example",
        };
        let name = format!("LEADFLEET_{}", key.replace('.', "_").to_uppercase());
        let sources = Sources { environment: environment(&[(&name, value)]), ..Sources::default() };
        // An unread key would be refused as an unknown field.
        assert!(Settings::load(&sources).is_ok(), "{key}");
    }
}
