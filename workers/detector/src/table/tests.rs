//! What is learned from tables of which it is known what is in them.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::columns::Builder;
use super::leaks::Certainty;
use super::report::Report;
use super::*;

/// Rows made one by one of a seed.
fn table(
    names: &[&str],
    rows: usize,
    seed: u64,
    mut row: impl FnMut(usize, &mut ChaCha8Rng) -> Vec<String>,
) -> Table {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut builder = Builder::new(names.iter().map(|name| (*name).to_owned()));
    for place in 0..rows {
        let cells = row(place, &mut random);
        builder.push(cells.iter().map(String::as_str));
    }
    builder.finish()
}

fn asked(outcome: &str) -> Request {
    Request { outcome: outcome.to_owned(), least_trials: 100, ..Request::default() }
}

fn verdict(report: &Report, value: &str) -> Verdict {
    let card = report.cards.iter().find(|card| card.value == value);
    card.unwrap_or_else(|| panic!("no card of {value}: {:?}", report.cards)).said.verdict()
}

const TITLES: [&str; 4] = ["CEO", "Owner", "Manager", "Director"];
const SOURCES: [&str; 3] = ["web", "phone", "referral"];

/// People of whom the title and the number of visits tell something, the source and the size nothing; how long the call
/// was tells most, and who booked has a date for it.
fn leads(seed: u64) -> Table {
    let names = ["id", "title", "source", "visits", "size", "call_seconds", "booked_for", "booked"];
    table(&names, 1_200, seed, |row, random| {
        let title = random.random_range(0..4);
        let (visits, size) = (random.random_range(0..12), random.random_range(1..500));
        let chance = [0.45, 0.25, 0.15, 0.1][title] + 0.03 * f64::from(visits);
        let booked = random.random_bool(chance.min(0.9));
        let seconds = random.random_range(10..300) + if booked { 150 } else { 0 };
        vec![
            format!("{:06}", 100_000 + row),
            TITLES[title].to_owned(),
            SOURCES[random.random_range(0..3)].to_owned(),
            visits.to_string(),
            size.to_string(),
            seconds.to_string(),
            if booked { "May" } else { "" }.to_owned(),
            if booked { "yes" } else { "no" }.to_owned(),
        ]
    })
}

#[test]
fn what_was_put_in_is_found_and_what_came_after_is_not_believed() {
    let report = learn(&leads(1), &asked("booked")).unwrap();
    assert_eq!(verdict(&report, "CEO"), Verdict::Better);
    assert_eq!(verdict(&report, "Director"), Verdict::Worse);
    assert!(SOURCES.iter().all(|source| verdict(&report, source) == Verdict::NotDistinguishable));
    let leaks: Vec<(&str, Certainty)> =
        report.leaks.iter().map(|leak| (leak.column.as_str(), leak.certainty)).collect();
    assert_eq!(
        leaks,
        [("call_seconds", Certainty::Leak), ("booked_for", Certainty::Leak)],
        "{:?}",
        report.leaks
    );
    assert!(report.excluded.iter().any(|excluded| excluded.column == "id"));
    assert!(report.cards.iter().all(|card| card.column != "call_seconds"));
    let (auc, later) = (report.auc.unwrap(), report.auc_time.unwrap());
    assert!(auc > 0.63 && later > 0.63, "{auc} {later}");
    let calibration = report.calibration.unwrap();
    assert!(
        (calibration.observed_to_expected - 1.0).abs() < 0.02 && calibration.ece < 0.05,
        "{calibration:?}"
    );
    assert_eq!(report.drivers[0].column, "title");
}

#[test]
fn leaks_are_used_when_asked_for() {
    let honest = learn(&leads(1), &asked("booked")).unwrap();
    let kept = learn(&leads(1), &Request { keep_leaks: true, ..asked("booked") }).unwrap();
    assert_eq!(kept.leaks, honest.leaks);
    assert!(kept.auc > honest.auc && kept.auc.unwrap() > 0.95, "{:?}", kept.auc);
}

