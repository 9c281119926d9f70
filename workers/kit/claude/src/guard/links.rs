//! Finds links in a text, also those that only look like one to a mail program.

/// Ways to write a link so that a filter misses it.
const DISGUISES: [&str; 9] =
    [" dot com", " dot net", " dot org", " dot io", "(dot)", "hxxp", "javascript:", "mailto:", "data:"];

/// Whether every link leads to one of the hosts.
pub(super) fn are_ours(text: &str, hosts: &[&str]) -> bool {
    let text = text.to_lowercase();
    let mut pieces = text.split(|c: char| !c.is_alphanumeric() && !"./:@-_\\".contains(c));
    !DISGUISES.iter().any(|disguise| text.contains(disguise))
        && pieces.all(|piece| leads_only_to(piece, hosts))
}

fn leads_only_to(piece: &str, hosts: &[&str]) -> bool {
    let is_ours = |host: &str| hosts.iter().any(|ours| host.eq_ignore_ascii_case(ours));
    let trimmed = |part: &'_ str| part.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    // User info in front of a host makes a lie of it, so it stays part of what is compared.
    let named = piece.split_once("//").map(|(_, address)| trimmed(first(address)));
    let mut parts = piece.split(['/', ':', '\\']).filter(|part| !part.contains('@')).map(trimmed);
    named.is_none_or(|host| is_ours(&host)) && parts.all(|part| !is_domain(&part) || is_ours(&part))
}

fn first(address: &str) -> &str {
    address.split(['/', ':', '\\']).next().unwrap_or(address)
}

/// Two names with a point between and no space: enough for a mail program to guess.
fn is_domain(part: &str) -> bool {
    let mut endings = part.split('.').skip(1);
    endings.any(|ending| ending.len() >= 2 && ending.chars().all(char::is_alphabetic))
}
