//! A browser as people have one, Chromium without a window, and what is wrong with the page that it shows.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, interval};
use url::{ParseError, Url};

use crate::broker::DEADLINE;
use crate::fleet::TestFleet;
use crate::process::Process;
use crate::program::WORKSPACE;

/// The heaviest that a page may be, with all that it needs, in bytes.
const HEAVIEST: u64 = 150_000;

/// Nothing of Chromium's own goes out, and it ends when its driver does.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--remote-debugging-pipe",
];

/// How a page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub theme: &'static str,
    pub width: u32,
}

impl Look {
    pub const WIDE: u32 = 1280;
    pub const NARROW: u32 = 390;
    /// As most people look.
    pub const USUAL: Self = Self { theme: "light", width: Self::WIDE };

    /// Every theme in every width.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |theme| [Self::WIDE, Self::NARROW].map(|width| Self { theme, width });
        ["light", "dark"].into_iter().flat_map(of)
    }

    /// `dark-narrow`.
    pub fn name(self) -> String {
        format!("{}-{}", self.theme, if self.width == Self::WIDE { "wide" } else { "narrow" })
    }
}

pub struct Browser {
    pub client: Client,
    /// The dashboard that it looks at.
    base: Url,
    _driver: Process,
    _folder: TempDir,
}

/// A command of Chromium's own.
#[derive(Debug)]
struct Own(&'static str, Value);

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}

