//! What other choices would have brought, over HTTP: weighed where chance chose, refused where it did not.

use crate::rig::{Rig, problem};
use crate::server::{ALPHA, BETA};
use reqwest::StatusCode;
use serde_json::{Value, json};

const PATH: &str = "/api/patterns/whatif";

/// Ten times the eight choices of the reference, 40 days ago, among hot leads; each lead is in a later campaign as well.
async fn with_choices(rig: &Rig) {
    rig.test
        .sql(&format!(
            "INSERT INTO campaigns (client_id, id, icp, steps, created_at)
            SELECT '{ALPHA}', md5('c' || n)::uuid, '{{}}', 1, now() FROM generate_series(1, 2) AS n;
            WITH choices (choice, channels, first, booked) AS (VALUES
                (1, ARRAY['linkedin', 'email'], 0.5, true), (2, ARRAY['linkedin', 'email'], 0.5, false),
                (3, ARRAY['email', 'linkedin'], 0.5, true), (4, ARRAY['email', 'linkedin'], 0.5, true),
                (5, ARRAY['email', 'linkedin'], 0.25, false), (6, ARRAY['linkedin', 'email'], 0.75, false),
                (7, ARRAY['email', 'linkedin'], 0.25, true), (8, ARRAY['linkedin', 'email'], 0.75, true)),
            made AS (INSERT INTO leads (client_id, id, prospect_id, name, source, collected_at, status, converted_at)
                SELECT '{ALPHA}', md5(choice || '-' || n)::uuid, 'l_' || choice || '_' || n, 'Jane', 'test', now(),
                    CASE WHEN booked THEN 'converted' ELSE 'new' END,
                    -- Who booked after more than 28 days counts as one who did not.
                    CASE WHEN booked THEN now() - interval '20 days' WHEN choice = 5 THEN now() END
                FROM choices, generate_series(1, 10) AS n RETURNING id)
            INSERT INTO campaign_assignments (client_id, campaign_id, lead_id, week, tier, channels, propensities, reason,
                assigned_at)
            SELECT '{ALPHA}', md5('c' || campaign)::uuid, md5(choice || '-' || n)::uuid, '2025-01-06', 'hot',
                channels, ARRAY[first, 1], 'test', now() - interval '40 days' + (campaign - 1) * interval '1 day'
            FROM choices, generate_series(1, 10) AS n, generate_series(1, 2) AS campaign
            WHERE (SELECT count(*) FROM made) > 0"
        ))
        .await;
}

async fn asked(rig: &Rig, key: &str, body: Value) -> Value {
    let answer = rig.post(PATH, key, &body).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_channel_is_weighed_by_those_who_began_so_by_chance() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["read"]).await;
    with_choices(&rig).await;
    let told = asked(&rig, &key, json!({"first_channel": "email", "tier": "hot"})).await;
    assert_eq!((&told["n"], &told["assigned_so"], &told["booked_so"]), (&json!(80), &json!(40), &json!(30)));
    assert_eq!((&told["ips"], &told["snips"], &told["ess"]), (&json!(1.0), &json!(0.6667), &json!(36.0)));
    assert_eq!((&told["rate"], &told["refused"]), (&json!(0.75), &Value::Null));

    // A tenth of it, whose evidence is too little; and those of whom nothing was left to chance.
    rig.test.sql("UPDATE campaign_assignments SET tier = 'warm' WHERE lead_id IN (SELECT id FROM leads WHERE prospect_id LIKE '%_7')").await;
    let few = asked(&rig, &key, json!({"first_channel": "email", "tier": "warm"})).await;
    assert_eq!(
        (&few["refused"], &few["ips"]),
        (&json!("evidence of 3.6 people, 30 are needed"), &Value::Null)
    );
    rig.test.sql("UPDATE campaign_assignments SET propensities = '{1, 1}'").await;
    let settled = asked(&rig, &key, json!({"first_channel": "email"})).await;
    assert_eq!((&settled["n"], &settled["not_drawn"]), (&json!(0), &json!(80)));
    assert!(settled["refused"].as_str().unwrap().starts_with("nothing was left to chance"), "{settled}");

    // Nobody could begin with a call, what is younger than 28 days is not over, and another client has none of it.
    let nobody = asked(&rig, &key, json!({"first_channel": "voice"})).await;
    assert!(
        nobody["refused"].as_str().unwrap().starts_with("no lead that could begin with voice"),
        "{nobody}"
    );
    rig.test.sql("UPDATE campaign_assignments SET assigned_at = now() - interval '27 days'").await;
    assert_eq!(asked(&rig, &key, json!({"first_channel": "email"})).await["not_drawn"], 0);
    let other = rig.key(BETA, &["read"]).await;
    assert_eq!(asked(&rig, &other, json!({"first_channel": "email"})).await["n"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_thing_is_asked_and_it_can_be_weighed() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["read"]).await;
    let weights = json!({"data_quality": 0.2, "authority": 0.25, "company_fit": 0.25, "timing": 0.15});
    assert_eq!(asked(&rig, &key, json!({"weights": weights})).await["leads"], 0);
    let none = json!({"data_quality": 0, "authority": 0, "company_fit": 0, "timing": 0});
    for (wrong, field, message) in [
        (
            json!({"weights": weights, "first_channel": "email"}),
            "",
            "must have exactly one of weights, first_channel",
        ),
        (json!({"tier": "hot"}), "", "must have exactly one of weights, first_channel"),
        (json!({"weights": weights, "tier": "hot"}), "tier", "is unknown here"),
        (json!({"first_channel": "fax"}), "first_channel", "must be one of email, linkedin, sms, voice"),
        (json!({"weights": none}), "weights", "must be from 0 to 1, and not all of them 0"),
    ] {
        let told = problem(rig.post(PATH, &key, &wrong).send().await.unwrap(), 422, "validation").await;
        assert_eq!(told["errors"], json!([{"field": field, "message": message}]));
    }
}
