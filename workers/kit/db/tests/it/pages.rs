//! The segments of a stored run, and the clinics of one, page by page.

use crate::rows::{clinics, run, segment, store};
use crate::server::{ALPHA, BETA, TestDb};
use db::Tx;
use db::segments::{self, Segment, Sort, Wanted};

/// Three segments that differ in everything that a page can be asked for.
fn segments() -> Vec<Segment> {
    let emr = Segment { clinics: 2, mean_confidence: 8.0, ..segment("emr-arizona") };
    let billing = Segment {
        pain_category: "billing".into(),
        match_strategy: "pain_pattern".into(),
        clinics: 9,
        mean_confidence: 7.0,
        outreach_template: None,
        ..segment("billing-ohio")
    };
    let both = Segment {
        categories: vec!["billing".into(), "emr".into()],
        match_strategy: "geographic".into(),
        clinics: 5,
        mean_confidence: 9.0,
        ..segment("multi-arizona")
    };
    vec![emr, billing, both]
}

async fn stored(test: &TestDb) -> Tx {
    let ids = clinics(test, ALPHA, 5).await;
    let run = db::segments::StoredRun { segments: segments(), ..run("r1", "2025-11-10", &[]) };
    store(test, ALPHA, &run, &ids).await.unwrap();
    test.db.begin(ALPHA).await.unwrap()
}

/// The names on a page, and how many there are on all.
async fn page(tx: &mut Tx, wanted: Wanted) -> (i64, Vec<String>) {
    let page = segments::page(tx, "r1", &wanted).await.unwrap();
    (page.total, page.segments.into_iter().map(|segment| segment.segment_name).collect())
}

fn all() -> Wanted {
    Wanted { limit: 10, ..Wanted::default() }
}

#[tokio::test]
async fn segments_come_in_the_order_that_was_asked_for() {
    let test = TestDb::new().await;
    let mut tx = stored(&test).await;
    for (sort, expected) in [
        (Sort::Priority, ["emr-arizona", "billing-ohio", "multi-arizona"]),
        (Sort::Clinics, ["billing-ohio", "multi-arizona", "emr-arizona"]),
        (Sort::Confidence, ["multi-arizona", "emr-arizona", "billing-ohio"]),
        (Sort::Name, ["billing-ohio", "emr-arizona", "multi-arizona"]),
    ] {
        assert_eq!(page(&mut tx, Wanted { sort, ..all() }).await.1, expected, "{sort:?}");
        let mut turned = page(&mut tx, Wanted { sort, turned: true, ..all() }).await.1;
        turned.reverse();
        assert_eq!(turned, expected, "{sort:?}");
        for (offset, name) in (0..).zip(expected) {
            let one = page(&mut tx, Wanted { sort, limit: 1, offset, ..all() }).await;
            assert_eq!(one, (3, vec![name.to_owned()]), "{sort:?}");
        }
    }
}

#[tokio::test]
async fn a_filter_keeps_what_fits() {
    let test = TestDb::new().await;
    let mut tx = stored(&test).await;
    let some = |text: &str| Some(text.to_owned());
    for (wanted, expected) in [
        (Wanted { text: some("ARIZONA"), ..all() }, &["emr-arizona", "multi-arizona"][..]),
        (Wanted { text: some("%"), ..all() }, &[]),
        (Wanted { strategy: some("geographic"), ..all() }, &["emr-arizona", "multi-arizona"]),
        (Wanted { strategy: some("business_type"), ..all() }, &["emr-arizona"]),
        (Wanted { category: some("billing"), ..all() }, &["billing-ohio", "multi-arizona"]),
        (Wanted { category: some("billing"), text: some("ohio"), ..all() }, &["billing-ohio"]),
    ] {
        let found = page(&mut tx, wanted.clone()).await;
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(found, (expected.len() as i64, expected), "{wanted:?}");
    }
    let choices = segments::choices(&mut tx, "r1").await.unwrap();
    assert_eq!(choices.categories, ["billing", "emr"]);
    assert_eq!(choices.strategies, ["business_type", "geographic", "pain_pattern"]);
    let (position, segment) = segments::get(&mut tx, "r1", "billing-ohio").await.unwrap().unwrap();
    assert_eq!((position, &segment), (1, &segments()[1]));
    assert_eq!(segments::get(&mut tx, "r1", "billing").await.unwrap(), None);
}

#[tokio::test]
async fn the_clinics_of_a_segment_come_once_each() {
    let test = TestDb::new().await;
    let mut tx = stored(&test).await;
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let members = segments::members(&mut tx, "r1", "emr-arizona", after, 2).await.unwrap();
        let Some(last) = members.last() else { break };
        assert!(members.len() <= 2 && last.clinic_id > after);
        assert_eq!((last.points.geographic, last.points.email, last.hot_lead), (5.0, 0.0, true));
        after = last.clinic_id;
        seen.extend(members.into_iter().map(|member| member.clinic_name));
    }
    assert_eq!(seen, ["Clinic 0", "Clinic 1", "Clinic 2", "Clinic 3", "Clinic 4"]);
}

#[tokio::test]
async fn nobody_pages_through_the_segments_of_another() {
    let test = TestDb::new().await;
    drop(stored(&test).await);
    let mut tx = test.db.begin(BETA).await.unwrap();
    assert_eq!(page(&mut tx, all()).await, (0, Vec::new()));
    assert_eq!(segments::members(&mut tx, "r1", "emr-arizona", 0, 9).await.unwrap(), []);
    assert_eq!(segments::choices(&mut tx, "r1").await.unwrap(), segments::Choices::default());
}

#[tokio::test]
async fn a_stored_run_has_one_index_for_the_clinics_of_a_segment() {
    let test = TestDb::new().await;
    drop(stored(&test).await);
    let indexes = "SELECT count(*) FROM pg_index JOIN pg_inherits ON inhrelid = indrelid
        WHERE inhparent = 'matched_segments'::regclass AND pg_get_indexdef(indexrelid) LIKE '%(segment_name%'";
    assert_eq!(test.number(indexes).await, 1);
    assert_eq!(
        test.number(&format!("{indexes} AND pg_get_indexdef(indexrelid) LIKE '%(segment_name, clinic_id)'"))
            .await,
        1
    );
}
