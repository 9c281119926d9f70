//! Outreach from the command line, from a file of prospects to what came of it.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use ::prospects::{DueRequest, DueTouch, Keys, NewProspect, Owner, Prospects};
use chrono::{Days, NaiveDate, NaiveTime, Utc, Weekday};
use fleet::sample;
use serde_json::Value;

use super::{Servers, check_fails, json, text};

const SECRET: &str = "a secret of the tests";

/// Private servers, and the key that commands hash addresses with.
pub(super) struct It {
    servers: Servers,
    pub(super) runtime: tokio::runtime::Runtime,
}

impl It {
    pub(super) fn start() -> Self {
        Self { servers: Servers::start(), runtime: tokio::runtime::Runtime::new().unwrap() }
    }

    /// With forty prospects, taken in from a file.
    pub(super) fn with_prospects() -> Self {
        let it = Self::start();
        assert_eq!(
            it.json(&["import", "prospects", table(&sample::prospects()).path().to_str().unwrap()])["inserted"],
            40
        );
        it
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.servers.leadfleet(arguments);
        command.env("LEADFLEET_SECRET", SECRET);
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        json(&self.run(&[arguments, &["--json"]].concat()))
    }

    #[track_caller]
    pub(super) fn says(&self, arguments: &[&str], parts: &[&str]) {
        let output = self.run(arguments);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        for part in parts {
            assert!(said.contains(part), "{part:?} is not in {said}");
        }
    }

    #[track_caller]
    pub(super) fn fails(&self, arguments: &[&str], code: i32, parts: &[&str]) {
        check_fails(&self.run(arguments), code, parts);
    }

    pub(super) fn nats_url(&self) -> String {
        self.servers.nats_url()
    }

    pub(super) fn prospects(&self) -> Prospects {
        // Its pool wants to be made where it is used.
        let _runtime = self.runtime.enter();
        Prospects::new(self.db(), Keys::new(SECRET.as_bytes()), chrono_tz::America::New_York)
    }

    pub(super) fn postgres_url(&self) -> String {
        self.servers.stack.postgres_url()
    }

    pub(super) fn db(&self) -> db::Db {
        db::Db::new(&db::Config::of(&self.postgres_url())).unwrap()
    }
}

/// A file as `leadfleet import prospects` reads it.
fn table(people: &[NewProspect]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut csv = csv::Writer::from_path(file.path()).unwrap();
    csv.write_record([
        "id",
        "full_name",
        "job_title",
        "company",
        "about",
        "city",
        "state",
        "country",
        "timezone",
        "email",
        "linkedin",
        "website",
        "signal",
    ])
    .unwrap();
    for one in people {
        let signal = one.signal_strength.map(|signal| signal.to_string()).unwrap_or_default();
        let id = one.prospect_id.clone().unwrap_or_default();
        csv.write_record([
            &id,
            &one.name,
            &one.title,
            &one.company,
            &one.about,
            &one.city,
            &one.state,
            &one.country,
            &one.time_zone,
            &one.email,
            &one.linkedin_url,
            &one.website,
            &signal,
        ])
        .unwrap();
    }
    csv.flush().unwrap();
    file
}

/// A file of this content.
pub(super) fn file(content: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    file
}

/// The Monday of the week after the next: all of its slots are ahead.
#[expect(clippy::disallowed_methods, reason = "commands plan from today on")]
fn monday() -> NaiveDate {
    Utc::now().date_naive().week(Weekday::Mon).first_day() + Days::new(14)
}

/// Takes what is due in the first days of the planned week: commands take what is due now, and only in the
/// recipients' business hours.
fn taken(it: &It) -> Vec<DueTouch> {
    let owner = Owner { client: db::DEFAULT_CLIENT, user: None };
    let five = NaiveTime::from_hms_opt(17, 0, 0).unwrap();
    it.runtime.block_on(async {
        let prospects = Prospects::new(it.db(), Keys::new(SECRET.as_bytes()), chrono_tz::America::New_York);
        for days in 1..4 {
            let then = (monday() + Days::new(days)).and_time(five).and_utc();
            let taken = prospects.take(owner, "a tool", DueRequest::up_to(1_000), then).await.unwrap();
            // One of the days may be a holiday.
            if !taken.is_empty() {
                return taken;
            }
        }
        panic!("nothing is due in three days");
    })
}

