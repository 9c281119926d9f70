//! Who asks for a page, in which form, and what is answered.

use super::address::Address;
use super::layout;
use crate::app::App;
use crate::problem::{CONTENT_TYPE, Kind, Problem};
use crate::sign_in::Viewer;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use chrono_tz::Tz;
use maud::Markup;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a page shows; as JSON it is the page's twin.
pub(crate) trait View: Serialize {
    fn title(&self) -> String;
    fn body(&self, ask: &Ask) -> Markup;
}

/// Whether the values themselves were asked for.
#[derive(Clone, Copy)]
pub(crate) struct Twin;

/// A request for a page.
pub(crate) struct Ask {
    pub(crate) app: App,
    pub(crate) viewer: Viewer,
    pub(crate) address: Address,
    /// Of the viewer, as his browser has told; else UTC.
    pub(crate) zone: Tz,
    /// `dark` or `light` where he has chosen one.
    pub(crate) theme: Option<&'static str>,
    twin: bool,
}

impl Ask {
    /// Whether the values were asked for, not the page.
    pub(crate) fn is_twin(&self) -> bool {
        self.twin
    }

    pub(crate) fn show(&self, view: &impl View) -> Response {
        if self.twin {
            return axum::Json(view).into_response();
        }
        layout::page(self, &view.title(), &view.body(self)).into_response()
    }
}

impl FromRequestParts<App> for Ask {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        // Postgres has no text with it.
        if parts.uri.path_and_query().is_some_and(|text| text.as_str().contains("%00")) {
            let problem = Problem::new(Kind::BadRequest, "the address has a sign in it that no text has");
            return Err(problem.into_response());
        }
        Ok(Self {
            viewer: Viewer::from_request_parts(parts, app).await?,
            address: Address::of(&parts.uri),
            zone: cookie(&parts.headers, "zone").and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC),
            theme: ["dark", "light"].into_iter().find(|name| cookie(&parts.headers, "theme") == Some(name)),
            twin: parts.extensions.get::<Twin>().is_some(),
            app: app.clone(),
        })
    }
}

/// What is asked for in the query; what a form sends empty was not asked for.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Problem> {
        let query = Address::of(&parts.uri).query();
        let uri = format!("/?{query}").parse::<Uri>().map_err(Problem::internal)?;
        Query::try_from_uri(&uri).map(|Query(asked)| Self(asked)).map_err(|error| {
            Problem::new(Kind::BadRequest, format!("the address asks for something unknown: {error}"))
        })
    }
}

/// A cookie's value.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// Leads `/leads.json` to the page `/leads`, before a route is looked for.
pub(crate) fn twins(mut request: Request) -> Request {
    let path = request.uri().path();
    if path.starts_with("/api/") || path == "/openapi.json" {
        return request;
    }
    let Some(page) = path.strip_suffix(".json") else { return request };
    let page = if page == "/index" { "/" } else { page };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(uri) = format!("{page}{query}").parse() {
        *request.uri_mut() = uri;
        request.extensions_mut().insert(Twin);
    }
    request
}

/// Refuses those who see only what is their client's own.
pub(crate) async fn operators_only(State(_): State<App>, ask: Ask, request: Request, next: Next) -> Response {
    if ask.viewer.operates() {
        return next.run(request).await;
    }
    Problem::new(Kind::Forbidden, "this page is for those who operate the fleet").into_response()
}

/// Whoever asked, if it is known who that is.
async fn asker(app: &App, (uri, headers): (Uri, HeaderMap)) -> Option<Ask> {
    let (mut parts, ()) = Request::new(()).into_parts();
    (parts.uri, parts.headers) = (uri, headers);
    Ask::from_request_parts(&mut parts, app).await.ok()
}

/// A problem as long as a page's.
const PROBLEM: usize = 64 * 1024;

/// Says to people in a page what programs are told as a problem.
pub(crate) async fn as_page(State(app): State<App>, request: Request, next: Next) -> Response {
    let values = request.extensions().get::<Twin>().is_some() || request.uri().path().starts_with("/api/");
    let accepted = request.headers().get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok());
    let browser = accepted.is_some_and(|kinds| kinds.contains("text/html"));
    let asked = (request.uri().clone(), request.headers().clone());
    let answer = next.run(request).await;
    let is_problem = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == CONTENT_TYPE);
    if values || !browser || !is_problem {
        return answer;
    }
    let (mut head, body) = answer.into_parts();
    let told = to_bytes(body, PROBLEM).await.unwrap_or_default();
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap_or_default();
    let page = layout::problem(asker(&app, asked).await.as_ref(), head.status, &told).into_response();
    let (fresh, body) = page.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.extend(fresh.headers);
    Response::from_parts(head, Body::new(body))
}
