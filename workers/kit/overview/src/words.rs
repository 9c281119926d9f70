//! Words that commands and the dashboard share.

/// `1 row`, `2 rows`.
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// An address as it may be shown.
pub fn without_password(address: &str) -> String {
    let hidden = |address| {
        let mut url = url::Url::parse(address).ok()?;
        // An address without a place for a password has none to hide.
        let _none = url.set_password(None);
        Some(url.to_string())
    };
    address.split(',').filter_map(hidden).collect::<Vec<_>>().join(",")
}

/// The deepest cause: what the server or the system said.
pub fn cause(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
