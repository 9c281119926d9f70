//! Every operation that the API describes, asked by one client about another's things: it finds nothing.

use crate::rig::Rig;
use crate::server::{ALPHA, BETA};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Map, Value, json};

/// In every text about the client's prospect, and in nobody else's.
const MARK: &str = "zebra";
/// Names a figure of the client's patterns.
const EVIDENCE: &str = "a1b2c3d4e5f60718";

/// A client's things, by the names that requests have for them.
type Things = Map<String, Value>;

/// A request as the description of the API says it.
#[derive(Debug)]
struct Asked {
    method: Method,
    template: String,
    path: String,
    body: Option<Value>,
    /// Whether it names one of the client's things.
    names: bool,
    /// Whether a key opens it; else it proves itself in another way.
    by_key: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_shows_or_changes_what_is_another_clients() {
    let rig = Rig::start(&[]).await;
    let (alpha, beta) = (rig.key(ALPHA, &["admin"]).await, rig.key(BETA, &["admin"]).await);
    let things = things(&rig, &alpha).await;
    let document: Value = rig.get("/openapi.json").send().await.unwrap().json().await.unwrap();
    let mut asked = requests(&document, &things);
    assert!(asked.len() >= 46, "{}", asked.len());

    let before = kept(&rig, &alpha).await;
    for asked in &asked {
        let answer = asked.on(&rig).bearer_auth(&beta).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        let said = format!("{} {}: {status} {text}", asked.method, asked.template);
        // A refusal repeats what was asked for, and says nothing else.
        assert!(!text.to_lowercase().contains(MARK), "{said}");
        match status.as_u16() {
            401 => assert!(!asked.by_key, "{said}"),
            404 => {}
            // Nothing of its own is there to work on.
            409 => assert!(!asked.names, "{said}"),
            _ => assert!(status.is_success() && !asked.names && asked.by_key, "{said}"),
        }
    }
    assert_eq!(kept(&rig, &alpha).await, before);

    // The same requests find something when the client itself asks; those that take away come last.
    asked.sort_by_key(|asked| (asked.method == Method::DELETE, asked.template.clone()));
    for asked in asked.iter().filter(|asked| asked.by_key) {
        let answer = asked.on(&rig).bearer_auth(&alpha).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        let hint = "the description needs an example that works";
        assert!(status.is_success(), "{} {}: {status} {text}: {hint}", asked.method, asked.template);
    }
}

/// A prospect with all that there can be of one, and what it is called.
async fn things(rig: &Rig, key: &str) -> Things {
    let post = async |path: &str, body: Value| -> Value {
        let answer = rig.post(path, key, &body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    };
    let person = json!({"prospect_id": "p_stripes", "name": "Zebra Roe", "title": "Founder of Zebra",
        "company": "Zebra Clinic", "state": "AZ", "email": "roe@zebra.example",
        "linkedin_url": "https://linkedin.example/in/zebra", "about": "zebra"});
    post("/api/prospects/discover", json!({"user_id": "ann", "prospects": [person]})).await;
    let note =
        json!({"user_id": "ann", "prospect_id": "p_stripes", "note": "has a zebra", "source": "zebra"});
    post("/api/research/notes", note).await;
    post("/api/outreach/sequence/generate", json!({"user_id": "ann", "prospect_id": "p_stripes"})).await;
    // The one of the example, which the other client tries to take back.
    let suppression = json!({"scope": "address", "value": "jane@clinic.example", "reason": "zebra"});
    post("/api/outreach/suppressions", suppression).await;
    let icp = json!({"pains": ["stripes of a zebra"], "offer": "zebra"});
    let campaign = post("/api/campaigns", json!({"user_id": "ann", "icp": icp})).await;
    let week = json!({"user_id": "ann", "target_connection_requests": 50, "target_followups": 0});
    let week = post("/api/outreach/cadence/weekly", week).await;
    let touches = week["touches"].as_array().unwrap();
    let touch = touches.iter().find(|touch| touch["prospect_id"] == "p_stripes").unwrap();
    // The week may have begun after now: what is due is so at any hour of a test.
    rig.test
        .sql(&format!(
            "UPDATE touches SET state = 'due', due_at = now() - interval '1 hour', local_date = current_date,
                local_time = '10:00' WHERE client_id = '{ALPHA}';
            INSERT INTO runs (client_id, run_id, run_date, generation, current, summary, stored_at, ready_at)
            VALUES ('{ALPHA}', 'zebra-run', current_date, 0, true, '{{}}', now(), now())"
        ))
        .await;
    let card = json!({"title": "Founder of Zebra", "evidence": {"id": EVIDENCE, "run_id": "learn-1",
        "query": "who.title=Founder of Zebra", "lead_ids_hash": "0"}});
    rig.test
        .sql(&format!(
            "INSERT INTO conversion_patterns (client_id, pattern_type, patterns, sample_size, confidence, valid_until)
            VALUES ('{ALPHA}', 'who', '{}', 200, 0.97, now() + interval '14 days')",
            json!({"type": "who", "title_rankings": [card]})
        ))
        .await;
    let growth = grown(rig, key).await;
    let endpoint = gateway::endpoint_id(ALPHA, *b"stripe");
    let mut tx = rig.test.db.begin(ALPHA).await.unwrap();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    db::webhook_endpoints::create(&mut tx, &endpoint, "standard", secret, crate::rig::now()).await.unwrap();
    tx.commit().await.unwrap();
    let things = json!({"user_id": "ann", "prospect_id": "p_stripes", "prospect_ids": ["p_stripes"],
        "touch_id": touch["touch_id"], "endpoint_id": endpoint, "evidence_id": EVIDENCE, "pattern_type": "who",
        "campaign_id": campaign["campaign_id"]});
    let mut things = things.as_object().unwrap().clone();
    things.extend(growth);
    things
}

/// Contractors of whom something was learned, and one of them with a goal.
async fn grown(rig: &Rig, key: &str) -> Things {
    let now = crate::rig::now();
    rig.test
        .sql(&format!(
            "INSERT INTO contractors (client_id, id, first_name, company_name, revenue_tier, focus_areas)
            SELECT '{ALPHA}', n, 'Zebra', 'Zebra Roofs ' || n,
                CASE WHEN n = 56 THEN '0_5_million' ELSE '5_10_million' END, '{{lead_systems}}'
            FROM generate_series(41, 56) AS n;
            INSERT INTO contractor_revenue_history (client_id, contractor_id, tier, valid_from, revenue, focus_areas)
            SELECT '{ALPHA}', n, '0_5_million', CASE WHEN n = 56 THEN current_date - 9 ELSE current_date - 700 - n END,
                3e6, '{{lead_systems}}'
            FROM generate_series(41, 56) AS n;
            INSERT INTO contractor_revenue_history (client_id, contractor_id, tier, valid_from, revenue, focus_areas)
            SELECT '{ALPHA}', n, '5_10_million', current_date - 400 + n, 6e6, '{{lead_systems}}'
            FROM generate_series(41, 55) AS n;
            INSERT INTO partners (client_id, id, name) VALUES ('{ALPHA}', 1, 'Zebra Builders');
            INSERT INTO contractor_partner_usage (client_id, contractor_id, partner_id)
            SELECT '{ALPHA}', n, 1 FROM generate_series(41, 55) AS n"
        ))
        .await;
    let contractors = crate::rig::contractors(rig.test.db.clone());
    contractors.learn(ALPHA, now, || {}).await.unwrap();
    // Somebody has looked already, so that the gateway remembers whose patterns are whose.
    let path = "/api/growth/contractors/56/goals";
    let goals: Value = rig.post(path, key, &json!({})).send().await.unwrap().json().await.unwrap();
    let goal = &goals["goals"][0];
    assert!(goal["pattern_source"].is_string(), "{goals}");
    let goals = contractors.goals(ALPHA, 56).await.unwrap();
    let item = goals.iter().find_map(|goal| goal.checklist.first()).unwrap().id;
    let things = json!({"contractor_id": 56, "pattern_id": goal["pattern_id"], "goal_id": goal["id"],
        "item_id": item});
    things.as_object().unwrap().clone()
}

/// What the client has, as it sees it itself.
async fn kept(rig: &Rig, key: &str) -> Vec<String> {
    let mut kept = Vec::new();
    for path in [
        "/api/prospects/p_stripes/export",
        "/api/outreach/sequence/p_stripes?user_id=ann",
        "/api/outreach/due",
        "/api/outreach/suppressions",
        "/api/outreach/metrics?user_id=ann",
        "/api/patterns/who",
        "/api/campaigns",
        "/api/growth/contractors/56/goals",
        "/api/growth/contractors/56/patterns",
        "/api/growth/contractors/56/partners",
    ] {
        let answer = rig.get(path).bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        kept.push(answer.text().await.unwrap());
    }
    assert!(kept[0].contains("Zebra Roe") && kept[2].contains("p_stripes"), "{kept:?}");
    kept
}

/// A request for each operation, about the client's things.
fn requests(document: &Value, things: &Things) -> Vec<Asked> {
    let mut requests = Vec::new();
    for (template, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            requests.push(request(document, template, method, operation, things));
        }
    }
    requests
}

fn request(document: &Value, template: &str, method: Method, operation: &Value, things: &Things) -> Asked {
    let whose = format!("{method} {template}");
    let (mut path, mut query, mut names) = (template.to_owned(), Vec::new(), false);
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        let thing = things.get(name).map(|thing| thing.as_str().map_or(thing.to_string(), str::to_owned));
        match parameter["in"].as_str().unwrap() {
            "path" => {
                let thing = thing.unwrap_or_else(|| panic!("{whose}: which {name} does a client have?"));
                path = path.replace(&format!("{{{name}}}"), &thing);
                names = true;
            }
            "query" if parameter["required"] == true => {
                let value = thing.map_or_else(|| example(document, parameter, &whose), |thing| thing.into());
                query.push(format!("{name}={}", value.as_str().map_or(value.to_string(), str::to_owned)));
            }
            _ => {}
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let mut body = schema.is_object().then(|| example(document, schema, &whose));
    if let Some(body) = &mut body {
        names |= claim(body, things);
    }
    Asked {
        method,
        template: template.to_owned(),
        path,
        body,
        names,
        by_key: operation["security"].is_array(),
    }
}

/// A value as the schema describes it; of the properties of objects those that must be, and those that name things.
fn example(document: &Value, schema: &Value, whose: &str) -> Value {
    if let Some(target) = schema["$ref"].as_str() {
        return example(document, document.pointer(target.trim_start_matches('#')).unwrap(), whose);
    }
    if schema["schema"].is_object() && schema["example"].is_null() {
        return example(document, &schema["schema"], whose);
    }
    let given = [&schema["example"], &schema["examples"][0], &schema["default"], &schema["enum"][0]];
    if let Some(given) = given.into_iter().find(|given| !given.is_null()) {
        return given.clone();
    }
    if let Some(forms) = schema["oneOf"].as_array() {
        let form = forms.iter().find(|form| form["type"] != "null").unwrap();
        return example(document, form, whose);
    }
    let kind = schema["type"].as_array().map_or(&schema["type"], |kinds| &kinds[0]);
    match kind.as_str() {
        Some("object") => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let mut fields = Map::new();
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                if name == "prospect_ids" {
                    fields.insert(name.clone(), json!([]));
                } else if name == "user_id" || name == "prospect_id" {
                    fields.insert(name.clone(), json!(""));
                } else if required.iter().any(|one| one == name) {
                    fields.insert(name.clone(), example(document, property, &format!("{whose}: {name}")));
                }
            }
            fields.into()
        }
        Some("array") => json!([example(document, &schema["items"], whose)]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(false),
        _ => panic!("{whose} lacks an example in the description of the API"),
    }
}

/// Makes a value be about the client's things; whether it names one, other than the user who asks.
fn claim(value: &mut Value, things: &Things) -> bool {
    match value {
        Value::Object(fields) => {
            let mut names = false;
            for (name, field) in fields {
                match things.get(name) {
                    Some(thing) => {
                        *field = thing.clone();
                        names |= name != "user_id";
                    }
                    None => names |= claim(field, things),
                }
            }
            names
        }
        Value::Array(items) => {
            let mut names = false;
            for item in items {
                names |= claim(item, things);
            }
            names
        }
        _ => false,
    }
}

impl Asked {
    fn on(&self, rig: &Rig) -> RequestBuilder {
        let request = rig.request(self.method.clone(), &self.path);
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}
