//! Which pages there are: those that the navigation leads to, and one of each kind that these lead to.

use std::collections::{BTreeSet, VecDeque};

use crate::browser::Browser;

/// Links of a page, but for those that sort and turn its tables, those to files, and the one to the viewer of the API:
/// that is not ours.
const LINKS: &str = r#"
    const links = [...document.querySelectorAll("header a, nav[aria-label='Pages'] a, main a")]
        .filter(link => !link.closest("thead, footer, nav.pages") && !link.hasAttribute("download"))
        .map(link => new URL(link.href))
        .filter(url => url.origin === location.origin && !url.pathname.includes(".") && url.pathname !== "/docs");
    return links.map(url => url.pathname + url.search);"#;

/// The addresses of all pages, of pages that differ only in what they tell of the first that is met.
pub async fn pages(browser: &Browser) -> Vec<String> {
    let (mut found, mut kinds) = (Vec::new(), BTreeSet::new());
    let mut next: VecDeque<String> = ["/".to_owned()].into();
    while let Some(path) = next.pop_front() {
        if !kinds.insert(kind(&path)) {
            continue;
        }
        browser.open(&path).await;
        let links = browser.run(LINKS).await;
        next.extend(links.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()));
        found.push(path);
    }
    found
}

/// `/dead/17` and `/dead/18` are of one kind: a plain word is part of the address, anything else is what is told of.
/// Of the queries of a page the first that is met stands for all.
fn kind(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_plain = |piece: &str| piece.bytes().all(|byte| byte.is_ascii_lowercase());
    let pieces = path.split('/').map(|piece| if is_plain(piece) { piece } else { "*" });
    format!("{}{}", pieces.collect::<Vec<_>>().join("/"), if query.is_empty() { "" } else { "?" })
}

/// A file's name for an address: `dead-17`.
pub fn name(address: &str) -> String {
    let words = address.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    if name.is_empty() { "overview".to_owned() } else { name }
}
