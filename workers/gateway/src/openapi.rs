//! The description of the API, from the code that answers, with what holds for every route added once.

use crate::caller::Scope;
use crate::check::{self, NO_NUL, Patterns};
use crate::problem::{CONTENT_TYPE, Kind, Told, Wrong};
use crate::routes::{self, GoalsQuery, HistoryQuery, LimitQuery, TimelineQuery, UserQuery, WeekQuery};
use axum::Router;
use prospects::{LeadOrder, LeadsQuery};
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

const ABOUT: &str = "Prospects, segments, sequences, cadences, engagement, campaigns and growth of leadfleet.

Send a key as `Authorization: Bearer lf_live_…`; `leadfleet key create` makes one. \
Every POST may carry an `Idempotency-Key`: the same request with the same key is done once and answered alike, for 24 hours. \
Every error is a problem (RFC 9457) as `application/problem+json`.";

#[derive(OpenApi)]
#[openapi(info(title = "leadfleet", description = ABOUT), components(schemas(Told<'static>, Wrong, UserQuery, LimitQuery, WeekQuery, LeadsQuery, LeadOrder, HistoryQuery, GoalsQuery, TimelineQuery)))]
struct Bare;

pub(crate) struct Description {
    document: Value,
    patterns: Patterns,
}

impl Description {
    /// A week may be asked for as many connection requests as the cap in force says.
    pub(crate) fn new(weekly_cap: u32) -> Result<Self, serde_json::Error> {
        let mut whole = Bare::openapi();
        let mut scopes = Vec::new();
        for group in routes::groups() {
            for routes in group.routes {
                let part = OpenApiRouter::new().routes(routes).into_openapi();
                scopes.push((serde_json::to_value(&part.paths)?, group.scope));
                whole.merge(part);
            }
        }
        let mut document = serde_json::to_value(whole)?;
        let requests = &mut document["components"]["schemas"]["CadenceRequest"]["properties"]["target_connection_requests"];
        requests["maximum"] = weekly_cap.into();
        requests["example"] = weekly_cap.min(40).into();
        // What `Weights::are_sound` looks at: with nothing but zeros there is no score.
        let counts = |name: &str| json!({"properties": {name: {"exclusiveMinimum": 0}}});
        document["components"]["schemas"]["Weights"]["anyOf"] =
            ["data_quality", "authority", "company_fit", "timing"].map(counts).to_vec().into();
        let named = |name: &str| json!({"required": [name], "properties": {name: {"type": "integer"}}});
        document["components"]["schemas"]["OutcomeReport"]["anyOf"] =
            ["goal_id", "pattern_id"].map(named).to_vec().into();
        document["components"]["responses"] = responses();
        document["components"]["securitySchemes"] = json!({"key": {"type": "http", "scheme": "bearer"}});
        for (paths, scope) in &scopes {
            for (path, operations) in paths.as_object().into_iter().flatten() {
                for method in operations.as_object().into_iter().flatten().map(|(method, _)| method) {
                    complete(&mut document["paths"][path][method], method, *scope);
                }
            }
        }
        for (_, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
            close_forms(schema);
            without_nul(schema, false);
        }
        for (_, operations) in document["paths"].as_object_mut().into_iter().flatten() {
            for (_, operation) in operations.as_object_mut().into_iter().flatten() {
                operation.get_mut("parameters").into_iter().for_each(|all| without_nul(all, true));
            }
        }
        Ok(Self { patterns: check::patterns(&document), document })
    }

    pub(crate) fn schema(&self, name: &str) -> &Value {
        &self.document["components"]["schemas"][name]
    }

    /// Everything that is wrong with a value of this type.
    pub(crate) fn check(&self, name: &str, value: &mut Value) -> Vec<Wrong> {
        check::check(&self.document, &self.patterns, self.schema(name), value)
    }

    /// `/openapi.json`, and at `/docs` a viewer that needs nothing from elsewhere.
    pub(crate) fn routes(&self) -> Router {
        SwaggerUi::new("/docs").external_url_unchecked("/openapi.json", self.document.clone()).into()
    }
}

/// Adds what every operation has: who may, the key for repeats, the errors that can come.
fn complete(operation: &mut Value, method: &str, scope: Option<Scope>) {
    let posts = method == "post";
    let mut statuses = vec![404, 429, 503];
    if let Some(scope) = scope {
        statuses.extend([401, 403]);
        operation["security"] = json!([{"key": []}]);
        let told = operation["description"].as_str().unwrap_or_default();
        let told = format!("{told}\n\nNeeds the scope `{}`.", scope.name());
        operation["description"] = told.trim_start().into();
        // A cursor may be that of a list in another order.
        let sorts =
            operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == "sort"));
        if method != "get" || sorts {
            statuses.push(409);
        }
        if posts {
            statuses.push(422);
            let parameter = json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "Names the request: sent again, it is answered as before and done once.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
            });
            match operation["parameters"].as_array_mut() {
                Some(parameters) => parameters.push(parameter),
                None => operation["parameters"] = json!([parameter]),
            }
        }
    } else {
        statuses.push(401);
    }
    if posts || operation["requestBody"].is_object() {
        statuses.extend([400, 408, 413]);
    }
    if operation["requestBody"]["content"]["application/json"].is_object() {
        statuses.extend([415, 422]);
    }
    if operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query")) {
        statuses.push(422);
    }
    for status in statuses {
        let known = &mut operation["responses"][status.to_string()];
        if known.is_null() {
            *known = json!({"$ref": format!("#/components/responses/{status}")});
        }
    }
}

/// Says of the forms of an enum what is said of every other request: unknown fields are refused.
fn close_forms(schema: &mut Value) {
    let forms = schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten();
    for form in forms.filter(|form| form["type"] == "object") {
        form["additionalProperties"] = false.into();
    }
}

/// Says of every text of requests that has no form of its own that NUL is not in it: Postgres cannot store it.
fn without_nul(schema: &mut Value, asked: bool) {
    // What takes no unknown fields is asked, not answered.
    let asked = asked || schema["additionalProperties"] == false;
    match schema {
        Value::Object(fields) => {
            let is_text = fields.get("type").is_some_and(|known| {
                known == "string" || known.as_array().is_some_and(|all| all.iter().any(|one| one == "string"))
            });
            let has_form = ["pattern", "format", "enum"].iter().any(|form| fields.contains_key(*form));
            if asked && is_text && !has_form {
                fields.insert("pattern".to_owned(), NO_NUL.into());
            }
            fields.values_mut().for_each(|field| without_nul(field, asked));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without_nul(item, asked)),
        _ => {}
    }
}

/// A response for each status that problems have.
fn responses() -> Value {
    let mut responses = json!({});
    for kind in Kind::ALL {
        let (status, slug, title) = kind.facts();
        let response = &mut responses[status.to_string()];
        let told = response["description"].as_str().map(|told| format!("{told}; or: ")).unwrap_or_default();
        response["description"] = format!("{told}{title} (`{slug}`)").into();
        let content = &mut response["content"][CONTENT_TYPE];
        content["schema"] = json!({"$ref": "#/components/schemas/Problem"});
        content["examples"][slug]["value"] = json!({
            "type": format!("urn:leadfleet:problem:{slug}"), "title": title, "status": status,
            "detail": title.to_lowercase(), "instance": "urn:uuid:0190163d-8694-739b-aea5-966c26f8ad91"
        });
        let waits = matches!(status, 409 | 429 | 503);
        if waits {
            response["headers"]["Retry-After"] =
                json!({"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}});
        }
    }
    responses
}
