//! The description of the API tells what is true.

use crate::rig::{PATTERNS, Rig, TRACK, problem};
use crate::server::ALPHA;
use prospects::Rules;
use serde_json::{Value, json};

async fn description(rig: &Rig) -> Value {
    rig.get("/openapi.json").send().await.unwrap().json().await.unwrap()
}

/// Everything under a key, anywhere.
fn all<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == key {
                    found.push(field);
                }
                all(field, key, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all(item, key, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_says_who_may_and_what_can_go_wrong() {
    let rig = Rig::start(&[]).await;
    let document = description(&rig).await;
    assert_eq!(document["openapi"].as_str().unwrap().split('.').next(), Some("3"));
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            for status in ["401", "404", "429", "503"] {
                assert!(responses.contains_key(status), "{method} {path} lacks {status}");
            }
            assert!(operation["summary"].is_string() && operation["tags"].is_array(), "{method} {path}");
            assert!(method != "post" || path.contains("webhooks") || responses.contains_key("409"), "{path}");
            if operation["security"].is_array() {
                assert!(operation["description"].as_str().unwrap().contains("Needs the scope"), "{path}");
            }
            if operation["requestBody"]["content"]["application/json"].is_object() {
                for status in ["400", "413", "415", "422"] {
                    assert!(responses.contains_key(status), "{method} {path} lacks {status}");
                }
            }
        }
    }
    for path in [TRACK, PATTERNS] {
        assert!(document["paths"][path]["post"].is_object(), "{path}");
    }
    let mut names = Vec::new();
    all(&document, "operationId", &mut names);
    let distinct: std::collections::HashSet<_> = names.iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_leads_somewhere_and_requests_take_no_unknown_fields() {
    let rig = Rig::start(&[]).await;
    let document = description(&rig).await;
    let mut references = Vec::new();
    all(&document, "$ref", &mut references);
    assert!(references.len() > 10);
    for reference in references {
        let pointer = reference.as_str().unwrap().trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let mut bodies = Vec::new();
    all(&document, "requestBody", &mut bodies);
    for body in bodies {
        // What tools send is theirs to describe.
        let Some(described) = body["content"].get("application/json") else { continue };
        let target = |schema: &Value| match schema["$ref"].as_str() {
            Some(target) => document.pointer(target.trim_start_matches('#')).unwrap().clone(),
            None => schema.clone(),
        };
        let schema = target(&described["schema"]);
        let forms = schema["oneOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        for form in forms.iter().map(target) {
            assert_eq!(form["additionalProperties"], false, "{form}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_holds_as_many_requests_as_the_cap_in_force() {
    for cap in [20, 80] {
        let rig = Rig::by(&Rules { weekly_cap: cap, ..Rules::default() }).await;
        let document = description(&rig).await;
        let schema = &document["components"]["schemas"]["CadenceRequest"]["properties"];
        assert_eq!(schema["target_connection_requests"]["maximum"], cap);
        let key = rig.key(ALPHA, &["write"]).await;
        let plan = |requests: u32| {
            let body =
                json!({"user_id": "ann", "target_connection_requests": requests, "target_followups": 0});
            rig.post("/api/outreach/cadence/weekly", &key, &body).send()
        };
        assert_eq!(plan(cap).await.unwrap().status(), 200);
        let told = problem(plan(cap + 1).await.unwrap(), 422, "validation").await;
        assert_eq!(told["errors"][0]["message"], format!("must be at most {cap}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_viewer_comes_from_the_gateway_itself() {
    let rig = Rig::start(&[]).await;
    let page = rig.get("/docs/").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("swagger-ui-bundle.js"));
    assert!(!page.contains("https://") && !page.contains("http://"), "{page}");
    for file in ["swagger-ui-bundle.js", "swagger-ui.css", "swagger-initializer.js"] {
        assert_eq!(rig.get(&format!("/docs/{file}")).send().await.unwrap().status(), 200, "{file}");
    }
    let start = rig.get("/docs/swagger-initializer.js").send().await.unwrap().text().await.unwrap();
    assert!(start.contains("/openapi.json"), "{start}");
}
