//! No tenant sees, changes or guesses what another has.

use crate::rows::{clinic, clinics, now, pain, person, run, store};
use crate::server::{ALPHA, BETA, TestDb};
use db::links::{Link, Verdict};
use db::{imports, links};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

/// A row in every table of outreach and access.
const OUTREACH: &str = "
INSERT INTO segment_membership_log (client_id, run_id, clinic_id, segment_name, kept_in, reason)
    VALUES ($client, 'r1', 1, 'b', 'a', 'r') ON CONFLICT DO NOTHING;
INSERT INTO client_users (client_id, user_id) VALUES ($client, 'ann');
INSERT INTO leads (client_id, id, prospect_id, name, source, collected_at)
    VALUES ($client, '00000000-0000-0000-0000-000000000000', 'p', 'Ann', 'test', now());
INSERT INTO research_notes (client_id, id, lead_id, note) VALUES ($client, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'n');
INSERT INTO suppressions (client_id, scope, key, reason, source) VALUES ($client, 'address', 'k', 'r', 'test');
INSERT INTO sequence_versions (client_id, segment, sequence_type, version, steps, digest, source)
    VALUES ($client, 'referral_network', '3-step', 1, '[]', 'd', 'templates');
INSERT INTO enrolments (client_id, id, lead_id, segment, sequence_type, version, messages)
    VALUES ($client, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'referral_network', '3-step', 1, '[]');
INSERT INTO enrolment_transitions (client_id, id, enrolment_id, from_state, to_state, cause, at)
    VALUES ($client, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'enrolled', 'requested', 'sent', now());
INSERT INTO touches (client_id, id, enrolment_id, lead_id, kind, step, variant, channel, segment, week, local_date,
    local_time, due_at)
    VALUES ($client, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'initial_dm', 1, 'v', 'linkedin', 'referral_network',
    '2026-10-19', '2026-10-19', '09:00', now());
INSERT INTO activities (client_id, id, lead_id, action, created_at, source, event_id)
    VALUES ($client, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'sent', now(), 'test', 'e');
INSERT INTO experiments (client_id, id, name, segment, sequence_type, step, arms, started_on)
    VALUES ($client, '00000000-0000-0000-0000-000000000000', 'x', 'referral_network', '3-step', 1, '[]', '2026-10-19');
