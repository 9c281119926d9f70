//! The words of leads: written along with them, whoever writes, and looked up by what they begin with.

use crate::server::{ALPHA, BETA, TestDb};
use db::scores::{self, Listing, Order};

/// Leads whose words are not those that they should have.
const WRONG: &str =
    "SELECT count(*) FROM leads AS l WHERE tsvector_to_array(leadfleet_words(name, company, title))
    IS DISTINCT FROM (SELECT coalesce(array_agg(word ORDER BY word), '{}') FROM lead_words AS w
        WHERE w.client_id = l.client_id AND w.lead_id = l.id)";

async fn with_leads(count: u32) -> TestDb {
    let test = TestDb::new().await;
    test.sql(&format!(
        "INSERT INTO leads (client_id, id, prospect_id, name, company, title, source, collected_at)
        SELECT client, gen_random_uuid(), 'p' || n, 'Ann N' || n, 'Smith & Smithson', 'Owner', 'test', now()
        FROM unnest('{{{ALPHA}, {BETA}}}'::uuid[]) AS client, generate_series(1, {count}) AS n"
    ))
    .await;
    test
}

async fn found(test: &TestDb, words: &str) -> Vec<String> {
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let listing = Listing {
        tier: None,
        status: None,
        words: Some(words),
        order: Order::FromA,
        behind: None,
        limit: 100,
    };
    let leads = scores::list(&mut tx, &listing).await.unwrap();
    leads.into_iter().map(|lead| lead.prospect_id).collect()
}

#[tokio::test]
async fn words_are_those_of_the_leads_whatever_happens_to_them() {
    let test = with_leads(3).await;
    for change in [
        "UPDATE leads SET name = 'Berta', title = '' WHERE prospect_id = 'p1'",
        "UPDATE leads SET status = 'bounced'",
        "INSERT INTO leads (client_id, id, prospect_id, name, source, collected_at)
            SELECT client_id, id, prospect_id, 'Someone else', 'test', now() FROM leads
            ON CONFLICT (client_id, id) DO UPDATE SET name = excluded.name || leads.name WHERE leads.prospect_id = 'p2'",
        "DELETE FROM leads WHERE prospect_id = 'p3'",
    ] {
        test.sql(change).await;
        assert_eq!(test.number(WRONG).await, 0, "{change}");
    }
    assert!(test.number("SELECT count(*) FROM lead_words").await > 0);
    test.sql("TRUNCATE leads CASCADE").await;
    assert_eq!(test.number("SELECT count(*) FROM lead_words").await, 0);
}

#[tokio::test]
async fn every_word_must_be_there_and_may_be_cut_short() {
    let test = with_leads(3).await;
    for (words, expected) in [
        ("n2", &["p2"][..]),
        ("SMITHS own N3", &["p3"]),
        ("smi", &["p1", "p2", "p3"]),
        ("mith", &[]),
        ("n2 n3", &[]),
        ("n2 nobody", &[]),
        ("&", &[]),
        ("'n2", &["p2"]),
        (r"n2 \", &["p2"]),
    ] {
        assert_eq!(found(&test, words).await, expected, "{words}");
    }
}

#[tokio::test]
async fn leads_of_words_that_many_have_are_found_too() {
    let test = with_leads(20_001).await;
    let first: Vec<String> = found(&test, "ann").await.into_iter().take(2).collect();
    assert_eq!(first, ["p1", "p10"]);
    assert_eq!(found(&test, "ann own n20001").await, ["p20001"]);
    assert_eq!(found(&test, "ann nobody").await, [""; 0]);
}
