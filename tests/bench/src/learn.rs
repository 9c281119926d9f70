//! The patterns of many leads, learned by a process of its own from Postgres; and the statistics alone against Python.

use crate::machine::memory;
use crate::run::Bench;
use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const SIZES: [u64; 2] = [10_000, 1_000_000];
/// How often the memory of the process is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Where Python's environment is, from the root of the repository.
const PYTHON: &str = ".tools/bench/bin/python";
const SCRIPT: &str = "tests/bench/statistics.py";

/// Prints how long learning takes, and with how much memory.
pub(crate) fn measure(binaries: &Path, sizes: &[u64]) -> anyhow::Result<()> {
    println!("| leads | activities | learned in | leads/s | peak memory |");
    println!("|---|---|---|---|---|");
    for &leads in if sizes.is_empty() { &SIZES[..] } else { sizes } {
        one(binaries, leads)?;
    }
    Ok(())
}

fn one(binaries: &Path, leads: u64) -> anyhow::Result<()> {
    let stack = crate::stack()?;
    let folder = tempfile::tempdir()?;
    let bench = Bench { binaries, stack: &stack, folder: folder.path() };
    bench.leadfleet(&["migrate"])?;
    tokio::runtime::Runtime::new()?.block_on(fill(&stack.postgres_url(), leads))?;
    let started = Instant::now();
    let mut child = bench.spawn(&["patterns", "learn", "--dry-run", "--json"], &[])?;
    let mut peak = 0;
    let status = loop {
        peak = peak.max(memory(child.id(), "VmHWM").unwrap_or(0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK);
    };
    anyhow::ensure!(status.success(), "learning failed: {status}");
    let took = started.elapsed().as_secs_f64();
    println!("| {leads} | {} | {took:.2} s | {:.0} | {} MiB |", leads * 5, leads as f64 / took, peak / 1024);
    Ok(())
}

/// Leads with five activities each: four touches and an answer. A sixth of them book, more of some titles than of others.
pub(crate) async fn fill(url: &str, leads: u64) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    for statement in [
        // What the triggers write is written along: they would take hours.
        "ALTER TABLE leads DISABLE TRIGGER USER; ALTER TABLE activities DISABLE TRIGGER USER".to_owned(),
        "ALTER TABLE activities DROP CONSTRAINT activities_client_id_lead_id_fkey;
        ALTER TABLE lead_words DROP CONSTRAINT lead_words_client_id_lead_id_fkey"
            .to_owned(),
        format!(
            "INSERT INTO activities (id, lead_id, action, channel, created_at, source, event_id, led_to_booking,
                content_features)
            SELECT ('01900000-0000-7000-9' || step || '00-' || lpad(to_hex(n), 12, '0'))::uuid,
                ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
                CASE WHEN step = 5 THEN 'replied' ELSE 'sent' END,
                CASE WHEN (n + step) % 3 = 0 THEN 'linkedin' ELSE 'email' END,
                date_trunc('day', now()) - interval '200 days' + n % 86400 * interval '1 second' + step * interval '3 days', 'bench',
                n || '-' || step, step = 4 AND hashint8(n) % 100 + 100 < 30 + n % 211 % 10,
                CASE WHEN step < 5 THEN '{{\"s\":\"Subject ' || n % 13 || '\",\"p\":[' || n % 7 || '],\"a\":' || n % 5
                    || ',\"c\":' || n % 9 || ',\"w\":' || 40 + n % 80 || ',\"n\":' || 300 + n % 80 || '}}' END
            FROM generate_series(1, {leads}) AS n, generate_series(1, 5) AS step"
        ),
        // By it the histories are read.
        "ANALYZE activities".to_owned(),
        format!(
            "INSERT INTO leads (id, prospect_id, name, title, industry, employee_count, is_hiring, source, state,
                collected_at, created_at, status, converted_at, first_touch_at, als_snapshot, history)
            SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'lead_' || n, 'Lead',
                'Title ' || n % 211, 'Industry ' || n % 37, n % 600, n % 7 = 0, 'bench', 'AZ',
                now() - interval '250 days', now() - interval '250 days', CASE WHEN booked THEN 'converted' ELSE 'not_interested' END,
                CASE WHEN booked THEN date_trunc('day', now()) - interval '180 days' + n % 86400 * interval '1 second' END,
                date_trunc('day', now()) - interval '200 days' + n % 86400 * interval '1 second',
                jsonb_build_object('tier', (ARRAY['hot', 'warm', 'cool'])[n % 3 + 1], 'components', jsonb_build_object(
                    'data_quality', n % 21, 'authority', n % 26, 'company_fit', n % 23,
                    'timing', CASE WHEN booked THEN 5 + n % 11 ELSE n % 14 END, 'risk', 0)),
                leadfleet_history(leadfleet_client(), ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid)
            FROM (SELECT n, hashint8(n) % 100 + 100 < 30 + n % 211 % 10 AS booked
                FROM generate_series(1, {leads}) AS n) AS made"
        ),
        "INSERT INTO lead_words (client_id, word, lead_id)
            SELECT client_id, unnest(tsvector_to_array(leadfleet_words(name, company, title))), id FROM leads"
            .to_owned(),
        // As the server would do it by itself in the minutes that follow: in the middle of what is measured.
        "VACUUM (ANALYZE) leads, lead_words, activities".to_owned(),
        "CHECKPOINT".to_owned(),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    Ok(())
}

/// Prints how long the same statistics over a million leads take here and in Python.
pub(crate) fn against_python(binaries: &Path) -> anyhow::Result<()> {
    let example =
        Command::new(binaries.join("examples/statistics")).output().context("examples/statistics")?;
    let ours: f64 = seconds(&example.stdout)?;
    let python = Command::new(PYTHON)
        .arg(SCRIPT)
        .output()
        .with_context(|| format!("{PYTHON}: `make bench` makes it"))?;
    anyhow::ensure!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    let theirs: f64 = seconds(&python.stdout)?;
    println!(
        "{}\n{}",
        String::from_utf8_lossy(&example.stdout).trim(),
        String::from_utf8_lossy(&python.stdout).trim()
    );
    println!("\nHere {ours:.2} s, in Python {theirs:.2} s: {:.1} times as fast.", theirs / ours);
    Ok(())
}

/// What stands behind `total` in the last line.
fn seconds(output: &[u8]) -> anyhow::Result<f64> {
    let text = String::from_utf8_lossy(output);
    let line = text.lines().rfind(|line| line.contains("total")).context("no total was printed")?;
    let behind = line.rsplit("total").next().unwrap_or_default();
    let word = behind.split_whitespace().find_map(|word| word.parse().ok());
    word.with_context(|| format!("no number in {line:?}"))
}