INSERT INTO experiment_assignments (client_id, experiment_id, lead_id, variant, propensity)
    VALUES ($client, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', 'v', 0.5);
UPDATE leads SET converted_at = now() WHERE client_id = $client;
INSERT INTO api_keys (client_id, key_id, name, secret_hash, scopes) VALUES ($client, 'k', 'n', 'h', '{read}');
INSERT INTO idempotency_keys (client_id, key, request_hash) VALUES ($client, 'k', 'h');
INSERT INTO webhook_endpoints (client_id, endpoint_id, source, secrets) VALUES ($client, 'e', 'sendgrid', '{s}');
INSERT INTO people (client_id, id, email, name, role, password_hash)
    VALUES ($client, '00000000-0000-0000-0000-000000000000', 'ann@' || $client, 'Ann', 'viewer', 'h');
INSERT INTO sessions (client_id, session_id, person_id, secret_hash, expires_at)
    VALUES ($client, 's', '00000000-0000-0000-0000-000000000000', 'h', now())";

/// A row in every table of what conversions teach.
const LEARNED: &str = "
INSERT INTO memberships (client_id, user_id) VALUES ($client, gen_random_uuid());
INSERT INTO conversion_patterns (client_id, pattern_type, patterns, sample_size, confidence, valid_until)
    VALUES ($client, 'who', '{}', 30, 0.1, now());
INSERT INTO conversion_pattern_history (client_id, pattern_type, patterns, sample_size)
    VALUES ($client, 'who', '{}', 30);
INSERT INTO campaigns (client_id, id, steps) VALUES ($client, '00000000-0000-0000-0000-000000000000', 3);
INSERT INTO campaign_assignments (client_id, campaign_id, lead_id, week, channels, propensities, reason)
    VALUES ($client, '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000', '2026-10-19',
    '{email}', '{1}', 'r')";

/// A row in every table of growth.
const GROWN: &str = "
INSERT INTO contractors (client_id, id) VALUES ($client, 56);
INSERT INTO contractor_revenue_history (client_id, contractor_id, tier, valid_from)
    VALUES ($client, 56, '0_5_million', '2024-01-01');
INSERT INTO partners (client_id, id, name) VALUES ($client, 5, 'BuildPro');
INSERT INTO contractor_partner_usage (client_id, contractor_id, partner_id) VALUES ($client, 56, 5);
INSERT INTO contractor_milestones (client_id, contractor_id, milestone) VALUES ($client, 56, 'hired_ops_manager');
INSERT INTO contractor_content (client_id, contractor_id, kind, title) VALUES ($client, 56, 'book', 'Traction');
INSERT INTO business_growth_patterns (client_id, id, from_revenue_tier, to_revenue_tier, pattern_name, pattern_type,
    sample_size, confidence_score, last_recalculated_at, status, confidence_low, confidence_high, document, released_at)
    VALUES ($client, 1, '0_5_million', '5_10_million', 'n', 'lead_improvement', 47, 0.89, now(), 'served', 0.77, 0.95,
    '{}', now());
INSERT INTO growth_runs (client_id, computed_at, document) VALUES ($client, now(), '{}');
INSERT INTO contractor_pattern_matches (client_id, contractor_id, pattern_id, match_score, match_reason)
    VALUES ($client, 56, 1, 0.76, 'r');
INSERT INTO ai_concierge_goals (client_id, id, contractor_id, pattern_id, goal_type, goal_description, target_milestone,
    priority_score) VALUES ($client, 1, 56, 1, 'lead_improvement', 'd', 'm', 9);
INSERT INTO ai_concierge_checklist_items (client_id, goal_id, position, item) VALUES ($client, 1, 1, 'i');
INSERT INTO pattern_success_tracking (client_id, pattern_id, contractor_id, goal_id, event_id)
    VALUES ($client, 1, 56, 1, 'e')";

/// Both tenants with a row in every table.
async fn full() -> TestDb {
    let test = TestDb::new().await;
    for client in [ALPHA, BETA] {
        let ids = clinics(&test, client, 2).await;
        let mut tx = test.db.begin(client).await.unwrap();
        imports::pain_points(&mut tx, &[pain("EMR")], now()).await.unwrap();
        imports::decision_makers(&mut tx, &[person("John Smith")], now()).await.unwrap();
        let pattern = imports::ClinicPattern {
            clinic_id: ids[0],
            pattern_type: "scheduling_chaos".into(),
            confidence: "high".into(),
            evidence: serde_json::json!({}),
            detected_at: None,
        };
        imports::clinic_patterns(&mut tx, &[pattern], now()).await.unwrap();
        let person: i32 = if client == ALPHA { 1 } else { 2 };
        let link = Link {
            decision_maker_id: person,
            clinic_id: ids[0],
            probability: 0.8,
            contributions: "{}".to_owned(),
            verdict: Verdict::Ambiguous,
        };
        links::replace(&mut tx, "r1", [link].into_iter()).await.unwrap();
        tx.commit().await.unwrap();
        for (run_id, date) in [("r1", "2025-11-10"), ("r2", "2025-11-11")] {
            store(&test, client, &run(run_id, date, &["a"]), &ids).await.unwrap();
        }
        for rows in [OUTREACH, LEARNED, GROWN] {
            test.sql(&rows.replace("$client", &format!("'{client}'"))).await;
        }
    }
    test
}

/// A connection as workers have it, outside of any tenant.
async fn worker(test: &TestDb) -> PgConnection {
    let mut connection = PgConnection::connect(&test.owner_url).await.unwrap();
    sqlx::raw_sql("SET ROLE leadfleet_app").execute(&mut connection).await.unwrap();
    connection
}

async fn tables(test: &TestDb) -> Vec<String> {
    let mut connection = PgConnection::connect(&test.superuser_url).await.unwrap();
    let rows = sqlx::query(
        "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE a.attname = 'client_id' AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    rows.iter().map(|row| row.get("name")).collect()
}

async fn count(connection: &mut PgConnection, table: &str, client: &str) -> Result<(i64, i64), sqlx::Error> {
    let mut tx = connection.begin().await?;
    sqlx::query("SELECT set_config('app.client_id', $1, true)").bind(client).execute(&mut *tx).await?;
    let counts =
        format!("SELECT count(*), count(*) FILTER (WHERE client_id::text <> '{client}') FROM {table}");
    let row = sqlx::query(AssertSqlSafe(counts)).fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    Ok((row.get(0), row.get(1)))
}

#[tokio::test]
async fn every_table_shows_a_tenant_its_own_rows_only_and_nobody_none() {
    let test = full().await;
    let mut worker = worker(&test).await;
    let mut seen = 0;
    for table in tables(&test).await {
        if table.starts_with("matched_segments_p") || table.starts_with("matched_segments_archive_") {
            let error = count(&mut worker, &table, &ALPHA.to_string()).await.unwrap_err();
            assert!(error.to_string().contains("permission denied"), "{table}: {error}");
            continue;
        }
        for client in [ALPHA, BETA] {
            let (own, others) = count(&mut worker, &table, &client.to_string()).await.unwrap();
            assert!(own > 0 && others == 0, "{table}: {own} own rows, {others} of others");
        }
        assert_eq!(count(&mut worker, &table, "").await.unwrap().0, 0, "{table} without a tenant");
        seen += 1;
    }
    assert_eq!(seen, 45);
}

#[tokio::test]
async fn every_table_with_a_tenant_forces_row_level_security_partitions_too() {
    let test = full().await;
    let open = test
        .number(
            "SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'client_id'
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
                AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                    AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*'
                        AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL) = 1)",
        )
        .await;
    assert_eq!(open, 0);
    let views =
        "SELECT count(*) FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace";
    assert_eq!(test.number(views).await, 1, "a view needs security_invoker and rows in this test");
    let invoked = format!("{views} AND reloptions @> ARRAY['security_invoker=true']");
    assert_eq!(test.number(&invoked).await, 1);
}

