//! A short schedule of faults, as a part of all tests.

/// Draws each kind of fault several times.
const SEED: u64 = 1;
const FAULTS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_faults_lose_nothing_and_double_nothing() {
    let report = faults::run(SEED, FAULTS, 1).await.unwrap();
    assert!(report.done() >= FAULTS && report.is_clean(), "{report}");
}
