//! What a handler is given: a JSON body, a query or an id in the path, each checked before it arrives.

use crate::app::App;
use crate::problem::{Kind, Problem};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A body, as its type is described.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: ToSchema + DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(Kind::MediaType, "send the body as application/json"));
        }
        // Its size was looked at before.
        let body = Bytes::from_request(request, app).await.map_err(Problem::internal)?;
        let value = serde_json::from_slice(&body)
            .map_err(|error| Problem::new(Kind::MalformedJson, format!("the body is not JSON: {error}")))?;
        Ok(Self(read(app, value)?))
    }
}

/// A query, as its type is described.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: ToSchema + DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let schema = app.description.schema(&T::name());
        let mut fields = Map::new();
        for (name, text) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            let value = typed(&schema["properties"][name.as_ref()]["type"], &text);
            if fields.insert(name.to_string(), value).is_some() {
                return Err(Problem::wrong(&name, "is given twice"));
            }
        }
        Ok(Self(read(app, Value::Object(fields))?))
    }
}

/// A text as the type that is expected; what it cannot be stays a text, which is found wrong later.
fn typed(expected: &Value, text: &str) -> Value {
    let expects = |name: &str| {
        expected == name || expected.as_array().is_some_and(|names| names.iter().any(|own| own == name))
    };
    let parsed = if expects("integer") {
        text.parse::<i64>().ok().map(Value::from)
    } else if expects("number") {
        text.parse::<f64>().ok().map(Value::from)
    } else if expects("boolean") {
        text.parse::<bool>().ok().map(Value::from)
    } else {
        None
    };
    parsed.unwrap_or_else(|| Value::from(text))
}

fn read<T: ToSchema + DeserializeOwned>(app: &App, mut value: Value) -> Result<T, Problem> {
    let wrong = app.description.check(&T::name(), &mut value);
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    // What the description cannot say.
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        Problem::wrong(if path == "." { "" } else { &path }, error.into_inner().to_string())
    })
}

/// The name of a thing in the path: what cannot be a name is the name of nothing.
pub(crate) struct Id(pub(crate) String);

impl FromRequestParts<App> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, app).await;
        let text = path.map_err(|error| Problem::not_found().because(error))?.0;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !(1..=64).contains(&text.len()) || !text.bytes().all(plain) {
            return Err(Problem::not_found());
        }
        Ok(Self(text))
    }
}

/// Numbers in the path: what cannot be the number of anything is the number of nothing.
pub(crate) struct Numbers<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Numbers<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, app).await;
        Ok(Self(path.map_err(|error| Problem::not_found().because(error))?.0))
    }
}