#[test]
fn a_strong_column_among_columns_of_noise_is_no_leak() {
    let table = table(&["plan", "a", "b", "c", "won"], 1_000, 3, |_, random| {
        let paid = random.random_bool(0.4);
        let won = random.random_bool(if paid { 0.6 } else { 0.08 });
        let noise = |random: &mut ChaCha8Rng| random.random_range(0..4).to_string();
        let plan = if paid { "paid" } else { "free" }.to_owned();
        vec![plan, noise(random), noise(random), noise(random), u8::from(won).to_string()]
    });
    let report = learn(&table, &asked("won")).unwrap();
    assert_eq!(report.leaks, []);
    assert_eq!((verdict(&report, "paid"), verdict(&report, "free")), (Verdict::Better, Verdict::Worse));
}

#[test]
fn shuffled_outcomes_teach_nothing() {
    let runs = 40;
    let table = leads(2);
    let exclude = vec!["call_seconds".to_owned(), "booked_for".to_owned()];
    let found = (0..runs).filter(|seed| {
        let mut judged = asked("booked");
        judged.exclude.clone_from(&exclude);
        let read = outcome::read(&table, &judged).unwrap();
        let usable = sorted(&table, &judged, None).unwrap().usable;
        let factors = Factors::of(&table, &usable, &[], READ);
        judged::standing_out(&judged::judge(&factors, &read.outcome.shuffled(*seed))) > 0
    });
    let found = found.count();
    assert!(found <= 4, "{found} of {runs}");
    let report = learn(&table, &Request { shuffle: Some(1), exclude, nulls: 3, ..asked("booked") }).unwrap();
    assert!((report.auc.unwrap() - 0.5).abs() < 0.06, "{:?}", report.auc);
    assert_eq!((report.null_control.unwrap().shuffles, report.leaks), (3, vec![]));
}

/// Mailings of which those that are closing soon get fewer clicks; each has a rate of its own besides, and tests are sent
/// to a few people.
fn mailings() -> Table {
    let names = ["subject", "sent", "clicks", "opens", "rate"];
    table(&names, 260, 5, |row, random| {
        let closing = random.random_bool(0.33);
        let long = random.random_bool(0.5);
        let sign = if random.random_bool(0.05) { " & more" } else { "" };
        let subject = format!(
            "{}Topic {row} asks{sign} for opinions{}",
            if closing { "Closing soon: " } else { "" },
            if long { " and other survey opportunities of the week" } else { "" }
        );
        let sent: u32 = if random.random_bool(0.1) {
            random.random_range(1..40)
        } else {
            random.random_range(150..4_000)
        };
        let own = if closing { 0.03 } else { 0.06 } * random.random_range(0.4..1.6);
        let clicks = (0..sent).filter(|_| random.random_bool(own)).count() as f64;
        let opens = clicks as u32 + sent / 5;
        vec![
            subject,
            sent.to_string(),
            clicks.to_string(),
            opens.to_string(),
            format!("{:.4}", clicks / f64::from(sent)),
        ]
    })
}

#[test]
fn of_mailings_the_mailing_is_counted() {
    let report = learn(&mailings(), &Request { trials: Some("sent".to_owned()), ..asked("clicks") }).unwrap();
    assert_eq!(verdict(&report, "contains a colon (:)"), Verdict::Worse);
    assert_eq!(verdict(&report, "contains “closing soon”"), Verdict::Worse);
    assert_eq!(verdict(&report, "longer than 60 characters"), Verdict::NotDistinguishable);
    assert_ne!(verdict(&report, "contains an ampersand (&)"), Verdict::Better);
    assert!(report.rows_with_few_trials > 10 && report.no_model.is_some());
    let leaks: Vec<&str> = report.leaks.iter().map(|leak| leak.column.as_str()).collect();
    assert_eq!(leaks, ["opens", "rate"]);
}

