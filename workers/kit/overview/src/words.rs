//! Words that commands and the dashboard share.

/// `1 row`, `2 rows`.
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// An address as it may be shown.
pub fn without_password(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else { return String::new() };
    // An address without a place for a password has none to hide.
    let _none = url.set_password(None);
    url.to_string()
}

/// The deepest cause: what the server or the system said.
pub fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
