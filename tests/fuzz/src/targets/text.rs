//! Text of strangers on its way to people, programs and models: never a command to any of them.

use claude::guard::{self, Rules};
use proto::v1::CsvLayout;
use serde_json::Value;

/// Spans lie in the text.
pub(super) fn places_of(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let gazetteer = places::Gazetteer::us();
    let mentions = gazetteer.mentions(&text, &places::Hints::default());
    for mention in &mentions {
        assert!(text.get(mention.start..mention.end).is_some(), "{}..{}", mention.start, mention.end);
    }
    let _ = gazetteer.in_url(&text, &places::Hints::default());
    let _ = link::normalise(&text);
    !mentions.is_empty()
}

/// The rows stay rows, and no cell computes anything.
pub(super) fn csv_cells(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    for layout in [CsvLayout::Sample, CsvLayout::Step12, CsvLayout::Excel, CsvLayout::Crm] {
        let file = exporter::fuzz::csv(&text, layout).expect("memory takes it");
        let mut rows = csv::Reader::from_reader(file.as_slice());
        let rows: Vec<_> =
            rows.records().collect::<Result<_, _>>().expect("a row of the width of the header");
        assert_eq!(rows.len(), 1);
        for cell in rows.iter().flatten() {
            // A number of a telephone is shown as it is.
            let phone = cell.chars().all(|c| c.is_ascii_digit() || "+()-. ".contains(c));
            assert!(
                phone || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
                "{layout:?} {cell:.100?}"
            );
        }
    }
    true
}

/// Between what we write ourselves, nothing can begin a tag, a link, an emphasis or a line.
pub(super) fn markdown(input: &[u8]) -> bool {
    let shown = exporter::fuzz::markdown(&String::from_utf8_lossy(input));
    let mut rest = shown.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => assert!(rest.next().is_some_and(|c| c.is_ascii_punctuation()), "{shown:.300}"),
            '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '<' | '>' => panic!("{c} in {shown:.300}"),
            c => assert!(!c.is_control(), "{c:?} in {shown:.300}"),
        }
    }
    entities_only(&shown);
    true
}

/// Slack hears no command in any of the texts of a message, and takes their lengths.
pub(super) fn slack(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    for payload in notifier::fuzz::slack(&text) {
        said(&payload);
        assert!(payload.to_string().len() < 100_000);
    }
    true
}

fn said(value: &Value) {
    match value {
        Value::String(text) => {
            assert!(!text.contains(['<', '>']), "{text:.300}");
            assert!(text.chars().count() <= 3_000);
            entities_only(text);
        }
        Value::Array(items) => items.iter().for_each(said),
        Value::Object(fields) => fields.values().for_each(said),
        _ => {}
    }
}

fn entities_only(text: &str) {
    for rest in text.split('&').skip(1) {
        assert!(["amp;", "lt;", "gt;"].iter().any(|entity| rest.starts_with(entity)), "{text:.300}");
    }
}

/// No text adds a header to a mail.
pub(super) fn mail(input: &[u8]) -> bool {
    const OURS: [&str; 8] = [
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Date",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    let Some(mail) = notifier::fuzz::mail(&String::from_utf8_lossy(input)) else { return false };
    let end = mail.windows(4).position(|end| end == b"\r\n\r\n").expect("headers end");
    let headers = str::from_utf8(&mail[..end]).expect("headers are plain");
    assert!(headers.is_ascii());
    let mut seen = Vec::new();
    for line in headers.split("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']) && line.len() < 998, "{line:.300?}");
        if !line.starts_with([' ', '\t']) {
            let (name, _) = line.split_once(':').expect("a header has a name");
            assert!(OURS.contains(&name) && !seen.contains(&name), "{line:.300}");
            seen.push(name);
        }
    }
    true
}

/// Data for a model stays between its tags, and a text of a model is judged without a fuss.
pub(super) fn prompt(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let data = claude::untrusted(&Value::String(text.clone().into_owned()));
    assert_eq!(data.matches('<').count(), 2, "{data:.300}");
    let rules = Rules {
        placeholders: &["name"],
        hosts: &["leadfleet.example"],
        facts: "7 clinics",
        scraped: &text,
        chars: 1..=600,
    };
    guard::check(&text, &rules).is_ok()
}

/// Whatever an error says, a header can carry it and no secret is in it.
pub(super) fn redaction(input: &[u8]) -> bool {
    const SECRETS: [(&str, &str); 6] = [
        ("sk-ant-api03-x", "sk-ant-"),
        ("https://hooks.slack.com/services/T0/B0/x", "hooks.slack.com/"),
        ("xoxb-1-x", "xoxb-"),
        ("Authorization: Bearer t0ken", "t0ken"),
        ("postgres://fleet:pa55@host/db", "pa55"),
        ("planted.person@clinic.example", "planted.person"),
    ];
    let text: String = String::from_utf8_lossy(input).chars().take(600).collect();
    for (secret, telling) in SECRETS {
        let clean = runtime::redact(&format!("{text} {secret} {text}"));
        assert!(!clean.contains(telling), "{telling} in {clean}");
        let address = |word: &str| word.split_once('@').is_some_and(|(_, host)| host.contains('.'));
        assert!(!clean.split_whitespace().any(address), "{clean}");
        assert!(!clean.contains(char::is_control) && clean.len() <= 1_024, "{clean:?}");
        assert_eq!(runtime::fingerprint("decode", "", &clean).len(), 16);
    }
    true
}
