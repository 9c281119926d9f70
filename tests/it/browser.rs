//! The dashboard in a browser: every page in every look, and what people do on it.

use std::cmp::Ordering;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use db::imports::Clinic;
use fantoccini::key::Key;
use prospects::NewProspect;
use proto::v1::MatchConfig;
use serde_json::{Value, json};
use tests::browser::{Browser, Look, until};
use tests::http::Api;
use tests::pages::pages;
use tests::prospects::{OWNER, at};
use tests::{DATE, Process, Rows, TestFleet, binaries, clinic, numbered, pain, program, sample};

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_well_in_light_and_dark_wide_and_narrow_and_without_scripts() {
    let fleet = TestFleet::with_claude().await;
    let _workers = fleet.live().await;
    let api = Api::start(&fleet).await;
    let browser = Browser::start(&api.base).await;
    browser.sign_in(&fleet, "ann@example.com").await;
    let pages = pages(&browser).await;
    assert!(pages.len() > 30, "{pages:?}");
    walk(&browser, &pages).await;
    browser.client.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_was_kept_is_looked_at() {
    // Postgres runs as another account when this is root.
    let open = Permissions::from_mode(0o755);
    let folder = tempfile::Builder::new().prefix("leadfleet-test-").permissions(open).tempdir().unwrap();
    let nats_server = binaries().nats_server.map(|path| path.display().to_string());
    let environment: Vec<_> =
        nats_server.map(|path| ("LEADFLEET_NATS_SERVER".to_owned(), path)).into_iter().collect();
    let leadfleet = |arguments: &[&str]| {
        let log = folder.path().join(format!("{}.log", arguments[0]));
        Process::start(program(), arguments, &environment, folder.path(), log)
    };
    let (ended, said) = leadfleet(&["demo", "--keep", "kept"]).end().await;
    assert!(ended.success(), "{said}");
    let dev = leadfleet(&["dev", "--data-dir", "kept", "--json"]);
    let api = async || api_url(&dev.log());
    let api = until(api).await.unwrap_or_else(|| panic!("{}", dev.log()));

    let browser = Browser::start(&api).await;
    browser.open("/").await;
    browser.shows("main", "complete").await;
    let pages = pages(&browser).await;
    assert!(pages.len() > 20, "{pages:?}");
    walk(&browser, &pages).await;
    browser.allow_scripts(true).await;
    for page in ["/segments", "/leads"] {
        sort_by_clicks(&browser, page).await;
    }
    browser.client.close().await.unwrap();
    assert!(dev.stop().success());
}

/// How a page is sorted: the direction, whether by numbers, and what the rows have there.
const SORTED: &str = r#"
    const head = document.querySelector("main th[aria-sort]");
    const cells = [...document.querySelectorAll(`main td:nth-child(${head.cellIndex + 1})`)];
    const number = head.classList.contains("number");
    const values = cells.map(cell => cell.textContent).filter(text => text !== "–");
    return [head.getAttribute("aria-sort"), number ? values.map(text => parseFloat(text.replaceAll(",", ""))) : values];"#;

/// Clicks each head of a table twice: it is sorted one way, then the other.
async fn sort_by_clicks(browser: &Browser, page: &str) {
    browser.open(page).await;
    let heads = browser.run("return document.querySelectorAll('main th a').length").await.as_u64().unwrap();
    assert!(heads > 1, "{page}");
    for head in 0..heads {
        let mut seen = Vec::new();
        for _ in 0..2 {
            let mark = format!("links.forEach((link, n) => link.id = n === {head} ? 'head' : '')");
            browser.run(&format!("const links = document.querySelectorAll('main th a'); {mark}")).await;
            browser.follow("#head").await;
            let sorted = browser.run(SORTED).await;
            let (way, values) = (sorted[0].as_str().unwrap(), sorted[1].as_array().unwrap());
            let compared = |one: &Value, other: &Value| match (one.as_f64(), other.as_f64()) {
                (Some(one), Some(other)) => one.total_cmp(&other),
                _ => one.as_str().cmp(&other.as_str()),
            };
            let wrong = if way == "ascending" { Ordering::Greater } else { Ordering::Less };
            let is_right = values.windows(2).all(|pair| compared(&pair[0], &pair[1]) != wrong);
            assert!(is_right, "{}: {sorted}", browser.path().await);
            seen.push((way.to_owned(), values[0].clone()));
        }
        assert!(seen[0].0 != seen[1].0 && seen[0].1 != seen[1].1, "{page}: {seen:?}");
    }
}

/// Where the dashboard of `leadfleet dev --json` is.
fn api_url(log: &str) -> Option<String> {
    let addresses: Value = serde_json::from_str(log.get(log.find('{')?..)?).ok()?;
    Some(addresses["api_url"].as_str()?.to_owned())
}

/// Looks at these pages in every look, and without scripts.
async fn walk(browser: &Browser, pages: &[String]) {
    let mut faults = Vec::new();
    for page in pages {
        browser.open(page).await;
        for look in Look::all() {
            browser.look(look).await;
            let mut found = browser.faults().await;
            if look.width == Look::WIDE {
                found.extend(browser.barriers().await);
            }
            faults.extend(found.into_iter().map(|fault| format!("{page} {}: {fault}", look.name())));
        }
    }
    browser.open("/docs").await;
    browser.find("#swagger-ui .info").await;
    faults.extend(browser.complaints().await);
    browser.allow_scripts(false).await;
    for page in pages {
        browser.open(page).await;
        if browser.run("return document.querySelectorAll('h1, nav a').length").await.as_u64() < Some(5) {
            faults.push(format!("{page} has no heading or no links without scripts"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_found_corrected_replayed_and_seen_to_heal() {
    let fleet = TestFleet::start().await;
    let workers = fleet.run(&["all"]);
    let letter = fleet.die().await;
    assert!(workers.stop().success());
    let api = Api::start(&fleet).await;
    let browser = Browser::start(&api.base).await;
    browser.sign_in(&fleet, "ann@example.com").await;

    browser.open("/dead").await;
    browser.shows("main", "SCRAPE_SOURCE_TIKTOK").await;
    browser.follow(&format!("main a[href='/dead/{letter}']")).await;
    assert_eq!(browser.path().await, format!("/dead/{letter}"));
    let right = json!({"source": "SCRAPE_SOURCE_REDDIT", "date": DATE, "records": 100});
    let edit = format!("form[action='/dead/{letter}/edit']");
    browser.fill(&format!("{edit} [name=schema]"), "leadfleet.v1.ScrapeDone").await;
    browser.fill(&format!("{edit} [name=body]"), &right.to_string()).await;
    browser.fill(&format!("{edit} [name=reason]"), "the source was misspelled").await;
    browser.press("File the corrected copy").await;

    let copy = browser.path().await;
    assert_ne!(copy, format!("/dead/{letter}"));
    browser.shows("#letter .badge", "open").await;
    browser.shows("#letter", "a corrected copy of").await;
    browser.follow("main a[href^='/dead/replay?']").await;
    browser.fill("form[action='/dead/replay'] [name=reason]", "it is right now").await;
    browser.press("Replay 1 letter").await;
    browser.shows("#replays article", "0 of 1 ended").await;
    browser.run("window.before = true").await;
    let _workers = fleet.run(&["all"]);
    browser.shows("#replays article", "1 resolved").await;
    assert_eq!(browser.run("return window.before").await, true, "nobody has read the page again");
    fleet.broker.said(&format!("lf.v1.run.scrape-{DATE}.scrape.part.reddit")).await;
    browser.open(&copy).await;
    browser.shows("#letter .badge", "resolved").await;
    browser.open("/audit").await;
    browser.shows("main", "it is right now").await;
    browser.open("/dead").await;
    browser.shows("main", "Nothing is dead").await;
    assert_eq!(browser.faults().await, [""; 0]);
    browser.client.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_started_and_watched_until_it_is_complete() {
    let fleet = TestFleet::start().await;
    fleet.insert(&sample(100, 200, 200)).await;
    let api = Api::start(&fleet).await;
    let browser = Browser::start(&api.base).await;
    browser.sign_in(&fleet, "ann@example.com").await;
    browser.open("/runs").await;
    browser.shows("#runs", "No run yet").await;
    browser.press("Start").await;
    browser.shows("#run", "It waits for a loader").await;
    browser.run("window.before = true").await;
    let _workers = fleet.run(&["all"]);
    browser.shows("#run .badge", "complete").await;
    assert_eq!(browser.run("return window.before").await, true, "nobody has read the page again");
    browser.open("/").await;
    browser.shows("main", "complete").await;
    assert_eq!(browser.faults().await, [""; 0]);
    browser.client.close().await.unwrap();
}

/// Something that nobody would write, in every way that could hurt.
const HOSTILE: [&str; 6] = [
    "<script>window.hurt = 1</script>",
    "\"><img src=x onerror=window.hurt=1>",
    "\u{202e}gnikool yllaitnedifnoc",
    "=1+1",
    "*bold* <!channel> [a](javascript:window.hurt=1)",
    "{{7*7}}${7*7}",
];

/// Clinics that are called so, and what is complained of where they are.
fn hostile_rows(hostile: &[&str]) -> Rows {
    let pain_of = |text: &&str| pain("emr", &format!("The EMR of a PT in Phoenix, Arizona {text}"), 6.0, 2);
    let clinics = numbered(hostile.len(), clinic("Physical Therapy", "Phoenix", "AZ"));
    let named = |(like, text): (Clinic, &&str)| Clinic {
        clinic_name: (*text).to_owned(),
        address: Some((*text).to_owned()),
        business_type: Some((*text).to_owned()),
        ..like
    };
    Rows {
        pain_points: hostile.iter().map(pain_of).collect(),
        clinics: clinics.into_iter().zip(hostile).map(named).collect(),
        ..Rows::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_shown_as_it_is() {
    let fleet = TestFleet::start().await;
    let word = "W".repeat(500);
    let hostile: Vec<&str> = HOSTILE.into_iter().chain([word.as_str()]).collect();
    fleet.insert(&hostile_rows(&hostile)).await;
    let people = hostile.iter().enumerate().map(|(number, text)| {
        // More is not taken in.
        let text: String = text.chars().take(200).collect();
        let prospect_id = Some(format!("hostile_{number}"));
        NewProspect {
            prospect_id,
            name: text.clone(),
            title: text.clone(),
            company: text,
            ..NewProspect::default()
        }
    });
    fleet.prospects().await.take_in(OWNER, people.collect(), at(DATE.parse().unwrap(), 1)).await.unwrap();
    let _workers = fleet.run(&["all"]);
    let mut letters = Vec::new();
    for text in &hostile {
        letters.push(fleet.die_of(&json!({"source": text, "date": text}).to_string()).await);
    }
    let config = MatchConfig { min_confidence_score: 5.0, ..MatchConfig::default() };
    fleet.broker.run("hostile", DATE, config).await;
    fleet.broker.settled().await;

    let api = Api::start(&fleet).await;
    let browser = Browser::start(&api.base).await;
    browser.sign_in(&fleet, "ann@example.com").await;
    let lists = [
        "/",
        "/runs",
        "/segments",
        "/unmatched",
        "/leads",
        "/outreach/week",
        "/dead",
        "/dead?each=1",
        "/claude",
    ];
    let mut addresses = lists.map(str::to_owned).to_vec();
    addresses.extend((0..hostile.len()).map(|number| format!("/leads/hostile_{number}")));
    addresses.extend((1..=hostile.len()).map(|clinic| format!("/clinics/{clinic}")));
    addresses.extend(letters.iter().map(|letter| format!("/dead/{letter}")));
    browser.look(Look { theme: "light", width: Look::NARROW }).await;
    let (mut faults, mut shown) = (Vec::new(), String::new());
    for page in &addresses {
        browser.open(page).await;
        let found = browser.faults().await.into_iter().chain(browser.hurts().await);
        faults.extend(found.map(|fault| format!("{page}: {fault}")));
        shown += &browser.text().await;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for text in hostile {
        assert!(shown.contains(text), "{text} is shown nowhere");
    }
    browser.client.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_mouse_and_no_scripts_gets_everywhere() {
    let fleet = TestFleet::start().await;
    let api = Api::start(&fleet).await;
    let browser = Browser::start(&api.base).await;

    // A page that needs somebody known leads to the sign-in, and from there back.
    browser.open("/leads?tier=hot").await;
    assert_eq!(browser.path().await, "/sign-in?next=%2Fleads%3Ftier%3Dhot");
    for look in Look::all() {
        browser.look(look).await;
        assert_eq!([browser.faults().await, browser.barriers().await], [[""; 0], [""; 0]], "{}", look.name());
    }
    browser.look(Look::USUAL).await;
    browser.fill("[name=email]", "ann@example.com").await;
    browser.fill("[name=password]", "not what it is").await;
    browser.press("Sign in").await;
    browser.shows("[role=alert]", "not right").await;
    browser.sign_in(&fleet, "ann@example.com").await;

    browser.open("/leads").await;
    browser.key(Key::Tab).await;
    assert_eq!(browser.run("return document.activeElement.className").await, "skip");
    browser.key(Key::Enter).await;
    assert_eq!(browser.run("return document.activeElement.id").await, "main");
    browser.key(Key::Tab).await;
    assert_eq!(browser.run("return !!document.activeElement.closest('main')").await, true);

    let theme = "return document.documentElement.dataset.theme";
    browser.find("#theme").await.click().await.unwrap();
    assert_eq!(browser.run(theme).await, "dark");
    browser.open("/runs").await;
    assert_eq!(browser.run(theme).await, "dark", "it is remembered");

    browser.allow_scripts(false).await;
    browser.open("/leads").await;
    browser.find("select[name=tier]").await.select_by_value("hot").await.unwrap();
    browser.press("Show").await;
    assert!(browser.path().await.contains("tier=hot"));
    browser.open("/account").await;
    assert!(!browser.find("#theme").await.is_displayed().await.unwrap(), "what does nothing is not shown");
    browser.press("Sign out").await;
    browser.open("/leads").await;
    assert_eq!(browser.path().await, "/sign-in?next=%2Fleads");
    browser.client.close().await.unwrap();
}
