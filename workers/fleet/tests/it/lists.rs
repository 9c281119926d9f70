//! Published lists of companies as histories: their transitions counted by hand, and what they cannot tell.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use super::growth::import;
use super::{Servers, check_fails};

const LOW: &str = "0_5_million";
const NEXT: &str = "5_10_million";

/// What is learned now.
fn learned(servers: &Servers) -> Value {
    super::json(&servers.leadfleet(&["growth", "learn", "--json"]).output().unwrap())
}

/// A list as magazines print it: a file a year, without the year.
fn list_of(year: i32) -> String {
    let mut list = "rank,company,revenue ($ millions),profit ($ millions)\n".to_owned();
    // In 1994 the list is another one: of sixty names fifteen are on both.
    let names = if year < 1994 { 0..60 } else { 45..105 };
    for (rank, id) in names.enumerate() {
        let revenue = match id {
            // Twelve go up in 1992, and three across the break.
            0..12 if year >= 1992 => 6.5,
            45..48 if year >= 1994 => 6.5,
            // As many fall.
            20..32 if year == 1990 => 7.5,
            _ => 3.5,
        };
        writeln!(list, "{},\"Oak, Elm & {id}\",{revenue},{:.1}", rank + 1, revenue / 10.0 - 0.4).unwrap();
    }
    list
}

#[test]
fn of_yearly_lists_the_transitions_are_those_counted_by_hand_and_the_break_is_told() {
    let servers = Servers::start();
    let left_out = "rank=,profit_($_millions)=";
    let arguments = |year: i32| format!("valid_from={year}-12-31");
    for year in 1990..=1995 {
        let imported = import(
            &servers,
            "revenue-history",
            &list_of(year),
            &["--map", left_out, "--fill", &arguments(year)],
        );
        assert_eq!((&imported["inserted"], &imported["problem_count"]), (&json!(60), &json!(0)), "{year}");
    }
    // Two companies of one name are a row that is wrong; the others come in when it is left out.
    let file = tempfile::NamedTempFile::new().unwrap();
    let twice = format!("{}61,Allied,3.5,0.1\n62,Allied,8.0,0.1\n", list_of(1993));
    fs::write(file.path(), &twice).unwrap();
    let path = file.path().to_str().unwrap();
    let asked = ["import", "revenue-history", path, "--map", left_out, "--fill", "valid_from=1993-12-31"];
    let refused = servers.leadfleet(&asked).output().unwrap();
    let problem = "62   63    tier    is 5_10_million at $8000000 on 1993-12-31, where 0_5_million at $3500000 is kept already";
    check_fails(&refused, 1, &["1 problem in", problem, "or leave them out with --skip"]);
    let skipped = servers.leadfleet(&[&asked[..], &["--skip", "--json"]].concat()).output().unwrap();
    let skipped = super::json(&skipped);
    assert_eq!(
        (&skipped["inserted"], &skipped["unchanged"], &skipped["problem_count"]),
        (&json!(1), &json!(60), &json!(1))
    );

    let run = &learned(&servers)["run"];
    assert_eq!((&run["with_history"], &run["yearly_lists"]), (&json!(106), &json!(true)));
    assert_eq!(run["breaks"][0]["year"], 1994);
    assert_eq!((&run["breaks"][0]["stayed"], &run["selected_for_growth"]), (&json!(15), &json!(false)));
    let eligible = run["eligible"].as_array().unwrap();
    assert_eq!(eligible.len(), 1, "{run}");
    assert_eq!(
        (&eligible[0]["from_revenue_tier"], &eligible[0]["to_revenue_tier"], &eligible[0]["n"]),
        (&json!(LOW), &json!(NEXT), &json!(12))
    );
    assert_eq!(run["insufficient_data"], json!([]));
}

/// Whether anything in a document is compared with others.
fn compares(document: &Value) -> bool {
    match document {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let effect = match name.as_str() {
                "comparison" => value.is_object(),
                "success_rate" => !value.is_null(),
                "verdict" => value != "common_among",
                _ => false,
            };
            effect || compares(value)
        }),
        Value::Array(items) => items.iter().any(compares),
        _ => false,
    }
}

#[test]
fn of_a_list_of_winners_nothing_is_said_to_have_an_effect() {
    let servers = Servers::start();
    let mut then = "company,revenue\n".to_owned();
    let mut now =
        "rank,profile,name,url,state,revenue,growth_percent,industry,workers,previous_workers,founded,\
                   yrs_on_list,metro,city\n"
            .to_owned();
    let mut milestones = "company,milestone,date\n".to_owned();
    // All grow by half or to threefold: 24 of 40 go up a tier, and most of both have done one thing.
    for id in 0..40 {
        let goes_up = id < 24;
        let before = 2.0 + f64::from(id) / 100.0;
        let after = if goes_up { before * 3.0 } else { before * 1.5 };
        writeln!(then, "Winner {id},{}", before * 1e6).unwrap();
        writeln!(
            now,
            "{},https://example.com/{id},Winner {id},http://w{id}.example,AZ,{after:.2} Million,{},Health,{},5,2009,1,\
             Phoenix,Phoenix",
            id + 1,
            (after / before - 1.0) * 100.0,
            10 + id
        )
        .unwrap();
        if id % 4 != 0 {
            writeln!(milestones, "Winner {id},implemented CRM,2016-06-01").unwrap();
        }
    }
    let left_out = "rank=,profile=,url=,state=,growth_percent=,industry=,previous_workers=,founded=,yrs_on_list=,\
                    metro=,city=";
    for (table, rows, more) in [
        ("revenue-history", then, &["--fill", "valid_from=2015-12-31"][..]),
        ("revenue-history", now, &["--map", left_out, "--fill", "valid_from=2018-12-31"]),
        ("milestones", milestones, &[]),
    ] {
        let imported = import(&servers, table, &rows, more);
        assert_eq!((&imported["problem_count"], &imported["inserted"]), (&json!(0), &imported["rows"]));
    }
    let learned = learned(&servers);
    let run = &learned["run"];
    assert_eq!((&run["selected_for_growth"], &run["yearly_lists"]), (&json!(true), &json!(false)));
    assert_eq!((&run["eligible"][0]["n"], run["eligible"].as_array().unwrap().len()), (&json!(24), 1));
    let common =
        learned["patterns"].as_array().unwrap().iter().any(|pattern| {
            pattern["common_milestones_stats"].as_array().is_some_and(|stats| !stats.is_empty())
        });
    assert!(common && !compares(&learned["patterns"]), "{learned}");
}
