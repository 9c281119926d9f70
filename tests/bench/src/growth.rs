//! Growth: learning from many contractors, and what goals cost with many patterns against goals without any.

use crate::run::Bench;
use anyhow::Context as _;
use chrono::{DateTime, SubsecRound as _, Utc};
use contractors::Contractors;
use db::Uuid;
use levels::{Ladder, Rules};
use sqlx::{Connection as _, PgConnection};
use std::path::Path;
use std::time::{Duration, Instant};

/// Two tiers of 85 make 3,570 transitions, each with patterns of three types.
const TIERS: usize = 85;
const ASKED: usize = 2_000;
const CLIENT: Uuid = db::DEFAULT_CLIENT;

/// 100,000 contractors, 28 to a transition: each has been in the lower tier, and most have gone to the higher one.
const FILL: &str = "
    CREATE TEMP TABLE ways AS SELECT row_number() OVER (ORDER BY low, high) - 1 AS way, low, high
        FROM generate_series(0, 84) AS low, LATERAL generate_series(low + 1, 84) AS high;
    CREATE TEMP TABLE made AS SELECT n, low, high, n / 3570 AS place, date '2020-01-01' + n % 700 AS entered,
            array_remove(ARRAY[CASE WHEN n / 3570 % 2 = 0 THEN 'lead_systems' END,
                CASE WHEN n / 7140 % 2 = 0 THEN 'team_building' END,
                CASE WHEN n / 14280 % 2 = 0 THEN 'pricing' END], NULL) AS focus
        FROM generate_series(0, 99999) AS n JOIN ways ON way = n % 3570;
    INSERT INTO contractors (id, company_name, revenue_tier, team_size, focus_areas)
        SELECT n + 1, 'Contractor ' || n, 't' || high, 5 + n % 40, focus FROM made;
    INSERT INTO contractor_revenue_history (contractor_id, tier, valid_from, team_size, focus_areas)
        SELECT n + 1, 't' || low, entered, 5 + n % 40, focus FROM made
        UNION ALL SELECT n + 1, 't' || high, entered + 200 + n / 3570 * 7, 8 + n % 40, focus FROM made;
    INSERT INTO partners (id, name) SELECT n, 'Partner ' || n FROM generate_series(1, 50) AS n;
    INSERT INTO contractor_partner_usage (contractor_id, partner_id, used_from, satisfaction)
        SELECT n + 1, 1 + (n + step) % 50, entered + 30, 3 + n % 3 FROM made, generate_series(1, 3) AS step;
    INSERT INTO contractor_milestones (contractor_id, milestone, reached_on)
        SELECT n + 1, unnest(ARRAY['hired_ops_manager', 'implemented_crm']), entered + 60 FROM made WHERE n / 3570 % 3 > 0;
    INSERT INTO contractor_content (contractor_id, kind, title, consumed_on)
        SELECT n + 1, 'book', 'Book ' || n / 3570 % 2, entered + 90 FROM made;
    ANALYZE";

/// Prints how long learning takes, and how long goals take before and after.
pub(crate) fn measure(binaries: &Path) -> anyhow::Result<()> {
    let stack = crate::stack()?;
    let folder = tempfile::tempdir()?;
    let bench = Bench { binaries, stack: &stack, folder: folder.path() };
    bench.leadfleet(&["migrate"])?;
    tokio::runtime::Runtime::new()?.block_on(learn_and_ask(&stack.postgres_url()))
}

async fn learn_and_ask(url: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let client = format!("SELECT set_config('app.client_id', '{CLIENT}', false)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(client)).execute(&mut connection).await?;
    sqlx::raw_sql(FILL).execute(&mut connection).await?;
    let tiers: Vec<String> = (0..TIERS).map(|tier| format!("t{tier}={tier}")).collect();
    let ladder: Ladder = tiers.join(",").parse().map_err(anyhow::Error::msg)?;
    let contractors =
        Contractors::new(db::Db::new(&db::Config::of(url))?, Rules::defaults()?.with_ladder(ladder));
    let now = Utc::now().trunc_subsecs(0);

    println!("| what | p50 | p99 |");
    println!("|---|---|---|");
    let without = ask(&contractors, true, now).await?;
    print("goals without patterns, of the profile alone", without);
    let begun = Instant::now();
    let learned = contractors.learn(CLIENT, now, || {}).await?;
    let took = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    contractors.patterns(CLIENT, now).await?;
    let read = begun.elapsed();
    let with = ask(&contractors, true, now).await?;
    print("goals with patterns", with);
    print("goals with patterns, stored", ask(&contractors, false, now).await?);
    let (patterns, people) = (learned.patterns.len(), learned.run.contractors);
    let added = 1_000.0 * (with.1.as_secs_f64() - without.1.as_secs_f64());
    println!("\n{patterns} patterns add {added:.1} ms at p99.");
    println!("They were learned from {people} contractors in {took:.1} s.");
    println!("Reading them anew, once an hour, takes {} ms.", read.as_millis());
    Ok(())
}

/// Half and 99 % of the goals of different contractors took no longer.
async fn ask(
    contractors: &Contractors,
    dry_run: bool,
    now: DateTime<Utc>,
) -> anyhow::Result<(Duration, Duration)> {
    let mut took = Vec::with_capacity(ASKED);
    for number in 0..ASKED {
        let contractor = i32::try_from(1 + number * 47)?;
        let begun = Instant::now();
        contractors.generate_goals(CLIENT, contractor, dry_run, now).await?;
        took.push(begun.elapsed());
    }
    took.sort();
    let at = |share: f64| took.get((share * took.len() as f64) as usize).copied();
    at(0.5).zip(at(0.99)).context("nobody was asked for")
}

fn print(what: &str, (half, most): (Duration, Duration)) {
    println!("| {what} | {:.1} ms | {:.1} ms |", 1_000.0 * half.as_secs_f64(), 1_000.0 * most.as_secs_f64());
}