#[tokio::test]
async fn every_key_begins_with_the_tenant() {
    let test = full().await;
    // A person signs in without naming a client: an address must be one's among all.
    let oracles = test
        .number(
            "SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'client_id'
            WHERE i.indisunique AND i.indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
                AND i.indkey[0] <> a.attnum AND i.indexrelid <> 'people_email_once'::regclass",
        )
        .await;
    assert_eq!(oracles, 0);
    let references = test
        .number(
            "SELECT count(*) FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attname = 'client_id'
            WHERE k.contype = 'f' AND k.conkey[1] <> a.attnum",
        )
        .await;
    assert_eq!(references, 0);
}

#[track_caller]
fn refused(result: Result<sqlx::postgres::PgQueryResult, sqlx::Error>, because: &str) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains(because), "{error}");
}

#[tokio::test]
async fn workers_cannot_write_for_others_truncate_or_reach_the_makings() {
    let test = full().await;
    let mut worker = worker(&test).await;
    let alpha = format!("SELECT set_config('app.client_id', '{ALPHA}', false)");
    sqlx::raw_sql(AssertSqlSafe(alpha)).execute(&mut worker).await.unwrap();
    for (sql, because) in [
        (
            format!("INSERT INTO clinics_contact_info (client_id, clinic_name) VALUES ('{BETA}', 'x')"),
            "row-level security",
        ),
        (format!("UPDATE pain_points SET client_id = '{BETA}'"), "row-level security"),
        ("TRUNCATE pain_points".into(), "permission denied"),
        ("DELETE FROM matched_segments".into(), "permission denied"),
        ("SELECT leadfleet_protect('runs')".into(), "permission denied"),
        ("SELECT * FROM _sqlx_migrations".into(), "permission denied"),
        (format!("SELECT leadfleet_archive_of('{BETA}')"), "permission denied"),
        (
            "SELECT * FROM matched_segments_publish('runs', 'r', NULL, true, '1s')".into(),
            "not a staged run of this tenant",
        ),
    ] {
        refused(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut worker).await, because);
    }
    let deleted = sqlx::raw_sql("DELETE FROM runs WHERE run_id = 'r1'").execute(&mut worker).await.unwrap();
    assert_eq!(deleted.rows_affected(), 1);
    assert_eq!(test.number("SELECT count(*) FROM runs").await, 3);
}

