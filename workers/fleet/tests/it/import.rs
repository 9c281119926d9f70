//! Imports: what is refused and how it is said, and that a file comes in whole or not at all.

use std::fmt::Write as _;
use std::fs;

use fleet::sample::{Sample, Sizes};

use super::{Servers, check_fails, json, leadfleet};

/// A file with this content.
fn file(content: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    file
}

/// An import that fails before it needs a server.
#[track_caller]
fn check(table: &str, content: &[u8], parts: &[&str]) {
    let file = file(content);
    let output = leadfleet(&["import", table]).arg(file.path()).output().unwrap();
    check_fails(&output, 1, parts);
}

#[test]
fn wrong_columns_are_named_with_those_that_were_meant() {
    check(
        "pain-points",
        b"pain_category,pain_text,severty,color\nemr,slow,5,red\n",
        &[
            "missing columns: severity_score",
            "severty (did you mean severity_score?), color",
            "hint: nothing was imported",
        ],
    );
}

#[test]
fn every_bad_row_is_reported_with_its_number_line_and_column() {
    check(
        "pain-points",
        b"\xef\xbb\xbfpain_category,pain_text,severity,mentions\r\nemr,\"too\r\nslow\",5,1\r\nemr,,11,x\r\n,\xff,5,1\r\nemr,x,5\r\n",
        &[
            "error: 5 problems",
            "2    4     pain_text       is empty",
            "2    4     severity_score  \"11\" is outside 1 to 10",
            "2    4     mentions        \"x\" is no whole number from 0",
            "3    5     pain_text       \"\u{fffd}\" is not UTF-8",
            "4    6                     the row has 3 fields, the header 4",
        ],
    );
}

#[test]
fn a_file_that_is_wrong_throughout_is_not_listed_throughout() {
    let content = "name\n".to_owned() + &"\"\"\n".repeat(60);
    check("decision-makers", content.as_bytes(), &["error: 60 problems", "and 10 more"]);
}

#[test]
fn a_file_in_another_encoding_is_refused_with_the_way_out() {
    check("clinics", b"\xff\xfec\0l\0", &["is UTF-16", "hint: save it as \"CSV UTF-8\"", "-f UTF-16"]);
    let cell = b"clinic_name,city\nCaf\xe9 PT,Plano\n";
    check("clinics", cell, &["is not UTF-8", "hint: nothing was imported: save it", "-f WINDOWS-1252"]);
    check("clinics", b"caf\xe9\nx\n", &["is not UTF-8", "-f WINDOWS-1252"]);
}

#[test]
fn a_workbook_is_said_to_be_one() {
    check("clinics", b"PK\x03\x04 and so on", &["a workbook or an archive", "hint: open it"]);
}

#[test]
fn semicolons_and_tabs_separate_as_commas_do() {
    check(
        "pain-points",
        b"pain_category;pain_text;severity\nemr;slow, dear;11\n",
        &["\"11\" is outside 1 to 10"],
    );
    check(
        "pain-points",
        b"pain_category\tpain_text\tseverity\nemr\tslow;dear\t11\n",
        &["\"11\" is outside 1 to 10"],
    );
    check("pain-points", b"pain_category,pain_text;severity\n", &["unknown columns: pain_text;severity"]);
}

#[test]
fn the_help_lists_the_columns_of_each_table() {
    let help = super::text(&leadfleet(&["import", "--help"]).output().unwrap().stdout);
    for part in [
        "  clinics:\n    clinic_name* phone website",
        "pattern_type* confidence* evidence",
        // Its webhooks name nobody otherwise.
        "prospect_id hubspot_123",
    ] {
        assert!(help.contains(part), "{part:?} is not in {help}");
    }
}

#[test]
fn an_empty_file_is_no_import_of_nothing() {
    check("clinics", b"", &["is empty: it needs a header row"]);
}

#[test]
fn a_file_that_does_not_exist_is_not_found() {
    check_fails(
        &leadfleet(&["import", "clinics", "/nonexistent.csv"]).output().unwrap(),
        3,
        &["/nonexistent.csv"],
    );
}