#[test]
fn a_rate_that_is_a_share_of_two_columns_is_read_as_one() {
    let by_counts =
        learn(&mailings(), &Request { trials: Some("sent".to_owned()), ..asked("clicks") }).unwrap();
    let by_rate = learn(&mailings(), &asked("rate")).unwrap();
    assert_eq!(by_rate.outcome.trials.as_deref(), Some("sent"));
    assert_eq!((by_rate.rows, by_rate.base_rate), (by_counts.rows, by_counts.base_rate));
}

#[test]
fn arms_come_in_their_order_with_the_neighbours_that_differ() {
    let arms = ["none", "one mail", "two mails", "other mail"];
    let table = table(&["arm", "visit"], 8_000, 9, |_, random| {
        let arm = random.random_range(0..4);
        let visit = random.random_bool([0.1, 0.15, 0.22, 0.151][arm]);
        vec![arms[arm].to_owned(), u8::from(visit).to_string()]
    });
    let report = learn(&table, &asked("visit")).unwrap();
    let order = report.columns[0].order.as_ref().unwrap();
    let told: Vec<(&str, bool)> = order.iter().map(|step| (step.higher.as_str(), step.differs)).collect();
    assert_eq!((told[0], told[1].1, told[2].1), (("two mails", true), false, true), "{order:?}");
    assert_eq!(order[2].lower, "none");
}

#[test]
fn of_few_rows_nothing_is_concluded() {
    let table = table(&["title", "won"], 24, 1, |row, _| {
        let ceo = row % 2 == 0;
        vec![if ceo { "CEO" } else { "Owner" }.to_owned(), if ceo { "won" } else { "lost" }.to_owned()]
    });
    let report = learn(&table, &Request { nulls: 5, ..asked("won") }).unwrap();
    assert_eq!(
        (report.confidence, report.auc, report.verdicts),
        (0.0, None, Verdicts { better: 0, worse: 0 })
    );
    assert_eq!(verdict(&report, "CEO"), Verdict::TooLittleData);
    assert!(report.no_model.is_some() && report.null_control.is_none());
}

#[test]
fn the_same_table_gives_the_same_report_and_time_orders_the_rows() {
    let table = table(&["day", "kind", "won"], 600, 4, |row, random| {
        // The last rows of the file are the oldest, and convert most.
        let won = random.random_bool(if row >= 400 { 0.6 } else { 0.2 });
        let day = format!("2025-{:02}-{:02}", 12 - row / 50, 28 - row % 28);
        vec![day, ["a", "b", "c"][row % 3].to_owned(), won.to_string()]
    });
    let by_time = Request { time: Some("day".to_owned()), nulls: 2, ..asked("won") };
    let report = learn(&table, &by_time).unwrap();
    assert_eq!(learn(&table, &by_time).unwrap(), report);
    let split = report.time_split.unwrap();
    assert!(split.base_rate_old > split.base_rate_new + 0.1, "{split:?}");
}

#[test]
fn what_is_wrong_is_named() {
    let table = table(&["stage", "n", "of", "day"], 40, 4, |row, _| {
        vec![["won", "lost", "open"][row % 3].to_owned(), "5".to_owned(), "3".to_owned(), "soon".to_owned()]
    });
    let fails = |request: Request| learn(&table, &request).unwrap_err().to_string();
    assert_eq!(
        fails(asked("stage")),
        r#"the column "stage" is no plain yes or no: it holds "won", "lost", "open""#
    );
    assert_eq!(fails(asked("stag")), r#"there is no column "stag""#);
    assert!(
        fails(Request { trials: Some("of".into()), least_trials: 1, ..asked("n") })
            .starts_with("row 1 has 5 in")
    );
    let in_time = Request { time: Some("day".into()), positive: Some("won".into()), ..asked("stage") };
    assert_eq!(fails(in_time), r#"row 1 has "soon" in the column "day", which is no time"#);
}
