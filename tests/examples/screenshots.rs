//! Pictures of every page of the dashboard, light and dark, wide and narrow: of a fleet that has lived, and of a new one.
#![expect(clippy::unwrap_used, reason = "whoever asks for pictures sees why there are none")]

use std::path::{Path, PathBuf};

use tests::TestFleet;
use tests::browser::{Browser, Look};
use tests::http::Api;
use tests::pages::{name, pages};

#[tokio::main]
async fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("outputs/screenshots");
    let _ = std::fs::remove_dir_all(&folder);
    let lived = TestFleet::with_claude().await;
    let _workers = lived.live().await;
    let pictures = picture(&lived, &folder, "").await;
    let new = TestFleet::start().await;
    let pictures = pictures + picture(&new, &folder, "new-").await;
    println(&format!("{pictures} pictures in {}", folder.display()));
}

/// Pictures each page in each look, and returns how many that were.
async fn picture(fleet: &TestFleet, folder: &Path, prefix: &str) -> usize {
    let api = Api::start(fleet).await;
    let browser = Browser::start(&api.base).await;
    browser.open("/sign-in").await;
    keep(&browser, folder, prefix, "/sign-in").await;
    browser.sign_in(fleet, "ann@example.com").await;
    let pages = pages(&browser).await;
    for page in &pages {
        browser.open(page).await;
        keep(&browser, folder, prefix, page).await;
    }
    browser.client.close().await.unwrap();
    4 * (pages.len() + 1)
}

/// Pictures the page that is open.
async fn keep(browser: &Browser, folder: &Path, prefix: &str, page: &str) {
    for look in Look::all() {
        browser.look(look).await;
        let file: PathBuf = folder.join(look.name()).join(format!("{prefix}{}.png", name(page)));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, browser.picture().await).unwrap();
    }
}

#[expect(clippy::print_stdout, reason = "this is a command")]
fn println(text: &str) {
    println!("{text}");
}