fn ids(touches: &Value) -> BTreeSet<String> {
    let touches = touches.as_array().unwrap();
    touches.iter().map(|touch| touch["touch_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_week_goes_from_a_file_of_prospects_to_what_came_of_it() {
    let it = It::start();
    let people = table(&sample::prospects());
    let path = people.path().to_str().unwrap();
    let dry = it.json(&["import", "prospects", path, "--dry-run"]);
    assert_eq!((&dry["rows"], &dry["inserted"]), (&40.into(), &Value::Null));
    assert_eq!(it.json(&["outreach", "segment"])["total"], 0);
    it.says(&["import", "prospects", path], &["40 inserted, 0 updated"]);
    let again = it.json(&["import", "prospects", path]);
    assert_eq!((&again["inserted"], &again["updated"]), (&0.into(), &40.into()));

    let segments = it.json(&["outreach", "segment"]);
    let shares: Vec<&Value> =
        segments["segments"].as_array().unwrap().iter().map(|share| &share["prospects"]).collect();
    assert_eq!(shares, [19, 19, 2]);
    it.says(&["outreach", "segment", "prospect_1"], &["head of school (title)", "1 prospect"]);
    let top = it.json(&["outreach", "prioritize", "--min-fit", "70", "--min-referral", "60"]);
    let top = top["prospects"].as_array().unwrap();
    assert!(top.len() >= 20, "{}", top.len());
    assert!(
        top.windows(2)
            .all(|pair| { pair[0]["priority_score"].as_f64() >= pair[1]["priority_score"].as_f64() })
    );
    it.says(
        &["outreach", "prioritize", "--why", "--limit", "1"],
        &["= 0.40 × 100 + 0.35 ×", "decides as ", "1 of 40 prospects"],
    );

    let made = it.json(&["outreach", "generate", "prospect_1", "--type", "5-step"]);
    assert_eq!((&made["created"], made["messages"].as_array().unwrap().len()), (&true.into(), 6));
    it.says(&["outreach", "generate", "prospect_1"], &["5-step", "in it already", "Hi Dana"]);
    it.says(&["outreach", "show", "prospect_1"], &["prospect_1: 5-step for referral_network"]);

    let week = monday().to_string();
    let plan = ["outreach", "cadence", "--week", &week];
    let dry = it.json(&[&plan[..], &["--dry-run"]].concat());
    let filled: Vec<&Value> =
        dry["segments"].as_array().unwrap().iter().map(|quota| &quota["filled"]).collect();
    assert_eq!(filled, [19, 19, 2]);
    let weeks = it.json(&[&plan[..], &["--simulate"]].concat());
    assert_eq!(weeks.as_array().unwrap().len(), 2);
    it.says(&["outreach", "week", &week], &["Nothing is planned in the week"]);
    it.says(&plan, &["40 connection requests", "fewer follow-ups are due"]);
    let kept = it.json(&["outreach", "week", &week]);
    assert_eq!(ids(&kept).len(), 40);
    assert_eq!(ids(&it.json(&plan)["touches"]), ids(&kept), "a week is planned once");

    let calendar = tempfile::NamedTempFile::new().unwrap();
    it.says(&["outreach", "week", &week, "--ics", calendar.path().to_str().unwrap()], &["Wrote 40 touches"]);
    let calendar = fs::read_to_string(calendar.path()).unwrap();
    assert!(ids(&kept).iter().all(|id| calendar.contains(&format!("UID:{id}@leadfleet\r\n"))));
    let spreadsheet = it.run(&["outreach", "week", &week, "--csv", "-"]);
    assert_eq!(text(&spreadsheet.stdout).lines().count(), 41);

    it.says(&["outreach", "due"], &["Nothing is due"]);
    let taken = taken(&it);
    assert!(taken.iter().all(|due| due.text.contains("Hi ")), "{taken:?}");
    let [first, second] = [&taken[0], &taken[1]].map(|due| due.touch.touch_id.to_string());
    it.says(&["outreach", "ack", &first, "sent"], &["connection_request to prospect_", ": sent"]);
    assert_eq!(it.json(&["outreach", "ack", &second, "failed"])["state"], "cancelled");
    let metrics = it.json(&["outreach", "metrics"]);
    assert_eq!((&metrics["totals"]["sends"], &metrics["totals"]["people"]), (&1.into(), &1.into()));
    it.says(&["outreach", "metrics"], &["1 touch to 1 person", "15 to 20 %", "connection_request"]);
}

#[test]
fn a_person_is_noted_handed_out_and_forgotten() {
    let it = It::with_prospects();
    it.says(&["outreach", "note", "prospect_3", "They moved.", "--source", "news"], &["Noted of prospect_3"]);
    it.says(&["outreach", "notes", "prospect_3"], &["news", "They moved."]);
    it.says(&["outreach", "history", "prospect_3"], &["Nothing has happened to prospect_3 yet."]);
    let person = it.json(&["outreach", "export", "prospect_3"]);
    assert_eq!(
        (&person["prospect"]["name"], &person["notes"][0]["note"]),
        (&"Priya Iyer".into(), &"They moved.".into())
    );

    it.fails(&["outreach", "erase", "prospect_3"], 7, &["nothing was changed", "say --yes"]);
    let erased = it.json(&["outreach", "erase", "prospect_3", "--yes"]);
    assert_eq!((&erased["notes"], &erased["suppressed"]), (&1.into(), &2.into()));
    it.fails(&["outreach", "export", "prospect_3"], 3, &["there is no prospect prospect_3", "hint: "]);
    it.says(&["outreach", "suppressions"], &["address", "erasure"]);
}

#[test]
fn a_client_sets_its_cap_its_holidays_and_its_pillars() {
    let it = It::with_prospects();
    let run = |arguments: &[&str], settings: &[(&str, &str)]| {
        let mut command = it.servers.leadfleet(arguments);
        command.env("LEADFLEET_SECRET", SECRET).envs(settings.iter().copied()).output().unwrap()
    };
    let week = monday().to_string();
    let plan = ["outreach", "cadence", "--week", &week, "--dry-run", "--json", "--requests"];
    let holidays = [monday(), monday() + Days::new(1)].map(|day| day.to_string());
    let settings = [("OUTREACH_WEEKLY_CAP", "60"), ("OUTREACH_HOLIDAYS", &holidays.join(","))];
    let planned = json(&run(&[&plan[..], &["60"]].concat(), &settings));
    assert_eq!(planned["connection_requests"], 40, "all there are");
    let days: BTreeSet<&str> =
        planned["touches"].as_array().unwrap().iter().map(|touch| touch["date"].as_str().unwrap()).collect();
    assert!(!days.is_empty() && holidays.iter().all(|day| !days.contains(day.as_str())), "{days:?}");
    check_fails(&run(&[&plan[..], &["61"]].concat(), &settings), 2, &["is not from 1 to 60"]);

    let pillars = [("OUTREACH_PILLARS", "referral_network=schools,referral_network=clinics")];
    let segments = json(&run(&["outreach", "segment", "--json"], &pillars));
    let of = |segment: &str| {
        let prospects = segments["prospects"].as_array().unwrap();
        prospects.iter().find(|one| one["segment"] == segment).unwrap()["tags"]["pacer_relevance"].clone()
    };
    assert_eq!(of("referral_network"), serde_json::json!(["schools", "clinics"]));
    assert_eq!(of("stealth_founder"), serde_json::json!(["stealth_founder"]));
    for (name, value) in
        [("OUTREACH_WEEKLY_CAP", "101"), ("OUTREACH_HOLIDAYS", "Christmas"), ("OUTREACH_PILLARS", "schools")]
    {
        check_fails(&run(&["outreach", "segment"], &[(name, value)]), 2, &[name, value]);
    }
}

#[test]
fn another_client_has_prospects_and_users_of_its_own() {
    let it = It::with_prospects();
    let other = "00000000-0000-7000-8000-0000000000b2";
    assert_eq!(it.json(&["outreach", "segment"])["total"], 40);
    assert_eq!(it.json(&["outreach", "segment", "--client", other])["total"], 0);
    it.fails(&["outreach", "show", "prospect_1", "--client", other], 3, &["prospect_1"]);
    it.fails(&["outreach", "add-user", "ann", "--client", other], 3, &["there is no client 00000000"]);
}

#[test]
fn who_is_suppressed_is_left_out_until_it_is_taken_back() {
    let it = It::with_prospects();
    let week = monday().to_string();
    let suppress = ["outreach", "suppress", "domain", "oakhillacademy.example.com"];
    assert_eq!(it.json(&suppress)["changed"], true);
    assert_eq!(it.json(&suppress)["changed"], false);
    it.fails(&["outreach", "generate", "prospect_1"], 7, &["must not be contacted: domain suppressed"]);
    it.says(
        &["outreach", "cadence", "--week", &week, "--dry-run"],
        &["39 connection requests", "1 missing: ", "1 prospect left out: domain suppressed (by hand)"],
    );
    it.says(
        &["outreach", "unsuppress", "domain", "oakhillacademy.example.com"],
        &["Not suppressed any more"],
    );
    it.fails(
        &["outreach", "unsuppress", "domain", "oakhillacademy.example.com"],
        3,
        &["no such suppression"],
    );
    it.says(&["outreach", "suppressions"], &["Nobody is suppressed."]);
    it.fails(&["outreach", "suppress", "channel", "pigeon"], 2, &["no such channel", "use email, linkedin"]);
    it.fails(
        &["outreach", "suppress", "channel", "linkedin", "--channel", "email"],
        2,
        &["nothing was changed"],
    );
    it.fails(&["outreach", "suppress", "address"], 2, &["value: is no address"]);
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_do() {
    let it = It::start();
    let nobody = ["outreach", "prioritize", "--user", "nobody"];
    it.fails(&nobody, 3, &["there is no user nobody", "hint: without --user"]);
    it.says(&["outreach", "add-user", "nobody"], &["nobody may ask now"]);
    it.says(&nobody, &["No prospects yet"]);
    it.fails(&["outreach", "show", "p"], 3, &["there is no prospect p", "hint: "]);
    it.fails(&["outreach", "cadence", "--requests", "51"], 2, &["is not from 1 to 50"]);
    it.fails(&["outreach", "cadence", "--week", "2020-01-01"], 7, &["the week of 2020-01-01 is over"]);
    it.fails(&["outreach", "from-matches"], 7, &["no run is stored yet"]);
    let unknown = "00000000-0000-0000-0000-000000000007";
    it.fails(&["outreach", "ack", unknown, "sent"], 3, &["there is no touch 00000000", "hint: "]);
    let bare = it.servers.leadfleet(&["outreach", "segment"]).output().unwrap();
    check_fails(&bare, 2, &["LEADFLEET_SECRET_FILE", "hint: `leadfleet dev` makes one"]);
}

#[test]
fn a_file_with_a_bad_prospect_leaves_nothing_behind() {
    let it = It::start();
    let bad = file(
        "name,email,time_zone,signal_strength,prospect_id\n\
         Jane Roe,jane@clinic.example,,,\n,jane,Mars,101,a b\n",
    );
    it.fails(
        &["import", "prospects", bad.path().to_str().unwrap()],
        1,
        &[
            "error: 5 problems",
            "2    3     name             is empty",
            "\"jane\" is no e-mail address",
            "\"Mars\" is no IANA time zone",
            "\"101\" is outside 0 to 100",
            "nothing was imported",
        ],
    );
    assert_eq!(it.json(&["outreach", "segment"])["total"], 0);

    let two =
        file("prospect_id,name,email\np1,Jane Roe,jane@clinic.example\np2,Ann Lee,ann@clinic.example\n");
    assert_eq!(it.json(&["import", "prospects", two.path().to_str().unwrap()])["inserted"], 2);
    let swapped = file("prospect_id,name,email\np1,Jane Roe,ann@clinic.example\n");
    it.fails(
        &["import", "prospects", swapped.path().to_str().unwrap()],
        1,
        &["row 1: known by its prospect_id, but its address belongs to p2", "nothing was imported"],
    );
}