#[tokio::test]
async fn the_functions_need_a_tenant_and_take_no_table_of_another() {
    let test = full().await;
    let mut worker = worker(&test).await;
    refused(
        sqlx::raw_sql("SELECT matched_segments_stage('r9', now())").execute(&mut worker).await,
        "app.client_id is not set",
    );
    refused(
        sqlx::raw_sql("SELECT matched_segments_expire('2030-01-01')").execute(&mut worker).await,
        "app.client_id is not set",
    );
    let mut tx = worker.begin().await.unwrap();
    let become_one =
        |client: db::Uuid| AssertSqlSafe(format!("SELECT set_config('app.client_id', '{client}', true)"));
    sqlx::raw_sql(become_one(ALPHA)).execute(&mut *tx).await.unwrap();
    let stage: String =
        sqlx::query_scalar("SELECT matched_segments_stage('r9', now())").fetch_one(&mut *tx).await.unwrap();
    sqlx::raw_sql(become_one(BETA)).execute(&mut *tx).await.unwrap();
    let publish = format!("SELECT * FROM matched_segments_publish('{stage}', 'r9', NULL, true, '1s')");
    refused(sqlx::raw_sql(AssertSqlSafe(publish)).execute(&mut *tx).await, "not a staged run of this tenant");
}

#[tokio::test]
async fn a_tenant_that_does_not_exist_can_write_nothing() {
    let test = TestDb::new().await;
    let mut tx = test.db.begin(db::Uuid::from_u128(0xdead)).await.unwrap();
    let error = imports::clinics(&mut tx, &[clinic("x")], now()).await.unwrap_err();
    assert_eq!(error.code().as_deref(), Some("23503"));
}

#[tokio::test]
async fn which_clients_have_something_to_do_is_told_and_nothing_else_of_them() {
    let test = full().await;
    let (begin, end) = (chrono::DateTime::UNIX_EPOCH, now() + chrono::TimeDelta::days(10_000));
    assert_eq!(db::touches::clients_due(&test.db, end).await.unwrap(), [BETA, ALPHA]);
    assert!(db::touches::clients_due(&test.db, begin).await.unwrap().is_empty());
    let enrolling = db::enrolments::clients_enrolling(&test.db, begin).await.unwrap();
    assert_eq!(enrolling, [BETA, ALPHA]);
    assert_eq!(db::conversion::clients(&test.db).await.unwrap(), [BETA, ALPHA]);
    assert_eq!(db::growth::clients(&test.db).await.unwrap(), [BETA, ALPHA]);
    let of = async |address: String| db::people::client_of(&test.db, &address).await.unwrap();
    assert_eq!(of(format!("ann@{ALPHA}")).await, Some(ALPHA));
    assert_eq!(of("nobody@alpha".to_owned()).await, None);
    // What opens the tables to these functions opens them to no worker, nor does it stay open.
    let mut worker = worker(&test).await;
    sqlx::raw_sql("SELECT set_config('app.every_client', 'on', false)").execute(&mut worker).await.unwrap();
    for table in ["touches", "enrolments", "leads", "people"] {
        assert_eq!(count(&mut worker, table, "").await.unwrap().0, 0, "{table}");
    }
    let mut owner = PgConnection::connect(&test.owner_url).await.unwrap();
    sqlx::raw_sql("SELECT leadfleet_clients_due(now())").execute(&mut owner).await.unwrap();
    assert_eq!(count(&mut owner, "touches", "").await.unwrap().0, 0);
}