#[test]
fn bad_rows_are_json_when_asked_for() {
    let file = file("name,email\n,a@b.example\n");
    let output = leadfleet(&["import", "decision-makers", "--json"]).arg(file.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let problem = &json(&output)["problems"][0];
    assert_eq!((problem["row"].as_u64(), problem["column"].as_str()), (Some(1), Some("name")));
}

#[test]
fn the_sample_comes_in_once_and_a_dry_run_changes_nothing() {
    let servers = Servers::start();
    let sample =
        Sample::generate(7, Sizes::default(), chrono::NaiveDate::from_ymd_opt(2025, 11, 11).unwrap());
    let mut tables: [(&str, &str, Vec<u8>); 3] = [
        ("pain-points", "pain_points", vec![]),
        ("clinics", "clinics", vec![]),
        ("decision-makers", "decision_makers", vec![]),
    ];
    sample.write_pain_points(&mut tables[0].2).unwrap();
    sample.write_clinics(&mut tables[1].2).unwrap();
    sample.write_decision_makers(&mut tables[2].2).unwrap();
    for (name, table, content) in tables {
        let file = file(content);
        let path = file.path().to_str().unwrap();
        let imported = |more: &[&str]| {
            let arguments = [&["import", name, path, "--json"], more].concat();
            json(&servers.leadfleet(&arguments).output().unwrap())
        };
        let dry = imported(&["--dry-run"]);
        assert_eq!((servers.rows(table), &dry["dry_run"]), (0, &true.into()), "{name}");
        let first = imported(&[]);
        assert_eq!(
            (first["inserted"].as_u64(), &first["inserted"]),
            (Some(servers.rows(table)), &dry["inserted"])
        );
        let again = imported(&[]);
        assert_eq!((again["inserted"].as_u64(), &again["unchanged"]), (Some(0), &first["rows"]), "{name}");
    }
}

#[test]
fn a_bad_row_behind_a_hundred_thousand_good_ones_leaves_nothing_behind() {
    let servers = Servers::start();
    let mut content = "category,text,severity\n".to_owned();
    for row in 0..100_000 {
        writeln!(content, "emr,pain {row},5").unwrap();
    }
    content.push_str("emr,the last,12\n");
    let file = file(content);
    let output = servers.leadfleet(&["import", "pain-points"]).arg(file.path()).output().unwrap();
    check_fails(&output, 1, &["100001  100002  severity_score  \"12\" is outside 1 to 10"]);
    assert_eq!(servers.rows("pain_points"), 0);
}

#[test]
fn patterns_name_their_clinic_by_id_or_by_name_and_place() {
    let servers = Servers::start();
    let clinics = file("name,city,state\nOak PT,Phoenix,AZ\nElm PT,Austin,TX\nElm PT,Austin,TX\n");
    assert!(servers.leadfleet(&["import", "clinics"]).arg(clinics.path()).output().unwrap().status.success());

    let bad = file(
        "clinic_id,clinic_name,city,state,pattern_type,confidence\n\
         999,,,,billing,high\n,Oak PT,Tucson,AZ,billing,high\n,elm pt,austin,tx,billing,high\n,Oak PT,Phoenix,AZ,billing,sure\n,Oak PT,,,billing,low\n",
    );
    let output = servers.leadfleet(&["import", "clinic-patterns"]).arg(bad.path()).output().unwrap();
    check_fails(
        &output,
        1,
        &[
            "there is no clinic \"999\"",
            "there is no clinic \"Oak PT\" in \"Tucson\", \"AZ\"",
            "there is no clinic \"Oak PT\" without city and state",
            "2 clinics have this name, city and state: use clinic_id",
            "\"sure\" is none of high, medium, low",
        ],
    );

    let good = file(
        "clinic_name,city,state,pattern_type,confidence,evidence\noak pt,Phoenix,AZ,billing,High,\"said so, twice\"\n",
    );
    let output =
        servers.leadfleet(&["import", "clinic-patterns", "--json"]).arg(good.path()).output().unwrap();
    assert_eq!(json(&output)["inserted"], 1);
    assert_eq!(servers.rows("clinic_patterns"), 1);
}
