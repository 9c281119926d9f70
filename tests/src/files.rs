//! The files of a run, as a salesperson has them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// The files of a date.
#[derive(Debug, Clone, PartialEq)]
pub struct Files {
    pub csv: String,
    pub json: String,
    pub markdown: String,
}

pub fn files_of(folder: &Path, date: &str) -> Files {
    let read = |name: String| {
        std::fs::read_to_string(folder.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    Files {
        csv: read(format!("segments-{date}.csv")),
        json: read(format!("segments-{date}.json")),
        markdown: read(format!("SEGMENT-REPORT-{date}.md")),
    }
}

impl Files {
    /// The segments of the JSON file.
    pub fn segments(&self) -> Vec<Value> {
        serde_json::from_str(&self.json).unwrap()
    }

    /// The rows of the CSV file by column.
    pub fn rows(&self) -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_reader(self.csv.as_bytes()).deserialize().map(Result::unwrap).collect()
    }

    /// Segment name and clinic name of every row of the CSV, sorted.
    pub fn csv_pairs(&self) -> Vec<(String, String)> {
        let pair = |row: BTreeMap<String, String>| (row["segment_name"].clone(), row["clinic_name"].clone());
        sorted(self.rows().into_iter().map(pair).collect())
    }

    /// The same of the JSON.
    pub fn json_pairs(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut pairs = Vec::new();
        for segment in self.segments() {
            for clinic in segment["clinics"].as_array().unwrap() {
                pairs.push((text(&segment["segment_name"]), text(&clinic["clinic_name"])));
            }
        }
        sorted(pairs)
    }
}

fn sorted(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.sort();
    pairs
}