impl Browser {
    /// A new one that has no cookies, for the dashboard at this address.
    pub async fn start(base: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("leadfleet-browser-").tempdir().unwrap();
        let (driver, port) = driver(&folder).await;
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let flags: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
        let wanted = json!({
            "goog:chromeOptions": {"args": flags},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap_or_else(|error| panic!("Chromium does not start, see `make setup-tests`: {error}"));
        let browser = Self { client, base: base.parse().unwrap(), _driver: driver, _folder: folder };
        browser.look(Look::USUAL).await;
        browser
    }

    /// Signs in somebody new who may do everything.
    pub async fn sign_in(&self, fleet: &TestFleet, email: &str) {
        let added = ["person", "add", email, "--name", "Ann Lee", "--role", "admin", "--json"];
        let password = fleet.said(&added).await["password"].as_str().unwrap().to_owned();
        self.open("/sign-in").await;
        self.find("input[name=email]").await.send_keys(email).await.unwrap();
        self.find("input[name=password]").await.send_keys(&password).await.unwrap();
        self.press("Sign in").await;
    }

    pub async fn look(&self, look: Look) {
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": look.theme}]});
        self.devtools("Emulation.setEmulatedMedia", scheme).await;
        let size = json!({"width": look.width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Whether pages may run scripts.
    pub async fn allow_scripts(&self, allowed: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": !allowed})).await;
    }

    /// Opens a page of the dashboard and waits until it is loaded.
    pub async fn open(&self, path: &str) {
        self.client.goto(self.base.join(path).unwrap().as_str()).await.unwrap();
    }

    /// Where it is: the path, with its query.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.as_str().trim_start_matches(self.base.as_str().trim_end_matches('/')).to_owned()
    }

    /// Waits for an element.
    pub async fn find(&self, css: &str) -> Element {
        let look = async || self.client.find(Locator::Css(css)).await.ok();
        match until(look).await {
            Some(element) => element,
            None => self.fail(&format!("there is no {css}")).await,
        }
    }

    /// Writes into a field, over what was there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses the button with this word, and waits for the page that comes of it.
    pub async fn press(&self, word: &str) {
        let path = format!("//button[normalize-space()='{word}']");
        let button = self.client.find(Locator::XPath(&path)).await;
        self.leave_by(button.unwrap_or_else(|error| panic!("no button {word}: {error}"))).await;
    }

    /// Follows the first such link.
    pub async fn follow(&self, css: &str) {
        self.leave_by(self.find(css).await).await;
    }

    async fn leave_by(&self, element: Element) {
        self.run("window.before = true").await;
        element.click().await.unwrap();
        let script = "return !window.before && document.readyState === 'complete'";
        // While one page goes and the next one comes, there is none to ask.
        let left = async || self.client.execute(script, Vec::new()).await.ok() == Some(json!(true));
        if until(async || left().await.then_some(())).await.is_none() {
            self.fail("the page stays").await;
        }
    }

    /// Presses a key where the focus is.
    pub async fn key(&self, key: Key) {
        self.client.active_element().await.unwrap().send_keys(&key.to_string()).await.unwrap();
    }

    /// Waits until the page shows this text.
    pub async fn shows(&self, css: &str, text: &str) {
        let ask = "return [...document.querySelectorAll(arguments[0])].some(e => e.textContent.includes(arguments[1]))";
        let shown = async || self.client.execute(ask, vec![css.into(), text.into()]).await.ok();
        let is_shown = async || (shown().await == Some(json!(true))).then_some(());
        if until(is_shown).await.is_none() {
            self.fail(&format!("{text:?} does not come in {css}")).await;
        }
    }

    /// Gives up, and tells what is shown instead.
    async fn fail(&self, why: &str) -> ! {
        panic!("{why}: {}\n{}", self.path().await, self.text().await);
    }

    /// What people read.
    pub async fn text(&self) -> String {
        self.run("return document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// What a script returns; a page that forbids its own scripts does not forbid this one.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// What is wrong with the page, as far as can be said of every page.
    pub async fn faults(&self) -> Vec<String> {
        let seen = self.run(SEEN).await;
        let mut faults = Vec::new();
        if seen["status"] != 200 {
            faults.push(format!("answers {}", seen["status"]));
        }
        if seen["headings"] != 1 {
            faults.push(format!("has {} h1", seen["headings"]));
        }
        if seen["bytes"].as_u64().unwrap() > HEAVIEST {
            faults.push(format!("weighs {} bytes", seen["bytes"]));
        }
        faults.extend(texts(&seen["wide"]).map(|element| format!("sticks out: {element}")));
        faults.extend(self.complaints().await);
        faults
    }

    /// What axe-core finds that is serious.
    pub async fn barriers(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(PathBuf::from(WORKSPACE).join(".tools/axe/axe.min.js"));
        self.run(&axe.expect("axe-core is not installed: run `make setup-tests`")).await;
        let found = self.client.execute_async(AXE, Vec::new()).await.unwrap();
        texts(&found).map(str::to_owned).collect()
    }

    /// What text that nobody trusts has become besides text.
    pub async fn hurts(&self) -> Vec<String> {
        texts(&self.run(HURTS).await).map(str::to_owned).collect()
    }

    /// The errors on its console, and what it has asked other hosts for, since the last time.
    pub async fn complaints(&self) -> Vec<String> {
        let lines = self.log("browser").await;
        let errors = lines.iter().filter(|line| line["level"] == "SEVERE");
        let mut complaints: Vec<String> = errors.map(|line| format!("says {}", line["message"])).collect();
        for line in self.log("performance").await {
            let event: Value = line["message"].as_str().unwrap().parse().unwrap();
            let url = event["message"]["params"]["request"]["url"].as_str().unwrap_or_default();
            let own = [self.base.as_str()].into_iter().chain(OF_ITSELF).any(|own| url.starts_with(own));
            if event["message"]["method"] == "Network.requestWillBeSent" && !own {
                complaints.push(format!("asks {url}"));
            }
        }
        complaints
    }

    async fn log(&self, kind: &str) -> Vec<Value> {
        let lines = self.client.issue_cmd(Own("se/log", json!({"type": kind}))).await.unwrap();
        lines.as_array().unwrap().clone()
    }

    /// The whole page as a PNG, however long it is.
    pub async fn picture(&self) -> Vec<u8> {
        let options = json!({"captureBeyondViewport": true});
        let picture = self.devtools("Page.captureScreenshot", options).await;
        BASE64.decode(picture["data"].as_str().unwrap()).unwrap()
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let own = Own("goog/cdp/execute", json!({"cmd": command, "params": parameters}));
        self.client.issue_cmd(own).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }
}

/// Addresses of Chromium's own pages.
const OF_ITSELF: [&str; 5] = ["data:", "blob:", "about:", "chrome:", "chrome-extension:"];

/// What a page says of itself. Its weight is that of the page and of all that it needs, as it was sent; what sticks
/// out is wider than the window and not in a part that scrolls.
const SEEN: &str = r#"
    const [page] = performance.getEntriesByType("navigation");
    const needed = performance.getEntriesByType("resource").filter(entry => entry.initiatorType !== "fetch");
    const root = document.documentElement;
    const wide = [];
    if (root.scrollWidth > root.clientWidth) {
        for (const element of document.body.querySelectorAll("*")) {
            const inside = element.closest(".scroll, pre");
            if (element.getBoundingClientRect().right > root.clientWidth + 1 && (!inside || inside === element)) {
                wide.push(element.outerHTML.slice(0, 120));
            }
        }
        wide.push(`${root.scrollWidth} of ${root.clientWidth} pixels`);
    }
    return {
        status: page.responseStatus,
        headings: document.querySelectorAll("h1").length,
        bytes: needed.reduce((sum, entry) => sum + entry.encodedBodySize, page.encodedBodySize),
        wide,
    };"#;

/// Text that runs the other way must not take what stands beside it along.
const HURTS: &str = r#"
    const hurts = window.hurt ? ["a script of it ran"] : [];
    for (const element of document.querySelectorAll("main script, main img, main [onerror], [href^='javascript:']")) {
        hurts.push(`it became ${element.outerHTML}`);
    }
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        if (words.currentNode.data.includes("\u202e") && !words.currentNode.parentElement.closest("bdi, pre, textarea")) {
            hurts.push(`it turns ${words.currentNode.parentElement.outerHTML}`);
        }
    }
    return hurts;"#;

const AXE: &str = r#"
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => done(violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary} (${nodes.length} such)`)),
        error => done([`axe: ${error}`]));"#;

fn texts(values: &Value) -> impl Iterator<Item = &str> {
    values.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// A chromedriver, and where it listens. It looks for a free port and takes it a moment later: sometimes somebody else has
/// by then.
async fn driver(folder: &TempDir) -> (Process, u16) {
    let scratch = [("TMPDIR".to_owned(), folder.path().display().to_string())];
    let mut said = String::new();
    for number in 1..=5 {
        let log = folder.path().join(format!("chromedriver-{number}.log"));
        let mut driver =
            Process::start(Path::new("chromedriver"), &["--port=0"], &scratch, folder.path(), log);
        let begun = || driver.log().contains("started successfully") || driver.log().contains("Exiting");
        until(async || begun().then_some(())).await;
        if let Some(port) = port(&driver.log()).filter(|_| !driver.ended()) {
            return (driver, port);
        }
        said = driver.log();
    }
    panic!("chromedriver does not start: {said}");
}

/// Where chromedriver says that it listens.
fn port(log: &str) -> Option<u16> {
    let (_, rest) = log.split_once("started successfully on port ")?;
    rest.split_once('.')?.0.parse().ok()
}

/// Looks until there is something, and gives up after a while.
pub async fn until<T, F: Future<Output = Option<T>>>(look: impl Fn() -> F) -> Option<T> {
    let deadline = Instant::now() + DEADLINE;
    let mut again = interval(Duration::from_millis(50));
    loop {
        let found = look().await;
        if found.is_some() || Instant::now() > deadline {
            return found;
        }
        again.tick().await;
    }
}
