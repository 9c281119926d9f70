//! What pages need besides themselves: one style sheet, one script, one icon, kept by browsers for good.

use crate::app::App;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// A file whose name tells its content.
pub(crate) struct Asset {
    pub(crate) path: String,
    kind: &'static str,
    content: String,
}

pub(crate) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let sheet = [include_str!("../../assets/style.css"), charts::CSS].concat();
    Asset::new("style", "css", "text/css; charset=utf-8", sheet)
});
pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "page",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/page.js").to_owned(),
    )
});
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("icon", "svg", "image/svg+xml", include_str!("../../assets/icon.svg").to_owned())
});

impl Asset {
    fn new(name: &str, extension: &str, kind: &'static str, content: String) -> Self {
        let hash = crate::events::hex(&Sha256::digest(&content));
        let short = hash.get(..12).unwrap_or_default();
        Self { path: format!("/assets/{name}-{short}.{extension}"), kind, content }
    }
}

pub(crate) fn routes() -> Router<App> {
    [&STYLE, &SCRIPT, &ICON]
        .into_iter()
        .fold(Router::new(), |router, asset| router.route(&asset.path, get(async || kept(asset))))
}

fn kept(asset: &'static Asset) -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, asset.content.as_str())
}
